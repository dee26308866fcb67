/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens to paths and groups, told to whoever listens.
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
};

/**
 * mpath_event() - tell what has happened
 * @map: to which map
 * @path: to which path, or NULL
 * @event: what
 * @why: in words, or empty
 *
 * May sleep.
 */
void mpath_event(struct mpath_map *map, const struct mpath_path *path, enum mpath_event event,
		 const char *why);

#endif
