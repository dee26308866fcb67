// SPDX-License-Identifier: GPL-2.0-only
/*
 * Heat: the packed sums against floating point, their rounding over many
 * draws, steady rates against r * H / ln 2.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>

#include "../../dm-tier/tier-heat.h"

static u64 seed = 0x2545f4914f6cdd1dULL;

static u32 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1dULL >> 32;
}

static void assert_near(double got, double want, double relative, double absolute)
{
	if (fabs(got - want) > relative * fabs(want) + absolute)
		fail_msg("got %f, want %f", got, want);
}

static void test_every_code(void **state)
{
	u32 code, last = 0;

	(void)state;
	for (code = 0; code <= 0xffff; code++) {
		u32 value = tier_heat_unpack(code);

		assert_true(!code || value > last);
		/* a value that has a code keeps it, whatever the dice say */
		assert_int_equal(tier_heat_pack(value, 0), code);
		assert_int_equal(tier_heat_pack(value, ~0U), code);
		assert_int_equal(tier_heat_pack(value, rnd()), code);
		last = value;
	}
	assert_int_equal(tier_heat_unpack(4095), 4095);
	assert_int_equal(tier_heat_unpack(0xffff), 8191U << 14);
	assert_int_equal(tier_heat_pack(~0U, ~0U), 0xffff);
	assert_int_equal(tier_heat_pack((8191U << 14) + 16383, ~0U), 0xffff);
}

static void test_rounding(void **state)
{
	int i, n;

	(void)state;
	for (i = 0; i < 200; i++) {
		u32 value = rnd() >> (5 + rnd() % 20);
		double sum = 0, step = value > 8191 ? value / 4096.0 : 0;

		for (n = 0; n < 20000; n++) {
			u32 got = tier_heat_unpack(tier_heat_pack(value, rnd()));

			assert_true(fabs((double)got - value) <= step);
			sum += got;
		}
		/* 6 sigma of a mean of 20000 roundings, each of at most step / 2 */
		assert_near(sum / n, value, 0, 6 * step / 2 / sqrt(n) + 1e-9);
	}
}

static void test_decay_any_gap(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 200000; i++) {
		struct tier_heat heat = {
			.read_fast = rnd(), .write_fast = rnd(), .read_slow = rnd(),
			.write_slow = rnd(), .epoch = rnd(), .credit = 5,
		}, old = heat;
		u32 gap = rnd() % (i % 2 ? 65536 : 600);
		/* high bits of the tick do not count, nor does a wrap between */
		u64 tick = ((u64)rnd() << 16) + heat.epoch + gap;
		double fast = exp2(-(double)gap / TIER_HEAT_FAST_HALFLIFE);
		double slow = exp2(-(double)gap / TIER_HEAT_SLOW_HALFLIFE);
		struct tier_heat_sums sums;

		tier_heat_sums(&old, tick, &sums);
		assert_near(sums.read_fast, tier_heat_unpack(old.read_fast) * fast, 1e-6, 1);
		assert_near(sums.write_fast, tier_heat_unpack(old.write_fast) * fast, 1e-6, 1);
		assert_near(sums.read_slow, tier_heat_unpack(old.read_slow) * slow, 1e-6, 1);
		assert_near(sums.write_slow, tier_heat_unpack(old.write_slow) * slow, 1e-6, 1);
		tier_heat_decay(&heat, tick, rnd());
		assert_int_equal(heat.epoch, (u16)tick);
		assert_int_equal(heat.credit, gap ? 0 : 5);
		assert_near(tier_heat_unpack(heat.read_fast), sums.read_fast, 1 / 4000.0, 2);
		assert_near(tier_heat_unpack(heat.write_fast), sums.write_fast, 1 / 4000.0, 2);
		assert_near(tier_heat_unpack(heat.read_slow), sums.read_slow, 1 / 4000.0, 2);
		assert_near(tier_heat_unpack(heat.write_slow), sums.write_slow, 1 / 4000.0, 2);
	}
}

