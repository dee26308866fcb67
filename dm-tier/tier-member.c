// SPDX-License-Identifier: GPL-2.0-only
/*
 * Members of a pool.
 */
#include <linux/slab.h>
#include <linux/uuid.h>

#include "tier-commit.h"
#include "tier-event.h"
#include "tier-lun.h"
#include "tier-member.h"
#include "tier-metaio.h"
#include "tier-place.h"
#include "tier-stock.h"

static const char * const tier_member_states[] = {
	[TIER_MEMBER_NONE] = "none",
	[TIER_MEMBER_ACTIVE] = "active",
	[TIER_MEMBER_DRAINING] = "draining",
	[TIER_MEMBER_DRAINED] = "drained",
	[TIER_MEMBER_FAILED] = "failed",
	[TIER_MEMBER_REMOVED] = "removed",
	[TIER_MEMBER_MISSING] = "missing",
};

const char *tier_member_state_name(u8 state)
{
	return state < ARRAY_SIZE(tier_member_states) ? tier_member_states[state] : "unknown";
}

int tier_member_check(struct dm_io_client *io, struct dm_dev *dev, const u8 *uuid,
		      struct tier_member_header *header)
{
	void *block = kmalloc(TIER_BLOCK_SIZE, GFP_KERNEL);
	const char *what;
	int ret;

	if (!block)
		return -ENOMEM;
	ret = tier_metaio_read_block(io, dev->bdev, 0, block);
	if (ret)
		goto out;
	ret = tier_member_header_decode(block, header);
	if (!ret) {
		ret = uuid && !memcmp(header->pool, uuid, TIER_UUID_LEN) ? 1 : -EBUSY;
		goto out;
	}
	ret = ret == -ENODATA ? tier_foreign(io, dev->bdev, &what) : -EINVAL;
	if (ret == -EILSEQ) {
		DMERR("%s holds %s", dev->name, what);
		ret = -EINVAL;
	}
out:
	kfree(block);
	return ret;
}

static int tier_member_write_header(struct tier_pool *pool, struct dm_dev *dev, u32 index,
				    const struct tier_member_record *rec, u64 generation)
{
	struct tier_member_header header = {
		.index = index,
		.generation = generation,
		.extents = rec->extents,
		.extent_sectors = pool->extent_sectors,
		.data_offset = TIER_DATA_OFFSET,
	};
	void *block = kzalloc(TIER_BLOCK_SIZE, GFP_KERNEL);
	int ret;

	if (!block)
		return -ENOMEM;
	memcpy(header.pool, pool->meta.super.uuid, TIER_UUID_LEN);
	memcpy(header.member, rec->uuid, TIER_UUID_LEN);
	tier_member_header_encode(block, &header);
	ret = tier_metaio_write_block(pool->io, dev->bdev, 0, block);
	kfree(block);
	return ret;
}

static int tier_member_blank(struct tier_pool *pool, struct dm_dev *dev, u64 at)
{
	void *block = kzalloc(TIER_BLOCK_SIZE, GFP_KERNEL);
	int ret;

	if (!block)
		return -ENOMEM;
	ret = tier_metaio_write_block(pool->io, dev->bdev, at, block);
	kfree(block);
	return ret;
}

static int tier_member_wipe_header(struct tier_pool *pool, struct tier_member *member)
{
	return member->dev ? tier_member_blank(pool, member->dev, 0) : 0;
}

struct tier_member *tier_member_new(struct tier_pool *pool, u32 index)
{
	struct tier_meta_member *meta = pool->meta.members[index];
	struct tier_member *member = kzalloc(sizeof(*member), GFP_KERNEL);
	int ret = -ENOMEM;

