/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every difference between the kernels that we build for, and nowhere else.
 * HAVE_* come from compat.mk, which looks into the kernel's headers.
 */
#ifndef MPATH_COMPAT_H
#define MPATH_COMPAT_H

#include <linux/blkdev.h>
#include <linux/device-mapper.h>
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/workqueue.h>

#include "../dm-tier/compat.h"

/* 7.x wants every workqueue to say whether it is bound to CPUs */
#ifdef HAVE_WQ_PERCPU
#define MPATH_WQ_PERCPU	WQ_PERCPU
#else
#define MPATH_WQ_PERCPU	0
#endif

/* prepare_ioctl is told of the command, and may have it go no further, since 6.16 */
#ifdef HAVE_IOCTL_FORWARD
#define MPATH_PREPARE_IOCTL(name) \
	int name(struct dm_target *ti, struct block_device **bdev, unsigned int cmd, \
		 unsigned long arg, bool *forward)
#else
#define MPATH_PREPARE_IOCTL(name) \
	int name(struct dm_target *ti, struct block_device **bdev)
#endif

/* BLK_STS_NEXUS until 6.5 */
#ifndef BLK_STS_RESV_CONFLICT
#define BLK_STS_RESV_CONFLICT	BLK_STS_NEXUS
#endif

/*
 * Opening a device for reading: by struct file since 6.9 (f3a608827d1f), by
 * struct bdev_handle in 6.8, by struct block_device before; without a holder,
 * and so not exclusively. The mode is fmode_t until 6.4.
 */
#if defined(HAVE_BDEV_FILE_OPEN)

static inline void *mpath_bdev_open(dev_t dev)
{
	return bdev_file_open_by_dev(dev, BLK_OPEN_READ, NULL, NULL);
}

static inline struct block_device *mpath_bdev_of(void *handle)
{
	return file_bdev(handle);
}

static inline void mpath_bdev_close(void *handle)
{
	bdev_fput(handle);
}

#else

static inline void *mpath_bdev_open(dev_t dev)
{
	return blkdev_get_by_dev(dev, FMODE_READ, NULL);
}

static inline struct block_device *mpath_bdev_of(void *handle)
{
	return handle;
}

static inline void mpath_bdev_close(void *handle)
{
	blkdev_put(handle, FMODE_READ);
}

#endif

/* hrtimer_setup() came in 6.13 (908a1d775422) and hrtimer_init() went in 6.15 */
static inline void mpath_hrtimer_init(struct hrtimer *timer,
				      enum hrtimer_restart (*run)(struct hrtimer *),
				      enum hrtimer_mode mode)
{
#ifdef HAVE_HRTIMER_SETUP
	hrtimer_setup(timer, run, CLOCK_MONOTONIC, mode);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, mode);
	timer->function = run;
#endif
}

#endif
