// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading a pool, at resume and never in the constructor: what a constructor
 * reads may be stale by the time its table goes live.
 */
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uuid.h>

#include "tier-commit.h"
#include "tier-discard.h"
#include "tier-event.h"
#include "tier-io.h"
#include "tier-load.h"
#include "tier-lun.h"
#include "tier-member.h"
#include "tier-metaio.h"
#include "tier-op.h"
#include "tier-place.h"
#include "tier-probe.h"
#include "tier-quiesce.h"
#include "tier-tick.h"

#define TIER_LOAD_TICKS	8	/* ticks that may pass while a checkpoint is written */

static u64 tier_load_blocks(struct tier_pool_target *table)
{
	u64 blocks = bdev_nr_sectors(table->meta[0]->bdev) / TIER_BLOCK_SECTORS;

	if (table->meta[1])
		blocks = min_t(u64, blocks,
			       bdev_nr_sectors(table->meta[1]->bdev) / TIER_BLOCK_SECTORS);
	return blocks;
}

static void tier_load_params(struct tier_pool_target *table, struct tier_meta_params *params)
{
	unsigned int t;

	params->blocks = tier_load_blocks(table);
	params->extent_sectors = table->extent_sectors;
	params->pool.move_rate = 40;
	params->pool.headroom = 5;
	params->pool.tick_ms = MSEC_PER_SEC;
	params->pool.moves = 1;
	params->pool.no_space_timeout = 60;
	params->pool.nr_tiers = table->nr_tiers;
	for (t = 0; t < table->nr_tiers; t++)
		strscpy(params->pool.tiers[t], table->tiers[t].name, TIER_NAME_LEN);
}

static int tier_load_format_fits(struct tier_pool *pool, struct tier_pool_target *table,
				 const u64 *extents, u32 nr)
{
	struct tier_meta_params *params = kzalloc(sizeof(*params), GFP_KERNEL);
	int ret;

	if (!params)
		return -ENOMEM;
	tier_load_params(table, params);
	ret = tier_meta_format_fits(params, NULL, 0);
	if (ret == -ENOSPC)
		DMERR("%s: metadata device is too small: %llu blocks", pool->name, params->blocks);
	if (!ret)
		ret = tier_member_room(pool, extents, nr,
				       tier_meta_format_fits(params, extents, nr));
	kfree(params);
	return ret;
}

/*
 * Is there room in the metadata for the devices that are new? If it has not been
 * loaded, the resume will tell, before it writes anything.
 */
static int tier_load_check_room(struct tier_pool *pool, struct tier_pool_target *table, bool format,
				const u64 *extents, u32 nr)
{
	if (format)
		return tier_load_format_fits(pool, table, extents, nr);
	if (!pool->loaded)
		return 0;
	return tier_member_room(pool, extents, nr, tier_meta_fits(&pool->meta, extents, nr));
}

static int tier_load_look_at_members(struct tier_pool *pool, struct tier_pool_target *table,
				     bool format, u64 *extents, u32 *nr)
{
	struct tier_member_header header;
	struct tier_member *member;
	unsigned int t, d;
	int tier, ret;

	for (t = 0; t < table->nr_tiers; t++) {
		tier = tier_pool_tier_by_name(pool, table->tiers[t].name);
		for (d = 0; d < table->tiers[t].nr_devs; d++) {
			struct dm_dev *dev = table->tiers[t].devs[d];

			member = NULL;
			ret = tier_member_check(pool->io, dev, pool->loaded ?
						pool->meta.super.uuid : NULL, &header);
			if (ret == 1) {
				ret = tier_member_known(pool, dev, tier < 0 ? TIER_NONE : tier,
							&header, &member);
				if (ret)
					return ret;
			}
			if (!ret && !member)
				extents[(*nr)++] = tier_member_extents(dev, table->extent_sectors);
			/* whose it is will be known when the metadata is loaded */
			if (ret >= 0 || (ret == -EBUSY && !format && !pool->loaded) ||
			    (ret == -EIO && !format))
				continue;
			DMERR("%s: %s %s: not touched", pool->name, dev->name,
			      ret == -EBUSY ? "belongs to another pool" :
			      ret == -EIO ? "cannot be read" : "holds something else");
			return ret;
		}
	}
	return 0;
}

