// SPDX-License-Identifier: GPL-2.0-only
/* Policy of maps against a kernel that is made up: what it is told, and when */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scratch.h"
#include "tierd-path.h"

#define HOUR_MS		3600000LL
#define SUNDAY_MS	(3 * 24 * HOUR_MS)	/* 1970-01-04, midnight */

static struct config config;
static struct config_map conf;
static struct paths paths;
static struct tierd d;
static struct dmtier_map map;
static struct dmtier_group group[2];
static struct dmtier_path path[3];
static char told[1024];		/* to the kernel, in order */
static char dir[SCRATCH_LEN], ledger[SCRATCH_LEN + 16];
static bool asked;		/* somebody has asked for the group in use */
static bool refuse;
static struct dmtier_path former;
static int nr_former, rejoins, reads;
static struct audit_record record;
static int records;
static int warnings, errors, agains;
static const char *no_reinstate;	/* the kernel's reason not to */
static bool no_fail, no_map, no_memory;
static bool hidden;		/* the map is */
static void (*fail_then)(void);	/* what happens behind a path that is taken off */
static void (*meanwhile)(void);	/* what happens between a sample and the next word */
static max_align_t handle[512];	/* in place of a handle, for its last error: none */

void tierd_log(int priority, const char *format, ...)
{
	(void)format;
	warnings += priority == LOG_WARNING;
	errors += priority == LOG_ERR;
}

void path_again(struct tierd *tierd)
{
	(void)tierd;
	agains++;
}

struct audit_record *events_record(struct tierd *tierd, const char *kind)
{
	(void)tierd;
	audit_record_init(&record, kind);
	records++;
	return &record;
}

void apply_refused(struct tierd *tierd, const char *where, const struct config_setting *s,
		   const char *why)
{
	(void)why;
	(void)where;
	(void)s;
	tierd->changes_refused++;
}

/* -- the kernel -- */

static void note(const char *what, const char *a, const char *b)
{
	size_t used = strlen(told);

	snprintf(told + used, sizeof(told) - used, "%s%s %s%s%s", used ? "; " : "", what, a,
		 b ? " " : "", b ? b : "");
}

int dmtier_map_set(struct dmtier *h, const char *name, const char *key, const char *value)
{
	(void)h;
	assert_string_equal(name, "data");
	if (refuse)
		return -EINVAL;
	map.seq++;
	note("set", key, value);
	if (!strcmp(key, "failback")) {
		snprintf(map.failback, sizeof(map.failback), "%s", value);
		if (!strcmp(value, "immediate") && !asked && group[0].usable)
			map.group = 1;
	} else if (!strcmp(key, "fail_if_no_path")) {
		map.queue = 0;
	}
	return 0;
}

int dmtier_map_get(struct dmtier *h, const char *name, struct dmtier_map *out)
{
	void (*happens)(void) = meanwhile;

	(void)h;
	meanwhile = NULL;
	if (happens)
		happens();
	if (no_map)
		return -EIO;
	assert_string_equal(name, map.name);
	*out = map;
	return 0;
}

const char *dmtier_error(const struct dmtier *h)
{
	(void)h;
	return no_reinstate ? no_reinstate : "";
}

int dmtier_path_fail(struct dmtier *h, const char *name, const char *dev)
{
	(void)h;
	if (no_fail)
		return -EAGAIN;
	note("fail", name, dev);
	map.seq += 2;
	if (fail_then)
		fail_then();
	for (int p = 0; p < 3; p++)
		if (!strcmp(path[p].dev, dev))
			strcpy(path[p].state, "off");
	return 0;
}

int dmtier_path_reinstate(struct dmtier *h, const char *name, const char *dev)
{
	(void)h;
	note("reinstate", name, dev);
	if (no_reinstate)
		return -EINVAL;
	map.seq += 2;
	for (int p = 0; p < 3; p++)
		if (!strcmp(path[p].dev, dev))
			strcpy(path[p].state, "up");
	return 0;
}

int dmtier_maps(struct dmtier *h, const char *m, dmtier_map_fn fn, void *arg)
{
	(void)h;
	(void)m;
	return hidden ? 0 : fn(&map, arg);
}

int dmtier_groups(struct dmtier *h, const char *m, dmtier_group_fn fn, void *arg)
{
	(void)h;
	(void)m;
	return fn(&group[0], arg) || fn(&group[1], arg);
}

