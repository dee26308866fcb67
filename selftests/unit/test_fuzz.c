// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hostile bytes: flipped bits, and blocks that lie under a good checksum. None
 * may crash, hang or read out of bounds; a flipped bit never opens as anything
 * but the truth.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tier-table.h"
#include "world.h"

static u64 seed = 1;
static u64 rounds = 6000;
static struct tier_meta meta;

/* a pool with some history, the last transactions in the journal only */
static struct world *lived(u32 copies)
{
	struct world *w = world_new(copies, seed);
	u32 i;

	for (i = 0; i < 400; i++)
		world_step(w);
	world_reopen(w);
	for (i = 0; i < 20; i++) {
		struct tier_put put = { .kind = TIER_PUT_POOL, .pool = &w->now.pool };

		w->next = w->now;
		w->now.pool.headroom = i;
		assert_int_equal(tier_meta_commit(&w->meta, &put, 1), 0);
	}
	memdev_settle(w->dev);
	w->dev->keep_quiet = true;
	return w;
}

static void test_bit_flips(void **state)
{
	struct world *w = lived(1);
	u64 last = w->meta.super.journal_start + w->meta.head_block - 1;
	u64 round, opened = 0, older = 0;

	(void)state;
	for (round = 0; round < rounds; round++) {
		u64 block = memdev_random(w->dev, w->dev->blocks);
		u32 at = memdev_random(w->dev, TIER_BLOCK_SIZE);
		u8 bit = BIT(memdev_random(w->dev, 8));
		int err;

		if (!(round % 50))
			block = last;
		memdev_block(w->dev, 0, block)[at] ^= bit;
		err = tier_meta_open(&meta, &memdev_ops, w->dev, 1, w->dev->blocks);
		opened += !err;
		if (!err && world_differs(&meta, &w->now)) {
			/* the last transaction cannot be told from one that was cut */
			older++;
			if (block != last || world_differs(&meta, &w->next))
				fail_msg("block %llu byte %u bit %x: opens as something else",
					 block, at, bit);
		}
		tier_meta_close(&meta);
		memdev_block(w->dev, 0, block)[at] ^= bit;
	}
	printf("# %llu flips: %llu opened, %llu of them without the last transaction\n", rounds,
	       opened, older);
	assert_true(opened > rounds / 4);
	assert_true(older > 0);
	world_free(w);
}

/* with a second copy that is whole, a flip in the first is made good */
static void test_bit_flips_mirrored(void **state)
{
	struct world *w = lived(3);
	u64 round, apart = 0;

	(void)state;
	for (round = 0; round < rounds / 2; round++) {
		u64 block = memdev_random(w->dev, w->dev->blocks);
		u32 at = memdev_random(w->dev, TIER_BLOCK_SIZE), copy = memdev_random(w->dev, 2);
		u8 bit = BIT(memdev_random(w->dev, 8));

		memdev_block(w->dev, copy, block)[at] ^= bit;
		if (tier_meta_open(&meta, &memdev_ops, w->dev, 3, w->dev->blocks))
			fail_msg("copy %u block %llu byte %u bit %x: does not open", copy, block,
				 at, bit);
		if (world_differs(&meta, &w->now))
			fail_msg("copy %u block %llu byte %u bit %x: opens as something else",
				 copy, block, at, bit);
		apart += meta.copies != 3;
		tier_meta_close(&meta);
		memdev_block(w->dev, copy, block)[at] ^= bit;
	}
	printf("# %llu flips, a copy left out %llu times\n", rounds / 2, apart);
	world_free(w);
}

static void reseal(u8 *block)
{
	u32 crc = tier_crc32c(block + 8, TIER_BLOCK_SIZE - 8);
	u32 magic = TIER_MAGIC;

	memcpy(block, &magic, 4);
	memcpy(block + 4, &crc, 4);
}

/* values that mean something somewhere */
static u64 odd_value(struct memdev *dev)
{
	static const u64 odd[] = {
		0, 1, 2, 3, 7, 8, 42, 63, 64, 128, 167, 168, 169, 255, 256, 4032, 4096, 65535,
		0xffffff, 0x7fffffff, 0xffffffff, 1ULL << 32, 1ULL << 40, ~0ULL, ~0ULL >> 1,
		1ULL << 62, ~0ULL - 1,
	};

	if (!memdev_random(dev, 3))
		return memdev_random(dev, 300);
	return odd[memdev_random(dev, ARRAY_SIZE(odd))];
}

