// SPDX-License-Identifier: GPL-2.0-only
/*
 * Status and table lines.
 */
#include "tier-lun.h"
#include "tier-target.h"

static const char *tier_status_tier(const struct tier_pool *pool, u8 tier)
{
	return tier == TIER_NONE ? "none" : tier_name(pool, tier);
}

static size_t tier_status_members(struct tier_pool *pool, char *result, size_t sz,
				  unsigned int maxlen)
{
	unsigned int i;

	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		struct tier_member *member = pool->members[i];

		if (!member)
			continue;
		DMEMIT(" dev=%s,%s,%s,%llu/%llu", member->name, tier_name(pool, member->tier),
		       tier_member_state_name(member->state), READ_ONCE(member->used),
		       member->space.nr);
		if (member->state == TIER_MEMBER_DRAINING)
			DMEMIT(",of=%llu", member->evac_total);
		if (member->tag[0])
			DMEMIT(",tag=%s", member->tag);
	}
	return sz;
}

static void tier_status_pool_info(struct tier_pool *pool, char *result, unsigned int maxlen)
{
	u64 total, used, free;
	unsigned int i;
	size_t sz = 0;

	DMEMIT("%llu %llu/%llu %u", pool->meta.super.generation, tier_meta_used(&pool->meta),
	       tier_meta_total(&pool->meta), pool->nr_ranks);
	for (i = 0; i < pool->nr_ranks; i++) {
		tier_pool_tier_space(pool, pool->by_rank[i], &total, &used, &free);
		DMEMIT(" %s %llu/%llu", tier_name(pool, pool->by_rank[i]), used, total);
	}
	DMEMIT(" %s %d", tier_mode_name(pool->mode), atomic_read(&pool->moves));
	DMEMIT(" extent_sectors=%llu luns=%u moves_done=%llu moves_failed=%llu",
	       pool->extent_sectors, pool->nr_luns, pool->moves_done, pool->moves_failed);
	DMEMIT(" move_rate=%u headroom=%u tick=%u moves=%s no_space_timeout=%u",
	       pool->conf.move_rate, pool->conf.headroom, pool->conf.tick_ms,
	       pool->conf.moves ? "on" : "off", pool->conf.no_space_timeout);
	DMEMIT(" meta_copies=%u replayed=%llu waiting=%s", hweight32(pool->meta.copies),
	       pool->meta.replayed, bio_list_empty(&pool->no_space) ? "no" : "yes");
	for (i = 0; i < pool->nr_ranks; i++)
		DMEMIT(" latency_%s=%llu", tier_name(pool, pool->by_rank[i]),
		       pool->tiers[pool->by_rank[i]].latency_ns);
	tier_status_members(pool, result, sz, maxlen);
}

static void tier_status_pool_table(struct tier_pool_target *table, char *result,
				   unsigned int maxlen)
{
	const struct tier_features *features = &table->features;
	unsigned int t, d;
	size_t sz = 0;

	DMEMIT("%s %llu %u", table->meta[0]->name, table->extent_sectors,
	       (table->meta[1] ? 2 : 0) + features->read_only + features->error_if_no_space +
	       features->skip_zeroing + features->no_discard_passdown);
	if (table->meta[1])
		DMEMIT(" metadata_mirror %s", table->meta[1]->name);
	if (features->read_only)
		DMEMIT(" read_only");
	if (features->error_if_no_space)
		DMEMIT(" error_if_no_space");
	if (features->skip_zeroing)
		DMEMIT(" skip_zeroing");
	if (features->no_discard_passdown)
		DMEMIT(" no_discard_passdown");
	DMEMIT(" %u", table->nr_tiers);
	for (t = 0; t < table->nr_tiers; t++) {
		DMEMIT(" %s %u", table->tiers[t].name, table->tiers[t].nr_devs);
		for (d = 0; d < table->tiers[t].nr_devs; d++)
			DMEMIT(" %s", table->tiers[t].devs[d]->name);
	}
}

