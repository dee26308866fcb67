/* SPDX-License-Identifier: ((GPL-2.0-only WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * Generic netlink family dm_mpath_ext. Specified in
 * Documentation/netlink/specs/dm_mpath_ext.yaml; a test compares the two.
 *
 * Every number is a u32 or u64 attribute of the width said beside it, every
 * name a NUL-terminated string. Maps are named by their device-mapper name,
 * groups by number from 1, paths by path or major:minor.
 *
 * Counters only ever grow while the device has a table of the target, also over
 * reloads, and end with the last one: when the device is removed, or another
 * target's table takes the place. DM_MPATH_EXT_A_EPOCH tells one life from the next.
 */
#ifndef _UAPI_LINUX_DM_MPATH_EXT_H
#define _UAPI_LINUX_DM_MPATH_EXT_H

#define DM_MPATH_EXT_FAMILY_NAME	"dm_mpath_ext"
#define DM_MPATH_EXT_FAMILY_VERSION	1
#define DM_MPATH_EXT_MCGRP_EVENTS	"events"

enum dm_mpath_ext_cmd {
	DM_MPATH_EXT_CMD_UNSPEC,
	DM_MPATH_EXT_CMD_MAP_GET,	/* dump, or do with A_MAP */
	DM_MPATH_EXT_CMD_GROUP_GET,	/* dump; A_MAP filters */
	DM_MPATH_EXT_CMD_PATH_GET,	/* dump; A_MAP filters; A_GROUP 0: those that left */
	DM_MPATH_EXT_CMD_PATH_FAIL,	/* A_MAP, A_DEV */
	DM_MPATH_EXT_CMD_PATH_REINSTATE, /* A_MAP, A_DEV */
	DM_MPATH_EXT_CMD_GROUP_SWITCH,	/* A_MAP, A_GROUP */
	DM_MPATH_EXT_CMD_GROUP_DISABLE,	/* A_MAP, A_GROUP */
	DM_MPATH_EXT_CMD_GROUP_ENABLE,	/* A_MAP, A_GROUP */
	DM_MPATH_EXT_CMD_MAP_SET,	/* A_MAP, A_KEY, A_VALUE: one feature, as in "set" */
	DM_MPATH_EXT_CMD_EVENT,		/* from the kernel, group "events" */
	__DM_MPATH_EXT_CMD_MAX,
	DM_MPATH_EXT_CMD_MAX = __DM_MPATH_EXT_CMD_MAX - 1
};

