// SPDX-License-Identifier: GPL-2.0-only
/*
 * The metadata engine: format, open, start, commit, checkpoint, copies. What is
 * on disk and what a crash leaves is told in Documentation/on-disk-format.rst.
 */
#include "tier-table.h"

static int tier_state_alloc(struct tier_meta *meta)
{
	meta->state = tier_zalloc(sizeof(*meta->state));
	meta->buf = tier_zalloc(TIER_TXN_BLOCKS * TIER_BLOCK_SIZE);
	if (!meta->state || !meta->buf)
		return -ENOMEM;
	meta->state->run = tier_zalloc(TIER_RUN_BLOCKS * TIER_BLOCK_SIZE);
	meta->state->page = tier_zalloc(2 * TIER_BLOCK_SIZE);
	return meta->state->run && meta->state->page ? 0 : -ENOMEM;
}

static void tier_state_free(struct tier_meta *meta)
{
	if (meta->state) {
		tier_free(meta->state->run);
		tier_free(meta->state->page);
	}
	tier_free(meta->state);
	tier_free(meta->buf);
	meta->state = NULL;
	meta->buf = NULL;
}

static int tier_tables_alloc(struct tier_meta *meta)
{
	struct tier_meta_state *state = meta->state;
	const struct tier_super *super = &meta->super;
	u32 slots = super->luns_pages * TIER_LUNS_PER_PAGE;

	meta->luns = tier_zalloc(slots * sizeof(*meta->luns));
	state->lun_mem = tier_zalloc(slots * sizeof(*state->lun_mem));
	state->lun_sum = tier_zalloc(slots * sizeof(*state->lun_sum));
	state->hash_size = 2;
	while (state->hash_size < 2 * slots)
		state->hash_size *= 2;
	state->lun_hash = tier_zalloc(state->hash_size * sizeof(*state->lun_hash));
	if (!meta->luns || !state->lun_mem || !state->lun_sum || !state->lun_hash)
		return -ENOMEM;
	meta->nr_lun_slots = slots;
	if (tier_table_init(&meta->member_table, super->members_start, super->members_pages) ||
	    tier_table_init(&meta->lun_table, super->luns_start, super->luns_pages))
		return -ENOMEM;
	return 0;
}

static void tier_tables_free(struct tier_meta *meta)
{
	struct tier_meta_state *state = meta->state;
	u32 i;

	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		tier_meta_member_free(meta->members[i]);
		meta->members[i] = NULL;
	}
	for (i = 0; i < meta->nr_lun_slots; i++)
		tier_free(state->lun_mem[i]);
	meta->nr_lun_slots = 0;
	tier_free(meta->luns);
	meta->luns = NULL;
	tier_table_exit(&meta->member_table);
	tier_table_exit(&meta->lun_table);
	if (!state)
		return;
	tier_free(state->lun_mem);
	tier_free(state->lun_sum);
	tier_free(state->lun_hash);
	state->lun_mem = NULL;
	state->lun_sum = NULL;
	state->lun_hash = NULL;
	memset(state->member_sum, 0, sizeof(state->member_sum));
	state->map_sum = 0;
	state->ahead = false;
	state->behind = 0;
	meta->replayed = 0;
}

void tier_meta_close(struct tier_meta *meta)
{
	tier_tables_free(meta);
	tier_state_free(meta);
	meta->mode = TIER_META_FAIL;
}

int tier_meta_probe(const void *first)
{
	const struct tier_block_header *h = first;
	struct tier_block_id id = { .kind = TIER_BLOCK_SUPER };
	int err = tier_block_check(first, &id);

	/* damaged, but no doubt ours: the second superblock may be whole */
	if (err == -EBADMSG && le16_to_cpu(h->kind) == TIER_BLOCK_SUPER)
		return 0;
	return err;
}

/*
 * One superblock after the other, each durable before the next: a crash tears
 * at most one, and the one that is left is this checkpoint's or the last one's,
 * both of which find all they need. If a copy is lost on the way, once more with
 * a higher generation, so that what the lost copy has can never lead.
 */
static int tier_super_write(struct tier_meta *meta)
{
	struct tier_meta_state *state = meta->state;
	int copy, err = 0;

	do {
		meta->super.generation += state->raise;
		meta->super.seq++;
		state->raise = false;
		for (copy = 0; !err && copy < TIER_SB_COPIES; copy++) {
			tier_super_encode(state->page, &meta->super, copy);
			err = tier_meta_write(meta, copy, 1, state->page, true);
		}
	} while (!err && state->raise);
	return err;
}

