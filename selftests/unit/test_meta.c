// SPDX-License-Identifier: GPL-2.0-only
/* Metadata: what each kind of damage, loss and misuse comes to. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tier-table.h"
#include "world.h"

static struct tier_meta again;

/* open what is on the device, beside the world that made it */
static int reopen(struct world *w, u32 copies)
{
	memdev_forget(w->dev);
	return tier_meta_open(&again, &memdev_ops, w->dev, copies, w->dev->blocks);
}

static void expect_open(struct world *w, u32 copies, u32 live)
{
	int err = reopen(w, copies);

	if (err)
		fail_msg("open: %d\n%s", err, w->dev->log);
	assert_null(world_differs(&again, &w->now));
	assert_int_equal(again.copies, live);
	tier_meta_close(&again);
}

static void expect_refused(struct world *w, u32 copies, int err, const char *words)
{
	assert_int_equal(reopen(w, copies), err);
	assert_int_equal(again.mode, TIER_META_FAIL);
	if (!memdev_saw(w->dev, words))
		fail_msg("not told: %s\n%s", words, w->dev->log);
	tier_meta_close(&again);
}

static void spoil(struct world *w, u32 copies, u64 block)
{
	int i;

	for (i = 0; i < TIER_META_COPIES; i++)
		if (copies & BIT(i))
			memdev_block(w->dev, i, block)[700] ^= 0x10;
}

/* where page @page of member 0 lies: its current slot, or the other one */
static u64 slot_of(struct world *w, u64 page, bool current_slot)
{
	const struct tier_table *t = &w->meta.members[0]->table;

	return t->start + 2 * page + (test_bit(page, t->slot) == current_slot);
}

/* a world with a member of three pages, all settled, the other slots outdated */
static struct world *settled(u32 copies)
{
	struct world *w = world_new(copies, 11);
	u32 i;

	world_fill(w, 200);
	assert_int_equal(tier_meta_checkpoint(&w->meta, false), 0);
	for (i = 0; i < 200; i += 10)
		world_put_extent(w, 0, i, TIER_FREE);
	assert_int_equal(world_commit(w), 0);
	assert_int_equal(tier_meta_checkpoint(&w->meta, false), 0);
	memdev_settle(w->dev);
	return w;
}

static void test_other_slot_spoilt(void **state)
{
	struct world *w = settled(1);
	u64 page;

	(void)state;
	for (page = 0; page < 3; page++)
		spoil(w, 1, slot_of(w, page, false));
	expect_open(w, 1, 1);
	reopen(w, 1);
	assert_int_equal(w->dev->events, 3);
	assert_true(memdev_saw(w->dev, "page 1 of member 0: slot"));
	/* starting makes them good again */
	assert_int_equal(tier_meta_start(&again), 0);
	tier_meta_close(&again);
	assert_int_equal(reopen(w, 1), 0);
	assert_int_equal(w->dev->events, 0);
	tier_meta_close(&again);
	world_free(w);
}

/* the outdated slot would give extents that were freed back to their LUN */
static void test_current_slot_spoilt(void **state)
{
	struct world *w = settled(1);

	(void)state;
	spoil(w, 1, slot_of(w, 1, true));
	expect_refused(w, 1, -EUCLEAN, "member 0 (and 0 more): the slot left is outdated");
	assert_true(memdev_saw(w->dev, "page 1 of member 0: slot"));
	world_free(w);
}

/* outdated in heat only: nothing is lost but heat */
static void test_current_slot_same_owners(void **state)
{
	struct world *w = world_new(1, 12);

	(void)state;
	world_fill(w, 200);
	assert_int_equal(tier_meta_checkpoint(&w->meta, false), 0);
	w->meta.members[0]->heat[3].read_fast = 99;
	tier_meta_touch(&w->meta, 0, 3);
	assert_int_equal(tier_meta_checkpoint(&w->meta, false), 0);
	reopen(w, 1);
	assert_int_equal(again.members[0]->heat[3].read_fast, 99);
	tier_meta_close(&again);
	spoil(w, 1, slot_of(w, 0, true));
	expect_open(w, 1, 1);
	reopen(w, 1);
	assert_true(memdev_saw(w->dev, "page 0 of member 0: slot"));
	assert_int_equal(again.members[0]->heat[3].read_fast, 0);
	tier_meta_close(&again);
	world_free(w);
}

static void test_both_slots_spoilt(void **state)
{
	struct world *w = settled(1);

	(void)state;
	spoil(w, 1, slot_of(w, 2, true));
	spoil(w, 1, slot_of(w, 2, false));
	expect_refused(w, 1, -EBADMSG, "page 2 of member 0: both slots are corrupt");
	world_free(w);
	w = settled(1);
	spoil(w, 1, w->meta.super.luns_start);
	spoil(w, 1, w->meta.super.luns_start + 1);
	expect_refused(w, 1, -EBADMSG, "page 0 of the LUN table: both slots are corrupt");
	world_free(w);
	w = settled(1);
	memset(memdev_block(w->dev, 0, w->meta.super.members_start), 0, 2 * TIER_BLOCK_SIZE);
	expect_refused(w, 1, -EBADMSG, "page 0 of the member table: both slots are corrupt");
	world_free(w);
}

