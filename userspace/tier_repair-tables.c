// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the pages hold. Of a page there are up to four: two slots on two copies. The
 * newest that the superblock knows of is the page; one that a checkpoint cut short
 * has left is as true, since all that it holds was in the journal first.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tier-table.h"
#include "tier_repair.h"

struct pages {
	enum tier_block_kind kind;
	u32 owner;
	u64 start;
	const char *name;
};

/* what is found of one page */
struct found {
	u8 block[TIER_BLOCK_SIZE];
	bool any;
	u64 seq;
	bool settled;
};

static bool is_page(struct repair *r, const struct pages *t, u64 page, const void *block,
		    struct tier_block_id *id)
{
	memset(id, 0, sizeof(*id));
	id->kind = t->kind;
	id->uuid = r->super.uuid;
	return !tier_block_check(block, id) && id->index == page && id->owner == t->owner;
}

static bool better(struct repair *r, const struct found *best, u64 seq)
{
	bool settled = seq <= r->super.page_seq;

	if (!best->any)
		return true;
	if (settled != best->settled)
		return settled;
	return seq > best->seq;
}

/* the slots of a page on one copy; true if both hold it, so that the newer is current */
static bool look(struct repair *r, const struct pages *t, u64 page, unsigned int copy,
		 struct found *best)
{
	static u8 block[TIER_BLOCK_SIZE];
	struct tier_block_id id;
	unsigned int slot, good = 0;

	for (slot = 0; slot < 2; slot++) {
		if (!repair_read(r, copy, t->start + 2 * page + slot, block) ||
		    !is_page(r, t, page, block, &id))
			continue;
		good++;
		if (!better(r, best, id.seq))
			continue;
		memcpy(best->block, block, sizeof(block));
		best->any = true;
		best->seq = id.seq;
		best->settled = id.seq <= r->super.page_seq;
	}
	return good == 2;
}

/* a copy that is stale, or that does not say what it is, only has what no other has */
static void find_page(struct repair *r, const struct pages *t, u64 page, struct found *best)
{
	bool whole = false;
	unsigned int copy;

	best->any = false;
	for (copy = 0; copy < TIER_META_COPIES; copy++)
		if (r->leads & BIT(copy))
			whole |= look(r, t, page, copy, best);
	if (whole)
		return;
	if (best->any) {
		repair_lost(r, "page %llu of %s: damaged in one of its places: what is left may be outdated",
			    page, t->name);
		return;
	}
	for (copy = 0; copy < TIER_META_COPIES; copy++)
		if (r->file.copies & ~r->leads & BIT(copy))
			look(r, t, page, copy, best);
	if (best->any)
		repair_lost(r, "page %llu of %s: only a copy has it that may be outdated", page,
			    t->name);
	else
		repair_lost(r, "page %llu of %s: nothing is left of it", page, t->name);
}

static void take_luns(struct repair *r, const struct found *found, u64 page)
{
	const struct tier_disk_lun *disk = tier_block_payload((void *)found->block);
	struct tier_lun_record lun;
	u32 i;

	for (i = 0; i < TIER_LUNS_PER_PAGE; i++) {
		if (tier_lun_decode(&disk[i], &lun))
			repair_lost(r, "a LUN's record cannot be, and is left out");
		else if (lun.flags & TIER_LUN_VALID)
			repair_add_lun(r, page * TIER_LUNS_PER_PAGE + i, &lun);
	}
}

/* as far as what is left can tell; a hostile one must not cost all memory */
bool repair_member_ok(struct repair *r, const struct tier_member_record *rec)
{
	u64 pages = rec->pages;
	u32 i;

	/* tables may overlap where part of the records are outdated, but not all of them */
	for (i = 0; i < REPAIR_MEMBERS; i++)
		pages += r->image.members[i] ? r->image.members[i]->rec.pages : 0;
	return rec->tier < r->image.pool.nr_tiers && rec->table >= r->super.tables_start &&
	       pages <= r->file.blocks &&
	       rec->pages <= r->file.blocks / 2 && rec->table <= r->file.blocks - 2 * rec->pages &&
	       DIV_ROUND_UP_ULL(rec->extents, TIER_EXTENTS_PER_PAGE) == rec->pages;
}

static void take_members(struct repair *r, const struct found *found, u64 page)
{
	const struct tier_disk_member *disk = tier_block_payload((void *)found->block);
	struct tier_member_record rec;
	u64 index;
	u32 i;

	for (i = 0; i < TIER_MEMBERS_PER_PAGE; i++) {
		index = page * TIER_MEMBERS_PER_PAGE + i;
		if (index >= REPAIR_MEMBERS)
			return;
		if (tier_member_decode(&disk[i], &rec) ||
		    (rec.state != TIER_MEMBER_NONE && !repair_member_ok(r, &rec)))
			repair_lost(r, "member %llu: its record cannot be", index);
		else if (rec.state != TIER_MEMBER_NONE)
			repair_add_member(r, index, &rec);
	}
}

static int member_extents(struct repair *r, u32 index);

/*
 * What lies in the tables before anything of the journal is applied. Both slots of a
 * page may be whole and yet neither be the page: a write that never came, or went
 * astray, left the one before it in place.
 */
