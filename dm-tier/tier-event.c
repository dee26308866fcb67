// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events to the netlink group.
 *
 * Every event takes a number, also one that nobody listens to or that memory
 * was too short for, and events of a pool are sent in the order of their
 * numbers: so a gap in what a listener gets is an event that it lost.
 */
#include <linux/ktime.h>
#include <linux/mutex.h>

#include "tier-event.h"
#include "tier-netlink.h"

/* keeps numbers and sending in one order; innermost of all mutexes */
static DEFINE_MUTEX(tier_event_lock);

static int tier_put_dev(struct sk_buff *skb, int attr, const struct tier_member *member)
{
	return tier_put_text(skb, attr, member ? member->name : NULL);
}

static int tier_event_put_origin(struct sk_buff *skb, const struct tier_pool *pool, u64 seq,
				 const struct tier_event *event)
{
	if (nla_put_string(skb, DM_TIER_A_EVENT, event->name) ||
	    nla_put_string(skb, DM_TIER_A_POOL, pool->name) ||
	    nla_put(skb, DM_TIER_A_POOL_UUID, TIER_UUID_LEN, pool->meta.super.uuid) ||
	    tier_put_u64(skb, DM_TIER_A_SEQ, seq) ||
	    tier_put_u64(skb, DM_TIER_A_TIME_NS, ktime_get_real_ns()))
		return -EMSGSIZE;
	return 0;
}

static int tier_event_put_what(struct sk_buff *skb, const struct tier_event *event)
{
	if (event->lun != TIER_EVENT_NO_LUN && nla_put_u32(skb, DM_TIER_A_LUN, event->lun))
		return -EMSGSIZE;
	if (event->logical != TIER_EVENT_NO_LOGICAL &&
	    tier_put_u64(skb, DM_TIER_A_LOGICAL, event->logical))
		return -EMSGSIZE;
	if (tier_put_text(skb, DM_TIER_A_TIER, event->tier) ||
	    tier_put_text(skb, DM_TIER_A_FROM, event->from) ||
	    tier_put_text(skb, DM_TIER_A_TO, event->to) ||
	    tier_put_dev(skb, DM_TIER_A_DEV, event->dev) ||
	    tier_put_dev(skb, DM_TIER_A_FROM_DEV, event->from_dev) ||
	    tier_put_dev(skb, DM_TIER_A_TO_DEV, event->to_dev))
		return -EMSGSIZE;
	return 0;
}

static int tier_event_put_words(struct sk_buff *skb, const struct tier_event *event)
{
	if (tier_put_text(skb, DM_TIER_A_STATE, event->state) ||
	    tier_put_text(skb, DM_TIER_A_MODE, event->mode) ||
	    tier_put_text(skb, DM_TIER_A_KEY, event->key) ||
	    tier_put_text(skb, DM_TIER_A_VALUE, event->value) ||
	    tier_put_text(skb, DM_TIER_A_REASON, event->reason))
		return -EMSGSIZE;
	return 0;
}

static int tier_event_put_figures(struct sk_buff *skb, const struct tier_pool *pool,
				  const struct tier_event *event)
{
	if (event->has_iops && tier_put_u64(skb, DM_TIER_A_IOPS, event->iops))
		return -EMSGSIZE;
	if (event->has_space && (tier_put_u64(skb, DM_TIER_A_USED, event->used) ||
				 tier_put_u64(skb, DM_TIER_A_TOTAL, event->total)))
		return -EMSGSIZE;
	if (event->has_evac && (tier_put_u64(skb, DM_TIER_A_EVAC_TOTAL, event->evac_total) ||
				tier_put_u64(skb, DM_TIER_A_EVAC_LEFT, event->evac_left)))
		return -EMSGSIZE;
	if (event->has_sectors && tier_put_u64(skb, DM_TIER_A_SECTORS, event->sectors))
		return -EMSGSIZE;
	if (event->usage && (tier_put_u64(skb, DM_TIER_A_GENERATION, pool->generation) ||
			     tier_put_last_usage(skb, pool, event->usage)))
		return -EMSGSIZE;
	if (event->error && nla_put_u32(skb, DM_TIER_A_ERROR, event->error))
		return -EMSGSIZE;
	return 0;
}

static int tier_event_fill(struct sk_buff *skb, const struct tier_pool *pool, u64 seq,
			   const struct tier_event *event)
{
	void *header = genlmsg_put(skb, 0, 0, &tier_netlink_family, 0, DM_TIER_CMD_EVENT);

	if (!header || tier_event_put_origin(skb, pool, seq, event) ||
	    tier_event_put_what(skb, event) || tier_event_put_words(skb, event) ||
	    tier_event_put_figures(skb, pool, event))
		return -EMSGSIZE;
	genlmsg_end(skb, header);
	return 0;
}

static bool tier_event_wanted(void)
{
	return genl_has_listeners(&tier_netlink_family, &init_net, TIER_GROUP_EVENTS);
}

/**
 * tier_event_send() - tell the listeners what has happened
 * @pool: where
 * @event: what; nothing of it is kept
 */
void tier_event_send(struct tier_pool *pool, const struct tier_event *event)
{
	struct sk_buff *skb = NULL;
	u64 seq;

	if (tier_event_wanted())
		skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_NOIO);
	mutex_lock(&tier_event_lock);
	seq = atomic64_inc_return(&pool->event_seq);
	if (skb && !tier_event_fill(skb, pool, seq, event)) {
		genlmsg_multicast(&tier_netlink_family, skb, 0, TIER_GROUP_EVENTS, GFP_NOIO);
		skb = NULL;
	}
	mutex_unlock(&tier_event_lock);
	nlmsg_free(skb);
}
