// SPDX-License-Identifier: GPL-2.0-only
/*
 * On-disk blocks and records: seal, verify, encode, decode.
 *
 * A decoder believes nothing: it looks at a record only as far as the record
 * has been checked, and what it hands on is within bounds.
 */
#include "tier-format.h"

#define TIER_SECTORS_MAX	BIT_ULL(54)	/* what a 63-bit byte offset holds */
#define TIER_BLOCKS_MAX		BIT_ULL(40)	/* keeps sums of ranges in 64 bits */
#define TIER_EXTENTS_MAX	BIT_ULL(32)	/* of one member */

#define TIER_LUN_FLAGS \
	(TIER_LUN_VALID | TIER_LUN_DELETING | TIER_LUN_VERIFY | TIER_LUN_AUTO)

/* the checksum covers all that follows it */
#define TIER_CRC_FROM	offsetof(struct tier_block_header, kind)

static u32 tier_block_crc(const void *block)
{
	return tier_crc32c((const u8 *)block + TIER_CRC_FROM, TIER_BLOCK_SIZE - TIER_CRC_FROM);
}

void tier_block_seal(void *block, const struct tier_block_id *id)
{
	struct tier_block_header *h = block;

	h->magic = cpu_to_le32(TIER_MAGIC);
	h->kind = cpu_to_le16(id->kind);
	h->version = cpu_to_le16(TIER_FORMAT_VERSION);
	h->count = cpu_to_le32(id->count);
	h->index = cpu_to_le64(id->index);
	h->seq = cpu_to_le64(id->seq);
	if (id->uuid)
		memcpy(h->uuid, id->uuid, TIER_UUID_LEN);
	else
		memset(h->uuid, 0, TIER_UUID_LEN);
	h->generation = cpu_to_le64(id->generation);
	h->owner = cpu_to_le32(id->owner);
	h->reserved = 0;
	h->crc = cpu_to_le32(tier_block_crc(block));
}

static u32 tier_block_count_max(unsigned int kind)
{
	switch (kind) {
	case TIER_BLOCK_JOURNAL:
		return TIER_BLOCK_PAYLOAD;
	case TIER_BLOCK_MEMBERS:
		return TIER_MEMBERS_PER_PAGE;
	case TIER_BLOCK_LUNS:
		return TIER_LUNS_PER_PAGE;
	case TIER_BLOCK_EXTENTS:
		return TIER_EXTENTS_PER_PAGE;
	default:
		return 1;
	}
}

int tier_block_check(const void *block, struct tier_block_id *id)
{
	const struct tier_block_header *h = block;

	if (h->magic != cpu_to_le32(TIER_MAGIC))
		return memchr_inv(block, 0, TIER_BLOCK_SIZE) ? -EILSEQ : -ENODATA;
	if (le16_to_cpu(h->version) != TIER_FORMAT_VERSION)
		return -EPROTONOSUPPORT;
	if (le32_to_cpu(h->crc) != tier_block_crc(block))
		return -EBADMSG;
	if (le16_to_cpu(h->kind) != id->kind)
		return -EINVAL;
	if (id->uuid && memcmp(id->uuid, h->uuid, TIER_UUID_LEN))
		return -EINVAL;
	if (le32_to_cpu(h->count) > tier_block_count_max(id->kind))
		return -EINVAL;
	id->owner = le32_to_cpu(h->owner);
	id->count = le32_to_cpu(h->count);
	id->index = le64_to_cpu(h->index);
	id->seq = le64_to_cpu(h->seq);
	id->generation = le64_to_cpu(h->generation);
	return 0;
}

bool tier_name_ok(const char *name, size_t room)
{
	size_t n;

	if (!*name || *name == '-' || *name == '.')
		return false;
	for (n = 0; n < room && name[n]; n++) {
		char c = name[n];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
			continue;
		if (c != '_' && c != '-' && c != '.' && c != '+')
			return false;
	}
	return n < room;
}

static bool tier_tier_ok(u8 tier)
{
	return tier < TIER_MAX_TIERS || tier == TIER_NONE;
}