enum dm_mpath_ext_attr {
	DM_MPATH_EXT_A_UNSPEC,
	DM_MPATH_EXT_A_PAD,
	DM_MPATH_EXT_A_MAP,		/* string: device-mapper name */
	DM_MPATH_EXT_A_MAP_UUID,	/* string: device-mapper UUID; absent if it has none */
	DM_MPATH_EXT_A_MAP_DEV,		/* string: major:minor of the map */
	DM_MPATH_EXT_A_EPOCH,		/* u64: CLOCK_REALTIME ns at which counting began */
	DM_MPATH_EXT_A_SECTORS,		/* u64: size of the map */
	DM_MPATH_EXT_A_STATE,		/* string: active, suspended (maps); see paths below */
	DM_MPATH_EXT_A_GROUP,		/* u32: number, from 1; of a map: the one in use, 0 none */
	DM_MPATH_EXT_A_GROUPS,		/* u32 */
	DM_MPATH_EXT_A_PATHS,		/* u32: of the map or group */
	DM_MPATH_EXT_A_PATHS_USABLE,	/* u32: of them those that work */
	DM_MPATH_EXT_A_HELD_IOS,	/* u64: that wait */
	DM_MPATH_EXT_A_HELD_BYTES,	/* u64: that wait for a path */
	DM_MPATH_EXT_A_HANDLER,		/* string: hardware handler; absent: none */
	DM_MPATH_EXT_A_QUEUE,		/* u32: 1: I/O waits while there is no path */
	DM_MPATH_EXT_A_QUEUE_TIMEOUT,	/* u32: seconds */
	DM_MPATH_EXT_A_FAILBACK,	/* string: immediate, manual or seconds */
	DM_MPATH_EXT_A_PROBE_INTERVAL,	/* u32: ms */
	DM_MPATH_EXT_A_HUNG_TIME,	/* u32: ms */
	DM_MPATH_EXT_A_SLOW_RATIO,	/* u32: hundredths; 0: off */
	DM_MPATH_EXT_A_HEDGE_PERCENTILE, /* u32: hundredths of a percent; 0: off */
	DM_MPATH_EXT_A_HEDGE_BUDGET,	/* u32: hundredths of a percent of all reads */
	DM_MPATH_EXT_A_ELASTIC_HIGH,	/* u32: I/Os per second; 0: off */
	DM_MPATH_EXT_A_ELASTIC_LOW,	/* u32 */
	DM_MPATH_EXT_A_SELECTOR,	/* string: of a group */
	DM_MPATH_EXT_A_DISABLED,	/* u32: 1: the group is, by the administrator */
	DM_MPATH_EXT_A_IN_USE,		/* u32: 1: the group, or the path, has I/O sent to it */
	DM_MPATH_EXT_A_DEV,		/* string: major:minor (path accepted in requests) */
	DM_MPATH_EXT_A_ROLE,		/* string: active, standby */
	DM_MPATH_EXT_A_WEIGHT,		/* u32 */
	DM_MPATH_EXT_A_COST,		/* u32: for billing */
	DM_MPATH_EXT_A_ACCESS,		/* string: what the hardware handler knows; or absent */
	DM_MPATH_EXT_A_SINCE_MS,	/* u64: ms that the state has lasted */
	DM_MPATH_EXT_A_FLAPPING,	/* u32: 1: it has failed soon, twice in a row or more */
	DM_MPATH_EXT_A_FAILS,		/* u32: times it went out of use */
	DM_MPATH_EXT_A_LATENCY_NS,	/* u64: moving average; 0: no figure yet */
	DM_MPATH_EXT_A_IN_FLIGHT,	/* u64 */
	DM_MPATH_EXT_A_READ_IOS,	/* u64; this and those below: only ever grow */
	DM_MPATH_EXT_A_WRITE_IOS,	/* u64: writes and the like */
	DM_MPATH_EXT_A_READ_SECTORS,	/* u64 */
	DM_MPATH_EXT_A_WRITE_SECTORS,	/* u64 */
	DM_MPATH_EXT_A_READ_NS,		/* u64: sum of latencies */
	DM_MPATH_EXT_A_WRITE_NS,	/* u64 */
	DM_MPATH_EXT_A_ERRORS,		/* u64: I/Os that failed on the path */
	DM_MPATH_EXT_A_RETRIES,		/* u64: I/Os that had failed elsewhere first */
	DM_MPATH_EXT_A_HEDGES_SENT,	/* u64: reads sent here because another was late */
	DM_MPATH_EXT_A_HEDGES_WON,	/* u64: of them those that answered first */
	DM_MPATH_EXT_A_SPENT_MS,	/* nest: time per state, DM_MPATH_EXT_S_*, u64 ms */
	DM_MPATH_EXT_A_READ_LATENCY,	/* binary: u64 per bucket, DM_MPATH_EXT_BUCKETS */
	DM_MPATH_EXT_A_WRITE_LATENCY,	/* binary: the same of writes */
	DM_MPATH_EXT_A_KEY,		/* string */
	DM_MPATH_EXT_A_VALUE,		/* string */
	DM_MPATH_EXT_A_EVENT,		/* string, see below */
	DM_MPATH_EXT_A_SEQ,		/* u64: number of the event in this epoch */
	DM_MPATH_EXT_A_TIME_NS,		/* u64: CLOCK_REALTIME */
	DM_MPATH_EXT_A_FROM_GROUP,	/* u32 */
	DM_MPATH_EXT_A_REASON,		/* string: why */
	__DM_MPATH_EXT_A_MAX,
	DM_MPATH_EXT_A_MAX = __DM_MPATH_EXT_A_MAX - 1
};

/* inside DM_MPATH_EXT_A_SPENT_MS; the names of a path's states */
enum dm_mpath_ext_spent_attr {
	DM_MPATH_EXT_S_UNSPEC,
	DM_MPATH_EXT_S_PAD,
	DM_MPATH_EXT_S_UP,		/* u64: used when its group is */
	DM_MPATH_EXT_S_SLOW,		/* u64: works, set aside for its latency */
	DM_MPATH_EXT_S_HUNG,		/* u64: I/O neither done nor failed for too long */
	DM_MPATH_EXT_S_FAILED,		/* u64: to be probed before it is used */
	DM_MPATH_EXT_S_FOREIGN,		/* u64: shows another device */
	DM_MPATH_EXT_S_OFF,		/* u64: failed by the administrator */
	__DM_MPATH_EXT_S_MAX,
	DM_MPATH_EXT_S_ATTR_MAX = __DM_MPATH_EXT_S_MAX - 1
};

/*
 * Buckets of a latency histogram. Bucket b counts I/Os of less than
 * 2^(b + DM_MPATH_EXT_BUCKET_SHIFT) ns that fit no bucket before it; the last
 * one has all the rest.
 */
#define DM_MPATH_EXT_BUCKETS		32
#define DM_MPATH_EXT_BUCKET_SHIFT	10

/*
 * Values of DM_MPATH_EXT_A_EVENT and what comes with them besides MAP, MAP_UUID,
 * MAP_DEV, EPOCH, SEQ and TIME_NS:
 *
 * path-up			DEV, GROUP, STATE, REASON
 * path-failed			the same
 * path-slow			the same, LATENCY_NS
 * path-hung			the same
 * path-foreign			the same: it shows another device
 * path-flapping		the same; once for each series of failures, each within a
 *				minute of coming back, at the second
 * group-switched		FROM_GROUP, GROUP, REASON
 * no-path			QUEUE, QUEUE_TIMEOUT
 * queue-timeout		QUEUE_TIMEOUT: what waited has failed
 * policy			KEY, VALUE, GROUP or DEV: a setting was changed
 * map-resumed			-: a table has come into use
 * path-removed			DEV, COST, SPENT_MS, the counters and histograms: they end
 *				here, with the map; of each path that it ever had
 * map-removed			-: the device has no table of the target any more; comes
 *				behind those of its paths
 */

#endif