void tier_status_pool(struct tier_pool_target *table, status_type_t type, char *result,
		      unsigned int maxlen)
{
	struct tier_pool *pool = table->pool;

	*result = '\0';
	if (type == STATUSTYPE_TABLE) {
		tier_status_pool_table(table, result, maxlen);
	} else if (type == STATUSTYPE_INFO) {
		mutex_lock(&pool->lock);
		if (pool->loaded)
			tier_status_pool_info(pool, result, maxlen);
		else
			strscpy(result, "0 0/0 0 fail 0", maxlen);
		mutex_unlock(&pool->lock);
	}
}

/* a key that has a value for each tier: those that are set, or none */
static size_t tier_status_shares(struct tier_pool *pool, const char *key, const u64 *shares,
				 char *result, size_t sz, unsigned int maxlen)
{
	bool none = true;
	unsigned int i;

	for (i = 0; i < pool->nr_ranks; i++) {
		u8 tier = pool->by_rank[i];

		if (!shares[tier])
			continue;
		DMEMIT(" %s=%s:%llu", key, tier_name(pool, tier), shares[tier]);
		none = false;
	}
	if (none)
		DMEMIT(" %s=none", key);
	return sz;
}

static size_t tier_status_policy(struct tier_lun *lun, char *result, size_t sz,
				 unsigned int maxlen)
{
	const struct tier_lun_record *rec = &lun->rec;
	struct tier_pool *pool = lun->pool;
	const char *comma = "";
	unsigned int i;

	DMEMIT(" tiers=");
	for (i = 0; i < pool->nr_ranks; i++) {
		if (!(rec->allowed & BIT(pool->by_rank[i])))
			continue;
		DMEMIT("%s%s", comma, tier_name(pool, pool->by_rank[i]));
		comma = ",";
	}
	DMEMIT(" start_tier=%s pin=%s home=%s target=%s", tier_status_tier(pool, rec->start),
	       tier_status_tier(pool, rec->pin), tier_status_tier(pool, rec->home),
	       tier_status_tier(pool, rec->target));
	DMEMIT(" up_iops=%u down_iops=%u hold=%u weight=%u move_rate=%u verify=%s auto=%s",
	       rec->up_iops, rec->down_iops, rec->hold, rec->weight, rec->move_rate,
	       rec->flags & TIER_LUN_VERIFY ? "on" : "off",
	       rec->flags & TIER_LUN_AUTO ? "on" : "off");
	DMEMIT(" tags=%s", rec->tags[0] ? rec->tags : "none");
	sz = tier_status_shares(pool, "reserve", rec->reserve, result, sz, maxlen);
	return tier_status_shares(pool, "max", rec->max, result, sz, maxlen);
}

static void tier_status_lun_info(struct tier_lun *lun, char *result, unsigned int maxlen)
{
	struct tier_pool *pool = lun->pool;
	struct tier_usage usage[TIER_MAX_TIERS];
	unsigned int i;
	size_t sz = 0;

	DMEMIT("%llu %u", tier_lun_mapped(lun) << pool->extent_shift, pool->nr_ranks);
	for (i = 0; i < pool->nr_ranks; i++)
		DMEMIT(" %s %llu", tier_name(pool, pool->by_rank[i]),
		       lun->used[pool->by_rank[i]] << pool->extent_shift);
	DMEMIT(" iops=%llu", READ_ONCE(lun->iops));
	sz = tier_status_policy(lun, result, sz, maxlen);
	tier_lun_usage(lun, usage);
	/* reads, writes, sectors read and written, moved in and out, extents x ms */
	for (i = 0; i < pool->nr_ranks; i++) {
		const struct tier_usage *use = &usage[pool->by_rank[i]];

		DMEMIT(" usage_%s=%llu,%llu,%llu,%llu,%llu,%llu,%llu",
		       tier_name(pool, pool->by_rank[i]), use->read_ios, use->write_ios,
		       use->read_sectors, use->write_sectors, use->in_sectors, use->out_sectors,
		       use->held_ms);
	}
}

void tier_status_lun(struct tier_lun_target *lt, status_type_t type, char *result,
		     unsigned int maxlen)
{
	size_t sz = 0;

	*result = '\0';
	if (type == STATUSTYPE_TABLE) {
		DMEMIT("%s %u", lt->pool_dev->name, lt->id);
	} else if (type == STATUSTYPE_INFO) {
		mutex_lock(&lt->pool->lock);
		tier_status_lun_info(lt->lun, result, maxlen);
		mutex_unlock(&lt->pool->lock);
	}
}
