// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is done ten times a second.
 */
#include "mpath-alua.h"
#include "mpath-hedge.h"
#include "mpath-io.h"
#include "mpath-path.h"
#include "mpath-probe.h"
#include "mpath-resource.h"
#include "mpath-retry.h"
#include "mpath-send.h"
#include "mpath-tick.h"

/* -- latency -- */

static void mpath_fold_path(struct mpath_record *record)
{
	u64 ns = 0, ios = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct mpath_counts *counts = per_cpu_ptr(record->counts, cpu);

		ns += READ_ONCE(counts->latency_ns[0]) + READ_ONCE(counts->latency_ns[1]);
		ios += READ_ONCE(counts->ios[0]) + READ_ONCE(counts->ios[1]);
	}
	WRITE_ONCE(record->average, mpath_average(record->average, ns - record->folded_ns,
						  ios - record->folded_ios));
	record->fresh = mpath_average(0, ns - record->folded_ns, ios - record->folded_ios);
	record->folded_ns = ns;
	record->folded_ios = ios;
}

static void mpath_fold(struct mpath_map *map)
{
	u32 p;

	for (p = 0; p < map->conf->nr_paths; p++)
		mpath_fold_path(map->paths[p].record);
}

/* with nothing in flight on any, no other path of the group is lighter than this one */
static bool mpath_unbeaten(const struct mpath_map *map, const struct mpath_conf_group *conf,
			   const struct mpath_path *path)
{
	u64 average = path->record->average;
	u32 p;

	for (p = conf->first; p < conf->first + conf->paths; p++) {
		const struct mpath_path *other = &map->paths[p];

		if (other != path &&
		    mpath_lighter(mpath_handicap(other->record->average), other->conf->weight,
				  average, path->conf->weight))
			return false;
	}
	return true;
}

static void mpath_weigh(struct mpath_map *map, const struct mpath_conf_group *conf)
{
	u32 p;

	for (p = conf->first; p < conf->first + conf->paths; p++)
		WRITE_ONCE(map->paths[p].record->unbeaten,
			   mpath_unbeaten(map, conf, &map->paths[p]));
}

/*
 * Set aside a path whose latency has stood out for MPATH_ASIDE_FOLDS folds, and
 * take one back whose latency, of its probes, has not for as long. One late I/O
 * lifts the average for a while, and for long if no other follows: only folds that
 * have I/O count against a path, and only if that was late as well.
 */
static void mpath_judge(struct mpath_map *map, const struct mpath_conf_group *conf)
{
	u64 averages[MPATH_MAX_PATHS];
	u32 i, ratio = map->conf->t.slow_ratio;

	for (i = 0; i < conf->paths; i++) {
		const struct mpath_path *path = &map->paths[conf->first + i];

		averages[i] = mpath_path_works(path) ? path->record->average : 0;
	}
	for (i = 0; i < conf->paths; i++) {
		struct mpath_path *path = &map->paths[conf->first + i];
		struct mpath_record *record = path->record;
		u64 peers = mpath_peers(averages, conf->paths, i);
		bool turn;

		if (record->health.state == MPATH_UP && !record->fresh)
			continue;
		if (record->health.state == MPATH_UP)
			turn = mpath_stands_out(min(averages[i], record->fresh), peers, ratio);
		else if (record->health.state == MPATH_SLOW)
			turn = mpath_fits_in(averages[i], peers, ratio);
		else
			continue;
		record->aside = turn ? record->aside + 1 : 0;
		if (record->aside < MPATH_ASIDE_FOLDS)
			continue;
		record->aside = 0;
		if (record->health.state == MPATH_UP)
			mpath_path_down(path, MPATH_SLOW, "its latency stands out");
		else
			mpath_path_up(path, "its latency is that of the others");
	}
}

/* -- hung paths -- */

static u64 mpath_old_load(const struct mpath_path *path)
{
	u32 old = path->phase ^ 1;
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += (u32)atomic_read(&per_cpu_ptr(path->load, cpu)->n[old]);
	return sum;
}

/*
 * I/O counts itself in a phase. Once all of the old phase has ended the phases
 * change places, so what is left in the old phase is older than the last change.
 */