	if (!member)
		return ERR_PTR(-ENOMEM);
	member->touched = kvcalloc(BITS_TO_LONGS(meta->table.pages), sizeof(long), GFP_KERNEL);
	if (!member->touched)
		goto err_member;
	member->latency = alloc_percpu(struct tier_latency);
	if (!member->latency)
		goto err_touched;
	ret = tier_space_init(&member->space, meta->rec.extents);
	if (ret)
		goto err_latency;
	member->index = index;
	member->tier = meta->rec.tier;
	member->state = meta->rec.state;
	memcpy(member->uuid, meta->rec.uuid, TIER_UUID_LEN);
	memcpy(member->tag, meta->rec.tag, sizeof(member->tag));
	snprintf(member->name, sizeof(member->name), "#%u", index);
	spin_lock_init(&member->bucket.lock);
	if (member->state == TIER_MEMBER_DRAINING)
		member->evac_total = meta->used;
	WRITE_ONCE(pool->members[index], member);
	return member;
err_latency:
	free_percpu(member->latency);
err_touched:
	kvfree(member->touched);
err_member:
	kfree(member);
	return ERR_PTR(ret);
}

void tier_member_free(struct tier_pool *pool, struct tier_member *member)
{
	WRITE_ONCE(pool->members[member->index], NULL);
	tier_space_exit(&member->space);
	free_percpu(member->latency);
	kvfree(member->touched);
	kfree(member);
}

/* what the state and the device together mean for I/O and for new extents */
static void tier_member_apply(struct tier_pool *pool, struct tier_member *member)
{
	bool usable = member->dev && member->state != TIER_MEMBER_FAILED &&
		      member->state != TIER_MEMBER_REMOVED;

	spin_lock(&pool->space_lock);
	member->space.open = usable && member->state == TIER_MEMBER_ACTIVE;
	if (!member->space.open)
		tier_stock_drop(member);
	WRITE_ONCE(member->bdev, usable ? member->dev->bdev : NULL);
	spin_unlock(&pool->space_lock);
}

void tier_member_attach(struct tier_pool *pool, struct tier_member *member,
			struct dm_dev *dev)
{
	u8 recorded = pool->meta.members[member->index]->rec.state;

	member->dev = dev;
	member->devt = dev ? dev->bdev->bd_dev : 0;
	if (dev) {
		format_dev_t(member->name, dev->bdev->bd_dev);
		WRITE_ONCE(member->state, recorded);
	} else {
		/* its number may be another device's by now */
		snprintf(member->name, sizeof(member->name), "#%u", member->index);
		if (recorded != TIER_MEMBER_FAILED && recorded != TIER_MEMBER_REMOVED)
			WRITE_ONCE(member->state, TIER_MEMBER_MISSING);
	}
	tier_member_apply(pool, member);
}

static struct tier_member *tier_member_by_uuid(struct tier_pool *pool, const u8 *uuid)
{
	unsigned int i;

	for (i = 0; i < TIER_MAX_MEMBERS; i++)
		if (pool->members[i] && !memcmp(pool->members[i]->uuid, uuid, TIER_UUID_LEN))
			return pool->members[i];
	return NULL;
}

/* the member that lay on this device when it was last bound */
static struct tier_member *tier_member_by_devt(struct tier_pool *pool, dev_t devt)
{
	unsigned int i;

	for (i = 0; i < TIER_MAX_MEMBERS; i++)
		if (pool->members[i] && pool->members[i]->devt == devt)
			return pool->members[i];
	return NULL;
}

int tier_member_known(struct tier_pool *pool, struct dm_dev *dev, u8 tier,
		      const struct tier_member_header *header, struct tier_member **found)
{
	struct tier_member *member = tier_member_by_uuid(pool, header->member);
	struct tier_member_record *rec;

	*found = NULL;
	if (header->generation > pool->meta.super.generation + 1) {
		DMERR("%s: %s is of generation %llu, the metadata of %llu: stale metadata, refused",
		      pool->name, dev->name, header->generation, pool->meta.super.generation);
		return -ESTALE;
	}
	if (!member || member->state == TIER_MEMBER_REMOVED)
		return 0;
	rec = &pool->meta.members[member->index]->rec;
	if (header->generation < rec->generation) {
		DMERR("%s: %s: stale copy of member %u (generation %llu, not %llu), refused",
		      pool->name, dev->name, member->index, header->generation,
		      rec->generation);
		return -ESTALE;
	}
	if (member->tier != tier) {
		DMERR("%s: %s belongs to tier %s, not to %s", pool->name, dev->name,
		      tier_name(pool, member->tier), tier_name(pool, tier));
		return -EINVAL;
	}
	if (header->extents != rec->extents ||
	    bdev_nr_sectors(dev->bdev) < tier_member_sector(pool, rec->extents)) {
		DMERR("%s: %s has become smaller than its %llu extents", pool->name, dev->name,
		      rec->extents);
		return -EINVAL;
	}
	if (member->dev && member->dev->bdev->bd_dev != dev->bdev->bd_dev &&
	    member->dev != dev) {
		DMERR("%s: %s shows the same member as %s", pool->name, dev->name, member->name);
		return -EEXIST;
	}
	*found = member;
	return 0;
}

