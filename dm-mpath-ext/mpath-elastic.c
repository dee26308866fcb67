// SPDX-License-Identifier: GPL-2.0-only
/*
 * Standby paths join under load and leave when it is over.
 */
#include "mpath-elastic.h"

/**
 * mpath_elastic_step() - one look at the load of a group
 * @elastic: of the group
 * @high: I/Os per second above which one more joins; 0: none joins for load
 * @low: below which one leaves
 * @iops: I/Os per second now
 * @standby: standby paths of the group that work
 * @now_ns: time
 *
 * One step up or down in MPATH_ELASTIC_STEP_NS, and none down before the last
 * that joined has stayed MPATH_ELASTIC_STAY_NS.
 *
 * Return: how many work for load.
 */
u32 mpath_elastic_step(struct mpath_elastic *elastic, u32 high, u32 low, u64 iops, u32 standby,
		       u64 now_ns)
{
	elastic->joined = min(elastic->joined, standby);
	if (!high) {
		elastic->joined = 0;
		return 0;
	}
	if (elastic->step_ns && now_ns - elastic->step_ns < MPATH_ELASTIC_STEP_NS)
		return elastic->joined;
	if (iops > high && elastic->joined < standby) {
		elastic->joined++;
		elastic->step_ns = now_ns;
		elastic->join_ns = now_ns;
	} else if (iops < low && elastic->joined &&
		   now_ns - elastic->join_ns >= MPATH_ELASTIC_STAY_NS) {
		elastic->joined--;
		elastic->step_ns = now_ns;
	}
	return elastic->joined;
}

/**
 * mpath_elastic_wanted() - standby paths to use now
 * @elastic: of the group
 * @primaries: paths of the group that are not standby
 * @primaries_up: those of them that work
 * @standby_up: standby paths that work
 *
 * One for each primary path that is gone, at once, besides those that have joined
 * for load; and one at least if no primary path works, also where there is none.
 *
 * Return: how many.
 */
u32 mpath_elastic_wanted(const struct mpath_elastic *elastic, u32 primaries, u32 primaries_up,
			 u32 standby_up)
{
	u32 wanted = elastic->joined + primaries - primaries_up;

	return min(primaries_up ? wanted : max(wanted, 1U), standby_up);
}
