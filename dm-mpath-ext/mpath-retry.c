// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bios that wait, and the worker that sends them on. A bio is never sent from its
 * own completion: it may come in an interrupt, and the stack there is not ours.
 */
#include "mpath-event.h"
#include "mpath-io.h"
#include "mpath-path.h"
#include "mpath-probe.h"
#include "mpath-retry.h"
#include "mpath-send.h"
#include "compat.h"

/* of memory that it keeps: a discard or the like has a range, but no data */
static u64 mpath_bytes(struct bio *bio)
{
	switch (bio_op(bio)) {
	case REQ_OP_DISCARD:
	case REQ_OP_SECURE_ERASE:
	case REQ_OP_WRITE_ZEROES:
		return 0;
	default:
		return mpath_io_of(bio)->iter.bi_size;
	}
}

/*
 * The gate as it is for a bio now. A suspend without a flush that was interrupted
 * is over before dm says so: nothing can be given back to dm any more, it waits here.
 */
static u32 mpath_gate(const struct mpath_map *map)
{
	u32 gate = READ_ONCE(map->gate);

	return gate & MPATH_GATE_REQUEUE && !dm_noflush_suspending(map->ti) ? 0 : gate;
}

/*
 * What becomes of a bio that finds no path; wait_lock held. BLK_STS_OK: it is on
 * one of the lists.
 */
static blk_status_t mpath_hold_locked(struct mpath_map *map, struct bio *bio)
{
	struct mpath_io *io = mpath_io_of(bio);
	u32 gate = mpath_gate(map);

	if (gate & MPATH_GATE_REQUEUE)
		return BLK_STS_DM_REQUEUE;
	/* a path has come between the caller's look and the lock */
	if (rcu_access_pointer(map->snap)) {
		bio_list_add(&map->retry, bio);
		queue_work(map->wq, &map->retry_work);
		return BLK_STS_OK;
	}
	if (bio->bi_opf & REQ_NOWAIT)
		return BLK_STS_AGAIN;
	/* an activation ends, and so neither limits nor a plain suspend end the wait for it */
	if (!map->activating) {
		if (gate & MPATH_GATE_SUSPENDED || !map->conf->t.queue || map->expired)
			return BLK_STS_IOERR;
		/* one that was held before has its place still */
		if (!io->held && map->held_bytes + mpath_bytes(bio) > MPATH_HELD_BYTES)
			return BLK_STS_IOERR;
	}
	if (!io->held)
		map->held_bytes += mpath_bytes(bio);
	io->held = true;
	bio_list_add(&map->held, bio);
	return BLK_STS_OK;
}

static blk_status_t mpath_hold_or(struct mpath_map *map, struct bio *bio)
{
	blk_status_t status;
	unsigned long flags;

	spin_lock_irqsave(&map->wait_lock, flags);
	status = mpath_hold_locked(map, bio);
	spin_unlock_irqrestore(&map->wait_lock, flags);
	return status;
}

int mpath_hold(struct mpath_map *map, struct bio *bio)
{
	blk_status_t status = mpath_hold_or(map, bio);

	if (status == BLK_STS_DM_REQUEUE)
		return DM_MAPIO_REQUEUE;
	if (status) {
		bio->bi_status = status;
		bio_endio(bio);
	}
	return DM_MAPIO_SUBMITTED;
}

void mpath_let_go(struct mpath_map *map, struct bio *bio)
{
	struct mpath_io *io = mpath_io_of(bio);
	unsigned long flags;

	io->held = false;
	spin_lock_irqsave(&map->wait_lock, flags);
	map->held_bytes -= mpath_bytes(bio);
	spin_unlock_irqrestore(&map->wait_lock, flags);
}

static void mpath_list_add(struct mpath_map *map, struct bio_list *list, struct bio *bio)
{
	unsigned long flags;

	spin_lock_irqsave(&map->wait_lock, flags);
	bio_list_add(list, bio);
	spin_unlock_irqrestore(&map->wait_lock, flags);
}

static void mpath_list_take(struct mpath_map *map, struct bio_list *from, struct bio_list *to)
{
	unsigned long flags;

	spin_lock_irqsave(&map->wait_lock, flags);
	bio_list_merge(to, from);
	bio_list_init(from);
	spin_unlock_irqrestore(&map->wait_lock, flags);
}

