// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages: what an administrator says of paths and groups.
 */
#include "compat.h"
#include "mpath-path.h"
#include "mpath-retry.h"
#include "mpath-target.h"

static __printf(2, 3) int mpath_refuse(struct mpath_map *map, const char *fmt, ...)
{
	struct va_format vaf;
	va_list args;

	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	DMERR("%s: message: %pV", mpath_name(map), &vaf);
	va_end(args);
	return -EINVAL;
}

/* a path by its device's number or name, as in the table */
static struct mpath_path *mpath_find_path(struct mpath_map *map, const char *word)
{
	dev_t dev = mpath_dev_by_path(word);
	u32 p;

	for (p = 0; dev && p < map->conf->nr_paths; p++)
		if (map->paths[p].dev->bdev->bd_dev == dev)
			return &map->paths[p];
	mpath_refuse(map, "\"%.64s\" is not a path of this map", word);
	return NULL;
}

static int mpath_find_group(struct mpath_map *map, const char *word, u32 *g)
{
	if (!mpath_number(word, 1, map->conf->nr_groups, g))
		return 0;
	return mpath_refuse(map, "group must be a number, 1 to %u, not \"%.32s\"",
			    map->conf->nr_groups, word);
}

static int mpath_do_fail_path(struct mpath_map *map, unsigned int argc, char **argv)
{
	struct mpath_path *path = mpath_find_path(map, argv[1]);

	if (!path)
		return -EINVAL;
	mpath_path_down(path, MPATH_OFF, "by message");
	return 0;
}

static int mpath_do_reinstate_path(struct mpath_map *map, unsigned int argc, char **argv)
{
	struct mpath_path *path = mpath_find_path(map, argv[1]);

	if (!path)
		return -EINVAL;
	mpath_path_up(path, "by message");
	return 0;
}

static int mpath_do_switch_group(struct mpath_map *map, unsigned int argc, char **argv)
{
	u32 g;

	if (mpath_find_group(map, argv[1], &g))
		return -EINVAL;
	map->asked = g;
	mpath_switch(map);
	return 0;
}

static int mpath_do_group_off(struct mpath_map *map, char **argv, bool off)
{
	u32 g;

	if (mpath_find_group(map, argv[1], &g))
		return -EINVAL;
	map->groups[g - 1].off = off;
	if (off && map->asked == g)
		map->asked = 0;
	mpath_switch(map);
	return 0;
}

static int mpath_do_disable_group(struct mpath_map *map, unsigned int argc, char **argv)
{
	return mpath_do_group_off(map, argv, true);
}

static int mpath_do_enable_group(struct mpath_map *map, unsigned int argc, char **argv)
{
	return mpath_do_group_off(map, argv, false);
}

static int mpath_do_queue(struct mpath_map *map, unsigned int argc, char **argv)
{
	WRITE_ONCE(map->conf->t.queue, true);
	return 0;
}

static int mpath_do_fail(struct mpath_map *map, unsigned int argc, char **argv)
{
	WRITE_ONCE(map->conf->t.queue, false);
	mpath_retry_kick(map);
	return 0;
}

static int mpath_do_set(struct mpath_map *map, unsigned int argc, char **argv)
{
	if (mpath_conf_set(map->conf, argc - 1, argv + 1))
		return mpath_refuse(map, "%s", map->conf->error);
	/* a time may be over by now, or queueing begin or end */
	mpath_switch(map);
	mpath_retry_kick(map);
	return 0;
}

static const struct {
	const char *name;
	unsigned int least;
	unsigned int most;
	int (*run)(struct mpath_map *map, unsigned int argc, char **argv);
} mpath_messages[] = {
	{ "fail_path", 2, 2, mpath_do_fail_path },
	{ "reinstate_path", 2, 2, mpath_do_reinstate_path },
	{ "switch_group", 2, 2, mpath_do_switch_group },
	{ "disable_group", 2, 2, mpath_do_disable_group },
	{ "enable_group", 2, 2, mpath_do_enable_group },
	{ "queue_if_no_path", 1, 1, mpath_do_queue },
	{ "fail_if_no_path", 1, 1, mpath_do_fail },
	{ "set", 3, 4, mpath_do_set },
};

int mpath_message(struct mpath_map *map, unsigned int argc, char **argv)
{
	unsigned int m;
	int ret;

	for (m = 0; m < ARRAY_SIZE(mpath_messages); m++)
		if (!strcmp(argv[0], mpath_messages[m].name))
			break;
	if (m == ARRAY_SIZE(mpath_messages))
		return mpath_refuse(map, "unknown message \"%.32s\"", argv[0]);
	if (argc < mpath_messages[m].least || argc > mpath_messages[m].most)
		return mpath_refuse(map, "%s takes %u to %u words, not %u", argv[0],
				    mpath_messages[m].least - 1, mpath_messages[m].most - 1,
				    argc - 1);
	mutex_lock(&map->resource->lock);
	if (map->resource->active == map)
		ret = mpath_messages[m].run(map, argc, argv);
	else
		ret = mpath_refuse(map, "the map is suspended");
	mutex_unlock(&map->resource->lock);
	return ret;
}