struct tier_member_add {
	struct tier_member_record rec;
	u32 index;
};

static int tier_member_do_add(struct tier_pool *pool, void *arg)
{
	struct tier_member_add *add = arg;

	return tier_meta_add_member(&pool->meta, &add->rec, &add->index);
}

static int tier_member_do_drop(struct tier_pool *pool, void *arg)
{
	struct tier_member *member = arg;

	return tier_meta_drop_member(&pool->meta, member->index);
}

static int tier_member_create(struct tier_pool *pool, struct dm_dev *dev, u8 tier,
			      struct tier_member **created)
{
	struct tier_member_add add = { .index = 0 };
	struct tier_member *member;
	int ret;

	generate_random_uuid(add.rec.uuid);
	add.rec.state = TIER_MEMBER_ACTIVE;
	add.rec.tier = tier;
	add.rec.generation = pool->meta.super.generation;
	add.rec.extents = tier_member_extents(dev, pool->extent_sectors);

	/*
	 * It may have been a metadata device, and its second superblock would speak
	 * for it if the header could not be read one day. Cut here, it is blank.
	 */
	ret = tier_member_blank(pool, dev, 1) ?:
	      tier_member_write_header(pool, dev, 0, &add.rec, add.rec.generation);
	if (ret)
		return ret;
	ret = tier_commit_call(pool, tier_member_do_add, &add);
	if (ret) {
		DMERR("%s: no room in the metadata for %s (%llu extents): %d", pool->name,
		      dev->name, add.rec.extents, ret);
		/* it was blank, or as good as that: so it is again */
		tier_member_blank(pool, dev, 0);
		return ret;
	}
	/* again, now that its index is known; until then it stands by its uuid */
	ret = tier_member_write_header(pool, dev, add.index, &add.rec, add.rec.generation);
	if (ret)
		return ret;
	member = tier_member_new(pool, add.index);
	if (IS_ERR(member))
		return PTR_ERR(member);
	member->header_generation = add.rec.generation;
	*created = member;
	return 0;
}

/* what a table brings: members that the pool has, and devices that are new */
struct tier_member_seen {
	DECLARE_BITMAP(known, TIER_MAX_MEMBERS);
	u64 extents[TIER_MAX_MEMBERS];		/* of the new ones */
	u32 nr;
};

static int tier_member_bind_dev(struct tier_pool *pool, struct dm_dev *dev, u8 tier,
				bool known_only, struct tier_member_seen *seen)
{
	struct tier_member_header header;
	struct tier_member *member = NULL;
	int ret;

	ret = tier_member_check(pool->io, dev, pool->meta.super.uuid, &header);
	if (ret == -EIO) {
		/* one bad disk must not keep the others from being used */
		member = tier_member_by_devt(pool, dev->bdev->bd_dev);
		if (!member || member->tier != tier) {
			DMERR("%s: %s cannot be read: it counts as missing", pool->name, dev->name);
			return 0;
		}
		/* the pool has held it open all the time, so it is what it was */
		DMERR("%s: %s cannot be read, and stays", pool->name, dev->name);
		ret = 0;
	} else if (ret == 1) {
		ret = tier_member_known(pool, dev, tier, &header, &member);
		if (member)
			member->header_generation = header.generation;
	}
	if (ret) {
		DMERR("%s: %s not taken: %d", pool->name, dev->name, ret);
		return ret;
	}
	if (!member && known_only) {
		seen->extents[seen->nr++] = tier_member_extents(dev, pool->extent_sectors);
		return 0;
	}
	if (!member) {
		if (!tier_pool_writable(pool)) {
			DMERR("%s: %s is blank, and the pool is read-only", pool->name, dev->name);
			return -EROFS;
		}
		ret = tier_member_create(pool, dev, tier, &member);
		if (ret)
			return ret;
	}
	if (test_and_set_bit(member->index, seen->known))
		return -EEXIST;
	tier_member_attach(pool, member, dev);
	return 0;
}

