// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the journal has on top of the tables. Every put is an absolute assignment, so
 * one that the tables have already does no harm; one that is missing is told.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tier-table.h"
#include "tier_repair.h"

/* one block of the journal, of either copy */
struct part {
	u64 seq;
	u32 part;
	u32 parts;
	u8 *block;
};

static struct part *found;
static size_t nr_found;

static int by_seq(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (x->seq != y->seq)
		return x->seq < y->seq ? -1 : 1;
	return (int)x->part - (int)y->part;
}

static bool have(u64 seq, u32 part)
{
	size_t i;

	for (i = 0; i < nr_found; i++)
		if (found[i].seq == seq && found[i].part == part)
			return true;
	return false;
}

static int take(struct repair *r, const void *block)
{
	struct tier_block_id id = { .kind = TIER_BLOCK_JOURNAL, .uuid = r->super.uuid };
	struct part *more, *p;

	if (tier_block_check(block, &id) || id.generation != r->super.generation ||
	    id.seq < r->super.tail_seq || have(id.seq, id.index & 0xffff))
		return 0;
	more = realloc(found, (nr_found + 1) * sizeof(*found));
	if (!more)
		return -ENOMEM;
	found = more;
	p = &found[nr_found];
	p->seq = id.seq;
	p->part = id.index & 0xffff;
	p->parts = id.index >> 16;
	p->block = malloc(TIER_BLOCK_SIZE);
	if (!p->block)
		return -ENOMEM;
	memcpy(p->block, block, TIER_BLOCK_SIZE);
	nr_found++;
	return 0;
}

static int collect(struct repair *r)
{
	static u8 block[TIER_BLOCK_SIZE];
	unsigned int copy;
	u64 at;
	int err = 0;

	for (copy = 0; copy < TIER_META_COPIES; copy++)
		for (at = 0; !err && !(r->stale & BIT(copy)) && at < r->super.journal_blocks; at++)
			if (repair_read(r, copy, r->super.journal_start + at, block))
				err = take(r, block);
	if (nr_found)
		qsort(found, nr_found, sizeof(*found), by_seq);
	return err;
}

/* are all parts of the transaction that begins at @i there? how many */
static size_t whole(size_t i)
{
	size_t n;

	for (n = 0; i + n < nr_found && found[i + n].seq == found[i].seq; n++)
		if (found[i + n].part != n || found[i + n].parts != found[i].parts)
			return 0;
	return n == found[i].parts ? n : 0;
}

static size_t skip(size_t i)
{
	u64 seq = found[i].seq;

	while (i < nr_found && found[i].seq == seq)
		i++;
	return i;
}

/* -- puts -- */

static void drop_member(struct repair *r, u64 index)
{
	struct tier_image_member *m = r->image.members[index];

	if (!m)
		return;
	free(m->owner);
	free(m->heat);
	free(m);
	r->image.members[index] = NULL;
	free(r->page_seq[index]);
	r->page_seq[index] = NULL;
}

static void put_member(struct repair *r, u64 index, const void *payload)
{
	struct tier_image_member *m = index < REPAIR_MEMBERS ? r->image.members[index] : NULL;
	struct tier_member_record rec;

	if (index >= REPAIR_MEMBERS || tier_member_decode(payload, &rec) ||
	    (rec.state != TIER_MEMBER_NONE && !repair_member_ok(r, &rec))) {
		repair_lost(r, "the journal has an impossible record of member %llu", index);
	} else if (rec.state == TIER_MEMBER_NONE) {
		drop_member(r, index);
	} else if (m && m->rec.extents == rec.extents && m->rec.table == rec.table &&
		   !memcmp(m->rec.uuid, rec.uuid, TIER_UUID_LEN)) {
		m->rec = rec;
	} else {
		/* another one than the tables had under this index: this is newer */
		drop_member(r, index);
		repair_add_member(r, index, &rec);
	}
}

static void put_pool(struct repair *r, const void *payload)
{
	struct tier_pool_record pool;

	if (tier_pool_decode(payload, &pool))
		repair_lost(r, "the journal has impossible settings of the pool");
	else
		r->image.pool = pool;
}

