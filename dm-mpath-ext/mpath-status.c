// SPDX-License-Identifier: GPL-2.0-only
/*
 * Status and table:
 *
 *	<#feature args> <bios that wait> <bytes that wait>
 *	<#hw handler args> <#groups> <group in use, from 1>
 *	{ <A|E|D> <#selector args> <#paths> <#path args>
 *	  { <dev> <A|F> <fail count> <path args> }... }...
 *
 * The path args are <state> <latency in us> <in flight> <hedges sent> <hedges won>.
 */
#include "mpath-io.h"
#include "mpath-path.h"
#include "mpath-resource.h"
#include "mpath-status.h"

#define MPATH_STATUS_ARGS	5

static char mpath_group_letter(const struct mpath_map *map, u32 g)
{
	if (map->groups[g].off)
		return 'D';
	return rcu_access_pointer(map->snap) && map->current_group == g ? 'A' : 'E';
}

u64 mpath_waiting(struct mpath_map *map)
{
	u64 n;

	spin_lock_irq(&map->wait_lock);
	n = bio_list_size(&map->held) + bio_list_size(&map->doubt) + bio_list_size(&map->paused) +
	    bio_list_size(&map->retry);
	spin_unlock_irq(&map->wait_lock);
	return n;
}

static void mpath_status_info(struct mpath_map *map, char *result, unsigned int maxlen)
{
	struct mpath_counts sum;
	unsigned int sz = 0;
	u32 g, p;

	DMEMIT("2 %llu %llu 0 %u %u", mpath_waiting(map), READ_ONCE(map->held_bytes),
	       map->conf->nr_groups, map->conf->nr_groups ? map->current_group + 1 : 0);
	for (g = 0; g < map->conf->nr_groups; g++) {
		const struct mpath_conf_group *conf = map->groups[g].conf;

		DMEMIT(" %c 0 %u %u", mpath_group_letter(map, g), conf->paths, MPATH_STATUS_ARGS);
		for (p = conf->first; p < conf->first + conf->paths; p++) {
			const struct mpath_path *path = &map->paths[p];
			const struct mpath_health *health = &path->record->health;

			mpath_record_sum(path->record, &sum);
			DMEMIT(" %s %c %u %s %llu %llu %llu %llu", path->dev->name,
			       mpath_path_works(path) ? 'A' : 'F', health->fails,
			       mpath_state_names[health->state],
			       div_u64(READ_ONCE(path->record->average), NSEC_PER_USEC),
			       mpath_io_in_flight(path), sum.hedges_sent, sum.hedges_won);
		}
	}
}

void mpath_status(struct mpath_map *map, status_type_t type, char *result, unsigned int maxlen)
{
	mutex_lock(&map->resource->lock);
	switch (type) {
	case STATUSTYPE_INFO:
		mpath_status_info(map, result, maxlen);
		break;
	case STATUSTYPE_TABLE:
		mpath_conf_print(map->conf, result, maxlen);
		break;
	default:
		*result = '\0';
	}
	mutex_unlock(&map->resource->lock);
}
