// SPDX-License-Identifier: GPL-2.0-only
/*
 * Metadata I/O by dm-io: reads of one copy, writes and flushes of all live
 * copies in one request, telling which of them took it. A checkpoint's pages are
 * in flight together: one by one they would hold up the journal for as many
 * times as long as the device takes for one.
 */
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/dm-io.h>
#include <linux/vmalloc.h>

#include "tier-event.h"
#include "tier-metaio.h"
#include "tier-target.h"

static void tier_metaio_memory(struct dm_io_request *request, void *buf)
{
	if (is_vmalloc_addr(buf)) {
		request->mem.type = DM_IO_VMA;
		request->mem.ptr.vma = buf;
	} else {
		request->mem.type = DM_IO_KMEM;
		request->mem.ptr.addr = buf;
	}
}

static int tier_metaio_sync(struct dm_io_client *io, struct block_device *bdev, blk_opf_t opf,
			    u64 block, u32 count, void *buf)
{
	struct dm_io_region where = {
		.bdev = bdev,
		.sector = block * TIER_BLOCK_SECTORS,
		.count = (sector_t)count * TIER_BLOCK_SECTORS,
	};
	struct dm_io_request request = { .bi_opf = opf, .client = io };
	unsigned long errors = 0;

	tier_metaio_memory(&request, buf);
	return tier_dm_io(&request, 1, &where, &errors) ?: errors ? -EIO : 0;
}

int tier_metaio_read_block(struct dm_io_client *io, struct block_device *bdev, u64 block,
			   void *buf)
{
	return tier_metaio_sync(io, bdev, REQ_OP_READ | REQ_META, block, 1, buf);
}

int tier_metaio_write_block(struct dm_io_client *io, struct block_device *bdev, u64 block,
			    void *buf)
{
	return tier_metaio_sync(io, bdev, REQ_OP_WRITE | REQ_META | REQ_SYNC | REQ_FUA, block, 1,
				buf);
}

static int tier_metaio_read(void *ctx, unsigned int copy, u64 block, u32 count, void *buf)
{
	struct tier_pool *pool = ctx;
	struct dm_dev *dev = pool->bound ? pool->bound->meta[copy] : NULL;

	if (!dev)
		return -ENODEV;
	return tier_metaio_sync(pool->io, dev->bdev, REQ_OP_READ | REQ_META, block, count, buf);
}

/* where a block lies on each copy in the mask, and which copy is which; how many */
static unsigned int tier_metaio_regions(struct tier_pool *pool, u32 copies, u64 block, u32 count,
					struct dm_io_region *where, u32 *which)
{
	unsigned int i, n = 0;

	for (i = 0; i < TIER_META_COPIES; i++) {
		if (!(copies & BIT(i)) || !pool->bound || !pool->bound->meta[i])
			continue;
		where[n].bdev = pool->bound->meta[i]->bdev;
		where[n].sector = block * TIER_BLOCK_SECTORS;
		where[n].count = (sector_t)count * TIER_BLOCK_SECTORS;
		which[n++] = BIT(i);
	}
	return n;
}

/* the same request to each copy in the mask; the mask of those that took it */
static u32 tier_metaio_all(struct tier_pool *pool, u32 copies, struct dm_io_request *request,
			   u64 block, u32 count)
{
	struct dm_io_region where[TIER_META_COPIES];
	u32 which[TIER_META_COPIES], took = 0;
	unsigned long errors = 0;
	unsigned int i, n;

	n = tier_metaio_regions(pool, copies, block, count, where, which);
	if (!n)
		return 0;
	/* an error of one copy comes in the mask, one of the request without a bit */
	if (tier_dm_io(request, n, where, &errors) && !errors)
		return 0;
	for (i = 0; i < n; i++)
		if (!test_bit(i, &errors))
			took |= which[i];
	return took;
}

