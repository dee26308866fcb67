// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tier-meta.h"

#include "check.h"
#include "model.h"

struct check_sums check_sums;

/* the metadata devices as the engine sees them; it may be cut off */
struct device {
	struct check_pool *pool;
	long writes_left;	/* then the power goes; -1: it does not */
	unsigned int seed;
	char said[256];
};

static uint64_t where(const struct device *dev, unsigned int copy, u64 block)
{
	return dev->pool->meta[copy].start + block * TIER_BLOCK_SECTORS;
}

static int device_read(void *ctx, unsigned int copy, u64 block, u32 count, void *buf)
{
	struct device *dev = ctx;

	if ((block + count) * TIER_BLOCK_SECTORS > dev->pool->meta[copy].sectors)
		return -EIO;
	memcpy(buf, image_sector(dev->pool->image, where(dev, copy, block)),
	       (size_t)count * TIER_BLOCK_SIZE);
	return 0;
}

/* the write in which the power goes: any of its sectors may be there */
static void device_tear(struct device *dev, unsigned int copy, u64 block, u32 count,
			const void *buf)
{
	const unsigned char *from = buf;
	u32 i;

	for (i = 0; i < count * TIER_BLOCK_SECTORS; i++)
		if (rand_r(&dev->seed) & 16)
			image_write(dev->pool->image, where(dev, copy, block) + i, 1,
				    from + i * IMAGE_SECTOR);
}

static u32 device_write(void *ctx, u32 copies, u64 block, u32 count, const void *buf, bool fua)
{
	struct device *dev = ctx;
	unsigned int copy;

	(void)fua;
	if (!dev->writes_left)
		return 0;
	if (dev->writes_left > 0)
		dev->writes_left--;
	for (copy = 0; copy < TIER_META_COPIES; copy++) {
		if (!(copies & BIT(copy)))
			continue;
		if (!dev->writes_left)
			device_tear(dev, copy, block, count, buf);
		else
			image_write(dev->pool->image, where(dev, copy, block),
				    count * TIER_BLOCK_SECTORS, buf);
	}
	return dev->writes_left ? copies : 0;
}

static u32 device_flush(void *ctx, u32 copies)
{
	struct device *dev = ctx;

	return dev->writes_left ? copies : 0;
}

static void device_event(void *ctx, const char *what)
{
	struct device *dev = ctx;

	snprintf(dev->said, sizeof(dev->said), "%s", what);
}

static const struct tier_meta_ops device_ops = {
	.read = device_read,
	.write = device_write,
	.flush = device_flush,
	.event = device_event,
};

