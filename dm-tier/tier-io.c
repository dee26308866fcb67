// SPDX-License-Identifier: GPL-2.0-only
/*
 * The I/O path of a LUN. The first half runs for every bio and takes no lock;
 * the second half, for the few that have to wait, runs in a worker.
 */
#include <linux/bio.h>

#include "tier-alloc.h"
#include "tier-discard.h"
#include "tier-flush.h"
#include "tier-io.h"
#include "tier-op.h"
#include "tier-quiesce.h"
#include "tier-target.h"

/* what tier_io_lookup() makes of a bio */
enum tier_io_verdict {
	TIER_IO_GO,		/* remapped: submit it */
	TIER_IO_TAKEN,		/* ended, or held behind an operation */
	TIER_IO_ALLOCATE,	/* a write to an extent that has no place yet */
	TIER_IO_DEFER,		/* the pool is suspended */
};

static void tier_io_sample(struct tier_pool *pool, u32 lun, u64 sector, u32 size)
{
	struct tier_samples *ring = this_cpu_ptr(pool->samples);
	u32 head = ring->head;
	struct tier_sample *sample;

	if (unlikely(head - READ_ONCE(ring->tail) >= TIER_SAMPLES)) {
		ring->lost++;
		return;
	}
	sample = &ring->s[head % TIER_SAMPLES];
	sample->sector = sector;
	sample->lun = lun;
	sample->size = size;
	/* pairs with the heat worker's smp_load_acquire() */
	smp_store_release(&ring->head, head + 1);
}

/* preemption off: the counters are per CPU */
static __always_inline void tier_io_count(struct tier_lun *lun, const struct tier_io *io,
					  u8 tier, bool write, u32 sectors)
{
	struct tier_lun_stats *stats = this_cpu_ptr(lun->stats);

	stats->ios[write][tier]++;
	stats->sectors[write][tier] += sectors;
	tier_io_sample(lun->pool, lun->id, io->sector, sectors | (u32)write << 31);
}

void tier_io_count_write(struct bio *bio, const struct tier_member *member)
{
	struct tier_io *io = tier_io_of(bio);

	preempt_disable();
	tier_io_count(io->lun, io, member->tier, true, bio_sectors(bio));
	preempt_enable();
}

/*
 * Send a bio to its place; false if the place is gone and the bio has ended. RCU
 * read lock held, so that phase and entry belong together; preemption off for
 * the per-CPU counters.
 */
static bool tier_io_go(struct tier_lun *lun, struct bio *bio, struct tier_io *io,
		       u64 entry, u32 phase)
{
	struct tier_pool *pool = lun->pool;
	struct tier_member *member = pool->members[tier_entry_member(entry)];
	struct block_device *bdev = READ_ONCE(member->bdev);
	u32 sectors = bio_sectors(bio);
	u32 offset = io->sector & (pool->extent_sectors - 1);
	bool write = op_is_write(bio_op(bio));
	struct tier_latency *latency;

	if (unlikely(!bdev)) {
		bio_io_error(bio);
		return false;
	}
	if (unlikely(tier_entry_state(entry) == TIER_ENTRY_MOVING) && write) {
		io->slot = tier_entry_slot(entry);
		io->first = offset;
		io->last = offset + sectors - 1;
	}
	io->phase = phase;

	preempt_disable();
	tier_quiesce_enter(pool, phase);
	tier_io_count(lun, io, member->tier, write, sectors);
	latency = this_cpu_ptr(member->latency);
	if (unlikely(!(latency->seen++ % TIER_LATENCY_SAMPLE))) {
		io->member = member;
		io->start_ns = ktime_get_ns();
	}
	preempt_enable();

	bio_set_dev(bio, bdev);
	bio->bi_iter.bi_sector = tier_member_sector(pool, tier_entry_extent(entry)) + offset;
	return true;
}

static void tier_io_unmapped_read(struct bio *bio)
{
	zero_fill_bio(bio);
	bio_endio(bio);
}

static bool tier_io_gate(struct tier_pool *pool, struct bio *bio, enum tier_io_verdict *verdict)
{
	/* pairs with the exchange in tier_pool_gate(): the members are looked at later */
	u32 gate = smp_load_acquire(&pool->gate);

	if (likely(!gate))
		return false;
	/* a flush changes nothing, and what was acknowledged before is worth one */
	if (gate & TIER_GATE_FAIL ||
	    (gate & TIER_GATE_READ_ONLY && op_is_write(bio_op(bio)) && bio_sectors(bio))) {
		bio_io_error(bio);
		*verdict = TIER_IO_TAKEN;
		return true;
	}
	*verdict = TIER_IO_DEFER;
	return gate & TIER_GATE_SUSPENDED;
}

