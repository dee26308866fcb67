// SPDX-License-Identifier: GPL-2.0-only
/* What the family dm_mpath_ext is asked for; its answers are libdmtier-path-decode.c's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libdmtier-private.h"

/* what the objects of a request are named by; zero means not said */
struct words {
	const char *map;
	const char *dev;
	const char *key;
	const char *value;
	uint32_t group;
	bool former;			/* group 0 */
};

static int put_words(struct nl_msg *msg, const void *words)
{
	const struct words *w = words;
	int err = 0;

	err |= dmtier_put_string(msg, DM_MPATH_EXT_A_MAP, w->map);
	err |= dmtier_put_string(msg, DM_MPATH_EXT_A_DEV, w->dev);
	err |= dmtier_put_string(msg, DM_MPATH_EXT_A_KEY, w->key);
	err |= dmtier_put_string(msg, DM_MPATH_EXT_A_VALUE, w->value);
	if (w->group || w->former)
		err |= nla_put_u32(msg, DM_MPATH_EXT_A_GROUP, w->group);
	return err;
}

static const struct dmtier_family dmtier_path_family = {
	.name = DM_MPATH_EXT_FAMILY_NAME,
	.version = DM_MPATH_EXT_FAMILY_VERSION,
	.what = "the list of maps",
	.put_words = put_words,
	.group = DM_MPATH_EXT_MCGRP_EVENTS,
	.event_cmd = DM_MPATH_EXT_CMD_EVENT,
	.event_size = sizeof(struct dmtier_path_event),
	.decode_event = dmtier_decode_path_event,
};

int dmtier_path_open(struct dmtier **handle)
{
	return dmtier_connect(&dmtier_path_family, handle);
}

static int ask(struct dmtier *h, int cmd, const struct words *w, dmtier_decode_fn decode,
	       struct dmtier_list *list)
{
	const struct dmtier_request r = { &dmtier_path_family, cmd, w, decode, list };

	return dmtier_ask(h, &r, NLM_F_ACK);
}

static int dump(struct dmtier *h, int cmd, const char *map, dmtier_decode_fn decode,
		struct dmtier_list *list)
{
	const struct words w = { .map = map };
	const struct dmtier_request r = { &dmtier_path_family, cmd, &w, decode, list };

	return dmtier_dump(h, &r);
}

int dmtier_maps(struct dmtier *h, const char *map, dmtier_map_fn fn, void *arg)
{
	struct dmtier_list list = { .size = sizeof(struct dmtier_map) };
	struct words w = { .map = map };
	int err;

	if (map)
		err = ask(h, DM_MPATH_EXT_CMD_MAP_GET, &w, dmtier_decode_map, &list);
	else
		err = dump(h, DM_MPATH_EXT_CMD_MAP_GET, NULL, dmtier_decode_map, &list);
	DMTIER_FOR_EACH(list, struct dmtier_map, fn, arg, err);
	return err;
}

int dmtier_groups(struct dmtier *h, const char *map, dmtier_group_fn fn, void *arg)
{
	struct dmtier_list list = { .size = sizeof(struct dmtier_group) };
	int err = dump(h, DM_MPATH_EXT_CMD_GROUP_GET, map, dmtier_decode_group, &list);

	DMTIER_FOR_EACH(list, struct dmtier_group, fn, arg, err);
	return err;
}

int dmtier_paths(struct dmtier *h, const char *map, dmtier_path_fn fn, void *arg)
{
	struct dmtier_list list = { .size = sizeof(struct dmtier_path) };
	int err = dump(h, DM_MPATH_EXT_CMD_PATH_GET, map, dmtier_decode_path, &list);

	DMTIER_FOR_EACH(list, struct dmtier_path, fn, arg, err);
	return err;
}

int dmtier_former_paths(struct dmtier *h, const char *map, dmtier_path_fn fn, void *arg)
{
	struct dmtier_list list = { .size = sizeof(struct dmtier_path) };
	const struct words w = { .map = map, .former = true };
	const struct dmtier_request r = { &dmtier_path_family, DM_MPATH_EXT_CMD_PATH_GET, &w,
					  dmtier_decode_path, &list };
	int err = dmtier_dump(h, &r);

	DMTIER_FOR_EACH(list, struct dmtier_path, fn, arg, err);
	return err;
}

static int keep_map(const struct dmtier_map *map, void *arg)
{
	*(struct dmtier_map *)arg = *map;
	return 0;
}