/*
 * Format.
 */

static void tier_format_layout(struct tier_super *super, const struct tier_meta_params *params)
{
	u64 blocks = params->blocks;

	memcpy(super->uuid, params->uuid, TIER_UUID_LEN);
	super->generation = 1;
	super->blocks = blocks;
	super->extent_sectors = params->extent_sectors;
	super->journal_start = TIER_JOURNAL_START;
	super->journal_blocks = clamp_t(u64, blocks / 16, TIER_JOURNAL_MIN, TIER_JOURNAL_MAX);
	super->tail_seq = 1;
	super->page_seq = 1;
	super->members_start = super->journal_start + super->journal_blocks;
	super->members_pages = DIV_ROUND_UP(TIER_MAX_MEMBERS, TIER_MEMBERS_PER_PAGE);
	super->luns_start = super->members_start + 2 * super->members_pages;
	super->luns_pages = clamp_t(u64, blocks / 32, 16, 1024);
	super->tables_start = super->luns_start + 2 * super->luns_pages;
	super->clean = true;
	super->pool = params->pool;
}

static int tier_format_write(struct tier_meta *meta)
{
	u32 copies = meta->copies;
	struct tier_table_ref ref;
	u32 n;
	int err;

	memset(meta->state->run, 0, TIER_RUN_BLOCKS * TIER_BLOCK_SIZE);
	/*
	 * What a pool of the past left in the second superblock's place must not
	 * stand beside a first one that is new: it would lead.
	 */
	err = tier_meta_write(meta, 1, 1, meta->state->run, false);
	if (!err)
		err = tier_meta_write(meta, meta->super.journal_start, TIER_JOURNAL_MIN,
				      meta->state->run, false);
	for (n = 0; !err && n < 2; n++) {
		tier_table_ref(meta, n, &ref);
		err = tier_table_write_all(meta, meta->copies, &ref, meta->super.page_seq);
	}
	if (!err)
		err = tier_meta_flush(meta);
	/* a superblock lies in one sector: until it is there block 0 is blank */
	if (!err && meta->copies == copies)
		err = tier_super_write(meta);
	return !err && meta->copies != copies ? -EIO : err;
}

int tier_meta_format_fits(const struct tier_meta_params *params, const u64 *extents, u32 n)
{
	struct tier_meta *meta;
	int err = -ENOSPC;

	if (params->blocks < TIER_JOURNAL_START + TIER_JOURNAL_MIN)
		return -ENOSPC;
	meta = tier_zalloc(sizeof(*meta));
	if (!meta)
		return -ENOMEM;
	tier_format_layout(&meta->super, params);
	if (meta->super.tables_start + 2 <= params->blocks)
		err = tier_meta_fits(meta, extents, n);
	tier_free(meta);
	return err;
}

int tier_meta_format(const struct tier_meta_ops *ops, void *ctx, u32 copies,
		     const struct tier_meta_params *params)
{
	struct tier_super *check = NULL;
	struct tier_meta *meta;
	int err = -ENOMEM;

	if (params->blocks < TIER_JOURNAL_START + TIER_JOURNAL_MIN)
		return -ENOSPC;
	meta = tier_zalloc(sizeof(*meta));
	if (!meta)
		return -ENOMEM;
	meta->ops = ops;
	meta->ctx = ctx;
	meta->copies = copies;
	check = tier_zalloc(sizeof(*check));
	if (!check || tier_state_alloc(meta))
		goto out;
	tier_format_layout(&meta->super, params);
	err = -ENOSPC;
	if (meta->super.tables_start + 2 > params->blocks)
		goto out;
	meta->super.seq = 1;
	tier_super_encode(meta->state->page, &meta->super, 0);
	err = -EINVAL;
	if (tier_super_decode(meta->state->page, params->blocks, check))
		goto out;
	meta->super.seq = 0;
	err = tier_tables_alloc(meta);
	if (!err)
		err = tier_format_write(meta);
out:
	tier_meta_close(meta);
	tier_free(check);
	tier_free(meta);
	return err;
}

/*
 * Open.
 */

static bool tier_super_newer(const struct tier_super *a, const struct tier_super *b)
{
	if (a->generation != b->generation)
		return a->generation > b->generation;
	return a->seq > b->seq;
}

/* the newer of one device's two superblocks; generation 0: there is none */
static int tier_super_read(struct tier_meta *meta, unsigned int copy, u64 blocks,
			   struct tier_super *super, struct tier_super *other)
{
	u8 *page = meta->state->page;
	int err[TIER_SB_COPIES];
	int i;

