// SPDX-License-Identifier: GPL-2.0-only
/*
 * The senders of paths.
 */
#include "mpath-map.h"
#include "mpath-send.h"

static struct bio *mpath_send_next(struct mpath_leg *leg)
{
	struct bio *bio;

	spin_lock_irq(&leg->send_lock);
	bio = bio_list_pop(&leg->unsent);
	spin_unlock_irq(&leg->send_lock);
	return bio;
}

static void mpath_send_work(struct work_struct *work)
{
	struct mpath_leg *leg = container_of(work, struct mpath_leg, sender);
	struct blk_plug plug;
	struct bio *bio;

	blk_start_plug(&plug);
	/* one by one: what waits behind one that sleeps can still be called back */
	while ((bio = mpath_send_next(leg)))
		submit_bio_noacct(bio);
	blk_finish_plug(&plug);
	mpath_leg_put(leg);
}

void mpath_send_recall(struct mpath_leg *leg)
{
	struct bio *bio;

	while ((bio = mpath_send_next(leg))) {
		bio->bi_status = BLK_STS_AGAIN;
		bio_endio(bio);
	}
}

void mpath_send(struct mpath_leg *leg, struct bio *bio)
{
	/* once it is listed the bio may end, and with it what holds the leg for it */
	mpath_leg_get(leg);
	spin_lock_irq(&leg->send_lock);
	bio_list_add(&leg->unsent, bio);
	spin_unlock_irq(&leg->send_lock);
	/* it has been given up since it was chosen: the recall may have come too early */
	if (unlikely(!mpath_works(READ_ONCE(leg->record->health.state))))
		mpath_send_recall(leg);
	/* the reference is the work's from now on */
	if (!queue_work(leg->send_wq, &leg->sender))
		mpath_leg_put(leg);
}

bool mpath_send_idle(struct mpath_leg *leg)
{
	return !READ_ONCE(leg->unsent.head);
}

void mpath_send_flush(struct mpath_leg *leg)
{
	flush_work(&leg->sender);
}

void mpath_send_init(struct mpath_leg *leg)
{
	spin_lock_init(&leg->send_lock);
	bio_list_init(&leg->unsent);
	INIT_WORK(&leg->sender, mpath_send_work);
}
