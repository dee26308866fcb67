// SPDX-License-Identifier: GPL-2.0-only
/* Netlink attributes into libdmtier's structs, by table. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libdmtier-private.h"

enum kind { END, U32, U64, STR, BIN };

struct field {
	enum kind kind;
	int attr;
	size_t offset;
	size_t size;
};

#define F(kind_, attr_, type, member) \
	{ kind_, attr_, offsetof(type, member), sizeof(((type *)0)->member) }

void *dmtier_list_add(struct dmtier_list *list)
{
	if (list->nr == list->room) {
		size_t room = list->room ? list->room * 2 : 16;
		char *data = reallocarray(list->data, room, list->size);

		if (!data)
			return NULL;
		list->data = data;
		list->room = room;
	}
	return memset(list->data + list->nr++ * list->size, 0, list->size);
}

/* a number of either width, so that widening one later breaks nothing */
static bool number(const struct nlattr *a, uint64_t *value)
{
	uint32_t narrow;

	switch (nla_len(a)) {
	case sizeof(narrow):
		memcpy(&narrow, nla_data(a), sizeof(narrow));
		*value = narrow;
		return true;
	case sizeof(*value):
		memcpy(value, nla_data(a), sizeof(*value));
		return true;
	default:
		return false;
	}
}

static void put(void *record, const struct field *f, const struct nlattr *a)
{
	char *to = (char *)record + f->offset;
	uint64_t value = 0;
	uint32_t narrow;

	switch (f->kind) {
	case STR:
		nla_strlcpy(to, a, f->size);
		break;
	case BIN:
		if ((size_t)nla_len(a) == f->size)
			memcpy(to, nla_data(a), f->size);
		break;
	case U32:
		if (number(a, &value)) {
			narrow = value;
			memcpy(to, &narrow, sizeof(narrow));
		}
		break;
	case U64:
		if (number(a, &value))
			memcpy(to, &value, sizeof(value));
		break;
	case END:
		break;
	}
}

static void put_all(void *record, const struct field *fields, struct nlattr **tb)
{
	for (; fields->kind != END; fields++)
		if (tb[fields->attr])
			put(record, fields, tb[fields->attr]);
}

static int decode(struct nlattr *attrs, int len, const struct field *fields, void *record,
		  struct nlattr **tb)
{
	if (!record)
		return -ENOMEM;
	if (nla_parse(tb, DM_TIER_A_MAX, attrs, len, NULL) < 0)
		return -EBADMSG;
	put_all(record, fields, tb);
	return 0;
}

int dmtier_decode_pool(struct nlattr *attrs, int len, struct dmtier_list *list)
{
	static const struct field fields[] = {
		F(STR, DM_TIER_A_POOL, struct dmtier_pool, name),
		F(BIN, DM_TIER_A_POOL_UUID, struct dmtier_pool, uuid),
		F(STR, DM_TIER_A_MODE, struct dmtier_pool, mode),
		F(U64, DM_TIER_A_GENERATION, struct dmtier_pool, generation),
		F(U64, DM_TIER_A_EXTENT_SECTORS, struct dmtier_pool, extent_sectors),
		F(U64, DM_TIER_A_META_USED, struct dmtier_pool, meta_used),
		F(U64, DM_TIER_A_META_TOTAL, struct dmtier_pool, meta_total),
		F(U64, DM_TIER_A_MOVES_DONE, struct dmtier_pool, moves_done),
		F(U64, DM_TIER_A_MOVES_FAILED, struct dmtier_pool, moves_failed),
		F(U64, DM_TIER_A_TICK, struct dmtier_pool, tick),
		F(U64, DM_TIER_A_ACTIVE_MS, struct dmtier_pool, active_ms),
		F(U32, DM_TIER_A_META_COPIES, struct dmtier_pool, meta_copies),
		F(U32, DM_TIER_A_MOVES_IN_FLIGHT, struct dmtier_pool, moves_in_flight),
		F(U32, DM_TIER_A_TICK_MS, struct dmtier_pool, tick_ms),
		F(U32, DM_TIER_A_MOVE_RATE, struct dmtier_pool, move_rate),
		F(U32, DM_TIER_A_HEADROOM, struct dmtier_pool, headroom),
		F(U32, DM_TIER_A_MOVES, struct dmtier_pool, moves),
		F(U32, DM_TIER_A_NO_SPACE_TIMEOUT, struct dmtier_pool, no_space_timeout),
		{ 0 }
	};
	struct nlattr *tb[DM_TIER_A_MAX + 1];

	return decode(attrs, len, fields, dmtier_list_add(list), tb);
}

