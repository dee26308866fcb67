/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way of an I/O: choose a path, send, count, and hand what failed to the
 * worker in mpath-retry.c.
 */
#ifndef MPATH_IO_H
#define MPATH_IO_H

#include "mpath-class.h"
#include "mpath-map.h"

/**
 * mpath_io_map() - send a bio down a path, or let it wait
 * @map: the table
 * @bio: as dm gives it; may be held, or ended
 *
 * Takes no lock unless the bio has to wait, allocates nothing.
 *
 * Return: a DM_MAPIO_* value.
 */
int mpath_io_map(struct mpath_map *map, struct bio *bio);

/**
 * mpath_io_end() - a bio has come back
 * @map: the table
 * @bio: which
 * @status: its status
 *
 * Any context, interrupts too.
 *
 * Return: DM_ENDIO_DONE, or DM_ENDIO_INCOMPLETE if the bio is sent once more.
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

/**
 * mpath_io_take() - the path whose turn it is; one more I/O counts as in flight there
 * @map: the table
 * @tried: paths that are not to be taken while there are others, by number
 * @cpu: on which CPU it is counted
 * @phase: in which phase
 *
 * Return: NULL if no path is in use.
 */
struct mpath_path *mpath_io_take(struct mpath_map *map, u64 tried, u32 *cpu, u8 *phase);

/**
 * mpath_io_soonest() - the path that is likely to answer first
 * @map: the table
 * @but: one that is left out
 *
 * Any context.
 *
 * Return: NULL if no other is in use.
 */
struct mpath_path *mpath_io_soonest(struct mpath_map *map, const struct mpath_path *but);

/* one more I/O is in flight there, counted on CPU @cpu in phase @phase; preemption is off */
static inline void mpath_io_enter(const struct mpath_path *path, u32 *cpu, u8 *phase)
{
	*cpu = smp_processor_id();
	*phase = READ_ONCE(path->phase);
	atomic_inc(&this_cpu_ptr(path->load)->n[*phase]);
}

/* count an I/O that has ended; any context */
static inline void mpath_count(struct mpath_counts __percpu *counts, bool write, u32 bytes,
			       u64 start_ns, blk_status_t status)
{
	u64 ns;

	if (unlikely(status)) {
		/* to be put off, or called back, is no error */
		if (mpath_classify(status) != MPATH_CLASS_PAUSE)
			this_cpu_inc(counts->errors);
		return;
	}
	ns = ktime_get_ns() - start_ns;
	this_cpu_inc(counts->ios[write]);
	this_cpu_add(counts->sectors[write], bytes >> SECTOR_SHIFT);
	this_cpu_add(counts->latency_ns[write], ns);
	this_cpu_inc(counts->buckets[write][mpath_bucket(ns)]);
}

/* I/O in flight on a path over all CPUs; exact only while none comes or goes */
u64 mpath_io_in_flight(const struct mpath_path *path);

#endif
