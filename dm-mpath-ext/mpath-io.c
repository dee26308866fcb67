// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way of an I/O; the first half runs for every bio and takes no lock.
 */
#include "mpath-alua.h"
#include "mpath-class.h"
#include "mpath-hedge.h"
#include "mpath-io.h"
#include "mpath-retry.h"

#define MPATH_IO_LOOK	8U

/* what this CPU has in flight there: its own share of the path's load */
static __always_inline u32 mpath_io_load(const struct mpath_path *path)
{
	const struct mpath_load *load = this_cpu_ptr(path->load);

	return atomic_read(&load->n[0]) + atomic_read(&load->n[1]);
}

/* the load of a path as its group's selector sees it */
static __always_inline u64 mpath_io_cost(const struct mpath_path *path, bool by_latency)
{
	u64 load = mpath_io_load(path);

	return by_latency ? mpath_expected(READ_ONCE(path->record->average), load) : load;
}

/*
 * The lightest of the path whose turn it is and the next ones, MPATH_IO_LOOK in all.
 * Another has to be lighter by an eighth: two alike, but for the noise in their
 * figures, take turns.
 */
static __always_inline u32 mpath_io_lightest(const struct mpath_snap *snap, u32 turn,
					     bool by_latency)
{
	u64 cost, least = mpath_io_cost(snap->path[turn], by_latency);
	u32 best = turn, at = turn, looks = 1;

	while (looks++ < min(snap->nr, MPATH_IO_LOOK)) {
		if (++at == snap->nr)
			at = 0;
		cost = mpath_io_cost(snap->path[at], by_latency);
		if (mpath_lighter(mpath_handicap(cost), snap->weight[at], least,
				  snap->weight[best])) {
			best = at;
			least = cost;
		}
	}
	return best;
}

/* whose turn it is or, where the selector looks at loads, who is lighter; preemption is off */
static __always_inline u32 mpath_io_turn(const struct mpath_map *map, const struct mpath_snap *snap)
{
	u32 turn = mpath_wheel_turn(&snap->wheel, this_cpu_ptr(map->cursor));
	const struct mpath_path *path = snap->path[turn];

	switch (snap->selector) {
	case MPATH_QUEUE_DEPTH:
		/* with nothing in flight there is no need to look */
		return mpath_io_load(path) ? mpath_io_lightest(snap, turn, false) : turn;
	case MPATH_LATENCY:
		if (READ_ONCE(path->record->unbeaten) && !mpath_io_load(path))
			return turn;
		return mpath_io_lightest(snap, turn, true);
	default:
		return turn;
	}
}

/*
 * A path that has not failed this bio yet, if there is one: best one that has failed no
 * other just now, since more than one may be gone and none of them is known to be yet.
 */
static u32 mpath_io_untried(const struct mpath_snap *snap, u32 turn, u64 tried)
{
	u32 i, at = turn, best = snap->nr;

	for (i = 0; i < snap->nr; i++) {
		const struct mpath_path *path = snap->path[at];

		if (!(tried & BIT_ULL(path->number))) {
			if (!READ_ONCE(path->doubted))
				return at;
			if (best == snap->nr)
				best = at;
		}
		at = at + 1 < snap->nr ? at + 1 : 0;
	}
	return best < snap->nr ? best : turn;
}

static __always_inline struct mpath_path *mpath_io_seat(struct mpath_map *map, u64 tried,
							u32 *cpu, u8 *phase)
{
	struct mpath_path *path;
	struct mpath_snap *snap;
	u32 turn;

	rcu_read_lock();
	snap = rcu_dereference(map->snap);
	if (unlikely(!snap)) {
		rcu_read_unlock();
		return NULL;
	}
	preempt_disable();
	turn = mpath_io_turn(map, snap);
	if (unlikely(tried))
		turn = mpath_io_untried(snap, turn, tried);
	path = snap->path[turn];
	mpath_io_enter(path, cpu, phase);
	preempt_enable();
	rcu_read_unlock();
	return path;
}

struct mpath_path *mpath_io_take(struct mpath_map *map, u64 tried, u32 *cpu, u8 *phase)
{
	return mpath_io_seat(map, tried, cpu, phase);
}

struct mpath_path *mpath_io_soonest(struct mpath_map *map, const struct mpath_path *but)
{
	struct mpath_path *best = NULL;
	const struct mpath_snap *snap;
	u64 cost, least = 0;
	u32 i;