static void test_other_copy_helps(void **state)
{
	struct world *w = settled(3);
	u32 round;

	(void)state;
	spoil(w, 1, slot_of(w, 0, true));
	spoil(w, 1, slot_of(w, 0, false));
	spoil(w, 1, slot_of(w, 1, true));
	spoil(w, 2, slot_of(w, 2, true));
	expect_open(w, 3, 3);
	expect_refused(w, 1, -EBADMSG, "page 0 of member 0: both slots are corrupt");
	reopen(w, 3);
	assert_true(memdev_saw(w->dev, "page 0 of member 0: corrupt, metadata copy 1 used"));
	assert_true(memdev_saw(w->dev, "page 1 of member 0: corrupt, metadata copy 1 used"));
	tier_meta_close(&again);
	/* each start makes one slot of a page good: two for the page that lost both */
	for (round = 0; round < 2; round++) {
		assert_int_equal(reopen(w, 3), 0);
		assert_int_equal(tier_meta_start(&again), 0);
		tier_meta_close(&again);
	}
	expect_open(w, 1, 1);
	assert_int_equal(w->dev->events, 0);
	world_free(w);
}

/* a write that the device swallowed leaves a valid page: only the sum tells */
static void test_swallowed_write(void **state)
{
	struct world *w = settled(3);
	u64 at = slot_of(w, 0, true);

	(void)state;
	memcpy(memdev_block(w->dev, 0, at), memdev_block(w->dev, 0, slot_of(w, 0, false)),
	       TIER_BLOCK_SIZE);
	expect_refused(w, 1, -EUCLEAN, "do not add up");
	expect_open(w, 3, 2);
	assert_true(memdev_saw(w->dev, "copy 0 cannot be loaded"));
	world_free(w);
}

static void test_read_errors(void **state)
{
	struct world *w = settled(3);

	(void)state;
	w->dev->copy[0].bad_block = slot_of(w, 1, true);
	w->dev->copy[0].bad_blocks = 1;
	expect_open(w, 3, 3);
	assert_true(memdev_saw(w->dev, "of metadata copy 0 cannot be read"));
	expect_refused(w, 1, -EUCLEAN, "outdated");
	w->dev->copy[0].bad_block = slot_of(w, 1, false);
	expect_open(w, 1, 1);
	w->dev->copy[0].bad_block = 0;
	w->dev->copy[0].bad_blocks = w->dev->blocks;
	expect_open(w, 3, 2);
	expect_refused(w, 1, -ENODATA, "superblock 0 of metadata copy 0 is bad");
	world_free(w);
}

static void test_superblocks(void **state)
{
	struct world *w = settled(1);

	(void)state;
	assert_int_equal(tier_meta_probe(memdev_block(w->dev, 0, 0)), 0);
	assert_int_equal(tier_meta_probe(memdev_block(w->dev, 0, w->meta.super.luns_start)),
			 -EINVAL);
	spoil(w, 1, 0);
	assert_int_equal(tier_meta_probe(memdev_block(w->dev, 0, 0)), 0);
	expect_open(w, 1, 1);
	assert_true(memdev_saw(w->dev, "superblock 0 of metadata copy 0 is bad"));
	spoil(w, 1, 1);
	expect_refused(w, 1, -EBADMSG, "superblock 1");
	memset(memdev_block(w->dev, 0, 0), 0x5a, TIER_BLOCK_SIZE);
	assert_int_equal(tier_meta_probe(memdev_block(w->dev, 0, 0)), -EILSEQ);
	memset(memdev_block(w->dev, 0, 0), 0, TIER_BLOCK_SIZE);
	assert_int_equal(tier_meta_probe(memdev_block(w->dev, 0, 0)), -ENODATA);
	world_free(w);
}

/* a transaction that others follow was reported done: its loss is not a crash's */
static void test_hole_in_journal(void **state)
{
	struct world *w = world_new(3, 13);
	u64 first;
	u32 i;

	(void)state;
	world_fill(w, 10);
	for (i = 20; i < 25; i++) {
		world_put_extent(w, 0, i, TIER_OWNER(7, i));
		assert_int_equal(world_commit(w), 0);
	}
	first = w->meta.super.journal_start + w->meta.head_block - 3;
	spoil(w, 1, first);
	expect_refused(w, 1, -EUCLEAN, "is damaged, the last is");
	expect_open(w, 2, 2);
	expect_open(w, 3, 3);
	/* the last one alone cannot be told from a torn one; the other copy has it */
	spoil(w, 1, first);
	spoil(w, 1, first + 2);
	expect_open(w, 3, 3);
	assert_int_equal(reopen(w, 1), 0);
	assert_non_null(world_differs(&again, &w->now));
	tier_meta_close(&again);
	world_free(w);
}

/*
 * Two crashes, each in the middle of the same transaction's two blocks: what the
 * first left of one and the second of the other must not pass for a whole one.
 */
static struct memdev *torn;

static void torn_hook(struct memdev *dev, const struct memdev_op *op, bool done)
{
	u32 part = dev->priv ? 1 : 0;

	if (done || op->count != 2 || !op->fua)
		return;
	torn = memdev_fork(dev);
	memcpy(memdev_block(torn, 0, op->block + part), op->data + part * TIER_BLOCK_SIZE,
	       TIER_BLOCK_SIZE);
}

