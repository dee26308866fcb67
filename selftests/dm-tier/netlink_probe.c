// SPDX-License-Identifier: GPL-2.0
/*
 * Speaks the dm_tier netlink family byte by byte, well or badly, and prints what
 * comes back, for test_netlink.sh to judge. No library, so that nothing mends
 * what is meant to be broken.
 *
 *   netlink_probe request <command> [<attribute>]...
 *	"OK", or "<ERRNO> <text>" of the extended acknowledgment; replies before it
 *   netlink_probe dump [-b <buffer>] <command> [<attribute>]...
 *	a line for each message, then "end messages=<n> buffers=<n> interrupted=<n>"
 *   netlink_probe interrupt <pool> <lun>
 *	dumps LUNs by small buffers, makes <lun> half way; prints as dump does
 *   netlink_probe abandon <times> <command> [<attribute>]...
 *	begins dumps and closes the socket
 *   netlink_probe events <count> <seconds>
 *	"listening", then a line for each event
 *   netlink_probe deaf <seconds>
 *	joins the group with the smallest buffer and does not read; then says
 *	whether events were lost
 *   netlink_probe truncate <command> [<attribute>]...
 *	every shorter form of the message, with its true length and with that of
 *	the whole; prints how many were refused
 *   netlink_probe garbage <seed> <times> [<pool>]
 *	random messages; prints how many were refused
 *
 * Attributes: <name>=<value> of the type it should be, or to be wrong on purpose
 * <name or number>:<form>=<value>, form u8, u32, u64, str, hex (bytes, no final
 * NUL) or long (a string of so many bytes and a NUL).
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/dm_tier.h>

#define ROOM	65536

struct message {
	union {
		struct nlmsghdr header;
		unsigned char bytes[ROOM];
	};
};

struct name {
	const char *name;
	int number;
	char type;	/* u: u32, U: u64, s: string, b: binary, n: nest */
};

static const struct name commands[] = {
	{ "pool-get", DM_TIER_CMD_POOL_GET, 0 },
	{ "tier-get", DM_TIER_CMD_TIER_GET, 0 },
	{ "dev-get", DM_TIER_CMD_DEV_GET, 0 },
	{ "lun-get", DM_TIER_CMD_LUN_GET, 0 },
	{ "heat-get", DM_TIER_CMD_HEAT_GET, 0 },
	{ "extent-get", DM_TIER_CMD_EXTENT_GET, 0 },
	{ "lun-create", DM_TIER_CMD_LUN_CREATE, 0 },
	{ "lun-delete", DM_TIER_CMD_LUN_DELETE, 0 },
	{ "lun-resize", DM_TIER_CMD_LUN_RESIZE, 0 },
	{ "lun-set", DM_TIER_CMD_LUN_SET, 0 },
	{ "lun-migrate", DM_TIER_CMD_LUN_MIGRATE, 0 },
	{ "pool-set", DM_TIER_CMD_POOL_SET, 0 },
	{ "dev-evacuate", DM_TIER_CMD_DEV_EVACUATE, 0 },
	{ "dev-cancel", DM_TIER_CMD_DEV_CANCEL, 0 },
	{ "dev-remove", DM_TIER_CMD_DEV_REMOVE, 0 },
	{ "dev-fail", DM_TIER_CMD_DEV_FAIL, 0 },
	{ "dev-reinstate", DM_TIER_CMD_DEV_REINSTATE, 0 },
	{ "event", DM_TIER_CMD_EVENT, 0 },
	{ NULL, 0, 0 }
};

