// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a table takes over from the one in use before it.
 */
#include "mpath-inherit.h"

void mpath_inherit_identity(struct mpath_map *map)
{
	struct mpath_resource *resource = map->resource;
	bool goes_on = false;
	u32 p;

	mutex_lock(&resource->lock);
	for (p = 0; p < map->conf->nr_paths; p++) {
		const struct mpath_record *record = map->paths[p].record;

		goes_on |= record->joined && !record->left_ns;
	}
	if (goes_on && resource->table &&
	    mpath_ids_certain(&resource->table->identity.ids))
		map->identity = resource->table->identity;
	mutex_unlock(&resource->lock);
}

static bool mpath_group_has(const struct mpath_map *map, u32 g, const struct mpath_record *record)
{
	const struct mpath_conf_group *conf = map->groups[g].conf;
	u32 p;

	for (p = conf->first; p < conf->first + conf->paths; p++)
		if (map->paths[p].record == record)
			return true;
	return false;
}

/* paths of @from's group @old that are in @map's group @g */
static u32 mpath_shared(const struct mpath_map *map, u32 g, const struct mpath_map *from, u32 old)
{
	const struct mpath_conf_group *conf = from->groups[old].conf;
	u32 p, shared = 0;

	for (p = conf->first; p < conf->first + conf->paths; p++)
		shared += mpath_group_has(map, g, from->paths[p].record);
	return shared;
}

/* the group of @map with most of the paths of @from's group @old, or one too high */
static u32 mpath_heir(const struct mpath_map *map, const struct mpath_map *from, u32 old)
{
	u32 g, shared, most = 0, heir = map->conf->nr_groups;

	for (g = 0; g < map->conf->nr_groups; g++) {
		shared = mpath_shared(map, g, from, old);
		if (shared <= most)
			continue;
		most = shared;
		heir = g;
	}
	return heir;
}

/* whoever leaves a table's first group at 1 does not ask for that group */
static bool mpath_same_beginning(const struct mpath_map *map, const struct mpath_map *before)
{
	if (map->conf->initial == 1 && before->conf->initial == 1)
		return true;
	return mpath_heir(map, before, before->conf->initial - 1) == map->conf->initial - 1;
}

/* was there a path of this group before, and each of those in a group that was disabled? */
static bool mpath_was_off(const struct mpath_map *map, u32 g, const struct mpath_map *before)
{
	const struct mpath_conf_group *conf = map->groups[g].conf;
	bool off = false;
	u32 p, old;

	for (p = conf->first; p < conf->first + conf->paths; p++) {
		for (old = 0; old < before->conf->nr_groups; old++) {
			if (!mpath_group_has(before, old, map->paths[p].record))
				continue;
			if (!before->groups[old].off)
				return false;
			off = true;
		}
	}
	return off;
}

/* go on in the group that was in use, as if there had been no new table */
static void mpath_inherit_use(struct mpath_map *map, const struct mpath_map *before)
{
	u32 asked = map->conf->nr_groups, heir;

	heir = mpath_heir(map, before, before->used_group);
	if (heir == map->conf->nr_groups)
		return;
	map->used_group = heir;
	map->current_group = heir;
	if (before->asked)
		asked = mpath_heir(map, before, before->asked - 1);
	map->asked = asked < map->conf->nr_groups ? asked + 1 : 0;
}

void mpath_inherit_groups(struct mpath_map *map)
{
	const struct mpath_map *before = map->resource->table;
	u32 g;

	lockdep_assert_held(&map->resource->lock);
	if (!before || before == map || !before->conf->nr_groups || !map->conf->nr_groups)
		return;
	for (g = 0; g < map->conf->nr_groups; g++)
		map->groups[g].off = mpath_was_off(map, g, before);
	if (mpath_same_beginning(map, before))
		mpath_inherit_use(map, before);
}
