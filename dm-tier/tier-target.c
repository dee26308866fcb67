// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two targets as device-mapper calls them.
 */
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "tier-dev.h"
#include "tier-discard.h"
#include "tier-event.h"
#include "tier-io.h"
#include "tier-load.h"
#include "tier-lun.h"
#include "tier-target.h"
#include "tier-tick.h"

/* -- tier-pool -- */

/* the pool of this table's metadata device, made if there is none; a reference */
static int tier_pool_attach(struct tier_pool_target *table)
{
	struct mapped_device *md = dm_table_get_md(table->ti->table);
	dev_t meta_dev = table->meta[0]->bdev->bd_dev;
	struct tier_pool *pool, *by_md;

	mutex_lock(&tier_pools_lock);
	pool = tier_pool_get_by_meta(meta_dev);
	by_md = tier_pool_get_by_md(md);
	if (!pool && !by_md)
		pool = tier_pool_create(md, meta_dev);
	mutex_unlock(&tier_pools_lock);

	if (by_md)
		tier_pool_put(by_md);
	if (IS_ERR(pool)) {
		table->ti->error = "Out of memory";
		return PTR_ERR(pool);
	}
	if (!pool) {
		table->ti->error = "The metadata device of a pool cannot be changed";
		return -EINVAL;
	}
	if (pool->md != md) {
		table->ti->error = "Metadata device is in use by another pool";
		tier_pool_put(pool);
		return -EBUSY;
	}
	table->pool = pool;
	return 0;
}

static int tier_pool_ctr(struct dm_target *ti, unsigned int argc, char **argv)
{
	struct tier_pool_target *table;
	int ret;

	ret = tier_parse_pool(ti, argc, argv, &table);
	if (ret)
		return ret;
	ret = tier_pool_attach(table);
	if (ret)
		goto err_table;
	mutex_lock(&table->pool->lock);
	ret = tier_load_check(table->pool, table);
	mutex_unlock(&table->pool->lock);
	if (ret)
		goto err_pool;
	ti->private = table;
	ti->num_flush_bios = 1;
	ti->flush_supported = true;
	return 0;
err_pool:
	tier_pool_put(table->pool);
err_table:
	tier_parse_free(table);
	return ret;
}

static void tier_pool_dtr(struct dm_target *ti)
{
	struct tier_pool_target *table = ti->private;
	struct tier_pool *pool = table->pool;

	tier_load_unbind(pool, table);
	tier_pool_put(pool);
	tier_parse_free(table);
}

static int tier_pool_map(struct dm_target *ti, struct bio *bio)
{
	return DM_MAPIO_KILL;	/* data is in the LUNs */
}

static void tier_pool_presuspend(struct dm_target *ti)
{
	struct tier_pool_target *table = ti->private;

	tier_tick_stop(table->pool);
}

static void tier_pool_presuspend_undo(struct dm_target *ti)
{
	struct tier_pool_target *table = ti->private;

	tier_tick_start(table->pool);
}

static void tier_pool_postsuspend(struct dm_target *ti)
{
	struct tier_pool_target *table = ti->private;
	unsigned int noio = memalloc_noio_save();

	tier_load_stop(table->pool);
	memalloc_noio_restore(noio);
}

static int tier_pool_preresume(struct dm_target *ti)
{
	struct tier_pool_target *table = ti->private;
	unsigned int noio;
	int ret;

	if (table->pool->bound == table && table->live)
		return 0;
	/* the LUNs' I/O waits for this: memory must not wait for that */
	noio = memalloc_noio_save();
	ret = tier_load_bind(table->pool, table);
	memalloc_noio_restore(noio);
	return ret;
}

static void tier_pool_resume(struct dm_target *ti)
{
	struct tier_pool_target *table = ti->private;
	struct tier_pool *pool = table->pool;

	tier_pool_gate(pool, 0, TIER_GATE_SUSPENDED);
	queue_work(pool->io_wq, &pool->defer_work);
	tier_tick_start(pool);
}

static void tier_pool_status(struct dm_target *ti, status_type_t type, unsigned int flags,
			     char *result, unsigned int maxlen)
{
	tier_status_pool(ti->private, type, result, maxlen);
}

