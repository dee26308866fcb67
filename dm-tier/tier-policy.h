/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys of a LUN's policy and of the pool, and the words they take.
 */
#ifndef TIER_POLICY_H
#define TIER_POLICY_H

#include "tier-pool.h"

/* change one key in a copy of a record; -EINVAL, -ENOENT with err->text */
int tier_policy_lun(struct tier_pool *pool, struct tier_lun_record *rec, const char *key,
		    const char *value, struct tier_err *err);
/* the same for the pool's record */
int tier_policy_pool(struct tier_pool_record *conf, const char *key, const char *value,
		     struct tier_err *err);

#endif
