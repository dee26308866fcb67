/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A SCSI device's designators, asked of the device itself: the kernel's own copy of
 * them is from when the device was scanned, and an array may have put another unit
 * behind the same address since.
 */
#ifndef MPATH_INQUIRY_H
#define MPATH_INQUIRY_H

#include "mpath-ids.h"
#include "mpath-leg.h"

#if IS_ENABLED(CONFIG_SCSI)

/**
 * mpath_inquiry() - ask
 * @leg: the path
 * @ids: result
 *
 * May sleep, for some seconds at the most even if the path hangs.
 *
 * Return: 0; -ENODATA if the device has none, -ENXIO if it is no SCSI device, and
 * another error if it does not answer.
 */
int mpath_inquiry(struct mpath_leg *leg, struct mpath_ids *ids);

#else

static inline int mpath_inquiry(struct mpath_leg *leg, struct mpath_ids *ids)
{
	return -ENXIO;
}

#endif

#endif
