/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pool's metadata as plain records, apart from how it lies on a device: what
 * tier_restore reads from JSON and tier_repair finds on a damaged device, and what
 * both write to a new one.
 */
#ifndef TIER_IMAGE_H
#define TIER_IMAGE_H

#include <stdbool.h>

#include "tier-meta.h"

struct tier_image_member {
	struct tier_member_record rec;	/* table and pages mean nothing here */
	u64 *owner;			/* rec.extents of them */
	struct tier_heat *heat;
};

struct tier_image {
	u8 uuid[TIER_UUID_LEN];
	u64 generation;
	u64 extent_sectors;
	u64 ticks;
	u64 blocks;			/* of the device it was on; 0: not known */
	struct tier_pool_record pool;
	struct tier_image_member *members[TIER_MAX_MEMBERS];
	struct tier_lun_record *luns;
	size_t nr_luns;
};

/* room for a member's extents, all free; NULL if memory is out or it has one */
struct tier_image_member *tier_image_add_member(struct tier_image *image, u32 index,
						const struct tier_member_record *rec);
/* a copy of the record; NULL if memory is out */
struct tier_lun_record *tier_image_add_lun(struct tier_image *image,
					   const struct tier_lun_record *rec);
struct tier_lun_record *tier_image_lun(struct tier_image *image, u32 id);
void tier_image_free(struct tier_image *image);

/* what the engine has loaded; 0 or -ENOMEM */
int tier_image_take(struct tier_image *image, const struct tier_meta *meta);

/**
 * tier_image_write() - make a pool's metadata on a blank device or file
 * @image: what it is to hold
 * @who: for messages
 * @path: the device; a file that is not there is made
 *
 * What is not blank is refused. The superblocks come when all else is there and has
 * been loaded once: cut short, the device is blank at its start. Return: 0, or -errno
 * after a line on stderr.
 */
int tier_image_write(const struct tier_image *image, const char *who, const char *path);

/* from what tier_dump prints; 0 or -errno after a line on stderr */
int tier_image_parse(struct tier_image *image, const char *who, const char *path);

#endif
