/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one planning round keeps: candidates in heaps, and a copy of the rules
 * of each LUN that has one. For tier-plan*.c alone.
 */
#ifndef TIER_PLAN_ROUND_H
#define TIER_PLAN_ROUND_H

#include "tier-plan.h"

#define TIER_PLAN_LUNS		1024	/* LUNs with candidates in one round */
#define TIER_PLAN_LUN_NONE	0xffff
#define TIER_PLAN_BUCKETS	256
#define TIER_PLAN_BALANCE	16	/* moves of a round: fullness changes as they go */
#define TIER_PLAN_NOISE		24	/* rate: some four I/Os that came by chance */
#define TIER_PLAN_PREFER	BIT_ULL(63)
/* bounds that keep products in 64 bits: 2 s, and 12 days */
#define TIER_PLAN_SAVE_MAX	0x7fffffffULL
#define TIER_PLAN_COPY_MAX	BIT_ULL(50)

enum tier_plan_kind {
	TIER_KIND_EVACUATE,	/* by destination at the time it was seen */
	TIER_KIND_LAW,		/* likewise */
	TIER_KIND_TARGET,	/* by destination */
	TIER_KIND_HOT,		/* by destination */
	TIER_KIND_HOT_OWN,	/* the same; may displace extents of its LUN alone */
	TIER_KIND_COLD,		/* by source */
	TIER_KIND_COLD_OWN,	/* by source; of LUNs that have such hot ones */
	TIER_KIND_BALANCE,	/* by source */
	TIER_KINDS
};

struct tier_plan_cand {
	u64 key;		/* more is better */
	u64 owner;
	u64 extent;
	u32 member;
	u32 rate;		/* weighted */
	u16 lun;		/* index in plan->luns */
	u8 rank;
	bool draining;
	bool young;
	bool planned;
};

/* root: the worst one kept */
struct tier_plan_heap {
	unsigned int nr;
	struct tier_plan_cand c[TIER_PLAN_CANDIDATES];
};

/* a copy, for the LUN may go or change before the round ends */
struct tier_plan_account {
	struct tier_plan_lun rules;
	u16 refs;
	u16 next;		/* in its bucket, or in the free list */
};

/* a decision: @cand goes to @to, after @victim, if any, went to @victim_to */
struct tier_plan_pick {
	struct tier_plan_cand *cand;
	struct tier_plan_cand *victim;
	u64 gain;
	enum tier_reason reason;
	u8 to;
	u8 victim_to;
};

struct tier_plan {
	struct tier_plan_tier tiers[TIER_MAX_TIERS];
	unsigned int nr;
	u64 tick;
	bool benefit;
	bool evacuate_only;
	u8 roomy;				/* tiers with a free extent */
	u8 pressed;				/* tiers that may need victims */
	u64 spare[TIER_MAX_TIERS];		/* a free extent that swaps pass through */
	u64 owed[TIER_MAX_TIERS];		/* of reserves that picks will leave unused */
	u64 save[TIER_MAX_TIERS][TIER_MAX_TIERS];	/* ns an I/O gains, [from][to] */
	u32 least[TIER_MAX_TIERS][TIER_MAX_TIERS];	/* rate worth the copy */
	struct tier_plan_heap heaps[TIER_KINDS][TIER_MAX_TIERS];
	struct tier_plan_account luns[TIER_PLAN_LUNS];
	u16 buckets[TIER_PLAN_BUCKETS];
	u16 unused_lun;
	struct tier_plan_pick picks[TIER_PLAN_MOVES];
	unsigned int nr_picks;
	struct tier_plan_move *moves;
	unsigned int nr_moves;
	unsigned int max_moves;
};

/* -- accounts of LUNs -- */

static inline u16 tier_account_find(const struct tier_plan *plan, u32 id)
{
	u16 i = plan->buckets[id % TIER_PLAN_BUCKETS];

	while (i != TIER_PLAN_LUN_NONE && plan->luns[i].rules.id != id)
		i = plan->luns[i].next;
	return i;
}

static inline u16 tier_account_get(struct tier_plan *plan, const struct tier_plan_lun *lun)
{
	u16 *bucket = &plan->buckets[lun->id % TIER_PLAN_BUCKETS];
	u16 i = tier_account_find(plan, lun->id);

	if (i == TIER_PLAN_LUN_NONE) {
		i = plan->unused_lun;
		if (i == TIER_PLAN_LUN_NONE)
			return i;
		plan->unused_lun = plan->luns[i].next;
		plan->luns[i].rules = *lun;
		plan->luns[i].refs = 0;
		plan->luns[i].next = *bucket;
		*bucket = i;
	}
	plan->luns[i].refs++;
	return i;
}

static inline void tier_account_put(struct tier_plan *plan, u16 i)
{
	u16 *at;

	if (--plan->luns[i].refs)
		return;
	at = &plan->buckets[plan->luns[i].rules.id % TIER_PLAN_BUCKETS];
	while (*at != i)
		at = &plan->luns[*at].next;
	*at = plan->luns[i].next;
	plan->luns[i].next = plan->unused_lun;
	plan->unused_lun = i;
}

