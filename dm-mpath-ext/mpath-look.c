// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks at paths that are to come back.
 */
#include "mpath-alua.h"
#include "mpath-look.h"
#include "mpath-path.h"

/* another path of the map that works, to hold one against; NULL if there is none */
static struct mpath_leg *mpath_look_peer(const struct mpath_path *path)
{
	struct mpath_map *map = path->map;
	u32 p;

	for (p = 0; p < map->conf->nr_paths; p++) {
		const struct mpath_path *other = &map->paths[p];

		/* a port that sleeps answers no read */
		if (other != path && mpath_path_works(other) && !mpath_alua_asleep(other))
			return mpath_leg_get(other->leg);
	}
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
	look->foreign = mpath_look_foreign(path);
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
	return mpath_identity_check(look->leg, &look->known, look->peer, look->need,
				    look->foreign);
}

/*
 * Another has come back meanwhile, perhaps by its size as well: this one has to be held
 * against it first. Of devices that say who they are each stands for itself.
 */
static bool mpath_look_outrun(const struct mpath_look *look, const struct mpath_map *map)
{
	u32 p;

	if (look->peer || mpath_ids_certain(&look->known.ids))
		return false;
	for (p = 0; p < map->conf->nr_paths; p++)
		if (map->paths[p].leg != look->leg && mpath_path_works(&map->paths[p]))
			return true;
	return false;
}

bool mpath_look_end(struct mpath_look *look, struct mpath_map *map)
{
	bool valid = map && !(look->learned && map->identity.sectors) &&
		     !mpath_look_outrun(look, map);

	if (valid && look->learned)
		map->identity = look->known;
	if (look->peer)
		mpath_leg_put(look->peer);
	mpath_leg_put(look->leg);
	return valid;
}
