// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables on disk: pages of two slots. A page is written to the slot that does
 * not hold it, so whatever a crash does to that write, the other slot is whole.
 */
#include "tier-table.h"

void tier_meta_event(struct tier_meta *meta, const char *fmt, ...)
{
	va_list args;

	if (!meta->ops->event)
		return;
	va_start(args, fmt);
	vscnprintf(meta->state->what, sizeof(meta->state->what), fmt, args);
	va_end(args);
	meta->ops->event(meta->ctx, meta->state->what);
}

/* nobody knows what is on disk now: no more writes until the pool is reopened */
int tier_meta_fail(struct tier_meta *meta, const char *doing, u64 block)
{
	meta->mode = TIER_META_READ_ONLY;
	tier_meta_event(meta, "%s of block %llu failed on all copies: metadata is read-only",
			doing, block);
	return -EIO;
}

/*
 * Go on without the copies that did not do it. What they hold may be torn, and
 * from here on they miss what the others get, so the next superblock carries a
 * higher generation; every caller sees to it that this superblock is durable
 * before the write is reported done. Until then a crash leaves copies of one
 * generation that agree on all that was reported.
 */
static int tier_meta_took(struct tier_meta *meta, u32 took, const char *doing, u64 block)
{
	took &= meta->copies;
	if (took == meta->copies)
		return 0;
	if (!took)
		return tier_meta_fail(meta, doing, block);
	tier_meta_event(meta, "%s of block %llu failed on metadata copy %d: going on without it",
			doing, block, ilog2(meta->copies & ~took));
	meta->copies = took;
	meta->state->raise = true;
	return 0;
}

int tier_meta_write(struct tier_meta *meta, u64 block, u32 count, const void *buf, bool fua)
{
	u32 took = meta->ops->write(meta->ctx, meta->copies, block, count, buf, fua);

	return tier_meta_took(meta, took, "write", block);
}

int tier_meta_flush(struct tier_meta *meta)
{
	return tier_meta_took(meta, meta->ops->flush(meta->ctx, meta->copies), "flush", 0);
}

/* what cannot be read reads as zero, which no check takes for a block of ours */
void tier_meta_read(struct tier_meta *meta, unsigned int copy, u64 block, u32 count, void *buf)
{
	u8 *to = buf;
	u32 i;

	if (!meta->ops->read(meta->ctx, copy, block, count, buf))
		return;
	for (i = 0; i < count; i++, to += TIER_BLOCK_SIZE) {
		if (count > 1 && !meta->ops->read(meta->ctx, copy, block + i, 1, to))
			continue;
		memset(to, 0, TIER_BLOCK_SIZE);
		meta->state->read_errors++;
		tier_meta_event(meta, "block %llu of metadata copy %u cannot be read",
				block + i, copy);
	}
}

int tier_table_init(struct tier_table *table, u64 start, u64 pages)
{
	size_t bytes = BITS_TO_LONGS(pages) * sizeof(long);

	table->start = start;
	table->pages = pages;
	table->slot = tier_zalloc(bytes);
	table->dirty = tier_zalloc(bytes);
	if (table->slot && table->dirty)
		return 0;
	tier_table_exit(table);
	return -ENOMEM;
}

void tier_table_exit(struct tier_table *table)
{
	tier_free(table->slot);
	tier_free(table->dirty);
	table->slot = NULL;
	table->dirty = NULL;
	table->pages = 0;
}

void tier_table_name(const struct tier_table_ref *ref, char *to, size_t room)
{
	if (ref->kind == TIER_BLOCK_MEMBERS)
		scnprintf(to, room, "the member table");
	else if (ref->kind == TIER_BLOCK_LUNS)
		scnprintf(to, room, "the LUN table");
	else
		scnprintf(to, room, "member %u", ref->owner);
}

/* table @n: member table, LUN table, extents of member 0, 1, ...; false: none */
bool tier_table_ref(struct tier_meta *meta, u32 n, struct tier_table_ref *ref)
{
	struct tier_meta_member *m;

	memset(ref, 0, sizeof(*ref));
	if (n < 2) {
		ref->kind = n ? TIER_BLOCK_LUNS : TIER_BLOCK_MEMBERS;
		ref->table = n ? &meta->lun_table : &meta->member_table;
		return true;
	}
	m = tier_member_get(meta, n - 2);
	if (!m)
		return false;
	ref->kind = TIER_BLOCK_EXTENTS;
	ref->owner = n - 2;
	ref->table = &m->table;
	ref->member = m;
	return true;
}

