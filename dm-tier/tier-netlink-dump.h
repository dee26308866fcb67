/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dumps of the netlink family: pools, tiers, devices and LUNs, and the frame
 * that the long ones (tier-netlink-map.c) hang in.
 *
 * A dump goes through the pools in the order of their metadata devices' numbers
 * and through a pool's items in the order of their indices. Its place is kept
 * as these two numbers, so whatever comes or goes between two messages, the
 * rest is neither skipped nor told twice; and if something did, the messages
 * carry NLM_F_DUMP_INTR.
 */
#ifndef TIER_NETLINK_DUMP_H
#define TIER_NETLINK_DUMP_H

#include "tier-netlink.h"

/**
 * struct tier_dump_place - where a dump is; all that is kept between messages
 * @pool: metadata device's number of the pool to go on with, or of a later one
 * @item: in that pool
 * @begun: the request was found to make sense
 * @ended: nothing is left
 */
struct tier_dump_place {
	u64 pool;
	u64 item;
	bool begun;
	bool ended;
};

/**
 * struct tier_dump - one call of a dump, which fills one message buffer
 * @skb: to fill
 * @cb: netlink's view of the dump
 * @attrs: of the request, checked against its policy
 * @lun: the one LUN that is asked for, or NULL
 * @place: where it is
 * @pool: the pool at hand
 * @put: puts what is at @place, see tier_dump_run()
 * @state: of @put, for this call alone
 */
struct tier_dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
	struct nlattr **attrs;
	struct nlattr *lun;
	struct tier_dump_place *place;
	struct tier_pool *pool;
	int (*put)(struct tier_dump *dump);
	void *state;
};

/**
 * tier_dump_run() - fill one buffer
 * @skb: to fill
 * @cb: of the dump
 * @put: called again and again with the lock of a loaded pool held. Does a
 *	bounded piece of work and moves the place on. Returns 1 to be called
 *	again, 0 when the pool has no more, -EMSGSIZE when the buffer is full and
 *	the place is that of what did not fit, or another error to end the dump.
 * @state: for @put
 * Return: as a dump's callback does.
 */
int tier_dump_run(struct sk_buff *skb, struct netlink_callback *cb,
		  int (*put)(struct tier_dump *dump), void *state);

/* start of a message, or NULL if it does not fit */
void *tier_dump_message(struct tier_dump *dump, u8 cmd);
/* its end if @ret is 0, else take it back; returns @ret */
int tier_dump_message_end(struct tier_dump *dump, void *header, int ret);

/* the LUN to tell about next, from id @place->item on, or NULL; pool->lock held */
struct tier_lun *tier_dump_next_lun(struct tier_dump *dump);

/* callbacks of the family's operations */
int tier_dump_start(struct netlink_callback *cb);
int tier_dump_pools(struct sk_buff *skb, struct netlink_callback *cb);
int tier_dump_tiers(struct sk_buff *skb, struct netlink_callback *cb);
int tier_dump_devs(struct sk_buff *skb, struct netlink_callback *cb);
int tier_dump_luns(struct sk_buff *skb, struct netlink_callback *cb);
int tier_get_pool(struct sk_buff *skb, struct genl_info *info);
/* tier-netlink-map.c */
int tier_dump_heat(struct sk_buff *skb, struct netlink_callback *cb);
int tier_dump_extents(struct sk_buff *skb, struct netlink_callback *cb);

#endif