static const struct name attributes[] = {
	{ "pool", DM_TIER_A_POOL, 's' },
	{ "pool_uuid", DM_TIER_A_POOL_UUID, 'b' },
	{ "generation", DM_TIER_A_GENERATION, 'U' },
	{ "mode", DM_TIER_A_MODE, 's' },
	{ "extent_sectors", DM_TIER_A_EXTENT_SECTORS, 'U' },
	{ "meta_used", DM_TIER_A_META_USED, 'U' },
	{ "meta_total", DM_TIER_A_META_TOTAL, 'U' },
	{ "meta_copies", DM_TIER_A_META_COPIES, 'u' },
	{ "moves_in_flight", DM_TIER_A_MOVES_IN_FLIGHT, 'u' },
	{ "moves_done", DM_TIER_A_MOVES_DONE, 'U' },
	{ "moves_failed", DM_TIER_A_MOVES_FAILED, 'U' },
	{ "tick", DM_TIER_A_TICK, 'U' },
	{ "tick_ms", DM_TIER_A_TICK_MS, 'u' },
	{ "move_rate", DM_TIER_A_MOVE_RATE, 'u' },
	{ "headroom", DM_TIER_A_HEADROOM, 'u' },
	{ "moves", DM_TIER_A_MOVES, 'u' },
	{ "no_space_timeout", DM_TIER_A_NO_SPACE_TIMEOUT, 'u' },
	{ "tier", DM_TIER_A_TIER, 's' },
	{ "rank", DM_TIER_A_RANK, 'u' },
	{ "total", DM_TIER_A_TOTAL, 'U' },
	{ "used", DM_TIER_A_USED, 'U' },
	{ "latency_ns", DM_TIER_A_LATENCY_NS, 'U' },
	{ "dev", DM_TIER_A_DEV, 's' },
	{ "dev_uuid", DM_TIER_A_DEV_UUID, 'b' },
	{ "dev_index", DM_TIER_A_DEV_INDEX, 'u' },
	{ "state", DM_TIER_A_STATE, 's' },
	{ "tag", DM_TIER_A_TAG, 's' },
	{ "evac_total", DM_TIER_A_EVAC_TOTAL, 'U' },
	{ "evac_left", DM_TIER_A_EVAC_LEFT, 'U' },
	{ "lun", DM_TIER_A_LUN, 'u' },
	{ "sectors", DM_TIER_A_SECTORS, 'U' },
	{ "mapped", DM_TIER_A_MAPPED, 'U' },
	{ "allowed", DM_TIER_A_ALLOWED, 's' },
	{ "start_tier", DM_TIER_A_START_TIER, 's' },
	{ "pin", DM_TIER_A_PIN, 's' },
	{ "home", DM_TIER_A_HOME, 's' },
	{ "target", DM_TIER_A_TARGET, 's' },
	{ "weight", DM_TIER_A_WEIGHT, 'u' },
	{ "up_iops", DM_TIER_A_UP_IOPS, 'u' },
	{ "down_iops", DM_TIER_A_DOWN_IOPS, 'u' },
	{ "hold", DM_TIER_A_HOLD, 'u' },
	{ "verify", DM_TIER_A_VERIFY, 'u' },
	{ "auto", DM_TIER_A_AUTO, 'u' },
	{ "tags", DM_TIER_A_TAGS, 's' },
	{ "iops", DM_TIER_A_IOPS, 'U' },
	{ "usage", DM_TIER_A_USAGE, 'n' },
	{ "heat", DM_TIER_A_HEAT, 'b' },
	{ "start", DM_TIER_A_START, 'U' },
	{ "count", DM_TIER_A_COUNT, 'U' },
	{ "extents", DM_TIER_A_EXTENTS, 'b' },
	{ "key", DM_TIER_A_KEY, 's' },
	{ "value", DM_TIER_A_VALUE, 's' },
	{ "event", DM_TIER_A_EVENT, 's' },
	{ "time_ns", DM_TIER_A_TIME_NS, 'U' },
	{ "from", DM_TIER_A_FROM, 's' },
	{ "to", DM_TIER_A_TO, 's' },
	{ "from_dev", DM_TIER_A_FROM_DEV, 's' },
	{ "to_dev", DM_TIER_A_TO_DEV, 's' },
	{ "logical", DM_TIER_A_LOGICAL, 'U' },
	{ "reason", DM_TIER_A_REASON, 's' },
	{ "error", DM_TIER_A_ERROR, 'u' },
	{ "seq", DM_TIER_A_SEQ, 'U' },
	{ "active_ms", DM_TIER_A_ACTIVE_MS, 'U' },
	{ NULL, 0, 0 }
};

