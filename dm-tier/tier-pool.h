/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pool, its members and its LUNs, as the kernel parts share them.
 *
 * Locks, outermost first:
 *   tier_pools_lock	(mutex) the list of pools, their reference counts
 *   pool->lock		(mutex) commands, LUN list, policy, member states
 *   lun->map_lock	(mutex) leaves of one LUN's map
 *   pool->quiesce.lock	(mutex) one round of draining at a time
 *   pool->space_lock	(spinlock) free space, counts per LUN and tier
 *   op->lock		(spinlock) bios held by one operation
 *   pool->defer_lock	(spinlock, irqs off) deferred bios
 * The metadata engine (pool->meta) is touched by the commit worker alone.
 * Mapped I/O takes none of these.
 */
#ifndef TIER_POOL_H
#define TIER_POOL_H

#include <linux/device-mapper.h>
#include <linux/dm-io.h>
#include <linux/dm-ioctl.h>
#include <linux/dm-kcopyd.h>
#include <linux/kref.h>
#include <linux/mempool.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "compat.h"
#include "tier-err.h"
#include "tier-map.h"
#include "tier-meta.h"
#include "tier-plan.h"
#include "tier-space.h"

#define DM_MSG_PREFIX		"tier"

#define TIER_STOCK_MAX		32	/* zeroed extents kept ready per member */
#define TIER_OP_SLOTS		1024	/* slot 0 is none */
#define TIER_SAMPLES		1024	/* per CPU: 16 KiB, within what alloc_percpu() gives */
#define TIER_LATENCY_SAMPLE	16	/* one I/O in so many is timed */

struct tier_pool;
struct tier_op;

/* token bucket of one device, or of one LUN, in sectors */
struct tier_bucket {
	spinlock_t lock;	/* level, stamp */
	s64 level;
	u64 stamp;		/* ktime, ns */
};

/* time of sampled I/O on one member, per CPU, folded at each tick */
struct tier_latency {
	u64 ns;
	u64 ios;		/* timed */
	u64 seen;		/* all, also the choice of which to time */
};

struct tier_member {
	u32 index;
	u8 tier;			/* tier id */
	u8 state;			/* enum tier_member_state, READ_ONCE */
	struct dm_dev *dev;		/* of the bound table; NULL while missing */
	struct block_device *bdev;	/* dev->bdev */
	dev_t devt;			/* of @dev, kept when a reload fails; 0: missing */
	u64 header_generation;		/* that its header has, as far as we know */
	char name[16];			/* major:minor; without a device: #<index> */
	char tag[TIER_TAG_LEN];		/* pool->lock */
	u8 uuid[TIER_UUID_LEN];
	unsigned long *touched;		/* bit per page of its table: heat changed; atomic */
	struct tier_latency __percpu *latency;
	u64 latency_seen;		/* tick worker: sums at the last fold */
	u64 latency_sum;
	u64 latency_ios;
	u64 latency_ns;			/* average under load, 0: none yet */
	bool idle;
	atomic_t moves;			/* from or to it */
	struct tier_bucket bucket;
	/* space_lock: */
	struct tier_space space;
	u64 used;			/* extents that have an owner */
	u64 stock[TIER_STOCK_MAX];	/* zeroed and flushed, taken in space */
	unsigned int nr_stock;
	unsigned int want_stock;
	/* pool->lock: */
	u64 evac_total;
	unsigned long evac_said;	/* jiffies of the last progress event */
};

struct tier_tier {
	struct tier_member *members[TIER_MAX_TIER_DEVS];
	unsigned int nr_members;
	u64 unused_reserve;		/* space_lock: sum over LUNs */
	u8 rank;			/* 0 the fastest; TIER_NONE: not in the table */
	u64 latency_ns;			/* average under load, 0: none yet */
	bool low;			/* tier-low was said */
};

/* hot-path counters of one LUN on one CPU */
struct tier_lun_stats {
	u64 ios[2][TIER_MAX_TIERS];	/* [write][tier id] */
	u64 sectors[2][TIER_MAX_TIERS];
};

