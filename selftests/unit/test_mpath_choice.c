// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the choice of a path rests on: turns by weight, latencies and who stands
 * out, the hedging budget, standby paths joining and leaving.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mpath-budget.h"
#include "mpath-conf.h"
#include "mpath-elastic.h"
#include "mpath-latency.h"
#include "mpath-wheel.h"

#define SECOND	1000000000ULL

static struct mpath_wheel wheel;

static void test_wheel_shares(void **state)
{
	u32 weights[] = { 50, 10, 30, 10 }, seen[4] = { 0 }, cursor = 12345, last = 9, row = 0;

	(void)state;
	mpath_wheel_build(&wheel, weights, 4);
	assert_int_equal(wheel.turns, 10);
	for (unsigned int i = 0; i < 1000; i++) {
		u32 path = mpath_wheel_turn(&wheel, &cursor);

		seen[path]++;
		row = path == last ? row + 1 : 1;
		assert_true(row <= 2);
		last = path;
	}
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(seen[i], weights[i] * 10);
}

/* any weights: each path has its turns, and their shares are right to 7 % */
static void test_wheel_any(void **state)
{
	(void)state;
	srand(3);
	for (unsigned int round = 0; round < 2000; round++) {
		unsigned int n = 1 + rand() % MPATH_MAX_PATHS;
		u32 weights[MPATH_MAX_PATHS], seen[MPATH_MAX_PATHS] = { 0 }, sum = 0, cursor = 0;

		for (unsigned int i = 0; i < n; i++) {
			weights[i] = 1 + rand() % MPATH_MAX_WEIGHT;
			sum += weights[i];
		}
		mpath_wheel_build(&wheel, weights, n);
		assert_in_range(wheel.turns, n, MPATH_WHEEL_MAX);
		for (unsigned int i = 0; i < wheel.turns; i++)
			seen[mpath_wheel_turn(&wheel, &cursor)]++;
		for (unsigned int i = 0; i < n; i++) {
			double share = (double)seen[i] / wheel.turns, want = (double)weights[i] / sum;

			assert_true(seen[i] > 0);
			assert_true(share - want < 0.07 && want - share < 0.07);
		}
	}
	mpath_wheel_build(&wheel, NULL, 0);
	assert_int_equal(wheel.turns, 0);
}

/* with the latency selector one that is ten times slower comes late, one alike at once */
static void test_expected(void **state)
{
	(void)state;
	assert_true(mpath_expected(80, 63) < mpath_expected(800, 0));
	assert_true(mpath_expected(80, 80) > mpath_expected(800, 0));
	assert_true(mpath_expected(80, 2) > mpath_expected(81, 0));
	assert_int_equal(mpath_expected(0, 100), 0);
}

static void test_lighter(void **state)
{
	(void)state;
	assert_true(mpath_lighter(1, 1, 2, 1));
	assert_false(mpath_lighter(2, 1, 2, 1));
	assert_true(mpath_lighter(5, 3, 2, 1));
	assert_false(mpath_lighter(6, 3, 2, 1));
}

static void test_average(void **state)
{
	u64 average = 0;

	(void)state;
	assert_int_equal(mpath_average(0, 0, 0), 0);
	average = mpath_average(average, 8000000, 10);
	assert_int_equal(average, 800000);
	assert_int_equal(mpath_average(average, 0, 0), average);
	assert_int_equal(mpath_average(average, 0, 5), 600000 + 0);
	for (unsigned int i = 0; i < 40; i++)
		average = mpath_average(average, 100000 * 3, 3);
	assert_in_range(average, 100000, 100100);
	/* the largest that can be measured does not overflow */
	assert_true(mpath_average(~0ULL / 2, ~0ULL / 2, 1) >= ~0ULL / 2 - 8);
}