static enum tier_io_verdict tier_io_lookup(struct tier_lun *lun, struct bio *bio,
					   struct tier_io *io)
{
	struct tier_pool *pool = lun->pool;
	bool write = op_is_write(bio_op(bio));
	enum tier_io_verdict verdict;
	enum tier_entry_state state;
	u64 *at, entry;
	u32 phase;

	rcu_read_lock();
again:
	phase = tier_quiesce_phase(pool);
	if (tier_io_gate(pool, bio, &verdict))
		goto out;
	at = tier_map_entry(rcu_dereference(lun->map), io->sector >> pool->extent_shift);
	entry = at ? READ_ONCE(*at) : 0;
	state = tier_entry_state(entry);

	if (likely(entry & TIER_ENTRY_VALID) &&
	    (likely(state <= TIER_ENTRY_MOVING) || (state == TIER_ENTRY_HELD && !write))) {
		verdict = tier_io_go(lun, bio, io, entry, phase) ? TIER_IO_GO : TIER_IO_TAKEN;
	} else if (state != TIER_ENTRY_NORMAL) {
		if (!tier_op_hold(pool, at, entry, bio))
			goto again;
		verdict = TIER_IO_TAKEN;
	} else if (write) {
		verdict = TIER_IO_ALLOCATE;
	} else {
		tier_io_unmapped_read(bio);
		verdict = TIER_IO_TAKEN;
	}
out:
	rcu_read_unlock();
	return verdict;
}

int tier_io_map(struct tier_lun_target *target, struct bio *bio, sector_t sector)
{
	struct tier_io *io = tier_io_of(bio);
	struct tier_lun *lun = target->lun;

	io->lun = lun;
	io->target = target;
	io->member = NULL;
	io->sector = sector;
	io->slot = 0;
	io->phase = TIER_NO_PHASE;

	if (unlikely(bio->bi_opf & REQ_PREFLUSH) || unlikely(bio_op(bio) == REQ_OP_DISCARD)) {
		tier_io_defer_one(lun->pool, bio);
		return DM_MAPIO_SUBMITTED;
	}
	switch (tier_io_lookup(lun, bio, io)) {
	case TIER_IO_GO:
		return DM_MAPIO_REMAPPED;
	case TIER_IO_TAKEN:
		return DM_MAPIO_SUBMITTED;
	default:
		tier_io_defer_one(lun->pool, bio);
		return DM_MAPIO_SUBMITTED;
	}
}

void tier_io_end(struct bio *bio)
{
	struct tier_io *io = tier_io_of(bio);
	struct tier_pool *pool = io->lun->pool;

	if (io->phase == TIER_NO_PHASE)
		return;
	/*
	 * Noted at the end, failed or not: a copy made while the write was under
	 * way may hold the old bytes. The op lives until this I/O has left.
	 */
	if (unlikely(io->slot))
		tier_op_note(READ_ONCE(pool->ops[io->slot]), io->first, io->last);
	if (unlikely(io->member)) {
		this_cpu_add(io->member->latency->ns, ktime_get_ns() - io->start_ns);
		this_cpu_inc(io->member->latency->ios);
	}
	tier_quiesce_leave(pool, io->phase);
	io->phase = TIER_NO_PHASE;
}

/* -- what follows may sleep, or is called by what does -- */

void tier_io_defer(struct tier_pool *pool, struct bio_list *bios)
{
	unsigned long flags;

	if (bio_list_empty(bios))
		return;
	spin_lock_irqsave(&pool->defer_lock, flags);
	bio_list_merge(&pool->deferred, bios);
	spin_unlock_irqrestore(&pool->defer_lock, flags);
	bio_list_init(bios);
	queue_work(pool->io_wq, &pool->defer_work);
}

void tier_io_defer_one(struct tier_pool *pool, struct bio *bio)
{
	struct bio_list one;

	bio_list_init(&one);
	bio_list_add(&one, bio);
	tier_io_defer(pool, &one);
}

/*
 * What a bio of a map that is being suspended ends with instead of waiting; 0: it
 * may wait. Whoever waits for a pool that is itself suspended goes on with it:
 * only without a flush does it go back to dm.
 */
static blk_status_t tier_io_no_wait(struct tier_lun_target *target, bool for_space)
{
	blk_status_t status = READ_ONCE(target->no_wait);

	return for_space || status == BLK_STS_DM_REQUEUE ? status : BLK_STS_OK;
}

static void tier_io_end_all(struct bio_list *bios)
{
	struct bio *bio;

	while ((bio = bio_list_pop(bios))) {
		bio->bi_status = READ_ONCE(tier_io_of(bio)->target->no_wait) ?: BLK_STS_IOERR;
		bio_endio(bio);
	}
}

