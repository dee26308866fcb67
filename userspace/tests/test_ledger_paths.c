// SPDX-License-Identifier: GPL-2.0-only
/* The ledger's half of paths: lives of maps, reloads, hours; schema 1; and kills */
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
#include <unistd.h>

#include "ledger-kills.h"
#include "ledger-v1.h"
#include "scratch.h"
#include "tierd-path-meter.h"

#define HOUR_MS		3600000LL
#define START_MS	(480000 * HOUR_MS)	/* a full hour */
#define START_TEXT	"480000 * 3600000"

struct fixture {
	char dir[SCRATCH_LEN];
	char path[SCRATCH_LEN + 16];
	struct ledger *l;
};

static int open_ledger(struct fixture *f, enum ledger_mode mode)
{
	char err[256];
	int ret;

	ledger_close(f->l);
	ret = ledger_open(&f->l, f->path, mode, err, sizeof(err));
	if (ret)
		print_message("%s\n", err);
	return ret;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (scratch_make(f->dir))
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/ledger.db", f->dir);
	*state = f;
	return open_ledger(f, LEDGER_WRITE);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	int ret;

	ledger_close(f->l);
	ret = scratch_remove(f->dir);
	free(f);
	return ret;
}

/* one map of two paths, and what the kernel shows of it */
struct world {
	struct maps maps;
	struct dmtier_map map;
	struct dmtier_path path[2];
	struct path_last last[2];
	size_t nr_last;
};

static void begin_world(struct world *w, int64_t time_ms)
{
	memset(w, 0, sizeof(*w));
	strcpy(w->map.name, "data");
	strcpy(w->map.uuid, "MPATH-1");
	strcpy(w->map.dev, "253:7");
	w->map.epoch = (uint64_t)time_ms * 1000000;
	for (int p = 0; p < 2; p++) {
		strcpy(w->path[p].map, "data");
		strcpy(w->path[p].map_uuid, "MPATH-1");
		snprintf(w->path[p].dev, sizeof(w->path[p].dev), "8:%d", p * 16);
		w->path[p].epoch = w->map.epoch;
		w->path[p].cost = 1 + 2 * (uint32_t)p;
	}
	w->maps.map = &w->map;
	w->maps.path = w->path;
	w->maps.nr_maps = 1;
	w->maps.nr_paths = 2;
	w->maps.time_ms = time_ms;
}

static const char *acme(const char *map, void *arg)
{
	(void)arg;
	assert_non_null(map);
	return "acme";
}

static struct path_meter_result book(struct fixture *f, struct world *w, int64_t time_ms)
{
	struct path_meter_result res;

	w->maps.time_ms = time_ms;
	assert_int_equal(path_meter_book(f->l, &w->maps, w->last, w->nr_last, acme, NULL, &res),
			 0);
	w->nr_last = 0;
	return res;
}

struct totals {
	int rows;
	uint64_t reads[2];		/* by path */
	uint64_t by_cost[8];
	uint64_t up_ms;
	uint32_t flags;
	uint32_t flags_of[2];
	uint64_t last_epoch;
};

static int add_up(const struct ledger_path_row *row, void *arg)
{
	struct totals *t = arg;
	int p = !!strcmp(row->dev, "8:0");

	t->rows++;
	t->reads[p] += row->delta[LEDGER_PATH_READ_IOS];
	assert_true(row->cost < 8);
	t->by_cost[row->cost] += row->delta[LEDGER_PATH_READ_IOS];
	t->up_ms += row->delta[LEDGER_PATH_UP_MS];
	t->flags |= row->flags;
	t->flags_of[p] |= row->flags;
	t->last_epoch = row->epoch;
	assert_int_equal(row->end - row->start, LEDGER_PERIOD);
	return 0;
}

static struct totals totals_between(struct ledger *l, int64_t from, int64_t to)
{
	struct ledger_path_filter all = { .from = from, .to = to };
	struct totals t = { 0 };

	assert_int_equal(ledger_path_rows(l, &all, add_up, &t), 0);
	return t;
}