static int tier_load_check_members(struct tier_pool *pool, struct tier_pool_target *table,
				   bool format)
{
	u64 *extents = kmalloc_array(TIER_MAX_MEMBERS, sizeof(*extents), GFP_KERNEL);
	u32 nr = 0;
	int ret;

	if (!extents)
		return -ENOMEM;
	ret = tier_load_look_at_members(pool, table, format, extents, &nr) ?:
	      tier_load_check_room(pool, table, format, extents, nr);
	kfree(extents);
	return ret;
}

/* may the mirror that is new to the table become a copy? */
static int tier_load_check_mirror(struct tier_pool *pool, struct tier_pool_target *table, u32 fresh)
{
	struct tier_probe probe;
	int ret;

	ret = tier_probe_meta(pool, table, &probe);
	return ret ?: probe.foreign & fresh ? -EILSEQ : 0;
}

/* the copies that a loaded pool would have with this table, as a mask; @same: those it has now */
static u32 tier_load_copies(struct tier_pool_target *table, struct tier_pool_target *old, u32 *same)
{
	*same = BIT(0);
	if (table->meta[1] && old->meta[1] &&
	    table->meta[1]->bdev->bd_dev == old->meta[1]->bdev->bd_dev)
		*same |= BIT(1);
	return table->meta[1] ? BIT(0) | BIT(1) : BIT(0);
}

static int tier_load_check_copies(struct tier_pool *pool, struct tier_pool_target *table)
{
	struct dm_target *ti = table->ti;
	u32 same, given;
	int ret;

	if (!pool->bound)
		return 0;
	given = tier_load_copies(table, pool->bound, &same);
	if (!(pool->meta.copies & given & same)) {
		ti->error = "The only good metadata copy is not in the new table";
		return -EBUSY;
	}
	if (!(given & ~same))
		return 0;
	ret = tier_load_check_mirror(pool, table, given & ~same);
	if (ret)
		ti->error = "metadata_mirror holds something else, or is too small";
	return ret;
}

/* tiers keep their ids for ever: is there one for each name that is new? */
static bool tier_load_tiers_fit(struct tier_pool *pool, struct tier_pool_target *table)
{
	unsigned int i, nr = pool->conf.nr_tiers;

	for (i = 0; i < table->nr_tiers; i++)
		nr += tier_pool_tier_by_name(pool, table->tiers[i].name) < 0;
	if (nr <= TIER_MAX_TIERS)
		return true;
	DMERR("%s: the pool would have had %u tiers, of at most %u", pool->name, nr,
	      TIER_MAX_TIERS);
	return false;
}

static unsigned int tier_load_block_size(const struct tier_pool_target *table)
{
	unsigned int t, d, size = 0;

	for (t = 0; t < table->nr_tiers; t++)
		for (d = 0; d < table->tiers[t].nr_devs; d++)
			size = max(size, bdev_logical_block_size(table->tiers[t].devs[d]->bdev));
	return size;
}

/* is a device one of the pool's own LUNs? It would wait for itself */
static bool tier_load_is_lun(struct tier_pool *pool, struct dm_dev *dev)
{
	struct tier_lun_target *lt;
	struct tier_lun *lun;

	list_for_each_entry(lun, &pool->luns, list)
		list_for_each_entry(lt, &lun->targets, list)
			if (dm_disk(lt->md) == dev->bdev->bd_disk)
				return true;
	return false;
}

static bool tier_load_has_lun(struct tier_pool *pool, struct tier_pool_target *table)
{
	unsigned int t, d;

	for (t = 0; t < TIER_META_COPIES; t++)
		if (table->meta[t] && tier_load_is_lun(pool, table->meta[t]))
			return true;
	for (t = 0; t < table->nr_tiers; t++)
		for (d = 0; d < table->tiers[t].nr_devs; d++)
			if (tier_load_is_lun(pool, table->tiers[t].devs[d]))
				return true;
	return false;
}

