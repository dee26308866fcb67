// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "world.h"

static const char *const tags[] = { "", "ssd", "eu-1", "a.b+c" };

struct tier_lun_record world_lun(u32 id, u64 extents)
{
	struct tier_lun_record lun = {
		.id = id, .flags = TIER_LUN_VALID, .sectors = extents * WORLD_ES,
		.allowed = 3, .start = TIER_NONE, .pin = TIER_NONE, .home = TIER_NONE,
		.target = TIER_NONE, .weight = 100,
	};

	return lun;
}

static void world_open(struct world *w)
{
	int err = tier_meta_open(&w->meta, &memdev_ops, w->dev, w->dev->copies, w->dev->blocks);

	if (err)
		fprintf(stderr, "open: %d: %s\n", err, w->dev->log);
	assert_int_equal(err, 0);
	assert_null(world_differs(&w->meta, &w->now));
	w->doing = "start";
	assert_int_equal(tier_meta_start(&w->meta), 0);
	assert_null(world_differs(&w->meta, &w->now));
	w->opens++;
}

void world_reopen(struct world *w)
{
	tier_meta_close(&w->meta);
	world_open(w);
}

void world_resync(struct world *w)
{
	if (w->meta.copies == w->dev->copies)
		return;
	w->doing = "resync";
	w->resyncing = true;
	assert_int_equal(tier_meta_resync(&w->meta, w->meta.copies == 1), 0);
	w->resyncing = false;
}

void world_crash(struct world *w)
{
	struct memdev *dev = w->crashed;
	int err;

	dev->hook = w->dev->hook;
	dev->priv = w;
	tier_meta_close(&w->meta);
	memdev_free(w->dev);
	w->dev = dev;
	w->crashed = NULL;
	err = tier_meta_open(&w->meta, &memdev_ops, dev, dev->copies, dev->blocks);
	if (err)
		fail_msg("after a crash: %d\n%s", err, dev->log);
	/* until the start is done one copy may have the last transaction alone */
	w->now = w->was;
	w->next = w->would;
	w->flying = w->crash_flying;
	if (world_differs(&w->meta, &w->was) && w->crash_flying)
		swap(w->now, w->next);
	tier_meta_close(&w->meta);
	w->doing = "start after a crash";
	world_open(w);
	w->flying = false;
	world_resync(w);
}

struct world *world_new(u32 copies, u64 seed)
{
	struct world *w = calloc(1, sizeof(*w));
	struct tier_meta_params params = {
		.blocks = WORLD_BLOCKS, .extent_sectors = WORLD_ES,
		.pool = { .tick_ms = 1000, .nr_tiers = 2, .tiers = { "fast", "slow" } },
	};

	w->dev = memdev_new(WORLD_BLOCKS, copies, seed);
	w->doing = "format";
	memset(params.uuid, 0x42, sizeof(params.uuid));
	memset(w->now.owner, 0xff, sizeof(w->now.owner));
	w->now.pool = params.pool;
	assert_int_equal(tier_meta_format(&memdev_ops, w->dev, copies, &params), 0);
	world_open(w);
	return w;
}

void world_free(struct world *w)
{
	tier_meta_close(&w->meta);
	memdev_free(w->dev);
	free(w->puts);
	free(w);
}

static u32 world_random(struct world *w, u32 below)
{
	return memdev_random(w->dev, below);
}

static const char *lun_differs(const struct tier_lun_record *a, const struct tier_lun_record *b)
{
	struct tier_disk_lun x, y;

	tier_lun_encode(&x, a);
	tier_lun_encode(&y, b);
	return memcmp(&x, &y, sizeof(x)) ? "a LUN's record" : NULL;
}

static const char *member_differs(const struct tier_meta_member *m, const struct model *model,
				  u32 i)
{
	const struct tier_member_record *rec = &model->mem[i];
	u64 e, used = 0;

	if (memcmp(m->rec.uuid, rec->uuid, TIER_UUID_LEN) || m->rec.state != rec->state ||
	    m->rec.tier != rec->tier || m->rec.extents != rec->extents ||
	    strcmp(m->rec.tag, rec->tag))
		return "a member's record";
	for (e = 0; e < rec->extents; e++) {
		if (m->owner[e] != model->owner[i][e])
			return "an owner";
		used += m->owner[e] != TIER_FREE;
	}
	return used == m->used ? NULL : "a member's count";
}

