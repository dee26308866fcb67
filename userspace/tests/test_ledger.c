// SPDX-License-Identifier: GPL-2.0-only
/* The ledger: differences, epochs, instances, hours; and kills at any moment */
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

#include "ledger-kills.h"
#include "scratch.h"
#include "tierd-meter.h"

#define HOUR_MS		3600000LL
#define START_MS	(480000 * HOUR_MS)	/* a full hour */

struct fixture {
	char dir[SCRATCH_LEN];
	char path[SCRATCH_LEN + 16];
	struct ledger *l;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char err[256];

	if (scratch_make(f->dir))
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/ledger.db", f->dir);
	*state = f;
	return ledger_open(&f->l, f->path, LEDGER_WRITE, err, sizeof(err));
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

static struct ledger_sample sample(int64_t time_ms, uint64_t reads, uint64_t held)
{
	struct ledger_sample s = {
		.pool = "tank", .consumer = "acme", .generation = 5, .extent_bytes = 1 << 20,
		.lun = 1, .time_ms = time_ms, .nr_tiers = 1,
	};

	s.pool_uuid[0] = 7;
	strcpy(s.tier[0].name, "fast");
	s.tier[0].extents = 10;
	s.tier[0].counter[LEDGER_READ_IOS] = reads;
	s.tier[0].counter[LEDGER_HELD] = held;
	return s;
}

static struct ledger_result add(struct fixture *f, const struct ledger_sample *s)
{
	struct ledger_result res;

	assert_int_equal(ledger_begin(f->l), 0);
	assert_int_equal(ledger_add(f->l, s, &res), 0);
	assert_int_equal(ledger_commit(f->l), 0);
	return res;
}

struct totals {
	int rows;
	uint64_t sum[LEDGER_NR_COUNTERS];
	uint32_t flags;
	uint32_t instance, epoch;	/* of the last row */
	struct ledger_row last;
};

static int add_up(const struct ledger_row *row, void *arg)
{
	struct totals *t = arg;

	t->rows++;
	for (int c = 0; c < LEDGER_NR_COUNTERS; c++)
		t->sum[c] += row->delta[c];
	t->flags |= row->flags;
	t->instance = row->instance;
	t->epoch = row->epoch;
	t->last = *row;
	assert_int_equal(row->end - row->start, LEDGER_PERIOD);
	assert_int_equal(row->start % LEDGER_PERIOD, 0);
	return 0;
}

static struct totals totals_between(struct ledger *l, int64_t from, int64_t to)
{
	struct ledger_filter all = { .lun = -1, .from = from, .to = to };
	struct totals t = { 0 };

