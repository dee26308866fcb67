// SPDX-License-Identifier: GPL-2.0-only
/* Attributes of the family dm_mpath_ext into libdmtier's structs. */
#include <errno.h>

#include "libdmtier-private.h"

const char *const dmtier_path_states[DMTIER_PATH_STATES] = {
	[DMTIER_PATH_UP] = "up",
	[DMTIER_PATH_SLOW] = "slow",
	[DMTIER_PATH_HUNG] = "hung",
	[DMTIER_PATH_FAILED] = "failed",
	[DMTIER_PATH_FOREIGN] = "foreign",
	[DMTIER_PATH_OFF] = "off",
};

int dmtier_decode_map(struct nlattr *attrs, int len, struct dmtier_list *list)
{
	static const struct dmtier_field fields[] = {
		DMTIER_F(STR, DM_MPATH_EXT_A_MAP, struct dmtier_map, name),
		DMTIER_F(STR, DM_MPATH_EXT_A_MAP_UUID, struct dmtier_map, uuid),
		DMTIER_F(STR, DM_MPATH_EXT_A_MAP_DEV, struct dmtier_map, dev),
		DMTIER_F(STR, DM_MPATH_EXT_A_STATE, struct dmtier_map, state),
		DMTIER_F(STR, DM_MPATH_EXT_A_HANDLER, struct dmtier_map, handler),
		DMTIER_F(STR, DM_MPATH_EXT_A_FAILBACK, struct dmtier_map, failback),
		DMTIER_F(U64, DM_MPATH_EXT_A_EPOCH, struct dmtier_map, epoch),
		DMTIER_F(U64, DM_MPATH_EXT_A_SEQ, struct dmtier_map, seq),
		DMTIER_F(U64, DM_MPATH_EXT_A_SECTORS, struct dmtier_map, sectors),
		DMTIER_F(U64, DM_MPATH_EXT_A_HELD_IOS, struct dmtier_map, held_ios),
		DMTIER_F(U64, DM_MPATH_EXT_A_HELD_BYTES, struct dmtier_map, held_bytes),
		DMTIER_F(U32, DM_MPATH_EXT_A_GROUP, struct dmtier_map, group),
		DMTIER_F(U32, DM_MPATH_EXT_A_GROUPS, struct dmtier_map, groups),
		DMTIER_F(U32, DM_MPATH_EXT_A_PATHS, struct dmtier_map, paths),
		DMTIER_F(U32, DM_MPATH_EXT_A_PATHS_USABLE, struct dmtier_map, usable),
		DMTIER_F(U32, DM_MPATH_EXT_A_QUEUE, struct dmtier_map, queue),
		DMTIER_F(U32, DM_MPATH_EXT_A_QUEUE_TIMEOUT, struct dmtier_map, queue_timeout),
		DMTIER_F(U32, DM_MPATH_EXT_A_PROBE_INTERVAL, struct dmtier_map, probe_interval),
		DMTIER_F(U32, DM_MPATH_EXT_A_HUNG_TIME, struct dmtier_map, hung_time),
		DMTIER_F(U32, DM_MPATH_EXT_A_SLOW_RATIO, struct dmtier_map, slow_ratio),
		DMTIER_F(U32, DM_MPATH_EXT_A_HEDGE_PERCENTILE, struct dmtier_map,
			 hedge_percentile),
		DMTIER_F(U32, DM_MPATH_EXT_A_HEDGE_BUDGET, struct dmtier_map, hedge_budget),
		DMTIER_F(U32, DM_MPATH_EXT_A_ELASTIC_HIGH, struct dmtier_map, elastic_high),
		DMTIER_F(U32, DM_MPATH_EXT_A_ELASTIC_LOW, struct dmtier_map, elastic_low),
		{ 0 }
	};
	struct nlattr *tb[DM_MPATH_EXT_A_MAX + 1];

	return dmtier_decode(attrs, len, fields, dmtier_list_add(list), tb, DM_MPATH_EXT_A_MAX);
}