const char *world_differs(const struct tier_meta *meta, const struct model *model)
{
	const char *what;
	u32 i;

	if (memcmp(&meta->super.pool, &model->pool, sizeof(model->pool)))
		return "the pool's record";
	for (i = 0; i < WORLD_SLOTS; i++) {
		if (!meta->luns[i] != !model->lun_used[i])
			return "a LUN";
		what = meta->luns[i] ? lun_differs(meta->luns[i], &model->lun[i]) : NULL;
		if (what)
			return what;
	}
	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		const struct tier_meta_member *m = meta->members[i];
		bool there = m && m->rec.state != TIER_MEMBER_NONE;

		if (there != (i < WORLD_MEMBERS && model->mem_used[i]))
			return "a member";
		what = there ? member_differs(m, model, i) : NULL;
		if (what)
			return what;
	}
	return NULL;
}

/*
 * Building a transaction: next is now with the puts so far.
 */

static struct tier_put *world_put(struct world *w, enum tier_put_kind kind)
{
	if (!w->n)
		memcpy(&w->next, &w->now, sizeof(w->now));
	if (w->n == w->room) {
		w->room = w->room * 2 + 64;
		w->puts = realloc(w->puts, w->room * sizeof(*w->puts));
	}
	memset(&w->puts[w->n], 0, sizeof(*w->puts));
	w->puts[w->n].kind = kind;
	return &w->puts[w->n++];
}

void world_put_extent(struct world *w, u32 member, u64 extent, u64 owner)
{
	struct tier_put *put = world_put(w, TIER_PUT_EXTENT);

	put->member = member;
	put->index = extent;
	put->owner = owner;
	w->next.owner[member][extent] = owner;
}

void world_put_lun(struct world *w, u64 slot, const struct tier_lun_record *lun)
{
	struct tier_put *put = world_put(w, TIER_PUT_LUN);

	put->index = slot;
	w->next.lun[slot] = *lun;
	w->next.lun_used[slot] = lun->flags & TIER_LUN_VALID;
	put->lun = &w->next.lun[slot];
}

int world_commit(struct world *w)
{
	int err;

	if (!w->n)
		return 0;
	w->flying = true;
	err = tier_meta_commit(&w->meta, w->puts, w->n);
	w->flying = false;
	if (!err) {
		memcpy(&w->now, &w->next, sizeof(w->now));
		w->txns++;
	}
	w->n = 0;
	return err;
}

int world_add_member(struct world *w, u64 extents)
{
	struct tier_member_record rec = { .state = TIER_MEMBER_ACTIVE, .extents = extents };
	u32 i, index;
	int err;

	for (i = 0; i < WORLD_MEMBERS && w->now.mem_used[i]; i++)
		;
	if (i == WORLD_MEMBERS)
		return 0;
	rec.uuid[0] = ++w->serial;
	rec.uuid[1] = 1;
	rec.tier = world_random(w, 2);
	strcpy(rec.tag, tags[world_random(w, ARRAY_SIZE(tags))]);
	memcpy(&w->next, &w->now, sizeof(w->now));
	w->next.mem_used[i] = true;
	w->next.mem[i] = rec;
	memset(w->next.owner[i], 0xff, sizeof(w->next.owner[i]));
	w->flying = true;
	err = tier_meta_add_member(&w->meta, &rec, &index);
	w->flying = false;
	if (err)
		return err;
	assert_int_equal(index, i);
	memcpy(&w->now, &w->next, sizeof(w->now));
	w->txns++;
	return 0;
}

void world_fill(struct world *w, u32 extents)
{
	struct tier_lun_record lun = world_lun(7, WORLD_LOGICAL);
	u32 i;

	assert_int_equal(world_add_member(w, WORLD_EXTENTS), 0);
	world_put_lun(w, 0, &lun);
	for (i = 0; i < extents; i++)
		world_put_extent(w, 0, i, TIER_OWNER(7, i));
	assert_int_equal(world_commit(w), 0);
}

/*
 * Random steps.
 */