static void put_lun(struct repair *r, const void *payload, u64 slot)
{
	struct tier_lun_record lun;

	if (tier_lun_decode(payload, &lun)) {
		repair_lost(r, "the journal has an impossible record of a LUN");
		return;
	}
	repair_drop_lun(r, slot);
	if (lun.flags & TIER_LUN_VALID)
		repair_add_lun(r, slot, &lun);
}

static void put_extent(struct repair *r, u32 member, u64 e, const void *payload, u64 seq)
{
	struct tier_image_member *m = member < REPAIR_MEMBERS ? r->image.members[member] : NULL;
	__le64 owner;

	if (!m || e >= m->rec.extents) {
		repair_lost(r, "the journal tells of extent %llu of member %u, which is not there", e,
			    member);
		return;
	}
	memcpy(&owner, payload, sizeof(owner));
	m->owner[e] = le64_to_cpu(owner);
	/* newer than any page, and later ones newer than earlier ones */
	r->page_seq[member][e] = (1ULL << 62) + seq;
}

static void apply_put(struct repair *r, const struct tier_disk_put *put, u64 seq, bool members)
{
	u64 index = le64_to_cpu(put->index);
	const void *payload = put + 1;

	switch (le16_to_cpu(put->kind)) {
	case TIER_PUT_MEMBER:
		if (members)
			put_member(r, index, payload);
		break;
	case TIER_PUT_POOL:
		if (members)
			put_pool(r, payload);
		break;
	case TIER_PUT_LUN:
		if (!members)
			put_lun(r, payload, index);
		break;
	case TIER_PUT_EXTENT:
		if (!members)
			put_extent(r, le32_to_cpu(put->member), index, payload, seq);
		break;
	}
}

static void apply_block(struct repair *r, const struct part *p, bool members)
{
	const struct tier_block_header *h = (const void *)p->block;
	u32 used = le32_to_cpu(h->count), at = 0, bytes;
	const struct tier_disk_put *put;

	while (at + sizeof(*put) <= used) {
		put = (const void *)(p->block + sizeof(*h) + at);
		bytes = tier_put_bytes(&(struct tier_put){ .kind = le16_to_cpu(put->kind) });
		at += sizeof(*put);
		if (!bytes || le16_to_cpu(put->bytes) != bytes || used - at < bytes) {
			repair_lost(r, "transaction %llu of the journal cannot be", p->seq);
			return;
		}
		apply_put(r, put, p->seq, members);
		at += round_up(bytes, 8);
	}
}

/*
 * Without a superblock nobody knows where the log begins. What lies before a gap may be
 * of an earlier round, left where the ring's end was skipped: it is older than pages,
 * and what made it void is overwritten.
 */
static size_t begin(struct repair *r, bool members)
{
	size_t i, first = 0;
	u64 next = 0;

	for (i = 0; !r->has_super && i < nr_found; i = skip(i)) {
		if (found[i].seq != next)
			first = i;
		next = found[i].seq + 1;
	}
	if (first && members)
		repair_lost(r, "transactions %llu to %llu of the journal are left out, as some behind them are missing",
			    found[0].seq, found[first - 1].seq);
	return first;
}

/* the last one may be torn: nobody was told that it is done */
static void apply_all(struct repair *r, bool members)
{
	u64 next = r->super.tail_seq;
	size_t i, n, part, last = nr_found;

	for (i = 0; i < nr_found; i = skip(i))
		last = i;
	for (i = begin(r, members); i < nr_found; i = skip(i)) {
		if (r->has_super && members && found[i].seq != next)
			repair_lost(r, "transactions %llu to %llu of the journal are missing", next,
				    found[i].seq - 1);
		next = found[i].seq + 1;
		n = whole(i);
		if (!n && i != last && members)
			repair_lost(r, "transaction %llu of the journal is damaged", found[i].seq);
		for (part = 0; part < n; part++)
			apply_block(r, &found[i + part], members);
	}
}

int repair_journal(struct repair *r)
{
	int err = collect(r);

	if (!err)
		apply_all(r, true);
	return err;
}

int repair_journal_owners(struct repair *r)
{
	apply_all(r, false);
	while (nr_found)
		free(found[--nr_found].block);
	free(found);
	found = NULL;
	return 0;
}
