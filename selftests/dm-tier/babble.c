// SPDX-License-Identifier: GPL-2.0
/*
 * Words: <seed> <count> <seconds> <pool> <LUN's map> <path map> <empty device> <spared LUN>
 *
 * Sends random messages to a pool, to a LUN's map and to a map over paths, and loads
 * random tables of our targets, which it clears again: most of them of words that the
 * targets know, in wrong places or with values at the edge of what they may be. What
 * it may name it reads as lines "<kind> <word>": tier; member, a device that anything
 * may befall; spare, one that may even be removed; kept, one that must go on working;
 * disk, none of the pool's; path; kept-path.
 *
 * The spared LUN and what is kept are never named rightly where it would do them harm,
 * but often nearly so: whoever reads 2^32 + 5 as 5 harms them.
 *
 * Straight to device-mapper's ioctls, as dmsetup takes long to start.
 *
 * Exit status: 0; 1 for wrong use; 3 if an ioctl has not ended for so many seconds.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/dm-ioctl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOM		(64 * 1024)	/* of a line */
#define WORDS		32		/* of a kind */
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define PICK(a)		((a)[dice(COUNT(a))])

enum kind { TIER, MEMBER, SPARE, KEPT, DISK, PATH, KEPT_PATH, KINDS };

static const char *const kind_names[KINDS] = {
	"tier", "member", "spare", "kept", "disk", "path", "kept-path",
};

static struct {
	char *word[WORDS];
	unsigned int nr;
} known[KINDS];

/* what the watching process sees of the one that works */
struct shown {
	uint64_t done;
	uint64_t sent[2], taken[2];	/* messages, tables */
	char where[DM_NAME_LEN];
	char what[ROOM];
};

static struct shown *shown;
enum { POOL, LUN, MAP, EMPTY, MAPS };

static const char *maps[MAPS];
static unsigned int spared;
static uint64_t state;
static int control;
static char line[ROOM];
static size_t len;
static bool near_miss;	/* a change of one character may hit what is spared */

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "babble: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	exit(1);
}

/* the same numbers on every host */
static uint64_t draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1dULL;
}

static unsigned int dice(unsigned int sides)
{
	return (draw() >> 33) % sides;
}

/* -- words -- */

__attribute__((format(printf, 1, 2))) static void add(const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line + len, ROOM - len, format, args);
	va_end(args);
	len = len + n < ROOM ? len + n : ROOM - 1;
}

static void blank(void)
{
	if (len)
		add(" ");
}

static void add_bytes(unsigned int n, bool any)
{
	static const char odd[] = "\\\\\"'`$%*#;:,./=-_+~\t\n\r\v\x7f\x80\xff abcxyz";

	/* no digits: they might make a number of a spared one */
	while (n-- && len < ROOM - 1)
		line[len++] = any ? (char)(0x80 + dice(0x80)) : odd[dice(sizeof(odd) - 1)];
	line[len] = 0;
}

static void add_long(void)
{
	static const unsigned int lengths[] = { 31, 32, 63, 127, 128, 255, 256, 1023, 4096, 8192 };
	char c = "0a9/,:"[dice(6)];
	unsigned int n;

	n = PICK(lengths);
	while (n-- && len < ROOM - 1)
		line[len++] = c;
	line[len] = 0;
}

static void add_garbage(void)
{
	if (dice(4))
		add_bytes(1 + dice(12), dice(2));
	else
		add_long();
}

static void number(void)
{
	static const char *const edges[] = {
		"0", "1", "-0", "-1", "127", "128", "255", "256", "32767", "32768", "65535",
		"65536", "2147483647", "2147483648", "4294967295", "4294967296", "4294967297",
		"-4294967295", "68719476736", "281474976710655", "1099511627776",
		"9223372036854775807", "9223372036854775808", "-9223372036854775808",
		"18446744073709551615", "18446744073709551616", "18446744073709551617",
		"99999999999999999999", "340282366920938463463374607431768211456",
		"16777214", "16777215", "2097152", "00000000000000000001", "0x1", "0x", "0b1",
		"1e3", "1.5", "1.", ".5", "99.99", "100.00", "50.00", "+1", "1+", "1k", "1,", "\\ 1",
		"1\\ ", "1\\\n", "1\\\t", "\xd9\xa1", "none", "NaN",
	};

	switch (dice(8)) {
	case 0 ... 3:
		add("%s", PICK(edges));
		break;
	case 4:
		add("%u", dice(12));
		break;
	case 5:
		add("%u", dice(20000) << dice(12));
		break;
	case 6:
		add("%" PRIu64, draw() >> dice(64));
		break;
	default:
		add("%0*u", 1 + dice(40), dice(3));
	}
}

