// SPDX-License-Identifier: GPL-2.0-only
/*
 * Zeroed extents. A stock extent is taken in the member's space but owned by
 * nobody on disk: after a crash it is simply free.
 */
#include "tier-stock.h"

struct tier_stock_wait {
	struct completion done;
	int error;
};

static void tier_stock_zeroed(int read_err, unsigned long write_err, void *context)
{
	struct tier_stock_wait *wait = context;

	wait->error = read_err || write_err ? -EIO : 0;
	complete(&wait->done);
}

static int tier_stock_fill(struct tier_pool *pool, struct tier_member *member, u64 extent,
			   u32 offset)
{
	struct dm_io_region to = {
		.bdev = READ_ONCE(member->bdev),
		.sector = tier_member_sector(pool, extent) + offset,
		.count = pool->extent_sectors - offset,
	};
	struct tier_stock_wait wait;
	bool offered;

	if (!to.bdev)
		return -EIO;
	offered = bdev_write_zeroes_sectors(to.bdev);
	init_completion(&wait.done);
	dm_kcopyd_zero(pool->kcopyd, 1, &to, 0, tier_stock_zeroed, &wait);
	wait_for_completion_io(&wait.done);
	/* many a disk offers WRITE ZEROES until it is asked to: then this ends in writes */
	if (wait.error && offered)
		wait.error = blkdev_issue_zeroout(to.bdev, to.sector, to.count, GFP_NOIO,
						  BLKDEV_ZERO_NOUNMAP);
	return wait.error;
}

int tier_stock_flush(struct tier_pool *pool, struct tier_member *member)
{
	struct dm_io_region where = { .bdev = READ_ONCE(member->bdev) };
	struct dm_io_request request = {
		.bi_opf = REQ_OP_WRITE | REQ_PREFLUSH | REQ_SYNC,
		.mem.type = DM_IO_KMEM,
		.client = pool->io,
	};
	unsigned long errors = 0;

	if (!where.bdev)
		return -EIO;
	return tier_dm_io(&request, 1, &where, &errors) ?: errors ? -EIO : 0;
}

int tier_stock_zero(struct tier_pool *pool, struct tier_member *member, u64 extent, u32 offset)
{
	return tier_stock_fill(pool, member, extent, offset) ?: tier_stock_flush(pool, member);
}

void tier_stock_want(struct tier_pool *pool, struct tier_member *member, bool miss)
{
	spin_lock(&pool->space_lock);
	if (!member->want_stock)
		member->want_stock = 4;
	else if (miss)
		member->want_stock = min_t(unsigned int, member->want_stock * 2, TIER_STOCK_MAX);
	spin_unlock(&pool->space_lock);
	if (!pool->features.skip_zeroing && !READ_ONCE(pool->stopping))
		queue_work(pool->move_wq, &pool->stock_work);
}

void tier_stock_drop(struct tier_member *member)
{
	while (member->nr_stock)
		tier_space_free(&member->space, member->stock[--member->nr_stock]);
}

/* never the last of a member's space: what is short is not to be held back */
static bool tier_stock_take(struct tier_pool *pool, struct tier_member *member, u64 *extent)
{
	bool take;

	spin_lock(&pool->space_lock);
	take = member->space.open && member->bdev && member->nr_stock < member->want_stock &&
	       member->space.nr - member->space.taken > 2 * TIER_STOCK_MAX &&
	       !tier_space_alloc(&member->space, ~0ULL, extent);
	spin_unlock(&pool->space_lock);
	return take;
}

static void tier_stock_give(struct tier_pool *pool, struct tier_member *member, u64 extent,
			    bool good)
{
	spin_lock(&pool->space_lock);
	if (good && member->space.open && member->nr_stock < TIER_STOCK_MAX)
		member->stock[member->nr_stock++] = extent;
	else
		tier_space_free(&member->space, extent);
	spin_unlock(&pool->space_lock);
}

/* zero a few extents, flush once, then put them on the shelf */
static void tier_stock_refill(struct tier_pool *pool, struct tier_member *member)
{
	u64 batch[8];
	bool good = true;
	unsigned int n;

	do {
		for (n = 0; n < ARRAY_SIZE(batch) && tier_stock_take(pool, member, &batch[n]); n++)
			good = good && !tier_stock_fill(pool, member, batch[n], 0);
		if (n)
			good = good && !tier_stock_flush(pool, member);
		while (n)
			tier_stock_give(pool, member, batch[--n], good);
	} while (good && !READ_ONCE(pool->stopping) && member->nr_stock < member->want_stock &&
		 member->space.nr - member->space.taken > 2 * TIER_STOCK_MAX &&
		 member->space.open && member->bdev);
}

void tier_stock_work(struct work_struct *work)
{
	struct tier_pool *pool = container_of(work, struct tier_pool, stock_work);
	unsigned int i;

	for (i = 0; i < TIER_MAX_MEMBERS && !READ_ONCE(pool->stopping); i++)
		if (pool->members[i] && pool->members[i]->want_stock)
			tier_stock_refill(pool, pool->members[i]);
}
