/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens every tick: heat, latencies, thresholds, the plan, and keeping
 * the metadata current.
 */
#ifndef TIER_TICK_H
#define TIER_TICK_H

#include "tier-pool.h"

#define TIER_CHECKPOINT_NS	(60ULL * NSEC_PER_SEC)	/* tables are written that often */

/* memory and works of a new pool; 0 or -ENOMEM */
int tier_tick_init(struct tier_pool *pool);
void tier_tick_exit(struct tier_pool *pool);
/* start and stop ticking; stop also ends moves early and waits for them */
void tier_tick_start(struct tier_pool *pool);
void tier_tick_stop(struct tier_pool *pool);
/* what was planned may name what is gone: plan anew; pool->lock held */
void tier_tick_replan(struct tier_pool *pool);

/* tier-sample.c: drain the CPUs' samples into the extents' heat */
void tier_sample_drain(struct tier_pool *pool);

/* tier-planner.c: one slice of planning, and carrying the plan out */
void tier_planner_tick(struct tier_pool *pool);
/* worker: begins the moves that the last round has planned */
void tier_planner_dispatch(struct work_struct *work);
/* latency of a tier as the planner counts it: measured, or by rank */
u64 tier_planner_latency(struct tier_pool *pool, unsigned int rank);

/* tier-watch.c: rates, thresholds, low space, ends of migrations and evacuations */
void tier_watch_tick(struct tier_pool *pool, u64 elapsed_ns);

#endif
