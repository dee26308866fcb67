/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Members: finding out what a device is, taking it into the pool, and the
 * states it goes through until it leaves.
 */
#ifndef TIER_MEMBER_H
#define TIER_MEMBER_H

#include "tier-target.h"

/**
 * tier_member_check() - may this device be in this pool?
 * @io: client to read with
 * @dev: the device
 * @uuid: of the pool, or NULL: it is about to be formatted
 * @header: out: its header, if it has one
 *
 * Reads block 0, writes nothing.
 *
 * Return: 1: a member of the pool; 0: blank;
 * -EINVAL: holds something else; -EBUSY: of another pool; -EIO.
 */
int tier_member_check(struct dm_io_client *io, struct dm_dev *dev, const u8 *uuid,
		      struct tier_member_header *header);

/* object for a record in the metadata, without its device; pool->lock held */
struct tier_member *tier_member_new(struct tier_pool *pool, u32 index);
/* take a member out of the pool; no I/O may know it any more */
void tier_member_free(struct tier_pool *pool, struct tier_member *member);
/* give it its device, or take it away (NULL: missing) */
void tier_member_attach(struct tier_pool *pool, struct tier_member *member,
			struct dm_dev *dev);

/**
 * tier_member_bind() - make the pool's members those of a table
 * @pool: whose members
 * @table: the table that goes live; LUN I/O is held
 * @known_only: add and drop none
 *
 * Known members get their devices (that is all with @known_only, but then it is
 * an error if there is no room for the new ones), blank devices become new
 * members, removed ones are dropped, the others that are not in the table, or
 * whose device cannot be read, are missing.
 * pool->lock held. Crash: a new member's header is written before its record; a
 * header without a record is taken for blank.
 *
 * Return: 0, or -errno; the pool is then not to be resumed.
 */
int tier_member_bind(struct tier_pool *pool, struct tier_pool_target *table, bool known_only);

/* the devices of the table before belong to it, and may go with it */
void tier_member_detach_all(struct tier_pool *pool);

/* extents that a device has room for */
static inline u64 tier_member_extents(struct dm_dev *dev, u64 extent_sectors)
{
	return (bdev_nr_sectors(dev->bdev) - TIER_DATA_OFFSET) >> ilog2(extent_sectors);
}

/* say so if @fits, of tier_meta_fits() or tier_meta_format_fits(), is an error; returns it */
int tier_member_room(struct tier_pool *pool, const u64 *extents, u32 nr, int fits);

/* would tier_member_bind() leave out a member that still holds extents? */
int tier_member_check_reload(struct tier_pool *pool, struct tier_pool_target *table);

/* write a generation to all headers; an error only if none of them took it */
int tier_member_stamp(struct tier_pool *pool, u64 generation);

/* commit a state and make it count; pool->lock held */
int tier_member_set_state(struct tier_pool *pool, struct tier_member *member, u8 state,
			  const char *why);
/* commit a tag ("" for none), and what it changes for LUNs; pool->lock held */
int tier_member_set_tag(struct tier_pool *pool, struct tier_member *member, const char *tag);

/* is a draining member empty? then prove it and say so; pool->lock held */
void tier_member_check_drained(struct tier_pool *pool, struct tier_member *member);

/*
 * tier_member_known() - the member whose header this is, if it may be used as that
 * @tier: where the table has it
 * @found: NULL if the pool has no such member: as good as blank
 */
int tier_member_known(struct tier_pool *pool, struct dm_dev *dev, u8 tier,
		      const struct tier_member_header *header, struct tier_member **found);

#endif