int dmtier_decode_tier(struct nlattr *attrs, int len, struct dmtier_list *list)
{
	static const struct field fields[] = {
		F(STR, DM_TIER_A_POOL, struct dmtier_tier, pool),
		F(STR, DM_TIER_A_TIER, struct dmtier_tier, name),
		F(U32, DM_TIER_A_RANK, struct dmtier_tier, rank),
		F(U64, DM_TIER_A_TOTAL, struct dmtier_tier, total),
		F(U64, DM_TIER_A_USED, struct dmtier_tier, used),
		F(U64, DM_TIER_A_LATENCY_NS, struct dmtier_tier, latency_ns),
		{ 0 }
	};
	struct nlattr *tb[DM_TIER_A_MAX + 1];

	return decode(attrs, len, fields, dmtier_list_add(list), tb);
}

int dmtier_decode_dev(struct nlattr *attrs, int len, struct dmtier_list *list)
{
	static const struct field fields[] = {
		F(STR, DM_TIER_A_POOL, struct dmtier_dev, pool),
		F(STR, DM_TIER_A_DEV, struct dmtier_dev, dev),
		F(STR, DM_TIER_A_TIER, struct dmtier_dev, tier),
		F(STR, DM_TIER_A_STATE, struct dmtier_dev, state),
		F(STR, DM_TIER_A_TAG, struct dmtier_dev, tag),
		F(BIN, DM_TIER_A_DEV_UUID, struct dmtier_dev, uuid),
		F(U32, DM_TIER_A_DEV_INDEX, struct dmtier_dev, index),
		F(U32, DM_TIER_A_RANK, struct dmtier_dev, rank),
		F(U64, DM_TIER_A_TOTAL, struct dmtier_dev, total),
		F(U64, DM_TIER_A_USED, struct dmtier_dev, used),
		F(U64, DM_TIER_A_LATENCY_NS, struct dmtier_dev, latency_ns),
		F(U64, DM_TIER_A_EVAC_TOTAL, struct dmtier_dev, evac_total),
		F(U64, DM_TIER_A_EVAC_LEFT, struct dmtier_dev, evac_left),
		{ 0 }
	};
	struct nlattr *tb[DM_TIER_A_MAX + 1];
	struct dmtier_dev *dev = dmtier_list_add(list);
	int err = decode(attrs, len, fields, dev, tb);

	if (!err)
		dev->has_evac = tb[DM_TIER_A_EVAC_TOTAL] && tb[DM_TIER_A_EVAC_LEFT];
	return err;
}

static int decode_usage(struct nlattr *nest, struct dmtier_usage *usage, uint32_t *nr)
{
	static const struct field fields[] = {
		F(STR, DM_TIER_U_TIER, struct dmtier_usage, tier),
		F(U64, DM_TIER_U_EXTENTS, struct dmtier_usage, extents),
		F(U64, DM_TIER_U_READ_IOS, struct dmtier_usage, read_ios),
		F(U64, DM_TIER_U_WRITE_IOS, struct dmtier_usage, write_ios),
		F(U64, DM_TIER_U_READ_SECTORS, struct dmtier_usage, read_sectors),
		F(U64, DM_TIER_U_WRITE_SECTORS, struct dmtier_usage, write_sectors),
		F(U64, DM_TIER_U_IN_SECTORS, struct dmtier_usage, in_sectors),
		F(U64, DM_TIER_U_OUT_SECTORS, struct dmtier_usage, out_sectors),
		F(U64, DM_TIER_U_HELD_MS, struct dmtier_usage, held_ms),
		F(U64, DM_TIER_U_RESERVE, struct dmtier_usage, reserve),
		F(U64, DM_TIER_U_MAX, struct dmtier_usage, max),
		{ 0 }
	};
	struct nlattr *tb[DM_TIER_U_ATTR_MAX + 1];

	if (*nr == DMTIER_MAX_TIERS)
		return -EBADMSG;
	if (nla_parse_nested(tb, DM_TIER_U_ATTR_MAX, nest, NULL) < 0)
		return -EBADMSG;
	put_all(&usage[(*nr)++], fields, tb);
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
	static const struct field fields[] = {
		F(STR, DM_TIER_A_POOL, struct dmtier_lun, pool),
		F(BIN, DM_TIER_A_POOL_UUID, struct dmtier_lun, pool_uuid),
		F(U32, DM_TIER_A_LUN, struct dmtier_lun, id),
		F(U32, DM_TIER_A_WEIGHT, struct dmtier_lun, weight),
		F(U32, DM_TIER_A_UP_IOPS, struct dmtier_lun, up_iops),
		F(U32, DM_TIER_A_DOWN_IOPS, struct dmtier_lun, down_iops),
		F(U32, DM_TIER_A_HOLD, struct dmtier_lun, hold),
		F(U32, DM_TIER_A_MOVE_RATE, struct dmtier_lun, move_rate),
		F(U32, DM_TIER_A_VERIFY, struct dmtier_lun, verify),
		F(U32, DM_TIER_A_AUTO, struct dmtier_lun, auto_move),
		F(U64, DM_TIER_A_SECTORS, struct dmtier_lun, sectors),
		F(U64, DM_TIER_A_MAPPED, struct dmtier_lun, mapped),
		F(U64, DM_TIER_A_IOPS, struct dmtier_lun, iops),
		F(U64, DM_TIER_A_GENERATION, struct dmtier_lun, generation),
		F(U64, DM_TIER_A_ACTIVE_MS, struct dmtier_lun, active_ms),
		F(STR, DM_TIER_A_ALLOWED, struct dmtier_lun, allowed),
		F(STR, DM_TIER_A_TAGS, struct dmtier_lun, tags),
		F(STR, DM_TIER_A_START_TIER, struct dmtier_lun, start_tier),
		F(STR, DM_TIER_A_PIN, struct dmtier_lun, pin),
		F(STR, DM_TIER_A_HOME, struct dmtier_lun, home),
		F(STR, DM_TIER_A_TARGET, struct dmtier_lun, target),
		{ 0 }
	};
	struct nlattr *tb[DM_TIER_A_MAX + 1];
	struct dmtier_lun *lun = dmtier_list_add(list);
	int err = decode(attrs, len, fields, lun, tb);

	return err ? err : decode_usages(attrs, len, lun->usage, &lun->nr_usage);
}

