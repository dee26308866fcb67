// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for in-flight I/O; the argument is in tier-quiesce.h.
 */
#include "tier-quiesce.h"

int tier_quiesce_init(struct tier_quiesce *quiesce)
{
	quiesce->inflight = alloc_percpu(struct tier_inflight);
	if (!quiesce->inflight)
		return -ENOMEM;
	mutex_init(&quiesce->lock);
	init_waitqueue_head(&quiesce->wait);
	return 0;
}

void tier_quiesce_exit(struct tier_quiesce *quiesce)
{
	free_percpu(quiesce->inflight);
}

/*
 * No I/O enters @phase any more, so each counter read is at least its final
 * value and a sum of zero means that all have left.
 */
static bool tier_quiesce_drained(struct tier_quiesce *quiesce, u32 phase)
{
	long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(quiesce->inflight, cpu)->n[phase]);
	return !sum;
}

static void tier_quiesce_round(struct tier_quiesce *quiesce)
{
	u32 old = quiesce->phase;

	/* the entries changed before this are seen by all who see the flip */
	smp_store_release(&quiesce->phase, old ^ 1);
	synchronize_rcu_expedited();

	WRITE_ONCE(quiesce->waiting, true);
	smp_mb(); /* waiting is seen, or the sum below is */
	/*
	 * tier_quiesce_leave() has no barrier between its two steps, so a wake-up
	 * may be missed: look again after a jiffy.
	 */
	while (!wait_event_timeout(quiesce->wait, tier_quiesce_drained(quiesce, old), 1))
		;
	WRITE_ONCE(quiesce->waiting, false);
	/* pairs with smp_wmb() in tier_quiesce_leave(): what they noted is here */
	smp_mb();
}

void tier_quiesce(struct tier_pool *pool)
{
	struct tier_quiesce *quiesce = &pool->quiesce;
	u64 want;

	smp_mb(); /* the caller's change of an entry comes before the look at started */
	want = READ_ONCE(quiesce->started) + 1;
	mutex_lock(&quiesce->lock);
	/* done by another: its barriers come with the lock */
	if (quiesce->done < want) {
		WRITE_ONCE(quiesce->started, quiesce->started + 1);
		smp_mb(); /* who sees the old count has changed its entry before the flip */
		tier_quiesce_round(quiesce);
		quiesce->done = quiesce->started;
	}
	mutex_unlock(&quiesce->lock);
}
