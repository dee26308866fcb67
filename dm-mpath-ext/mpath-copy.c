// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies of reads, in private pages.
 */
#include <linux/slab.h>

#include "mpath-copy.h"
#include "mpath-io.h"

/* of the read's own flags, those that mean the same for a copy of it */
#define MPATH_COPY_FLAGS	(REQ_FAILFAST_MASK | REQ_SYNC | REQ_META | REQ_PRIO | REQ_IDLE | \
				 REQ_RAHEAD)

static bool mpath_copy_pages(struct mpath_copy *copy, unsigned int bytes)
{
	unsigned int now;

	for (; bytes; bytes -= now) {
		struct page *page = alloc_page(MPATH_COPY_GFP);

		if (!page)
			return false;
		now = min_t(unsigned int, bytes, PAGE_SIZE);
		__bio_add_page(&copy->bio, page, now, 0);
		copy->nr++;
	}
	return true;
}

struct mpath_copy *mpath_copy_new(struct bio *bio)
{
	unsigned int pages = DIV_ROUND_UP(bio->bi_iter.bi_size, PAGE_SIZE);
	struct mpath_copy *copy;

	copy = kmalloc(struct_size(copy, vecs, pages), MPATH_COPY_GFP);
	if (!copy)
		return NULL;
	copy->leg = NULL;
	copy->nr = 0;
	copy->hedged = false;
	bio_init(&copy->bio, NULL, copy->vecs, pages,
		 REQ_OP_READ | (bio->bi_opf & MPATH_COPY_FLAGS));
	copy->bio.bi_iter.bi_sector = bio->bi_iter.bi_sector;
	copy->bio.bi_ioprio = bio->bi_ioprio;
	if (mpath_copy_pages(copy, bio->bi_iter.bi_size)) {
		copy->iter = copy->bio.bi_iter;
		return copy;
	}
	mpath_copy_free(copy);
	return NULL;
}

static atomic_t *mpath_copy_held(const struct mpath_copy *copy)
{
	return &per_cpu_ptr(copy->leg->load, copy->cpu)->pages;
}

void mpath_copy_leave(const struct mpath_copy *copy)
{
	atomic_dec(&per_cpu_ptr(copy->leg->load, copy->cpu)->n[copy->phase]);
}

bool mpath_copy_aim(struct mpath_copy *copy, struct bio *bio, struct mpath_path *path)
{
	copy->leg = mpath_leg_get(path->leg);
	if (atomic_add_return(copy->nr, mpath_copy_held(copy)) > MPATH_COPY_PAGES) {
		atomic_sub(copy->nr, mpath_copy_held(copy));
		mpath_copy_leave(copy);
		mpath_leg_put(copy->leg);
		copy->leg = NULL;
		return false;
	}
	copy->path = path;
	bio_set_dev(&copy->bio, copy->leg->bdev);
	bio_clone_blkg_association(&copy->bio, bio);
	return true;
}

void mpath_copy_take(struct mpath_copy *copy, struct bio *bio)
{
	copy->bio.bi_iter = copy->iter;
	bio_copy_data(bio, &copy->bio);
}

void mpath_copy_count(struct mpath_copy *copy, blk_status_t status)
{
	mpath_copy_leave(copy);
	mpath_count(copy->leg->record->counts, 0, copy->iter.bi_size, copy->start_ns, status);
}

void mpath_copy_free(struct mpath_copy *copy)
{
	struct mpath_leg *leg = copy->leg;
	u32 i;

	bio_uninit(&copy->bio);
	for (i = 0; i < copy->nr; i++)
		__free_page(copy->vecs[i].bv_page);
	if (leg)
		atomic_sub(copy->nr, mpath_copy_held(copy));
	kfree(copy);
	if (leg)
		mpath_leg_put(leg);
}
