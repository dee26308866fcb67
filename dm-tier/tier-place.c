// SPDX-License-Identifier: GPL-2.0-only
/*
 * Placement: tier order, law, and the counts that go with a place.
 */
#include "tier-io.h"
#include "tier-lun.h"
#include "tier-place.h"
#include "tier-stock.h"

bool tier_place_lawful(const struct tier_lun *lun, const struct tier_member *member)
{
	return lun->rec.allowed & BIT(member->tier) &&
	       test_bit(member->index, lun->allowed_members);
}

u64 tier_place_tier_free(struct tier_pool *pool, u8 tier)
{
	struct tier_tier *t = &pool->tiers[tier];
	u64 free = 0;
	unsigned int i;

	for (i = 0; i < t->nr_members; i++)
		if (t->members[i]->space.open)
			free += t->members[i]->space.nr - t->members[i]->space.taken +
				t->members[i]->nr_stock;
	return free;
}

/* the slowest tier has nowhere to push to, so it keeps none */
u64 tier_place_headroom(struct tier_pool *pool, u8 tier)
{
	struct tier_tier *t = &pool->tiers[tier];
	u64 total = 0;
	unsigned int i;

	if (t->rank + 1 >= pool->nr_ranks)
		return 0;
	for (i = 0; i < t->nr_members; i++)
		if (t->members[i]->space.open)
			total += t->members[i]->space.nr;
	return div_u64(total * pool->conf.headroom, 100);
}

void tier_place_count(struct tier_lun *lun, struct tier_member *member, int delta)
{
	u8 tier = member->tier;
	u64 unused = tier_lun_unused_reserve(lun, tier);

	tier_lun_account_held(lun);
	lun->used[tier] += delta;
	lun->on_member[member->index] += delta;
	if (lun->on_member[member->index])
		set_bit(member->index, lun->members);
	else
		clear_bit(member->index, lun->members);
	member->used += delta;
	lun->pool->tiers[tier].unused_reserve += tier_lun_unused_reserve(lun, tier) - unused;
}

/* one extent of @tier, on any member that is open and lawful; space_lock held */
static int tier_place_on_tier(struct tier_lun *lun, u8 tier, struct tier_member *not,
			      bool zeroed, struct tier_place *place)
{
	struct tier_tier *t = &lun->pool->tiers[tier];
	struct tier_space *spaces[TIER_MAX_TIER_DEVS];
	DECLARE_BITMAP(allowed, TIER_MAX_TIER_DEVS);
	struct tier_member *member;
	unsigned int i;
	int choice;

	bitmap_zero(allowed, TIER_MAX_TIER_DEVS);
	for (i = 0; i < t->nr_members; i++) {
		member = t->members[i];
		spaces[i] = &member->space;
		if (member == not || !member->bdev || !tier_place_lawful(lun, member))
			continue;
		/* a member whose zeroed stock is all that is left must still be found */
		if (member->space.open && member->nr_stock &&
		    (zeroed || member->space.taken == member->space.nr)) {
			place->member = member;
			place->extent = member->stock[--member->nr_stock];
			place->zeroed = true;
			return 0;
		}
		set_bit(i, allowed);
	}
	choice = tier_space_choose(spaces, t->nr_members, allowed);
	if (choice < 0)
		return choice;
	place->member = t->members[choice];
	place->zeroed = false;
	return tier_space_alloc(&place->member->space, ~0ULL, &place->extent);
}

/* space_lock held */
static int tier_place_try(struct tier_lun *lun, u8 tier, u64 floor, bool new, bool zeroed,
			  struct tier_member *not, struct tier_place *place)
{
	struct tier_pool *pool = lun->pool;
	struct tier_claim claim = {
		.used = lun->used[tier] + lun->coming[tier],
		.reserve = lun->rec.reserve[tier],
		.max = lun->rec.max[tier],
	};
	int ret;

	if (!(lun->rec.allowed & BIT(tier)) || pool->tiers[tier].rank == TIER_NONE)
		return -EDQUOT;
	/* inside one tier the LUN's claim does not change */
	if (!not || not->tier != tier) {
		ret = tier_space_may_take(&claim, tier_place_tier_free(pool, tier),
					  pool->tiers[tier].unused_reserve, floor, new);
		if (ret)
			return ret;
	}
	ret = tier_place_on_tier(lun, tier, not, zeroed, place);
	/* what is on the move counts where it is, but has its claim here already */
	if (!ret && new)
		tier_place_count(lun, place->member, 1);
	else if (!ret)
		lun->coming[tier]++;
	return ret;
}

