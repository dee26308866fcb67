/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every difference between the kernels that we build for, and nowhere else.
 * HAVE_* come from compat.mk, which looks into the kernel's headers.
 */
#ifndef TIER_COMPAT_H
#define TIER_COMPAT_H

/* -- netlink -- */

/* attributes of a dump's request: genl_info_dump() since 6.6 (5c670a010de4) */
#ifdef HAVE_GENL_INFO_DUMP
#define tier_dump_attrs(cb)	(genl_info_dump(cb)->attrs)
#else
#define tier_dump_attrs(cb)	(genl_dumpit_info(cb)->attrs)
#endif

/*
 * Who may listen to a group: since 6.7, and in the stable series. Older kernels
 * let anybody of the initial network namespace join any group.
 */
#ifdef HAVE_GENL_MCAST_CAP_SYS_ADMIN
#define TIER_MCAST_ADMIN	.flags = GENL_MCAST_CAP_SYS_ADMIN,
#else
#define TIER_MCAST_ADMIN
#endif

/* -- block and device-mapper -- */

#include <linux/blkdev.h>
#include <linux/device-mapper.h>
#include <linux/dm-io.h>

/*
 * dm_io() takes a priority since 6.10 (6e5f0f6383b4); by 7.2 it tells regions that
 * cannot do the operation from those that failed, which is all one to us.
 */
static inline int tier_dm_io(struct dm_io_request *request, unsigned int nr,
			     struct dm_io_region *where, unsigned long *errors)
{
#if defined(HAVE_DM_IO_UNSUP)
	unsigned long unsup = 0;
	int ret = dm_io(request, nr, where, errors, &unsup, IOPRIO_DEFAULT);

	if (errors)
		*errors |= unsup;
	return ret;
#elif defined(HAVE_DM_IO_IOPRIO)
	return dm_io(request, nr, where, errors, IOPRIO_DEFAULT);
#else
	return dm_io(request, nr, where, errors);
#endif
}

/* what dm_io() calls at the end of an asynchronous request: name(errors, context) */
#ifdef HAVE_DM_IO_UNSUP
#define TIER_DM_IO_NOTIFY(name) \
	static void name##_notify(unsigned long errors, unsigned long unsup, void *context) \
	{ \
		name(errors | unsup, context); \
	}
#else
#define TIER_DM_IO_NOTIFY(name) \
	static void name##_notify(unsigned long errors, void *context) \
	{ \
		name(errors, context); \
	}
#endif

/* dm_get_dev_t() became dm_devt_from_path() in 6.9; 0 if there is no such device */
static inline dev_t tier_dev_by_path(const char *path)
{
#ifdef HAVE_DM_DEVT_FROM_PATH
	dev_t dev;

	return dm_devt_from_path(path, &dev) ? 0 : dev;
#else
	return dm_get_dev_t(path);
#endif
}

/* bdev_nonrot() was turned round in 7.0 */
static inline bool tier_bdev_rotational(struct block_device *bdev)
{
#ifdef HAVE_BDEV_ROT
	return bdev_rot(bdev);
#else
	return !bdev_nonrot(bdev);
#endif
}

/* max_discard_sectors is derived since 6.9, and set directly before */
static inline void tier_limits_set_discard(struct queue_limits *limits, unsigned int sectors)
{
	limits->max_hw_discard_sectors = sectors;
#ifndef HAVE_MAX_USER_DISCARD_SECTORS
	limits->max_discard_sectors = sectors;
#endif
}

#endif
