/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bios that cannot go on their way at once: failed on a path, short of something,
 * or without a path. All of them are sent, requeued or ended by one worker.
 */
#ifndef MPATH_RETRY_H
#define MPATH_RETRY_H

#include "mpath-class.h"
#include "mpath-map.h"

#define MPATH_PAUSE_MS		20
#define MPATH_PAUSES		3000	/* a minute: an array may change its ports for so long */
#define MPATH_ATTEMPTS		16	/* besides one on every path */
#define MPATH_HELD_BYTES	(256ULL << 20)

/**
 * mpath_hold() - a bio finds no path
 * @map: the table
 * @bio: from the map function
 *
 * Any context.
 *
 * Return: a DM_MAPIO_* value.
 */
int mpath_hold(struct mpath_map *map, struct bio *bio);

/**
 * mpath_retry() - a bio has failed, and not by its own fault
 * @map: the table
 * @bio: from the end_io function
 * @class: not MPATH_CLASS_UP
 * @status: what it failed with
 *
 * Any context.
 *
 * Return: a DM_ENDIO_* value.
 */
int mpath_retry(struct mpath_map *map, struct bio *bio, enum mpath_class class,
		blk_status_t status);

/* a bio that was held has ended: others may be held in its place; any context */
void mpath_let_go(struct mpath_map *map, struct bio *bio);

/* paths in @tried failed a bio that was good on another; any context */
void mpath_blame(struct mpath_map *map, u64 tried);

/* what waits may go on, or has to end: the gate, a path or a probe has changed */
void mpath_retry_kick(struct mpath_map *map);

/* a probe has ended, or a path has gone: who waits for that is looked at again */
void mpath_retry_review(struct mpath_map *map);

/* end what has waited for a path for too long; may sleep; takes the resource's lock */
void mpath_retry_expire(struct mpath_map *map);

/* does I/O without a path wait for one now, or has one come meanwhile? any context */
bool mpath_retry_waits(struct mpath_map *map);

/* no path: the time for which I/O waits for one begins now; the resource's lock is held */
void mpath_retry_anew(struct mpath_map *map);

int mpath_retry_init(struct mpath_map *map);
/* all bios have ended: stop the workers */
void mpath_retry_exit(struct mpath_map *map);

#endif