int mpath_retry(struct mpath_map *map, struct bio *bio, enum mpath_class class,
		blk_status_t status)
{
	struct mpath_io *io = mpath_io_of(bio);
	unsigned long flags;

	/* a pause is no attempt, but a suspend is not to wait for many of them */
	if (mpath_gate(map) & MPATH_GATE_REQUEUE) {
		/* the worker gives it back to dm */
	} else if (class == MPATH_CLASS_PAUSE && io->pauses < MPATH_PAUSES &&
	    !(READ_ONCE(map->gate) & MPATH_GATE_SUSPENDED)) {
		io->pauses++;
		io->attempts--;
	} else if (io->attempts >= MPATH_ATTEMPTS + map->conf->nr_paths) {
		return DM_ENDIO_DONE;
	}
	io->failed = io->path;
	io->path = NULL;
	io->class = class;
	io->status = status;
	/* both at once: when the lock is free the bio may end, and the map with it */
	spin_lock_irqsave(&map->wait_lock, flags);
	bio_list_add(&map->retry, bio);
	queue_work(map->wq, &map->retry_work);
	spin_unlock_irqrestore(&map->wait_lock, flags);
	return DM_ENDIO_INCOMPLETE;
}

void mpath_blame(struct mpath_map *map, u64 tried)
{
	u32 p;

	for (p = 0; p < map->conf->nr_paths; p++)
		if (tried & BIT_ULL(p))
			WRITE_ONCE(map->paths[p].suspect, true);
	queue_work(map->wq, &map->retry_work);
}

void mpath_retry_kick(struct mpath_map *map)
{
	unsigned long flags;

	spin_lock_irqsave(&map->wait_lock, flags);
	bio_list_merge(&map->retry, &map->held);
	bio_list_init(&map->held);
	bio_list_merge(&map->retry, &map->doubt);
	bio_list_init(&map->doubt);
	spin_unlock_irqrestore(&map->wait_lock, flags);
	queue_work(map->wq, &map->retry_work);
}

void mpath_retry_review(struct mpath_map *map)
{
	unsigned long flags;
	bool any;

	spin_lock_irqsave(&map->wait_lock, flags);
	any = !bio_list_empty(&map->doubt);
	bio_list_merge(&map->retry, &map->doubt);
	bio_list_init(&map->doubt);
	spin_unlock_irqrestore(&map->wait_lock, flags);
	if (any)
		queue_work(map->wq, &map->retry_work);
}

bool mpath_retry_waits(struct mpath_map *map)
{
	unsigned long flags;
	bool waits;

	spin_lock_irqsave(&map->wait_lock, flags);
	waits = rcu_access_pointer(map->snap) || map->activating ||
		(map->conf->t.queue && !map->expired);
	spin_unlock_irqrestore(&map->wait_lock, flags);
	return waits;
}

void mpath_retry_anew(struct mpath_map *map)
{
	lockdep_assert_held(&map->resource->lock);
	if (!map->lost_ns)
		return;
	WRITE_ONCE(map->lost_ns, ktime_get_ns());
	spin_lock_irq(&map->wait_lock);
	map->expired = false;
	spin_unlock_irq(&map->wait_lock);
}

static bool mpath_retry_too_long(struct mpath_map *map)
{
	u64 limit = mul_u32_u32(map->conf->t.queue_seconds, NSEC_PER_SEC);
	bool expired;

	/* the time begins when queueing does, if that is turned on later */
	if (!map->conf->t.queue)
		mpath_retry_anew(map);
	if (!map->lost_ns || map->expired || map->activating ||
	    ktime_get_ns() - map->lost_ns < limit)
		return false;
	spin_lock_irq(&map->wait_lock);
	expired = !rcu_access_pointer(map->snap);
	map->expired = expired;
	spin_unlock_irq(&map->wait_lock);
	return expired;
}

