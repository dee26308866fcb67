// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hardware handler `alua`; the rules are in mpath-alua.h.
 */
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <scsi/scsi_common.h>
#include <scsi/scsi_dh.h>
#include <scsi/scsi_proto.h>

#include "mpath-alua.h"
#include "mpath-path.h"
#include "mpath-probe.h"
#include "mpath-resource.h"
#include "mpath-scsi.h"

#define MPATH_ALUA_TUR_SECONDS	10
#define MPATH_TPGS_EXPLICIT	2

/* -- what the array says -- */

static const char *const mpath_access_names[] = {
	[SCSI_ACCESS_STATE_OPTIMAL] = "active/optimized",
	[SCSI_ACCESS_STATE_ACTIVE] = "active/non-optimized",
	[SCSI_ACCESS_STATE_STANDBY] = "standby",
	[SCSI_ACCESS_STATE_UNAVAILABLE] = "unavailable",
	[SCSI_ACCESS_STATE_LBA] = "lba-dependent",
	[SCSI_ACCESS_STATE_OFFLINE] = "offline",
	[SCSI_ACCESS_STATE_TRANSITIONING] = "transitioning",
};

static unsigned char mpath_access_state(struct mpath_leg *leg)
{
	return READ_ONCE(mpath_scsi_of(leg->bdev)->access_state) & SCSI_ACCESS_STATE_MASK;
}

const char *mpath_alua_access(const struct mpath_path *path)
{
	const char *name = NULL;
	unsigned char state;

	if (!path->alua)
		return NULL;
	state = mpath_access_state(path->leg);
	if (state < ARRAY_SIZE(mpath_access_names))
		name = mpath_access_names[state];
	return name ?: "unknown";
}

/* the states in which scsi_dh_alua itself lets no I/O through */
static bool mpath_leg_asleep(struct mpath_leg *leg)
{
	switch (mpath_access_state(leg)) {
	case SCSI_ACCESS_STATE_STANDBY:
	case SCSI_ACCESS_STATE_UNAVAILABLE:
	case SCSI_ACCESS_STATE_OFFLINE:
		return true;
	default:
		return false;
	}
}

bool mpath_alua_asleep(const struct mpath_path *path)
{
	return path->alua && mpath_leg_asleep(path->leg);
}

/* may the host tell the array which ports to serve through? */
static bool mpath_leg_explicit(struct mpath_leg *leg)
{
	return scsi_device_tpgs(mpath_scsi_of(leg->bdev)) & MPATH_TPGS_EXPLICIT;
}

/* -- probes of paths that are asleep -- */

static blk_status_t mpath_alua_tur(struct mpath_leg *leg)
{
	struct scsi_sense_hdr sense = { };
	unsigned int noio = memalloc_noio_save();
	int ret;

	ret = scsi_test_unit_ready(mpath_scsi_of(leg->bdev), MPATH_ALUA_TUR_SECONDS * HZ, 3,
				   &sense);
	memalloc_noio_restore(noio);
	if (!ret)
		return BLK_STS_OK;
	if (ret < 0 || !scsi_sense_valid(&sense) || sense.sense_key != NOT_READY ||
	    sense.asc != 0x04)
		return BLK_STS_TRANSPORT;
	switch (sense.ascq) {
	case 0x0a: /* on its way to another state */
		return BLK_STS_AGAIN;
	case 0x0b: /* in standby */
		return BLK_STS_OK;
	default:
		return BLK_STS_TRANSPORT;
	}
}

static void mpath_alua_refreshed(void *data, int result)
{
	struct mpath_probe *probe = data;
	bool awake = result == SCSI_DH_OK && !mpath_leg_asleep(probe->leg);

	rcu_read_lock();
	mpath_probe_ended(probe, awake ? BLK_STS_OK : BLK_STS_TRANSPORT);
	rcu_read_unlock();
}

