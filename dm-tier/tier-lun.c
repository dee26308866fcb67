// SPDX-License-Identifier: GPL-2.0-only
/*
 * LUN objects, their usage and their records.
 *
 * Usage is exact while the pool is up: I/O counts per CPU, held time brought up
 * to date whenever a count of extents changes. It is written with the LUN's
 * record every few seconds and at each stop; a crash sets it back to that.
 */
#include <linux/slab.h>
#include <linux/sched/mm.h>

#include "tier-commit.h"
#include "tier-event.h"
#include "tier-lun.h"

struct tier_lun *tier_lun_find(struct tier_pool *pool, u32 id)
{
	return xa_load(&pool->lun_ids, id);
}

u64 tier_lun_extents(const struct tier_pool *pool, u64 sectors)
{
	return (sectors + pool->extent_sectors - 1) >> pool->extent_shift;
}

u64 tier_lun_mapped(struct tier_lun *lun)
{
	u64 mapped = 0;
	unsigned int t;

	for (t = 0; t < TIER_MAX_TIERS; t++)
		mapped += READ_ONCE(lun->used[t]);
	return mapped;
}

void tier_lun_account_held(struct tier_lun *lun)
{
	u64 ms = div_u64(ktime_get_ns() - lun->held_stamp, NSEC_PER_MSEC);
	unsigned int t;

	/* whole milliseconds only: the rest counts next time */
	lun->held_stamp += ms * NSEC_PER_MSEC;
	for (t = 0; t < TIER_MAX_TIERS; t++)
		lun->rec.usage[t].held_ms += lun->used[t] * ms;
}

void tier_lun_account_move(struct tier_lun *lun, u8 from, u8 to, u64 sectors)
{
	spin_lock(&lun->pool->space_lock);
	lun->rec.usage[from].out_sectors += sectors;
	lun->rec.usage[to].in_sectors += sectors;
	lun->rec_dirty = true;
	spin_unlock(&lun->pool->space_lock);
}

static void tier_lun_sum_stats(struct tier_lun *lun, struct tier_usage *usage)
{
	unsigned int t;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct tier_lun_stats *stats = per_cpu_ptr(lun->stats, cpu);

		for (t = 0; t < TIER_MAX_TIERS; t++) {
			usage[t].read_ios += READ_ONCE(stats->ios[0][t]);
			usage[t].write_ios += READ_ONCE(stats->ios[1][t]);
			usage[t].read_sectors += READ_ONCE(stats->sectors[0][t]);
			usage[t].write_sectors += READ_ONCE(stats->sectors[1][t]);
		}
	}
}

/* rec.usage holds what was before this load; the per-CPU counters what came since */
void tier_lun_usage(struct tier_lun *lun, struct tier_usage usage[TIER_MAX_TIERS])
{
	spin_lock(&lun->pool->space_lock);
	tier_lun_account_held(lun);
	memcpy(usage, lun->rec.usage, sizeof(lun->rec.usage));
	spin_unlock(&lun->pool->space_lock);
	tier_lun_sum_stats(lun, usage);
}

u64 tier_lun_total_ios(struct tier_lun *lun)
{
	u64 ios = 0;
	unsigned int t;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct tier_lun_stats *stats = per_cpu_ptr(lun->stats, cpu);

		for (t = 0; t < TIER_MAX_TIERS; t++)
			ios += READ_ONCE(stats->ios[0][t]) + READ_ONCE(stats->ios[1][t]);
	}
	return ios;
}

static bool tier_lun_has_tag(const char *tags, const char *tag)
{
	size_t len = strlen(tag);
	const char *at = tags;

	while (len && (at = strstr(at, tag))) {
		if ((at == tags || at[-1] == ',') && (at[len] == ',' || !at[len]))
			return true;
		at += len;
	}
	return false;
}

void tier_lun_update_tags(struct tier_lun *lun)
{
	struct tier_pool *pool = lun->pool;
	unsigned int i;

	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		struct tier_member *member = pool->members[i];

		if (member && (!lun->rec.tags[0] || tier_lun_has_tag(lun->rec.tags, member->tag)))
			set_bit(i, lun->allowed_members);
		else
			clear_bit(i, lun->allowed_members);
	}
}

static u8 tier_lun_rank(const struct tier_pool *pool, u8 tier)
{
	return tier == TIER_NONE ? TIER_NONE : pool->tiers[tier].rank;
}

/*
 * Ranks that have room, but on no member that the LUN may use: planning moves
 * there again and again would lead nowhere. space_lock held.
 */
static u8 tier_lun_shut(struct tier_lun *lun)
{
	struct tier_pool *pool = lun->pool;
	unsigned int rank, i;
	u8 shut = 0;

	for (rank = 0; rank < pool->nr_ranks; rank++) {
		struct tier_tier *tier = &pool->tiers[pool->by_rank[rank]];
		bool room = false, ours = false;

		for (i = 0; i < tier->nr_members; i++) {
			struct tier_member *member = tier->members[i];

			if (!member->space.open || (member->space.taken == member->space.nr &&
						    !member->nr_stock))
				continue;
			room = true;
			ours = ours || test_bit(member->index, lun->allowed_members);
		}
		if (room && !ours)
			shut |= BIT(rank);
	}
	return shut;
}