int dmtier_paths(struct dmtier *h, const char *m, dmtier_path_fn fn, void *arg)
{
	(void)h;
	(void)m;
	reads++;
	if (fn(&path[0], arg) || fn(&path[1], arg) || (!nr_former && fn(&path[2], arg)))
		return -ENOMEM;
	/* a new table, behind the back of whoever reads */
	if (rejoins) {
		nr_former = 0;
		rejoins--;
		map.seq++;
	}
	return 0;
}

int dmtier_former_paths(struct dmtier *h, const char *m, dmtier_path_fn fn, void *arg)
{
	(void)h;
	(void)m;
	return fn && nr_former ? fn(&former, arg) : 0;
}

/* -- memory, and the clock that nothing here looks at -- */

int state_append(void **array, size_t *nr, const void *item, size_t size)
{
	char *more = no_memory ? NULL : realloc(*array, (*nr + 1) * size);

	if (!more)
		return -ENOMEM;
	*array = more;
	memcpy(more + (*nr)++ * size, item, size);
	return 0;
}

int64_t state_now_ms(void)
{
	return SUNDAY_MS;
}

/* -- one sample and the policy behind it -- */

static void look(int64_t time_ms)
{
	told[0] = '\0';
	assert_int_equal(maps_read(NULL, &paths.maps), 0);
	paths.maps.time_ms = time_ms;
	path_policy(&d);
}

static int set_up(void **state)
{
	char err[256];

	(void)state;
	memset(&conf, 0, sizeof(conf));
	memset(&map, 0, sizeof(map));
	memset(group, 0, sizeof(group));
	memset(path, 0, sizeof(path));
	memset(&paths, 0, sizeof(paths));
	asked = refuse = false;
	nr_former = rejoins = reads = 0;
	told[0] = '\0';
	records = warnings = errors = agains = 0;
	no_reinstate = NULL;
	no_fail = no_map = no_memory = hidden = false;
	meanwhile = fail_then = NULL;
	strcpy(conf.name, "data");
	conf.stable = 60;
	config.map = &conf;
	config.nr_maps = 1;
	config.utc = true;
	strcpy(map.name, "data");
	strcpy(map.state, "active");
	strcpy(map.failback, "immediate");
	map.epoch = 77;
	map.group = 1;
	map.groups = 2;
	map.queue = 1;
	map.queue_timeout = 60;
	map.slow_ratio = 450;
	for (uint32_t g = 0; g < 2; g++) {
		strcpy(group[g].map, "data");
		group[g].epoch = 77;
		group[g].group = g + 1;
		group[g].usable = g ? 1 : 2;
	}
	for (int p = 0; p < 3; p++) {
		strcpy(path[p].map, "data");
		strcpy(path[p].state, "up");
		snprintf(path[p].dev, sizeof(path[p].dev), "8:%d", 16 * p);
		path[p].epoch = 77;
		path[p].group = p == 2 ? 2 : 1;
		path[p].since_ms = 1000000;
	}
	if (scratch_make(dir))
		return -1;
	snprintf(ledger, sizeof(ledger), "%s/ledger.db", dir);
	d.config = &config;
	d.paths = &paths;
	paths.kernel = (struct dmtier *)handle;
	d.changes_refused = 0;
	return ledger_open(&d.ledger, ledger, LEDGER_WRITE, err, sizeof(err));
}

static int tear_down(void **state)
{
	(void)state;
	maps_free(&paths.maps);
	free(paths.attempt);
	free(paths.taken);
	free(paths.unseen);
	ledger_close(d.ledger);
	return scratch_remove(dir);
}

static void setting(const char *key, const char *value)
{
	char why[CONF_WHY_LEN];

	assert_int_equal(config_map_setting(&conf.settings, key, value, why), 0);
}

static void schedule(const char *text)
{
	char why[CONF_WHY_LEN];

	assert_int_equal(schedule_parse(text, true, &conf.failback, why), 0);
}

static void only_what_differs(void **state)
{
	(void)state;
	setting("slow_path", "4.5");
	setting("queue_if_no_path", "60");
	setting("failback", "immediate");
	look(SUNDAY_MS);
	assert_string_equal(told, "");
	conf.settings.nr = 0;
	setting("slow_path", "5");
	setting("queue_if_no_path", "90");
	setting("failback", "30");
	setting("hedge", "99 2.5");
	setting("elastic", "2000 500");
	look(SUNDAY_MS);
	assert_string_equal(told, "set slow_path 5.00; set queue_if_no_path 90; set failback 30; "
			    "set hedge 99.00 2.50; set elastic 2000 500");
}

static void queueing_off(void **state)
{
	(void)state;
	setting("queue_if_no_path", "off");
	look(SUNDAY_MS);
	assert_string_equal(told, "set fail_if_no_path ");
	look(SUNDAY_MS);
	assert_string_equal(told, "");
}

