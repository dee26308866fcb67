// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random histories, cut inside and after every write and flush. What a cut
 * leaves must open as the last transaction that was reported done, or as the
 * one under way; the same again when recovery itself is cut.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "world.h"

static u64 seed = 1;
static u64 steps = 1200;

/* of the whole run, told at the end */
static u64 cuts, nested, cut_steps;

struct recovery {
	struct world *w;
	const struct model *found;	/* what the first recovery gave */
	bool either;			/* it may have come from a cache: both are right */
	u32 at;				/* op of the recovery that is cut */
};

static void cut_failed(struct world *w, struct memdev *dev, const char *what)
{
	fail_msg("seed %llu step %llu, %s, op %llu: %s\n%s", seed, w->steps, w->doing,
		 w->dev->ops, what, dev->log);
}

/* which of the two states is this? NULL: neither */
static const struct model *which(struct world *w, const struct tier_meta *meta,
				 const char **what)
{
	*what = world_differs(meta, &w->now);
	if (!*what)
		return &w->now;
	if (w->flying && !world_differs(meta, &w->next))
		return &w->next;
	return NULL;
}

static const struct model *recover(struct world *w, struct memdev *dev, u32 copies,
				   struct tier_meta *meta)
{
	const struct model *found;
	const char *what;
	char text[64];
	int err;

	err = tier_meta_open(meta, &memdev_ops, dev, copies, dev->blocks);
	if (err) {
		snprintf(text, sizeof(text), "does not open: %d", err);
		cut_failed(w, dev, text);
	}
	found = which(w, meta, &what);
	if (!found) {
		snprintf(text, sizeof(text), "recovered wrong: %s", what);
		cut_failed(w, dev, text);
	}
	return found;
}

/* the recovery is cut as well: recovering from that gives the same */
static void recovery_hook(struct memdev *dev, const struct memdev_op *op, bool done)
{
	struct recovery *r = dev->priv;
	struct memdev *fork;
	struct tier_meta *meta;
	const struct model *found;

	if (dev->ops != r->at)
		return;
	fork = memdev_fork(dev);
	if (!done)
		memdev_tear(fork, op);
	memdev_cut(fork);
	meta = malloc(sizeof(*meta));
	found = recover(r->w, fork, fork->copies, meta);
	if (found != r->found && !r->either)
		cut_failed(r->w, fork, "recovery cut short, then: another state");
	tier_meta_close(meta);
	free(meta);
	memdev_free(fork);
	nested++;
}

/* go on with what was recovered: the pool works, and its next state is durable */
static void carry_on(struct world *w, struct memdev *dev, struct tier_meta *meta,
		     const struct model *found)
{
	struct tier_pool_record pool = found->pool;
	struct tier_put put = { .kind = TIER_PUT_POOL, .pool = &pool };
	struct tier_meta *again = malloc(sizeof(*again));
	u32 copy = memdev_random(dev, 2);

	if (dev->copies == 3 && meta->copies != 3)
		assert_int_equal(tier_meta_resync(meta, meta->copies == 1), 0);
	pool.no_space_timeout = 77;
	assert_int_equal(tier_meta_commit(meta, &put, 1), 0);
	memdev_cut(dev);
	if (!(dev->copies & BIT(copy)))
		copy = !copy;
	if (tier_meta_open(again, &memdev_ops, dev, BIT(copy), dev->blocks))
		cut_failed(w, dev, "does not open after recovery and a commit");
	if (again->super.pool.no_space_timeout != 77)
		cut_failed(w, dev, "a commit after recovery is lost");
	again->super.pool.no_space_timeout = found->pool.no_space_timeout;
	if (world_differs(again, found))
		cut_failed(w, dev, "recovered, then changed");
	tier_meta_close(again);
	free(again);
}

/* either copy is enough, at any time: the good ones, that is */
static void each_alone(struct world *w, struct memdev *dev, struct tier_meta *meta)
{
	u32 copy;

	for (copy = 0; copy < TIER_META_COPIES; copy++) {
		if (!(w->meta.copies & BIT(copy)) || w->dev->copy[copy].broken)
			continue;
		recover(w, dev, BIT(copy), meta);
		tier_meta_close(meta);
	}
}

