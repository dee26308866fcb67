// SPDX-License-Identifier: GPL-2.0-only
/*
 * The planner in random worlds: each planned move is carried out on a model
 * that refuses what breaks a rule, until nothing moves any more. Then a search
 * by brute force must find nothing that the planner has overlooked.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../dm-tier/tier-plan.h"
#include "../../dm-tier/tier-space.h"

#define MEMBERS		3	/* of each tier */
#define SLOTS		120	/* most extents of a member */
#define LUNS		6
#define EXTENTS		700
#define ROUNDS		400

static u64 seed;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1dULL >> 20;
}

struct extent {
	u64 owner;
	unsigned int lun;
	unsigned int member;
	unsigned int slot;
	u32 sum;
	struct tier_heat heat;
	bool moved;		/* in this round */
};

struct world {
	unsigned int nr;
	struct tier_plan_tier tiers[TIER_MAX_TIERS];
	unsigned int slots[TIER_MAX_TIERS];		/* of each member */
	bool draining[TIER_MAX_TIERS * MEMBERS];
	struct extent *at[TIER_MAX_TIERS * MEMBERS][SLOTS];
	struct tier_plan_lun luns[LUNS];
	u32 members[LUNS];				/* may hold it */
	struct extent extents[EXTENTS];
	unsigned int nr_extents;
	u64 tick;
	unsigned int moves, rounds;
	bool skipped;		/* a move of this round was left out */
	u64 unused[TIER_MAX_TIERS];	/* reserves when the round began */
	unsigned int by_reason[TIER_REASONS];
};

static struct world w;
static struct tier_plan *plan;

static unsigned int rank_of(const struct extent *e)
{
	return e->member / MEMBERS;
}

static u64 member_free(unsigned int member)
{
	u64 n = 0;
	unsigned int i;

	for (i = 0; i < w.slots[member / MEMBERS]; i++)
		n += !w.at[member][i];
	return n;
}

/* accounts from scratch, each time: the model keeps nothing that could drift */
static void count(void)
{
	unsigned int i, l, r, m;

	for (l = 0; l < LUNS; l++) {
		memset(w.luns[l].used, 0, sizeof(w.luns[l].used));
		w.luns[l].shut = 0;
	}
	for (i = 0; i < w.nr_extents; i++)
		w.luns[w.extents[i].lun].used[rank_of(&w.extents[i])]++;
	for (r = 0; r < w.nr; r++) {
		w.tiers[r].total = w.tiers[r].free = w.tiers[r].unused_reserve = 0;
		for (m = r * MEMBERS; m < (r + 1) * MEMBERS; m++) {
			if (w.draining[m])
				continue;
			w.tiers[r].total += w.slots[r];
			w.tiers[r].free += member_free(m);
		}
		for (l = 0; l < LUNS; l++) {
			bool room = false;

			if (w.luns[l].used[r] < w.luns[l].reserve[r])
				w.tiers[r].unused_reserve += w.luns[l].reserve[r] -
							     w.luns[l].used[r];
			for (m = r * MEMBERS; m < (r + 1) * MEMBERS; m++)
				room |= w.members[l] & BIT(m) && !w.draining[m] && member_free(m);
			if (!room && w.tiers[r].free)
				w.luns[l].shut |= BIT(r);
		}
	}
}

static void place(struct extent *e, unsigned int member, unsigned int slot)
{
	assert_null(w.at[member][slot]);
	w.at[member][slot] = e;
	e->member = member;
	e->slot = slot;
}

/* into a tier, on the emptiest member that is open and lawful */
static bool place_on_tier(struct extent *e, unsigned int rank)
{
	unsigned int m, best = ~0U, slot;
	u64 most = 0;

	for (m = rank * MEMBERS; m < (rank + 1) * MEMBERS; m++)
		if (!w.draining[m] && w.members[e->lun] & BIT(m) && member_free(m) > most) {
			most = member_free(m);
			best = m;
		}
	if (best == ~0U)
		return false;
	do
		slot = rnd() % w.slots[rank];
	while (w.at[best][slot]);
	place(e, best, slot);
	return true;
}

