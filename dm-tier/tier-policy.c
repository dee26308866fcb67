// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policy keys. Each changes one thing in a copy of a record, which the caller
 * commits; a wrong word changes nothing and is named.
 */
#include "tier-policy.h"

/* a number in range; @value is named in the error, with what was allowed */
static int tier_policy_number(const char *key, const char *value, u64 min, u64 max, u64 *number,
			      struct tier_err *err)
{
	if (tier_parse_number(value, min, max, number))
		return tier_fail(err, -EINVAL, "%s: '%.32s' is not a number from %llu to %llu", key,
				 value, min, max);
	return 0;
}

static int tier_policy_u32(const char *key, const char *value, u32 min, u32 max, u32 *to,
			   struct tier_err *err)
{
	u64 number;
	int ret = tier_policy_number(key, value, min, max, &number, err);

	if (!ret)
		*to = number;
	return ret;
}

static int tier_policy_flag(const char *key, const char *value, u32 *flags, u32 flag,
			    struct tier_err *err)
{
	if (!strcmp(value, "on"))
		*flags |= flag;
	else if (!strcmp(value, "off"))
		*flags &= ~flag;
	else
		return tier_fail(err, -EINVAL, "%s: '%.32s' is neither on nor off", key, value);
	return 0;
}

static int tier_policy_tier(struct tier_pool *pool, const char *key, const char *name,
			    struct tier_err *err)
{
	int tier = tier_pool_tier_by_name(pool, name);

	if (tier < 0)
		return tier_fail(err, -ENOENT, "%s: no tier '%.32s' in this pool", key, name);
	return tier;
}

static int tier_policy_tier_or_none(struct tier_pool *pool, struct tier_lun_record *rec,
				    const char *key, const char *value, u8 *to,
				    struct tier_err *err)
{
	int tier;

	if (!strcmp(value, "none")) {
		*to = TIER_NONE;
		return 0;
	}
	tier = tier_policy_tier(pool, key, value, err);
	if (tier < 0)
		return tier;
	if (!(rec->allowed & BIT(tier)))
		return tier_fail(err, -EPERM, "%s: LUN %u may not use tier %s", key, rec->id,
				 value);
	*to = tier;
	return 0;
}

/* pinned to one tier it would never arrive at another */
static int tier_policy_pin(struct tier_pool *pool, struct tier_lun_record *rec, const char *value,
			   struct tier_err *err)
{
	int ret = tier_policy_tier_or_none(pool, rec, "pin", value, &rec->pin, err);

	if (!ret && rec->pin != TIER_NONE && rec->target != TIER_NONE && rec->target != rec->pin)
		return tier_fail(err, -EBUSY,
				 "pin: the LUN is migrating to %s: migrate_lun %u none gives that up",
				 tier_name(pool, rec->target), rec->id);
	return ret;
}

/* the LUN may not be told to be where it is not allowed */
static int tier_policy_conflict(struct tier_pool *pool, const struct tier_lun_record *rec,
				struct tier_err *err)
{
	if (rec->pin != TIER_NONE && !(rec->allowed & BIT(rec->pin)))
		return tier_fail(err, -EINVAL, "tiers: the LUN is pinned to %s",
				 tier_name(pool, rec->pin));
	if (rec->start != TIER_NONE && !(rec->allowed & BIT(rec->start)))
		return tier_fail(err, -EINVAL, "tiers: the LUN starts on %s",
				 tier_name(pool, rec->start));
	if (rec->target != TIER_NONE && !(rec->allowed & BIT(rec->target)))
		return tier_fail(err, -EBUSY, "tiers: the LUN is migrating to %s",
				 tier_name(pool, rec->target));
	return 0;
}

static int tier_policy_tiers(struct tier_pool *pool, struct tier_lun_record *rec,
			     const char *value, struct tier_err *err)
{
	char words[TIER_MAX_TIERS * TIER_NAME_LEN], *rest = words, *word;
	u8 allowed = 0;
	int tier;

	if (strscpy(words, value, sizeof(words)) < 0)
		return tier_fail(err, -EINVAL, "tiers: list too long");
	while ((word = strsep(&rest, ","))) {
		tier = tier_policy_tier(pool, "tiers", word, err);
		if (tier < 0)
			return tier;
		if (allowed & BIT(tier))
			return tier_fail(err, -EINVAL, "tiers: %s given twice", word);
		allowed |= BIT(tier);
	}
	rec->allowed = allowed;
	if (rec->home != TIER_NONE && !(allowed & BIT(rec->home)))
		rec->home = TIER_NONE;
	return tier_policy_conflict(pool, rec, err);
}

/* <tier>:<extents> */
static int tier_policy_share(struct tier_pool *pool, const char *key, const char *value,
			     u64 *shares, struct tier_err *err)
{
	char name[TIER_NAME_LEN];
	const char *colon = strrchr(value, ':');
	u64 number;
	int tier, ret;

	if (!colon || colon - value >= sizeof(name))
		return tier_fail(err, -EINVAL, "%s: '%.32s' is not <tier>:<extents>", key, value);
	memcpy(name, value, colon - value);
	name[colon - value] = 0;
	tier = tier_policy_tier(pool, key, name, err);
	if (tier < 0)
		return tier;
	ret = tier_policy_number(key, colon + 1, 0, TIER_LOGICAL_MASK, &number, err);
	if (!ret)
		shares[tier] = number;
	return ret;
}

