/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The SCSI device behind a block device, for kernels that have SCSI at all.
 */
#ifndef MPATH_SCSI_H
#define MPATH_SCSI_H

#include <linux/blkdev.h>

#if IS_ENABLED(CONFIG_SCSI)

#include <scsi/scsi_device.h>

/*
 * NULL: it is not a SCSI disk. The disk's driver holds the SCSI device as long
 * as the block device is open, and so it is there as long.
 */
static inline struct scsi_device *mpath_scsi_of(struct block_device *bdev)
{
	struct device *parent = disk_to_dev(bdev->bd_disk)->parent;

	return parent && scsi_is_sdev_device(parent) ? to_scsi_device(parent) : NULL;
}

#endif

#endif
