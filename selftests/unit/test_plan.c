// SPDX-License-Identifier: GPL-2.0-only
/*
 * The planner in random worlds: each planned move is carried out on the model,
 * until nothing moves any more. Then a search by brute force must find nothing
 * that the planner has overlooked.
 */
#include "plan_model.h"

static u64 cost(unsigned int a, unsigned int b)
{
	return w.tiers[a].copy_ns + w.tiers[b].copy_ns;
}

static u64 rate(const struct extent *e)
{
	return (u64)tier_heat_rate(&e->heat, w.tick) * w.luns[e->lun].weight / 100;
}

static bool missing_place(const struct extent *e)
{
	unsigned int to;

	for (to = 0; to < w.nr; to++)
		if (fits(e, to, 0))
			return true;
	return false;
}

static void nothing_overlooked_urgent(const struct extent *e)
{
	const struct tier_plan_lun *lun = &w.luns[e->lun];

	if (w.draining[e->member] || forbidden(e) || !(lawful(lun) & BIT(rank_of(e)))) {
		if (missing_place(e))
			fail_msg("an extent that must go has a place to go to");
		return;
	}
	if (lun->target != TIER_NONE && lun->target != rank_of(e))
		assert_false(fits(e, lun->target, 0));
}

/* has this tier less than it must, and could this extent be pushed down? */
static void nothing_overlooked_low(const struct extent *e)
{
	const struct tier_plan_lun *lun = &w.luns[e->lun];
	unsigned int from = rank_of(e), to;
	const struct tier_plan_tier *tier = &w.tiers[from];
	u64 kept = tier->headroom + tier->unused_reserve;

	if (tier->free >= (kept < tier->total ? kept : tier->total) || lun->target == from ||
	    w.draining[e->member] || forbidden(e) || !(lawful(lun) & BIT(from)) ||
	    lun->used[from] <= lun->reserve[from])
		return;
	for (to = from + 1; to < w.nr; to++)
		if (fits(e, to, w.tiers[to].headroom))
			fail_msg("headroom not restored: %u->%u", from, to);
}

static bool promotable(const struct extent *e, unsigned int to)
{
	unsigned int from = rank_of(e);
	const struct tier_plan_lun *lun = &w.luns[e->lun];
	u64 gain;

	if (to >= from || lun->target != TIER_NONE || w.draining[e->member] || forbidden(e) ||
	    !(lawful(lun) & BIT(from)) || w.tiers[to].latency_ns >= w.tiers[from].latency_ns)
		return false;
	gain = (w.tiers[from].latency_ns - w.tiers[to].latency_ns) * rate(e);
	return gain > 2 * cost(from, to);
}

static void nothing_overlooked_hot(const struct extent *e)
{
	unsigned int to;

	for (to = 0; to < rank_of(e); to++)
		if (promotable(e, to) && fits(e, to, w.tiers[to].headroom))
			fail_msg("room for a hot extent was not used: %u->%u", rank_of(e), to);
}

static void nothing_overlooked(void)
{
	unsigned int i;

	count();
	for (i = 0; i < w.nr_extents; i++) {
		if (w.luns[w.extents[i].lun].frozen)
			continue;
		nothing_overlooked_urgent(&w.extents[i]);
		nothing_overlooked_low(&w.extents[i]);
		nothing_overlooked_hot(&w.extents[i]);
	}
}

static void test_random_worlds(void **state)
{
	unsigned int total[TIER_REASONS] = { 0 }, rounds = 0, i, r;

	(void)state;
	for (i = 0; i < 600; i++) {
		start(i);
		make_tiers(1 + rnd() % 4);
		make_luns(i % 4);
		make_extents(20 + rnd() % 81);
		if (i % 3 == 0)
			make_draining();
		settle();
		nothing_overlooked();
		assert_true(w.moves <= 12 * w.nr_extents);
		rounds += w.rounds;
		for (r = 0; r < TIER_REASONS; r++)
			total[r] += w.by_reason[r];
	}
	print_message("%u rounds;", rounds);
	for (r = 0; r < TIER_REASONS; r++) {
		print_message(" %s %u", tier_reason_name(r), total[r]);
		if (r != TIER_REASON_BALANCE)	/* else the worlds are too tame */
			assert_true(total[r] > 100);
	}
	print_message("\n");
}

static void test_small_rounds(void **state)
{
	unsigned int i, n;

	(void)state;
	for (i = 0; i < 60; i++) {
		start(10000 + i);
		make_tiers(3);
		make_luns(true);
		make_extents(70);
		for (n = 0; n < 300; n++)
			round_of(true, false, rnd() % 6);
		settle();
		nothing_overlooked();
	}
	start(1);
	make_tiers(2);
	make_luns(true);
	make_extents(90);
	w.draining[0] = true;
	assert_int_equal(round_of(true, false, 0), 0);
	assert_int_equal(round_of(true, false, 1), 1);
}