static int tier_pool_message(struct dm_target *ti, unsigned int argc, char **argv, char *result,
			     unsigned int maxlen)
{
	struct tier_pool_target *table = ti->private;

	return tier_command_message(table->pool, argc, argv);
}

static int tier_pool_iterate_devices(struct dm_target *ti, iterate_devices_callout_fn fn,
				     void *data)
{
	struct tier_pool_target *table = ti->private;
	unsigned int t, d;
	int ret = 0;

	for (t = 0; !ret && t < table->nr_tiers; t++)
		for (d = 0; !ret && d < table->tiers[t].nr_devs; d++) {
			struct dm_dev *dev = table->tiers[t].devs[d];

			ret = fn(ti, dev, TIER_DATA_OFFSET,
				 bdev_nr_sectors(dev->bdev) - TIER_DATA_OFFSET, data);
		}
	return ret;
}

struct target_type tier_pool_target_type = {
	.name = "tier-pool",
	.features = DM_TARGET_SINGLETON | DM_TARGET_ALWAYS_WRITEABLE,
	.version = { 1, 0, 0 },
	.module = THIS_MODULE,
	.ctr = tier_pool_ctr,
	.dtr = tier_pool_dtr,
	.map = tier_pool_map,
	.presuspend = tier_pool_presuspend,
	.presuspend_undo = tier_pool_presuspend_undo,
	.postsuspend = tier_pool_postsuspend,
	.preresume = tier_pool_preresume,
	.resume = tier_pool_resume,
	.status = tier_pool_status,
	.message = tier_pool_message,
	.iterate_devices = tier_pool_iterate_devices,
};

/* -- tier -- */

static int tier_lun_attach(struct tier_lun_target *lt, struct dm_target *ti)
{
	struct mapped_device *md = dm_get_md(lt->pool_dev->bdev->bd_dev);

	if (!md) {
		ti->error = "The pool device is not a device-mapper device";
		return -EINVAL;
	}
	mutex_lock(&tier_pools_lock);
	lt->pool = tier_pool_get_by_md(md);
	mutex_unlock(&tier_pools_lock);
	dm_put(md);
	if (!lt->pool) {
		ti->error = "The pool device is not a tier-pool";
		return -EINVAL;
	}
	return 0;
}

static int tier_lun_open(struct tier_lun_target *lt, struct dm_target *ti)
{
	struct tier_pool *pool = lt->pool;
	struct tier_lun *lun;
	int ret = -ENODEV;

	mutex_lock(&pool->lock);
	lun = pool->loaded && pool->bound ? tier_lun_find(pool, lt->id) : NULL;
	if (!pool->loaded || !pool->bound) {
		ti->error = "The pool is not active";
	} else if (!lun || lun->dead) {
		ti->error = "No such LUN in the pool";
	} else if (ti->len > lun->rec.sectors) {
		ti->error = "The map is longer than the LUN";
		ret = -EINVAL;
	} else {
		ret = dm_set_target_max_io_len(ti, pool->extent_sectors);
		if (!ret) {
			lt->lun = lun;
			lt->sectors = ti->len;
			lt->md = dm_table_get_md(ti->table);
			list_add(&lt->list, &lun->targets);
			lun->opened++;
		}
	}
	mutex_unlock(&pool->lock);
	return ret;
}

