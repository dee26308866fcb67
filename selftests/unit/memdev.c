// SPDX-License-Identifier: GPL-2.0-only
#include "memdev.h"

#define SECTOR 512

u32 memdev_random(struct memdev *dev, u32 below)
{
	dev->rng ^= dev->rng << 13;
	dev->rng ^= dev->rng >> 7;
	dev->rng ^= dev->rng << 17;
	return (dev->rng >> 16) % below;
}

struct memdev *memdev_new(u64 blocks, u32 copies, u64 seed)
{
	struct memdev *dev = calloc(1, sizeof(*dev));
	int i;

	dev->blocks = blocks;
	dev->copies = copies;
	dev->rng = seed * 0x9e3779b97f4a7c15ULL + 1;
	dev->break_at = ~0ULL;
	for (i = 0; i < TIER_META_COPIES; i++)
		if (copies & BIT(i))
			dev->copy[i].durable = calloc(blocks, TIER_BLOCK_SIZE);
	return dev;
}

/* forks come and go by the thousand: what the last one had will do */
static u8 *spare;
static u64 spare_blocks;

static u8 *memdev_take(u64 blocks)
{
	u8 *data = spare;

	if (!data || spare_blocks != blocks)
		return malloc(blocks * TIER_BLOCK_SIZE);
	spare = NULL;
	return data;
}

static void memdev_give(u8 *data, u64 blocks)
{
	free(spare);
	spare = data;
	spare_blocks = blocks;
}

static void memdev_drop(struct memdev_copy *c)
{
	while (c->nr)
		free(c->cache[--c->nr].data);
}

void memdev_free(struct memdev *dev)
{
	int i;

	for (i = 0; i < TIER_META_COPIES; i++) {
		memdev_drop(&dev->copy[i]);
		free(dev->copy[i].cache);
		if (dev->copy[i].durable)
			memdev_give(dev->copy[i].durable, dev->blocks);
	}
	free(dev);
}

u8 *memdev_block(struct memdev *dev, unsigned int copy, u64 block)
{
	return dev->copy[copy].durable + block * TIER_BLOCK_SIZE;
}

static void memdev_wait(struct memdev_copy *c, u64 block, const u8 *data)
{
	if (c->nr == c->room) {
		c->room = c->room * 2 + 16;
		c->cache = realloc(c->cache, c->room * sizeof(*c->cache));
	}
	c->cache[c->nr].block = block;
	c->cache[c->nr].data = malloc(TIER_BLOCK_SIZE);
	memcpy(c->cache[c->nr++].data, data, TIER_BLOCK_SIZE);
}

/* a newer write to the place makes older ones void, if they still wait */
static void memdev_supersede(struct memdev *dev, struct memdev_copy *c, u64 block)
{
	size_t i = 0;

	while (i < c->nr) {
		if (c->cache[i].block != block) {
			i++;
			continue;
		}
		if (memdev_random(dev, 2))
			memcpy(c->durable + block * TIER_BLOCK_SIZE, c->cache[i].data,
			       TIER_BLOCK_SIZE);
		free(c->cache[i].data);
		c->cache[i] = c->cache[--c->nr];
	}
}

struct memdev *memdev_fork(struct memdev *dev)
{
	struct memdev *fork = malloc(sizeof(*fork));
	size_t i, j;

	*fork = *dev;
	fork->hook = NULL;
	fork->logged = 0;
	fork->events = 0;
	fork->break_at = ~0ULL;
	fork->ops = 0;
	dev->rng += 0x9e3779b97f4a7c15ULL;
	for (i = 0; i < TIER_META_COPIES; i++) {
		struct memdev_copy *c = &fork->copy[i];

		if (!c->durable)
			continue;
		c->durable = memdev_take(dev->blocks);
		memcpy(c->durable, dev->copy[i].durable, dev->blocks * TIER_BLOCK_SIZE);
		c->cache = NULL;
		c->room = 0;
		c->nr = 0;
		for (j = 0; j < dev->copy[i].nr; j++)
			memdev_wait(c, dev->copy[i].cache[j].block, dev->copy[i].cache[j].data);
	}
	return fork;
}

