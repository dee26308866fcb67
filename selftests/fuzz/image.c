// SPDX-License-Identifier: GPL-2.0-only
#include <sys/mman.h>
#include <unistd.h>

#include "image.h"
#include "tier-table.h"
#include "tier_file.h"

#define ES		128
#define LUNS		6
#define LUN_EXTENTS	64
#define HEADERS		IMAGE_BLOCKS	/* edits behind the last block are the members' */

/* one pool stopped, one cut off with transactions in its journal; then mirrored */
#define POOLS		4

static struct pool {
	struct image image;
	u8 *was[TIER_META_COPIES];
	u8 *was_member[IMAGE_MEMBERS];
	struct tier_super super;
	u64 head_block, head_seq;
} pools[POOLS];

static struct pool *current;
static bool touched[TIER_META_COPIES][IMAGE_BLOCKS + IMAGE_MEMBERS];

/* -- I/O -- */

static int image_read(void *ctx, unsigned int copy, u64 block, u32 count, void *buf)
{
	struct image *image = ctx;

	MUST(image->copies & BIT(copy) && block < IMAGE_BLOCKS && count <= IMAGE_BLOCKS - block);
	memcpy(buf, image->copy[copy] + block * TIER_BLOCK_SIZE, count * TIER_BLOCK_SIZE);
	return 0;
}

static u32 image_write(void *ctx, u32 copies, u64 block, u32 count, const void *buf, bool fua)
{
	struct image *image = ctx;
	unsigned int c;

	(void)fua;
	MUST(copies && !(copies & ~image->copies) && block < IMAGE_BLOCKS &&
	     count <= IMAGE_BLOCKS - block);
	for (c = 0; c < TIER_META_COPIES; c++) {
		if (!(copies & BIT(c)))
			continue;
		memset(&touched[c][block], true, count);
		memcpy(image->copy[c] + block * TIER_BLOCK_SIZE, buf, count * TIER_BLOCK_SIZE);
	}
	return copies;
}

static u32 image_flush(void *ctx, u32 copies)
{
	(void)ctx;
	return copies;
}

const struct tier_meta_ops image_ops = {
	.read = image_read,
	.write = image_write,
	.flush = image_flush,
};

u8 *image_file(size_t mapped, size_t size, char path[32])
{
	int fd = memfd_create("fuzz", 0);
	u8 *map;

	MUST(fd >= 0 && !ftruncate(fd, size));
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	map = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	MUST(map != MAP_FAILED);
	return map;
}

void image_quiet(void)
{
	FILE *nowhere = fopen("/dev/null", "w");

	MUST(nowhere);
	stdout = nowhere;
	stderr = nowhere;
}

/* -- pools -- */

static u32 dice(u32 sides)
{
	static u64 rng = 0x9e3779b97f4a7c15ULL;

	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (u32)(rng >> 16) % sides;
}

static void make_header(struct pool *pool, const struct tier_meta *meta, u32 i)
{
	const struct tier_member_record *rec = &meta->members[i]->rec;
	struct tier_member_header h = {
		.index = i, .generation = meta->super.generation + 1, .extents = rec->extents,
		.extent_sectors = ES, .data_offset = TIER_DATA_OFFSET,
	};
	struct image *image = &pool->image;

	memcpy(h.pool, meta->super.uuid, TIER_UUID_LEN);
	memcpy(h.member, rec->uuid, TIER_UUID_LEN);
	image->member[i] = image_file(TIER_BLOCK_SIZE, (TIER_DATA_OFFSET + rec->extents * ES) * 512,
				      image->member_path[i]);
	tier_member_header_encode(image->member[i], &h);
	pool->was_member[i] = malloc(TIER_BLOCK_SIZE);
	memcpy(pool->was_member[i], image->member[i], TIER_BLOCK_SIZE);
}

static void add_objects(struct pool *pool, struct tier_meta *meta)
{
	struct tier_member_record mem = { .state = TIER_MEMBER_ACTIVE };
	struct tier_lun_record lun = {
		.flags = TIER_LUN_VALID, .sectors = LUN_EXTENTS * ES, .allowed = 3,
		.start = TIER_NONE, .pin = TIER_NONE, .home = TIER_NONE, .target = TIER_NONE,
		.hold = 60, .tags = "gold",
	};
	struct tier_put put = { .kind = TIER_PUT_LUN, .lun = &lun };
	u32 i, index;

	for (i = 0; i < IMAGE_MEMBERS; i++) {
		memset(mem.uuid, i + 1, TIER_UUID_LEN);
		mem.tier = i > 0;
		mem.extents = 40 + 150 * i;
		mem.generation = meta->super.generation;
		MUST(!tier_meta_add_member(meta, &mem, &index));
		make_header(pool, meta, i);
	}
	for (i = 0; i < LUNS; i++) {
		lun.id = i + 1;
		lun.weight = 100 + i;
		lun.usage[1].read_ios = 1000 * i;
		put.index = i;
		MUST(!tier_meta_commit(meta, &put, 1));
	}
}

