/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * On-disk format of a tier pool, shared by the kernel, the offline tools and
 * the tests. Documentation/on-disk-format.rst tells the same in prose.
 *
 * Everything is little endian. The unit of metadata is a block of 4 KiB that
 * starts with struct tier_block_header. Metadata device, in blocks:
 *
 *   0, 1          superblock, two copies, written one after the other
 *   journal       ring of journal_blocks blocks
 *   member table  pages of two slots each
 *   LUN table     pages of two slots each
 *   extent tables one run of pages per member, pages of two slots each
 *
 * A page's slots lie side by side; the valid one with the higher sequence is
 * the page. A member (data device) holds one header block at its start; its
 * extents begin at TIER_DATA_OFFSET sectors.
 */
#ifndef _UAPI_LINUX_DM_TIER_FORMAT_H
#define _UAPI_LINUX_DM_TIER_FORMAT_H

#include <linux/types.h>

#define TIER_FORMAT_VERSION	1

#define TIER_BLOCK_SIZE		4096
#define TIER_BLOCK_SECTORS	8
#define TIER_BLOCK_PAYLOAD	(TIER_BLOCK_SIZE - 64)

#define TIER_MAX_TIERS		8
#define TIER_MAX_TIER_DEVS	64
#define TIER_MAX_MEMBERS	(TIER_MAX_TIERS * TIER_MAX_TIER_DEVS)
#define TIER_NAME_LEN		32	/* with the final NUL */
#define TIER_TAG_LEN		16	/* with the final NUL */
#define TIER_TAGS_LEN		64	/* comma separated, with the final NUL */
#define TIER_UUID_LEN		16
#define TIER_NONE		0xff	/* no tier */

#define TIER_EXTENT_MIN		128	/* sectors: 64 KiB */
#define TIER_EXTENT_MAX		2097152	/* sectors: 1 GiB */
#define TIER_DATA_OFFSET	2048	/* sectors before the first extent */

#define TIER_SB_COPIES		2
#define TIER_JOURNAL_START	16	/* block */
#define TIER_JOURNAL_MIN	64	/* blocks */
#define TIER_JOURNAL_MAX	4096	/* blocks */
#define TIER_TXN_BLOCKS		16	/* most blocks in one transaction */

/*
 * An extent's owner: LUN id in the upper 24 bits, logical extent in the lower
 * 40. All ones: nobody.
 */
#define TIER_LOGICAL_BITS	40
#define TIER_LOGICAL_MASK	((1ULL << TIER_LOGICAL_BITS) - 1)
#define TIER_LUN_ID_MAX		0xfffffeU
#define TIER_FREE		(~0ULL)
#define TIER_OWNER(lun, logical) \
	(((__u64)(lun) << TIER_LOGICAL_BITS) | (__u64)(logical))
#define TIER_OWNER_LUN(owner)	((__u32)((owner) >> TIER_LOGICAL_BITS))
#define TIER_OWNER_LOGICAL(owner) ((owner) & TIER_LOGICAL_MASK)

/* struct tier_block_header::magic, ASCII "dmtr" */
#define TIER_MAGIC		0x72746d64

enum tier_block_kind {
	TIER_BLOCK_SUPER	= 1,
	TIER_BLOCK_JOURNAL	= 2,
	TIER_BLOCK_MEMBERS	= 3,
	TIER_BLOCK_LUNS		= 4,
	TIER_BLOCK_EXTENTS	= 5,
	TIER_BLOCK_HEADER	= 6,	/* on a member */
};

/**
 * struct tier_block_header - start of every metadata block
 * @magic: TIER_MAGIC
 * @crc: CRC32C (seed ~0) of the block from @kind on
 * @kind: enum tier_block_kind
 * @version: TIER_FORMAT_VERSION
 * @count: records in the payload; for a journal block, bytes used
 * @index: superblock: copy; page: its number in its table; journal block: part
 *	in the low 16 bits, parts in the next 16; header: member index
 * @seq: superblock and page: write sequence; journal block: transaction
 * @uuid: of the pool
 * @generation: of the pool when the block was written (journal blocks of
 *	another generation than the superblock's are not replayed)
 * @owner: extents page: member index; otherwise zero
 * @reserved: zero
 */
struct tier_block_header {
	__le32	magic;
	__le32	crc;
	__le16	kind;
	__le16	version;
	__le32	count;
	__le64	index;
	__le64	seq;
	__u8	uuid[TIER_UUID_LEN];
	__le64	generation;
	__le32	owner;
	__le32	reserved;
} __attribute__((packed));

