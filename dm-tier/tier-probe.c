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

static int tier_probe_first(struct tier_probe_one *one)
{
	int ret;

	ret = tier_metaio_read_block(one->pool->io, one->dev->bdev, 0, one->block);
	if (ret)
		return -EIO;
	ret = tier_meta_probe(one->block);
	if (ret == -ENODATA)
		ret = tier_foreign(one->pool->io, one->dev->bdev, &one->what) ?: ret;
	if (!ret && tier_super_decode(one->block, U64_MAX, one->super))
		ret = -EBADMSG;
	return ret;
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

static int tier_probe_ours(struct tier_probe_one *one)
{
	struct tier_pool *pool = one->pool;
	u64 has = bdev_nr_sectors(one->dev->bdev) / TIER_BLOCK_SECTORS;

	if (pool->loaded && memcmp(one->super->uuid, pool->meta.super.uuid, TIER_UUID_LEN)) {
		DMERR("%s: %s belongs to another pool: not touched", pool->name, one->dev->name);
		return -EBUSY;
	}
	if (has >= one->super->blocks)
		return 0;
	DMERR("%s: %s has %llu blocks, the pool's metadata needs %llu: not touched", pool->name,
	      one->dev->name, has, one->super->blocks);
	return -EINVAL;
}

/* sort one device in; an error ends the look */
static int tier_probe_sort(struct tier_probe_one *one, u32 bit, struct tier_probe *probe, u64 *need)
{
	int ret;

	one->what = "something else";
	one->hurt = false;
	switch (tier_probe_device(one)) {
	case 0:
		ret = tier_probe_ours(one);
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

/* a blank one will hold all that the others do */
static int tier_probe_blank_fits(struct tier_pool *pool, struct tier_pool_target *table, u32 blank,
				 u64 need)
{
	unsigned int i;
	u64 has;

	for (i = 0; i < TIER_META_COPIES; i++) {
		if (!(blank & BIT(i)))
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
		ret = tier_probe_blank_fits(pool, table, probe->blank, need);
out:
	kfree(one.super);
	kfree(one.block);
	return ret;
}
