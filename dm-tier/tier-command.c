// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands: the same for "dmsetup message" and for netlink. Each checks all
 * there is to check under pool->lock, commits, and only then lets it count.
 */
#include <linux/slab.h>

#include "tier-commit.h"
#include "tier-event.h"
#include "tier-lun.h"
#include "tier-member.h"
#include "tier-op.h"
#include "tier-place.h"
#include "tier-policy.h"
#include "tier-target.h"
#include "tier-tick.h"

/* 0 with pool->lock held, or an error without it */
static int tier_command_begin(struct tier_pool *pool, struct tier_err *err)
{
	mutex_lock(&pool->lock);
	if (pool->loaded && pool->bound && tier_pool_writable(pool) &&
	    !(pool->gate & TIER_GATE_SUSPENDED))
		return 0;
	mutex_unlock(&pool->lock);
	if (!pool->loaded || pool->gate & TIER_GATE_SUSPENDED)
		return tier_fail(err, -EAGAIN, "the pool is suspended");
	return tier_fail(err, -EROFS, "the pool is %s", tier_mode_name(pool->mode));
}

static int tier_command_end(struct tier_pool *pool, int ret, struct tier_err *err)
{
	mutex_unlock(&pool->lock);
	if (ret && !err->text[0])
		tier_fail(err, ret, "failed with error %d", ret);
	return ret;
}

static int tier_command_lun(struct tier_pool *pool, u32 id, struct tier_lun **lun,
			    struct tier_err *err)
{
	*lun = tier_lun_find(pool, id);
	if (!*lun || (*lun)->dead)
		return tier_fail(err, -ENOENT, "no LUN %u in this pool", id);
	return 0;
}

static void tier_command_lun_event(struct tier_pool *pool, const char *name, u32 id, u64 sectors)
{
	struct tier_event event = TIER_EVENT(name);

	event.lun = id;
	event.has_sectors = true;
	event.sectors = sectors;
	tier_event_send(pool, &event);
}

static int tier_command_sectors(struct tier_pool *pool, u64 sectors, struct tier_err *err)
{
	/* as far as an owner's logical bits reach, and a map fits memory */
	if (!sectors || sectors > (TIER_LOGICAL_MASK >> 2) ||
	    tier_lun_extents(pool, sectors) > 1ULL << 36)
		return tier_fail(err, -EINVAL,
				 "%llu sectors: a LUN has at least one, and at most %llu",
				 sectors, TIER_LOGICAL_MASK >> 2);
	return 0;
}

/* in the metadata's worker: nobody else takes a slot meanwhile */
static int tier_command_do_slot(struct tier_pool *pool, void *arg)
{
	return tier_meta_lun_slot(&pool->meta);
}

static int tier_command_new_lun(struct tier_pool *pool, u32 id, u64 sectors,
				struct tier_lun_record *rec, struct tier_err *err)
{
	struct tier_put put = { .kind = TIER_PUT_LUN, .lun = rec };
	struct tier_lun *lun;
	int slot, ret;

	slot = tier_commit_call(pool, tier_command_do_slot, NULL);
	if (slot < 0)
		return tier_fail(err, -ENOSPC, "the LUN table is full: %u LUNs", pool->nr_luns);
	rec->id = id;
	rec->flags = TIER_LUN_VALID;
	rec->sectors = sectors;
	rec->created = pool->meta.head_seq;
	rec->allowed = GENMASK(TIER_MAX_TIERS - 1, 0);
	rec->start = TIER_NONE;
	rec->pin = TIER_NONE;
	rec->home = TIER_NONE;
	rec->target = TIER_NONE;
	rec->weight = 100;
	rec->hold = 10;
	/* made first, so that nothing can fail once the record is durable */
	lun = tier_lun_add(pool, slot, rec);
	if (IS_ERR(lun))
		return tier_fail(err, PTR_ERR(lun), "out of memory");
	put.index = slot;
	ret = tier_commit(pool, &put, 1);
	if (ret)
		tier_lun_drop(lun);
	return ret;
}

