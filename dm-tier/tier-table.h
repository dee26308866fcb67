/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the metadata engine: what tier-meta.c, tier-meta-member.c, tier-table.c,
 * tier-journal.c, tier-apply.c and tier-verify.c share. Nobody else includes it, but
 * for tier_repair, which has a sum to check.
 */
#ifndef TIER_TABLE_H
#define TIER_TABLE_H

#include "tier-meta.h"

#define TIER_RUN_BLOCKS		64	/* blocks in one large read or write */
#define TIER_RUN_PAGES		(TIER_RUN_BLOCKS / 2)
#define TIER_LUN_EXTENTS_MAX	BIT_ULL(TIER_LOGICAL_BITS)

/**
 * struct tier_meta_state - what the engine keeps for itself
 * @lead: copy that was loaded
 * @started: tier_meta_start() was called; it is called once
 * @raise: a copy was lost since the last superblock, so the next superblock
 *	carries a higher generation
 * @ahead: a page of a checkpoint that did not complete stands in for a corrupt
 *	one, so the tables cannot be held against the superblock's sum
 * @behind: pages that fell back to another slot
 * @behind_page: the first of them
 * @behind_name: its table
 * @read_errors: blocks that could not be read
 * @map_sum: sum over the tables in memory
 * @lun_sum: what each LUN slot adds to it
 * @member_sum: what each member adds to it
 * @lun_mem: record of each LUN slot; stays when a LUN goes, so that a reader
 *	who still looks at it meets no freed memory
 * @lun_hash: LUN id -> slot + 1, open addressing
 * @hash_size: entries of @lun_hash, a power of two
 * @adding: member being added, until its record is applied
 * @run: TIER_RUN_BLOCKS blocks
 * @page: two blocks
 * @at: where those of @run go
 * @disk_lun: scratch, too large for the stack; as the rest
 * @lun: scratch
 * @pool: scratch
 * @disk_pool: scratch
 * @what: scratch: an event's text
 */
struct tier_meta_state {
	unsigned int lead;
	bool started;
	bool raise;
	bool ahead;
	u64 behind;
	u64 behind_page;
	char behind_name[24];
	u64 read_errors;
	u64 map_sum;
	u64 *lun_sum;
	u64 member_sum[TIER_MAX_MEMBERS];
	struct tier_lun_record **lun_mem;
	u32 *lun_hash;
	u32 hash_size;
	struct tier_meta_member *adding;
	u8 *run;
	u8 *page;
	u64 at[TIER_RUN_BLOCKS];
	/* too large for the stack */
	struct tier_disk_lun disk_lun;
	struct tier_lun_record lun;
	struct tier_pool_record pool;
	struct tier_disk_pool disk_pool;
	char what[256];
};

/* one of the tables on disk */
struct tier_table_ref {
	enum tier_block_kind kind;
	u32 owner;			/* extents: member index */
	struct tier_table *table;
	struct tier_meta_member *member;
};

/* tier-table.c: pages and the device */
void tier_meta_event(struct tier_meta *meta, const char *fmt, ...) __printf(2, 3);
int tier_meta_fail(struct tier_meta *meta, const char *doing, u64 block);
int tier_meta_write(struct tier_meta *meta, u64 block, u32 count, const void *buf, bool fua);
int tier_meta_flush(struct tier_meta *meta);
void tier_meta_read(struct tier_meta *meta, unsigned int copy, u64 block, u32 count, void *buf);
int tier_table_init(struct tier_table *table, u64 start, u64 pages);
void tier_table_exit(struct tier_table *table);
void tier_table_name(const struct tier_table_ref *ref, char *to, size_t room);
bool tier_table_ref(struct tier_meta *meta, u32 n, struct tier_table_ref *ref);
void tier_page_seal(struct tier_meta *meta, const struct tier_table_ref *ref, u64 page,
		    u64 seq, void *block);
int tier_page_check(struct tier_meta *meta, const struct tier_table_ref *ref, u64 page,
		    const void *block, struct tier_block_id *id);
int tier_table_load(struct tier_meta *meta, const struct tier_table_ref *ref);
int tier_table_write_dirty(struct tier_meta *meta, const struct tier_table_ref *ref, u64 seq);
void tier_table_settle(struct tier_table *table);
int tier_table_write_all(struct tier_meta *meta, u32 copies,
			 const struct tier_table_ref *ref, u64 seq);

/* tier-meta.c */
int tier_meta_write_out(struct tier_meta *meta, bool clean);
int tier_meta_log(struct tier_meta *meta, const struct tier_put *puts, size_t n);

/* tier-journal.c: transactions in the ring */
u32 tier_put_bytes(const struct tier_put *put);
u32 tier_journal_encode(struct tier_meta *meta, const struct tier_put *puts, size_t n);
void tier_journal_seal(struct tier_meta *meta, u32 parts);
bool tier_journal_fits(const struct tier_meta *meta, u32 parts);
int tier_journal_write(struct tier_meta *meta, u32 parts);
int tier_journal_replay(struct tier_meta *meta);

/* tier-apply.c: the tables in memory */
u64 tier_sum_owner(u32 member, u64 extent, u64 owner);
u64 tier_sum_lun(u64 slot, const struct tier_lun_record *lun, struct tier_disk_lun *disk);
u64 tier_sum_member(u32 index, const struct tier_member_record *rec);
struct tier_meta_member *tier_member_get(const struct tier_meta *meta, u32 index);
struct tier_meta_member *tier_member_alloc(const struct tier_member_record *rec);
void tier_meta_member_free(struct tier_meta_member *m);
void tier_lun_hash_clear(struct tier_meta *meta);
int tier_lun_hash_build(struct tier_meta *meta);
const struct tier_lun_record *tier_meta_lun_find(const struct tier_meta *meta, u32 id);
u64 tier_meta_lun_extents(const struct tier_meta *meta, const struct tier_lun_record *lun);
void tier_set_owner(struct tier_meta *meta, u32 member, u64 extent, u64 owner);
int tier_set_lun_room(struct tier_meta *meta, u64 slot);
void tier_set_lun(struct tier_meta *meta, u64 slot, const struct tier_lun_record *lun);
void tier_set_member(struct tier_meta *meta, u32 index, struct tier_meta_member *m);
void tier_set_member_record(struct tier_meta *meta, u32 index,
			    const struct tier_member_record *rec);
void tier_mark_extent(struct tier_meta *meta, u32 member, u64 extent);
int tier_replay_put(struct tier_meta *meta, const struct tier_disk_put *put, const void *payload);

/* tier-verify.c: is it all possible? */
int tier_member_fits(const struct tier_meta *meta, u32 index, const struct tier_member_record *rec);
int tier_verify_sum(struct tier_meta *meta);
int tier_verify_owners(struct tier_meta *meta);
int tier_verify_puts(struct tier_meta *meta, const struct tier_put *puts, size_t n);

#endif