static int tier_load_check_all(struct tier_pool *pool, struct tier_pool_target *table)
{
	struct tier_probe probe = { };
	struct dm_target *ti = table->ti;
	int ret;

	if (pool->loaded) {
		if (table->extent_sectors != pool->extent_sectors) {
			ti->error = "The extent size of a pool cannot be changed";
			return -EINVAL;
		}
		if (pool->features.read_only && !table->features.read_only) {
			ti->error = "A pool that is read_only stays so until it is removed";
			return -EROFS;
		}
		if (tier_load_has_lun(pool, table)) {
			ti->error = "A LUN of the pool cannot be one of its devices";
			return -EINVAL;
		}
		/* LUNs in use would go on with I/O too small for it, which some drivers round */
		if (pool->bound &&
		    tier_load_block_size(table) > tier_load_block_size(pool->bound)) {
			ti->error = "A new device has larger logical blocks: add it at a start";
			return -EINVAL;
		}
		if (tier_member_check_reload(pool, table)) {
			ti->error = "A member that holds extents is not in the new table";
			return -EBUSY;
		}
		if (!tier_load_tiers_fit(pool, table)) {
			ti->error = "Too many tiers over the pool's life";
			return -E2BIG;
		}
		ret = tier_load_check_copies(pool, table);
		if (ret)
			return ret;
	} else {
		ret = tier_probe_meta(pool, table, &probe);
		if (ret) {
			ti->error = "Metadata device holds something else, or cannot be used";
			return ret;
		}
		if (!probe.ours && !probe.blank) {
			ti->error = "No metadata device can be read";
			return -EIO;
		}
		if (!probe.ours && table->features.read_only) {
			ti->error = "A blank metadata device cannot be read_only";
			return -EROFS;
		}
	}
	ret = tier_load_check_members(pool, table, !pool->loaded && !probe.ours);
	if (ret == -ENOSPC || ret == -E2BIG)
		ti->error = "The metadata device is too small for so many extents";
	else if (ret)
		ti->error = "A data device holds something else";
	return ret;
}

int tier_load_check(struct tier_pool *pool, struct tier_pool_target *table)
{
	/* LUN I/O may be held, and memory wait for it */
	unsigned int noio = memalloc_noio_save();
	int ret = tier_load_check_all(pool, table);

	memalloc_noio_restore(noio);
	return ret;
}

static int tier_load_format(struct tier_pool *pool, struct tier_pool_target *table, u32 copies)
{
	struct tier_meta_params *params = kzalloc(sizeof(*params), GFP_KERNEL);
	int ret;

	if (!params)
		return -ENOMEM;
	generate_random_uuid(params->uuid);
	tier_load_params(table, params);
	ret = tier_meta_format(&tier_metaio_ops, pool, copies, params);
	if (!ret)
		DMINFO("%s: formatted %llu metadata blocks", pool->name, params->blocks);
	kfree(params);
	return ret;
}

/* tier ids stay for ever, ranks are the order of the table; returns tiers that are new */
static int tier_load_tiers(struct tier_pool *pool, struct tier_pool_target *table)
{
	unsigned int i, added = 0;
	int id;

	if (!tier_load_tiers_fit(pool, table))
		return -E2BIG;
	for (i = 0; i < table->nr_tiers; i++) {
		if (tier_pool_tier_by_name(pool, table->tiers[i].name) >= 0)
			continue;
		strscpy(pool->conf.tiers[pool->conf.nr_tiers++], table->tiers[i].name,
			TIER_NAME_LEN);
		added++;
	}
	for (i = 0; i < TIER_MAX_TIERS; i++)
		pool->tiers[i].rank = TIER_NONE;
	for (i = 0; i < table->nr_tiers; i++) {
		id = tier_pool_tier_by_name(pool, table->tiers[i].name);
		pool->by_rank[i] = id;
		pool->tiers[id].rank = i;
	}
	pool->nr_ranks = table->nr_tiers;
	return added;
}

/* each tier's list of members; space_lock keeps placement away */
static void tier_load_tier_members(struct tier_pool *pool)
{
	unsigned int i;

	spin_lock(&pool->space_lock);
	for (i = 0; i < TIER_MAX_TIERS; i++)
		pool->tiers[i].nr_members = 0;
	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		struct tier_member *member = pool->members[i];
		struct tier_tier *tier;

		if (!member)
			continue;
		tier = &pool->tiers[member->tier];
		if (tier->nr_members < TIER_MAX_TIER_DEVS)
			tier->members[tier->nr_members++] = member;
	}
	spin_unlock(&pool->space_lock);
}

