/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is done ten times a second while a table is active: latencies are folded,
 * slow and hung paths are found, standby paths join and leave, probes are sent,
 * and what is due by time happens.
 */
#ifndef MPATH_TICK_H
#define MPATH_TICK_H

#include "mpath-map.h"

#define MPATH_TICK_MS		100
#define MPATH_ASIDE_FOLDS	5	/* in a row in which a path stands out */

void mpath_tick_init(struct mpath_map *map);
void mpath_tick_start(struct mpath_map *map);
/* may sleep until a tick that runs is over; the resource's lock is not held */
void mpath_tick_stop(struct mpath_map *map);

#endif