/* what the kernel has as 0 is off, and is told so by that word */
static void others_off(void **state)
{
	(void)state;
	setting("slow_path", "off");
	setting("hedge", "off");
	setting("elastic", "off");
	map.hedge_percentile = 9900;
	map.hedge_budget = 500;
	map.elastic_high = 2000;
	look(SUNDAY_MS);
	assert_string_equal(told, "set slow_path off; set hedge off; set elastic off");
	map.slow_ratio = map.hedge_percentile = map.elastic_high = 0;
	look(SUNDAY_MS);
	assert_string_equal(told, "");
}

static void not_while_suspended(void **state)
{
	(void)state;
	setting("failback", "manual");
	strcpy(map.state, "suspended");
	look(SUNDAY_MS);
	assert_string_equal(told, "");
}

static void refusals_are_counted(void **state)
{
	(void)state;
	setting("failback", "manual");
	refuse = true;
	look(SUNDAY_MS);
	assert_int_equal(d.changes_refused, 1);
}

static void back_in_the_window(void **state)
{
	(void)state;
	schedule("Sun 02:00-04:00");
	look(SUNDAY_MS);
	assert_string_equal(told, "set failback manual");
	/* failed over; the first group is back, but it is not the time */
	map.group = 2;
	look(SUNDAY_MS + HOUR_MS);
	assert_string_equal(told, "");
	/* the time, but not well for long */
	path[0].since_ms = path[1].since_ms = 59999;
	look(SUNDAY_MS + 2 * HOUR_MS);
	assert_string_equal(told, "");
	path[1].since_ms = 60000;
	look(SUNDAY_MS + 2 * HOUR_MS + 1);
	assert_string_equal(told, "set failback immediate; set failback manual");
	assert_int_equal(map.group, 1);
	assert_int_equal(records, 1);
	assert_string_equal(record.kind, "failback");
	assert_string_equal(record.pool, "data");
	assert_string_equal(record.from, "2");
	assert_string_equal(record.to, "1");
	look(SUNDAY_MS + 2 * HOUR_MS + 2);
	assert_string_equal(told, "");
	/* and again, without waiting for anything but the window */
	map.group = 2;
	look(SUNDAY_MS + 2 * HOUR_MS + 3);
	assert_string_equal(told, "set failback immediate; set failback manual");
}

/* failover is not ours: a group that does not work, or is disabled, is none to go to */
static void only_to_what_works(void **state)
{
	(void)state;
	schedule("daily 00:00-24:00");
	strcpy(map.failback, "manual");
	map.group = 2;
	group[0].usable = 0;
	look(SUNDAY_MS);
	assert_string_equal(told, "");
	group[0].usable = 2;
	group[0].disabled = 1;
	look(SUNDAY_MS);
	assert_string_equal(told, "");
	group[0].disabled = 0;
	strcpy(path[0].state, "slow");
	strcpy(path[1].state, "slow");
	look(SUNDAY_MS);
	assert_string_equal(told, "");
	map.group = 0;
	strcpy(path[0].state, "up");
	look(SUNDAY_MS);
	assert_string_equal(told, "");
}

/* what the administrator asked for stays, and is not fought over at each sample */
static void asked_for(void **state)
{
	(void)state;
	schedule("daily 00:00-24:00");
	strcpy(map.failback, "manual");
	map.group = 2;
	asked = true;
	look(SUNDAY_MS);
	assert_string_equal(told, "set failback immediate; set failback manual");
	assert_int_equal(map.group, 2);
	assert_string_equal(record.kind, "failback-failed");
	for (int i = 1; i < 30; i++) {
		look(SUNDAY_MS + i * 10000);
		assert_string_equal(told, "");
	}
	assert_int_equal(records, 1);
	asked = false;
	look(SUNDAY_MS + 300000);
	assert_int_equal(map.group, 1);
	assert_int_equal(records, 2);
}

/* we died between the two words: the next look puts it right */
static void left_at_immediate(void **state)
{
	(void)state;
	schedule("Sun 02:00-04:00");
	look(SUNDAY_MS);
	look(SUNDAY_MS + 1000);
	assert_string_equal(told, "");
	strcpy(map.failback, "immediate");
	look(SUNDAY_MS + 2000);
	assert_string_equal(told, "set failback manual");
}

