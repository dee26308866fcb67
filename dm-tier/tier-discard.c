// SPDX-License-Identifier: GPL-2.0-only
/*
 * Freeing extents.
 *
 * Order: block the extents, wait for I/O in flight (a write must not land in
 * space that has a new owner), commit that they are free, unmap, and only then
 * let the space be reused: a crash never leaves a record that points at space
 * which somebody else has been given.
 */
#include <linux/blkdev.h>
#include <linux/slab.h>

#include "tier-commit.h"
#include "tier-discard.h"
#include "tier-io.h"
#include "tier-op.h"
#include "tier-place.h"
#include "tier-quiesce.h"
#include "tier-stock.h"

/* one batch under way; some KiB, never on the stack */
struct tier_discard_batch {
	unsigned int n;
	struct tier_op *ops[TIER_DISCARD_EXTENTS];
	struct tier_put puts[TIER_DISCARD_EXTENTS];
};

struct tier_discard {
	struct work_struct work;
	struct tier_lun *lun;
	struct bio *bio;
	struct tier_discard_batch batch;
};

/*
 * Own an extent if it is mapped: NULL if there is nothing to free. One that is
 * busy, and memory, is waited for only while the caller owns nothing (@patient):
 * who waits with operations in hand might wait for ever.
 */
static struct tier_op *tier_discard_block(struct tier_lun *lun, u64 logical, bool patient)
{
	struct tier_op *op;
	u64 *at, entry;

	for (;;) {
		rcu_read_lock();
		at = tier_map_entry(rcu_dereference(lun->map), logical);
		rcu_read_unlock();
		entry = at ? READ_ONCE(*at) : 0;
		if (!entry)
			return NULL;
		if (tier_entry_state(entry) == TIER_ENTRY_NORMAL) {
			op = tier_op_begin(lun, logical, at, entry, TIER_ENTRY_BLOCKED,
					   patient);
			if (!IS_ERR(op))
				return op;
		}
		if (!patient)
			return ERR_PTR(-EAGAIN);
		/* a move goes first, but need not go on */
		tier_op_nudge(lun->pool, at);
	}
}

/* tell the members that the space is unused; best effort, before it is reused */
static void tier_discard_passdown(struct tier_pool *pool, struct tier_discard_batch *batch)
{
	struct tier_member *member;
	unsigned int i;

	if (pool->features.no_discard_passdown)
		return;
	for (i = 0; i < batch->n; i++) {
		struct block_device *bdev;

		member = pool->members[batch->puts[i].member];
		bdev = READ_ONCE(member->bdev);
		if (bdev && bdev_max_discard_sectors(bdev))
			blkdev_issue_discard(bdev, tier_member_sector(pool, batch->puts[i].index),
					     pool->extent_sectors, GFP_NOIO);
	}
}

static int tier_discard_commit(struct tier_lun *lun, struct tier_discard_batch *batch)
{
	struct tier_pool *pool = lun->pool;
	unsigned int i;
	int ret;

	for (i = 0; i < batch->n; i++) {
		u64 entry = batch->ops[i]->settled;

		batch->puts[i] = (struct tier_put) {
			.kind = TIER_PUT_EXTENT,
			.member = tier_entry_member(entry),
			.index = tier_entry_extent(entry),
			.owner = TIER_FREE,
		};
	}
	tier_quiesce(pool);
	ret = tier_commit(pool, batch->puts, batch->n);
	/* who saw the pool writable is held yet: nothing goes to what may be free on disk */
	if (ret)
		tier_quiesce(pool);
	for (i = 0; i < batch->n; i++) {
		if (!ret)
			batch->ops[i]->settled = 0;
		tier_op_settle(batch->ops[i]);
		tier_op_free_rcu(batch->ops[i]);
	}
	if (ret)
		return ret;
	tier_discard_passdown(pool, batch);
	for (i = 0; i < batch->n; i++)
		tier_place_free(lun, pool->members[batch->puts[i].member], batch->puts[i].index);
	return 0;
}

/* extents from @logical on that have no entries, and so nothing to free */
static u64 tier_discard_hole(struct tier_lun *lun, u64 logical)
{
	u64 hole = 0;

	rcu_read_lock();
	if (!tier_map_entry(rcu_dereference(lun->map), logical))
		hole = TIER_LEAF_ENTRIES - 1 - logical % TIER_LEAF_ENTRIES;
	rcu_read_unlock();
	return hole;
}

