// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads of the netlink family. The frame of a dump first, then maps, groups and
 * paths; a map's lock is held for one item at a time.
 */
#include <linux/sched/signal.h>

#include "compat.h"
#include "mpath-alua.h"
#include "mpath-io.h"
#include "mpath-netlink.h"
#include "mpath-netlink-dump.h"
#include "mpath-path.h"
#include "mpath-resource.h"
#include "mpath-status.h"
#include "tier-extack.h"

/**
 * struct mpath_dump_place - where a dump is; all that is kept between messages
 * @map: number of the map to go on with, or of a later one
 * @item: in that map
 * @begun: the request was found to make sense
 * @ended: nothing is left
 */
struct mpath_dump_place {
	u64 map;
	u32 item;
	bool begun;
	bool ended;
};

/**
 * struct mpath_dump - one call of a dump, which fills one message buffer
 * @skb: to fill
 * @cb: netlink's view of the dump
 * @place: where it is
 * @cmd: of its messages
 * @items: how many a table has
 * @put: puts one of them; -EMSGSIZE if it does not fit
 */
struct mpath_dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
	struct mpath_dump_place *place;
	u8 cmd;
	u32 (*items)(const struct mpath_map *map);
	int (*put)(struct sk_buff *skb, struct mpath_map *map, u32 item);
};

/* counts changes to what dumps go through; never 0, which netlink takes for "no dump yet" */
static atomic_t mpath_dump_generation = ATOMIC_INIT(1);

void mpath_netlink_changed(void)
{
	if (!atomic_inc_return(&mpath_dump_generation))
		atomic_inc(&mpath_dump_generation);
}

/* -- the frame -- */

/**
 * mpath_dump_start() - may this dump begin?
 * @cb: of the dump
 *
 * Asked once; what comes later goes to the socket that was allowed.
 * Return: 0 or -EPERM.
 */
int mpath_dump_start(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct mpath_dump_place) > sizeof(cb->ctx));

	return netlink_capable(cb->skb, CAP_SYS_ADMIN) ? 0 : -EPERM;
}

