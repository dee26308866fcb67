// SPDX-License-Identifier: GPL-2.0-only
/*
 * One planning round. While extents are shown, the best few candidates of each
 * kind and tier are kept in heaps; at the end they are matched with room, and
 * with each other, on a copy of the tiers' and the LUNs' accounts.
 *
 * Candidates that want in (LAW, TARGET, HOT) are kept by the tier they want,
 * not by the one they are on: so a LUN that cannot get into its tier does not
 * crowd out another one that could get into a different tier.
 */
#include "tier-plan-round.h"
#include "tier-space.h"

/* -- rules -- */

static u32 tier_plan_weigh(u32 rate, u16 weight)
{
	if (weight == 100)
		return rate;
	return min_t(u64, div_u64((u64)rate * weight, 100), 0xffffffffU);
}

/* ranks a LUN's extents may be on: pinned ones on one alone */
static u8 tier_plan_lawful(const struct tier_plan *plan, const struct tier_plan_lun *lun)
{
	u8 mask = lun->allowed & (BIT(plan->nr) - 1);

	if (lun->pin < plan->nr && mask & BIT(lun->pin))
		return BIT(lun->pin);
	return mask;
}

static u8 tier_plan_target(const struct tier_plan *plan, const struct tier_plan_lun *lun)
{
	u8 target = lun->target;

	if (target < plan->nr && tier_plan_lawful(plan, lun) & BIT(target))
		return target;
	return TIER_NONE;
}

/*
 * May it displace only what is its own? At its maximum, nothing else helps;
 * with tags, another LUN's extent may leave a member that it may not use.
 */
static bool tier_plan_own(const struct tier_plan_lun *lun, u8 rank)
{
	return lun->tagged || (lun->max[rank] && lun->used[rank] >= lun->max[rank]);
}

static bool tier_plan_may_take(const struct tier_plan *plan, const struct tier_plan_lun *lun,
			       u8 to, u64 used, u64 free, u64 floor)
{
	struct tier_claim claim = {
		.used = used,
		.reserve = lun->reserve[to],
		.max = lun->max[to],
	};

	return !tier_space_may_take(&claim, free, plan->tiers[to].unused_reserve, floor, false);
}

static u64 tier_plan_free(const struct tier_plan *plan, u8 rank)
{
	u64 kept = plan->spare[rank] + plan->owed[rank];

	return plan->tiers[rank].free - min(kept, plan->tiers[rank].free);
}

/* is there room for one more? inside one tier the LUN's claim does not change */
static bool tier_plan_fits(const struct tier_plan *plan, const struct tier_plan_lun *lun,
			   u8 from, u8 to, u64 floor)
{
	if (lun->shut & BIT(to))
		return false;
	if (from == to)
		return tier_plan_free(plan, to);
	return tier_plan_may_take(plan, lun, to, lun->used[to], tier_plan_free(plan, to), floor);
}

/* next slower tier with room above its headroom, or TIER_NONE */
static u8 tier_plan_slower(const struct tier_plan *plan, const struct tier_plan_lun *lun, u8 from)
{
	u8 mask = tier_plan_lawful(plan, lun);
	unsigned int to;

	for (to = from + 1; to < plan->nr; to++)
		if (mask & BIT(to) &&
		    tier_plan_fits(plan, lun, from, to, plan->tiers[to].headroom))
			return to;
	return TIER_NONE;
}

/* where an extent that has to go finds room: target, here, slower, faster */
static u8 tier_plan_place(const struct tier_plan *plan, const struct tier_plan_lun *lun, u8 from)
{
	u8 mask = tier_plan_lawful(plan, lun), target = tier_plan_target(plan, lun);
	unsigned int to;

	if (target != TIER_NONE && tier_plan_fits(plan, lun, from, target, 0))
		return target;
	for (to = from; to < plan->nr; to++)
		if (mask & BIT(to) && tier_plan_fits(plan, lun, from, to, 0))
			return to;
	for (to = from; to-- > 0;)
		if (mask & BIT(to) && tier_plan_fits(plan, lun, from, to, 0))
			return to;
	return TIER_NONE;
}

/* -- a round begins -- */

