/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An operation owns one logical extent for a while: an allocation, a discard or
 * a move. It is entered in the map entry by its slot, at most one at a time,
 * and keeps the bios that have to wait for it.
 */
#ifndef TIER_OP_H
#define TIER_OP_H

#include "tier-pool.h"

#define TIER_OP_CHUNKS	256	/* most chunks an extent is copied in */

/**
 * struct tier_op - one operation under way
 * @pool: of the LUN
 * @lun: whose extent
 * @logical: the extent, of the LUN
 * @entry: the map entry it owns
 * @settled: what @entry becomes when it ends
 * @slot: its number in @entry
 * @lock: held, and the entry while the operation ends
 * @held: bios that wait for the end
 * @first: of an allocation, the write that began it; not among @held
 * @work: what runs it
 * @rcu: frees it
 * @dirty: chunks written since they were copied; set at the end of a write
 * @chunk_shift: sectors per chunk, log2
 * @chunks: of an extent
 * @src: member moved from; NULL of an allocation
 * @dst: member moved to, or allocated on
 * @src_extent: on @src
 * @dst_extent: on @dst
 * @reason: of a move
 * @cancel: somebody wants the extent: end early
 */
struct tier_op {
	struct tier_pool *pool;
	struct tier_lun *lun;
	u64 logical;
	u64 *entry;
	u64 settled;
	u32 slot;
	spinlock_t lock;		/* held, and the entry while the operation ends */
	struct bio_list held;
	struct bio *first;
	struct work_struct work;
	struct rcu_head rcu;

	unsigned long dirty[BITS_TO_LONGS(TIER_OP_CHUNKS)];
	unsigned int chunk_shift;
	unsigned int chunks;
	struct tier_member *src;
	struct tier_member *dst;
	u64 src_extent;
	u64 dst_extent;
	enum tier_reason reason;
	bool cancel;		/* somebody wants the extent: end early */
};

/* slots and the reserve of memory; 0 or -ENOMEM */
int tier_op_init(struct tier_pool *pool);
void tier_op_exit(struct tier_pool *pool);

/**
 * tier_op_begin() - take ownership of a logical extent
 * @lun: whose
 * @logical: extent
 * @entry: its map entry
 * @expect: what it must still be: without a state
 * @state: BLOCKED, or MOVING
 * @wait: may sleep for memory (GFP_NOIO mempool, always ends)
 *
 * Return: the operation; ERR_PTR(-EBUSY) if the entry is not @expect any more;
 * ERR_PTR(-EAGAIN) if no slot or memory is free now.
 */
struct tier_op *tier_op_begin(struct tier_lun *lun, u64 logical, u64 *entry, u64 expect,
			      enum tier_entry_state state, bool wait);

/* change the state of the entry; readers see it at once or after tier_quiesce() */
void tier_op_set_state(struct tier_op *op, enum tier_entry_state state);

/**
 * tier_op_settle() - end ownership: the entry becomes @op->settled
 * @op: begun by the caller
 *
 * Held bios are mapped again. The op itself lives on, for I/O in flight that
 * has noted its slot, until tier_op_free() after a tier_quiesce().
 */
void tier_op_settle(struct tier_op *op);
/* after tier_op_settle() and tier_quiesce(); the LUN and the pool may go then */
void tier_op_free(struct tier_op *op);
/* could tier_op_begin() find a slot now? Ordered after what the caller has stored */
bool tier_op_slot_free(struct tier_pool *pool);
/* the same for an op whose slot no I/O can have noted (never MOVING): no quiesce needed */
void tier_op_free_rcu(struct tier_op *op);

/* fail what is held, before tier_op_settle() */
void tier_op_fail_held(struct tier_op *op, blk_status_t status);

/**
 * tier_op_hold() - queue a bio behind the operation in @entry
 * @pool: of the entry
 * @entry: the map entry
 * @seen: the entry's value that made the caller wait
 * @bio: to be mapped again when the operation ends
 *
 * Under rcu_read_lock().
 *
 * Return: false if the entry has changed: look again.
 */
bool tier_op_hold(struct tier_pool *pool, u64 *entry, u64 seen, struct bio *bio);

/* a write to sectors [first, last] of the extent has ended: copy them again */
static inline void tier_op_note(struct tier_op *op, u32 first, u32 last)
{
	u32 chunk;

	for (chunk = first >> op->chunk_shift; chunk <= last >> op->chunk_shift; chunk++)
		set_bit(chunk, op->dirty);
}

/* has a move been told to end early? */
static inline bool tier_op_stopped(const struct tier_op *op)
{
	return READ_ONCE(op->pool->stopping) || READ_ONCE(op->cancel) ||
	       READ_ONCE(op->lun->dead) || READ_ONCE(op->lun->still) ||
	       !tier_pool_writable(op->pool);
}

/* wait until no operation runs on a LUN; it takes no new ones (lun->dead) */
void tier_op_wait_all(struct tier_pool *pool);
void tier_op_wait_lun(struct tier_lun *lun);
/* ask the operation on an entry, if any, to end early, and wait a little */
void tier_op_nudge(struct tier_pool *pool, u64 *entry);

#endif
