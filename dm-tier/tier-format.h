/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * On-disk blocks: seal, verify, encode, decode. Pure: no I/O, no allocation.
 */
#ifndef TIER_FORMAT_H
#define TIER_FORMAT_H

#include "tier-portable.h"
#include "../uapi/linux/dm_tier_format.h"

/* heat as it lies in memory; the meaning is in tier-heat.h */
struct tier_heat {
	u16 read_fast;
	u16 write_fast;
	u16 read_slow;
	u16 write_slow;
	u16 epoch;
	u16 moved;
	u16 credit;
};

/* cumulative use of one tier by one LUN; units in struct tier_disk_usage */
struct tier_usage {
	u64 read_ios;
	u64 write_ios;
	u64 read_sectors;
	u64 write_sectors;
	u64 in_sectors;
	u64 out_sectors;
	u64 held_ms;
};

/* one LUN's record decoded; the fields are those of struct tier_disk_lun */
struct tier_lun_record {
	u32 id;
	u32 flags;
	u64 sectors;
	u64 created;
	u8 allowed;
	u8 start;
	u8 pin;
	u8 home;
	u8 target;
	u16 weight;
	u32 up_iops;
	u32 down_iops;
	u32 hold;
	u32 move_rate;
	u64 reserve[TIER_MAX_TIERS];
	u64 max[TIER_MAX_TIERS];
	char tags[TIER_TAGS_LEN];
	struct tier_usage usage[TIER_MAX_TIERS];
};

/* one member's record decoded; struct tier_disk_member */
struct tier_member_record {
	u8 uuid[TIER_UUID_LEN];
	u8 state;
	u8 tier;
	u64 generation;
	u64 extents;
	u64 table;
	u64 pages;
	char tag[TIER_TAG_LEN];
};

/* the pool's settings decoded; struct tier_disk_pool */
struct tier_pool_record {
	u32 move_rate;
	u32 headroom;
	u32 tick_ms;
	u32 moves;
	u32 no_space_timeout;
	u32 nr_tiers;
	char tiers[TIER_MAX_TIERS][TIER_NAME_LEN];
};

/* a superblock decoded; struct tier_disk_super plus the header's sequence */
struct tier_super {
	u8 uuid[TIER_UUID_LEN];
	u64 generation;
	u64 seq;
	u64 blocks;
	u64 extent_sectors;
	u64 journal_start;
	u64 journal_blocks;
	u64 tail_block;
	u64 tail_seq;
	u64 page_seq;
	u64 members_start;
	u64 members_pages;
	u64 luns_start;
	u64 luns_pages;
	u64 tables_start;
	u64 ticks;
	u64 map_sum;
	bool clean;
	struct tier_pool_record pool;
};

/* a member's header block decoded */
struct tier_member_header {
	u8 pool[TIER_UUID_LEN];
	u8 member[TIER_UUID_LEN];
	u32 index;
	u64 generation;
	u64 extents;
	u64 extent_sectors;
	u64 data_offset;
};

/* what a caller knows about a block when it seals or checks it */
struct tier_block_id {
	enum tier_block_kind kind;
	u32 owner;		/* extents page: member index */
	u32 count;
	u64 index;
	u64 seq;
	u64 generation;
	const u8 *uuid;		/* of the pool, or NULL to accept any */
};

/**
 * tier_block_seal() - fill in the header and the checksum of a block
 * @block: TIER_BLOCK_SIZE bytes, payload in place, rest zero
 * @id: what it is
 */
void tier_block_seal(void *block, const struct tier_block_id *id);

/**
 * tier_block_check() - is this a block of ours, whole?
 * @block: TIER_BLOCK_SIZE bytes, hostile
 * @id: in: kind, and uuid if not NULL, must match; out: owner, count, index,
 *	seq, generation as found (uuid is left)
 *
 * Return: 0; -ENODATA if all zero; -EILSEQ for a foreign magic; -EPROTONOSUPPORT
 * for another version; -EBADMSG for a bad checksum; -EINVAL for another kind,
 * another pool or an impossible count.
 */
int tier_block_check(const void *block, struct tier_block_id *id);

static inline void *tier_block_payload(void *block)
{
	return (u8 *)block + sizeof(struct tier_block_header);
}

void tier_super_encode(void *block, const struct tier_super *super, unsigned int copy);

/**
 * tier_super_decode() - read a superblock, checking every figure in it
 * @block: hostile
 * @dev_blocks: size of the metadata device in blocks
 * @super: out
 *
 * All ranges are checked to lie inside @dev_blocks, in order, not overlapping;
 * extent size a power of two in bounds; names terminated, distinct, not empty.
 * Return: as tier_block_check(), or -ERANGE for a figure out of bounds.
 */
int tier_super_decode(const void *block, u64 dev_blocks, struct tier_super *super);

void tier_member_header_encode(void *block, const struct tier_member_header *header);
int tier_member_header_decode(const void *block, struct tier_member_header *header);

void tier_lun_encode(struct tier_disk_lun *to, const struct tier_lun_record *from);
/* -ERANGE: a figure out of bounds (id, sectors, masks, tier ids, unterminated) */
int tier_lun_decode(const struct tier_disk_lun *from, struct tier_lun_record *to);

void tier_member_encode(struct tier_disk_member *to, const struct tier_member_record *from);
int tier_member_decode(const struct tier_disk_member *from, struct tier_member_record *to);

void tier_pool_encode(struct tier_disk_pool *to, const struct tier_pool_record *from);
int tier_pool_decode(const struct tier_disk_pool *from, struct tier_pool_record *to);

void tier_extent_encode(struct tier_disk_extent *to, u64 owner, const struct tier_heat *heat);
void tier_extent_decode(const struct tier_disk_extent *from, u64 *owner, struct tier_heat *heat);

/**
 * tier_name_ok() - may this be a tier's name, tag or the like?
 * @name: letters, digits, '_', '-', '.', '+'; not starting with '-' or '.'
 * @room: bytes it may take with the final NUL
 *
 * Return: true if it may.
 */
bool tier_name_ok(const char *name, size_t room);

#endif
