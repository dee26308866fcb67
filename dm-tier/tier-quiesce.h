/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In-flight I/O, counted per CPU in two phases, so that whoever has changed a
 * map entry can wait for all I/O that may have seen the old one.
 *
 * The reader, with RCU read lock held: reads the phase, then the entry, then
 * counts itself in the phase it read. The changer: changes the entry, then
 * flips the phase, waits for a grace period and for the old phase to fall to
 * zero. An I/O that saw the old entry read the phase before it, so it is
 * counted in the old phase by the end of the grace period; one that reads the
 * phase after the flip sees the new entry. What an I/O has stored before it
 * leaves (chunks noted for a move) is seen by whoever sees the phase at zero.
 */
#ifndef TIER_QUIESCE_H
#define TIER_QUIESCE_H

#include "tier-pool.h"

#define TIER_NO_PHASE	2	/* this I/O is not counted */

static inline u32 tier_quiesce_phase(struct tier_pool *pool)
{
	/* pairs with smp_store_release() in tier_quiesce_round() */
	return smp_load_acquire(&pool->quiesce.phase);
}

static inline void tier_quiesce_enter(struct tier_pool *pool, u32 phase)
{
	this_cpu_inc(pool->quiesce.inflight->n[phase]);
}

static inline void tier_quiesce_leave(struct tier_pool *pool, u32 phase)
{
	/* pairs with smp_mb() after the drain in tier_quiesce_round() */
	smp_wmb();
	this_cpu_dec(pool->quiesce.inflight->n[phase]);
	if (unlikely(READ_ONCE(pool->quiesce.waiting)))
		wake_up(&pool->quiesce.wait);
}

/* counters of a new pool; 0 or -ENOMEM */
int tier_quiesce_init(struct tier_quiesce *quiesce);
void tier_quiesce_exit(struct tier_quiesce *quiesce);

/**
 * tier_quiesce() - wait for all I/O that may have seen entries as they were
 * @pool: the entries' pool
 *
 * May sleep, for as long as the slowest I/O in flight. Callers that come while
 * a round runs share the next one.
 */
void tier_quiesce(struct tier_pool *pool);

#endif