/* change a few bytes, mostly near the start where the figures are */
static void mutate(struct memdev *dev, u8 *block)
{
	u32 n = 1 + memdev_random(dev, 4), size, at;

	while (n--) {
		static const u32 spans[] = { 64, 256, 1100, TIER_BLOCK_SIZE };
		u64 value = odd_value(dev);

		size = 1U << memdev_random(dev, 4);
		at = 8 + memdev_random(dev, spans[memdev_random(dev, 4)] - 16);
		if (size > 1)
			at = at / size * size;
		if (!memdev_random(dev, 4))
			block[at] += 1 + memdev_random(dev, 3);
		else
			memcpy(block + at, &value, size);
	}
	reseal(block);
}

/* what opened must hold up when it is used */
static void use(struct world *w)
{
	struct memdev *fork = memdev_fork(w->dev);
	struct tier_member_record rec = { .state = TIER_MEMBER_ACTIVE, .extents = 10, .uuid = "u" };
	struct tier_put put = { .kind = TIER_PUT_EXTENT, .owner = TIER_FREE };
	u32 index, i;

	meta.ctx = fork;
	assert_int_equal(tier_meta_start(&meta), 0);
	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		put.member = i;
		tier_meta_commit(&meta, &put, 1);
		tier_meta_touch(&meta, i, 0);
	}
	tier_meta_add_member(&meta, &rec, &index);
	assert_int_equal(tier_meta_checkpoint(&meta, true), 0);
	assert_true(tier_meta_used(&meta) <= tier_meta_total(&meta));
	tier_meta_close(&meta);
	/* what was opened and written must open again */
	assert_int_equal(tier_meta_open(&meta, &memdev_ops, fork, fork->copies, fork->blocks), 0);
	memdev_free(fork);
}

static void test_lies(void **state)
{
	struct world *w = lived(1);
	u8 *was = malloc(4 * TIER_BLOCK_SIZE);
	u64 round, opened = 0;

	(void)state;
	for (round = 0; round < rounds; round++) {
		u64 block[4];
		int i, n = 1 + memdev_random(w->dev, 4), err;

		for (i = 0; i < n; i++) {
			block[i] = memdev_random(w->dev, 3) ?
				   memdev_random(w->dev, w->dev->blocks) :
				   memdev_random(w->dev, 2);
			memcpy(was + i * TIER_BLOCK_SIZE, memdev_block(w->dev, 0, block[i]),
			       TIER_BLOCK_SIZE);
			mutate(w->dev, memdev_block(w->dev, 0, block[i]));
		}
		err = tier_meta_open(&meta, &memdev_ops, w->dev, 1, w->dev->blocks);
		opened += !err;
		if (!err && !memdev_random(w->dev, 20))
			use(w);
		tier_meta_close(&meta);
		while (i--)
			memcpy(memdev_block(w->dev, 0, block[i]), was + i * TIER_BLOCK_SIZE,
			       TIER_BLOCK_SIZE);
	}
	printf("# %llu lies, %llu opened\n", rounds, opened);
	assert_true(opened > rounds / 20 && opened < rounds);
	free(was);
	world_free(w);
}