struct tier_plan *tier_plan_new(void)
{
	return tier_zalloc(sizeof(struct tier_plan));
}

void tier_plan_destroy(struct tier_plan *plan)
{
	tier_free(plan);
}

/* extents that are free beyond what must be */
static u64 tier_plan_kept(const struct tier_plan_tier *tier)
{
	return min(tier->total, min(tier->headroom, tier->total) +
				min(tier->unused_reserve, tier->total));
}

static u64 tier_plan_copy_ns(const struct tier_plan *plan, u8 a, u8 b)
{
	return min_t(u64, plan->tiers[a].copy_ns, TIER_PLAN_COPY_MAX) +
	       min_t(u64, plan->tiers[b].copy_ns, TIER_PLAN_COPY_MAX);
}

/* a tier that has become slower than the next one below is full of work */
static bool tier_plan_overloaded(const struct tier_plan *plan, u8 rank)
{
	unsigned int below;

	for (below = rank + 1; below < plan->nr; below++)
		if (plan->tiers[below].total)
			return plan->tiers[below].latency_ns < plan->tiers[rank].latency_ns;
	return false;
}

static void tier_plan_compare(struct tier_plan *plan, u8 from, u8 to)
{
	u64 slow = plan->tiers[from].latency_ns, fast = plan->tiers[to].latency_ns, least;

	plan->save[from][to] = slow > fast ? min_t(u64, slow - fast, TIER_PLAN_SAVE_MAX) : 0;
	plan->least[from][to] = 0xffffffffU;
	if (to >= from || !plan->save[from][to] || !plan->tiers[to].total ||
	    tier_plan_overloaded(plan, to))
		return;
	least = div64_u64(tier_plan_copy_ns(plan, from, to) * TIER_PLAN_HYSTERESIS,
			  plan->save[from][to] * 100) + 1;
	plan->least[from][to] = min_t(u64, least, 0xffffffffU);
}

static void tier_plan_look(struct tier_plan *plan, u8 rank)
{
	struct tier_plan_tier *tier = &plan->tiers[rank];
	u8 other;

	if (tier->free)
		plan->roomy |= BIT(rank);
	if (tier->total && tier->free < tier_plan_kept(tier) + TIER_PLAN_CANDIDATES)
		plan->pressed |= BIT(rank);
	for (other = 0; other < plan->nr; other++)
		tier_plan_compare(plan, rank, other);
}

void tier_plan_begin(struct tier_plan *plan, const struct tier_plan_tier *tiers,
		     unsigned int nr, u64 tick, bool benefit, bool urgent_only_evacuate)
{
	unsigned int rank, kind;

	plan->nr = min_t(unsigned int, nr, TIER_MAX_TIERS);
	memcpy(plan->tiers, tiers, plan->nr * sizeof(*tiers));
	memset(plan->spare, 0, sizeof(plan->spare));
	memset(plan->owed, 0, sizeof(plan->owed));
	plan->tick = tick;
	plan->benefit = benefit && !urgent_only_evacuate;
	plan->evacuate_only = urgent_only_evacuate;
	plan->roomy = 0;
	plan->pressed = 0;
	for (rank = 0; rank < plan->nr; rank++)
		tier_plan_look(plan, rank);
	for (kind = 0; kind < TIER_KINDS; kind++)
		for (rank = 0; rank < TIER_MAX_TIERS; rank++)
			plan->heaps[kind][rank].nr = 0;
	tier_accounts_reset(plan);
}

/* -- extents are shown -- */

/* lowest first, all members alike, so that a disk is read in one sweep */
static u64 tier_plan_sweep_key(const struct tier_plan_extent *extent)
{
	return ~((extent->extent << 10) | (extent->member & 0x3ff));
}

/* the LUN's own reserve waits for it, whatever hotter ones want in */
static u64 tier_plan_prefer(const struct tier_plan_lun *lun, u8 to)
{
	return lun->used[to] < lun->reserve[to] ? TIER_PLAN_PREFER : 0;
}

static void tier_plan_offer_place(struct tier_plan *plan, enum tier_plan_kind kind,
				  const struct tier_plan_extent *extent)
{
	u8 to = tier_plan_place(plan, extent->lun, extent->rank);
	u64 key = tier_plan_sweep_key(extent);

	if (to != TIER_NONE && tier_heap_wants(&plan->heaps[kind][to], key))
		tier_heap_add(plan, &plan->heaps[kind][to], extent, key, 0);
}