static u8 lawful(const struct tier_plan_lun *lun)
{
	u8 mask = lun->allowed & (BIT(w.nr) - 1);

	return lun->pin < w.nr && mask & BIT(lun->pin) ? BIT(lun->pin) : mask;
}

static bool forbidden(const struct extent *e)
{
	return !(w.members[e->lun] & BIT(e->member));
}

/* may this extent be moved to @to now, and leave @floor? */
static bool fits(const struct extent *e, unsigned int to, u64 floor)
{
	const struct tier_plan_lun *lun = &w.luns[e->lun];
	struct tier_claim claim = { lun->used[to], lun->reserve[to], lun->max[to] };

	if (!(lawful(lun) & BIT(to)) || lun->shut & BIT(to))
		return false;
	if (to == rank_of(e))
		return w.tiers[to].free;
	return !tier_space_may_take(&claim, w.tiers[to].free, w.tiers[to].unused_reserve, floor,
				    false);
}

static bool tagged(const struct extent *e)
{
	return w.members[e->lun] != ~0U;
}

static void check_source(const struct tier_plan_move *move, struct extent *e)
{
	const struct tier_plan_lun *lun = &w.luns[e->lun];
	bool astray = forbidden(e) || !(lawful(lun) & BIT(move->from));

	assert_int_equal(move->owner, e->owner);
	assert_int_equal(move->from, rank_of(e));
	assert_false(e->moved);
	assert_false(lun->frozen);
	assert_int_equal(move->reason == TIER_REASON_EVACUATE, w.draining[e->member]);
	if (move->reason != TIER_REASON_EVACUATE)
		assert_int_equal(move->reason == TIER_REASON_LAW, astray);
	switch (move->reason) {
	case TIER_REASON_TARGET:
		assert_int_equal(move->to, lun->target);
		assert_int_not_equal(move->from, lun->target);
		break;
	case TIER_REASON_RECALL:
	case TIER_REASON_WATERMARK:
	case TIER_REASON_DEMOTE:
		assert_true(move->to > move->from);
		assert_true(w.skipped || lun->used[move->from] > lun->reserve[move->from]);
		assert_int_not_equal(lun->target, move->from);
		break;
	case TIER_REASON_PROMOTE:
		assert_true(move->to < move->from);
		assert_true(w.tiers[move->to].latency_ns < w.tiers[move->from].latency_ns);
		assert_true(move->gain > w.tiers[move->to].copy_ns + w.tiers[move->from].copy_ns);
		assert_int_equal(lun->target, TIER_NONE);
		assert_true((u16)(w.tick - e->heat.moved) >= TIER_PLAN_RESIDENCY);
		break;
	case TIER_REASON_BALANCE:
		assert_int_equal(move->to, move->from);
		break;
	default:
		break;
	}
}

static u64 floor_of(const struct tier_plan_move *move)
{
	switch (move->reason) {
	case TIER_REASON_RECALL:
	case TIER_REASON_WATERMARK:
	case TIER_REASON_PROMOTE:
		return w.tiers[move->to].headroom;
	default:
		return 0;
	}
}

