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

/* @saved: in MPATH_BUDGET_ONE per read that may be hedged */
struct mpath_budget {
	u64 saved;
};

/* @reads more reads have been sent, of which @share (hundredths of a percent) may be hedged */
static inline void mpath_budget_earn(struct mpath_budget *budget, u64 reads, u32 share)
{
	reads = min_t(u64, reads, MPATH_BUDGET_BURST);
	budget->saved = min_t(u64, budget->saved + reads * share, MPATH_BUDGET_BURST);
}

static inline bool mpath_budget_spend(struct mpath_budget *budget)
{
	if (budget->saved < MPATH_BUDGET_ONE)
		return false;
	budget->saved -= MPATH_BUDGET_ONE;
	return true;
}

#endif