static void test_torn_twice(void **state)
{
	struct world *w = settled(1);
	struct tier_put puts[200];
	u32 round, i;

	(void)state;
	for (round = 0; round < 2; round++) {
		for (i = 0; i < 200; i++)
			puts[i] = (struct tier_put){
				.kind = TIER_PUT_EXTENT, .index = i,
				.owner = round ? TIER_FREE : TIER_OWNER(7, 299 - i),
			};
		assert_int_equal(reopen(w, 1), 0);
		assert_int_equal(tier_meta_start(&again), 0);
		w->dev->hook = torn_hook;
		w->dev->priv = round ? w : NULL;
		torn = NULL;
		assert_int_equal(tier_meta_commit(&again, puts, 200), 0);
		assert_non_null(torn);
		w->dev->hook = NULL;
		tier_meta_close(&again);
		memdev_free(w->dev);
		w->dev = torn;
		w->meta.ctx = torn;
		expect_open(w, 1, 1);
	}
	world_free(w);
}

static void test_copies(void **state)
{
	struct world *w = settled(3);
	struct tier_put *none = NULL;

	(void)state;
	expect_open(w, 1, 1);
	expect_open(w, 2, 2);
	/* copy 1 goes, the pool goes on, copy 1 comes back */
	w->dev->copy[1].broken = true;
	world_put_extent(w, 0, 300, TIER_OWNER(7, 250));
	assert_int_equal(world_commit(w), 0);
	assert_int_equal(w->meta.copies, 1);
	assert_true(memdev_saw(w->dev, "failed on metadata copy 1"));
	assert_int_equal(tier_meta_resync(&w->meta, 1), -EIO);
	w->dev->copy[1].broken = false;
	assert_int_equal(w->meta.mode, TIER_META_WRITE);
	expect_open(w, 3, 1);
	/* half-way resync'd it is ours, but no use */
	assert_int_equal(tier_meta_probe(memdev_block(w->dev, 1, 0)), 0);
	assert_int_equal(tier_meta_resync(&w->meta, 1), 0);
	assert_int_equal(tier_meta_resync(&w->meta, 1), 0);
	assert_int_equal(tier_meta_resync(&w->meta, 2), -EINVAL);
	expect_open(w, 3, 3);
	expect_open(w, 2, 2);
	assert_int_equal(tier_meta_commit(&w->meta, none, 0), 0);
	world_free(w);
}

/* whatever write of a checkpoint a copy fails, it is behind from then on */
static void test_copy_lost_in_checkpoint(void **state)
{
	u32 at, copy;

	(void)state;
	for (at = 0; at < 5; at++) {
		for (copy = 0; copy < 2; copy++) {
			struct world *w = settled(3);

			world_put_extent(w, 0, 10, TIER_OWNER(7, 280));
			world_put_extent(w, 0, 399, TIER_OWNER(7, 281));
			assert_int_equal(world_commit(w), 0);
			w->dev->break_at = w->dev->ops + at;
			w->dev->break_mask = BIT(copy);
			assert_int_equal(tier_meta_checkpoint(&w->meta, false), 0);
			assert_int_equal(w->meta.copies, BIT(!copy));
			w->dev->copy[copy].broken = false;
			expect_open(w, 3, BIT(!copy));
			world_free(w);
		}
	}
}

/* each copy was used alone: equal counters, unlike content */
static void test_copies_apart(void **state)
{
	struct tier_pool_record pool;
	struct tier_put put = { .kind = TIER_PUT_POOL, .pool = &pool };
	struct world *w = settled(3);
	u32 copy;

	(void)state;
	pool = w->now.pool;
	for (copy = 0; copy < 2; copy++) {
		assert_int_equal(reopen(w, BIT(copy)), 0);
		assert_int_equal(tier_meta_start(&again), 0);
		pool.headroom = 10 + copy;
		assert_int_equal(tier_meta_commit(&again, &put, 1), 0);
		assert_int_equal(tier_meta_checkpoint(&again, true), 0);
		tier_meta_close(&again);
	}
	assert_int_equal(reopen(w, 3), 0);
	assert_int_equal(again.copies, 1);
	assert_true(memdev_saw(w->dev, "metadata copy 1 is stale"));
	assert_int_equal(again.super.pool.headroom, 10);
	tier_meta_close(&again);
	world_free(w);
}

static void test_copies_of_two_pools(void **state)
{
	struct world *a = settled(3), *b = settled(1);
	struct tier_super super;

	(void)state;
	assert_int_equal(tier_super_decode(memdev_block(b->dev, 0, 0), WORLD_BLOCKS, &super), 0);
	super.uuid[3] ^= 1;
	tier_super_encode(memdev_block(a->dev, 1, 0), &super, 0);
	tier_super_encode(memdev_block(a->dev, 1, 1), &super, 1);
	expect_refused(a, 3, -EINVAL, "different pools");
	world_free(a);
	world_free(b);
}