int dmtier_decode_group(struct nlattr *attrs, int len, struct dmtier_list *list)
{
	static const struct dmtier_field fields[] = {
		DMTIER_F(STR, DM_MPATH_EXT_A_MAP, struct dmtier_group, map),
		DMTIER_F(STR, DM_MPATH_EXT_A_MAP_UUID, struct dmtier_group, map_uuid),
		DMTIER_F(STR, DM_MPATH_EXT_A_SELECTOR, struct dmtier_group, selector),
		DMTIER_F(U64, DM_MPATH_EXT_A_EPOCH, struct dmtier_group, epoch),
		DMTIER_F(U32, DM_MPATH_EXT_A_GROUP, struct dmtier_group, group),
		DMTIER_F(U32, DM_MPATH_EXT_A_PATHS, struct dmtier_group, paths),
		DMTIER_F(U32, DM_MPATH_EXT_A_PATHS_USABLE, struct dmtier_group, usable),
		DMTIER_F(U32, DM_MPATH_EXT_A_DISABLED, struct dmtier_group, disabled),
		DMTIER_F(U32, DM_MPATH_EXT_A_IN_USE, struct dmtier_group, in_use),
		{ 0 }
	};
	struct nlattr *tb[DM_MPATH_EXT_A_MAX + 1];

	return dmtier_decode(attrs, len, fields, dmtier_list_add(list), tb, DM_MPATH_EXT_A_MAX);
}

static int decode_spent(struct nlattr *nest, struct dmtier_path *path)
{
	static const struct dmtier_field fields[] = {
		DMTIER_F(U64, DM_MPATH_EXT_S_UP, struct dmtier_path, spent_ms[DMTIER_PATH_UP]),
		DMTIER_F(U64, DM_MPATH_EXT_S_SLOW, struct dmtier_path,
			 spent_ms[DMTIER_PATH_SLOW]),
		DMTIER_F(U64, DM_MPATH_EXT_S_HUNG, struct dmtier_path,
			 spent_ms[DMTIER_PATH_HUNG]),
		DMTIER_F(U64, DM_MPATH_EXT_S_FAILED, struct dmtier_path,
			 spent_ms[DMTIER_PATH_FAILED]),
		DMTIER_F(U64, DM_MPATH_EXT_S_FOREIGN, struct dmtier_path,
			 spent_ms[DMTIER_PATH_FOREIGN]),
		DMTIER_F(U64, DM_MPATH_EXT_S_OFF, struct dmtier_path, spent_ms[DMTIER_PATH_OFF]),
		{ 0 }
	};
	struct nlattr *tb[DM_MPATH_EXT_S_ATTR_MAX + 1];

	if (nla_parse_nested(tb, DM_MPATH_EXT_S_ATTR_MAX, nest, NULL) < 0)
		return -EBADMSG;
	dmtier_put_fields(path, fields, tb);
	return 0;
}

static int decode_path(struct nlattr *attrs, int len, struct dmtier_path *path)
{
	static const struct dmtier_field fields[] = {
		DMTIER_F(STR, DM_MPATH_EXT_A_MAP, struct dmtier_path, map),
		DMTIER_F(STR, DM_MPATH_EXT_A_MAP_UUID, struct dmtier_path, map_uuid),
		DMTIER_F(STR, DM_MPATH_EXT_A_DEV, struct dmtier_path, dev),
		DMTIER_F(STR, DM_MPATH_EXT_A_STATE, struct dmtier_path, state),
		DMTIER_F(STR, DM_MPATH_EXT_A_ROLE, struct dmtier_path, role),
		DMTIER_F(STR, DM_MPATH_EXT_A_ACCESS, struct dmtier_path, access),
		DMTIER_F(U64, DM_MPATH_EXT_A_EPOCH, struct dmtier_path, epoch),
		DMTIER_F(U32, DM_MPATH_EXT_A_GROUP, struct dmtier_path, group),
		DMTIER_F(U32, DM_MPATH_EXT_A_WEIGHT, struct dmtier_path, weight),
		DMTIER_F(U32, DM_MPATH_EXT_A_COST, struct dmtier_path, cost),
		DMTIER_F(U32, DM_MPATH_EXT_A_IN_USE, struct dmtier_path, in_use),
		DMTIER_F(U32, DM_MPATH_EXT_A_FLAPPING, struct dmtier_path, flapping),
		DMTIER_F(U32, DM_MPATH_EXT_A_FAILS, struct dmtier_path, fails),
		DMTIER_F(U64, DM_MPATH_EXT_A_SINCE_MS, struct dmtier_path, since_ms),
		DMTIER_F(U64, DM_MPATH_EXT_A_LATENCY_NS, struct dmtier_path, latency_ns),
		DMTIER_F(U64, DM_MPATH_EXT_A_IN_FLIGHT, struct dmtier_path, in_flight),
		DMTIER_F(U64, DM_MPATH_EXT_A_READ_IOS, struct dmtier_path, read_ios),
		DMTIER_F(U64, DM_MPATH_EXT_A_WRITE_IOS, struct dmtier_path, write_ios),
		DMTIER_F(U64, DM_MPATH_EXT_A_READ_SECTORS, struct dmtier_path, read_sectors),
		DMTIER_F(U64, DM_MPATH_EXT_A_WRITE_SECTORS, struct dmtier_path, write_sectors),
		DMTIER_F(U64, DM_MPATH_EXT_A_READ_NS, struct dmtier_path, read_ns),
		DMTIER_F(U64, DM_MPATH_EXT_A_WRITE_NS, struct dmtier_path, write_ns),
		DMTIER_F(U64, DM_MPATH_EXT_A_ERRORS, struct dmtier_path, errors),
		DMTIER_F(U64, DM_MPATH_EXT_A_RETRIES, struct dmtier_path, retries),
		DMTIER_F(U64, DM_MPATH_EXT_A_HEDGES_SENT, struct dmtier_path, hedges_sent),
		DMTIER_F(U64, DM_MPATH_EXT_A_HEDGES_WON, struct dmtier_path, hedges_won),
		DMTIER_F(BIN, DM_MPATH_EXT_A_READ_LATENCY, struct dmtier_path, read_latency),
		DMTIER_F(BIN, DM_MPATH_EXT_A_WRITE_LATENCY, struct dmtier_path, write_latency),
		{ 0 }
	};
	struct nlattr *tb[DM_MPATH_EXT_A_MAX + 1];
	int err = dmtier_decode(attrs, len, fields, path, tb, DM_MPATH_EXT_A_MAX);

	if (!err && tb[DM_MPATH_EXT_A_SPENT_MS])
		err = decode_spent(tb[DM_MPATH_EXT_A_SPENT_MS], path);
	return err;
}

