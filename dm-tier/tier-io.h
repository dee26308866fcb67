/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way of a LUN's bio: looked up and sent on, or zero-filled, or handed to
 * the deferred worker, which may sleep.
 */
#ifndef TIER_IO_H
#define TIER_IO_H

#include "tier-pool.h"

/* per-bio data */
struct tier_io {
	struct tier_lun *lun;
	struct tier_lun_target *target;	/* the map it came by: a LUN may have several */
	struct tier_member *member;	/* whose latency is timed, or NULL */
	u64 start_ns;
	sector_t sector;		/* in the LUN: the bio's own is overwritten */
	u16 slot;			/* of the move that wants to know of the write */
	u16 phase;			/* counted in, or TIER_NO_PHASE */
	u32 first;			/* sectors of the extent written: note at the end */
	u32 last;
};

/**
 * tier_io_map() - map one bio of a LUN
 * @target: the map of a LUN
 * @bio: inside one extent, or a discard of any length
 * @sector: of the LUN
 *
 * dm's map context. A mapped extent takes no lock and no memory here.
 * Return: DM_MAPIO_REMAPPED or DM_MAPIO_SUBMITTED.
 */
int tier_io_map(struct tier_lun_target *target, struct bio *bio, sector_t sector);

/* the I/O has ended (any context): what dm's end_io does */
void tier_io_end(struct bio *bio);

/* usage and heat of a write that does not go the way of tier_io_map() */
void tier_io_count_write(struct bio *bio, const struct tier_member *member);

/* have bios mapped again by the worker; empties @bios. Any context */
void tier_io_defer(struct tier_pool *pool, struct bio_list *bios);
void tier_io_defer_one(struct tier_pool *pool, struct bio *bio);

/*
 * End the bios of @target that wait, as @target->no_wait says: for space, and if
 * they go back to dm (noflush suspend) also for the pool. Any context.
 */
void tier_io_end_waiting(struct tier_lun_target *target);
/* map again what waits for space, or fail it with @status if that is not 0 */
void tier_io_space_back(struct tier_pool *pool, blk_status_t status);
/* let those who wait for space look again */
static inline void tier_io_retry_space(struct tier_pool *pool)
{
	tier_io_space_back(pool, 0);
}

/* put a bio among those that wait for space */
void tier_io_wait_space(struct tier_pool *pool, struct bio_list *bios);

/* the worker: maps what was deferred; may sleep */
void tier_io_work(struct work_struct *work);

static inline struct tier_io *tier_io_of(struct bio *bio)
{
	return dm_per_bio_data(bio, sizeof(struct tier_io));
}

#endif