static void tier_plan_offer_target(struct tier_plan *plan, const struct tier_plan_extent *extent,
				   u8 to, u32 rate)
{
	struct tier_plan_heap *heap = &plan->heaps[TIER_KIND_TARGET][to];
	u64 key = tier_plan_prefer(extent->lun, to) | rate;

	if (tier_heap_wants(heap, key) &&
	    tier_plan_fits(plan, extent->lun, extent->rank, to, 0))
		tier_heap_add(plan, heap, extent, key, rate);
}

/* coldest first, longest here first; of a LUN that was moved here, last */
static u64 tier_plan_cold_key(const struct tier_plan *plan, const struct tier_plan_extent *extent,
			      u32 rate)
{
	u64 key = (u64)rate << 16 | (0xffff - tier_heat_resident(extent->heat, plan->tick));

	if (extent->lun->home == extent->rank)
		key |= TIER_PLAN_PREFER;
	return ~key;
}

static void tier_plan_offer_cold(struct tier_plan *plan, const struct tier_plan_extent *extent,
				 u8 slower, u32 rate)
{
	struct tier_plan_heap *cold = &plan->heaps[TIER_KIND_COLD][extent->rank];
	struct tier_plan_heap *own = &plan->heaps[TIER_KIND_COLD_OWN][extent->rank];
	const struct tier_plan_lun *lun = extent->lun;
	u64 key;

	if (!slower || lun->target == extent->rank ||
	    lun->used[extent->rank] <= lun->reserve[extent->rank])
		return;
	key = tier_plan_cold_key(plan, extent, rate);
	if (plan->pressed & BIT(extent->rank) && tier_heap_wants(cold, key))
		tier_heap_add(plan, cold, extent, key, rate);
	if (tier_plan_own(lun, extent->rank) && tier_heap_wants(own, key))
		tier_heap_add(plan, own, extent, key, rate);
}

static void tier_plan_offer_hot(struct tier_plan *plan, const struct tier_plan_extent *extent,
				u8 mask, u32 rate)
{
	const struct tier_plan_lun *lun = extent->lun;
	struct tier_plan_heap *heap;
	u64 key;
	u8 to;

	for (to = 0; to < extent->rank; to++) {
		if (!(mask & BIT(to)) || rate < plan->least[extent->rank][to])
			continue;
		key = rate * plan->save[extent->rank][to] | tier_plan_prefer(lun, to);
		heap = &plan->heaps[tier_plan_own(lun, to) ? TIER_KIND_HOT_OWN : TIER_KIND_HOT][to];
		if (tier_heap_wants(heap, key))
			tier_heap_add(plan, heap, extent, key, rate);
	}
}

/* what a whole-LUN move put here is given time to show that it is really hot */
static bool tier_plan_settled(const struct tier_plan *plan, const struct tier_plan_extent *extent)
{
	u32 least = extent->lun->home == extent->rank ? TIER_HEAT_FAST_HALFLIFE :
							TIER_PLAN_RESIDENCY;

	return tier_heat_resident(extent->heat, plan->tick) >= least;
}

static void tier_plan_offer_balance(struct tier_plan *plan, const struct tier_plan_extent *extent,
				    u32 rate)
{
	struct tier_plan_heap *heap = &plan->heaps[TIER_KIND_BALANCE][extent->rank];

	if (tier_heap_wants(heap, rate) &&
	    tier_plan_fits(plan, extent->lun, extent->rank, extent->rank, 0))
		tier_heap_add(plan, heap, extent, rate, rate);
}

static void tier_plan_visit_benefit(struct tier_plan *plan, const struct tier_plan_extent *extent,
				    u8 open, u32 rate)
{
	bool settled = tier_plan_settled(plan, extent);

	tier_plan_offer_cold(plan, extent, open & plan->roomy & ~(BIT(extent->rank + 1) - 1),
			     rate);
	if (rate && settled && extent->lun->target == TIER_NONE)
		tier_plan_offer_hot(plan, extent, open, rate);
	if (extent->crowded && settled)
		tier_plan_offer_balance(plan, extent, rate);
}

