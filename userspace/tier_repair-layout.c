// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where things lie: from any superblock that is whole; else from the first pages of
 * the tables, which say what they are.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tier_repair.h"

static bool newer(const struct tier_super *a, const struct tier_super *b)
{
	if (a->generation != b->generation)
		return a->generation > b->generation;
	return a->seq > b->seq;
}

static bool best_super(struct repair *r)
{
	static u8 block[TIER_BLOCK_SIZE];
	static struct tier_super super;	/* its padding, too, is compared */
	unsigned int copy, n;
	bool found = false;
	u32 any = 0;

	for (copy = 0; copy < TIER_META_COPIES; copy++)
		for (n = 0; n < TIER_SB_COPIES; n++) {
			if (!repair_read(r, copy, n, block) ||
			    tier_super_decode(block, r->file.blocks, &super) ||
			    /* a copy that was being rebuilt */
			    !super.generation)
				continue;
			if (!found || newer(&super, &r->super)) {
				r->super = super;
				r->leads = 0;
			}
			if (!memcmp(&super, &r->super, sizeof(super)))
				r->leads |= BIT(copy);
			any |= BIT(copy);
			found = true;
		}
	r->stale = any & ~r->leads;
	return found;
}

/* -- without one -- */

/* a block of a table, of the pool that the members belong to */
static bool page_of(struct repair *r, unsigned int copy, u64 at, enum tier_block_kind kind,
		    struct tier_block_id *id)
{
	static u8 block[TIER_BLOCK_SIZE];

	memset(id, 0, sizeof(*id));
	id->kind = kind;
	id->uuid = r->super.uuid;
	return repair_read(r, copy, at, block) && !tier_block_check(block, id);
}

/*
 * Every page of the member and LUN tables was written when the pool was made, so
 * pages of either kind lie in one row, a page's index telling how far it is from the
 * first.
 */
static u64 find_table(struct repair *r, enum tier_block_kind kind, u64 *pages)
{
	u64 at, start = 0, last = 0;
	struct tier_block_id id;
	unsigned int copy;

	for (copy = 0; copy < TIER_META_COPIES; copy++)
		for (at = TIER_JOURNAL_START; at < r->file.blocks; at++) {
			if (!page_of(r, copy, at, kind, &id) || id.index > at / 2)
				continue;
			/* slot 0 of its page, or the one behind it */
			if (!start)
				start = (at - 2 * id.index) & ~1ULL;
			last = max_t(u64, last, id.index);
		}
	*pages = last + 1;
	return start;
}

static bool uuid_from_members(struct repair *r)
{
	u32 i;

	for (i = 0; i < REPAIR_MEMBERS; i++) {
		if (!r->member[i].given)
			continue;
		memcpy(r->super.uuid, r->member[i].header.pool, TIER_UUID_LEN);
		r->super.extent_sectors = r->member[i].header.extent_sectors;
		return true;
	}
	return false;
}

static int tiers_from_hint(struct repair *r)
{
	struct tier_pool_record *pool = &r->super.pool;
	struct tier_disk_pool disk;
	char *names, *name, *at;

	*pool = (struct tier_pool_record){
		.move_rate = 40, .headroom = 5, .tick_ms = 1000, .moves = 1, .no_space_timeout = 60,
	};
	names = strdup(r->hints->tiers);
	if (!names)
		return -ENOMEM;
	for (name = strtok_r(names, ",", &at); name; name = strtok_r(NULL, ",", &at)) {
		if (pool->nr_tiers == TIER_MAX_TIERS || strlen(name) >= TIER_NAME_LEN)
			break;
		strcpy(pool->tiers[pool->nr_tiers++], name);
	}
	free(names);
	tier_pool_encode(&disk, pool);
	if (!name && !tier_pool_decode(&disk, pool))
		return 0;
	fprintf(stderr, "tier_repair: --tiers: names cannot be %s\n", r->hints->tiers);
	return -EINVAL;
}

/* the generation of the newest block of the journal */
static u64 journal_generation(struct repair *r)
{
	struct tier_block_id id;
	unsigned int copy;
	u64 at, highest = 0;

	for (copy = 0; copy < TIER_META_COPIES; copy++)
		for (at = TIER_JOURNAL_START; at < r->super.members_start; at++)
			if (page_of(r, copy, at, TIER_BLOCK_JOURNAL, &id))
				highest = max_t(u64, highest, id.generation);
	return highest;
}

static int find_layout(struct repair *r)
{
	struct tier_super *super = &r->super;

	if (!uuid_from_members(r)) {
		fprintf(stderr, "tier_repair: no superblock is whole: give the members, whose headers tell which pool it is\n");
		return -ENODATA;
	}
	if (!r->hints->tiers) {
		fprintf(stderr, "tier_repair: no superblock is whole: say with --tiers which tiers the pool had, in the order in which they came to it\n");
		return -ENODATA;
	}
	super->members_start = find_table(r, TIER_BLOCK_MEMBERS, &super->members_pages);
	super->luns_start = find_table(r, TIER_BLOCK_LUNS, &super->luns_pages);
	if (!super->members_start || !super->luns_start) {
		fprintf(stderr, "tier_repair: no page of the %s table of that pool is there\n",
			super->members_start ? "LUN" : "member");
		return -ENODATA;
	}
	super->journal_start = TIER_JOURNAL_START;
	super->journal_blocks = min_t(u64, super->members_start - super->journal_start,
				      TIER_JOURNAL_MAX);
	super->tables_start = super->luns_start + 2 * super->luns_pages;
	super->blocks = r->file.blocks;
	super->page_seq = ~0ULL >> 2;
	super->tail_seq = 0;
	super->generation = journal_generation(r);
	r->leads = r->file.copies;
	repair_lost(r, "no superblock is whole: the pool's settings are the usual ones, its tiers those given");
	return tiers_from_hint(r);
}

/* another pool's member tells nothing of this one */
static int check_headers(struct repair *r)
{
	u32 i;

	for (i = 0; i < REPAIR_MEMBERS; i++) {
		if (!r->member[i].given ||
		    !memcmp(r->member[i].header.pool, r->super.uuid, TIER_UUID_LEN))
			continue;
		fprintf(stderr, "tier_repair: %s belongs to another pool\n", r->member[i].path);
		return -EINVAL;
	}
	return 0;
}

int repair_layout(struct repair *r)
{
	struct tier_image *image = &r->image;
	int err;

	r->has_super = best_super(r);
	err = r->has_super ? 0 : find_layout(r);
	if (!err)
		err = check_headers(r);
	if (err)
		return err;
	memcpy(image->uuid, r->super.uuid, TIER_UUID_LEN);
	image->generation = r->super.generation;
	image->extent_sectors = r->super.extent_sectors;
	image->ticks = r->super.ticks;
	image->blocks = r->super.blocks;
	image->pool = r->super.pool;
	return 0;
}
