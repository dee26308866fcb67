/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generic netlink family dm_mpath_ext: what its files share, and what the rest
 * of the module has to tell it.
 */
#ifndef MPATH_NETLINK_H
#define MPATH_NETLINK_H

#include <net/genetlink.h>

#include "../uapi/linux/dm_mpath_ext.h"
#include "mpath-map.h"

/* the highest that any request has; attributes it may not have are NULL in its array */
#define MPATH_REQUEST_ATTR_MAX	DM_MPATH_EXT_A_VALUE

enum mpath_netlink_group { MPATH_GROUP_EVENTS };

extern struct genl_family mpath_netlink_family;

/* register and unregister the family, as the module comes and goes */
int mpath_netlink_init(void);
void mpath_netlink_exit(void);

/**
 * mpath_netlink_changed() - a list that dumps go through has changed
 *
 * To be called after a table has come into use or before one is taken apart: dumps
 * under way then tell their readers that what they read may be of two moments. Any
 * context.
 */
void mpath_netlink_changed(void);

/* -- requests -- */

/* has the request this attribute? 0, or -EINVAL after telling @extack */
int mpath_netlink_need(struct nlattr **attrs, int attr, struct netlink_ext_ack *extack);
/* has it every attribute once only? 0, or -EINVAL after telling @extack */
int mpath_netlink_once(const struct nlmsghdr *request, struct netlink_ext_ack *extack);

/**
 * mpath_netlink_map() - the map that a request names
 * @attrs: of the request, with DM_MPATH_EXT_A_MAP
 * @extack: told if there is none
 *
 * Return: a reference to its resource, or ERR_PTR(-ENODEV).
 */
struct mpath_resource *mpath_netlink_map(struct nlattr **attrs, struct netlink_ext_ack *extack);

/* -- replies; -EMSGSIZE if something does not fit -- */

/* which map it is, and its epoch; the resource's lock is held, and it has a table */
int mpath_put_origin(struct sk_buff *skb, const struct mpath_resource *resource);

static inline int mpath_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, DM_MPATH_EXT_A_PAD);
}

/* a string that may be absent */
static inline int mpath_put_text(struct sk_buff *skb, int attr, const char *text)
{
	return text ? nla_put_string(skb, attr, text) : 0;
}

#endif
