/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One mpath-ext map: its paths and groups, what of them is in use, and the bios
 * that wait.
 *
 * struct mpath_map is one table of a device: made in the constructor, gone with
 * the destructor. struct mpath_resource is the device itself: it carries what
 * outlives a table (health, latencies, usage), and its mutex orders every change.
 * The I/O path takes no lock: it reads struct mpath_snap, which is replaced whole
 * (RCU) when a path or group changes.
 *
 * Locks, outermost first: mpath_resources_lock, resource->lock, then one of map->wait_lock
 * (irq-safe), leg->send_lock, and of hedged reads hedge->lock and the lock of their list
 * (both irq-safe). The I/O path takes wait_lock only for a bio that has to wait.
 */
#ifndef MPATH_MAP_H
#define MPATH_MAP_H

#include <linux/bio.h>
#include <linux/device-mapper.h>
#include <linux/dm-ioctl.h>
#include <linux/hrtimer.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/workqueue.h>

#include "mpath-budget.h"
#include "mpath-conf.h"
#include "mpath-elastic.h"
#include "mpath-health.h"
#include "mpath-identity.h"
#include "mpath-latency.h"
#include "mpath-leg.h"
#include "mpath-tail.h"
#include "mpath-wheel.h"

#define DM_MSG_PREFIX	"mpath-ext"

struct mpath_map;

/**
 * struct mpath_counts - what one path has done, per CPU; only ever grows
 * @ios: completed, [0] reads, [1] writes and the like
 * @sectors: of them
 * @latency_ns: sum over @ios
 * @errors: I/Os that failed on this path
 * @retries: I/Os that had failed elsewhere and came here
 * @hedges_sent: reads sent here because another path was late
 * @hedges_won: those of them that answered first
 * @buckets: @ios by latency
 */
struct mpath_counts {
	u64 ios[2];
	u64 sectors[2];
	u64 latency_ns[2];
	u64 errors;
	u64 retries;
	u64 hedges_sent;
	u64 hedges_won;
	u64 buckets[2][MPATH_BUCKETS];
};

/**
 * struct mpath_record - what outlives a table of one path
 * @list: in the resource's records
 * @id: identity of the path: the device's name, major:minor
 * @tables: that name it, in use or not
 * @counts: usage
 * @health: under the resource's lock
 * @joined: it was in a table that was in use
 * @cost: that the table had, or the last one with it
 * @left_ns: since when it is in none; 0: it is in the one in use
 * @average: latency of reads, ns; written by the fold alone
 * @unbeaten: while it is idle the latency selector need look at no other path of its
 *	group; written by the tick alone
 * @fresh: mean latency of what ended between the last two folds, ns; 0: nothing did
 * @folded_ns: sum of latencies at the last fold
 * @folded_ios: I/Os
 * @aside: folds in a row in which the path stood out
 * @window: its reads lately
 * @usual_ns: what half of them take; 0: not known;
 *	written by the tick alone, and only while reads are hedged
 */
struct mpath_record {
	struct list_head list;
	char id[32];
	u32 tables;
	struct mpath_counts __percpu *counts;
	struct mpath_health health;
	bool joined;
	u32 cost;
	u64 left_ns;
	u64 average;
	bool unbeaten;
	u64 fresh;
	u64 folded_ns;
	u64 folded_ios;
	u32 aside;
	struct mpath_window window;
	u64 usual_ns;
};

/**
 * struct mpath_resource - a device-mapper device of this target
 * @list: of all resources that have a table
 * @refs: one for each table, each request over netlink, and each I/O or probe that
 *	outlives its table
 * @tables: tables there are; under mpath_resources_lock
 * @number: of all resources since the module was loaded; no two have the same
 * @epoch_ns: when counting began, wall-clock time
 * @md: the device; there as long as a table is
 * @dm_major: of all device-mapper devices
 * @name: of the device when it was last looked at; under @lock
 * @uuid: the same
 * @lock: orders every change of paths and groups
 * @records: of every path that a table of this device ever had
 * @table: the table that was resumed last, or NULL
 * @active: the same while it is resumed, else NULL
 * @resumed: a table was, ever
 * @events: number of the last event
 */
struct mpath_resource {
	struct list_head list;
	struct kref refs;
	u32 tables;
	u64 number;
	u64 epoch_ns;
	struct mapped_device *md;
	int dm_major;
	char name[DM_NAME_LEN];
	char uuid[DM_UUID_LEN];
	struct mutex lock; /* of health, groups and snaps */
	struct list_head records;
	struct mpath_map *table;
	struct mpath_map *active;
	bool resumed;
	u64 events;
};

