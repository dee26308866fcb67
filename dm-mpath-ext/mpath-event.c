// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to maps, paths and groups, told to whoever listens.
 *
 * Every event takes a number, also one that nobody listens to or that memory was
 * too short for: so a gap in what a listener gets is an event that it lost.
 */
#include "mpath-event.h"
#include "mpath-netlink.h"
#include "mpath-netlink-dump.h"
#include "mpath-resource.h"

static const char *const mpath_event_names[MPATH_EVENTS] = {
	[MPATH_EVENT_PATH_UP] = "path-up",
	[MPATH_EVENT_PATH_FAILED] = "path-failed",
	[MPATH_EVENT_PATH_SLOW] = "path-slow",
	[MPATH_EVENT_PATH_HUNG] = "path-hung",
	[MPATH_EVENT_PATH_FOREIGN] = "path-foreign",
	[MPATH_EVENT_PATH_FLAPPING] = "path-flapping",
	[MPATH_EVENT_GROUP_SWITCHED] = "group-switched",
	[MPATH_EVENT_NO_PATH] = "no-path",
	[MPATH_EVENT_QUEUE_TIMEOUT] = "queue-timeout",
	[MPATH_EVENT_POLICY] = "policy",
	[MPATH_EVENT_MAP_RESUMED] = "map-resumed",
	[MPATH_EVENT_PATH_REMOVED] = "path-removed",
	[MPATH_EVENT_MAP_REMOVED] = "map-removed",
};

/**
 * struct mpath_news - one event; what is zero or NULL does not come with it
 * @event: which
 * @map: table of the map, for what it has of settings
 * @path: that it is about
 * @record: of a path that ends
 * @group: number, from 1
 * @from: that of the group before
 * @key: of a setting
 * @value: its value
 * @why: in words
 */
struct mpath_news {
	enum mpath_event event;
	const struct mpath_map *map;
	const struct mpath_path *path;
	const struct mpath_record *record;
	u32 group;
	u32 from;
	const char *key;
	const char *value;
	const char *why;
};

/* -- the message -- */

static int mpath_event_put_origin(struct sk_buff *skb, const struct mpath_resource *resource,
				  const struct mpath_news *news)
{
	if (nla_put_string(skb, DM_MPATH_EXT_A_EVENT, mpath_event_names[news->event]) ||
	    mpath_put_origin(skb, resource) ||
	    mpath_put_u64(skb, DM_MPATH_EXT_A_SEQ, resource->events) ||
	    mpath_put_u64(skb, DM_MPATH_EXT_A_TIME_NS, ktime_get_real_ns()))
		return -EMSGSIZE;
	return 0;
}

static int mpath_event_put_path(struct sk_buff *skb, const struct mpath_news *news)
{
	const struct mpath_path *path = news->path;

	if (nla_put_string(skb, DM_MPATH_EXT_A_DEV, path->dev->name))
		return -EMSGSIZE;
	if (news->event == MPATH_EVENT_POLICY)
		return 0;
	if (nla_put_u32(skb, DM_MPATH_EXT_A_GROUP, path->group + 1) ||
	    nla_put_string(skb, DM_MPATH_EXT_A_STATE,
			   mpath_state_names[path->record->health.state]))
		return -EMSGSIZE;
	if (news->event == MPATH_EVENT_PATH_SLOW)
		return mpath_put_u64(skb, DM_MPATH_EXT_A_LATENCY_NS,
				     READ_ONCE(path->record->average));
	return 0;
}

static int mpath_event_put_words(struct sk_buff *skb, const struct mpath_news *news)
{
	if ((news->from && nla_put_u32(skb, DM_MPATH_EXT_A_FROM_GROUP, news->from)) ||
	    (news->group && nla_put_u32(skb, DM_MPATH_EXT_A_GROUP, news->group)) ||
	    mpath_put_text(skb, DM_MPATH_EXT_A_KEY, news->key) ||
	    mpath_put_text(skb, DM_MPATH_EXT_A_VALUE, news->value) ||
	    mpath_put_text(skb, DM_MPATH_EXT_A_REASON, news->why))
		return -EMSGSIZE;
	return 0;
}

static int mpath_event_put_queue(struct sk_buff *skb, const struct mpath_news *news)
{
	const struct mpath_tunables *t = &news->map->conf->t;

	if (news->event == MPATH_EVENT_NO_PATH && nla_put_u32(skb, DM_MPATH_EXT_A_QUEUE, t->queue))
		return -EMSGSIZE;
	return nla_put_u32(skb, DM_MPATH_EXT_A_QUEUE_TIMEOUT, t->queue_seconds);
}

static int mpath_event_fill(struct sk_buff *skb, const struct mpath_resource *resource,
			    const struct mpath_news *news)
{
	void *header = genlmsg_put(skb, 0, 0, &mpath_netlink_family, 0, DM_MPATH_EXT_CMD_EVENT);

	if (!header || mpath_event_put_origin(skb, resource, news) ||
	    (news->path && mpath_event_put_path(skb, news)) ||
	    (news->record && mpath_put_record(skb, news->record)) ||
	    mpath_event_put_words(skb, news))
		return -EMSGSIZE;
	if ((news->event == MPATH_EVENT_NO_PATH || news->event == MPATH_EVENT_QUEUE_TIMEOUT) &&
	    mpath_event_put_queue(skb, news))
		return -EMSGSIZE;
	genlmsg_end(skb, header);
	return 0;
}

static void mpath_event_send(struct mpath_resource *resource, const struct mpath_news *news)
{
	struct sk_buff *skb;

	lockdep_assert_held(&resource->lock);
	resource->events++;
	mpath_resource_renew_name(resource);
	if (!genl_has_listeners(&mpath_netlink_family, &init_net, MPATH_GROUP_EVENTS))
		return;
	/* memory may come from I/O on this very map, which waits for the change told of */
	skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_NOWAIT | __GFP_NOWARN);
	if (!skb)
		return;
	if (mpath_event_fill(skb, resource, news))
		nlmsg_free(skb);
	else
		genlmsg_multicast(&mpath_netlink_family, skb, 0, MPATH_GROUP_EVENTS,
				  GFP_NOWAIT | __GFP_NOWARN);
}

/* -- the events -- */

void mpath_event(struct mpath_map *map, const struct mpath_path *path, enum mpath_event event,
		 const char *why)
{
	struct mpath_news news = {
		.event = event, .map = map, .path = path, .why = *why ? why : NULL,
	};

	mpath_event_send(map->resource, &news);
	dm_table_event(map->ti->table);
}

void mpath_event_group(struct mpath_map *map, u32 from, const char *why)
{
	struct mpath_news news = {
		.event = MPATH_EVENT_GROUP_SWITCHED, .map = map, .why = why,
		.group = map->current_group + 1, .from = from + 1,
	};

	mpath_event_send(map->resource, &news);
	dm_table_event(map->ti->table);
}

void mpath_event_policy(struct mpath_map *map, const struct mpath_path *path, u32 group,
			const char *key, const char *value)
{
	struct mpath_news news = {
		.event = MPATH_EVENT_POLICY, .map = map, .path = path, .group = group,
		.key = key, .value = value,
	};

	mpath_event_send(map->resource, &news);
}

void mpath_event_path_removed(struct mpath_resource *resource, const struct mpath_record *record)
{
	struct mpath_news news = { .event = MPATH_EVENT_PATH_REMOVED, .record = record };

	mpath_event_send(resource, &news);
}

void mpath_event_removed(struct mpath_resource *resource)
{
	struct mpath_news news = { .event = MPATH_EVENT_MAP_REMOVED };

	mpath_event_send(resource, &news);
}