/* the rank a LUN's new extents would like best */
static unsigned int tier_place_first_rank(const struct tier_lun *lun)
{
	const struct tier_lun_record *rec = &lun->rec;
	u8 tier = rec->target != TIER_NONE ? rec->target :
		  rec->start != TIER_NONE ? rec->start : rec->home;

	if (tier == TIER_NONE || lun->pool->tiers[tier].rank == TIER_NONE)
		return 0;
	return lun->pool->tiers[tier].rank;
}

/* from the favourite down, then up; space_lock held */
static int tier_place_pass(struct tier_lun *lun, bool floors, bool zeroed,
			   struct tier_place *place)
{
	struct tier_pool *pool = lun->pool;
	unsigned int first = tier_place_first_rank(lun), i, rank;
	int ret, result = -EDQUOT;
	u8 tier;

	for (i = 0; i < pool->nr_ranks; i++) {
		rank = i < pool->nr_ranks - first ? first + i : pool->nr_ranks - 1 - i;
		tier = pool->by_rank[rank];
		if (lun->rec.pin != TIER_NONE && lun->rec.pin != tier)
			continue;
		ret = tier_place_try(lun, tier, floors ? tier_place_headroom(pool, tier) : 0,
				     true, zeroed, NULL, place);
		if (ret != -EDQUOT)
			result = ret;
		if (!ret)
			break;
	}
	return result;
}

int tier_place_new(struct tier_lun *lun, bool whole, struct tier_place *place)
{
	struct tier_pool *pool = lun->pool;
	int ret;

	spin_lock(&pool->space_lock);
	ret = tier_place_pass(lun, true, !whole, place);
	if (ret)
		ret = tier_place_pass(lun, false, !whole, place);
	spin_unlock(&pool->space_lock);
	if (!ret && !whole)
		tier_stock_want(pool, place->member, !place->zeroed);
	return ret;
}

int tier_place_move(struct tier_lun *lun, u8 tier, struct tier_member *not,
		    struct tier_place *place)
{
	int ret;

	spin_lock(&lun->pool->space_lock);
	ret = tier_place_try(lun, tier, 0, false, false, not, place);
	spin_unlock(&lun->pool->space_lock);
	return ret;
}

static void tier_place_give(struct tier_pool *pool, struct tier_member *member, u64 extent)
{
	if (tier_space_free(&member->space, extent))
		DMERR("%s: extent %llu of %s was free already", pool->name, extent, member->name);
}

void tier_place_free(struct tier_lun *lun, struct tier_member *member, u64 extent)
{
	struct tier_pool *pool = lun->pool;

	spin_lock(&pool->space_lock);
	tier_place_count(lun, member, -1);
	tier_place_give(pool, member, extent);
	spin_unlock(&pool->space_lock);
	tier_place_space_back(pool);
}

void tier_place_arrived(struct tier_lun *lun, struct tier_member *from, struct tier_member *to)
{
	spin_lock(&lun->pool->space_lock);
	lun->coming[to->tier]--;
	tier_place_count(lun, to, 1);
	tier_place_count(lun, from, -1);
	spin_unlock(&lun->pool->space_lock);
}

void tier_place_left(struct tier_lun *lun, struct tier_member *from, u64 extent)
{
	spin_lock(&lun->pool->space_lock);
	tier_place_give(lun->pool, from, extent);
	spin_unlock(&lun->pool->space_lock);
	tier_place_space_back(lun->pool);
}

void tier_place_stayed(struct tier_lun *lun, struct tier_member *to, u64 extent)
{
	spin_lock(&lun->pool->space_lock);
	lun->coming[to->tier]--;
	tier_place_give(lun->pool, to, extent);
	spin_unlock(&lun->pool->space_lock);
	tier_place_space_back(lun->pool);
}

void tier_place_space_back(struct tier_pool *pool)
{
	if (unlikely(!bio_list_empty(&pool->no_space)))
		tier_io_space_back(pool, 0);
}
