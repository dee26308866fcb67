/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does a path lead to the map's device? By what the device says of itself when it is
 * asked, where that is of the same kind as what is known, else by its size and samples
 * of what it holds. Two devices that are alike in all
 * of that, as blank ones are, cannot be told apart.
 */
#ifndef MPATH_IDENTITY_H
#define MPATH_IDENTITY_H

#include "mpath-ids.h"
#include "mpath-leg.h"

/**
 * struct mpath_identity - what is remembered of a device
 * @sectors: its size
 * @start: where it begins on its disk
 * @ids: what it says of itself, if anything
 */
struct mpath_identity {
	sector_t sectors;
	sector_t start;
	struct mpath_ids ids;
};

/**
 * mpath_identity_read() - ask a device who it is
 * @leg: a path to it
 * @identity: result
 *
 * May sleep, for some seconds at the most even if the path hangs.
 *
 * Return: 0, also if it says nothing of itself; an error if it did not answer.
 */
int mpath_identity_read(struct mpath_leg *leg, struct mpath_identity *identity);

/**
 * mpath_identity_learn() - find out what a map is to show
 * @leg: a path to it
 * @identity: result; with no sectors in it if that fails
 *
 * May sleep, for some seconds at the most even if the path hangs.
 *
 * Return: 0, also if it says nothing of itself but can be read; else an error.
 */
int mpath_identity_learn(struct mpath_leg *leg, struct mpath_identity *identity);

/**
 * mpath_identity_check() - hold a path against what is known of its device
 * @leg: the path
 * @known: of mpath_identity_learn(), which has not failed
 * @peer: a path that works and shows that device, or NULL
 * @need: sectors that the map uses of it
 * @foreign: the path has shown another device before, and its size alone does not clear it
 *
 * May sleep, for some seconds at the most even if a path hangs. One that says who it
 * is may have grown. One that says nothing is told by its size and by samples read
 * through both paths, and without a @peer by a size that has not shrunk; where it should
 * say something that is not enough.
 *
 * Return: MPATH_SAME if nothing speaks against it; MPATH_UNKNOWN if there was no answer.
 */
enum mpath_likeness mpath_identity_check(struct mpath_leg *leg, const struct mpath_identity *known,
					 struct mpath_leg *peer, sector_t need, bool foreign);

#endif
