/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Do two paths lead to one device? By size, then by what the device says of
 * itself (NAA, EUI-64 or T10 identifier) where both paths say something of the
 * same kind, else by samples of what they hold. Two devices that are alike in all
 * of that, as blank ones are, cannot be told apart.
 */
#ifndef MPATH_IDENTITY_H
#define MPATH_IDENTITY_H

#include "mpath-leg.h"

enum mpath_likeness {
	MPATH_SAME,
	MPATH_OTHER,
	MPATH_UNKNOWN,	/* one of them could not be read */
};

/**
 * mpath_identity_compare() - look at two paths
 * @a: one
 * @b: the other; may be written to meanwhile, as may @a
 *
 * May sleep, for some seconds at the most even if a path hangs.
 *
 * Return: whether they show the same device, as far as can be told.
 */
enum mpath_likeness mpath_identity_compare(struct mpath_leg *a, struct mpath_leg *b);

#endif
