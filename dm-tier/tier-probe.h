/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the metadata devices of a table hold.
 */
#ifndef TIER_PROBE_H
#define TIER_PROBE_H

#include "tier-pool.h"

struct tier_pool_target;

/**
 * struct tier_probe - what was found, as masks of metadata devices
 * @ours: hold a pool's metadata, by one superblock at least
 * @hurt: those of @ours whose first superblock cannot be read or is damaged, so
 *	that only the second one tells whose they are
 * @blank: zero in their first 4 KiB, and no format begins behind
 * @foreign: hold something else: not to be touched
 */
struct tier_probe {
	u32 ours;
	u32 hurt;
	u32 blank;
	u32 foreign;
};

/**
 * tier_probe_meta() - look at the metadata devices of a table; reads only
 * @pool: the pool; if it is loaded, a device with another pool's metadata is an error
 * @table: whose devices
 * @probe: filled
 *
 * May sleep. A device that cannot be read, or is foreign, is an error only if
 * no other holds the pool's metadata; it is in the log in any case. One too small
 * for the pool's metadata is an error, too.
 *
 * Return: 0, or -errno after a line in the log.
 */
int tier_probe_meta(struct tier_pool *pool, struct tier_pool_target *table,
		    struct tier_probe *probe);

#endif