static void test_quantile(void **state)
{
	u64 buckets[MPATH_BUCKETS] = { 0 };

	(void)state;
	assert_int_equal(mpath_quantile(buckets, 9900), 0);
	assert_int_equal(mpath_bucket(0), 0);
	assert_int_equal(mpath_bucket(1023), 0);
	assert_int_equal(mpath_bucket(1024), 1);
	assert_int_equal(mpath_bucket(~0ULL), MPATH_BUCKETS - 1);
	for (unsigned int b = 1; b < MPATH_BUCKETS - 1; b++) {
		assert_int_equal(mpath_bucket(mpath_bucket_end(b) - 1), b);
		assert_int_equal(mpath_bucket(mpath_bucket_end(b)), b + 1);
	}
	buckets[mpath_bucket(80000)] = 99;
	buckets[mpath_bucket(8000000)] = 1;
	assert_in_range(mpath_quantile(buckets, 5000), 65536, 131072);
	assert_int_equal(mpath_quantile(buckets, 9900), 131072);
	assert_in_range(mpath_quantile(buckets, 9901), 65536, 131072);
	assert_in_range(mpath_quantile(buckets, 9999), 65536, 8388608 * 2);
	buckets[mpath_bucket(8000000)] = 100;
	assert_in_range(mpath_quantile(buckets, 9900), 4194304, 8388608);
	/* only the last, open bucket */
	memset(buckets, 0, sizeof(buckets));
	buckets[MPATH_BUCKETS - 1] = 5;
	assert_true(mpath_quantile(buckets, 5000) >= mpath_bucket_end(MPATH_BUCKETS - 2));
}

static void test_peers(void **state)
{
	u64 four[] = { 100, 900, 110, 1000 }, two[] = { 100, 900 }, same[] = { 5, 5, 5, 0 };

	(void)state;
	assert_int_equal(mpath_peers(four, 4, 3), 110);
	assert_int_equal(mpath_peers(four, 4, 0), 900);
	assert_int_equal(mpath_peers(two, 2, 1), 100);
	assert_int_equal(mpath_peers(two, 2, 0), 900);
	assert_int_equal(mpath_peers(two, 1, 0), 0);
	assert_int_equal(mpath_peers(same, 4, 0), 5);
	assert_int_equal(mpath_peers(same, 4, 3), 5);
	/* four times slower than the others, and back only well below */
	assert_true(mpath_stands_out(900, 100, 400));
	assert_false(mpath_stands_out(400, 100, 400));
	assert_false(mpath_stands_out(900, 100, 0));
	assert_false(mpath_stands_out(900, 0, 400));
	assert_false(mpath_fits_in(350, 100, 400));
	assert_true(mpath_fits_in(270, 100, 400));
	assert_false(mpath_fits_in(0, 100, 400));
	assert_true(mpath_fits_in(900, 0, 400));
}

static void test_budget(void **state)
{
	struct mpath_budget budget = { 0 };
	unsigned int sent = 0;

	(void)state;
	assert_false(mpath_budget_spend(&budget));
	/* 2.5 % of 100,000 reads */
	for (unsigned int i = 0; i < 100000; i++) {
		mpath_budget_earn(&budget, 1, 250);
		sent += mpath_budget_spend(&budget);
	}
	assert_int_equal(sent, 2500);
	/* what is saved in a quiet time is no more than a burst */
	for (unsigned int i = 0; i < 1000; i++)
		mpath_budget_earn(&budget, 10, 1000);
	for (sent = 0; mpath_budget_spend(&budget); sent++)
		;
	assert_int_equal(sent, MPATH_BUDGET_BURST / MPATH_BUDGET_ONE);
	/* but all that was earned at once may be spent, if not twice */
	mpath_budget_earn(&budget, 100000, 500);
	mpath_budget_earn(&budget, 0, 500);
	for (sent = 0; mpath_budget_spend(&budget); sent++)
		;
	assert_int_equal(sent, MPATH_BUDGET_BURST / MPATH_BUDGET_ONE);
	mpath_budget_earn(&budget, 100000, 500);
	for (sent = 0; mpath_budget_spend(&budget); sent++)
		;
	assert_int_equal(sent, 5000);
	/* the largest figures do not overflow */
	mpath_budget_earn(&budget, ~0ULL, 10000);
	assert_true(mpath_budget_left(&budget));
}

