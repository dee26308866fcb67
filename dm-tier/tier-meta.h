/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pool's metadata: tables in memory, the redo journal and the checkpoint
 * that keep them on disk. Pure: I/O goes through struct tier_meta_ops, so the
 * same code runs in the module, under the unit tests on a device in memory
 * that cuts after every write, and in tier_check.
 *
 * Calling context: every function may sleep. None locks: the module calls all
 * that change or do I/O from one ordered worker (or before that worker runs).
 * Owners, records and heat may be read from elsewhere at any time; a reader
 * sees an owner of before or after a transaction, each u64 whole.
 *
 * Durability: tier_meta_commit() returns 0 only when the transaction is on
 * stable storage on every live metadata copy; only then do the tables in memory
 * change. A transaction is applied whole or not at all after any crash. The
 * caller has flushed the data that a put points at before it commits the put.
 *
 * Error discipline: WRITE -> READ_ONLY on the first failure that leaves a
 * write's fate unknown on all copies; never back until the pool is reopened.
 */
#ifndef TIER_META_H
#define TIER_META_H

#include "tier-format.h"

#define TIER_META_COPIES	2

/**
 * struct tier_meta_ops - the metadata devices, as the engine sees them
 * @read: read @count blocks at @block from one @copy (0 or 1); 0 or -errno
 * @write: write to every copy in the mask @copies, all in flight together;
 *	@fua: durable on return. Returns the mask of copies that took it.
 * @write_many: @count single blocks, the i-th of @buf to @blocks[i], ascending and
 *	all in flight together, not FUA; the mask of copies that took them all. May
 *	be NULL: they are written one by one.
 * @flush: flush the volatile caches of @copies; the mask that did
 * @event: metadata trouble, for the log and the event channel; may be NULL.
 *	@what is a complete sentence fragment, e.g. "page 17 of member 3: slot 0
 *	is corrupt, slot 1 used".
 */
struct tier_meta_ops {
	int (*read)(void *ctx, unsigned int copy, u64 block, u32 count, void *buf);
	u32 (*write)(void *ctx, u32 copies, u64 block, u32 count, const void *buf, bool fua);
	u32 (*write_many)(void *ctx, u32 copies, const u64 *blocks, u32 count, const void *buf);
	u32 (*flush)(void *ctx, u32 copies);
	void (*event)(void *ctx, const char *what);
};

enum tier_meta_mode { TIER_META_WRITE, TIER_META_READ_ONLY, TIER_META_FAIL };

/* one page of a table: which slot holds it, whether memory is newer */
struct tier_table {
	u64 start;		/* block */
	u64 pages;
	unsigned long *slot;	/* bit per page: current slot */
	unsigned long *dirty;	/* bit per page */
};

/* a member's extents in memory: 8 + 14 bytes each */
struct tier_meta_member {
	struct tier_member_record rec;	/* state NONE: unused */
	struct tier_table table;
	u64 *owner;			/* rec.extents of them */
	struct tier_heat *heat;
	u64 used;			/* owners that are not TIER_FREE */
};

struct tier_meta_state;

struct tier_meta {
	const struct tier_meta_ops *ops;
	void *ctx;
	enum tier_meta_mode mode;
	u32 copies;			/* mask of live copies */
	u32 given;			/* mask of copies given at open */
	struct tier_super super;
	struct tier_meta_member *members[TIER_MAX_MEMBERS];
	struct tier_table member_table;
	struct tier_table lun_table;
	struct tier_lun_record **luns;	/* luns_pages * TIER_LUNS_PER_PAGE, NULL: free */
	u32 nr_lun_slots;
	u64 head_block;			/* where the next transaction goes */
	u64 head_seq;
	u64 journal_used;		/* blocks between tail and head */
	u64 replayed;			/* transactions replayed at open */
	u64 commits;
	u64 checkpoints;
	void *buf;			/* TIER_TXN_BLOCKS blocks, for the writer */
	struct tier_meta_state *state;	/* the engine's own */
};

struct tier_meta_params {
	u8 uuid[TIER_UUID_LEN];
	u64 blocks;			/* of the (smaller) metadata device */
	u64 extent_sectors;
	struct tier_pool_record pool;	/* with the tiers' names */
};

/* one absolute assignment */
struct tier_put {
	enum tier_put_kind kind;
	u32 member;
	u64 index;			/* extent, LUN slot, member index */
	union {
		u64 owner;
		const struct tier_lun_record *lun;	/* flags without VALID: free the slot */
		const struct tier_member_record *mem;
		const struct tier_pool_record *pool;
	};
};

/**
 * tier_meta_probe() - what does a metadata device hold?
 * @first: its first block
 *
 * Return: 0: a superblock of ours (either copy may yet be bad); -ENODATA: all
 * zero, may be formatted; anything else: foreign, keep off.
 */
int tier_meta_probe(const void *first);

/**
 * tier_meta_format_fits() - would a pool with such members find room?
 * @params: of the pool
 * @extents: of each member
 * @n: how many members
 *
 * Nothing is read or written.
 *
 * Return: as tier_meta_fits().
 */
int tier_meta_format_fits(const struct tier_meta_params *params, const u64 *extents, u32 n);