void tier_plan_visit(struct tier_plan *plan, const struct tier_plan_extent *extent)
{
	const struct tier_plan_lun *lun = extent->lun;
	u8 lawful, target;
	u32 rate;

	if (lun->frozen || extent->rank >= plan->nr)
		return;
	if (extent->draining) {
		tier_plan_offer_place(plan, TIER_KIND_EVACUATE, extent);
		return;
	}
	if (plan->evacuate_only)
		return;
	lawful = tier_plan_lawful(plan, lun);
	if (extent->forbidden || !(lawful & BIT(extent->rank))) {
		tier_plan_offer_place(plan, TIER_KIND_LAW, extent);
		return;
	}
	rate = tier_plan_weigh(tier_heat_rate(extent->heat, plan->tick), lun->weight);
	target = tier_plan_target(plan, lun);
	if (target != TIER_NONE && target != extent->rank)
		tier_plan_offer_target(plan, extent, target, rate);
	if (plan->benefit)
		tier_plan_visit_benefit(plan, extent, lawful & ~lun->shut, rate);
}

/* -- the round ends: picks -- */

/* has this extent a move already, under this or another kind? */
static bool tier_plan_taken(const struct tier_plan *plan, const struct tier_plan_cand *cand)
{
	const struct tier_plan_pick *pick;
	unsigned int i;

	if (cand->planned)
		return true;
	for (i = 0; i < plan->nr_moves; i++)
		if (plan->moves[i].owner == cand->owner)
			return true;
	for (i = 0; i < plan->nr_picks; i++) {
		pick = &plan->picks[i];
		if (pick->cand->owner == cand->owner ||
		    (pick->victim && pick->victim->owner == cand->owner))
			return true;
	}
	return false;
}

static unsigned int tier_plan_left(const struct tier_plan *plan)
{
	unsigned int i, used = plan->nr_moves + plan->nr_picks;

	for (i = 0; i < plan->nr_picks; i++)
		used += plan->picks[i].victim ? 1 : 0;
	return plan->max_moves - used;
}

/*
 * Extents of this LUN that come to a tier or leave it by picks of this reason.
 * Those that leave are still counted, those that come may come later.
 */
static u64 tier_plan_in_doubt(const struct tier_plan *plan, u16 lun, u8 rank)
{
	const struct tier_plan_pick *pick;
	unsigned int i;
	u64 n = 0;

	for (i = 0; i < plan->nr_picks; i++) {
		pick = &plan->picks[i];
		if (pick->cand->lun == lun && pick->cand->rank != pick->to)
			n += pick->cand->rank == rank || pick->to == rank;
		if (pick->victim && pick->victim->lun == lun)
			n += pick->victim->rank == rank || pick->victim_to == rank;
	}
	return n;
}

/* is it part of what its LUN has reserved? */
static bool tier_plan_reserved(struct tier_plan *plan, const struct tier_plan_cand *cand)
{
	const struct tier_plan_lun *lun = tier_cand_lun(plan, cand);

	return lun->used[cand->rank] <=
	       lun->reserve[cand->rank] + tier_plan_in_doubt(plan, cand->lun, cand->rank);
}

static struct tier_plan_pick *tier_plan_pick(struct tier_plan *plan, struct tier_plan_cand *cand,
					     u8 to, enum tier_reason reason)
{
	struct tier_plan_pick *pick = &plan->picks[plan->nr_picks++];

	pick->cand = cand;
	pick->victim = NULL;
	pick->victim_to = TIER_NONE;
	pick->to = to;
	pick->reason = reason;
	pick->gain = cand->rate * plan->save[cand->rank][to];
	cand->planned = true;
	return pick;
}

/* one that goes into a free extent; its own is given back at the end of the reason */
static void tier_plan_pick_free(struct tier_plan *plan, struct tier_plan_cand *cand, u8 to,
				enum tier_reason reason)
{
	/* a reserve that nothing free comes back for */
	if (cand->draining && cand->rank != to)
		plan->owed[cand->rank] += tier_plan_reserved(plan, cand);
	tier_plan_pick(plan, cand, to, reason);
	plan->tiers[to].free--;
	if (cand->rank != to)
		tier_plan_count_in(plan, tier_cand_lun(plan, cand), to);
}

