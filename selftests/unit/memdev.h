/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A metadata device in memory, in one or two copies, with a volatile cache.
 *
 * A write without FUA waits in the cache until a flush; a cut loses it, keeps
 * it or tears it at 512-byte sectors, in any order. The write under way at a
 * cut is torn as well. Nothing is ever really cut: the hook is called inside
 * and after every write and flush, and may fork the device to see what a cut
 * there would leave.
 */
#ifndef MEMDEV_H
#define MEMDEV_H

#include "tier-meta.h"

struct memdev_pending {
	u64 block;
	u8 *data;
};

struct memdev_copy {
	u8 *durable;
	struct memdev_pending *cache;
	size_t nr;
	size_t room;
	bool broken;		/* every write fails, and may tear what it writes */
	u64 bad_block;		/* cannot be read (with the @bad_blocks - 1 after it) */
	u64 bad_blocks;
};

struct memdev;

/* what a write would do, for the hook to do by halves on a fork */
struct memdev_op {
	u32 copies;
	u64 block;
	u32 count;
	const u8 *data;		/* NULL: a flush */
	bool fua;
};

struct memdev {
	u64 blocks;
	u32 copies;
	struct memdev_copy copy[TIER_META_COPIES];
	u64 rng;
	u64 ops;		/* writes and flushes so far */
	u64 break_at;		/* op at which @break_mask fails for good */
	u32 break_mask;
	bool keep_quiet;	/* keep no events */
	void (*hook)(struct memdev *dev, const struct memdev_op *op, bool done);
	void *priv;
	char log[32768];
	size_t logged;
	u64 events;
};

extern const struct tier_meta_ops memdev_ops;

struct memdev *memdev_new(u64 blocks, u32 copies, u64 seed);
void memdev_free(struct memdev *dev);
struct memdev *memdev_fork(struct memdev *dev);
u32 memdev_random(struct memdev *dev, u32 below);

/* apply some of @op, as a cut in its middle would */
void memdev_tear(struct memdev *dev, const struct memdev_op *op);
/* the host stops in the middle of @op: what the device took waits in its cache */
void memdev_spill(struct memdev *dev, const struct memdev_op *op);
/* power lost: the caches keep what they please */
void memdev_cut(struct memdev *dev);
/* everything that waits becomes durable */
void memdev_settle(struct memdev *dev);
u8 *memdev_block(struct memdev *dev, unsigned int copy, u64 block);
bool memdev_saw(const struct memdev *dev, const char *words);
void memdev_forget(struct memdev *dev);

#endif
