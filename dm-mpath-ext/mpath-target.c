// SPDX-License-Identifier: GPL-2.0-only
/*
 * The target as device-mapper calls it.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include "compat.h"
#include "mpath-alua.h"
#include "mpath-event.h"
#include "mpath-hedge.h"
#include "mpath-identity.h"
#include "mpath-inherit.h"
#include "mpath-io.h"
#include "mpath-netlink.h"
#include "mpath-path.h"
#include "mpath-probe.h"
#include "mpath-resource.h"
#include "mpath-retry.h"
#include "mpath-send.h"
#include "mpath-status.h"
#include "mpath-target.h"
#include "mpath-tick.h"
#include "tier-dev.h"

/* -- construction -- */

static int mpath_parse(struct mpath_map *map, unsigned int argc, char **argv)
{
	int ret;

	map->conf = kvzalloc(sizeof(*map->conf), GFP_KERNEL);
	if (!map->conf)
		return -ENOMEM;
	ret = mpath_conf_parse(map->conf, argc, argv);
	if (ret) {
		DMERR("%s: %s", mpath_name(map), map->conf->error);
		map->ti->error = "Bad table line: the line before says what is wrong";
		return ret;
	}
	if (mpath_missing(map->conf)) {
		DMERR("%s: %s is not supported by this version", mpath_name(map),
		      mpath_missing(map->conf));
		map->ti->error = "Not supported by this version: the line before says what";
		return -EOPNOTSUPP;
	}
	return 0;
}

/**
 * mpath_missing() - what a table asks for that this version cannot do
 * @conf: the table line
 *
 * Return: its name, or NULL.
 */
const char *mpath_missing(const struct mpath_conf *conf)
{
	if (conf->handler[0] && !IS_ENABLED(CONFIG_SCSI_DH))
		return "the hardware handler alua, as this kernel has no SCSI device handlers,";
	return NULL;
}

static bool mpath_path_twice(const struct mpath_map *map, const struct mpath_path *path)
{
	u32 p;

	for (p = 0; p < path->number; p++)
		if (map->paths[p].dev->bdev->bd_dev == path->dev->bdev->bd_dev)
			return true;
	return false;
}

static int mpath_path_open(struct mpath_map *map, u32 number)
{
	struct mpath_conf_path *conf = &map->conf->paths[number];
	struct mpath_path *path = &map->paths[number];
	int ret;

	path->map = map;
	path->number = number;
	path->conf = conf;
	ret = tier_dev_open(map->ti, conf->dev, &path->dev);
	if (ret == -ELOOP) {
		DMERR("%s: path '%*pE' is this device itself", mpath_name(map),
		      (int)strnlen(conf->dev, 64), conf->dev);
		map->ti->error = "A path is the device itself";
		return -EINVAL;
	}
	if (ret) {
		DMERR("%s: cannot open path '%*pE': error %d", mpath_name(map),
		      (int)strnlen(conf->dev, 64), conf->dev, ret);
		map->ti->error = "Cannot open a path";
		return ret;
	}
	/* the word in the line is gone with the constructor */
	conf->dev = path->dev->name;
	if (mpath_path_twice(map, path)) {
		DMERR("%s: path %s is given twice", mpath_name(map), path->dev->name);
		map->ti->error = "Path given twice";
		return -EINVAL;
	}
	path->record = mpath_record_of(map->resource, path->dev->name);
	if (!path->record)
		return -ENOMEM;
	path->leg = mpath_leg_open(path->dev->bdev->bd_dev, map->resource, path->record);
	if (IS_ERR(path->leg)) {
		ret = PTR_ERR(path->leg);
		path->leg = NULL;
		map->ti->error = "Cannot open a path for probes";
		return ret;
	}
	path->load = path->leg->load;
	if (map->conf->handler[0]) {
		ret = mpath_alua_attach(path);
		if (ret)
			return ret;
	}
	return mpath_probe_init(path);
}

static void mpath_path_close(struct mpath_path *path)
{
	mpath_probe_exit(path);
	mpath_alua_detach(path);
	if (path->leg && !mpath_io_in_flight(path))
		mpath_send_flush(path->leg);
	if (path->leg)
		mpath_leg_close(path->leg);
	if (path->record)
		mpath_record_leave(path->map->resource, path->record);
	if (path->dev)
		dm_put_device(path->map->ti, path->dev);
}

/* who does not answer is no proof of anything, and is not used before it does */
static void mpath_path_unread(struct mpath_path *path)
{
	path->unread = true;
	DMWARN("%s: path %s cannot be read", mpath_name(path->map), path->dev->name);
}

/* a path that has shown another device before says nothing of this one */
static bool mpath_may_teach(struct mpath_map *map, const struct mpath_path *path)
{
	return !mpath_path_stranger(path) &&
	       !mpath_identity_learn(path->leg, &map->identity);
}