	tier_meta_read(meta, copy, 0, TIER_SB_COPIES, page);
	err[0] = tier_super_decode(page, blocks, super);
	err[1] = tier_super_decode(page + TIER_BLOCK_SIZE, blocks, other);
	for (i = 0; i < TIER_SB_COPIES; i++)
		if (err[i])
			tier_meta_event(meta, "superblock %d of metadata copy %u is bad: error %d",
					i, copy, err[i]);
	/* padding too: tier_super_choose() compares all of it */
	if (!err[1] && (err[0] || tier_super_newer(other, super)))
		memcpy(super, other, sizeof(*super));
	if (!err[0] || !err[1])
		return 0;
	memset(super, 0, sizeof(*super));
	return err[0];
}

/*
 * Which copy leads, which are as good. A copy of an older superblock missed
 * writes; one of the same generation and sequence but another content went its
 * own way while this one was away. Neither is used until it is written anew.
 */
static int tier_super_choose(struct tier_meta *meta, struct tier_super *super, u32 present)
{
	unsigned int lead = present & 1 ? 0 : 1;

	if (present == 3 && memcmp(super[0].uuid, super[1].uuid, TIER_UUID_LEN)) {
		tier_meta_event(meta, "the metadata copies belong to different pools");
		return -EINVAL;
	}
	if (present == 3 && tier_super_newer(&super[1], &super[0]))
		lead = 1;
	meta->copies = present;
	if (present == 3 && memcmp(&super[0], &super[1], sizeof(*super))) {
		tier_meta_event(meta, "metadata copy %u is stale: left out", !lead);
		meta->copies = BIT(lead);
	}
	meta->state->lead = lead;
	meta->super = super[lead];
	return 0;
}

static int tier_super_load(struct tier_meta *meta, u32 copies, u64 blocks)
{
	struct tier_super *super = tier_zalloc((TIER_META_COPIES + 1) * sizeof(*super));
	unsigned int copy;
	u32 present = 0;
	int err = -EINVAL;

	if (!super)
		return -ENOMEM;
	for (copy = 0; copy < TIER_META_COPIES; copy++) {
		int ret;

		if (!(copies & BIT(copy)))
			continue;
		ret = tier_super_read(meta, copy, blocks, &super[copy], &super[TIER_META_COPIES]);
		if (!ret)
			present |= BIT(copy);
		else if (!present)
			err = ret;
	}
	if (present)
		err = tier_super_choose(meta, super, present);
	tier_free(super);
	return err;
}

/* tables, what they add up to, the journal on top, and whether all that can be */
static int tier_meta_load(struct tier_meta *meta)
{
	struct tier_table_ref ref;
	u32 n;
	int err;

	err = tier_tables_alloc(meta);
	for (n = 0; !err && n < TIER_MAX_MEMBERS + 2; n++)
		if (tier_table_ref(meta, n, &ref))
			err = tier_table_load(meta, &ref);
	if (!err)
		err = tier_verify_sum(meta);
	if (!err)
		err = tier_journal_replay(meta);
	if (!err)
		err = tier_verify_owners(meta);
	return err;
}

/* if the leading copy cannot be loaded the other one is tried on its own */
static int tier_meta_load_any(struct tier_meta *meta)
{
	struct tier_super super = meta->super;
	int err;

	for (;;) {
		err = tier_meta_load(meta);
		if (!err || err == -ENOMEM || !(meta->copies & ~BIT(meta->state->lead)))
			return err;
		tier_meta_event(meta, "metadata copy %u cannot be loaded: trying the other one",
				meta->state->lead);
		meta->copies &= ~BIT(meta->state->lead);
		meta->state->lead = !meta->state->lead;
		meta->super = super;
		tier_tables_free(meta);
	}
}

int tier_meta_open(struct tier_meta *meta, const struct tier_meta_ops *ops, void *ctx,
		   u32 copies, u64 blocks)
{
	int err;

	memset(meta, 0, sizeof(*meta));
	meta->ops = ops;
	meta->ctx = ctx;
	meta->mode = TIER_META_READ_ONLY;
	meta->given = copies;
	err = tier_state_alloc(meta);
	if (!err)
		err = tier_super_load(meta, copies, blocks);
	if (!err)
		err = tier_meta_load_any(meta);
	if (err)
		meta->mode = TIER_META_FAIL;
	return err;
}

/*
 * Checkpoint.
 */

