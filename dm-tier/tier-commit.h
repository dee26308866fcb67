/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way to the metadata: one ordered worker, group commit.
 */
#ifndef TIER_COMMIT_H
#define TIER_COMMIT_H

#include "tier-pool.h"

#define TIER_COMMIT_PUTS	1024	/* most puts of one caller's transaction */

/* the worker and its memory; 0 or -ENOMEM. tier_commit_exit() after the last commit */
int tier_commit_init(struct tier_pool *pool);
void tier_commit_exit(struct tier_pool *pool);

/**
 * tier_commit() - make puts durable as one transaction
 * @pool: whose metadata
 * @puts: at most TIER_COMMIT_PUTS; what they point at stays put until return
 * @n: how many; 0 does nothing
 *
 * May sleep; not from the commit worker. Waits for one journal write, shared
 * with all who come meanwhile.
 *
 * Return: 0, or -errno, the pool then being read-only (but for -EINVAL, -E2BIG).
 */
int tier_commit(struct tier_pool *pool, const struct tier_put *puts, unsigned int n);

/* run @fn in the metadata's worker and return what it returns; may sleep */
int tier_commit_call(struct tier_pool *pool, int (*fn)(struct tier_pool *pool, void *arg),
		     void *arg);

/* write the tables, heat included; @clean: the pool is stopping; pool->lock held */
int tier_commit_checkpoint(struct tier_pool *pool, bool clean);

#endif
