/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical extents: which are taken, which member takes the next one, and how
 * much of a tier a LUN may have. Pure. Not locked: the module holds the pool's
 * space_lock around every call; tools need none. Functions do not sleep but
 * tier_space_init().
 */
#ifndef TIER_SPACE_H
#define TIER_SPACE_H

#include "tier-format.h"

/* one member's extents: a bit each, set while used, reserved or zeroed ahead */
struct tier_space {
	u64 nr;
	u64 taken;
	u64 hint;		/* next-fit start */
	unsigned long *map;
	bool open;		/* takes new extents (active, not draining) */
};

/* @nr extents, all free; 0, -ENOMEM, or -EINVAL, -EFBIG for a number that cannot be */
int tier_space_init(struct tier_space *space, u64 nr);
void tier_space_exit(struct tier_space *space);

/* take one given extent (when tables are loaded): -EEXIST if taken already */
int tier_space_take(struct tier_space *space, u64 extent);

/**
 * tier_space_alloc() - take a free extent
 * @space: of the member
 * @near: extent to stay close to (sequential layout), or ~0ULL
 * @extent: out
 *
 * Return: 0, or -ENOSPC. Cost: word scan from the hint, amortised O(1).
 */
int tier_space_alloc(struct tier_space *space, u64 near, u64 *extent);

/* give an extent back: -EINVAL if it was not taken (a bug in the caller) */
int tier_space_free(struct tier_space *space, u64 extent);

/**
 * tier_space_choose() - which member of a tier takes the next extent
 * @spaces: members of the tier; entries may be NULL
 * @n: how many
 * @allowed: bit per entry, NULL: all
 *
 * Return: the entry with the largest free fraction that is open and allowed
 * (so that a tier stays balanced), or -ENOSPC.
 */
int tier_space_choose(struct tier_space *const *spaces, unsigned int n,
		      const unsigned long *allowed);

/* one LUN's claim on one tier, in extents */
struct tier_claim {
	u64 used;
	u64 reserve;
	u64 max;		/* 0: no limit */
};

/**
 * tier_space_may_take() - may a LUN take one more extent of a tier?
 * @claim: of the LUN
 * @free: free extents of the tier
 * @unused_reserve: sum over all LUNs of reserve not yet used, this LUN's included
 * @floor: free extents that only emergencies may use (0 for user writes)
 * @lend: unused reserve of others may be had
 *
 * Within its own reserve a LUN always may. Beyond it, unused reserve of others
 * is lent only while @lend is set (moves are not lent, user writes are: the
 * owner calls the room back by demotion, see tier_plan).
 *
 * Return: 0; -EDQUOT: its own max; -ENOSPC.
 */
int tier_space_may_take(const struct tier_claim *claim, u64 free, u64 unused_reserve,
			u64 floor, bool lend);

#endif