static struct totals totals(struct ledger *l)
{
	return totals_between(l, 0, INT64_MAX);
}

static void leave(struct world *w, int p, int64_t time_ms)
{
	path_last_fill(&w->last[w->nr_last++], &w->path[p], "253:7", time_ms);
}

static void counts_from_zero(void **state)
{
	struct fixture *f = *state;
	struct world w;

	begin_world(&w, START_MS);
	w.path[0].read_ios = 100;
	w.path[1].read_ios = 30;
	assert_int_equal(book(f, &w, START_MS + 1000).gaps, 0);
	w.path[0].read_ios = 110;
	assert_int_equal(book(f, &w, START_MS + 2000).gaps, 0);
	assert_int_equal(totals(f->l).reads[0], 110);
	assert_int_equal(totals(f->l).reads[1], 30);
	assert_int_equal(totals(f->l).by_cost[3], 30);
	assert_int_equal(totals(f->l).flags, 0);
	assert_int_equal(totals(f->l).rows, 2);
}

/* renamed while it lives, or shown again: neither is another map */
static void one_life(void **state)
{
	struct fixture *f = *state;
	struct world w;

	begin_world(&w, START_MS);
	w.path[0].read_ios = 100;
	book(f, &w, START_MS + 1000);
	strcpy(w.map.name, "other");
	strcpy(w.path[0].map, "other");
	strcpy(w.path[1].map, "other");
	w.path[0].read_ios = 105;
	book(f, &w, START_MS + 2000);
	assert_int_equal(totals(f->l).reads[0], 105);
	/* out of sight for a moment, as between two tables */
	w.maps.nr_maps = 0;
	book(f, &w, START_MS + 3000);
	assert_int_equal(totals(f->l).flags, LEDGER_FLAG_GAP);
	w.maps.nr_maps = 1;
	w.path[0].read_ios = 107;
	book(f, &w, START_MS + 4000);
	assert_int_equal(totals(f->l).reads[0], 107);
}

static void made_anew(void **state)
{
	struct fixture *f = *state;
	struct world w;

	begin_world(&w, START_MS);
	w.path[0].read_ios = 100;
	book(f, &w, START_MS + 1000);
	begin_world(&w, START_MS + 1500);
	w.path[0].read_ios = 101;
	book(f, &w, START_MS + 2000);
	assert_int_equal(totals(f->l).reads[0], 201);
	assert_int_equal(totals(f->l).flags, LEDGER_FLAG_GAP);
	assert_int_equal(totals(f->l).last_epoch, w.map.epoch);
}

/* removed and made anew between two samples, with its last counters told */
static void last_counters(void **state)
{
	struct fixture *f = *state;
	struct world w, gone;

	begin_world(&w, START_MS);
	w.path[0].read_ios = 100;
	book(f, &w, START_MS + 1000);
	w.path[0].read_ios = 123;
	w.path[1].read_ios = 7;
	gone = w;
	begin_world(&w, START_MS + 1500);
	w.path[0].read_ios = 1;
	path_last_fill(&w.last[0], &gone.path[0], "253:7", START_MS + 1400);
	path_last_fill(&w.last[1], &gone.path[1], "253:7", START_MS + 1400);
	w.nr_last = 2;
	assert_int_equal(book(f, &w, START_MS + 2000).gaps, 0);
	assert_int_equal(totals(f->l).reads[0], 124);
	assert_int_equal(totals(f->l).reads[1], 7);
	assert_int_equal(totals(f->l).flags, 0);
	/* told again: nothing changes */
	path_last_fill(&w.last[0], &gone.path[0], "253:7", START_MS + 1400);
	w.nr_last = 1;
	book(f, &w, START_MS + 3000);
	assert_int_equal(totals(f->l).reads[0], 124);
	assert_int_equal(totals(f->l).flags, 0);
	/* the module is unloaded: no maps, and still all of it */
	w.path[0].read_ios = 4;
	leave(&w, 0, START_MS + 3500);
	leave(&w, 1, START_MS + 3500);
	w.maps.nr_maps = 0;
	book(f, &w, START_MS + 4000);
	assert_int_equal(totals(f->l).reads[0], 127);
	assert_int_equal(totals(f->l).flags, 0);
}