struct tier_lun {
	struct tier_pool *pool;
	struct list_head list;		/* pool->luns */
	u32 id;
	u32 slot;			/* in the LUN table */
	struct tier_map __rcu *map;
	struct mutex map_lock;		/* new leaves, and replacing the map */
	struct tier_lun_stats __percpu *stats;
	struct tier_lun_record rec;	/* pool->lock and space_lock to change */
	bool rec_dirty;			/* usage has moved on since it was written */
	struct list_head targets;	/* tables that use it; pool->lock */
	unsigned int opened;		/* how many */
	bool dead;			/* being deleted: no new operation */
	bool still;			/* no moves for now: its map is being replaced */
	atomic_t ops;			/* operations on its extents */
	unsigned long allowed_members[BITS_TO_LONGS(TIER_MAX_MEMBERS)]; /* by tag */
	/* space_lock: */
	u64 used[TIER_MAX_TIERS];	/* extents by tier id */
	u64 coming[TIER_MAX_TIERS];	/* on their way there */
	u32 on_member[TIER_MAX_MEMBERS];
	unsigned long members[BITS_TO_LONGS(TIER_MAX_MEMBERS)];	/* on_member != 0 */
	u64 held_stamp;			/* ktime ns up to which held_ms counts */
	u64 in_sectors[TIER_MAX_TIERS];
	u64 out_sectors[TIER_MAX_TIERS];
	/* tick worker: */
	struct tier_threshold_state threshold;
	u64 last_ios;
	u64 iops;
	struct tier_bucket bucket;
	struct tier_plan_lun plan;	/* rules as the planner sees them */
};

struct tier_sample {
	u64 sector;
	u32 lun;
	u32 size;			/* sectors, bit 31: write */
};

/* single producer (this CPU, preemption off), single consumer (heat worker) */
struct tier_samples {
	u32 head;
	u32 lost;
	u32 tail ____cacheline_aligned_in_smp;
	struct tier_sample s[TIER_SAMPLES];
};

struct tier_inflight {
	long n[2];
};

struct tier_quiesce {
	struct mutex lock;		/* one round at a time */
	u32 phase;			/* 0, 1 */
	u64 started;			/* rounds */
	u64 done;
	bool waiting;
	wait_queue_head_t wait;
	struct tier_inflight __percpu *inflight;
};

struct tier_commit {
	spinlock_t lock;		/* list */
	struct list_head list;
	struct work_struct work;
	struct workqueue_struct *wq;	/* ordered: the metadata's only thread */
	struct tier_put *puts;		/* of one batch; the worker's alone */
};

enum tier_mode { TIER_MODE_RW, TIER_MODE_RO, TIER_MODE_FAIL };

/* why I/O may not be mapped just now; changed by tier_pool_gate() alone */
#define TIER_GATE_SUSPENDED	BIT(0)	/* all is deferred */
#define TIER_GATE_READ_ONLY	BIT(1)	/* writes fail */
#define TIER_GATE_FAIL		BIT(2)	/* all fails */

struct tier_features {
	bool read_only;
	bool error_if_no_space;
	bool skip_zeroing;
	bool no_discard_passdown;
};

struct tier_pool {
	struct list_head list;		/* tier_pools */
	bool claimed;			/* tier_pools_lock: @uuid is this pool's */
	u8 uuid[TIER_UUID_LEN];
	struct kref ref;
	struct mapped_device *md;
	char name[DM_NAME_LEN];		/* as at the last resume */
	dev_t meta_dev;
	struct tier_pool_target *bound;	/* the live table's target */

	/* read by every mapped I/O, written rarely */
	u32 gate;
	u32 extent_shift;
	u64 extent_sectors;
	struct tier_member *members[TIER_MAX_MEMBERS];
	struct tier_op *ops[TIER_OP_SLOTS];
	struct tier_samples __percpu *samples;
	struct tier_quiesce quiesce;

	struct mutex lock;		/* see the order of locks above */
	bool loaded;
	bool stopping;			/* moves end early, nothing new starts */
	enum tier_mode mode;
	struct tier_features features;
	struct tier_meta meta;
	struct tier_meta_dev *meta_devs;	/* tier-metaio */
	struct tier_commit commit;
	struct tier_tier tiers[TIER_MAX_TIERS];	/* by tier id */
	u8 by_rank[TIER_MAX_TIERS];		/* tier id of a rank */
	unsigned int nr_ranks;
	struct tier_pool_record conf;	/* lock to change */
	struct list_head luns;		/* lock */
	struct xarray lun_ids;		/* id -> LUN; lock to change, RCU to read */
	unsigned int nr_luns;
	u64 generation;