/* cut a resync anywhere: the copy is left out until it is whole */
static void resync_hook(struct memdev *dev, const struct memdev_op *op, bool done)
{
	struct world *w = dev->priv;
	struct memdev *fork = memdev_fork(dev);
	int err;

	if (!done)
		memdev_tear(fork, op);
	memdev_cut(fork);
	err = tier_meta_open(&again, &memdev_ops, fork, 3, fork->blocks);
	if (err)
		fail_msg("cut at %llu: %d\n%s", dev->ops, err, fork->log);
	assert_null(world_differs(&again, &w->now));
	tier_meta_close(&again);
	/* alone it is refused, or what it was before the resync began, or whole */
	err = tier_meta_open(&again, &memdev_ops, fork, 2, fork->blocks);
	if (!err && op->copies == 2 && op->data && op->block)
		fail_msg("cut at %llu: copy 1 opens while its tables are written", dev->ops);
	if (!err && world_differs(&again, &w->now) && world_differs(&again, &w->next))
		fail_msg("cut at %llu: copy 1 alone is neither old nor new", dev->ops);
	tier_meta_close(&again);
	memdev_free(fork);
}

static void test_resync_cut(void **state)
{
	u32 round;

	(void)state;
	for (round = 0; round < 30; round++) {
		struct world *w = settled(3);
		struct model *before = malloc(sizeof(*before));
		struct tier_lun_record lun = world_lun(7, WORLD_LOGICAL);

		*before = w->now;
		w->dev->rng += round;
		w->dev->copy[1].broken = true;
		/* something on every page: half of each would be neither */
		lun.weight = 50;
		world_put_lun(w, 0, &lun);
		world_put_extent(w, 0, 10, TIER_OWNER(7, 280));
		world_put_extent(w, 0, 330, TIER_OWNER(7, 281));
		world_put_extent(w, 0, 399, TIER_OWNER(7, 282));
		assert_int_equal(world_commit(w), 0);
		w->dev->copy[1].broken = false;
		w->next = *before;
		w->dev->priv = w;
		w->dev->hook = resync_hook;
		assert_int_equal(tier_meta_resync(&w->meta, 1), 0);
		w->dev->hook = NULL;
		free(before);
		world_free(w);
	}
}

/* a page of a checkpoint that was cut short stands in for a rotten one */
static void test_ahead(void **state)
{
	struct world *w = settled(1);
	u64 old = slot_of(w, 0, true);

	(void)state;
	world_put_extent(w, 0, 5, TIER_FREE);
	assert_int_equal(world_commit(w), 0);
	/* the superblock write fails: the pages are newer than it allows */
	w->dev->break_at = w->dev->ops + 2;
	w->dev->break_mask = 1;
	assert_int_equal(tier_meta_checkpoint(&w->meta, false), -EIO);
	memdev_settle(w->dev);
	w->dev->copy[0].broken = false;
	if (reopen(w, 1))
		fail_msg("%s", w->dev->log);
	tier_meta_close(&again);
	spoil(w, 1, old);
	if (reopen(w, 1))
		fail_msg("%s", w->dev->log);
	assert_null(world_differs(&again, &w->now));
	assert_int_equal(tier_meta_start(&again), 0);
	tier_meta_close(&again);
	expect_open(w, 1, 1);
	assert_int_equal(w->dev->events, 0);
	world_free(w);
}

/*
 * A checkpoint cut short left a page on one copy only. Were it not written anew
 * at the start it would pass for settled later, on that copy alone; the slot that
 * the next checkpoint overwrites would be the only good one of the other.
 */
static void newer_hook(struct memdev *dev, const struct memdev_op *op, bool done)
{
	if (op->data || !done)
		return;
	torn = memdev_fork(dev);
}

static void test_newer_on_one_copy(void **state)
{
	struct tier_put put = { .kind = TIER_PUT_EXTENT, .index = 3, .owner = TIER_FREE };
	struct world *w = settled(3);
	struct tier_table_ref ref;
	u32 round, copy;

	(void)state;
	tier_table_ref(&w->meta, 2, &ref);
	tier_page_seal(&w->meta, &ref, 0, w->meta.super.page_seq + 1,
		       memdev_block(w->dev, 0, slot_of(w, 0, false)));
	for (round = 0; round < 2; round++) {
		assert_int_equal(reopen(w, 3), 0);
		assert_int_equal(again.copies, 3);
		assert_int_equal(tier_meta_start(&again), 0);
		if (!round)
			tier_meta_close(&again);
	}
	assert_int_equal(tier_meta_commit(&again, &put, 1), 0);
	w->dev->hook = newer_hook;
	assert_int_equal(tier_meta_checkpoint(&again, false), 0);
	tier_meta_close(&again);
	for (copy = 0; copy < 2; copy++) {
		if (tier_meta_open(&again, &memdev_ops, torn, BIT(copy), torn->blocks))
			fail_msg("copy %u: %s", copy, torn->log);
		tier_meta_close(&again);
	}
	memdev_free(torn);
	world_free(w);
}

/*
 * Tables that add up, but cannot be: what a broken writer would leave.
 */

static void broken_writer(struct world *w, const char *words)
{
	assert_int_equal(tier_meta_checkpoint(&w->meta, false), 0);
	expect_refused(w, 1, -EUCLEAN, words);
	world_free(w);
}

