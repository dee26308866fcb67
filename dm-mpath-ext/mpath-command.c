// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands: the same for "dmsetup message" and for netlink.
 */
#include "mpath-command.h"
#include "mpath-event.h"
#include "mpath-look.h"
#include "mpath-path.h"
#include "mpath-probe.h"
#include "mpath-retry.h"
#include "tier-dev.h"

/* the table in use, with the resource's lock held; or NULL without it */
static struct mpath_map *mpath_command_begin(struct mpath_resource *resource,
					     struct tier_err *err)
{
	mutex_lock(&resource->lock);
	if (resource->active)
		return resource->active;
	mutex_unlock(&resource->lock);
	tier_fail(err, -EAGAIN, "the map is suspended");
	return NULL;
}

/* -- paths -- */

static struct mpath_path *mpath_command_path(struct mpath_map *map, dev_t dev)
{
	u32 p;

	for (p = 0; dev && p < map->conf->nr_paths; p++)
		if (map->paths[p].dev->bdev->bd_dev == dev)
			return &map->paths[p];
	return NULL;
}

static void mpath_command_off(struct mpath_path *path)
{
	mpath_event_policy(path->map, path, 0, "fail_path", NULL);
	mpath_path_down(path, MPATH_OFF, "by the administrator");
}

static void mpath_command_back(struct mpath_path *path)
{
	mpath_event_policy(path->map, path, 0, "reinstate_path", NULL);
	mpath_path_up(path, "by the administrator");
	mpath_health_forgive(&path->record->health);
}

static int mpath_command_on_path(struct mpath_resource *resource, const char *word,
				 void (*run)(struct mpath_path *path), struct tier_err *err)
{
	/* before the lock: this may read from a filesystem that is on this very map */
	dev_t dev = tier_dev_find(word);
	struct mpath_map *map = mpath_command_begin(resource, err);
	struct mpath_path *path;
	int ret = 0;

	if (!map)
		return -EAGAIN;
	path = mpath_command_path(map, dev);
	if (path)
		run(path);
	else
		ret = tier_fail(err, -ENODEV, "'%.64s' is not a path of this map", word);
	mutex_unlock(&resource->lock);
	return ret;
}

int mpath_cmd_fail_path(struct mpath_resource *resource, const char *dev, struct tier_err *err)
{
	return mpath_command_on_path(resource, dev, mpath_command_off, err);
}

/*
 * Does a path that is to come back show what the map shows? Asked without the lock;
 * one that does not answer is the administrator's to judge. MPATH_UNKNOWN also if there
 * is nothing to look at.
 */
static enum mpath_likeness mpath_command_look(struct mpath_resource *resource, dev_t dev)
{
	enum mpath_likeness likeness;
	struct mpath_path *path;
	struct mpath_look look;

	mutex_lock(&resource->lock);
	path = resource->active ? mpath_command_path(resource->active, dev) : NULL;
	if (path && mpath_path_works(path))
		path = NULL;
	if (path)
		mpath_look_begin(&look, path);
	mutex_unlock(&resource->lock);
	if (!path)
		return MPATH_UNKNOWN;
	likeness = mpath_look(&look);
	/* by now it may be another table: what was learned is left to the probes to learn */
	mpath_look_end(&look, NULL);
	return likeness;
}

int mpath_cmd_reinstate_path(struct mpath_resource *resource, const char *dev,
			     struct tier_err *err)
{
	if (mpath_command_look(resource, tier_dev_find(dev)) == MPATH_OTHER)
		return tier_fail(err, -EINVAL, "path '%.64s' shows another device", dev);
	return mpath_command_on_path(resource, dev, mpath_command_back, err);
}

/* -- groups -- */

static void mpath_command_switch(struct mpath_map *map, u32 group)
{
	mpath_event_policy(map, NULL, group, "switch_group", NULL);
	map->asked = group;
}

static void mpath_command_disable(struct mpath_map *map, u32 group)
{
	mpath_event_policy(map, NULL, group, "disable_group", NULL);
	map->groups[group - 1].off = true;
	if (map->asked == group)
		map->asked = 0;
}

static void mpath_command_enable(struct mpath_map *map, u32 group)
{
	mpath_event_policy(map, NULL, group, "enable_group", NULL);
	map->groups[group - 1].off = false;
}

static int mpath_command_on_group(struct mpath_resource *resource, u32 group,
				  void (*run)(struct mpath_map *map, u32 group),
				  struct tier_err *err)
{
	struct mpath_map *map = mpath_command_begin(resource, err);
	int ret = 0;

	if (!map)
		return -EAGAIN;
	if (group && group <= map->conf->nr_groups) {
		run(map, group);
		mpath_switch(map);
	} else {
		ret = tier_fail(err, -ENOENT, "no group %u in this map: it has %u", group,
				map->conf->nr_groups);
	}
	mutex_unlock(&resource->lock);
	return ret;
}

int mpath_cmd_switch_group(struct mpath_resource *resource, u32 group, struct tier_err *err)
{
	return mpath_command_on_group(resource, group, mpath_command_switch, err);
}

int mpath_cmd_disable_group(struct mpath_resource *resource, u32 group, struct tier_err *err)
{
	return mpath_command_on_group(resource, group, mpath_command_disable, err);
}

int mpath_cmd_enable_group(struct mpath_resource *resource, u32 group, struct tier_err *err)
{
	return mpath_command_on_group(resource, group, mpath_command_enable, err);
}

/* -- features -- */

static int mpath_command_feature(struct mpath_map *map, unsigned int argc, char **argv,
				 struct tier_err *err)
{
	if (!strcmp(*argv, "fail_if_no_path")) {
		if (argc > 1)
			return tier_fail(err, -EINVAL, "fail_if_no_path takes no value");
		WRITE_ONCE(map->conf->t.queue, false);
		return 0;
	}
	if (mpath_conf_set(map->conf, argc, argv))
		return tier_fail(err, -EINVAL, "%s", map->conf->error);
	if (!strcmp(*argv, "queue_if_no_path"))
		mpath_retry_anew(map);
	return 0;
}

static void mpath_command_tell(struct mpath_map *map, unsigned int argc, char **argv)
{
	char value[64];
	size_t len = 0;
	unsigned int i;

	for (i = 1; i < argc; i++)
		len += scnprintf(value + len, sizeof(value) - len, "%s%s", i > 1 ? " " : "",
				 argv[i]);
	mpath_event_policy(map, NULL, 0, argv[0], argc > 1 ? value : NULL);
}

int mpath_cmd_set(struct mpath_resource *resource, unsigned int argc, char **argv,
		  struct tier_err *err)
{
	struct mpath_map *map = mpath_command_begin(resource, err);
	int ret;

	if (!map)
		return -EAGAIN;
	ret = mpath_command_feature(map, argc, argv, err);
	if (!ret) {
		mpath_command_tell(map, argc, argv);
		/* a time may be over by now, or queueing begin or end */
		mpath_switch(map);
		if (!strcmp(*argv, "probe_interval"))
			mpath_probe_soon(map);
		mpath_retry_kick(map);
	}
	mutex_unlock(&resource->lock);
	return ret;
}
