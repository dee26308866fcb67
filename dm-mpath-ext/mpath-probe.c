// SPDX-License-Identifier: GPL-2.0-only
/*
 * Probes of paths. Whoever has set probe->busy under the resource's lock owns the
 * rest of it until that is cleared.
 */
#include <linux/slab.h>

#include "mpath-alua.h"
#include "mpath-class.h"
#include "mpath-look.h"
#include "mpath-path.h"
#include "mpath-probe.h"
#include "mpath-resource.h"
#include "mpath-retry.h"

/* another place each time, so that one bad block, or one in a cache, proves nothing */
static sector_t mpath_probe_sector(const struct mpath_path *path)
{
	u64 blocks = bdev_nr_sectors(path->leg->bdev) >> PAGE_SECTORS_SHIFT;
	u64 at = 0;

	if (blocks)
		div64_u64_rem(path->probes * 0x9e3779b97f4a7c15ULL, blocks, &at);
	return at << PAGE_SECTORS_SHIFT;
}

void mpath_probe_ended(struct mpath_probe *probe, blk_status_t status)
{
	probe->status = status;
	probe->end_ns = ktime_get_ns();
	queue_work(mpath_leg_wq, &probe->done);
}

static void mpath_probe_end(struct bio *bio)
{
	struct mpath_probe *probe = bio->bi_private;

	/* what is queued may drop the last hold on the module: see mpath_hedge_end() */
	rcu_read_lock();
	mpath_probe_ended(probe, bio->bi_status);
	rcu_read_unlock();
}

/* without the lock: a path that takes nothing more keeps whoever sends to it waiting */
static void mpath_probe_read(struct work_struct *work)
{
	struct mpath_probe *probe = container_of(work, struct mpath_probe, ask);

	WRITE_ONCE(probe->start_ns, ktime_get_ns());
	submit_bio(&probe->bio);
}

static void mpath_probe_send(struct mpath_path *path, u64 now_ns)
{
	struct mpath_probe *probe = path->probe;
	unsigned int bytes = min_t(u64, PAGE_SIZE, bdev_nr_bytes(path->leg->bdev));

	lockdep_assert_held(&path->map->resource->lock);
	path->probe_again = false;
	path->probes++;
	probe->busy = true;
	probe->sent_ns = now_ns;
	probe->start_ns = 0;
	probe->end_ns = 0;
	probe->asleep = mpath_alua_asleep(path);
	if (probe->asleep) {
		mpath_alua_probe(probe);
		return;
	}
	bio_init(&probe->bio, path->leg->bdev, &probe->vec, 1,
		 REQ_OP_READ | REQ_FAILFAST_DEV | REQ_FAILFAST_TRANSPORT);
	/* it is going away, or its size is not known: drivers do not expect a read of nothing */
	if (!bytes) {
		mpath_probe_ended(probe, BLK_STS_OFFLINE);
		return;
	}
	probe->bio.bi_iter.bi_sector = mpath_probe_sector(path);
	probe->bio.bi_private = probe;
	probe->bio.bi_end_io = mpath_probe_end;
	__bio_add_page(&probe->bio, probe->page, bytes, 0);
	INIT_WORK(&probe->ask, mpath_probe_read);
	queue_work(mpath_send_wq, &probe->ask);
}

/* a path that stays dead is not asked as often as one that works */
static u64 mpath_probe_next(const struct mpath_path *path, u64 now_ns)
{
	u64 every = mul_u32_u32(path->map->conf->t.probe_ms, NSEC_PER_MSEC);

	return now_ns + (every << min_t(u32, path->bad, MPATH_PROBE_BACKOFF));
}

/* one that does its work speaks for itself */
static bool mpath_probe_wanted(struct mpath_path *path)
{
	enum mpath_state state = path->record->health.state;
	u64 done;

	if (state == MPATH_OFF)
		return false;
	if (state != MPATH_UP || path->probe_owed)
		return true;
	done = mpath_record_ios(path->record);
	if (done == path->seen)
		return true;
	path->seen = done;
	return false;
}