/*
 * Put bios on a list of those that wait, but for those of maps that are being
 * suspended. Decided under the lock, so that none slips in behind
 * tier_io_end_waiting().
 */
static void tier_io_park(struct tier_pool *pool, struct bio_list *where, struct bio_list *bios)
{
	bool for_space = where == &pool->no_space;
	struct bio_list keep, end;
	unsigned long flags;
	struct bio *bio;

	bio_list_init(&keep);
	bio_list_init(&end);
	spin_lock_irqsave(&pool->defer_lock, flags);
	while ((bio = bio_list_pop(bios)))
		bio_list_add(tier_io_no_wait(tier_io_of(bio)->target, for_space) ? &end : &keep,
			     bio);
	bio_list_merge_head(where, &keep);
	spin_unlock_irqrestore(&pool->defer_lock, flags);
	tier_io_end_all(&end);
}

void tier_io_wait_space(struct tier_pool *pool, struct bio_list *bios)
{
	if (!READ_ONCE(pool->no_space_since))
		WRITE_ONCE(pool->no_space_since, jiffies | 1);
	tier_io_park(pool, &pool->no_space, bios);
}

void tier_io_space_back(struct tier_pool *pool, blk_status_t status)
{
	struct bio_list bios;
	struct bio *bio;
	unsigned long flags;

	spin_lock_irqsave(&pool->defer_lock, flags);
	bios = pool->no_space;
	bio_list_init(&pool->no_space);
	spin_unlock_irqrestore(&pool->defer_lock, flags);
	if (!status) {
		tier_io_defer(pool, &bios);
		return;
	}
	while ((bio = bio_list_pop(&bios))) {
		bio->bi_status = status;
		bio_endio(bio);
	}
}

static void tier_io_pick(struct bio_list *from, struct tier_lun_target *target,
			 struct bio_list *to)
{
	struct bio_list keep;
	struct bio *bio;

	bio_list_init(&keep);
	while ((bio = bio_list_pop(from)))
		bio_list_add(tier_io_of(bio)->target == target ? to : &keep, bio);
	*from = keep;
}

void tier_io_end_waiting(struct tier_lun_target *target)
{
	struct tier_pool *pool = target->pool;
	struct bio_list bios;
	unsigned long flags;

	bio_list_init(&bios);
	spin_lock_irqsave(&pool->defer_lock, flags);
	if (tier_io_no_wait(target, false))
		tier_io_pick(&pool->deferred, target, &bios);
	tier_io_pick(&pool->no_space, target, &bios);
	spin_unlock_irqrestore(&pool->defer_lock, flags);
	tier_io_end_all(&bios);
}

/*
 * Map one deferred bio. Return: false if it must stay on the list for now (the
 * pool is suspended, or all operation slots are taken).
 */
static bool tier_io_redo(struct tier_pool *pool, struct bio *bio)
{
	struct tier_io *io = tier_io_of(bio);

	if (bio->bi_opf & REQ_PREFLUSH || bio_op(bio) == REQ_OP_DISCARD) {
		enum tier_io_verdict verdict;

		if (tier_io_gate(pool, bio, &verdict))
			return verdict == TIER_IO_TAKEN;
		if (bio_op(bio) == REQ_OP_DISCARD)
			return tier_discard_start(io->lun, bio);
		tier_flush_start(pool, bio);
		return true;
	}
	switch (tier_io_lookup(io->lun, bio, io)) {
	case TIER_IO_GO:
		dm_submit_bio_remap(bio, NULL);
		return true;
	case TIER_IO_TAKEN:
		return true;
	case TIER_IO_ALLOCATE:
		return tier_alloc_start(io->lun, bio);
	default:
		return false;
	}
}

void tier_io_work(struct work_struct *work)
{
	struct tier_pool *pool = container_of(work, struct tier_pool, defer_work);
	struct bio_list bios, stay;
	struct blk_plug plug;
	struct bio *bio;
	unsigned long flags;

	bio_list_init(&stay);
	spin_lock_irqsave(&pool->defer_lock, flags);
	bios = pool->deferred;
	bio_list_init(&pool->deferred);
	spin_unlock_irqrestore(&pool->defer_lock, flags);

	blk_start_plug(&plug);
	while ((bio = bio_list_pop(&bios)))
		if (!tier_io_redo(pool, bio))
			bio_list_add(&stay, bio);
	blk_finish_plug(&plug);

	if (bio_list_empty(&stay))
		return;
	/* the resume, or the end of an operation, queues this work again */
	tier_io_park(pool, &pool->deferred, &stay);
	/* unless the last operation ended while the bios were nowhere to be seen */
	if (!(READ_ONCE(pool->gate) & TIER_GATE_SUSPENDED) && tier_op_slot_free(pool))
		queue_work(pool->io_wq, &pool->defer_work);
}