static void flapping_path_is_off(void **state)
{
	char err[256];

	(void)state;
	conf.flap_off = 600;
	look(SUNDAY_MS);
	assert_string_equal(told, "");
	path[0].flapping = 1;
	look(SUNDAY_MS + 1000);
	assert_string_equal(told, "fail data 8:0");
	path[0].flapping = 0;
	look(SUNDAY_MS + 600999);
	assert_string_equal(told, "");
	/* over a restart of ours */
	ledger_close(d.ledger);
	assert_int_equal(ledger_open(&d.ledger, ledger, LEDGER_WRITE, err, sizeof(err)), 0);
	look(SUNDAY_MS + 601000);
	assert_string_equal(told, "reinstate data 8:0");
	look(SUNDAY_MS + 602000);
	look(SUNDAY_MS + 10 * HOUR_MS);
	assert_string_equal(told, "");
}

/* the last that is steady stays, and so does what somebody else has taken off */
static void never_the_last(void **state)
{
	(void)state;
	conf.flap_off = 600;
	for (int p = 0; p < 3; p++)
		path[p].flapping = 1;
	look(SUNDAY_MS);
	assert_string_equal(told, "");
	path[2].flapping = 0;
	strcpy(path[2].state, "failed");
	look(SUNDAY_MS);
	assert_string_equal(told, "");
	strcpy(path[2].state, "up");
	look(SUNDAY_MS);
	assert_string_equal(told, "fail data 8:0; fail data 8:16");
	strcpy(path[2].state, "off");
	look(SUNDAY_MS + 10 * HOUR_MS);
	assert_string_equal(told, "reinstate data 8:0; reinstate data 8:16");
}

/* what was taken off while others carried the map is better than nothing, at once */
static void back_when_needed(void **state)
{
	static const char *const kinds[] = {
		"path-failed", "path-hung", "path-foreign", "path-slow",
	};
	static const char *const others[] = {
		"group-switched", "path-up", "path-flapping", "queue-timeout",
	};
	struct dmtier_path_event e = { .event = "no-path", .map = "data", .epoch = 77 };

	(void)state;
	conf.flap_off = 600;
	path[0].flapping = path[1].flapping = 1;
	assert_false(path_flap_event(&d, &e));
	look(SUNDAY_MS);
	assert_string_equal(told, "fail data 8:0; fail data 8:16");
	assert_true(path_flap_event(&d, &e));
	strcpy(e.dev, "8:32");
	for (int i = 0; i < 4; i++) {
		strcpy(e.event, kinds[i]);
		assert_true(path_flap_event(&d, &e));
	}
	for (int i = 0; i < 4; i++) {
		strcpy(e.event, others[i]);
		assert_false(path_flap_event(&d, &e));
	}
	strcpy(e.event, "path-failed");
	e.epoch = 78;
	assert_false(path_flap_event(&d, &e));
	look(SUNDAY_MS + 1000);
	assert_string_equal(told, "");
	strcpy(path[2].state, "failed");
	look(SUNDAY_MS + 1001);
	assert_string_equal(told, "reinstate data 8:0; reinstate data 8:16");
	e.epoch = 77;
	assert_false(path_flap_event(&d, &e));
	/* and stays, though it still flaps */
	for (int i = 1; i < 100; i++) {
		look(SUNDAY_MS + 1001 + i * 10000);
		assert_string_equal(told, "");
	}
}

static void back_without_the_section(void **state)
{
	(void)state;
	conf.flap_off = 600;
	path[0].flapping = 1;
	look(SUNDAY_MS);
	assert_string_equal(told, "fail data 8:0");
	strcpy(path[1].state, "off");
	config.nr_maps = 0;
	look(SUNDAY_MS + 1000);
	assert_string_equal(told, "reinstate data 8:0");
	look(SUNDAY_MS + 2000);
	assert_string_equal(told, "");
}

static void word(struct dmtier_path_event *e, const char *key, const char *dev)
{
	memset(e, 0, sizeof(*e));
	strcpy(e->event, "policy");
	strcpy(e->map, "data");
	strcpy(e->key, key);
	strcpy(e->dev, dev);
	e->epoch = 77;
	e->seq = ++map.seq;
}

/* off for flapping, and then failed by hand: that stands */
static void failed_by_hand_too(void **state)
{
	struct dmtier_path_event e;

	(void)state;
	conf.flap_off = 600;
	map.seq = 5;
	path[0].flapping = path[1].flapping = 1;
	look(SUNDAY_MS);
	assert_string_equal(told, "fail data 8:0; fail data 8:16");
	path[0].flapping = path[1].flapping = 0;
	/* what comes of that is our own word */
	word(&e, "fail_path", "8:0");
	e.seq = 6;
	assert_false(path_flap_event(&d, &e));
	word(&e, "fail_path", "8:16");
	e.seq = 8;
	assert_false(path_flap_event(&d, &e));
	word(&e, "fail_path", "8:0");
	assert_false(path_flap_event(&d, &e));
	word(&e, "disable_group", "");
	assert_false(path_flap_event(&d, &e));
	look(SUNDAY_MS + 600000);
	assert_string_equal(told, "reinstate data 8:16");
	look(SUNDAY_MS + 10 * HOUR_MS);
	assert_string_equal(told, "");
}

