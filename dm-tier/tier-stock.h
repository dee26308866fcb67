/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zeroing, and a stock of extents zeroed ahead of need, so that a first write
 * seldom waits for it. What another LUN once wrote is never readable.
 */
#ifndef TIER_STOCK_H
#define TIER_STOCK_H

#include "tier-pool.h"

/* write zeros to an extent from sector @offset on and flush its member: may sleep */
int tier_stock_zero(struct tier_pool *pool, struct tier_member *member, u64 extent, u32 offset);
/* an extent was taken for a first write; @miss: the stock had none */
void tier_stock_want(struct tier_pool *pool, struct tier_member *member, bool miss);
void tier_stock_work(struct work_struct *work);
/* give the stock of a member back to its free space; space_lock held */
void tier_stock_drop(struct tier_member *member);
/* synchronous cache flush of a member */
int tier_stock_flush(struct tier_pool *pool, struct tier_member *member);

#endif
