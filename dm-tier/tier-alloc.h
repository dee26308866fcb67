/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TIER_ALLOC_H
#define TIER_ALLOC_H

#include "tier-pool.h"

/**
 * tier_alloc_start() - a write to an extent without a place
 * @lun: whose
 * @bio: a write within one extent; mapped again once the extent's record is durable
 *
 * Worker context.
 *
 * Return: false if the bio must be tried again later.
 */
bool tier_alloc_start(struct tier_lun *lun, struct bio *bio);

#endif
