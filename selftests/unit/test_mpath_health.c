// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a path goes through: failing, coming back, flapping, being set aside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mpath-health.h"

#define SECOND	1000000000ULL

static struct mpath_health h;
static u64 now;

static int setup(void **state)
{
	(void)state;
	now = 1000 * SECOND;
	mpath_health_init(&h, now);
	return 0;
}

/* probes once a second until the path may come back; how many it took */
static unsigned int probes_until_back(void)
{
	unsigned int n = 0;

	do {
		now += SECOND;
		n++;
		assert_true(n < 1000);
	} while (!mpath_health_probed(&h, true, now));
	assert_true(mpath_health_up(&h, now));
	return n;
}

static void test_fail_and_return(void **state)
{
	(void)state;
	assert_int_equal(h.state, MPATH_UP);
	assert_true(mpath_health_down(&h, MPATH_FAILED, now));
	assert_false(mpath_health_down(&h, MPATH_FAILED, now));
	assert_int_equal(h.fails, 1);
	/* a bad one among the good: they are counted from the start again */
	assert_false(mpath_health_probed(&h, true, now));
	assert_false(mpath_health_probed(&h, true, now));
	assert_false(mpath_health_probed(&h, false, now));
	assert_false(mpath_health_probed(&h, true, now));
	assert_false(mpath_health_probed(&h, true, now));
	assert_true(mpath_health_probed(&h, true, now));
	/* not back before the caller says so; I/O that fails late ends the row */
	assert_int_equal(h.state, MPATH_FAILED);
	mpath_health_down(&h, MPATH_FAILED, now);
	assert_false(mpath_health_probed(&h, true, now));
	probes_until_back();
	assert_int_equal(h.state, MPATH_UP);
	assert_int_equal(h.fails, 1);
	assert_false(mpath_health_up(&h, now));
}

static void test_hold_down(void **state)
{
	unsigned int want = MPATH_GOOD_PROBES, longest = MPATH_HOLD_MAX_NS / SECOND;
	u64 hold = MPATH_HOLD_NS / SECOND;

	(void)state;
	mpath_health_down(&h, MPATH_FAILED, now);
	assert_int_equal(probes_until_back(), want);
	assert_false(mpath_flapping(&h));
	for (unsigned int i = 0; i < 20; i++) {
		now += SECOND;
		mpath_health_down(&h, MPATH_FAILED, now);
		assert_int_equal(mpath_flapping(&h), i + 1 >= MPATH_FLAP_LEVEL);
		assert_int_equal(probes_until_back(), max(hold, (u64)want));
		hold = min(2 * hold, (u64)longest);
	}
	/* up for long enough: forgiven */
	now += MPATH_FLAP_NS + 1;
	mpath_health_down(&h, MPATH_FAILED, now);
	assert_false(mpath_flapping(&h));
	assert_int_equal(probes_until_back(), want);
}

/* it fails twice within a minute of coming back */
static void flap_twice(void)
{
	mpath_health_down(&h, MPATH_FAILED, now);
	for (unsigned int i = 0; i < MPATH_FLAP_LEVEL; i++) {
		probes_until_back();
		now += SECOND;
		mpath_health_down(&h, MPATH_FAILED, now);
	}
	assert_true(mpath_flapping(&h));
}

/* flapping ends by itself, and not only when the path fails the next time */
static void test_calm(void **state)
{
	(void)state;
	flap_twice();
	now += 2 * MPATH_FLAP_NS;
	mpath_health_calm(&h, now);
	assert_true(mpath_flapping(&h));
	probes_until_back();
	now += MPATH_FLAP_NS;
	mpath_health_calm(&h, now);
	assert_true(mpath_flapping(&h));
	now += 1;
	mpath_health_calm(&h, now);
	assert_false(mpath_flapping(&h));
	assert_int_equal(h.state, MPATH_UP);
}

/* the administrator's word ends it, and what he does to a path is no flapping */
static void test_forgive(void **state)
{
	(void)state;
	flap_twice();
	mpath_health_up(&h, now);
	mpath_health_forgive(&h);
	assert_false(mpath_flapping(&h));
	for (unsigned int i = 0; i < 10; i++) {
		now += SECOND;
		assert_true(mpath_health_down(&h, MPATH_OFF, now));
		now += SECOND;
		assert_true(mpath_health_up(&h, now));
	}
	assert_false(mpath_flapping(&h));
	/* but it is held down as before if it fails once more */
	mpath_health_down(&h, MPATH_FAILED, now);
	assert_true(mpath_flapping(&h));
	assert_int_equal(probes_until_back(), 4 * MPATH_HOLD_NS / SECOND);
}