	assert_int_equal(ledger_rows(l, &all, add_up, &t), 0);
	return t;
}

static struct totals totals(struct ledger *l)
{
	return totals_between(l, 0, INT64_MAX);
}

static void counts_from_zero(void **state)
{
	struct ledger_sample s = sample(START_MS + 1000, 100, 5000);
	struct ledger_result res = add(*state, &s);
	struct totals t = totals(((struct fixture *)*state)->l);

	assert_true(res.new_instance);
	assert_false(res.gap);
	assert_int_equal(t.rows, 1);
	assert_int_equal(t.sum[LEDGER_READ_IOS], 100);
	assert_int_equal(t.sum[LEDGER_HELD], 5000);
	assert_int_equal(t.instance, 1);
}

static void merges_into_hours(void **state)
{
	struct fixture *f = *state;
	struct ledger_sample s;

	for (int i = 0; i <= 7200; i += 10) {
		s = sample(START_MS + i * 1000, (uint64_t)i, (uint64_t)i * 10000);
		add(f, &s);
	}
	assert_int_equal(totals(f->l).rows, 2);
	assert_int_equal(totals(f->l).sum[LEDGER_READ_IOS], 7200);
	assert_int_equal(totals_between(f->l, START_MS / 1000, START_MS / 1000 + 1)
			 .sum[LEDGER_READ_IOS], 3600);
	assert_int_equal(totals(f->l).flags, 0);
}

static void shares_out_a_long_span(void **state)
{
	struct fixture *f = *state;
	struct ledger_sample s = sample(START_MS + HOUR_MS / 2, 0, 0);
	struct totals first;

	add(f, &s);
	s = sample(START_MS + 2 * HOUR_MS, 1000, 100001);
	add(f, &s);
	first = totals_between(f->l, START_MS / 1000, START_MS / 1000 + 1);
	assert_int_equal(totals(f->l).rows, 2);
	assert_int_equal(totals(f->l).sum[LEDGER_READ_IOS], 1000);
	assert_int_equal(totals(f->l).sum[LEDGER_HELD], 100001);
	assert_int_equal(first.sum[LEDGER_READ_IOS], 333);
	assert_int_equal(first.flags, LEDGER_FLAG_SHARED);
}

static void small_fall_is_a_gap(void **state)
{
	struct fixture *f = *state;
	struct ledger_sample s = sample(START_MS, 1000, 10000000);
	struct ledger_result res;

	add(f, &s);
	s = sample(START_MS + 20000, 990, 9950000);
	res = add(f, &s);
	assert_true(res.gap);
	assert_false(res.new_instance);
	assert_int_equal(totals(f->l).sum[LEDGER_READ_IOS], 1000);
	assert_int_equal(totals(f->l).flags, LEDGER_FLAG_GAP);
	s = sample(START_MS + 30000, 1005, 9990000);
	add(f, &s);
	assert_int_equal(totals(f->l).sum[LEDGER_READ_IOS], 1015);
	assert_int_equal(totals(f->l).sum[LEDGER_HELD], 10040000);
	assert_int_equal(totals(f->l).epoch, 1);
}

static void great_fall_is_another_lun(void **state)
{
	struct fixture *f = *state;
	struct ledger_sample s = sample(START_MS, 1000, 10000000);
	struct ledger_result res;

	add(f, &s);
	s = sample(START_MS + 20000, 7, 200);
	res = add(f, &s);
	assert_true(res.new_instance);
	assert_int_equal(totals(f->l).sum[LEDGER_READ_IOS], 1007);
	assert_int_equal(totals(f->l).instance, 2);
}

static void old_metadata_is_no_new_lun(void **state)
{
	struct fixture *f = *state;
	struct ledger_sample s = sample(START_MS, 1000, 10000000);

	add(f, &s);
	s = sample(START_MS + 20000, 7, 200);
	s.generation = 4;
	assert_true(add(f, &s).gap);
	assert_int_equal(totals(f->l).sum[LEDGER_READ_IOS], 1000);
}

static void gone_and_back(void **state)
{
	struct fixture *f = *state;
	struct ledger_sample s = sample(START_MS, 10, 100);

	add(f, &s);
	assert_int_equal(ledger_begin(f->l), 0);
	assert_int_equal(ledger_gone(f->l, s.pool_uuid, 1, START_MS + 5), 0);
	assert_int_equal(ledger_commit(f->l), 0);
	s = sample(START_MS + 10, 11, 110);
	assert_true(add(f, &s).new_instance);
	assert_int_equal(totals(f->l).sum[LEDGER_READ_IOS], 21);
	/* the event of the creation comes late: nothing changes */
	assert_int_equal(ledger_begin(f->l), 0);
	assert_int_equal(ledger_gone(f->l, s.pool_uuid, 1, START_MS + 9), 0);
	assert_int_equal(ledger_commit(f->l), 0);
	s = sample(START_MS + 20, 12, 120);
	assert_false(add(f, &s).new_instance);
	assert_int_equal(totals(f->l).sum[LEDGER_READ_IOS], 22);
	assert_int_equal(totals(f->l).instance, 2);
}

static void end(struct fixture *f, const struct ledger_sample *s)
{
	assert_int_equal(ledger_begin(f->l), 0);
	assert_int_equal(ledger_end(f->l, s), 0);
	assert_int_equal(ledger_commit(f->l), 0);
}

/* what a LUN did until it was deleted is booked, once */
static void last_counters(void **state)
{
	struct fixture *f = *state;
	struct ledger_sample s = sample(START_MS, 10, 100), last;

	add(f, &s);
	last = sample(START_MS + 500, 13, 150);
	end(f, &last);
	assert_int_equal(totals(f->l).sum[LEDGER_READ_IOS], 13);
	assert_int_equal(totals(f->l).flags & LEDGER_FLAG_GAP, 0);
	/* told twice, and by a sample as well */
	end(f, &last);
	assert_int_equal(totals(f->l).sum[LEDGER_READ_IOS], 13);
	/* the next one under its id counts from nothing */
	s = sample(START_MS + 1000, 20, 200);
	assert_true(add(f, &s).new_instance);
	assert_int_equal(totals(f->l).sum[LEDGER_READ_IOS], 33);
	/* and an event of the first that comes late does not touch it */
	end(f, &last);
	s = sample(START_MS + 2000, 21, 210);
	assert_false(add(f, &s).new_instance);
	assert_int_equal(totals(f->l).sum[LEDGER_READ_IOS], 34);
	assert_int_equal(totals(f->l).instance, 2);
}

/* made, used and deleted between two samples */
static void never_sampled(void **state)
{
	struct fixture *f = *state;
	struct ledger_sample last = sample(START_MS, 7, 70);

	end(f, &last);
	assert_int_equal(totals(f->l).sum[LEDGER_READ_IOS], 7);
	end(f, &last);
	assert_int_equal(totals(f->l).sum[LEDGER_READ_IOS], 7);
	last = sample(START_MS + 10, 2, 20);
	assert_true(add(f, &last).new_instance);
	assert_int_equal(totals(f->l).sum[LEDGER_READ_IOS], 9);
}

static void counters_wrap(void **state)
{
	struct fixture *f = *state;
	struct ledger_sample s = sample(START_MS, 0, 0);

	add(f, &s);
	/* a jump to the top is no honest difference */
	s = sample(START_MS + 1, -5ULL, 0);
	assert_true(add(f, &s).gap);
	s = sample(START_MS + 2, 10, 0);
	assert_false(add(f, &s).gap);
	assert_int_equal(totals(f->l).sum[LEDGER_READ_IOS], 15);
}

static void clock_set_back(void **state)
{
	struct fixture *f = *state;
	struct ledger_sample s = sample(START_MS, 1, 0);

	add(f, &s);
	s = sample(START_MS - 10 * HOUR_MS, 3, 0);
	add(f, &s);
	assert_int_equal(totals(f->l).rows, 1);
	assert_int_equal(totals(f->l).sum[LEDGER_READ_IOS], 3);
	assert_int_equal(totals(f->l).flags, LEDGER_FLAG_CLOCK);
}

static void consumer_changes(void **state)
{
	struct fixture *f = *state;
	struct ledger_sample s = sample(START_MS, 10, 0);

	add(f, &s);
	s = sample(START_MS + 1000, 15, 0);
	strcpy(s.consumer, "other");
	add(f, &s);
	assert_int_equal(totals(f->l).rows, 2);
	assert_string_equal(totals(f->l).last.consumer, "other");
	assert_int_equal(totals(f->l).last.delta[LEDGER_READ_IOS], 5);
}

static void rolled_back_is_not_booked(void **state)
{
	struct fixture *f = *state;
	struct ledger_sample s = sample(START_MS, 10, 0);

	assert_int_equal(ledger_begin(f->l), 0);
	assert_int_equal(ledger_add(f->l, &s, NULL), 0);
	ledger_rollback(f->l);
	assert_int_equal(totals(f->l).rows, 0);
	add(f, &s);
	assert_int_equal(totals(f->l).sum[LEDGER_READ_IOS], 10);
	assert_int_equal(ledger_add(f->l, &s, NULL), -EINVAL);
}

static void one_writer(void **state)
{
	struct fixture *f = *state;
	struct ledger *second;
	char err[256];

	assert_int_equal(ledger_open(&second, f->path, LEDGER_WRITE, err, sizeof(err)), -EBUSY);
	assert_non_null(strstr(err, "in use"));
	assert_int_equal(ledger_open(&second, f->path, LEDGER_READ, err, sizeof(err)), 0);
	ledger_close(second);
}

static void foreign_files_are_left_alone(void **state)
{
	struct fixture *f = *state;
	struct ledger *l;
	char path[128], err[256];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/other.db", f->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_exec(db, "CREATE TABLE theirs(x)", NULL, NULL, NULL);
	sqlite3_close(db);
	assert_int_equal(ledger_open(&l, path, LEDGER_WRITE, err, sizeof(err)), -EINVAL);
	assert_null(l);
}

/* the counter source of the kill test: shared memory outlives the writer */
#define KILL_LUNS	4

static void fill(struct state *s, struct dmtier_pool *pool, struct dmtier_lun *lun,
		 uint64_t ticks)
{
	memset(pool, 0, sizeof(*pool));
	strcpy(pool->name, "tank");
	pool->uuid[0] = 7;
	pool->extent_sectors = 2048;
	pool->active_ms = ticks + 1;
	for (uint32_t i = 0; i < KILL_LUNS; i++) {
		memset(&lun[i], 0, sizeof(lun[i]));
		strcpy(lun[i].pool, "tank");
		lun[i].pool_uuid[0] = 7;
		lun[i].id = i;
		lun[i].nr_usage = 2;
		for (uint32_t t = 0; t < 2; t++) {
			struct dmtier_usage *u = &lun[i].usage[t];

			strcpy(u->tier, t ? "slow" : "fast");
			u->extents = 4;
			u->read_ios = ticks * (i + 1);
			u->write_ios = ticks * (t + 1);
			u->read_sectors = ticks * 8;
			u->write_sectors = ticks * 3;
			u->in_sectors = ticks;
			u->out_sectors = ticks * 2;
			u->held_ms = ticks * 5;
		}
	}
	s->pool = pool;
	s->lun = lun;
	s->nr_pools = 1;
	s->nr_luns = KILL_LUNS;
	/* minutes a tick: full hours come and go */
	s->time_ms = START_MS + (int64_t)ticks * 60000;
}

static const char *nobody(const char *pool, uint32_t lun, void *arg)
{
	(void)pool;
	(void)lun;
	(void)arg;
	return "acme";
}

static void sample_for_ever(const char *path, struct source *source)
{
	struct state s = { 0 };
	struct dmtier_pool pool;
	struct dmtier_lun lun[KILL_LUNS];
	struct meter_result res;
	struct ledger *l;
	char err[256];

	if (ledger_open(&l, path, LEDGER_WRITE, err, sizeof(err)))
		_exit(1);
	for (;;) {
		source->ticks++;
		fill(&s, &pool, lun, source->ticks);
		if (meter_book(l, &s, nobody, NULL, &res) || res.gaps)
			_exit(2);
		source->booked = source->ticks;
		source->samples++;
	}
}

/* each sum must be exactly what one sample, the last one kept, showed */
static void check_sums(const char *path, const struct source *source)
{
	uint64_t expected[LEDGER_NR_COUNTERS] = { 0 };
	struct ledger_filter all = { .lun = -1, .to = INT64_MAX };
	struct totals t = { 0 };
	struct ledger *l;
	char err[256];
	uint64_t kept;

	assert_int_equal(ledger_open(&l, path, LEDGER_READ, err, sizeof(err)), 0);
	assert_int_equal(ledger_rows(l, &all, add_up, &t), 0);
	ledger_close(l);
	kept = t.sum[LEDGER_IN_SECTORS] / (KILL_LUNS * 2);
	assert_in_range(kept, source->booked, source->ticks);
	for (uint32_t i = 0; i < KILL_LUNS; i++) {
		expected[LEDGER_READ_IOS] += 2 * kept * (i + 1);
		expected[LEDGER_WRITE_IOS] += kept * 3;
		expected[LEDGER_READ_SECTORS] += 2 * kept * 8;
		expected[LEDGER_WRITE_SECTORS] += 2 * kept * 3;
		expected[LEDGER_IN_SECTORS] += 2 * kept;
		expected[LEDGER_OUT_SECTORS] += 2 * kept * 2;
		expected[LEDGER_HELD] += 2 * kept * 5;
	}
	assert_memory_equal(t.sum, expected, sizeof(expected));
	assert_int_equal(t.flags & LEDGER_FLAG_GAP, 0);
	if (t.rows)
		assert_int_equal(t.instance, 1);
}

static void killed_at_any_moment(void **state)
{
	struct fixture *f = *state;

	ledger_close(f->l);
	f->l = NULL;
	kill_writers(f->path, 300, 20000, sample_for_ever, check_sums);
}

static int64_t patience(struct ledger *l)
{
	sqlite3_stmt *st;
	int64_t ms;

	assert_int_equal(sqlite3_prepare_v2(ledger_db(l), "PRAGMA busy_timeout", -1, &st, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	ms = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return ms;
}

/* somebody else's lock is waited for once, not at every try */
static void locked_out(void **state)
{
	struct fixture *f = *state;
	struct ledger_sample s = sample(START_MS, 100, 0);
	int64_t usual = patience(f->l);
	sqlite3 *other;

	assert_true(usual > 0);
	assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(ledger_begin(f->l), -EBUSY);
	assert_non_null(strstr(ledger_error(f->l), "locked"));
	assert_int_equal(patience(f->l), 0);
	assert_int_equal(ledger_begin(f->l), -EBUSY);
	assert_int_equal(ledger_put(f->l, "x", 1), -EBUSY);
	assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	add(f, &s);
	assert_int_equal(patience(f->l), usual);
	assert_int_equal(totals(f->l).sum[LEDGER_READ_IOS], 100);
}

static bool over_two(const char *name, int64_t value, void *arg)
{
	assert_memory_equal(name, arg, strlen(arg));
	return value > 2;
}

static void small_values(void **state)
{
	struct fixture *f = *state;
	int64_t value;

	assert_int_equal(ledger_get(f->l, "a 1", &value), -ENOENT);
	assert_int_equal(ledger_put(f->l, "a 1", 1), 0);
	assert_int_equal(ledger_put(f->l, "a 2", 2), 0);
	assert_int_equal(ledger_put(f->l, "a 3", 3), 0);
	assert_int_equal(ledger_put(f->l, "ab", 1), 0);
	assert_int_equal(ledger_put(f->l, "b 1", 1), 0);
	assert_int_equal(ledger_sweep(f->l, "a ", over_two, "a "), 0);
	assert_int_equal(ledger_get(f->l, "a 1", &value), -ENOENT);
	assert_int_equal(ledger_get(f->l, "a 2", &value), -ENOENT);
	assert_int_equal(ledger_get(f->l, "a 3", &value), 0);
	assert_int_equal(ledger_get(f->l, "ab", &value), 0);
	assert_int_equal(ledger_get(f->l, "b 1", &value), 0);
	assert_int_equal(ledger_drop(f->l, "b 1"), 0);
	assert_int_equal(ledger_drop(f->l, "b 1"), 0);
	assert_int_equal(ledger_get(f->l, "b 1", &value), -ENOENT);
}

static int no_row(const struct ledger_row *row, void *arg)
{
	(void)row;
	(void)arg;
	return 0;
}

/* negative sums are no sums: nobody is billed by them */
static void damaged_rows_are_refused(void **state)
{
	static const char *const column[] = { "held_extent_ms", "read_ios", "extent_bytes" };
	struct ledger_filter all = { .lun = -1, .to = INT64_MAX };
	struct ledger_sample s = sample(START_MS, 100, 1000);
	struct fixture *f = *state;
	char sql[96];

	add(f, &s);
	for (size_t i = 0; i < 3; i++) {
		snprintf(sql, sizeof(sql), "UPDATE usage SET %s = -%s", column[i], column[i]);
		assert_int_equal(sqlite3_exec(ledger_db(f->l), sql, NULL, NULL, NULL), SQLITE_OK);
		assert_int_equal(ledger_rows(f->l, &all, no_row, NULL), -EBADMSG);
		assert_non_null(strstr(ledger_error(f->l), column[i]));
		assert_int_equal(sqlite3_exec(ledger_db(f->l), sql, NULL, NULL, NULL), SQLITE_OK);
		assert_int_equal(ledger_rows(f->l, &all, no_row, NULL), 0);
	}
}

/* bytes that are no database, and one that is cut: told, never written to */
static void damaged_files_are_refused(void **state)
{
	struct fixture *f = *state;
	struct ledger *l;
	char err[256];
	FILE *file;

	ledger_close(f->l);
	f->l = NULL;
	file = fopen(f->path, "r+");
	assert_non_null(file);
	for (int i = 0; i < 4096; i++)
		fputc(i * 7, file);
	fclose(file);
	assert_true(ledger_open(&l, f->path, LEDGER_WRITE, err, sizeof(err)) < 0);
	assert_true(ledger_open(&l, f->path, LEDGER_READ, err, sizeof(err)) < 0);
	assert_int_equal(truncate(f->path, 100), 0);
	assert_true(ledger_open(&l, f->path, LEDGER_WRITE, err, sizeof(err)) < 0);
	assert_non_null(strstr(err, "ledger"));
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts_from_zero),
		TEST(merges_into_hours),
		TEST(shares_out_a_long_span),
		TEST(small_fall_is_a_gap),
		TEST(great_fall_is_another_lun),
		TEST(old_metadata_is_no_new_lun),
		TEST(gone_and_back),
		TEST(last_counters),
		TEST(never_sampled),
		TEST(counters_wrap),
		TEST(clock_set_back),
		TEST(consumer_changes),
		TEST(rolled_back_is_not_booked),
		TEST(one_writer),
		TEST(foreign_files_are_left_alone),
		TEST(locked_out),
		TEST(small_values),
		TEST(damaged_rows_are_refused),
		TEST(damaged_files_are_refused),
		TEST(killed_at_any_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
