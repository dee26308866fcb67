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

#endif