static int tier_discard_batches(struct tier_lun *lun, u64 first, u64 count,
				struct tier_discard_batch *batch)
{
	struct tier_pool *pool = lun->pool;
	int ret = 0;
	u64 i = 0;

	while (i < count && !ret) {
		if (!tier_pool_writable(pool)) {
			ret = -EROFS;
			break;
		}
		for (batch->n = 0; i < count && batch->n < TIER_DISCARD_EXTENTS; i++) {
			struct tier_op *op;

			i += min(tier_discard_hole(lun, first + i), count - i - 1);
			op = tier_discard_block(lun, first + i, !batch->n);

			if (IS_ERR(op))
				break;
			if (op)
				batch->ops[batch->n++] = op;
			cond_resched();
		}
		if (batch->n)
			ret = tier_discard_commit(lun, batch);
	}
	return ret;
}

int tier_discard_range(struct tier_lun *lun, u64 first, u64 count)
{
	struct tier_discard_batch *batch = kmalloc(sizeof(*batch), GFP_NOIO);
	int ret;

	if (!batch)
		return -ENOMEM;
	ret = tier_discard_batches(lun, first, count, batch);
	kfree(batch);
	return ret;
}

int tier_discard_tail(struct tier_lun *lun, u64 sectors)
{
	struct tier_pool *pool = lun->pool;
	u32 offset = sectors & (pool->extent_sectors - 1);
	struct tier_member *member;
	struct block_device *bdev;
	struct tier_op *op;
	int ret = -EIO;

	op = offset ? tier_discard_block(lun, sectors >> pool->extent_shift, true) : NULL;
	if (!op)
		return 0;
	/* it may have been on the move: from here on it stays where it is */
	tier_quiesce(pool);
	member = pool->members[tier_entry_member(op->settled)];
	bdev = READ_ONCE(member->bdev);
	if (bdev) {
		/* of a block that the end cuts through nothing can be mapped */
		offset = round_down(offset, bdev_logical_block_size(bdev) >> SECTOR_SHIFT);
		ret = tier_stock_zero(pool, member, tier_entry_extent(op->settled), offset);
	}
	tier_op_settle(op);
	tier_op_free_rcu(op);
	return ret;
}

/*
 * The last extent of a LUN whose end lies in the middle of it. The LUN may be
 * growing: what is beyond the old end is written only after the record of the new
 * one, so an extent that is owned while the end is still the old one holds
 * nothing else.
 */
static int tier_discard_last(struct tier_lun *lun, u64 sectors, struct tier_discard_batch *batch)
{
	struct tier_op *op = tier_discard_block(lun, sectors >> lun->pool->extent_shift, true);

	if (!op)
		return 0;
	tier_quiesce(lun->pool);
	if (READ_ONCE(lun->rec.sectors) != sectors) {
		tier_op_settle(op);
		tier_op_free_rcu(op);
		return 0;
	}
	batch->n = 1;
	batch->ops[0] = op;
	return tier_discard_commit(lun, batch);
}

static void tier_discard_work(struct work_struct *work)
{
	struct tier_discard *discard = container_of(work, struct tier_discard, work);
	struct tier_lun *lun = discard->lun;
	struct bio *bio = discard->bio;
	unsigned int shift = lun->pool->extent_shift;
	sector_t start = tier_io_of(bio)->sector;
	u64 first = (start + lun->pool->extent_sectors - 1) >> shift;
	u64 end = (start + bio_sectors(bio)) >> shift;
	sector_t last = start + bio_sectors(bio);
	int ret = 0;

	if (end > first)
		ret = tier_discard_batches(lun, first, end - first, &discard->batch);
	if (!ret && end >= first && last != end << shift && last == READ_ONCE(lun->rec.sectors))
		ret = tier_discard_last(lun, last, &discard->batch);
	kfree(discard);
	bio->bi_status = errno_to_blk_status(ret);
	bio_endio(bio);
}

bool tier_discard_start(struct tier_lun *lun, struct bio *bio)
{
	struct tier_discard *discard = kmalloc(sizeof(*discard),
					       GFP_NOIO | __GFP_NORETRY | __GFP_NOWARN);

	if (!discard) {
		/* a discard is advice: rather none than one that waits for memory */
		bio_endio(bio);
		return true;
	}
	INIT_WORK(&discard->work, tier_discard_work);
	discard->lun = lun;
	discard->bio = bio;
	queue_work(lun->pool->discard_wq, &discard->work);
	return true;
}
