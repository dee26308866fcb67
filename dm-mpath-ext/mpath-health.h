/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of one path, and what changes it. Pure: time comes as an argument,
 * and what to do about a change is the caller's business.
 *
 * A path that has failed comes back after MPATH_GOOD_PROBES good probes in a row.
 * One that fails again within MPATH_FLAP_NS of coming back is held down, each
 * time twice as long, up to MPATH_HOLD_MAX_NS; having stayed up for longer it begins anew.
 */
#ifndef MPATH_HEALTH_H
#define MPATH_HEALTH_H

#include "tier-portable.h"

#define MPATH_GOOD_PROBES	3U
#define MPATH_FLAP_NS		(60 * 1000000000ULL)
#define MPATH_HOLD_NS		(1 * 1000000000ULL)
#define MPATH_HOLD_MAX_NS	(64 * 1000000000ULL)
#define MPATH_FLAP_LEVEL	2U	/* held down this often in a row: flapping */

enum mpath_state {
	MPATH_UP,	/* used when its group is */
	MPATH_SLOW,	/* works, but stands out against its peers */
	MPATH_HUNG,	/* I/O neither done nor failed for too long */
	MPATH_FAILED,	/* probes have to be good before it is used again */
	MPATH_FOREIGN,	/* shows another device */
	MPATH_OFF,	/* failed by the administrator, who alone takes that back */
	MPATH_STATES
};

/**
 * struct mpath_health - one path's
 * @state: now
 * @since_ns: when it became so
 * @spent_ns: time in each state, up to @since_ns
 * @fails: how often it went from being used to MPATH_FAILED, MPATH_HUNG or MPATH_OFF
 * @good: good probes in a row
 * @level: how often it failed soon after it had come back, in a row
 * @up_ns: when it last came back; 0: never
 * @hold_ns: not to come back before this
 * @forgiven: the administrator has taken it back since
 * @stranger: it has shown another device since it last was up, whatever it is now
 */
struct mpath_health {
	enum mpath_state state;
	u64 since_ns;
	u64 spent_ns[MPATH_STATES];
	u32 fails;
	u32 good;
	u32 level;
	u64 up_ns;
	u64 hold_ns;
	bool forgiven;
	bool stranger;
};

extern const char *const mpath_state_names[MPATH_STATES];

/* a slow path does its work: that is no failure */
static inline bool mpath_works(enum mpath_state state)
{
	return state == MPATH_UP || state == MPATH_SLOW;
}

static inline bool mpath_flapping(const struct mpath_health *health)
{
	return health->level >= MPATH_FLAP_LEVEL && !health->forgiven;
}

void mpath_health_init(struct mpath_health *health, u64 now_ns);
u64 mpath_health_spent(const struct mpath_health *health, enum mpath_state state, u64 now_ns);
bool mpath_health_down(struct mpath_health *health, enum mpath_state state, u64 now_ns);
void mpath_health_calm(struct mpath_health *health, u64 now_ns);
void mpath_health_forgive(struct mpath_health *health);
bool mpath_health_probed(struct mpath_health *health, bool good, u64 now_ns);
bool mpath_health_ready(const struct mpath_health *health, u64 now_ns);
bool mpath_health_up(struct mpath_health *health, u64 now_ns);

#endif