static void test_impossible_tables(void **state)
{
	struct tier_lun_record lun = world_lun(7, 5);
	struct tier_member_record rec;
	struct world *w = settled(1);
	struct tier_table_ref ref;
	u32 i;

	(void)state;
	tier_set_owner(&w->meta, 0, 399, TIER_OWNER(7, 1));
	broken_writer(w, "extent 399 of member 0: LUN 7, extent 1 lies elsewhere as well");
	w = settled(1);
	tier_set_owner(&w->meta, 0, 399, TIER_OWNER(8, 1));
	broken_writer(w, "extent 399 of member 0: LUN 8, extent 1 is not there");
	w = settled(1);
	tier_set_owner(&w->meta, 0, 399, TIER_OWNER(7, 300));
	broken_writer(w, "extent 399 of member 0: LUN 7, extent 300 is not there");
	w = settled(1);
	assert_int_equal(tier_set_lun_room(&w->meta, 9), 0);
	tier_set_lun(&w->meta, 9, &lun);
	broken_writer(w, "LUN 7 is in the table twice");
	w = settled(1);
	lun.id = 8;
	lun.pin = 77;
	assert_int_equal(tier_set_lun_room(&w->meta, 9), 0);
	tier_set_lun(&w->meta, 9, &lun);
	broken_writer(w, "LUN slot 9: impossible record");
	/* no crash leaves both slots newer than the superblock */
	w = settled(1);
	for (i = 0; i < 2; i++) {
		tier_table_ref(&w->meta, 2, &ref);
		tier_page_seal(&w->meta, &ref, 1, w->meta.super.page_seq + 5,
			       memdev_block(w->dev, 0, slot_of(w, 1, i)));
	}
	expect_refused(w, 1, -EUCLEAN, "page 1 of member 0: newer than the superblock");
	world_free(w);
	/* two members on one table */
	w = settled(1);
	assert_int_equal(world_add_member(w, 100), 0);
	rec = w->meta.members[1]->rec;
	rec.table = w->meta.members[0]->rec.table + 2;
	tier_set_member_record(&w->meta, 1, &rec);
	broken_writer(w, "member 1: impossible record");
	w = settled(1);
	assert_int_equal(world_add_member(w, 100), 0);
	rec = w->meta.members[1]->rec;
	rec.table = w->meta.super.blocks - 1;
	tier_set_member_record(&w->meta, 1, &rec);
	broken_writer(w, "member 1: impossible record");
}

/*
 * What a caller must not get written.
 */

static void expect_puts(struct world *w, const struct tier_put *put, size_t n, int err)
{
	u64 ops = w->dev->ops;

	assert_int_equal(tier_meta_commit(&w->meta, put, n), err);
	if (err)
		assert_int_equal(w->dev->ops, ops);
	assert_null(world_differs(&w->meta, &w->now));
}

static void test_puts_refused(void **state)
{
	struct world *w = settled(1);
	struct tier_lun_record lun = world_lun(7, 10), other = world_lun(8, 10);
	struct tier_member_record mem = w->meta.members[0]->rec;
	struct tier_pool_record pool = w->now.pool;
	const struct {
		struct tier_put put;
		const char *why;
	} wrong[] = {
		{ { .kind = 0 }, "no kind" },
		{ { .kind = 9 }, "no such kind" },
		{ { .kind = TIER_PUT_EXTENT, .member = 1, .owner = TIER_FREE }, "no member" },
		{ { .kind = TIER_PUT_EXTENT, .member = 1 << 20, .owner = TIER_FREE }, "index" },
		{ { .kind = TIER_PUT_EXTENT, .index = 400, .owner = TIER_FREE }, "extent" },
		{ { .kind = TIER_PUT_EXTENT, .owner = TIER_OWNER(8, 0) }, "no such LUN" },
		{ { .kind = TIER_PUT_EXTENT, .owner = TIER_OWNER(7, 300) }, "beyond the LUN" },
		{ { .kind = TIER_PUT_LUN, .index = 1, .lun = &lun }, "its id is taken" },
		{ { .kind = TIER_PUT_LUN, .index = 0, .lun = &lun }, "shrunk below its extents" },
		{ { .kind = TIER_PUT_LUN, .index = 0, .lun = &other }, "another id" },
		{ { .kind = TIER_PUT_LUN, .index = 64, .lun = &other }, "slot" },
		{ { .kind = TIER_PUT_MEMBER, .index = 1, .mem = &mem }, "no such member" },
		{ { .kind = TIER_PUT_POOL, .index = 1, .pool = &pool }, "pool index" },
	};
	struct tier_put put = { .kind = TIER_PUT_LUN, .lun = &other };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		if (tier_meta_commit(&w->meta, &wrong[i].put, 1) != -EINVAL)
			fail_msg("taken: %s", wrong[i].why);
		expect_puts(w, &wrong[i].put, 1, -EINVAL);
	}
	other = world_lun(7, 300);
	other.flags = 0;
	expect_puts(w, &put, 1, -EINVAL);
	other = world_lun(9, 10);
	put.index = 3;
	other.pin = 8;
	expect_puts(w, &put, 1, -EINVAL);
	other.pin = TIER_NONE;
	other.flags |= 0x100;
	expect_puts(w, &put, 1, -EINVAL);
	other = world_lun(TIER_LUN_ID_MAX + 1, 10);
	expect_puts(w, &put, 1, -EINVAL);
	put.kind = TIER_PUT_MEMBER;
	put.index = 0;
	put.mem = &mem;
	mem.extents--;
	expect_puts(w, &put, 1, -EINVAL);
	mem.extents++;
	mem.tier = 5;
	expect_puts(w, &put, 1, -EINVAL);
	mem.tier = 0;
	mem.state = TIER_MEMBER_NONE;
	expect_puts(w, &put, 1, -EINVAL);
	put.kind = TIER_PUT_POOL;
	put.pool = &pool;
	strcpy(pool.tiers[1], pool.tiers[0]);
	expect_puts(w, &put, 1, -EINVAL);
	world_free(w);
}

