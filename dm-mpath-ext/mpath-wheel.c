// SPDX-License-Identifier: GPL-2.0-only
/*
 * Turns by weight.
 */
#include "mpath-conf.h"
#include "mpath-wheel.h"

static u32 mpath_gcd(u32 a, u32 b)
{
	while (b) {
		u32 rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* weights as small as they can be, and their sum */
static u32 mpath_wheel_scale(u32 *to, const u32 *weights, unsigned int n)
{
	u32 common = 0, sum = 0, full;
	unsigned int i;

	for (i = 0; i < n; i++)
		common = mpath_gcd(common, weights[i]);
	for (i = 0; i < n; i++) {
		to[i] = weights[i] / common;
		sum += to[i];
	}
	if (sum <= MPATH_WHEEL_MAX)
		return sum;
	/* too many turns: nearly as the weights say, and each at least once */
	full = sum;
	sum = 0;
	for (i = 0; i < n; i++) {
		to[i] = max(to[i] * (MPATH_WHEEL_MAX - n) / full, 1U);
		sum += to[i];
	}
	return sum;
}

/**
 * mpath_wheel_build() - lay out the turns of a group
 * @wheel: result
 * @weights: of each path, 1 to MPATH_MAX_WEIGHT
 * @n: paths, up to MPATH_MAX_PATHS; with 0 the wheel has no turns and must not turn
 *
 * Smooth weighted round-robin: at each turn every path gains its weight, and the
 * one with most is chosen and pays the sum of all.
 */
void mpath_wheel_build(struct mpath_wheel *wheel, const u32 *weights, unsigned int n)
{
	u32 share[MPATH_MAX_PATHS];
	s32 credit[MPATH_MAX_PATHS] = { 0 };
	unsigned int i, best;
	u32 turn;

	wheel->turns = n ? mpath_wheel_scale(share, weights, n) : 0;
	for (turn = 0; turn < wheel->turns; turn++) {
		best = 0;
		for (i = 0; i < n; i++) {
			credit[i] += share[i];
			if (credit[i] > credit[best])
				best = i;
		}
		credit[best] -= wheel->turns;
		wheel->path[turn] = best;
	}
}
