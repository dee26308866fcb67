// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical extents of one member: a bit each. And whether a LUN may have one
 * more of a tier.
 */
#include "tier-space.h"

/* larger bitmaps than this (1 GiB) are a mistake, not a disk */
#define TIER_SPACE_MAX	BIT_ULL(33)
/* how far from its neighbour an extent is still laid out in sequence */
#define TIER_SPACE_NEAR	4096ULL
/* fractions are compared in so many bits: 33 + 24 < 64 */
#define TIER_SPACE_FRACTION_BITS	24

static u64 tier_space_left(const struct tier_space *space)
{
	return space->nr - space->taken;
}

int tier_space_init(struct tier_space *space, u64 nr)
{
	memset(space, 0, sizeof(*space));
	if (!nr)
		return -EINVAL;
	if (nr > TIER_SPACE_MAX || nr > (u64)LONG_MAX)
		return -EFBIG;
	space->map = tier_zalloc(BITS_TO_LONGS((unsigned long)nr) * sizeof(long));
	if (!space->map)
		return -ENOMEM;
	space->nr = nr;
	space->open = true;
	return 0;
}

void tier_space_exit(struct tier_space *space)
{
	tier_free(space->map);
	memset(space, 0, sizeof(*space));
}

int tier_space_take(struct tier_space *space, u64 extent)
{
	if (extent >= space->nr)
		return -EINVAL;
	if (__test_and_set_bit(extent, space->map))
		return -EEXIST;
	space->taken++;
	return 0;
}

/* first free extent in [from, to), or @to */
static u64 tier_space_find(const struct tier_space *space, u64 from, u64 to)
{
	return from < to ? find_next_zero_bit(space->map, to, from) : to;
}

static u64 tier_space_find_near(const struct tier_space *space, u64 near)
{
	u64 end;

	if (near >= space->nr)
		return space->nr;
	end = min(space->nr, near + TIER_SPACE_NEAR);
	near = tier_space_find(space, near, end);
	return near < end ? near : space->nr;
}

static u64 tier_space_find_next(const struct tier_space *space)
{
	u64 extent = tier_space_find(space, space->hint, space->nr);

	if (extent < space->nr)
		return extent;
	return tier_space_find(space, 0, space->nr);
}

int tier_space_alloc(struct tier_space *space, u64 near, u64 *extent)
{
	u64 found;

	if (!space->open || !tier_space_left(space))
		return -ENOSPC;
	found = tier_space_find_near(space, near);
	if (found >= space->nr) {
		found = tier_space_find_next(space);
		space->hint = found + 1;
	}
	__set_bit(found, space->map);
	space->taken++;
	*extent = found;
	return 0;
}

int tier_space_free(struct tier_space *space, u64 extent)
{
	if (extent >= space->nr || !__test_and_clear_bit(extent, space->map))
		return -EINVAL;
	/* on a nearly full member next-fit would walk all of it for this one */
	if (tier_space_left(space) < space->nr / 64 + 1)
		space->hint = extent;
	space->taken--;
	return 0;
}

static u64 tier_space_fraction(const struct tier_space *space)
{
	return div64_u64(tier_space_left(space) << TIER_SPACE_FRACTION_BITS, space->nr);
}

int tier_space_choose(struct tier_space *const *spaces, unsigned int n,
		      const unsigned long *allowed)
{
	u64 fraction, left, best_fraction = 0, best_left = 0;
	unsigned int i;
	int best = -ENOSPC;

	for (i = 0; i < n; i++) {
		if (!spaces[i] || !spaces[i]->open || (allowed && !test_bit(i, allowed)))
			continue;
		left = tier_space_left(spaces[i]);
		if (!left)
			continue;
		fraction = tier_space_fraction(spaces[i]);
		if (best >= 0 && (fraction < best_fraction ||
				  (fraction == best_fraction && left <= best_left)))
			continue;
		best = i;
		best_fraction = fraction;
		best_left = left;
	}
	return best;
}

int tier_space_may_take(const struct tier_claim *claim, u64 free, u64 unused_reserve,
			u64 floor, bool lend)
{
	u64 kept = lend ? 0 : unused_reserve;

	if (claim->max && claim->used >= claim->max)
		return -EDQUOT;
	if (!free)
		return -ENOSPC;
	if (claim->used < claim->reserve)
		return 0;
	/* two steps, for the sum may not fit in 64 bits */
	if (free <= floor || free - floor <= kept)
		return -ENOSPC;
	return 0;
}