/* never sampled at all */
static void short_life(void **state)
{
	struct fixture *f = *state;
	struct world w;

	begin_world(&w, START_MS);
	w.path[0].read_ios = 5;
	leave(&w, 0, START_MS + 500);
	w.maps.nr_maps = 0;
	book(f, &w, START_MS + 1000);
	assert_int_equal(totals(f->l).reads[0], 5);
	assert_int_equal(totals(f->l).flags, 0);
}

/* a table without the path, then one with it: its record goes on in the kernel */
static void leaves_and_returns(void **state)
{
	struct fixture *f = *state;
	struct world w;

	begin_world(&w, START_MS);
	w.path[0].read_ios = 10;
	w.path[1].read_ios = 20;
	book(f, &w, START_MS + 1000);
	w.maps.nr_paths = 1;
	w.path[1].read_ios = 25;
	book(f, &w, START_MS + 2000);
	assert_int_equal(totals(f->l).flags_of[0], 0);
	assert_int_equal(totals(f->l).flags_of[1], LEDGER_FLAG_GAP);
	assert_int_equal(totals(f->l).reads[1], 20);
	w.maps.nr_paths = 2;
	book(f, &w, START_MS + 3000);
	assert_int_equal(totals(f->l).reads[1], 25);
}

/* the map still tells what a path did that has left its table */
static void former_paths(void **state)
{
	struct fixture *f = *state;
	struct world w;

	begin_world(&w, START_MS);
	w.path[1].read_ios = 20;
	book(f, &w, START_MS + 1000);
	w.path[1].read_ios = 25;
	w.maps.nr_paths = 1;
	w.maps.former = &w.path[1];
	w.maps.nr_former = 1;
	book(f, &w, START_MS + 2000);
	book(f, &w, START_MS + 3000);
	assert_int_equal(totals(f->l).reads[1], 25);
	assert_int_equal(totals(f->l).flags, 0);
	w.maps.nr_former = 0;
	w.maps.nr_paths = 2;
	w.path[1].read_ios = 26;
	book(f, &w, START_MS + 4000);
	assert_int_equal(totals(f->l).reads[1], 26);
	assert_int_equal(totals(f->l).flags, 0);
}

static void leaves_with_its_counters(void **state)
{
	struct fixture *f = *state;
	struct world w;

	begin_world(&w, START_MS);
	w.path[1].read_ios = 20;
	book(f, &w, START_MS + 1000);
	w.path[1].read_ios = 25;
	leave(&w, 1, START_MS + 1500);
	w.maps.nr_paths = 1;
	book(f, &w, START_MS + 2000);
	assert_int_equal(totals(f->l).reads[1], 25);
	assert_int_equal(totals(f->l).flags, 0);
	/* back, and the word of its leaving comes late */
	leave(&w, 1, START_MS + 1500);
	w.path[1].read_ios = 30;
	w.maps.nr_paths = 2;
	assert_int_equal(book(f, &w, START_MS + 3000).gaps, 0);
	assert_int_equal(totals(f->l).reads[1], 30);
	w.path[1].read_ios = 31;
	book(f, &w, START_MS + 4000);
	assert_int_equal(totals(f->l).reads[1], 31);
	assert_int_equal(totals(f->l).flags, 0);
}

/* left while the sample was taken, which has less than its last counters say */
static void leaves_meanwhile(void **state)
{
	struct fixture *f = *state;
	struct world w;

	begin_world(&w, START_MS);
	w.path[1].read_ios = 20;
	book(f, &w, START_MS + 1000);
	w.path[1].read_ios = 25;
	leave(&w, 1, START_MS + 2001);
	w.path[1].read_ios = 22;
	book(f, &w, START_MS + 2000);
	w.maps.nr_paths = 1;
	book(f, &w, START_MS + 3000);
	assert_int_equal(totals(f->l).reads[1], 25);
	assert_int_equal(totals(f->l).flags, 0);
}

