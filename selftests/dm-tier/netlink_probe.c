// SPDX-License-Identifier: GPL-2.0
/*
 * The family dm_tier for selftests/lib/netlink_probe.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <linux/dm_tier.h>

#include "../lib/netlink_probe.h"

static const struct name commands[] = {
	{ "pool-get", DM_TIER_CMD_POOL_GET },
	{ "tier-get", DM_TIER_CMD_TIER_GET },
	{ "dev-get", DM_TIER_CMD_DEV_GET },
	{ "lun-get", DM_TIER_CMD_LUN_GET },
	{ "heat-get", DM_TIER_CMD_HEAT_GET },
	{ "extent-get", DM_TIER_CMD_EXTENT_GET },
	{ "lun-create", DM_TIER_CMD_LUN_CREATE },
	{ "lun-delete", DM_TIER_CMD_LUN_DELETE },
	{ "lun-resize", DM_TIER_CMD_LUN_RESIZE },
	{ "lun-set", DM_TIER_CMD_LUN_SET },
	{ "lun-migrate", DM_TIER_CMD_LUN_MIGRATE },
	{ "pool-set", DM_TIER_CMD_POOL_SET },
	{ "dev-evacuate", DM_TIER_CMD_DEV_EVACUATE },
	{ "dev-cancel", DM_TIER_CMD_DEV_CANCEL },
	{ "dev-remove", DM_TIER_CMD_DEV_REMOVE },
	{ "dev-fail", DM_TIER_CMD_DEV_FAIL },
	{ "dev-reinstate", DM_TIER_CMD_DEV_REINSTATE },
	{ "event", DM_TIER_CMD_EVENT },
	{ NULL }
};

static void print_extents(const struct nlattr *a)
{
	struct dm_tier_extent_info e;
	size_t i, n = attr_len(a) / sizeof(e);

	if (attr_len(a) % sizeof(e) || !n)
		die("extents: %zu bytes", attr_len(a));
	printf(" extents=");
	for (i = 0; i < n; i++) {
		memcpy(&e, (const char *)attr_data(a) + i * sizeof(e), sizeof(e));
		if (memcmp(e.pad, "\0\0\0\0\0\0", sizeof(e.pad)))
			die("extents: padding is not zero");
		printf("%s%llu@%u:%llu", i ? "," : "", e.logical, e.member, e.physical);
	}
}

static void print_heat(const struct nlattr *a)
{
	uint64_t bucket[DM_TIER_HEAT_BUCKETS], sum = 0;
	size_t i;

	if (attr_len(a) != sizeof(bucket))
		die("heat: %zu bytes", attr_len(a));
	memcpy(bucket, attr_data(a), sizeof(bucket));
	for (i = 0; i < DM_TIER_HEAT_BUCKETS; i++)
		sum += bucket[i];
	printf(" heat_sum=%" PRIu64, sum);
}

static const struct name attributes[] = {
	{ "pool", DM_TIER_A_POOL, 's' },
	{ "pool_uuid", DM_TIER_A_POOL_UUID, 'b' },
	{ "generation", DM_TIER_A_GENERATION, 'U' },
	{ "mode", DM_TIER_A_MODE, 's' },
	{ "extent_sectors", DM_TIER_A_EXTENT_SECTORS, 'U' },
	{ "meta_used", DM_TIER_A_META_USED, 'U' },
	{ "meta_total", DM_TIER_A_META_TOTAL, 'U' },
	{ "meta_copies", DM_TIER_A_META_COPIES, 'u' },
	{ "moves_in_flight", DM_TIER_A_MOVES_IN_FLIGHT, 'u' },
	{ "moves_done", DM_TIER_A_MOVES_DONE, 'U' },
	{ "moves_failed", DM_TIER_A_MOVES_FAILED, 'U' },
	{ "tick", DM_TIER_A_TICK, 'U' },
	{ "tick_ms", DM_TIER_A_TICK_MS, 'u' },
	{ "move_rate", DM_TIER_A_MOVE_RATE, 'u' },
	{ "headroom", DM_TIER_A_HEADROOM, 'u' },
	{ "moves", DM_TIER_A_MOVES, 'u' },
	{ "no_space_timeout", DM_TIER_A_NO_SPACE_TIMEOUT, 'u' },
	{ "tier", DM_TIER_A_TIER, 's' },
	{ "rank", DM_TIER_A_RANK, 'u' },
	{ "total", DM_TIER_A_TOTAL, 'U' },
	{ "used", DM_TIER_A_USED, 'U' },
	{ "latency_ns", DM_TIER_A_LATENCY_NS, 'U' },
	{ "dev", DM_TIER_A_DEV, 's' },
	{ "dev_uuid", DM_TIER_A_DEV_UUID, 'b' },
	{ "dev_index", DM_TIER_A_DEV_INDEX, 'u' },
	{ "state", DM_TIER_A_STATE, 's' },
	{ "tag", DM_TIER_A_TAG, 's' },
	{ "evac_total", DM_TIER_A_EVAC_TOTAL, 'U' },
	{ "evac_left", DM_TIER_A_EVAC_LEFT, 'U' },
	{ "lun", DM_TIER_A_LUN, 'u' },
	{ "sectors", DM_TIER_A_SECTORS, 'U' },
	{ "mapped", DM_TIER_A_MAPPED, 'U' },
	{ "allowed", DM_TIER_A_ALLOWED, 's' },
	{ "start_tier", DM_TIER_A_START_TIER, 's' },
	{ "pin", DM_TIER_A_PIN, 's' },
	{ "home", DM_TIER_A_HOME, 's' },
	{ "target", DM_TIER_A_TARGET, 's' },
	{ "weight", DM_TIER_A_WEIGHT, 'u' },
	{ "up_iops", DM_TIER_A_UP_IOPS, 'u' },
	{ "down_iops", DM_TIER_A_DOWN_IOPS, 'u' },
	{ "hold", DM_TIER_A_HOLD, 'u' },
	{ "verify", DM_TIER_A_VERIFY, 'u' },
	{ "auto", DM_TIER_A_AUTO, 'u' },
	{ "tags", DM_TIER_A_TAGS, 's' },
	{ "iops", DM_TIER_A_IOPS, 'U' },
	{ "usage", DM_TIER_A_USAGE, 'n' },
	{ "heat", DM_TIER_A_HEAT, 'b', print_heat },
	{ "start", DM_TIER_A_START, 'U' },
	{ "count", DM_TIER_A_COUNT, 'U' },
	{ "extents", DM_TIER_A_EXTENTS, 'b', print_extents },
	{ "key", DM_TIER_A_KEY, 's' },
	{ "value", DM_TIER_A_VALUE, 's' },
	{ "event", DM_TIER_A_EVENT, 's' },
	{ "time_ns", DM_TIER_A_TIME_NS, 'U' },
	{ "from", DM_TIER_A_FROM, 's' },
	{ "to", DM_TIER_A_TO, 's' },
	{ "from_dev", DM_TIER_A_FROM_DEV, 's' },
	{ "to_dev", DM_TIER_A_TO_DEV, 's' },
	{ "logical", DM_TIER_A_LOGICAL, 'U' },
	{ "reason", DM_TIER_A_REASON, 's' },
	{ "error", DM_TIER_A_ERROR, 'u' },
	{ "seq", DM_TIER_A_SEQ, 'U' },
	{ "active_ms", DM_TIER_A_ACTIVE_MS, 'U' },
	{ NULL }
};

static const struct name usages[] = {
	{ "tier", DM_TIER_U_TIER, 's' },
	{ "extents", DM_TIER_U_EXTENTS, 'U' },
	{ "read_ios", DM_TIER_U_READ_IOS, 'U' },
	{ "write_ios", DM_TIER_U_WRITE_IOS, 'U' },
	{ "read_sectors", DM_TIER_U_READ_SECTORS, 'U' },
	{ "write_sectors", DM_TIER_U_WRITE_SECTORS, 'U' },
	{ "in_sectors", DM_TIER_U_IN_SECTORS, 'U' },
	{ "out_sectors", DM_TIER_U_OUT_SECTORS, 'U' },
	{ "held_ms", DM_TIER_U_HELD_MS, 'U' },
	{ "reserve", DM_TIER_U_RESERVE, 'U' },
	{ "max", DM_TIER_U_MAX, 'U' },
	{ NULL }
};

const struct probe probe = {
	.family = DM_TIER_FAMILY_NAME,
	.commands = commands,
	.cmd_max = DM_TIER_CMD_MAX,
	.attributes = attributes,
	.attr_max = DM_TIER_A_MAX,
	.nested = usages,
	.object = DM_TIER_A_POOL,
};