/**
 * struct tier_disk_heat - heat of one extent, as in memory
 * @read_fast: decayed read credits, half-life minutes (packed float, tier-heat)
 * @write_fast: the same for writes
 * @read_slow: decayed read credits, half-life most of a day
 * @write_slow: the same for writes
 * @epoch: tick of the last decay, low 16 bits
 * @moved: tick of the last move, low 16 bits
 * @credit: credits given in tick @epoch
 */
struct tier_disk_heat {
	__le16	read_fast;
	__le16	write_fast;
	__le16	read_slow;
	__le16	write_slow;
	__le16	epoch;
	__le16	moved;
	__le16	credit;
} __attribute__((packed));

/**
 * struct tier_disk_extent - one physical extent
 * @owner: TIER_OWNER() or TIER_FREE
 * @heat: its heat
 * @reserved: zero
 */
struct tier_disk_extent {
	__le64	owner;
	struct tier_disk_heat heat;
	__le16	reserved;
} __attribute__((packed));

#define TIER_EXTENTS_PER_PAGE \
	(TIER_BLOCK_PAYLOAD / sizeof(struct tier_disk_extent))	/* 168 */

/**
 * struct tier_disk_usage - cumulative use of one tier by one LUN
 * @read_ios: reads, @write_ios: writes
 * @read_sectors: @write_sectors: moved by them
 * @in_sectors: migrated to the tier, @out_sectors: away from it
 * @held_ms: extents held x milliseconds of the pool being active; counters
 *	wrap at 2^64
 */
struct tier_disk_usage {
	__le64	read_ios;
	__le64	write_ios;
	__le64	read_sectors;
	__le64	write_sectors;
	__le64	in_sectors;
	__le64	out_sectors;
	__le64	held_ms;
} __attribute__((packed));

#define TIER_LUN_VALID		0x1	/* struct tier_disk_lun::flags */
#define TIER_LUN_DELETING	0x2
#define TIER_LUN_VERIFY		0x4	/* read back before a switch */
#define TIER_LUN_AUTO		0x8	/* thresholds move the LUN */

/**
 * struct tier_disk_lun - one LUN, its policy and its use
 * @id: LUN id, @flags: TIER_LUN_*, @sectors: size
 * @created: transaction that made it
 * @allowed: mask of tiers by tier id
 * @start: tier for new extents, or TIER_NONE
 * @pin: tier it is pinned to, or TIER_NONE
 * @home: tier of the last whole-LUN migration, or TIER_NONE
 * @target: tier of the whole-LUN migration under way, or TIER_NONE
 * @weight: share of promotion benefit, 100 is par
 * @up_iops: @down_iops: thresholds (0: none), @hold: seconds they must hold
 * @move_rate: MiB/s, 0: only the devices' limits
 * @reserve: @max: extents per tier (max 0: no limit)
 * @tags: words; only members with one of them may hold the LUN (empty: any)
 * @usage: per tier id
 */
struct tier_disk_lun {
	__le32	id;
	__le32	flags;
	__le64	sectors;
	__le64	created;
	__u8	allowed;
	__u8	start;
	__u8	pin;
	__u8	home;
	__u8	target;
	__u8	pad[1];
	__le16	weight;
	__le32	up_iops;
	__le32	down_iops;
	__le32	hold;
	__le32	move_rate;
	__le64	reserve[TIER_MAX_TIERS];
	__le64	max[TIER_MAX_TIERS];
	char	tags[TIER_TAGS_LEN];
	struct tier_disk_usage usage[TIER_MAX_TIERS];
	__u8	reserved[320];
} __attribute__((packed));

#define TIER_LUNS_PER_PAGE \
	(TIER_BLOCK_PAYLOAD / sizeof(struct tier_disk_lun))	/* 4 */

enum tier_member_state {
	TIER_MEMBER_NONE	= 0,	/* unused table entry */
	TIER_MEMBER_ACTIVE	= 1,
	TIER_MEMBER_DRAINING	= 2,	/* being evacuated, takes nothing new */
	TIER_MEMBER_DRAINED	= 3,	/* proven empty, takes nothing new */
	TIER_MEMBER_FAILED	= 4,	/* I/O to it is refused */
	TIER_MEMBER_REMOVED	= 5,	/* may be left out of the next table */
	TIER_MEMBER_MISSING	= 6,	/* in memory only: not in the table */
};

