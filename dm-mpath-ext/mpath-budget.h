/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many hedged reads may be sent: a share of all reads, saved up to a burst.
 * Pure; callers see to it that one at a time is in here.
 */
#ifndef MPATH_BUDGET_H
#define MPATH_BUDGET_H

#include "tier-portable.h"

#define MPATH_BUDGET_ONE	10000ULL	/* one read, in hundredths of a percent */
#define MPATH_BUDGET_BURST	(16 * MPATH_BUDGET_ONE)
#define MPATH_BUDGET_READS	4000000000ULL

/* @saved: in MPATH_BUDGET_ONE per read that may be hedged */
struct mpath_budget {
	u64 saved;
};

/*
 * @reads more reads have been sent, of which @share (hundredths of a percent) may be
 * hedged. No more is saved than a burst, or what these have earned if that is more:
 * under heavy load each call earns many bursts.
 */
static inline void mpath_budget_earn(struct mpath_budget *budget, u64 reads, u32 share)
{
	u64 earned = min_t(u64, reads, MPATH_BUDGET_READS) * share;

	budget->saved = min_t(u64, budget->saved + earned,
			      max_t(u64, earned, MPATH_BUDGET_BURST));
}

/* may one more be sent? */
static inline bool mpath_budget_left(const struct mpath_budget *budget)
{
	return budget->saved >= MPATH_BUDGET_ONE;
}

static inline bool mpath_budget_spend(struct mpath_budget *budget)
{
	if (!mpath_budget_left(budget))
		return false;
	budget->saved -= MPATH_BUDGET_ONE;
	return true;
}

#endif