struct mpath_alua;
struct mpath_probe;

/**
 * struct mpath_path - one path of one table
 * @map: the table
 * @dev: the device
 * @conf: what the table says of it
 * @number: in the table, also its bit in struct mpath_io.tried
 * @group: its group's number
 * @record: what outlives the table
 * @load: of @leg
 * @phase: what new I/O counts itself in
 * @flip_ns: since when
 * @leg: its device, opened for I/O of our own
 * @probe: in flight or at rest; may outlive the table
 * @probe_next_ns: when to probe it again
 * @probes: how many were sent
 * @bad: how
 *	many were bad in a row
 * @answered_ns: when the last one that has ended was sent
 * @probe_again: once more when the one in flight has ended
 * @probe_owed: the last one was put off, and somebody may wait for the answer
 * @seen: I/Os it had done at the last look
 * @doubted: an I/O has failed here since the last tick, and it may have been the path
 * @suspect: an I/O that failed here was good elsewhere
 * @unread: it could not be read when the table was made
 * @alua: its activation; NULL: the table has no hardware handler
 */
struct mpath_path {
	struct mpath_map *map;
	struct dm_dev *dev;
	const struct mpath_conf_path *conf;
	u32 number;
	u32 group;
	struct mpath_record *record;
	struct mpath_load __percpu *load;
	u32 phase;
	u64 flip_ns;
	struct mpath_leg *leg;
	struct mpath_probe *probe;
	u64 probe_next_ns;
	u64 probes;
	u32 bad;
	u64 answered_ns;
	bool probe_again;
	bool probe_owed;
	u64 seen;
	bool doubted;
	bool suspect;
	bool unread;
	struct mpath_alua *alua;
};

/**
 * struct mpath_snap - what the I/O path looks at; not changed while it may
 * @retired: RCU state when it was replaced: once that has passed nobody looks at it
 * @selector: of the group in use
 * @group: that group's number
 * @nr: paths in use
 * @path: those
 * @weight: and their weights
 * @wheel: their turns
 */
struct mpath_snap {
	unsigned long retired;
	enum mpath_selector selector;
	u32 group;
	u32 nr;
	struct mpath_path *path[MPATH_MAX_PATHS];
	u32 weight[MPATH_MAX_PATHS];
	struct mpath_wheel wheel;
};

/**
 * struct mpath_group - one group of one table
 * @conf: what the table says
 * @off: the administrator has disabled it: used only if no other has a path
 * @elastic: standby paths that work for load
 * @busy_ns: until when the array is too busy to activate it; 0: it is not
 */
struct mpath_group {
	const struct mpath_conf_group *conf;
	bool off;
	struct mpath_elastic elastic;
	u64 busy_ns;
};

/**
 * struct mpath_hedge_cpu - reads that may be hedged, by the CPU that has sent them
 * @lock: of all here; taken in interrupts
 * @waiting: not late yet, oldest first
 * @late: those that are, for the worker
 * @parked: those that it could do nothing for, until the next tick
 * @timer: goes off when the first of @waiting is late
 * @armed: it will
 * @map: the table
 */
struct mpath_hedge_cpu {
	spinlock_t lock; /* of the lists and @armed */
	struct list_head waiting;
	struct list_head late;
	struct list_head parked;
	struct hrtimer timer;
	bool armed;
	struct mpath_map *map;
};

/**
 * struct mpath_hedger - second copies of late reads
 * @cpus: reads that wait for an answer
 * @reads: all reads while reads are hedged, per CPU; only ever grows
 * @earned: of those, how many the budget has had its share of
 * @lock: of @budget; taken in interrupts
 * @budget: second copies that may be sent
 * @may: at least one
 * @work: sends them
 */
struct mpath_hedger {
	struct mpath_hedge_cpu __percpu *cpus;
	u64 __percpu *reads;
	u64 earned;
	spinlock_t lock; /* of @budget */
	struct mpath_budget budget;
	bool may;
	struct work_struct work;
};

/* why nothing is sent, bits of mpath_map.gate */
#define MPATH_GATE_SUSPENDED	BIT(0)	/* between presuspend and resume */
#define MPATH_GATE_REQUEUE	BIT(1)	/* what waits goes back to dm */

