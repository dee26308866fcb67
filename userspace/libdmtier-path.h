/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libdmtier, second part - the dm_mpath_ext netlink family as C calls
 *
 * A handle of its own, from dmtier_path_open(); all else is as in libdmtier.h:
 * dmtier_error(), dmtier_close(), dumps read in full, one handle one thread.
 * A handle of the other family is refused with -EINVAL.
 */
#ifndef LIBDMTIER_PATH_H
#define LIBDMTIER_PATH_H

#include <linux/dm_mpath_ext.h>

#include "libdmtier.h"

#define DMTIER_MAP_LEN		128	/* all lengths with the final NUL */
#define DMTIER_MAP_UUID_LEN	132
#define DMTIER_NAME_LEN		32	/* handlers, selectors, roles, access, events, keys */

struct dmtier_map {
	char name[DMTIER_MAP_LEN];
	char uuid[DMTIER_MAP_UUID_LEN];	/* empty: it has none */
	char dev[DMTIER_DEV_LEN];
	char state[DMTIER_WORD_LEN];	/* active, suspended */
	char handler[DMTIER_NAME_LEN];	/* empty: none */
	char failback[DMTIER_NAME_LEN];	/* immediate, manual or seconds */
	uint64_t epoch;			/* CLOCK_REALTIME ns at which counting began */
	uint64_t seq;			/* number of the last event; 0: none yet */
	uint64_t sectors;
	uint64_t held_ios;		/* that wait for a path */
	uint64_t held_bytes;
	uint32_t group;			/* in use; 0: none */
	uint32_t groups;
	uint32_t paths;
	uint32_t usable;		/* of them those that work */
	uint32_t queue;			/* 1: I/O waits while there is no path */
	uint32_t queue_timeout;		/* seconds */
	uint32_t probe_interval;	/* ms */
	uint32_t hung_time;		/* ms */
	uint32_t slow_ratio;		/* hundredths; 0: off */
	uint32_t hedge_percentile;	/* hundredths of a percent; 0: off */
	uint32_t hedge_budget;		/* hundredths of a percent of all reads */
	uint32_t elastic_high;		/* I/Os per second; 0: off */
	uint32_t elastic_low;
};

struct dmtier_group {
	char map[DMTIER_MAP_LEN];
	char map_uuid[DMTIER_MAP_UUID_LEN];
	char selector[DMTIER_NAME_LEN];
	uint64_t epoch;			/* as the map's */
	uint32_t group;			/* from 1, in order of preference */
	uint32_t paths;
	uint32_t usable;
	uint32_t disabled;		/* 1: by the administrator */
	uint32_t in_use;		/* 1: I/O goes there */
};

/* states of a path, in the order of spent_ms[]; their names: dmtier_path_states[] */
enum dmtier_path_state {
	DMTIER_PATH_UP,
	DMTIER_PATH_SLOW,
	DMTIER_PATH_HUNG,
	DMTIER_PATH_FAILED,
	DMTIER_PATH_FOREIGN,
	DMTIER_PATH_OFF,
	DMTIER_PATH_STATES
};

extern const char *const dmtier_path_states[DMTIER_PATH_STATES];

/* counters only ever grow while epoch stays, also over reloads of the table */
struct dmtier_path {
	char map[DMTIER_MAP_LEN];
	char map_uuid[DMTIER_MAP_UUID_LEN];
	char dev[DMTIER_DEV_LEN];
	char state[DMTIER_WORD_LEN];	/* one of dmtier_path_states[] */
	char role[DMTIER_NAME_LEN];	/* active, standby */
	char access[DMTIER_NAME_LEN];	/* what the hardware handler knows; empty: nothing */
	uint64_t epoch;
	uint32_t group;
	uint32_t weight;
	uint32_t cost;
	uint32_t in_use;		/* 1: has I/O sent to it */
	uint32_t flapping;		/* 1: held down longer each time */
	uint32_t fails;
	uint64_t since_ms;		/* that the state has lasted */
	uint64_t latency_ns;		/* moving average; 0: no figure yet */
	uint64_t in_flight;
	uint64_t read_ios;
	uint64_t write_ios;
	uint64_t read_sectors;
	uint64_t write_sectors;
	uint64_t read_ns;		/* sums of latencies */
	uint64_t write_ns;
	uint64_t errors;
	uint64_t retries;
	uint64_t hedges_sent;
	uint64_t hedges_won;
	uint64_t spent_ms[DMTIER_PATH_STATES];
	uint64_t read_latency[DM_MPATH_EXT_BUCKETS];
	uint64_t write_latency[DM_MPATH_EXT_BUCKETS];
};

