/* SPDX-License-Identifier: ((GPL-2.0-only WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * Generic netlink family dm_tier. Specified in
 * Documentation/netlink/specs/dm_tier.yaml; a test compares the two.
 *
 * Every number is a u32 or u64 attribute of the width said beside it, every
 * name a NUL-terminated string. Pools are named by their device-mapper name,
 * tiers by name, members by path, major:minor, or #<DM_TIER_A_DEV_INDEX>.
 */
#ifndef _UAPI_LINUX_DM_TIER_H
#define _UAPI_LINUX_DM_TIER_H

#define DM_TIER_FAMILY_NAME	"dm_tier"
#define DM_TIER_FAMILY_VERSION	1
#define DM_TIER_MCGRP_EVENTS	"events"

enum dm_tier_cmd {
	DM_TIER_CMD_UNSPEC,
	DM_TIER_CMD_POOL_GET,		/* dump, or do with A_POOL */
	DM_TIER_CMD_TIER_GET,		/* dump; A_POOL filters */
	DM_TIER_CMD_DEV_GET,		/* dump; A_POOL filters */
	DM_TIER_CMD_LUN_GET,		/* dump; A_POOL, A_LUN filter */
	DM_TIER_CMD_HEAT_GET,		/* dump: histogram per LUN and tier; filters as above */
	DM_TIER_CMD_EXTENT_GET,		/* dump: extents of A_LUN from A_START, A_COUNT of them */
	DM_TIER_CMD_LUN_CREATE,		/* A_POOL, A_LUN, A_SECTORS */
	DM_TIER_CMD_LUN_DELETE,		/* A_POOL, A_LUN */
	DM_TIER_CMD_LUN_RESIZE,		/* A_POOL, A_LUN, A_SECTORS */
	DM_TIER_CMD_LUN_SET,		/* A_POOL, A_LUN, A_KEY, A_VALUE: one policy key */
	DM_TIER_CMD_LUN_MIGRATE,	/* A_POOL, A_LUN, A_TIER */
	DM_TIER_CMD_POOL_SET,		/* A_POOL, A_KEY, A_VALUE */
	DM_TIER_CMD_DEV_EVACUATE,	/* A_POOL, A_DEV */
	DM_TIER_CMD_DEV_CANCEL,		/* A_POOL, A_DEV */
	DM_TIER_CMD_DEV_REMOVE,		/* A_POOL, A_DEV */
	DM_TIER_CMD_DEV_FAIL,		/* A_POOL, A_DEV */
	DM_TIER_CMD_DEV_REINSTATE,	/* A_POOL, A_DEV */
	DM_TIER_CMD_EVENT,		/* from the kernel, group "events" */
	__DM_TIER_CMD_MAX,
	DM_TIER_CMD_MAX = __DM_TIER_CMD_MAX - 1
};

