// SPDX-License-Identifier: GPL-2.0-only
/* Attributes of the family dm_tier into libdmtier's structs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libdmtier-private.h"

int dmtier_decode_pool(struct nlattr *attrs, int len, struct dmtier_list *list)
{
	static const struct dmtier_field fields[] = {
		DMTIER_F(STR, DM_TIER_A_POOL, struct dmtier_pool, name),
		DMTIER_F(BIN, DM_TIER_A_POOL_UUID, struct dmtier_pool, uuid),
		DMTIER_F(STR, DM_TIER_A_MODE, struct dmtier_pool, mode),
		DMTIER_F(U64, DM_TIER_A_GENERATION, struct dmtier_pool, generation),
		DMTIER_F(U64, DM_TIER_A_EXTENT_SECTORS, struct dmtier_pool, extent_sectors),
		DMTIER_F(U64, DM_TIER_A_META_USED, struct dmtier_pool, meta_used),
		DMTIER_F(U64, DM_TIER_A_META_TOTAL, struct dmtier_pool, meta_total),
		DMTIER_F(U64, DM_TIER_A_MOVES_DONE, struct dmtier_pool, moves_done),
		DMTIER_F(U64, DM_TIER_A_MOVES_FAILED, struct dmtier_pool, moves_failed),
		DMTIER_F(U64, DM_TIER_A_TICK, struct dmtier_pool, tick),
		DMTIER_F(U64, DM_TIER_A_ACTIVE_MS, struct dmtier_pool, active_ms),
		DMTIER_F(U32, DM_TIER_A_META_COPIES, struct dmtier_pool, meta_copies),
		DMTIER_F(U32, DM_TIER_A_MOVES_IN_FLIGHT, struct dmtier_pool, moves_in_flight),
		DMTIER_F(U32, DM_TIER_A_TICK_MS, struct dmtier_pool, tick_ms),
		DMTIER_F(U32, DM_TIER_A_MOVE_RATE, struct dmtier_pool, move_rate),
		DMTIER_F(U32, DM_TIER_A_HEADROOM, struct dmtier_pool, headroom),
		DMTIER_F(U32, DM_TIER_A_MOVES, struct dmtier_pool, moves),
		DMTIER_F(U32, DM_TIER_A_NO_SPACE_TIMEOUT, struct dmtier_pool, no_space_timeout),
		{ 0 }
	};
	struct nlattr *tb[DM_TIER_A_MAX + 1];

	return dmtier_decode(attrs, len, fields, dmtier_list_add(list), tb, DM_TIER_A_MAX);
}

int dmtier_decode_tier(struct nlattr *attrs, int len, struct dmtier_list *list)
{
	static const struct dmtier_field fields[] = {
		DMTIER_F(STR, DM_TIER_A_POOL, struct dmtier_tier, pool),
		DMTIER_F(STR, DM_TIER_A_TIER, struct dmtier_tier, name),
		DMTIER_F(U32, DM_TIER_A_RANK, struct dmtier_tier, rank),
		DMTIER_F(U64, DM_TIER_A_TOTAL, struct dmtier_tier, total),
		DMTIER_F(U64, DM_TIER_A_USED, struct dmtier_tier, used),
		DMTIER_F(U64, DM_TIER_A_LATENCY_NS, struct dmtier_tier, latency_ns),
		{ 0 }
	};
	struct nlattr *tb[DM_TIER_A_MAX + 1];

	return dmtier_decode(attrs, len, fields, dmtier_list_add(list), tb, DM_TIER_A_MAX);
}

int dmtier_decode_dev(struct nlattr *attrs, int len, struct dmtier_list *list)
{
	static const struct dmtier_field fields[] = {
		DMTIER_F(STR, DM_TIER_A_POOL, struct dmtier_dev, pool),
		DMTIER_F(STR, DM_TIER_A_DEV, struct dmtier_dev, dev),
		DMTIER_F(STR, DM_TIER_A_TIER, struct dmtier_dev, tier),
		DMTIER_F(STR, DM_TIER_A_STATE, struct dmtier_dev, state),
		DMTIER_F(STR, DM_TIER_A_TAG, struct dmtier_dev, tag),
		DMTIER_F(BIN, DM_TIER_A_DEV_UUID, struct dmtier_dev, uuid),
		DMTIER_F(U32, DM_TIER_A_DEV_INDEX, struct dmtier_dev, index),
		DMTIER_F(U32, DM_TIER_A_RANK, struct dmtier_dev, rank),
		DMTIER_F(U64, DM_TIER_A_TOTAL, struct dmtier_dev, total),
		DMTIER_F(U64, DM_TIER_A_USED, struct dmtier_dev, used),
		DMTIER_F(U64, DM_TIER_A_LATENCY_NS, struct dmtier_dev, latency_ns),
		DMTIER_F(U64, DM_TIER_A_EVAC_TOTAL, struct dmtier_dev, evac_total),
		DMTIER_F(U64, DM_TIER_A_EVAC_LEFT, struct dmtier_dev, evac_left),
		{ 0 }
	};
	struct nlattr *tb[DM_TIER_A_MAX + 1];
	struct dmtier_dev *dev = dmtier_list_add(list);
	int err = dmtier_decode(attrs, len, fields, dev, tb, DM_TIER_A_MAX);

	if (!err)
		dev->has_evac = tb[DM_TIER_A_EVAC_TOTAL] && tb[DM_TIER_A_EVAC_LEFT];
	return err;
}

static int decode_usage(struct nlattr *nest, struct dmtier_usage *usage, uint32_t *nr)
{
	static const struct dmtier_field fields[] = {
		DMTIER_F(STR, DM_TIER_U_TIER, struct dmtier_usage, tier),
		DMTIER_F(U64, DM_TIER_U_EXTENTS, struct dmtier_usage, extents),
		DMTIER_F(U64, DM_TIER_U_READ_IOS, struct dmtier_usage, read_ios),
		DMTIER_F(U64, DM_TIER_U_WRITE_IOS, struct dmtier_usage, write_ios),
		DMTIER_F(U64, DM_TIER_U_READ_SECTORS, struct dmtier_usage, read_sectors),
		DMTIER_F(U64, DM_TIER_U_WRITE_SECTORS, struct dmtier_usage, write_sectors),
		DMTIER_F(U64, DM_TIER_U_IN_SECTORS, struct dmtier_usage, in_sectors),
		DMTIER_F(U64, DM_TIER_U_OUT_SECTORS, struct dmtier_usage, out_sectors),
		DMTIER_F(U64, DM_TIER_U_HELD_MS, struct dmtier_usage, held_ms),
		DMTIER_F(U64, DM_TIER_U_RESERVE, struct dmtier_usage, reserve),
		DMTIER_F(U64, DM_TIER_U_MAX, struct dmtier_usage, max),
		{ 0 }
	};
	struct nlattr *tb[DM_TIER_U_ATTR_MAX + 1];

	if (*nr == DMTIER_MAX_TIERS)
		return -EBADMSG;
	if (nla_parse_nested(tb, DM_TIER_U_ATTR_MAX, nest, NULL) < 0)
		return -EBADMSG;
	dmtier_put_fields(&usage[(*nr)++], fields, tb);
	return 0;
}

/* one nest for each tier */
static int decode_usages(struct nlattr *attrs, int len, struct dmtier_usage *usage, uint32_t *nr)
{
	struct nlattr *a;
	int left, err;

	nla_for_each_attr(a, attrs, len, left) {
		if (nla_type(a) != DM_TIER_A_USAGE)
			continue;
		err = decode_usage(a, usage, nr);
		if (err)
			return err;
	}
	return 0;
}