static void test_room(void **state)
{
	struct tier_put *puts = calloc(4000, sizeof(*puts));
	struct world *w = world_new(1, 5);
	struct tier_lun_record lun = world_lun(7, 300);
	size_t i, room;

	(void)state;
	world_fill(w, 0);
	for (i = 0; i < 4000; i++) {
		puts[i].kind = TIER_PUT_EXTENT;
		puts[i].index = i % 400;
		puts[i].owner = TIER_FREE;
	}
	room = tier_meta_room(puts, 4000);
	assert_int_equal(room, TIER_TXN_BLOCKS * (TIER_BLOCK_PAYLOAD / 24));
	assert_int_equal(tier_meta_room(puts, 7), 7);
	expect_puts(w, puts, room + 1, -E2BIG);
	expect_puts(w, puts, room, 0);
	for (i = 0; i < 4000; i++) {
		puts[i].kind = TIER_PUT_LUN;
		puts[i].index = 0;
		puts[i].lun = &lun;
	}
	room = tier_meta_room(puts, 4000);
	assert_int_equal(room, TIER_TXN_BLOCKS * 3);
	expect_puts(w, puts, room + 1, -E2BIG);
	expect_puts(w, puts, room, 0);
	expect_open(w, 1, 1);
	/* the largest ones, one after the other, round the ring many times */
	for (i = 0; i < 100; i++) {
		expect_puts(w, puts, room - i % 7 * 3, 0);
		expect_open(w, 1, 1);
	}
	assert_true(w->meta.checkpoints > 20);
	free(puts);
	world_free(w);
}

static void test_members(void **state)
{
	struct world *w = world_new(1, 6);
	struct tier_member_record rec = { .state = TIER_MEMBER_ACTIVE, .extents = 100 };
	u64 used = tier_meta_used(&w->meta);
	u32 index;

	(void)state;
	assert_int_equal(tier_meta_total(&w->meta), WORLD_BLOCKS);
	rec.extents = (1ULL << 32) + 1;
	assert_int_equal(tier_meta_add_member(&w->meta, &rec, &index), -E2BIG);
	rec.extents = 1ULL << 32;
	assert_int_equal(tier_meta_add_member(&w->meta, &rec, &index), -ENOSPC);
	rec.extents = 0;
	assert_int_equal(tier_meta_add_member(&w->meta, &rec, &index), -EINVAL);
	rec.extents = 169;
	rec.tier = 2;
	assert_int_equal(tier_meta_add_member(&w->meta, &rec, &index), -EINVAL);
	rec.tier = 1;
	assert_int_equal(tier_meta_add_member(&w->meta, &rec, &index), 0);
	assert_int_equal(index, 0);
	assert_int_equal(tier_meta_used(&w->meta), used + 4);
	assert_int_equal(tier_meta_add_member(&w->meta, &rec, &index), -EEXIST);
	assert_int_equal(tier_meta_prove_empty(&w->meta, 0), -EBUSY);
	assert_int_equal(tier_meta_prove_empty(&w->meta, 1), -EINVAL);
	assert_int_equal(tier_meta_checkpoint(&w->meta, false), 0);
	assert_int_equal(tier_meta_prove_empty(&w->meta, 0), 0);
	assert_int_equal(tier_meta_drop_member(&w->meta, 0), 0);
	assert_int_equal(tier_meta_used(&w->meta), used);
	assert_int_equal(tier_meta_drop_member(&w->meta, 0), -EINVAL);
	/* the room is used again, to the last block */
	rec.extents = (WORLD_BLOCKS - used) / 2 * TIER_EXTENTS_PER_PAGE;
	assert_int_equal(tier_meta_add_member(&w->meta, &rec, &index), 0);
	rec.extents = 1;
	rec.uuid[0]++;
	assert_int_equal(tier_meta_add_member(&w->meta, &rec, &index), -ENOSPC);
	world_free(w);
}

