/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libdmtier - the dm_tier netlink family as C calls
 *
 * One handle is one socket: not to be shared between threads without a lock.
 * Every call returns 0 or a negative errno; dmtier_error() has the sentence for
 * people, the kernel's own where it gave one.
 *
 * A dump is read in full before its callback runs for the first time, and read
 * again if the kernel says that it changed underneath. So callbacks see no
 * object twice and may use the same handle.
 */
#ifndef LIBDMTIER_H
#define LIBDMTIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/dm_tier.h>

#define DMTIER_POOL_LEN		128	/* all lengths with the final NUL */
#define DMTIER_TIER_LEN		32
#define DMTIER_DEV_LEN		32	/* major:minor */
#define DMTIER_WORD_LEN		16	/* modes, states, one tag */
#define DMTIER_TAGS_LEN		64
#define DMTIER_TIERS_LEN	272	/* eight names and their commas */
#define DMTIER_TEXT_LEN		256
#define DMTIER_UUID_LEN		16
#define DMTIER_MAX_TIERS	8

struct dmtier;
struct dmtier_events;

struct dmtier_pool {
	char name[DMTIER_POOL_LEN];
	uint8_t uuid[DMTIER_UUID_LEN];
	char mode[DMTIER_WORD_LEN];	/* rw, ro, fail */
	uint64_t generation;
	uint64_t extent_sectors;
	uint64_t meta_used;		/* pages */
	uint64_t meta_total;
	uint64_t moves_done;
	uint64_t moves_failed;
	uint64_t tick;
	uint64_t active_ms;
	uint32_t meta_copies;
	uint32_t moves_in_flight;
	uint32_t tick_ms;
	uint32_t move_rate;		/* MiB/s per device */
	uint32_t headroom;		/* percent */
	uint32_t moves;			/* 0 off, 1 on */
	uint32_t no_space_timeout;	/* seconds */
};

struct dmtier_tier {
	char pool[DMTIER_POOL_LEN];
	char name[DMTIER_TIER_LEN];
	uint32_t rank;			/* 0 the fastest */
	uint64_t total;			/* extents */
	uint64_t used;
	uint64_t latency_ns;		/* 0: no figure yet */
};

struct dmtier_dev {
	char pool[DMTIER_POOL_LEN];
	char dev[DMTIER_DEV_LEN];	/* empty while the member is missing */
	char tier[DMTIER_TIER_LEN];
	char state[DMTIER_WORD_LEN];
	char tag[DMTIER_WORD_LEN];	/* empty: none */
	uint8_t uuid[DMTIER_UUID_LEN];
	uint32_t index;
	uint32_t rank;			/* of its tier */
	uint64_t total;			/* extents */
	uint64_t used;
	uint64_t latency_ns;		/* 0: no figure yet */
	bool has_evac;			/* an evacuation runs or has ended */
	uint64_t evac_total;
	uint64_t evac_left;
};

/* what one LUN holds and has done on one tier; counters only ever grow */
struct dmtier_usage {
	char tier[DMTIER_TIER_LEN];
	uint64_t extents;
	uint64_t read_ios;
	uint64_t write_ios;
	uint64_t read_sectors;
	uint64_t write_sectors;
	uint64_t in_sectors;
	uint64_t out_sectors;
	uint64_t held_ms;		/* extents x milliseconds */
	uint64_t reserve;		/* extents */
	uint64_t max;			/* extents, 0: no limit */
};

struct dmtier_lun {
	char pool[DMTIER_POOL_LEN];
	uint8_t pool_uuid[DMTIER_UUID_LEN];
	uint32_t id;
	uint32_t weight;
	uint32_t up_iops;
	uint32_t down_iops;
	uint32_t hold;			/* seconds */
	uint32_t move_rate;		/* MiB/s, 0: the devices' limits only */
	uint32_t verify;		/* 0, 1 */
	uint32_t auto_move;		/* 1: a threshold moves the LUN */
	uint64_t sectors;
	uint64_t mapped;		/* extents */
	uint64_t iops;			/* in the last tick */
	uint64_t generation;		/* of the pool */
	uint64_t active_ms;		/* of the pool */
	char allowed[DMTIER_TIERS_LEN];	/* comma separated */
	char tags[DMTIER_TAGS_LEN];	/* empty: any member will do */
	char start_tier[DMTIER_TIER_LEN];	/* this and the next three: empty if none */
	char pin[DMTIER_TIER_LEN];
	char home[DMTIER_TIER_LEN];
	char target[DMTIER_TIER_LEN];	/* of the migration under way */
	uint32_t nr_usage;
	struct dmtier_usage usage[DMTIER_MAX_TIERS];
};

/* extents of one LUN on one tier, by heat: bucket 0 has none, each next doubles */
struct dmtier_heat {
	char pool[DMTIER_POOL_LEN];
	char tier[DMTIER_TIER_LEN];
	uint32_t lun;
	uint64_t bucket[DM_TIER_HEAT_BUCKETS];
};

