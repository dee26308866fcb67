/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A look at a path that is to come back: does it show what the map shows? Devices
 * are asked without the resource's lock, so what belongs to the table is fetched
 * before and handed back afterwards.
 */
#ifndef MPATH_LOOK_H
#define MPATH_LOOK_H

#include "mpath-identity.h"
#include "mpath-map.h"

/**
 * struct mpath_look - one look
 * @leg: of the path; a reference
 * @peer: of another that works; a reference, or NULL
 * @known: what the map shows
 * @barred: the path has shown another device before, and not all paths have: it teaches
 *	nothing
 * @foreign: the path has shown another device before
 * @need: sectors of it that the map uses
 * @learned: that was not known before
 */
struct mpath_look {
	struct mpath_leg *leg;
	struct mpath_leg *peer;
	struct mpath_identity known;
	sector_t need;
	bool foreign;
	bool barred;
	bool learned;
};

/* the resource's lock is held */
void mpath_look_begin(struct mpath_look *look, const struct mpath_path *path);

/*
 * May sleep, for some seconds at the most even if a path hangs; without the lock.
 * Return: MPATH_UNKNOWN if there was no answer.
 */
enum mpath_likeness mpath_look(struct mpath_look *look);

/*
 * mpath_look_end() - note what was learned
 * @look: which; its references are dropped
 * @map: the table, or NULL if that is gone
 *
 * With a @map the resource's lock is held. Return: false if the look is void, since another has
 * learned something or come back meanwhile.
 */
bool mpath_look_end(struct mpath_look *look, struct mpath_map *map);

#endif