/* the first path that answers may say less of itself than another */
static void mpath_learn_more(struct mpath_map *map, struct mpath_path *path)
{
	struct mpath_identity identity;

	if (!map->identity.ids.nr && !mpath_identity_read(path->leg, &identity))
		map->identity = identity;
}

static int mpath_stranger(struct mpath_map *map, const struct mpath_path *path,
			  const struct mpath_path *first)
{
	if (first)
		DMERR("%s: path %s shows another device than path %s", mpath_name(map),
		      path->dev->name, first->dev->name);
	else
		DMERR("%s: path %s shows another device than the map has shown so far",
		      mpath_name(map), path->dev->name);
	map->ti->error = "Paths show different devices";
	return -EINVAL;
}

/*
 * All paths show one device, or the table is refused: each is held against the first
 * that answers, and against what the table in use shows.
 */
static int mpath_check_paths(struct mpath_map *map)
{
	struct mpath_path *first = NULL, *path;
	u32 p;

	mpath_inherit_identity(map);
	for (p = 0; p < map->conf->nr_paths; p++) {
		path = &map->paths[p];
		if (!map->identity.sectors) {
			if (mpath_may_teach(map, path))
				first = path;
			else
				mpath_path_unread(path);
			continue;
		}
		switch (mpath_identity_check(path->leg, &map->identity,
					     first ? first->leg : NULL, 0,
					     mpath_path_stranger(path))) {
		case MPATH_OTHER:
			return mpath_stranger(map, path, first);
		case MPATH_UNKNOWN:
			/* if it is the first that cannot be read any more, that is seen soon */
			mpath_path_unread(path);
			break;
		default:
			first = first ?: path;
			mpath_learn_more(map, path);
			break;
		}
	}
	return 0;
}

static int mpath_open_all(struct mpath_map *map)
{
	struct mpath_conf *conf = map->conf;
	u32 g, p;
	int ret;

	map->paths = kvcalloc(conf->nr_paths, sizeof(*map->paths), GFP_KERNEL);
	map->groups = kvcalloc(conf->nr_groups, sizeof(*map->groups), GFP_KERNEL);
	map->cursor = alloc_percpu(u32);
	if (!map->paths || !map->groups || !map->cursor || mpath_switch_init(map))
		return -ENOMEM;
	for (p = 0; p < conf->nr_paths; p++) {
		ret = mpath_path_open(map, p);
		if (ret)
			return ret;
	}
	for (g = 0; g < conf->nr_groups; g++) {
		map->groups[g].conf = &conf->groups[g];
		for (p = 0; p < conf->groups[g].paths; p++)
			map->paths[conf->groups[g].first + p].group = g;
	}
	return mpath_check_paths(map);
}

static void mpath_free(struct mpath_map *map)
{
	u32 p;

	/* its timers wake a worker of that */
	mpath_hedge_exit(map);
	mpath_retry_exit(map);
	for (p = 0; map->paths && p < map->conf->nr_paths; p++)
		if (map->paths[p].map)
			mpath_path_close(&map->paths[p]);
	mpath_switch_exit(map);
	free_percpu(map->cursor);
	kvfree(map->groups);
	kvfree(map->paths);
	kvfree(map->conf);
	if (map->resource)
		mpath_resource_leave(map->resource);
	kvfree(map);
}

static int mpath_ctr(struct dm_target *ti, unsigned int argc, char **argv)
{
	struct mpath_map *map = kvzalloc(sizeof(*map), GFP_KERNEL);
	int ret = -ENOMEM;

	ti->error = "Out of memory";
	if (!map)
		return ret;
	map->ti = ti;
	ret = mpath_retry_init(map);
	if (ret)
		goto err;
	ret = mpath_hedge_init(map);
	if (ret)
		goto err;
	mpath_tick_init(map);
	ret = mpath_parse(map, argc, argv);
	if (ret)
		goto err;
	map->resource = mpath_resource_of(dm_table_get_md(ti->table));
	if (!map->resource) {
		ret = -ENOMEM;
		goto err;
	}
	ret = mpath_open_all(map);
	if (ret)
		goto err;
	map->current_group = map->conf->initial ? map->conf->initial - 1 : 0;
	map->used_group = map->current_group;
	/* the first one needs nobody to ask for it */
	map->asked = map->conf->initial > 1 ? map->conf->initial : 0;
	ti->private = map;
	ti->error = NULL;
	ti->num_flush_bios = 1;
	ti->num_discard_bios = 1;
	ti->num_write_zeroes_bios = 1;
	ti->num_secure_erase_bios = 1;
	ti->per_io_data_size = sizeof(struct mpath_io);
	return 0;
err:
	mpath_free(map);
	return ret;
}

static void mpath_dtr(struct dm_target *ti)
{
	struct mpath_map *map = ti->private;

	mpath_resource_detach(map->resource, map);
	mpath_tick_stop(map);
	mpath_free(map);
}

