/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device of a path, opened once more for I/O of our own (probes, hedged
 * reads). Such I/O may never end while the path hangs, and neither a suspend nor
 * the removal of the table may wait for it: so it holds this opening, and not the
 * table's, until it does end.
 */
#ifndef MPATH_LEG_H
#define MPATH_LEG_H

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/kref.h>
#include <linux/percpu.h>
#include <linux/workqueue.h>

struct mpath_record;
struct mpath_resource;

/*
 * I/O in flight on one path that this CPU has sent, by phase, and the pages that
 * copies of reads hold. Atomic, since it may end on another CPU; on a line of its
 * own, and mostly that of one CPU.
 */
struct mpath_load {
	atomic_t n[2];
	atomic_t pages;
} ____cacheline_aligned_in_smp;

/**
 * struct mpath_leg - an opening of a path's device
 * @refs: one of the path, one for each I/O in flight
 * @bdev: the device
 * @handle: what was opened, as the kernel has it
 * @load: I/O in flight per CPU and phase, that of the table included
 * @record: what outlives the table
 * @resource: a reference, whose record it is
 * @unsent: bios for @sender
 * @send_lock: of @unsent; taken with interrupts on
 * @sender: sends them
 * @send_wq: for @sender alone: when memory is short and no worker can be made, the one
 *	that each queue keeps for that must not sleep for another path
 * @asking: a command of mpath-inquiry.c is under way
 * @release: closes it: the last reference may be dropped in an interrupt
 */
struct mpath_leg {
	struct kref refs;
	struct block_device *bdev;
	void *handle;
	struct mpath_load __percpu *load;
	struct mpath_record *record;
	struct mpath_resource *resource;
	struct bio_list unsent;
	spinlock_t send_lock; /* of @unsent */
	struct work_struct sender;
	struct workqueue_struct *send_wq;
	atomic_t asking;
	struct work_struct release;
};

/* of the module: for what may outlive a table; may be needed to free memory */
extern struct workqueue_struct *mpath_leg_wq;
/*
 * The same, for asking paths: whoever sends to a path that hangs sleeps until that has
 * a request to spare. No I/O waits behind it, but the return of another path may.
 */
extern struct workqueue_struct *mpath_send_wq;

int mpath_leg_init(void);
/* waits until the last leg of all is closed */
void mpath_leg_exit(void);

/**
 * mpath_leg_open() - open a device for reading
 * @dev: which
 * @resource: of the table
 * @record: of the path
 *
 * May sleep. Holds the module and the resource until it is closed.
 *
 * Return: the leg, or an ERR_PTR().
 */
struct mpath_leg *mpath_leg_open(dev_t dev, struct mpath_resource *resource,
				 struct mpath_record *record);

static inline struct mpath_leg *mpath_leg_get(struct mpath_leg *leg)
{
	kref_get(&leg->refs);
	return leg;
}

/* any context */
void mpath_leg_put(struct mpath_leg *leg);

/*
 * The same where it may sleep: if nothing is in flight there the device is closed on
 * return, so that whoever has removed the table can remove the path next.
 */
void mpath_leg_close(struct mpath_leg *leg);

#endif
