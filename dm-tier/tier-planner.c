// SPDX-License-Identifier: GPL-2.0-only
/*
 * The planner's surroundings in the kernel: show it the extents a slice a tick,
 * and carry out what it decides as fast as slots and members allow.
 */
#include <linux/random.h>

#include "tier-event.h"
#include "tier-lun.h"
#include "tier-migrate.h"
#include "tier-place.h"
#include "tier-tick.h"

#define TIER_SCAN_SLICE		65536	/* extents looked at in one tick */
#define TIER_LATENCY_FAST	100000	/* ns, an unmeasured first tier */
#define TIER_LATENCY_SLOW	4000000	/* ns, an unmeasured second one; then doubling */
#define TIER_COPY_NS_SECTOR	1300	/* about 400 MB/s */
#define TIER_CROWDED_PERCENT	10	/* fuller than its tier by so much: balance */
#define TIER_DECAY_TICKS	16384	/* epochs have 16 bits: never let one grow old */

/*
 * The operator's order counts: a tier is taken for at least twice as fast as the
 * next one unless its measured latency, under load, has become clearly worse.
 */
u64 tier_planner_latency(struct tier_pool *pool, unsigned int rank)
{
	u64 own = READ_ONCE(pool->tiers[pool->by_rank[rank]].latency_ns), next;

	if (!own)
		own = rank ? (u64)TIER_LATENCY_SLOW << (rank - 1) : TIER_LATENCY_FAST;
	if (rank + 1 >= pool->nr_ranks)
		return own;
	next = tier_planner_latency(pool, rank + 1);	/* at most TIER_MAX_TIERS deep */
	if (own > next + next / 2)
		return own;
	return max_t(u64, min(own, next / 2), 1);
}

static void tier_planner_tiers(struct tier_pool *pool, struct tier_plan_tier *tiers)
{
	unsigned int rank, i;

	for (rank = 0; rank < pool->nr_ranks; rank++) {
		u8 id = pool->by_rank[rank];
		struct tier_tier *tier = &pool->tiers[id];
		struct tier_plan_tier *plan = &tiers[rank];

		memset(plan, 0, sizeof(*plan));
		plan->latency_ns = tier_planner_latency(pool, rank);
		plan->copy_ns = plan->latency_ns + pool->extent_sectors * TIER_COPY_NS_SECTOR;
		spin_lock(&pool->space_lock);
		for (i = 0; i < tier->nr_members; i++) {
			struct tier_member *member = tier->members[i];

			if (member->space.open)
				plan->total += member->space.nr;
			if (member->bdev && tier_bdev_rotational(member->bdev))
				plan->rotational = true;
		}
		plan->free = tier_place_tier_free(pool, id);
		plan->headroom = tier_place_headroom(pool, id);
		plan->unused_reserve = tier->unused_reserve;
		spin_unlock(&pool->space_lock);
	}
}

static void tier_planner_begin(struct tier_pool *pool)
{
	struct tier_plan_tier tiers[TIER_MAX_TIERS];
	struct tier_lun *lun;

	list_for_each_entry(lun, &pool->luns, list)
		tier_lun_update_plan(lun);
	tier_planner_tiers(pool, tiers);
	tier_plan_begin(pool->plan, tiers, pool->nr_ranks, pool->ticks, pool->conf.moves,
			!pool->conf.moves);
	pool->scan_member = 0;
	pool->scan_extent = 0;
	pool->plan_round = true;
}

/* is this member much fuller than its tier as a whole? */
static bool tier_planner_crowded(struct tier_pool *pool, struct tier_member *member)
{
	struct tier_tier *tier = &pool->tiers[member->tier];
	u64 total = 0, taken = 0;
	unsigned int i;

	if (tier->nr_members < 2 || !member->space.open)
		return false;
	spin_lock(&pool->space_lock);
	for (i = 0; i < tier->nr_members; i++)
		if (tier->members[i]->space.open) {
			total += tier->members[i]->space.nr;
			taken += tier->members[i]->space.taken;
		}
	spin_unlock(&pool->space_lock);
	return div64_u64(member->space.taken * 100, member->space.nr) >
	       div64_u64(taken * 100, total) + TIER_CROWDED_PERCENT;
}