static void memdev_tear_block(struct memdev *dev, u8 *to, const u8 *from)
{
	u32 s;

	switch (memdev_random(dev, 3)) {
	case 0:
		return;
	case 1:
		memcpy(to, from, TIER_BLOCK_SIZE);
		return;
	}
	for (s = 0; s < TIER_BLOCK_SIZE; s += SECTOR)
		if (memdev_random(dev, 2))
			memcpy(to + s, from + s, SECTOR);
}

/* some of the cache reaches the medium, in any order */
static void memdev_leak(struct memdev *dev, struct memdev_copy *c)
{
	u32 fate = memdev_random(dev, 4);

	while (c->nr) {
		size_t i = memdev_random(dev, c->nr);
		struct memdev_pending p = c->cache[i];

		if (fate == 1)
			memcpy(c->durable + p.block * TIER_BLOCK_SIZE, p.data, TIER_BLOCK_SIZE);
		else if (fate > 1)
			memdev_tear_block(dev, c->durable + p.block * TIER_BLOCK_SIZE, p.data);
		free(p.data);
		c->cache[i] = c->cache[--c->nr];
	}
}

void memdev_cut(struct memdev *dev)
{
	int i;

	for (i = 0; i < TIER_META_COPIES; i++)
		if (dev->copy[i].durable)
			memdev_leak(dev, &dev->copy[i]);
}

static void memdev_flush_copy(struct memdev_copy *c)
{
	size_t i;

	for (i = 0; i < c->nr; i++) {
		memcpy(c->durable + c->cache[i].block * TIER_BLOCK_SIZE, c->cache[i].data,
		       TIER_BLOCK_SIZE);
		free(c->cache[i].data);
	}
	c->nr = 0;
}

void memdev_settle(struct memdev *dev)
{
	int i;

	for (i = 0; i < TIER_META_COPIES; i++)
		memdev_flush_copy(&dev->copy[i]);
}

static void memdev_tear_copy(struct memdev *dev, struct memdev_copy *c,
			     const struct memdev_op *op)
{
	u32 all = memdev_random(dev, 4), i;

	/* often one copy has it whole and the other has nothing */
	if (!all)
		return;
	for (i = 0; i < op->count; i++) {
		u8 *to = c->durable + (op->block + i) * TIER_BLOCK_SIZE;
		const u8 *from = op->data + i * TIER_BLOCK_SIZE;

		memdev_supersede(dev, c, op->block + i);
		if (all == 1)
			memcpy(to, from, TIER_BLOCK_SIZE);
		else
			memdev_tear_block(dev, to, from);
	}
}

void memdev_tear(struct memdev *dev, const struct memdev_op *op)
{
	int i;

	for (i = 0; i < TIER_META_COPIES; i++) {
		struct memdev_copy *c = &dev->copy[i];

		if (!(op->copies & BIT(i)) || !c->durable)
			continue;
		if (op->data)
			memdev_tear_copy(dev, c, op);
		else if (memdev_random(dev, 2))
			memdev_flush_copy(c);
	}
}

void memdev_spill(struct memdev *dev, const struct memdev_op *op)
{
	u32 i, b;

	for (i = 0; op->data && i < TIER_META_COPIES; i++) {
		if (!(op->copies & BIT(i)) || !memdev_random(dev, 3))
			continue;
		for (b = 0; b < op->count; b++)
			if (memdev_random(dev, 8))
				memdev_wait(&dev->copy[i], op->block + b,
					    op->data + b * TIER_BLOCK_SIZE);
	}
}

static int memdev_read(void *ctx, unsigned int copy, u64 block, u32 count, void *buf)
{
	struct memdev *dev = ctx;
	struct memdev_copy *c = &dev->copy[copy];
	size_t i;

	if (block > dev->blocks || count > dev->blocks - block || !c->durable) {
		fprintf(stderr, "memdev: read of %u blocks at %llu\n", count, block);
		abort();
	}
	if (c->bad_blocks && block < c->bad_block + c->bad_blocks && c->bad_block < block + count)
		return -EIO;
	memcpy(buf, c->durable + block * TIER_BLOCK_SIZE, (size_t)count * TIER_BLOCK_SIZE);
	for (i = 0; i < c->nr; i++)
		if (c->cache[i].block >= block && c->cache[i].block < block + count)
			memcpy((u8 *)buf + (c->cache[i].block - block) * TIER_BLOCK_SIZE,
			       c->cache[i].data, TIER_BLOCK_SIZE);
	return 0;
}