static void mpath_watch(struct mpath_path *path, u64 now_ns)
{
	u64 limit = mul_u32_u32(path->map->conf->t.hung_ms, NSEC_PER_MSEC);
	bool probe_hangs = mpath_probe_age(path->probe, now_ns) > limit;

	/* much that has waited was sent at once: as long as it gets less, nothing hangs */
	if (path->record->fresh && !mpath_send_idle(path->leg))
		path->flip_ns = now_ns;
	if (!mpath_old_load(path)) {
		if (now_ns - path->flip_ns > limit / 4) {
			WRITE_ONCE(path->phase, path->phase ^ 1);
			path->flip_ns = now_ns;
		}
		if (!probe_hangs)
			return;
	} else if (now_ns - path->flip_ns <= limit) {
		return;
	}
	if (mpath_path_works(path))
		mpath_path_down(path, MPATH_HUNG, "I/O neither done nor failed");
}

/* -- groups -- */

static void mpath_stretch(struct mpath_map *map, u32 g, u64 now_ns, u64 iops)
{
	struct mpath_group *group = &map->groups[g];
	u32 p, standby = 0, before = group->elastic.joined;

	for (p = group->conf->first; p < group->conf->first + group->conf->paths; p++)
		standby += map->paths[p].conf->standby &&
			   map->paths[p].record->health.state == MPATH_UP;
	if (mpath_elastic_step(&group->elastic, map->conf->t.elastic_high, map->conf->t.elastic_low,
			       iops, standby, now_ns) != before)
		mpath_switch(map);
}

/* I/Os per second of all paths since the last tick */
static u64 mpath_iops(struct mpath_map *map, u64 now_ns)
{
	u64 ios = 0, before = map->tick_ios, passed = now_ns - map->tick_ns;
	u32 p;

	for (p = 0; p < map->conf->nr_paths; p++)
		ios += map->paths[p].record->folded_ios;
	map->tick_ios = ios;
	map->tick_ns = now_ns;
	if (!passed)
		return 0;
	return mul_u64_u64_div_u64(ios - before, NSEC_PER_SEC, passed);
}

static void mpath_tick(struct work_struct *work)
{
	struct mpath_map *map = container_of(to_delayed_work(work), struct mpath_map, tick);
	u64 now_ns, iops;
	u32 p, g;

	mutex_lock(&map->resource->lock);
	/* under the lock: what was noted before is not later than this */
	now_ns = ktime_get_ns();
	mpath_resource_renew_name(map->resource);
	mpath_fold(map);
	iops = mpath_iops(map, now_ns);
	for (p = 0; p < map->conf->nr_paths; p++) {
		mpath_watch(&map->paths[p], now_ns);
		mpath_health_calm(&map->paths[p].record->health, now_ns);
		WRITE_ONCE(map->paths[p].doubted, false);
	}
	mpath_hedge_tick(map, now_ns);
	for (g = 0; g < map->conf->nr_groups; g++) {
		mpath_judge(map, map->groups[g].conf);
		mpath_weigh(map, map->groups[g].conf);
	}
	mpath_alua_due(map, now_ns);
	if (map->conf->nr_groups) {
		mpath_stretch(map, map->current_group, now_ns, iops);
		if (map->better_ns)
			mpath_switch(map);
	}
	mutex_unlock(&map->resource->lock);
	mpath_probe_due(map);
	mpath_retry_expire(map);
	queue_delayed_work(map->wq, &map->tick, msecs_to_jiffies(MPATH_TICK_MS));
}

void mpath_tick_init(struct mpath_map *map)
{
	INIT_DELAYED_WORK(&map->tick, mpath_tick);
}

void mpath_tick_start(struct mpath_map *map)
{
	u32 p;

	/* what was done before is no load of now */
	map->tick_ios = 0;
	for (p = 0; p < map->conf->nr_paths; p++)
		map->tick_ios += mpath_record_ios(map->paths[p].record);
	map->tick_ns = ktime_get_ns();
	queue_delayed_work(map->wq, &map->tick, 0);
}

void mpath_tick_stop(struct mpath_map *map)
{
	cancel_delayed_work_sync(&map->tick);
}
