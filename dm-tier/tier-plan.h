/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which extents should move where, and in what order. Pure: the module and
 * tier_sim feed the same functions. One planning round:
 *
 *	tier_plan_begin()  tier_plan_visit() for each extent  tier_plan_finish()
 *
 * Reasons, in falling urgency: EVACUATE (a draining member), LAW (an extent on
 * a tier or member its LUN may not use), TARGET (whole-LUN migration), RECALL
 * (lent reserve called back), WATERMARK (keep headroom), PROMOTE / DEMOTE
 * (benefit), BALANCE (inside a tier).
 *
 * Benefit of moving an extent from tier s to tier d, in ns saved over the
 * horizon: (latency[s] - latency[d]) * rate * horizon; cost: the copy's time on
 * both devices, and the victim's loss where one must make room. A move must win
 * by the factor TIER_PLAN_HYSTERESIS and have stayed for the minimum residency.
 * Nothing is promoted into a tier whose measured latency is not better than
 * the source's. A LUN's weight scales its benefit.
 */
#ifndef TIER_PLAN_H
#define TIER_PLAN_H

#include "tier-heat.h"

enum tier_reason {
	TIER_REASON_EVACUATE,
	TIER_REASON_LAW,
	TIER_REASON_TARGET,
	TIER_REASON_RECALL,
	TIER_REASON_WATERMARK,
	TIER_REASON_PROMOTE,
	TIER_REASON_DEMOTE,
	TIER_REASON_BALANCE,
	TIER_REASONS
};

#define TIER_PLAN_CANDIDATES	64	/* kept per tier and kind */
#define TIER_PLAN_MOVES		128	/* most moves of one round */
#define TIER_PLAN_HYSTERESIS	125	/* percent */
#define TIER_PLAN_RESIDENCY	8	/* ticks before a benefit move again */
#define TIER_PLAN_HORIZON	1024	/* ticks a benefit is counted for */

/* a tier as the planner sees it; arrays are by rank, 0 the fastest */
struct tier_plan_tier {
	u64 total;		/* extents of open members */
	u64 free;		/* of them free (and not promised to a move under way) */
	u64 headroom;		/* extents to keep free: demote below it */
	u64 latency_ns;		/* measured under load, or the default by rank */
	u64 unused_reserve;	/* sum over LUNs */
	u64 copy_ns;		/* time to read or write one extent there */
	bool rotational;	/* order moves physically */
};

/* a LUN's rules; masks and tiers by rank, TIER_NONE where unset */
struct tier_plan_lun {
	u32 id;
	u8 allowed;
	u8 pin;
	u8 home;
	u8 target;
	u16 weight;		/* 100: par */
	bool frozen;		/* being deleted: leave alone */
	bool tagged;		/* its tags leave it some members only */
	u8 shut;		/* ranks with room on none of the members its tags allow */
	u64 used[TIER_MAX_TIERS];
	u64 reserve[TIER_MAX_TIERS];
	u64 max[TIER_MAX_TIERS];
};

/* an extent shown to the planner */
struct tier_plan_extent {
	u64 owner;
	u32 member;
	u64 extent;		/* physical, on the member */
	u8 rank;		/* tier it is on */
	bool draining;		/* its member is being evacuated */
	bool forbidden;		/* its LUN may not use this member (tag) */
	bool crowded;		/* its member is much fuller than others of the tier */
	const struct tier_heat *heat;
	const struct tier_plan_lun *lun;
};

struct tier_plan_move {
	u64 owner;
	u32 member;		/* source */
	u64 extent;
	u8 from;		/* ranks; equal for BALANCE and evacuation inside a tier */
	u8 to;
	enum tier_reason reason;
	u64 gain;		/* ns over the horizon, for order and for the log */
};

struct tier_plan;		/* some 450 KiB; from tier_plan_new() */

/* a planner for round after round, or NULL: no memory; may sleep */
struct tier_plan *tier_plan_new(void);
void tier_plan_destroy(struct tier_plan *plan);

/**
 * tier_plan_begin() - start a round
 * @plan: what an earlier round kept is forgotten
 * @tiers: by rank, fastest first; copied
 * @nr: how many
 * @tick: now
 * @benefit: false: only the urgent reasons (EVACUATE, LAW, TARGET) are planned
 * @urgent_only_evacuate: evacuation alone (pool key moves off)
 */
void tier_plan_begin(struct tier_plan *plan, const struct tier_plan_tier *tiers,
		     unsigned int nr, u64 tick, bool benefit, bool urgent_only_evacuate);

/**
 * tier_plan_visit() - show one used extent; cheap, called for each
 * @plan: of a round that has begun
 * @extent: need not outlive the call, nor need its LUN's rules
 */
void tier_plan_visit(struct tier_plan *plan, const struct tier_plan_extent *extent);

/**
 * tier_plan_finish() - decide, and end the round
 * @plan: that was shown all there is
 * @moves: out, most urgent first; inside one reason by gain, from a rotational
 *	source in physical order
 * @max: most moves wanted; never more than TIER_PLAN_MOVES
 *
 * Destinations are chosen so that the tiers' free space, headroom, LUN maxima
 * and allowed tiers are kept when all the moves are carried out in order; a
 * move that has no place is left out (it is found again once space changes).
 * For EVACUATE the same tier is preferred, then the next slower allowed, then
 * the next faster.
 *
 * Return: number of moves.
 */
unsigned int tier_plan_finish(struct tier_plan *plan, struct tier_plan_move *moves,
			      unsigned int max);

/* a word for people, never NULL */
const char *tier_reason_name(enum tier_reason reason);

/* one LUN's, between ticks: zero at first */
struct tier_threshold_state {
	u32 above;		/* ticks so far */
	u32 below;
	s8 said;
};

/**
 * tier_plan_threshold() - one LUN's request rate against its thresholds
 * @state: kept by the caller between ticks
 * @iops: measured over the last tick, requests per second
 * @up: threshold in the same unit; 0: none
 * @down: likewise
 * @hold_ticks: how long the rate must stay beyond a threshold
 *
 * Return: +1 when @iops has been above @up for @hold_ticks (once, until it has
 * been below again), -1 likewise below @down, else 0.
 */
int tier_plan_threshold(struct tier_threshold_state *state, u64 iops, u64 up, u64 down,
			u32 hold_ticks);

#endif
