// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model of plan_model.h.
 */
#include "plan_model.h"

static u64 seed;

u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1dULL >> 20;
}

struct world w;
struct tier_plan *plan;

unsigned int rank_of(const struct extent *e)
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
void count(void)
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
bool place_on_tier(struct extent *e, unsigned int rank)
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

u8 lawful(const struct tier_plan_lun *lun)
{
	u8 mask = lun->allowed & (BIT(w.nr) - 1);

	return lun->pin < w.nr && mask & BIT(lun->pin) ? BIT(lun->pin) : mask;
}

bool forbidden(const struct extent *e)
{
	return !(w.members[e->lun] & BIT(e->member));
}

bool fits(const struct extent *e, unsigned int to, u64 floor)
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

unsigned int round_of(bool benefit, bool evacuate_only, unsigned int max)
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

void settle(void)
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

void make_tiers(unsigned int nr)
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

void make_luns(bool rules)
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

void make_extents(unsigned int percent)
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

void make_draining(void)
{
	unsigned int m;

	for (m = 0; m < w.nr * MEMBERS; m++)
		w.draining[m] = !(rnd() % 8);
}

void start(u64 number)
{
	seed = number * 0x9e3779b97f4a7c15ULL + 1;
	rnd();
}

int plan_setup(void **state)
{
	(void)state;
	plan = tier_plan_new();
	return plan ? 0 : -1;
}

int plan_teardown(void **state)
{
	(void)state;
	tier_plan_destroy(plan);
	return 0;
}
