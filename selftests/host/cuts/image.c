// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "image.h"

struct image_undo {
	uint64_t sector;
	unsigned char was[IMAGE_SECTOR];
};

int image_open(struct image *image, const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;

	memset(image, 0, sizeof(*image));
	if (fd < 0 || fstat(fd, &st)) {
		perror(path);
		return 1;
	}
	image->sectors = st.st_size / IMAGE_SECTOR;
	/* ours alone: the file stays what it was before the first entry */
	image->at = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (image->at == MAP_FAILED) {
		perror(path);
		return 1;
	}
	return 0;
}

static void image_keep(struct image *image, uint64_t sector)
{
	if (image->nr == image->room) {
		image->room = image->room ? 2 * image->room : 1024;
		image->undo = realloc(image->undo, image->room * sizeof(*image->undo));
		if (!image->undo)
			abort();
	}
	image->undo[image->nr].sector = sector;
	memcpy(image->undo[image->nr++].was, image_sector(image, sector), IMAGE_SECTOR);
}

int image_write(struct image *image, uint64_t sector, uint64_t count, const void *data)
{
	const unsigned char *from = data;

	if (count > image->sectors || sector > image->sectors - count)
		return -1;
	for (; count--; sector++) {
		if (image->trying)
			image_keep(image, sector);
		if (from) {
			memcpy(image_sector(image, sector), from, IMAGE_SECTOR);
			from += IMAGE_SECTOR;
		} else {
			memset(image_sector(image, sector), 0, IMAGE_SECTOR);
		}
	}
	return 0;
}

void image_try(struct image *image)
{
	image->trying = true;
	image->nr = 0;
}

void image_back(struct image *image)
{
	while (image->nr) {
		image->nr--;
		memcpy(image_sector(image, image->undo[image->nr].sector),
		       image->undo[image->nr].was, IMAGE_SECTOR);
	}
	image->trying = false;
}