/* those that are not in the table: dropped if they were removed, else missing */
static int tier_member_unbind(struct tier_pool *pool, const unsigned long *seen)
{
	struct tier_event event = TIER_EVENT("device-state");
	struct tier_member *member;
	unsigned int i;
	int ret;

	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		member = pool->members[i];
		if (!member || test_bit(i, seen))
			continue;
		if (member->state == TIER_MEMBER_REMOVED && tier_pool_writable(pool)) {
			ret = tier_commit_call(pool, tier_member_do_drop, member);
			if (ret)
				return ret;
			tier_member_free(pool, member);
			continue;
		}
		tier_member_attach(pool, member, NULL);
		DMWARN("%s: member %u of tier %s is missing; %llu extents are on it", pool->name,
		       i, tier_name(pool, member->tier), pool->meta.members[i]->used);
		event.dev = member;
		event.state = tier_member_state_name(member->state);
		event.reason = "not in the table, or cannot be read";
		tier_event_send(pool, &event);
	}
	return 0;
}

void tier_member_detach_all(struct tier_pool *pool)
{
	unsigned int i;

	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		struct tier_member *member = pool->members[i];

		if (!member)
			continue;
		member->dev = NULL;
		WRITE_ONCE(member->bdev, NULL);
	}
}

int tier_member_room(struct tier_pool *pool, const u64 *extents, u32 nr, int fits)
{
	u64 all = 0;
	u32 i;

	for (i = 0; i < nr; i++)
		all += extents[i];
	if (fits)
		DMERR("%s: no room in the metadata for %u more devices, %llu extents: %d",
		      pool->name, nr, all, fits);
	return fits;
}

static int tier_member_bind_all(struct tier_pool *pool, struct tier_pool_target *table,
				bool known_only, struct tier_member_seen *seen)
{
	unsigned int t, d;
	int tier, ret;

	for (t = 0; t < table->nr_tiers; t++) {
		tier = tier_pool_tier_by_name(pool, table->tiers[t].name);
		if (tier < 0)
			return tier;
		for (d = 0; d < table->tiers[t].nr_devs; d++) {
			ret = tier_member_bind_dev(pool, table->tiers[t].devs[d], tier, known_only,
						   seen);
			if (ret)
				return ret;
		}
	}
	if (!known_only)
		return tier_member_unbind(pool, seen->known);
	/* all of them or none */
	return tier_member_room(pool, seen->extents, seen->nr,
				tier_meta_fits(&pool->meta, seen->extents, seen->nr));
}

int tier_member_bind(struct tier_pool *pool, struct tier_pool_target *table, bool known_only)
{
	struct tier_member_seen *seen = kzalloc(sizeof(*seen), GFP_KERNEL);
	int ret;

	/* first of all: the old table's devices go with it, whatever comes of this */
	tier_member_detach_all(pool);
	if (!seen)
		return -ENOMEM;
	ret = tier_member_bind_all(pool, table, known_only, seen);
	kfree(seen);
	return ret;
}

static bool tier_member_in_table(struct tier_pool_target *table, dev_t dev)
{
	unsigned int t, d;

	for (t = 0; t < table->nr_tiers; t++)
		for (d = 0; d < table->tiers[t].nr_devs; d++)
			if (table->tiers[t].devs[d]->bdev->bd_dev == dev)
				return true;
	return false;
}

