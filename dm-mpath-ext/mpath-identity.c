// SPDX-License-Identifier: GPL-2.0-only
/*
 * Do two paths lead to one device?
 */
#include <linux/bio.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/slab.h>

#include "mpath-identity.h"
#include "mpath-inquiry.h"
#include "mpath-resource.h"

#define MPATH_SAMPLES		16
#define MPATH_SAMPLE_TRIES	5	/* somebody may be writing there */
#define MPATH_SAMPLE_MS		3000
#define MPATH_DRIVER_ID_LEN	16

/* -- a read that is not waited for longer than it is worth -- */

struct mpath_sample {
	struct kref refs;
	struct bio bio;
	struct bio_vec vec;
	struct page *page;
	struct mpath_leg *leg;
	struct work_struct send;
	struct completion done;
	blk_status_t status;
};

static void mpath_sample_free(struct kref *refs)
{
	struct mpath_sample *sample = container_of(refs, struct mpath_sample, refs);

	mpath_leg_put(sample->leg);
	__free_page(sample->page);
	kfree(sample);
}

static void mpath_sample_end(struct bio *bio)
{
	struct mpath_sample *sample = bio->bi_private;

	/* with its leg the last hold on the module may go: see mpath_hedge_end() */
	rcu_read_lock();
	sample->status = bio->bi_status;
	bio_uninit(bio);
	complete(&sample->done);
	kref_put(&sample->refs, mpath_sample_free);
	rcu_read_unlock();
}

/* this may sleep for as long as the path hangs; who reads does not */
static void mpath_sample_send(struct work_struct *work)
{
	submit_bio(&container_of(work, struct mpath_sample, send)->bio);
}

/* the reader's reference; NULL if memory is out */
static struct mpath_sample *mpath_sample_start(struct mpath_leg *leg, sector_t sector)
{
	u64 bytes = min_t(u64, PAGE_SIZE, bdev_nr_bytes(leg->bdev));
	struct mpath_sample *sample;

	/* drivers do not expect a read of nothing; the disk may be going away */
	if (!bytes)
		return NULL;
	sample = kzalloc(sizeof(*sample), GFP_NOIO);
	if (!sample)
		return NULL;
	sample->page = alloc_page(GFP_NOIO);
	if (!sample->page) {
		kfree(sample);
		return NULL;
	}
	kref_init(&sample->refs);
	kref_get(&sample->refs);
	init_completion(&sample->done);
	sample->leg = mpath_leg_get(leg);
	bio_init(&sample->bio, leg->bdev, &sample->vec, 1,
		 REQ_OP_READ | REQ_FAILFAST_DEV | REQ_FAILFAST_TRANSPORT);
	sample->bio.bi_iter.bi_sector = sector;
	sample->bio.bi_private = sample;
	sample->bio.bi_end_io = mpath_sample_end;
	__bio_add_page(&sample->bio, sample->page, bytes, 0);
	INIT_WORK(&sample->send, mpath_sample_send);
	queue_work(mpath_send_wq, &sample->send);
	return sample;
}

static bool mpath_sample_wait(struct mpath_sample *sample)
{
	return wait_for_completion_timeout(&sample->done, msecs_to_jiffies(MPATH_SAMPLE_MS)) &&
	       !sample->status;
}

static void mpath_sample_put(struct mpath_sample *sample)
{
	if (sample)
		kref_put(&sample->refs, mpath_sample_free);
}

/* one look at one place of both */
static enum mpath_likeness mpath_compare_once(struct mpath_leg *a, struct mpath_leg *b,
					      sector_t sector)
{
	struct mpath_sample *one = mpath_sample_start(a, sector);
	struct mpath_sample *two = mpath_sample_start(b, sector);
	enum mpath_likeness result = MPATH_UNKNOWN;

	if (one && two && mpath_sample_wait(one) && mpath_sample_wait(two))
		result = memcmp(page_address(one->page), page_address(two->page),
				one->vec.bv_len) ? MPATH_OTHER : MPATH_SAME;
	mpath_sample_put(one);
	mpath_sample_put(two);
	return result;
}

static enum mpath_likeness mpath_compare_at(struct mpath_leg *a, struct mpath_leg *b,
					    sector_t sector)
{
	enum mpath_likeness result;
	unsigned int i;

	for (i = 0; i < MPATH_SAMPLE_TRIES; i++) {
		result = mpath_compare_once(a, b, sector);
		if (result != MPATH_OTHER)
			break;
		msleep(20);
	}
	return result;
}

