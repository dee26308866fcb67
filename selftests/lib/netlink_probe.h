/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What netlink_probe.c has to know of a family.
 */
#ifndef NETLINK_PROBE_H
#define NETLINK_PROBE_H

#include <linux/netlink.h>
#include <stddef.h>

#define PROBE_PAD	1	/* the attribute that pads */

struct name {
	const char *name;	/* NULL: the end of the list */
	int number;
	char type;	/* u: u32, U: u64, s: string, b: binary, n: nest */
	void (*print)(const struct nlattr *attr);	/* NULL: by the type */
};

struct probe {
	const char *family;
	const struct name *commands;
	int cmd_max;
	const struct name *attributes;
	int attr_max;
	const struct name *nested;	/* in the only nest that there is */
	int object;	/* attribute that names the pool or map */
};

/* of the program */
extern const struct probe probe;

/* of netlink_probe.c */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
const void *attr_data(const struct nlattr *a);
size_t attr_len(const struct nlattr *a);

#endif