/* many small steps lose nothing against one long one */
static void test_decay_in_steps(void **state)
{
	double sum_fast = 0, sum_slow = 0;
	int i, step, n = 400;

	(void)state;
	for (i = 0; i < n; i++) {
		struct tier_heat heat = {
			.read_fast = tier_heat_pack(10000, 0),
			.read_slow = tier_heat_pack(10000, 0),
			.epoch = 65400,
		};

		for (step = 1; step <= 512; step++)
			tier_heat_decay(&heat, 65400 + step, rnd());
		sum_fast += tier_heat_unpack(heat.read_fast);
		sum_slow += tier_heat_unpack(heat.read_slow);
	}
	assert_near(sum_fast / n, 10000.0 / 16, 0.01, 0);
	assert_near(sum_slow / n, 10000 * exp2(-512.0 / 65536), 0.002, 0);
}

/* @per credits every @every ticks: mean of both sums late in the run */
static void steady(unsigned int per, unsigned int every, bool write)
{
	const double ticks = 8.0 * 65536;
	double fast = 0, slow = 0, rate = (double)per / every, want;
	struct tier_heat heat = { 0 };
	struct tier_heat_sums sums;
	unsigned int i, n = 0;
	u64 tick;

	for (tick = 1; tick < ticks; tick++) {
		if (tick % every)
			continue;
		for (i = 0; i < per; i++)
			assert_true(tier_heat_add(&heat, write, 8, tick, rnd()));
		if (tick < ticks * 7 / 8)
			continue;
		tier_heat_sums(&heat, tick, &sums);
		fast += write ? sums.write_fast : sums.read_fast;
		slow += write ? sums.write_slow : sums.read_slow;
		assert_int_equal(write ? sums.read_fast : sums.write_fast, 0);
		assert_int_equal(write ? sums.read_slow : sums.write_slow, 0);
		n++;
	}
	/* right after a credit, of a geometric row */
	want = per * TIER_HEAT_ONE / (1 - exp2(-(double)every / TIER_HEAT_FAST_HALFLIFE));
	assert_near(fast / n, want, 0.01, 0.2);
	if (every <= 10)
		assert_near(want, rate * TIER_HEAT_ONE * TIER_HEAT_FAST_HALFLIFE / M_LN2, 0.03, 0);
	want = rate * TIER_HEAT_ONE * TIER_HEAT_SLOW_HALFLIFE / M_LN2 * (1 - exp2(-7.5));
	assert_near(slow / n, want, 0.03, TIER_HEAT_ONE);
	assert_near(tier_heat_rate(&heat, tick), rate * 1024, 0.12, 8);
}

static void test_steady_rate(void **state)
{
	(void)state;
	steady(1, 1, false);
	steady(1, 10, true);
	steady(1, 500, false);
	steady(7, 3, false);
	steady(TIER_HEAT_CREDIT_MAX, 1, true);
}

static void test_cap(void **state)
{
	struct tier_heat heat = { .epoch = 9 };
	int i, given = 0;

	(void)state;
	for (i = 0; i < 1000; i++)
		given += tier_heat_add(&heat, i & 1, 8, 9, rnd());
	assert_int_equal(given, TIER_HEAT_CREDIT_MAX);
	assert_int_equal(tier_heat_unpack(heat.read_fast),
			 TIER_HEAT_CREDIT_MAX / 2 * TIER_HEAT_ONE);
	assert_int_equal(tier_heat_unpack(heat.write_slow),
			 TIER_HEAT_CREDIT_MAX / 2 * TIER_HEAT_ONE);
	assert_true(tier_heat_add(&heat, false, 8, 10, rnd()));

	/* size counts, up to the cap */
	heat = (struct tier_heat){ .epoch = 9 };
	assert_true(tier_heat_add(&heat, false, 0, 9, 0));
	assert_int_equal(tier_heat_unpack(heat.read_fast), 1 * TIER_HEAT_ONE);
	assert_true(tier_heat_add(&heat, false, 127, 9, 0));
	assert_int_equal(tier_heat_unpack(heat.read_fast), 2 * TIER_HEAT_ONE);
	assert_true(tier_heat_add(&heat, false, 256, 9, 0));
	assert_int_equal(tier_heat_unpack(heat.read_fast), 5 * TIER_HEAT_ONE);
	assert_true(tier_heat_add(&heat, false, ~0U, 9, 0));
	assert_int_equal(heat.credit, TIER_HEAT_CREDIT_MAX);
	assert_int_equal(tier_heat_unpack(heat.read_fast), TIER_HEAT_CREDIT_MAX * TIER_HEAT_ONE);
	assert_false(tier_heat_add(&heat, false, 8, 9, 0));
}

