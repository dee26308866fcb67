// SPDX-License-Identifier: GPL-2.0-only
/* tierctl events: what the kernel tells, as it happens. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "tierctl.h"

struct watch {
	const char *pool;
	uint64_t count;		/* 0: no end */
	uint64_t seen;
	double until;		/* 0: no end */
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
enum kind { TEXT, DEVICE, U32, U64 };

static const struct field {
	enum kind kind;
	int attr;
	const char *name;
	size_t offset;
} fields[] = {
	{ U32, DM_TIER_A_LUN, "lun", offsetof(struct dmtier_event, lun) },
	{ U64, DM_TIER_A_LOGICAL, "extent", offsetof(struct dmtier_event, logical) },
	{ TEXT, DM_TIER_A_TIER, "tier", offsetof(struct dmtier_event, tier) },
	{ TEXT, DM_TIER_A_FROM, "from", offsetof(struct dmtier_event, from) },
	{ DEVICE, DM_TIER_A_FROM_DEV, "from_dev", offsetof(struct dmtier_event, from_dev) },
	{ TEXT, DM_TIER_A_TO, "to", offsetof(struct dmtier_event, to) },
	{ DEVICE, DM_TIER_A_TO_DEV, "to_dev", offsetof(struct dmtier_event, to_dev) },
	{ DEVICE, DM_TIER_A_DEV, "dev", offsetof(struct dmtier_event, dev) },
	{ TEXT, DM_TIER_A_STATE, "state", offsetof(struct dmtier_event, state) },
	{ TEXT, DM_TIER_A_MODE, "mode", offsetof(struct dmtier_event, mode) },
	{ U64, DM_TIER_A_IOPS, "iops", offsetof(struct dmtier_event, iops) },
	{ U64, DM_TIER_A_USED, "used", offsetof(struct dmtier_event, used) },
	{ U64, DM_TIER_A_TOTAL, "total", offsetof(struct dmtier_event, total) },
	{ U64, DM_TIER_A_EVAC_LEFT, "left", offsetof(struct dmtier_event, evac_left) },
	{ U64, DM_TIER_A_EVAC_TOTAL, "of", offsetof(struct dmtier_event, evac_total) },
	{ U64, DM_TIER_A_SECTORS, "sectors", offsetof(struct dmtier_event, sectors) },
	{ TEXT, DM_TIER_A_KEY, "key", offsetof(struct dmtier_event, key) },
	{ TEXT, DM_TIER_A_VALUE, "value", offsetof(struct dmtier_event, value) },
	{ TEXT, DM_TIER_A_REASON, "reason", offsetof(struct dmtier_event, reason) },
	{ U32, DM_TIER_A_ERROR, "error", offsetof(struct dmtier_event, error) },
};

#define NR_FIELDS	(sizeof(fields) / sizeof(fields[0]))

static uint64_t number_of(const struct dmtier_event *e, const struct field *f)
{
	const char *at = (const char *)e + f->offset;

	return f->kind == U32 ? *(const uint32_t *)at : *(const uint64_t *)at;
}

static json_object *value_json(const struct dmtier_event *e, const struct field *f)
{
	if (f->kind == U32 || f->kind == U64)
		return json_object_new_uint64(number_of(e, f));
	return json_object_new_string((const char *)e + f->offset);
}

static void print_json(const struct dmtier_event *e, const char *when)
{
	json_object *o = json_object_new_object();
	size_t i;

	json_object_object_add(o, "time", json_object_new_string(when));
	json_object_object_add(o, "time_ns", json_object_new_uint64(e->time_ns));
	json_object_object_add(o, "event", json_object_new_string(e->event));
	json_object_object_add(o, "pool", json_object_new_string(e->pool));
	json_object_object_add(o, "sequence", json_object_new_uint64(e->seq));
	for (i = 0; i < NR_FIELDS; i++)
		if (e->has[fields[i].attr])
			json_object_object_add(o, fields[i].name, value_json(e, &fields[i]));
	json_print(o, false);
}

