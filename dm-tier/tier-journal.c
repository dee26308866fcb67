// SPDX-License-Identifier: GPL-2.0-only
/*
 * The redo journal: a ring of blocks. A transaction is one to TIER_TXN_BLOCKS
 * blocks side by side, written with one FUA write. One that would cross the
 * ring's end goes to its start instead; replay looks there if the next
 * transaction is not where the last one ended and that place is near the end.
 *
 * A block belongs to the log only if its checksum holds and its generation is
 * the superblock's; a transaction only if all its parts are there. Transactions
 * are written one after the other, each durable before the next is begun: a
 * crash can leave only the last one torn, and that one was never reported done.
 * So a torn transaction that another one follows is damage, not a crash.
 */
#include "tier-table.h"

#define TIER_PART(part, parts)	((u64)(part) | ((u64)(parts) << 16))

u32 tier_put_bytes(const struct tier_put *put)
{
	switch (put->kind) {
	case TIER_PUT_EXTENT:
		return sizeof(__le64);
	case TIER_PUT_LUN:
		return sizeof(struct tier_disk_lun);
	case TIER_PUT_MEMBER:
		return sizeof(struct tier_disk_member);
	case TIER_PUT_POOL:
		return sizeof(struct tier_disk_pool);
	}
	return 0;
}

/* where the next put goes: no put crosses a block */
struct tier_pack {
	u32 block;
	u32 used;
};

static u32 tier_pack_put(struct tier_pack *pack, const struct tier_put *put)
{
	u32 bytes = sizeof(struct tier_disk_put) + round_up(tier_put_bytes(put), 8);
	u32 at;

	if (pack->used + bytes > TIER_BLOCK_PAYLOAD) {
		pack->block++;
		pack->used = 0;
	}
	at = pack->used;
	pack->used += bytes;
	return at;
}

size_t tier_meta_room(const struct tier_put *puts, size_t n)
{
	struct tier_pack pack = { 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		tier_pack_put(&pack, &puts[i]);
		if (pack.block >= TIER_TXN_BLOCKS)
			break;
	}
	return i;
}

static void tier_put_encode(const struct tier_put *put, struct tier_disk_put *to)
{
	void *payload = to + 1;
	__le64 owner;

	to->kind = cpu_to_le16(put->kind);
	to->bytes = cpu_to_le16(tier_put_bytes(put));
	to->member = cpu_to_le32(put->kind == TIER_PUT_EXTENT ? put->member : 0);
	to->index = cpu_to_le64(put->index);
	switch (put->kind) {
	case TIER_PUT_EXTENT:
		owner = cpu_to_le64(put->owner);
		memcpy(payload, &owner, sizeof(owner));
		break;
	case TIER_PUT_LUN:
		if (put->lun->flags & TIER_LUN_VALID)
			tier_lun_encode(payload, put->lun);
		break;
	case TIER_PUT_MEMBER:
		if (put->mem->state != TIER_MEMBER_NONE)
			tier_member_encode(payload, put->mem);
		break;
	case TIER_PUT_POOL:
		tier_pool_encode(payload, put->pool);
		break;
	}
}

/* puts into @meta->buf, which they fit; returns the blocks they take */
u32 tier_journal_encode(struct tier_meta *meta, const struct tier_put *puts, size_t n)
{
	struct tier_block_header *h = meta->buf;
	struct tier_pack pack = { 0 };
	u8 *block = meta->buf;
	size_t i;

	memset(block, 0, TIER_BLOCK_SIZE);
	for (i = 0; i < n; i++) {
		u32 before = pack.block;
		u32 at = tier_pack_put(&pack, &puts[i]);

		if (pack.block != before) {
			block += TIER_BLOCK_SIZE;
			memset(block, 0, TIER_BLOCK_SIZE);
		}
		tier_put_encode(&puts[i], tier_block_payload(block) + at);
		h = (void *)block;
		h->count = cpu_to_le32(pack.used);
	}
	return pack.block + 1;
}

