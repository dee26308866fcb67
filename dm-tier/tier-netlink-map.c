// SPDX-License-Identifier: GPL-2.0-only
/*
 * The long dumps of the netlink family: extents of one LUN, and how a LUN's
 * extents are spread over tiers and heat. Both walk the LUN's map, a bounded
 * number of entries at a time, so that they hold nobody up; moves go on
 * meanwhile, and each extent is told where it was when the walk came by.
 */
#include <linux/slab.h>

#include "tier-heat.h"
#include "tier-netlink-dump.h"

#define TIER_DUMP_SCAN	4096	/* most entries looked at under the locks */

/**
 * struct tier_mapped - a mapped extent that a walk has found
 * @logical: its place in the LUN
 * @member: index of the member it is on
 * @extent: its place there
 * @tier: id of its tier
 * @rate: its heat
 * @moving: something is going on with it
 */
struct tier_mapped {
	u64 logical;
	u32 member;
	u64 extent;
	u8 tier;
	u32 rate;
	bool moving;
};

/* heat and tier of what an entry points at; false if that is no longer there */
static bool tier_mapped_look_up(const struct tier_pool *pool, u64 entry,
				struct tier_mapped *mapped)
{
	u32 index = tier_entry_member(entry);
	u64 extent = tier_entry_extent(entry);
	const struct tier_meta_member *member;

	if (index >= TIER_MAX_MEMBERS)
		return false;
	member = pool->meta.members[index];
	if (!member || extent >= member->rec.extents || member->rec.tier >= TIER_MAX_TIERS)
		return false;
	mapped->member = index;
	mapped->extent = extent;
	mapped->tier = member->rec.tier;
	mapped->rate = tier_heat_rate(&member->heat[extent], READ_ONCE(pool->ticks));
	mapped->moving = tier_entry_state(entry) != TIER_ENTRY_NORMAL;
	return true;
}

/**
 * tier_map_next() - find the next mapped extent
 * @pool: the pool, lock held
 * @map: the LUN's, under RCU
 * @next: in: logical extent to start at; out: the one to go on with
 * @end: before this one
 * @budget: entries that may be looked at, reduced by those that were
 * @mapped: out
 * Return: true if there is one; false at @end or when the budget is spent.
 */
static bool tier_map_next(const struct tier_pool *pool, const struct tier_map *map, u64 *next,
			  u64 end, unsigned int *budget, struct tier_mapped *mapped)
{
	while (*next < end && *budget) {
		const u64 *at = tier_map_entry(map, *next);
		u64 entry;

		--*budget;
		if (!at) {
			*next = min_t(u64, end, round_down(*next, TIER_LEAF_ENTRIES) +
				      TIER_LEAF_ENTRIES);
			continue;
		}
		entry = READ_ONCE(*at);
		mapped->logical = (*next)++;
		if ((entry & TIER_ENTRY_VALID) && tier_mapped_look_up(pool, entry, mapped))
			return true;
	}
	return false;
}

/* -- heat: how many extents a LUN has, per tier and power of two of heat -- */

/**
 * struct tier_heat_walk - the LUN that is being counted
 * @pool: its pool, only to be compared; NULL: no walk has begun
 * @lun: its id
 * @next: logical extent to go on with
 * @bucket: counts so far
 */
struct tier_heat_walk {
	const struct tier_pool *pool;
	u32 lun;
	u64 next;
	u64 bucket[TIER_MAX_TIERS][DM_TIER_HEAT_BUCKETS];
};

/* most bytes that the messages of one LUN take */
static size_t tier_heat_room(const struct tier_pool *pool)
{
	return pool->nr_ranks * (nlmsg_total_size(GENL_HDRLEN) +
				 nla_total_size(sizeof(pool->name)) +
				 nla_total_size(TIER_NAME_LEN) + 2 * nla_total_size(sizeof(u32)) +
				 nla_total_size_64bit(sizeof(u64) * DM_TIER_HEAT_BUCKETS));
}

/* one piece of the walk; true when it has come to the end */
static bool tier_heat_count(const struct tier_pool *pool, const struct tier_lun *lun,
			    struct tier_heat_walk *walk)
{
	unsigned int budget = TIER_DUMP_SCAN;
	const struct tier_map *map;
	struct tier_mapped mapped;
	bool ended;