int tier_member_check_reload(struct tier_pool *pool, struct tier_pool_target *table)
{
	unsigned int i;

	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		struct tier_member *member = pool->members[i];

		if (!member || !member->devt || member->state == TIER_MEMBER_REMOVED ||
		    tier_member_in_table(table, member->devt))
			continue;
		DMERR("%s: %s is not in the new table and holds %llu extents: evacuate it",
		      pool->name, member->name, READ_ONCE(member->used));
		return -EBUSY;
	}
	return 0;
}

int tier_member_stamp(struct tier_pool *pool, u64 generation)
{
	struct tier_member *member;
	unsigned int i, took = 0;
	int ret, err = 0;

	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		member = pool->members[i];
		if (!member || !member->bdev)
			continue;
		ret = tier_member_write_header(pool, member->dev, i, &pool->meta.members[i]->rec,
					       generation);
		if (ret) {
			DMERR("%s: header of %s not written: %d", pool->name, member->name, ret);
			err = ret;
			continue;
		}
		member->header_generation = generation;
		took++;
	}
	return took ? 0 : err;
}

static int tier_member_commit(struct tier_pool *pool, struct tier_member *member,
			      const struct tier_member_record *rec)
{
	struct tier_put put = { .kind = TIER_PUT_MEMBER, .index = member->index, .mem = rec };

	return tier_commit(pool, &put, 1);
}

int tier_member_set_state(struct tier_pool *pool, struct tier_member *member, u8 state,
			  const char *why)
{
	struct tier_member_record rec = pool->meta.members[member->index]->rec;
	struct tier_event event = TIER_EVENT("device-state");
	int ret;

	rec.state = state;
	ret = tier_member_commit(pool, member, &rec);
	if (ret)
		return ret;
	WRITE_ONCE(member->state, state);
	tier_member_apply(pool, member);
	if (state == TIER_MEMBER_REMOVED && tier_member_wipe_header(pool, member))
		DMWARN("%s: header of %s could not be wiped", pool->name, member->name);
	DMINFO("%s: %s is %s: %s", pool->name, member->name, tier_member_state_name(state), why);
	event.dev = member;
	event.state = tier_member_state_name(state);
	event.reason = why;
	tier_event_send(pool, &event);
	tier_netlink_changed();
	return 0;
}

int tier_member_set_tag(struct tier_pool *pool, struct tier_member *member, const char *tag)
{
	struct tier_member_record rec = pool->meta.members[member->index]->rec;
	struct tier_lun *lun;
	int ret;

	memset(rec.tag, 0, sizeof(rec.tag));
	strscpy(rec.tag, tag, sizeof(rec.tag));
	ret = tier_member_commit(pool, member, &rec);
	if (ret)
		return ret;
	memcpy(member->tag, rec.tag, sizeof(rec.tag));
	list_for_each_entry(lun, &pool->luns, list)
		tier_lun_update_tags(lun);
	return 0;
}

static int tier_member_do_prove(struct tier_pool *pool, void *arg)
{
	struct tier_member *member = arg;
	s64 left;
	int ret;

	ret = tier_meta_checkpoint(&pool->meta, false);
	if (ret)
		return ret;
	left = tier_meta_prove_empty(&pool->meta, member->index);
	if (left > 0)
		DMERR("%s: %lld records on disk still point at %s", pool->name, left,
		      member->name);
	return left > 0 ? -EBUSY : left;
}

void tier_member_check_drained(struct tier_pool *pool, struct tier_member *member)
{
	struct tier_event event = TIER_EVENT("evacuation-done");

	/* moves have ended only when the last reader has left the source */
	if (member->state != TIER_MEMBER_DRAINING || READ_ONCE(member->used) ||
	    atomic_read(&member->moves))
		return;
	if (tier_commit_call(pool, tier_member_do_prove, member))
		return;
	if (tier_member_set_state(pool, member, TIER_MEMBER_DRAINED,
				  "evacuated: no record points at it"))
		return;
	event.dev = member;
	event.has_evac = true;
	event.evac_total = member->evac_total;
	tier_event_send(pool, &event);
}
