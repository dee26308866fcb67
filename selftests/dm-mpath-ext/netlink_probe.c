// SPDX-License-Identifier: GPL-2.0
/*
 * The family dm_mpath_ext for selftests/lib/netlink_probe.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <linux/dm_mpath_ext.h>

#include "../lib/netlink_probe.h"

static const struct name commands[] = {
	{ "map-get", DM_MPATH_EXT_CMD_MAP_GET },
	{ "group-get", DM_MPATH_EXT_CMD_GROUP_GET },
	{ "path-get", DM_MPATH_EXT_CMD_PATH_GET },
	{ "path-fail", DM_MPATH_EXT_CMD_PATH_FAIL },
	{ "path-reinstate", DM_MPATH_EXT_CMD_PATH_REINSTATE },
	{ "group-switch", DM_MPATH_EXT_CMD_GROUP_SWITCH },
	{ "group-disable", DM_MPATH_EXT_CMD_GROUP_DISABLE },
	{ "group-enable", DM_MPATH_EXT_CMD_GROUP_ENABLE },
	{ "map-set", DM_MPATH_EXT_CMD_MAP_SET },
	{ "event", DM_MPATH_EXT_CMD_EVENT },
	{ NULL }
};

/* I/Os in all buckets */
static void print_histogram(const struct nlattr *a)
{
	uint64_t bucket[DM_MPATH_EXT_BUCKETS], sum = 0;
	size_t i;

	if (attr_len(a) != sizeof(bucket))
		die("histogram: %zu bytes", attr_len(a));
	memcpy(bucket, attr_data(a), sizeof(bucket));
	for (i = 0; i < DM_MPATH_EXT_BUCKETS; i++)
		sum += bucket[i];
	printf(" %s_sum=%" PRIu64, (a->nla_type & NLA_TYPE_MASK) == DM_MPATH_EXT_A_READ_LATENCY ?
	       "read_latency" : "write_latency", sum);
}

