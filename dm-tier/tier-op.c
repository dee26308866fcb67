// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operation slots and the bios held behind them.
 *
 * An op is found from an entry under rcu_read_lock() through pool->ops[slot].
 * It is unhooked and freed only after a tier_quiesce() that follows the settled
 * entry, so neither a reader that holds the pointer nor a write that has noted
 * the slot outlives it.
 */
#include "tier-io.h"
#include "tier-op.h"
#include "tier-quiesce.h"

#define TIER_OP_RESERVE	16	/* ops that allocation can always have */

int tier_op_init(struct tier_pool *pool)
{
	spin_lock_init(&pool->op_lock);
	__set_bit(0, pool->op_slots);	/* slot 0 is "none" */
	atomic_set(&pool->ops_busy, 0);
	init_waitqueue_head(&pool->ops_wait);
	pool->op_mempool = mempool_create_kmalloc_pool(TIER_OP_RESERVE, sizeof(struct tier_op));
	return pool->op_mempool ? 0 : -ENOMEM;
}

void tier_op_exit(struct tier_pool *pool)
{
	mempool_destroy(pool->op_mempool);
}

static u32 tier_op_slot_get(struct tier_pool *pool, bool wait)
{
	unsigned long slot;

	/* moves leave the upper eighth to those whom user I/O waits for */
	unsigned long limit = wait ? TIER_OP_SLOTS : TIER_OP_SLOTS - TIER_OP_SLOTS / 8;

	spin_lock_bh(&pool->op_lock);
	slot = find_next_zero_bit(pool->op_slots, limit, 1);
	if (slot < limit)
		__set_bit(slot, pool->op_slots);
	else
		slot = 0;
	spin_unlock_bh(&pool->op_lock);
	return slot;
}

bool tier_op_slot_free(struct tier_pool *pool)
{
	smp_mb(); /* pairs with the one in tier_op_free() */
	return find_next_zero_bit(pool->op_slots, TIER_OP_SLOTS, 1) < TIER_OP_SLOTS;
}

static void tier_op_slot_put(struct tier_pool *pool, u32 slot)
{
	spin_lock_bh(&pool->op_lock);
	__clear_bit(slot, pool->op_slots);
	spin_unlock_bh(&pool->op_lock);
}

static void tier_op_chunks(struct tier_op *op)
{
	unsigned int shift = op->pool->extent_shift;

	/* 4 KiB chunks, or larger ones so that the bitmap suffices */
	op->chunk_shift = max_t(int, 3, (int)shift - ilog2(TIER_OP_CHUNKS));
	op->chunks = 1U << (shift - op->chunk_shift);
}

struct tier_op *tier_op_begin(struct tier_lun *lun, u64 logical, u64 *entry, u64 expect,
			      enum tier_entry_state state, bool wait)
{
	struct tier_pool *pool = lun->pool;
	struct tier_op *op;
	u32 slot;

	slot = tier_op_slot_get(pool, wait);
	if (!slot)
		return ERR_PTR(-EAGAIN);
	op = mempool_alloc(pool->op_mempool, wait ? GFP_NOIO : GFP_NOWAIT | __GFP_NOWARN);
	if (!op) {
		tier_op_slot_put(pool, slot);
		return ERR_PTR(-EAGAIN);
	}
	memset(op, 0, sizeof(*op));
	op->pool = pool;
	op->lun = lun;
	op->logical = logical;
	op->entry = entry;
	op->settled = expect;
	op->slot = slot;
	spin_lock_init(&op->lock);
	bio_list_init(&op->held);
	tier_op_chunks(op);

