// SPDX-License-Identifier: GPL-2.0-only
/*
 * LUNs as a whole: deletion, resizing, and the start of a migration.
 */
#include <linux/slab.h>

#include "tier-commit.h"
#include "tier-discard.h"
#include "tier-event.h"
#include "tier-lun.h"
#include "tier-op.h"
#include "tier-place.h"
#include "tier-quiesce.h"
#include "tier-tick.h"

static struct tier_lun_record *tier_change_record(const struct tier_lun *lun)
{
	return kmemdup(&lun->rec, sizeof(lun->rec), GFP_KERNEL);
}

static int tier_change_forget(struct tier_lun *lun, struct tier_lun_record *rec)
{
	struct tier_put put = { .kind = TIER_PUT_LUN, .index = lun->slot, .lun = rec };

	rec->flags = 0;
	return tier_commit(lun->pool, &put, 1);
}

/* its counters go with it: whoever bills has them from here, or not at all */
static void tier_change_deleted(struct tier_lun *lun, struct tier_lun_record *rec)
{
	struct tier_event event = TIER_EVENT("lun-deleted");
	struct tier_pool *pool = lun->pool;

	tier_lun_usage(lun, rec->usage);
	event.lun = lun->id;
	event.has_sectors = true;
	event.sectors = lun->rec.sectors;
	event.usage = rec->usage;
	tier_lun_drop(lun);
	tier_netlink_changed();
	tier_event_send(pool, &event);
}

int tier_lun_delete(struct tier_lun *lun)
{
	struct tier_pool *pool = lun->pool;
	struct tier_lun_record *rec = tier_change_record(lun);
	int ret;

	if (!rec)
		return -ENOMEM;
	rec->flags |= TIER_LUN_DELETING;
	ret = tier_lun_commit(lun, rec);
	if (ret)
		goto out;
	WRITE_ONCE(lun->dead, true);	/* moves on it end early, none begins */
	wake_up_all(&pool->ops_wait);
	ret = tier_discard_range(lun, 0, tier_lun_extents(pool, rec->sectors));
	if (!ret)
		ret = tier_change_forget(lun, rec);
	if (ret)
		goto out;	/* the record says DELETING: the next start goes on */
	tier_tick_replan(pool);
	tier_op_wait_lun(lun);
	tier_change_deleted(lun, rec);
out:
	kfree(rec);
	return ret;
}

/* publish a map of another size; the old one goes when no reader has it */
static int tier_change_map(struct tier_lun *lun, u64 extents)
{
	struct tier_map *old, *new;

	mutex_lock(&lun->map_lock);
	old = rcu_dereference_protected(lun->map, true);
	new = tier_map_resize(old, extents);
	if (!new) {
		mutex_unlock(&lun->map_lock);
		return -ENOMEM;
	}
	rcu_assign_pointer(lun->map, new);
	mutex_unlock(&lun->map_lock);
	/*
	 * Entries in leaves that go may be owned by operations until these end. A
	 * move may be as slow as its rate: it ends early, and is planned anew.
	 */
	if (new->leaves < old->leaves) {
		WRITE_ONCE(lun->still, true);
		wake_up_all(&lun->pool->ops_wait);
		tier_op_wait_lun(lun);
		WRITE_ONCE(lun->still, false);
	}
	synchronize_rcu();
	tier_map_free_resized(old, new);
	return 0;
}

int tier_lun_resize(struct tier_lun *lun, u64 sectors)
{
	struct tier_pool *pool = lun->pool;
	struct tier_lun_record *rec = tier_change_record(lun);
	u64 old = tier_lun_extents(pool, lun->rec.sectors);
	u64 new = tier_lun_extents(pool, sectors);
	int ret = 0;

	if (!rec)
		return -ENOMEM;
	/*
	 * What an earlier shrink cut off in the middle of an extent must not come
	 * back. Zeroed here, where a crash before the commit shows nobody.
	 */
	if (sectors > lun->rec.sectors)
		ret = tier_discard_tail(lun, lun->rec.sectors);
	if (ret)
		goto out;
	if (new > old)
		ret = tier_change_map(lun, new);
	else if (new < old)
		ret = tier_discard_range(lun, new, old - new);
	if (ret)
		goto out;
	rec->sectors = sectors;
	ret = tier_lun_commit(lun, rec);
	/* the size is recorded; a map that stays larger does no harm */
	if (!ret && new < old)
		tier_change_map(lun, new);
out:
	kfree(rec);
	return ret;
}

int tier_lun_set_target(struct tier_lun *lun, u8 tier, struct tier_err *err)
{
	struct tier_pool *pool = lun->pool;
	struct tier_event event = TIER_EVENT("lun-migrating");
	struct tier_lun_record *rec;
	u64 total, used, free, mapped = tier_lun_mapped(lun);
	int ret;

	if (tier != TIER_NONE) {
		if (!(lun->rec.allowed & BIT(tier)) || pool->tiers[tier].rank == TIER_NONE)
			return tier_fail(err, -EPERM, "LUN %u may not use tier %s", lun->id,
					 tier_name(pool, tier));
		if (lun->rec.pin != TIER_NONE && lun->rec.pin != tier)
			return tier_fail(err, -EPERM, "LUN %u is pinned to tier %s", lun->id,
					 tier_name(pool, lun->rec.pin));
		tier_pool_tier_space(pool, tier, &total, &used, &free);
		if (mapped > total || (lun->rec.max[tier] && mapped > lun->rec.max[tier]))
			return tier_fail(err, -ENOSPC,
					 "LUN %u has %llu extents, tier %s takes %llu of it",
					 lun->id, mapped, tier_name(pool, tier),
					 min(lun->rec.max[tier] ?: total, total));
	}
	rec = tier_change_record(lun);
	if (!rec)
		return tier_fail(err, -ENOMEM, "out of memory");
	rec->target = tier;
	ret = tier_lun_commit(lun, rec);
	kfree(rec);
	if (ret)
		return tier_fail(err, ret, "metadata could not be written");
	tier_tick_replan(pool);
	if (tier != TIER_NONE) {
		event.lun = lun->id;
		event.to = tier_name(pool, tier);
		tier_event_send(pool, &event);
	}
	return 0;
}
