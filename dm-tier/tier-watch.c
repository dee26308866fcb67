// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watching: latencies of members and tiers, request rates of LUNs against their
 * thresholds, low space, waiting writes, and the ends of whole-LUN migrations
 * and evacuations.
 */
#include "tier-event.h"
#include "tier-io.h"
#include "tier-lun.h"
#include "tier-member.h"
#include "tier-place.h"
#include "tier-tick.h"

/* an eighth of the way to the new figure, all of it the first time */
static u64 tier_watch_average(u64 average, u64 ns, u64 ios)
{
	if (!ios)
		return average;
	ns = div64_u64(ns, ios);
	return average ? average - average / 8 + ns / 8 : ns;
}

/* fold the CPUs' sums of one member; ns and ios of this tick are added up */
static void tier_watch_member(struct tier_member *member, u64 *ns, u64 *ios)
{
	u64 seen = 0, now_ns = 0, now_ios = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct tier_latency *latency = per_cpu_ptr(member->latency, cpu);

		/* sums only grow; what was folded before is in latency_sum, latency_ios */
		now_ns += READ_ONCE(latency->ns);
		now_ios += READ_ONCE(latency->ios);
		seen += READ_ONCE(latency->seen);
	}
	now_ns -= member->latency_sum;
	now_ios -= member->latency_ios;
	member->latency_sum += now_ns;
	member->latency_ios += now_ios;
	WRITE_ONCE(member->latency_ns, tier_watch_average(member->latency_ns, now_ns, now_ios));
	WRITE_ONCE(member->idle, seen == member->latency_seen);
	member->latency_seen = seen;
	*ns += now_ns;
	*ios += now_ios;
}

static void tier_watch_latency(struct tier_pool *pool, struct tier_tier *tier)
{
	u64 ns = 0, ios = 0;
	unsigned int i;

	for (i = 0; i < tier->nr_members; i++)
		tier_watch_member(tier->members[i], &ns, &ios);
	WRITE_ONCE(tier->latency_ns, tier_watch_average(tier->latency_ns, ns, ios));
}

static void tier_watch_space(struct tier_pool *pool, u8 id)
{
	struct tier_tier *tier = &pool->tiers[id];
	struct tier_event event = TIER_EVENT("tier-low");
	u64 total, used, free, mark;

	tier_pool_tier_space(pool, id, &total, &used, &free);
	/* the last tier has no headroom: a twentieth is low there */
	mark = max(tier_place_headroom(pool, id) / 2, total / 20);
	if (free > mark || !total) {
		tier->low = false;
		return;
	}
	if (tier->low)
		return;
	tier->low = true;
	event.tier = tier_name(pool, id);
	event.has_space = true;
	event.used = used;
	event.total = total;
	DMWARN("%s: tier %s is low on space: %llu of %llu extents are free", pool->name,
	       event.tier, free, total);
	tier_event_send(pool, &event);
}

static void tier_watch_waiting(struct tier_pool *pool)
{
	u32 timeout = READ_ONCE(pool->conf.no_space_timeout);
	struct tier_event event = TIER_EVENT("space-back");

	if (bio_list_empty(&pool->no_space)) {
		pool->no_space_since = 0;
		if (xchg(&pool->no_space_said, false))
			tier_event_send(pool, &event);
		return;
	}
	if (timeout && time_after(jiffies, READ_ONCE(pool->no_space_since) +
				  msecs_to_jiffies(MSEC_PER_SEC * timeout))) {
		DMERR("%s: no space for %u s: writes that wait for it fail", pool->name, timeout);
		tier_io_space_back(pool, BLK_STS_NOSPC);
		pool->no_space_since = 0;
		return;
	}
	/* a place may have come up between the look for one and the wait */
	tier_io_retry_space(pool);
}

/*
 * The tier next to where most of the LUN lies, allowed. Above the uppermost there
 * is none: there the rest of the LUN is brought, and it is at home. TIER_NONE if
 * there is nowhere to go.
 */
