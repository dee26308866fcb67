/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ledger's other half: which path of a multipath map carried how much
 *
 * The kernel counts for as long as the map lives, also over reloads of its table.
 * One such life is told from the next by its epoch, the time at which counting
 * began, and by the map's device number, since a map can be renamed while it
 * lives. In one life the counters only grow; a new life starts from 0.
 *
 * All of these but ledger_path_rows() want a transaction, see ledger.h.
 */
#ifndef LEDGER_PATHS_H
#define LEDGER_PATHS_H

#include "ledger.h"

#define LEDGER_MAP_UUID_LEN	132	/* of device-mapper's, with the final NUL */
#define LEDGER_DEV_LEN		32	/* major:minor */

enum ledger_path_counter {
	LEDGER_PATH_READ_IOS,
	LEDGER_PATH_WRITE_IOS,
	LEDGER_PATH_READ_SECTORS,
	LEDGER_PATH_WRITE_SECTORS,
	LEDGER_PATH_READ_NS,		/* sums of latencies */
	LEDGER_PATH_WRITE_NS,
	LEDGER_PATH_ERRORS,
	LEDGER_PATH_RETRIES,
	LEDGER_PATH_HEDGES_SENT,
	LEDGER_PATH_HEDGES_WON,
	LEDGER_PATH_UP_MS,		/* time in each state */
	LEDGER_PATH_SLOW_MS,
	LEDGER_PATH_HUNG_MS,
	LEDGER_PATH_FAILED_MS,
	LEDGER_PATH_FOREIGN_MS,
	LEDGER_PATH_OFF_MS,
	LEDGER_PATH_NR_COUNTERS
};

struct ledger_path {
	char dev[LEDGER_DEV_LEN];
	uint32_t cost;			/* as the table has it */
	uint64_t counter[LEDGER_PATH_NR_COUNTERS];
};

/* one map as the kernel showed it */
struct ledger_map {
	uint64_t epoch;			/* ns since 1970 */
	char dev[LEDGER_DEV_LEN];
	char name[LEDGER_NAME_LEN];
	char uuid[LEDGER_MAP_UUID_LEN];	/* may be empty */
	char consumer[LEDGER_NAME_LEN];	/* whom to bill; may be empty */
	int64_t time_ms;		/* UTC, since 1970: just after it was read */
	uint32_t nr_paths;
	const struct ledger_path *path;
};

/**
 * ledger_map_add() - book one map
 *
 * What a path did is booked at the cost it has now. Counters that fell, which the
 * kernel's never do, are a gap: difference 0.
 */
int ledger_map_add(struct ledger *l, const struct ledger_map *m, struct ledger_result *res);

/**
 * ledger_path_last() - book the last counters of paths that were taken out
 * @m: their map, with them alone
 *
 * Like ledger_map_add(), but that nobody will miss them from now on, and that
 * counters older than those seen are left aside: the path has come back since.
 */
int ledger_path_last(struct ledger *l, const struct ledger_map *m);

/**
 * ledger_maps_settle() - all maps that there are were booked in this transaction
 *
 * A path or map that was there before and is no more has done something nobody
 * knows of since it was seen: its last row is flagged, once. Should it come back in
 * the same life, it goes on from the counters last seen, and nothing is lost.
 */
int ledger_maps_settle(struct ledger *l, int64_t time_ms);

/* one row: one path of one life of a map, at one cost, in one hour */
struct ledger_path_row {
	int64_t id;
	int64_t sequence;
	char map[LEDGER_NAME_LEN];	/* the name it had then */
	char uuid[LEDGER_MAP_UUID_LEN];
	char consumer[LEDGER_NAME_LEN];
	char dev[LEDGER_DEV_LEN];
	uint64_t epoch;
	uint32_t cost;
	uint32_t flags;			/* LEDGER_FLAG_* */
	int64_t start, end;		/* [start, end), seconds UTC */
	uint64_t delta[LEDGER_PATH_NR_COUNTERS];
};

struct ledger_path_filter {
	const char *map;		/* name or UUID; NULL: all */
	const char *consumer;		/* NULL: all */
	int64_t from, to;		/* hours that start in [from, to) */
};

/*
 * Rows by consumer, map, path, cost, hour; fn's non-zero ends it. A ledger that no
 * tierd has written since it knows of paths has none.
 */
typedef int (*ledger_path_row_fn)(const struct ledger_path_row *row, void *arg);
int ledger_path_rows(struct ledger *l, const struct ledger_path_filter *f,
		     ledger_path_row_fn fn, void *arg);

#endif
