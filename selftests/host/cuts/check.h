/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Is the pool right as a cut has left it? The engine that starts it is the
 * module's own, compiled for user space.
 */
#ifndef CUTS_CHECK_H
#define CUTS_CHECK_H

#include "image.h"

struct check_pool {
	struct image *image;
	struct image_slice meta[2];
	unsigned int copies;
	struct image_slice members[IMAGE_SLICES];
	unsigned int nr_members;
};

/* counted over all cuts */
struct check_sums {
	unsigned long cuts;
	unsigned long restarts;	/* cut in the middle, too */
	unsigned long extents;
	unsigned long replayed;
};

extern struct check_sums check_sums;

/**
 * check_cut() - start the pool on the image, and look at all that is in it
 * @pool: where it lies
 * @made: the pool had been made by then: it has to load
 * @base: nothing was torn or dropped: usage must not have gone back since the last such
 * @seed: for the cut in the middle of the start
 *
 * Writes to the image, which is to be undone. Return: 0, or -1 after what is wrong
 * was printed.
 */
int check_cut(struct check_pool *pool, bool made, bool base, unsigned int seed);

#endif