/* after a restart of ours no word that comes is our own */
static void failed_by_hand_later(void **state)
{
	struct dmtier_path_event e;

	(void)state;
	conf.flap_off = 600;
	path[0].flapping = 1;
	look(SUNDAY_MS);
	assert_string_equal(told, "fail data 8:0");
	paths.nr_taken = 0;
	word(&e, "fail_path", "8:0");
	assert_false(path_flap_event(&d, &e));
	look(SUNDAY_MS + 10 * HOUR_MS);
	assert_string_equal(told, "");
}

static bool marked(const char *name)
{
	int64_t value;

	return !ledger_get(d.ledger, name, &value);
}

static int64_t minutes(int64_t nr)
{
	return SUNDAY_MS + nr * 60000;
}

/* nothing is kept of what is no more, but for what may only be out of sight */
static void gone_is_forgotten(void **state)
{
	static const char *const names[] = {
		"flaps 76/8:0", "flaps 77/8:64", "flaps 77/8:32", "flaps 77/8:3",
	};

	(void)state;
	conf.flap_off = 6000;
	strcpy(path[2].state, "off");
	strcpy(map.state, "suspended");
	for (int i = 0; i < 4; i++)
		assert_int_equal(ledger_put(d.ledger, names[i], SUNDAY_MS), 0);
	for (int m = 50; m < 55; m++) {
		look(minutes(m));
		for (int i = 0; i < 4; i++)
			assert_true(marked(names[i]));
	}
	look(minutes(55));
	for (int i = 0; i < 4; i++)
		assert_int_equal(marked(names[i]), i == 2);
	/* nor of a mark that is at its end */
	strcpy(map.state, "active");
	look(minutes(100));
	assert_string_equal(told, "reinstate data 8:32");
	assert_false(marked(names[2]));
	/* nor for ever, where nobody runs for minutes */
	assert_int_equal(ledger_put(d.ledger, names[0], minutes(100)), 0);
	look(minutes(100) + 9 * 24 * HOUR_MS);
	assert_false(marked(names[0]));
	schedule("daily 00:00-24:00");
	path[0].flapping = 1;
	map.group = 2;
	asked = true;
	look(SUNDAY_MS);
	assert_int_equal(paths.nr_attempts, 1);
	assert_int_equal(paths.nr_taken, 2);
	map.epoch = path[0].epoch = path[1].epoch = path[2].epoch = 78;
	map.group = 1;
	path[0].flapping = 0;
	look(SUNDAY_MS);
	assert_int_equal(paths.nr_attempts, 0);
	assert_int_equal(paths.nr_taken, 0);
}

/* as between two tables, again and again */
static void out_of_sight(void **state)
{
	(void)state;
	conf.flap_off = 3600;
	path[0].flapping = 1;
	look(minutes(0));
	assert_string_equal(told, "fail data 8:0");
	for (int m = 1; m < 60; m++) {
		hidden = m % 4;
		look(minutes(m));
		assert_string_equal(told, "");
		assert_true(marked("flaps 77/8:0"));
	}
	hidden = false;
	look(minutes(60));
	assert_string_equal(told, "reinstate data 8:0");
}

/* a mark is of one life of a map: after a reboot 8:0 may be another disk */
static void another_life(void **state)
{
	(void)state;
	conf.flap_off = 600;
	path[0].flapping = 1;
	look(minutes(0));
	assert_string_equal(told, "fail data 8:0");
	path[0].flapping = 0;
	map.epoch = path[0].epoch = path[1].epoch = path[2].epoch = 78;
	paths.nr_taken = 0;
	look(minutes(20));
	look(minutes(40));
	assert_string_equal(told, "");
	assert_false(marked("flaps 77/8:0"));
}

static void another_name(void **state)
{
	(void)state;
	conf.flap_off = 600;
	path[0].flapping = 1;
	look(minutes(0));
	assert_string_equal(told, "fail data 8:0");
	path[0].flapping = 0;
	strcpy(map.name, "vault");
	for (int p = 0; p < 3; p++)
		strcpy(path[p].map, "vault");
	strcpy(conf.name, "vault");
	look(minutes(9));
	assert_string_equal(told, "");
	look(minutes(10));
	assert_string_equal(told, "reinstate vault 8:0");
}