static bool is_mapped(const struct tier_meta *meta, u64 owner)
{
	u64 e;
	u32 m;

	for (m = 0; m < IMAGE_MEMBERS; m++)
		for (e = 0; e < meta->members[m]->rec.extents; e++)
			if (meta->members[m]->owner[e] == owner)
				return true;
	return false;
}

static void churn(struct tier_meta *meta, unsigned int steps)
{
	while (steps--) {
		struct tier_put put = { .kind = TIER_PUT_EXTENT, .member = dice(IMAGE_MEMBERS) };
		struct tier_meta_member *m = meta->members[put.member];
		u64 owner = TIER_OWNER(1 + dice(LUNS), dice(LUN_EXTENTS));

		put.index = dice(m->rec.extents);
		put.owner = m->owner[put.index] == TIER_FREE && !is_mapped(meta, owner) ?
			    owner : TIER_FREE;
		m->heat[put.index].read_fast = dice(1000);
		MUST(!tier_meta_commit(meta, &put, 1));
	}
}

/* so that the journal has one of each put that there is */
static void change_records(struct tier_meta *meta)
{
	struct tier_member_record mem = meta->members[2]->rec;
	struct tier_pool_record conf = meta->super.pool;
	struct tier_lun_record lun = *meta->luns[0];
	struct tier_put puts[] = {
		{ .kind = TIER_PUT_POOL, .pool = &conf },
		{ .kind = TIER_PUT_LUN, .index = 0, .lun = &lun },
		{ .kind = TIER_PUT_MEMBER, .index = 2, .mem = &mem },
	};
	u32 index;

	conf.headroom = 7;
	lun.weight = 50;
	mem.state = TIER_MEMBER_DRAINING;
	MUST(!tier_meta_commit(meta, puts, ARRAY_SIZE(puts)));
	/* a LUN that comes and goes */
	lun.id = 77;
	puts[1].index = LUNS;
	MUST(!tier_meta_commit(meta, &puts[1], 1));
	lun.flags = 0;
	MUST(!tier_meta_commit(meta, &puts[1], 1));
	/* and a member that only the journal tells of */
	memset(mem.uuid, 0x99, TIER_UUID_LEN);
	mem.state = TIER_MEMBER_ACTIVE;
	mem.extents = 20;
	MUST(!tier_meta_add_member(meta, &mem, &index));
}

static void make_pool(struct pool *pool, bool mirrored, bool stopped)
{
	struct tier_meta_params params = {
		.blocks = IMAGE_BLOCKS, .extent_sectors = ES, .uuid = "a pool of fuzz",
		.pool = { .move_rate = 40, .headroom = 5, .tick_ms = 1000, .moves = 1,
			  .nr_tiers = 2, .tiers = { "fast", "slow" } },
	};
	struct image *image = &pool->image;
	static struct tier_meta meta;
	unsigned int c;

	image->copies = mirrored ? 3 : 1;
	for (c = 0; c < TIER_META_COPIES; c++)
		if (image->copies & BIT(c))
			image->copy[c] = image_file(IMAGE_BLOCKS * TIER_BLOCK_SIZE,
						    IMAGE_BLOCKS * TIER_BLOCK_SIZE,
						    image->path[c]);
	MUST(!tier_meta_format(&image_ops, image, image->copies, &params));
	MUST(!tier_meta_open(&meta, &image_ops, image, image->copies, IMAGE_BLOCKS));
	MUST(!tier_meta_start(&meta));
	add_objects(pool, &meta);
	churn(&meta, 250);
	MUST(!tier_meta_checkpoint(&meta, stopped));
	if (!stopped) {
		churn(&meta, 5);
		change_records(&meta);
		churn(&meta, 5);
	}
	MUST(!tier_image_take(&image->truth, &meta));
	pool->super = meta.super;
	pool->head_block = meta.head_block;
	pool->head_seq = meta.head_seq;
	tier_meta_close(&meta);
	for (c = 0; c < TIER_META_COPIES; c++) {
		if (!image->copy[c])
			continue;
		pool->was[c] = malloc(IMAGE_BLOCKS * TIER_BLOCK_SIZE);
		memcpy(pool->was[c], image->copy[c], IMAGE_BLOCKS * TIER_BLOCK_SIZE);
	}
}

/* -- edits -- */

static void reseal(u8 *block)
{
	u32 magic = TIER_MAGIC, crc = tier_crc32c(block + 8, TIER_BLOCK_SIZE - 8);

	memcpy(block, &magic, sizeof(magic));
	memcpy(block + 4, &crc, sizeof(crc));
}