/* what a careless reader takes for the spared one's number */
static void nearly(uint64_t n)
{
	near_miss = true;
	switch (dice(8)) {
	case 0:
		add("%" PRIu64, ((uint64_t)1 << 32) + n);
		break;
	case 1:
		add("184467440737%08" PRIu64, 9551616 + n);	/* 2^64 and so much */
		break;
	case 2:
		add("%" PRIu64 "%c", n, "x.,:-+\x80"[dice(7)]);
		break;
	case 3:
		add("%c%" PRIu64, "+-x#\x80"[dice(5)], n);
		break;
	case 4:
		add("0x%" PRIx64, n);
		break;
	case 5:
		add("\\ %" PRIu64, n);
		break;
	case 6:
		add("%" PRIu64 "\\\n", n);
		break;
	default:
		add("-%" PRIu64, ((uint64_t)1 << 32) - n);
	}
}

static void lun_id(void)
{
	unsigned int d = dice(20);

	if (d < 13)
		add("%u", dice(12));
	else if (d < 16)
		nearly(spared);
	else
		number();
}

static const char *one(enum kind kind)
{
	return known[kind].nr ? known[kind].word[dice(known[kind].nr)] : "nothing";
}

static void bad_device(void)
{
	static const char *const bad[] = {
		"/dev/null", "/dev/zero", "/dev/tier", "/", ".", "..", "/etc/passwd", "0:0",
		"1:3", "4294967296:4294967296", "-1:-1", "999:999", ":", "8:", ":8", "8:0:0",
		"#", "#63", "#64", "#255", "#256", "#4294967295", "#-1", "#1x",
		"/dev/mapper/control", "/proc/self/mem", "/dev/none", "UUID=0",
	};

	switch (dice(7)) {
	case 0 ... 2:
		add("%s", PICK(bad));
		break;
	case 3:
		add("/dev/mapper/%s", PICK(maps));
		break;
	case 4:
		/* nearly one that is kept */
		near_miss = true;
		add("%s%s", one(dice(2) ? KEPT : KEPT_PATH), dice(2) ? "x" : "\\\n");
		break;
	case 5:
		/* kept members have the indices 0 and 2 */
		add("#");
		nearly(2 * dice(2));
		break;
	default:
		add_garbage();
	}
}

static void device(enum kind kind)
{
	if (dice(4))
		add("%s", one(kind));
	else
		bad_device();
}

static void tier(void)
{
	if (dice(6))
		add("%s", one(TIER));
	else if (dice(2))
		add("none");
	else
		add_garbage();
}

static void tier_list(void)
{
	unsigned int n = 1 + dice(3);

	tier();
	while (--n) {
		add(",");
		tier();
	}
}

static void tag(void)
{
	static const char *const tags[] = { "none", "red", "green", "blue", "Red", "r,g", "-", "" };

	if (dice(6))
		add("%s", PICK(tags));
	else
		add_garbage();
}

static void flag(void)
{
	static const char *const flags[] = { "on", "off", "on", "off", "On", "1", "0", "yes", "" };

	add("%s", PICK(flags));
}

/* -- messages -- */

static void lun_value(unsigned int key)
{
	switch (key) {
	case 0:
		tier_list();
		break;
	case 1 ... 2:
		tier();
		break;
	case 3 ... 4:
		tier();
		add(":");
		number();
		break;
	case 5 ... 6:
		flag();
		break;
	case 7:
		tag();
		add(",");
		tag();
		break;
	default:
		number();
	}
}

static void set_lun(void)
{
	static const char *const keys[] = {
		"tiers", "start_tier", "pin", "reserve", "max", "verify", "auto", "tags", "up_iops",
		"down_iops", "hold", "weight", "move_rate", "none",
	};
	unsigned int key = dice(COUNT(keys));

	lun_id();
	add(" %s ", keys[key]);
	lun_value(dice(5) ? key : dice(COUNT(keys)));
}

