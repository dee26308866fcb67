// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks at paths that are to come back.
 */
#include <linux/sched/mm.h>

#include "mpath-alua.h"
#include "mpath-look.h"
#include "mpath-path.h"

/* can others be held against this path? A port that sleeps answers no read */
static bool mpath_look_answers(const struct mpath_path *path)
{
	return mpath_path_works(path) && !mpath_alua_asleep(path);
}

/* another path of the map that works, to hold one against; NULL if there is none */
static struct mpath_leg *mpath_look_peer(const struct mpath_path *path)
{
	struct mpath_map *map = path->map;
	u32 p;

	for (p = 0; p < map->conf->nr_paths; p++)
		if (&map->paths[p] != path && mpath_look_answers(&map->paths[p]))
			return mpath_leg_get(map->paths[p].leg);
	return NULL;
}

/* where all paths are foreign nobody else is left to say what the map shows */
static bool mpath_look_barred(const struct mpath_path *path)
{
	const struct mpath_map *map = path->map;
	u32 p;

	for (p = 0; p < map->conf->nr_paths; p++)
		if (!mpath_path_stranger(&map->paths[p]))
			return mpath_path_stranger(path);
	return false;
}

void mpath_look_begin(struct mpath_look *look, const struct mpath_path *path)
{
	lockdep_assert_held(&path->map->resource->lock);
	look->leg = mpath_leg_get(path->leg);
	look->peer = mpath_look_peer(path);
	look->known = path->map->identity;
	look->need = path->map->ti->len;
	look->foreign = mpath_path_stranger(path);
	look->barred = mpath_look_barred(path);
	look->learned = false;
}

static enum mpath_likeness mpath_look_ask(struct mpath_look *look)
{
	/* no path could be read when the table was made */
	if (!look->known.sectors) {
		if (look->barred && !look->peer)
			return MPATH_UNKNOWN;
		if (mpath_identity_learn(look->peer ?: look->leg, &look->known))
			return MPATH_UNKNOWN;
		/* where all are strangers, one that says who it is may be believed */
		if (look->foreign && !look->peer && !mpath_ids_certain(&look->known.ids))
			return MPATH_UNKNOWN;
		look->learned = look->known.sectors >= look->need;
		if (!look->peer)
			return look->learned ? MPATH_SAME : MPATH_OTHER;
	}
	return mpath_identity_check(look->leg, &look->known, look->peer, look->need,
				    look->foreign);
}

enum mpath_likeness mpath_look(struct mpath_look *look)
{
	/* memory may be waiting for this very path: a few pages of the reserve bring it back */
	unsigned int reserve = memalloc_noreclaim_save();
	enum mpath_likeness likeness = mpath_look_ask(look);

	memalloc_noreclaim_restore(reserve);
	return likeness;
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
		if (map->paths[p].leg != look->leg && mpath_look_answers(&map->paths[p]))
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