void mpath_probe_due(struct mpath_map *map)
{
	u64 now_ns;
	u32 p;

	mutex_lock(&map->resource->lock);
	now_ns = ktime_get_ns();
	for (p = 0; map->resource->active == map && p < map->conf->nr_paths; p++) {
		struct mpath_path *path = &map->paths[p];

		if (path->probe->busy || now_ns < path->probe_next_ns)
			continue;
		path->probe_next_ns = mpath_probe_next(path, now_ns);
		if (mpath_probe_wanted(path))
			mpath_probe_send(path, now_ns);
	}
	mutex_unlock(&map->resource->lock);
}

void mpath_probe_soon(struct mpath_map *map)
{
	u32 p;

	lockdep_assert_held(&map->resource->lock);
	for (p = 0; p < map->conf->nr_paths; p++)
		map->paths[p].probe_next_ns = 0;
}

void mpath_probe_now(struct mpath_map *map, u64 paths)
{
	u64 now_ns = ktime_get_ns();
	u32 p;

	mutex_lock(&map->resource->lock);
	for (p = 0; map->resource->active == map && p < map->conf->nr_paths; p++) {
		struct mpath_path *path = &map->paths[p];

		if (!(paths & BIT_ULL(p)))
			continue;
		if (path->probe->busy)
			path->probe_again = true;
		else
			mpath_probe_send(path, now_ns);
	}
	/* they may have gone before the bio was listed, and nobody looks at it again */
	if (mpath_probe_verdict(map, paths, now_ns) == MPATH_VERDICT_BAD)
		mpath_retry_review(map);
	mutex_unlock(&map->resource->lock);
}

enum mpath_verdict mpath_probe_verdict(struct mpath_map *map, u64 paths, u64 asked_ns)
{
	enum mpath_verdict verdict = MPATH_VERDICT_BAD;
	u32 p;

	lockdep_assert_held(&map->resource->lock);
	for (p = 0; p < map->conf->nr_paths; p++) {
		const struct mpath_path *path = &map->paths[p];

		if (!(paths & BIT_ULL(p)) || !mpath_path_works(path))
			continue;
		/* back by now, and so as good as one that was never tried */
		if (path->record->health.since_ns >= asked_ns) {
			verdict = MPATH_VERDICT_BAD;
			break;
		}
		if (path->answered_ns >= asked_ns) {
			/* had that probe been bad, the path would not work */
			verdict = MPATH_VERDICT_GOOD;
			break;
		}
		verdict = MPATH_VERDICT_OPEN;
	}
	return verdict;
}

/*
 * A path may come back if it shows the map's device. That is asked without the lock,
 * the probe still being busy, so the path may be gone afterwards. Return: whether it
 * still is what was looked at.
 */
static bool mpath_probe_identity(struct mpath_path *path, enum mpath_likeness *likeness)
{
	struct mpath_resource *resource = path->map->resource;
	struct mpath_probe *probe = path->probe;
	struct mpath_look look;

	mpath_look_begin(&look, path);
	mutex_unlock(&resource->lock);
	*likeness = mpath_look(&look);
	mutex_lock(&resource->lock);
	/* the table may be gone, or another may have taken over */
	path = probe->path;
	if (path && resource->active != path->map)
		path = NULL;
	return mpath_look_end(&look, path ? path->map : NULL);
}