/* what is said to fit does, and what is said not to does not */
static void test_members_fit(void **state)
{
	struct world *w = world_new(1, 43);
	struct tier_meta_params params = {
		.blocks = WORLD_BLOCKS, .extent_sectors = WORLD_ES,
		.pool = { .nr_tiers = 1, .tiers = { "one" } },
	};
	struct tier_member_record rec = { .state = TIER_MEMBER_ACTIVE };
	u64 extents[TIER_MAX_MEMBERS + 1];
	u64 room = w->meta.super.blocks - w->meta.super.tables_start;
	u32 i, n, index;

	(void)state;
	for (i = 0; i <= TIER_MAX_MEMBERS; i++)
		extents[i] = 1;
	/* two blocks for each */
	n = room / 2;
	assert_true(n < TIER_MAX_MEMBERS);
	assert_int_equal(tier_meta_fits(&w->meta, extents, 0), 0);
	assert_int_equal(tier_meta_fits(&w->meta, extents, n), 0);
	assert_int_equal(tier_meta_fits(&w->meta, extents, n + 1), -ENOSPC);
	assert_int_equal(tier_meta_format_fits(&params, extents, n), 0);
	assert_int_equal(tier_meta_format_fits(&params, extents, n + 1), -ENOSPC);
	assert_int_equal(tier_meta_fits(&w->meta, &(u64){ 1ULL << 33 }, 1), -E2BIG);
	assert_null(world_differs(&w->meta, &w->now));

	/* with a hole between tables that only a small one fits */
	for (i = 0; i < 3; i++) {
		rec.uuid[0] = i + 1;
		rec.extents = i == 1 ? 1 : 2 * TIER_EXTENTS_PER_PAGE;
		assert_int_equal(tier_meta_add_member(&w->meta, &rec, &index), 0);
	}
	assert_int_equal(tier_meta_drop_member(&w->meta, 1), 0);
	extents[0] = 2 * TIER_EXTENTS_PER_PAGE;
	n = (room - 10) / 2;
	assert_int_equal(tier_meta_fits(&w->meta, extents, n), 0);
	assert_int_equal(tier_meta_fits(&w->meta, extents, n + 1), -ENOSPC);
	for (i = 0; i < n; i++) {
		rec.uuid[0] = 100 + i;
		rec.extents = extents[i];
		assert_int_equal(tier_meta_add_member(&w->meta, &rec, &index), 0);
	}
	rec.uuid[0] = 99;
	rec.extents = 1;
	assert_int_equal(tier_meta_add_member(&w->meta, &rec, &index), -ENOSPC);

	params.blocks = 40;
	assert_int_equal(tier_meta_format_fits(&params, extents, 0), -ENOSPC);
	/* indices run out before room does */
	params.blocks = 100000;
	assert_int_equal(tier_meta_format_fits(&params, extents, TIER_MAX_MEMBERS), 0);
	assert_int_equal(tier_meta_format_fits(&params, extents, TIER_MAX_MEMBERS + 1), -ENOSPC);
	world_free(w);
}

static void test_member_in_use(void **state)
{
	struct world *w = settled(3);

	(void)state;
	assert_int_equal(tier_meta_drop_member(&w->meta, 0), -EBUSY);
	assert_int_equal(tier_meta_prove_empty(&w->meta, 0), 2 * 180);
	spoil(w, 2, slot_of(w, 2, true));
	assert_int_equal(tier_meta_prove_empty(&w->meta, 0), -EBADMSG);
	world_free(w);
}

static void test_heat_goes_with_the_owner(void **state)
{
	struct world *w = settled(1);

	(void)state;
	w->meta.members[0]->heat[1].write_slow = 7;
	world_put_extent(w, 0, 1, TIER_FREE);
	assert_int_equal(world_commit(w), 0);
	assert_int_equal(w->meta.members[0]->heat[1].write_slow, 0);
	world_free(w);
}

static void test_read_only_until_started(void **state)
{
	struct world *w = settled(1);
	struct tier_put put = { .kind = TIER_PUT_EXTENT, .owner = TIER_FREE };
	u64 generation = w->meta.super.generation, ops = w->dev->ops;

	(void)state;
	assert_int_equal(reopen(w, 1), 0);
	assert_int_equal(tier_meta_commit(&again, &put, 1), -EROFS);
	assert_int_equal(tier_meta_checkpoint(&again, false), -EROFS);
	assert_int_equal(tier_meta_drop_member(&again, 0), -EROFS);
	assert_int_equal(tier_meta_resync(&again, 1), -EROFS);
	assert_int_equal(w->dev->ops, ops);
	assert_int_equal(tier_meta_start(&again), 0);
	assert_int_equal(again.super.generation, generation + 1);
	assert_int_equal(tier_meta_start(&again), -EINVAL);
	assert_int_equal(tier_meta_checkpoint(&again, true), 0);
	tier_meta_close(&again);
	assert_int_equal(reopen(w, 1), 0);
	assert_true(again.super.clean);
	assert_int_equal(tier_meta_start(&again), 0);
	tier_meta_close(&again);
	assert_int_equal(reopen(w, 1), 0);
	assert_false(again.super.clean);
	/* the first commit after a clean checkpoint takes the mark away */
	assert_int_equal(tier_meta_start(&again), 0);
	assert_int_equal(tier_meta_checkpoint(&again, true), 0);
	assert_int_equal(tier_meta_commit(&again, &put, 1), 0);
	tier_meta_close(&again);
	assert_int_equal(reopen(w, 1), 0);
	assert_false(again.super.clean);
	tier_meta_close(&again);
	world_free(w);
}