/* the map of all LUNs from the owners of one member's extents */
static int tier_load_map_member(struct tier_pool *pool, struct tier_member *member)
{
	struct tier_meta_member *meta = pool->meta.members[member->index];
	struct tier_lun *lun;
	u64 extent, *entry;
	int ret;

	for (extent = 0; extent < meta->rec.extents; extent++) {
		u64 owner = meta->owner[extent];

		if (!(extent % 4096))
			cond_resched();
		if (owner == TIER_FREE)
			continue;
		lun = tier_lun_find(pool, TIER_OWNER_LUN(owner));
		ret = tier_space_take(&member->space, extent);
		if (ret || !lun) {
			DMERR("%s: extent %llu of member %u has an impossible owner", pool->name,
			      extent, member->index);
			return -EUCLEAN;
		}
		entry = tier_map_entry_make(rcu_dereference_protected(lun->map, true),
					    TIER_OWNER_LOGICAL(owner));
		if (!entry)
			return -ENOMEM;
		*entry = tier_entry_plain(member->index, extent);
		tier_place_count(lun, member, 1);
	}
	return 0;
}

static int tier_load_objects(struct tier_pool *pool)
{
	struct tier_member *member;
	struct tier_lun *lun;
	unsigned int i;
	int ret;

	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		if (!pool->meta.members[i])
			continue;
		member = tier_member_new(pool, i);
		if (IS_ERR(member))
			return PTR_ERR(member);
	}
	tier_load_tier_members(pool);
	for (i = 0; i < pool->meta.nr_lun_slots; i++) {
		if (!pool->meta.luns[i])
			continue;
		lun = tier_lun_add(pool, i, pool->meta.luns[i]);
		if (IS_ERR(lun))
			return PTR_ERR(lun);
	}
	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		if (!pool->members[i])
			continue;
		ret = tier_load_map_member(pool, pool->members[i]);
		if (ret)
			return ret;
		if (pool->members[i]->state == TIER_MEMBER_DRAINING)
			pool->members[i]->evac_total = pool->members[i]->used;
	}
	return 0;
}

/* @stale: copies that are to be written anew from those that the pool is loaded from */
static int tier_load_open(struct tier_pool *pool, struct tier_pool_target *table, u32 *stale)
{
	struct tier_probe probe;
	int ret;

	ret = tier_probe_meta(pool, table, &probe);
	if (ret)
		return ret;
	if (!probe.ours) {
		ret = tier_load_check_members(pool, table, true) ?:
		      tier_load_format(pool, table, probe.blank);
		if (ret)
			return ret;
		probe.ours = probe.blank;
		probe.blank = 0;
	}
	ret = tier_meta_open(&pool->meta, &tier_metaio_ops, pool, probe.ours,
			     tier_load_blocks(table));
	if (ret) {
		DMERR("%s: metadata cannot be loaded: %d", pool->name, ret);
		return ret;
	}
	ret = tier_pool_claim(pool);
	if (ret)
		return ret;
	pool->meta.given |= probe.blank;
	/*
	 * Copies that exist but were left out are stale. One whose first superblock
	 * is hurt is not written unless it is what the pool was loaded from: all that
	 * is known of it is a block that something else may have left there.
	 */
	*stale = probe.blank | (probe.ours & ~probe.hurt & ~pool->meta.copies);
	if (pool->meta.super.extent_sectors != table->extent_sectors) {
		DMERR("%s: the pool's extents have %llu sectors, the table says %llu", pool->name,
		      pool->meta.super.extent_sectors, table->extent_sectors);
		return -EINVAL;
	}
	pool->conf = pool->meta.super.pool;
	pool->extent_sectors = table->extent_sectors;
	pool->extent_shift = ilog2(table->extent_sectors);
	/*
	 * No extent's epoch may lie ahead of the clock: pages may have been written
	 * up to one checkpoint after the superblock that a crash has left.
	 */
	pool->ticks = pool->meta.super.ticks + TIER_LOAD_TICKS;
	if (!pool->meta.super.clean)
		pool->ticks += 2 * div_u64(TIER_CHECKPOINT_NS, NSEC_PER_MSEC * pool->conf.tick_ms);
	return 0;
}

static int tier_load_do_start(struct tier_pool *pool, void *arg)
{
	return tier_meta_start(&pool->meta);
}

static int tier_load_do_resync(struct tier_pool *pool, void *arg)
{
	return tier_meta_resync(&pool->meta, (unsigned long)arg);
}