static int mpath_dump_message(struct mpath_dump *dump, struct mpath_map *map)
{
	struct netlink_callback *cb = dump->cb;
	void *header = genlmsg_put(dump->skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				   &mpath_netlink_family, NLM_F_MULTI, dump->cmd);

	if (!header)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, header);
	if (mpath_put_origin(dump->skb, map->resource) ||
	    dump->put(dump->skb, map, dump->place->item)) {
		genlmsg_cancel(dump->skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(dump->skb, header);
	return 0;
}

/* one item: 1 if there may be another, 0 if not, -EMSGSIZE if it does not fit */
static int mpath_dump_item(struct mpath_dump *dump, struct mpath_resource *resource)
{
	struct mpath_map *map = resource->table;
	int ret;

	/* a device without a table that was ever resumed is none to tell of */
	if (!map || dump->place->item >= dump->items(map))
		return 0;
	mpath_resource_renew_name(resource);
	ret = mpath_dump_message(dump, map);
	if (ret)
		return ret;
	dump->place->item++;
	return 1;
}

static int mpath_dump_one_map(struct mpath_dump *dump, struct mpath_resource *resource)
{
	int ret;

	do {
		mutex_lock(&resource->lock);
		ret = mpath_dump_item(dump, resource);
		mutex_unlock(&resource->lock);
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
	} while (ret > 0);
	return ret;
}

static int mpath_dump_all_maps(struct mpath_dump *dump)
{
	struct mpath_dump_place *place = dump->place;
	struct mpath_resource *resource;
	int ret = 0;

	while (!ret && (resource = mpath_resource_next(place->map))) {
		if (place->map != resource->number) {
			place->map = resource->number;
			place->item = 0;
		}
		ret = mpath_dump_one_map(dump, resource);
		if (!ret) {
			place->map = resource->number + 1;
			place->item = 0;
		}
		mpath_resource_put(resource);
	}
	return ret;
}

/* by its number once it was found: the name may be another's by then */
static int mpath_dump_named_map(struct mpath_dump *dump, struct nlattr **attrs)
{
	struct mpath_resource *resource;
	int ret = 0;

	if (dump->place->begun)
		resource = mpath_resource_next(dump->place->map);
	else
		resource = mpath_netlink_map(attrs, dump->cb->extack);
	if (IS_ERR_OR_NULL(resource))
		return PTR_ERR_OR_ZERO(resource);
	if (!dump->place->begun)
		dump->place->map = resource->number;
	if (dump->place->map == resource->number)
		ret = mpath_dump_one_map(dump, resource);
	mpath_resource_put(resource);
	return ret;
}

static int mpath_dump_run(struct mpath_dump *dump)
{
	struct nlattr **attrs = tier_dump_attrs(dump->cb);
	struct mpath_dump_place *place = dump->place;
	int ret;

	dump->cb->seq = atomic_read(&mpath_dump_generation);
	if (place->ended)
		return 0;
	ret = place->begun ? 0 : mpath_netlink_once(dump->cb->nlh, dump->cb->extack);
	if (ret)
		return ret;
	if (attrs[DM_MPATH_EXT_A_MAP])
		ret = mpath_dump_named_map(dump, attrs);
	else
		ret = mpath_dump_all_maps(dump);
	place->begun = true;
	if (ret == -EMSGSIZE && dump->skb->len)
		return dump->skb->len;
	if (ret)
		return ret;
	place->ended = true;
	return dump->skb->len;
}

/* -- maps; the resource's lock is held, as for all that follow -- */

static u32 mpath_paths_usable(const struct mpath_map *map, u32 first, u32 paths)
{
	u32 p, usable = 0;

	for (p = first; p < first + paths; p++)
		usable += mpath_path_works(&map->paths[p]);
	return usable;
}

static int mpath_put_failback(struct sk_buff *skb, const struct mpath_tunables *t)
{
	char seconds[12];

	switch (t->failback) {
	case MPATH_FAILBACK_MANUAL:
		return nla_put_string(skb, DM_MPATH_EXT_A_FAILBACK, "manual");
	case MPATH_FAILBACK_IMMEDIATE:
		return nla_put_string(skb, DM_MPATH_EXT_A_FAILBACK, "immediate");
	default:
		snprintf(seconds, sizeof(seconds), "%u", t->failback_seconds);
		return nla_put_string(skb, DM_MPATH_EXT_A_FAILBACK, seconds);
	}
}

static int mpath_put_tunables(struct sk_buff *skb, const struct mpath_tunables *t)
{
	if (nla_put_u32(skb, DM_MPATH_EXT_A_QUEUE, t->queue) ||
	    nla_put_u32(skb, DM_MPATH_EXT_A_QUEUE_TIMEOUT, t->queue_seconds) ||
	    mpath_put_failback(skb, t) ||
	    nla_put_u32(skb, DM_MPATH_EXT_A_PROBE_INTERVAL, t->probe_ms) ||
	    nla_put_u32(skb, DM_MPATH_EXT_A_HUNG_TIME, t->hung_ms) ||
	    nla_put_u32(skb, DM_MPATH_EXT_A_SLOW_RATIO, t->slow_ratio) ||
	    nla_put_u32(skb, DM_MPATH_EXT_A_HEDGE_PERCENTILE, t->hedge_percentile) ||
	    nla_put_u32(skb, DM_MPATH_EXT_A_HEDGE_BUDGET, t->hedge_budget) ||
	    nla_put_u32(skb, DM_MPATH_EXT_A_ELASTIC_HIGH, t->elastic_high) ||
	    nla_put_u32(skb, DM_MPATH_EXT_A_ELASTIC_LOW, t->elastic_low))
		return -EMSGSIZE;
	return 0;
}

static u32 mpath_group_in_use(const struct mpath_map *map)
{
	return rcu_access_pointer(map->snap) ? map->current_group + 1 : 0;
}

static int mpath_put_map(struct sk_buff *skb, struct mpath_map *map, u32 item)
{
	const struct mpath_resource *resource = map->resource;
	const struct mpath_conf *conf = map->conf;

	if (mpath_put_u64(skb, DM_MPATH_EXT_A_SEQ, resource->events) ||
	    mpath_put_u64(skb, DM_MPATH_EXT_A_SECTORS, map->ti->len) ||
	    nla_put_string(skb, DM_MPATH_EXT_A_STATE,
			   resource->active ? "active" : "suspended") ||
	    nla_put_u32(skb, DM_MPATH_EXT_A_GROUP, mpath_group_in_use(map)) ||
	    nla_put_u32(skb, DM_MPATH_EXT_A_GROUPS, conf->nr_groups) ||
	    nla_put_u32(skb, DM_MPATH_EXT_A_PATHS, conf->nr_paths) ||
	    nla_put_u32(skb, DM_MPATH_EXT_A_PATHS_USABLE,
			mpath_paths_usable(map, 0, conf->nr_paths)) ||
	    mpath_put_u64(skb, DM_MPATH_EXT_A_HELD_IOS, mpath_waiting(map)) ||
	    mpath_put_u64(skb, DM_MPATH_EXT_A_HELD_BYTES, READ_ONCE(map->held_bytes)) ||
	    mpath_put_text(skb, DM_MPATH_EXT_A_HANDLER, conf->handler[0] ? conf->handler : NULL))
		return -EMSGSIZE;
	return mpath_put_tunables(skb, &conf->t);
}

static u32 mpath_map_items(const struct mpath_map *map)
{
	return 1;
}

int mpath_dump_maps(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct mpath_dump dump = {
		.skb = skb, .cb = cb, .place = (struct mpath_dump_place *)cb->ctx,
		.cmd = DM_MPATH_EXT_CMD_MAP_GET, .items = mpath_map_items, .put = mpath_put_map,
	};

	return mpath_dump_run(&dump);
}

static int mpath_fill_map_reply(struct sk_buff *skb, struct genl_info *info,
				struct mpath_resource *resource)
{
	void *header = genlmsg_put_reply(skb, info, &mpath_netlink_family, 0,
					 DM_MPATH_EXT_CMD_MAP_GET);
	int ret = -EAGAIN;

	if (!header)
		return -EMSGSIZE;
	mutex_lock(&resource->lock);
	if (resource->table) {
		mpath_resource_renew_name(resource);
		ret = mpath_put_origin(skb, resource) ?: mpath_put_map(skb, resource->table, 0);
	}
	mutex_unlock(&resource->lock);
	genlmsg_end(skb, header);
	return ret;
}

/**
 * mpath_get_map() - answer a request for one map
 * @skb: the request
 * @info: the request, taken apart
 *
 * Return: 0 or -errno.
 */
int mpath_get_map(struct sk_buff *skb, struct genl_info *info)
{
	struct mpath_resource *resource;
	struct sk_buff *reply;
	int ret;

	if (!netlink_capable(skb, CAP_SYS_ADMIN))
		return -EPERM;
	ret = mpath_netlink_once(info->nlhdr, info->extack) ?:
	      mpath_netlink_need(info->attrs, DM_MPATH_EXT_A_MAP, info->extack);
	if (ret)
		return ret;
	reply = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	resource = mpath_netlink_map(info->attrs, info->extack);
	if (IS_ERR(resource)) {
		nlmsg_free(reply);
		return PTR_ERR(resource);
	}
	ret = mpath_fill_map_reply(reply, info, resource);
	mpath_resource_put(resource);
	if (!ret)
		return genlmsg_reply(reply, info);
	if (ret == -EAGAIN)
		tier_extack_set(info->extack, "the map has no table in use yet");
	nlmsg_free(reply);
	return ret;
}

/* -- groups -- */

static int mpath_put_group(struct sk_buff *skb, struct mpath_map *map, u32 g)
{
	const struct mpath_conf_group *conf = map->groups[g].conf;

	if (nla_put_u32(skb, DM_MPATH_EXT_A_GROUP, g + 1) ||
	    nla_put_string(skb, DM_MPATH_EXT_A_SELECTOR, mpath_selector_names[conf->selector]) ||
	    nla_put_u32(skb, DM_MPATH_EXT_A_DISABLED, map->groups[g].off) ||
	    nla_put_u32(skb, DM_MPATH_EXT_A_IN_USE, mpath_group_in_use(map) == g + 1) ||
	    nla_put_u32(skb, DM_MPATH_EXT_A_PATHS, conf->paths) ||
	    nla_put_u32(skb, DM_MPATH_EXT_A_PATHS_USABLE,
			mpath_paths_usable(map, conf->first, conf->paths)))
		return -EMSGSIZE;
	return 0;
}

static u32 mpath_group_items(const struct mpath_map *map)
{
	return map->conf->nr_groups;
}

int mpath_dump_groups(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct mpath_dump dump = {
		.skb = skb, .cb = cb, .place = (struct mpath_dump_place *)cb->ctx,
		.cmd = DM_MPATH_EXT_CMD_GROUP_GET, .items = mpath_group_items,
		.put = mpath_put_group,
	};

	return mpath_dump_run(&dump);
}

/* -- paths -- */

static bool mpath_path_in_use(const struct mpath_path *path)
{
	const struct mpath_snap *snap;
	u32 i;

	snap = rcu_dereference_protected(path->map->snap,
					 lockdep_is_held(&path->map->resource->lock));
	for (i = 0; snap && i < snap->nr; i++)
		if (snap->path[i] == path)
			return true;
	return false;
}

static int mpath_put_path_conf(struct sk_buff *skb, const struct mpath_path *path)
{
	if (nla_put_u32(skb, DM_MPATH_EXT_A_GROUP, path->group + 1) ||
	    nla_put_string(skb, DM_MPATH_EXT_A_DEV, path->dev->name) ||
	    nla_put_u32(skb, DM_MPATH_EXT_A_IN_USE, mpath_path_in_use(path)) ||
	    nla_put_string(skb, DM_MPATH_EXT_A_ROLE,
			   path->conf->standby ? "standby" : "active") ||
	    nla_put_u32(skb, DM_MPATH_EXT_A_WEIGHT, path->conf->weight) ||
	    nla_put_u32(skb, DM_MPATH_EXT_A_COST, path->conf->cost) ||
	    mpath_put_text(skb, DM_MPATH_EXT_A_ACCESS, mpath_alua_access(path)))
		return -EMSGSIZE;
	return 0;
}

static int mpath_put_spent(struct sk_buff *skb, const struct mpath_health *health, u64 now_ns)
{
	static const int attrs[MPATH_STATES] = {
		[MPATH_UP] = DM_MPATH_EXT_S_UP,
		[MPATH_SLOW] = DM_MPATH_EXT_S_SLOW,
		[MPATH_HUNG] = DM_MPATH_EXT_S_HUNG,
		[MPATH_FAILED] = DM_MPATH_EXT_S_FAILED,
		[MPATH_FOREIGN] = DM_MPATH_EXT_S_FOREIGN,
		[MPATH_OFF] = DM_MPATH_EXT_S_OFF,
	};
	struct nlattr *nest = nla_nest_start(skb, DM_MPATH_EXT_A_SPENT_MS);
	enum mpath_state state;

	if (!nest)
		return -EMSGSIZE;
	for (state = 0; state < MPATH_STATES; state++) {
		u64 spent = mpath_health_spent(health, state, now_ns);

		/* the message is taken back as a whole if this does not fit */
		if (nla_put_u64_64bit(skb, attrs[state], div_u64(spent, NSEC_PER_MSEC),
				      DM_MPATH_EXT_S_PAD))
			return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static int mpath_put_health(struct sk_buff *skb, const struct mpath_path *path)
{
	const struct mpath_health *health = &path->record->health;
	u64 now_ns = ktime_get_ns();

	if (nla_put_string(skb, DM_MPATH_EXT_A_STATE, mpath_state_names[health->state]) ||
	    mpath_put_u64(skb, DM_MPATH_EXT_A_SINCE_MS,
			  div_u64(now_ns - health->since_ns, NSEC_PER_MSEC)) ||
	    nla_put_u32(skb, DM_MPATH_EXT_A_FLAPPING, mpath_flapping(health)) ||
	    nla_put_u32(skb, DM_MPATH_EXT_A_FAILS, health->fails) ||
	    mpath_put_u64(skb, DM_MPATH_EXT_A_LATENCY_NS, READ_ONCE(path->record->average)) ||
	    mpath_put_u64(skb, DM_MPATH_EXT_A_IN_FLIGHT, mpath_io_in_flight(path)))
		return -EMSGSIZE;
	return mpath_put_spent(skb, health, now_ns);
}

static int mpath_put_histogram(struct sk_buff *skb, int attr, const u64 *buckets)
{
	BUILD_BUG_ON(MPATH_BUCKETS != DM_MPATH_EXT_BUCKETS);
	BUILD_BUG_ON(MPATH_BUCKET_SHIFT != DM_MPATH_EXT_BUCKET_SHIFT);

	return nla_put_64bit(skb, attr, MPATH_BUCKETS * sizeof(*buckets), buckets,
			     DM_MPATH_EXT_A_PAD);
}

static int mpath_put_counts(struct sk_buff *skb, const struct mpath_record *record)
{
	struct mpath_counts sum;

	mpath_record_sum(record, &sum);
	if (mpath_put_u64(skb, DM_MPATH_EXT_A_READ_IOS, sum.ios[0]) ||
	    mpath_put_u64(skb, DM_MPATH_EXT_A_WRITE_IOS, sum.ios[1]) ||
	    mpath_put_u64(skb, DM_MPATH_EXT_A_READ_SECTORS, sum.sectors[0]) ||
	    mpath_put_u64(skb, DM_MPATH_EXT_A_WRITE_SECTORS, sum.sectors[1]) ||
	    mpath_put_u64(skb, DM_MPATH_EXT_A_READ_NS, sum.latency_ns[0]) ||
	    mpath_put_u64(skb, DM_MPATH_EXT_A_WRITE_NS, sum.latency_ns[1]) ||
	    mpath_put_u64(skb, DM_MPATH_EXT_A_ERRORS, sum.errors) ||
	    mpath_put_u64(skb, DM_MPATH_EXT_A_RETRIES, sum.retries) ||
	    mpath_put_u64(skb, DM_MPATH_EXT_A_HEDGES_SENT, sum.hedges_sent) ||
	    mpath_put_u64(skb, DM_MPATH_EXT_A_HEDGES_WON, sum.hedges_won) ||
	    mpath_put_histogram(skb, DM_MPATH_EXT_A_READ_LATENCY, sum.buckets[0]) ||
	    mpath_put_histogram(skb, DM_MPATH_EXT_A_WRITE_LATENCY, sum.buckets[1]))
		return -EMSGSIZE;
	return 0;
}

int mpath_put_record(struct sk_buff *skb, const struct mpath_record *record)
{
	if (nla_put_string(skb, DM_MPATH_EXT_A_DEV, record->id) ||
	    nla_put_u32(skb, DM_MPATH_EXT_A_COST, record->cost) ||
	    mpath_put_spent(skb, &record->health, record->left_ns ?: ktime_get_ns()))
		return -EMSGSIZE;
	return mpath_put_counts(skb, record);
}

static int mpath_put_path(struct sk_buff *skb, struct mpath_map *map, u32 p)
{
	const struct mpath_path *path = &map->paths[p];

	if (mpath_put_path_conf(skb, path) || mpath_put_health(skb, path) ||
	    mpath_put_counts(skb, path->record))
		return -EMSGSIZE;
	return 0;
}

static u32 mpath_path_items(const struct mpath_map *map)
{
	return map->conf->nr_paths;
}

/* -- paths that have left the table -- */

static bool mpath_former(const struct mpath_record *record)
{
	return record->joined && record->left_ns;
}

static u32 mpath_former_items(const struct mpath_map *map)
{
	const struct mpath_record *record;
	u32 items = 0;

	list_for_each_entry(record, &map->resource->records, list)
		items += mpath_former(record);
	return items;
}

static int mpath_put_former(struct sk_buff *skb, struct mpath_map *map, u32 item)
{
	const struct mpath_record *record;

	list_for_each_entry(record, &map->resource->records, list) {
		if (!mpath_former(record) || item--)
			continue;
		return nla_put_u32(skb, DM_MPATH_EXT_A_GROUP, 0) ?: mpath_put_record(skb, record);
	}
	return 0;
}

int mpath_dump_paths(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct mpath_dump dump = {
		.skb = skb, .cb = cb, .place = (struct mpath_dump_place *)cb->ctx,
		.cmd = DM_MPATH_EXT_CMD_PATH_GET, .items = mpath_path_items, .put = mpath_put_path,
	};
	struct nlattr *group = tier_dump_attrs(cb)[DM_MPATH_EXT_A_GROUP];

	if (group && nla_get_u32(group)) {
		NL_SET_BAD_ATTR(cb->extack, group);
		tier_extack_set(cb->extack, "group must be 0: paths that have left the table");
		return -EINVAL;
	}
	if (group) {
		dump.items = mpath_former_items;
		dump.put = mpath_put_former;
	}
	return mpath_dump_run(&dump);
}
