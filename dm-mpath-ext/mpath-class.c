// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the status of an I/O says about the path it took.
 */
#include "compat.h"
#include "mpath-class.h"

/**
 * mpath_classify() - whose an error is
 * @status: of a bio that has ended, not BLK_STS_OK
 *
 * A plain I/O error is what drivers say when they know no better, so it is held
 * against the other paths. A status that is not known here goes up: a second
 * attempt at what nobody understands could do harm. Any context.
 *
 * Return: the class.
 */
enum mpath_class mpath_classify(blk_status_t status)
{
	switch (status) {
	case BLK_STS_TRANSPORT:
	case BLK_STS_OFFLINE:
	case BLK_STS_TIMEOUT:
		return MPATH_CLASS_PATH;
	case BLK_STS_IOERR:
		return MPATH_CLASS_DOUBT;
	case BLK_STS_RESOURCE:
	case BLK_STS_DEV_RESOURCE:
	case BLK_STS_AGAIN:
		return MPATH_CLASS_PAUSE;
	default:
		return MPATH_CLASS_UP;
	}
}

bool mpath_answered(blk_status_t status)
{
	switch (status) {
	case BLK_STS_OK:
	case BLK_STS_MEDIUM:
	case BLK_STS_RESV_CONFLICT:
		return true;
	default:
		return false;
	}
}