/* heads and checksums, for the place and the generation that are current */
void tier_journal_seal(struct tier_meta *meta, u32 parts)
{
	u32 part;

	for (part = 0; part < parts; part++) {
		struct tier_block_header *h = meta->buf + part * TIER_BLOCK_SIZE;
		struct tier_block_id id = {
			.kind = TIER_BLOCK_JOURNAL, .count = le32_to_cpu(h->count),
			.index = TIER_PART(part, parts), .seq = meta->head_seq,
			.generation = meta->super.generation, .uuid = meta->super.uuid,
		};

		tier_block_seal(h, &id);
	}
}

/* blocks left unused at the ring's end when @parts do not fit before it */
static u64 tier_journal_skip(const struct tier_meta *meta, u32 parts)
{
	u64 left = meta->super.journal_blocks - meta->head_block;

	return parts > left ? left : 0;
}

/*
 * From the tail to the head the ring holds what replay needs. What it skips at
 * the end counts as used, so the head never runs over the tail.
 */
bool tier_journal_fits(const struct tier_meta *meta, u32 parts)
{
	return meta->journal_used + tier_journal_skip(meta, parts) + parts <=
	       meta->super.journal_blocks;
}

static void tier_journal_advance(struct tier_meta *meta, u64 skip, u32 parts)
{
	meta->head_block = (skip ? 0 : meta->head_block) + parts;
	if (meta->head_block == meta->super.journal_blocks)
		meta->head_block = 0;
	meta->head_seq++;
	meta->journal_used += skip + parts;
}

/*
 * If a copy is lost over it the caller writes it once more, as the next
 * transaction of the next generation.
 */
int tier_journal_write(struct tier_meta *meta, u32 parts)
{
	u64 skip = tier_journal_skip(meta, parts);
	u64 at = skip ? 0 : meta->head_block;
	int err;

	err = tier_meta_write(meta, meta->super.journal_start + at, parts, meta->buf, true);
	if (!err)
		tier_journal_advance(meta, skip, parts);
	return err;
}

static int tier_journal_check(const struct tier_meta *meta, const void *block,
			      struct tier_block_id *id)
{
	int err;

	memset(id, 0, sizeof(*id));
	id->kind = TIER_BLOCK_JOURNAL;
	id->uuid = meta->super.uuid;
	err = tier_block_check(block, id);
	if (!err && id->generation != meta->super.generation)
		err = -ESTALE;
	return err;
}

/*
 * The highest transaction of which any part is there; the blocks of a copy that
 * was left out do not count. Nothing at or after the tail: tail - 1.
 */
static u64 tier_journal_last(struct tier_meta *meta)
{
	u64 last = meta->super.tail_seq - 1;
	u8 *run = meta->state->run;
	struct tier_block_id id;
	unsigned int copy;
	u64 at;
	u32 n, i;

	for (copy = 0; copy < TIER_META_COPIES; copy++) {
		if (!(meta->copies & BIT(copy)))
			continue;
		for (at = 0; at < meta->super.journal_blocks; at += n) {
			n = min_t(u64, meta->super.journal_blocks - at, TIER_RUN_BLOCKS);
			tier_meta_read(meta, copy, meta->super.journal_start + at, n, run);
			for (i = 0; i < n; i++) {
				if (tier_journal_check(meta, run + i * TIER_BLOCK_SIZE, &id))
					continue;
				if (id.seq >= meta->super.tail_seq && id.seq + 1 > last + 1)
					last = id.seq;
			}
			cond_resched();
		}
	}
	return last;
}

