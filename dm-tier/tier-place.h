/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where an extent goes: the tiers a LUN may use, in the order it would like
 * them, and the member inside the tier. The law (allowed tiers, tags, maxima)
 * is kept here, for new extents and for moves alike.
 */
#ifndef TIER_PLACE_H
#define TIER_PLACE_H

#include "tier-pool.h"

/**
 * struct tier_place - a place that was taken for a LUN
 * @member: where
 * @extent: on it
 * @zeroed: it is known to hold zeros on stable storage
 */
struct tier_place {
	struct tier_member *member;
	u64 extent;
	bool zeroed;
};

/*
 * For a first write; -ENOSPC, or -EDQUOT if only the LUN's own limits stand in
 * the way. @whole: all of it is about to be written, zeros would be wasted.
 */
int tier_place_new(struct tier_lun *lun, bool whole, struct tier_place *place);
/* for a move to @tier, on another member than @not if that is given */
int tier_place_move(struct tier_lun *lun, u8 tier, struct tier_member *not,
		    struct tier_place *place);
/*
 * Give back an extent that @lun owned, its freeing committed, no reader left; or
 * one that tier_place_new() took and that was not committed.
 */
void tier_place_free(struct tier_lun *lun, struct tier_member *member, u64 extent);

/*
 * The rest of a move: its switch was committed, so the counts change hands; the
 * last reader has left the source, which is free now; or it came to nothing, and
 * the destination is free again.
 */
void tier_place_arrived(struct tier_lun *lun, struct tier_member *from, struct tier_member *to);
void tier_place_left(struct tier_lun *lun, struct tier_member *from, u64 extent);
void tier_place_stayed(struct tier_lun *lun, struct tier_member *to, u64 extent);

/* the extent changes hands in the counts only; space_lock held */
void tier_place_count(struct tier_lun *lun, struct tier_member *member, int delta);

/* may @lun lie on @member (tier allowed, tag allowed)? */
bool tier_place_lawful(const struct tier_lun *lun, const struct tier_member *member);
/* free extents of a tier's open members, zeroed stock included; space_lock held */
u64 tier_place_tier_free(struct tier_pool *pool, u8 tier);
/* extents of a tier to keep free: 0 of the slowest; space_lock held */
u64 tier_place_headroom(struct tier_pool *pool, u8 tier);

/* space has come: let those who wait for it try again */
void tier_place_space_back(struct tier_pool *pool);

#endif
