// SPDX-License-Identifier: GPL-2.0-only
/* What the family dm_tier is asked for; what it answers is libdmtier-decode.c's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libdmtier-private.h"

#define EXTENT_WINDOW	262144	/* extents asked for at once: 8 MiB of replies */

/* what the objects of a request are named by; zero means not said */
struct words {
	const char *pool;
	const char *tier;
	const char *dev;
	const char *key;
	const char *value;
	bool has_lun, has_sectors, has_range;
	uint32_t lun;
	uint64_t sectors, start, count;
};

static int put_words(struct nl_msg *msg, const void *words)
{
	const struct words *w = words;
	int err = 0;

	err |= dmtier_put_string(msg, DM_TIER_A_POOL, w->pool);
	err |= dmtier_put_string(msg, DM_TIER_A_TIER, w->tier);
	err |= dmtier_put_string(msg, DM_TIER_A_DEV, w->dev);
	err |= dmtier_put_string(msg, DM_TIER_A_KEY, w->key);
	err |= dmtier_put_string(msg, DM_TIER_A_VALUE, w->value);
	if (w->has_lun)
		err |= nla_put_u32(msg, DM_TIER_A_LUN, w->lun);
	if (w->has_sectors)
		err |= nla_put_u64(msg, DM_TIER_A_SECTORS, w->sectors);
	if (w->has_range) {
		err |= nla_put_u64(msg, DM_TIER_A_START, w->start);
		err |= nla_put_u64(msg, DM_TIER_A_COUNT, w->count);
	}
	return err;
}

static const struct dmtier_family dmtier_tier_family = {
	.name = DM_TIER_FAMILY_NAME,
	.version = DM_TIER_FAMILY_VERSION,
	.what = "the pool",
	.put_words = put_words,
	.group = DM_TIER_MCGRP_EVENTS,
	.event_cmd = DM_TIER_CMD_EVENT,
	.event_size = sizeof(struct dmtier_event),
	.decode_event = dmtier_decode_event,
};

int dmtier_open(struct dmtier **handle)
{
	return dmtier_connect(&dmtier_tier_family, handle);
}

static int ask(struct dmtier *h, int cmd, const struct words *w, dmtier_decode_fn decode,
	       struct dmtier_list *list)
{
	const struct dmtier_request r = { &dmtier_tier_family, cmd, w, decode, list };

	return dmtier_ask(h, &r, NLM_F_ACK);
}

static int dump(struct dmtier *h, int cmd, const struct words *w, dmtier_decode_fn decode,
		struct dmtier_list *list)
{
	const struct dmtier_request r = { &dmtier_tier_family, cmd, w, decode, list };

	return dmtier_dump(h, &r);
}

static struct words filter(const char *pool, uint32_t lun)
{
	return (struct words){
		.pool = pool, .lun = lun, .has_lun = lun != DMTIER_ANY_LUN,
	};
}

int dmtier_pools(struct dmtier *h, const char *pool, dmtier_pool_fn fn, void *arg)
{
	struct dmtier_list list = { .size = sizeof(struct dmtier_pool) };
	struct words w = filter(pool, DMTIER_ANY_LUN);
	int err;

	if (pool)
		err = ask(h, DM_TIER_CMD_POOL_GET, &w, dmtier_decode_pool, &list);
	else
		err = dump(h, DM_TIER_CMD_POOL_GET, &w, dmtier_decode_pool, &list);
	DMTIER_FOR_EACH(list, struct dmtier_pool, fn, arg, err);
	return err;
}

int dmtier_tiers(struct dmtier *h, const char *pool, dmtier_tier_fn fn, void *arg)
{
	struct dmtier_list list = { .size = sizeof(struct dmtier_tier) };
	struct words w = filter(pool, DMTIER_ANY_LUN);
	int err = dump(h, DM_TIER_CMD_TIER_GET, &w, dmtier_decode_tier, &list);

	DMTIER_FOR_EACH(list, struct dmtier_tier, fn, arg, err);
	return err;
}