static void another_cost(void **state)
{
	struct fixture *f = *state;
	struct world w;

	begin_world(&w, START_MS);
	w.path[0].read_ios = 10;
	book(f, &w, START_MS + 1000);
	w.path[0].cost = 7;
	w.path[0].read_ios = 15;
	book(f, &w, START_MS + 2000);
	assert_int_equal(totals(f->l).by_cost[1], 10);
	assert_int_equal(totals(f->l).by_cost[7], 5);
}

static void counters_that_fell(void **state)
{
	struct fixture *f = *state;
	struct world w;

	begin_world(&w, START_MS);
	w.path[0].read_ios = 10;
	book(f, &w, START_MS + 1000);
	w.path[0].read_ios = 8;
	assert_int_equal(book(f, &w, START_MS + 2000).gaps, 1);
	w.path[0].read_ios = 9;
	assert_int_equal(book(f, &w, START_MS + 3000).gaps, 0);
	assert_int_equal(totals(f->l).reads[0], 11);
	assert_int_equal(totals(f->l).flags_of[0], LEDGER_FLAG_GAP);
	assert_int_equal(totals(f->l).flags_of[1], 0);
}

/* made while the daemon was dead: to the hours since then, not to the present one */
static void made_meanwhile(void **state)
{
	struct fixture *f = *state;
	struct world w;

	begin_world(&w, START_MS);
	w.maps.nr_maps = 0;
	book(f, &w, START_MS);
	begin_world(&w, START_MS + HOUR_MS / 2);
	w.path[0].read_ios = 300;
	w.path[0].spent_ms[DMTIER_PATH_UP] = 3 * HOUR_MS / 2;
	book(f, &w, START_MS + 2 * HOUR_MS);
	assert_int_equal(totals_between(f->l, START_MS / 1000, START_MS / 1000 + 1).reads[0], 100);
	assert_int_equal(totals(f->l).reads[0], 300);
	assert_int_equal(totals(f->l).up_ms, 3 * HOUR_MS / 2);
	assert_int_equal(totals(f->l).rows, 2);
	/* older than the last look, and never seen: to the present one */
	begin_world(&w, START_MS + HOUR_MS);
	strcpy(w.map.dev, "253:8");
	w.path[0].read_ios = 50;
	book(f, &w, START_MS + 3 * HOUR_MS - 1);
	assert_int_equal(totals_between(f->l, START_MS / 1000 + 7200, INT64_MAX).reads[0], 50);
}

static void filters(void **state)
{
	struct fixture *f = *state;
	struct ledger_path_filter by = { .to = INT64_MAX };
	struct totals t = { 0 };
	struct world w;

	begin_world(&w, START_MS);
	w.path[0].read_ios = 10;
	book(f, &w, START_MS + 1000);
	by.map = "data";
	by.consumer = "acme";
	assert_int_equal(ledger_path_rows(f->l, &by, add_up, &t), 0);
	by.map = "MPATH-1";
	assert_int_equal(ledger_path_rows(f->l, &by, add_up, &t), 0);
	assert_int_equal(t.rows, 2);
	by.map = "other";
	assert_int_equal(ledger_path_rows(f->l, &by, add_up, &t), 0);
	by.map = NULL;
	by.consumer = "";
	assert_int_equal(ledger_path_rows(f->l, &by, add_up, &t), 0);
	assert_int_equal(t.rows, 2);
}

static void damaged_rows_are_refused(void **state)
{
	static const char *const damage[] = { "write_sectors = -1", "off_ms = -5", "cost = -1",
					      "cost = 4294967296" };
	struct ledger_path_filter all = { .to = INT64_MAX };
	struct fixture *f = *state;
	struct totals t = { 0 };
	struct world w;
	char sql[96];

	begin_world(&w, START_MS);
	w.path[0].read_ios = 10;
	book(f, &w, START_MS + 1000);
	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		sqlite3_exec(ledger_db(f->l), "BEGIN", NULL, NULL, NULL);
		snprintf(sql, sizeof(sql), "UPDATE path_usage SET %s", damage[i]);
		assert_int_equal(sqlite3_exec(ledger_db(f->l), sql, NULL, NULL, NULL), SQLITE_OK);
		assert_int_equal(ledger_path_rows(f->l, &all, add_up, &t), -EBADMSG);
		assert_non_null(strstr(ledger_error(f->l), "damaged"));
		sqlite3_exec(ledger_db(f->l), "ROLLBACK", NULL, NULL, NULL);
	}
	assert_int_equal(ledger_path_rows(f->l, &all, add_up, &t), 0);
}