void mpath_retry_expire(struct mpath_map *map)
{
	bool expired;

	mutex_lock(&map->resource->lock);
	expired = mpath_retry_too_long(map);
	if (expired) {
		DMERR("%s: no path for %u s: I/O fails from now on", mpath_name(map),
		      map->conf->t.queue_seconds);
		mpath_event(map, NULL, MPATH_EVENT_QUEUE_TIMEOUT, "");
	}
	mutex_unlock(&map->resource->lock);
	if (expired)
		mpath_retry_kick(map);
}

/* -- the worker -- */

static void mpath_retry_fail(struct bio *bio, blk_status_t status)
{
	bio->bi_status = status;
	bio_endio(bio);
}

/* as it was when dm gave it to us */
static void mpath_retry_restore(struct bio *bio)
{
	struct mpath_io *io = mpath_io_of(bio);

	bio->bi_iter = io->iter;
	bio->bi_flags = io->flags;
	bio->bi_status = BLK_STS_OK;
	/* whoever polls for it must not do so where it was before */
	bio->bi_opf = io->opf & ~(REQ_POLLED | REQ_ALLOC_CACHE);
	WRITE_ONCE(bio->bi_cookie, BLK_QC_T_NONE);
	/* a split below us has counted it down */
	atomic_set(&bio->__bi_remaining, io->remaining);
}

static void mpath_retry_send(struct mpath_map *map, struct bio *bio)
{
	struct mpath_io *io = mpath_io_of(bio);
	blk_status_t status;

	mpath_retry_restore(bio);
	if (mpath_io_choose(map, bio)) {
		if (io->attempts > 1)
			this_cpu_inc(io->path->record->counts->retries);
		mpath_send(io->path->leg, bio);
		return;
	}
	/* whatever path comes next, it is another one than that which failed it */
	io->tried = 0;
	io->asked_ns = 0;
	io->sure = false;
	status = mpath_hold_or(map, bio);
	if (status)
		mpath_retry_fail(bio, status);
}

/* wait for the answers of probes; not while a suspend waits for the bio */
static bool mpath_doubt_add(struct mpath_map *map, struct bio *bio)
{
	bool open;

	spin_lock_irq(&map->wait_lock);
	open = !(mpath_gate(map) & MPATH_GATE_SUSPENDED);
	if (open)
		bio_list_add(&map->doubt, bio);
	spin_unlock_irq(&map->wait_lock);
	return open;
}

static void mpath_doubt_end(struct mpath_map *map, struct bio *bio)
{
	blk_status_t status = mpath_io_of(bio)->status;

	if (mpath_gate(map) & MPATH_GATE_REQUEUE)
		status = BLK_STS_DM_REQUEUE;
	/* the path's queue has done its accounts: it must not find its flags once more */
	mpath_retry_restore(bio);
	mpath_retry_fail(bio, status);
}

/*
 * What the probes have said by now. The lock is held until the bio waits for more,
 * so that no answer comes in between and is missed. Return: whether it is to be sent.
 */
static bool mpath_doubt_judge(struct mpath_map *map, struct bio *bio)
{
	struct mpath_io *io = mpath_io_of(bio);
	enum mpath_verdict verdict;
	bool waits = false;

	mutex_lock(&map->resource->lock);
	verdict = mpath_probe_verdict(map, io->tried, io->asked_ns);
	if (verdict == MPATH_VERDICT_OPEN)
		waits = mpath_doubt_add(map, bio);
	mutex_unlock(&map->resource->lock);
	if (waits)
		return false;
	if (verdict == MPATH_VERDICT_OPEN || (verdict == MPATH_VERDICT_GOOD && io->sure)) {
		mpath_doubt_end(map, bio);
		return false;
	}
	/*
	 * The paths are gone, or have been gone meanwhile: it starts afresh. So it does
	 * once if one is good, since that may have been gone when it failed this bio.
	 */
	io->sure = verdict == MPATH_VERDICT_GOOD;
	io->tried = 0;
	io->asked_ns = 0;
	return true;
}

/*
 * A bio that some paths have failed with no more than an I/O error. Another path
 * will tell whose fault it is. If all have failed it alike, probes will: where
 * one of them is good the error is the bio's own, and where none is the paths are
 * gone. Return: whether the bio is to be sent.
 */