/* -- order and output -- */

/* should @a run before @b? a sweep over a disk beats the order of gain */
static bool tier_pick_before(const struct tier_plan *plan, const struct tier_plan_pick *a,
			     const struct tier_plan_pick *b)
{
	bool disk_a = plan->tiers[a->cand->rank].rotational;
	bool disk_b = plan->tiers[b->cand->rank].rotational;

	if (disk_a != disk_b)
		return disk_b;
	if (!disk_a && a->gain != b->gain)
		return a->gain > b->gain;
	if (a->cand->extent != b->cand->extent)
		return a->cand->extent < b->cand->extent;
	return a->cand->member < b->cand->member;
}

static void tier_plan_order(struct tier_plan *plan)
{
	struct tier_plan_pick pick;
	unsigned int i, at;

	for (i = 1; i < plan->nr_picks; i++) {
		pick = plan->picks[i];
		for (at = i; at && tier_pick_before(plan, &pick, &plan->picks[at - 1]); at--)
			plan->picks[at] = plan->picks[at - 1];
		plan->picks[at] = pick;
	}
}

static void tier_plan_emit(struct tier_plan *plan, const struct tier_plan_cand *cand, u8 to,
			   enum tier_reason reason, u64 gain)
{
	struct tier_plan_move *move = &plan->moves[plan->nr_moves++];

	move->owner = cand->owner;
	move->member = cand->member;
	move->extent = cand->extent;
	move->from = cand->rank;
	move->to = to;
	move->reason = reason;
	move->gain = gain;
}

/* a swap inside two tiers leaves both as full as they were */
static void tier_plan_give_back(struct tier_plan *plan, const struct tier_plan_pick *pick)
{
	const struct tier_plan_cand *cand = pick->cand, *victim = pick->victim;

	if (!cand->draining && !(victim && pick->victim_to == cand->rank))
		plan->tiers[cand->rank].free++;
	if (cand->rank != pick->to)
		tier_plan_count_out(plan, tier_cand_lun(plan, cand), cand->rank);
	if (victim && victim->lun != cand->lun)
		tier_plan_count_out(plan, tier_cand_lun(plan, victim), victim->rank);
}

/*
 * End of one reason. Room that its moves leave is counted only now, so that
 * they can be put in any order.
 */
static void tier_plan_close(struct tier_plan *plan)
{
	const struct tier_plan_pick *pick;
	unsigned int i, nr = plan->nr_picks;

	tier_plan_order(plan);
	for (i = 0; i < nr; i++) {
		pick = &plan->picks[i];
		tier_plan_give_back(plan, pick);
		if (pick->victim)
			tier_plan_emit(plan, pick->victim, pick->victim_to, TIER_REASON_DEMOTE,
				       0);
		tier_plan_emit(plan, pick->cand, pick->to, pick->reason, pick->gain);
	}
	plan->nr_picks = 0;
	memset(plan->spare, 0, sizeof(plan->spare));
	memset(plan->owed, 0, sizeof(plan->owed));
}

/* -- the reasons -- */

static bool tier_plan_expendable(struct tier_plan *plan, const struct tier_plan_cand *cand)
{
	return !tier_plan_taken(plan, cand) && !tier_plan_reserved(plan, cand);
}

static void tier_plan_place_some(struct tier_plan *plan, enum tier_plan_kind kind,
				 enum tier_reason reason, unsigned int keep, bool inside)
{
	struct tier_plan_heap *heap;
	struct tier_plan_cand *cand;
	unsigned int rank, i;
	bool stays;
	u8 to;

	for (rank = 0; rank < plan->nr; rank++) {
		heap = &plan->heaps[kind][rank];
		for (i = 0; i < heap->nr && tier_plan_left(plan) > keep; i++) {
			cand = &heap->c[i];
			if (tier_plan_taken(plan, cand))
				continue;
			to = tier_plan_place(plan, tier_cand_lun(plan, cand), cand->rank);
			stays = to == cand->rank;
			if (to != TIER_NONE && stays == inside)
				tier_plan_pick_free(plan, cand, to, reason);
		}
	}
}