/* a free extent of the state being built, and where it is; false: full */
static bool world_find(struct world *w, bool used, u32 *member, u64 *extent)
{
	struct model *m = w->n ? &w->next : &w->now;
	u32 i, start = world_random(w, WORLD_MEMBERS);
	u64 e;

	for (i = 0; i < WORLD_MEMBERS; i++) {
		u32 at = (start + i) % WORLD_MEMBERS;
		u64 n = m->mem_used[at] ? m->mem[at].extents : 0;
		u64 from = n ? world_random(w, n) : 0;

		for (e = 0; e < n; e++) {
			u64 x = (from + e) % n;

			if (used == (m->owner[at][x] == TIER_FREE))
				continue;
			*member = at;
			*extent = x;
			return true;
		}
	}
	return false;
}

/* a logical extent of some LUN that is nowhere yet */
static bool world_unmapped(struct world *w, u64 *owner)
{
	struct model *m = w->n ? &w->next : &w->now;
	bool taken[WORLD_LOGICAL] = { false };
	u32 slot = world_random(w, WORLD_LUNS), i, from;
	u64 size, e;

	if (!m->lun_used[slot])
		return false;
	size = m->lun[slot].sectors / WORLD_ES;
	for (i = 0; i < WORLD_MEMBERS; i++)
		for (e = 0; m->mem_used[i] && e < m->mem[i].extents; e++)
			if (m->owner[i][e] != TIER_FREE &&
			    TIER_OWNER_LUN(m->owner[i][e]) == m->lun[slot].id)
				taken[TIER_OWNER_LOGICAL(m->owner[i][e])] = true;
	from = world_random(w, size);
	for (i = 0; i < size && taken[(from + i) % size]; i++)
		;
	if (i == size)
		return false;
	*owner = TIER_OWNER(m->lun[slot].id, (from + i) % size);
	return true;
}

static void step_map(struct world *w)
{
	u32 n = world_random(w, 8) ? 1 + world_random(w, 3) : 250, member;
	u64 extent, owner;

	w->doing = "map";
	while (n-- && world_unmapped(w, &owner) && world_find(w, false, &member, &extent))
		world_put_extent(w, member, extent, owner);
}

static void step_free(struct world *w)
{
	u32 n = world_random(w, 8) ? 1 + world_random(w, 4) : 200, member;
	u64 extent;

	w->doing = "free";
	while (n-- && world_find(w, true, &member, &extent))
		world_put_extent(w, member, extent, TIER_FREE);
}

static void step_move(struct world *w)
{
	u32 n = 1 + world_random(w, 6), from, to;
	u64 src, dst;

	w->doing = "move";
	while (n-- && world_find(w, true, &from, &src) && world_find(w, false, &to, &dst)) {
		u64 owner = w->n ? w->next.owner[from][src] : w->now.owner[from][src];

		world_put_extent(w, to, dst, owner);
		world_put_extent(w, from, src, TIER_FREE);
	}
}

static u32 world_new_id(struct world *w)
{
	static u32 ids;

	if (!world_random(w, 40))
		return TIER_LUN_ID_MAX - ids++ % 1000;
	return world_random(w, 2) ? ids++ % 5000 : 100000 + ids++ % 100000;
}

static void step_lun(struct world *w)
{
	u32 slot = world_random(w, WORLD_LUNS);
	struct tier_lun_record lun;
	u32 i;
	u64 e;

	if (!w->now.lun_used[slot]) {
		u32 id = world_new_id(w);

		for (i = 0; i < WORLD_SLOTS; i++)
			if (w->now.lun_used[i] && w->now.lun[i].id == id)
				return;
		w->doing = "create a LUN";
		lun = world_lun(id, 1 + world_random(w, WORLD_LOGICAL));
		world_put_lun(w, slot, &lun);
		return;
	}
	lun = w->now.lun[slot];
	if (world_random(w, 3)) {
		w->doing = "change a LUN";
		lun.weight = world_random(w, 1000);
		lun.reserve[world_random(w, 2)] = world_random(w, 100);
		lun.usage[world_random(w, 2)].read_ios += world_random(w, 1000);
		lun.sectors = max_t(u64, lun.sectors,
				    (1 + world_random(w, WORLD_LOGICAL)) * WORLD_ES);
		world_put_lun(w, slot, &lun);
		return;
	}
	w->doing = "delete a LUN";
	for (i = 0; i < WORLD_MEMBERS; i++)
		for (e = 0; w->now.mem_used[i] && e < w->now.mem[i].extents; e++)
			if (w->now.owner[i][e] != TIER_FREE &&
			    TIER_OWNER_LUN(w->now.owner[i][e]) == lun.id)
				world_put_extent(w, i, e, TIER_FREE);
	lun.flags = 0;
	world_put_lun(w, slot, &lun);
}