	rcu_read_lock();
	snap = rcu_dereference(map->snap);
	preempt_disable();
	for (i = 0; snap && i < snap->nr; i++) {
		if (snap->path[i] == but)
			continue;
		cost = (mpath_io_load(snap->path[i]) + 1) *
		       max_t(u64, READ_ONCE(snap->path[i]->record->usual_ns), 1);
		if (best && cost >= least)
			continue;
		best = snap->path[i];
		least = cost;
	}
	preempt_enable();
	rcu_read_unlock();
	return best;
}

bool mpath_io_choose(struct mpath_map *map, struct bio *bio)
{
	struct mpath_io *io = mpath_io_of(bio);
	struct mpath_path *path = mpath_io_seat(map, io->tried, &io->cpu, &io->phase);

	if (unlikely(!path))
		return false;
	io->path = path;
	io->attempts++;
	bio_set_dev(bio, path->dev->bdev);
	io->start_ns = ktime_get_ns();
	return true;
}

int mpath_io_map(struct mpath_map *map, struct bio *bio)
{
	struct mpath_io *io = mpath_io_of(bio);

	io->path = NULL;
	io->failed = NULL;
	io->iter = bio->bi_iter;
	io->flags = bio->bi_flags;
	io->remaining = atomic_read(&bio->__bi_remaining);
	io->tried = 0;
	io->asked_ns = 0;
	io->attempts = 0;
	io->class = 0;
	io->sure = false;
	io->held = false;
	io->pauses = 0;
	/*
	 * One path's trouble is not to keep a bio longer than needs be. Requests for
	 * readahead fail fast in every way, and kernels before 6.6 warn of a bio in one
	 * that does so in some.
	 */
	bio->bi_opf |= unlikely(bio->bi_opf & REQ_RAHEAD) ? REQ_FAILFAST_MASK :
							    REQ_FAILFAST_TRANSPORT;
	io->opf = bio->bi_opf;
	if (unlikely(READ_ONCE(map->hedge_ns)) && mpath_hedge(map, bio))
		return DM_MAPIO_SUBMITTED;
	if (likely(mpath_io_choose(map, bio)))
		return DM_MAPIO_REMAPPED;
	return mpath_hold(map, bio);
}

static void mpath_io_count(struct mpath_io *io, struct bio *bio, blk_status_t status)
{
	atomic_dec(&per_cpu_ptr(io->path->load, io->cpu)->n[io->phase]);
	mpath_count(io->path->record->counts, op_is_write(bio_op(bio)), io->iter.bi_size,
		    io->start_ns, status);
}

/* return: as mpath_io_end() */
static __always_inline int mpath_io_judge(struct mpath_map *map, struct bio *bio,
					  blk_status_t status)
{
	struct mpath_io *io = mpath_io_of(bio);
	enum mpath_class class;

	/* it never was on a path, or has left it already */
	if (!io->path)
		return DM_ENDIO_DONE;
	mpath_io_count(io, bio, status);
	if (likely(!status)) {
		/* what failed elsewhere is good here: that was the path's fault */
		if (unlikely(io->tried))
			mpath_blame(map, io->tried);
		return DM_ENDIO_DONE;
	}
	class = mpath_classify(status);
	if (class == MPATH_CLASS_UP || (class == MPATH_CLASS_PAUSE && bio->bi_opf & REQ_NOWAIT))
		return DM_ENDIO_DONE;
	/* its port has gone to sleep: no other path need tell why it failed */
	if (class == MPATH_CLASS_DOUBT && mpath_alua_asleep(io->path))
		class = MPATH_CLASS_PATH;
	if (class == MPATH_CLASS_DOUBT)
		WRITE_ONCE(io->path->doubted, true);
	return mpath_retry(map, bio, class, status);
}

int mpath_io_end(struct mpath_map *map, struct bio *bio, blk_status_t status)
{
	int ret = mpath_io_judge(map, bio, status);

	/* not before: its path may go before the bio is sent, and it waits once more */
	if (ret == DM_ENDIO_DONE && unlikely(mpath_io_of(bio)->held))
		mpath_let_go(map, bio);
	return ret;
}

u64 mpath_io_in_flight(const struct mpath_path *path)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct mpath_load *load = per_cpu_ptr(path->load, cpu);

		sum += (u32)atomic_read(&load->n[0]) + (u32)atomic_read(&load->n[1]);
	}
	return sum;
}