static void mpath_alua_ask(struct work_struct *work)
{
	struct mpath_probe *probe = container_of(work, struct mpath_probe, ask);
	unsigned int noio;

	WRITE_ONCE(probe->start_ns, ktime_get_ns());
	if (mpath_leg_explicit(probe->leg)) {
		mpath_probe_ended(probe, mpath_alua_tur(probe->leg));
		return;
	}
	/* of implicit ALUA this reads the states and changes none */
	noio = memalloc_noio_save();
	scsi_dh_activate(bdev_get_queue(probe->leg->bdev), mpath_alua_refreshed, probe);
	memalloc_noio_restore(noio);
}

void mpath_alua_probe(struct mpath_probe *probe)
{
	INIT_WORK(&probe->ask, mpath_alua_ask);
	queue_work(mpath_send_wq, &probe->ask);
}

/* -- activation -- */

enum mpath_alua_verdict {
	MPATH_ALUA_READY,
	MPATH_ALUA_NOW,		/* ask again */
	MPATH_ALUA_LATER,	/* ask again after a pause */
	MPATH_ALUA_BUSY,	/* the same, and use another group meanwhile */
	MPATH_ALUA_BAD,		/* the path is of no use */
};

static enum mpath_alua_verdict mpath_alua_verdict(const struct mpath_alua *alua)
{
	switch (alua->result) {
	case SCSI_DH_OK:
		if (!mpath_leg_asleep(alua->leg))
			return MPATH_ALUA_READY;
		return mpath_leg_explicit(alua->leg) ? MPATH_ALUA_LATER : MPATH_ALUA_BAD;
	case SCSI_DH_IMM_RETRY:
		return MPATH_ALUA_NOW;
	case SCSI_DH_RETRY:
	case SCSI_DH_RES_TEMP_UNAVAIL:
	case SCSI_DH_NOMEM:
		return MPATH_ALUA_LATER;
	case SCSI_DH_DEV_TEMP_BUSY:
		return MPATH_ALUA_BUSY;
	default:
		return MPATH_ALUA_BAD;
	}
}

/* the array has answered; in any context */
static void mpath_alua_answered(void *data, int result)
{
	struct mpath_alua *alua = data;

	alua->result = result;
	/* what is queued may drop the last hold on the module: see mpath_hedge_end() */
	rcu_read_lock();
	queue_work(mpath_leg_wq, &alua->done);
	rcu_read_unlock();
}

/* without the lock: the answer may come from in here */
static void mpath_alua_start(struct work_struct *work)
{
	struct mpath_alua *alua = container_of(work, struct mpath_alua, start);
	unsigned int noio = memalloc_noio_save();

	scsi_dh_activate(bdev_get_queue(alua->leg->bdev), mpath_alua_answered, alua);
	memalloc_noio_restore(noio);
}

static void mpath_alua_try(struct mpath_alua *alua)
{
	alua->busy = true;
	alua->tries++;
	alua->retry_ns = 0;
	queue_work(mpath_send_wq, &alua->start);
}

static void mpath_alua_want(struct mpath_alua *alua)
{
	if (alua->ready)
		return;
	if (!alua->wanted_ns)
		alua->wanted_ns = ktime_get_ns();
	if (!alua->busy && !alua->retry_ns)
		mpath_alua_try(alua);
}

static void mpath_alua_forget(struct mpath_alua *alua)
{
	alua->ready = false;
	alua->stale = alua->busy;
	alua->tries = 0;
	alua->wanted_ns = 0;
	alua->retry_ns = 0;
}

void mpath_alua_prepare(struct mpath_map *map, u32 g)
{
	u32 p;

	lockdep_assert_held(&map->resource->lock);
	for (p = 0; p < map->conf->nr_paths; p++) {
		struct mpath_path *path = &map->paths[p];

		if (!path->alua)
			continue;
		if (path->group == g && mpath_path_works(path))
			mpath_alua_want(path->alua);
		else
			mpath_alua_forget(path->alua);
	}
}

