// SPDX-License-Identifier: GPL-2.0-only
/*
 * When a read is late, and whether a second copy of it pays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mpath-tail.h"

#define SECOND	1000000000ULL

static struct mpath_window window;
static u64 counts[MPATH_BUCKETS];

static void begin(void)
{
	memset(&window, 0, sizeof(window));
	memset(counts, 0, sizeof(counts));
}

static void reads(u64 ns, u64 n)
{
	counts[mpath_bucket(ns)] += n;
}

/* nothing is said before there is something to say it from */
static void test_too_few(void **state)
{
	(void)state;
	begin();
	mpath_window_fold(&window, counts, SECOND);
	assert_int_equal(mpath_window_quantile(&window, 9900), 0);
	reads(80000, MPATH_WINDOW_LEAST - 1);
	mpath_window_fold(&window, counts, SECOND);
	assert_int_equal(mpath_window_quantile(&window, 9900), 0);
	reads(80000, 1);
	mpath_window_fold(&window, counts, SECOND);
	assert_in_range(mpath_window_quantile(&window, 9900), 65536, 131072);
	/* a fold with nothing new tells nothing new */
	mpath_window_fold(&window, counts, SECOND);
	assert_in_range(mpath_window_quantile(&window, 9900), 65536, 131072);
	/* and in time it is forgotten */
	mpath_window_fold(&window, counts, SECOND + MPATH_WINDOW_NS);
	assert_int_equal(mpath_window_quantile(&window, 9900), 0);
}

/* what a path did long ago, or many reads ago, does not count for ever */
static void test_forgets(void **state)
{
	u64 now = SECOND;

	(void)state;
	begin();
	reads(8000000, 1000000);
	mpath_window_fold(&window, counts, now);
	assert_true(mpath_window_quantile(&window, 5000) > 4000000);
	/* under load in a moment */
	for (unsigned int i = 0; i < 10; i++) {
		now += SECOND / 10;
		reads(80000, 10000);
		mpath_window_fold(&window, counts, now);
	}
	assert_true(mpath_window_quantile(&window, 9900) <= 131072);
	/* and with few reads by time */
	for (unsigned int i = 0; i < 600; i++) {
		now += SECOND / 10;
		reads(8000000, 4);
		mpath_window_fold(&window, counts, now);
	}
	assert_true(mpath_window_quantile(&window, 5000) > 4000000);
}

/* the share of rare reads outlives halving */
static void test_rare(void **state)
{
	u64 now = SECOND;

	(void)state;
	begin();
	for (unsigned int i = 0; i < 100; i++) {
		reads(80000, 998);
		reads(8000000, 2);
		now += SECOND / 10;
		mpath_window_fold(&window, counts, now);
	}
	assert_true(mpath_window_quantile(&window, 9970) <= 131072);
	assert_true(mpath_window_quantile(&window, 9990) > 4000000);
}

static void test_any_history(void **state)
{
	u64 now = SECOND;

	(void)state;
	begin();
	srand(5);
	for (unsigned int i = 0; i < 20000; i++) {
		u64 low, high, sum = 0;

		if (rand() % 3)
			counts[rand() % MPATH_BUCKETS] += rand() % 100000;
		now += rand() % 8 ? SECOND / 10 : 7 * SECOND;
		mpath_window_fold(&window, counts, now);
		for (unsigned int b = 0; b < MPATH_BUCKETS; b++)
			sum += window.recent[b];
		assert_true(sum <= (u64)MPATH_WINDOW_READS << MPATH_WINDOW_SHIFT);
		low = mpath_window_quantile(&window, 5000);
		high = mpath_window_quantile(&window, 9900);
		assert_true(low <= high);
	}
}

static void test_after(void **state)
{
	u64 none[] = { 0, 0 }, one[] = { 0, 3000000 }, two[] = { 900000, 300000000 };
	u64 four[] = { 900000, 300000000, 800000, 700000 }, fast[] = { 2000, 3000 };

	(void)state;
	assert_int_equal(mpath_tail_after(none, 2), 0);
	assert_int_equal(mpath_tail_after(one, 2), 3000000);
	/* a slow path does not say what is late */
	assert_int_equal(mpath_tail_after(two, 2), 900000);
	assert_int_equal(mpath_tail_after(four, 4), 800000);
	assert_int_equal(mpath_tail_after(fast, 2), MPATH_TAIL_LEAST_NS);
}

static void test_pays(void **state)
{
	(void)state;
	assert_true(mpath_hedge_pays(0, 0));
	assert_true(mpath_hedge_pays(80000, 100000));
	assert_true(mpath_hedge_pays(400000, 100000));
	/* no good on a path that is itself the slow one, unless all are */
	assert_false(mpath_hedge_pays(300000000, 100000));
	assert_true(mpath_hedge_pays(300000000, 75000000));
	assert_true(mpath_hedge_pays(~0ULL, ~0ULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_too_few),
		cmocka_unit_test(test_forgets),
		cmocka_unit_test(test_rare),
		cmocka_unit_test(test_any_history),
		cmocka_unit_test(test_after),
		cmocka_unit_test(test_pays),
	};

	return cmocka_run_group_tests_name("mpath_hedge", tests, NULL, NULL);
}
