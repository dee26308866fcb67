// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is it all possible? What was loaded, before anything trusts it; what a caller
 * wants written, before the journal has it: a pool that a commit made must open.
 */
#include "tier-table.h"

/* could @rec be member @index, beside those that are there? 0 or -EUCLEAN */
int tier_member_fits(const struct tier_meta *meta, u32 index, const struct tier_member_record *rec)
{
	const struct tier_super *super = &meta->super;
	const struct tier_meta_member *m;
	u32 i;

	if (rec->tier >= super->pool.nr_tiers)
		return -EUCLEAN;
	if (rec->table < super->tables_start || rec->table > super->blocks ||
	    super->blocks - rec->table < 2 * rec->pages)
		return -EUCLEAN;
	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		m = tier_member_get(meta, i);
		if (!m)
			continue;
		if (i == index || !memcmp(m->rec.uuid, rec->uuid, TIER_UUID_LEN))
			return -EUCLEAN;
		if (m->rec.table < rec->table + 2 * rec->pages &&
		    rec->table < m->rec.table + 2 * m->rec.pages)
			return -EUCLEAN;
	}
	return 0;
}

/*
 * Do the tables hold what the superblock says they held? A page whose current
 * slot rotted and whose other slot is outdated shows here, and only here.
 */
int tier_verify_sum(struct tier_meta *meta)
{
	const struct tier_meta_state *state = meta->state;

	if (state->map_sum == meta->super.map_sum || state->ahead)
		return 0;
	if (state->behind)
		tier_meta_event(meta, "page %llu of %s (and %llu more): the slot left is outdated",
				state->behind_page, state->behind_name, state->behind - 1);
	else
		tier_meta_event(meta, "the tables do not add up to the superblock's sum");
	return -EUCLEAN;
}

/*
 * Which owners were seen, to find two for one logical extent. The set takes a
 * share of the owners a time, so that memory stays bounded whatever the size.
 */
struct tier_seen {
	u64 *set;
	u32 size;		/* a power of two */
	u32 share;
	u32 shares;
};

#define TIER_SEEN_MAX	BIT(20)
#define TIER_SEEN_PROBE	4096	/* far beyond what chance brings at half load */

static u64 tier_seen_hash(u64 owner)
{
	owner = (owner ^ (owner >> 32)) * 0x9e3779b97f4a7c15ULL;
	return owner ^ (owner >> 29);
}

/* 0, -EEXIST, or -EUCLEAN for owners made to collide */
static int tier_seen_add(struct tier_seen *seen, u64 owner)
{
	u64 hash = tier_seen_hash(owner);
	u32 at = hash & (seen->size - 1);
	u32 probe;

	if ((u32)(hash >> 32) % seen->shares != seen->share)
		return 0;
	for (probe = 0; probe < min_t(u32, TIER_SEEN_PROBE, seen->size); probe++) {
		if (seen->set[at] == owner)
			return -EEXIST;
		if (seen->set[at] == TIER_FREE) {
			seen->set[at] = owner;
			return 0;
		}
		at = (at + 1) & (seen->size - 1);
	}
	return -EUCLEAN;
}

static int tier_verify_owner(struct tier_meta *meta, u32 index, u64 extent,
			     struct tier_seen *seen)
{
	u64 owner = meta->members[index]->owner[extent];
	const struct tier_lun_record *lun;
	int err;

	if (owner == TIER_FREE)
		return 0;
	lun = tier_meta_lun_find(meta, TIER_OWNER_LUN(owner));
	if (!lun || TIER_OWNER_LOGICAL(owner) >= tier_meta_lun_extents(meta, lun)) {
		tier_meta_event(meta, "extent %llu of member %u: LUN %u, extent %llu is not there",
				extent, index, TIER_OWNER_LUN(owner), TIER_OWNER_LOGICAL(owner));
		return -EUCLEAN;
	}
	err = tier_seen_add(seen, owner);
	if (err)
		tier_meta_event(meta, "extent %llu of member %u: LUN %u, extent %llu %s", extent,
				index, TIER_OWNER_LUN(owner), TIER_OWNER_LOGICAL(owner),
				err == -EEXIST ? "lies elsewhere as well" : "is not credible");
	return err ? -EUCLEAN : 0;
}