/*
 * Those that stay inside their tier first, for they need not heed reserves:
 * counted later they would take what others were promised.
 */
static void tier_plan_place_all(struct tier_plan *plan, enum tier_plan_kind kind,
				enum tier_reason reason, unsigned int keep)
{
	tier_plan_place_some(plan, kind, reason, keep, true);
	tier_plan_place_some(plan, kind, reason, keep, false);
	tier_plan_close(plan);
}

static void tier_plan_targets(struct tier_plan *plan, unsigned int keep)
{
	struct tier_plan_heap *heap;
	struct tier_plan_cand *cand;
	unsigned int to, i;

	for (to = 0; to < plan->nr; to++) {
		heap = &plan->heaps[TIER_KIND_TARGET][to];
		for (i = 0; i < heap->nr && tier_plan_left(plan) > keep; i++) {
			cand = &heap->c[i];
			if (!tier_plan_taken(plan, cand) &&
			    tier_plan_fits(plan, tier_cand_lun(plan, cand), cand->rank, to, 0))
				tier_plan_pick_free(plan, cand, to, TIER_REASON_TARGET);
		}
	}
	tier_plan_close(plan);
}

/* push the coldest @nr extents of a tier down, as far as there is room */
static void tier_plan_push(struct tier_plan *plan, u8 rank, u64 nr, enum tier_reason reason)
{
	struct tier_plan_heap *heap = &plan->heaps[TIER_KIND_COLD][rank];
	struct tier_plan_cand *cand;
	unsigned int i;
	u8 to;

	for (i = 0; i < heap->nr && nr && tier_plan_left(plan); i++) {
		cand = &heap->c[i];
		if (!tier_plan_expendable(plan, cand))
			continue;
		to = tier_plan_slower(plan, tier_cand_lun(plan, cand), rank);
		if (to == TIER_NONE)
			continue;
		tier_plan_pick_free(plan, cand, to, reason);
		nr--;
	}
}

static u64 tier_plan_lacking(const struct tier_plan_tier *tier)
{
	u64 kept = tier_plan_kept(tier);

	return tier->free < kept ? kept - tier->free : 0;
}

/* slowest first: what they give up makes room for the next round's from above */
static void tier_plan_refill(struct tier_plan *plan, enum tier_reason reason)
{
	const struct tier_plan_tier *tier;
	unsigned int rank;
	u64 nr;

	for (rank = plan->nr; rank-- > 0;) {
		tier = &plan->tiers[rank];
		nr = tier_plan_lacking(tier);
		if (reason == TIER_REASON_RECALL)
			nr = min(nr, tier->unused_reserve);
		tier_plan_push(plan, rank, nr, reason);
	}
	tier_plan_close(plan);
}

/*
 * Where the victim of a swap goes: to the place @hot leaves, if that tier has
 * one extent to pass it through (this may be of its headroom: it comes back at
 * once), else as any extent that is pushed down.
 */
static u8 tier_plan_victim_to(struct tier_plan *plan, const struct tier_plan_cand *victim,
			      const struct tier_plan_cand *hot)
{
	const struct tier_plan_lun *lun = tier_cand_lun(plan, victim);
	u8 mask = tier_plan_lawful(plan, lun) & ~lun->shut;
	u64 free = plan->tiers[hot->rank].free;
	u64 owed = plan->owed[hot->rank] + tier_plan_reserved(plan, hot);

	if (mask & BIT(hot->rank) && free > owed &&
	    tier_plan_may_take(plan, lun, hot->rank, lun->used[hot->rank], free - owed, 0))
		return hot->rank;
	return tier_plan_slower(plan, lun, victim->rank);
}

/*
 * Is the one clearly hotter, and not by the few I/Os that chance may give it?
 * Without this, extents that are all touched now and then change places for ever.
 */
static bool tier_plan_hotter(const struct tier_plan_cand *hot, const struct tier_plan_cand *victim)
{
	return (u64)hot->rate * 100 >
	       ((u64)victim->rate + TIER_PLAN_NOISE) * TIER_PLAN_HYSTERESIS;
}