/* a mirror that is blank or stale is made whole before the pool goes on */
static void tier_load_resync(struct tier_pool *pool, u32 copies)
{
	unsigned long i;
	int ret;

	for (i = 0; i < TIER_META_COPIES; i++) {
		if (!(copies & BIT(i)))
			continue;
		ret = tier_commit_call(pool, tier_load_do_resync, (void *)i);
		if (ret)
			DMERR("%s: metadata copy %lu not rebuilt: %d", pool->name, i, ret);
		else
			DMINFO("%s: metadata copy %lu rebuilt", pool->name, i);
	}
}

/* go from loaded to writable; the members' headers follow (tier-commit.c) */
static int tier_load_start(struct tier_pool *pool)
{
	int ret;

	ret = tier_commit_call(pool, tier_load_do_start, NULL);
	if (ret)
		DMERR("%s: metadata cannot be written: %d", pool->name, ret);
	return ret;
}

/* remember with which generation each member was seen, so that a stale copy is told */
static int tier_load_record_generations(struct tier_pool *pool)
{
	struct tier_member_record rec;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < TIER_MAX_MEMBERS && !ret; i++) {
		struct tier_put put = { .kind = TIER_PUT_MEMBER, .index = i, .mem = &rec };

		if (!pool->members[i] || !pool->members[i]->bdev)
			continue;
		rec = pool->meta.members[i]->rec;
		/* one that could not take its header would be told for stale next time */
		if (rec.generation == pool->meta.super.generation ||
		    pool->members[i]->header_generation < pool->meta.super.generation)
			continue;
		rec.generation = pool->meta.super.generation;
		ret = tier_commit(pool, &put, 1);
	}
	return ret;
}

/* a LUN whose deletion a crash has cut short */
static int tier_load_finish_deletions(struct tier_pool *pool)
{
	struct tier_lun *lun, *next;
	int ret = 0;

	list_for_each_entry_safe(lun, next, &pool->luns, list)
		if (!ret && lun->rec.flags & TIER_LUN_DELETING)
			ret = tier_lun_delete(lun);
	return ret;
}

static int tier_load_first(struct tier_pool *pool, struct tier_pool_target *table)
{
	bool writable = !table->features.read_only;
	u32 stale;
	int ret, added;

	ret = tier_load_open(pool, table, &stale);
	if (ret)
		goto fail;
	added = tier_load_tiers(pool, table);
	if (added < 0) {
		ret = added;
		goto fail;
	}
	ret = tier_load_objects(pool) ?: tier_member_bind(pool, table, true);
	if (!ret && writable)
		ret = tier_load_start(pool);
	if (ret)
		goto fail;
	pool->loaded = true;
	pool->mode = TIER_MODE_RW;
	if (!writable) {
		tier_pool_set_mode(pool, TIER_MODE_RO, "feature read_only");
		ret = tier_member_bind(pool, table, false);
		tier_load_tier_members(pool);
		return ret;
	}
	tier_load_resync(pool, stale);
	if (added) {
		struct tier_put put = { .kind = TIER_PUT_POOL, .pool = &pool->conf };

		ret = tier_commit(pool, &put, 1);
	}
	if (!ret)
		ret = tier_member_bind(pool, table, false);
	tier_load_tier_members(pool);
	return ret ?: tier_load_record_generations(pool) ?: tier_load_finish_deletions(pool);
fail:
	tier_pool_disclaim(pool);
	tier_load_drop_objects(pool);
	return ret;
}

struct tier_load_given {
	u32 given;
	u32 same;
};

static int tier_load_do_given(struct tier_pool *pool, void *arg)
{
	struct tier_load_given *given = arg;

	return tier_meta_set_given(&pool->meta, given->given, given->same);
}

static int tier_load_again(struct tier_pool *pool, struct tier_pool_target *table,
			   struct tier_pool_target *old)
{
	struct tier_load_given given;
	struct tier_probe probe;
	int ret, added;

