// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which group is in use, and which of its paths.
 */
#include <linux/rcupdate.h>

#include "mpath-alua.h"
#include "mpath-event.h"
#include "mpath-path.h"
#include "mpath-retry.h"

#define MPATH_NO_GROUP	MPATH_MAX_GROUPS

/* groups, the better ones first; then by their place in the table */
enum mpath_rank {
	MPATH_RANK_GOOD,
	MPATH_RANK_BUSY,	/* the array will not activate it for a while */
	MPATH_RANK_OFF,		/* disabled: used only if no other works */
	MPATH_RANK_NONE,	/* no path works */
};

/* paths of a group, by what they can do */
struct mpath_muster {
	u32 primaries;
	u32 primaries_up;
	u32 standby_up;
	u32 slow;
};

/* @ready: without the paths that are still to be activated */
static void mpath_muster(const struct mpath_map *map, u32 g, bool ready, struct mpath_muster *m)
{
	const struct mpath_conf_group *conf = map->groups[g].conf;
	u32 p;

	memset(m, 0, sizeof(*m));
	for (p = conf->first; p < conf->first + conf->paths; p++) {
		const struct mpath_path *path = &map->paths[p];
		enum mpath_state state = path->record->health.state;

		m->primaries += !path->conf->standby;
		if (ready && !mpath_alua_ready(path))
			continue;
		if (state == MPATH_SLOW)
			m->slow++;
		else if (state == MPATH_UP && path->conf->standby)
			m->standby_up++;
		else if (state == MPATH_UP)
			m->primaries_up++;
	}
}

static enum mpath_rank mpath_group_rank(const struct mpath_map *map, u32 g)
{
	const struct mpath_group *group = &map->groups[g];
	struct mpath_muster m;

	mpath_muster(map, g, false, &m);
	if (!m.primaries_up && !m.standby_up && !m.slow)
		return MPATH_RANK_NONE;
	if (group->off)
		return MPATH_RANK_OFF;
	return group->busy_ns ? MPATH_RANK_BUSY : MPATH_RANK_GOOD;
}

static u32 mpath_best_group(const struct mpath_map *map, enum mpath_rank *rank)
{
	u32 g, best = MPATH_NO_GROUP;

	*rank = MPATH_RANK_NONE;
	for (g = 0; g < map->conf->nr_groups; g++) {
		enum mpath_rank r = mpath_group_rank(map, g);

		if (r >= *rank)
			continue;
		*rank = r;
		best = g;
	}
	return best;
}

/* may I/O go back to a better group now? */
static bool mpath_failback_due(struct mpath_map *map, u64 now_ns)
{
	const struct mpath_conf *conf = map->conf;

	switch (conf->t.failback) {
	case MPATH_FAILBACK_IMMEDIATE:
		return true;
	case MPATH_FAILBACK_AFTER:
		if (!map->better_ns)
			map->better_ns = now_ns;
		return now_ns - map->better_ns >= mul_u32_u32(conf->t.failback_seconds,
							      NSEC_PER_SEC);
	default:
		return false;
	}
}

static u32 mpath_choose_group(struct mpath_map *map)
{
	u32 best, now = map->current_group;
	enum mpath_rank rank;

	best = mpath_best_group(map, &rank);
	if (map->asked && mpath_group_rank(map, map->asked - 1) != MPATH_RANK_NONE)
		return map->asked - 1;
	if (best == MPATH_NO_GROUP || best == now || mpath_group_rank(map, now) != rank) {
		map->better_ns = 0;
		return best;
	}
	if (!mpath_failback_due(map, ktime_get_ns()))
		return now;
	map->better_ns = 0;
	return best;
}

/* the paths of a group that are to be used: the slow ones only if there is nothing else */
static void mpath_fill_snap(struct mpath_map *map, struct mpath_snap *snap, u32 g)
{
	const struct mpath_conf_group *conf = map->groups[g].conf;
	struct mpath_muster m;
	u32 p, standby;
	bool last_resort;

	mpath_muster(map, g, true, &m);
	standby = mpath_elastic_wanted(&map->groups[g].elastic, m.primaries, m.primaries_up,
				       m.standby_up);
	last_resort = !m.primaries_up && !standby;
	snap->selector = conf->selector;
	snap->group = g;
	snap->nr = 0;
	for (p = conf->first; p < conf->first + conf->paths; p++) {
		struct mpath_path *path = &map->paths[p];
		enum mpath_state state = path->record->health.state;

		if (state != (last_resort ? MPATH_SLOW : MPATH_UP) || !mpath_alua_ready(path))
			continue;
		if (!last_resort && path->conf->standby) {
			if (!standby)
				continue;
			standby--;
		}
		snap->weight[snap->nr] = path->conf->weight;
		snap->path[snap->nr++] = path;
	}
	if (snap->nr)
		mpath_wheel_build(&snap->wheel, snap->weight, snap->nr);
}