/**
 * struct tier_disk_member - one data device
 * @uuid: of the member
 * @state: enum tier_member_state, never MISSING
 * @tier: tier id
 * @generation: of the pool when the member was last seen
 * @extents: how many it holds
 * @table: first block of its extent table, @pages: pages of it
 * @tag: placement word
 */
struct tier_disk_member {
	__u8	uuid[TIER_UUID_LEN];
	__u8	state;
	__u8	tier;
	__u8	pad[6];
	__le64	generation;
	__le64	extents;
	__le64	table;
	__le64	pages;
	char	tag[TIER_TAG_LEN];
	__u8	reserved[24];
} __attribute__((packed));

#define TIER_MEMBERS_PER_PAGE \
	(TIER_BLOCK_PAYLOAD / sizeof(struct tier_disk_member))	/* 42 */

/**
 * struct tier_disk_pool - what is set for the pool as a whole
 * @move_rate: MiB/s per device
 * @headroom: percent of each tier but the last kept free
 * @tick_ms: planner's period
 * @moves: 0: no moves but evacuation
 * @no_space_timeout: seconds a write waits for space, 0: for ever
 * @nr_tiers: tier ids in use
 * @tiers: their names
 */
struct tier_disk_pool {
	__le32	move_rate;
	__le32	headroom;
	__le32	tick_ms;
	__le32	moves;
	__le32	no_space_timeout;
	__le32	nr_tiers;
	__u8	reserved[16];
	char	tiers[TIER_MAX_TIERS][TIER_NAME_LEN];
} __attribute__((packed));

/**
 * struct tier_disk_super - payload of a superblock; with its header it fits one
 *	sector of 512 bytes, so a crash cannot tear it
 * @uuid: of the pool, @generation: counts starts and lost metadata copies
 * @blocks: of the metadata device when formatted
 * @extent_sectors: size of an extent
 * @journal_start: @journal_blocks: the ring
 * @tail_block: where replay starts, relative to @journal_start
 * @tail_seq: transaction expected there
 * @page_seq: last page sequence given
 * @members_start: @members_pages: member table
 * @luns_start: @luns_pages: LUN table
 * @tables_start: first block for extent tables
 * @ticks: planner ticks over the pool's life
 * @map_sum: checksum over all owners, LUN and member records as of the tail; a
 *	page that fell back to an outdated slot is told by it
 * @clean: 1 if the pool was stopped, all tables written
 * @pool: settings
 */
struct tier_disk_super {
	__u8	uuid[TIER_UUID_LEN];
	__le64	generation;
	__le64	blocks;
	__le64	extent_sectors;
	__le64	journal_start;
	__le64	journal_blocks;
	__le64	tail_block;
	__le64	tail_seq;
	__le64	page_seq;
	__le64	members_start;
	__le64	members_pages;
	__le64	luns_start;
	__le64	luns_pages;
	__le64	tables_start;
	__le64	ticks;
	__le64	map_sum;
	__le32	clean;
	__le32	pad;
	struct tier_disk_pool pool;
} __attribute__((packed));

/**
 * struct tier_disk_member_header - payload of a member's block 0
 * @pool: uuid of the pool, @member: uuid of the member
 * @generation: one more than the pool's when that last rose with this member
 *	there; metadata of a generation below the one before is stale
 * @extents: @extent_sectors: as recorded in the pool
 * @data_offset: sectors before extent 0
 */
struct tier_disk_member_header {
	__u8	pool[TIER_UUID_LEN];
	__u8	member[TIER_UUID_LEN];
	__le64	generation;
	__le64	extents;
	__le64	extent_sectors;
	__le64	data_offset;
} __attribute__((packed));

/*
 * A transaction is a row of puts, each an absolute assignment, so replaying
 * one twice does no harm. Puts are padded to 8 bytes and do not cross blocks.
 */
enum tier_put_kind {
	TIER_PUT_EXTENT	= 1,	/* index: extent; payload: __le64 owner */
	TIER_PUT_LUN	= 2,	/* index: table entry; struct tier_disk_lun */
	TIER_PUT_MEMBER	= 3,	/* index: table entry; struct tier_disk_member */
	TIER_PUT_POOL	= 4,	/* index: 0; struct tier_disk_pool */
};

/**
 * struct tier_disk_put - head of one assignment in a journal block
 * @kind: enum tier_put_kind
 * @bytes: payload that follows
 * @member: extent: member index; otherwise zero
 * @index: see enum tier_put_kind
 */
struct tier_disk_put {
	__le16	kind;
	__le16	bytes;
	__le32	member;
	__le64	index;
} __attribute__((packed));

#endif