int dmtier_decode_path(struct nlattr *attrs, int len, struct dmtier_list *list)
{
	return decode_path(attrs, len, dmtier_list_add(list));
}

int dmtier_decode_path_event(struct nlattr *attrs, int len, struct dmtier_list *list)
{
	static const struct dmtier_field fields[] = {
		DMTIER_F(STR, DM_MPATH_EXT_A_EVENT, struct dmtier_path_event, event),
		DMTIER_F(STR, DM_MPATH_EXT_A_MAP, struct dmtier_path_event, map),
		DMTIER_F(STR, DM_MPATH_EXT_A_MAP_UUID, struct dmtier_path_event, map_uuid),
		DMTIER_F(STR, DM_MPATH_EXT_A_MAP_DEV, struct dmtier_path_event, map_dev),
		DMTIER_F(U64, DM_MPATH_EXT_A_EPOCH, struct dmtier_path_event, epoch),
		DMTIER_F(U64, DM_MPATH_EXT_A_SEQ, struct dmtier_path_event, seq),
		DMTIER_F(U64, DM_MPATH_EXT_A_TIME_NS, struct dmtier_path_event, time_ns),
		DMTIER_F(STR, DM_MPATH_EXT_A_DEV, struct dmtier_path_event, dev),
		DMTIER_F(STR, DM_MPATH_EXT_A_STATE, struct dmtier_path_event, state),
		DMTIER_F(STR, DM_MPATH_EXT_A_KEY, struct dmtier_path_event, key),
		DMTIER_F(STR, DM_MPATH_EXT_A_VALUE, struct dmtier_path_event, value),
		DMTIER_F(STR, DM_MPATH_EXT_A_REASON, struct dmtier_path_event, reason),
		DMTIER_F(U32, DM_MPATH_EXT_A_GROUP, struct dmtier_path_event, group),
		DMTIER_F(U32, DM_MPATH_EXT_A_FROM_GROUP, struct dmtier_path_event, from_group),
		DMTIER_F(U32, DM_MPATH_EXT_A_QUEUE, struct dmtier_path_event, queue),
		DMTIER_F(U32, DM_MPATH_EXT_A_QUEUE_TIMEOUT, struct dmtier_path_event,
			 queue_timeout),
		DMTIER_F(U64, DM_MPATH_EXT_A_LATENCY_NS, struct dmtier_path_event, latency_ns),
		{ 0 }
	};
	struct nlattr *tb[DM_MPATH_EXT_A_MAX + 1];
	struct dmtier_path_event *event = dmtier_list_add(list);
	int i, err = dmtier_decode(attrs, len, fields, event, tb, DM_MPATH_EXT_A_MAX);

	for (i = 1; !err && i <= DM_MPATH_EXT_A_MAX; i++)
		event->has[i] = tb[i];
	if (!err && tb[DM_MPATH_EXT_A_READ_IOS])
		err = decode_path(attrs, len, &event->last);
	return err;
}