int tier_cmd_create_lun(struct tier_pool *pool, u32 id, u64 sectors, struct tier_err *err)
{
	struct tier_lun_record *rec;
	int ret;

	ret = tier_command_begin(pool, err);
	if (ret)
		return ret;
	rec = kzalloc(sizeof(*rec), GFP_KERNEL);
	if (!rec)
		ret = tier_fail(err, -ENOMEM, "out of memory");
	else if (id > TIER_LUN_ID_MAX)
		ret = tier_fail(err, -EINVAL, "LUN id %u is above %u", id, TIER_LUN_ID_MAX);
	else if (tier_lun_find(pool, id))
		ret = tier_fail(err, -EEXIST, "LUN %u exists", id);
	else
		ret = tier_command_sectors(pool, sectors, err) ?:
		      tier_command_new_lun(pool, id, sectors, rec, err);
	kfree(rec);
	if (!ret) {
		tier_netlink_changed();
		tier_command_lun_event(pool, "lun-created", id, sectors);
	}
	return tier_command_end(pool, ret, err);
}

int tier_cmd_delete_lun(struct tier_pool *pool, u32 id, struct tier_err *err)
{
	struct tier_lun *lun;
	int ret;

	ret = tier_command_begin(pool, err);
	if (ret)
		return ret;
	ret = tier_command_lun(pool, id, &lun, err);
	if (!ret && lun->opened)
		ret = tier_fail(err, -EBUSY, "LUN %u is in use: remove its map first", id);
	if (!ret)
		ret = tier_lun_delete(lun);
	return tier_command_end(pool, ret, err);
}

/* sectors of the longest table that uses the LUN */
static u64 tier_command_opened(const struct tier_lun *lun)
{
	struct tier_lun_target *lt;
	u64 sectors = 0;

	list_for_each_entry(lt, &lun->targets, list)
		sectors = max(sectors, lt->sectors);
	return sectors;
}

int tier_cmd_resize_lun(struct tier_pool *pool, u32 id, u64 sectors, struct tier_err *err)
{
	struct tier_lun *lun;
	int ret;

	ret = tier_command_begin(pool, err);
	if (ret)
		return ret;
	ret = tier_command_lun(pool, id, &lun, err) ?: tier_command_sectors(pool, sectors, err);
	if (!ret && sectors < tier_command_opened(lun))
		ret = tier_fail(err, -EBUSY,
				"LUN %u is in use with %llu sectors: shrink its map first",
				id, tier_command_opened(lun));
	if (!ret)
		ret = tier_lun_resize(lun, sectors);
	if (!ret)
		tier_command_lun_event(pool, "lun-resized", id, sectors);
	return tier_command_end(pool, ret, err);
}

static void tier_command_policy_event(struct tier_pool *pool, u32 id, const char *key,
				      const char *value)
{
	struct tier_event event = TIER_EVENT("policy");

	event.lun = id;
	event.key = key;
	event.value = value;
	tier_event_send(pool, &event);
}

int tier_cmd_set_lun(struct tier_pool *pool, u32 id, const char *key, const char *value,
		     struct tier_err *err)
{
	struct tier_lun_record *rec = NULL;
	struct tier_lun *lun;
	int ret;

	ret = tier_command_begin(pool, err);
	if (ret)
		return ret;
	ret = tier_command_lun(pool, id, &lun, err);
	if (ret)
		goto out;
	rec = kmemdup(&lun->rec, sizeof(lun->rec), GFP_KERNEL);
	if (!rec) {
		ret = tier_fail(err, -ENOMEM, "out of memory");
		goto out;
	}
	ret = tier_policy_lun(pool, rec, key, value, err) ?: tier_lun_commit(lun, rec);
	if (!ret) {
		tier_tick_replan(pool);
		tier_command_policy_event(pool, id, key, value);
	}
out:
	kfree(rec);
	return tier_command_end(pool, ret, err);
}

int tier_cmd_migrate_lun(struct tier_pool *pool, u32 id, const char *name, struct tier_err *err)
{
	struct tier_lun *lun;
	int tier = TIER_NONE, ret;

	ret = tier_command_begin(pool, err);
	if (ret)
		return ret;
	ret = tier_command_lun(pool, id, &lun, err);
	if (!ret && strcmp(name, "none")) {
		tier = tier_pool_tier_by_name(pool, name);
		if (tier < 0)
			ret = tier_fail(err, -ENOENT, "no tier '%.32s' in this pool", name);
	}
	if (!ret)
		ret = tier_lun_set_target(lun, tier, err);
	return tier_command_end(pool, ret, err);
}

/* a longer path would not fit the event that tells of the change */
#define TIER_COMMAND_PATH	256