static u32 mpath_nr_snaps(const struct mpath_map *map)
{
	return map->conf->nr_paths + 2;
}

int mpath_switch_init(struct mpath_map *map)
{
	u32 i;

	map->snaps = kvcalloc(mpath_nr_snaps(map), sizeof(*map->snaps), GFP_KERNEL);
	if (!map->snaps)
		return -ENOMEM;
	for (i = 0; i < mpath_nr_snaps(map); i++)
		map->snaps[i].retired = get_completed_synchronize_rcu();
	return 0;
}

void mpath_switch_exit(struct mpath_map *map)
{
	kvfree(map->snaps);
}

/* return: whether there is a path to use */
static bool mpath_publish(struct mpath_map *map, u32 g)
{
	struct mpath_snap *old, *snap = NULL;

	old = rcu_dereference_protected(map->snap, lockdep_is_held(&map->resource->lock));
	if (g != MPATH_NO_GROUP) {
		snap = &map->snaps[map->next_snap++];
		if (map->next_snap == mpath_nr_snaps(map))
			map->next_snap = 0;
		/* somebody may still look at what it was */
		cond_synchronize_rcu(snap->retired);
		mpath_fill_snap(map, snap, g);
		if (!snap->nr)
			snap = NULL;
	}
	/* together: a bio that finds no path has to know what it is to wait for */
	spin_lock_irq(&map->wait_lock);
	rcu_assign_pointer(map->snap, snap);
	map->activating = !snap && g != MPATH_NO_GROUP;
	spin_unlock_irq(&map->wait_lock);
	if (old)
		old->retired = get_state_synchronize_rcu();
	return snap;
}

static void mpath_lost(struct mpath_map *map)
{
	WRITE_ONCE(map->lost_ns, ktime_get_ns());
	DMERR("%s: no path is left", mpath_name(map));
	mpath_event(map, NULL, MPATH_EVENT_NO_PATH, "");
}

static void mpath_in_use(struct mpath_map *map, u32 g)
{
	u32 from = map->used_group;

	WRITE_ONCE(map->lost_ns, 0);
	WRITE_ONCE(map->expired, false);
	if (g == from)
		return;
	DMINFO("%s: group %u is in use, after group %u: %s", mpath_name(map), g + 1, from + 1,
	       map->chosen_why);
	map->used_group = g;
	mpath_event_group(map, from, map->chosen_why);
}

/* why another group than before is chosen */
static const char *mpath_switch_reason(const struct mpath_map *map, u32 g)
{
	if (map->asked == g + 1)
		return "by the administrator";
	switch (mpath_group_rank(map, map->current_group)) {
	case MPATH_RANK_NONE:
		return "the group before has no path left";
	case MPATH_RANK_OFF:
		return "the group before was disabled";
	case MPATH_RANK_BUSY:
		return "the array is too busy to serve through the group before";
	default:
		return "it stands further in front and has a path";
	}
}

void mpath_switch(struct mpath_map *map)
{
	bool had = rcu_access_pointer(map->snap), waited = map->activating;
	u32 g = mpath_choose_group(map);
	bool has;

	if (g != MPATH_NO_GROUP && g + 1 != map->asked)
		map->asked = 0;
	mpath_alua_prepare(map, g);
	if (g != MPATH_NO_GROUP && g != map->current_group) {
		map->chosen_why = mpath_switch_reason(map, g);
		map->current_group = g;
	}
	has = mpath_publish(map, g);
	if (has)
		mpath_in_use(map, g);
	else if (g == MPATH_NO_GROUP && (had || !map->lost_ns))
		mpath_lost(map);
	if ((has && !had) || (waited && !map->activating))
		mpath_retry_kick(map);
}

bool mpath_untried(struct mpath_map *map, u64 tried)
{
	const struct mpath_snap *snap;
	bool found = false;
	u32 i;

	rcu_read_lock();
	snap = rcu_dereference(map->snap);
	for (i = 0; snap && i < snap->nr && !found; i++)
		found = !(tried & BIT_ULL(snap->path[i]->number));
	rcu_read_unlock();
	/* without any path at all it waits like every other */
	return found || !snap;
}