static void look_at_cut(struct world *w, const struct memdev_op *op, bool done)
{
	struct memdev *dev = memdev_fork(w->dev);
	struct recovery r = { .w = w };
	struct tier_meta *meta = malloc(sizeof(*meta));

	cuts++;
	/* now and then only the host goes: the cache lives on, to be lost next */
	r.either = !memdev_random(dev, 4);
	if (!done && r.either)
		memdev_spill(dev, op);
	else if (!done)
		memdev_tear(dev, op);
	if (!r.either)
		memdev_cut(dev);
	/* after the crash a copy that failed answers again, with what it has */
	dev->copy[0].broken = false;
	dev->copy[1].broken = false;
	if (dev->copies == 3 && w->meta.mode == TIER_META_WRITE && !w->resyncing)
		each_alone(w, dev, meta);
	r.found = recover(w, dev, dev->copies, meta);
	if (!memdev_random(dev, 3)) {
		r.at = 1 + memdev_random(dev, memdev_random(dev, 2) ? 4 : 12);
		dev->hook = recovery_hook;
		dev->priv = &r;
		if (tier_meta_start(meta))
			cut_failed(w, dev, "does not start");
		dev->hook = NULL;
		if (world_differs(meta, r.found))
			cut_failed(w, dev, "starting changed something");
		if (!memdev_random(dev, 2))
			carry_on(w, dev, meta, r.found);
	}
	tier_meta_close(meta);
	free(meta);
	memdev_free(dev);
}

/* this cut is for real: the history goes on from what it leaves */
static void crash_here(struct world *w, const struct memdev_op *op, bool done)
{
	w->crashed = memdev_fork(w->dev);
	if (!done)
		memdev_tear(w->crashed, op);
	memdev_cut(w->crashed);
	w->was = w->now;
	w->would = w->next;
	w->crash_flying = w->flying;
}

static void crash_hook(struct memdev *dev, const struct memdev_op *op, bool done)
{
	struct world *w = dev->priv;

	look_at_cut(w, op, done);
	if (w->crash_in && !--w->crash_in)
		crash_here(w, op, done);
}

static void history(u32 copies, u64 n)
{
	struct world *w = world_new(copies, seed);
	u64 i;

	w->dev->priv = w;
	w->dev->hook = crash_hook;
	for (i = 0; i < n; i++) {
		if (!w->crash_in && !memdev_random(w->dev, 10))
			w->crash_in = 1 + memdev_random(w->dev, 20);
		world_step(w);
		if (!w->crashed && !memdev_random(w->dev, 60)) {
			w->doing = "reopen";
			world_reopen(w);
		}
		/* the start after a crash may be cut as well */
		while (w->crashed)
			world_crash(w);
	}
	cut_steps += w->steps;
	w->dev->hook = NULL;
	world_free(w);
}

static void test_one_copy(void **state)
{
	(void)state;
	history(1, steps);
}

static void test_two_copies(void **state)
{
	(void)state;
	history(3, steps / 2);
}

/* no cuts: a long life, opened again and again, power lost at the closing */
static void test_long_life(void **state)
{
	struct world *w = world_new(3, seed + 7);
	u64 i;

	(void)state;
	for (i = 0; i < steps * 300; i++) {
		world_step(w);
		if (!memdev_random(w->dev, 500)) {
			memdev_cut(w->dev);
			world_reopen(w);
			if (w->meta.copies != 3)
				assert_int_equal(tier_meta_resync(&w->meta,
								  w->meta.copies == 1), 0);
		}
	}
	printf("# %llu steps, %llu transactions, %llu opens\n", w->steps, w->txns, w->opens);
	world_free(w);
}

/* one copy goes bad at some write, is left behind, comes back, goes bad */
static void degraded_hook(struct memdev *dev, const struct memdev_op *op, bool done)
{
	struct world *w = dev->priv;

	if (!memdev_random(dev, 4))
		look_at_cut(w, op, done);
}

static void test_copy_lost(void **state)
{
	struct world *w = world_new(3, seed + 3);
	u64 i, rounds, lost = 0;

	(void)state;
	w->dev->priv = w;
	for (rounds = 0; rounds < steps / 7; rounds++) {
		u32 bad = memdev_random(w->dev, 2);

		w->dev->break_at = w->dev->ops + memdev_random(w->dev, 12);
		w->dev->break_mask = BIT(bad);
		w->dev->hook = degraded_hook;
		for (i = 0; i < 10; i++)
			world_step(w);
		w->dev->hook = NULL;
		lost += w->meta.copies != 3;
		assert_true(w->meta.copies & ~BIT(bad));
		/* the other copy comes back with what it has: it must not lead */
		w->dev->copy[bad].broken = false;
		w->dev->break_at = ~0ULL;
		memdev_cut(w->dev);
		world_reopen(w);
		w->dev->hook = degraded_hook;
		world_resync(w);
		w->dev->hook = NULL;
		assert_int_equal(w->meta.copies, 3);
	}
	assert_true(lost > rounds / 4);
	world_free(w);
}