/* -- a ledger of schema 1 -- */

static int set_up_old(void **state)
{
	struct fixture *f;
	sqlite3 *db;
	int rc;

	if (set_up(state))
		return -1;
	f = *state;
	ledger_close(f->l);
	f->l = NULL;
	unlink(f->path);
	if (sqlite3_open(f->path, &db) != SQLITE_OK)
		return -1;
	rc = sqlite3_exec(db, ledger_v1, NULL, NULL, NULL);
	sqlite3_close(db);
	return rc == SQLITE_OK ? 0 : -1;
}

static int sum_luns(const struct ledger_row *row, void *arg)
{
	*(uint64_t *)arg += row->delta[LEDGER_READ_IOS];
	assert_int_equal(row->flags & LEDGER_FLAG_GAP, 0);
	assert_int_equal(row->instance, 1);
	return 0;
}

static uint64_t lun_reads(struct ledger *l)
{
	struct ledger_filter all = { .lun = -1, .to = INT64_MAX };
	uint64_t sum = 0;

	assert_int_equal(ledger_rows(l, &all, sum_luns, &sum), 0);
	return sum;
}

static void old_ledger_is_read(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(open_ledger(f, LEDGER_READ), 0);
	assert_int_equal(lun_reads(f->l), 300);
	assert_int_equal(totals(f->l).rows, 0);
}

static void old_ledger_goes_on(void **state)
{
	struct ledger_sample s = {
		.pool = "tank", .consumer = "acme", .generation = 5, .extent_bytes = 1 << 20,
		.lun = 1, .time_ms = 1728005500000, .nr_tiers = 1, .pool_uuid = { 7 },
	};
	struct fixture *f = *state;
	struct ledger_result res;
	struct world w;
	int64_t value;

	assert_int_equal(open_ledger(f, LEDGER_WRITE), 0);
	assert_int_equal(lun_reads(f->l), 300);
	assert_int_equal(ledger_get(f->l, "moved x", &value), 0);
	assert_int_equal(value, 42);
	strcpy(s.tier[0].name, "fast");
	s.tier[0].extents = 10;
	s.tier[0].counter[LEDGER_READ_IOS] = 310;
	s.tier[0].counter[LEDGER_HELD] = 16000;
	assert_int_equal(ledger_begin(f->l), 0);
	assert_int_equal(ledger_add(f->l, &s, &res), 0);
	assert_int_equal(ledger_commit(f->l), 0);
	assert_false(res.new_instance || res.gap);
	assert_int_equal(lun_reads(f->l), 310);
	begin_world(&w, s.time_ms);
	w.path[0].read_ios = 9;
	book(f, &w, s.time_ms + 1000);
	/* and once more */
	assert_int_equal(open_ledger(f, LEDGER_WRITE), 0);
	assert_int_equal(lun_reads(f->l), 310);
	assert_int_equal(totals(f->l).reads[0], 9);
	assert_int_equal(open_ledger(f, LEDGER_READ), 0);
	assert_int_equal(totals(f->l).reads[0], 9);
}

static void newer_ledger_is_refused(void **state)
{
	struct fixture *f = *state;
	struct ledger *l;
	char err[256];

	assert_int_equal(sqlite3_exec(ledger_db(f->l), "PRAGMA user_version = 3", NULL, NULL,
				      NULL), SQLITE_OK);
	ledger_close(f->l);
	f->l = NULL;
	assert_int_equal(ledger_open(&l, f->path, LEDGER_READ, err, sizeof(err)), -EPROTO);
	assert_non_null(strstr(err, "newer tools"));
	assert_int_equal(ledger_open(&l, f->path, LEDGER_WRITE, err, sizeof(err)), -EPROTO);
}