/* marks with a map's name: those of this life of it go on */
static void marks_of_old(void **state)
{
	static const char *const names[] = {
		"flaps data/8:0", "flaps data/8:16", "flaps data/8:64", "flaps other/8:0",
	};
	int64_t value;

	(void)state;
	conf.flap_off = 600;
	map.epoch = SUNDAY_MS * 1000000;
	for (int p = 0; p < 3; p++)
		path[p].epoch = map.epoch;
	strcpy(path[0].state, "off");
	former = path[2];
	strcpy(former.dev, "8:64");
	nr_former = 1;
	for (int i = 0; i < 4; i++)
		assert_int_equal(ledger_put(d.ledger, names[i], minutes(i == 1 ? -1 : 1)), 0);
	hidden = true;
	look(minutes(2));
	assert_true(marked(names[0]));
	hidden = false;
	look(minutes(3));
	assert_int_equal(ledger_get(d.ledger, "flaps 259200000000000/8:0", &value), 0);
	assert_int_equal(value, minutes(1));
	assert_true(marked("flaps 259200000000000/8:64"));
	assert_false(marked("flaps 259200000000000/8:16"));
	for (int i = 0; i < 3; i++)
		assert_false(marked(names[i]));
	assert_true(marked(names[3]));
	look(minutes(8));
	assert_string_equal(told, "");
	assert_false(marked(names[3]));
	look(minutes(10));
	assert_string_equal(told, "");
	look(minutes(11));
	assert_string_equal(told, "reinstate data 8:0");
}

/* one of a life before: what is off now was failed by somebody else */
static void a_mark_of_before(void **state)
{
	(void)state;
	conf.flap_off = 600;
	map.epoch = (uint64_t)minutes(0) * 1000000;
	for (int p = 0; p < 3; p++)
		path[p].epoch = map.epoch;
	strcpy(path[0].state, "off");
	assert_int_equal(ledger_put(d.ledger, "flaps data/8:0", minutes(-1)), 0);
	for (int m = 1; m < 30; m++) {
		look(minutes(m));
		assert_string_equal(told, "");
	}
	assert_false(marked("flaps data/8:0"));
}

/* -- the ledger takes no more -- */

static void reopen(enum ledger_mode mode)
{
	char err[256];

	ledger_close(d.ledger);
	assert_int_equal(ledger_open(&d.ledger, ledger, mode, err, sizeof(err)), 0);
}

/* what nobody would bring back is not taken off */
static void no_mark_no_word(void **state)
{
	(void)state;
	conf.flap_off = 600;
	path[0].flapping = 1;
	reopen(LEDGER_READ);
	for (int m = 0; m < 9; m++) {
		look(minutes(m));
		assert_string_equal(told, "");
	}
	assert_int_equal(warnings, 1);
	reopen(LEDGER_WRITE);
	look(minutes(9));
	assert_string_equal(told, "fail data 8:0");
	/* and again once it has taken something */
	reopen(LEDGER_READ);
	path[1].flapping = 1;
	warnings = 0;
	look(minutes(10));
	assert_string_equal(told, "");
	assert_int_equal(warnings, 1);
}

/* a mark that is over says nothing, whether or not the ledger could drop it */
static void no_drop(void **state)
{
	(void)state;
	conf.flap_off = 600;
	path[0].flapping = 1;
	look(minutes(0));
	reopen(LEDGER_READ);
	path[0].flapping = 0;
	warnings = 0;
	look(minutes(10));
	assert_string_equal(told, "reinstate data 8:0");
	/* failed by hand */
	strcpy(path[0].state, "off");
	for (int m = 20; m < 30; m++) {
		look(minutes(m));
		assert_string_equal(told, "");
	}
	assert_in_range(warnings, 1, 3);
	reopen(LEDGER_WRITE);
	look(minutes(30));
	assert_string_equal(told, "");
	assert_false(marked("flaps 77/8:0"));
}

/* -- between the sample and our word -- */

static void by_hand(const char *dev)
{
	for (int p = 0; p < 3; p++)
		if (!strcmp(path[p].dev, dev))
			strcpy(path[p].state, "off");
	map.seq += 2;
}

static void first_by_hand(void)
{
	by_hand("8:0");
}

static void again_by_hand(void)
{
	map.seq++;
}

static void made_anew(void)
{
	map.epoch++;
}