static inline void tier_accounts_reset(struct tier_plan *plan)
{
	unsigned int i;

	for (i = 0; i < TIER_PLAN_BUCKETS; i++)
		plan->buckets[i] = TIER_PLAN_LUN_NONE;
	for (i = 0; i < TIER_PLAN_LUNS; i++)
		plan->luns[i].next = i + 1 < TIER_PLAN_LUNS ? i + 1 : TIER_PLAN_LUN_NONE;
	plan->unused_lun = 0;
}

static inline struct tier_plan_lun *tier_cand_lun(struct tier_plan *plan,
						  const struct tier_plan_cand *cand)
{
	return &plan->luns[cand->lun].rules;
}

static inline void tier_plan_count_in(struct tier_plan *plan, struct tier_plan_lun *lun, u8 rank)
{
	struct tier_plan_tier *tier = &plan->tiers[rank];

	if (lun->used[rank] < lun->reserve[rank] && tier->unused_reserve)
		tier->unused_reserve--;
	lun->used[rank]++;
}

static inline void tier_plan_count_out(struct tier_plan *plan, struct tier_plan_lun *lun, u8 rank)
{
	if (!lun->used[rank])
		return;
	if (lun->used[rank] <= lun->reserve[rank])
		plan->tiers[rank].unused_reserve++;
	lun->used[rank]--;
}

/* -- heaps of candidates -- */

static inline void tier_heap_down(struct tier_plan_cand *c, unsigned int nr, unsigned int i)
{
	unsigned int child;

	while ((child = 2 * i + 1) < nr) {
		if (child + 1 < nr && c[child + 1].key < c[child].key)
			child++;
		if (c[i].key <= c[child].key)
			return;
		swap(c[i], c[child]);
		i = child;
	}
}

static inline void tier_heap_up(struct tier_plan_cand *c, unsigned int i)
{
	while (i && c[i].key < c[(i - 1) / 2].key) {
		swap(c[i], c[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
}

/* best first; a heap no more */
static inline void tier_heap_sort(struct tier_plan_heap *heap)
{
	unsigned int nr;

	for (nr = heap->nr; nr > 1; nr--) {
		swap(heap->c[0], heap->c[nr - 1]);
		tier_heap_down(heap->c, nr - 1, 0);
	}
}

static inline bool tier_heap_wants(const struct tier_plan_heap *heap, u64 key)
{
	return heap->nr < TIER_PLAN_CANDIDATES || key > heap->c[0].key;
}

static inline void tier_heap_add(struct tier_plan *plan, struct tier_plan_heap *heap,
				 const struct tier_plan_extent *extent, u64 key, u32 rate)
{
	struct tier_plan_cand cand = {
		.key = key,
		.owner = extent->owner,
		.extent = extent->extent,
		.member = extent->member,
		.rate = rate,
		.rank = extent->rank,
		.draining = extent->draining,
	};

	cand.young = tier_heat_resident(extent->heat, plan->tick) < TIER_PLAN_RESIDENCY;
	cand.lun = tier_account_get(plan, extent->lun);
	if (cand.lun == TIER_PLAN_LUN_NONE)
		return;
	if (heap->nr < TIER_PLAN_CANDIDATES) {
		heap->c[heap->nr] = cand;
		tier_heap_up(heap->c, heap->nr++);
		return;
	}
	tier_account_put(plan, heap->c[0].lun);
	heap->c[0] = cand;
	tier_heap_down(heap->c, heap->nr, 0);
}

/* -- rules and room: tier-plan-rules.c -- */

/* ranks a LUN's extents may be on, as a mask: a pinned one's on one alone */
u8 tier_plan_lawful(const struct tier_plan *plan, const struct tier_plan_lun *lun);

/* rank of its whole-LUN migration, or TIER_NONE */
u8 tier_plan_target(const struct tier_plan *plan, const struct tier_plan_lun *lun);

/* may it displace only what is its own? */
bool tier_plan_own(const struct tier_plan_lun *lun, u8 rank);

/* does its claim allow one more on @to, with so much used and free there? */
bool tier_plan_may_take(const struct tier_plan *plan, const struct tier_plan_lun *lun,
			u8 to, u64 used, u64 free, u64 floor);

/* extents of a tier that are free and not spoken for in this round */
u64 tier_plan_free(const struct tier_plan *plan, u8 rank);

/* extents of a tier that should be free: headroom and unused reserves */
u64 tier_plan_kept(const struct tier_plan_tier *tier);

/* is there room for one more, so that @floor extents stay free? */
bool tier_plan_fits(const struct tier_plan *plan, const struct tier_plan_lun *lun,
		    u8 from, u8 to, u64 floor);

/* next slower tier with room above its headroom, or TIER_NONE */
u8 tier_plan_slower(const struct tier_plan *plan, const struct tier_plan_lun *lun, u8 from);

/* where one that has to go finds room: target, here, slower, faster; or TIER_NONE */
u8 tier_plan_place(const struct tier_plan *plan, const struct tier_plan_lun *lun, u8 from);

/*
 * Key bit of one that its LUN's own reserve on @to waits for, whatever hotter
 * ones want in; else 0.
 */
u64 tier_plan_prefer(const struct tier_plan_lun *lun, u8 to);

/* ns to copy an extent between two tiers */
u64 tier_plan_copy_ns(const struct tier_plan *plan, u8 a, u8 b);

#endif