int dmtier_devs(struct dmtier *h, const char *pool, dmtier_dev_fn fn, void *arg)
{
	struct dmtier_list list = { .size = sizeof(struct dmtier_dev) };
	struct words w = filter(pool, DMTIER_ANY_LUN);
	int err = dump(h, DM_TIER_CMD_DEV_GET, &w, dmtier_decode_dev, &list);

	DMTIER_FOR_EACH(list, struct dmtier_dev, fn, arg, err);
	return err;
}

int dmtier_luns(struct dmtier *h, const char *pool, uint32_t lun, dmtier_lun_fn fn, void *arg)
{
	struct dmtier_list list = { .size = sizeof(struct dmtier_lun) };
	struct words w = filter(pool, lun);
	int err = dump(h, DM_TIER_CMD_LUN_GET, &w, dmtier_decode_lun, &list);

	DMTIER_FOR_EACH(list, struct dmtier_lun, fn, arg, err);
	return err;
}

int dmtier_heats(struct dmtier *h, const char *pool, uint32_t lun, dmtier_heat_fn fn, void *arg)
{
	struct dmtier_list list = { .size = sizeof(struct dmtier_heat) };
	struct words w = filter(pool, lun);
	int err = dump(h, DM_TIER_CMD_HEAT_GET, &w, dmtier_decode_heat, &list);

	DMTIER_FOR_EACH(list, struct dmtier_heat, fn, arg, err);
	return err;
}

/* logical extents that the LUN has, mapped or not */
static int lun_extents(struct dmtier *h, const char *pool, uint32_t lun, uint64_t *extents)
{
	struct dmtier_pool p;
	struct dmtier_lun l;
	int err = dmtier_pool_get(h, pool, &p);

	if (!err)
		err = dmtier_lun_get(h, pool, lun, &l);
	if (err)
		return err;
	if (!p.extent_sectors)
		return dmtier_fail(h, -EBADMSG, "pool '%s' told no extent size", pool);
	*extents = l.sectors / p.extent_sectors + !!(l.sectors % p.extent_sectors);
	return 0;
}

/* in windows: memory stays bounded, and a change restarts only one of them */
int dmtier_extents(struct dmtier *h, const char *pool, uint32_t lun, uint64_t start,
		   uint64_t count, dmtier_extent_fn fn, void *arg)
{
	struct words w = filter(pool, lun);
	uint64_t extents, end;
	int err = lun_extents(h, pool, lun, &extents);

	end = err || start > extents ? start : extents;
	if (end - start > count)
		end = start + count;
	w.has_range = true;
	for (w.start = start; !err && w.start < end; w.start += w.count) {
		struct dmtier_list list = { .size = sizeof(struct dm_tier_extent_info) };

		w.count = end - w.start < EXTENT_WINDOW ? end - w.start : EXTENT_WINDOW;
		err = dump(h, DM_TIER_CMD_EXTENT_GET, &w, dmtier_decode_extents, &list);
		DMTIER_FOR_EACH(list, struct dm_tier_extent_info, fn, arg, err);
	}
	return err;
}

static int keep_pool(const struct dmtier_pool *pool, void *arg)
{
	*(struct dmtier_pool *)arg = *pool;
	return 0;
}

int dmtier_pool_get(struct dmtier *h, const char *pool, struct dmtier_pool *out)
{
	int err;

	out->name[0] = 0;
	err = dmtier_pools(h, pool, keep_pool, out);
	if (err == -ENOENT || err == -ENODEV || (!err && !out->name[0]))
		return dmtier_fail(h, -ENOENT, "no pool '%s'", pool);
	return err;
}

static int keep_lun(const struct dmtier_lun *lun, void *arg)
{
	*(struct dmtier_lun *)arg = *lun;
	return 0;
}

int dmtier_lun_get(struct dmtier *h, const char *pool, uint32_t lun, struct dmtier_lun *out)
{
	int err;

	out->pool[0] = 0;
	err = dmtier_luns(h, pool, lun, keep_lun, out);
	if (err == -ENOENT || (!err && !out->pool[0]))
		return dmtier_fail(h, -ENOENT, "no LUN %u in pool '%s'", lun, pool);
	return err;
}

struct dev_search {
	const char *dev;
	struct dmtier_dev *out;
	bool found;
};

static int keep_dev(const struct dmtier_dev *dev, void *arg)
{
	struct dev_search *s = arg;

	if (!strcmp(dev->dev, s->dev)) {
		*s->out = *dev;
		s->found = true;
	}
	return 0;
}

