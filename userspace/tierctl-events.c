// SPDX-License-Identifier: GPL-2.0-only
/* tierctl events, path events: what the kernel tells, as it happens, of both modules. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "tierctl-path.h"

struct watch {
	const char *name;	/* of a pool or map; NULL: of all */
	uint64_t count;		/* 0: no end */
	uint64_t seen;
	double until;		/* 0: no end */
	struct dmtier_events *tier;	/* NULL: not asked for, or the module is not there */
	struct dmtier_events *paths;
};

static void time_text(uint64_t ns, char *out, size_t len)
{
	time_t seconds = ns / 1000000000;
	struct tm tm;
	size_t at;

	gmtime_r(&seconds, &tm);
	at = strftime(out, len, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + at, len - at, ".%03uZ", (unsigned int)(ns % 1000000000 / 1000000));
}

/* every field of an event once: its attribute, its name, where it lies */
enum kind { TEXT, DEVICE, NUMBER32, NUMBER64, ERRNO };

struct field {
	enum kind kind;
	int attr;
	const char *name;
	size_t offset;
};

#define F(kind, attr, name, type, member)	{ kind, attr, name, offsetof(type, member) }
#define T(kind, attr, name, member) \
	F(kind, DM_TIER_A_##attr, name, struct dmtier_event, member)
#define P(kind, attr, name, member) \
	F(kind, DM_MPATH_EXT_A_##attr, name, struct dmtier_path_event, member)

static const struct field tier_fields[] = {
	T(NUMBER32, LUN, "lun", lun), T(NUMBER64, LOGICAL, "extent", logical),
	T(TEXT, TIER, "tier", tier), T(TEXT, FROM, "from", from),
	T(DEVICE, FROM_DEV, "from_dev", from_dev), T(TEXT, TO, "to", to),
	T(DEVICE, TO_DEV, "to_dev", to_dev), T(DEVICE, DEV, "dev", dev),
	T(TEXT, STATE, "state", state), T(TEXT, MODE, "mode", mode),
	T(NUMBER64, IOPS, "iops", iops), T(NUMBER64, USED, "used", used),
	T(NUMBER64, TOTAL, "total", total), T(NUMBER64, EVAC_LEFT, "left", evac_left),
	T(NUMBER64, EVAC_TOTAL, "of", evac_total), T(NUMBER64, SECTORS, "sectors", sectors),
	T(TEXT, KEY, "key", key), T(TEXT, VALUE, "value", value),
	T(TEXT, REASON, "reason", reason), T(ERRNO, ERROR, "error", error), { 0 }
};

static const struct field path_fields[] = {
	P(DEVICE, DEV, "dev", dev), P(NUMBER32, FROM_GROUP, "from_group", from_group),
	P(NUMBER32, GROUP, "group", group), P(TEXT, STATE, "state", state),
	P(NUMBER64, LATENCY_NS, "latency_ns", latency_ns), P(NUMBER32, QUEUE, "queue", queue),
	P(NUMBER32, QUEUE_TIMEOUT, "queue_timeout", queue_timeout), P(TEXT, KEY, "key", key),
	P(TEXT, VALUE, "value", value), P(TEXT, REASON, "reason", reason), { 0 }
};

/* an event of either family */
struct told {
	const char *event;
	const char *of;		/* "pool" or "map" */
	const char *name;
	uint64_t seq, time_ns;
	const bool *has;
	const struct field *fields;
	const void *record;
};

static uint64_t number_of(const void *at, enum kind kind)
{
	return kind == NUMBER64 ? *(const uint64_t *)at : *(const uint32_t *)at;
}

static json_object *value_json(const void *at, enum kind kind)
{
	if (kind == TEXT || kind == DEVICE)
		return json_object_new_string(at);
	return json_object_new_uint64(number_of(at, kind));
}

static void print_json(const struct told *e, const char *when)
{
	json_object *o = json_object_new_object();
	const struct field *f;

	json_object_object_add(o, "time", json_object_new_string(when));
	json_object_object_add(o, "time_ns", json_object_new_uint64(e->time_ns));
	json_object_object_add(o, "event", json_object_new_string(e->event));
	json_object_object_add(o, e->of, json_object_new_string(e->name));
	json_object_object_add(o, "sequence", json_object_new_uint64(e->seq));
	for (f = e->fields; f->name; f++)
		if (e->has[f->attr])
			json_object_object_add(o, f->name,
					       value_json((const char *)e->record + f->offset,
							  f->kind));
	json_print(o, false);
}

/* words are quoted where a reader could not tell their end */
static void print_word(const char *text)
{
	bool quote = !*text || text[strcspn(text, " \"")];

	if (quote)
		putchar('"');
	for (; *text; text++) {
		if (*text == '"')
			putchar('\\');
		putchar((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
	}
	if (quote)
		putchar('"');
}

static void print_value(const void *at, enum kind kind)
{
	char name[256];

	switch (kind) {
	case DEVICE:
		dmtier_dev_name(at, name, sizeof(name));
		print_word(name);
		break;
	case TEXT:
		print_word(at);
		break;
	case ERRNO:
		print_word(strerror(number_of(at, kind)));
		break;
	default:
		printf("%llu", (unsigned long long)number_of(at, kind));
	}
}

static void print_line(const struct told *e, const char *when)
{
	const struct field *f;

	printf("%s %s %s", when, e->name, e->event);
	for (f = e->fields; f->name; f++) {
		if (!e->has[f->attr])
			continue;
		printf(" %s=", f->name);
		print_value((const char *)e->record + f->offset, f->kind);
	}
	putchar('\n');
}

static void print_event(const struct ctl *c, struct watch *w, const struct told *e)
{
	char when[48];

	if (w->name && strcmp(w->name, e->name))
		return;
	time_text(e->time_ns, when, sizeof(when));
	if (c->json)
		print_json(e, when);
	else
		print_line(e, when);
	fflush(stdout);
	w->seen++;
}

static int next_tier(const struct ctl *c, struct watch *w)
{
	struct dmtier_event e;
	int got = dmtier_event_next(w->tier, &e);

	if (got == 1)
		print_event(c, w, &(struct told){
			e.event, "pool", e.pool, e.seq, e.time_ns, e.has, tier_fields, &e });
	return got;
}

static int next_path(const struct ctl *c, struct watch *w)
{
	struct dmtier_path_event e;
	int got = dmtier_path_event_next(w->paths, &e);

	if (got == 1)
		print_event(c, w, &(struct told){
			e.event, "map", e.map, e.seq, e.time_ns, e.has, path_fields, &e });
	return got;
}

static bool enough(const struct watch *w)
{
	return (w->count && w->seen >= w->count) || ferror(stdout);
}

/* all that waits on one socket; 0 or -errno */
static int drain(const struct ctl *c, struct watch *w,
		 int (*next)(const struct ctl *c, struct watch *w))
{
	int got = 1;

	while (!enough(w) && got) {
		got = next(c, w);
		if (got == -ENOBUFS)
			fputs("tierctl: events were lost; read faster\n", stderr);
		else if (got < 0)
			return got;
	}
	return 0;
}

/* milliseconds to sleep at most; interrupts are looked for twice a second */
static int patience(const struct watch *w)
{
	double left = w->until ? w->until - clock_seconds() : 0.5;

	return left > 0.5 ? 500 : left > 0 ? left * 1000 + 1 : 0;
}

static int listen_once(const struct ctl *c, struct watch *w)
{
	struct pollfd fd[2] = {		/* a number below 0 is passed over */
		{ .fd = w->tier ? dmtier_events_fd(w->tier) : -1, .events = POLLIN },
		{ .fd = w->paths ? dmtier_events_fd(w->paths) : -1, .events = POLLIN },
	};
	int err = 0;

	if (poll(fd, 2, patience(w)) <= 0)
		return 0;
	if (fd[0].revents)
		err = drain(c, w, next_tier);
	if (fd[1].revents && !err)
		err = drain(c, w, next_path);
	return err;
}

static int follow(const struct ctl *c, struct watch *w)
{
	int err = 0;

	while (!err && !enough(w) && wait_seconds(0)) {
		if (w->until && clock_seconds() >= w->until)
			return w->count ? CTL_FAILED : CTL_OK;
		err = listen_once(c, w);
	}
	return err ? ctl_fail(ctl_code(err), err, NULL, "events") : CTL_OK;
}

static int parse(struct ctl *c, int argc, char **argv, struct watch *w)
{
	static const struct option options[] = {
		{ "count", required_argument, NULL, 'c' },
		{ "timeout", required_argument, NULL, 't' },
		{ 0 }
	};
	double seconds;
	int option;

	while ((option = ctl_getopt(argc, argv, "", options, NULL)) != -1) {
		if (option == 'c' && text_number(optarg, UINT64_MAX, &w->count))
			continue;
		if (option != 't' || !text_seconds(optarg, &seconds))
			return ctl_usage(c);
		w->until = clock_seconds() + seconds;
	}
	if (argc - optind > 1)
		return ctl_usage(c);
	w->name = path_map_name(argv[optind]);
	return CTL_OK;
}

static int watch(struct ctl *c, struct watch *w)
{
	int code;

	catch_interrupts();
	code = follow(c, w);
	dmtier_events_close(w->tier);
	dmtier_events_close(w->paths);
	return code;
}

static int refused(int err)
{
	return ctl_fail(ctl_code(err), err, err == -EPERM ? "this needs root" : NULL, "events");
}

/* one module is enough; that none is there, dm-tier's absence tells */
static int events(struct ctl *c, int argc, char **argv)
{
	struct watch w = { 0 };
	int err, code = parse(c, argc, argv, &w);

	if (code)
		return code;
	err = dmtier_path_events_open(&w.paths);
	if (err == -EPERM)
		return refused(err);
	if (err)
		code = ctl_open(c);
	if (code)
		return code;
	err = dmtier_events_open(&w.tier);
	if (err && !(err == -ENOENT && w.paths)) {
		dmtier_events_close(w.paths);
		return refused(err);
	}
	return watch(c, &w);
}

/* nothing would ever come of a map that is not there */
static int see_map(struct ctl *c, const char *name)
{
	int err, code = ctl_open_paths(c);
	struct dmtier_map map;

	if (code || !name)
		return code;
	err = dmtier_map_get(c->paths, name, &map);
	return err ? ctl_path_kernel(c, err, "path events") : CTL_OK;
}

int path_events(struct ctl *c, int argc, char **argv)
{
	struct watch w = { 0 };
	int err, code = parse(c, argc, argv, &w);

	if (!code)
		code = see_map(c, w.name);
	if (code)
		return code;
	err = dmtier_path_events_open(&w.paths);
	return err ? refused(err) : watch(c, &w);
}

const struct command event_commands[] = {
	{ "events", NULL, "[POOL|MAP] [--count N] [--timeout SECONDS]",
	  "print events as they happen, also those of paths; with --json one object a line", 0, 5,
	  events },
	{ 0 }
};
