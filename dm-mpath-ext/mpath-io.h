/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way of an I/O: choose a path, send, count, and hand what failed to the
 * worker in mpath-retry.c.
 */
#ifndef MPATH_IO_H
#define MPATH_IO_H

#include "mpath-map.h"

/**
 * mpath_io_map() - send a bio down a path, or let it wait
 * @map: the table
 * @bio: as dm gives it; may be held, or ended
 *
 * Takes no lock unless the bio has to wait, allocates nothing. Return: a
 * DM_MAPIO_* value.
 */
int mpath_io_map(struct mpath_map *map, struct bio *bio);

/**
 * mpath_io_end() - a bio has come back
 * @map: the table
 * @bio: which
 * @status: its status
 *
 * Any context, interrupts too. Return: DM_ENDIO_DONE, or DM_ENDIO_INCOMPLETE if
 * the bio is sent once more.
 */
int mpath_io_end(struct mpath_map *map, struct bio *bio, blk_status_t status);

/**
 * mpath_io_choose() - a path for a bio, counted in as in flight
 * @map: the table
 * @bio: gets the path's device
 *
 * Return: false if no path is in use.
 */
bool mpath_io_choose(struct mpath_map *map, struct bio *bio);

/* I/O in flight on a path over all CPUs; exact only while none comes or goes */
u64 mpath_io_in_flight(const struct mpath_path *path);

#endif