int dmtier_decode_heat(struct nlattr *attrs, int len, struct dmtier_list *list)
{
	static const struct field fields[] = {
		F(STR, DM_TIER_A_POOL, struct dmtier_heat, pool),
		F(STR, DM_TIER_A_TIER, struct dmtier_heat, tier),
		F(U32, DM_TIER_A_LUN, struct dmtier_heat, lun),
		F(BIN, DM_TIER_A_HEAT, struct dmtier_heat, bucket),
		{ 0 }
	};
	struct nlattr *tb[DM_TIER_A_MAX + 1];

	return decode(attrs, len, fields, dmtier_list_add(list), tb);
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
	static const struct field fields[] = {
		F(STR, DM_TIER_A_EVENT, struct dmtier_event, event),
		F(STR, DM_TIER_A_POOL, struct dmtier_event, pool),
		F(BIN, DM_TIER_A_POOL_UUID, struct dmtier_event, pool_uuid),
		F(U64, DM_TIER_A_SEQ, struct dmtier_event, seq),
		F(U64, DM_TIER_A_TIME_NS, struct dmtier_event, time_ns),
		F(U32, DM_TIER_A_LUN, struct dmtier_event, lun),
		F(U32, DM_TIER_A_ERROR, struct dmtier_event, error),
		F(U64, DM_TIER_A_LOGICAL, struct dmtier_event, logical),
		F(U64, DM_TIER_A_IOPS, struct dmtier_event, iops),
		F(U64, DM_TIER_A_USED, struct dmtier_event, used),
		F(U64, DM_TIER_A_TOTAL, struct dmtier_event, total),
		F(U64, DM_TIER_A_EVAC_TOTAL, struct dmtier_event, evac_total),
		F(U64, DM_TIER_A_EVAC_LEFT, struct dmtier_event, evac_left),
		F(U64, DM_TIER_A_SECTORS, struct dmtier_event, sectors),
		F(U64, DM_TIER_A_GENERATION, struct dmtier_event, generation),
		F(STR, DM_TIER_A_TIER, struct dmtier_event, tier),
		F(STR, DM_TIER_A_FROM, struct dmtier_event, from),
		F(STR, DM_TIER_A_TO, struct dmtier_event, to),
		F(STR, DM_TIER_A_DEV, struct dmtier_event, dev),
		F(STR, DM_TIER_A_FROM_DEV, struct dmtier_event, from_dev),
		F(STR, DM_TIER_A_TO_DEV, struct dmtier_event, to_dev),
		F(STR, DM_TIER_A_STATE, struct dmtier_event, state),
		F(STR, DM_TIER_A_MODE, struct dmtier_event, mode),
		F(STR, DM_TIER_A_KEY, struct dmtier_event, key),
		F(STR, DM_TIER_A_VALUE, struct dmtier_event, value),
		F(STR, DM_TIER_A_REASON, struct dmtier_event, reason),
		{ 0 }
	};
	struct nlattr *tb[DM_TIER_A_MAX + 1];
	struct dmtier_event *event = dmtier_list_add(list);
	int i, err = decode(attrs, len, fields, event, tb);

	for (i = 1; !err && i <= DM_TIER_A_MAX; i++)
		event->has[i] = tb[i];
	return err ? err : decode_usages(attrs, len, event->usage, &event->nr_usage);
}