int dmtier_decode_lun(struct nlattr *attrs, int len, struct dmtier_list *list)
{
	static const struct dmtier_field fields[] = {
		DMTIER_F(STR, DM_TIER_A_POOL, struct dmtier_lun, pool),
		DMTIER_F(BIN, DM_TIER_A_POOL_UUID, struct dmtier_lun, pool_uuid),
		DMTIER_F(U32, DM_TIER_A_LUN, struct dmtier_lun, id),
		DMTIER_F(U32, DM_TIER_A_WEIGHT, struct dmtier_lun, weight),
		DMTIER_F(U32, DM_TIER_A_UP_IOPS, struct dmtier_lun, up_iops),
		DMTIER_F(U32, DM_TIER_A_DOWN_IOPS, struct dmtier_lun, down_iops),
		DMTIER_F(U32, DM_TIER_A_HOLD, struct dmtier_lun, hold),
		DMTIER_F(U32, DM_TIER_A_MOVE_RATE, struct dmtier_lun, move_rate),
		DMTIER_F(U32, DM_TIER_A_VERIFY, struct dmtier_lun, verify),
		DMTIER_F(U32, DM_TIER_A_AUTO, struct dmtier_lun, auto_move),
		DMTIER_F(U64, DM_TIER_A_SECTORS, struct dmtier_lun, sectors),
		DMTIER_F(U64, DM_TIER_A_MAPPED, struct dmtier_lun, mapped),
		DMTIER_F(U64, DM_TIER_A_IOPS, struct dmtier_lun, iops),
		DMTIER_F(U64, DM_TIER_A_GENERATION, struct dmtier_lun, generation),
		DMTIER_F(U64, DM_TIER_A_ACTIVE_MS, struct dmtier_lun, active_ms),
		DMTIER_F(STR, DM_TIER_A_ALLOWED, struct dmtier_lun, allowed),
		DMTIER_F(STR, DM_TIER_A_TAGS, struct dmtier_lun, tags),
		DMTIER_F(STR, DM_TIER_A_START_TIER, struct dmtier_lun, start_tier),
		DMTIER_F(STR, DM_TIER_A_PIN, struct dmtier_lun, pin),
		DMTIER_F(STR, DM_TIER_A_HOME, struct dmtier_lun, home),
		DMTIER_F(STR, DM_TIER_A_TARGET, struct dmtier_lun, target),
		{ 0 }
	};
	struct nlattr *tb[DM_TIER_A_MAX + 1];
	struct dmtier_lun *lun = dmtier_list_add(list);
	int err = dmtier_decode(attrs, len, fields, lun, tb, DM_TIER_A_MAX);

	return err ? err : decode_usages(attrs, len, lun->usage, &lun->nr_usage);
}

