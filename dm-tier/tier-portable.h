/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the pure files (format, space, heat, plan, meta, journal) need of their
 * surroundings: the kernel's headers in the module, small stand-ins in the
 * unit tests, the offline tools and the simulator. Nothing else belongs here.
 */
#ifndef TIER_PORTABLE_H
#define TIER_PORTABLE_H

#ifdef __KERNEL__

#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/crc32c.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/stdarg.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

/* GFP_NOIO by scope: callers that must not start I/O use memalloc_noio_save() */
#define tier_zalloc(bytes)	kvzalloc((bytes), GFP_KERNEL)
#define tier_free(p)		kvfree(p)
#define tier_crc32c(p, n)	crc32c(~0U, (p), (n))

#else /* userspace */

#include "tier-portable-user.h"

#endif
#endif