static void failed_meanwhile(void **state)
{
	(void)state;
	conf.flap_off = 600;
	path[0].flapping = 1;
	meanwhile = first_by_hand;
	look(minutes(0));
	assert_string_equal(told, "");
	assert_int_equal(agains, 1);
	assert_false(marked("flaps 77/8:0"));
	look(minutes(1));
	look(minutes(30));
	assert_string_equal(told, "");
	assert_int_equal(agains, 1);
}

static void failed_meanwhile_too(void **state)
{
	struct dmtier_path_event e;

	(void)state;
	conf.flap_off = 600;
	path[0].flapping = 1;
	look(minutes(0));
	assert_string_equal(told, "fail data 8:0");
	word(&e, "fail_path", "8:0");
	e.seq = 1;
	assert_false(path_flap_event(&d, &e));
	meanwhile = again_by_hand;
	look(minutes(10));
	assert_string_equal(told, "");
	assert_int_equal(agains, 1);
	e.seq = map.seq;
	assert_false(path_flap_event(&d, &e));
	look(minutes(11));
	assert_string_equal(told, "");
}

static void replaced_meanwhile(void **state)
{
	(void)state;
	conf.flap_off = 600;
	path[0].flapping = 1;
	meanwhile = made_anew;
	look(minutes(0));
	assert_string_equal(told, "");
}

/* a word that comes with ours is the administrator's, also if it comes before it */
static void two_words_at_once(void **state)
{
	struct dmtier_path_event e;

	(void)state;
	conf.flap_off = 600;
	path[0].flapping = 1;
	map.seq = 5;
	look(minutes(0));
	assert_string_equal(told, "fail data 8:0");
	word(&e, "fail_path", "8:0");
	/* of before all that, and only now taken */
	e.seq = 4;
	assert_false(path_flap_event(&d, &e));
	e.seq = 6;
	assert_false(path_flap_event(&d, &e));
	assert_true(marked("flaps 77/8:0"));
	e.seq = 7;
	assert_false(path_flap_event(&d, &e));
	assert_false(marked("flaps 77/8:0"));
}

/* without an answer the kernel's number is one more: that of our word */
static void number_unknown(void)
{
	no_map = true;
}

static void no_number(void **state)
{
	struct dmtier_path_event e;

	(void)state;
	conf.flap_off = 600;
	path[0].flapping = 1;
	map.seq = 5;
	fail_then = number_unknown;
	look(minutes(0));
	assert_string_equal(told, "fail data 8:0");
	no_map = false;
	word(&e, "fail_path", "8:0");
	e.seq = 6;
	assert_false(path_flap_event(&d, &e));
	assert_true(marked("flaps 77/8:0"));
	e.seq = 8;
	assert_false(path_flap_event(&d, &e));
	assert_false(marked("flaps 77/8:0"));
	/* and no word at all where the kernel does not answer before */
	strcpy(path[0].state, "up");
	no_map = true;
	look(minutes(1));
	assert_string_equal(told, "");
	no_map = false;
	look(minutes(2));
	assert_string_equal(told, "fail data 8:0");
	no_map = false;
	/* the event of our own word is lost: what comes later is somebody else's all the same */
	word(&e, "fail_path", "8:0");
	assert_false(path_flap_event(&d, &e));
	assert_false(marked("flaps 77/8:0"));
}

/* nothing that could not be told from the administrator's word */
static void no_room(void **state)
{
	(void)state;
	conf.flap_off = 600;
	path[0].flapping = 1;
	assert_int_equal(maps_read(NULL, &paths.maps), 0);
	paths.maps.time_ms = minutes(0);
	no_memory = true;
	path_policy(&d);
	assert_string_equal(told, "");
	assert_false(marked("flaps 77/8:0"));
	no_memory = false;
	look(minutes(1));
	assert_string_equal(told, "fail data 8:0");
}

/* events wait that nobody has looked at: there may be a word among them */
static void unheard(void **state)
{
	(void)state;
	conf.flap_off = 600;
	path[0].flapping = 1;
	paths.feed.more = true;
	look(minutes(0));
	assert_string_equal(told, "");
	assert_int_equal(agains, 1);
	paths.feed.more = false;
	look(minutes(0));
	assert_string_equal(told, "fail data 8:0");
}

/* our own settings, of the same look, hold nothing up */
static void with_settings(void **state)
{
	(void)state;
	conf.flap_off = 600;
	setting("failback", "manual");
	path[0].flapping = 1;
	look(minutes(0));
	assert_string_equal(told, "fail data 8:0; set failback manual");
}

/* -- what the kernel refuses -- */