/* does the swap save more than it costs: four copies and the victim's loss? */
static bool tier_plan_swap_wins(const struct tier_plan *plan, const struct tier_plan_cand *hot,
				const struct tier_plan_cand *victim, u8 victim_to)
{
	u64 gain = hot->rate * plan->save[hot->rank][victim->rank];
	u64 loss = victim->rate * plan->save[victim_to][victim->rank];

	loss += tier_plan_copy_ns(plan, hot->rank, victim->rank) +
		tier_plan_copy_ns(plan, victim->rank, victim_to);
	return div_u64(gain, TIER_PLAN_HYSTERESIS) >= div_u64(loss, 100) + 1;
}

static void tier_plan_pick_swap(struct tier_plan *plan, struct tier_plan_cand *hot,
				struct tier_plan_cand *victim, u8 victim_to)
{
	struct tier_plan_pick *pick;

	/* a reserve that is used or left here while no extent comes or goes */
	if (victim_to == hot->rank)
		plan->owed[victim_to] += tier_plan_reserved(plan, hot) +
			!!tier_plan_prefer(tier_cand_lun(plan, victim), victim_to);
	pick = tier_plan_pick(plan, hot, victim->rank, TIER_REASON_PROMOTE);
	pick->victim = victim;
	pick->victim_to = victim_to;
	victim->planned = true;
	if (victim->lun != hot->lun)
		tier_plan_count_in(plan, tier_cand_lun(plan, hot), victim->rank);
	tier_plan_count_in(plan, tier_cand_lun(plan, victim), victim_to);
	if (victim_to == hot->rank)
		plan->spare[victim_to] = 1;
	else
		plan->tiers[victim_to].free--;
}

/* may @hot have the extent that @victim leaves? */
static bool tier_plan_inherits(struct tier_plan *plan, const struct tier_plan_cand *hot,
			       const struct tier_plan_cand *victim)
{
	const struct tier_plan_lun *lun = tier_cand_lun(plan, hot);
	u8 to = victim->rank;

	if (lun->shut & BIT(to))
		return false;
	return tier_plan_may_take(plan, lun, to, lun->used[to] - (hot->lun == victim->lun),
				  tier_plan_free(plan, to) + 1, plan->tiers[to].headroom);
}

static bool tier_plan_swap(struct tier_plan *plan, struct tier_plan_cand *hot,
			   struct tier_plan_cand *victim)
{
	u8 victim_to;

	if (victim->young || !tier_plan_expendable(plan, victim) ||
	    !tier_plan_inherits(plan, hot, victim))
		return false;
	victim_to = tier_plan_victim_to(plan, victim, hot);
	if (victim_to == TIER_NONE || !tier_plan_swap_wins(plan, hot, victim, victim_to))
		return false;
	tier_plan_pick_swap(plan, hot, victim, victim_to);
	return true;
}

/* @own: only an extent of the same LUN */
static void tier_plan_displace(struct tier_plan *plan, struct tier_plan_cand *hot,
			       struct tier_plan_heap *cold, bool own)
{
	unsigned int i;

	if (tier_plan_left(plan) < 2)
		return;
	for (i = 0; i < cold->nr; i++) {
		if (cold->c[i].planned || (own && cold->c[i].lun != hot->lun))
			continue;
		/* those that follow are hotter yet, but where a LUN's home is */
		if (!tier_plan_hotter(hot, &cold->c[i]))
			return;
		if (tier_plan_swap(plan, hot, &cold->c[i]))
			return;
	}
}

static void tier_plan_promote_to(struct tier_plan *plan, u8 to, bool own)
{
	struct tier_plan_heap *heap =
		&plan->heaps[own ? TIER_KIND_HOT_OWN : TIER_KIND_HOT][to];
	struct tier_plan_heap *cold =
		&plan->heaps[own ? TIER_KIND_COLD_OWN : TIER_KIND_COLD][to];
	struct tier_plan_cand *hot;
	unsigned int i;

	for (i = 0; i < heap->nr && tier_plan_left(plan); i++) {
		hot = &heap->c[i];
		if (tier_plan_taken(plan, hot))
			continue;
		if (tier_plan_fits(plan, tier_cand_lun(plan, hot), hot->rank, to,
				   plan->tiers[to].headroom))
			tier_plan_pick_free(plan, hot, to, TIER_REASON_PROMOTE);
		else
			tier_plan_displace(plan, hot, cold, own);
	}
}

