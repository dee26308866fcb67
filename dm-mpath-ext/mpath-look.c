// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks at paths that are to come back.
 */
#include "mpath-look.h"
#include "mpath-path.h"

/* another path of the map that works, to hold one against; NULL if there is none */
static struct mpath_leg *mpath_look_peer(const struct mpath_path *path)
{
	struct mpath_map *map = path->map;
	u32 p;

	for (p = 0; p < map->conf->nr_paths; p++)
		if (&map->paths[p] != path && mpath_path_works(&map->paths[p]))
			return mpath_leg_get(map->paths[p].leg);
	return NULL;
}

static bool mpath_look_foreign(const struct mpath_path *path)
{
	return path->record->health.state == MPATH_FOREIGN;
}

/* where all paths are foreign nobody else is left to say what the map shows */
static bool mpath_look_barred(const struct mpath_path *path)
{
	const struct mpath_map *map = path->map;
	u32 p;

	for (p = 0; p < map->conf->nr_paths; p++)
		if (!mpath_look_foreign(&map->paths[p]))
			return mpath_look_foreign(path);
	return false;
}

void mpath_look_begin(struct mpath_look *look, const struct mpath_path *path)
{
	lockdep_assert_held(&path->map->resource->lock);
	look->leg = mpath_leg_get(path->leg);
	look->peer = mpath_look_peer(path);
	look->known = path->map->identity;
	look->need = path->map->ti->len;
	look->barred = mpath_look_barred(path);
	look->learned = false;
}

enum mpath_likeness mpath_look(struct mpath_look *look)
{
	/* no path could be read when the table was made */
	if (!look->known.sectors) {
		if (look->barred && !look->peer)
			return MPATH_UNKNOWN;
		if (mpath_identity_learn(look->peer ?: look->leg, &look->known))
			return MPATH_UNKNOWN;
		look->learned = look->known.sectors >= look->need;
		if (!look->peer)
			return look->learned ? MPATH_SAME : MPATH_OTHER;
	}
	return mpath_identity_check(look->leg, &look->known, look->peer, look->need);
}

bool mpath_look_end(struct mpath_look *look, struct mpath_map *map)
{
	bool valid = map && !(look->learned && map->identity.sectors);

	if (valid && look->learned)
		map->identity = look->known;
	if (look->peer)
		mpath_leg_put(look->peer);
	mpath_leg_put(look->leg);
	return valid;
}