static const struct name attributes[] = {
	{ "map", DM_MPATH_EXT_A_MAP, 's' },
	{ "map_uuid", DM_MPATH_EXT_A_MAP_UUID, 's' },
	{ "map_dev", DM_MPATH_EXT_A_MAP_DEV, 's' },
	{ "epoch", DM_MPATH_EXT_A_EPOCH, 'U' },
	{ "sectors", DM_MPATH_EXT_A_SECTORS, 'U' },
	{ "state", DM_MPATH_EXT_A_STATE, 's' },
	{ "group", DM_MPATH_EXT_A_GROUP, 'u' },
	{ "groups", DM_MPATH_EXT_A_GROUPS, 'u' },
	{ "paths", DM_MPATH_EXT_A_PATHS, 'u' },
	{ "paths_usable", DM_MPATH_EXT_A_PATHS_USABLE, 'u' },
	{ "held_ios", DM_MPATH_EXT_A_HELD_IOS, 'U' },
	{ "held_bytes", DM_MPATH_EXT_A_HELD_BYTES, 'U' },
	{ "handler", DM_MPATH_EXT_A_HANDLER, 's' },
	{ "queue", DM_MPATH_EXT_A_QUEUE, 'u' },
	{ "queue_timeout", DM_MPATH_EXT_A_QUEUE_TIMEOUT, 'u' },
	{ "failback", DM_MPATH_EXT_A_FAILBACK, 's' },
	{ "probe_interval", DM_MPATH_EXT_A_PROBE_INTERVAL, 'u' },
	{ "hung_time", DM_MPATH_EXT_A_HUNG_TIME, 'u' },
	{ "slow_ratio", DM_MPATH_EXT_A_SLOW_RATIO, 'u' },
	{ "hedge_percentile", DM_MPATH_EXT_A_HEDGE_PERCENTILE, 'u' },
	{ "hedge_budget", DM_MPATH_EXT_A_HEDGE_BUDGET, 'u' },
	{ "elastic_high", DM_MPATH_EXT_A_ELASTIC_HIGH, 'u' },
	{ "elastic_low", DM_MPATH_EXT_A_ELASTIC_LOW, 'u' },
	{ "selector", DM_MPATH_EXT_A_SELECTOR, 's' },
	{ "disabled", DM_MPATH_EXT_A_DISABLED, 'u' },
	{ "in_use", DM_MPATH_EXT_A_IN_USE, 'u' },
	{ "dev", DM_MPATH_EXT_A_DEV, 's' },
	{ "role", DM_MPATH_EXT_A_ROLE, 's' },
	{ "weight", DM_MPATH_EXT_A_WEIGHT, 'u' },
	{ "cost", DM_MPATH_EXT_A_COST, 'u' },
	{ "access", DM_MPATH_EXT_A_ACCESS, 's' },
	{ "since_ms", DM_MPATH_EXT_A_SINCE_MS, 'U' },
	{ "flapping", DM_MPATH_EXT_A_FLAPPING, 'u' },
	{ "fails", DM_MPATH_EXT_A_FAILS, 'u' },
	{ "latency_ns", DM_MPATH_EXT_A_LATENCY_NS, 'U' },
	{ "in_flight", DM_MPATH_EXT_A_IN_FLIGHT, 'U' },
	{ "read_ios", DM_MPATH_EXT_A_READ_IOS, 'U' },
	{ "write_ios", DM_MPATH_EXT_A_WRITE_IOS, 'U' },
	{ "read_sectors", DM_MPATH_EXT_A_READ_SECTORS, 'U' },
	{ "write_sectors", DM_MPATH_EXT_A_WRITE_SECTORS, 'U' },
	{ "read_ns", DM_MPATH_EXT_A_READ_NS, 'U' },
	{ "write_ns", DM_MPATH_EXT_A_WRITE_NS, 'U' },
	{ "errors", DM_MPATH_EXT_A_ERRORS, 'U' },
	{ "retries", DM_MPATH_EXT_A_RETRIES, 'U' },
	{ "hedges_sent", DM_MPATH_EXT_A_HEDGES_SENT, 'U' },
	{ "hedges_won", DM_MPATH_EXT_A_HEDGES_WON, 'U' },
	{ "spent_ms", DM_MPATH_EXT_A_SPENT_MS, 'n' },
	{ "read_latency", DM_MPATH_EXT_A_READ_LATENCY, 'b', print_histogram },
	{ "write_latency", DM_MPATH_EXT_A_WRITE_LATENCY, 'b', print_histogram },
	{ "key", DM_MPATH_EXT_A_KEY, 's' },
	{ "value", DM_MPATH_EXT_A_VALUE, 's' },
	{ "event", DM_MPATH_EXT_A_EVENT, 's' },
	{ "seq", DM_MPATH_EXT_A_SEQ, 'U' },
	{ "time_ns", DM_MPATH_EXT_A_TIME_NS, 'U' },
	{ "from_group", DM_MPATH_EXT_A_FROM_GROUP, 'u' },
	{ "reason", DM_MPATH_EXT_A_REASON, 's' },
	{ NULL }
};

static const struct name spent[] = {
	{ "up", DM_MPATH_EXT_S_UP, 'U' },
	{ "slow", DM_MPATH_EXT_S_SLOW, 'U' },
	{ "hung", DM_MPATH_EXT_S_HUNG, 'U' },
	{ "failed", DM_MPATH_EXT_S_FAILED, 'U' },
	{ "foreign", DM_MPATH_EXT_S_FOREIGN, 'U' },
	{ "off", DM_MPATH_EXT_S_OFF, 'U' },
	{ NULL }
};

const struct probe probe = {
	.family = DM_MPATH_EXT_FAMILY_NAME,
	.commands = commands,
	.cmd_max = DM_MPATH_EXT_CMD_MAX,
	.attributes = attributes,
	.attr_max = DM_MPATH_EXT_A_MAX,
	.nested = spent,
	.object = DM_MPATH_EXT_A_MAP,
};
