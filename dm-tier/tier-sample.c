// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the samples that the I/O path leaves per CPU to the heat of extents. The
 * tick worker is the only consumer and the only writer of heat, but for a move
 * that carries an extent's heat along.
 */
#include <linux/random.h>

#include "tier-tick.h"

static void tier_sample_credit(struct tier_pool *pool, const struct tier_sample *sample,
			       u32 random)
{
	u32 sectors = sample->size & ~BIT(31);
	struct tier_meta_member *member;
	struct tier_lun *lun;
	u64 *at, entry = 0;

	if (tier_heat_sequential(&pool->streams, sample->lun, sample->sector, sectors))
		return;
	rcu_read_lock();
	lun = tier_lun_find(pool, sample->lun);
	if (lun) {
		at = tier_map_entry(rcu_dereference(lun->map),
				    sample->sector >> pool->extent_shift);
		entry = at ? READ_ONCE(*at) : 0;
	}
	rcu_read_unlock();
	if (!(entry & TIER_ENTRY_VALID))
		return;
	member = pool->meta.members[tier_entry_member(entry)];
	tier_heat_add(&member->heat[tier_entry_extent(entry)], sample->size & BIT(31), sectors,
		      pool->ticks, random);
	tier_member_touch(pool->members[tier_entry_member(entry)], tier_entry_extent(entry));
}

static void tier_sample_drain_cpu(struct tier_pool *pool, struct tier_samples *ring, u32 *random)
{
	u32 tail = ring->tail;
	/* pairs with smp_store_release() in tier_io_sample() */
	u32 head = smp_load_acquire(&ring->head);

	for (; tail != head; tail++) {
		*random = *random * 1664525 + 1013904223;
		tier_sample_credit(pool, &ring->s[tail % TIER_SAMPLES], *random);
	}
	/* the entries are read before the producer may use them again */
	smp_store_release(&ring->tail, tail);
}

void tier_sample_drain(struct tier_pool *pool)
{
	u32 random = get_random_u32();
	int cpu;

	for_each_possible_cpu(cpu) {
		tier_sample_drain_cpu(pool, per_cpu_ptr(pool->samples, cpu), &random);
		cond_resched();
	}
}
