/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of libdmtier share; not for programs. */
#ifndef LIBDMTIER_PRIVATE_H
#define LIBDMTIER_PRIVATE_H

#include <netlink/netlink.h>
#include <netlink/msg.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/genl/ctrl.h>

#include "libdmtier.h"

/* a list of equal records that grows; what a dump is collected in */
struct dmtier_list {
	size_t size;		/* of one record */
	size_t nr;
	size_t room;
	char *data;
};

/* a zeroed record at the end, or NULL without memory */
void *dmtier_list_add(struct dmtier_list *list);

/*
 * One reply's attributes into records on a list. Return 0 or -errno. The
 * kernel is trusted with the meaning but not with the shape: attributes of a
 * wrong length are taken as absent.
 */
typedef int (*dmtier_decode_fn)(struct nlattr *attrs, int len, struct dmtier_list *list);

int dmtier_decode_pool(struct nlattr *attrs, int len, struct dmtier_list *list);
int dmtier_decode_tier(struct nlattr *attrs, int len, struct dmtier_list *list);
int dmtier_decode_dev(struct nlattr *attrs, int len, struct dmtier_list *list);
int dmtier_decode_lun(struct nlattr *attrs, int len, struct dmtier_list *list);
int dmtier_decode_heat(struct nlattr *attrs, int len, struct dmtier_list *list);
int dmtier_decode_extents(struct nlattr *attrs, int len, struct dmtier_list *list);
int dmtier_decode_event(struct nlattr *attrs, int len, struct dmtier_list *list);

/* libnl's numbers are its own: the errno for -NLE_... */
int dmtier_errno(int nle);

#endif