static int tier_command_member(struct tier_pool *pool, const char *dev,
			       struct tier_member **member, struct tier_err *err)
{
	*member = strlen(dev) < TIER_COMMAND_PATH ? tier_pool_member_by_name(pool, dev) : NULL;
	if (!*member)
		return tier_fail(err, -ENODEV, "'%.64s' is not a device of this pool", dev);
	return 0;
}

/* "<dev> <word>", or "<dev> none" */
static int tier_command_tag(struct tier_pool *pool, const char *value, struct tier_err *err)
{
	const char *space = strchr(value, ' ');
	struct tier_member *member;
	char *dev;
	int ret;

	if (!space)
		return tier_fail(err, -EINVAL, "tag: '%.64s' is not <dev> <word>", value);
	if (strcmp(space + 1, "none") && !tier_name_ok(space + 1, TIER_TAG_LEN))
		return tier_fail(err, -EINVAL, "tag: '%.32s' is not a tag", space + 1);
	dev = kstrndup(value, space - value, GFP_KERNEL);
	if (!dev)
		return tier_fail(err, -ENOMEM, "out of memory");
	ret = tier_command_member(pool, dev, &member, err);
	if (!ret)
		ret = tier_member_set_tag(pool, member, strcmp(space + 1, "none") ? space + 1 : "");
	kfree(dev);
	return ret;
}

static int tier_command_conf(struct tier_pool *pool, const char *key, const char *value,
			     struct tier_err *err)
{
	struct tier_pool_record *conf = kmemdup(&pool->conf, sizeof(pool->conf), GFP_KERNEL);
	struct tier_put put = { .kind = TIER_PUT_POOL, .pool = conf };
	int ret;

	if (!conf)
		return tier_fail(err, -ENOMEM, "out of memory");
	ret = tier_policy_pool(conf, key, value, err) ?: tier_commit(pool, &put, 1);
	if (!ret)
		pool->conf = *conf;
	kfree(conf);
	return ret;
}

int tier_cmd_set_pool(struct tier_pool *pool, const char *key, const char *value,
		      struct tier_err *err)
{
	int ret;

	ret = tier_command_begin(pool, err);
	if (ret)
		return ret;
	ret = strcmp(key, "tag") ? tier_command_conf(pool, key, value, err) :
				   tier_command_tag(pool, value, err);
	if (!ret) {
		tier_tick_replan(pool);
		if (!strcmp(key, "tick") && !READ_ONCE(pool->stopping))
			mod_delayed_work(pool->move_wq, &pool->tick_work, 0);
		tier_command_policy_event(pool, TIER_EVENT_NO_LUN, key, value);
	}
	return tier_command_end(pool, ret, err);
}

/*
 * Is there room elsewhere for what lies on @member? Each LUN's extents must fit
 * the free space of its lawful members, and all together all free space.
 */
static int tier_command_room(struct tier_pool *pool, struct tier_member *member,
			     struct tier_err *err)
{
	u64 free, all = 0, need;
	struct tier_lun *lun;
	unsigned int i;

	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		struct tier_member *other = pool->members[i];

		if (other && other != member && other->space.open)
			all += other->space.nr - other->space.taken + other->nr_stock;
	}
	list_for_each_entry(lun, &pool->luns, list) {
		need = lun->on_member[member->index];
		if (!need)
			continue;
		free = 0;
		for (i = 0; i < TIER_MAX_MEMBERS; i++) {
			struct tier_member *other = pool->members[i];

			if (other && other != member && other->space.open &&
			    tier_place_lawful(lun, other) &&
			    (lun->rec.pin == TIER_NONE || lun->rec.pin == other->tier))
				free += other->space.nr - other->space.taken + other->nr_stock;
		}
		if (need > free)
			return tier_fail(err, -ENOSPC,
					 "LUN %u has %llu extents on %s, but only %llu are free where it may go: %llu short",
					 lun->id, need, member->name, free, need - free);
	}
	if (member->used > all)
		return tier_fail(err, -ENOSPC,
				 "%s holds %llu extents, but only %llu are free elsewhere: %llu short",
				 member->name, member->used, all, member->used - all);
	return 0;
}

static int tier_command_evacuate(struct tier_pool *pool, struct tier_member *member,
				 struct tier_err *err)
{
	int ret;

