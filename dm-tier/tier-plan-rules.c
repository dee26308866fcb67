// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a LUN's rules and a tier's room allow, as a round goes on. Asked when a
 * candidate is seen, and again when it is decided on.
 */
#include "tier-plan-round.h"
#include "tier-space.h"

u8 tier_plan_lawful(const struct tier_plan *plan, const struct tier_plan_lun *lun)
{
	u8 mask = lun->allowed & (BIT(plan->nr) - 1);

	if (lun->pin < plan->nr && mask & BIT(lun->pin))
		return BIT(lun->pin);
	return mask;
}

u8 tier_plan_target(const struct tier_plan *plan, const struct tier_plan_lun *lun)
{
	u8 target = lun->target;

	if (target < plan->nr && tier_plan_lawful(plan, lun) & BIT(target))
		return target;
	return TIER_NONE;
}

/*
 * At its maximum, nothing else helps; with tags, another LUN's extent may leave
 * a member that it may not use.
 */
bool tier_plan_own(const struct tier_plan_lun *lun, u8 rank)
{
	return lun->tagged || (lun->max[rank] && lun->used[rank] >= lun->max[rank]);
}

bool tier_plan_may_take(const struct tier_plan *plan, const struct tier_plan_lun *lun,
			u8 to, u64 used, u64 free, u64 floor)
{
	struct tier_claim claim = {
		.used = used,
		.reserve = lun->reserve[to],
		.max = lun->max[to],
	};

	return !tier_space_may_take(&claim, free, plan->tiers[to].unused_reserve, floor, false);
}

u64 tier_plan_free(const struct tier_plan *plan, u8 rank)
{
	u64 kept = plan->spare[rank] + plan->owed[rank];

	return plan->tiers[rank].free - min(kept, plan->tiers[rank].free);
}

/* inside one tier the LUN's claim does not change */
bool tier_plan_fits(const struct tier_plan *plan, const struct tier_plan_lun *lun,
		    u8 from, u8 to, u64 floor)
{
	if (lun->shut & BIT(to))
		return false;
	if (from == to)
		return tier_plan_free(plan, to);
	return tier_plan_may_take(plan, lun, to, lun->used[to], tier_plan_free(plan, to), floor);
}

u8 tier_plan_slower(const struct tier_plan *plan, const struct tier_plan_lun *lun, u8 from)
{
	u8 mask = tier_plan_lawful(plan, lun);
	unsigned int to;

	for (to = from + 1; to < plan->nr; to++)
		if (mask & BIT(to) &&
		    tier_plan_fits(plan, lun, from, to, plan->tiers[to].headroom))
			return to;
	return TIER_NONE;
}

u8 tier_plan_place(const struct tier_plan *plan, const struct tier_plan_lun *lun, u8 from)
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

u64 tier_plan_kept(const struct tier_plan_tier *tier)
{
	return min(tier->total, min(tier->headroom, tier->total) +
				min(tier->unused_reserve, tier->total));
}

u64 tier_plan_copy_ns(const struct tier_plan *plan, u8 a, u8 b)
{
	return min_t(u64, plan->tiers[a].copy_ns, TIER_PLAN_COPY_MAX) +
	       min_t(u64, plan->tiers[b].copy_ns, TIER_PLAN_COPY_MAX);
}

u64 tier_plan_prefer(const struct tier_plan_lun *lun, u8 to)
{
	return lun->used[to] < lun->reserve[to] ? TIER_PLAN_PREFER : 0;
}
