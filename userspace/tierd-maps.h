/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel showed of multipath maps at one time */
#ifndef TIERD_MAPS_H
#define TIERD_MAPS_H

#include <stdbool.h>

#include "libdmtier-path.h"

struct maps {
	int64_t time_ms;	/* UTC, just after the dumps; 0: never read */
	size_t nr_maps, nr_groups, nr_paths, nr_former;
	struct dmtier_map *map;
	struct dmtier_group *group;
	struct dmtier_path *path;
	struct dmtier_path *former;	/* that have left the table of a map that lives */
};

/* 0 with @m replaced, or a negative errno with @m as it was */
int maps_read(struct dmtier *h, struct maps *m);
void maps_free(struct maps *m);

/* NULL if it is not there */
const struct dmtier_map *maps_find(const struct maps *m, const char *name);

bool maps_live(const struct maps *m, uint64_t epoch);	/* is one of them of that life? */

/* the group to use by preference: the first that works and is not disabled; or NULL */
const struct dmtier_group *maps_preferred(const struct maps *m, const char *map);

#endif