static void tier_planner_show(struct tier_pool *pool, struct tier_member *member, u64 extent,
			      bool crowded)
{
	struct tier_meta_member *meta = pool->meta.members[member->index];
	struct tier_plan_extent seen = {
		.owner = READ_ONCE(meta->owner[extent]),
		.member = member->index,
		.extent = extent,
		.rank = pool->tiers[member->tier].rank,
		.draining = member->state == TIER_MEMBER_DRAINING,
		.crowded = crowded,
		.heat = &meta->heat[extent],
	};
	struct tier_lun *lun;

	if (seen.owner == TIER_FREE || seen.rank == TIER_NONE)
		return;
	lun = tier_lun_find(pool, TIER_OWNER_LUN(seen.owner));
	if (!lun)
		return;
	if ((u16)(pool->ticks - meta->heat[extent].epoch) > TIER_DECAY_TICKS) {
		tier_heat_decay(&meta->heat[extent], pool->ticks, get_random_u32());
		tier_member_touch(member, extent);
	}
	seen.lun = &lun->plan;
	seen.forbidden = !test_bit(member->index, lun->allowed_members);
	tier_plan_visit(pool->plan, &seen);
}

/* Return: true when every member has been shown */
static bool tier_planner_scan(struct tier_pool *pool)
{
	unsigned int left = TIER_SCAN_SLICE;
	struct tier_member *member;
	bool crowded;

	while (pool->scan_member < TIER_MAX_MEMBERS) {
		member = pool->members[pool->scan_member];
		crowded = member && tier_planner_crowded(pool, member);
		/* what cannot be read cannot be moved */
		while (member && member->bdev && pool->scan_extent < member->space.nr) {
			tier_planner_show(pool, member, pool->scan_extent++, crowded);
			if (!--left)
				return false;
			if (!(left % 4096))
				cond_resched();
		}
		pool->scan_member++;
		pool->scan_extent = 0;
	}
	return true;
}

void tier_planner_tick(struct tier_pool *pool)
{
	if (!tier_pool_writable(pool) || pool->plan_next < pool->plan_nr)
		return;
	if (!pool->plan_round)
		tier_planner_begin(pool);
	if (!tier_planner_scan(pool))
		return;
	pool->plan_round = false;
	pool->plan_nr = tier_plan_finish(pool->plan, pool->plan_moves, TIER_PLAN_MOVES);
	pool->plan_next = 0;
	if (pool->plan_nr)
		queue_work(pool->move_wq, &pool->dispatch_work);
}

/*
 * Moves are begun in the order of the plan. One whose members are busy holds up
 * the rest until a move ends; one that has no place is dropped: the next round
 * finds it again if it is still wanted.
 */
void tier_planner_dispatch(struct work_struct *work)
{
	struct tier_pool *pool = container_of(work, struct tier_pool, dispatch_work);
	struct tier_plan_move *move;

	mutex_lock(&pool->lock);
	while (pool->plan_next < pool->plan_nr && !READ_ONCE(pool->stopping) &&
	       tier_pool_writable(pool) && atomic_read(&pool->moves) < pool->max_moves) {
		move = &pool->plan_moves[pool->plan_next];
		if (move->to >= pool->nr_ranks)
			goto next;
		if (tier_migrate_start(pool, move, pool->by_rank[move->to]) == -EAGAIN &&
		    atomic_read(&pool->moves))
			break;
next:
		pool->plan_next++;
	}
	mutex_unlock(&pool->lock);
}

void tier_tick_replan(struct tier_pool *pool)
{
	pool->plan_round = false;
	pool->plan_nr = 0;
	pool->plan_next = 0;
}