static void refused(void **state)
{
	(void)state;
	conf.flap_off = 600;
	path[0].flapping = 1;
	look(minutes(0));
	path[0].flapping = 0;
	no_reinstate = "path '8:0' shows another device";
	for (int m = 10; m < 20; m++) {
		look(minutes(m));
		assert_string_equal(told, "reinstate data 8:0");
	}
	assert_int_equal(errors, 1);
	/* another reason, and another series */
	no_reinstate = "the map is suspended";
	look(minutes(20));
	look(minutes(21));
	assert_int_equal(errors, 2);
	no_reinstate = NULL;
	look(minutes(22));
	assert_string_equal(path[0].state, "up");
	path[0].flapping = 1;
	look(minutes(23));
	no_reinstate = "the map is suspended";
	look(minutes(33));
	look(minutes(34));
	assert_int_equal(errors, 3);
}

static void not_to_be_taken_off(void **state)
{
	(void)state;
	conf.flap_off = 600;
	path[0].flapping = 1;
	no_fail = true;
	look(minutes(0));
	/* it may have been done all the same, until the next look says no */
	assert_true(marked("flaps 77/8:0"));
	for (int m = 1; m < 10; m++)
		look(minutes(m));
	assert_int_equal(errors, 1);
	assert_false(marked("flaps 77/8:0"));
	no_fail = false;
	look(minutes(10));
	assert_string_equal(told, "fail data 8:0");
}

/* what does not work has its own way back, with a look at what it is */
static void only_what_works(void **state)
{
	static const char *const states[] = { "failed", "hung", "foreign", "off" };

	(void)state;
	conf.flap_off = 600;
	path[0].flapping = 1;
	for (int i = 0; i < 4; i++) {
		strcpy(path[0].state, states[i]);
		look(minutes(i));
		assert_string_equal(told, "");
	}
	strcpy(path[0].state, "slow");
	look(minutes(4));
	assert_string_equal(told, "fail data 8:0");
}

static void somebody_else_brings_it_back(void **state)
{
	(void)state;
	conf.flap_off = 600;
	path[0].flapping = 1;
	look(SUNDAY_MS);
	assert_string_equal(told, "fail data 8:0");
	path[0].flapping = 0;
	strcpy(path[0].state, "up");
	look(SUNDAY_MS + 1000);
	/* and takes it off for his own reasons */
	strcpy(path[0].state, "off");
	look(SUNDAY_MS + 10 * HOUR_MS);
	assert_string_equal(told, "");
}

/* a path that comes back into its table while we read is seen all the same */
static void back_meanwhile(void **state)
{
	(void)state;
	former = path[2];
	nr_former = 1;
	assert_int_equal(maps_read(NULL, &paths.maps), 0);
	assert_int_equal(reads, 1);
	assert_int_equal(paths.maps.nr_paths, 2);
	assert_int_equal(paths.maps.nr_former, 1);
	rejoins = 1;
	assert_int_equal(maps_read(NULL, &paths.maps), 0);
	assert_int_equal(reads, 3);
	assert_int_equal(paths.maps.nr_maps, 1);
	assert_int_equal(paths.maps.nr_groups, 2);
	assert_int_equal(paths.maps.nr_paths, 3);
	assert_int_equal(paths.maps.nr_former, 0);
	/* one that never stands still does not hold us */
	rejoins = 1000;
	assert_int_equal(maps_read(NULL, &paths.maps), 0);
	assert_in_range(reads, 4, 20);
	assert_int_equal(paths.maps.nr_paths, 3);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_what_differs),
		TEST(queueing_off),
		TEST(others_off),
		TEST(not_while_suspended),
		TEST(refusals_are_counted),
		TEST(back_in_the_window),
		TEST(only_to_what_works),
		TEST(asked_for),
		TEST(left_at_immediate),
		TEST(flapping_path_is_off),
		TEST(never_the_last),
		TEST(back_when_needed),
		TEST(back_without_the_section),
		TEST(failed_by_hand_too),
		TEST(failed_by_hand_later),
		TEST(gone_is_forgotten),
		TEST(out_of_sight),
		TEST(another_life),
		TEST(another_name),
		TEST(marks_of_old),
		TEST(a_mark_of_before),
		TEST(no_mark_no_word),
		TEST(no_drop),
		TEST(failed_meanwhile),
		TEST(failed_meanwhile_too),
		TEST(replaced_meanwhile),
		TEST(two_words_at_once),
		TEST(no_number),
		TEST(no_room),
		TEST(unheard),
		TEST(with_settings),
		TEST(refused),
		TEST(not_to_be_taken_off),
		TEST(only_what_works),
		TEST(somebody_else_brings_it_back),
		TEST(back_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
