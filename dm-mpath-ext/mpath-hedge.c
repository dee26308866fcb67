// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hedged reads.
 *
 * A read that has not ended keeps its table, as any bio does. So what belongs to
 * the table (its path, the lists, the workqueue) may be touched under hedge->lock
 * as long as hedge->bio is there, and by the timer and the worker, which the table
 * waits for. A copy that ends later has its leg and its pages, and no more.
 *
 * Who holds a reference: each copy in flight, and the worker for the one it looks
 * at. A hedge that is on a list always has a copy in flight: whoever ends the read
 * takes it off first. Of the locks that of the hedge comes first.
 */
#include <linux/blk-crypto.h>
#include <linux/blk-integrity.h>
#include <linux/slab.h>

#include "compat.h"
#include "mpath-class.h"
#include "mpath-copy.h"
#include "mpath-hedge.h"
#include "mpath-io.h"
#include "mpath-path.h"
#include "mpath-retry.h"
#include "mpath-send.h"

/**
 * struct mpath_hedge - a read that can be hedged
 * @refs: see above
 * @lock: taken in interrupts
 * @bio: the read; NULL once it has its answer
 * @outstanding: copies in flight
 * @tried: paths whose copies have failed with a plain I/O error, by number
 * @map: the table
 * @at: this CPU's part of it
 * @first: where the first copy went
 * @start_ns: when
 * @due_ns: when it is late
 * @list: one of @at
 */
struct mpath_hedge {
	refcount_t refs;
	spinlock_t lock; /* of the next three */
	struct bio *bio;
	u32 outstanding;
	u64 tried;
	struct mpath_map *map;
	struct mpath_hedge_cpu *at;
	struct mpath_path *first;
	u64 start_ns;
	u64 due_ns;
	struct list_head list;
};

static void mpath_hedge_put(struct mpath_hedge *hedge)
{
	if (refcount_dec_and_test(&hedge->refs))
		kfree(hedge);
}

/* -- answers -- */

/* until the next tick; hedge->lock is held, and the read has no answer yet */
static void mpath_hedge_park(struct mpath_hedge *hedge)
{
	unsigned long flags;

	spin_lock_irqsave(&hedge->at->lock, flags);
	list_move_tail(&hedge->list, &hedge->at->parked);
	spin_unlock_irqrestore(&hedge->at->lock, flags);
}

/*
 * A copy has failed, and the other is still under way; hedge->lock is held. What
 * that says of the path is told at once if it is sure, or once the other is good.
 */
static void mpath_hedge_failed(struct mpath_hedge *hedge, const struct mpath_copy *copy,
			       blk_status_t status)
{
	u64 path = BIT_ULL(copy->path->number);

	switch (mpath_classify(status)) {
	case MPATH_CLASS_PATH:
		mpath_blame(hedge->map, path);
		break;
	case MPATH_CLASS_DOUBT:
		hedge->tried |= path;
		break;
	case MPATH_CLASS_PAUSE:
		/* as if it had not been sent: another may be of use */
		mpath_hedge_park(hedge);
		break;
	default:
		break;
	}
}

/* Is this the answer? Return: the read that it is the answer to, or NULL. */
static struct bio *mpath_hedge_settle(struct mpath_hedge *hedge, const struct mpath_copy *copy,
				      blk_status_t status)
{
	struct bio *bio = NULL;
	unsigned long flags;

	spin_lock_irqsave(&hedge->lock, flags);
	hedge->outstanding--;
	if (hedge->bio && (!status || !hedge->outstanding))
		swap(bio, hedge->bio);
	else if (hedge->bio)
		mpath_hedge_failed(hedge, copy, status);
	spin_unlock_irqrestore(&hedge->lock, flags);
	return bio;
}

static void mpath_hedge_off_lists(struct mpath_hedge *hedge)
{
	unsigned long flags;

	spin_lock_irqsave(&hedge->at->lock, flags);
	list_del_init(&hedge->list);
	spin_unlock_irqrestore(&hedge->at->lock, flags);
}

static void mpath_hedge_good(struct mpath_hedge *hedge, struct mpath_copy *copy, struct bio *bio)
{
	mpath_copy_count(copy, BLK_STS_OK);
	if (copy->hedged)
		this_cpu_inc(copy->leg->record->counts->hedges_won);
	if (hedge->tried)
		mpath_blame(hedge->map, hedge->tried);
	mpath_copy_take(copy, bio);
	bio->bi_status = BLK_STS_OK;
	bio_endio(bio);
}

/*
 * The last copy has failed: from here on it is as if the read itself had been sent
 * where that was. It takes the copy's place in the counts, and what becomes of it
 * mpath_io_end() decides.
 */