enum edit { SET, SET_U64, ADD, COPY_BLOCK, ZERO, DAMAGE, COPY_SECTOR, APPEND, EDITS };

#define OTHER_COPY	0x10
#define BOTH_COPIES	0x20
#define BOTH_SLOTS	0x40

static bool in_journal(u64 at)
{
	return at >= current->super.journal_start &&
	       at < current->super.journal_start + current->super.journal_blocks;
}

static u8 *block_of(unsigned int copy, u64 at)
{
	touched[copy][at] = true;
	return at < HEADERS ? current->image.copy[copy] + at * TIER_BLOCK_SIZE :
			      current->image.member[at - HEADERS];
}

static void add_to(u8 *at, unsigned int width, s8 by)
{
	u64 value = 0;

	memcpy(&value, at, width);
	value += by;
	memcpy(at, &value, width);
}

static void edit_block(enum edit edit, struct input *in, unsigned int copy, u64 at)
{
	u8 *block = block_of(copy, at), *from = block;
	u16 offset = input_u16(in) % TIER_BLOCK_SIZE;
	u64 value;
	u32 n;

	switch (edit) {
	case SET:
		for (n = 1 + input_u8(in) % 16; n && in->left && offset < TIER_BLOCK_SIZE; n--)
			block[offset++] = input_u8(in);
		break;
	case SET_U64:
		value = input_u64(in);
		memcpy(block + offset / 8 * 8, &value, sizeof(value));
		break;
	case ADD:
		n = BIT(input_u8(in) % 4);
		add_to(block + offset / n * n, n, input_u8(in));
		break;
	case COPY_BLOCK:	/* a write that went astray, or never came */
		memmove(block, block_of(copy, offset % (HEADERS + IMAGE_MEMBERS)), TIER_BLOCK_SIZE);
		return;
	case ZERO:
		memset(block, 0, TIER_BLOCK_SIZE);
		return;
	case DAMAGE:
		block[offset] ^= 1 + input_u8(in) % 255;
		return;
	default:
		n = input_u8(in);
		if (at < HEADERS)
			from = block_of(copy, input_u8(in) % HEADERS);
		memmove(block + offset / 512 * 512, from + n % 8 * 512, 512);
		return;
	}
	current->image.lies = true;
	reseal(block);
}

/* one more transaction at the head of the journal */
static void append(struct input *in)
{
	struct pool *p = current;
	u8 part = input_u8(in);
	struct tier_block_id id = {
		.kind = TIER_BLOCK_JOURNAL, .uuid = p->super.uuid, .seq = p->head_seq,
		.index = (u64)(1 + part / 16) << 16 | part % 16,
		.generation = p->super.generation,
	};
	struct tier_disk_put put = { .kind = cpu_to_le16(TIER_PUT_EXTENT), .bytes = cpu_to_le16(8) };
	static u8 block[TIER_BLOCK_SIZE];
	u64 at = p->super.journal_start + p->head_block, owner;
	unsigned int n = 1 + input_u8(in) % 4, copy;
	u8 *to = tier_block_payload(block);

	memset(block, 0, sizeof(block));
	for (; n; n--) {
		put.member = cpu_to_le32(input_u8(in));
		put.index = cpu_to_le64(input_u16(in));
		owner = TIER_OWNER(input_u8(in), input_u8(in));
		if ((owner & TIER_LOGICAL_MASK) == 255)
			owner = TIER_FREE;
		memcpy(to, &put, sizeof(put));
		memcpy(to + sizeof(put), &owner, sizeof(owner));
		to += sizeof(put) + sizeof(owner);
	}
	id.count = to - (u8 *)tier_block_payload(block);
	tier_block_seal(block, &id);
	for (copy = 0; copy < TIER_META_COPIES; copy++)
		if (p->image.copies & BIT(copy))
			memcpy(block_of(copy, at), block, sizeof(block));
	p->head_seq += id.index % 16 + 1 == id.index >> 16;
	p->head_block = (p->head_block + 1) % p->super.journal_blocks;
	p->image.lies = true;
}

static void edit(struct input *in)
{
	u8 what = input_u8(in);
	unsigned int copy = what & OTHER_COPY && current->image.copies == 3;
	bool both = what & BOTH_COPIES && current->image.copies == 3;
	enum edit kind = what % 16 % EDITS;
	struct input again;
	u64 at;

	if (kind == APPEND) {
		append(in);
		return;
	}
	at = input_u8(in) % (HEADERS + IMAGE_MEMBERS);
	if (in_journal(at) && (both || current->image.copies == 1 || touched[!copy][at]))
		current->image.journal_hurt = true;
	again = *in;
	edit_block(kind, in, copy, at);
	if (both) {
		*in = again;
		edit_block(kind, in, !copy, at);
	}
	/* tables begin at even blocks */
	if (what & BOTH_SLOTS && at < HEADERS && !in_journal(at)) {
		memcpy(block_of(copy, at ^ 1), block_of(copy, at), TIER_BLOCK_SIZE);
		current->image.lies = true;
		if (both)
			memcpy(block_of(!copy, at ^ 1), block_of(!copy, at), TIER_BLOCK_SIZE);
	}
}