static void step_pool(struct world *w)
{
	struct tier_put *put = world_put(w, TIER_PUT_POOL);

	w->doing = "change the pool";
	w->next.pool.headroom = world_random(w, 100);
	w->next.pool.move_rate = world_random(w, 1000);
	put->pool = &w->next.pool;
}

static void step_member_state(struct world *w)
{
	u32 i = world_random(w, WORLD_MEMBERS);
	struct tier_member_record *rec = &w->next.mem[i];
	struct tier_put *put;

	if (!w->now.mem_used[i])
		return;
	w->doing = "change a member";
	put = world_put(w, TIER_PUT_MEMBER);
	put->index = i;
	rec->state = TIER_MEMBER_ACTIVE + world_random(w, 4);
	/* the table's place is the engine's business */
	rec->table = w->meta.members[i]->rec.table;
	rec->pages = w->meta.members[i]->rec.pages;
	put->mem = rec;
}

static void step_drop_member(struct world *w)
{
	u32 i = world_random(w, WORLD_MEMBERS);
	u64 e;
	int err;

	if (!w->now.mem_used[i])
		return;
	w->doing = "empty a member";
	for (e = 0; e < w->now.mem[i].extents; e++)
		if (w->now.owner[i][e] != TIER_FREE)
			world_put_extent(w, i, e, TIER_FREE);
	assert_int_equal(world_commit(w), 0);
	w->doing = "prove a member empty";
	assert_int_equal(tier_meta_checkpoint(&w->meta, false), 0);
	assert_int_equal(tier_meta_prove_empty(&w->meta, i), 0);
	w->doing = "drop a member";
	memcpy(&w->next, &w->now, sizeof(w->now));
	w->next.mem_used[i] = false;
	w->flying = true;
	err = tier_meta_drop_member(&w->meta, i);
	w->flying = false;
	assert_int_equal(err, 0);
	memcpy(&w->now, &w->next, sizeof(w->now));
	w->txns++;
}

static void step_touch(struct world *w)
{
	u32 member, n = world_random(w, 5);
	u64 extent;

	while (n-- && world_find(w, true, &member, &extent)) {
		w->meta.members[member]->heat[extent].read_fast++;
		tier_meta_touch(&w->meta, member, extent);
	}
}

static void step_add_member(struct world *w)
{
	w->doing = "add a member";
	assert_int_equal(world_add_member(w, 1 + world_random(w, WORLD_EXTENTS)), 0);
}

static void step_checkpoint(struct world *w)
{
	w->doing = "checkpoint";
	assert_int_equal(tier_meta_checkpoint(&w->meta, world_random(w, 4) == 0), 0);
}

void world_step(struct world *w)
{
	u32 dice = world_random(w, 100);
	int err;

	w->steps++;
	if (dice < 30)
		step_map(w);
	else if (dice < 45)
		step_free(w);
	else if (dice < 65)
		step_move(w);
	else if (dice < 78)
		step_lun(w);
	else if (dice < 82)
		step_pool(w);
	else if (dice < 86)
		step_member_state(w);
	else if (dice < 92)
		step_touch(w);
	else if (dice < 93 && world_random(w, 2))
		step_drop_member(w);
	else if (dice < 97)
		step_add_member(w);
	else
		step_checkpoint(w);
	err = world_commit(w);
	if (err)
		fprintf(stderr, "%s: %d\n", w->doing, err);
	assert_int_equal(err, 0);
	if (w->meta.mode != TIER_META_WRITE || world_differs(&w->meta, &w->now))
		fail_msg("after %s: memory is not the model", w->doing);
}