	rcu_read_lock();
	map = rcu_dereference(lun->map);
	while (tier_map_next(pool, map, &walk->next, map->extents, &budget, &mapped))
		walk->bucket[mapped.tier][tier_heat_bucket(mapped.rate)]++;
	ended = walk->next >= map->extents;
	rcu_read_unlock();
	return ended;
}

static int tier_heat_put(struct tier_dump *dump, const struct tier_heat_walk *walk,
			 unsigned int rank)
{
	struct tier_pool *pool = dump->pool;
	struct sk_buff *skb = dump->skb;
	u8 tier = pool->by_rank[rank];
	int ret = 0;
	void *header;

	header = tier_dump_message(dump, DM_TIER_CMD_HEAT_GET);
	if (!header)
		return -EMSGSIZE;
	if (nla_put_string(skb, DM_TIER_A_POOL, pool->name) ||
	    nla_put_u32(skb, DM_TIER_A_LUN, walk->lun) ||
	    nla_put_string(skb, DM_TIER_A_TIER, tier_name(pool, tier)) ||
	    nla_put_u32(skb, DM_TIER_A_RANK, rank) ||
	    nla_put_64bit(skb, DM_TIER_A_HEAT, sizeof(walk->bucket[tier]), walk->bucket[tier],
			  DM_TIER_A_PAD))
		ret = -EMSGSIZE;
	return tier_dump_message_end(dump, header, ret);
}

/* all of a LUN's messages or none: to count a LUN for nothing is dear */
static int tier_heat_put_all(struct tier_dump *dump, const struct tier_heat_walk *walk)
{
	unsigned char *start = skb_tail_pointer(dump->skb);
	unsigned int rank;

	for (rank = 0; rank < dump->pool->nr_ranks; rank++) {
		if (tier_heat_put(dump, walk, rank)) {
			nlmsg_trim(dump->skb, start);
			return -EMSGSIZE;
		}
	}
	return 0;
}

static void tier_heat_begin(struct tier_heat_walk *walk, const struct tier_lun *lun)
{
	memset(walk, 0, sizeof(*walk));
	walk->pool = lun->pool;
	walk->lun = lun->id;
}

static int tier_dump_lun_heat(struct tier_dump *dump)
{
	struct tier_heat_walk *walk = dump->state;
	struct tier_lun *lun = tier_dump_next_lun(dump);

	if (!lun)
		return 0;
	if (walk->pool != dump->pool || walk->lun != lun->id) {
		if (dump->skb->len && skb_tailroom(dump->skb) < tier_heat_room(dump->pool))
			return -EMSGSIZE;
		tier_heat_begin(walk, lun);
	}
	if (!tier_heat_count(dump->pool, lun, walk))
		return 1;
	if (tier_heat_put_all(dump, walk))
		return -EMSGSIZE;
	walk->pool = NULL;
	dump->place->item = lun->id + 1;
	return 1;
}

/**
 * tier_dump_heat() - histograms of heat, one message per LUN and tier
 * @skb: to fill
 * @cb: of the dump
 * Return: as a dump's callback does.
 */
int tier_dump_heat(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct tier_heat_walk *walk = kzalloc(sizeof(*walk), GFP_KERNEL);
	int ret;

	BUILD_BUG_ON(TIER_HEAT_BUCKETS != DM_TIER_HEAT_BUCKETS);
	if (!walk)
		return -ENOMEM;
	ret = tier_dump_run(skb, cb, tier_dump_lun_heat, walk);
	kfree(walk);
	return ret;
}

/* -- extents of one LUN -- */

/**
 * struct tier_extent_run - extents asked for, and room for those in a message
 * @end: before this one
 * @info: in the message
 * @room: how many fit
 * @nr: how many there are
 */
struct tier_extent_run {
	u64 end;
	struct dm_tier_extent_info *info;
	unsigned int room;
	unsigned int nr;
};

static void tier_extent_add(const struct tier_pool *pool, struct tier_extent_run *run,
			    const struct tier_mapped *mapped)
{
	struct dm_tier_extent_info *info = &run->info[run->nr++];

	memset(info, 0, sizeof(*info));
	info->logical = mapped->logical;
	info->physical = mapped->extent;
	info->member = mapped->member;
	info->rate = mapped->rate;
	info->rank = pool->tiers[mapped->tier].rank;
	info->moving = mapped->moving;
}