void image_mend_sum(struct image *image)
{
	static struct tier_meta meta;
	static struct tier_super super;
	unsigned int copy, n;

	if (tier_meta_open(&meta, &image_ops, image, image->copies, IMAGE_BLOCKS) && meta.state)
		for (copy = 0; copy < TIER_META_COPIES; copy++)
			for (n = 0; image->copies & BIT(copy) && n < TIER_SB_COPIES; n++) {
				u8 *block = block_of(copy, n);

				if (tier_super_decode(block, IMAGE_BLOCKS, &super))
					continue;
				super.map_sum = meta.state->map_sum;
				tier_super_encode(block, &super, n);
			}
	tier_meta_close(&meta);
}

struct image *image_make(struct input *in)
{
	static unsigned int made;
	u8 which = input_u8(in);
	struct pool *pool;
	u64 head_block, head_seq;

	for (; made < POOLS; made++) {
		make_pool(&pools[made], made & 2, made & 1);
		memset(touched, 0, sizeof(touched));
	}
	current = pool = &pools[which % POOLS];
	head_block = pool->head_block;
	head_seq = pool->head_seq;
	pool->image.lies = false;
	pool->image.journal_hurt = false;
	while (in->left)
		edit(in);
	if (which & 0x80 && pool->image.lies)
		image_mend_sum(&pool->image);
	pool->head_block = head_block;
	pool->head_seq = head_seq;
	return &pool->image;
}

void image_undo(void)
{
	unsigned int copy;
	u64 at;

	for (copy = 0; copy < TIER_META_COPIES; copy++)
		for (at = 0; at < HEADERS + IMAGE_MEMBERS; at++) {
			if (!touched[copy][at])
				continue;
			if (at < HEADERS)
				memcpy(current->image.copy[copy] + at * TIER_BLOCK_SIZE,
				       current->was[copy] + at * TIER_BLOCK_SIZE, TIER_BLOCK_SIZE);
			else
				memcpy(current->image.member[at - HEADERS],
				       current->was_member[at - HEADERS], TIER_BLOCK_SIZE);
		}
	memset(touched, 0, sizeof(touched));
}

/* -- what came of it -- */

void image_load(struct tier_image *to, const char *path)
{
	static struct tier_meta meta;
	struct tier_file file;

	MUST(!tier_file_open(&file, "fuzz", path, NULL, 0));
	MUST(!tier_meta_open(&meta, &tier_file_ops, &file, 1, file.blocks));
	MUST(!tier_image_take(to, &meta));
	tier_meta_close(&meta);
	tier_file_close(&file);
}

static const char *member_differs(const struct tier_image_member *a,
				  const struct tier_image_member *b)
{
	if (!a != !b)
		return "a member";
	if (!a)
		return NULL;
	if (memcmp(a->rec.uuid, b->rec.uuid, TIER_UUID_LEN) || a->rec.tier != b->rec.tier ||
	    a->rec.state != b->rec.state || a->rec.extents != b->rec.extents ||
	    strcmp(a->rec.tag, b->rec.tag))
		return "a member's record";
	return memcmp(a->owner, b->owner, a->rec.extents * sizeof(*a->owner)) ? "an owner" : NULL;
}

const char *image_differs(struct tier_image *a, struct tier_image *b)
{
	struct tier_disk_pool x, y;
	const char *what;
	size_t i;

	tier_pool_encode(&x, &a->pool);
	tier_pool_encode(&y, &b->pool);
	if (memcmp(&x, &y, sizeof(x)) || a->extent_sectors != b->extent_sectors ||
	    memcmp(a->uuid, b->uuid, TIER_UUID_LEN))
		return "the pool";
	if (a->nr_luns != b->nr_luns)
		return "the number of LUNs";
	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		what = member_differs(a->members[i], b->members[i]);
		if (what)
			return what;
	}
	for (i = 0; i < a->nr_luns; i++) {
		const struct tier_lun_record *lun = tier_image_lun(b, a->luns[i].id);
		struct tier_disk_lun p, q;

		if (!lun)
			return "a LUN";
		tier_lun_encode(&p, &a->luns[i]);
		tier_lun_encode(&q, lun);
		/* counters may be of an older page: nothing tells */
		if (memcmp(&p, &q, offsetof(struct tier_disk_lun, usage)))
			return "a LUN's record";
	}
	return NULL;
}
