/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The disk that all of the pool's devices are slices of, in memory, with a way
 * back from what was tried.
 */
#ifndef CUTS_IMAGE_H
#define CUTS_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_SECTOR	512
#define IMAGE_SLICES	8

struct image_slice {
	uint64_t start;		/* sectors */
	uint64_t sectors;
};

struct image {
	unsigned char *at;
	uint64_t sectors;
	bool trying;		/* writes are to be undone */
	struct image_undo *undo;
	size_t nr, room;
};

int image_open(struct image *image, const char *path);

/* @data NULL: zeros; sectors beyond the end: -1 */
int image_write(struct image *image, uint64_t sector, uint64_t count, const void *data);

/* between these two, what is written is undone */
void image_try(struct image *image);
void image_back(struct image *image);

static inline void *image_sector(struct image *image, uint64_t sector)
{
	return image->at + sector * IMAGE_SECTOR;
}

#endif