static const struct name usages[] = {
	{ "tier", DM_TIER_U_TIER, 's' },
	{ "extents", DM_TIER_U_EXTENTS, 'U' },
	{ "read_ios", DM_TIER_U_READ_IOS, 'U' },
	{ "write_ios", DM_TIER_U_WRITE_IOS, 'U' },
	{ "read_sectors", DM_TIER_U_READ_SECTORS, 'U' },
	{ "write_sectors", DM_TIER_U_WRITE_SECTORS, 'U' },
	{ "in_sectors", DM_TIER_U_IN_SECTORS, 'U' },
	{ "out_sectors", DM_TIER_U_OUT_SECTORS, 'U' },
	{ "held_ms", DM_TIER_U_HELD_MS, 'U' },
	{ "reserve", DM_TIER_U_RESERVE, 'U' },
	{ "max", DM_TIER_U_MAX, 'U' },
	{ NULL, 0, 0 }
};

static int family;
static uint32_t group;

__attribute__((format(printf, 1, 2), noreturn))
static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "netlink_probe: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	exit(2);
}

static const struct name *by_name(const struct name *names, const char *name)
{
	for (; names->name; names++)
		if (!strcmp(names->name, name))
			return names;
	return NULL;
}

static const struct name *by_number(const struct name *names, int number)
{
	for (; names->name; names++)
		if (names->number == number)
			return names;
	return NULL;
}

static int command(const char *name)
{
	const struct name *found = by_name(commands, name);

	return found ? found->number : atoi(name);
}

/* -- making messages -- */

static void begin(struct message *m, int type, int flags, int cmd)
{
	struct genlmsghdr *g;

	memset(m, 0, sizeof(m->header) + sizeof(*g));
	m->header.nlmsg_len = NLMSG_LENGTH(sizeof(*g));
	m->header.nlmsg_type = type;
	m->header.nlmsg_flags = NLM_F_REQUEST | flags;
	m->header.nlmsg_seq = 1;
	g = NLMSG_DATA(&m->header);
	g->cmd = cmd;
	g->version = 1;
}

static void put(struct message *m, int type, const void *data, size_t len)
{
	struct nlattr *a = (struct nlattr *)(m->bytes + m->header.nlmsg_len);

	if (m->header.nlmsg_len + NLA_HDRLEN + NLA_ALIGN(len) > ROOM)
		die("the request is too long");
	memset(a, 0, NLA_HDRLEN + NLA_ALIGN(len));
	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	memcpy((char *)a + NLA_HDRLEN, data, len);
	m->header.nlmsg_len += NLA_HDRLEN + NLA_ALIGN(len);
}

static void put_hex(struct message *m, int type, const char *hex)
{
	unsigned char data[256];
	unsigned int byte;
	size_t n = 0;

	for (; sscanf(hex, "%2x", &byte) == 1 && n < sizeof(data); hex += 2)
		data[n++] = byte;
	put(m, type, data, n);
}

static void put_long(struct message *m, int type, size_t len)
{
	char *text = calloc(1, len + 1);

	memset(text, 'a', len);
	put(m, type, text, len + 1);
	free(text);
}

static void put_number(struct message *m, int type, size_t width, const char *value)
{
	uint64_t number = strtoull(value, NULL, 0);

	put(m, type, &number, width);	/* little endian: the low bytes */
}

static void put_form(struct message *m, int type, const char *form, const char *value)
{
	if (!strcmp(form, "u8"))
		put_number(m, type, 1, value);
	else if (!strcmp(form, "u32"))
		put_number(m, type, 4, value);
	else if (!strcmp(form, "u64"))
		put_number(m, type, 8, value);
	else if (!strcmp(form, "str"))
		put(m, type, value, strlen(value) + 1);
	else if (!strcmp(form, "hex"))
		put_hex(m, type, value);
	else if (!strcmp(form, "long"))
		put_long(m, type, strtoul(value, NULL, 0));
	else
		die("no such form: %s", form);
}

