// SPDX-License-Identifier: GPL-2.0-only
/*
 * The live move of one extent.
 *
 * The source is in charge until the record of the switch is durable:
 *
 *  1. take a place at the destination	crash: it is free again
 *  2. mark the extent MOVING: writes note what they touch when they end
 *  3. drain: all writes that do not note have ended
 *  4. copy it all, then what was written meanwhile, a few rounds
 *  5. flush the destination			crash: as after 1
 *  6. hold writes, drain: nothing is written any more
 *  7. copy the last chunks, flush		crash: as after 1
 *  8. commit: destination owned, source free	crash: before: source, after:
 *						destination, both whole
 *  9. switch the entry, let held writes go
 * 10. drain: no reader is left at the source; only now is it free for others
 *
 * An error before 8 gives the place back. An error of 8 leaves the fate of the
 * record unknown: the pool is read-only then, so both copies stay equal.
 */
#include <linux/blkdev.h>
#include <linux/dm-kcopyd.h>
#include <linux/sched/mm.h>
#include <linux/vmalloc.h>

#include "tier-commit.h"
#include "tier-event.h"
#include "tier-lun.h"
#include "tier-migrate.h"
#include "tier-op.h"
#include "tier-place.h"
#include "tier-quiesce.h"
#include "tier-rate.h"
#include "tier-stock.h"

#define TIER_MOVE_PIECE		1024	/* sectors copied at once: what kcopyd does in one I/O */
#define TIER_MOVE_ROUNDS	4	/* before writes are held */

struct tier_copy_wait {
	struct completion done;
	int error;
};

static void tier_copy_done(int read_err, unsigned long write_err, void *context)
{
	struct tier_copy_wait *wait = context;

	wait->error = read_err || write_err ? -EIO : 0;
	complete(&wait->done);
}

/* evacuation and the operator's own moves end in any case */
static bool tier_move_must_end(const struct tier_op *op)
{
	return op->reason <= TIER_REASON_TARGET;
}

static void tier_move_event(struct tier_op *op, const char *name, int error)
{
	struct tier_event event = TIER_EVENT(name);

	event.lun = op->lun->id;
	event.logical = op->logical;
	event.from = tier_name(op->pool, op->src->tier);
	event.to = tier_name(op->pool, op->dst->tier);
	event.from_dev = op->src;
	event.to_dev = op->dst;
	event.reason = tier_reason_name(op->reason);
	event.error = -error;
	tier_event_send(op->pool, &event);
}

static int tier_move_regions(struct tier_op *op, u32 first, u32 count, struct dm_io_region *from,
			     struct dm_io_region *to)
{
	from->bdev = READ_ONCE(op->src->bdev);
	from->sector = tier_member_sector(op->pool, op->src_extent) + first;
	from->count = count;
	to->bdev = READ_ONCE(op->dst->bdev);
	to->sector = tier_member_sector(op->pool, op->dst_extent) + first;
	to->count = count;
	return from->bdev && to->bdev ? 0 : -EIO;
}

static int tier_move_copy(struct tier_op *op, u32 first, u32 count)
{
	struct dm_io_region from, to;
	struct tier_copy_wait wait;
	int ret;

	ret = tier_move_regions(op, first, count, &from, &to);
	if (ret)
		return ret;
	init_completion(&wait.done);
	dm_kcopyd_copy(op->pool->kcopyd, &from, 1, &to, 0, tier_copy_done, &wait);
	wait_for_completion_io(&wait.done);
	return wait.error;
}

static int tier_move_read(struct tier_op *op, struct dm_io_region *where, void *buf)
{
	struct dm_io_request request = {
		.bi_opf = REQ_OP_READ,
		.mem.type = DM_IO_VMA,
		.mem.ptr.vma = buf,
		.client = op->pool->io,
	};
	unsigned long errors = 0;

	return tier_dm_io(&request, 1, where, &errors) ?: errors ? -EIO : 0;
}