	if (member->state == TIER_MEMBER_DRAINING || member->state == TIER_MEMBER_DRAINED)
		return tier_fail(err, -EALREADY, "%s is %s already", member->name,
				 tier_member_state_name(member->state));
	if (member->state != TIER_MEMBER_ACTIVE)
		return tier_fail(err, -EINVAL, "%s is %s", member->name,
				 tier_member_state_name(member->state));
	spin_lock(&pool->space_lock);
	ret = tier_command_room(pool, member, err);
	member->evac_total = member->used;
	spin_unlock(&pool->space_lock);
	return ret ?: tier_member_set_state(pool, member, TIER_MEMBER_DRAINING,
					    "evacuation began");
}

static int tier_command_cancel(struct tier_pool *pool, struct tier_member *member,
			       struct tier_err *err)
{
	if (member->state != TIER_MEMBER_DRAINING && member->state != TIER_MEMBER_DRAINED)
		return tier_fail(err, -EINVAL, "%s is not being evacuated", member->name);
	return tier_member_set_state(pool, member, TIER_MEMBER_ACTIVE, "evacuation cancelled");
}

static int tier_command_remove(struct tier_pool *pool, struct tier_member *member,
			       struct tier_err *err)
{
	u64 used = READ_ONCE(member->used);

	if (member->state == TIER_MEMBER_REMOVED)
		return tier_fail(err, -EALREADY, "%s is removed already", member->name);
	if (used)
		return tier_fail(err, -EBUSY, "%s holds %llu extents: evacuate it first",
				 member->name, used);
	if (member->state == TIER_MEMBER_ACTIVE || member->state == TIER_MEMBER_DRAINING)
		return tier_fail(err, -EBUSY, "%s is %s: evacuate it first, and wait for the end",
				 member->name, tier_member_state_name(member->state));
	/* one that began before the member failed may yet be recorded */
	if (atomic_read(&member->moves))
		return tier_fail(err, -EBUSY, "a move from or to %s has not ended: try again later",
				 member->name);
	return tier_member_set_state(pool, member, TIER_MEMBER_REMOVED,
				     "may be left out of the next table");
}

static int tier_command_fail(struct tier_pool *pool, struct tier_member *member,
			     struct tier_err *err)
{
	if (member->state == TIER_MEMBER_FAILED)
		return tier_fail(err, -EALREADY, "%s is failed already", member->name);
	if (member->state == TIER_MEMBER_REMOVED)
		return tier_fail(err, -EINVAL, "%s is removed", member->name);
	return tier_member_set_state(pool, member, TIER_MEMBER_FAILED, "by command");
}

static int tier_command_reinstate(struct tier_pool *pool, struct tier_member *member,
				  struct tier_err *err)
{
	if (member->state != TIER_MEMBER_FAILED)
		return tier_fail(err, -EINVAL, "%s is not failed", member->name);
	return tier_member_set_state(pool, member, TIER_MEMBER_ACTIVE, "reinstated");
}

static int tier_command_on_member(struct tier_pool *pool, const char *dev, struct tier_err *err,
				  int (*fn)(struct tier_pool *pool, struct tier_member *member,
					    struct tier_err *err))
{
	struct tier_member *member;
	int ret;

	ret = tier_command_begin(pool, err);
	if (ret)
		return ret;
	ret = tier_command_member(pool, dev, &member, err) ?: fn(pool, member, err);
	if (!ret)
		tier_tick_replan(pool);
	return tier_command_end(pool, ret, err);
}

int tier_cmd_evacuate(struct tier_pool *pool, const char *dev, struct tier_err *err)
{
	return tier_command_on_member(pool, dev, err, tier_command_evacuate);
}

int tier_cmd_cancel_evacuate(struct tier_pool *pool, const char *dev, struct tier_err *err)
{
	return tier_command_on_member(pool, dev, err, tier_command_cancel);
}

int tier_cmd_remove_dev(struct tier_pool *pool, const char *dev, struct tier_err *err)
{
	return tier_command_on_member(pool, dev, err, tier_command_remove);
}

int tier_cmd_fail_dev(struct tier_pool *pool, const char *dev, struct tier_err *err)
{
	return tier_command_on_member(pool, dev, err, tier_command_fail);
}

int tier_cmd_reinstate_dev(struct tier_pool *pool, const char *dev, struct tier_err *err)
{
	return tier_command_on_member(pool, dev, err, tier_command_reinstate);
}
