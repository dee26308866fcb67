/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an administrator says of paths and groups: the same for messages and for
 * netlink. All take the resource's lock themselves and may sleep; they return 0,
 * or -errno with @err saying what is wrong, and then nothing has changed. EAGAIN:
 * the map is suspended. ENODEV: no such path, ENOENT: no such group.
 */
#ifndef MPATH_COMMAND_H
#define MPATH_COMMAND_H

#include "tier-err.h"

struct mpath_resource;

/* take a path out of use until mpath_cmd_reinstate_path(); by path or major:minor */
int mpath_cmd_fail_path(struct mpath_resource *resource, const char *dev, struct tier_err *err);
/*
 * Use a path again, whatever was seen of it; but EINVAL if it shows another device
 * than a path that works. That look may take some seconds if a path hangs.
 */
int mpath_cmd_reinstate_path(struct mpath_resource *resource, const char *dev,
			     struct tier_err *err);
/* use a group, by number from 1, as long as it has a path */
int mpath_cmd_switch_group(struct mpath_resource *resource, u32 group, struct tier_err *err);
/* a group that is disabled is used only if no other has a path */
int mpath_cmd_disable_group(struct mpath_resource *resource, u32 group, struct tier_err *err);
int mpath_cmd_enable_group(struct mpath_resource *resource, u32 group, struct tier_err *err);

/**
 * mpath_cmd_set() - change one feature
 * @resource: of the map
 * @argc: words, one at the least
 * @argv: the feature and its arguments, as in a table line, or
 *	fail_if_no_path
 * @err: gets the text of an error
 *
 * Return: 0 or -errno.
 */
int mpath_cmd_set(struct mpath_resource *resource, unsigned int argc, char **argv,
		  struct tier_err *err);

#endif