static u8 tier_watch_next(struct tier_lun *lun, bool up)
{
	struct tier_pool *pool = lun->pool;
	unsigned int rank, most = 0;

	for (rank = 0; rank < pool->nr_ranks; rank++)
		if (lun->used[pool->by_rank[rank]] > lun->used[pool->by_rank[most]])
			most = rank;
	for (rank = most + (up ? -1 : 1); rank < pool->nr_ranks; rank += up ? -1 : 1)
		if (lun->rec.allowed & BIT(pool->by_rank[rank]))
			return pool->by_rank[rank];
	rank = pool->by_rank[most];
	return up && lun->used[rank] && lun->rec.allowed & BIT(rank) ? rank : TIER_NONE;
}

static void tier_watch_threshold(struct tier_lun *lun, bool up)
{
	struct tier_pool *pool = lun->pool;
	struct tier_event event = TIER_EVENT(up ? "threshold-up" : "threshold-down");
	struct tier_err err;
	u8 tier;

	event.lun = lun->id;
	event.has_iops = true;
	event.iops = lun->iops;
	tier_event_send(pool, &event);
	if (!(lun->rec.flags & TIER_LUN_AUTO) || lun->rec.pin != TIER_NONE)
		return;
	tier = tier_watch_next(lun, up);
	if (tier != TIER_NONE && tier_lun_set_target(lun, tier, &err))
		DMWARN("%s: LUN %u not moved: %s", pool->name, lun->id, err.text);
}

static void tier_watch_rate(struct tier_lun *lun, u64 elapsed_ns)
{
	struct tier_lun_record *rec = &lun->rec;
	u64 ios = tier_lun_total_ios(lun);
	int crossed;

	if (ios != lun->last_ios)
		lun->rec_dirty = true;
	WRITE_ONCE(lun->iops, elapsed_ns ?
		   mul_u64_u64_div_u64(ios - lun->last_ios, NSEC_PER_SEC, elapsed_ns) : 0);
	lun->last_ios = ios;
	crossed = tier_plan_threshold(&lun->threshold, lun->iops, rec->up_iops, rec->down_iops,
				      DIV_ROUND_UP_ULL((u64)rec->hold * MSEC_PER_SEC,
						       lun->pool->conf.tick_ms));
	if (crossed)
		tier_watch_threshold(lun, crossed > 0);
}

static void tier_watch_target(struct tier_lun *lun)
{
	struct tier_event event = TIER_EVENT("lun-moved");
	struct tier_lun_record *rec;
	u8 tier = lun->rec.target;

	if (tier == TIER_NONE || tier_lun_mapped(lun) != READ_ONCE(lun->used[tier]))
		return;
	rec = kmemdup(&lun->rec, sizeof(lun->rec), GFP_NOIO);
	if (!rec)
		return;
	rec->home = tier;
	rec->target = TIER_NONE;
	if (!tier_lun_commit(lun, rec)) {
		event.lun = lun->id;
		event.to = tier_name(lun->pool, tier);
		tier_event_send(lun->pool, &event);
	}
	kfree(rec);
}

static void tier_watch_evacuation(struct tier_pool *pool, struct tier_member *member)
{
	struct tier_event event = TIER_EVENT("evacuation");

	if (member->state != TIER_MEMBER_DRAINING)
		return;
	tier_member_check_drained(pool, member);
	if (member->state != TIER_MEMBER_DRAINING ||
	    time_before(jiffies, member->evac_said + HZ))
		return;
	member->evac_said = jiffies;
	event.dev = member;
	event.has_evac = true;
	event.evac_total = member->evac_total;
	event.evac_left = READ_ONCE(member->used);
	tier_event_send(pool, &event);
}

void tier_watch_tick(struct tier_pool *pool, u64 elapsed_ns)
{
	struct tier_lun *lun;
	unsigned int i;

	for (i = 0; i < pool->nr_ranks; i++) {
		tier_watch_latency(pool, &pool->tiers[pool->by_rank[i]]);
		tier_watch_space(pool, pool->by_rank[i]);
	}
	tier_watch_waiting(pool);
	list_for_each_entry(lun, &pool->luns, list) {
		if (lun->dead)
			continue;
		tier_watch_rate(lun, elapsed_ns);
		if (tier_pool_writable(pool))
			tier_watch_target(lun);
	}
	if (!tier_pool_writable(pool))
		return;
	for (i = 0; i < TIER_MAX_MEMBERS; i++)
		if (pool->members[i])
			tier_watch_evacuation(pool, pool->members[i]);
}
