/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the netlink family share; nobody else's business.
 */
#ifndef TIER_NETLINK_H
#define TIER_NETLINK_H

#include <net/genetlink.h>

#include "../uapi/linux/dm_tier.h"
#include "tier-pool.h"

#define TIER_NAMES_LEN	(TIER_MAX_TIERS * TIER_NAME_LEN)	/* of all tiers, with commas */

/* the highest that any request has; attributes it may not have are NULL in its array */
#define TIER_REQUEST_ATTR_MAX	DM_TIER_A_VALUE

enum tier_netlink_group { TIER_GROUP_EVENTS };

extern struct genl_family tier_netlink_family;

/**
 * tier_netlink_need() - check that a request has an attribute
 * @attrs: of the request
 * @attr: DM_TIER_A_*
 * @extack: told what is missing
 * Return: 0 or -EINVAL.
 */
int tier_netlink_need(struct nlattr **attrs, int attr, struct netlink_ext_ack *extack);

/**
 * tier_netlink_once() - check that a request has no attribute twice
 * @request: with attributes that were checked against their policy
 * @extack: told which one it has twice
 * Return: 0 or -EINVAL.
 */
int tier_netlink_once(const struct nlmsghdr *request, struct netlink_ext_ack *extack);

/**
 * tier_netlink_pool() - the pool that a request names
 * @attrs: of the request, with DM_TIER_A_POOL
 * @extack: told if there is none
 * Return: the pool with a reference, or ERR_PTR(-ENODEV).
 */
struct tier_pool *tier_netlink_pool(struct nlattr **attrs, struct netlink_ext_ack *extack);

/* DM_TIER_A_USAGE for each tier, of a LUN that holds nothing any more; -EMSGSIZE */
int tier_put_last_usage(struct sk_buff *skb, const struct tier_pool *pool,
			const struct tier_usage *usage);

static inline int tier_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, DM_TIER_A_PAD);
}

/* a string that may be absent */
static inline int tier_put_text(struct sk_buff *skb, int attr, const char *text)
{
	return text ? nla_put_string(skb, attr, text) : 0;
}

#endif