/* from @next on; moves it behind the last extent looked at */
static void tier_extent_collect(const struct tier_pool *pool, const struct tier_lun *lun,
				struct tier_extent_run *run, u64 *next)
{
	unsigned int budget = TIER_DUMP_SCAN;
	const struct tier_map *map;
	struct tier_mapped mapped;

	rcu_read_lock();
	map = rcu_dereference(lun->map);
	run->end = min(run->end, map->extents);
	while (run->nr < run->room &&
	       tier_map_next(pool, map, next, run->end, &budget, &mapped))
		tier_extent_add(pool, run, &mapped);
	rcu_read_unlock();
}

/* what stands in a message before its extents; their number is filled in later */
static struct nlattr *tier_extent_head(struct tier_dump *dump, u32 lun, u64 first)
{
	struct sk_buff *skb = dump->skb;

	if (nla_put_string(skb, DM_TIER_A_POOL, dump->pool->name) ||
	    nla_put_u32(skb, DM_TIER_A_LUN, lun) ||
	    tier_put_u64(skb, DM_TIER_A_START, first))
		return NULL;
	return nla_reserve_64bit(skb, DM_TIER_A_COUNT, sizeof(u64), DM_TIER_A_PAD);
}

/* all the room left, for as many extents as go in */
static struct nlattr *tier_extent_reserve(struct sk_buff *skb, struct tier_extent_run *run)
{
	int room = skb_tailroom(skb) - nla_total_size_64bit(0);
	struct nlattr *attr;

	if (room < (int)sizeof(*run->info))
		return NULL;
	run->room = min_t(unsigned int, room, U16_MAX - NLA_HDRLEN) / sizeof(*run->info);
	attr = nla_reserve_64bit(skb, DM_TIER_A_EXTENTS, run->room * sizeof(*run->info),
				 DM_TIER_A_PAD);
	if (attr)
		run->info = nla_data(attr);
	return attr;
}

/* give back the room that was not needed */
static void tier_extent_trim(struct sk_buff *skb, struct nlattr *attr,
			     const struct tier_extent_run *run)
{
	attr->nla_len = nla_attr_size(run->nr * sizeof(*run->info));
	nlmsg_trim(skb, (unsigned char *)attr + attr->nla_len);
}

static int tier_extent_put(struct tier_dump *dump, const struct tier_lun *lun,
			   struct tier_extent_run *run)
{
	u64 next = dump->place->item, covered;
	struct nlattr *count, *extents;
	void *header;

	header = tier_dump_message(dump, DM_TIER_CMD_EXTENT_GET);
	if (!header)
		return -EMSGSIZE;
	count = tier_extent_head(dump, lun->id, next);
	extents = count ? tier_extent_reserve(dump->skb, run) : NULL;
	if (!extents)
		return tier_dump_message_end(dump, header, -EMSGSIZE);
	tier_extent_collect(dump->pool, lun, run, &next);
	if (!run->nr) {
		genlmsg_cancel(dump->skb, header);
	} else {
		covered = next - dump->place->item;
		memcpy(nla_data(count), &covered, sizeof(covered));
		tier_extent_trim(dump->skb, extents, run);
		genlmsg_end(dump->skb, header);
	}
	dump->place->item = next;
	return next < run->end;
}

static int tier_dump_lun_extents(struct tier_dump *dump)
{
	struct nlattr *start = dump->attrs[DM_TIER_A_START], *count = dump->attrs[DM_TIER_A_COUNT];
	struct tier_lun *lun = tier_lun_find(dump->pool, nla_get_u32(dump->lun));
	u64 first = start ? nla_get_u64(start) : 0;
	struct tier_extent_run run = { .end = U64_MAX };

	if (!lun)
		return 0;
	if (count && nla_get_u64(count) < U64_MAX - first)
		run.end = first + nla_get_u64(count);
	dump->place->item = max(dump->place->item, first);
	if (dump->place->item >= run.end)
		return 0;
	return tier_extent_put(dump, lun, &run);
}

/**
 * tier_dump_extents() - the mapped extents of one LUN
 * @skb: to fill
 * @cb: of the dump
 * Return: as a dump's callback does.
 */
int tier_dump_extents(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nlattr **attrs = tier_dump_attrs(cb);
	int ret;

	ret = tier_netlink_need(attrs, DM_TIER_A_POOL, cb->extack);
	if (!ret)
		ret = tier_netlink_need(attrs, DM_TIER_A_LUN, cb->extack);
	return ret ?: tier_dump_run(skb, cb, tier_dump_lun_extents, NULL);
}
