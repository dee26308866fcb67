// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables in memory, and the one way to change them. A change is applied
 * only when the journal holds it (or while the journal is replayed), so memory
 * never shows what a crash could take back.
 */
#include "tier-table.h"

/*
 * The tables' sum: every owner and record contributes a number well mixed from
 * what it is and where it lies, and all are added up, so a change costs two
 * additions. The superblock keeps the sum as of the journal's tail.
 */
static u64 tier_mix(u64 where, u64 what)
{
	u64 x = where * 0x9e3779b97f4a7c15ULL + what;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

#define TIER_SUM_EXTENT(member, extent)	(((u64)((member) + 1) << 40) | (extent))
#define TIER_SUM_LUN(slot)		((1ULL << 60) | (slot))
#define TIER_SUM_MEMBER(index)		((2ULL << 60) | (index))

u64 tier_sum_owner(u32 member, u64 extent, u64 owner)
{
	return owner == TIER_FREE ? 0 : tier_mix(TIER_SUM_EXTENT(member, extent), owner);
}

static void tier_sum_replace(struct tier_meta *meta, u64 *old, u64 new)
{
	meta->state->map_sum += new - *old;
	*old = new;
}

/* a member in use, or NULL */
struct tier_meta_member *tier_member_get(const struct tier_meta *meta, u32 index)
{
	struct tier_meta_member *m = index < TIER_MAX_MEMBERS ? meta->members[index] : NULL;

	return m && m->rec.state != TIER_MEMBER_NONE ? m : NULL;
}

struct tier_meta_member *tier_member_alloc(const struct tier_member_record *rec)
{
	struct tier_meta_member *m = tier_zalloc(sizeof(*m));

	if (!m)
		return NULL;
	m->rec = *rec;
	m->owner = tier_zalloc(rec->extents * sizeof(*m->owner));
	m->heat = tier_zalloc(rec->extents * sizeof(*m->heat));
	if (!m->owner || !m->heat || tier_table_init(&m->table, rec->table, rec->pages)) {
		tier_meta_member_free(m);
		return NULL;
	}
	memset(m->owner, 0xff, rec->extents * sizeof(*m->owner));
	return m;
}

void tier_meta_member_free(struct tier_meta_member *m)
{
	if (!m)
		return;
	tier_table_exit(&m->table);
	tier_free(m->owner);
	tier_free(m->heat);
	tier_free(m);
}

/* extents that a LUN's size comes to */
u64 tier_meta_lun_extents(const struct tier_meta *meta, const struct tier_lun_record *lun)
{
	return (lun->sectors + meta->super.extent_sectors - 1) >>
	       ilog2(meta->super.extent_sectors);
}

static u32 *tier_lun_hash_at(const struct tier_meta *meta, u32 id)
{
	const struct tier_meta_state *state = meta->state;
	u32 mask = state->hash_size - 1;
	u32 at = (id * 0x9e3779b1U) & mask;

	while (state->lun_hash[at] && meta->luns[state->lun_hash[at] - 1]->id != id)
		at = (at + 1) & mask;
	return &state->lun_hash[at];
}

void tier_lun_hash_clear(struct tier_meta *meta)
{
	memset(meta->state->lun_hash, 0, meta->state->hash_size * sizeof(u32));
}

/* -EEXIST: two LUNs of one id; @meta->state->lun holds the second */
int tier_lun_hash_build(struct tier_meta *meta)
{
	u32 slot, *at;

	tier_lun_hash_clear(meta);
	for (slot = 0; slot < meta->nr_lun_slots; slot++) {
		if (!meta->luns[slot])
			continue;
		at = tier_lun_hash_at(meta, meta->luns[slot]->id);
		if (*at) {
			meta->state->lun = *meta->luns[slot];
			return -EEXIST;
		}
		*at = slot + 1;
	}
	return 0;
}

const struct tier_lun_record *tier_meta_lun_find(const struct tier_meta *meta, u32 id)
{
	u32 at = *tier_lun_hash_at(meta, id);

	return at ? meta->luns[at - 1] : NULL;
}

void tier_mark_extent(struct tier_meta *meta, u32 member, u64 extent)
{
	__set_bit(div_u64(extent, TIER_EXTENTS_PER_PAGE), meta->members[member]->table.dirty);
}

void tier_set_owner(struct tier_meta *meta, u32 member, u64 extent, u64 owner)
{
	struct tier_meta_member *m = meta->members[member];
	u64 old = m->owner[extent];

	meta->state->map_sum += tier_sum_owner(member, extent, owner) -
				tier_sum_owner(member, extent, old);
	m->used += owner != TIER_FREE;
	m->used -= old != TIER_FREE;
	if (owner == TIER_FREE)
		memset(&m->heat[extent], 0, sizeof(m->heat[extent]));
	WRITE_ONCE(m->owner[extent], owner);
	tier_mark_extent(meta, member, extent);
}

/* memory for a LUN, taken before the journal is written: applying cannot fail */
int tier_set_lun_room(struct tier_meta *meta, u64 slot)
{
	struct tier_lun_record **mem = &meta->state->lun_mem[slot];

	if (!*mem)
		*mem = tier_zalloc(sizeof(**mem));
	return *mem ? 0 : -ENOMEM;
}

/* the usage counters are left out: they count, nothing hangs on them */
u64 tier_sum_lun(u64 slot, const struct tier_lun_record *lun, struct tier_disk_lun *disk)
{
	tier_lun_encode(disk, lun);
	return tier_mix(TIER_SUM_LUN(slot),
			tier_crc32c(disk, offsetof(struct tier_disk_lun, usage)));
}

/* hash lookups are wrong until the caller has built the hash again */
void tier_set_lun(struct tier_meta *meta, u64 slot, const struct tier_lun_record *lun)
{
	struct tier_meta_state *state = meta->state;

	if (lun->flags & TIER_LUN_VALID) {
		*state->lun_mem[slot] = *lun;
		WRITE_ONCE(meta->luns[slot], state->lun_mem[slot]);
		tier_sum_replace(meta, &state->lun_sum[slot],
				 tier_sum_lun(slot, lun, &state->disk_lun));
	} else {
		WRITE_ONCE(meta->luns[slot], NULL);
		tier_sum_replace(meta, &state->lun_sum[slot], 0);
	}
	__set_bit(div_u64(slot, TIER_LUNS_PER_PAGE), meta->lun_table.dirty);
}

u64 tier_sum_member(u32 index, const struct tier_member_record *rec)
{
	struct tier_disk_member disk;

	if (rec->state == TIER_MEMBER_NONE)
		return 0;
	tier_member_encode(&disk, rec);
	return tier_mix(TIER_SUM_MEMBER(index), tier_crc32c(&disk, sizeof(disk)));
}

void tier_set_member_record(struct tier_meta *meta, u32 index,
			    const struct tier_member_record *rec)
{
	meta->members[index]->rec = *rec;
	tier_sum_replace(meta, &meta->state->member_sum[index], tier_sum_member(index, rec));
	__set_bit(index / TIER_MEMBERS_PER_PAGE, meta->member_table.dirty);
}

/*
 * A new member in a place that is free. What a dropped one of this index had
 * stayed until now, so that a reader on the way out met no freed memory.
 */
void tier_set_member(struct tier_meta *meta, u32 index, struct tier_meta_member *m)
{
	struct tier_meta_member *old = meta->members[index];
	struct tier_member_record rec = m->rec;

	WRITE_ONCE(meta->members[index], m);
	tier_meta_member_free(old);
	tier_set_member_record(meta, index, &rec);
}

static int tier_replay_extent(struct tier_meta *meta, u32 member, u64 extent, u64 owner)
{
	struct tier_meta_member *m = tier_member_get(meta, member);

	if (!m || extent >= m->rec.extents)
		return -EUCLEAN;
	tier_set_owner(meta, member, extent, owner);
	return 0;
}

static int tier_replay_lun(struct tier_meta *meta, u64 slot, const struct tier_disk_lun *disk)
{
	struct tier_lun_record *lun = &meta->state->lun;
	int err;

	if (slot >= meta->nr_lun_slots || tier_lun_decode(disk, lun) ||
	    tier_meta_lun_extents(meta, lun) > TIER_LUN_EXTENTS_MAX)
		return -EUCLEAN;
	err = tier_set_lun_room(meta, slot);
	if (!err)
		tier_set_lun(meta, slot, lun);
	return err;
}

/* the record came after the table was written and flushed: the table is whole */
static int tier_replay_member_add(struct tier_meta *meta, u32 index,
				  const struct tier_member_record *rec)
{
	struct tier_table_ref ref;
	struct tier_meta_member *m;

	if (tier_member_fits(meta, index, rec))
		return -EUCLEAN;
	m = tier_member_alloc(rec);
	if (!m)
		return -ENOMEM;
	tier_set_member(meta, index, m);
	tier_table_ref(meta, index + 2, &ref);
	return tier_table_load(meta, &ref);
}

static int tier_replay_member(struct tier_meta *meta, u64 index,
			      const struct tier_disk_member *disk)
{
	struct tier_member_record rec;
	struct tier_meta_member *m;

	if (index >= TIER_MAX_MEMBERS || tier_member_decode(disk, &rec))
		return -EUCLEAN;
	m = tier_member_get(meta, index);
	if (!m)
		return rec.state == TIER_MEMBER_NONE ? 0 :
		       tier_replay_member_add(meta, index, &rec);
	if (rec.state == TIER_MEMBER_NONE) {
		if (m->used)
			return -EUCLEAN;
	} else if (memcmp(m->rec.uuid, rec.uuid, TIER_UUID_LEN) || m->rec.table != rec.table ||
		   m->rec.extents != rec.extents || rec.tier >= meta->super.pool.nr_tiers) {
		return -EUCLEAN;
	}
	tier_set_member_record(meta, index, &rec);
	return 0;
}

/* one assignment of the journal; head and size have been checked */
int tier_replay_put(struct tier_meta *meta, const struct tier_disk_put *put, const void *payload)
{
	u64 index = le64_to_cpu(put->index);

	switch (le16_to_cpu(put->kind)) {
	case TIER_PUT_EXTENT:
		return tier_replay_extent(meta, le32_to_cpu(put->member), index,
					  le64_to_cpu(*(const __le64 *)payload));
	case TIER_PUT_LUN:
		return tier_replay_lun(meta, index, payload);
	case TIER_PUT_MEMBER:
		return tier_replay_member(meta, index, payload);
	case TIER_PUT_POOL:
		if (tier_pool_decode(payload, &meta->state->pool))
			return -EUCLEAN;
		meta->super.pool = meta->state->pool;
		return 0;
	default:
		return -EUCLEAN;
	}
}