static void set_pool(void)
{
	static const char *const keys[] = {
		"move_rate", "headroom", "tick", "no_space_timeout", "move_rate", "none", "moves",
		"tag",
	};
	unsigned int key = dice(COUNT(keys));

	add("%s ", keys[key]);
	if (key < 6) {
		number();
	} else if (key == 6) {
		flag();
	} else {
		device(dice(2) ? MEMBER : SPARE);
		add(" ");
		tag();
	}
}

static void to_pool(void)
{
	static const char *const words[] = {
		"create_lun", "create_lun", "delete_lun", "resize_lun", "set_lun", "set_lun",
		"set_lun", "migrate_lun", "set", "set", "evacuate", "cancel_evacuate", "fail_dev",
		"reinstate_dev", "reinstate_dev", "remove_dev", "tag", "CREATE_LUN",
	};
	static const enum kind emptied[] = { MEMBER, MEMBER, SPARE, KEPT };
	unsigned int w = dice(COUNT(words));

	add("%s ", words[w]);
	switch (w) {
	case 0 ... 1:
	case 3:
		lun_id();
		add(" ");
		number();
		break;
	case 4 ... 6:
		set_lun();
		break;
	case 7:
		lun_id();
		add(" ");
		tier();
		break;
	case 8 ... 9:
		set_pool();
		break;
	case 10 ... 11:
		device(PICK(emptied));
		break;
	case 12 ... 14:
		device(w > 12 || dice(4) ? MEMBER : SPARE);
		break;
	case 15:
		device(SPARE);
		break;
	default:
		lun_id();
	}
}

/* never so short that a busy host makes the kept path look hung */
static void hung_time(void)
{
	static const char *const bad[] = {
		"0", "99", "600001", "4294967396", "18446744073709551716", "-100", "+100", "100x",
		"",
	};

	if (dice(3))
		add("%u", 5000 + dice(700000));
	else
		add("%s", PICK(bad));
}

static void feature(void)
{
	static const char *const names[] = {
		"failback", "probe_interval", "slow_path", "elastic", "hedge", "queue_if_no_path",
		"fail_if_no_path", "hung_time", "none",
	};
	static const char *const words[] = { "immediate", "manual", "off" };
	unsigned int f = dice(COUNT(names));

	add("%s", names[f]);
	if (f == 6)
		return;
	add(" ");
	if (f == 7)
		hung_time();
	else if (f < 1 || dice(8) == 0)
		add("%s", PICK(words));
	else if (f % 2)
		add("%u", dice(70000));
	else
		add("%u.%02u", dice(105), dice(120));
	if (f != 3 && f != 4)
		return;
	add(" ");
	if (dice(2))
		add("%u", dice(100));
	else
		number();
}

static void to_map(void)
{
	static const char *const words[] = {
		"fail_path", "reinstate_path", "reinstate_path", "switch_group", "disable_group",
		"enable_group", "queue_if_no_path", "fail_if_no_path", "set", "set", "set", "Set",
	};
	unsigned int w = dice(COUNT(words));

	add("%s", words[w]);
	if (w < 3) {
		add(" ");
		device(w && !dice(3) ? KEPT_PATH : PATH);
	} else if (w < 6) {
		add(" ");
		if (dice(3))
			add("%u", dice(5));
		else
			number();
	} else if (w >= 8) {
		add(" ");
		if (dice(6))
			feature();
		else
			number();
	}
}

/* -- tables -- */

static void count_of(unsigned int n)
{
	if (dice(12))
		add("%u", n);
	else
		number();
}

static void some(enum kind kind)
{
	static const enum kind kinds[] = { MEMBER, SPARE, KEPT, DISK, DISK, DISK, PATH };

	blank();
	device(dice(8) ? kind : PICK(kinds));
}

static void pool_features(void)
{
	static const char *const words[] = {
		"read_only", "error_if_no_space", "skip_zeroing", "no_discard_passdown",
		"metadata_mirror", "Read_Only", "none",
	};
	unsigned int n = dice(3) ? 0 : dice(5);

	add(" ");
	count_of(n);
	while (n--) {
		add(" %s", PICK(words));
		if (n && !dice(3)) {
			n--;
			some(DISK);
		}
	}
}

