// SPDX-License-Identifier: GPL-2.0-only
/*
 * Members come and go: room for their tables, the order in which table and
 * record are written, and the proof that nothing points at one any more.
 */
#include "tier-table.h"

/* first gap between the members' tables that holds @need blocks; 0: none */
static u64 tier_find_gap(const struct tier_meta *meta, u64 need)
{
	u64 at = meta->super.tables_start;
	const struct tier_meta_member *m;
	u32 i = 0;

	while (i < TIER_MAX_MEMBERS) {
		m = tier_member_get(meta, i++);
		if (!m || m->rec.table >= at + need || at >= m->rec.table + 2 * m->rec.pages)
			continue;
		/* behind this one, and look at all of them again */
		at = m->rec.table + 2 * m->rec.pages;
		i = 0;
	}
	return at + need <= meta->super.blocks ? at : 0;
}

static int tier_member_place(struct tier_meta *meta, struct tier_member_record *rec, u32 *index)
{
	struct tier_disk_member disk;
	struct tier_member_record check;
	u32 i;

	if (rec->extents > 1ULL << 32)
		return -E2BIG;
	rec->pages = DIV_ROUND_UP_ULL(rec->extents, TIER_EXTENTS_PER_PAGE);
	rec->table = 0;
	tier_member_encode(&disk, rec);
	if (tier_member_decode(&disk, &check) || check.state == TIER_MEMBER_NONE ||
	    check.tier >= meta->super.pool.nr_tiers)
		return -EINVAL;
	for (i = 0; i < TIER_MAX_MEMBERS; i++)
		if (tier_member_get(meta, i) &&
		    !memcmp(meta->members[i]->rec.uuid, rec->uuid, TIER_UUID_LEN))
			return -EEXIST;
	rec->table = tier_find_gap(meta, 2 * rec->pages);
	for (i = 0; i < TIER_MAX_MEMBERS && tier_member_get(meta, i); i++)
		;
	if (!rec->table || i == TIER_MAX_MEMBERS)
		return -ENOSPC;
	*index = i;
	return 0;
}

/* on a copy of @meta: members are added that have a record and nothing else */
static int tier_fits_with(struct tier_meta *meta, struct tier_meta_member *fake,
			  const u64 *extents, u32 n)
{
	u32 i, index;
	int err;

	for (i = 0; i < n; i++) {
		struct tier_member_record *rec = &fake[i].rec;

		/* no random UUID looks like that */
		memset(rec->uuid, 0xff, TIER_UUID_LEN);
		memcpy(rec->uuid, &i, sizeof(i));
		rec->state = TIER_MEMBER_ACTIVE;
		rec->extents = extents[i];
		err = tier_member_place(meta, rec, &index);
		if (err)
			return err;
		meta->members[index] = &fake[i];
	}
	return 0;
}

int tier_meta_fits(const struct tier_meta *meta, const u64 *extents, u32 n)
{
	struct tier_meta_member *fake;
	struct tier_meta *copy;
	int err = -ENOMEM;

	if (!n)
		return 0;
	fake = tier_zalloc(n * sizeof(*fake));
	copy = tier_zalloc(sizeof(*copy));
	if (fake && copy) {
		*copy = *meta;
		err = tier_fits_with(copy, fake, extents, n);
	}
	tier_free(copy);
	tier_free(fake);
	return err;
}

/*
 * Table first, flushed, then the record: a crash before the record is durable
 * leaves room that nothing refers to. The pages carry the sequence that the
 * superblock knows, so replay of the record takes them as settled.
 */
int tier_meta_add_member(struct tier_meta *meta, struct tier_member_record *rec, u32 *index)
{
	struct tier_put put = { .kind = TIER_PUT_MEMBER };
	struct tier_table_ref ref = { .kind = TIER_BLOCK_EXTENTS };
	struct tier_meta_member *m;
	int err;

	if (meta->mode != TIER_META_WRITE)
		return -EROFS;
	err = tier_member_place(meta, rec, index);
	if (err)
		return err;
	m = tier_member_alloc(rec);
	if (!m)
		return -ENOMEM;
	ref.owner = *index;
	ref.table = &m->table;
	ref.member = m;
	err = tier_table_write_all(meta, meta->copies, &ref, meta->super.page_seq);
	if (!err)
		err = tier_meta_flush(meta);
	if (err)
		goto free_member;
	put.index = *index;
	put.mem = rec;
	meta->state->adding = m;
	err = tier_meta_log(meta, &put, 1);
	meta->state->adding = NULL;
	if (!err)
		return 0;
free_member:
	tier_meta_member_free(m);
	return err;
}

/*
 * The checkpoint that follows lets go of the table's room: after it no journal
 * record and no settled page refers to that any more, whatever is cut.
 */
int tier_meta_drop_member(struct tier_meta *meta, u32 index)
{
	struct tier_put put = { .kind = TIER_PUT_MEMBER, .index = index };
	struct tier_meta_member *m = tier_member_get(meta, index);
	struct tier_member_record rec;
	int err;

	if (meta->mode != TIER_META_WRITE)
		return -EROFS;
	if (!m)
		return -EINVAL;
	if (m->used)
		return -EBUSY;
	rec = m->rec;
	rec.state = TIER_MEMBER_NONE;
	put.mem = &rec;
	err = tier_meta_log(meta, &put, 1);
	return err ? err : tier_meta_write_out(meta, false);
}

/* used records in one page as @block holds it */
static s64 tier_page_used(struct tier_meta *meta, const struct tier_table_ref *ref, u64 page,
			  void *block)
{
	const struct tier_disk_extent *extent = tier_block_payload(block);
	struct tier_block_id id;
	s64 used = 0;
	u32 i;

	if (tier_page_check(meta, ref, page, block, &id) || id.seq > meta->super.page_seq)
		return -EBADMSG;
	for (i = 0; i < id.count; i++)
		used += le64_to_cpu(extent[i].owner) != TIER_FREE;
	return used;
}

static s64 tier_prove_copy(struct tier_meta *meta, const struct tier_table_ref *ref,
			   unsigned int copy)
{
	const struct tier_table *table = ref->table;
	u8 *run = meta->state->run;
	s64 all = 0, used;
	u64 page, n, i;

	for (page = 0; page < table->pages; page += n) {
		n = min_t(u64, table->pages - page, TIER_RUN_PAGES);
		tier_meta_read(meta, copy, table->start + 2 * page, 2 * n, run);
		for (i = 0; i < n; i++) {
			u64 slot = 2 * i + test_bit(page + i, table->slot);

			used = tier_page_used(meta, ref, page + i, run + slot * TIER_BLOCK_SIZE);
			if (used < 0)
				return used;
			all += used;
		}
		cond_resched();
	}
	return all;
}

s64 tier_meta_prove_empty(struct tier_meta *meta, u32 index)
{
	struct tier_table_ref ref;
	unsigned int copy;
	s64 all = 0, used;

	if (index >= TIER_MAX_MEMBERS || !tier_table_ref(meta, index + 2, &ref))
		return -EINVAL;
	/* the journal may hold what the pages do not show */
	if (meta->journal_used)
		return -EBUSY;
	for (copy = 0; copy < TIER_META_COPIES; copy++) {
		if (!(meta->copies & BIT(copy)))
			continue;
		used = tier_prove_copy(meta, &ref, copy);
		if (used < 0)
			return used;
		all += used;
	}
	return all;
}