/*
 * Bring the tables on disk up to memory and empty the journal. It writes no
 * journal record and takes no room, so it works however full the ring is.
 *
 *  1. dirty pages to their other slots. Crash: the slots written are newer than
 *     the superblock allows and are ignored; journal and current slots stand.
 *  2. flush. Without it the superblock could become durable before a page.
 *  3. superblocks. Crash before the first is durable: as in 1. After: the new
 *     tail, with all pages it relies on durable.
 *  4. only now may commits use the ring before the new tail, and the next
 *     checkpoint the slots that were current before: nothing durable on any
 *     live copy refers to them any more.
 */
int tier_meta_write_out(struct tier_meta *meta, bool clean)
{
	struct tier_meta_state *state = meta->state;
	u64 seq = meta->super.page_seq + 1;
	struct tier_table_ref ref;
	u32 n;
	int err = 0;

	for (n = 0; !err && n < TIER_MAX_MEMBERS + 2; n++)
		if (tier_table_ref(meta, n, &ref))
			err = tier_table_write_dirty(meta, &ref, seq);
	if (!err)
		err = tier_meta_flush(meta);
	if (err)
		return err;
	for (n = 0; n < TIER_MAX_MEMBERS + 2; n++)
		if (tier_table_ref(meta, n, &ref))
			tier_table_settle(ref.table);
	meta->super.tail_block = meta->head_block;
	meta->super.tail_seq = meta->head_seq;
	meta->super.page_seq = seq;
	meta->super.map_sum = state->map_sum;
	meta->super.clean = clean;
	err = tier_super_write(meta);
	if (err)
		return err;
	meta->journal_used = 0;
	meta->checkpoints++;
	return 0;
}

int tier_meta_checkpoint(struct tier_meta *meta, bool clean)
{
	if (meta->mode != TIER_META_WRITE)
		return -EROFS;
	return tier_meta_write_out(meta, clean);
}

/*
 * A checkpoint like any other, only with a higher generation: that makes void
 * what an unfinished transaction left in the ring, whose sequence is given anew.
 * Cut at any step, the next open finds the old superblock, the same pages and
 * the same journal, so starting twice is starting once. Even if the superblock
 * that was read is in a volatile cache only: all that it relies on was flushed
 * before it was written, and with its journal empty no page is dirty.
 */
int tier_meta_start(struct tier_meta *meta)
{
	if (meta->mode != TIER_META_READ_ONLY || meta->state->started)
		return -EINVAL;
	meta->state->started = true;
	meta->mode = TIER_META_WRITE;
	meta->state->raise = true;
	return tier_meta_write_out(meta, false);
}

/*
 * Commit.
 */

static int tier_puts_room(struct tier_meta *meta, const struct tier_put *puts, size_t n)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < n; i++)
		if (puts[i].kind == TIER_PUT_LUN && puts[i].lun->flags & TIER_LUN_VALID)
			err = tier_set_lun_room(meta, puts[i].index);
	return err;
}

static void tier_put_apply(struct tier_meta *meta, const struct tier_put *put)
{
	struct tier_meta_state *state = meta->state;

	switch (put->kind) {
	case TIER_PUT_EXTENT:
		tier_set_owner(meta, put->member, put->index, put->owner);
		break;
	case TIER_PUT_LUN:
		tier_set_lun(meta, put->index, put->lun);
		break;
	case TIER_PUT_MEMBER:
		if (state->adding)
			tier_set_member(meta, put->index, state->adding);
		else
			tier_set_member_record(meta, put->index, put->mem);
		state->adding = NULL;
		break;
	case TIER_PUT_POOL:
		meta->super.pool = *put->pool;
		break;
	}
}

static void tier_puts_apply(struct tier_meta *meta, const struct tier_put *puts, size_t n)
{
	bool luns = false;
	size_t i;

	for (i = 0; i < n; i++) {
		tier_put_apply(meta, &puts[i]);
		luns |= puts[i].kind == TIER_PUT_LUN;
	}
	/* ids are distinct: the puts were checked */
	if (luns)
		tier_lun_hash_build(meta);
}

/*
 * Write the transaction, then apply it. If a copy fails to take it, the others
 * have it under the old generation; the checkpoint that raises the generation
 * leaves it behind (a crash before: it is replayed; after: it is gone; nobody
 * was told either way) and it is written once more, as the next one. Each round loses a copy, so
 * the rounds end.
 */