static bool mpath_retry_doubt(struct mpath_map *map, struct bio *bio)
{
	struct mpath_io *io = mpath_io_of(bio);

	if (io->failed) {
		io->tried |= BIT_ULL(io->failed->number);
		io->failed = NULL;
		io->asked_ns = 0;
	}
	if (mpath_untried(map, io->tried))
		return true;
	if (io->asked_ns)
		return mpath_doubt_judge(map, bio);
	io->asked_ns = ktime_get_ns();
	if (!mpath_doubt_add(map, bio))
		mpath_doubt_end(map, bio);
	else
		mpath_probe_now(map, io->tried);
	return false;
}

/* it may have failed, and have come back, since the bio was sent there */
static void mpath_retry_path_gone(struct mpath_map *map, const struct mpath_io *io)
{
	mutex_lock(&map->resource->lock);
	if (io->start_ns >= io->failed->record->health.up_ns)
		mpath_path_down(io->failed, MPATH_FAILED, "I/O error");
	mutex_unlock(&map->resource->lock);
}

static void mpath_retry_one(struct mpath_map *map, struct bio *bio)
{
	struct mpath_io *io = mpath_io_of(bio);

	if (io->failed && io->class == MPATH_CLASS_PATH) {
		mpath_retry_path_gone(map, io);
		io->failed = NULL;
	}
	if (mpath_gate(map) & MPATH_GATE_REQUEUE) {
		mpath_retry_restore(bio);
		mpath_retry_fail(bio, BLK_STS_DM_REQUEUE);
		return;
	}
	if (io->failed && io->class == MPATH_CLASS_PAUSE) {
		io->failed = NULL;
		mpath_list_add(map, &map->paused, bio);
		queue_delayed_work(map->wq, &map->pause_work, msecs_to_jiffies(MPATH_PAUSE_MS));
		return;
	}
	if ((io->failed || io->tried) && !mpath_retry_doubt(map, bio))
		return;
	mpath_retry_send(map, bio);
}

static void mpath_retry_suspects(struct mpath_map *map)
{
	u32 p;

	for (p = 0; p < map->conf->nr_paths; p++) {
		struct mpath_path *path = &map->paths[p];

		if (!READ_ONCE(path->suspect))
			continue;
		WRITE_ONCE(path->suspect, false);
		mutex_lock(&map->resource->lock);
		/* the next table may have taken over already */
		if (map->resource->active == map)
			mpath_path_down(path, MPATH_FAILED, "its I/O errors are its own");
		mutex_unlock(&map->resource->lock);
	}
}

static void mpath_retry_work(struct work_struct *work)
{
	struct mpath_map *map = container_of(work, struct mpath_map, retry_work);
	struct bio_list bios;
	struct bio *bio;

	mpath_retry_suspects(map);
	bio_list_init(&bios);
	mpath_list_take(map, &map->retry, &bios);
	while ((bio = bio_list_pop(&bios)))
		mpath_retry_one(map, bio);
}

static void mpath_pause_work(struct work_struct *work)
{
	struct mpath_map *map = container_of(to_delayed_work(work), struct mpath_map, pause_work);
	struct bio_list bios;

	bio_list_init(&bios);
	mpath_list_take(map, &map->paused, &bios);
	spin_lock_irq(&map->wait_lock);
	bio_list_merge(&map->retry, &bios);
	spin_unlock_irq(&map->wait_lock);
	queue_work(map->wq, &map->retry_work);
}

int mpath_retry_init(struct mpath_map *map)
{
	spin_lock_init(&map->wait_lock);
	bio_list_init(&map->retry);
	bio_list_init(&map->paused);
	bio_list_init(&map->doubt);
	bio_list_init(&map->held);
	INIT_WORK(&map->retry_work, mpath_retry_work);
	INIT_DELAYED_WORK(&map->pause_work, mpath_pause_work);
	map->wq = alloc_workqueue("mpath_ext", WQ_MEM_RECLAIM | MPATH_WQ_PERCPU, 0);
	return map->wq ? 0 : -ENOMEM;
}

void mpath_retry_exit(struct mpath_map *map)
{
	if (!map->wq)
		return;
	cancel_delayed_work_sync(&map->pause_work);
	destroy_workqueue(map->wq);
}