enum dm_tier_attr {
	DM_TIER_A_UNSPEC,
	DM_TIER_A_PAD,
	DM_TIER_A_POOL,			/* string */
	DM_TIER_A_POOL_UUID,		/* binary, 16 bytes */
	DM_TIER_A_GENERATION,		/* u64 */
	DM_TIER_A_MODE,			/* string: rw, ro, fail */
	DM_TIER_A_EXTENT_SECTORS,	/* u64 */
	DM_TIER_A_META_USED,		/* u64, pages */
	DM_TIER_A_META_TOTAL,		/* u64, pages */
	DM_TIER_A_META_COPIES,		/* u32: live metadata copies */
	DM_TIER_A_MOVES_IN_FLIGHT,	/* u32 */
	DM_TIER_A_MOVES_DONE,		/* u64 */
	DM_TIER_A_MOVES_FAILED,		/* u64 */
	DM_TIER_A_TICK,			/* u64: ticks over the pool's life */
	DM_TIER_A_TICK_MS,		/* u32 */
	DM_TIER_A_MOVE_RATE,		/* u32: MiB/s; per device (pool) or of a LUN */
	DM_TIER_A_HEADROOM,		/* u32: percent */
	DM_TIER_A_MOVES,		/* u32: 0 off, 1 on */
	DM_TIER_A_NO_SPACE_TIMEOUT,	/* u32: seconds */
	DM_TIER_A_TIER,			/* string: tier name */
	DM_TIER_A_RANK,			/* u32: 0 the fastest */
	DM_TIER_A_TOTAL,		/* u64: extents */
	DM_TIER_A_USED,			/* u64: extents */
	DM_TIER_A_LATENCY_NS,		/* u64: measured under load; 0: no figure yet */
	DM_TIER_A_DEV,			/* string: major:minor (path accepted in requests) */
	DM_TIER_A_DEV_UUID,		/* binary, 16 bytes */
	DM_TIER_A_DEV_INDEX,		/* u32: member index */
	DM_TIER_A_STATE,		/* string: active, draining, drained, failed ... */
	DM_TIER_A_TAG,			/* string */
	DM_TIER_A_EVAC_TOTAL,		/* u64: extents when the evacuation began */
	DM_TIER_A_EVAC_LEFT,		/* u64: extents still there */
	DM_TIER_A_LUN,			/* u32: LUN id */
	DM_TIER_A_SECTORS,		/* u64: size */
	DM_TIER_A_MAPPED,		/* u64: extents mapped */
	DM_TIER_A_ALLOWED,		/* string: tier names, comma separated */
	DM_TIER_A_START_TIER,		/* string or absent */
	DM_TIER_A_PIN,			/* string or absent */
	DM_TIER_A_HOME,			/* string or absent */
	DM_TIER_A_TARGET,		/* string or absent: migration under way */
	DM_TIER_A_WEIGHT,		/* u32 */
	DM_TIER_A_UP_IOPS,		/* u32 */
	DM_TIER_A_DOWN_IOPS,		/* u32 */
	DM_TIER_A_HOLD,			/* u32: seconds */
	DM_TIER_A_VERIFY,		/* u32: 0, 1 */
	DM_TIER_A_AUTO,			/* u32: 1: the kernel moves the LUN at a threshold */
	DM_TIER_A_TAGS,			/* string: comma separated */
	DM_TIER_A_IOPS,			/* u64: requests per second, last tick */
	DM_TIER_A_USAGE,		/* nest, one per tier, repeated: DM_TIER_U_* */
	DM_TIER_A_HEAT,			/* binary: u64 per bucket, DM_TIER_HEAT_BUCKETS */
	DM_TIER_A_START,		/* u64: logical extent: the first, or this run's */
	DM_TIER_A_COUNT,		/* u64: extents */
	DM_TIER_A_EXTENTS,		/* binary: array of struct dm_tier_extent_info */
	DM_TIER_A_KEY,			/* string */
	DM_TIER_A_VALUE,		/* string */
	DM_TIER_A_EVENT,		/* string, see below */
	DM_TIER_A_TIME_NS,		/* u64: CLOCK_REALTIME */
	DM_TIER_A_FROM,			/* string: tier name */
	DM_TIER_A_TO,			/* string: tier name */
	DM_TIER_A_FROM_DEV,		/* string: major:minor */
	DM_TIER_A_TO_DEV,		/* string: major:minor */
	DM_TIER_A_LOGICAL,		/* u64: logical extent */
	DM_TIER_A_REASON,		/* string: why the move, or what was wrong */
	DM_TIER_A_ERROR,		/* u32: errno, positive */
	DM_TIER_A_SEQ,			/* u64: number of the event since the pool was loaded */
	DM_TIER_A_ACTIVE_MS,		/* u64: ms that the pool has been active since loaded */
	__DM_TIER_A_MAX,
	DM_TIER_A_MAX = __DM_TIER_A_MAX - 1
};

/* inside DM_TIER_A_USAGE */
enum dm_tier_usage_attr {
	DM_TIER_U_UNSPEC,
	DM_TIER_U_PAD,
	DM_TIER_U_TIER,			/* string */
	DM_TIER_U_EXTENTS,		/* u64: held now */
	DM_TIER_U_READ_IOS,		/* u64 */
	DM_TIER_U_WRITE_IOS,		/* u64 */
	DM_TIER_U_READ_SECTORS,		/* u64 */
	DM_TIER_U_WRITE_SECTORS,	/* u64 */
	DM_TIER_U_IN_SECTORS,		/* u64: moved to the tier */
	DM_TIER_U_OUT_SECTORS,		/* u64: moved away from it */
	DM_TIER_U_HELD_MS,		/* u64: extents held x milliseconds */
	DM_TIER_U_RESERVE,		/* u64: extents */
	DM_TIER_U_MAX,			/* u64: extents, 0: no limit */
	__DM_TIER_U_MAX,
	DM_TIER_U_ATTR_MAX = __DM_TIER_U_MAX - 1
};

#define DM_TIER_HEAT_BUCKETS	24

/* one mapped extent in an extent dump; native byte order, 32 bytes */
struct dm_tier_extent_info {
	unsigned long long logical;
	unsigned long long physical;	/* on the member */
	unsigned int member;		/* DM_TIER_A_DEV_INDEX */
	unsigned int rate;		/* heat, see tier_heat_rate() */
	unsigned char rank;		/* of its tier */
	unsigned char moving;
	unsigned char pad[6];
};

/*
 * Values of DM_TIER_A_EVENT and what comes with them besides POOL, POOL_UUID,
 * SEQ and TIME_NS:
 *
 * threshold-up, threshold-down	LUN, IOPS
 * move-started			LUN, LOGICAL, FROM, TO, FROM_DEV, TO_DEV, REASON
 * move-done			the same
 * move-failed			the same, ERROR
 * lun-migrating		LUN, TO
 * lun-moved			LUN, TO
 * tier-low			TIER, USED, TOTAL
 * no-space			LUN
 * space-back			-
 * device-state			DEV, STATE, REASON
 * evacuation			DEV, EVAC_TOTAL, EVAC_LEFT
 * evacuation-done		DEV, EVAC_TOTAL, EVAC_LEFT (0: the proof)
 * metadata			REASON: trouble with the metadata, MODE
 * policy			LUN (absent: the pool), KEY, VALUE: a setting was changed
 * lun-created, lun-resized	LUN, SECTORS
 * lun-deleted			LUN, SECTORS, GENERATION, USAGE: its last counters
 */

#endif