static void put_word(struct message *m, const char *word)
{
	char *copy = strdup(word), *value = strchr(copy, '='), *form = strchr(copy, ':');
	const struct name *a;

	if (!value)
		die("not an attribute: %s", word);
	*value++ = 0;
	if (form && form < value)
		*form++ = 0;
	else
		form = NULL;
	a = by_name(attributes, copy);
	if (!a && !form)
		die("no such attribute: %s", copy);
	if (!form)
		form = a->type == 'u' ? "u32" : a->type == 'U' ? "u64" : "str";
	put_form(m, a ? a->number : atoi(copy), form, value);
	free(copy);
}

static void make(struct message *m, int flags, char **words)
{
	begin(m, family, flags, command(*words));
	while (*++words)
		put_word(m, *words);
}

/* -- sockets -- */

static int open_socket(void)
{
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	struct timeval limit = { .tv_sec = 60 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC), on = 1;

	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof(self)))
		die("socket: %s", strerror(errno));
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

static void send_bytes(int fd, const void *data, size_t len)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	if (sendto(fd, data, len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		die("send: %s", strerror(errno));
}

static void send_message(int fd, const struct message *m)
{
	send_bytes(fd, m->bytes, m->header.nlmsg_len);
}

static int receive(int fd, struct message *m, size_t room)
{
	struct iovec part = { m->bytes, room };
	struct msghdr to = { .msg_iov = &part, .msg_iovlen = 1 };
	int n = recvmsg(fd, &to, 0);

	if (n < 0)
		die("receive: %s", strerror(errno));
	if (to.msg_flags & MSG_TRUNC)
		die("a message is longer than %zu bytes", room);
	return n;
}

/* -- reading messages -- */

static const struct nlattr *next_attr(const struct nlattr *a)
{
	return (const struct nlattr *)((const char *)a + NLA_ALIGN(a->nla_len));
}

static const void *attr_data(const struct nlattr *a)
{
	return (const char *)a + NLA_HDRLEN;
}

static size_t attr_len(const struct nlattr *a)
{
	return a->nla_len - NLA_HDRLEN;
}

#define for_each_attr(a, first, end)						\
	for (a = (first); (const char *)a + NLA_HDRLEN <= (const char *)(end) &&\
	     a->nla_len >= NLA_HDRLEN; a = next_attr(a))

static uint64_t attr_number(const struct nlattr *a, size_t width)
{
	uint64_t value = 0;

	if (attr_len(a) != width)
		die("attribute %d has %zu bytes, not %zu", a->nla_type & NLA_TYPE_MASK,
		    attr_len(a), width);
	memcpy(&value, attr_data(a), width);
	return value;
}

static void print_extents(const struct nlattr *a)
{
	struct dm_tier_extent_info e;
	size_t i, n = attr_len(a) / sizeof(e);

	if (attr_len(a) % sizeof(e) || !n)
		die("extents: %zu bytes", attr_len(a));
	printf(" extents=");
	for (i = 0; i < n; i++) {
		memcpy(&e, (const char *)attr_data(a) + i * sizeof(e), sizeof(e));
		if (memcmp(e.pad, "\0\0\0\0\0\0", sizeof(e.pad)))
			die("extents: padding is not zero");
		printf("%s%llu@%u:%llu", i ? "," : "", e.logical, e.member, e.physical);
	}
}

static void print_binary(const struct nlattr *a)
{
	size_t i;

	printf("0x");
	for (i = 0; i < attr_len(a); i++)
		printf("%02x", ((const unsigned char *)attr_data(a))[i]);
}

static void print_heat(const struct nlattr *a)
{
	uint64_t bucket[DM_TIER_HEAT_BUCKETS], sum = 0;
	size_t i;

	if (attr_len(a) != sizeof(bucket))
		die("heat: %zu bytes", attr_len(a));
	memcpy(bucket, attr_data(a), sizeof(bucket));
	for (i = 0; i < DM_TIER_HEAT_BUCKETS; i++)
		sum += bucket[i];
	printf(" heat_sum=%" PRIu64, sum);
}

static void print_attrs(const struct nlattr *first, const void *end, const struct name *names)
{
	const struct nlattr *a;

	for_each_attr(a, first, end) {
		const struct name *name = by_number(names, a->nla_type & NLA_TYPE_MASK);

		if (!name) {
			if ((a->nla_type & NLA_TYPE_MASK) != DM_TIER_A_PAD)
				die("unknown attribute %d in a reply", a->nla_type);
		} else if (name->number == DM_TIER_A_EXTENTS && names == attributes) {
			print_extents(a);
		} else if (name->number == DM_TIER_A_HEAT && names == attributes) {
			print_heat(a);
		} else if (name->type == 'n') {
			printf(" usage{");
			print_attrs(attr_data(a), (const char *)a + a->nla_len, usages);
			printf(" }");
		} else {
			printf(" %s=", name->name);
			if (name->type == 's')
				printf("%s", (const char *)attr_data(a));
			else if (name->type == 'b')
				print_binary(a);
			else
				printf("%" PRIu64, attr_number(a, name->type == 'u' ? 4 : 8));
		}
	}
}

static void print_message(const struct nlmsghdr *h)
{
	const struct genlmsghdr *g = NLMSG_DATA(h);
	const struct name *name = by_number(commands, g->cmd);

	printf("%s", name ? name->name : "?");
	print_attrs((const void *)((const char *)g + GENL_HDRLEN),
		    (const char *)h + h->nlmsg_len, attributes);
	printf("\n");
}

/* "OK" or an error with the kernel's sentence, which follows @skip bytes of payload */
static void print_verdict(const struct nlmsghdr *h, int error, size_t skip)
{
	const struct nlattr *a;

	if (!error) {
		printf("OK\n");
		return;
	}
	printf("%s", strerrorname_np(-error) ?: "?");
	if (h->nlmsg_flags & NLM_F_ACK_TLVS) {
		for_each_attr(a, (const void *)((const char *)NLMSG_DATA(h) + skip),
			      (const char *)h + h->nlmsg_len)
			if (a->nla_type == NLMSGERR_ATTR_MSG)
				printf(" %s", (const char *)attr_data(a));
	}
	printf("\n");
}

/* a message that ends a conversation: prints how; 0 if it is not one */
static bool ends(const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = NLMSG_DATA(h);
	int error;

	if (h->nlmsg_type == NLMSG_ERROR) {
		print_verdict(h, e->error, sizeof(*e));
		return true;
	}
	if (h->nlmsg_type != NLMSG_DONE)
		return false;
	memcpy(&error, NLMSG_DATA(h), sizeof(error));
	if (error)
		print_verdict(h, error, sizeof(error));
	return true;
}

/* -- the family's numbers -- */

static void read_group(const struct nlattr *groups)
{
	const char *end = (const char *)groups + groups->nla_len;
	const struct nlattr *g, *a;

	for_each_attr(g, (const struct nlattr *)attr_data(groups), end)
		for_each_attr(a, (const struct nlattr *)attr_data(g), (const char *)g + g->nla_len)
			if (a->nla_type == CTRL_ATTR_MCAST_GRP_ID)
				group = attr_number(a, 4);
}

static void find_family(void)
{
	static struct message m;
	const struct nlattr *a;
	int fd = open_socket();

	begin(&m, GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY);
	put(&m, CTRL_ATTR_FAMILY_NAME, DM_TIER_FAMILY_NAME, sizeof(DM_TIER_FAMILY_NAME));
	send_message(fd, &m);
	receive(fd, &m, ROOM);
	if (m.header.nlmsg_type == NLMSG_ERROR) {
		printf("no family: ");
		ends(&m.header);
		exit(1);
	}
	for_each_attr(a, (const struct nlattr *)(m.bytes + NLMSG_LENGTH(GENL_HDRLEN)),
		      m.bytes + m.header.nlmsg_len) {
		if (a->nla_type == CTRL_ATTR_FAMILY_ID)
			family = attr_number(a, 2);
		else if (a->nla_type == CTRL_ATTR_MCAST_GROUPS)
			read_group(a);
	}
	close(fd);
}

/* -- what to do -- */

/* read until the conversation ends */
static void print_answers(int fd)
{
	static struct message m;
	struct nlmsghdr *h;
	int left;

	for (;;) {
		left = receive(fd, &m, ROOM);
		for (h = &m.header; NLMSG_OK(h, (unsigned int)left); h = NLMSG_NEXT(h, left)) {
			if (ends(h))
				return;
			print_message(h);
		}
	}
}

static int do_request(char **words)
{
	static struct message m;
	int fd = open_socket();

	make(&m, NLM_F_ACK, words);
	send_message(fd, &m);
	print_answers(fd);
	return 0;
}

/* the same request again and again; stops at the first that is refused */
static int do_repeat(char **words)
{
	static struct message m;
	int i, n, fd = open_socket(), times = atoi(*words++);
	struct message *reply = malloc(sizeof(*reply));
	const struct nlmsgerr *e;

	if (!reply)
		die("out of memory");
	e = NLMSG_DATA(&reply->header);
	make(&m, NLM_F_ACK, words);
	for (i = 0; i < times; i++) {
		send_message(fd, &m);
		n = receive(fd, reply, ROOM);
		if (n < (int)NLMSG_LENGTH(sizeof(*e)) || e->error) {
			ends(&reply->header);
			return 1;
		}
	}
	printf("OK\n");
	return 0;
}

/* a dump by buffers of @room; @halfway is called once, after the first buffer */
static void dump(int fd, size_t room, void (*halfway)(char **arg), char **arg)
{
	unsigned int messages = 0, buffers = 0, interrupted = 0;
	static struct message m;
	bool over = false;
	struct nlmsghdr *h;
	int left;

	while (!over) {
		left = receive(fd, &m, room);
		buffers++;
		for (h = &m.header; !over && NLMSG_OK(h, (unsigned int)left);
		     h = NLMSG_NEXT(h, left)) {
			interrupted += !!(h->nlmsg_flags & NLM_F_DUMP_INTR);
			over = ends(h);
			if (!over) {
				messages++;
				print_message(h);
			}
		}
		if (buffers == 1 && halfway)
			halfway(arg);
	}
	printf("end messages=%u buffers=%u interrupted=%u\n", messages, buffers, interrupted);
}

static int do_dump(char **words)
{
	static struct message m;
	size_t room = 8192;
	int fd = open_socket();

	if (words[0] && !strcmp(words[0], "-b")) {
		room = strtoul(words[1], NULL, 0);
		words += 2;
	}
	make(&m, NLM_F_DUMP, words);
	send_message(fd, &m);
	dump(fd, room, NULL, NULL);
	return 0;
}

static void create_lun(char **arg)
{
	char *words[] = { "lun-create", NULL, NULL, "sectors=2048", NULL };

	if (asprintf(&words[1], "pool=%s", arg[0]) < 0 ||
	    asprintf(&words[2], "lun=%s", arg[1]) < 0)
		die("out of memory");
	printf("halfway: ");
	do_request(words);
}

static int do_interrupt(char **arg)
{
	static struct message m;
	char *words[] = { "lun-get", NULL, NULL };
	int fd = open_socket();

	if (asprintf(&words[1], "pool=%s", arg[0]) < 0)
		die("out of memory");
	make(&m, NLM_F_DUMP, words);
	send_message(fd, &m);
	dump(fd, 4096, create_lun, arg);
	return 0;
}

static int do_abandon(char **words)
{
	static struct message m, reply;
	int i, fd, times = atoi(*words++);

	for (i = 0; i < times; i++) {
		fd = open_socket();
		make(&m, NLM_F_DUMP, words);
		send_message(fd, &m);
		if (i % 2)
			receive(fd, &reply, 4096);
		close(fd);
	}
	return 0;
}

static int join(void)
{
	int fd = open_socket();

	if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group))) {
		printf("%s\n", strerrorname_np(errno));
		exit(1);
	}
	printf("listening\n");
	fflush(stdout);
	return fd;
}

