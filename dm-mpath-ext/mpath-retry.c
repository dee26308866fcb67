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
#include "compat.h"

static u64 mpath_bytes(struct bio *bio)
{
	return mpath_io_of(bio)->iter.bi_size;
}

/*
 * What becomes of a bio that finds no path; wait_lock held. BLK_STS_OK: it is on
 * one of the lists.
 */
static blk_status_t mpath_hold_locked(struct mpath_map *map, struct bio *bio)
{
	u32 gate = map->gate;

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
		if (map->held_bytes + mpath_bytes(bio) > MPATH_HELD_BYTES)
			return BLK_STS_IOERR;
	}
	map->held_bytes += mpath_bytes(bio);
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

	if (io->attempts >= MPATH_ATTEMPTS + map->conf->nr_paths)
		return DM_ENDIO_DONE;
	io->failed = io->path;
	io->path = NULL;
	io->class = class;
	io->status = status;
	mpath_list_add(map, &map->retry, bio);
	queue_work(map->wq, &map->retry_work);
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
	map->held_bytes = 0;
	spin_unlock_irqrestore(&map->wait_lock, flags);
	queue_work(map->wq, &map->retry_work);
}

void mpath_retry_expire(struct mpath_map *map)
{
	u64 limit = mul_u32_u32(map->conf->t.queue_seconds, NSEC_PER_SEC);
	u64 lost_ns = READ_ONCE(map->lost_ns);
	bool expired;

	/* the time is taken after lost_ns was read, so it is not before that */
	if (!lost_ns || map->expired || map->activating || ktime_get_ns() - lost_ns < limit)
		return;
	spin_lock_irq(&map->wait_lock);
	expired = !rcu_access_pointer(map->snap);
	map->expired = expired;
	spin_unlock_irq(&map->wait_lock);
	if (!expired)
		return;
	DMERR("%s: no path for %u s: I/O fails from now on", mpath_name(map),
	      map->conf->t.queue_seconds);
	mutex_lock(&map->resource->lock);
	mpath_event(map, NULL, MPATH_EVENT_QUEUE_TIMEOUT, "");
	mutex_unlock(&map->resource->lock);
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
	bio->bi_status = BLK_STS_OK;
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
		submit_bio_noacct(bio);
		return;
	}
	/* whatever path comes next, it is another one than that which failed it */
	io->tried = 0;
	io->asked_ns = 0;
	status = mpath_hold_or(map, bio);
	if (status)
		mpath_retry_fail(bio, status);
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
	if (READ_ONCE(map->gate) & MPATH_GATE_SUSPENDED) {
		/* no more probes: nobody will ever tell */
		mpath_retry_fail(bio, READ_ONCE(map->gate) & MPATH_GATE_REQUEUE ?
				 BLK_STS_DM_REQUEUE : io->status);
		return false;
	}
	if (mpath_untried(map, io->tried))
		return true;
	if (!io->asked_ns) {
		io->asked_ns = ktime_get_ns();
		mpath_list_add(map, &map->doubt, bio);
		mpath_probe_now(map, io->tried);
		return false;
	}
	switch (mpath_probe_verdict(map, io->tried, io->asked_ns)) {
	case MPATH_VERDICT_GOOD:
		mpath_retry_fail(bio, io->status);
		return false;
	case MPATH_VERDICT_BAD:
		/* they are gone, or have been gone meanwhile: it starts afresh */
		io->tried = 0;
		io->asked_ns = 0;
		return true;
	default:
		mpath_list_add(map, &map->doubt, bio);
		return false;
	}
}

static void mpath_retry_one(struct mpath_map *map, struct bio *bio)
{
	struct mpath_io *io = mpath_io_of(bio);

	if (io->failed && io->class == MPATH_CLASS_PATH) {
		mutex_lock(&map->resource->lock);
		mpath_path_down(io->failed, MPATH_FAILED, "I/O error");
		mutex_unlock(&map->resource->lock);
		io->failed = NULL;
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
		mpath_path_down(path, MPATH_FAILED, "its I/O errors are its own");
		mutex_unlock(&map->resource->lock);
	}
}

static void mpath_retry_work(struct work_struct *work)
{
	struct mpath_map *map = container_of(work, struct mpath_map, retry_work);
	struct bio_list bios;
	struct blk_plug plug;
	struct bio *bio;

	mpath_retry_suspects(map);
	bio_list_init(&bios);
	mpath_list_take(map, &map->retry, &bios);
	blk_start_plug(&plug);
	while ((bio = bio_list_pop(&bios)))
		mpath_retry_one(map, bio);
	blk_finish_plug(&plug);
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