static void memdev_begin(struct memdev *dev, const struct memdev_op *op)
{
	int i;

	if (dev->ops++ == dev->break_at)
		for (i = 0; i < TIER_META_COPIES; i++)
			if (dev->break_mask & BIT(i))
				dev->copy[i].broken = true;
	if (dev->hook)
		dev->hook(dev, op, false);
}

static void memdev_write_copy(struct memdev *dev, struct memdev_copy *c,
			      const struct memdev_op *op)
{
	u32 i;

	for (i = 0; i < op->count; i++) {
		const u8 *from = op->data + i * TIER_BLOCK_SIZE;

		/* reordering is between writes that wait; of one place the last counts */
		memdev_supersede(dev, c, op->block + i);
		if (op->fua)
			memcpy(c->durable + (op->block + i) * TIER_BLOCK_SIZE, from,
			       TIER_BLOCK_SIZE);
		else
			memdev_wait(c, op->block + i, from);
	}
}

static u32 memdev_do(struct memdev *dev, const struct memdev_op *op)
{
	u32 took = 0;
	int i;

	memdev_begin(dev, op);
	for (i = 0; i < TIER_META_COPIES; i++) {
		struct memdev_copy *c = &dev->copy[i];

		if (!(op->copies & BIT(i)))
			continue;
		if (!c->durable) {
			fprintf(stderr, "memdev: copy %d is not there\n", i);
			abort();
		}
		if (c->broken) {
			if (op->data)
				memdev_tear_copy(dev, c, op);
			continue;
		}
		if (op->data)
			memdev_write_copy(dev, c, op);
		else
			memdev_flush_copy(c);
		took |= BIT(i);
	}
	if (dev->hook)
		dev->hook(dev, op, true);
	return took;
}

static u32 memdev_write(void *ctx, u32 copies, u64 block, u32 count, const void *buf, bool fua)
{
	struct memdev_op op = {
		.copies = copies, .block = block, .count = count, .data = buf, .fua = fua,
	};
	struct memdev *dev = ctx;

	if (block > dev->blocks || count > dev->blocks - block) {
		fprintf(stderr, "memdev: write of %u blocks at %llu\n", count, block);
		abort();
	}
	return memdev_do(dev, &op);
}

/* a hook sees each of them begin and end: they reach the cache in any order */
static u32 memdev_write_many(void *ctx, u32 copies, const u64 *blocks, u32 count,
			     const void *buf)
{
	u32 i, took = copies;

	for (i = 0; i < count; i++)
		took &= memdev_write(ctx, copies, blocks[i], 1,
				     (const u8 *)buf + i * TIER_BLOCK_SIZE, false);
	return took;
}

static u32 memdev_flush(void *ctx, u32 copies)
{
	struct memdev_op op = { .copies = copies };

	return memdev_do(ctx, &op);
}

static void memdev_event(void *ctx, const char *what)
{
	struct memdev *dev = ctx;

	dev->events++;
	if (dev->keep_quiet || dev->logged + strlen(what) + 2 > sizeof(dev->log))
		return;
	dev->logged += sprintf(dev->log + dev->logged, "%s\n", what);
}

bool memdev_saw(const struct memdev *dev, const char *words)
{
	return dev->logged && strstr(dev->log, words);
}

void memdev_forget(struct memdev *dev)
{
	dev->logged = 0;
	dev->log[0] = 0;
	dev->events = 0;
}

const struct tier_meta_ops memdev_ops = {
	.read = memdev_read,
	.write = memdev_write,
	.write_many = memdev_write_many,
	.flush = memdev_flush,
	.event = memdev_event,
};

/* and freed memory need not linger long */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=2:malloc_context_size=4";
}
