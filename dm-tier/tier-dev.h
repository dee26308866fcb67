/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices by the words of table lines, messages and requests. In both modules.
 */
#ifndef TIER_DEV_H
#define TIER_DEV_H

#include <linux/types.h>

struct dm_dev;
struct dm_target;

/**
 * tier_dev_find() - the device that a word means
 * @word: a path, or major:minor
 *
 * May sleep, and read from a filesystem: no lock is held that I/O may wait for.
 * Return: its number, or 0 if there is none.
 */
dev_t tier_dev_find(const char *word);

/**
 * tier_dev_open() - open a device of a table line
 * @ti: the target, being constructed
 * @word: a path, or major:minor
 * @dev: result, for dm_put_device(); NULL on error
 *
 * May sleep.
 * Return: 0, -ELOOP if the word means the target's own device, or -errno.
 */
int tier_dev_open(struct dm_target *ti, const char *word, struct dm_dev **dev);

#endif
