// SPDX-License-Identifier: GPL-2.0-only
/* Attributes of dm_mpath_ext into structs, whole and damaged; quantiles of histograms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attributes.h"

static void a_map(void **state)
{
	struct dmtier_list list = { .size = sizeof(struct dmtier_map) };
	struct nl_msg *msg = message();
	struct dmtier_map *map;

	(void)state;
	nla_put_string(msg, DM_MPATH_EXT_A_MAP, "data");
	nla_put_string(msg, DM_MPATH_EXT_A_STATE, "active");
	nla_put_string(msg, DM_MPATH_EXT_A_FAILBACK, "30");
	nla_put_u64(msg, DM_MPATH_EXT_A_EPOCH, UINT64_MAX - 1);
	nla_put_u64(msg, DM_MPATH_EXT_A_HELD_BYTES, 1ULL << 33);
	nla_put_u32(msg, DM_MPATH_EXT_A_PATHS_USABLE, 3);
	nla_put_u32(msg, DM_MPATH_EXT_A_HEDGE_PERCENTILE, 9900);
	assert_int_equal(dmtier_decode_map(attrs(msg), length(msg), &list), 0);
	assert_int_equal(list.nr, 1);
	map = (struct dmtier_map *)list.data;
	assert_string_equal(map->name, "data");
	assert_string_equal(map->uuid, "");
	assert_string_equal(map->state, "active");
	assert_string_equal(map->failback, "30");
	assert_true(map->epoch == UINT64_MAX - 1);
	assert_int_equal(map->held_bytes, 1ULL << 33);
	assert_int_equal(map->usable, 3);
	assert_int_equal(map->hedge_percentile, 9900);
	assert_int_equal(map->elastic_high, 0);
	free(list.data);
	nlmsg_free(msg);
}

static void a_group(void **state)
{
	struct dmtier_list list = { .size = sizeof(struct dmtier_group) };
	struct nl_msg *msg = message();
	struct dmtier_group *group;

	(void)state;
	nla_put_string(msg, DM_MPATH_EXT_A_MAP, "data");
	nla_put_string(msg, DM_MPATH_EXT_A_SELECTOR, "queue-depth");
	nla_put_u32(msg, DM_MPATH_EXT_A_GROUP, 2);
	nla_put_u32(msg, DM_MPATH_EXT_A_DISABLED, 1);
	assert_int_equal(dmtier_decode_group(attrs(msg), length(msg), &list), 0);
	group = (struct dmtier_group *)list.data;
	assert_string_equal(group->selector, "queue-depth");
	assert_int_equal(group->group, 2);
	assert_int_equal(group->disabled, 1);
	assert_int_equal(group->in_use, 0);
	free(list.data);
	nlmsg_free(msg);
}

static void add_spent(struct nl_msg *msg)
{
	struct nlattr *nest = nla_nest_start(msg, DM_MPATH_EXT_A_SPENT_MS);

	nla_put_u64(msg, DM_MPATH_EXT_S_UP, 100);
	nla_put_u64(msg, DM_MPATH_EXT_S_SLOW, 200);
	nla_put_u64(msg, DM_MPATH_EXT_S_HUNG, 300);
	nla_put_u64(msg, DM_MPATH_EXT_S_FAILED, 400);
	nla_put_u64(msg, DM_MPATH_EXT_S_FOREIGN, 500);
	nla_put_u64(msg, DM_MPATH_EXT_S_OFF, UINT64_MAX);
	nla_put_u64(msg, DM_MPATH_EXT_S_ATTR_MAX + 3, 1);	/* from a newer kernel */
	nla_nest_end(msg, nest);
}

static struct nl_msg *path_message(void)
{
	uint64_t bucket[DM_MPATH_EXT_BUCKETS] = { [0] = 1, [9] = 8, [31] = UINT64_MAX };
	struct nl_msg *msg = message();

	nla_put_string(msg, DM_MPATH_EXT_A_MAP, "data");
	nla_put_string(msg, DM_MPATH_EXT_A_DEV, "8:16");
	nla_put_string(msg, DM_MPATH_EXT_A_STATE, "foreign");
	nla_put_u64(msg, DM_MPATH_EXT_A_READ_SECTORS, 77);
	nla_put_u32(msg, DM_MPATH_EXT_A_COST, 5);
	add_spent(msg);
	nla_put(msg, DM_MPATH_EXT_A_READ_LATENCY, sizeof(bucket), bucket);
	nla_put(msg, DM_MPATH_EXT_A_WRITE_LATENCY, sizeof(bucket) - 8, bucket);	/* too short */
	return msg;
}

static void a_path(void **state)
{
	struct dmtier_list list = { .size = sizeof(struct dmtier_path) };
	struct nl_msg *msg = path_message();
	struct dmtier_path *path;
	int i;

	(void)state;
	assert_int_equal(dmtier_decode_path(attrs(msg), length(msg), &list), 0);
	path = (struct dmtier_path *)list.data;
	assert_string_equal(path->dev, "8:16");
	assert_string_equal(path->state, dmtier_path_states[DMTIER_PATH_FOREIGN]);
	assert_string_equal(path->access, "");
	assert_int_equal(path->read_sectors, 77);
	assert_int_equal(path->cost, 5);
	for (i = 0; i < DMTIER_PATH_OFF; i++)
		assert_int_equal(path->spent_ms[i], (i + 1) * 100);
	assert_true(path->spent_ms[DMTIER_PATH_OFF] == UINT64_MAX);
	assert_int_equal(path->read_latency[9], 8);
	assert_true(path->read_latency[31] == UINT64_MAX);
	for (i = 0; i < DM_MPATH_EXT_BUCKETS; i++)
		assert_int_equal(path->write_latency[i], 0);
	free(list.data);
	nlmsg_free(msg);
}