void mpath_alua_reset(struct mpath_map *map)
{
	u32 g, p;

	lockdep_assert_held(&map->resource->lock);
	for (p = 0; p < map->conf->nr_paths; p++)
		if (map->paths[p].alua)
			mpath_alua_forget(map->paths[p].alua);
	for (g = 0; g < map->conf->nr_groups; g++)
		map->groups[g].busy_ns = 0;
}

static void mpath_alua_give_up(struct mpath_alua *alua, enum mpath_state state, const char *why)
{
	struct mpath_path *path = alua->path;

	DMERR("%s: path %s cannot be activated: handler's error %d, port %s, try %u",
	      mpath_name(path->map), path->dev->name, alua->result, mpath_alua_access(path),
	      alua->tries);
	mpath_path_down(path, state, why);
}

static void mpath_alua_again(struct mpath_alua *alua, u64 delay_ms)
{
	if (alua->tries < MPATH_ALUA_TRIES)
		alua->retry_ns = ktime_get_ns() + delay_ms * NSEC_PER_MSEC;
	else
		mpath_alua_give_up(alua, MPATH_FAILED, "it cannot be activated");
}

static void mpath_alua_take(struct mpath_alua *alua)
{
	struct mpath_path *path = alua->path;
	struct mpath_map *map = path->map;

	switch (mpath_alua_verdict(alua)) {
	case MPATH_ALUA_READY:
		alua->ready = true;
		alua->tries = 0;
		alua->wanted_ns = 0;
		mpath_switch(map);
		break;
	case MPATH_ALUA_NOW:
		mpath_alua_again(alua, 0);
		break;
	case MPATH_ALUA_LATER:
		mpath_alua_again(alua, MPATH_ALUA_DELAY_MS);
		break;
	case MPATH_ALUA_BUSY:
		DMWARN("%s: path %s: the array is busy", mpath_name(map), path->dev->name);
		map->groups[path->group].busy_ns =
			ktime_get_ns() + MPATH_ALUA_BUSY_MS * NSEC_PER_MSEC;
		mpath_alua_again(alua, MPATH_ALUA_DELAY_MS);
		mpath_switch(map);
		break;
	case MPATH_ALUA_BAD:
		mpath_alua_give_up(alua, MPATH_FAILED, "it cannot be activated");
		break;
	}
}

static void mpath_alua_free(struct mpath_alua *alua)
{
	mpath_leg_put(alua->leg);
	mpath_resource_put(alua->resource);
	kfree(alua);
}

static void mpath_alua_done(struct work_struct *work)
{
	struct mpath_alua *alua = container_of(work, struct mpath_alua, done);
	/* once it is not busy it may go, and its reference with it */
	struct mpath_resource *resource = mpath_resource_get(alua->resource);
	struct mpath_path *path;
	bool stale;

	mutex_lock(&resource->lock);
	path = alua->path;
	stale = alua->stale;
	alua->busy = false;
	alua->stale = false;
	if (path && resource->active == path->map) {
		if (!stale)
			mpath_alua_take(alua);
		else
			mpath_switch(path->map); /* it may be wanted again */
	}
	mutex_unlock(&resource->lock);
	if (!path)
		mpath_alua_free(alua);
	mpath_resource_put(resource);
}

/* -- from outside -- */

/* could I/O go to another group than this one? */
static bool mpath_alua_elsewhere(const struct mpath_map *map, u32 g)
{
	u32 p;

	for (p = 0; p < map->conf->nr_paths; p++)
		if (map->paths[p].group != g && mpath_path_works(&map->paths[p]))
			return true;
	return false;
}