	spinlock_t space_lock;		/* members' space, owners, LUNs' and tiers' accounts */
	spinlock_t op_lock;		/* slots */
	unsigned long op_slots[BITS_TO_LONGS(TIER_OP_SLOTS)];
	atomic_t ops_busy;
	mempool_t *op_mempool;
	wait_queue_head_t ops_wait;	/* ops_busy fell to 0, stopping, rate */

	spinlock_t defer_lock;		/* the two lists and their state */
	struct bio_list deferred;	/* to be mapped again */
	struct bio_list no_space;	/* waiting for space */
	unsigned long no_space_since;	/* jiffies of the first, 0: nobody waits */
	bool no_space_said;
	struct work_struct defer_work;
	struct workqueue_struct *io_wq;	/* deferred bios: may wait for an op */
	struct workqueue_struct *op_wq;	/* allocation, flush: never waits for the other two */
	struct workqueue_struct *discard_wq;	/* waits for allocations and moves */
	struct workqueue_struct *move_wq;

	spinlock_t flush_lock;		/* flushes */
	struct bio_list flushes;
	struct work_struct flush_work;
	struct bio_set flush_bios;
	struct bio_set write_bios;	/* of first writes that fill their extent */

	struct dm_kcopyd_client *kcopyd;
	struct dm_io_client *io;
	struct work_struct stock_work;

	struct delayed_work tick_work;
	u64 ticks;
	u64 active_ms;
	u64 usage_stamp;		/* when usage was last written */
	u64 checkpoint_stamp;
	struct tier_heat_streams streams;
	struct tier_plan *plan;
	struct tier_plan_move *plan_moves;	/* lock: the last round's result */
	unsigned int plan_nr;
	unsigned int plan_next;
	bool plan_round;		/* a scan is under way */
	struct work_struct dispatch_work;
	u64 tick_ns;			/* ktime of the last tick */
	u32 scan_member;		/* where the planner's scan goes on */
	u64 scan_extent;

	atomic_t moves;			/* in flight */
	unsigned int max_moves;
	u64 moves_done;			/* space_lock */
	u64 moves_failed;
	atomic64_t event_seq;
};

extern struct mutex tier_pools_lock;
extern struct list_head tier_pools;

static inline sector_t tier_member_sector(const struct tier_pool *pool, u64 extent)
{
	return TIER_DATA_OFFSET + (extent << pool->extent_shift);
}

/* the heat of an extent has changed: its page is due at the next checkpoint */
static inline void tier_member_touch(struct tier_member *member, u64 extent)
{
	unsigned long page = div_u64(extent, TIER_EXTENTS_PER_PAGE);

	if (!test_bit(page, member->touched))
		set_bit(page, member->touched);
}

static inline const char *tier_name(const struct tier_pool *pool, u8 tier)
{
	return tier < TIER_MAX_TIERS ? pool->conf.tiers[tier] : "none";
}

/*
 * Set and clear bits of the gate. A change of the mode can come at any moment,
 * so neither may lose the other's. Ordered: who sees the gate open sees the
 * members as they were bound before.
 */
static inline void tier_pool_gate(struct tier_pool *pool, u32 set, u32 clear)
{
	u32 old = READ_ONCE(pool->gate);

	while (!try_cmpxchg(&pool->gate, &old, (old & ~clear) | set))
		;
}

static inline bool tier_pool_writable(const struct tier_pool *pool)
{
	return READ_ONCE(pool->mode) == TIER_MODE_RW;
}

/* words of the contract, never NULL */
const char *tier_mode_name(enum tier_mode mode);
const char *tier_member_state_name(u8 state);