int dmtier_map_get(struct dmtier *h, const char *map, struct dmtier_map *out)
{
	int err;

	out->name[0] = 0;
	err = dmtier_maps(h, map, keep_map, out);
	if (err == -ENOENT || err == -ENODEV || err == -ENXIO || (!err && !out->name[0]))
		return dmtier_fail(h, -ENOENT, "no mpath-ext map '%s'", map);
	return err;
}

struct path_search {
	const char *dev;
	struct dmtier_path *out;
	bool found;
};

static int keep_path(const struct dmtier_path *path, void *arg)
{
	struct path_search *s = arg;

	if (!strcmp(path->dev, s->dev)) {
		*s->out = *path;
		s->found = true;
	}
	return 0;
}

int dmtier_path_get(struct dmtier *h, const char *map, const char *dev, struct dmtier_path *out)
{
	char number[DMTIER_DEV_LEN];
	struct path_search s = { .dev = number, .out = out };
	int err = dmtier_dev_resolve(dev, number, sizeof(number));

	if (err)
		return dmtier_fail(h, err, "%s: %s", dev, strerror(-err));
	err = dmtier_paths(h, map, keep_path, &s);
	if (!err && !s.found)
		return dmtier_fail(h, -ENOENT, "%s is not a path of map '%s'", dev, map);
	return err;
}

static int change(struct dmtier *h, int cmd, const struct words *w)
{
	return ask(h, cmd, w, NULL, NULL);
}

static int change_path(struct dmtier *h, int cmd, const char *map, const char *dev)
{
	char number[DMTIER_DEV_LEN];
	struct words w = { .map = map, .dev = number };
	int err = dmtier_dev_resolve(dev, number, sizeof(number));

	if (err)
		return dmtier_fail(h, err, "%s: %s", dev, strerror(-err));
	return change(h, cmd, &w);
}

int dmtier_path_fail(struct dmtier *h, const char *map, const char *dev)
{
	return change_path(h, DM_MPATH_EXT_CMD_PATH_FAIL, map, dev);
}

int dmtier_path_reinstate(struct dmtier *h, const char *map, const char *dev)
{
	return change_path(h, DM_MPATH_EXT_CMD_PATH_REINSTATE, map, dev);
}

static int change_group(struct dmtier *h, int cmd, const char *map, uint32_t group)
{
	struct words w = { .map = map, .group = group };

	if (!group)
		return dmtier_fail(h, -EINVAL, "groups are numbered from 1");
	return change(h, cmd, &w);
}

int dmtier_group_switch(struct dmtier *h, const char *map, uint32_t group)
{
	return change_group(h, DM_MPATH_EXT_CMD_GROUP_SWITCH, map, group);
}

int dmtier_group_disable(struct dmtier *h, const char *map, uint32_t group)
{
	return change_group(h, DM_MPATH_EXT_CMD_GROUP_DISABLE, map, group);
}

int dmtier_group_enable(struct dmtier *h, const char *map, uint32_t group)
{
	return change_group(h, DM_MPATH_EXT_CMD_GROUP_ENABLE, map, group);
}

int dmtier_map_set(struct dmtier *h, const char *map, const char *key, const char *value)
{
	struct words w = { .map = map, .key = key, .value = value };

	return change(h, DM_MPATH_EXT_CMD_MAP_SET, &w);
}

int dmtier_path_events_open(struct dmtier_events **events)
{
	return dmtier_events_connect(&dmtier_path_family, events);
}

int dmtier_path_event_next(struct dmtier_events *e, struct dmtier_path_event *out)
{
	return dmtier_events_take(e, &dmtier_path_family, out);
}

uint64_t dmtier_latency_bound(unsigned int b)
{
	if (b >= DM_MPATH_EXT_BUCKETS - 1)
		return UINT64_MAX;
	return 1ULL << (b + DM_MPATH_EXT_BUCKET_SHIFT);
}

uint64_t dmtier_latency_quantile(const uint64_t bucket[DM_MPATH_EXT_BUCKETS], double share)
{
	uint64_t below = 0, all = 0;
	unsigned int b;

	for (b = 0; b < DM_MPATH_EXT_BUCKETS; b++)
		all += bucket[b];
	if (!all)
		return 0;
	for (b = 0; b < DM_MPATH_EXT_BUCKETS - 1; b++) {
		below += bucket[b];
		if (below && (double)below >= share * (double)all)
			break;
	}
	return dmtier_latency_bound(b);
}
