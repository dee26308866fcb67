/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TIER_FLUSH_H
#define TIER_FLUSH_H

#include "tier-pool.h"

/**
 * tier_flush_start() - carry out an empty flush
 * @pool: of the LUN
 * @bio: the flush
 *
 * Every member that holds extents of the bio's LUN is flushed; the bio ends
 * when all have answered, with the first error. Flushes that come while others
 * run share the next round. Worker context.
 */
void tier_flush_start(struct tier_pool *pool, struct bio *bio);
int tier_flush_init(struct tier_pool *pool);	/* bioset_exit(&pool->flush_bios) undoes it */

#endif