/* first record of a page, and how many it holds */
static u32 tier_page_span(struct tier_meta *meta, const struct tier_table_ref *ref, u64 page,
			  u64 *first)
{
	u64 per, all;

	switch (ref->kind) {
	case TIER_BLOCK_MEMBERS:
		per = TIER_MEMBERS_PER_PAGE;
		all = TIER_MAX_MEMBERS;
		break;
	case TIER_BLOCK_LUNS:
		per = TIER_LUNS_PER_PAGE;
		all = meta->nr_lun_slots;
		break;
	default:
		per = TIER_EXTENTS_PER_PAGE;
		all = ref->member->rec.extents;
		break;
	}
	*first = page * per;
	return min(per, all - *first);
}

static void tier_page_encode(struct tier_meta *meta, const struct tier_table_ref *ref,
			     u64 first, u32 count, void *payload)
{
	struct tier_disk_extent *extent = payload;
	struct tier_disk_member *member = payload;
	struct tier_disk_lun *lun = payload;
	u32 i;

	for (i = 0; i < count; i++) {
		u64 at = first + i;

		if (ref->kind == TIER_BLOCK_EXTENTS)
			tier_extent_encode(&extent[i], ref->member->owner[at],
					   &ref->member->heat[at]);
		else if (ref->kind == TIER_BLOCK_LUNS && meta->luns[at])
			tier_lun_encode(&lun[i], meta->luns[at]);
		else if (ref->kind == TIER_BLOCK_MEMBERS && tier_member_get(meta, at))
			tier_member_encode(&member[i], &meta->members[at]->rec);
	}
}

/* the page as it is in memory, ready to be written */
void tier_page_seal(struct tier_meta *meta, const struct tier_table_ref *ref, u64 page,
		    u64 seq, void *block)
{
	struct tier_block_id id = {
		.kind = ref->kind, .owner = ref->owner, .index = page, .seq = seq,
		.generation = meta->super.generation, .uuid = meta->super.uuid,
	};
	u64 first;

	id.count = tier_page_span(meta, ref, page, &first);
	memset(block, 0, TIER_BLOCK_SIZE);
	tier_page_encode(meta, ref, first, id.count, tier_block_payload(block));
	tier_block_seal(block, &id);
}

/* is @block this very page? 0 and its id, or -errno */
int tier_page_check(struct tier_meta *meta, const struct tier_table_ref *ref, u64 page,
		    const void *block, struct tier_block_id *id)
{
	u64 first;
	int err;

	memset(id, 0, sizeof(*id));
	id->kind = ref->kind;
	id->uuid = meta->super.uuid;
	err = tier_block_check(block, id);
	if (err)
		return err;
	if (id->index != page || id->owner != ref->owner || id->seq >> 62 ||
	    id->count != tier_page_span(meta, ref, page, &first))
		return -EINVAL;
	return 0;
}

/* what was found for a page */
struct tier_pick {
	void *block;		/* NULL: nothing */
	u64 seq;
	bool settled;		/* written by a checkpoint that completed */
	u8 slot;
	u8 bad;			/* mask of slots that hold no valid page */
	bool newer;		/* a slot holds a page of a checkpoint that did not complete */
	unsigned int copy;
};

/*
 * A page with a sequence above the superblock's was written by a checkpoint
 * that a crash cut short. It may be in a volatile cache still, or on one copy
 * only; the page that it was to replace is whole, and the journal holds all
 * that happened since. So the settled page wins over a newer one.
 */
static bool tier_pick_better(const struct tier_pick *a, const struct tier_pick *b)
{
	if (!a->block || !b->block)
		return a->block;
	if (a->settled != b->settled)
		return a->settled;
	return a->seq > b->seq;
}

static void tier_page_pick(struct tier_meta *meta, const struct tier_table_ref *ref, u64 page,
			   unsigned int copy, void *slots, struct tier_pick *pick)
{
	struct tier_block_id id;
	struct tier_pick this;
	unsigned int slot;

	memset(pick, 0, sizeof(*pick));
	pick->copy = copy;
	for (slot = 0; slot < 2; slot++) {
		this = *pick;
		this.block = (u8 *)slots + slot * TIER_BLOCK_SIZE;
		this.slot = slot;
		if (tier_page_check(meta, ref, page, this.block, &id)) {
			pick->bad |= BIT(slot);
			continue;
		}
		this.seq = id.seq;
		this.settled = id.seq <= meta->super.page_seq;
		this.newer |= !this.settled;
		pick->newer = this.newer;
		if (tier_pick_better(&this, pick))
			*pick = this;
	}
}

/* what the other copy has; taken if better than what the leading one has */
static void tier_page_pick_other(struct tier_meta *meta, const struct tier_table_ref *ref,
				 u64 page, struct tier_pick *pick)
{
	unsigned int copy = !meta->state->lead;
	struct tier_pick other;

	if (!(meta->copies & BIT(copy)))
		return;
	tier_meta_read(meta, copy, ref->table->start + 2 * page, 2, meta->state->page);
	tier_page_pick(meta, ref, page, copy, meta->state->page, &other);
	if (!tier_pick_better(&other, pick))
		return;
	other.bad |= pick->bad;
	other.newer |= pick->newer;
	*pick = other;
}