/* fields that did not come are zero or empty; has[DM_MPATH_EXT_A_...] tells */
struct dmtier_path_event {
	char event[DMTIER_NAME_LEN];
	char map[DMTIER_MAP_LEN];
	char map_uuid[DMTIER_MAP_UUID_LEN];
	char map_dev[DMTIER_DEV_LEN];
	uint64_t epoch;
	uint64_t seq;			/* in this epoch */
	uint64_t time_ns;		/* CLOCK_REALTIME */
	char dev[DMTIER_DEV_LEN];
	char state[DMTIER_WORD_LEN];
	char key[DMTIER_NAME_LEN];
	char value[DMTIER_TEXT_LEN];
	char reason[DMTIER_TEXT_LEN];
	uint32_t group;
	uint32_t from_group;
	uint32_t queue;
	uint32_t queue_timeout;		/* seconds */
	uint64_t latency_ns;
	bool has[DM_MPATH_EXT_A_MAX + 1];
	struct dmtier_path last;	/* path-removed: dev, cost, and all it has done */
};

/**
 * dmtier_path_open() - connect to the kernel
 * @handle: set on success; dmtier_close() ends it
 * Return: 0; -ENOENT if the family is not there (module not loaded); -errno.
 */
int dmtier_path_open(struct dmtier **handle);

/* Dumps. @map NULL: of all maps. A callback that returns non-zero ends the dump. */
typedef int (*dmtier_map_fn)(const struct dmtier_map *map, void *arg);
typedef int (*dmtier_group_fn)(const struct dmtier_group *group, void *arg);
typedef int (*dmtier_path_fn)(const struct dmtier_path *path, void *arg);

int dmtier_maps(struct dmtier *h, const char *map, dmtier_map_fn fn, void *arg);
int dmtier_groups(struct dmtier *h, const char *map, dmtier_group_fn fn, void *arg);
int dmtier_paths(struct dmtier *h, const char *map, dmtier_path_fn fn, void *arg);

/* paths that have left the table: dev, cost, and what they did until then; group is 0 */
int dmtier_former_paths(struct dmtier *h, const char *map, dmtier_path_fn fn, void *arg);

/* one object; -ENOENT if it is not there */
int dmtier_map_get(struct dmtier *h, const char *map, struct dmtier_map *out);
int dmtier_path_get(struct dmtier *h, const char *map, const char *dev, struct dmtier_path *out);

/* Changes: CAP_SYS_ADMIN. @dev is a path or major:minor. */
int dmtier_path_fail(struct dmtier *h, const char *map, const char *dev);
int dmtier_path_reinstate(struct dmtier *h, const char *map, const char *dev);
int dmtier_group_switch(struct dmtier *h, const char *map, uint32_t group);
int dmtier_group_disable(struct dmtier *h, const char *map, uint32_t group);
int dmtier_group_enable(struct dmtier *h, const char *map, uint32_t group);
int dmtier_map_set(struct dmtier *h, const char *map, const char *key, const char *value);

/* Events: dmtier_events_fd() and dmtier_events_close() are for these too. */
int dmtier_path_events_open(struct dmtier_events **events);

/* as dmtier_event_next() */
int dmtier_path_event_next(struct dmtier_events *e, struct dmtier_path_event *out);

/* the latency in ns that no I/O in bucket @b of a histogram reached; UINT64_MAX for the last */
uint64_t dmtier_latency_bound(unsigned int b);

/*
 * The latency in ns below which @share (0 to 1) of a histogram's I/Os stayed, at
 * most one bucket too high; 0 if it is empty.
 */
uint64_t dmtier_latency_quantile(const uint64_t bucket[DM_MPATH_EXT_BUCKETS], double share);

#endif