/* words of tier_name_ok() characters, a single comma between two; or nothing */
static bool tier_tags_ok(const char *tags, size_t room)
{
	size_t n;

	if (!*tags)
		return true;
	for (n = 0; n < room && tags[n]; n++) {
		const char word[2] = { tags[n] };

		if (tags[n] == ',') {
			if (!n || tags[n - 1] == ',')
				return false;
		} else if (tags[n] != '-' && tags[n] != '.' && !tier_name_ok(word, sizeof(word))) {
			return false;
		}
	}
	return n < room && tags[n - 1] != ',';
}

void tier_pool_encode(struct tier_disk_pool *to, const struct tier_pool_record *from)
{
	u32 i;

	memset(to, 0, sizeof(*to));
	to->move_rate = cpu_to_le32(from->move_rate);
	to->headroom = cpu_to_le32(from->headroom);
	to->tick_ms = cpu_to_le32(from->tick_ms);
	to->moves = cpu_to_le32(from->moves);
	to->no_space_timeout = cpu_to_le32(from->no_space_timeout);
	to->nr_tiers = cpu_to_le32(from->nr_tiers);
	for (i = 0; i < TIER_MAX_TIERS && i < from->nr_tiers; i++)
		strscpy(to->tiers[i], from->tiers[i], TIER_NAME_LEN);
}

int tier_pool_decode(const struct tier_disk_pool *from, struct tier_pool_record *to)
{
	u32 i, j;

	memset(to, 0, sizeof(*to));
	to->move_rate = le32_to_cpu(from->move_rate);
	to->headroom = le32_to_cpu(from->headroom);
	to->tick_ms = le32_to_cpu(from->tick_ms);
	to->moves = le32_to_cpu(from->moves);
	to->no_space_timeout = le32_to_cpu(from->no_space_timeout);
	to->nr_tiers = le32_to_cpu(from->nr_tiers);
	if (!to->nr_tiers || to->nr_tiers > TIER_MAX_TIERS || to->headroom > 100)
		return -ERANGE;
	for (i = 0; i < to->nr_tiers; i++) {
		if (!tier_name_ok(from->tiers[i], TIER_NAME_LEN))
			return -ERANGE;
		strscpy(to->tiers[i], from->tiers[i], TIER_NAME_LEN);
		for (j = 0; j < i; j++)
			if (!strcmp(to->tiers[i], to->tiers[j]))
				return -ERANGE;
	}
	return 0;
}

void tier_super_encode(void *block, const struct tier_super *super, unsigned int copy)
{
	struct tier_disk_super *d = tier_block_payload(block);
	struct tier_block_id id = {
		.kind = TIER_BLOCK_SUPER, .count = 1, .index = copy, .seq = super->seq,
		.generation = super->generation, .uuid = super->uuid,
	};

	memset(block, 0, TIER_BLOCK_SIZE);
	memcpy(d->uuid, super->uuid, TIER_UUID_LEN);
	d->generation = cpu_to_le64(super->generation);
	d->blocks = cpu_to_le64(super->blocks);
	d->extent_sectors = cpu_to_le64(super->extent_sectors);
	d->journal_start = cpu_to_le64(super->journal_start);
	d->journal_blocks = cpu_to_le64(super->journal_blocks);
	d->tail_block = cpu_to_le64(super->tail_block);
	d->tail_seq = cpu_to_le64(super->tail_seq);
	d->page_seq = cpu_to_le64(super->page_seq);
	d->members_start = cpu_to_le64(super->members_start);
	d->members_pages = cpu_to_le64(super->members_pages);
	d->luns_start = cpu_to_le64(super->luns_start);
	d->luns_pages = cpu_to_le64(super->luns_pages);
	d->tables_start = cpu_to_le64(super->tables_start);
	d->ticks = cpu_to_le64(super->ticks);
	d->map_sum = cpu_to_le64(super->map_sum);
	d->clean = cpu_to_le32(super->clean);
	tier_pool_encode(&d->pool, &super->pool);
	tier_block_seal(block, &id);
}

