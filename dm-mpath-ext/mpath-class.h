/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the status of an I/O says about the path it took.
 */
#ifndef MPATH_CLASS_H
#define MPATH_CLASS_H

#include <linux/blk_types.h>

enum mpath_class {
	MPATH_CLASS_UP,		/* the device has answered: the error is the caller's */
	MPATH_CLASS_PATH,	/* the path is gone */
	MPATH_CLASS_DOUBT,	/* the path or the device: other paths will tell */
	MPATH_CLASS_PAUSE,	/* short of something: the path is all right */
};

enum mpath_class mpath_classify(blk_status_t status);

/* is that a device's answer to a read, whatever path it came by? any context */
bool mpath_answered(blk_status_t status);

#endif
