/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What may be read of each LUN after a cut, from the marks up to there.
 */
#ifndef CUTS_MODEL_H
#define CUTS_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define MODEL_LUNS	128
#define MODEL_THREADS	16

struct model_lun {
	bool must;		/* it is there */
	bool may;		/* or may be */
	uint64_t size[2];	/* what it may be, in sectors */
	uint64_t sectors;	/* of the arrays; 0: nobody ever writes to it */
	uint64_t *floor;	/* per sector: write that must be there, or a later one */
	uint64_t *last;		/* last one that was sent */
	uint64_t *zero;		/* last discard that was sent */
};

/* a mark; 0, or -1 for one that makes no sense */
int model_mark(const char *mark);

const struct model_lun *model_lun(uint32_t lun);

/* may a sector be read so? NULL, or what is wrong with it */
const char *model_check(uint32_t lun, uint64_t sector, const void *data);
/* the same of one that has never been written, or is no more */
const char *model_check_zero(uint32_t lun, uint64_t sector);

#endif