/* tables that lie alike in both slots, under a sum that is right: deeper */
static void test_tables_that_lie(void **state)
{
	struct world *w = lived(1);
	u8 *was = malloc(2 * TIER_BLOCK_SIZE);
	u64 round, opened = 0, pages = w->meta.super.members_pages + w->meta.super.luns_pages;
	u8 *super = malloc(2 * TIER_BLOCK_SIZE);

	(void)state;
	assert_int_equal(tier_meta_checkpoint(&w->meta, false), 0);
	memdev_settle(w->dev);
	memcpy(super, memdev_block(w->dev, 0, 0), 2 * TIER_BLOCK_SIZE);
	for (round = 0; round < rounds; round++) {
		u64 page = memdev_random(w->dev, 2) ? memdev_random(w->dev, pages + 10) :
			   memdev_random(w->dev, 2) ? 0 : w->meta.super.members_pages;
		u8 *slots = memdev_block(w->dev, 0, w->meta.super.members_start + 2 * page);
		struct tier_super s;
		int err, i;

		memcpy(was, slots, 2 * TIER_BLOCK_SIZE);
		mutate(w->dev, slots);
		memcpy(slots + TIER_BLOCK_SIZE, slots, TIER_BLOCK_SIZE);
		err = tier_meta_open(&meta, &memdev_ops, w->dev, 1, w->dev->blocks);
		if (err) {
			/* give the superblock the sum of the lie */
			assert_int_equal(tier_super_decode(super, w->dev->blocks, &s), 0);
			s.map_sum = meta.state ? meta.state->map_sum : 0;
			for (i = 0; i < 2; i++)
				tier_super_encode(memdev_block(w->dev, 0, i), &s, i);
			tier_meta_close(&meta);
			err = tier_meta_open(&meta, &memdev_ops, w->dev, 1, w->dev->blocks);
		}
		opened += !err;
		if (!err && !memdev_random(w->dev, 20))
			use(w);
		tier_meta_close(&meta);
		memcpy(slots, was, 2 * TIER_BLOCK_SIZE);
		memcpy(memdev_block(w->dev, 0, 0), super, 2 * TIER_BLOCK_SIZE);
	}
	printf("# %llu lying pages, %llu opened\n", rounds, opened);
	free(was);
	free(super);
	world_free(w);
}

/* superblocks of random figures: what decodes is safe to go by */
static void test_superblocks(void **state)
{
	struct world *w = lived(1);
	u8 *block = memdev_block(w->dev, 0, 0);
	struct tier_super *good = malloc(sizeof(*good)), *s = malloc(sizeof(*s));
	u64 round, passed = 0;

	(void)state;
	assert_int_equal(tier_super_decode(block, w->dev->blocks, good), 0);
	memset(memdev_block(w->dev, 0, 1), 0, TIER_BLOCK_SIZE);
	for (round = 0; round < rounds; round++) {
		u64 *figure[] = {
			&s->generation, &s->seq, &s->blocks, &s->extent_sectors, &s->journal_start,
			&s->journal_blocks, &s->tail_block, &s->tail_seq, &s->page_seq,
			&s->members_start, &s->members_pages, &s->luns_start, &s->luns_pages,
			&s->tables_start, &s->ticks, &s->map_sum,
		};
		u32 n = 1 + memdev_random(w->dev, 3);

		*s = *good;
		while (n--) {
			u64 *f = figure[memdev_random(w->dev, ARRAY_SIZE(figure))];

			*f = memdev_random(w->dev, 2) ? odd_value(w->dev) :
			     *f + memdev_random(w->dev, 5) - 2;
		}
		tier_super_encode(block, s, 0);
		if (!memdev_random(w->dev, 4)) {
			memcpy(block + 64 + memdev_random(w->dev, 500), s,
			       memdev_random(w->dev, 8));
			reseal(block);
		}
		if (!tier_super_decode(block, w->dev->blocks, s)) {
			passed++;
			assert_true(s->blocks <= w->dev->blocks);
			assert_true(s->journal_start >= TIER_SB_COPIES);
			assert_true(s->journal_start + s->journal_blocks <= s->members_start);
			assert_true(s->tail_block < s->journal_blocks);
			assert_true(s->members_start + 2 * s->members_pages <= s->luns_start);
			assert_true(s->luns_start + 2 * s->luns_pages <= s->tables_start);
			assert_true(s->tables_start <= s->blocks);
		}
		tier_meta_open(&meta, &memdev_ops, w->dev, 1, w->dev->blocks);
		tier_meta_close(&meta);
	}
	printf("# %llu superblocks, %llu within bounds\n", rounds, passed);
	assert_true(passed > rounds / 20 && passed < rounds * 9 / 10);
	free(good);
	free(s);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bit_flips),
		cmocka_unit_test(test_bit_flips_mirrored),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_tables_that_lie),
		cmocka_unit_test(test_superblocks),
	};

	if (getenv("SEED"))
		seed = strtoull(getenv("SEED"), NULL, 0);
	if (getenv("ROUNDS"))
		rounds = strtoull(getenv("ROUNDS"), NULL, 0);
	return cmocka_run_group_tests_name("fuzz", tests, NULL, NULL);
}