static int tier_verify_share(struct tier_meta *meta, struct tier_seen *seen)
{
	const struct tier_meta_member *m;
	u64 extent;
	u32 i;
	int err;

	memset(seen->set, 0xff, seen->size * sizeof(*seen->set));
	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		m = tier_member_get(meta, i);
		for (extent = 0; m && extent < m->rec.extents; extent++) {
			err = tier_verify_owner(meta, i, extent, seen);
			if (err)
				return err;
			if (!(extent & 0xffff))
				cond_resched();
		}
	}
	return 0;
}

/* every used extent belongs to one place in one LUN, and no place has two */
int tier_verify_owners(struct tier_meta *meta)
{
	struct tier_seen seen = { .size = 64 };
	u64 used = 0;
	u32 i;
	int err;

	if (tier_lun_hash_build(meta)) {
		tier_meta_event(meta, "LUN %u is in the table twice", meta->state->lun.id);
		return -EUCLEAN;
	}
	for (i = 0; i < TIER_MAX_MEMBERS; i++)
		used += tier_member_get(meta, i) ? meta->members[i]->used : 0;
	while (seen.size < TIER_SEEN_MAX && seen.size < 2 * used)
		seen.size *= 2;
	seen.shares = max_t(u64, 1, DIV_ROUND_UP_ULL(2 * used, TIER_SEEN_MAX));
	seen.set = tier_zalloc((size_t)seen.size * sizeof(*seen.set));
	if (!seen.set)
		return -ENOMEM;
	for (err = 0; !err && seen.share < seen.shares; seen.share++)
		err = tier_verify_share(meta, &seen);
	tier_free(seen.set);
	return err;
}

/* does the LUN of @owner exist, with room for it? */
static bool tier_owner_ok(struct tier_meta *meta, u64 owner, const struct tier_put *puts, size_t n)
{
	const struct tier_lun_record *lun = tier_meta_lun_find(meta, TIER_OWNER_LUN(owner));
	u64 logical = TIER_OWNER_LOGICAL(owner);
	size_t i;

	if (lun && logical < tier_meta_lun_extents(meta, lun))
		return true;
	/* made or grown by this very transaction? */
	for (i = 0; i < n; i++)
		if (puts[i].kind == TIER_PUT_LUN && puts[i].lun->flags & TIER_LUN_VALID &&
		    puts[i].lun->id == TIER_OWNER_LUN(owner) &&
		    logical < tier_meta_lun_extents(meta, puts[i].lun))
			return true;
	return false;
}

static bool tier_put_extent_ok(struct tier_meta *meta, const struct tier_put *put,
			       const struct tier_put *puts, size_t n)
{
	const struct tier_meta_member *m = tier_member_get(meta, put->member);

	if (!m || put->index >= m->rec.extents)
		return false;
	return put->owner == TIER_FREE || tier_owner_ok(meta, put->owner, puts, n);
}

static bool tier_owner_beyond(u64 owner, u32 id, u64 extents)
{
	return owner != TIER_FREE && TIER_OWNER_LUN(owner) == id &&
	       TIER_OWNER_LOGICAL(owner) >= extents;
}

/*
 * Extents that LUN @id has at or beyond @extents and that @puts do not free: a
 * LUN that is deleted or shrunk must leave none, or the pool would not open.
 */