/* words are quoted where a reader could not tell their end */
static void print_word(const char *name, const char *text)
{
	bool quote = !*text || text[strcspn(text, " \"")];

	printf(" %s=%s", name, quote ? "\"" : "");
	for (; *text; text++) {
		if (*text == '"')
			putchar('\\');
		putchar((unsigned char)*text < ' ' ? '?' : *text);
	}
	if (quote)
		putchar('"');
}

static void print_line(const struct dmtier_event *e, const char *when)
{
	char name[256];
	size_t i;

	printf("%s %s %s", when, e->pool, e->event);
	for (i = 0; i < NR_FIELDS; i++) {
		const struct field *f = &fields[i];
		const char *text = (const char *)e + f->offset;

		if (!e->has[f->attr])
			continue;
		if (f->attr == DM_TIER_A_ERROR) {
			print_word(f->name, strerror(e->error));
		} else if (f->kind == U32 || f->kind == U64) {
			printf(" %s=%llu", f->name, (unsigned long long)number_of(e, f));
		} else if (f->kind == DEVICE) {
			dmtier_dev_name(text, name, sizeof(name));
			print_word(f->name, name);
		} else {
			print_word(f->name, text);
		}
	}
	putchar('\n');
}

static void print_event(const struct ctl *c, const struct dmtier_event *e)
{
	char when[48];

	time_text(e->time_ns, when, sizeof(when));
	if (c->json)
		print_json(e, when);
	else
		print_line(e, when);
	fflush(stdout);
}

static bool enough(const struct watch *w)
{
	return w->count && w->seen >= w->count;
}

/* all that waits on the socket; 0 or -errno */
static int drain(const struct ctl *c, struct dmtier_events *events, struct watch *w)
{
	struct dmtier_event e;
	int got = 1;

	while (!enough(w) && !ferror(stdout) && (got = dmtier_event_next(events, &e))) {
		if (got == -ENOBUFS)
			fputs("tierctl: events were lost; read faster\n", stderr);
		else if (got < 0)
			return got;
		else if (!w->pool || !strcmp(w->pool, e.pool)) {
			print_event(c, &e);
			w->seen++;
		}
	}
	return 0;
}

/* milliseconds to sleep at most; interrupts are looked for twice a second */
static int patience(const struct watch *w)
{
	double left = w->until ? w->until - clock_seconds() : 0.5;

	return left > 0.5 ? 500 : left > 0 ? left * 1000 + 1 : 0;
}

static int follow(const struct ctl *c, struct dmtier_events *events, struct watch *w)
{
	struct pollfd fd = { .fd = dmtier_events_fd(events), .events = POLLIN };
	int err = 0;

	while (!err && !enough(w) && !ferror(stdout) && wait_seconds(0)) {
		if (w->until && clock_seconds() >= w->until)
			return w->count ? CTL_FAILED : CTL_OK;
		if (poll(&fd, 1, patience(w)) > 0)
			err = drain(c, events, w);
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

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'c' && text_number(optarg, UINT64_MAX, &w->count))
			continue;
		if (option != 't' || !text_seconds(optarg, &seconds))
			return ctl_usage(c);
		w->until = clock_seconds() + seconds;
	}
	if (argc - optind > 1)
		return ctl_usage(c);
	w->pool = argv[optind];
	return CTL_OK;
}

static int events(struct ctl *c, int argc, char **argv)
{
	struct dmtier_events *events;
	struct watch w = { 0 };
	int err, code = parse(c, argc, argv, &w);

	if (!code)
		code = ctl_open(c);
	if (code)
		return code;
	err = dmtier_events_open(&events);
	if (err)
		return ctl_fail(ctl_code(err), err, err == -EPERM ? "this needs root" : NULL,
				"events");
	catch_interrupts();
	code = follow(c, events, &w);
	dmtier_events_close(events);
	return code;
}

const struct command event_commands[] = {
	{ "events", NULL, "[POOL] [--count N] [--timeout SECONDS]",
	  "print events as they happen; with --json one object a line", 0, 5, events },
	{ 0 }
};
