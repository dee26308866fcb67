/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The target as device-mapper calls it.
 */
#ifndef MPATH_TARGET_H
#define MPATH_TARGET_H

#include "mpath-map.h"

extern struct target_type mpath_target_type;

const char *mpath_missing(const struct mpath_conf *conf);

/**
 * mpath_message() - a message of dmsetup
 * @map: to which table
 * @argc: words
 * @argv: the words
 *
 * May sleep; takes the resource's lock.
 *
 * Return: 0, or -errno after a line in the log that says what is wrong; nothing has
 * changed then.
 */
int mpath_message(struct mpath_map *map, unsigned int argc, char **argv);

#endif
