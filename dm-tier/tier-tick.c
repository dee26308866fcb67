// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pool's clock.
 */
#include <linux/sched/mm.h>

#include "tier-commit.h"
#include "tier-lun.h"
#include "tier-op.h"
#include "tier-stock.h"
#include "tier-tick.h"

#define TIER_USAGE_NS		(5 * NSEC_PER_SEC)	/* written that often */

/* a crash takes usage back by at most TIER_USAGE_NS, heat by TIER_CHECKPOINT_NS */
static void tier_tick_persist(struct tier_pool *pool, u64 now)
{
	if (!tier_pool_writable(pool))
		return;
	if (now - pool->checkpoint_stamp >= TIER_CHECKPOINT_NS) {
		pool->checkpoint_stamp = now;
		pool->usage_stamp = now;
		if (!tier_lun_commit_usage(pool, true))
			tier_commit_checkpoint(pool, false);
	} else if (now - pool->usage_stamp >= TIER_USAGE_NS) {
		pool->usage_stamp = now;
		tier_lun_commit_usage(pool, false);
	}
}

static void tier_tick_work(struct work_struct *work)
{
	struct tier_pool *pool = container_of(to_delayed_work(work), struct tier_pool, tick_work);
	unsigned int noio = memalloc_noio_save();
	u64 now = ktime_get_ns(), elapsed;

	mutex_lock(&pool->lock);
	elapsed = now - pool->tick_ns;
	pool->tick_ns = now;
	pool->active_ms += div_u64(elapsed, NSEC_PER_MSEC);
	WRITE_ONCE(pool->ticks, pool->ticks + 1);
	tier_sample_drain(pool);
	tier_watch_tick(pool, elapsed);
	tier_planner_tick(pool);
	tier_tick_persist(pool, now);
	mutex_unlock(&pool->lock);

	memalloc_noio_restore(noio);
	if (!READ_ONCE(pool->stopping))
		queue_delayed_work(pool->move_wq, &pool->tick_work,
				   msecs_to_jiffies(READ_ONCE(pool->conf.tick_ms)));
}

int tier_tick_init(struct tier_pool *pool)
{
	pool->plan = tier_plan_new();
	if (!pool->plan)
		return -ENOMEM;
	pool->plan_moves = kvcalloc(TIER_PLAN_MOVES, sizeof(*pool->plan_moves), GFP_KERNEL);
	if (!pool->plan_moves) {
		tier_plan_destroy(pool->plan);
		pool->plan = NULL;
		return -ENOMEM;
	}
	INIT_DELAYED_WORK(&pool->tick_work, tier_tick_work);
	INIT_WORK(&pool->dispatch_work, tier_planner_dispatch);
	INIT_WORK(&pool->stock_work, tier_stock_work);
	pool->stopping = true;
	return 0;
}

void tier_tick_exit(struct tier_pool *pool)
{
	if (!pool->plan)
		return;
	kvfree(pool->plan_moves);
	tier_plan_destroy(pool->plan);
}

void tier_tick_start(struct tier_pool *pool)
{
	mutex_lock(&pool->lock);
	pool->tick_ns = ktime_get_ns();
	pool->usage_stamp = pool->tick_ns;
	pool->checkpoint_stamp = pool->tick_ns;
	tier_tick_replan(pool);
	WRITE_ONCE(pool->stopping, false);
	mutex_unlock(&pool->lock);
	queue_delayed_work(pool->move_wq, &pool->tick_work, 0);
}

/*
 * The flag is seen by the moves, which end early, by the tick and by the
 * dispatcher, which then begin nothing and do not queue themselves again.
 */
void tier_tick_stop(struct tier_pool *pool)
{
	WRITE_ONCE(pool->stopping, true);
	wake_up_all(&pool->ops_wait);
	cancel_delayed_work_sync(&pool->tick_work);
	cancel_work_sync(&pool->dispatch_work);
	cancel_work_sync(&pool->stock_work);
	wait_event(pool->ops_wait, !atomic_read(&pool->moves));
}
