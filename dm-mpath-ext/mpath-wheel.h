/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The order in which the paths of a group take their turns: a wheel on which
 * each path stands as often as its weight says, spread as evenly as can be.
 * Made when the group changes, only read afterwards. Pure.
 */
#ifndef MPATH_WHEEL_H
#define MPATH_WHEEL_H

#include "tier-portable.h"

#define MPATH_WHEEL_MAX		1024

/**
 * struct mpath_wheel - whose turn it is
 * @turns: entries of @path
 * @path: path numbers
 */
struct mpath_wheel {
	u32 turns;
	u8 path[MPATH_WHEEL_MAX];
};

/* the path at the cursor, which goes on by one: any starting value will do */
static inline u32 mpath_wheel_turn(const struct mpath_wheel *wheel, u32 *cursor)
{
	u32 at = *cursor;

	if (unlikely(at >= wheel->turns))
		at = 0;
	*cursor = at + 1;
	return wheel->path[at];
}

/* is a load of @a with its weight less than one of @b with its own? */
static inline bool mpath_lighter(u64 a, u32 a_weight, u64 b, u32 b_weight)
{
	return a * b_weight < b * a_weight;
}

/* by how much a path has to be lighter than the one whose turn it is: an eighth */
static inline u64 mpath_handicap(u64 load)
{
	return load + (load >> 3);
}

void mpath_wheel_build(struct mpath_wheel *wheel, const u32 *weights, unsigned int n);

#endif