static int tier_policy_reserve(struct tier_pool *pool, struct tier_lun_record *rec,
			       const char *value, struct tier_err *err)
{
	u64 old[TIER_MAX_TIERS], total, used, free;
	unsigned int t;
	int ret;

	memcpy(old, rec->reserve, sizeof(old));
	ret = tier_policy_share(pool, "reserve", value, rec->reserve, err);
	for (t = 0; !ret && t < TIER_MAX_TIERS; t++) {
		u64 reserved = rec->reserve[t];
		struct tier_lun *lun;

		if (reserved <= old[t])
			continue;
		list_for_each_entry(lun, &pool->luns, list)
			if (lun->id != rec->id)
				reserved += lun->rec.reserve[t];
		tier_pool_tier_space(pool, t, &total, &used, &free);
		if (reserved > total)
			ret = tier_fail(err, -ENOSPC,
					"reserve: %llu extents of %s would be reserved, it has %llu",
					reserved, tier_name(pool, t), total);
	}
	return ret;
}

static int tier_policy_tags(struct tier_lun_record *rec, const char *value, struct tier_err *err)
{
	char words[TIER_TAGS_LEN], *rest = words, *word, *before;

	memset(words, 0, sizeof(words));
	if (!strcmp(value, "none")) {
		memset(rec->tags, 0, sizeof(rec->tags));
		return 0;
	}
	if (strscpy(words, value, sizeof(words)) < 0)
		return tier_fail(err, -EINVAL, "tags: list longer than %d", TIER_TAGS_LEN - 1);
	while ((word = strsep(&rest, ","))) {
		/* none stands for no tag at all */
		if (!tier_name_ok(word, TIER_TAG_LEN) || !strcmp(word, "none"))
			return tier_fail(err, -EINVAL, "tags: '%.32s' is not a tag", word);
		for (before = words; before < word; before += strlen(before) + 1)
			if (!strcmp(before, word))
				return tier_fail(err, -EINVAL, "tags: %s given twice", word);
	}
	memset(rec->tags, 0, sizeof(rec->tags));
	strscpy(rec->tags, value, sizeof(rec->tags));
	return 0;
}

int tier_policy_lun(struct tier_pool *pool, struct tier_lun_record *rec, const char *key,
		    const char *value, struct tier_err *err)
{
	u32 number;
	int ret;

	if (!strcmp(key, "tiers"))
		return tier_policy_tiers(pool, rec, value, err);
	if (!strcmp(key, "start_tier"))
		return tier_policy_tier_or_none(pool, rec, key, value, &rec->start, err);
	if (!strcmp(key, "pin"))
		return tier_policy_pin(pool, rec, value, err);
	if (!strcmp(key, "up_iops"))
		return tier_policy_u32(key, value, 0, U32_MAX, &rec->up_iops, err);
	if (!strcmp(key, "down_iops"))
		return tier_policy_u32(key, value, 0, U32_MAX, &rec->down_iops, err);
	if (!strcmp(key, "hold"))
		return tier_policy_u32(key, value, 0, 31536000, &rec->hold, err);
	if (!strcmp(key, "reserve"))
		return tier_policy_reserve(pool, rec, value, err);
	if (!strcmp(key, "max"))
		return tier_policy_share(pool, key, value, rec->max, err);
	if (!strcmp(key, "weight")) {
		ret = tier_policy_u32(key, value, 1, 10000, &number, err);
		if (!ret)
			rec->weight = number;
		return ret;
	}
	if (!strcmp(key, "move_rate"))
		return tier_policy_u32(key, value, 0, 1048576, &rec->move_rate, err);
	if (!strcmp(key, "verify"))
		return tier_policy_flag(key, value, &rec->flags, TIER_LUN_VERIFY, err);
	if (!strcmp(key, "auto"))
		return tier_policy_flag(key, value, &rec->flags, TIER_LUN_AUTO, err);
	if (!strcmp(key, "tags"))
		return tier_policy_tags(rec, value, err);
	return tier_fail(err, -EINVAL, "no LUN key '%.32s'", key);
}

int tier_policy_pool(struct tier_pool_record *conf, const char *key, const char *value,
		     struct tier_err *err)
{
	if (!strcmp(key, "move_rate"))
		return tier_policy_u32(key, value, 1, 1048576, &conf->move_rate, err);
	if (!strcmp(key, "headroom"))
		return tier_policy_u32(key, value, 0, 50, &conf->headroom, err);
	if (!strcmp(key, "tick"))
		return tier_policy_u32(key, value, 10, 60000, &conf->tick_ms, err);
	if (!strcmp(key, "no_space_timeout"))
		return tier_policy_u32(key, value, 0, 86400, &conf->no_space_timeout, err);
	if (!strcmp(key, "moves"))
		return tier_policy_flag(key, value, &conf->moves, 1, err);
	return tier_fail(err, -EINVAL, "no pool key '%.32s'", key);
}
