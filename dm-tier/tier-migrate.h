/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TIER_MIGRATE_H
#define TIER_MIGRATE_H

#include "tier-pool.h"

#define TIER_MOVES_PER_MEMBER	4

/**
 * tier_migrate_start() - begin to carry out one planned move
 * @pool: whose extent
 * @move: names the extent by its owner and where it was when planned
 * @to: tier id
 *
 * pool->lock held.
 *
 * Return: 0 under way; -EAGAIN: later (no slot, members busy);
 * -ESTALE: the extent is no longer there; -ENOSPC, -EDQUOT: no place.
 */
int tier_migrate_start(struct tier_pool *pool, const struct tier_plan_move *move, u8 to);

#endif