static u64 tier_lun_strays(struct tier_meta *meta, u32 id, u64 extents,
			   const struct tier_put *puts, size_t n)
{
	const struct tier_meta_member *m;
	u64 extent, strays = 0;
	size_t i;

	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		m = tier_member_get(meta, i);
		for (extent = 0; m && extent < m->rec.extents; extent++)
			strays += tier_owner_beyond(m->owner[extent], id, extents);
		cond_resched();
	}
	for (i = 0; strays && i < n; i++) {
		if (puts[i].kind != TIER_PUT_EXTENT)
			continue;
		m = meta->members[puts[i].member];
		strays -= tier_owner_beyond(m->owner[puts[i].index], id, extents) &&
			  !tier_owner_beyond(puts[i].owner, id, extents);
	}
	return strays;
}

static bool tier_put_lun_ok(struct tier_meta *meta, const struct tier_put *put,
			    const struct tier_put *puts, size_t n)
{
	bool valid = put->lun->flags & TIER_LUN_VALID;
	struct tier_meta_state *state = meta->state;
	const struct tier_lun_record *old, *same;
	u64 extents;
	const struct tier_put *p;

	if (put->index >= meta->nr_lun_slots)
		return false;
	old = meta->luns[put->index];
	if (valid) {
		tier_lun_encode(&state->disk_lun, put->lun);
		if (tier_lun_decode(&state->disk_lun, &state->lun))
			return false;
		same = tier_meta_lun_find(meta, put->lun->id);
		if (same != old || (old && old->id != put->lun->id))
			return false;
		for (p = puts; p < put; p++)
			if (p->kind == TIER_PUT_LUN && p->index != put->index &&
			    p->lun->flags & TIER_LUN_VALID && p->lun->id == put->lun->id)
				return false;
	}
	extents = valid ? tier_meta_lun_extents(meta, put->lun) : 0;
	if (extents > TIER_LUN_EXTENTS_MAX)
		return false;
	if (!old || extents >= tier_meta_lun_extents(meta, old))
		return true;
	return !tier_lun_strays(meta, old->id, extents, puts, n);
}

/* state, tier and tag change; what it is and where its table lies do not */
static bool tier_put_member_ok(struct tier_meta *meta, const struct tier_put *put)
{
	const struct tier_meta_member *m = tier_member_get(meta, put->index);
	struct tier_disk_member disk;
	struct tier_member_record rec;

	if (!m || put->mem->state == TIER_MEMBER_NONE)
		return false;
	tier_member_encode(&disk, put->mem);
	if (tier_member_decode(&disk, &rec))
		return false;
	return !memcmp(rec.uuid, m->rec.uuid, TIER_UUID_LEN) && rec.extents == m->rec.extents &&
	       rec.table == m->rec.table && rec.tier < meta->super.pool.nr_tiers;
}

static bool tier_put_pool_ok(struct tier_meta *meta, const struct tier_put *put)
{
	struct tier_meta_state *state = meta->state;

	tier_pool_encode(&state->disk_pool, put->pool);
	return !put->index && !tier_pool_decode(&state->disk_pool, &state->pool) &&
	       put->pool->nr_tiers >= meta->super.pool.nr_tiers;
}

/* 0, or -EINVAL for a put that names what does not exist or cannot be */
int tier_verify_puts(struct tier_meta *meta, const struct tier_put *puts, size_t n)
{
	bool ok = true;
	size_t i;

	/* extents first: the count of strays relies on them */
	for (i = 0; ok && i < n; i++)
		if (puts[i].kind == TIER_PUT_EXTENT)
			ok = tier_put_extent_ok(meta, &puts[i], puts, n);
	for (i = 0; ok && i < n; i++) {
		switch (puts[i].kind) {
		case TIER_PUT_EXTENT:
			break;
		case TIER_PUT_LUN:
			ok = tier_put_lun_ok(meta, &puts[i], puts, n);
			break;
		case TIER_PUT_MEMBER:
			ok = tier_put_member_ok(meta, &puts[i]);
			break;
		case TIER_PUT_POOL:
			ok = tier_put_pool_ok(meta, &puts[i]);
			break;
		default:
			ok = false;
			break;
		}
	}
	return ok ? 0 : -EINVAL;
}