static void mpath_hedge_bad(struct mpath_hedge *hedge, const struct mpath_copy *copy,
			    struct bio *bio, blk_status_t status)
{
	struct mpath_io *io = mpath_io_of(bio);

	io->path = copy->path;
	io->cpu = copy->cpu;
	io->phase = copy->phase;
	io->start_ns = copy->start_ns;
	io->tried = hedge->tried;
	io->attempts++;
	bio->bi_status = status;
	bio_endio(bio);
}

static void mpath_hedge_end(struct bio *copy_bio)
{
	struct mpath_copy *copy = container_of(copy_bio, struct mpath_copy, bio);
	struct mpath_hedge *hedge = copy->hedge;
	blk_status_t status = copy_bio->bi_status;
	struct bio *bio;

	/*
	 * With the copy the last hold on the module may go. Unloading waits for
	 * RCU readers before it frees the code that runs here.
	 */
	rcu_read_lock();
	bio = mpath_hedge_settle(hedge, copy, status);
	if (bio)
		mpath_hedge_off_lists(hedge);
	if (bio && status)
		mpath_hedge_bad(hedge, copy, bio, status);
	else if (bio)
		mpath_hedge_good(hedge, copy, bio);
	else
		mpath_copy_count(copy, status);
	mpath_hedge_put(hedge);
	mpath_copy_free(copy);
	rcu_read_unlock();
}

static void mpath_hedge_ready(struct mpath_hedge *hedge, struct mpath_copy *copy)
{
	copy->hedge = hedge;
	copy->bio.bi_end_io = mpath_hedge_end;
	copy->start_ns = ktime_get_ns();
}

/* -- the first copy -- */

static bool mpath_hedge_wanted(struct mpath_map *map, struct bio *bio)
{
	if (bio_op(bio) != REQ_OP_READ)
		return false;
	this_cpu_inc(*map->hedger.reads);
	return READ_ONCE(map->hedger.may) && bio->bi_iter.bi_size &&
	       bio->bi_iter.bi_size <= MPATH_COPY_BYTES &&
	       !(bio->bi_opf & (REQ_NOWAIT | REQ_POLLED)) &&
	       !bio_has_crypt_ctx(bio) && !bio_integrity(bio);
}

static struct mpath_hedge *mpath_hedge_new(struct mpath_map *map, struct bio *bio,
					   const struct mpath_copy *copy)
{
	struct mpath_hedge *hedge = kmalloc(sizeof(*hedge), MPATH_COPY_GFP);

	if (!hedge)
		return NULL;
	refcount_set(&hedge->refs, 1);
	spin_lock_init(&hedge->lock);
	hedge->bio = bio;
	hedge->outstanding = 1;
	hedge->tried = 0;
	hedge->map = map;
	hedge->first = copy->path;
	return hedge;
}

/* its time runs from now on */
static void mpath_hedge_wait(struct mpath_hedge *hedge, u64 after_ns)
{
	struct mpath_hedge_cpu *at = raw_cpu_ptr(hedge->map->hedger.cpus);
	unsigned long flags;

	hedge->at = at;
	hedge->start_ns = ktime_get_ns();
	hedge->due_ns = hedge->start_ns + after_ns;
	spin_lock_irqsave(&at->lock, flags);
	list_add_tail(&hedge->list, &at->waiting);
	if (!at->armed) {
		at->armed = true;
		hrtimer_start_range_ns(&at->timer, ns_to_ktime(hedge->due_ns), after_ns / 8,
				       HRTIMER_MODE_ABS_PINNED);
	}
	spin_unlock_irqrestore(&at->lock, flags);
}

bool mpath_hedge(struct mpath_map *map, struct bio *bio)
{
	u64 after_ns = READ_ONCE(map->hedge_ns);
	struct mpath_hedge *hedge;
	struct mpath_copy *copy;
	struct mpath_path *path;

	if (!after_ns || !mpath_hedge_wanted(map, bio))
		return false;
	copy = mpath_copy_new(bio);
	if (!copy)
		return false;
	path = mpath_io_take(map, 0, &copy->cpu, &copy->phase);
	if (!path || !mpath_copy_aim(copy, bio, path))
		goto err_free_copy;
	hedge = mpath_hedge_new(map, bio, copy);
	if (!hedge)
		goto err_leave_path;
	mpath_hedge_wait(hedge, after_ns);
	mpath_hedge_ready(hedge, copy);
	submit_bio_noacct(&copy->bio);
	return true;

err_leave_path:
	mpath_copy_leave(copy);
err_free_copy:
	mpath_copy_free(copy);
	return false;
}

