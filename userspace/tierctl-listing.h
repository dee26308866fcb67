/* SPDX-License-Identifier: GPL-2.0-only */
/* A list of what pools hold; sizes follow from the extent of each one's pool. */
#ifndef TIERCTL_LISTING_H
#define TIERCTL_LISTING_H

#include "tierctl.h"

struct listing {
	struct ctl *c;
	struct table *t;
	char pool[DMTIER_POOL_LEN];	/* whose extent is known */
	uint64_t extent;
};

uint64_t listing_extent(struct listing *l, const char *pool);	/* bytes */

/*
 * Exit codes, told already as @what. A pool (NULL: all) that is not there is an error,
 * not an empty list.
 */
int listing_begin(struct ctl *c, const char *pool, const char *what, struct listing *l);
int listing_end(struct listing *l, int err, const char *what);

#endif