static int tier_decode_extents(struct tier_meta *meta, const struct tier_table_ref *ref,
			       u64 first, u32 count, const struct tier_disk_extent *from)
{
	struct tier_meta_member *m = ref->member;
	u32 i;

	for (i = 0; i < count; i++) {
		u64 *owner = &m->owner[first + i];

		tier_extent_decode(&from[i], owner, &m->heat[first + i]);
		m->used += *owner != TIER_FREE;
		meta->state->map_sum += tier_sum_owner(ref->owner, first + i, *owner);
	}
	return 0;
}

static int tier_decode_luns(struct tier_meta *meta, u64 first, u32 count,
			    const struct tier_disk_lun *from)
{
	struct tier_lun_record *lun = &meta->state->lun;
	int err;
	u32 i;

	for (i = 0; i < count; i++) {
		err = tier_lun_decode(&from[i], lun);
		if (!err && lun->flags & TIER_LUN_VALID)
			err = tier_set_lun_room(meta, first + i);
		if (err == -ENOMEM)
			return err;
		if (err || tier_meta_lun_extents(meta, lun) > TIER_LUN_EXTENTS_MAX) {
			tier_meta_event(meta, "LUN slot %llu: impossible record", first + i);
			return -EUCLEAN;
		}
		if (lun->flags & TIER_LUN_VALID)
			tier_set_lun(meta, first + i, lun);
	}
	return 0;
}

static int tier_decode_members(struct tier_meta *meta, u64 first, u32 count,
			       const struct tier_disk_member *from)
{
	struct tier_member_record rec;
	struct tier_meta_member *m;
	u32 i;

	for (i = 0; i < count; i++) {
		if (tier_member_decode(&from[i], &rec) ||
		    (rec.state != TIER_MEMBER_NONE && tier_member_fits(meta, first + i, &rec))) {
			tier_meta_event(meta, "member %llu: impossible record", first + i);
			return -EUCLEAN;
		}
		if (rec.state == TIER_MEMBER_NONE)
			continue;
		m = tier_member_alloc(&rec);
		if (!m)
			return -ENOMEM;
		tier_set_member(meta, first + i, m);
	}
	return 0;
}

static int tier_page_decode(struct tier_meta *meta, const struct tier_table_ref *ref, u64 page,
			    void *block)
{
	const void *payload = tier_block_payload(block);
	u64 first;
	u32 count = tier_page_span(meta, ref, page, &first);

	switch (ref->kind) {
	case TIER_BLOCK_MEMBERS:
		return tier_decode_members(meta, first, count, payload);
	case TIER_BLOCK_LUNS:
		return tier_decode_luns(meta, first, count, payload);
	default:
		return tier_decode_extents(meta, ref, first, count, payload);
	}
}

/* say what was wrong with a page, remember what may be outdated */
static int tier_page_judge(struct tier_meta *meta, const struct tier_table_ref *ref, u64 page,
			   const struct tier_pick *pick)
{
	struct tier_meta_state *state = meta->state;
	char name[24];

	tier_table_name(ref, name, sizeof(name));
	if (!pick->block) {
		tier_meta_event(meta, "page %llu of %s: both slots are corrupt%s", page, name,
				meta->copies & (meta->copies - 1) ? " on all copies" : "");
		return -EBADMSG;
	}
	if (!pick->bad) {
		tier_meta_event(meta, "page %llu of %s: newer than the superblock in both slots",
				page, name);
		return -EUCLEAN;
	}
	if (pick->copy != state->lead)
		tier_meta_event(meta, "page %llu of %s: corrupt, metadata copy %u used", page,
				name, pick->copy);
	else if (pick->bad)
		tier_meta_event(meta, "page %llu of %s: slot %u is corrupt, slot %u used", page,
				name, !pick->slot, pick->slot);
	if (!pick->settled) {
		state->ahead = true;
	} else if (!state->behind++) {
		state->behind_page = page;
		strscpy(state->behind_name, name, sizeof(state->behind_name));
	}
	return 0;
}