void tier_lun_update_plan(struct tier_lun *lun)
{
	struct tier_pool *pool = lun->pool;
	struct tier_lun_record *rec = &lun->rec;
	struct tier_plan_lun *plan = &lun->plan;
	unsigned int rank;

	spin_lock(&pool->space_lock);
	plan->id = lun->id;
	plan->allowed = 0;
	for (rank = 0; rank < pool->nr_ranks; rank++) {
		u8 tier = pool->by_rank[rank];

		if (rec->allowed & BIT(tier))
			plan->allowed |= BIT(rank);
		plan->used[rank] = lun->used[tier];
		plan->reserve[rank] = rec->reserve[tier];
		plan->max[rank] = rec->max[tier];
	}
	plan->pin = tier_lun_rank(pool, rec->pin);
	plan->home = tier_lun_rank(pool, rec->home);
	plan->target = tier_lun_rank(pool, rec->target);
	plan->weight = rec->weight;
	plan->frozen = lun->dead;
	plan->tagged = rec->tags[0];
	plan->shut = tier_lun_shut(lun);
	spin_unlock(&pool->space_lock);
}

struct tier_lun *tier_lun_add(struct tier_pool *pool, u32 slot,
			      const struct tier_lun_record *rec)
{
	struct tier_lun *lun = kvzalloc(sizeof(*lun), GFP_KERNEL);
	struct tier_map *map;
	unsigned int t;
	int ret = -ENOMEM;

	if (!lun)
		return ERR_PTR(-ENOMEM);
	map = tier_map_alloc(tier_lun_extents(pool, rec->sectors));
	if (!map)
		goto err_lun;
	lun->stats = alloc_percpu(struct tier_lun_stats);
	if (!lun->stats)
		goto err_map;
	lun->pool = pool;
	lun->id = rec->id;
	lun->slot = slot;
	lun->rec = *rec;
	/* of a pool that is read-only: the deletion goes on at the next start */
	lun->dead = rec->flags & TIER_LUN_DELETING;
	lun->held_stamp = ktime_get_ns();
	mutex_init(&lun->map_lock);
	INIT_LIST_HEAD(&lun->targets);
	spin_lock_init(&lun->bucket.lock);
	atomic_set(&lun->ops, 0);
	rcu_assign_pointer(lun->map, map);
	ret = xa_err(xa_store(&pool->lun_ids, lun->id, lun, GFP_KERNEL));
	if (ret)
		goto err_stats;

	spin_lock(&pool->space_lock);
	for (t = 0; t < TIER_MAX_TIERS; t++)
		pool->tiers[t].unused_reserve += rec->reserve[t];
	spin_unlock(&pool->space_lock);
	list_add_tail(&lun->list, &pool->luns);
	pool->nr_luns++;
	tier_lun_update_tags(lun);
	tier_lun_update_plan(lun);
	return lun;
err_stats:
	free_percpu(lun->stats);
err_map:
	tier_map_free(map);
err_lun:
	kvfree(lun);
	return ERR_PTR(ret);
}

void tier_lun_drop(struct tier_lun *lun)
{
	struct tier_pool *pool = lun->pool;
	unsigned int t;

	xa_erase(&pool->lun_ids, lun->id);
	list_del(&lun->list);
	pool->nr_luns--;
	spin_lock(&pool->space_lock);
	for (t = 0; t < TIER_MAX_TIERS; t++)
		pool->tiers[t].unused_reserve -= tier_lun_unused_reserve(lun, t);
	spin_unlock(&pool->space_lock);
	synchronize_rcu();	/* the heat worker and dumps find LUNs under RCU */
	tier_map_free(rcu_dereference_protected(lun->map, true));
	free_percpu(lun->stats);
	kvfree(lun);
}

/* the new record takes over; its usage keeps running from the old one's */
static void tier_lun_adopt(struct tier_lun *lun, const struct tier_lun_record *rec)
{
	struct tier_pool *pool = lun->pool;
	unsigned int t;

	spin_lock(&pool->space_lock);
	for (t = 0; t < TIER_MAX_TIERS; t++) {
		u64 unused = tier_lun_unused_reserve(lun, t);

		lun->rec.reserve[t] = rec->reserve[t];
		lun->rec.max[t] = rec->max[t];
		pool->tiers[t].unused_reserve += tier_lun_unused_reserve(lun, t) - unused;
	}
	lun->rec.flags = rec->flags;
	lun->rec.sectors = rec->sectors;
	lun->rec.allowed = rec->allowed;
	lun->rec.start = rec->start;
	lun->rec.pin = rec->pin;
	lun->rec.home = rec->home;
	lun->rec.target = rec->target;
	lun->rec.weight = rec->weight;
	lun->rec.up_iops = rec->up_iops;
	lun->rec.down_iops = rec->down_iops;
	lun->rec.hold = rec->hold;
	lun->rec.move_rate = rec->move_rate;
	memcpy(lun->rec.tags, rec->tags, sizeof(rec->tags));
	spin_unlock(&pool->space_lock);
	tier_lun_update_tags(lun);
	tier_lun_update_plan(lun);
}

int tier_lun_commit(struct tier_lun *lun, struct tier_lun_record *rec)
{
	struct tier_put put = { .kind = TIER_PUT_LUN, .index = lun->slot, .lun = rec };
	int ret;

	tier_lun_usage(lun, rec->usage);
	ret = tier_commit(lun->pool, &put, 1);
	if (!ret)
		tier_lun_adopt(lun, rec);
	return ret;
}

int tier_lun_commit_usage(struct tier_pool *pool, bool all)
{
	struct tier_lun_record *rec;
	struct tier_lun *lun;
	int ret = 0;

	rec = kmalloc(sizeof(*rec), GFP_NOIO);
	if (!rec)
		return -ENOMEM;
	list_for_each_entry(lun, &pool->luns, list) {
		struct tier_put put = { .kind = TIER_PUT_LUN, .index = lun->slot, .lun = rec };

		if (lun->dead || !(all || lun->rec_dirty))
			continue;
		lun->rec_dirty = false;
		*rec = lun->rec;
		tier_lun_usage(lun, rec->usage);
		ret = tier_commit(pool, &put, 1);
		if (ret)
			break;
	}
	kfree(rec);
	return ret;
}
