// SPDX-License-Identifier: GPL-2.0-only
/*
 * One call to device-mapper again and again: first its first allocation fails, then its
 * second, and so on until it has none left to fail. See lib/fault.sh for what counts as
 * one of its allocations.
 *
 *	faults load <device> <table>		each load that succeeds is taken back
 *	faults resume <device> <table>		loaded each time, without a fault
 *	faults message <device> <message> [<message that takes it back>]
 *	faults status <device>
 *
 * A call may succeed all the same, or fail for want of memory; one that has failed has
 * changed nothing that the status shows, and without a fault the call succeeds. Prints
 * how many of each kind there were.
 */
#include <errno.h>
#include <fcntl.h>
#include <libdevmapper.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST	20000

static int nth_fd;
static const char *device, *words, *back;

static void die(const char *what, const char *more)
{
	fprintf(stderr, "faults: %s%s%s\n", what, more ? ": " : "", more ? more : "");
	exit(1);
}

/* the kernel's count for this thread: it goes down with each allocation, and 0 is one failed */
static void arm(unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	if (pwrite(nth_fd, text, len, 0) != len)
		die("cannot write fail-nth", strerror(errno));
}

static bool disarm(void)
{
	char text[16] = "";

	if (pread(nth_fd, text, sizeof(text) - 1, 0) <= 0)
		die("cannot read fail-nth", strerror(errno));
	arm(0);
	return !atoi(text);
}

static struct dm_task *task_of(int type)
{
	struct dm_task *dmt = dm_task_create(type);

	if (!dmt || !dm_task_set_name(dmt, device))
		die("no memory", NULL);
	return dmt;
}

/* 0 or errno */
static int run(struct dm_task *dmt)
{
	int err = dm_task_run(dmt) ? 0 : dm_task_get_errno(dmt);

	dm_task_destroy(dmt);
	return err;
}

static int message(const char *text)
{
	struct dm_task *dmt = task_of(DM_DEVICE_TARGET_MSG);

	if (!dm_task_set_message(dmt, text) || !dm_task_set_sector(dmt, 0))
		die("no memory", NULL);
	return run(dmt);
}

/* "<start> <length> <target> <words>" */
static int load(void)
{
	struct dm_task *dmt = task_of(DM_DEVICE_RELOAD);
	unsigned long long start, length;
	char target[32];
	int at = 0;

	if (sscanf(words, "%llu %llu %31s %n", &start, &length, target, &at) != 3 || !at ||
	    !dm_task_add_target(dmt, start, length, target, words + at))
		die("not a table line", words);
	return run(dmt);
}

static int clear(void)
{
	return run(task_of(DM_DEVICE_CLEAR));
}

static int resume(void)
{
	return run(task_of(DM_DEVICE_RESUME));
}

static int send_message(void)
{
	return message(words);
}

static int take_back(void)
{
	return back ? message(back) : 0;
}

/* a figure of its own time? */
static bool changes(const char *word)
{
	return !strncmp(word, "iops=", 5) || !strncmp(word, "usage_", 6) ||
	       !strncmp(word, "latency_", 8) || !word[strspn(word, "0123456789")];
}

/* what must not change of the table or, but for figures, of the status */
static void add_words(int type, char *text, size_t room)
{
	struct dm_task *dmt = task_of(type);
	uint64_t start, length;
	char *name, *params, *word, *rest = NULL;
	void *next = NULL;

	if (!dm_task_run(dmt))
		die("no status", device);
	do {
		next = dm_get_next_target(dmt, next, &start, &length, &name, &params);
		for (word = params ? strtok_r(params, " ", &rest) : NULL; word; word = strtok_r(NULL, " ", &rest))
			if (type == DM_DEVICE_TABLE || !changes(word)) {
				strncat(text, " ", room - strlen(text) - 1);
				strncat(text, word, room - strlen(text) - 1);
			}
	} while (next);
	dm_task_destroy(dmt);
}

static void state(char *text, size_t room)
{
	*text = '\0';
	add_words(DM_DEVICE_TABLE, text, room);
	add_words(DM_DEVICE_STATUS, text, room);
}

static int read_status(void)
{
	struct dm_task *dmt = task_of(DM_DEVICE_STATUS);
	int err = dm_task_run(dmt) ? 0 : dm_task_get_errno(dmt);

	dm_task_destroy(dmt);
	return err;
}

static const struct {
	const char *name;
	int (*before)(void);
	int (*call)(void);
	int (*after)(void);
	bool watched;
} calls[] = {
	{ "load", NULL, load, clear, true },
	{ "resume", load, resume, NULL, false },
	{ "message", NULL, send_message, take_back, true },
	{ "status", NULL, read_status, NULL, true },
};

static void once(size_t c, unsigned int n, unsigned int *failed, unsigned int *passed, bool *more)
{
	static char was[65536], is[65536];
	char text[64];
	int err;

	if (calls[c].before && calls[c].before())
		die("cannot be prepared without a fault", strerror(errno));
	if (calls[c].watched)
		state(was, sizeof(was));
	arm(n);
	err = calls[c].call();
	*more = disarm();
	snprintf(text, sizeof(text), "fault %u, %s", n, strerror(err));
	if (err && !*more)
		die("fails without a fault", text);
	/* who looks a device up by its path does not say why that failed */
	if (err && err != ENOMEM && err != ENODEV)
		die("another error than no memory", text);
	if (err) {
		++*failed;
		if (calls[c].watched)
			state(is, sizeof(is));
		if (calls[c].watched && strcmp(was, is)) {
			fprintf(stderr, "before:%s\nafter: %s\n", was, is);
			die("has failed and changed something", text);
		}
		return;
	}
	*passed += *more;
	if (calls[c].after && calls[c].after())
		die("cannot be taken back without a fault", text);
}

/* failures are what this is about */
static void say_nothing(int level, const char *file, int line, int dm_errno, const char *f, ...)
{
	(void)level;
	(void)file;
	(void)line;
	(void)dm_errno;
	(void)f;
}

int main(int argc, char **argv)
{
	unsigned int n, failed = 0, passed = 0;
	bool more = true;
	size_t c;

	if (argc < 3 || argc > 5)
		die("usage: faults load|resume|message|status <device> [<words> [<words>]]", NULL);
	for (c = 0; c < sizeof(calls) / sizeof(*calls) && strcmp(argv[1], calls[c].name); c++)
		;
	if (c == sizeof(calls) / sizeof(*calls))
		die("no such call", argv[1]);
	device = argv[2];
	words = argc > 3 ? argv[3] : "";
	back = argc > 4 ? argv[4] : NULL;
	nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth_fd < 0)
		die("cannot open fail-nth", strerror(errno));
	dm_log_with_errno_init(say_nothing);
	if (!calls[c].before)
		read_status(); /* libdevmapper's own first steps */
	for (n = 1; more; n++) {
		if (n > MOST)
			die("there is no end to it", NULL);
		once(c, n, &failed, &passed, &more);
	}
	printf("%s: %u faults: %u calls failed, %u succeeded\n", argv[1], n - 2, failed, passed);
	return n == 2 ? 3 : 0;
}
