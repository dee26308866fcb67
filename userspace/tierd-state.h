/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel showed at one time: all pools, tiers, members, LUNs */
#ifndef TIERD_STATE_H
#define TIERD_STATE_H

#include "libdmtier.h"

struct state {
	int64_t time_ms;	/* UTC, just after the dumps; 0: never read */
	size_t nr_pools, nr_tiers, nr_devs, nr_luns, nr_heats;
	struct dmtier_pool *pool;
	struct dmtier_tier *tier;
	struct dmtier_dev *dev;
	struct dmtier_lun *lun;
	struct dmtier_heat *heat;
};

/* 0 with @s replaced, or a negative errno with @s as it was */
int state_read(struct dmtier *h, struct state *s);
void state_free(struct state *s);

const struct dmtier_pool *state_pool(const struct state *s, const char *name);
const struct dmtier_tier *state_tier(const struct state *s, const char *pool, const char *name);
const struct dmtier_lun *state_lun(const struct state *s, const char *pool, uint32_t id);

int64_t state_now_ms(void);	/* CLOCK_REALTIME */

/* a copy of @item at the end of an array that grows; 0 or -ENOMEM */
int state_append(void **array, size_t *nr, const void *item, size_t size);

#endif