/* do both places hold the same bytes? -EILSEQ if not */
static int tier_move_compare(struct tier_op *op, u32 first, u32 count, void *buf)
{
	struct dm_io_region from, to;
	size_t bytes = (size_t)count << SECTOR_SHIFT;
	int ret;

	ret = tier_move_regions(op, first, count, &from, &to);
	if (!ret)
		ret = tier_move_read(op, &from, buf);
	if (!ret)
		ret = tier_move_read(op, &to, buf + bytes);
	if (!ret && memcmp(buf, buf + bytes, bytes))
		ret = -EILSEQ;
	return ret;
}

static u32 tier_move_piece(const struct tier_op *op, u32 first)
{
	return min_t(u64, TIER_MOVE_PIECE, op->pool->extent_sectors - first);
}

static int tier_move_verify(struct tier_op *op, u32 first, u32 count, void *buf)
{
	u32 piece;
	int ret = 0;

	for (; !ret && count; first += piece, count -= piece) {
		piece = min_t(u32, count, TIER_MOVE_PIECE);
		ret = tier_move_compare(op, first, piece, buf);
	}
	return ret;
}

/*
 * The law may have changed since the place was taken, and the destination may
 * have been failed: it does not get the extent then.
 */
static int tier_move_may(const struct tier_op *op)
{
	if (!READ_ONCE(op->dst->bdev))
		return -EIO;
	return tier_place_lawful(op->lun, op->dst) ? 0 : -ECANCELED;
}

static int tier_move_copy_all(struct tier_op *op)
{
	u32 first, count;
	int ret = 0;

	for (first = 0; !ret && first < op->pool->extent_sectors; first += count) {
		count = tier_move_piece(op, first);
		if (!tier_rate_wait(op, count))
			return -ECANCELED;
		ret = tier_move_may(op) ?: tier_move_copy(op, first, count);
	}
	return ret;
}

/*
 * Copy the chunks that were written. A chunk's mark is taken back before its
 * copy begins: a write that ends later marks it anew.
 */
static int tier_move_copy_dirty(struct tier_op *op, void *verify)
{
	u32 first, last, sectors = 1U << op->chunk_shift;
	int ret = 0;

	for (first = find_first_bit(op->dirty, op->chunks); !ret && first < op->chunks;
	     first = find_next_bit(op->dirty, op->chunks, last)) {
		last = first;
		/* neighbours in one go, as far as a piece reaches */
		do {
			clear_bit(last++, op->dirty);
		} while (last < op->chunks && test_bit(last, op->dirty) &&
			 (last - first) * sectors < TIER_MOVE_PIECE);
		smp_mb__after_atomic(); /* the mark is gone before the read begins */
		ret = tier_move_copy(op, first << op->chunk_shift, (last - first) * sectors);
		if (!ret && verify)
			ret = tier_move_verify(op, first << op->chunk_shift,
					       (last - first) * sectors, verify);
	}
	return ret;
}

/* compare while writes go on: what differs was just being written, so copy it again */
static int tier_move_verify_all(struct tier_op *op, void *verify)
{
	u32 first, count;
	int ret = 0;

	for (first = 0; !ret && first < op->pool->extent_sectors; first += count) {
		count = tier_move_piece(op, first);
		ret = tier_move_compare(op, first, count, verify);
		if (ret == -EILSEQ) {
			tier_op_note(op, first, first + count - 1);
			ret = 0;
		}
	}
	return ret;
}

static int tier_move_rounds(struct tier_op *op)
{
	unsigned int round, weight;
	int ret;

	for (round = 0; round < TIER_MOVE_ROUNDS; round++) {
		weight = bitmap_weight(op->dirty, op->chunks);
		if (!weight)
			return 0;
		/* the few that are left are quicker copied with writes held */
		if (round && weight <= op->chunks / 64)
			return 0;
		ret = tier_move_copy_dirty(op, NULL);
		if (ret)
			return ret;
		if (tier_op_stopped(op))
			return -ECANCELED;
	}
	/* always being written: leave it for later, unless it has to go */
	weight = bitmap_weight(op->dirty, op->chunks);
	return weight > op->chunks / 4 && !tier_move_must_end(op) ? -EBUSY : 0;
}