int dmtier_decode_heat(struct nlattr *attrs, int len, struct dmtier_list *list)
{
	static const struct dmtier_field fields[] = {
		DMTIER_F(STR, DM_TIER_A_POOL, struct dmtier_heat, pool),
		DMTIER_F(STR, DM_TIER_A_TIER, struct dmtier_heat, tier),
		DMTIER_F(U32, DM_TIER_A_LUN, struct dmtier_heat, lun),
		DMTIER_F(BIN, DM_TIER_A_HEAT, struct dmtier_heat, bucket),
		{ 0 }
	};
	struct nlattr *tb[DM_TIER_A_MAX + 1];

	return dmtier_decode(attrs, len, fields, dmtier_list_add(list), tb, DM_TIER_A_MAX);
}

int dmtier_decode_extents(struct nlattr *attrs, int len, struct dmtier_list *list)
{
	struct nlattr *tb[DM_TIER_A_MAX + 1], *a;
	size_t i, nr;
	void *record;

	if (nla_parse(tb, DM_TIER_A_MAX, attrs, len, NULL) < 0)
		return -EBADMSG;
	a = tb[DM_TIER_A_EXTENTS];
	if (!a)
		return 0;
	nr = nla_len(a) / list->size;
	for (i = 0; i < nr; i++) {
		record = dmtier_list_add(list);
		if (!record)
			return -ENOMEM;
		memcpy(record, (char *)nla_data(a) + i * list->size, list->size);
	}
	return 0;
}

int dmtier_decode_event(struct nlattr *attrs, int len, struct dmtier_list *list)
{
	static const struct dmtier_field fields[] = {
		DMTIER_F(STR, DM_TIER_A_EVENT, struct dmtier_event, event),
		DMTIER_F(STR, DM_TIER_A_POOL, struct dmtier_event, pool),
		DMTIER_F(BIN, DM_TIER_A_POOL_UUID, struct dmtier_event, pool_uuid),
		DMTIER_F(U64, DM_TIER_A_SEQ, struct dmtier_event, seq),
		DMTIER_F(U64, DM_TIER_A_TIME_NS, struct dmtier_event, time_ns),
		DMTIER_F(U32, DM_TIER_A_LUN, struct dmtier_event, lun),
		DMTIER_F(U32, DM_TIER_A_ERROR, struct dmtier_event, error),
		DMTIER_F(U64, DM_TIER_A_LOGICAL, struct dmtier_event, logical),
		DMTIER_F(U64, DM_TIER_A_IOPS, struct dmtier_event, iops),
		DMTIER_F(U64, DM_TIER_A_USED, struct dmtier_event, used),
		DMTIER_F(U64, DM_TIER_A_TOTAL, struct dmtier_event, total),
		DMTIER_F(U64, DM_TIER_A_EVAC_TOTAL, struct dmtier_event, evac_total),
		DMTIER_F(U64, DM_TIER_A_EVAC_LEFT, struct dmtier_event, evac_left),
		DMTIER_F(U64, DM_TIER_A_SECTORS, struct dmtier_event, sectors),
		DMTIER_F(U64, DM_TIER_A_GENERATION, struct dmtier_event, generation),
		DMTIER_F(STR, DM_TIER_A_TIER, struct dmtier_event, tier),
		DMTIER_F(STR, DM_TIER_A_FROM, struct dmtier_event, from),
		DMTIER_F(STR, DM_TIER_A_TO, struct dmtier_event, to),
		DMTIER_F(STR, DM_TIER_A_DEV, struct dmtier_event, dev),
		DMTIER_F(STR, DM_TIER_A_FROM_DEV, struct dmtier_event, from_dev),
		DMTIER_F(STR, DM_TIER_A_TO_DEV, struct dmtier_event, to_dev),
		DMTIER_F(STR, DM_TIER_A_STATE, struct dmtier_event, state),
		DMTIER_F(STR, DM_TIER_A_MODE, struct dmtier_event, mode),
		DMTIER_F(STR, DM_TIER_A_KEY, struct dmtier_event, key),
		DMTIER_F(STR, DM_TIER_A_VALUE, struct dmtier_event, value),
		DMTIER_F(STR, DM_TIER_A_REASON, struct dmtier_event, reason),
		{ 0 }
	};
	struct nlattr *tb[DM_TIER_A_MAX + 1];
	struct dmtier_event *event = dmtier_list_add(list);
	int i, err = dmtier_decode(attrs, len, fields, event, tb, DM_TIER_A_MAX);

	for (i = 1; !err && i <= DM_TIER_A_MAX; i++)
		event->has[i] = tb[i];
	return err ? err : decode_usages(attrs, len, event->usage, &event->nr_usage);
}