static int tier_page_load(struct tier_meta *meta, const struct tier_table_ref *ref, u64 page,
			  void *slots)
{
	struct tier_pick pick;
	int err;

	tier_page_pick(meta, ref, page, meta->state->lead, slots, &pick);
	if (pick.bad)
		tier_page_pick_other(meta, ref, page, &pick);
	if (pick.bad || !pick.settled) {
		err = tier_page_judge(meta, ref, page, &pick);
		if (err)
			return err;
	}
	if (pick.slot)
		__set_bit(page, ref->table->slot);
	else
		__clear_bit(page, ref->table->slot);
	err = tier_page_decode(meta, ref, page, pick.block);
	/*
	 * The next checkpoint makes the other slot good again. That matters for
	 * a newer page as well: once the superblock's sequence has passed it, it
	 * would look settled on the copies that have it.
	 */
	if (pick.bad || pick.newer)
		__set_bit(page, ref->table->dirty);
	else
		__clear_bit(page, ref->table->dirty);
	return err;
}

int tier_table_load(struct tier_meta *meta, const struct tier_table_ref *ref)
{
	struct tier_table *table = ref->table;
	u8 *run = meta->state->run;
	u64 page, n, i;
	int err;

	for (page = 0; page < table->pages; page += n) {
		n = min_t(u64, table->pages - page, TIER_RUN_PAGES);
		tier_meta_read(meta, meta->state->lead, table->start + 2 * page, 2 * n, run);
		for (i = 0; i < n; i++) {
			err = tier_page_load(meta, ref, page + i, run + 2 * i * TIER_BLOCK_SIZE);
			if (err)
				return err;
		}
		cond_resched();
	}
	return 0;
}

/* the first @n blocks of the run, each to its own place */
static int tier_run_write(struct tier_meta *meta, u32 n)
{
	struct tier_meta_state *state = meta->state;
	u32 i, took;
	int err = 0;

	if (meta->ops->write_many && n) {
		took = meta->ops->write_many(meta->ctx, meta->copies, state->at, n, state->run);
		return tier_meta_took(meta, took, "write", state->at[0]);
	}
	for (i = 0; !err && i < n; i++)
		err = tier_meta_write(meta, state->at[i], 1, state->run + i * TIER_BLOCK_SIZE,
				      false);
	return err;
}

/*
 * Write the dirty pages of a table, each to its other slot. Nothing is settled
 * by that: a crash now, or before the superblock says @seq, leaves the slots
 * that are current, and the journal behind them, as they were.
 */
int tier_table_write_dirty(struct tier_meta *meta, const struct tier_table_ref *ref, u64 seq)
{
	struct tier_meta_state *state = meta->state;
	struct tier_table *table = ref->table;
	unsigned long page;
	u32 n = 0;
	int err;

	for_each_set_bit(page, table->dirty, table->pages) {
		tier_page_seal(meta, ref, page, seq, state->run + n * TIER_BLOCK_SIZE);
		state->at[n++] = table->start + 2 * (u64)page + !test_bit(page, table->slot);
		if (n < TIER_RUN_BLOCKS)
			continue;
		err = tier_run_write(meta, n);
		if (err)
			return err;
		n = 0;
		cond_resched();
	}
	return tier_run_write(meta, n);
}

/* after the flush: the slots just written are the pages */
void tier_table_settle(struct tier_table *table)
{
	size_t i;

	for (i = 0; i < BITS_TO_LONGS(table->pages); i++) {
		table->slot[i] ^= table->dirty[i];
		table->dirty[i] = 0;
	}
}

/*
 * Both slots get the same content, so that a slot which holds no page is a
 * damaged one; the current slot gets the higher sequence, so that it is the one
 * that is found, as on the other copy.
 */
static void tier_slots_seal(struct tier_meta *meta, const struct tier_table_ref *ref,
			    u64 page, u64 seq, u8 *slots)
{
	unsigned int slot, current_slot = test_bit(page, ref->table->slot);

	for (slot = 0; slot < 2; slot++)
		tier_page_seal(meta, ref, page, seq - (slot != current_slot),
			       slots + slot * TIER_BLOCK_SIZE);
}

/*
 * Write all pages in large runs: of a table that nothing points at yet, or for
 * a copy that is void.
 */
int tier_table_write_all(struct tier_meta *meta, u32 copies,
			 const struct tier_table_ref *ref, u64 seq)
{
	u8 *run = meta->state->run;
	u64 page, n, i;

	for (page = 0; page < ref->table->pages; page += n) {
		u64 at = ref->table->start + 2 * page;
		u32 took;

		n = min_t(u64, ref->table->pages - page, TIER_RUN_PAGES);
		for (i = 0; i < n; i++)
			tier_slots_seal(meta, ref, page + i, seq, run + 2 * i * TIER_BLOCK_SIZE);
		took = meta->ops->write(meta->ctx, copies, at, 2 * n, run, false);
		if ((took & copies) != copies) {
			int err = copies == meta->copies ?
				  tier_meta_took(meta, took, "write", at) : -EIO;

			if (err)
				return err;
			copies = meta->copies;
		}
		cond_resched();
	}
	return 0;
}