/* -- the second copy -- */

/* in an interrupt: those that are late are for the worker */
static enum hrtimer_restart mpath_hedge_timer(struct hrtimer *timer)
{
	struct mpath_hedge_cpu *at = container_of(timer, struct mpath_hedge_cpu, timer);
	u64 now_ns = ktime_get_ns();
	struct mpath_hedge *hedge;
	bool late = false, armed;
	unsigned long flags;

	spin_lock_irqsave(&at->lock, flags);
	at->armed = false;
	while (!list_empty(&at->waiting)) {
		hedge = list_first_entry(&at->waiting, struct mpath_hedge, list);
		if (hedge->due_ns > now_ns) {
			hrtimer_set_expires(timer, ns_to_ktime(hedge->due_ns));
			at->armed = true;
			break;
		}
		list_move_tail(&hedge->list, &at->late);
		late = true;
	}
	armed = at->armed;
	spin_unlock_irqrestore(&at->lock, flags);
	if (late)
		queue_work(at->map->wq, &at->map->hedger.work);
	return armed ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

/* a copy on another path, if there is one that is likely to be of use */
static struct mpath_copy *mpath_hedge_another(struct mpath_map *map, struct mpath_hedge *hedge,
					      bool rescue)
{
	u64 waited_ns = ktime_get_ns() - hedge->start_ns;
	struct mpath_copy *copy;
	struct mpath_path *path;

	path = mpath_io_soonest(map, hedge->first);
	if (!path)
		return NULL;
	if (!rescue && !mpath_hedge_pays(READ_ONCE(path->record->usual_ns), waited_ns))
		return NULL;
	copy = mpath_copy_new(hedge->bio);
	if (!copy)
		return NULL;
	mpath_io_enter(path, &copy->cpu, &copy->phase);
	if (mpath_copy_aim(copy, hedge->bio, path))
		return copy;
	mpath_copy_free(copy);
	return NULL;
}

/* this worker alone spends, so what was there at a look still is */
static void mpath_hedge_spend(struct mpath_hedger *hedger)
{
	unsigned long flags;

	spin_lock_irqsave(&hedger->lock, flags);
	mpath_budget_spend(&hedger->budget);
	WRITE_ONCE(hedger->may, mpath_budget_left(&hedger->budget));
	spin_unlock_irqrestore(&hedger->lock, flags);
}

static void mpath_hedge_charge(struct mpath_map *map, struct mpath_copy *copy, bool rescue)
{
	struct mpath_counts __percpu *counts = copy->leg->record->counts;

	if (rescue) {
		this_cpu_inc(counts->retries);
		return;
	}
	copy->hedged = true;
	this_cpu_inc(counts->hedges_sent);
	mpath_hedge_spend(&map->hedger);
}

/*
 * Send a second copy of a late read, or park it. One whose path does not work any more
 * is not hedged but retried, so that is not for the budget to stop.
 */
static void mpath_hedge_second(struct mpath_map *map, struct mpath_hedge *hedge)
{
	bool rescue = !mpath_path_works(hedge->first);
	bool may = rescue || READ_ONCE(map->hedger.may);
	struct mpath_copy *copy = NULL;

	/* it may get its answer any time; under the lock it does not */
	spin_lock_irq(&hedge->lock);
	if (hedge->bio && may)
		copy = mpath_hedge_another(map, hedge, rescue);
	if (copy) {
		mpath_hedge_charge(map, copy, rescue);
		hedge->outstanding++;
		refcount_inc(&hedge->refs);
		/* the first copy may have been put off meanwhile */
		mpath_hedge_off_lists(hedge);
	} else if (hedge->bio) {
		mpath_hedge_park(hedge);
	}
	spin_unlock_irq(&hedge->lock);
	if (copy) {
		mpath_hedge_ready(hedge, copy);
		mpath_send(copy->leg, &copy->bio);
	}
}

/* what cannot be helped now is parked until the next tick */
static void mpath_hedge_late(struct mpath_map *map, struct mpath_hedge_cpu *at)
{
	struct mpath_hedge *hedge;

	spin_lock_irq(&at->lock);
	while (!list_empty(&at->late)) {
		hedge = list_first_entry(&at->late, struct mpath_hedge, list);
		/* it may be parked again by the time that this returns */
		list_del_init(&hedge->list);
		refcount_inc(&hedge->refs);
		spin_unlock_irq(&at->lock);
		mpath_hedge_second(map, hedge);
		mpath_hedge_put(hedge);
		spin_lock_irq(&at->lock);
	}
	spin_unlock_irq(&at->lock);
}

static void mpath_hedge_work(struct work_struct *work)
{
	struct mpath_hedger *hedger = container_of(work, struct mpath_hedger, work);
	struct mpath_map *map = container_of(hedger, struct mpath_map, hedger);
	int cpu;

	for_each_possible_cpu(cpu)
		mpath_hedge_late(map, per_cpu_ptr(hedger->cpus, cpu));
}

/* -- ten times a second -- */

static void mpath_hedge_fold(struct mpath_map *map, struct mpath_record *record, u64 now_ns)
{
	u64 buckets[MPATH_BUCKETS] = { 0 };
	unsigned int b;
	int cpu;

	for_each_possible_cpu(cpu)
		for (b = 0; b < MPATH_BUCKETS; b++)
			buckets[b] += READ_ONCE(per_cpu_ptr(record->counts, cpu)->buckets[0][b]);
	mpath_window_fold(&record->window, buckets, now_ns);
	WRITE_ONCE(record->usual_ns, mpath_window_quantile(&record->window, 5000));
}

static void mpath_hedge_earn(struct mpath_hedger *hedger, u32 share)
{
	u64 reads = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		reads += READ_ONCE(*per_cpu_ptr(hedger->reads, cpu));
	spin_lock_irq(&hedger->lock);
	mpath_budget_earn(&hedger->budget, reads - hedger->earned, share);
	WRITE_ONCE(hedger->may, mpath_budget_left(&hedger->budget));
	spin_unlock_irq(&hedger->lock);
	hedger->earned = reads;
}

/* with a single path in use there is nothing to hedge with */
static u64 mpath_hedge_after(struct mpath_map *map)
{
	const struct mpath_snap *snap;
	u64 tails[MPATH_MAX_PATHS];
	u32 i;

	snap = rcu_dereference_protected(map->snap, lockdep_is_held(&map->resource->lock));
	if (!snap || snap->nr < 2)
		return 0;
	for (i = 0; i < snap->nr; i++)
		tails[i] = mpath_window_quantile(&snap->path[i]->record->window,
						 map->conf->t.hedge_percentile);
	return mpath_tail_after(tails, snap->nr);
}

static void mpath_hedge_unpark(struct mpath_map *map)
{
	bool any = false;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct mpath_hedge_cpu *at = per_cpu_ptr(map->hedger.cpus, cpu);

		spin_lock_irq(&at->lock);
		list_splice_init(&at->parked, &at->late);
		any |= !list_empty(&at->late);
		spin_unlock_irq(&at->lock);
	}
	if (any)
		queue_work(map->wq, &map->hedger.work);
}

