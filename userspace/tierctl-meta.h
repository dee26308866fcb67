/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TIERCTL_META_H
#define TIERCTL_META_H

#include <stdbool.h>
#include <stdint.h>

#define META_TIERS	8
#define META_NAME_LEN	32

struct meta_look {
	bool blank;			/* zero where a new pool's first block would be */
	bool ours;			/* something of a tier pool is there, whole or not */
	bool pool;			/* a superblock is whole; all below is from it */
	uint64_t extent_sectors;
	unsigned int nr_tiers;		/* in the order in which the pool got them */
	char tier[META_TIERS][META_NAME_LEN];
};

/* reads the beginning of @dev; 0 or -errno, @look holding what was seen until then */
int meta_look(const char *dev, struct meta_look *look);

/*
 * Do @names, fastest first, stand in the order in which the pool got its tiers?
 * If not, @faster is said to be faster than @slower, and was not.
 */
bool meta_order(const struct meta_look *look, const char *const *names, unsigned int nr,
		const char **faster, const char **slower);

#endif
