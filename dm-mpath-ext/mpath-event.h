/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens to maps, paths and groups, told to whoever listens: over netlink,
 * and by device-mapper's event counter, so that `dmsetup wait` returns. All may
 * sleep, but not for memory, and want the resource's lock held, which keeps events in
 * the order of their numbers. A listener that is too slow loses events, which the
 * numbers show, and never holds a map up.
 */
#ifndef MPATH_EVENT_H
#define MPATH_EVENT_H

#include "mpath-map.h"

enum mpath_event {
	MPATH_EVENT_PATH_UP,
	MPATH_EVENT_PATH_FAILED,
	MPATH_EVENT_PATH_SLOW,
	MPATH_EVENT_PATH_HUNG,
	MPATH_EVENT_PATH_FOREIGN,
	MPATH_EVENT_PATH_FLAPPING,
	MPATH_EVENT_GROUP_SWITCHED,
	MPATH_EVENT_NO_PATH,
	MPATH_EVENT_QUEUE_TIMEOUT,
	MPATH_EVENT_POLICY,
	MPATH_EVENT_MAP_RESUMED,
	MPATH_EVENT_PATH_REMOVED,
	MPATH_EVENT_MAP_REMOVED,
	MPATH_EVENTS
};

/**
 * mpath_event() - tell what has happened
 * @map: to which map
 * @path: to which path, or NULL
 * @event: what
 * @why: in words, or empty
 */
void mpath_event(struct mpath_map *map, const struct mpath_path *path, enum mpath_event event,
		 const char *why);

/**
 * mpath_event_group() - tell that another group is in use
 * @map: of which map; the group is its current one
 * @from: number of the one before, from 0
 * @why: in words
 */
void mpath_event_group(struct mpath_map *map, u32 from, const char *why);

/**
 * mpath_event_policy() - tell what the administrator has changed
 * @map: of which map
 * @path: of which path, or NULL
 * @group: of which group, from 1; 0: of none
 * @key: the message, or the feature that was set
 * @value: to what, or NULL
 */
void mpath_event_policy(struct mpath_map *map, const struct mpath_path *path, u32 group,
			const char *key, const char *value);

/* tell what a path has done in all, before that is forgotten */
void mpath_event_path_removed(struct mpath_resource *resource, const struct mpath_record *record);

/* tell that a device has no table of this target any more; it is still there itself */
void mpath_event_removed(struct mpath_resource *resource);

#endif