static void test_elastic(void **state)
{
	struct mpath_elastic e = { 0 };
	u64 now = 5 * SECOND, joined_at = 0;
	u32 joined;

	(void)state;
	assert_int_equal(mpath_elastic_step(&e, 0, 0, 1000000, 3, now), 0);
	/* up: a step at a time */
	assert_int_equal(mpath_elastic_step(&e, 1000, 200, 5000, 3, now), 1);
	assert_int_equal(mpath_elastic_step(&e, 1000, 200, 5000, 3, now + 1), 1);
	for (joined = 1; joined < 3; joined++) {
		now += MPATH_ELASTIC_STEP_NS;
		joined_at = now;
		assert_int_equal(mpath_elastic_step(&e, 1000, 200, 5000, 3, now), joined + 1);
	}
	now += MPATH_ELASTIC_STEP_NS;
	assert_int_equal(mpath_elastic_step(&e, 1000, 200, 5000, 3, now), 3);
	/* between the marks nothing changes */
	now += 100 * SECOND;
	assert_int_equal(mpath_elastic_step(&e, 1000, 200, 200, 3, now), 3);
	assert_int_equal(mpath_elastic_step(&e, 1000, 200, 1000, 3, now), 3);
	/* down, a step at a time */
	assert_int_equal(mpath_elastic_step(&e, 1000, 200, 199, 3, now), 2);
	assert_int_equal(mpath_elastic_step(&e, 1000, 200, 199, 3, now + 1), 2);
	/* not before it has stayed */
	memset(&e, 0, sizeof(e));
	assert_int_equal(mpath_elastic_step(&e, 1000, 200, 5000, 3, joined_at), 1);
	assert_int_equal(mpath_elastic_step(&e, 1000, 200, 0, 3,
					    joined_at + MPATH_ELASTIC_STAY_NS - 1), 1);
	assert_int_equal(mpath_elastic_step(&e, 1000, 200, 0, 3,
					    joined_at + MPATH_ELASTIC_STAY_NS), 0);
	/* a standby path that is gone has not joined */
	assert_int_equal(mpath_elastic_step(&e, 1000, 200, 5000, 0, joined_at + 100 * SECOND), 0);
}

static void test_elastic_wanted(void **state)
{
	struct mpath_elastic e = { .joined = 1 };

	(void)state;
	assert_int_equal(mpath_elastic_wanted(&e, 2, 2, 3), 1);
	assert_int_equal(mpath_elastic_wanted(&e, 2, 1, 3), 2);
	assert_int_equal(mpath_elastic_wanted(&e, 2, 0, 3), 3);
	assert_int_equal(mpath_elastic_wanted(&e, 2, 0, 1), 1);
	assert_int_equal(mpath_elastic_wanted(&e, 2, 0, 0), 0);
	/* a group of standby paths alone is not left without one */
	e.joined = 0;
	assert_int_equal(mpath_elastic_wanted(&e, 0, 0, 3), 1);
	assert_int_equal(mpath_elastic_wanted(&e, 0, 0, 0), 0);
	e.joined = 2;
	assert_int_equal(mpath_elastic_wanted(&e, 0, 0, 3), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wheel_shares),
		cmocka_unit_test(test_wheel_any),
		cmocka_unit_test(test_expected),
		cmocka_unit_test(test_lighter),
		cmocka_unit_test(test_average),
		cmocka_unit_test(test_quantile),
		cmocka_unit_test(test_peers),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_elastic),
		cmocka_unit_test(test_elastic_wanted),
	};

	return cmocka_run_group_tests_name("mpath_choice", tests, NULL, NULL);
}