static int tier_lun_ctr(struct dm_target *ti, unsigned int argc, char **argv)
{
	struct tier_lun_target *lt;
	u64 id;
	int ret;

	if (argc != 2) {
		ti->error = "A pool device and a LUN id are needed";
		return -EINVAL;
	}
	lt = kzalloc(sizeof(*lt), GFP_KERNEL);
	if (!lt) {
		ti->error = "Out of memory";
		return -ENOMEM;
	}
	if (tier_parse_number(argv[1], 0, TIER_LUN_ID_MAX, &id)) {
		ti->error = "Invalid LUN id";
		ret = -EINVAL;
		goto err_target;
	}
	lt->id = id;
	ret = tier_dev_open(ti, argv[0], &lt->pool_dev);
	if (ret) {
		ti->error = "Cannot open the pool device";
		goto err_target;
	}
	ret = tier_lun_attach(lt, ti);
	if (ret)
		goto err_device;
	ret = tier_lun_open(lt, ti);
	if (ret)
		goto err_pool;
	ti->private = lt;
	ti->num_flush_bios = 1;
	ti->flush_supported = true;
	ti->num_discard_bios = 1;
	ti->discards_supported = true;
	ti->accounts_remapped_io = true;
	ti->per_io_data_size = sizeof(struct tier_io);
	return 0;
err_pool:
	tier_pool_put(lt->pool);
err_device:
	dm_put_device(ti, lt->pool_dev);
err_target:
	kfree(lt);
	return ret;
}

static void tier_lun_dtr(struct dm_target *ti)
{
	struct tier_lun_target *lt = ti->private;

	mutex_lock(&lt->pool->lock);
	list_del(&lt->list);
	lt->lun->opened--;
	mutex_unlock(&lt->pool->lock);
	tier_pool_put(lt->pool);
	dm_put_device(ti, lt->pool_dev);
	kfree(lt);
}

static int tier_lun_map(struct dm_target *ti, struct bio *bio)
{
	struct tier_lun_target *lt = ti->private;

	return tier_io_map(lt, bio, dm_target_offset(ti, bio->bi_iter.bi_sector));
}

static int tier_lun_end_io(struct dm_target *ti, struct bio *bio, blk_status_t *error)
{
	tier_io_end(bio);
	return DM_ENDIO_DONE;
}

/*
 * With noflush, what waits for space or for the pool goes back to dm, now and
 * until the map is suspended; otherwise dm waits for it.
 */
static void tier_lun_presuspend(struct dm_target *ti)
{
	struct tier_lun_target *lt = ti->private;

	WRITE_ONCE(lt->no_wait,
		   dm_noflush_suspending(ti) ? BLK_STS_DM_REQUEUE : BLK_STS_NOSPC);
	tier_io_end_waiting(lt);
}

static void tier_lun_may_wait(struct dm_target *ti)
{
	struct tier_lun_target *lt = ti->private;

	WRITE_ONCE(lt->no_wait, BLK_STS_OK);
}

static void tier_lun_status(struct dm_target *ti, status_type_t type, unsigned int flags,
			    char *result, unsigned int maxlen)
{
	tier_status_lun(ti->private, type, result, maxlen);
}

static int tier_lun_iterate_devices(struct dm_target *ti, iterate_devices_callout_fn fn,
				    void *data)
{
	struct tier_lun_target *lt = ti->private;

	return fn(ti, lt->pool_dev, 0, bdev_nr_sectors(lt->pool_dev->bdev), data);
}

static void tier_lun_io_hints(struct dm_target *ti, struct queue_limits *limits)
{
	struct tier_lun_target *lt = ti->private;
	u64 extent = lt->pool->extent_sectors;
	unsigned int whole = min_t(u64, extent, BIO_MAX_VECS * PAGE_SECTORS);

	/* so that a write of a whole extent comes as one; the members' queues split it */
	limits->max_hw_sectors = max(limits->max_hw_sectors, whole);
	limits->max_sectors = max(limits->max_sectors, whole);
	limits->discard_granularity = extent << SECTOR_SHIFT;
	tier_limits_set_discard(limits, min_t(u64, extent * TIER_DISCARD_EXTENTS,
					      round_down(UINT_MAX >> SECTOR_SHIFT, extent)));
}

struct target_type tier_lun_target_type = {
	.name = "tier",
	.version = { 1, 0, 0 },
	.module = THIS_MODULE,
	.ctr = tier_lun_ctr,
	.dtr = tier_lun_dtr,
	.map = tier_lun_map,
	.end_io = tier_lun_end_io,
	.presuspend = tier_lun_presuspend,
	.presuspend_undo = tier_lun_may_wait,
	.postsuspend = tier_lun_may_wait,
	.status = tier_lun_status,
	.iterate_devices = tier_lun_iterate_devices,
	.io_hints = tier_lun_io_hints,
};