/* the tier that is fastest now comes first, whatever its rank */
static void tier_plan_promote(struct tier_plan *plan)
{
	unsigned int rank, best;
	u8 todo = BIT(plan->nr) - 1;

	while (todo) {
		best = TIER_MAX_TIERS;
		for (rank = 0; rank < plan->nr; rank++)
			if (todo & BIT(rank) &&
			    (best == TIER_MAX_TIERS || plan->tiers[rank].latency_ns <
						       plan->tiers[best].latency_ns))
				best = rank;
		todo &= ~BIT(best);
		tier_plan_promote_to(plan, best, false);
		tier_plan_promote_to(plan, best, true);
	}
	tier_plan_close(plan);
}

static void tier_plan_balance(struct tier_plan *plan)
{
	struct tier_plan_heap *heap;
	unsigned int rank, i;

	for (rank = 0; rank < plan->nr; rank++) {
		heap = &plan->heaps[TIER_KIND_BALANCE][rank];
		for (i = 0; i < min_t(unsigned int, heap->nr, TIER_PLAN_BALANCE) &&
		     tier_plan_left(plan) && tier_plan_free(plan, rank); i++)
			if (!tier_plan_taken(plan, &heap->c[i]))
				tier_plan_pick_free(plan, &heap->c[i], rank, TIER_REASON_BALANCE);
	}
	tier_plan_close(plan);
}

unsigned int tier_plan_finish(struct tier_plan *plan, struct tier_plan_move *moves,
			      unsigned int max)
{
	unsigned int kind, rank, keep;

	plan->moves = moves;
	plan->nr_moves = 0;
	plan->nr_picks = 0;
	plan->max_moves = min_t(unsigned int, max, TIER_PLAN_MOVES);
	for (kind = 0; kind < TIER_KINDS; kind++)
		for (rank = 0; rank < plan->nr; rank++)
			tier_heap_sort(&plan->heaps[kind][rank]);

	/* a long evacuation must not keep a full tier from getting its headroom back */
	keep = plan->benefit ? plan->max_moves / 4 : 0;
	tier_plan_place_all(plan, TIER_KIND_EVACUATE, TIER_REASON_EVACUATE, keep);
	tier_plan_place_all(plan, TIER_KIND_LAW, TIER_REASON_LAW, keep);
	tier_plan_targets(plan, keep);
	if (plan->benefit) {
		tier_plan_refill(plan, TIER_REASON_RECALL);
		tier_plan_refill(plan, TIER_REASON_WATERMARK);
		tier_plan_promote(plan);
		tier_plan_balance(plan);
	}
	return plan->nr_moves;
}

const char *tier_reason_name(enum tier_reason reason)
{
	static const char * const names[TIER_REASONS] = {
		[TIER_REASON_EVACUATE] = "evacuate",
		[TIER_REASON_LAW] = "law",
		[TIER_REASON_TARGET] = "target",
		[TIER_REASON_RECALL] = "recall",
		[TIER_REASON_WATERMARK] = "watermark",
		[TIER_REASON_PROMOTE] = "promote",
		[TIER_REASON_DEMOTE] = "demote",
		[TIER_REASON_BALANCE] = "balance",
	};

	return (unsigned int)reason < TIER_REASONS ? names[reason] : "unknown";
}

static int tier_threshold_side(u32 *ticks, s8 *said, bool beyond, s8 side, u32 hold_ticks)
{
	if (!beyond) {
		*ticks = 0;
		if (*said == side)
			*said = 0;
		return 0;
	}
	if (*ticks < 0xffffffffU)
		++*ticks;
	if (*said == side || *ticks < hold_ticks)
		return 0;
	*said = side;
	return side;
}

int tier_plan_threshold(struct tier_threshold_state *state, u64 iops, u64 up, u64 down,
			u32 hold_ticks)
{
	bool above = up && iops > up;
	int said = tier_threshold_side(&state->above, &state->said, above, 1, hold_ticks);

	if (said)
		return said;
	return tier_threshold_side(&state->below, &state->said,
				   !above && down && iops < down, -1, hold_ticks);
}
