/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads of the netlink family: maps, groups and paths.
 *
 * A dump goes through the maps in the order in which they came and through a map's
 * groups or paths in the order of its table. Its place is kept as these two
 * numbers; if maps or tables come or go between two messages they carry
 * NLM_F_DUMP_INTR.
 */
#ifndef MPATH_NETLINK_DUMP_H
#define MPATH_NETLINK_DUMP_H

struct genl_info;
struct mpath_record;
struct netlink_callback;
struct sk_buff;

/* callbacks of the family's operations */
int mpath_dump_start(struct netlink_callback *cb);
int mpath_dump_maps(struct sk_buff *skb, struct netlink_callback *cb);
int mpath_dump_groups(struct sk_buff *skb, struct netlink_callback *cb);
int mpath_dump_paths(struct sk_buff *skb, struct netlink_callback *cb);
int mpath_get_map(struct sk_buff *skb, struct genl_info *info);

/* what a path has done, as far as it is the record's; -EMSGSIZE if it does not fit */
int mpath_put_record(struct sk_buff *skb, const struct mpath_record *record);

#endif