int tier_meta_log(struct tier_meta *meta, const struct tier_put *puts, size_t n)
{
	u32 parts;
	int err;

	err = tier_puts_room(meta, puts, n);
	if (err)
		return err;
	parts = tier_journal_encode(meta, puts, n);
	do {
		if (meta->state->raise || meta->super.clean || !tier_journal_fits(meta, parts)) {
			err = tier_meta_write_out(meta, false);
			if (err)
				return err;
		}
		tier_journal_seal(meta, parts);
		err = tier_journal_write(meta, parts);
		if (err)
			return err;
	} while (meta->state->raise);
	tier_puts_apply(meta, puts, n);
	meta->commits++;
	return 0;
}

int tier_meta_commit(struct tier_meta *meta, const struct tier_put *puts, size_t n)
{
	int err;

	if (meta->mode != TIER_META_WRITE)
		return -EROFS;
	if (!n)
		return 0;
	err = tier_verify_puts(meta, puts, n);
	if (err)
		return err;
	if (tier_meta_room(puts, n) < n)
		return -E2BIG;
	return tier_meta_log(meta, puts, n);
}

void tier_meta_touch(struct tier_meta *meta, u32 member, u64 extent)
{
	const struct tier_meta_member *m = tier_member_get(meta, member);

	if (m && extent < m->rec.extents)
		tier_mark_extent(meta, member, extent);
}

int tier_meta_lun_slot(const struct tier_meta *meta)
{
	u32 slot;

	for (slot = 0; slot < meta->nr_lun_slots; slot++)
		if (!meta->luns[slot])
			return slot;
	return -ENOSPC;
}

/*
 * Copies.
 */

/* a superblock of generation 0: ours, but no use; cut here, it stays left out */
static int tier_super_void(struct tier_meta *meta, unsigned int copy)
{
	struct tier_super *super = tier_zalloc(sizeof(*super));
	u8 *page = meta->state->page;
	u32 took;
	int i;

	if (!super)
		return -ENOMEM;
	*super = meta->super;
	super->generation = 0;
	for (i = 0; i < TIER_SB_COPIES; i++)
		tier_super_encode(page + i * TIER_BLOCK_SIZE, super, i);
	took = meta->ops->write(meta->ctx, BIT(copy), 0, TIER_SB_COPIES, page, true);
	tier_free(super);
	return took & BIT(copy) ? 0 : -EIO;
}

/*
 * Written from memory, so nothing that rotted on the leading copy is carried
 * over. The copy is void while its tables are written; it joins by the superblock
 * of the checkpoint that follows. Cut before that, it is left out; while that is
 * written, whichever copy has it leads, and both are complete. What its ring held
 * is dead: the generation was raised when it was left behind, or at the start.
 */
int tier_meta_resync(struct tier_meta *meta, unsigned int copy)
{
	struct tier_table_ref ref;
	u32 n;
	int err;

	if (meta->mode != TIER_META_WRITE)
		return -EROFS;
	if (copy >= TIER_META_COPIES || !(meta->given & BIT(copy)))
		return -EINVAL;
	if (meta->copies & BIT(copy))
		return 0;
	err = tier_super_void(meta, copy);
	/* after this the tables are the whole truth */
	if (!err)
		err = tier_meta_write_out(meta, false);
	for (n = 0; !err && n < TIER_MAX_MEMBERS + 2; n++)
		if (tier_table_ref(meta, n, &ref))
			err = tier_table_write_all(meta, BIT(copy), &ref, meta->super.page_seq);
	if (err) {
		tier_meta_event(meta, "metadata copy %u cannot be rebuilt: error %d", copy, err);
		return err;
	}
	/* flushes the tables before the superblock, like any checkpoint */
	meta->copies |= BIT(copy);
	err = tier_meta_write_out(meta, false);
	if (!err && !(meta->copies & BIT(copy)))
		err = -EIO;
	return err;
}

int tier_meta_set_given(struct tier_meta *meta, u32 given, u32 same)
{
	u32 left = meta->copies & given & same;

	if (!left)
		return -EIO;
	meta->given = given;
	if (left == meta->copies)
		return 0;
	meta->copies = left;
	meta->state->raise = true;
	return meta->mode == TIER_META_WRITE ? tier_meta_write_out(meta, false) : 0;
}

u64 tier_meta_used(const struct tier_meta *meta)
{
	u64 used = meta->super.tables_start;
	u32 i;

	for (i = 0; i < TIER_MAX_MEMBERS; i++)
		used += tier_member_get(meta, i) ? 2 * meta->members[i]->rec.pages : 0;
	return used;
}

u64 tier_meta_total(const struct tier_meta *meta)
{
	return meta->super.blocks;
}