static void pool_table(void)
{
	static const char *const extents[] = { "128", "128", "128", "2048", "2097152", "64" };
	unsigned int tiers = 1 + dice(3), devices;

	some(DISK);
	add(" ");
	if (dice(6))
		add("%s", PICK(extents));
	else
		number();
	pool_features();
	add(" ");
	count_of(tiers);
	while (tiers--) {
		add(" ");
		if (dice(3))
			add("%s", one(TIER));
		else
			tag();
		devices = 1 + dice(3);
		add(" ");
		count_of(devices);
		while (devices--)
			some(DISK);
	}
}

static void lun_table(void)
{
	if (dice(4))
		add("/dev/mapper/%s", maps[POOL]);
	else
		device(MEMBER);
	add(" ");
	if (dice(6))
		lun_id();
	else
		add("%u", spared);
}

static void path_table(void)
{
	static const char *const selectors[] = {
		"round-robin", "queue-depth", "latency", "latency", "service-time",
	};
	static const char *const args[] = {
		"weight=2", "cost=3", "role=standby", "weight=0", "weight=4294967297", "cost=",
		"role=", "none=1", "=",
	};
	unsigned int groups = dice(4), paths, n = 0;

	if (dice(2)) {
		count_of(0);
	} else {
		n = 2 + dice(2);
		count_of(n);
		add(" ");
		feature();
	}
	add(" %s ", dice(8) ? "0" : "1 alua");
	count_of(groups);
	add(" ");
	count_of(!!groups);
	while (groups--) {
		add(" %s ", PICK(selectors));
		count_of(0);
		paths = 1 + dice(3);
		add(" ");
		count_of(paths);
		n = dice(3);
		add(" ");
		count_of(n);
		while (paths--) {
			some(PATH);
			for (unsigned int i = 0; i < n; i++)
				add(" %s", PICK(args));
		}
	}
}

/* -- what makes them worse -- */

/* lines may have a word too few or too many, one twice, or an odd byte in one */
static void spoil(void)
{
	char copy[ROOM], *at;
	unsigned int n;

	switch (dice(6)) {
	case 0:
		at = strrchr(line, ' ');
		if (at)
			len = at - line;
		line[len] = 0;
		break;
	case 1:
		for (n = dice(5) ? 1 + dice(3) : 100 + dice(300); n--;) {
			add(" ");
			number();
		}
		break;
	case 2:
		at = strrchr(line, ' ');
		strcpy(copy, at ? at : line);
		add("%s", copy);
		break;
	case 3:
		/* digits stay: another number might be a spared one's */
		n = dice(len + 1);
		if (!near_miss && line[n] && !isdigit((unsigned char)line[n]))
			line[n] = 0x80 + dice(0x80);
		break;
	case 4:
		blank();
		add_long();
		break;
	default:
		blank();
		add_garbage();
	}
}

static void compose(void (*what)(void))
{
	len = 0;
	line[0] = 0;
	near_miss = false;
	what();
	if (!dice(5))
		spoil();
}

/* -- device-mapper -- */

static struct {
	struct dm_ioctl head;
	char data[2 * ROOM];
} request;

static void prepare(const char *name)
{
	memset(&request.head, 0, sizeof(request.head));
	request.head.version[0] = DM_VERSION_MAJOR;
	request.head.data_start = sizeof(request.head);
	request.head.data_size = sizeof(request);
	strcpy(request.head.name, name);
}

static int ask(unsigned long command, const char *name, const char *what)
{
	strcpy(shown->where, name);
	memcpy(shown->what, what, strlen(what) + 1);
	if (!ioctl(control, command, &request))
		return 0;
	if (errno == ENOTTY || errno == EBADF)
		die("device-mapper: %s", strerror(errno));
	return -errno;
}

static void tally(unsigned int which, int err)
{
	shown->sent[which]++;
	shown->taken[which] += !err;
}

static void message(const char *name, void (*what)(void))
{
	struct dm_target_msg *m = (void *)request.data;

	compose(what);
	prepare(name);
	m->sector = dice(30) ? 0 : draw() >> dice(64);
	memcpy(m->message, line, len + 1);
	request.head.data_size = sizeof(request.head) + sizeof(*m) + len + 1;
	tally(0, ask(DM_TARGET_MSG, name, line));
}

static uint64_t length_of(void)
{
	return dice(4) ? 8192 : draw() >> dice(64);
}