/* all ranges in order, none over another, none over the end */
static bool tier_super_layout_ok(const struct tier_super *s, u64 dev_blocks)
{
	if (s->blocks > dev_blocks || s->blocks > TIER_BLOCKS_MAX)
		return false;
	if (s->journal_start < TIER_SB_COPIES || s->journal_start > s->blocks)
		return false;
	if (s->journal_blocks < TIER_JOURNAL_MIN || s->journal_blocks > TIER_JOURNAL_MAX)
		return false;
	if (s->tail_block >= s->journal_blocks)
		return false;
	if (s->members_start < s->journal_start + s->journal_blocks ||
	    s->members_start > s->blocks)
		return false;
	if (s->members_pages != DIV_ROUND_UP(TIER_MAX_MEMBERS, TIER_MEMBERS_PER_PAGE))
		return false;
	if (s->luns_start < s->members_start + 2 * s->members_pages || s->luns_start > s->blocks)
		return false;
	if (!s->luns_pages || s->luns_pages > s->blocks)
		return false;
	return s->tables_start >= s->luns_start + 2 * s->luns_pages &&
	       s->tables_start <= s->blocks;
}

int tier_super_decode(const void *block, u64 dev_blocks, struct tier_super *super)
{
	const struct tier_disk_super *d =
		(const void *)((const u8 *)block + sizeof(struct tier_block_header));
	struct tier_block_id id = { .kind = TIER_BLOCK_SUPER };
	int err;

	memset(super, 0, sizeof(*super));
	err = tier_block_check(block, &id);
	if (err)
		return err;
	memcpy(super->uuid, d->uuid, TIER_UUID_LEN);
	super->generation = le64_to_cpu(d->generation);
	super->seq = id.seq;
	super->blocks = le64_to_cpu(d->blocks);
	super->extent_sectors = le64_to_cpu(d->extent_sectors);
	super->journal_start = le64_to_cpu(d->journal_start);
	super->journal_blocks = le64_to_cpu(d->journal_blocks);
	super->tail_block = le64_to_cpu(d->tail_block);
	super->tail_seq = le64_to_cpu(d->tail_seq);
	super->page_seq = le64_to_cpu(d->page_seq);
	super->members_start = le64_to_cpu(d->members_start);
	super->members_pages = le64_to_cpu(d->members_pages);
	super->luns_start = le64_to_cpu(d->luns_start);
	super->luns_pages = le64_to_cpu(d->luns_pages);
	super->tables_start = le64_to_cpu(d->tables_start);
	super->ticks = le64_to_cpu(d->ticks);
	super->map_sum = le64_to_cpu(d->map_sum);
	super->clean = le32_to_cpu(d->clean) == 1;

	if (memcmp(((const struct tier_block_header *)block)->uuid, d->uuid, TIER_UUID_LEN))
		return -ERANGE;
	/* generation 0 marks a copy whose rebuild was cut short */
	if (!super->generation || super->generation != id.generation || !super->seq)
		return -ERANGE;
	if (le32_to_cpu(d->clean) > 1)
		return -ERANGE;
	/* far enough from the end that no counter wraps in the pool's life */
	if (max3(super->generation, super->seq, super->page_seq) >> 62 || super->tail_seq >> 62)
		return -ERANGE;
	if (super->extent_sectors < TIER_EXTENT_MIN || super->extent_sectors > TIER_EXTENT_MAX ||
	    super->extent_sectors & (super->extent_sectors - 1))
		return -ERANGE;
	if (!tier_super_layout_ok(super, dev_blocks))
		return -ERANGE;
	return tier_pool_decode(&d->pool, &super->pool);
}

void tier_member_header_encode(void *block, const struct tier_member_header *header)
{
	struct tier_disk_member_header *d = tier_block_payload(block);
	struct tier_block_id id = {
		.kind = TIER_BLOCK_HEADER, .count = 1, .index = header->index,
		.generation = header->generation, .uuid = header->pool,
	};

	memset(block, 0, TIER_BLOCK_SIZE);
	memcpy(d->pool, header->pool, TIER_UUID_LEN);
	memcpy(d->member, header->member, TIER_UUID_LEN);
	d->generation = cpu_to_le64(header->generation);
	d->extents = cpu_to_le64(header->extents);
	d->extent_sectors = cpu_to_le64(header->extent_sectors);
	d->data_offset = cpu_to_le64(header->data_offset);
	tier_block_seal(block, &id);
}

