/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A copy of a read: a bio of our own with pages of its own, on one path. Nobody
 * waits for it but itself: it may end long after the read has, and after the
 * table is gone, and touches nothing of either then.
 */
#ifndef MPATH_COPY_H
#define MPATH_COPY_H

#include "mpath-map.h"

#define MPATH_COPY_BYTES	(128U << 10)	/* the largest read that is copied */
#define MPATH_COPY_PAGES	1024		/* of one path and CPU at most */
/* there always is a way without a copy, so nobody is pressed for memory */
#define MPATH_COPY_GFP		(GFP_NOWAIT | __GFP_NOWARN | __GFP_NOMEMALLOC)

struct mpath_hedge;

/**
 * struct mpath_copy - one copy
 * @bio: what is sent
 * @iter: as it was sent
 * @hedge: the read
 * @path: where it is; only while the read has not ended
 * @leg: of that path; a reference
 * @start_ns: when it was sent
 * @cpu: on which it counts as in flight
 * @phase: in which it does
 * @hedged: it is a second copy, paid for by the budget
 * @nr: pages
 * @vecs: those
 */
struct mpath_copy {
	struct bio bio;
	struct bvec_iter iter;
	struct mpath_hedge *hedge;
	struct mpath_path *path;
	struct mpath_leg *leg;
	u64 start_ns;
	u32 cpu;
	u8 phase;
	bool hedged;
	u32 nr;
	struct bio_vec vecs[];
};

/**
 * mpath_copy_new() - a copy of a read, not yet on any path
 * @bio: the read
 *
 * Any context; does not sleep and leaves the reserves alone.
 *
 * Return: the copy, or NULL if there is no memory to be had.
 */
struct mpath_copy *mpath_copy_new(struct bio *bio);

/**
 * mpath_copy_aim() - put it on a path
 * @copy: which
 * @bio: the read
 * @path: where; @copy->cpu and phase say how it counts as in flight there
 *
 * Any context.
 *
 * Return: false if the path holds too many pages already; it is on none then, and not
 * counted.
 */
bool mpath_copy_aim(struct mpath_copy *copy, struct bio *bio, struct mpath_path *path);

/* it will not be sent: do not count it as in flight any more */
void mpath_copy_leave(const struct mpath_copy *copy);

/* what has been read, into the bio that it was read for; any context */
void mpath_copy_take(struct mpath_copy *copy, struct bio *bio);

/* count it: it has ended; any context */
void mpath_copy_count(struct mpath_copy *copy, blk_status_t status);

/* it is not in flight, or never was; any context */
void mpath_copy_free(struct mpath_copy *copy);

#endif
