/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The devices of this target, and what of their paths outlives a table.
 */
#ifndef MPATH_RESOURCE_H
#define MPATH_RESOURCE_H

#include "mpath-map.h"

/**
 * mpath_resource_of() - the resource of a device-mapper device
 * @md: the device, of which a table is being made
 *
 * May sleep.
 * Return: a reference for the table, to a new resource if there was none; NULL if
 * memory is out.
 */
struct mpath_resource *mpath_resource_of(struct mapped_device *md);

/**
 * mpath_resource_detach() - a table is about to be taken apart
 * @resource: of the table
 * @map: the table; requests over netlink do not find it any more
 *
 * May sleep; takes the resource's lock.
 */
void mpath_resource_detach(struct mpath_resource *resource, const struct mpath_map *map);

/**
 * mpath_resource_leave() - a table is gone
 * @resource: the reference from mpath_resource_of() is dropped
 *
 * To be called from the destructor, while device-mapper keeps the device. May
 * sleep. With its last table the device is no longer this target's: nobody finds
 * the resource any more, and a table that is made later begins anew.
 */
void mpath_resource_leave(struct mpath_resource *resource);

/**
 * mpath_resource_find() - the resource of a device by its name
 * @name: as device-mapper has it now
 *
 * May sleep; takes mpath_resources_lock.
 * Return: a reference, or NULL.
 */
struct mpath_resource *mpath_resource_find(const char *name);

/**
 * mpath_resource_next() - resources one after the other
 * @number: number of the first one wanted
 *
 * May sleep; takes mpath_resources_lock.
 * Return: a reference to the one with that number or, if it is gone, the next; NULL
 * if there is none.
 */
struct mpath_resource *mpath_resource_next(u64 number);

/* look again what the device is called; its lock is held, and it has a table */
void mpath_resource_renew_name(struct mpath_resource *resource);

static inline struct mpath_resource *mpath_resource_get(struct mpath_resource *resource)
{
	kref_get(&resource->refs);
	return resource;
}

/* may sleep; usage and health are forgotten with the last reference */
void mpath_resource_put(struct mpath_resource *resource);

/**
 * mpath_record_of() - what is known of a path
 * @resource: of its table
 * @id: the path's identity
 *
 * May sleep; takes the resource's lock.
 * Return: the record, a new one if the path was never in a table of this device;
 * NULL if memory is out. It lives as long as the resource, or until
 * mpath_record_leave() if no table with it was ever in use.
 */
struct mpath_record *mpath_record_of(struct mpath_resource *resource, const char *id);

/**
 * mpath_record_leave() - a table is gone, and no I/O of it is under way
 * @resource: of the table
 * @record: of one of its paths
 *
 * May sleep; takes the resource's lock.
 */
void mpath_record_leave(struct mpath_resource *resource, struct mpath_record *record);

/**
 * mpath_records_adopt() - a table has come into use
 * @map: it
 *
 * Its paths count their time from now on, those of the one before that are not in it
 * no more. The resource's lock is held.
 */
void mpath_records_adopt(const struct mpath_map *map);

/* sum of a record's counts over all CPUs; any context */
void mpath_record_sum(const struct mpath_record *record, struct mpath_counts *sum);

/* I/Os done on it, reads and writes; any context */
u64 mpath_record_ios(const struct mpath_record *record);

#endif