int tier_member_header_decode(const void *block, struct tier_member_header *header)
{
	const struct tier_disk_member_header *d =
		(const void *)((const u8 *)block + sizeof(struct tier_block_header));
	struct tier_block_id id = { .kind = TIER_BLOCK_HEADER };
	int err;

	memset(header, 0, sizeof(*header));
	err = tier_block_check(block, &id);
	if (err)
		return err;
	if (id.index >= TIER_MAX_MEMBERS)
		return -ERANGE;
	memcpy(header->pool, d->pool, TIER_UUID_LEN);
	memcpy(header->member, d->member, TIER_UUID_LEN);
	header->index = id.index;
	header->generation = le64_to_cpu(d->generation);
	header->extents = le64_to_cpu(d->extents);
	header->extent_sectors = le64_to_cpu(d->extent_sectors);
	header->data_offset = le64_to_cpu(d->data_offset);
	if (!header->extents || header->extents > TIER_EXTENTS_MAX)
		return -ERANGE;
	if (header->extent_sectors < TIER_EXTENT_MIN ||
	    header->extent_sectors > TIER_EXTENT_MAX ||
	    header->extent_sectors & (header->extent_sectors - 1))
		return -ERANGE;
	return header->data_offset <= TIER_SECTORS_MAX ? 0 : -ERANGE;
}

static void tier_usage_encode(struct tier_disk_usage *to, const struct tier_usage *from)
{
	to->read_ios = cpu_to_le64(from->read_ios);
	to->write_ios = cpu_to_le64(from->write_ios);
	to->read_sectors = cpu_to_le64(from->read_sectors);
	to->write_sectors = cpu_to_le64(from->write_sectors);
	to->in_sectors = cpu_to_le64(from->in_sectors);
	to->out_sectors = cpu_to_le64(from->out_sectors);
	to->held_ms = cpu_to_le64(from->held_ms);
}

static void tier_usage_decode(const struct tier_disk_usage *from, struct tier_usage *to)
{
	to->read_ios = le64_to_cpu(from->read_ios);
	to->write_ios = le64_to_cpu(from->write_ios);
	to->read_sectors = le64_to_cpu(from->read_sectors);
	to->write_sectors = le64_to_cpu(from->write_sectors);
	to->in_sectors = le64_to_cpu(from->in_sectors);
	to->out_sectors = le64_to_cpu(from->out_sectors);
	to->held_ms = le64_to_cpu(from->held_ms);
}

void tier_lun_encode(struct tier_disk_lun *to, const struct tier_lun_record *from)
{
	int i;

	memset(to, 0, sizeof(*to));
	to->id = cpu_to_le32(from->id);
	to->flags = cpu_to_le32(from->flags);
	to->sectors = cpu_to_le64(from->sectors);
	to->created = cpu_to_le64(from->created);
	to->allowed = from->allowed;
	to->start = from->start;
	to->pin = from->pin;
	to->home = from->home;
	to->target = from->target;
	to->weight = cpu_to_le16(from->weight);
	to->up_iops = cpu_to_le32(from->up_iops);
	to->down_iops = cpu_to_le32(from->down_iops);
	to->hold = cpu_to_le32(from->hold);
	to->move_rate = cpu_to_le32(from->move_rate);
	strscpy(to->tags, from->tags, TIER_TAGS_LEN);
	for (i = 0; i < TIER_MAX_TIERS; i++) {
		to->reserve[i] = cpu_to_le64(from->reserve[i]);
		to->max[i] = cpu_to_le64(from->max[i]);
		tier_usage_encode(&to->usage[i], &from->usage[i]);
	}
}

static bool tier_lun_ok(const struct tier_lun_record *lun)
{
	int i;

	for (i = 0; i < TIER_MAX_TIERS; i++)
		if (max(lun->reserve[i], lun->max[i]) > TIER_LOGICAL_MASK)
			return false;
	if (lun->id > TIER_LUN_ID_MAX || lun->flags & ~TIER_LUN_FLAGS)
		return false;
	if (lun->sectors > TIER_SECTORS_MAX)
		return false;
	if (!lun->sectors && !(lun->flags & TIER_LUN_DELETING))
		return false;
	return tier_tier_ok(lun->start) && tier_tier_ok(lun->pin) && tier_tier_ok(lun->home) &&
	       tier_tier_ok(lun->target) && tier_tags_ok(lun->tags, TIER_TAGS_LEN);
}