/* are all parts of the transaction @meta->head_seq at @at? returns how many */
static u32 tier_journal_parts(struct tier_meta *meta, unsigned int copy, u64 at)
{
	u32 n = min_t(u64, meta->super.journal_blocks - at, TIER_TXN_BLOCKS);
	struct tier_block_id id;
	u32 part, parts = 1;

	tier_meta_read(meta, copy, meta->super.journal_start + at, 1, meta->buf);
	for (part = 0; part < parts; part++) {
		if (tier_journal_check(meta, meta->buf + part * TIER_BLOCK_SIZE, &id) ||
		    id.seq != meta->head_seq)
			return 0;
		if (part) {
			if (id.index != TIER_PART(part, parts))
				return 0;
			continue;
		}
		parts = id.index >> 16;
		if (!parts || parts > n || id.index != TIER_PART(0, parts))
			return 0;
		if (parts > 1)
			tier_meta_read(meta, copy, meta->super.journal_start + at + 1, parts - 1,
				       meta->buf + TIER_BLOCK_SIZE);
	}
	return parts;
}

/* find the transaction @meta->head_seq; into @meta->buf */
static u32 tier_journal_find(struct tier_meta *meta, u64 *skip)
{
	u64 left = meta->super.journal_blocks - meta->head_block;
	unsigned int copy;
	u32 parts;

	for (copy = 0; copy < TIER_META_COPIES; copy++) {
		if (!(meta->copies & BIT(copy)))
			continue;
		*skip = 0;
		parts = tier_journal_parts(meta, copy, meta->head_block);
		if (parts || left >= TIER_TXN_BLOCKS)
			goto found;
		*skip = left;
		parts = tier_journal_parts(meta, copy, 0);
found:
		if (parts)
			return parts;
	}
	return 0;
}

static u32 tier_put_size(const struct tier_disk_put *disk)
{
	struct tier_put put = { .kind = le16_to_cpu(disk->kind) };

	return tier_put_bytes(&put);
}

static int tier_journal_apply_block(struct tier_meta *meta, const u8 *block)
{
	const struct tier_block_header *h = (const void *)block;
	const u8 *payload = block + sizeof(*h);
	u32 used = le32_to_cpu(h->count);
	u32 at = 0;
	int err;

	while (at < used) {
		const struct tier_disk_put *put = (const void *)(payload + at);
		u32 bytes;

		if (used - at < sizeof(*put))
			return -EUCLEAN;
		bytes = tier_put_size(put);
		at += sizeof(*put);
		if (!bytes || le16_to_cpu(put->bytes) != bytes || used - at < bytes)
			return -EUCLEAN;
		err = tier_replay_put(meta, put, put + 1);
		if (err)
			return err;
		at += round_up(bytes, 8);
	}
	return 0;
}

static int tier_journal_apply(struct tier_meta *meta, u32 parts)
{
	u32 part;
	int err;

	for (part = 0; part < parts; part++) {
		err = tier_journal_apply_block(meta, meta->buf + part * TIER_BLOCK_SIZE);
		if (err) {
			tier_meta_event(meta, "transaction %llu of the journal cannot be: error %d",
					meta->head_seq, err);
			return err;
		}
	}
	return 0;
}

/* redo all that was reported done since the tail, in memory */
int tier_journal_replay(struct tier_meta *meta)
{
	u64 last = tier_journal_last(meta);
	u64 skip;
	u32 parts;
	int err;

	meta->head_block = meta->super.tail_block;
	meta->head_seq = meta->super.tail_seq;
	meta->journal_used = 0;
	while (meta->head_seq != last + 1) {
		parts = tier_journal_find(meta, &skip);
		/* torn by the crash; whoever asked for it has not heard of it */
		if (!parts && meta->head_seq == last)
			return 0;
		if (!parts || meta->journal_used + skip + parts > meta->super.journal_blocks) {
			tier_meta_event(meta, "transaction %llu is damaged, the last is %llu",
					meta->head_seq, last);
			return -EUCLEAN;
		}
		err = tier_journal_apply(meta, parts);
		if (err)
			return err;
		tier_journal_advance(meta, skip, parts);
		meta->replayed++;
		cond_resched();
	}
	return 0;
}
