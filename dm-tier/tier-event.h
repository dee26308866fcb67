/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events to the netlink group. Senders fill in what they know; zero, NULL,
 * TIER_NONE and ~0ULL mean "not there". May sleep (GFP_NOIO); a listener that
 * is too slow loses events, which its sequence shows, never holds the pool up.
 */
#ifndef TIER_EVENT_H
#define TIER_EVENT_H

#include <linux/types.h>

struct tier_pool;
struct tier_member;
struct tier_usage;

#define TIER_EVENT_NO_LUN	(~0U)
#define TIER_EVENT_NO_LOGICAL	(~0ULL)

struct tier_event {
	const char *name;	/* value of DM_TIER_A_EVENT */
	u32 lun;		/* TIER_EVENT_NO_LUN: none */
	u64 logical;		/* TIER_EVENT_NO_LOGICAL: none */
	const char *tier;
	const char *from;
	const char *to;
	const struct tier_member *dev;
	const struct tier_member *from_dev;
	const struct tier_member *to_dev;
	const char *state;
	const char *reason;
	const char *key;
	const char *value;
	const char *mode;
	bool has_iops, has_space, has_evac, has_sectors;
	u64 iops;
	u64 used, total;
	u64 evac_total, evac_left;
	u64 sectors;
	const struct tier_usage *usage;	/* by tier id */
	int error;		/* positive errno, 0: none */
};

#define TIER_EVENT(n) \
	{ .name = (n), .lun = TIER_EVENT_NO_LUN, .logical = TIER_EVENT_NO_LOGICAL }

/* send @event, of which nothing is kept, to the listeners; may sleep, never fails */
void tier_event_send(struct tier_pool *pool, const struct tier_event *event);

/* register and unregister the family, as the module comes and goes */
int tier_netlink_init(void);
void tier_netlink_exit(void);

/**
 * tier_netlink_changed() - a list that dumps go through has changed
 * To be called after a pool was loaded or unloaded, after a LUN, member or tier
 * came or went: dumps under way then tell their readers that what they read may
 * be of two moments. Any context.
 */
void tier_netlink_changed(void);

#endif
