/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The devices of this target, and what of their paths outlives a table.
 */
#ifndef MPATH_RESOURCE_H
#define MPATH_RESOURCE_H

#include "mpath-map.h"

extern struct mutex mpath_resources_lock;
extern struct list_head mpath_resources;

/**
 * mpath_resource_of() - the resource of a device-mapper device
 * @md: the device
 *
 * May sleep. Return: a reference of one of its tables, to a new resource if there
 * was none; NULL if memory is out.
 */
struct mpath_resource *mpath_resource_of(struct mapped_device *md);

/* the reference of a table; may sleep */
void mpath_resource_leave(struct mpath_resource *resource);

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
 * May sleep; takes the resource's lock. Return: the record, a new one if the
 * path was never in a table of this device; NULL if memory is out. It lives as
 * long as the resource.
 */
struct mpath_record *mpath_record_of(struct mpath_resource *resource, const char *id);

/* sum of a record's counts over all CPUs; any context */
void mpath_record_sum(const struct mpath_record *record, struct mpath_counts *sum);

/* I/Os done on it, reads and writes; any context */
u64 mpath_record_ios(const struct mpath_record *record);

#endif