/* -- tier-pool.c: life cycle -- */
/* with a reference, or NULL; tier_pools_lock held for these two */
struct tier_pool *tier_pool_get_by_md(struct mapped_device *md);
struct tier_pool *tier_pool_get_by_meta(dev_t meta_dev);
/* a pool that is not loaded yet, with a reference, or ERR_PTR; tier_pools_lock held */
struct tier_pool *tier_pool_create(struct mapped_device *md, dev_t meta_dev);
/*
 * The pool on disk whose metadata was opened is ours now: -EBUSY if another map
 * has it, which a mirror or a copy of a metadata device would make possible.
 */
int tier_pool_claim(struct tier_pool *pool);
void tier_pool_disclaim(struct tier_pool *pool);
/* a map can be renamed: look again; at each resume */
void tier_pool_update_name(struct tier_pool *pool);
/* the same at any time, for who is about to use the name; tier_pools_lock held */
void tier_pool_renew_name(struct tier_pool *pool);
/* loaded pool of this dm name with a reference, or NULL; takes tier_pools_lock */
struct tier_pool *tier_pool_get_by_name(const char *name);
/* let go of a reference; takes tier_pools_lock; the last one frees, and may sleep */
void tier_pool_put(struct tier_pool *pool);
/* WRITE -> READ_ONLY -> FAIL, never back; says so once. Any context that may sleep */
void tier_pool_set_mode(struct tier_pool *pool, enum tier_mode mode, const char *why);

/* extents a tier has, and how many of them are used (by LUNs) and free; space_lock taken inside */
void tier_pool_tier_space(struct tier_pool *pool, u8 tier, u64 *total, u64 *used, u64 *free);

/* tier id by name, or -ENOENT */
int tier_pool_tier_by_name(const struct tier_pool *pool, const char *name);
/*
 * Member by path, by major:minor, or by "#<index>", which is also the name of one
 * without a device; or NULL. pool->lock held.
 */
struct tier_member *tier_pool_member_by_name(struct tier_pool *pool, const char *name);

/* -- tier-lun.c -- pool->lock held for all of these */
struct tier_lun *tier_lun_find(struct tier_pool *pool, u32 id);
u64 tier_lun_extents(const struct tier_pool *pool, u64 sectors);
/* bring rec.usage and held_ms up to now (reads the per-CPU counters) */
void tier_lun_usage(struct tier_lun *lun, struct tier_usage usage[TIER_MAX_TIERS]);
u64 tier_lun_mapped(struct tier_lun *lun);	/* extents */

/*
 * -- tier-command.c: every change, for messages and netlink alike --
 * All take pool->lock themselves, may sleep, and return 0 or -errno with
 * @err->text filled in; on error nothing has changed.
 */
int tier_cmd_create_lun(struct tier_pool *pool, u32 id, u64 sectors, struct tier_err *err);
int tier_cmd_delete_lun(struct tier_pool *pool, u32 id, struct tier_err *err);
int tier_cmd_resize_lun(struct tier_pool *pool, u32 id, u64 sectors, struct tier_err *err);
int tier_cmd_set_lun(struct tier_pool *pool, u32 id, const char *key, const char *value,
		     struct tier_err *err);
int tier_cmd_migrate_lun(struct tier_pool *pool, u32 id, const char *tier, struct tier_err *err);
int tier_cmd_set_pool(struct tier_pool *pool, const char *key, const char *value,
		      struct tier_err *err);
int tier_cmd_evacuate(struct tier_pool *pool, const char *dev, struct tier_err *err);
int tier_cmd_cancel_evacuate(struct tier_pool *pool, const char *dev, struct tier_err *err);
int tier_cmd_remove_dev(struct tier_pool *pool, const char *dev, struct tier_err *err);
int tier_cmd_fail_dev(struct tier_pool *pool, const char *dev, struct tier_err *err);
int tier_cmd_reinstate_dev(struct tier_pool *pool, const char *dev, struct tier_err *err);
/*
 * tier-parse.c: a decimal number and nothing else; kstrto*() would take a sign
 * and a line end as well. -EINVAL: no number; -ERANGE
 */
int tier_parse_number(const char *word, u64 min, u64 max, u64 *number);
/* tier-message.c: "dmsetup message", words as dm gives them */
int tier_command_message(struct tier_pool *pool, unsigned int argc, char **argv);

#endif