static void test_rate(void **state)
{
	struct tier_heat heat = { 0 };
	int i;

	(void)state;
	assert_int_equal(tier_heat_rate(&heat, 12345), 0);
	for (i = 0; i < 100000; i++) {
		u32 gap = rnd() % 2000, fast, slow;
		double want;

		heat = (struct tier_heat){ .read_fast = rnd(), .write_fast = rnd(),
			.read_slow = rnd(), .write_slow = rnd(), .epoch = 65000 };
		fast = tier_heat_unpack(heat.read_fast) + tier_heat_unpack(heat.write_fast);
		slow = tier_heat_unpack(heat.read_slow) + tier_heat_unpack(heat.write_slow);
		want = fmax(fast * exp2(-(double)gap / 128) / 128,
			    slow * exp2(-(double)gap / 65536) / 65536) * 1024 * M_LN2 / 16;
		assert_near(tier_heat_rate(&heat, 65000 + gap), want, 1e-4, 2);
	}
}

static void test_resident(void **state)
{
	struct tier_heat heat = { .moved = 65000, .epoch = 65000 };
	u64 tick;

	(void)state;
	assert_int_equal(tier_heat_resident(&heat, 65000), 0);
	assert_int_equal(tier_heat_resident(&heat, 65000 + 1000), 1000);
	assert_int_equal(tier_heat_resident(&heat, 65000 + 65535), 65535);
	/* kept up to date, it never looks fresh again */
	for (tick = 65000; tick < 400000; tick += 1 + rnd() % 20000) {
		tier_heat_decay(&heat, tick, 0);
		assert_true(tier_heat_resident(&heat, tick) >=
			    (tick - 65000 < 32768 ? tick - 65000 : 32768));
	}
}

static void test_streams(void **state)
{
	struct tier_heat_streams streams = { 0 };
	u64 at[TIER_HEAT_STREAMS] = { 0 }, i;
	unsigned int n;

	(void)state;
	/* as many readers at once as are followed */
	for (i = 0; i < 400; i++)
		for (n = 0; n < TIER_HEAT_STREAMS; n++) {
			assert_int_equal(tier_heat_sequential(&streams, n, at[n], 64),
					 (i + 1) * 64 > TIER_HEAT_RUN_SECTORS);
			at[n] += 64;
		}
	/* the same place over and over is heat */
	for (i = 0; i < 2000; i++)
		assert_false(tier_heat_sequential(&streams, 99, 4096, 64));
	/* so is a small range read at random, and a large one */
	for (i = 0; i < 100000; i++) {
		assert_false(tier_heat_sequential(&streams, 98, rnd() % 512 * 8, 8));
		assert_false(tier_heat_sequential(&streams, 97, rnd() % 4096 * 8, 8));
	}
	/* random I/O of others does not hide a run */
	for (i = 0; i < 400; i++) {
		assert_int_equal(tier_heat_sequential(&streams, 5, i * 128, 128),
				 (i + 1) * 128 > TIER_HEAT_RUN_SECTORS);
		for (n = 0; n < TIER_HEAT_STREAMS / 2; n++)
			tier_heat_sequential(&streams, 6, (u64)rnd() * 8, 8);
	}
	/* another LUN at the same sector is another stream */
	assert_false(tier_heat_sequential(&streams, 7, i * 128, 128));
}

static void test_buckets(void **state)
{
	unsigned int i;

	(void)state;
	assert_int_equal(tier_heat_bucket(0), 0);
	assert_int_equal(tier_heat_bucket(1), 1);
	assert_int_equal(tier_heat_bucket(2), 2);
	assert_int_equal(tier_heat_bucket(3), 2);
	for (i = 2; i < 22; i++) {
		assert_int_equal(tier_heat_bucket(1U << i), i + 1);
		assert_int_equal(tier_heat_bucket((1U << i) - 1), i);
	}
	assert_int_equal(tier_heat_bucket(~0U), TIER_HEAT_BUCKETS - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_code),
		cmocka_unit_test(test_rounding),
		cmocka_unit_test(test_decay_any_gap),
		cmocka_unit_test(test_decay_in_steps),
		cmocka_unit_test(test_steady_rate),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_resident),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_buckets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