static void an_event(void **state)
{
	struct dmtier_list list = { .size = sizeof(struct dmtier_path_event) };
	struct nl_msg *msg = message();
	struct dmtier_path_event *e;

	(void)state;
	nla_put_string(msg, DM_MPATH_EXT_A_EVENT, "group-switched");
	nla_put_string(msg, DM_MPATH_EXT_A_MAP, "data");
	nla_put_u32(msg, DM_MPATH_EXT_A_FROM_GROUP, 0);
	nla_put_u32(msg, DM_MPATH_EXT_A_GROUP, 2);
	nla_put_u64(msg, DM_MPATH_EXT_A_SEQ, 9);
	assert_int_equal(dmtier_decode_path_event(attrs(msg), length(msg), &list), 0);
	e = (struct dmtier_path_event *)list.data;
	assert_string_equal(e->event, "group-switched");
	assert_true(e->has[DM_MPATH_EXT_A_FROM_GROUP]);
	assert_false(e->has[DM_MPATH_EXT_A_DEV]);
	assert_int_equal(e->group, 2);
	assert_int_equal(e->seq, 9);
	free(list.data);
	nlmsg_free(msg);
}

/* names longer than their places, numbers of odd widths, a nest too short */
static void hostile(void **state)
{
	struct dmtier_list list = { .size = sizeof(struct dmtier_path) };
	struct nl_msg *msg = message();
	struct dmtier_path *path;
	char text[900];

	(void)state;
	memset(text, 'x', sizeof(text));
	nla_put(msg, DM_MPATH_EXT_A_MAP, sizeof(text), text);	/* no NUL anywhere */
	nla_put(msg, DM_MPATH_EXT_A_DEV, 0, NULL);
	nla_put(msg, DM_MPATH_EXT_A_STATE, sizeof(text), text);
	nla_put_u64(msg, DM_MPATH_EXT_A_GROUP, 4);
	nla_put_u16(msg, DM_MPATH_EXT_A_WEIGHT, 5);
	nla_put_u32(msg, DM_MPATH_EXT_A_ERRORS, 6);
	nla_put(msg, DM_MPATH_EXT_A_SPENT_MS, 3, text);
	assert_int_equal(dmtier_decode_path(attrs(msg), length(msg), &list), 0);
	path = (struct dmtier_path *)list.data;
	assert_int_equal(strlen(path->map), DMTIER_MAP_LEN - 1);
	assert_int_equal(strlen(path->state), DMTIER_WORD_LEN - 1);
	assert_string_equal(path->dev, "");
	assert_int_equal(path->group, 4);
	assert_int_equal(path->weight, 0);
	assert_int_equal(path->errors, 6);
	assert_int_equal(path->spent_ms[DMTIER_PATH_UP], 0);
	free(list.data);
	nlmsg_free(msg);
}

static void damaged(void **state)
{
	static const struct decoder decoders[] = {
		{ sizeof(struct dmtier_map), dmtier_decode_map },
		{ sizeof(struct dmtier_group), dmtier_decode_group },
		{ sizeof(struct dmtier_path), dmtier_decode_path },
		{ sizeof(struct dmtier_path_event), dmtier_decode_path_event },
	};
	struct nl_msg *msg = path_message();

	(void)state;
	decode_damaged(decoders, sizeof(decoders) / sizeof(decoders[0]), msg);
	nlmsg_free(msg);
}

static void quantiles(void **state)
{
	uint64_t bucket[DM_MPATH_EXT_BUCKETS] = { 0 };

	(void)state;
	assert_int_equal(dmtier_latency_quantile(bucket, 0.5), 0);
	bucket[3] = 90;
	bucket[7] = 9;
	bucket[10] = 1;
	assert_int_equal(dmtier_latency_quantile(bucket, 0), 1024 << 3);
	assert_int_equal(dmtier_latency_quantile(bucket, 0.5), 1024 << 3);
	assert_int_equal(dmtier_latency_quantile(bucket, 0.9), 1024 << 3);
	assert_int_equal(dmtier_latency_quantile(bucket, 0.95), 1024 << 7);
	assert_int_equal(dmtier_latency_quantile(bucket, 0.999), 1024 << 10);
	assert_int_equal(dmtier_latency_quantile(bucket, 1), 1024 << 10);
	bucket[DM_MPATH_EXT_BUCKETS - 1] = 1000;
	assert_true(dmtier_latency_quantile(bucket, 0.5) == UINT64_MAX);
	assert_true(dmtier_latency_bound(DM_MPATH_EXT_BUCKETS - 1) == UINT64_MAX);
	assert_int_equal(dmtier_latency_bound(0), 1024);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_map),
		cmocka_unit_test(a_group),
		cmocka_unit_test(a_path),
		cmocka_unit_test(an_event),
		cmocka_unit_test(hostile),
		cmocka_unit_test(damaged),
		cmocka_unit_test(quantiles),
	};

	return cmocka_run_group_tests_name("path_decode", tests, NULL, NULL);
}