static int tier_move_prepare(struct tier_op *op, void *verify)
{
	int ret;

	tier_quiesce(op->pool);
	ret = tier_move_copy_all(op);
	if (!ret)
		ret = tier_move_rounds(op);
	if (!ret && verify)
		ret = tier_move_verify_all(op, verify);
	if (!ret)
		ret = tier_stock_flush(op->pool, op->dst);
	return ret;
}

static int tier_move_commit(struct tier_op *op)
{
	struct tier_pool *pool = op->pool;
	struct tier_put puts[2] = {
		{
			.kind = TIER_PUT_EXTENT,
			.member = op->dst->index,
			.index = op->dst_extent,
			.owner = TIER_OWNER(op->lun->id, op->logical),
		}, {
			.kind = TIER_PUT_EXTENT,
			.member = op->src->index,
			.index = op->src_extent,
			.owner = TIER_FREE,
		},
	};
	struct tier_heat *heat = &pool->meta.members[op->dst->index]->heat[op->dst_extent];

	*heat = pool->meta.members[op->src->index]->heat[op->src_extent];
	heat->moved = READ_ONCE(pool->ticks);
	return tier_commit(pool, puts, 2);
}

static int tier_move_switch(struct tier_op *op, void *verify)
{
	bool dirty;
	int ret;

	tier_op_set_state(op, TIER_ENTRY_HELD);
	tier_quiesce(op->pool);
	dirty = !bitmap_empty(op->dirty, op->chunks);
	ret = tier_move_copy_dirty(op, verify);
	if (!ret && dirty)
		ret = tier_stock_flush(op->pool, op->dst);
	if (!ret)
		ret = tier_move_may(op);
	if (ret)
		return ret;
	ret = tier_move_commit(op);
	if (ret) {
		/* a write that saw the pool writable is held: so it is to the end */
		tier_quiesce(op->pool);
		return ret;
	}
	/* before the first write there: a flush finds the LUN's members by the counts */
	tier_place_arrived(op->lun, op->src, op->dst);
	op->settled = tier_entry_plain(op->dst->index, op->dst_extent);
	return 0;
}

/* the one who lost the extent's place gives it back once nobody looks there */
static void tier_move_release(struct tier_op *op, int ret, bool unknown)
{
	struct tier_pool *pool = op->pool;

	tier_op_settle(op);
	tier_quiesce(pool);
	if (!ret) {
		tier_lun_account_move(op->lun, op->src->tier, op->dst->tier,
				      pool->extent_sectors);
		tier_place_left(op->lun, op->src, op->src_extent);
	} else if (!unknown) {
		tier_place_stayed(op->lun, op->dst, op->dst_extent);
	}
}

static void tier_move_report(struct tier_op *op, int ret)
{
	struct tier_pool *pool = op->pool;
	bool failed = ret && ret != -ECANCELED && ret != -EBUSY;

	spin_lock(&pool->space_lock);
	pool->moves_done += !ret;
	pool->moves_failed += failed;
	spin_unlock(&pool->space_lock);
	if (ret) /* not at once again: it counts as having just moved */
		pool->meta.members[op->src->index]->heat[op->src_extent].moved =
			READ_ONCE(pool->ticks);
	if (failed)
		DMERR_LIMIT("%s: LUN %u: extent %llu stays on %s, move to %s failed: %d",
			    pool->name, op->lun->id, op->logical, op->src->name, op->dst->name,
			    ret);
	if (!ret)
		tier_move_event(op, "move-done", 0);
	else
		tier_move_event(op, "move-failed", ret);
}

