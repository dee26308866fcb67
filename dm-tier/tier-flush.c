// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flushes. Mappings are durable before a write uses them, and a move flushes
 * its destination before it switches, so a flush has to reach just the members
 * on which the LUN has extents now.
 *
 * A round takes all the flushes that wait, flushes the union of their members
 * once, and ends them. All their writes have ended before the round began.
 */
#include <linux/bio.h>

#include "tier-flush.h"
#include "tier-io.h"

struct tier_flush_round {
	struct tier_pool *pool;
	atomic_t pending;
	struct completion done;
	DECLARE_BITMAP(members, TIER_MAX_MEMBERS);
	DECLARE_BITMAP(bad, TIER_MAX_MEMBERS);
};

struct tier_flush_bio {
	struct tier_flush_round *round;
	u32 member;
	struct bio bio;
};

static void tier_flush_put(struct tier_flush_round *round)
{
	if (atomic_dec_and_test(&round->pending))
		complete(&round->done);
}

static void tier_flush_end(struct bio *bio)
{
	struct tier_flush_bio *flush = container_of(bio, struct tier_flush_bio, bio);
	struct tier_flush_round *round = flush->round;

	if (bio->bi_status)
		set_bit(flush->member, round->bad);
	bio_put(bio);
	tier_flush_put(round);
}

static void tier_flush_member(struct tier_flush_round *round, u32 index)
{
	struct tier_member *member = round->pool->members[index];
	struct block_device *bdev = READ_ONCE(member->bdev);
	struct tier_flush_bio *flush;
	struct bio *bio;

	if (!bdev) {
		/*
		 * Failed: what was written there is not safe. One that is missing has
		 * been so since the start: nothing was written there, and the rest of
		 * the LUN can go on.
		 */
		if (READ_ONCE(member->state) != TIER_MEMBER_MISSING)
			set_bit(index, round->bad);
		return;
	}
	bio = bio_alloc_bioset(bdev, 0, REQ_OP_WRITE | REQ_PREFLUSH | REQ_SYNC, GFP_NOIO,
			       &round->pool->flush_bios);
	flush = container_of(bio, struct tier_flush_bio, bio);
	flush->round = round;
	flush->member = index;
	bio->bi_end_io = tier_flush_end;
	atomic_inc(&round->pending);
	submit_bio(bio);
}

static bool tier_flush_failed(struct tier_flush_round *round, struct tier_lun *lun)
{
	return bitmap_intersects(round->bad, lun->members, TIER_MAX_MEMBERS);
}

static void tier_flush_round(struct tier_pool *pool, struct bio_list *bios)
{
	struct tier_flush_round round = { .pool = pool, .pending = ATOMIC_INIT(1) };
	struct bio *bio;
	unsigned int i;

	init_completion(&round.done);
	bio_list_for_each(bio, bios)
		bitmap_or(round.members, round.members, tier_io_of(bio)->lun->members,
			  TIER_MAX_MEMBERS);
	for_each_set_bit(i, round.members, TIER_MAX_MEMBERS)
		tier_flush_member(&round, i);
	tier_flush_put(&round);
	wait_for_completion_io(&round.done);

	while ((bio = bio_list_pop(bios))) {
		if (tier_flush_failed(&round, tier_io_of(bio)->lun))
			bio->bi_status = BLK_STS_IOERR;
		bio_endio(bio);
	}
}

static void tier_flush_work(struct work_struct *work)
{
	struct tier_pool *pool = container_of(work, struct tier_pool, flush_work);
	struct bio_list bios;

	for (;;) {
		spin_lock(&pool->flush_lock);
		bios = pool->flushes;
		bio_list_init(&pool->flushes);
		spin_unlock(&pool->flush_lock);
		if (bio_list_empty(&bios))
			return;
		tier_flush_round(pool, &bios);
	}
}

void tier_flush_start(struct tier_pool *pool, struct bio *bio)
{
	spin_lock(&pool->flush_lock);
	bio_list_add(&pool->flushes, bio);
	spin_unlock(&pool->flush_lock);
	queue_work(pool->op_wq, &pool->flush_work);
}

int tier_flush_init(struct tier_pool *pool)
{
	spin_lock_init(&pool->flush_lock);
	bio_list_init(&pool->flushes);
	INIT_WORK(&pool->flush_work, tier_flush_work);
	return bioset_init(&pool->flush_bios, BIO_POOL_SIZE, offsetof(struct tier_flush_bio, bio),
			   0);
}