static void apply(const struct tier_plan_move *move)
{
	struct extent *e;

	assert_true(move->member < w.nr * MEMBERS && move->extent < SLOTS);
	assert_true(move->to < w.nr);
	e = w.at[move->member][move->extent];
	assert_non_null(e);
	count();
	/* the planner cannot know which members of a tier its tags leave */
	if (tagged(e) && w.luns[e->lun].shut & BIT(move->to)) {
		w.skipped = true;
		return;
	}
	/* nor in which order a reserve on a draining member is left unused */
	if (w.draining[e->member] && w.tiers[move->to].unused_reserve > w.unused[move->to] &&
	    !fits(e, move->to, floor_of(move)))
		w.skipped = true;
	if (w.skipped && !fits(e, move->to, floor_of(move)))
		return;
	check_source(move, e);
	if (!fits(e, move->to, floor_of(move)))
		fail_msg("no place: %s %u->%u, free %llu, headroom %llu, unused %llu",
			 tier_reason_name(move->reason), move->from, move->to,
			 w.tiers[move->to].free, w.tiers[move->to].headroom,
			 w.tiers[move->to].unused_reserve);
	w.at[e->member][e->slot] = NULL;
	if (!place_on_tier(e, move->to)) {
		place(e, move->member, move->extent);
		fail_msg("the model is full where it said it was not");
	}
	e->heat.moved = w.tick;
	e->moved = true;
	w.by_reason[move->reason]++;
	w.moves++;
}

/* DEMOTE and PROMOTE run in turns */
static unsigned int urgency(enum tier_reason reason)
{
	return reason == TIER_REASON_DEMOTE ? TIER_REASON_PROMOTE : reason;
}

static void check_order(const struct tier_plan_move *moves, unsigned int nr)
{
	const struct tier_plan_move *a, *b;
	unsigned int i;

	for (i = 0; i + 1 < nr; i++) {
		a = &moves[i];
		b = &moves[i + 1];
		assert_true(urgency(a->reason) <= urgency(b->reason));
		if (a->reason == TIER_REASON_DEMOTE) {
			assert_int_equal(b->reason, TIER_REASON_PROMOTE);
			assert_int_equal(b->to, a->from);
		}
		if (a->reason != b->reason || a->reason == TIER_REASON_PROMOTE)
			continue;
		if (w.tiers[a->from].rotational && a->from == b->from)
			assert_true(a->extent <= b->extent);
		if (!w.tiers[a->from].rotational && !w.tiers[b->from].rotational)
			assert_true(a->gain >= b->gain);
	}
	assert_true(!nr || moves[nr - 1].reason != TIER_REASON_DEMOTE);
}

static void show(struct extent *e)
{
	struct tier_plan_extent seen = {
		.owner = e->owner, .member = e->member, .extent = e->slot, .rank = rank_of(e),
		.draining = w.draining[e->member], .forbidden = forbidden(e),
		.heat = &e->heat, .lun = &w.luns[e->lun],
	};

	/* heat does not change: whatever still moves, moves for no reason */
	e->heat.epoch = w.tick;
	e->heat.read_fast = tier_heat_pack(e->sum, 0);
	e->moved = false;
	tier_plan_visit(plan, &seen);
}

static unsigned int round_of(bool benefit, bool evacuate_only, unsigned int max)
{
	struct tier_plan_move moves[TIER_PLAN_MOVES];
	unsigned int i, nr;

	w.tick += 200;
	w.skipped = false;
	count();
	for (i = 0; i < w.nr; i++)
		w.unused[i] = w.tiers[i].unused_reserve;
	tier_plan_begin(plan, w.tiers, w.nr, w.tick, benefit, evacuate_only);
	for (i = 0; i < w.nr_extents; i++)
		show(&w.extents[i]);
	nr = tier_plan_finish(plan, moves, max);
	assert_true(nr <= max && nr <= TIER_PLAN_MOVES);
	check_order(moves, nr);
	for (i = 0; i < nr; i++) {
		if (evacuate_only)
			assert_int_equal(moves[i].reason, TIER_REASON_EVACUATE);
		if (!benefit)
			assert_true(moves[i].reason <= TIER_REASON_TARGET);
		apply(&moves[i]);
	}
	w.rounds++;
	return nr;
}

static void settle(void)
{
	unsigned int i;

	for (i = 0; i < ROUNDS; i++)
		if (!round_of(true, false, TIER_PLAN_MOVES))
			break;
	if (i == ROUNDS)
		fail_msg("still moving after %u rounds, %u moves", i, w.moves);
	/* nor does it begin again */
	for (i = 0; i < 3; i++)
		assert_int_equal(round_of(true, false, TIER_PLAN_MOVES), 0);
}

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

