// SPDX-License-Identifier: GPL-2.0-only
/*
 * One planning round, as extents are shown: the best few candidates of each kind
 * and tier are kept in heaps. tier-plan-decide.c matches them with room, and with
 * each other, on a copy of the tiers' and the LUNs' accounts.
 *
 * Candidates that want in (LAW, TARGET, HOT) are kept by the tier they want,
 * not by the one they are on: so a LUN that cannot get into its tier does not
 * crowd out another one that could get into a different tier.
 */
#include "tier-plan-round.h"

/* -- a round begins -- */

struct tier_plan *tier_plan_new(void)
{
	return tier_zalloc(sizeof(struct tier_plan));
}

void tier_plan_destroy(struct tier_plan *plan)
{
	tier_free(plan);
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

static u32 tier_plan_weigh(u32 rate, u16 weight)
{
	if (weight == 100)
		return rate;
	return min_t(u64, div_u64((u64)rate * weight, 100), 0xffffffffU);
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
