/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pool's metadata beside the simplest model of it: plain arrays that change
 * when a commit returns. One random step changes both.
 */
#ifndef WORLD_H
#define WORLD_H

#include "memdev.h"

#define WORLD_BLOCKS	192	/* of the metadata device: about the least */
#define WORLD_MEMBERS	4
#define WORLD_EXTENTS	400	/* most of one member */
#define WORLD_LUNS	6
#define WORLD_SLOTS	64
#define WORLD_LOGICAL	300	/* most extents of one LUN */
#define WORLD_ES	128	/* sectors of an extent */

struct model {
	bool lun_used[WORLD_SLOTS];
	struct tier_lun_record lun[WORLD_SLOTS];
	bool mem_used[WORLD_MEMBERS];
	struct tier_member_record mem[WORLD_MEMBERS];
	u64 owner[WORLD_MEMBERS][WORLD_EXTENTS];
	struct tier_pool_record pool;
};

struct world {
	struct memdev *dev;
	struct tier_meta meta;
	struct model now;	/* as of the last commit that returned 0 */
	struct model next;	/* with the one under way */
	bool flying;		/* is one under way? */
	struct tier_put *puts;
	size_t n;
	size_t room;
	u64 steps;
	u64 txns;
	u64 opens;
	u8 serial;
	const char *doing;
	bool resyncing;
	u64 crash_in;		/* ops until a cut that is for real; 0: none */
	struct memdev *crashed;	/* what it left */
	bool crash_flying;
	struct model was;	/* now and next at the cut */
	struct model would;
};

struct world *world_new(u32 copies, u64 seed);
void world_free(struct world *w);

/* one random step; every error is a failed test */
void world_step(struct world *w);
/* open (and start) what is on the device again */
void world_reopen(struct world *w);
/* go on with what the cut left */
void world_crash(struct world *w);
/* bring back the copy that is left out, if one is */
void world_resync(struct world *w);
/* a member, a LUN, some extents of it: for tests that need just that */
void world_fill(struct world *w, u32 extents);

/* puts of the transaction being built */
void world_put_extent(struct world *w, u32 member, u64 extent, u64 owner);
void world_put_lun(struct world *w, u64 slot, const struct tier_lun_record *lun);
int world_commit(struct world *w);
int world_add_member(struct world *w, u64 extents);
struct tier_lun_record world_lun(u32 id, u64 extents);

/* NULL if @meta is what @model says, else what differs */
const char *world_differs(const struct tier_meta *meta, const struct model *model);

#endif