/**
 * struct mpath_map - one table
 * @ti: its target
 * @resource: the device
 * @conf: the table line
 * @paths: conf.nr_paths of them
 * @groups: conf.nr_groups of them
 * @identity: of the device that all paths show; no sectors: not known yet. From the
 *	constructor, else under the resource's lock, and set once
 * @snap: what is in use; NULL: no path is
 * @cursor: turn of each CPU
 * @hedge_ns: a read is late after this; 0: no read is hedged now
 * @gate: MPATH_GATE_*
 * @asked: group that was asked for by the administrator, or by the table for a beginning, from
 *	1; until another takes over for want of a path; 0: none, preference rules
 * @current_group: chosen for use, or chosen last
 * @chosen_why: why
 * @used_group: in use, or used last
 * @activating: there is no @snap because no path of the chosen group is ready yet
 * @wait_lock: for the lists
 * @retry: bios for the worker
 * @paused: bios that go on after a pause
 * @doubt: bios that every path has failed alike, until probes have told why
 * @held: bios that wait for a path
 * @held_bytes: data of them and of those that had to and have not ended
 * @lost_ns: when the last path went; 0: there is one
 * @expired: that is too long ago: I/O fails until there is a path again
 * @wq: for the workers; may be needed to free memory
 * @retry_work: sends what is in @retry
 * @pause_work: puts what is in @paused there
 * @tick: ten times a second
 * @tick_ns: time of the last tick
 * @tick_ios: I/Os that all paths had done by then
 * @snaps: @snap is one of them; written in turn. Two more than there are paths, so
 *	that all may fail at once and no I/O waits for RCU
 * @next_snap: to be written next
 * @hedger: second copies of late reads
 * @better_ns: since when a group of higher preference has had a path; 0: none has
 */
struct mpath_map {
	struct dm_target *ti;
	struct mpath_resource *resource;
	struct mpath_conf *conf;
	struct mpath_path *paths;
	struct mpath_group *groups;
	struct mpath_identity identity;
	struct mpath_snap __rcu *snap;
	u32 __percpu *cursor;
	u64 hedge_ns;
	u32 gate;
	u32 asked;
	u32 current_group;
	const char *chosen_why;
	u32 used_group;
	bool activating;

	spinlock_t wait_lock; /* of the lists, gate and held_bytes; of writes to snap, activating */
	struct bio_list retry;
	struct bio_list paused;
	struct bio_list doubt;
	struct bio_list held;
	u64 held_bytes;
	u64 lost_ns;
	bool expired;

	struct workqueue_struct *wq;
	struct work_struct retry_work;
	struct delayed_work pause_work;
	struct delayed_work tick;
	u64 tick_ns;
	u64 tick_ios;

	struct mpath_snap *snaps;
	u32 next_snap;
	u64 better_ns;

	struct mpath_hedger hedger;
};

/**
 * struct mpath_io - what a bio needs while it is under way
 * @path: where it was sent; NULL: it is in no path's counts
 * @failed: where it failed last; NULL once that is settled
 * @class: whose fault that was
 * @status: what it failed with
 * @iter: as it came, to send it again
 * @flags: of bio->bi_flags
 * @opf: of bio->bi_opf, to send it again: a path without a write cache is not asked for
 *	FUA, and the next one may have a cache
 * @start_ns: when it was sent
 * @asked_ns: when it came into doubt
 * @tried: paths that failed it with a plain I/O error, by number
 * @remaining: of bio->__bi_remaining as it came
 * @phase: of the path it is counted in
 * @cpu: on which CPU
 * @attempts: how often it was sent
 * @pauses: how often it had to pause, which are no attempts
 * @sure: all paths have failed it alike before, and one of them was found good
 * @held: it is in mpath_map.held_bytes
 */
struct mpath_io {
	struct mpath_path *path;
	struct mpath_path *failed;
	struct bvec_iter iter;
	u64 start_ns;
	u64 asked_ns;
	u64 tried;
	blk_opf_t opf;
	int remaining;
	u32 cpu;
	u8 attempts;
	u8 class;
	bool sure;
	bool held;
	u16 pauses;
	unsigned short flags;
	blk_status_t status;
	u8 phase;
};

static inline const char *mpath_name(const struct mpath_map *map)
{
	return dm_device_name(dm_table_get_md(map->ti->table));
}

static inline struct mpath_io *mpath_io_of(struct bio *bio)
{
	return dm_per_bio_data(bio, sizeof(struct mpath_io));
}

#endif
