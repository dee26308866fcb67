/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TIER_DISCARD_H
#define TIER_DISCARD_H

#include "tier-pool.h"

/* most extents of one discard bio (queue limit) */
#define TIER_DISCARD_EXTENTS	64

/**
 * tier_discard_start() - free the whole extents inside a discard
 * @lun: whose
 * @bio: the discard
 *
 * Worker context; the bio ends when the freeing is durable. Parts of extents at
 * the edges are left as they are.
 *
 * Return: false: try again later (no memory).
 */
bool tier_discard_start(struct tier_lun *lun, struct bio *bio);

/**
 * tier_discard_range() - free logical extents [first, first + count) of a LUN
 * @lun: whose
 * @first: logical extent
 * @count: extents
 *
 * For discards, shrinking and deletion. May sleep; waits for moves on them.
 * Crash: each batch is freed whole or not at all.
 *
 * Return: 0, or -errno; what was freed until then stays free.
 */
int tier_discard_range(struct tier_lun *lun, u64 first, u64 count);

/* zero what an extent holds beyond @sectors, the end of the LUN so far; durable */
int tier_discard_tail(struct tier_lun *lun, u64 sectors);

#endif
