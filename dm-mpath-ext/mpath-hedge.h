/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hedged reads: a read that is late gets a second copy on another path, and the
 * first answer wins.
 *
 * The loser may end any time later, so neither copy may use the caller's memory:
 * both read into pages of their own, and the winner's are copied. A read goes this
 * way from the start or not at all, and it does only while that can be of use: the
 * group has two paths in use, it is known when a read is late, and the budget
 * would allow a second copy now.
 */
#ifndef MPATH_HEDGE_H
#define MPATH_HEDGE_H

#include "mpath-map.h"

/**
 * mpath_hedge() - send a read in such a way that it can be hedged
 * @map: the table; reads are hedged now
 * @bio: from the map function, its struct mpath_io filled
 *
 * Does not sleep.
 *
 * Return: false if it has to go the ordinary way; true: it is under way, and will be
 * ended.
 */
bool mpath_hedge(struct mpath_map *map, struct bio *bio);

/* from the tick, the resource's lock held: when is a read late, what may be spent */
void mpath_hedge_tick(struct mpath_map *map, u64 now_ns);

int mpath_hedge_init(struct mpath_map *map);
/* all bios have ended, copies may still be under way; may sleep */
void mpath_hedge_exit(struct mpath_map *map);

#endif