/* -- kills: the kernel goes on, in shared memory, while writers die -- */

/*
 * Everything follows from the tick: the map is made anew every 50 ticks, the second
 * path leaves the table and returns every 10.
 */
#define LIFE	50ULL

static void show(struct world *w, uint64_t tick)
{
	uint64_t age = tick % LIFE + 1;

	begin_world(w, START_MS + (int64_t)(tick - tick % LIFE) * 60000);
	w->maps.time_ms = START_MS + (int64_t)tick * 60000;
	for (uint64_t p = 0; p < 2; p++) {
		w->path[p].read_ios = age * (p + 1);
		w->path[p].write_sectors = age * 8;
		w->path[p].spent_ms[DMTIER_PATH_UP] = age * 60000;
	}
	if (tick / 10 % 2)
		w->maps.nr_paths = 1;
}

static void sample_for_ever(const char *path, struct source *source)
{
	struct path_meter_result res;
	struct ledger *l;
	struct world w;
	char err[256];

	if (ledger_open(&l, path, LEDGER_WRITE, err, sizeof(err)))
		_exit(1);
	for (;;) {
		source->ticks++;
		show(&w, source->ticks);
		if (path_meter_book(l, &w.maps, NULL, 0, acme, NULL, &res) || res.gaps)
			_exit(2);
		source->booked = source->ticks;
		source->samples++;
	}
}

static int64_t ask(struct ledger *l, const char *sql)
{
	sqlite3_stmt *st;
	int64_t value;

	assert_int_equal(sqlite3_prepare_v2(ledger_db(l), sql, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	value = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return value;
}

/*
 * What is booked of each path in each life is what its counters were when they were
 * seen last, no more and no less; and that is the last tick booked, or the one that
 * was under way.
 */
static void check_sums(const char *path, const struct source *source)
{
	struct ledger *l;
	char err[256];
	int64_t kept;

	assert_int_equal(ledger_open(&l, path, LEDGER_READ, err, sizeof(err)), 0);
	assert_int_equal(ask(l, "SELECT count(*) FROM (SELECT s.read_ios AS seen, sum(u.read_ios)"
			     " AS booked, s.up_ms AS up, sum(u.up_ms) AS booked_up,"
			     " s.write_sectors AS sectors, sum(u.write_sectors) AS booked_sectors"
			     " FROM path_last_seen AS s LEFT JOIN path_usage AS u"
			     " ON u.life = s.life AND u.path = s.path GROUP BY s.life, s.path)"
			     " WHERE seen <> booked OR up <> booked_up OR sectors <> booked_sectors"
			     " OR up <> 7500 * sectors"), 0);
	kept = ask(l, "SELECT coalesce(max(time_ms), " START_TEXT ") FROM map_life");
	ledger_close(l);
	kept = (kept - START_MS) / 60000;
	assert_in_range(kept, source->booked, source->ticks);
}

static void killed_at_any_moment(void **state)
{
	struct fixture *f = *state;

	ledger_close(f->l);
	f->l = NULL;
	kill_writers(f->path, 200, 10000, sample_for_ever, check_sums);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define OLD(name)	cmocka_unit_test_setup_teardown(name, set_up_old, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts_from_zero),
		TEST(one_life),
		TEST(made_anew),
		TEST(last_counters),
		TEST(short_life),
		TEST(leaves_and_returns),
		TEST(former_paths),
		TEST(leaves_with_its_counters),
		TEST(leaves_meanwhile),
		TEST(another_cost),
		TEST(counters_that_fell),
		TEST(made_meanwhile),
		TEST(filters),
		TEST(damaged_rows_are_refused),
		OLD(old_ledger_is_read),
		OLD(old_ledger_goes_on),
		TEST(newer_ledger_is_refused),
		TEST(killed_at_any_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
