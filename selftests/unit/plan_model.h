/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of a pool under the planner: it carries out the moves and refuses
 * what breaks a rule. Heat is constant, so whatever goes on moving is a fault.
 */
#ifndef PLAN_MODEL_H
#define PLAN_MODEL_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../dm-tier/tier-plan.h"
#include "../../dm-tier/tier-space.h"

#define MEMBERS		3	/* of each tier */
#define SLOTS		120	/* most extents of a member */
#define LUNS		6
#define EXTENTS		700
#define ROUNDS		400

struct extent {
	u64 owner;
	unsigned int lun;
	unsigned int member;
	unsigned int slot;
	u32 sum;
	struct tier_heat heat;
	bool moved;		/* in this round */
};

struct world {
	unsigned int nr;
	struct tier_plan_tier tiers[TIER_MAX_TIERS];
	unsigned int slots[TIER_MAX_TIERS];		/* of each member */
	bool draining[TIER_MAX_TIERS * MEMBERS];
	struct extent *at[TIER_MAX_TIERS * MEMBERS][SLOTS];
	struct tier_plan_lun luns[LUNS];
	u32 members[LUNS];				/* may hold it */
	struct extent extents[EXTENTS];
	unsigned int nr_extents;
	u64 tick;
	unsigned int moves, rounds;
	bool skipped;		/* a move of this round was left out */
	u64 unused[TIER_MAX_TIERS];	/* reserves when the round began */
	unsigned int by_reason[TIER_REASONS];
};

extern struct world w;
extern struct tier_plan *plan;

u64 rnd(void);
/* tier an extent is on */
unsigned int rank_of(const struct extent *e);
/* bring the tiers' and LUNs' accounts up to date */
void count(void);
/* false: no open, lawful member has room */
bool place_on_tier(struct extent *e, unsigned int rank);
/* ranks the LUN's extents may be on */
u8 lawful(const struct tier_plan_lun *lun);
/* not by tags on this member */
bool forbidden(const struct extent *e);
/* may it be moved to @to now, and leave @floor? */
bool fits(const struct extent *e, unsigned int to, u64 floor);
/* one round, carried out; heat does not change */
unsigned int round_of(bool benefit, bool evacuate_only, unsigned int max);
/* rounds until nothing moves, and then some */
void settle(void);
/* a new world */
void make_tiers(unsigned int nr);
/* with random rules, or none */
void make_luns(bool rules);
/* anywhere, lawful or not, as after a change of the rules */
void make_extents(unsigned int percent);
/* some of the members */
void make_draining(void);
/* a numbered world */
void start(u64 number);

/* group fixtures: the planner */
int plan_setup(void **state);
int plan_teardown(void **state);

#endif
