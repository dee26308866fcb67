// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the metadata devices of a table hold.
 *
 * A metadata device may begin badly, with one block that cannot be read or has
 * rotted, and still have all that counts: its second superblock then speaks for
 * it. But a first block that is whole and says something else is believed: a
 * device that once was a mirror and is now a disk of data may well have a
 * superblock left in its second block.
 */
#include <linux/slab.h>

#include "tier-metaio.h"
#include "tier-probe.h"
#include "tier-target.h"

/* one device, as it is looked at */
struct tier_probe_one {
	struct tier_pool *pool;
	struct dm_dev *dev;
	struct tier_super *super;
	void *block;
	u8 uuid[TIER_UUID_LEN];	/* of the pool that those before hold */
	const char *what;	/* it holds, if it is foreign */
	bool hurt;
};

/* the second superblock, if it is whole: -EIO if not */
static int tier_probe_second(struct tier_probe_one *one)
{
	struct tier_block_id id = { .kind = TIER_BLOCK_SUPER };

	if (tier_metaio_read_block(one->pool->io, one->dev->bdev, 1, one->block))
		return -EIO;
	if (tier_block_check(one->block, &id) || id.index != 1)
		return -EIO;
	return tier_super_decode(one->block, U64_MAX, one->super) ? -EIO : 0;
}

/* generation 0, and whole otherwise: the rebuild of this copy was cut short, and begins anew */
static bool tier_probe_void(const struct tier_probe_one *one, int err)
{
	const struct tier_block_header *h = one->block;

	return err == -ERANGE && !h->generation && !one->super->generation &&
	       !memcmp(h->uuid, one->super->uuid, TIER_UUID_LEN);
}

static int tier_probe_first(struct tier_probe_one *one)
{
	int ret, err;

	ret = tier_metaio_read_block(one->pool->io, one->dev->bdev, 0, one->block);
	if (ret)
		return -EIO;
	ret = tier_meta_probe(one->block);
	if (ret == -ENODATA)
		ret = tier_foreign(one->pool->io, one->dev->bdev, &one->what) ?: ret;
	if (ret)
		return ret;
	err = tier_super_decode(one->block, U64_MAX, one->super);
	return err && !tier_probe_void(one, err) ? -EBADMSG : 0;
}

/* 0: ours, with @super; -ENODATA: blank; -EIO: it cannot be read; else foreign */
static int tier_probe_device(struct tier_probe_one *one)
{
	int ret = tier_probe_first(one), second;

	if (ret != -EIO && ret != -EBADMSG)
		return ret;
	second = tier_probe_second(one);
	one->hurt = true;
	if (!second)
		DMWARN("%s: superblock 0 of %s %s: superblock 1 used", one->pool->name,
		       one->dev->name, ret == -EIO ? "cannot be read" : "is damaged");
	else if (ret == -EIO)
		DMERR("%s: %s cannot be read: %d", one->pool->name, one->dev->name, ret);
	else
		DMERR("%s: both superblocks of %s are damaged", one->pool->name, one->dev->name);
	return second;
}

/* all of one pool: one that was left out at the load would be written anew */
static int tier_probe_ours(struct tier_probe_one *one, bool first)
{
	struct tier_pool *pool = one->pool;

	if (pool->loaded)
		memcpy(one->uuid, pool->meta.super.uuid, TIER_UUID_LEN);
	else if (first)
		memcpy(one->uuid, one->super->uuid, TIER_UUID_LEN);
	if (!memcmp(one->super->uuid, one->uuid, TIER_UUID_LEN))
		return 0;
	DMERR("%s: %s belongs to another pool: not touched", pool->name, one->dev->name);
	return -EBUSY;
}

/* sort one device in; an error ends the look */
static int tier_probe_sort(struct tier_probe_one *one, u32 bit, struct tier_probe *probe, u64 *need)
{
	int ret;

	one->what = "something else";
	one->hurt = false;
	switch (tier_probe_device(one)) {
	case 0:
		ret = tier_probe_ours(one, !probe->ours);
		if (ret)
			return ret;
		probe->ours |= bit;
		if (one->hurt)
			probe->hurt |= bit;
		*need = max(*need, one->super->blocks);
		return 0;
	case -ENODATA:
		probe->blank |= bit;
		return 0;
	case -EIO:
		return 0;
	case -ENOMEM:
		return -ENOMEM;
	default:
		probe->foreign |= bit;
		DMERR("%s: %s holds something else (%s): not touched", one->pool->name,
		      one->dev->name, one->what);
		return 0;
	}
}

/* each will hold all that any of them does */
static int tier_probe_fits(struct tier_pool *pool, struct tier_pool_target *table, u32 copies,
			   u64 need)
{
	unsigned int i;
	u64 has;

	for (i = 0; i < TIER_META_COPIES; i++) {
		if (!(copies & BIT(i)))
			continue;
		has = bdev_nr_sectors(table->meta[i]->bdev) / TIER_BLOCK_SECTORS;
		if (has >= need)
			continue;
		DMERR("%s: %s has %llu blocks, the pool's metadata needs %llu: not touched",
		      pool->name, table->meta[i]->name, has, need);
		return -EINVAL;
	}
	return 0;
}

int tier_probe_meta(struct tier_pool *pool, struct tier_pool_target *table,
		    struct tier_probe *probe)
{
	struct tier_probe_one one = { .pool = pool };
	u64 need = pool->loaded ? pool->meta.super.blocks : 0;
	unsigned int i;
	int ret = -ENOMEM;

	memset(probe, 0, sizeof(*probe));
	one.block = kmalloc(TIER_BLOCK_SIZE, GFP_KERNEL);
	one.super = kmalloc(sizeof(*one.super), GFP_KERNEL);
	if (!one.block || !one.super)
		goto out;
	ret = 0;
	for (i = 0; i < TIER_META_COPIES && !ret; i++) {
		one.dev = table->meta[i];
		if (one.dev)
			ret = tier_probe_sort(&one, BIT(i), probe, &need);
	}
	if (ret)
		goto out;
	if (probe->foreign && !probe->ours)
		ret = -EILSEQ;
	else if (!probe->ours && !probe->blank && !pool->loaded)
		ret = -EIO;
	else
		ret = tier_probe_fits(pool, table, probe->ours | probe->blank, need);
out:
	kfree(one.super);
	kfree(one.block);
	return ret;
}
