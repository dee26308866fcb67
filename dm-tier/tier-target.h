/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables as they were parsed. A table's devices belong to it; the pool uses
 * those of the table that is bound, and changes over while LUN I/O is held.
 */
#ifndef TIER_TARGET_H
#define TIER_TARGET_H

#include "tier-pool.h"

struct tier_table_tier {
	char name[TIER_NAME_LEN];
	unsigned int nr_devs;
	struct dm_dev *devs[TIER_MAX_TIER_DEVS];
};

/* a tier-pool table */
struct tier_pool_target {
	struct dm_target *ti;
	struct tier_pool *pool;
	struct dm_dev *meta[TIER_META_COPIES];	/* second one may be NULL */
	u64 extent_sectors;
	struct tier_features features;
	bool live;				/* bound without an error */
	unsigned int nr_tiers;
	struct tier_table_tier tiers[];
};

/* a tier table: one LUN */
struct tier_lun_target {
	struct tier_pool *pool;
	struct tier_lun *lun;
	struct dm_dev *pool_dev;
	struct mapped_device *md;	/* the LUN's own */
	struct list_head list;	/* lun->targets */
	blk_status_t no_wait;	/* a suspend: bios that wait end so; 0: they may; READ_ONCE */
	u32 id;
	u64 sectors;
};

extern struct target_type tier_pool_target_type;
extern struct target_type tier_lun_target_type;

/* tier-parse.c: parse a tier-pool table; ti->error says what is wrong */
int tier_parse_pool(struct dm_target *ti, unsigned int argc, char **argv,
		    struct tier_pool_target **table);
/* let go of the devices, and of the table */
void tier_parse_free(struct tier_pool_target *table);

/* tier-status.c */
void tier_status_pool(struct tier_pool_target *table, status_type_t type, char *result,
		      unsigned int maxlen);
/* the same for a LUN's map */
void tier_status_lun(struct tier_lun_target *lt, status_type_t type, char *result,
		     unsigned int maxlen);

#endif