int tier_lun_decode(const struct tier_disk_lun *from, struct tier_lun_record *to)
{
	int i;

	memset(to, 0, sizeof(*to));
	if (!(le32_to_cpu(from->flags) & TIER_LUN_VALID))
		return 0;
	to->id = le32_to_cpu(from->id);
	to->flags = le32_to_cpu(from->flags);
	to->sectors = le64_to_cpu(from->sectors);
	to->created = le64_to_cpu(from->created);
	to->allowed = from->allowed;
	to->start = from->start;
	to->pin = from->pin;
	to->home = from->home;
	to->target = from->target;
	to->weight = le16_to_cpu(from->weight);
	to->up_iops = le32_to_cpu(from->up_iops);
	to->down_iops = le32_to_cpu(from->down_iops);
	to->hold = le32_to_cpu(from->hold);
	to->move_rate = le32_to_cpu(from->move_rate);
	memcpy(to->tags, from->tags, TIER_TAGS_LEN);
	for (i = 0; i < TIER_MAX_TIERS; i++) {
		to->reserve[i] = le64_to_cpu(from->reserve[i]);
		to->max[i] = le64_to_cpu(from->max[i]);
		tier_usage_decode(&from->usage[i], &to->usage[i]);
	}
	return tier_lun_ok(to) ? 0 : -ERANGE;
}

void tier_member_encode(struct tier_disk_member *to, const struct tier_member_record *from)
{
	memset(to, 0, sizeof(*to));
	memcpy(to->uuid, from->uuid, TIER_UUID_LEN);
	to->state = from->state;
	to->tier = from->tier;
	to->generation = cpu_to_le64(from->generation);
	to->extents = cpu_to_le64(from->extents);
	to->table = cpu_to_le64(from->table);
	to->pages = cpu_to_le64(from->pages);
	strscpy(to->tag, from->tag, TIER_TAG_LEN);
}

int tier_member_decode(const struct tier_disk_member *from, struct tier_member_record *to)
{
	memset(to, 0, sizeof(*to));
	if (from->state == TIER_MEMBER_NONE)
		return 0;
	memcpy(to->uuid, from->uuid, TIER_UUID_LEN);
	to->state = from->state;
	to->tier = from->tier;
	to->generation = le64_to_cpu(from->generation);
	to->extents = le64_to_cpu(from->extents);
	to->table = le64_to_cpu(from->table);
	to->pages = le64_to_cpu(from->pages);
	memcpy(to->tag, from->tag, TIER_TAG_LEN);
	if (to->state >= TIER_MEMBER_MISSING || to->tier >= TIER_MAX_TIERS)
		return -ERANGE;
	if (to->generation >> 62)
		return -ERANGE;
	if (!to->extents || to->extents > TIER_EXTENTS_MAX || to->table > TIER_BLOCKS_MAX ||
	    to->pages != DIV_ROUND_UP_ULL(to->extents, TIER_EXTENTS_PER_PAGE))
		return -ERANGE;
	if (*to->tag && !tier_name_ok(to->tag, TIER_TAG_LEN))
		return -ERANGE;
	return 0;
}

void tier_extent_encode(struct tier_disk_extent *to, u64 owner, const struct tier_heat *heat)
{
	to->owner = cpu_to_le64(owner);
	to->heat.read_fast = cpu_to_le16(heat->read_fast);
	to->heat.write_fast = cpu_to_le16(heat->write_fast);
	to->heat.read_slow = cpu_to_le16(heat->read_slow);
	to->heat.write_slow = cpu_to_le16(heat->write_slow);
	to->heat.epoch = cpu_to_le16(heat->epoch);
	to->heat.moved = cpu_to_le16(heat->moved);
	to->heat.credit = cpu_to_le16(heat->credit);
	to->reserved = 0;
}

void tier_extent_decode(const struct tier_disk_extent *from, u64 *owner, struct tier_heat *heat)
{
	*owner = le64_to_cpu(from->owner);
	heat->read_fast = le16_to_cpu(from->heat.read_fast);
	heat->write_fast = le16_to_cpu(from->heat.write_fast);
	heat->read_slow = le16_to_cpu(from->heat.read_slow);
	heat->write_slow = le16_to_cpu(from->heat.write_slow);
	heat->epoch = le16_to_cpu(from->heat.epoch);
	heat->moved = le16_to_cpu(from->heat.moved);
	heat->credit = le16_to_cpu(from->heat.credit);
}
