// SPDX-License-Identifier: GPL-2.0-only
/*
 * A LUN's map: making, growing and freeing it. Lookup is inline in tier-map.h.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "tier-map.h"

struct tier_map *tier_map_alloc(u64 extents)
{
	u64 leaves = DIV_ROUND_UP_ULL(extents, TIER_LEAF_ENTRIES);
	struct tier_map *map;

	map = kvzalloc(struct_size(map, leaf, leaves), GFP_KERNEL);
	if (!map)
		return NULL;
	map->extents = extents;
	map->leaves = leaves;
	return map;
}

void tier_map_free(struct tier_map *map)
{
	u64 i;

	if (!map)
		return;
	for (i = 0; i < map->leaves; i++)
		free_page((unsigned long)map->leaf[i]);
	kvfree(map);
}

struct tier_map *tier_map_resize(const struct tier_map *map, u64 extents)
{
	unsigned int noio = memalloc_noio_save();
	struct tier_map *new = tier_map_alloc(extents);

	memalloc_noio_restore(noio);
	if (!new)
		return NULL;
	memcpy(new->leaf, map->leaf, min(new->leaves, map->leaves) * sizeof(new->leaf[0]));
	return new;
}

void tier_map_free_resized(struct tier_map *old, const struct tier_map *kept)
{
	u64 i;

	for (i = kept->leaves; i < old->leaves; i++)
		free_page((unsigned long)old->leaf[i]);
	kvfree(old);
}

u64 *tier_map_entry_make(struct tier_map *map, u64 logical)
{
	u64 **leaf, *page;

	if (logical >= map->extents)
		return NULL;
	leaf = &map->leaf[logical / TIER_LEAF_ENTRIES];
	if (!READ_ONCE(*leaf)) {
		page = (u64 *)get_zeroed_page(GFP_NOIO);
		if (!page)
			return NULL;
		if (cmpxchg(leaf, NULL, page))
			free_page((unsigned long)page);
	}
	return tier_map_entry(map, logical);
}