static u32 tier_metaio_write(void *ctx, u32 copies, u64 block, u32 count, const void *buf,
			     bool fua)
{
	struct tier_pool *pool = ctx;
	struct dm_io_request request = {
		.bi_opf = REQ_OP_WRITE | REQ_META | REQ_SYNC | (fua ? REQ_FUA : 0),
		.client = pool->io,
	};

	tier_metaio_memory(&request, (void *)buf);
	return tier_metaio_all(pool, copies, &request, block, count);
}

/* writes that are in flight together */
struct tier_metaio_batch {
	struct dm_io_region where[TIER_META_COPIES];
	u32 which[TIER_META_COPIES];	/* copy of each region */
	unsigned int regions;
	atomic_t failed;		/* mask of copies that failed one of them */
	atomic_t left;
	struct completion done;
};

static void tier_metaio_ended(unsigned long errors, void *context)
{
	struct tier_metaio_batch *batch = context;
	unsigned int i;

	for (i = 0; i < batch->regions; i++)
		if (test_bit(i, &errors))
			atomic_or(batch->which[i], &batch->failed);
	if (atomic_dec_and_test(&batch->left))
		complete(&batch->done);
}

TIER_DM_IO_NOTIFY(tier_metaio_ended)

static void tier_metaio_begin(struct tier_pool *pool, struct tier_metaio_batch *batch, u64 block,
			      void *buf)
{
	struct dm_io_request request = {
		.bi_opf = REQ_OP_WRITE | REQ_META | REQ_SYNC,
		.notify.fn = tier_metaio_ended_notify,
		.notify.context = batch,
		.client = pool->io,
	};
	unsigned int i;

	for (i = 0; i < batch->regions; i++)
		batch->where[i].sector = block * TIER_BLOCK_SECTORS;
	tier_metaio_memory(&request, buf);
	atomic_inc(&batch->left);
	/* one that cannot be begun is not called back */
	if (tier_dm_io(&request, batch->regions, batch->where, NULL))
		tier_metaio_ended(~0UL, batch);
}

static u32 tier_metaio_write_many(void *ctx, u32 copies, const u64 *blocks, u32 count,
				  const void *buf)
{
	struct tier_metaio_batch batch = { .left = ATOMIC_INIT(1) };
	struct tier_pool *pool = ctx;
	struct blk_plug plug;
	u32 took = 0, i;

	batch.regions = tier_metaio_regions(pool, copies, 0, 1, batch.where, batch.which);
	if (!batch.regions)
		return 0;
	init_completion(&batch.done);
	blk_start_plug(&plug);
	for (i = 0; i < count; i++)
		tier_metaio_begin(pool, &batch, blocks[i],
				  (void *)buf + (size_t)i * TIER_BLOCK_SIZE);
	blk_finish_plug(&plug);
	if (!atomic_dec_and_test(&batch.left))
		wait_for_completion_io(&batch.done);
	for (i = 0; i < batch.regions; i++)
		took |= batch.which[i];
	return took & ~atomic_read(&batch.failed);
}

static u32 tier_metaio_flush(void *ctx, u32 copies)
{
	struct tier_pool *pool = ctx;
	struct dm_io_request request = {
		.bi_opf = REQ_OP_WRITE | REQ_PREFLUSH | REQ_SYNC | REQ_META,
		.mem.type = DM_IO_KMEM,
		.client = pool->io,
	};

	return tier_metaio_all(pool, copies, &request, 0, 0);
}

static void tier_metaio_event(void *ctx, const char *what)
{
	struct tier_pool *pool = ctx;
	struct tier_event event = TIER_EVENT("metadata");

	DMERR("%s: metadata: %s", pool->name, what);
	event.reason = what;
	event.mode = tier_mode_name(pool->mode);
	tier_event_send(pool, &event);
}

const struct tier_meta_ops tier_metaio_ops = {
	.read = tier_metaio_read,
	.write = tier_metaio_write,
	.write_many = tier_metaio_write_many,
	.flush = tier_metaio_flush,
	.event = tier_metaio_event,
};