/* fields that did not come are zero or empty; has[DM_TIER_A_...] tells */
struct dmtier_event {
	char event[DMTIER_TIER_LEN];
	char pool[DMTIER_POOL_LEN];
	uint8_t pool_uuid[DMTIER_UUID_LEN];
	uint64_t seq;
	uint64_t time_ns;		/* CLOCK_REALTIME */
	uint32_t lun;
	uint32_t error;			/* errno, positive */
	uint64_t logical;
	uint64_t iops;
	uint64_t used;
	uint64_t total;
	uint64_t evac_total;
	uint64_t evac_left;
	uint64_t sectors;
	uint64_t generation;
	char tier[DMTIER_TIER_LEN];
	char from[DMTIER_TIER_LEN];
	char to[DMTIER_TIER_LEN];
	char dev[DMTIER_DEV_LEN];
	char from_dev[DMTIER_DEV_LEN];
	char to_dev[DMTIER_DEV_LEN];
	char state[DMTIER_WORD_LEN];
	char mode[DMTIER_WORD_LEN];
	char key[DMTIER_TIER_LEN];
	char value[DMTIER_TEXT_LEN];
	char reason[DMTIER_TEXT_LEN];
	bool has[DM_TIER_A_MAX + 1];
	uint32_t nr_usage;		/* lun-deleted: its last counters */
	struct dmtier_usage usage[DMTIER_MAX_TIERS];
};

/**
 * dmtier_open() - connect to the kernel
 * @handle: set on success
 * Return: 0; -ENOENT if the family is not there (module not loaded); -errno.
 */
int dmtier_open(struct dmtier **handle);
void dmtier_close(struct dmtier *h);

/* what went wrong in the last call that failed; never NULL, valid until the next call */
const char *dmtier_error(const struct dmtier *h);

/*
 * Dumps. @pool NULL: of all pools. @lun DMTIER_ANY_LUN: of all LUNs. A callback
 * that returns non-zero ends the dump, and that is then its result.
 */
#define DMTIER_ANY_LUN	UINT32_MAX

typedef int (*dmtier_pool_fn)(const struct dmtier_pool *pool, void *arg);
typedef int (*dmtier_tier_fn)(const struct dmtier_tier *tier, void *arg);
typedef int (*dmtier_dev_fn)(const struct dmtier_dev *dev, void *arg);
typedef int (*dmtier_lun_fn)(const struct dmtier_lun *lun, void *arg);
typedef int (*dmtier_heat_fn)(const struct dmtier_heat *heat, void *arg);
typedef int (*dmtier_extent_fn)(const struct dm_tier_extent_info *extent, void *arg);

int dmtier_pools(struct dmtier *h, const char *pool, dmtier_pool_fn fn, void *arg);
int dmtier_tiers(struct dmtier *h, const char *pool, dmtier_tier_fn fn, void *arg);
int dmtier_devs(struct dmtier *h, const char *pool, dmtier_dev_fn fn, void *arg);
int dmtier_luns(struct dmtier *h, const char *pool, uint32_t lun, dmtier_lun_fn fn, void *arg);
int dmtier_heats(struct dmtier *h, const char *pool, uint32_t lun, dmtier_heat_fn fn, void *arg);

/* mapped extents of one LUN from logical extent @start, @count of the address space */
int dmtier_extents(struct dmtier *h, const char *pool, uint32_t lun, uint64_t start,
		   uint64_t count, dmtier_extent_fn fn, void *arg);

/* one object; -ENOENT if it is not there */
int dmtier_pool_get(struct dmtier *h, const char *pool, struct dmtier_pool *out);
int dmtier_lun_get(struct dmtier *h, const char *pool, uint32_t lun, struct dmtier_lun *out);
int dmtier_dev_get(struct dmtier *h, const char *pool, const char *dev, struct dmtier_dev *out);

/* Changes: CAP_SYS_ADMIN. @dev is a path or major:minor. */
int dmtier_lun_create(struct dmtier *h, const char *pool, uint32_t lun, uint64_t sectors);
int dmtier_lun_delete(struct dmtier *h, const char *pool, uint32_t lun);
int dmtier_lun_resize(struct dmtier *h, const char *pool, uint32_t lun, uint64_t sectors);
int dmtier_lun_set(struct dmtier *h, const char *pool, uint32_t lun, const char *key,
		   const char *value);
int dmtier_lun_migrate(struct dmtier *h, const char *pool, uint32_t lun, const char *tier);
int dmtier_pool_set(struct dmtier *h, const char *pool, const char *key, const char *value);
int dmtier_dev_evacuate(struct dmtier *h, const char *pool, const char *dev);
int dmtier_dev_cancel(struct dmtier *h, const char *pool, const char *dev);
int dmtier_dev_remove(struct dmtier *h, const char *pool, const char *dev);
int dmtier_dev_fail(struct dmtier *h, const char *pool, const char *dev);
int dmtier_dev_reinstate(struct dmtier *h, const char *pool, const char *dev);

/*
 * Events: a socket of their own, so that an event never mixes with a reply.
 * Non-blocking: poll dmtier_events_fd() for POLLIN, then call
 * dmtier_event_next() until it returns 0.
 */
int dmtier_events_open(struct dmtier_events **events);	/* returns as dmtier_open() */
void dmtier_events_close(struct dmtier_events *e);
int dmtier_events_fd(const struct dmtier_events *e);

/**
 * dmtier_event_next() - take one event off the socket
 * Return: 1 with @out filled; 0 if none waits; -ENOBUFS if events were lost
 * (the socket goes on, and the gap shows in @seq); another -errno is final.
 */
int dmtier_event_next(struct dmtier_events *e, struct dmtier_event *out);

/* major:minor of a block device's path; major:minor and #index are kept */
int dmtier_dev_resolve(const char *dev, char *out, size_t len);

/* a name people know, as /dev/sdb or /dev/mapper/x, of major:minor; else itself */
void dmtier_dev_name(const char *dev, char *out, size_t len);

/* a UUID as 8-4-4-4-12 hex digits */
void dmtier_uuid_text(const uint8_t uuid[DMTIER_UUID_LEN], char out[37]);

#endif
