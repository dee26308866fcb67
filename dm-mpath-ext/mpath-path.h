/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Paths and groups as they change: who is up, which group is in use, what the
 * I/O path is to look at.
 */
#ifndef MPATH_PATH_H
#define MPATH_PATH_H

#include "mpath-map.h"

/**
 * mpath_path_down() - take a path out of use
 * @path: which
 * @state: what it is now, not MPATH_UP
 * @why: for the log and the event
 *
 * May sleep; the resource's lock is held. I/O in flight there is left alone.
 * Return: whether its state has changed.
 */
bool mpath_path_down(struct mpath_path *path, enum mpath_state state, const char *why);

/**
 * mpath_path_up() - use a path again
 * @path: which; its identity has been checked
 * @why: for the log and the event
 *
 * May sleep; the resource's lock is held.
 *
 * Return: whether its state has changed.
 */
bool mpath_path_up(struct mpath_path *path, const char *why);

/* has it shown another device since it was last up? May change if the lock is not held */
static inline bool mpath_path_stranger(const struct mpath_path *path)
{
	return READ_ONCE(path->record->health.stranger);
}

/* once the table line is known, before any other function here; may sleep */
int mpath_switch_init(struct mpath_map *map);
void mpath_switch_exit(struct mpath_map *map);

/*
 * mpath_switch() - choose the group anew and publish what is in use
 *
 * The resource's lock is held. May sleep for an RCU grace period, but only if more
 * has changed within one than there are paths. Bios that wait for a path are sent
 * on if there is one now.
 */
void mpath_switch(struct mpath_map *map);

/* is a path in use that is not in @tried (by number)? any context */
bool mpath_untried(struct mpath_map *map, u64 tried);

static inline bool mpath_path_works(const struct mpath_path *path)
{
	return mpath_works(READ_ONCE(path->record->health.state));
}

#endif
