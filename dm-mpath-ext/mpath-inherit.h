/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a table takes over from the one in use before it. What is known of a path goes
 * by itself, in struct mpath_record.
 */
#ifndef MPATH_INHERIT_H
#define MPATH_INHERIT_H

#include "mpath-map.h"

/**
 * mpath_inherit_identity() - which device a table is for
 * @map: a new table
 *
 * A table that goes on with paths of the one in use goes on with its device, too: one
 * of those paths may have come to show another since. Only what says who it is can be
 * held to that; all else may have been changed for good reasons.
 *
 * May sleep; takes the resource's lock.
 */
void mpath_inherit_identity(struct mpath_map *map);

/**
 * mpath_inherit_groups() - which groups the administrator wants, and which is in use
 * @map: a table that comes into use
 *
 * A group is known by its paths. One whose paths were all disabled stays so; I/O goes
 * on in the group in which it is, by the rules of failback, unless the table begins
 * with another group than the one before did. The resource's lock is held, and
 * device-mapper keeps the table before until the resume has ended.
 */
void mpath_inherit_groups(struct mpath_map *map);

#endif