/* everything fails at some op: read-only, and what was reported done is there */
static void test_all_lost(void **state)
{
	u64 round;

	(void)state;
	for (round = 0; round < steps / 10; round++) {
		u32 copies = round & 1 ? 3 : 1;
		struct world *w = world_new(copies, seed + round);
		struct tier_meta *meta = malloc(sizeof(*meta));
		struct tier_put put = { .kind = TIER_PUT_POOL, .pool = &w->next.pool };
		const char *what;
		u32 i, member;

		assert_int_equal(world_add_member(w, 50), 0);
		for (i = 0; i < 30; i++)
			world_step(w);
		assert_int_equal(world_add_member(w, 50), 0);
		w->doing = "break";
		w->dev->break_at = w->dev->ops + memdev_random(w->dev, 12);
		w->dev->break_mask = copies;
		for (i = 0; i < 60 && w->meta.mode == TIER_META_WRITE; i++) {
			for (member = 0; !w->now.mem_used[member]; member++)
				;
			tier_meta_touch(&w->meta, member, 0);
			w->next = w->now;
			w->next.pool.headroom = i;
			w->flying = !tier_meta_checkpoint(&w->meta, false);
			if (!w->flying)
				break;
			if (tier_meta_commit(&w->meta, &put, 1))
				break;
			w->now = w->next;
			w->flying = false;
		}
		assert_int_equal(w->meta.mode, TIER_META_READ_ONLY);
		assert_true(memdev_saw(w->dev, "read-only"));
		assert_int_equal(tier_meta_checkpoint(&w->meta, false), -EROFS);
		assert_int_equal(tier_meta_start(&w->meta), -EINVAL);
		memdev_cut(w->dev);
		recover(w, w->dev, copies, meta);
		assert_non_null(which(w, meta, &what));
		tier_meta_close(meta);
		free(meta);
		world_free(w);
	}
}

/* cut at any write of a format: blank, and to be formatted anew, or whole */
static void format_hook(struct memdev *dev, const struct memdev_op *op, bool done)
{
	struct memdev *fork;
	struct tier_meta *meta = malloc(sizeof(*meta));
	int probe, i;

	for (i = 0; i < 100; i++) {
		fork = memdev_fork(dev);
		if (!done)
			memdev_tear(fork, op);
		memdev_cut(fork);
		probe = tier_meta_probe(memdev_block(fork, 0, 0));
		if (probe == -ENODATA) {
			memdev_free(fork);
			continue;
		}
		assert_int_equal(probe, 0);
		if (tier_meta_open(meta, &memdev_ops, fork, 1, fork->blocks))
			fail_msg("format cut at op %llu: %s", dev->ops, fork->log);
		assert_memory_equal(meta->super.uuid, dev->priv, TIER_UUID_LEN);
		tier_meta_close(meta);
		memdev_free(fork);
	}
	free(meta);
}

static void test_format_cut(void **state)
{
	struct tier_meta_params params = {
		.blocks = WORLD_BLOCKS, .extent_sectors = WORLD_ES,
		.pool = { .nr_tiers = TIER_MAX_TIERS },
	};
	struct memdev *dev = memdev_new(WORLD_BLOCKS, 1, seed);
	u32 i;

	(void)state;
	/* as full as a superblock gets */
	for (i = 0; i < TIER_MAX_TIERS; i++)
		memset(params.pool.tiers[i], 'a' + i, TIER_NAME_LEN - 1);
	dev->hook = format_hook;
	dev->priv = params.uuid;
	assert_int_equal(tier_meta_format(&memdev_ops, dev, 1, &params), 0);
	memdev_free(dev);
}

/* a pool that was given up by zeroing its first block only; it was started often */
static void test_format_over_old(void **state)
{
	struct tier_meta_params params = {
		.blocks = WORLD_BLOCKS, .extent_sectors = WORLD_ES, .uuid = { 0x17 },
		.pool = { .nr_tiers = 1, .tiers = { "new" } },
	};
	struct world *w = world_new(1, seed);
	u32 i;

	(void)state;
	for (i = 0; i < 5; i++)
		world_reopen(w);
	memdev_settle(w->dev);
	memset(memdev_block(w->dev, 0, 0), 0, TIER_BLOCK_SIZE);
	w->dev->hook = format_hook;
	w->dev->priv = params.uuid;
	assert_int_equal(tier_meta_format(&memdev_ops, w->dev, 1, &params), 0);
	w->dev->hook = NULL;
	world_free(w);
}

static int tell(void **state)
{
	(void)state;
	printf("# seed %llu: %llu cuts, %llu of a recovery, over %llu steps\n", seed, cuts, nested,
	       cut_steps);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format_cut),
		cmocka_unit_test(test_format_over_old),
		cmocka_unit_test(test_one_copy),
		cmocka_unit_test(test_two_copies),
		cmocka_unit_test(test_copy_lost),
		cmocka_unit_test(test_all_lost),
		cmocka_unit_test(test_long_life),
	};

	if (getenv("SEED"))
		seed = strtoull(getenv("SEED"), NULL, 0);
	if (getenv("STEPS"))
		steps = strtoull(getenv("STEPS"), NULL, 0);
	return cmocka_run_group_tests_name("crash", tests, NULL, tell);
}
