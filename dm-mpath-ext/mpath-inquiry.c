// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asking a SCSI device who it is.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "mpath-inquiry.h"
#include "mpath-scsi.h"

#define MPATH_INQUIRY_BYTES	4096
#define MPATH_INQUIRY_MS	3000

/**
 * struct mpath_inquiry - one question
 * @refs: of who asks, and of the command while it is under way
 * @leg: the path; a reference
 * @ask: sends the command and waits for it
 * @reserve: who asks may use the reserve of memory, and so may the command
 * @done: it has ended
 * @error: 0, or why there is no answer
 * @page: the answer
 */
struct mpath_inquiry {
	struct kref refs;
	struct mpath_leg *leg;
	struct work_struct ask;
	bool reserve;
	struct completion done;
	int error;
	u8 *page;
};

static void mpath_inquiry_free(struct kref *refs)
{
	struct mpath_inquiry *inquiry = container_of(refs, struct mpath_inquiry, refs);

	mpath_leg_put(inquiry->leg);
	kfree(inquiry->page);
	kfree(inquiry);
}

/* a path that hangs keeps this waiting for minutes, and whoever asks for seconds */
static void mpath_inquiry_ask(struct work_struct *work)
{
	struct mpath_inquiry *inquiry = container_of(work, struct mpath_inquiry, ask);
	unsigned int noio = memalloc_noio_save(), reserve = 0;

	if (inquiry->reserve)
		reserve = memalloc_noreclaim_save();
	inquiry->error = scsi_get_vpd_page(mpath_scsi_of(inquiry->leg->bdev), MPATH_IDS_PAGE,
					   inquiry->page, MPATH_INQUIRY_BYTES);
	if (inquiry->reserve)
		memalloc_noreclaim_restore(reserve);
	memalloc_noio_restore(noio);
	atomic_set_release(&inquiry->leg->asking, 0);
	complete(&inquiry->done);
	kref_put(&inquiry->refs, mpath_inquiry_free);
}

static struct mpath_inquiry *mpath_inquiry_new(struct mpath_leg *leg)
{
	struct mpath_inquiry *inquiry = kzalloc(sizeof(*inquiry), GFP_NOIO);

	if (!inquiry)
		return NULL;
	/* on its own, since devices write to it */
	inquiry->page = kzalloc(MPATH_INQUIRY_BYTES, GFP_NOIO);
	if (!inquiry->page) {
		kfree(inquiry);
		return NULL;
	}
	kref_init(&inquiry->refs);
	inquiry->leg = mpath_leg_get(leg);
	inquiry->reserve = current->flags & PF_MEMALLOC;
	init_completion(&inquiry->done);
	INIT_WORK(&inquiry->ask, mpath_inquiry_ask);
	return inquiry;
}

/* did it have that page when it was scanned? */
static bool mpath_inquiry_had(struct scsi_device *sdev)
{
	return rcu_access_pointer(sdev->vpd_pg83);
}

/* one at a time: while a path hangs they would pile up there */
static bool mpath_inquiry_turn(struct mpath_leg *leg, unsigned long until)
{
	while (atomic_cmpxchg(&leg->asking, 0, 1)) {
		if (time_after(jiffies, until))
			return false;
		msleep(20);
	}
	return true;
}

int mpath_inquiry(struct mpath_leg *leg, struct mpath_ids *ids)
{
	struct scsi_device *sdev = mpath_scsi_of(leg->bdev);
	unsigned long until = jiffies + msecs_to_jiffies(MPATH_INQUIRY_MS);
	struct mpath_inquiry *inquiry;
	int ret = -ETIMEDOUT;

	if (!sdev)
		return -ENXIO;
	if (!mpath_inquiry_had(sdev))
		return -ENODATA;
	inquiry = mpath_inquiry_new(leg);
	if (!inquiry)
		return -ENOMEM;
	if (!mpath_inquiry_turn(leg, until))
		goto out;
	kref_get(&inquiry->refs);
	queue_work(mpath_send_wq, &inquiry->ask);
	if (wait_for_completion_timeout(&inquiry->done, msecs_to_jiffies(MPATH_INQUIRY_MS)))
		ret = inquiry->error;
	/* of a page with a fault, what stands before that has to do */
	if (!ret)
		mpath_ids_parse(ids, inquiry->page, MPATH_INQUIRY_BYTES);
out:
	kref_put(&inquiry->refs, mpath_inquiry_free);
	return ret;
}
