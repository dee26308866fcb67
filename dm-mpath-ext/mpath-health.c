// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of one path; the rules are in mpath-health.h. Callers hold the map's
 * lock throughout.
 */
#include "mpath-health.h"

const char *const mpath_state_names[MPATH_STATES] = {
	[MPATH_UP] = "up",
	[MPATH_SLOW] = "slow",
	[MPATH_HUNG] = "hung",
	[MPATH_FAILED] = "failed",
	[MPATH_FOREIGN] = "foreign",
	[MPATH_OFF] = "off",
};

static void mpath_health_enter(struct mpath_health *health, enum mpath_state state, u64 now_ns)
{
	health->spent_ns[health->state] += now_ns - health->since_ns;
	health->since_ns = now_ns;
	health->state = state;
	health->good = 0;
}

/**
 * mpath_health_init() - a path that has just been checked and may be used
 * @health: to fill
 * @now_ns: time, of any clock that does not go back
 */
void mpath_health_init(struct mpath_health *health, u64 now_ns)
{
	memset(health, 0, sizeof(*health));
	health->since_ns = now_ns;
}

/**
 * mpath_health_spent() - time that a path has been in a state, all in all
 * @health: of the path
 * @state: which
 * @now_ns: time
 *
 * Return: nanoseconds.
 */
u64 mpath_health_spent(const struct mpath_health *health, enum mpath_state state, u64 now_ns)
{
	u64 spent = health->spent_ns[state];

	if (health->state == state)
		spent += now_ns - health->since_ns;
	return spent;
}

/* it has gone down: was it up for so short a time that it is to be held down? */
static void mpath_health_hold(struct mpath_health *health, u64 now_ns)
{
	if (!health->up_ns || now_ns - health->up_ns > MPATH_FLAP_NS) {
		health->level = 0;
		health->hold_ns = now_ns;
		return;
	}
	health->hold_ns = now_ns + min(MPATH_HOLD_NS << min(health->level, 31U),
				       MPATH_HOLD_MAX_NS);
	health->level++;
	health->forgiven = false;
}

/**
 * mpath_health_down() - take a path out of use
 * @health: of the path
 * @state: what it is from now on; not MPATH_UP
 * @now_ns: time
 *
 * The administrator's word (MPATH_OFF) stands against all that is seen of a path
 * until mpath_health_up(); a foreign device does against all but the
 * administrator's word.
 *
 * Return: whether the state has changed.
 */
bool mpath_health_down(struct mpath_health *health, enum mpath_state state, u64 now_ns)
{
	bool worked = mpath_works(health->state);

	if (health->state == state) {
		health->good = 0;
		return false;
	}
	/* also if it was turned off while it was looked at */
	if (state == MPATH_FOREIGN)
		health->stranger = true;
	if (health->state == MPATH_OFF)
		return false;
	if (health->state == MPATH_FOREIGN && state != MPATH_OFF)
		return false;
	if (state == MPATH_SLOW && health->state != MPATH_UP)
		return false;
	mpath_health_enter(health, state, now_ns);
	if (worked && !mpath_works(state)) {
		health->fails++;
		/* what the administrator does to a path says nothing of it */
		if (state != MPATH_OFF)
			mpath_health_hold(health, now_ns);
	}
	return true;
}

/**
 * mpath_health_calm() - a path that has stayed up for long is flapping no more
 * @health: of the path
 * @now_ns: time
 *
 * mpath_health_down() would find that out only when the path fails again.
 */
void mpath_health_calm(struct mpath_health *health, u64 now_ns)
{
	if (mpath_works(health->state) && now_ns - health->up_ns > MPATH_FLAP_NS)
		health->level = 0;
}

/**
 * mpath_health_forgive() - do not call a path flapping before it fails once more
 * @health: of the path
 *
 * For how long it is held down then is another matter.
 */
void mpath_health_forgive(struct mpath_health *health)
{
	health->forgiven = true;
}

/**
 * mpath_health_probed() - a probe of a failed, hung or foreign path has ended
 * @health: of the path
 * @good: without an error and, if the path was foreign, showing the right device
 * @now_ns: time
 *
 * Return: whether the path may come back; the caller checks its identity and
 * calls mpath_health_up().
 */
bool mpath_health_probed(struct mpath_health *health, bool good, u64 now_ns)
{
	if (!good) {
		health->good = 0;
		if (health->state == MPATH_HUNG)
			mpath_health_enter(health, MPATH_FAILED, now_ns);
		return false;
	}
	health->good = min(health->good + 1, MPATH_GOOD_PROBES);
	return mpath_health_ready(health, now_ns);
}

/**
 * mpath_health_ready() - may a path that is not used come back as things stand?
 * @health: of the path
 * @now_ns: time
 *
 * Return: whether its probes have been good often enough, since it became what it is,
 * and it is not held down.
 */
bool mpath_health_ready(const struct mpath_health *health, u64 now_ns)
{
	return !mpath_works(health->state) && health->state != MPATH_OFF &&
	       health->good >= MPATH_GOOD_PROBES && now_ns >= health->hold_ns;
}

/**
 * mpath_health_up() - use a path again
 * @health: of the path
 * @now_ns: time
 *
 * Return: whether the state has changed.
 */
bool mpath_health_up(struct mpath_health *health, u64 now_ns)
{
	bool down = !mpath_works(health->state);

	if (health->state == MPATH_UP)
		return false;
	mpath_health_enter(health, MPATH_UP, now_ns);
	health->stranger = false;
	if (down)
		health->up_ns = now_ns;
	return true;
}
