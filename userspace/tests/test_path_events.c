// SPDX-License-Identifier: GPL-2.0-only
/* Events of maps: their numbers, also over restarts of ours, and what asks for a look */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scratch.h"
#include "tierd-path.h"

#define OLD	1000		/* epochs: of before we listened, and of after that */
#define SINCE	5000
#define YOUNG	6000

static struct paths paths;
static struct tierd d;
static struct dmtier_map map[2];
static struct dmtier_path_event event;
static bool needed;
static int warnings;
static char dir[SCRATCH_LEN], ledger[SCRATCH_LEN + 16];

void tierd_log(int priority, const char *format, ...)
{
	(void)format;
	warnings += priority == LOG_WARNING;
}

const char *tierd_consumer(const char *pool, uint32_t lun, void *tierd)
{
	(void)pool;
	(void)lun;
	(void)tierd;
	return "";
}

void policy_threshold(struct tierd *tierd, const struct dmtier_event *e)
{
	(void)tierd;
	(void)e;
}

void escalate_event(struct tierd *tierd, const struct dmtier_event *e)
{
	(void)tierd;
	(void)e;
}

void path_escalate_event(struct tierd *tierd, const struct dmtier_path_event *e)
{
	(void)tierd;
	(void)e;
}

bool path_flap_event(struct tierd *tierd, const struct dmtier_path_event *e)
{
	(void)tierd;
	(void)e;
	return needed;
}

int dmtier_path_events_open(struct dmtier_events **events)
{
	(void)events;
	return -EIO;
}

int dmtier_path_event_next(struct dmtier_events *e, struct dmtier_path_event *out)
{
	(void)e;
	*out = event;
	return 1;
}

#define UNUSED(name, type) \
	int name(struct dmtier *h, const char *m, type fn, void *arg) \
	{ (void)h; (void)m; (void)fn; (void)arg; return -EIO; }

UNUSED(dmtier_maps, dmtier_map_fn)
UNUSED(dmtier_groups, dmtier_group_fn)
UNUSED(dmtier_paths, dmtier_path_fn)
UNUSED(dmtier_former_paths, dmtier_path_fn)

/* one event; true: the state should be read anew */
static bool heard(const char *what, uint64_t epoch, uint64_t seq)
{
	bool fresh = false;

	memset(&event, 0, sizeof(event));
	strcpy(event.event, what);
	strcpy(event.map, "data");
	event.epoch = epoch;
	event.seq = seq;
	assert_int_equal(path_feed.next(&d, NULL, &fresh), 1);
	events_flush(&d);
	return fresh;
}

static void sample(uint64_t epoch, uint64_t seq)
{
	map[0].epoch = epoch;
	map[0].seq = seq;
	path_numbers_sample(&d);
	events_flush(&d);
}

static int begin(void)
{
	char err[256];

	memset(&paths, 0, sizeof(paths));
	paths.maps.map = map;
	paths.maps.nr_maps = 1;
	paths.all_since_ns = SINCE;
	d.paths = &paths;
	d.events_lost = 0;
	if (events_new(&d))
		return -1;
	return ledger_open(&d.ledger, ledger, LEDGER_WRITE, err, sizeof(err));
}

static void end(void)
{
	ledger_close(d.ledger);
	events_free(&d);
	free(paths.numbering);
	free(paths.last);
}

static void restart(void)
{
	end();
	assert_int_equal(begin(), 0);
}

static int set_up(void **state)
{
	(void)state;
	memset(map, 0, sizeof(map));
	strcpy(map[0].name, "data");
	strcpy(map[1].name, "other");
	needed = false;
	if (scratch_make(dir))
		return -1;
	snprintf(ledger, sizeof(ledger), "%s/ledger.db", dir);
	snprintf(d.ledger_path, sizeof(d.ledger_path), "%s", ledger);
	return begin();
}

static int tear_down(void **state)
{
	(void)state;
	end();
	return scratch_remove(dir);
}