static void test_modes(void **state)
{
	unsigned int i, n;

	(void)state;
	for (i = 0; i < 60; i++) {
		start(20000 + i);
		make_tiers(3);
		make_luns(true);
		make_extents(70);
		make_draining();
		for (n = 0; n < ROUNDS && round_of(false, true, TIER_PLAN_MOVES); n++)
			;
		assert_true(n < ROUNDS);
		for (n = 0; n < ROUNDS && round_of(false, false, TIER_PLAN_MOVES); n++)
			;
		assert_true(n < ROUNDS);
		count();
		for (n = 0; n < w.nr_extents; n++)
			if (!w.luns[w.extents[n].lun].frozen)
				nothing_overlooked_urgent(&w.extents[n]);
	}
}

/* no swap of a hot extent with a colder one is left that would clearly pay */
static void no_swap_left(void)
{
	const struct extent *hot, *cold;
	unsigned int i, j, s, d;
	u64 save;

	count();
	for (i = 0; i < w.nr_extents; i++)
		for (j = 0; j < w.nr_extents; j++) {
			hot = &w.extents[i];
			cold = &w.extents[j];
			s = rank_of(hot);
			d = rank_of(cold);
			if (d >= s || !w.tiers[s].free)
				continue;
			save = w.tiers[s].latency_ns - w.tiers[d].latency_ns;
			if (rate(hot) > 2 * (rate(cold) + 30) &&
			    save * rate(hot) > 3 * (save * rate(cold) + 2 * cost(s, d)))
				fail_msg("%llu on tier %u, %llu on tier %u", rate(hot), s,
					 rate(cold), d);
		}
}

static void test_hot_set(void **state)
{
	unsigned int i, e, hot, room;

	(void)state;
	for (i = 0; i < 100; i++) {
		start(30000 + i);
		make_tiers(2 + i % 3);
		make_luns(false);
		make_extents(75);
		settle();
		no_swap_left();

		/* the working set changes, and fits */
		room = w.slots[0] * MEMBERS - w.tiers[0].headroom;
		for (e = 0; e < w.nr_extents; e++)
			w.extents[e].sum = rnd() % 8;
		for (hot = 0; hot < room && hot < w.nr_extents; hot++)
			w.extents[hot].sum = 50000 + rnd() % 1000;
		settle();
		count();
		for (e = 0; e < hot; e++)
			if (rank_of(&w.extents[e]))
				fail_msg("world %u: %u of %u hot, free %llu, headroom %llu",
					 i, e, hot, w.tiers[0].free, w.tiers[0].headroom);
		assert_true(w.tiers[0].free >= w.tiers[0].headroom);
	}
}

static void test_hysteresis(void **state)
{
	unsigned int i, e, before;

	(void)state;
	for (i = 0; i < 100; i++) {
		start(40000 + i);
		make_tiers(3);
		make_luns(false);
		make_extents(80);
		for (e = 0; e < w.nr_extents; e++)
			w.extents[e].sum = 20000;
		settle();
		/* a little more or less than par moves nothing that has a place */
		before = w.moves;
		for (e = 0; e < w.nr_extents; e++)
			w.extents[e].sum = 20000 + rnd() % 2000;
		settle();
		assert_int_equal(w.moves, before);
	}
}

/* extents that see an I/O now and then stay, though each is the hottest for a while */
static void test_chance(void **state)
{
	unsigned int i, e, before;

	(void)state;
	for (i = 0; i < 100; i++) {
		start(45000 + i);
		make_tiers(2);
		w.tiers[0].latency_ns = 1;
		w.tiers[1].latency_ns = 10000000000ULL;
		make_luns(false);
		make_extents(100);
		for (e = 0; e < w.nr_extents; e++) {
			w.extents[e].sum = rnd() % 4 * TIER_HEAT_ONE;
			if (!(e % 50)) {
				w.at[w.extents[e].member][w.extents[e].slot] = NULL;
				w.extents[e] = w.extents[--w.nr_extents];
				w.at[w.extents[e].member][w.extents[e].slot] = &w.extents[e];
			}
		}
		settle();
		before = w.moves;
		for (e = 0; e < w.nr_extents; e++)
			w.extents[e].sum = rnd() % 4 * TIER_HEAT_ONE;
		round_of(true, false, TIER_PLAN_MOVES);
		assert_int_equal(w.moves, before);
	}
}

static void test_evacuation(void **state)
{
	unsigned int i, e, on, member;

	(void)state;
	for (i = 0; i < 100; i++) {
		start(50000 + i);
		make_tiers(3);
		make_luns(false);
		make_extents(50);
		settle();
		member = rnd() % (3 * MEMBERS);
		w.draining[member] = true;
		settle();
		for (e = 0, on = 0; e < w.nr_extents; e++)
			on += w.extents[e].member == member;
		assert_int_equal(on, 0);

		/* and with nowhere to go, nothing is even tried */
		start(60000 + i);
		make_tiers(3);
		make_luns(false);
		make_extents(100);
		w.draining[rnd() % (3 * MEMBERS)] = true;
		if (w.nr_extents < EXTENTS)
			assert_int_equal(round_of(true, false, TIER_PLAN_MOVES), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hot_set),
		cmocka_unit_test(test_hysteresis),
		cmocka_unit_test(test_chance),
		cmocka_unit_test(test_evacuation),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_small_rounds),
		cmocka_unit_test(test_random_worlds),
	};

	return cmocka_run_group_tests(tests, plan_setup, plan_teardown);
}
