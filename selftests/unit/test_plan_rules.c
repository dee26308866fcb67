// SPDX-License-Identifier: GPL-2.0-only
/*
 * The planner's rules one by one, in worlds made by hand.
 */
#include "plan_model.h"

/* by hand: two tiers, one LUN, @fast and @slow extents there */
static void small_world(unsigned int slots, unsigned int fast, unsigned int slow)
{
	unsigned int i;

	start(7);
	make_tiers(2);
	make_luns(false);
	w.slots[0] = slots;
	w.slots[1] = SLOTS;
	w.tiers[0].headroom = 0;
	for (i = 0; i < fast + slow; i++) {
		struct extent *e = &w.extents[w.nr_extents++];

		e->owner = TIER_OWNER(w.luns[0].id, i);
		e->heat.moved = w.tick - 1000;
		assert_true(place_on_tier(e, i >= fast));
	}
}

static unsigned int on_tier(unsigned int rank)
{
	count();
	return w.luns[0].used[rank];
}

static void test_by_hand(void **state)
{
	(void)state;
	/* the pinned stay, whatever the headroom */
	small_world(10, 30, 0);
	w.tiers[0].headroom = 10;
	w.luns[0].pin = 0;
	settle();
	assert_int_equal(on_tier(0), 30);

	/* down to the headroom, not further; the coldest go */
	small_world(10, 30, 0);
	w.tiers[0].headroom = 10;
	for (unsigned int i = 0; i < 20; i++)
		w.extents[i].sum = 100;
	settle();
	assert_int_equal(on_tier(0), 20);
	for (unsigned int i = 0; i < 20; i++)
		assert_int_equal(rank_of(&w.extents[i]), 0);

	/* never into its own reserve */
	small_world(10, 30, 0);
	w.tiers[0].headroom = 10;
	w.luns[0].reserve[0] = 25;
	settle();
	assert_int_equal(on_tier(0), 25);

	/* a reserve lent out is called back */
	small_world(10, 30, 0);
	w.luns[1].reserve[0] = 12;
	settle();
	assert_int_equal(on_tier(0), 18);
	assert_int_equal(w.by_reason[TIER_REASON_RECALL], 12);

	/* whole-LUN moves use the headroom, but never more than there is */
	small_world(10, 0, 50);
	w.tiers[0].headroom = 10;
	w.luns[0].target = 0;
	settle();
	assert_int_equal(on_tier(0), 30);

	/* a maximum holds, and the hottest are what fills it */
	small_world(10, 0, 50);
	w.luns[0].max[0] = 5;
	for (unsigned int i = 0; i < 50; i++)
		w.extents[i].sum = 1000;
	settle();
	assert_int_equal(on_tier(0), 5);
	for (unsigned int i = 20; i < 25; i++)
		w.extents[i].sum = 100000;
	settle();
	assert_int_equal(on_tier(0), 5);
	for (unsigned int i = 20; i < 25; i++)
		assert_int_equal(rank_of(&w.extents[i]), 0);

	/* no promotion into a tier that has become slower than the one below */
	small_world(10, 0, 50);
	for (unsigned int i = 0; i < 50; i++)
		w.extents[i].sum = 100000;
	w.tiers[0].latency_ns = w.tiers[1].latency_ns + 1;
	assert_int_equal(round_of(true, false, TIER_PLAN_MOVES), 0);
	w.tiers[0].latency_ns = w.tiers[1].latency_ns;
	assert_int_equal(round_of(true, false, TIER_PLAN_MOVES), 0);
	w.tiers[0].latency_ns = 80000;
	assert_int_equal(round_of(true, false, 20), 20);

	/* evacuation stays inside its tier while there is room */
	small_world(20, 30, 0);
	w.draining[0] = true;
	settle();
	assert_int_equal(on_tier(0), 30);
	assert_int_equal(w.by_reason[TIER_REASON_EVACUATE], w.moves);
}

static struct extent *add(unsigned int lun, unsigned int rank, u32 sum)
{
	struct extent *e = &w.extents[w.nr_extents++];

	e->lun = lun;
	e->owner = TIER_OWNER(w.luns[lun].id, w.nr_extents);
	e->sum = sum;
	e->heat.moved = w.tick - 1000;
	assert_true(place_on_tier(e, rank));
	return e;
}

static void three_tiers(unsigned int slots)
{
	unsigned int r;

	start(11);
	make_tiers(3);
	make_luns(false);
	for (r = 0; r < 3; r++) {
		w.slots[r] = r < 2 ? slots : SLOTS;
		w.tiers[r].headroom = 0;
		w.tiers[r].rotational = false;
	}
}