/* records of a loss */
static int losses(void)
{
	sqlite3_stmt *st;
	int nr;

	assert_int_equal(sqlite3_prepare_v2(ledger_db(d.ledger),
					    "SELECT count(*) FROM audit WHERE"
					    " kind = 'events-lost' AND pool = 'data'", -1, &st,
					    NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	nr = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return nr;
}

static void a_gap_asks_for_a_look(void **state)
{
	(void)state;
	assert_false(heard("policy", OLD, 7));
	assert_false(heard("policy", OLD, 8));
	assert_int_equal(losses(), 0);
	assert_true(heard("policy", OLD, 11));
	assert_int_equal(d.events_lost, 2);
	assert_int_equal(losses(), 1);
	assert_true(heard("map-resumed", OLD, 12));
	assert_true(heard("path-removed", OLD, 13));
	needed = true;
	assert_true(heard("no-path", OLD, 14));
	assert_int_equal(losses(), 1);
}

/* of a life that began while we listened the first has the number 1 */
static void a_new_life(void **state)
{
	(void)state;
	assert_false(heard("policy", YOUNG, 1));
	assert_true(heard("policy", YOUNG + 1, 3));
	assert_int_equal(d.events_lost, 2);
	sample(YOUNG + 2, 4);
	assert_int_equal(d.events_lost, 6);
	assert_int_equal(losses(), 2);
}

/* the last ones were lost, and no other came */
static void nothing_follows(void **state)
{
	(void)state;
	sample(OLD, 5);
	assert_int_equal(losses(), 0);
	assert_false(heard("policy", OLD, 6));
	sample(OLD, 6);
	assert_int_equal(losses(), 0);
	sample(OLD, 9);
	assert_int_equal(losses(), 1);
	assert_int_equal(d.events_lost, 3);
	assert_false(heard("policy", OLD, 10));
	sample(OLD, 10);
	assert_int_equal(losses(), 1);
}

static void while_we_did_not_run(void **state)
{
	(void)state;
	sample(OLD, 5);
	assert_false(heard("policy", OLD, 6));
	/* of which there is no record */
	assert_true(heard("path-removed", OLD, 7));
	restart();
	sample(OLD, 7);
	assert_int_equal(losses(), 0);
	restart();
	sample(OLD, 9);
	assert_int_equal(losses(), 1);
	assert_int_equal(d.events_lost, 2);
	restart();
	sample(OLD, 9);
	assert_int_equal(losses(), 1);
	/* an event comes before the first sample */
	restart();
	assert_true(heard("policy", OLD, 11));
	assert_int_equal(losses(), 2);
	assert_int_equal(d.events_lost, 1);
	/* another life: what it did without us nobody has promised to know */
	restart();
	sample(OLD + 1, 50);
	assert_int_equal(losses(), 2);
}

/* how far we have heard is no more in the ledger than the records of it */
static void not_stored(void **state)
{
	(void)state;
	sample(OLD, 5);
	ledger_close(d.ledger);
	assert_int_equal(ledger_open(&d.ledger, ledger, LEDGER_READ, (char[256]){ 0 }, 256), 0);
	assert_false(heard("policy", OLD, 6));
	assert_true(path_numbers_unstored(&d));
	restart();
	sample(OLD, 6);
	assert_int_equal(losses(), 1);
	assert_false(path_numbers_unstored(&d));
}

static bool any(const char *name, int64_t value, void *nr)
{
	(void)name;
	(void)value;
	++*(int *)nr;
	return true;
}

static int kept(void)
{
	int nr = 0;

	assert_int_equal(ledger_sweep(d.ledger, "events ", any, &nr), 0);
	return nr;
}

static void gone_is_forgotten(void **state)
{
	(void)state;
	map[1].epoch = OLD + 1;
	map[1].seq = 3;
	paths.maps.nr_maps = 2;
	sample(OLD, 5);
	assert_int_equal(kept(), 2);
	paths.maps.nr_maps = 1;
	sample(OLD, 5);
	assert_int_equal(kept(), 1);
	/* it was out of sight alone */
	paths.maps.nr_maps = 2;
	sample(OLD, 5);
	assert_int_equal(kept(), 2);
	assert_int_equal(losses(), 0);
}

/* begun before the clock was set back: nobody knows how long before */
static void a_life_of_the_future(void **state)
{
	uint64_t now = (uint64_t)state_now_ms() * 1000000, hour = 3600000000000;

	(void)state;
	sample(now + hour, 5);
	assert_false(heard("policy", now + 2 * hour, 7));
	assert_int_equal(losses(), 0);
	assert_true(heard("policy", now + 2 * hour, 9));
	sample(now - hour, 3);
	assert_int_equal(d.events_lost, 1 + 3);
}

/* trouble of the ledger is told once of each series */
static void gone_but_kept(void **state)
{
	char err[256];

	(void)state;
	sample(OLD, 5);
	ledger_close(d.ledger);
	assert_int_equal(ledger_open(&d.ledger, ledger, LEDGER_READ, err, sizeof(err)), 0);
	warnings = 0;
	map[0].epoch = OLD + 1;
	for (int i = 0; i < 5; i++)
		path_numbers_sample(&d);
	assert_int_equal(warnings, 1);
	ledger_close(d.ledger);
	assert_int_equal(ledger_open(&d.ledger, ledger, LEDGER_WRITE, err, sizeof(err)), 0);
	path_numbers_sample(&d);
	assert_int_equal(warnings, 1);
	assert_int_equal(kept(), 0);
}

/* more lives than are known at a time: none is taken for a young one */
static void many_lives(void **state)
{
	(void)state;
	for (uint64_t epoch = YOUNG; epoch < YOUNG + 1500; epoch++)
		assert_false(heard("path-removed", epoch, 1) && d.events_lost);
	heard("path-removed", YOUNG + 1, 9);
	assert_int_equal(d.events_lost, 0);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_gap_asks_for_a_look),
		TEST(a_new_life),
		TEST(nothing_follows),
		TEST(while_we_did_not_run),
		TEST(not_stored),
		TEST(gone_is_forgotten),
		TEST(a_life_of_the_future),
		TEST(gone_but_kept),
		TEST(many_lives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