static void check_sum(struct repair *r)
{
	static struct tier_disk_lun scratch;
	u64 sum = 0, e;
	size_t n;
	u32 i;

	/* pages of a checkpoint that was cut short are not what the sum is of, but told */
	if (!r->has_super || r->lost)
		return;
	for (i = 0; i < REPAIR_MEMBERS; i++) {
		const struct tier_image_member *m = r->image.members[i];

		if (!m)
			continue;
		sum += tier_sum_member(i, &m->rec);
		for (e = 0; e < m->rec.extents; e++)
			sum += tier_sum_owner(i, e, m->owner[e]);
	}
	for (n = 0; n < r->image.nr_luns; n++)
		sum += tier_sum_lun(r->lun_slots[n], &r->image.luns[n], &scratch);
	if (sum != r->super.map_sum)
		repair_lost(r, "the tables do not add up to the superblock's sum: some page of them is outdated, and which nobody can tell");
}

int repair_tables(struct repair *r)
{
	struct pages members = { TIER_BLOCK_MEMBERS, 0, r->super.members_start, "the member table" };
	struct pages luns = { TIER_BLOCK_LUNS, 0, r->super.luns_start, "the LUN table" };
	static struct found found;
	int err = 0;
	u64 page;
	u32 i;

	for (page = 0; page < r->super.members_pages; page++) {
		find_page(r, &members, page, &found);
		if (found.any)
			take_members(r, &found, page);
	}
	for (page = 0; page < r->super.luns_pages; page++) {
		find_page(r, &luns, page, &found);
		if (found.any)
			take_luns(r, &found, page);
	}
	for (i = 0; !err && i < REPAIR_MEMBERS; i++)
		if (r->image.members[i])
			err = member_extents(r, i);
	if (!err)
		check_sum(r);
	return err;
}

/* -- extents -- */

/* where the extent table of a member begins whose record is lost */
static u64 find_extents(struct repair *r, u32 index)
{
	static u8 block[TIER_BLOCK_SIZE];
	struct tier_block_id id;
	unsigned int copy;
	u64 at;

	for (copy = 0; copy < TIER_META_COPIES; copy++)
		for (at = r->super.tables_start; at < r->file.blocks; at++) {
			memset(&id, 0, sizeof(id));
			id.kind = TIER_BLOCK_EXTENTS;
			id.uuid = r->super.uuid;
			if (!repair_read(r, copy, at, block) || tier_block_check(block, &id) ||
			    id.owner != index || id.index > at / 2)
				continue;
			/* slot 0 or 1 of its page: tables begin an even number behind the first */
			return at - 2 * id.index - ((at - r->super.tables_start) & 1);
		}
	return 0;
}

static int tier_by_name(struct repair *r, const char *name)
{
	u32 t;

	for (t = 0; name && t < r->image.pool.nr_tiers; t++)
		if (!strcmp(r->image.pool.tiers[t], name))
			return t;
	return -1;
}

/* a member that only its own header tells of */
static int member_from_header(struct repair *r, u32 index)
{
	const struct tier_member_header *h = &r->member[index].header;
	struct tier_member_record rec = {
		.state = TIER_MEMBER_ACTIVE, .extents = h->extents,
		.generation = h->generation ? h->generation - 1 : 0,
	};
	int tier = tier_by_name(r, r->hints->member_tiers[index]);

	if (r->image.pool.nr_tiers == 1)
		tier = 0;
	if (tier < 0) {
		fprintf(stderr, "tier_repair: the record of member %u (%s) is lost: say with --tier %u=<name> which tier it is of\n",
			index, r->member[index].path, index);
		return -ENODATA;
	}
	memcpy(rec.uuid, h->member, TIER_UUID_LEN);
	rec.tier = tier;
	rec.table = find_extents(r, index);
	if (!tier_image_add_member(&r->image, index, &rec))
		return -ENOMEM;
	repair_lost(r, "member %u: its record is made anew from its header (%s)", index,
		    r->member[index].path);
	return 0;
}

static void take_extents(struct repair *r, u32 index, const struct found *found, u64 page)
{
	const struct tier_disk_extent *disk = tier_block_payload((void *)found->block);
	struct tier_image_member *m = r->image.members[index];
	u64 e, i;

	for (i = 0; i < TIER_EXTENTS_PER_PAGE; i++) {
		e = page * TIER_EXTENTS_PER_PAGE + i;
		if (e >= m->rec.extents)
			return;
		tier_extent_decode(&disk[i], &m->owner[e], &m->heat[e]);
		r->page_seq[index][e] = found->seq;
	}
}

static int member_extents(struct repair *r, u32 index)
{
	struct tier_image_member *m = r->image.members[index];
	u64 page, pages = DIV_ROUND_UP_ULL(m->rec.extents, TIER_EXTENTS_PER_PAGE);
	static struct found found;
	char name[24];
	struct pages extents = { TIER_BLOCK_EXTENTS, index, m->rec.table, name };

	snprintf(name, sizeof(name), "member %u", index);
	r->page_seq[index] = calloc(m->rec.extents, sizeof(u64));
	if (!r->page_seq[index])
		return -ENOMEM;
	if (!m->rec.table) {
		repair_lost(r, "member %u: nothing is left of its extent table", index);
		return 0;
	}
	for (page = 0; page < pages; page++) {
		find_page(r, &extents, page, &found);
		if (found.any)
			take_extents(r, index, &found, page);
	}
	return 0;
}

int repair_extents(struct repair *r)
{
	int err = 0;
	u32 i;

	for (i = 0; !err && i < REPAIR_MEMBERS; i++)
		if (!r->image.members[i] && r->member[i].given)
			err = member_from_header(r, i);
	for (i = 0; !err && i < REPAIR_MEMBERS; i++)
		if (r->image.members[i] && !r->page_seq[i])
			err = member_extents(r, i);
	return err;
}
