// SPDX-License-Identifier: GPL-2.0-only
/* Attributes into structs: whole, short, foreign and damaged ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attributes.h"

static void add_usage(struct nl_msg *msg, const char *tier, uint64_t extents)
{
	struct nlattr *nest = nla_nest_start(msg, DM_TIER_A_USAGE);

	nla_put_string(msg, DM_TIER_U_TIER, tier);
	nla_put_u64(msg, DM_TIER_U_EXTENTS, extents);
	nla_put_u64(msg, DM_TIER_U_HELD_MS, UINT64_MAX);
	nla_nest_end(msg, nest);
}

static void a_lun(void **state)
{
	struct dmtier_list list = { .size = sizeof(struct dmtier_lun) };
	struct nl_msg *msg = message();
	struct dmtier_lun *lun;

	(void)state;
	nla_put_string(msg, DM_TIER_A_POOL, "pool");
	nla_put_u32(msg, DM_TIER_A_LUN, 7);
	nla_put_u64(msg, DM_TIER_A_SECTORS, 1ULL << 40);
	nla_put_string(msg, DM_TIER_A_PIN, "ssd");
	add_usage(msg, "ssd", 5);
	add_usage(msg, "sata", 6);
	assert_int_equal(dmtier_decode_lun(attrs(msg), length(msg), &list), 0);
	assert_int_equal(list.nr, 1);
	lun = (struct dmtier_lun *)list.data;
	assert_string_equal(lun->pool, "pool");
	assert_int_equal(lun->id, 7);
	assert_int_equal(lun->sectors, 1ULL << 40);
	assert_string_equal(lun->pin, "ssd");
	assert_string_equal(lun->start_tier, "");
	assert_int_equal(lun->nr_usage, 2);
	assert_string_equal(lun->usage[1].tier, "sata");
	assert_int_equal(lun->usage[1].extents, 6);
	assert_int_equal(lun->usage[1].held_ms, UINT64_MAX);
	free(list.data);
	nlmsg_free(msg);
}

static void too_many_tiers(void **state)
{
	struct dmtier_list list = { .size = sizeof(struct dmtier_lun) };
	struct nl_msg *msg = message();
	int i;

	(void)state;
	for (i = 0; i <= DMTIER_MAX_TIERS; i++)
		add_usage(msg, "tier", i);
	assert_int_equal(dmtier_decode_lun(attrs(msg), length(msg), &list), -EBADMSG);
	free(list.data);
	nlmsg_free(msg);
}

/* a number may come wider or narrower; a text may be longer than its place */
static void odd_widths(void **state)
{
	struct dmtier_list list = { .size = sizeof(struct dmtier_dev) };
	struct nl_msg *msg = message();
	char name[600];
	struct dmtier_dev *dev;

	(void)state;
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = 0;
	nla_put_string(msg, DM_TIER_A_POOL, name);
	nla_put_u64(msg, DM_TIER_A_DEV_INDEX, 3);
	nla_put_u32(msg, DM_TIER_A_TOTAL, 9);
	nla_put_u16(msg, DM_TIER_A_USED, 9);
	nla_put(msg, DM_TIER_A_DEV_UUID, 15, name);
	nla_put(msg, DM_TIER_A_STATE, 6, "active");	/* no NUL */
	nla_put_u32(msg, DM_TIER_A_MAX + 9, 1);		/* from a newer kernel */
	assert_int_equal(dmtier_decode_dev(attrs(msg), length(msg), &list), 0);
	dev = (struct dmtier_dev *)list.data;
	assert_int_equal(strlen(dev->pool), DMTIER_POOL_LEN - 1);
	assert_int_equal(dev->index, 3);
	assert_int_equal(dev->total, 9);
	assert_int_equal(dev->used, 0);
	assert_int_equal(dev->uuid[0], 0);
	assert_string_equal(dev->state, "active");
	assert_false(dev->has_evac);
	free(list.data);
	nlmsg_free(msg);
}