/**
 * tier_meta_format() - write an empty pool on blank devices
 * @ops: the devices
 * @ctx: for @ops
 * @copies: mask of the devices to write
 * @params: what the pool is to be
 *
 * Order: journal's first block zeroed and tables written, flushed, then the
 * superblock copies: a crash before that leaves a device that is still blank
 * in its first 4 KiB and is formatted anew.
 *
 * Return: 0; -ENOSPC: too small (the least is TIER_JOURNAL_START +
 * TIER_JOURNAL_MIN + tables); -EIO.
 */
int tier_meta_format(const struct tier_meta_ops *ops, void *ctx, u32 copies,
		     const struct tier_meta_params *params);

/**
 * tier_meta_open() - load the tables and replay the journal, in memory only
 * @meta: out; tier_meta_close() frees what it took, also after an error
 * @ops: the devices
 * @ctx: for @ops
 * @copies: mask of metadata devices present
 * @blocks: size of the smallest one in blocks
 *
 * The copy with the highest (generation, sequence) leads; one that is stale is
 * left out of @meta->copies (tier_meta_resync() brings it back). A bad slot
 * falls back to the other slot, then to the other copy, with an event; a page
 * with no good slot fails the open and the event names it. Nothing is written.
 * Two owners for one logical extent, an owner that is no LUN or lies beyond its
 * LUN's size, or a used extent that is out of bounds: -EUCLEAN, named.
 *
 * Return: 0, or -errno.
 */
int tier_meta_open(struct tier_meta *meta, const struct tier_meta_ops *ops, void *ctx,
		   u32 copies, u64 blocks);

/**
 * tier_meta_start() - go from loaded to writable
 * @meta: opened
 *
 * Raises the generation (so that journal blocks of the past are dead and stale
 * copies known), writes all replayed pages, then the superblock. A crash at any
 * step leaves what tier_meta_open() would have found before.
 *
 * Return: 0, or -EIO.
 */
int tier_meta_start(struct tier_meta *meta);

/**
 * tier_meta_set_given() - the metadata devices have changed
 * @meta: started
 * @given: mask of those present now
 * @same: mask of those that are the device they were
 *
 * A copy that is gone, or another device now, is left out as if it had failed:
 * the generation is raised, so that it is known for stale should it come back.
 *
 * Return: -EIO, and nothing changed, if no live copy would be left.
 */
int tier_meta_set_given(struct tier_meta *meta, u32 given, u32 same);

/* copy everything in use from the leading copy to the one in @copy */
int tier_meta_resync(struct tier_meta *meta, unsigned int copy);

/**
 * tier_meta_commit() - make puts durable as one transaction, then apply them
 * @meta: started
 * @puts: applied in their order
 * @n: puts; all must fit TIER_TXN_BLOCKS (tier_meta_room() tells)
 *
 * Checkpoints first when the ring has no room.
 *
 * Return: 0; -EROFS; -EIO (mode is then READ_ONLY); -E2BIG; -EINVAL for a put
 * that names what does not exist (nothing was written).
 */
int tier_meta_commit(struct tier_meta *meta, const struct tier_put *puts, size_t n);

/* how many of @puts, from the first, fit in one transaction */
size_t tier_meta_room(const struct tier_put *puts, size_t n);

/**
 * tier_meta_checkpoint() - write dirty pages, flush, move the journal's tail
 * @meta: started
 * @clean: mark the superblock clean (the pool is stopping)
 *
 * Return: 0; -EROFS; -EIO (mode is then READ_ONLY).
 */
int tier_meta_checkpoint(struct tier_meta *meta, bool clean);

/* mark the page of an extent to be written at the next checkpoint (heat) */
void tier_meta_touch(struct tier_meta *meta, u32 member, u64 extent);

/**
 * tier_meta_add_member() - find room for a member's extent table and write it
 * @meta: started
 * @rec: uuid, tier, extents, tag, state set; table and pages are filled in
 * @index: out
 *
 * The table's pages are written and flushed before the record is committed, so
 * a crash leaves either no member or one with a whole, empty table.
 *
 * Return: 0; -ENOSPC: metadata device full, or no free member index; -E2BIG.
 */
int tier_meta_add_member(struct tier_meta *meta, struct tier_member_record *rec, u32 *index);

/**
 * tier_meta_fits() - could so many members be added, one after the other?
 * @meta: the metadata, which is not changed
 * @extents: of each member
 * @n: how many members
 *
 * Return: 0; -ENOSPC: metadata device full, or no free member index; -E2BIG: one
 * has too many extents; -ENOMEM.
 */
int tier_meta_fits(const struct tier_meta *meta, const u64 *extents, u32 n);

/* drop a member that holds nothing; frees its table's room. -EBUSY if used */
int tier_meta_drop_member(struct tier_meta *meta, u32 index);

/**
 * tier_meta_prove_empty() - read a member's pages back from every live copy
 * @meta: started
 * @index: of the member
 *
 * Call right after a checkpoint.
 *
 * Return: records that point at the member (0 is the proof), or -errno.
 */
s64 tier_meta_prove_empty(struct tier_meta *meta, u32 index);

/* first free LUN slot, or -ENOSPC */
int tier_meta_lun_slot(const struct tier_meta *meta);

/* blocks in use and in all, for status */
u64 tier_meta_used(const struct tier_meta *meta);
u64 tier_meta_total(const struct tier_meta *meta);

void tier_meta_close(struct tier_meta *meta);

#endif