static int do_events(char **words)
{
	int fd = join(), count = atoi(words[0]), limit = atoi(words[1]) * 1000;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	static struct message m;

	while (count-- > 0 && poll(&p, 1, limit) > 0) {
		receive(fd, &m, ROOM);
		print_message(&m.header);
		fflush(stdout);
	}
	return 0;
}

static int do_deaf(char **words)
{
	static struct message m;
	int size = 1, n = 0, fd = open_socket();

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	close(fd);
	fd = join();
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	sleep(atoi(words[0]));
	while (recv(fd, m.bytes, ROOM, MSG_DONTWAIT) >= 0)
		n++;
	printf("%s\n", errno == ENOBUFS ? "lost" : n ? "all" : "none");
	return 0;
}

/* take in what came back, if anything did, and count refusals */
static int drain(int fd, struct message *m)
{
	int n, refused = 0;

	while ((n = recv(fd, m->bytes, ROOM, MSG_DONTWAIT)) > 0) {
		const struct nlmsgerr *e = NLMSG_DATA(&m->header);

		if (m->header.nlmsg_type == NLMSG_ERROR && e->error)
			refused++;
	}
	return refused;
}

static int do_truncate(char **words)
{
	static struct message whole, cut, reply;
	unsigned int len, refused = 0, sent = 0;
	int fd = open_socket();

	make(&whole, NLM_F_ACK, words);
	for (len = 1; len < whole.header.nlmsg_len; len++) {
		memcpy(cut.bytes, whole.bytes, len);
		send_bytes(fd, cut.bytes, len);	/* its header tells more than came */
		refused += drain(fd, &reply);
		if (len < sizeof(cut.header))
			continue;
		cut.header.nlmsg_len = len;
		send_bytes(fd, cut.bytes, len);
		sent++;
		refused += drain(fd, &reply);
	}
	printf("sent=%u refused=%u\n", sent, refused);
	return 0;
}

