// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to paths and groups: device-mapper's event counter goes up, so
 * that `dmsetup wait` returns.
 */
#include "mpath-event.h"

void mpath_event(struct mpath_map *map, const struct mpath_path *path, enum mpath_event event,
		 const char *why)
{
	map->resource->events++;
	dm_table_event(map->ti->table);
}