/* -- life -- */

/*
 * dm waits for all I/O next. What waits for a path ends now: back to dm if the
 * suspend is without a flush, else with an error.
 */
static void mpath_presuspend(struct dm_target *ti)
{
	struct mpath_map *map = ti->private;
	u32 gate = MPATH_GATE_SUSPENDED;

	if (dm_noflush_suspending(ti))
		gate |= MPATH_GATE_REQUEUE;
	spin_lock_irq(&map->wait_lock);
	WRITE_ONCE(map->gate, gate);
	spin_unlock_irq(&map->wait_lock);
	mpath_retry_kick(map);
}

static void mpath_open_gate(struct mpath_map *map)
{
	spin_lock_irq(&map->wait_lock);
	WRITE_ONCE(map->gate, 0);
	spin_unlock_irq(&map->wait_lock);
}

static void mpath_presuspend_undo(struct dm_target *ti)
{
	mpath_open_gate(ti->private);
}

static void mpath_postsuspend(struct dm_target *ti)
{
	struct mpath_map *map = ti->private;

	mutex_lock(&map->resource->lock);
	if (map->resource->active == map)
		map->resource->active = NULL;
	mutex_unlock(&map->resource->lock);
	mpath_tick_stop(map);
}

/* what the constructor could not read has to be good in probes first */
static void mpath_distrust(struct mpath_map *map)
{
	u32 p;

	for (p = 0; p < map->conf->nr_paths; p++) {
		struct mpath_path *path = &map->paths[p];

		if (path->unread)
			mpath_path_down(path, MPATH_FAILED, "it could not be read");
		path->unread = false;
	}
}

static void mpath_resume(struct dm_target *ti)
{
	struct mpath_map *map = ti->private;
	struct mpath_resource *resource = map->resource;

	mpath_open_gate(map);
	mutex_lock(&resource->lock);
	mpath_inherit_groups(map);
	resource->table = map;
	resource->active = map;
	resource->resumed = true;
	mpath_records_adopt(map);
	map->lost_ns = 0;
	mpath_alua_reset(map);
	mpath_event(map, NULL, MPATH_EVENT_MAP_RESUMED, "");
	mpath_distrust(map);
	mpath_switch(map);
	mutex_unlock(&resource->lock);
	mpath_netlink_changed();
	mpath_tick_start(map);
}

/* -- I/O -- */

static int mpath_map_bio(struct dm_target *ti, struct bio *bio)
{
	return mpath_io_map(ti->private, bio);
}

static int mpath_end_io(struct dm_target *ti, struct bio *bio, blk_status_t *status)
{
	return mpath_io_end(ti->private, bio, *status);
}

/*
 * An ioctl goes down a path that is in use. device-mapper asks again for as long as
 * this says -ENOTCONN, unless the map is suspended or the caller is killed.
 */
static MPATH_PREPARE_IOCTL(mpath_prepare_ioctl)
{
	struct mpath_map *map = ti->private;
	const struct mpath_snap *snap;

	rcu_read_lock();
	snap = rcu_dereference(map->snap);
	*bdev = snap ? snap->path[0]->dev->bdev : NULL;
	rcu_read_unlock();
	if (!*bdev)
		return mpath_retry_waits(map) ? -ENOTCONN : -EIO;
	/* more than the map shows: device-mapper then wants a privilege */
	return ti->len != bdev_nr_sectors(*bdev);
}

static int mpath_iterate_devices(struct dm_target *ti, iterate_devices_callout_fn fn, void *data)
{
	struct mpath_map *map = ti->private;
	int ret = 0;
	u32 p;

	for (p = 0; !ret && p < map->conf->nr_paths; p++)
		ret = fn(ti, map->paths[p].dev, ti->begin, ti->len, data);
	return ret;
}

static void mpath_target_status(struct dm_target *ti, status_type_t type, unsigned int flags,
				char *result, unsigned int maxlen)
{
	mpath_status(ti->private, type, result, maxlen);
}

static int mpath_target_message(struct dm_target *ti, unsigned int argc, char **argv,
				char *result, unsigned int maxlen)
{
	return mpath_message(ti->private, argc, argv);
}

struct target_type mpath_target_type = {
	.name = "mpath-ext",
	.features = DM_TARGET_SINGLETON,
	.version = { 1, 0, 0 },
	.module = THIS_MODULE,
	.ctr = mpath_ctr,
	.dtr = mpath_dtr,
	.map = mpath_map_bio,
	.end_io = mpath_end_io,
	.presuspend = mpath_presuspend,
	.presuspend_undo = mpath_presuspend_undo,
	.postsuspend = mpath_postsuspend,
	.resume = mpath_resume,
	.status = mpath_target_status,
	.message = mpath_target_message,
	.prepare_ioctl = mpath_prepare_ioctl,
	.iterate_devices = mpath_iterate_devices,
};