static void make_tiers(unsigned int nr)
{
	unsigned int r;

	memset(&w, 0, sizeof(w));
	w.nr = nr;
	for (r = 0; r < nr; r++) {
		w.slots[r] = 4 + rnd() % (r + 1 < nr ? 40 : SLOTS - 4);
		w.tiers[r].latency_ns = 80000ULL << (3 * r);
		w.tiers[r].copy_ns = w.tiers[r].latency_ns + 1500000;
		w.tiers[r].rotational = r && rnd() % 2;
		w.tiers[r].headroom = r + 1 < nr ? w.slots[r] * MEMBERS * (rnd() % 15) / 100 : 0;
	}
	w.tick = rnd();
}

static void make_luns(bool rules)
{
	unsigned int l, r;

	for (l = 0; l < LUNS; l++) {
		struct tier_plan_lun *lun = &w.luns[l];

		lun->id = rnd() % 0xffffff / LUNS * LUNS + l;
		lun->allowed = 0xff;
		lun->pin = lun->home = lun->target = TIER_NONE;
		lun->weight = 100;
		w.members[l] = ~0U;
		if (!rules)
			continue;
		if (!(rnd() % 3))
			lun->allowed = 1 + rnd() % 255;
		if (!(rnd() % 5))
			lun->pin = rnd() % w.nr;
		if (!(rnd() % 5))
			lun->home = rnd() % w.nr;
		if (!(rnd() % 5))
			lun->target = rnd() % w.nr;
		if (!(rnd() % 4))
			lun->weight = 10 + rnd() % 500;
		if (!(rnd() % 6))
			w.members[l] = rnd() & 0xffffff;
		lun->tagged = w.members[l] != ~0U;
		lun->frozen = !(rnd() % 12);
		for (r = 0; r < w.nr; r++) {
			if (!(rnd() % 4))
				lun->reserve[r] = rnd() % (w.slots[r] + 1);
			if (!(rnd() % 4))
				lun->max[r] = 1 + rnd() % (w.slots[r] * 2);
		}
	}
}

static u32 random_sum(void)
{
	switch (rnd() % 4) {
	case 0:
		return 0;
	case 1:
		return rnd() % 32;
	default:
		return 1U << (rnd() % 18);
	}
}

/* anywhere there is a slot, lawful or not, as after a change of the rules */
static void make_extents(unsigned int percent)
{
	unsigned int m, slot, l;
	struct extent *e;

	for (m = 0; m < w.nr * MEMBERS; m++)
		for (slot = 0; slot < w.slots[m / MEMBERS]; slot++) {
			if (rnd() % 100 >= percent || w.nr_extents == EXTENTS)
				continue;
			e = &w.extents[w.nr_extents];
			l = rnd() % LUNS;
			e->lun = l;
			e->owner = TIER_OWNER(w.luns[l].id, w.nr_extents++);
			e->sum = random_sum();
			e->heat.moved = w.tick - rnd() % 65536;
			place(e, m, slot);
		}
}

static void make_draining(void)
{
	unsigned int m;

	for (m = 0; m < w.nr * MEMBERS; m++)
		w.draining[m] = !(rnd() % 8);
}

static void start(u64 number)
{
	seed = number * 0x9e3779b97f4a7c15ULL + 1;
	rnd();
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

static int setup(void **state)
{
	(void)state;
	plan = tier_plan_new();
	return plan ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	tier_plan_destroy(plan);
	return 0;
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
		cmocka_unit_test(test_hot_set),
		cmocka_unit_test(test_hysteresis),
		cmocka_unit_test(test_chance),
		cmocka_unit_test(test_evacuation),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_small_rounds),
		cmocka_unit_test(test_random_worlds),
		cmocka_unit_test(test_many_luns),
		cmocka_unit_test(test_threshold),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
