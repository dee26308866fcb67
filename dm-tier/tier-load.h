/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pool comes up: from disk the first time, with another table afterwards; and
 * it goes down.
 */
#ifndef TIER_LOAD_H
#define TIER_LOAD_H

#include "tier-target.h"

/**
 * tier_load_check() - could this table be loaded?
 * @pool: loaded or not; its lock is held
 * @table: parsed, with its devices open
 *
 * Looks at the first block of every device, writes nothing; ti->error is set.
 *
 * Return: 0, or -errno.
 */
int tier_load_check(struct tier_pool *pool, struct tier_pool_target *table);

/**
 * tier_load_bind() - make @table the pool's
 * @pool: whose LUNs wait meanwhile
 * @table: checked before
 *
 * The first time: format or load the metadata. LUN I/O is held meanwhile.
 * May sleep. On error the pool stays suspended.
 *
 * Return: 0, or -errno.
 */
int tier_load_bind(struct tier_pool *pool, struct tier_pool_target *table);

/* the pool stops: usage, heat and tables are written; LUN I/O is held by now */
void tier_load_stop(struct tier_pool *pool);

/* forget all that was loaded */
void tier_load_drop_objects(struct tier_pool *pool);

/* a map that is not the pool's any more, or a pool without a table */
void tier_load_unbind(struct tier_pool *pool, struct tier_pool_target *table);

#endif
