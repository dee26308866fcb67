/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Probes: a read of one block, down every path that carries no I/O of its own.
 * Each path has a bio and a page for them, so a probe needs no memory, and one
 * that never ends is evidence by itself.
 *
 * Only the table that is active is probed. Nobody waits for a probe in flight: it
 * belongs to nobody once its table is gone, and frees itself when it ends.
 */
#ifndef MPATH_PROBE_H
#define MPATH_PROBE_H

#include "mpath-map.h"

#define MPATH_PROBE_BACKOFF	3	/* a dead path is probed up to 2^3 times more seldom */

enum mpath_verdict {
	MPATH_VERDICT_OPEN,	/* not known yet */
	MPATH_VERDICT_GOOD,	/* a path that was asked is all right */
	MPATH_VERDICT_BAD,	/* none is */
};

/**
 * struct mpath_probe - of one path
 * @bio: what is sent
 * @vec: of it
 * @page: where it reads to
 * @leg: of the path; a reference
 * @resource: of the table; a reference
 * @path: NULL once the table is gone; under the resource's lock
 * @ask: sends it, or asks a path that is asleep
 * @done: takes the answer in
 * @status: the answer
 * @sent_ns: when it was to be sent
 * @start_ns: when it was; 0: not yet
 * @end_ns: when it came back; 0: not yet
 * @asleep: it is no read, since the path's port serves none
 * @busy: it is in flight; under the resource's lock
 */
struct mpath_probe {
	struct bio bio;
	struct bio_vec vec;
	struct page *page;
	struct mpath_leg *leg;
	struct mpath_resource *resource;
	struct mpath_path *path;
	struct work_struct ask;
	struct work_struct done;
	blk_status_t status;
	u64 sent_ns;
	u64 start_ns;
	u64 end_ns;
	bool asleep;
	bool busy;
};

/* both may sleep; the path's leg and record are there */
int mpath_probe_init(struct mpath_path *path);
void mpath_probe_exit(struct mpath_path *path);

/*
 * For how long, ns, its path has not answered; 0: nothing is under way. Not before it was
 * sent, which another path may have kept it waiting for, nor once it has come back, while
 * the path's identity is asked for. The resource's lock is held.
 */
static inline u64 mpath_probe_age(const struct mpath_probe *probe, u64 now_ns)
{
	u64 start_ns = READ_ONCE(probe->start_ns);

	/* it may have been sent after the caller looked at the clock */
	if (!probe->busy || !start_ns || READ_ONCE(probe->end_ns) || now_ns < start_ns)
		return 0;
	return now_ns - start_ns;
}

/* a probe has come back; any context */
void mpath_probe_ended(struct mpath_probe *probe, blk_status_t status);

/* send the probes that are due; from the tick, may sleep */
void mpath_probe_due(struct mpath_map *map);

/* all are due at the next tick: the interval has changed; the resource's lock is held */
void mpath_probe_soon(struct mpath_map *map);

/**
 * mpath_probe_now() - ask the paths whether they work
 * @map: the table
 * @paths: which, by number
 *
 * May sleep; takes the resource's lock. What waits is looked at again when an
 * answer comes.
 */
void mpath_probe_now(struct mpath_map *map, u64 paths);

/* what the paths said since @asked_ns; the resource's lock is held */
enum mpath_verdict mpath_probe_verdict(struct mpath_map *map, u64 paths, u64 asked_ns);

#endif