static void extents(void **state)
{
	struct dm_tier_extent_info info[3] = {
		{ .logical = 1 }, { .logical = 2, .rate = 5 }, { .logical = 1ULL << 39 },
	};
	struct dmtier_list list = { .size = sizeof(info[0]) };
	struct nl_msg *msg = message();

	(void)state;
	nla_put(msg, DM_TIER_A_EXTENTS, sizeof(info) - 1, info);	/* the last is cut */
	assert_int_equal(dmtier_decode_extents(attrs(msg), length(msg), &list), 0);
	assert_int_equal(list.nr, 2);
	assert_memory_equal(list.data, info, 2 * sizeof(info[0]));
	free(list.data);
	nlmsg_free(msg);
}

static void an_event(void **state)
{
	struct dmtier_list list = { .size = sizeof(struct dmtier_event) };
	struct nl_msg *msg = message();
	struct dmtier_event *e;

	(void)state;
	nla_put_string(msg, DM_TIER_A_EVENT, "lun-created");
	nla_put_u32(msg, DM_TIER_A_LUN, 0);
	add_usage(msg, "ssd", 5);
	add_usage(msg, "sata", 6);
	assert_int_equal(dmtier_decode_event(attrs(msg), length(msg), &list), 0);
	e = (struct dmtier_event *)list.data;
	assert_true(e->has[DM_TIER_A_LUN]);
	assert_false(e->has[DM_TIER_A_ERROR]);
	assert_string_equal(e->event, "lun-created");
	assert_int_equal(e->nr_usage, 2);
	assert_string_equal(e->usage[1].tier, "sata");
	assert_int_equal(e->usage[1].held_ms, UINT64_MAX);
	free(list.data);
	nlmsg_free(msg);
}

static void damaged(void **state)
{
	static const struct decoder decoders[] = {
		{ sizeof(struct dmtier_lun), dmtier_decode_lun },
		{ sizeof(struct dmtier_dev), dmtier_decode_dev },
		{ sizeof(struct dmtier_event), dmtier_decode_event },
	};
	struct nl_msg *msg = message();

	(void)state;
	nla_put_string(msg, DM_TIER_A_POOL, "pool");
	nla_put_u32(msg, DM_TIER_A_LUN, 7);
	add_usage(msg, "ssd", 5);
	decode_damaged(decoders, sizeof(decoders) / sizeof(decoders[0]), msg);
	nlmsg_free(msg);
}

static void uuid_text(void **state)
{
	static const uint8_t uuid[DMTIER_UUID_LEN] = {
		0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 1, 2, 3, 4, 5, 6, 7, 0xff,
	};
	char text[37];

	(void)state;
	dmtier_uuid_text(uuid, text);
	assert_string_equal(text, "12345678-9abc-def0-0102-0304050607ff");
}

static void numbers_of_devices(void **state)
{
	char out[DMTIER_DEV_LEN];

	(void)state;
	assert_int_equal(dmtier_dev_resolve("253:17", out, sizeof(out)), 0);
	assert_string_equal(out, "253:17");
	assert_int_equal(dmtier_dev_resolve("253:17x", out, sizeof(out)), -ENOENT);
	assert_int_equal(dmtier_dev_resolve("/dev/null", out, sizeof(out)), -ENOTBLK);
	assert_int_equal(dmtier_dev_resolve("/nowhere", out, sizeof(out)), -ENOENT);
	dmtier_dev_name("9999:9999", out, sizeof(out));
	assert_string_equal(out, "9999:9999");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lun),
		cmocka_unit_test(too_many_tiers),
		cmocka_unit_test(odd_widths),
		cmocka_unit_test(extents),
		cmocka_unit_test(an_event),
		cmocka_unit_test(damaged),
		cmocka_unit_test(uuid_text),
		cmocka_unit_test(numbers_of_devices),
	};

	return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