void mpath_hedge_tick(struct mpath_map *map, u64 now_ns)
{
	const struct mpath_tunables *t = &map->conf->t;
	u64 after_ns = 0;
	u32 p;

	if (t->hedge_percentile) {
		for (p = 0; p < map->conf->nr_paths; p++)
			mpath_hedge_fold(map, map->paths[p].record, now_ns);
		mpath_hedge_earn(&map->hedger, t->hedge_budget);
		after_ns = mpath_hedge_after(map);
	}
	WRITE_ONCE(map->hedge_ns, after_ns);
	/* also if reads are hedged no more: some that are late may still wait */
	mpath_hedge_unpark(map);
}

/* -- life -- */

int mpath_hedge_init(struct mpath_map *map)
{
	struct mpath_hedger *hedger = &map->hedger;
	int cpu;

	spin_lock_init(&hedger->lock);
	INIT_WORK(&hedger->work, mpath_hedge_work);
	hedger->reads = alloc_percpu(u64);
	hedger->cpus = alloc_percpu(struct mpath_hedge_cpu);
	if (!hedger->reads || !hedger->cpus)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct mpath_hedge_cpu *at = per_cpu_ptr(hedger->cpus, cpu);

		at->map = map;
		spin_lock_init(&at->lock);
		INIT_LIST_HEAD(&at->waiting);
		INIT_LIST_HEAD(&at->late);
		INIT_LIST_HEAD(&at->parked);
		mpath_hrtimer_init(&at->timer, mpath_hedge_timer, HRTIMER_MODE_ABS_PINNED);
	}
	return 0;
}

void mpath_hedge_exit(struct mpath_map *map)
{
	struct mpath_hedger *hedger = &map->hedger;
	int cpu;

	if (hedger->reads && hedger->cpus) {
		/* a timer that was set for a read long ended wakes nobody */
		for_each_possible_cpu(cpu)
			hrtimer_cancel(&per_cpu_ptr(hedger->cpus, cpu)->timer);
		cancel_work_sync(&hedger->work);
	}
	free_percpu(hedger->cpus);
	free_percpu(hedger->reads);
}
