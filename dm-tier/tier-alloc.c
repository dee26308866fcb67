// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first write to an extent.
 *
 * Order: take a place; zero it and flush its member (or take one zeroed ahead);
 * commit the record; let the write go. A crash before the commit leaves the
 * place free, after it an extent of zeros: never what another LUN wrote. As the
 * record is durable before any write reaches the extent, a later flush has only
 * data to care for.
 *
 * A write of the whole extent takes the zeros' part: it goes to the place, which
 * nobody sees yet, its member is flushed, the record is committed, and only then
 * does the write end. A crash before the commit leaves the place free, after it
 * all that was written.
 */
#include <linux/bio.h>

#include "tier-alloc.h"
#include "tier-commit.h"
#include "tier-event.h"
#include "tier-io.h"
#include "tier-op.h"
#include "tier-place.h"
#include "tier-stock.h"

static void tier_alloc_no_space(struct tier_op *op)
{
	struct tier_pool *pool = op->pool;
	struct tier_event event = TIER_EVENT("no-space");
	struct bio_list held;

	if (!xchg(&pool->no_space_said, true)) {
		DMWARN("%s: LUN %u: no space for a write", pool->name, op->lun->id);
		event.lun = op->lun->id;
		tier_event_send(pool, &event);
	}
	if (pool->features.error_if_no_space) {
		tier_op_fail_held(op, BLK_STS_NOSPC);
		return;
	}
	spin_lock(&op->lock);
	held = op->held;
	bio_list_init(&op->held);
	spin_unlock(&op->lock);
	tier_io_wait_space(pool, &held);
}

static int tier_alloc_commit(struct tier_op *op, const struct tier_place *place)
{
	struct tier_put put = {
		.kind = TIER_PUT_EXTENT,
		.member = place->member->index,
		.index = place->extent,
		.owner = TIER_OWNER(op->lun->id, op->logical),
	};

	struct tier_heat *heat = &op->pool->meta.members[place->member->index]->heat[place->extent];
	int ret;

	ret = tier_commit(op->pool, &put, 1);
	/* new is as good as just moved: let its heat show first */
	if (!ret)
		heat->moved = READ_ONCE(op->pool->ticks);
	return ret;
}

static bool tier_alloc_whole(const struct tier_pool *pool, struct bio *bio)
{
	return bio_op(bio) == REQ_OP_WRITE && bio_sectors(bio) == pool->extent_sectors;
}

static void tier_alloc_written(struct bio *clone)
{
	complete(clone->bi_private);
}

/* what began the allocation fills the place; it ends once the record is durable */
static int tier_alloc_write(struct tier_op *op, const struct tier_place *place)
{
	struct block_device *bdev = READ_ONCE(place->member->bdev);
	struct tier_pool *pool = op->pool;
	DECLARE_COMPLETION_ONSTACK(done);
	blk_status_t status;
	struct bio *clone;

	if (!bdev)
		return -EIO;
	tier_io_count_write(op->first, place->member);
	clone = bio_alloc_clone(bdev, op->first, GFP_NOIO, &pool->write_bios);
	clone->bi_opf &= ~REQ_POLLED;	/* nobody looks for its end */
	clone->bi_iter.bi_sector = tier_member_sector(pool, place->extent);
	clone->bi_private = &done;
	clone->bi_end_io = tier_alloc_written;
	dm_submit_bio_remap(op->first, clone);
	wait_for_completion_io(&done);
	status = clone->bi_status;
	bio_put(clone);
	return status ? -EIO : tier_stock_flush(pool, place->member);
}

/* what was there before must not be seen; @written: the first write is done */
static int tier_alloc_fill(struct tier_op *op, const struct tier_place *place, bool *written)
{
	if (place->zeroed || op->pool->features.skip_zeroing)
		return 0;
	*written = tier_alloc_whole(op->pool, op->first);
	return *written ? tier_alloc_write(op, place) :
			  tier_stock_zero(op->pool, place->member, place->extent, 0);
}

static int tier_alloc_extent(struct tier_op *op, const struct tier_place *place, bool *written)
{
	struct tier_pool *pool = op->pool;
	int ret;

	ret = tier_alloc_fill(op, place, written);
	if (ret) {
		tier_place_free(op->lun, place->member, place->extent);
		return ret;
	}
	ret = tier_alloc_commit(op, place);
	/* refused, it is free; else the record's fate is unknown, and it stays taken */
	if (ret && tier_pool_writable(pool))
		tier_place_free(op->lun, place->member, place->extent);
	if (!ret)
		op->settled = tier_entry_plain(place->member->index, place->extent);
	return ret;
}

/* the first write waits with those that came after it */
static void tier_alloc_hold_first(struct tier_op *op)
{
	spin_lock(&op->lock);
	bio_list_add_head(&op->held, op->first);
	spin_unlock(&op->lock);
}

static void tier_alloc_work(struct work_struct *work)
{
	struct tier_op *op = container_of(work, struct tier_op, work);
	struct tier_pool *pool = op->pool;
	struct tier_place place;
	bool written = false;
	int ret;

	ret = tier_pool_writable(pool) ?
	      tier_place_new(op->lun, tier_alloc_whole(pool, op->first), &place) : -EROFS;
	if (ret == -ENOSPC || ret == -EDQUOT) {
		tier_alloc_hold_first(op);
		tier_alloc_no_space(op);
		goto out;
	}
	if (!ret)
		ret = tier_alloc_extent(op, &place, &written);
	if (!written)
		tier_alloc_hold_first(op);
	if (ret) {
		DMERR_LIMIT("%s: LUN %u: extent %llu not allocated: %d", pool->name, op->lun->id,
			    op->logical, ret);
		tier_op_fail_held(op, BLK_STS_IOERR);
	}
out:
	tier_op_settle(op);
	if (written) {
		op->first->bi_status = ret ? BLK_STS_IOERR : BLK_STS_OK;
		bio_endio(op->first);
	}
	tier_op_free_rcu(op);
}

bool tier_alloc_start(struct tier_lun *lun, struct bio *bio)
{
	struct tier_pool *pool = lun->pool;
	u64 logical = tier_io_of(bio)->sector >> pool->extent_shift;
	struct tier_op *op;
	u64 *entry;

	mutex_lock(&lun->map_lock);
	entry = tier_map_entry_make(rcu_dereference_protected(lun->map, true), logical);
	mutex_unlock(&lun->map_lock);
	if (!entry) {
		bio_io_error(bio);
		return true;
	}
	op = tier_op_begin(lun, logical, entry, 0, TIER_ENTRY_BLOCKED, true);
	if (op == ERR_PTR(-EAGAIN))
		return false;
	if (IS_ERR(op)) {
		/* somebody else has begun: queue behind it */
		tier_io_defer_one(pool, bio);
		return true;
	}
	op->first = bio;
	INIT_WORK(&op->work, tier_alloc_work);
	queue_work(pool->op_wq, &op->work);
	return true;
}