/* a fast tier that is full of work gets none, not even from the slowest */
static void test_overloaded(void **state)
{
	unsigned int i;

	(void)state;
	three_tiers(10);
	w.tiers[0].latency_ns = 1000000;
	w.tiers[1].latency_ns = 80000;
	w.tiers[2].latency_ns = 8000000;
	w.luns[1].pin = 1;
	for (i = 0; i < 30; i++)
		add(1, 1, 0);
	for (i = 0; i < 20; i++)
		add(0, 2, 100000);
	assert_int_equal(round_of(true, false, TIER_PLAN_MOVES), 0);
	w.tiers[0].latency_ns = 80000;
	assert_int_equal(round_of(true, false, TIER_PLAN_MOVES), 20);
}

/* a LUN at its maximum finds its own victim among many colder ones of others */
static void test_own_victim(void **state)
{
	struct extent *hot;
	unsigned int i;

	(void)state;
	three_tiers(30);
	w.luns[1].max[0] = 5;
	for (i = 0; i < 85; i++)
		add(0, 0, 0);
	for (i = 0; i < 5; i++)
		add(1, 0, 1000);
	hot = add(1, 1, 100000);
	settle();
	assert_int_equal(rank_of(hot), 0);
	assert_int_equal(w.luns[1].used[0], 5);
	assert_int_equal(w.luns[0].used[0], 85);
	assert_int_equal(w.moves, 2);
}

/* what has just come is no victim yet */
static void test_young_victim(void **state)
{
	unsigned int i;

	(void)state;
	three_tiers(10);
	for (i = 0; i < 30; i++)
		add(0, 0, 0)->heat.moved = w.tick + 200 - TIER_PLAN_RESIDENCY + 1;
	add(0, 1, 100000);
	assert_int_equal(round_of(true, false, TIER_PLAN_MOVES), 0);
	assert_int_equal(round_of(true, false, TIER_PLAN_MOVES), 2);
}

/* a victim that would fall far is dear, though it is the colder of the two */
static void test_dear_victim(void **state)
{
	unsigned int i;

	(void)state;
	three_tiers(10);
	w.luns[1].allowed = 0x5;
	for (i = 0; i < 30; i++)
		add(1, 0, 50000);
	add(0, 1, 100000);
	assert_int_equal(round_of(true, false, TIER_PLAN_MOVES), 0);
	for (i = 0; i < 30; i++)
		w.extents[i].sum = 1000;
	assert_int_equal(round_of(true, false, TIER_PLAN_MOVES), 2);
}

/* of two LUNs, the one that was moved to the tier as a whole gives way last */
static void test_home_goes_last(void **state)
{
	unsigned int i;

	(void)state;
	small_world(10, 30, 0);
	w.tiers[0].headroom = 12;
	w.luns[1].home = 0;
	for (i = 0; i < 20; i++) {
		w.extents[i].lun = 1;
		w.extents[i].owner = TIER_OWNER(w.luns[1].id, i);
	}
	for (i = 20; i < 30; i++)
		w.extents[i].sum = 10000;
	/* not to be promoted back, which is another matter */
	w.tiers[0].copy_ns = 1ULL << 49;
	settle();
	assert_int_equal(w.luns[0].used[0], 0);
	assert_int_equal(w.luns[1].used[0], 18);
}

static void test_balance(void **state)
{
	struct tier_plan_move moves[TIER_PLAN_MOVES];
	unsigned int i, nr;

	(void)state;
	small_world(20, 30, 0);
	w.tick += 100;
	count();
	tier_plan_begin(plan, w.tiers, w.nr, w.tick, true, false);
	for (i = 0; i < 30; i++) {
		struct extent *e = &w.extents[i];
		struct tier_plan_extent seen = {
			.owner = e->owner, .member = e->member, .extent = e->slot,
			.crowded = e->member == 1, .heat = &e->heat, .lun = &w.luns[0],
		};

		tier_plan_visit(plan, &seen);
	}
	nr = tier_plan_finish(plan, moves, TIER_PLAN_MOVES);
	assert_int_equal(nr, 10);
	for (i = 0; i < nr; i++) {
		assert_int_equal(moves[i].reason, TIER_REASON_BALANCE);
		assert_int_equal(moves[i].member, 1);
		assert_int_equal(moves[i].from, moves[i].to);
	}
}