	/* first of all: nothing must be written to a mirror that has yet to be made whole */
	given.given = tier_load_copies(table, old, &given.same);
	ret = tier_commit_call(pool, tier_load_do_given, &given);
	if (ret) {
		DMERR("%s: metadata copies cannot be changed: %d", pool->name, ret);
		return ret;
	}
	if (table->features.read_only)
		tier_pool_set_mode(pool, TIER_MODE_RO, "feature read_only");
	added = tier_load_tiers(pool, table);
	if (added < 0)
		return added;
	if (added && tier_pool_writable(pool)) {
		struct tier_put put = { .kind = TIER_PUT_POOL, .pool = &pool->conf };

		ret = tier_commit(pool, &put, 1);
		if (ret)
			return ret;
	}
	/* those it has, first: none is added by a table that is refused */
	ret = tier_member_bind(pool, table, true) ?: tier_member_bind(pool, table, false);
	tier_load_tier_members(pool);
	if (ret)
		return ret;
	/* a mirror that is new to the table, or has been away */
	ret = tier_probe_meta(pool, table, &probe);
	if (ret || !tier_pool_writable(pool))
		return ret;
	tier_load_resync(pool, ((probe.ours & ~probe.hurt) | probe.blank) & ~pool->meta.copies);
	/* the first start may have failed before it came to these */
	return tier_load_record_generations(pool) ?: tier_load_finish_deletions(pool);
}

int tier_load_bind(struct tier_pool *pool, struct tier_pool_target *table)
{
	/* LUN I/O is held: no memory that needs it to be freed */
	unsigned int noio = memalloc_noio_save();
	struct tier_pool_target *old;
	struct tier_lun *lun;
	int ret;

	mutex_lock(&pool->lock);
	tier_pool_update_name(pool);
	old = pool->bound ?: table;
	pool->bound = table;
	pool->features = table->features;
	ret = pool->loaded ? tier_load_again(pool, table, old) :
			     tier_load_first(pool, table);
	/* one that went wrong half-way is bound anew at the next resume */
	table->live = !ret;
	if (!ret)
		list_for_each_entry(lun, &pool->luns, list) {
			tier_lun_update_tags(lun);
			tier_lun_update_plan(lun);
		}
	else	/* the devices of the table before go with it in any case */
		tier_member_detach_all(pool);
	mutex_unlock(&pool->lock);
	memalloc_noio_restore(noio);
	tier_netlink_changed();
	return ret;
}

void tier_load_drop_objects(struct tier_pool *pool)
{
	struct tier_lun *lun, *next;
	unsigned int i;

	list_for_each_entry_safe(lun, next, &pool->luns, list)
		tier_lun_drop(lun);
	for (i = 0; i < TIER_MAX_MEMBERS; i++)
		if (pool->members[i])
			tier_member_free(pool, pool->members[i]);
	for (i = 0; i < TIER_MAX_TIERS; i++)
		memset(&pool->tiers[i], 0, sizeof(pool->tiers[i]));
	tier_meta_close(&pool->meta);
	memset(&pool->meta, 0, sizeof(pool->meta));
}

void tier_load_stop(struct tier_pool *pool)
{
	mutex_lock(&pool->lock);
	tier_pool_gate(pool, TIER_GATE_SUSPENDED, 0);
	/* who saw the open gate is in flight, or queued; the queues see it shut */
	tier_quiesce(pool);
	flush_workqueue(pool->io_wq);
	flush_workqueue(pool->discard_wq);
	flush_workqueue(pool->op_wq);
	tier_op_wait_all(pool);
	if (pool->loaded && tier_pool_writable(pool)) {
		tier_sample_drain(pool);
		if (!tier_lun_commit_usage(pool, true))
			tier_commit_checkpoint(pool, true);
	}
	mutex_unlock(&pool->lock);
}

void tier_load_unbind(struct tier_pool *pool, struct tier_pool_target *table)
{
	mutex_lock(&tier_pools_lock);
	if (pool->bound == table)
		list_del_init(&pool->list);	/* another map may load it now */
	mutex_unlock(&tier_pools_lock);
	mutex_lock(&pool->lock);
	if (pool->bound == table) {
		/*
		 * No table, and so no devices: LUNs that are still open get
		 * errors instead of waiting for ever.
		 */
		tier_member_detach_all(pool);
		pool->bound = NULL;
		WRITE_ONCE(pool->mode, TIER_MODE_FAIL);
		tier_pool_gate(pool, TIER_GATE_FAIL, TIER_GATE_SUSPENDED);
		tier_io_space_back(pool, BLK_STS_IOERR);
		queue_work(pool->io_wq, &pool->defer_work);
	}
	mutex_unlock(&pool->lock);
}
