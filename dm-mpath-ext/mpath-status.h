/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Status and table as dm-multipath's readers expect them.
 */
#ifndef MPATH_STATUS_H
#define MPATH_STATUS_H

#include "mpath-map.h"

/* bios that wait, for a path or for being sent again; may sleep */
u64 mpath_waiting(struct mpath_map *map);

/* may sleep; takes the resource's lock */
void mpath_status(struct mpath_map *map, status_type_t type, char *result, unsigned int maxlen);

#endif
