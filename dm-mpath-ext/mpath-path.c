// SPDX-License-Identifier: GPL-2.0-only
/*
 * The states of paths, with everything that hangs on a change of them.
 */
#include "mpath-event.h"
#include "mpath-path.h"
#include "mpath-retry.h"
#include "mpath-send.h"

static const enum mpath_event mpath_down_events[MPATH_STATES] = {
	[MPATH_SLOW] = MPATH_EVENT_PATH_SLOW,
	[MPATH_HUNG] = MPATH_EVENT_PATH_HUNG,
	[MPATH_FAILED] = MPATH_EVENT_PATH_FAILED,
	[MPATH_FOREIGN] = MPATH_EVENT_PATH_FOREIGN,
	[MPATH_OFF] = MPATH_EVENT_PATH_FAILED,
};

bool mpath_path_down(struct mpath_path *path, enum mpath_state state, const char *why)
{
	struct mpath_health *health = &path->record->health;
	struct mpath_map *map = path->map;
	bool changed, flapped;

	lockdep_assert_held(&map->resource->lock);
	flapped = mpath_flapping(health);
	changed = mpath_health_down(health, state, ktime_get_ns());
	if (changed) {
		DMWARN("%s: path %s is %s: %s", mpath_name(map), path->dev->name,
		       mpath_state_names[state], why);
		mpath_event(map, path, mpath_down_events[state], why);
		if (!flapped && mpath_flapping(health))
			mpath_event(map, path, MPATH_EVENT_PATH_FLAPPING, why);
		mpath_switch(map);
		if (!mpath_path_works(path))
			mpath_send_recall(path->leg);
		/* whoever asked that path may wait in vain for an answer */
		mpath_retry_review(map);
	}
	return changed;
}

bool mpath_path_up(struct mpath_path *path, const char *why)
{
	struct mpath_map *map = path->map;
	bool changed;

	lockdep_assert_held(&map->resource->lock);
	changed = mpath_health_up(&path->record->health, ktime_get_ns());
	if (changed) {
		path->record->aside = 0;
		DMINFO("%s: path %s is up: %s", mpath_name(map), path->dev->name, why);
		mpath_event(map, path, MPATH_EVENT_PATH_UP, why);
		mpath_switch(map);
	}
	return changed;
}