int dmtier_dev_get(struct dmtier *h, const char *pool, const char *dev, struct dmtier_dev *out)
{
	char number[DMTIER_DEV_LEN];
	struct dev_search s = { .dev = number, .out = out };
	int err = dmtier_dev_resolve(dev, number, sizeof(number));

	if (err)
		return dmtier_fail(h, err, "%s: %s", dev, strerror(-err));
	err = dmtier_devs(h, pool, keep_dev, &s);
	if (!err && !s.found)
		return dmtier_fail(h, -ENOENT, "%s is not a member of pool '%s'", dev, pool);
	return err;
}

static int change(struct dmtier *h, int cmd, const struct words *w)
{
	return ask(h, cmd, w, NULL, NULL);
}

int dmtier_lun_create(struct dmtier *h, const char *pool, uint32_t lun, uint64_t sectors)
{
	struct words w = { .pool = pool, .has_lun = true, .lun = lun,
			   .has_sectors = true, .sectors = sectors };

	return change(h, DM_TIER_CMD_LUN_CREATE, &w);
}

int dmtier_lun_delete(struct dmtier *h, const char *pool, uint32_t lun)
{
	struct words w = { .pool = pool, .has_lun = true, .lun = lun };

	return change(h, DM_TIER_CMD_LUN_DELETE, &w);
}

int dmtier_lun_resize(struct dmtier *h, const char *pool, uint32_t lun, uint64_t sectors)
{
	struct words w = { .pool = pool, .has_lun = true, .lun = lun,
			   .has_sectors = true, .sectors = sectors };

	return change(h, DM_TIER_CMD_LUN_RESIZE, &w);
}

int dmtier_lun_set(struct dmtier *h, const char *pool, uint32_t lun, const char *key,
		   const char *value)
{
	struct words w = { .pool = pool, .has_lun = true, .lun = lun,
			   .key = key, .value = value };

	return change(h, DM_TIER_CMD_LUN_SET, &w);
}

int dmtier_lun_migrate(struct dmtier *h, const char *pool, uint32_t lun, const char *tier)
{
	struct words w = { .pool = pool, .has_lun = true, .lun = lun, .tier = tier };

	return change(h, DM_TIER_CMD_LUN_MIGRATE, &w);
}

int dmtier_pool_set(struct dmtier *h, const char *pool, const char *key, const char *value)
{
	struct words w = { .pool = pool, .key = key, .value = value };

	return change(h, DM_TIER_CMD_POOL_SET, &w);
}

static int change_dev(struct dmtier *h, int cmd, const char *pool, const char *dev)
{
	char number[DMTIER_DEV_LEN];
	struct words w = { .pool = pool, .dev = number };
	int err = dmtier_dev_resolve(dev, number, sizeof(number));

	if (err)
		return dmtier_fail(h, err, "%s: %s", dev, strerror(-err));
	return change(h, cmd, &w);
}

int dmtier_dev_evacuate(struct dmtier *h, const char *pool, const char *dev)
{
	return change_dev(h, DM_TIER_CMD_DEV_EVACUATE, pool, dev);
}

int dmtier_dev_cancel(struct dmtier *h, const char *pool, const char *dev)
{
	return change_dev(h, DM_TIER_CMD_DEV_CANCEL, pool, dev);
}

int dmtier_dev_remove(struct dmtier *h, const char *pool, const char *dev)
{
	return change_dev(h, DM_TIER_CMD_DEV_REMOVE, pool, dev);
}

int dmtier_dev_fail(struct dmtier *h, const char *pool, const char *dev)
{
	return change_dev(h, DM_TIER_CMD_DEV_FAIL, pool, dev);
}

int dmtier_dev_reinstate(struct dmtier *h, const char *pool, const char *dev)
{
	return change_dev(h, DM_TIER_CMD_DEV_REINSTATE, pool, dev);
}

int dmtier_events_open(struct dmtier_events **events)
{
	return dmtier_events_connect(&dmtier_tier_family, events);
}

int dmtier_event_next(struct dmtier_events *e, struct dmtier_event *out)
{
	return dmtier_events_take(e, &dmtier_tier_family, out);
}
