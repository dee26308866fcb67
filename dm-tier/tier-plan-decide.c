// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a planning round: candidates become moves, reason after reason, the
 * most urgent first.
 */
#include "tier-plan-round.h"

/* -- picks -- */

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