static void mpath_alua_path_due(struct mpath_path *path, u64 now_ns)
{
	struct mpath_alua *alua = path->alua;
	u64 limit = MPATH_ALUA_LIMIT_MS;

	if (mpath_alua_lapsed(path) || !alua->wanted_ns)
		return;
	if (mpath_alua_elsewhere(path->map, path->group))
		limit = MPATH_ALUA_SHORT_MS;
	/* wanted later than now, if another path has been found to hang in this tick */
	if (now_ns > alua->wanted_ns && now_ns - alua->wanted_ns > limit * NSEC_PER_MSEC)
		mpath_alua_give_up(alua, MPATH_HUNG, "its activation takes too long");
	else if (alua->retry_ns && now_ns >= alua->retry_ns)
		mpath_alua_try(alua);
}

void mpath_alua_due(struct mpath_map *map, u64 now_ns)
{
	bool changed = false;
	u32 g, p;

	lockdep_assert_held(&map->resource->lock);
	for (p = 0; p < map->conf->nr_paths; p++)
		if (map->paths[p].alua)
			mpath_alua_path_due(&map->paths[p], now_ns);
	for (g = 0; g < map->conf->nr_groups; g++) {
		struct mpath_group *group = &map->groups[g];

		if (!group->busy_ns || now_ns < group->busy_ns)
			continue;
		group->busy_ns = 0;
		changed = true;
	}
	if (changed)
		mpath_switch(map);
}

bool mpath_alua_lapsed(struct mpath_path *path)
{
	if (!path->alua || !path->alua->ready || !mpath_alua_asleep(path))
		return false;
	mpath_path_down(path, MPATH_FAILED, "its port serves no I/O any more");
	return true;
}

bool mpath_alua_stuck(const struct mpath_path *path)
{
	return path->alua && path->alua->stale;
}

static int mpath_alua_refuse(struct mpath_path *path, int error)
{
	struct request_queue *queue = bdev_get_queue(path->dev->bdev);
	const char *other;

	switch (error) {
	case -EBUSY:
		other = scsi_dh_attached_handler_name(queue, GFP_KERNEL);
		DMERR("%s: alua: path %s has the handler %s", mpath_name(path->map),
		      path->dev->name, other ?: "of another name");
		kfree(other);
		break;
	case -ENODEV:
		DMERR("%s: alua: path %s does not support it", mpath_name(path->map),
		      path->dev->name);
		break;
	case -EINVAL:
		DMERR("%s: alua: path %s: no module scsi_dh_alua, or it refuses the device",
		      mpath_name(path->map), path->dev->name);
		break;
	default:
		DMERR("%s: alua: path %s: error %d", mpath_name(path->map), path->dev->name,
		      error);
	}
	path->map->ti->error = "Cannot attach the hardware handler: the line before says why";
	return error;
}

int mpath_alua_attach(struct mpath_path *path)
{
	struct mpath_alua *alua;
	int ret;

	if (!mpath_scsi_of(path->dev->bdev)) {
		DMERR("%s: alua: path %s is not a SCSI device", mpath_name(path->map),
		      path->dev->name);
		path->map->ti->error = "The hardware handler is for SCSI devices";
		return -EINVAL;
	}
	ret = scsi_dh_attach(bdev_get_queue(path->dev->bdev), path->map->conf->handler);
	if (ret)
		return mpath_alua_refuse(path, ret);
	alua = kzalloc(sizeof(*alua), GFP_KERNEL);
	if (!alua)
		return -ENOMEM;
	INIT_WORK(&alua->start, mpath_alua_start);
	INIT_WORK(&alua->done, mpath_alua_done);
	alua->leg = mpath_leg_get(path->leg);
	alua->resource = mpath_resource_get(path->map->resource);
	alua->path = path;
	path->alua = alua;
	return 0;
}

void mpath_alua_detach(struct mpath_path *path)
{
	struct mpath_alua *alua = path->alua;
	bool busy;

	if (!alua)
		return;
	mutex_lock(&alua->resource->lock);
	alua->path = NULL;
	path->alua = NULL;
	busy = alua->busy;
	mutex_unlock(&alua->resource->lock);
	if (!busy)
		mpath_alua_free(alua);
}