__attribute__((format(printf, 1, 2))) static int wrong(const char *fmt, ...)
{
	va_list args;

	printf("WRONG: ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	return -1;
}

static int open_meta(struct tier_meta *meta, struct device *dev)
{
	struct check_pool *pool = dev->pool;
	u64 blocks = pool->meta[0].sectors / TIER_BLOCK_SECTORS;

	return tier_meta_open(meta, &device_ops, dev, pool->copies > 1 ? 3 : 1, blocks);
}

/* -- what is in the tables -- */

static const struct image_slice *slice_of(struct check_pool *pool, u32 index,
					  struct image_slice *found)
{
	struct tier_member_header header;
	unsigned int i;

	for (i = 0; i < pool->nr_members; i++) {
		*found = pool->members[i];
		if (!tier_member_header_decode(image_sector(pool->image, found->start), &header) &&
		    header.index == index)
			return found;
	}
	return NULL;
}

static int check_extent(struct check_pool *pool, const struct tier_meta *meta, u64 owner,
			uint64_t at)
{
	u32 lun = TIER_OWNER_LUN(owner), i;
	u64 first = TIER_OWNER_LOGICAL(owner) * meta->super.extent_sectors;
	const char *bad;

	if (lun >= MODEL_LUNS)
		return wrong("LUN %u was never made", lun);
	for (i = 0; i < meta->super.extent_sectors; i++) {
		bad = model_check(lun, first + i, image_sector(pool->image, at + i));
		if (bad)
			return wrong("LUN %u, sector %llu, at %llu: %s", lun, first + i,
				     (unsigned long long)at + i, bad);
	}
	check_sums.extents++;
	return 0;
}

/* one bit an extent of each LUN: it is mapped */
static unsigned char mapped[MODEL_LUNS][1 << 16];

static int check_member(struct check_pool *pool, const struct tier_meta *meta, u32 index)
{
	const struct tier_meta_member *m = meta->members[index];
	const struct image_slice *slice;
	struct image_slice found;
	u64 e;

	slice = slice_of(pool, index, &found);
	if (!slice)
		return m->used ? wrong("member %u has no header", index) : 0;
	for (e = 0; e < m->rec.extents; e++) {
		u64 owner = m->owner[e];

		if (owner == TIER_FREE)
			continue;
		if (check_extent(pool, meta, owner, slice->start + TIER_DATA_OFFSET +
				 e * meta->super.extent_sectors))
			return -1;
		mapped[TIER_OWNER_LUN(owner)][TIER_OWNER_LOGICAL(owner) & 0xffff] = 1;
	}
	return 0;
}

static const struct tier_lun_record *record_of(const struct tier_meta *meta, u32 id)
{
	u32 i;

	for (i = 0; i < meta->nr_lun_slots; i++)
		if (meta->luns[i] && meta->luns[i]->id == id)
			return meta->luns[i];
	return NULL;
}

static int check_lun(const struct tier_meta *meta, u32 id)
{
	const struct tier_lun_record *rec = record_of(meta, id);
	const struct model_lun *lun = model_lun(id);
	const char *bad;
	u64 s;

	if (!rec)
		return lun->must ? wrong("LUN %u is gone", id) : 0;
	if (!lun->may)
		return wrong("LUN %u is there, and was deleted or never made", id);
	if (rec->sectors != lun->size[0] && rec->sectors != lun->size[1])
		return wrong("LUN %u has %llu sectors, not %llu or %llu", id, rec->sectors,
			     (unsigned long long)lun->size[0], (unsigned long long)lun->size[1]);
	for (s = 0; s < lun->sectors; s++) {
		if (mapped[id][s / meta->super.extent_sectors])
			continue;
		bad = model_check_zero(id, s);
		if (bad)
			return wrong("LUN %u, sector %llu is not mapped: %s", id, s, bad);
	}
	return 0;
}

/* -- usage -- */

static struct usage_seen {
	u64 created;
	struct tier_usage usage[TIER_MAX_TIERS];
} seen[MODEL_LUNS];

static int check_usage(const struct tier_meta *meta)
{
	u32 id, t, n;

	for (id = 0; id < MODEL_LUNS; id++) {
		const struct tier_lun_record *rec = record_of(meta, id);

		if (!rec)
			continue;
		if (seen[id].created != rec->created)
			memset(&seen[id], 0, sizeof(seen[id]));
		seen[id].created = rec->created;
		for (t = 0; t < TIER_MAX_TIERS; t++) {
			const u64 *now = (const u64 *)&rec->usage[t];
			u64 *was = (u64 *)&seen[id].usage[t];

			for (n = 0; n < sizeof(rec->usage[t]) / sizeof(u64); n++) {
				if (now[n] < was[n])
					return wrong("LUN %u, tier %u: counter %u went from %llu back to %llu",
						     id, t, n, was[n], now[n]);
				was[n] = now[n];
			}
		}
	}
	return 0;
}

/* -- once more, with a cut in the middle -- */

static u64 sum_of(const struct tier_meta *meta)
{
	u64 sum = 0, e;
	u32 i;

	for (i = 0; i < TIER_MAX_MEMBERS; i++)
		for (e = 0; meta->members[i] && e < meta->members[i]->rec.extents; e++)
			sum = (sum ^ meta->members[i]->owner[e]) * 0x9e3779b97f4a7c15ULL + e;
	for (i = 0; i < meta->nr_lun_slots; i++)
		if (meta->luns[i])
			sum = (sum ^ meta->luns[i]->id ^ meta->luns[i]->sectors << 24) *
			      0xbf58476d1ce4e5b9ULL;
	return sum;
}

static int check_restarts(struct check_pool *pool, u64 sum, unsigned int seed)
{
	struct device dev = { .pool = pool, .seed = seed };
	unsigned int round, rounds = 1 + seed % 3;
	struct tier_meta meta;
	int err;

	for (round = 0; round <= rounds; round++) {
		dev.writes_left = round < rounds ? (long)(rand_r(&dev.seed) % 12) : -1;
		err = open_meta(&meta, &dev);
		if (!err && sum_of(&meta) != sum) {
			tier_meta_close(&meta);
			return wrong("a start that was cut short has changed what is there");
		}
		if (!err) {
			int ret = tier_meta_start(&meta);

			if (ret && dev.writes_left < 0)
				err = ret;
			if (!ret && sum_of(&meta) != sum)
				err = -EUCLEAN;
		}
		tier_meta_close(&meta);
		if (err)
			return wrong("start %u of %u after cuts in starts: error %d (%s)", round,
				     rounds, err, dev.said);
		check_sums.restarts++;
	}
	return 0;
}

int check_cut(struct check_pool *pool, bool made, bool base, unsigned int seed)
{
	struct device dev = { .pool = pool, .writes_left = -1 };
	struct tier_meta meta;
	u64 sum = 0;
	u32 i;
	int err;

	check_sums.cuts++;
	err = open_meta(&meta, &dev);
	if (err && !made && err == -ENODATA) {
		tier_meta_close(&meta);
		return 0;
	}
	if (err)
		err = wrong("the metadata does not load: error %d (%s)", err, dev.said);
	memset(mapped, 0, sizeof(mapped));
	for (i = 0; !err && i < TIER_MAX_MEMBERS; i++)
		if (meta.members[i])
			err = check_member(pool, &meta, i);
	for (i = 0; !err && i < MODEL_LUNS; i++)
		err = check_lun(&meta, i);
	if (!err && base)
		err = check_usage(&meta);
	if (!err) {
		check_sums.replayed += meta.replayed;
		sum = sum_of(&meta);
	}
	tier_meta_close(&meta);
	return err ?: check_restarts(pool, sum, seed);
}