static void random_attrs(struct message *m, const char *pool)
{
	static const int widths[] = { 0, 1, 4, 8, 8, 16, 40, 300 };
	unsigned char data[300];
	int i, j, n = random() % 6;

	if (pool && random() % 4)
		put(m, DM_TIER_A_POOL, pool, strlen(pool) + 1);
	for (i = 0; i < n; i++) {
		int width = widths[random() % 8];

		for (j = 0; j < width; j++)
			data[j] = random() % 3 ? random() : 0;
		put(m, random() % (DM_TIER_A_MAX + 4) | (random() % 8 ? 0 : NLA_F_NESTED), data,
		    width);
	}
	/* some lengths lie */
	if (n && !(random() % 4))
		m->bytes[NLMSG_LENGTH(GENL_HDRLEN) + random() % 4] = random();
}

static int do_garbage(char **words)
{
	unsigned int refused = 0, times = atoi(words[1]), i;
	static struct message m, reply;
	int fd = open_socket();

	srandom(atoi(words[0]));
	for (i = 0; i < times; i++) {
		begin(&m, family, random() % 3 ? NLM_F_ACK : NLM_F_DUMP,
		      random() % (DM_TIER_CMD_MAX + 3));
		random_attrs(&m, words[2]);
		send_message(fd, &m);
		refused += drain(fd, &reply);
		if (!(i % 16)) {	/* dumps block the socket until they are read */
			close(fd);
			fd = open_socket();
		}
	}
	printf("sent=%u refused=%u\n", times, refused);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int words;
		int (*run)(char **words);
	} verbs[] = {
		{ "request", 1, do_request }, { "repeat", 2, do_repeat }, { "dump", 1, do_dump },
		{ "interrupt", 2, do_interrupt }, { "abandon", 2, do_abandon },
		{ "events", 2, do_events }, { "deaf", 1, do_deaf },
		{ "truncate", 1, do_truncate }, { "garbage", 2, do_garbage },
	};
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (argc > 1 && !strcmp(argv[1], verbs[i].name) && argc - 2 >= verbs[i].words) {
			find_family();
			return verbs[i].run(argv + 2);
		}
	die("see the head of netlink_probe.c for how to call it");
}