/* the answer is good; its latency stands in for that of I/O */
static bool mpath_probe_good(struct mpath_path *path, u64 now_ns)
{
	struct mpath_record *record = path->record;
	enum mpath_likeness likeness;

	path->bad = 0;
	if (!path->probe->asleep && !path->probe->status)
		WRITE_ONCE(record->average,
			   mpath_average(record->average,
					 path->probe->end_ns - path->probe->start_ns, 1));
	if (mpath_alua_lapsed(path))
		return true;
	if (!mpath_health_probed(&record->health, true, now_ns) || mpath_alua_stuck(path))
		return true;
	if (!mpath_probe_identity(path, &likeness))
		return false;
	/* the administrator may have turned it off meanwhile */
	if (likeness == MPATH_SAME && mpath_health_ready(&record->health, now_ns))
		mpath_path_up(path, "probes are good");
	else if (likeness == MPATH_OTHER)
		mpath_path_down(path, MPATH_FOREIGN, "it shows another device");
	return true;
}

static void mpath_probe_bad(struct mpath_path *path, u64 now_ns)
{
	path->bad++;
	mpath_health_probed(&path->record->health, false, now_ns);
	mpath_path_down(path, MPATH_FAILED, "probe failed");
}

static void mpath_probe_free(struct mpath_probe *probe)
{
	if (probe->page)
		__free_page(probe->page);
	if (probe->leg)
		mpath_leg_put(probe->leg);
	if (probe->resource)
		mpath_resource_put(probe->resource);
	kfree(probe);
}

/* take in what a probe has found; the lock may be let go meanwhile */
static void mpath_probe_answer(struct mpath_probe *probe, blk_status_t status)
{
	struct mpath_path *path = probe->path;
	u64 now_ns = ktime_get_ns();

	/* a table that is not active any more has no say in what is in use */
	if (!path || path->map->resource->active != path->map)
		return;
	/* a bad block or another host's reservation is the device's answer, and so a good one */
	if (mpath_answered(status) && !mpath_probe_good(path, now_ns))
		return;
	if (status && mpath_classify(status) == MPATH_CLASS_PAUSE) {
		/* that says nothing of the path: ask again, soon, whatever its I/O says */
		path->probe_next_ns = 0;
		path->probe_owed = true;
		return;
	}
	if (!mpath_answered(status))
		mpath_probe_bad(path, now_ns);
	path->probe_owed = false;
	path->answered_ns = probe->sent_ns;
	mpath_retry_review(path->map);
}

static void mpath_probe_done(struct work_struct *work)
{
	struct mpath_probe *probe = container_of(work, struct mpath_probe, done);
	/* once it is not busy the probe may go, and its reference with it */
	struct mpath_resource *resource = mpath_resource_get(probe->resource);
	blk_status_t status = probe->status;
	struct mpath_path *path;

	if (!probe->asleep)
		bio_uninit(&probe->bio);
	mutex_lock(&resource->lock);
	mpath_probe_answer(probe, status);
	path = probe->path;
	probe->busy = false;
	if (path && path->probe_again && resource->active == path->map)
		mpath_probe_send(path, ktime_get_ns());
	mutex_unlock(&resource->lock);
	if (!path)
		mpath_probe_free(probe);
	mpath_resource_put(resource);
}

int mpath_probe_init(struct mpath_path *path)
{
	struct mpath_probe *probe = kzalloc(sizeof(*probe), GFP_KERNEL);

	if (!probe)
		return -ENOMEM;
	probe->page = alloc_page(GFP_KERNEL);
	if (!probe->page) {
		kfree(probe);
		return -ENOMEM;
	}
	INIT_WORK(&probe->done, mpath_probe_done);
	probe->leg = mpath_leg_get(path->leg);
	probe->resource = mpath_resource_get(path->map->resource);
	probe->path = path;
	path->probe = probe;
	return 0;
}

void mpath_probe_exit(struct mpath_path *path)
{
	struct mpath_probe *probe = path->probe;
	bool busy;

	if (!probe)
		return;
	mutex_lock(&probe->resource->lock);
	probe->path = NULL;
	path->probe = NULL;
	busy = probe->busy;
	mutex_unlock(&probe->resource->lock);
	if (!busy)
		mpath_probe_free(probe);
}
