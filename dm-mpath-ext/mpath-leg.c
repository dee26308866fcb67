// SPDX-License-Identifier: GPL-2.0-only
/*
 * Openings of path devices that outlive their tables if need be.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include "compat.h"
#include "mpath-leg.h"
#include "mpath-resource.h"
#include "mpath-send.h"

struct workqueue_struct *mpath_leg_wq;
struct workqueue_struct *mpath_send_wq;
/* closing takes locks under which others wait for memory: answers are not to wait for it */
static struct workqueue_struct *mpath_close_wq;

int mpath_leg_init(void)
{
	mpath_leg_wq = alloc_workqueue("mpath_legs", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	if (!mpath_leg_wq)
		return -ENOMEM;
	mpath_send_wq = alloc_workqueue("mpath_sends", WQ_MEM_RECLAIM | WQ_UNBOUND,
					WQ_MAX_ACTIVE);
	if (!mpath_send_wq)
		goto err_legs;
	mpath_close_wq = alloc_workqueue("mpath_closes", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	if (!mpath_close_wq)
		goto err_sends;
	return 0;

err_sends:
	destroy_workqueue(mpath_send_wq);
err_legs:
	destroy_workqueue(mpath_leg_wq);
	return -ENOMEM;
}

void mpath_leg_exit(void)
{
	/* each leg held the module, so all that is left is a work that returns */
	destroy_workqueue(mpath_send_wq);
	destroy_workqueue(mpath_leg_wq);
	destroy_workqueue(mpath_close_wq);
}

static void mpath_leg_release(struct work_struct *work)
{
	struct mpath_leg *leg = container_of(work, struct mpath_leg, release);

	/* its last reference may have been the sender's, which then is not quite at rest */
	destroy_workqueue(leg->send_wq);
	mpath_bdev_close(leg->handle);
	free_percpu(leg->load);
	mpath_resource_put(leg->resource);
	kfree(leg);
	module_put(THIS_MODULE);
}

static void mpath_leg_last(struct kref *refs)
{
	struct mpath_leg *leg = container_of(refs, struct mpath_leg, refs);

	queue_work(mpath_close_wq, &leg->release);
}

void mpath_leg_put(struct mpath_leg *leg)
{
	kref_put(&leg->refs, mpath_leg_last);
}

static void mpath_leg_last_now(struct kref *refs)
{
	mpath_leg_release(&container_of(refs, struct mpath_leg, refs)->release);
}

void mpath_leg_close(struct mpath_leg *leg)
{
	kref_put(&leg->refs, mpath_leg_last_now);
}

struct mpath_leg *mpath_leg_open(dev_t dev, struct mpath_resource *resource,
				 struct mpath_record *record)
{
	struct mpath_leg *leg = kzalloc(sizeof(*leg), GFP_KERNEL);
	void *error = ERR_PTR(-ENOMEM);

	if (!leg)
		return error;
	leg->load = alloc_percpu(struct mpath_load);
	if (!leg->load)
		goto err_free_leg;
	leg->send_wq = alloc_ordered_workqueue("mpath_send", WQ_MEM_RECLAIM);
	if (!leg->send_wq)
		goto err_free_load;
	leg->handle = mpath_bdev_open(dev);
	if (IS_ERR(leg->handle)) {
		error = leg->handle;
		goto err_destroy;
	}
	leg->resource = mpath_resource_get(resource);
	leg->record = record;
	leg->bdev = mpath_bdev_of(leg->handle);
	kref_init(&leg->refs);
	mpath_send_init(leg);
	INIT_WORK(&leg->release, mpath_leg_release);
	/* a table of this module is being made, so it cannot be going away */
	__module_get(THIS_MODULE);
	return leg;

err_destroy:
	destroy_workqueue(leg->send_wq);
err_free_load:
	free_percpu(leg->load);
err_free_leg:
	kfree(leg);
	return error;
}