	atomic_inc(&pool->ops_busy);
	atomic_inc(&lun->ops);
	/* the op is there before any reader can find its slot in the entry */
	smp_store_release(&pool->ops[slot], op);
	if (cmpxchg64(entry, expect, tier_entry_busy(expect, state, slot)) != expect) {
		WRITE_ONCE(pool->ops[slot], NULL);
		tier_op_slot_put(pool, slot);
		mempool_free(op, pool->op_mempool);
		atomic_dec(&lun->ops);
		atomic_dec(&pool->ops_busy);
		wake_up_all(&pool->ops_wait);
		return ERR_PTR(-EBUSY);
	}
	return op;
}

void tier_op_set_state(struct tier_op *op, enum tier_entry_state state)
{
	WRITE_ONCE(*op->entry, tier_entry_busy(op->settled, state, op->slot));
}

void tier_op_settle(struct tier_op *op)
{
	struct bio_list held;

	/* all that the operation did is visible to who sees the entry settled */
	smp_store_release(op->entry, op->settled);

	/* who looked before has queued itself under the lock, or will look again */
	spin_lock(&op->lock);
	held = op->held;
	bio_list_init(&op->held);
	spin_unlock(&op->lock);
	tier_io_defer(op->pool, &held);
}

void tier_op_free(struct tier_op *op)
{
	struct tier_pool *pool = op->pool;
	struct tier_lun *lun = op->lun;

	WRITE_ONCE(pool->ops[op->slot], NULL);
	tier_op_slot_put(pool, op->slot);
	mempool_free(op, pool->op_mempool);
	smp_mb(); /* a slot is seen by who parks bios now, or the bios are seen here */
	if (!bio_list_empty(&pool->deferred))
		queue_work(pool->io_wq, &pool->defer_work);
	/*
	 * The LUN may go once its count is zero, the pool once the other is: the
	 * lock keeps it until the last touch (tier_op_wait_all()).
	 */
	spin_lock_bh(&pool->op_lock);
	atomic_dec(&lun->ops);
	atomic_dec(&pool->ops_busy);
	wake_up_all(&pool->ops_wait);
	spin_unlock_bh(&pool->op_lock);
}

void tier_op_wait_all(struct tier_pool *pool)
{
	wait_event(pool->ops_wait, !atomic_read(&pool->ops_busy));
	/* the last one has let go of the lock, too */
	spin_lock_bh(&pool->op_lock);
	spin_unlock_bh(&pool->op_lock);
}

void tier_op_fail_held(struct tier_op *op, blk_status_t status)
{
	struct bio_list held;
	struct bio *bio;

	spin_lock(&op->lock);
	held = op->held;
	bio_list_init(&op->held);
	spin_unlock(&op->lock);
	while ((bio = bio_list_pop(&held))) {
		bio->bi_status = status;
		bio_endio(bio);
	}
}

static void tier_op_free_cb(struct rcu_head *rcu)
{
	tier_op_free(container_of(rcu, struct tier_op, rcu));
}

void tier_op_free_rcu(struct tier_op *op)
{
	call_rcu(&op->rcu, tier_op_free_cb);
}

bool tier_op_hold(struct tier_pool *pool, u64 *entry, u64 seen, struct bio *bio)
{
	struct tier_op *op = READ_ONCE(pool->ops[tier_entry_slot(seen)]);
	bool held = false;

	if (!op)
		return false;
	spin_lock(&op->lock);
	if (READ_ONCE(*entry) == seen) {
		bio_list_add(&op->held, bio);
		held = true;
	}
	spin_unlock(&op->lock);
	return held;
}

void tier_op_wait_lun(struct tier_lun *lun)
{
	wait_event(lun->pool->ops_wait, !atomic_read(&lun->ops));
}

void tier_op_nudge(struct tier_pool *pool, u64 *entry)
{
	struct tier_op *op;

	/* an op seen in the entry outlives this read-side section */
	rcu_read_lock();
	op = READ_ONCE(pool->ops[tier_entry_slot(READ_ONCE(*entry))]);
	if (op)
		WRITE_ONCE(op->cancel, true);
	rcu_read_unlock();
	wake_up_all(&pool->ops_wait);
	schedule_timeout_uninterruptible(1);
}