static void tier_move_work(struct work_struct *work)
{
	struct tier_op *op = container_of(work, struct tier_op, work);
	struct tier_pool *pool = op->pool;
	struct tier_member *src = op->src, *dst = op->dst;
	unsigned int noio = memalloc_noio_save();
	bool held = false;
	void *verify = NULL;
	int ret = 0;

	tier_move_event(op, "move-started", 0);
	if (READ_ONCE(op->lun->rec.flags) & TIER_LUN_VERIFY) {
		verify = vmalloc(2 * (TIER_MOVE_PIECE << SECTOR_SHIFT));
		ret = verify ? 0 : -ENOMEM;
	}
	if (!ret)
		ret = tier_move_prepare(op, verify);
	if (!ret) {
		held = true;
		ret = tier_move_switch(op, verify);
	}
	/* after a failed commit both places are spoken for until the next start */
	tier_move_release(op, ret, held && ret && !tier_pool_writable(pool));
	tier_move_report(op, ret);
	vfree(verify);
	memalloc_noio_restore(noio);

	atomic_dec(&src->moves);
	atomic_dec(&dst->moves);
	atomic_dec(&pool->moves);
	if (!READ_ONCE(pool->stopping))
		queue_work(pool->move_wq, &pool->dispatch_work);
	tier_op_free(op);	/* last: suspend waits for this */
}

/* the extent's entry, if the extent still lies where the plan saw it */
static u64 *tier_migrate_entry(struct tier_lun *lun, const struct tier_plan_move *move)
{
	u64 *entry;

	rcu_read_lock();
	entry = tier_map_entry(rcu_dereference(lun->map), TIER_OWNER_LOGICAL(move->owner));
	rcu_read_unlock();
	if (!entry || READ_ONCE(*entry) != tier_entry_plain(move->member, move->extent))
		return NULL;
	return entry;
}

static bool tier_migrate_room(struct tier_pool *pool, struct tier_member *member)
{
	return atomic_read(&member->moves) < TIER_MOVES_PER_MEMBER && member->bdev;
}

/*
 * Would a move that has its place bring two members of a tier closer? The plan saw
 * them as they were before its first move. What is leaving still counts as taken.
 */
static bool tier_migrate_evens(struct tier_pool *pool, const struct tier_member *src,
			       const struct tier_member *dst)
{
	u64 leaving = atomic_read(&src->moves), src_taken, dst_taken;

	spin_lock(&pool->space_lock);
	src_taken = src->space.taken;
	dst_taken = dst->space.taken;
	spin_unlock(&pool->space_lock);
	src_taken -= min(src_taken, leaving);
	return src_taken * dst->space.nr >= dst_taken * src->space.nr;
}

int tier_migrate_start(struct tier_pool *pool, const struct tier_plan_move *move, u8 to)
{
	struct tier_lun *lun = tier_lun_find(pool, TIER_OWNER_LUN(move->owner));
	struct tier_member *src = pool->members[move->member];
	struct tier_place place;
	struct tier_op *op;
	u64 *entry;
	int ret;

	if (!lun || lun->dead || lun->still || !src || !src->bdev)
		return -ESTALE;
	entry = tier_migrate_entry(lun, move);
	if (!entry)
		return -ESTALE;
	if (!tier_migrate_room(pool, src))
		return -EAGAIN;
	ret = tier_place_move(lun, to, src, &place);
	if (ret)
		return ret;
	if (!tier_migrate_room(pool, place.member)) {
		tier_place_stayed(lun, place.member, place.extent);
		return -EAGAIN;
	}
	if (move->reason == TIER_REASON_BALANCE &&
	    !tier_migrate_evens(pool, src, place.member)) {
		tier_place_stayed(lun, place.member, place.extent);
		return -ESTALE;
	}
	op = tier_op_begin(lun, TIER_OWNER_LOGICAL(move->owner), entry,
			   tier_entry_plain(move->member, move->extent), TIER_ENTRY_MOVING, false);
	if (IS_ERR(op)) {
		tier_place_stayed(lun, place.member, place.extent);
		return PTR_ERR(op) == -EBUSY ? -ESTALE : PTR_ERR(op);
	}
	op->src = src;
	op->src_extent = move->extent;
	op->dst = place.member;
	op->dst_extent = place.extent;
	op->reason = move->reason;
	atomic_inc(&src->moves);
	atomic_inc(&place.member->moves);
	atomic_inc(&pool->moves);
	INIT_WORK(&op->work, tier_move_work);
	queue_work(pool->move_wq, &op->work);
	return 0;
}