static enum mpath_likeness mpath_compare_samples(struct mpath_leg *a, struct mpath_leg *b)
{
	u64 pages = bdev_nr_sectors(a->bdev) >> PAGE_SECTORS_SHIFT;
	enum mpath_likeness result = MPATH_SAME;
	u64 i, n = clamp_t(u64, pages, 1, MPATH_SAMPLES);

	for (i = 0; i < n && result == MPATH_SAME; i++)
		result = mpath_compare_at(a, b,
					  mul_u64_u64_div_u64(i, pages, n) << PAGE_SECTORS_SHIFT);
	return result;
}

/* -- what the devices say of themselves -- */

/*
 * For devices other than SCSI ones: what their drivers know. A device-mapper map passes
 * on what the disks below it say, which is not the map's own.
 */
static void mpath_identity_drivers(struct mpath_leg *leg, struct mpath_ids *ids)
{
	static const struct {
		enum blk_unique_id theirs;
		enum mpath_id_type ours;
	} types[] = {
		{ BLK_UID_NAA, MPATH_ID_NAA },
		{ BLK_UID_EUI64, MPATH_ID_EUI64 },
		{ BLK_UID_T10, MPATH_ID_T10 },
	};
	struct gendisk *disk = leg->bdev->bd_disk;
	u8 id[MPATH_DRIVER_ID_LEN];
	unsigned int t;
	int len;

	if (!disk->fops->get_unique_id || disk->major == leg->resource->dm_major)
		return;
	for (t = 0; t < ARRAY_SIZE(types); t++) {
		memset(id, 0, sizeof(id));
		len = disk->fops->get_unique_id(disk, id, types[t].theirs);
		if (len > 0)
			mpath_ids_add(ids, types[t].ours, id, min_t(size_t, len, sizeof(id)));
	}
}

/* a disk that was scanned through a port that slept has no size yet, and cannot be told */
int mpath_identity_read(struct mpath_leg *leg, struct mpath_identity *identity)
{
	int ret;

	memset(identity, 0, sizeof(*identity));
	identity->sectors = bdev_nr_sectors(leg->bdev);
	identity->start = get_start_sect(leg->bdev);
	if (!identity->sectors)
		return -EIO;
	ret = mpath_inquiry(leg, &identity->ids);
	if (ret == -ENXIO)
		mpath_identity_drivers(leg, &identity->ids);
	return ret == -ENXIO || ret == -ENODATA ? 0 : ret;
}

int mpath_identity_learn(struct mpath_leg *leg, struct mpath_identity *identity)
{
	int ret = mpath_identity_read(leg, identity);

	/* one that only its data tell apart has to be readable */
	if (!ret && !identity->ids.nr && mpath_compare_samples(leg, leg) == MPATH_UNKNOWN)
		ret = -EIO;
	if (ret)
		identity->sectors = 0;
	return ret;
}

/* by what both hold if there is somebody to hold it against, else by a size that has not shrunk */
static enum mpath_likeness mpath_identity_guess(struct mpath_leg *leg, struct mpath_leg *peer,
						const struct mpath_identity *known, bool foreign)
{
	if (!peer && foreign)
		return MPATH_UNKNOWN;
	if (!peer)
		return bdev_nr_sectors(leg->bdev) < known->sectors ? MPATH_OTHER : MPATH_SAME;
	if (bdev_nr_sectors(leg->bdev) != bdev_nr_sectors(peer->bdev))
		return MPATH_OTHER;
	return mpath_compare_samples(peer, leg);
}

enum mpath_likeness mpath_identity_check(struct mpath_leg *leg, const struct mpath_identity *known,
					 struct mpath_leg *peer, sector_t need, bool foreign)
{
	struct mpath_identity identity;

	if (mpath_identity_read(leg, &identity))
		return MPATH_UNKNOWN;
	if (identity.sectors < need)
		return MPATH_OTHER;
	switch (mpath_ids_compare(&identity.ids, &known->ids)) {
	case MPATH_SAME:
		/* two partitions of one disk are two devices */
		return identity.start == known->start ? MPATH_SAME : MPATH_OTHER;
	case MPATH_OTHER:
		return MPATH_OTHER;
	case MPATH_UNKNOWN:
		/* the map's device says who it is, and this one does not */
		if (known->ids.nr && !peer)
			return MPATH_UNKNOWN;
		fallthrough;
	default:
		return mpath_identity_guess(leg, peer, known, foreign);
	}
}