static size_t put_target(size_t at, uint64_t start)
{
	static const struct {
		const char *name;
		void (*words)(void);
	} targets[] = {
		{ "tier-pool", pool_table }, { "tier", lun_table }, { "mpath-ext", path_table },
	};
	struct dm_target_spec *spec = (void *)(request.data + at);
	unsigned int t = dice(COUNT(targets));

	compose(targets[t].words);
	if (len > ROOM / 2)
		len = ROOM / 2;
	line[len] = 0;
	memset(spec, 0, sizeof(*spec));
	spec->sector_start = start;
	spec->length = length_of();
	strcpy(spec->target_type, targets[t].name);
	memcpy(spec + 1, line, len + 1);
	spec->next = (sizeof(*spec) + len + 1 + 7) & ~7;
	return at + spec->next;
}

/* loaded, never used */
static void table(void)
{
	const char *name = PICK(maps);
	unsigned int n = dice(10) ? 1 : 2;
	size_t at = 0;

	prepare(name);
	for (unsigned int i = 0; i < n; i++)
		at = put_target(at, 8192 * i);
	request.head.target_count = n;
	request.head.flags = dice(8) ? 0 : DM_READONLY_FLAG;
	tally(1, ask(DM_TABLE_LOAD, name, line));
	prepare(name);
	if (ask(DM_TABLE_CLEAR, name, "clear"))
		die("clear %s: %s", name, strerror(errno));
}

static void look(void)
{
	const char *name = PICK(maps);

	prepare(name);
	request.head.flags = dice(2) ? DM_STATUS_TABLE_FLAG : DM_NOFLUSH_FLAG;
	if (ask(DM_TABLE_STATUS, name, "status"))
		die("status of %s: %s", name, strerror(errno));
}

static void work(uint64_t count)
{
	control = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
	if (control < 0)
		die("/dev/mapper/control: %s", strerror(errno));
	for (; shown->done < count; shown->done++) {
		unsigned int d = dice(100);

		if (d < 45)
			message(maps[POOL], to_pool);
		else if (d < 75)
			message(maps[MAP], to_map);
		else if (d < 80)
			message(maps[LUN], dice(2) ? to_pool : to_map);
		else if (d < 82)
			message(maps[dice(2) ? POOL : MAP], add_garbage);
		else if (d < 84)
			message(maps[dice(2) ? POOL : MAP], dice(2) ? to_map : to_pool);
		else if (d < 97)
			table();
		else
			look();
	}
	exit(0);
}

/* the worker's exit status, or 3 once an ioctl of its has taken too long */
static int watch(pid_t worker, unsigned int limit)
{
	unsigned int idle = 0;
	uint64_t before = 0;
	int status;

	while (!waitpid(worker, &status, WNOHANG)) {
		usleep(100000);
		idle = shown->done == before ? idle + 1 : 0;
		before = shown->done;
		if (idle < 10 * limit)
			continue;
		printf("no answer for %u s: %s: %.200s\n", limit, shown->where, shown->what);
		return 3;
	}
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	printf("died at: %s: %.200s\n", shown->where, shown->what);
	return 1;
}

static void read_known(void)
{
	char kind[32], word[256];

	while (scanf("%31s %255s", kind, word) == 2) {
		unsigned int k = 0;

		while (k < KINDS && strcmp(kind, kind_names[k]))
			k++;
		if (k == KINDS || known[k].nr == WORDS)
			die("no room for: %s %s", kind, word);
		known[k].word[known[k].nr++] = strdup(word);
	}
}

int main(int argc, char **argv)
{
	pid_t worker;
	int status;

	if (argc != 9)
		die("see the head of the source for how to call it");
	state = (strtoull(argv[1], NULL, 0) + 1) * 0x9e3779b97f4a7c15ULL;
	memcpy(maps, argv + 4, sizeof(maps));
	spared = atoi(argv[8]);
	read_known();
	shown = mmap(NULL, sizeof(*shown), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		     -1, 0);
	if (shown == MAP_FAILED)
		die("out of memory");
	worker = fork();
	if (!worker)
		work(strtoull(argv[2], NULL, 0));
	status = watch(worker, atoi(argv[3]));
	printf("messages: sent=%" PRIu64 " refused=%" PRIu64 " taken=%" PRIu64 "\n",
	       shown->sent[0], shown->sent[0] - shown->taken[0], shown->taken[0]);
	printf("tables: sent=%" PRIu64 " refused=%" PRIu64 " taken=%" PRIu64 "\n",
	       shown->sent[1], shown->sent[1] - shown->taken[1], shown->taken[1]);
	return status;
}