static void test_administrator(void **state)
{
	(void)state;
	assert_true(mpath_health_down(&h, MPATH_OFF, now));
	assert_int_equal(h.fails, 1);
	for (unsigned int i = 0; i < 100; i++)
		assert_false(mpath_health_probed(&h, true, now += SECOND));
	for (enum mpath_state s = MPATH_SLOW; s < MPATH_STATES; s++)
		assert_false(mpath_health_down(&h, s, now));
	assert_int_equal(h.state, MPATH_OFF);
	assert_true(mpath_health_up(&h, now));
	assert_int_equal(h.state, MPATH_UP);
}

static void test_foreign(void **state)
{
	(void)state;
	mpath_health_down(&h, MPATH_FAILED, now);
	assert_true(mpath_health_down(&h, MPATH_FOREIGN, now));
	assert_false(mpath_health_down(&h, MPATH_FAILED, now));
	assert_false(mpath_health_down(&h, MPATH_HUNG, now));
	assert_int_equal(h.state, MPATH_FOREIGN);
	assert_int_equal(h.fails, 1);
	assert_true(h.stranger);
	probes_until_back();
	assert_false(h.stranger);
	/* turned off by hand it is no less a stranger */
	mpath_health_down(&h, MPATH_FOREIGN, now);
	assert_true(mpath_health_down(&h, MPATH_OFF, now));
	assert_true(h.stranger);
	/* nor if that was found out only then */
	mpath_health_up(&h, now);
	assert_true(mpath_health_down(&h, MPATH_OFF, now));
	assert_false(h.stranger);
	assert_false(mpath_health_down(&h, MPATH_FOREIGN, now));
	assert_true(h.stranger);
}

/* what is decided after a look at the path's identity is decided anew */
static void test_ready(void **state)
{
	(void)state;
	assert_false(mpath_health_ready(&h, now));
	mpath_health_down(&h, MPATH_FAILED, now);
	assert_false(mpath_health_ready(&h, now));
	while (!mpath_health_probed(&h, true, now))
		;
	assert_true(mpath_health_ready(&h, now));
	mpath_health_down(&h, MPATH_OFF, now);
	assert_false(mpath_health_ready(&h, now));
}

static void test_slow(void **state)
{
	(void)state;
	assert_true(mpath_health_down(&h, MPATH_SLOW, now));
	assert_int_equal(h.fails, 0);
	/* no failure, so probes do not bring it back: its latency does */
	assert_false(mpath_health_probed(&h, true, now));
	assert_true(mpath_health_up(&h, now));
	assert_int_equal(h.up_ns, 0);
	mpath_health_down(&h, MPATH_SLOW, now);
	assert_true(mpath_health_down(&h, MPATH_FAILED, now));
	assert_int_equal(h.fails, 1);
	assert_false(mpath_health_down(&h, MPATH_SLOW, now));
	assert_int_equal(h.state, MPATH_FAILED);
}

static void test_hung(void **state)
{
	(void)state;
	mpath_health_down(&h, MPATH_HUNG, now);
	assert_int_equal(h.fails, 1);
	/* what hung has failed at last: one failure, not two */
	mpath_health_probed(&h, false, now);
	assert_int_equal(h.state, MPATH_FAILED);
	assert_int_equal(h.fails, 1);
	probes_until_back();
	mpath_health_down(&h, MPATH_HUNG, now);
	probes_until_back();
	assert_int_equal(h.state, MPATH_UP);
}

/* whatever happens, the times in all states add up to the path's age */
static void test_times(void **state)
{
	u64 born = now, sum;

	(void)state;
	srand(7);
	for (unsigned int i = 0; i < 100000; i++) {
		now += rand() % (3 * SECOND);
		switch (rand() % 4) {
		case 0:
			mpath_health_down(&h, 1 + rand() % (MPATH_STATES - 1), now);
			break;
		case 1:
			mpath_health_up(&h, now);
			break;
		default:
			if (mpath_health_probed(&h, rand() % 8, now))
				mpath_health_up(&h, now);
		}
		sum = 0;
		for (enum mpath_state s = 0; s < MPATH_STATES; s++)
			sum += mpath_health_spent(&h, s, now);
		assert_int_equal(sum, now - born);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_fail_and_return, setup),
		cmocka_unit_test_setup(test_hold_down, setup),
		cmocka_unit_test_setup(test_calm, setup),
		cmocka_unit_test_setup(test_forgive, setup),
		cmocka_unit_test_setup(test_administrator, setup),
		cmocka_unit_test_setup(test_ready, setup),
		cmocka_unit_test_setup(test_foreign, setup),
		cmocka_unit_test_setup(test_slow, setup),
		cmocka_unit_test_setup(test_hung, setup),
		cmocka_unit_test_setup(test_times, setup),
	};

	return cmocka_run_group_tests_name("mpath_health", tests, NULL, NULL);
}