static void test_format_refused(void **state)
{
	struct tier_meta_params params = {
		.blocks = 137, .extent_sectors = WORLD_ES,
		.pool = { .nr_tiers = 1, .tiers = { "fast" } },
	};
	struct memdev *dev = memdev_new(WORLD_BLOCKS, 3, 1);

	(void)state;
	assert_int_equal(tier_meta_format(&memdev_ops, dev, 1, &params), -ENOSPC);
	params.blocks = 3;
	assert_int_equal(tier_meta_format(&memdev_ops, dev, 1, &params), -ENOSPC);
	params.blocks = WORLD_BLOCKS;
	params.extent_sectors = 100;
	assert_int_equal(tier_meta_format(&memdev_ops, dev, 1, &params), -EINVAL);
	params.extent_sectors = WORLD_ES;
	params.pool.tiers[0][0] = '/';
	assert_int_equal(tier_meta_format(&memdev_ops, dev, 1, &params), -EINVAL);
	params.pool.tiers[0][0] = 'f';
	dev->copy[1].broken = true;
	assert_int_equal(tier_meta_format(&memdev_ops, dev, 3, &params), -EIO);
	assert_int_equal(tier_meta_probe(memdev_block(dev, 0, 0)), -ENODATA);
	dev->copy[1].broken = false;
	assert_int_equal(tier_meta_format(&memdev_ops, dev, 3, &params), 0);
	assert_int_equal(tier_meta_open(&again, &memdev_ops, dev, 3, WORLD_BLOCKS), 0);
	tier_meta_close(&again);
	/* a mirror that is too small */
	assert_int_equal(tier_meta_open(&again, &memdev_ops, dev, 3, WORLD_BLOCKS - 1), -ERANGE);
	tier_meta_close(&again);
	memdev_free(dev);
}

/* a million extents: large tables load and verify in good time */
static void test_large(void **state)
{
	struct tier_meta_params params = {
		.blocks = 20000, .extent_sectors = 2048,
		.pool = { .nr_tiers = 1, .tiers = { "fast" } },
	};
	struct memdev *dev = memdev_new(params.blocks, 1, 1);
	struct tier_member_record rec = { .state = TIER_MEMBER_ACTIVE, .extents = 1000000 };
	struct tier_lun_record lun = world_lun(1, 1);
	struct tier_put put = { .kind = TIER_PUT_LUN, .lun = &lun }, *puts;
	static struct tier_meta meta;
	struct tier_meta_ops ops = memdev_ops;
	u32 index, i, n = 2000, at;

	(void)state;
	/* a device that cannot write many blocks at once */
	ops.write_many = NULL;
	assert_int_equal(tier_meta_format(&ops, dev, 1, &params), 0);
	assert_int_equal(tier_meta_open(&meta, &ops, dev, 1, params.blocks), 0);
	assert_int_equal(tier_meta_start(&meta), 0);
	assert_int_equal(tier_meta_add_member(&meta, &rec, &index), 0);
	lun.sectors = 2048ULL * 1000000;
	assert_int_equal(tier_meta_commit(&meta, &put, 1), 0);
	puts = calloc(n, sizeof(*puts));
	for (at = 0; at < 600000; at += n) {
		for (i = 0; i < n; i++) {
			puts[i].kind = TIER_PUT_EXTENT;
			puts[i].index = at + i;
			puts[i].owner = TIER_OWNER(1, at + i);
		}
		assert_int_equal(tier_meta_commit(&meta, puts, n), 0);
	}
	tier_meta_close(&meta);
	assert_int_equal(tier_meta_open(&meta, &ops, dev, 1, params.blocks), 0);
	assert_int_equal(meta.members[0]->used, 600000);
	assert_int_equal(tier_meta_start(&meta), 0);
	/* one of them twice, far apart */
	meta.members[0]->owner[999999] = TIER_OWNER(1, 17);
	tier_meta_touch(&meta, 0, 999999);
	assert_int_equal(tier_meta_checkpoint(&meta, true), 0);
	tier_meta_close(&meta);
	assert_int_equal(tier_meta_open(&meta, &ops, dev, 1, params.blocks), -EUCLEAN);
	assert_true(memdev_saw(dev, "do not add up"));
	tier_meta_close(&meta);
	free(puts);
	memdev_free(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_other_slot_spoilt),
		cmocka_unit_test(test_current_slot_spoilt),
		cmocka_unit_test(test_current_slot_same_owners),
		cmocka_unit_test(test_both_slots_spoilt),
		cmocka_unit_test(test_other_copy_helps),
		cmocka_unit_test(test_swallowed_write),
		cmocka_unit_test(test_read_errors),
		cmocka_unit_test(test_superblocks),
		cmocka_unit_test(test_hole_in_journal),
		cmocka_unit_test(test_torn_twice),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_copy_lost_in_checkpoint),
		cmocka_unit_test(test_copies_apart),
		cmocka_unit_test(test_copies_of_two_pools),
		cmocka_unit_test(test_resync_cut),
		cmocka_unit_test(test_ahead),
		cmocka_unit_test(test_newer_on_one_copy),
		cmocka_unit_test(test_impossible_tables),
		cmocka_unit_test(test_puts_refused),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_members_fit),
		cmocka_unit_test(test_member_in_use),
		cmocka_unit_test(test_heat_goes_with_the_owner),
		cmocka_unit_test(test_read_only_until_started),
		cmocka_unit_test(test_format_refused),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests_name("meta", tests, NULL, NULL);
}
