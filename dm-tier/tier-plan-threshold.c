// SPDX-License-Identifier: GPL-2.0-only
/*
 * A LUN's request rate against its thresholds, with the time that it must hold.
 */
#include "tier-plan.h"

static int tier_threshold_side(u32 *ticks, s8 *said, bool beyond, s8 side, u32 hold_ticks)
{
	if (!beyond) {
		*ticks = 0;
		if (*said == side)
			*said = 0;
		return 0;
	}
	if (*ticks < 0xffffffffU)
		++*ticks;
	if (*said == side || *ticks < hold_ticks)
		return 0;
	*said = side;
	return side;
}

int tier_plan_threshold(struct tier_threshold_state *state, u64 iops, u64 up, u64 down,
			u32 hold_ticks)
{
	bool above = up && iops > up;
	int said = tier_threshold_side(&state->above, &state->said, above, 1, hold_ticks);

	if (said)
		return said;
	return tier_threshold_side(&state->below, &state->said,
				   !above && down && iops < down, -1, hold_ticks);
}