/* more LUNs than the round keeps accounts of, gone before it ends */
static void test_many_luns(void **state)
{
	struct tier_plan_tier tiers[8] = { 0 };
	struct tier_plan_move moves[TIER_PLAN_MOVES];
	struct tier_heat heat = { .read_fast = 0x9000 };
	unsigned int i, r, nr;

	(void)state;
	for (r = 0; r < 8; r++)
		tiers[r] = (struct tier_plan_tier){ .total = 1000, .free = 10, .headroom = 20,
			.latency_ns = 100000ULL << r, .copy_ns = 1 };
	tier_plan_begin(plan, tiers, 8, 0x8000, true, false);
	for (i = 0; i < 40000; i++) {
		struct tier_plan_lun *lun = calloc(1, sizeof(*lun));
		struct tier_plan_extent seen = {
			.owner = TIER_OWNER(i, 0), .extent = i, .rank = i % 8, .heat = &heat,
			.lun = lun, .draining = i % 7 == 0,
		};

		assert_non_null(lun);
		lun->id = i;
		lun->allowed = 0xff;
		lun->weight = 100 + i % 1000;
		lun->pin = lun->home = TIER_NONE;
		lun->target = i % 5 ? TIER_NONE : (i / 7) % 8;
		for (r = 0; r < 8; r++)
			lun->used[r] = 1;
		heat.epoch = 0x8000;
		tier_plan_visit(plan, &seen);
		memset(lun, 0xa5, sizeof(*lun));
		free(lun);
	}
	nr = tier_plan_finish(plan, moves, TIER_PLAN_MOVES);
	assert_true(nr > 64);
	for (i = 0; i < nr; i++)
		assert_int_equal(moves[i].from, TIER_OWNER_LUN(moves[i].owner) % 8);
}

static void test_threshold(void **state)
{
	struct tier_threshold_state s = { 0 };

	(void)state;
	assert_int_equal(tier_plan_threshold(&s, 1000, 0, 0, 0), 0);
	assert_int_equal(tier_plan_threshold(&s, 101, 100, 10, 3), 0);
	assert_int_equal(tier_plan_threshold(&s, 101, 100, 10, 3), 0);
	assert_int_equal(tier_plan_threshold(&s, 100, 100, 10, 3), 0);
	assert_int_equal(tier_plan_threshold(&s, 101, 100, 10, 3), 0);
	assert_int_equal(tier_plan_threshold(&s, 101, 100, 10, 3), 0);
	assert_int_equal(tier_plan_threshold(&s, 101, 100, 10, 3), 1);
	assert_int_equal(tier_plan_threshold(&s, 101, 100, 10, 3), 0);
	assert_int_equal(tier_plan_threshold(&s, 50, 100, 10, 3), 0);
	assert_int_equal(tier_plan_threshold(&s, 101, 100, 10, 1), 1);
	assert_int_equal(tier_plan_threshold(&s, 9, 100, 10, 2), 0);
	assert_int_equal(tier_plan_threshold(&s, 9, 100, 10, 2), -1);
	assert_int_equal(tier_plan_threshold(&s, 9, 100, 10, 2), 0);
	assert_int_equal(tier_plan_threshold(&s, 10, 100, 10, 2), 0);
	assert_int_equal(tier_plan_threshold(&s, 9, 100, 10, 0), -1);
	/* thresholds that cross each other do not chatter */
	memset(&s, 0, sizeof(s));
	assert_int_equal(tier_plan_threshold(&s, 50, 10, 100, 1), 1);
	assert_int_equal(tier_plan_threshold(&s, 50, 10, 100, 1), 0);
	assert_int_equal(tier_plan_threshold(&s, 50, 10, 100, 1), 0);
}

static void test_names(void **state)
{
	unsigned int i, j;

	(void)state;
	for (i = 0; i < TIER_REASONS; i++)
		for (j = 0; j < i; j++)
			assert_string_not_equal(tier_reason_name(i), tier_reason_name(j));
	assert_string_equal(tier_reason_name(TIER_REASONS), "unknown");
	assert_string_equal(tier_reason_name(TIER_REASON_WATERMARK), "watermark");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_home_goes_last),
		cmocka_unit_test(test_overloaded),
		cmocka_unit_test(test_own_victim),
		cmocka_unit_test(test_young_victim),
		cmocka_unit_test(test_dear_victim),
		cmocka_unit_test(test_balance),
		cmocka_unit_test(test_many_luns),
		cmocka_unit_test(test_threshold),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, plan_setup, plan_teardown);
}
