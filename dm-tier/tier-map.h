/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Logical extent -> physical extent, looked up without a lock.
 *
 * An entry is one u64: where the extent lies, and whether somebody is changing
 * that. Zero: not mapped. Entries lie in leaves of one page each, which are
 * made on the first write to their range and live as long as the LUN.
 *
 * Who changes an entry: only the owner of its operation slot (tier-op.h), which
 * it takes by cmpxchg from a state without one. Who reads it: the I/O path,
 * under rcu_read_lock(), after it has read the pool's phase (tier-quiesce.h).
 */
#ifndef TIER_MAP_H
#define TIER_MAP_H

#include <linux/bitfield.h>
#include <linux/build_bug.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

/* a torn entry would lead into another LUN's extent */
static_assert(sizeof(long) == sizeof(u64), "entries are read in one go: 64-bit kernels only");

#define TIER_ENTRY_VALID	BIT_ULL(63)
#define TIER_ENTRY_STATE	GENMASK_ULL(62, 61)
#define TIER_ENTRY_SLOT		GENMASK_ULL(60, 51)
#define TIER_ENTRY_MEMBER	GENMASK_ULL(50, 42)
#define TIER_ENTRY_EXTENT	GENMASK_ULL(41, 0)

/* values of TIER_ENTRY_STATE; all but NORMAL carry a slot */
enum tier_entry_state {
	TIER_ENTRY_NORMAL,
	TIER_ENTRY_MOVING,	/* writes are noted when they end */
	TIER_ENTRY_HELD,	/* writes wait, reads go on */
	TIER_ENTRY_BLOCKED,	/* all wait */
};

#define TIER_LEAF_ENTRIES	(PAGE_SIZE / sizeof(u64))

/**
 * struct tier_map - one LUN's map; replaced whole (RCU) when the LUN grows
 * @extents: logical extents
 * @leaves: entries of @leaf
 * @leaf: pages of entries, NULL while nothing was ever written there
 */
struct tier_map {
	u64 extents;
	u64 leaves;
	u64 *leaf[];
};

static inline u64 tier_entry_plain(u32 member, u64 extent)
{
	return TIER_ENTRY_VALID | FIELD_PREP(TIER_ENTRY_MEMBER, (u64)member) | extent;
}

/* the entry as it is once its operation is over and nothing has changed */
static inline u64 tier_entry_settled(u64 entry)
{
	return entry & ~(TIER_ENTRY_STATE | TIER_ENTRY_SLOT);
}

static inline u64 tier_entry_busy(u64 settled, enum tier_entry_state state, u32 slot)
{
	return settled | FIELD_PREP(TIER_ENTRY_STATE, (u64)state) |
	       FIELD_PREP(TIER_ENTRY_SLOT, (u64)slot);
}

static inline u32 tier_entry_member(u64 entry)
{
	return FIELD_GET(TIER_ENTRY_MEMBER, entry);
}

static inline u64 tier_entry_extent(u64 entry)
{
	return FIELD_GET(TIER_ENTRY_EXTENT, entry);
}

static inline enum tier_entry_state tier_entry_state(u64 entry)
{
	return FIELD_GET(TIER_ENTRY_STATE, entry);
}

static inline u32 tier_entry_slot(u64 entry)
{
	return FIELD_GET(TIER_ENTRY_SLOT, entry);
}

/* a map without leaves for so many extents, or NULL; freed with its leaves */
struct tier_map *tier_map_alloc(u64 extents);
void tier_map_free(struct tier_map *map);

/*
 * A larger (or smaller) map that shares the leaves both have. GFP_NOIO: first
 * writes wait for the map's lock, which the caller holds.
 */
struct tier_map *tier_map_resize(const struct tier_map *map, u64 extents);
/* free @old, but not the leaves that @kept took over */
void tier_map_free_resized(struct tier_map *old, const struct tier_map *kept);

/* address of an entry, NULL if its leaf is not there or @logical is beyond */
static inline u64 *tier_map_entry(const struct tier_map *map, u64 logical)
{
	u64 *leaf;

	if (unlikely(logical >= map->extents))
		return NULL;
	leaf = READ_ONCE(map->leaf[logical / TIER_LEAF_ENTRIES]);
	return leaf ? leaf + logical % TIER_LEAF_ENTRIES : NULL;
}

/* the same, making the leaf: may sleep, GFP_NOIO; NULL if memory is out */
u64 *tier_map_entry_make(struct tier_map *map, u64 logical);

#endif
