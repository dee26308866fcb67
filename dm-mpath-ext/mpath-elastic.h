/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many standby paths of a group work now. Pure.
 */
#ifndef MPATH_ELASTIC_H
#define MPATH_ELASTIC_H

#include "tier-portable.h"

#define MPATH_ELASTIC_STEP_NS	(2 * 1000000000ULL)	/* between two steps */
#define MPATH_ELASTIC_STAY_NS	(10 * 1000000000ULL)	/* who has joined stays so long */

/**
 * struct mpath_elastic - one group's
 * @joined: standby paths that work for load
 * @step_ns: time of the last step
 * @join_ns: of the last one up; 0: none yet
 */
struct mpath_elastic {
	u32 joined;
	u64 step_ns;
	u64 join_ns;
};

u32 mpath_elastic_step(struct mpath_elastic *elastic, u32 high, u32 low, u64 iops, u32 standby,
		       u64 now_ns);
u32 mpath_elastic_wanted(const struct mpath_elastic *elastic, u32 primaries, u32 primaries_up,
			 u32 standby_up);

#endif
