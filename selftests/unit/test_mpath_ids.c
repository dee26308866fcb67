// SPDX-License-Identifier: GPL-2.0-only
/*
 * What devices say of themselves, in good and in bad faith.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mpath-ids.h"

/* designators: of the unit a T10 name, two NAA; of its port an NAA and a number */
static const u8 page[] = {
	0x00, 0x83, 0, 52,
	0x02, 0x01, 0, 8, 'V', 'e', 'n', 'd', 'o', 'r', ' ', '1',
	0x01, 0x03, 0, 8, 0x53, 1, 2, 3, 4, 5, 6, 7,
	0x61, 0x93, 0, 8, 0x50, 9, 9, 9, 9, 9, 9, 9,
	0x61, 0x94, 0, 4, 0, 0, 0, 1,
	0x01, 0x03, 0, 4, 0x33, 1, 2, 3,
};

static void test_of_the_unit(void **state)
{
	struct mpath_ids ids;

	(void)state;
	assert_true(mpath_ids_parse(&ids, page, sizeof(page)));
	assert_int_equal(ids.len[MPATH_ID_T10], 8);
	assert_memory_equal(ids.id[MPATH_ID_T10], "Vendor 1", 8);
	assert_int_equal(ids.len[MPATH_ID_NAA], 8);
	assert_memory_equal(ids.id[MPATH_ID_NAA], "\x53\1\2\3\4\5\6\7", 8);
	assert_int_equal(ids.len[MPATH_ID_EUI64], 0);
	assert_int_equal(ids.len[MPATH_ID_NAME], 0);
}

static void test_the_most_certain_says(void **state)
{
	struct mpath_ids a, b;

	(void)state;
	mpath_ids_parse(&a, page, sizeof(page));
	mpath_ids_parse(&b, page, sizeof(page));
	assert_int_equal(mpath_ids_compare(&a, &b), MPATH_SAME);
	/* vendors give all their units one T10 name: it is not asked if there is more */
	b.id[MPATH_ID_T10][0]++;
	assert_int_equal(mpath_ids_compare(&a, &b), MPATH_SAME);
	b.id[MPATH_ID_NAA][7]++;
	assert_int_equal(mpath_ids_compare(&a, &b), MPATH_OTHER);
	b.len[MPATH_ID_NAA] = 0;
	assert_int_equal(mpath_ids_compare(&a, &b), MPATH_OTHER);
	b.id[MPATH_ID_T10][0]--;
	assert_int_equal(mpath_ids_compare(&a, &b), MPATH_SAME);
	b.len[MPATH_ID_T10]--;
	assert_int_equal(mpath_ids_compare(&a, &b), MPATH_OTHER);
	memset(&b, 0, sizeof(b));
	mpath_ids_set(&b, MPATH_ID_EUI64, (const u8 *)"12345678", 8);
	assert_int_equal(mpath_ids_compare(&a, &b), MPATH_UNKNOWN);
}

static void test_long_ones_are_cut(void **state)
{
	struct mpath_ids ids = { 0 };
	u8 id[255];

	(void)state;
	memset(id, 7, sizeof(id));
	mpath_ids_set(&ids, MPATH_ID_NAME, id, sizeof(id));
	assert_int_equal(ids.len[MPATH_ID_NAME], MPATH_ID_MAX);
	assert_int_equal(ids.len[MPATH_ID_T10], 0);
	mpath_ids_set(&ids, MPATH_ID_NAME, (const u8 *)"short", 5);
	assert_int_equal(ids.id[MPATH_ID_NAME][0], 7);
}

/* cut off anywhere it is refused, and nothing is read behind its end */
static void test_cut_off(void **state)
{
	struct mpath_ids ids;
	size_t size;

	(void)state;
	for (size = 0; size < sizeof(page); size++) {
		u8 *some = malloc(size ?: 1);

		memcpy(some, page, size);
		assert_false(mpath_ids_parse(&ids, some, size));
		free(some);
	}
	for (size = 0; size < sizeof(page) - 4; size++) {
		u8 some[sizeof(page)];
		bool whole = size == 0 || size == 12 || size == 24 || size == 36 || size == 44;

		memcpy(some, page, sizeof(page));
		some[3] = size;
		assert_int_equal(mpath_ids_parse(&ids, some, sizeof(some)), whole);
	}
}

static void test_of_another_page(void **state)
{
	u8 some[sizeof(page)];
	struct mpath_ids ids;

	(void)state;
	memcpy(some, page, sizeof(page));
	some[1] = 0x80;
	assert_false(mpath_ids_parse(&ids, some, sizeof(some)));
	assert_int_equal(ids.len[MPATH_ID_NAA], 0);
}

static void test_random_bytes(void **state)
{
	unsigned int seed = getenv("SEED") ? strtoul(getenv("SEED"), NULL, 0) : 1;
	struct mpath_ids ids;
	unsigned int i, n;

	(void)state;
	srand(seed);
	for (i = 0; i < 200000; i++) {
		size_t size = rand() % 300;
		u8 *some = malloc(size ?: 1);

		for (n = 0; n < size; n++)
			some[n] = rand() >> 7;
		if (size > 3) {
			some[1] = 0x83;
			some[2] = 0;
		}
		mpath_ids_parse(&ids, some, size);
		for (n = 0; n < MPATH_ID_TYPES; n++)
			assert_in_range(ids.len[n], 0, MPATH_ID_MAX);
		free(some);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_the_unit),
		cmocka_unit_test(test_the_most_certain_says),
		cmocka_unit_test(test_long_ones_are_cut),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_of_another_page),
		cmocka_unit_test(test_random_bytes),
	};

	return cmocka_run_group_tests_name("mpath_ids", tests, NULL, NULL);
}
