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

static const struct mpath_id *find(const struct mpath_ids *ids, enum mpath_id_type type)
{
	u32 i;

	for (i = 0; i < ids->nr; i++)
		if (ids->id[i].type == type)
			return &ids->id[i];
	return NULL;
}

static void test_of_the_unit(void **state)
{
	struct mpath_ids ids;

	(void)state;
	assert_true(mpath_ids_parse(&ids, page, sizeof(page)));
	/* the NAA of four bytes is none */
	assert_int_equal(ids.nr, 2);
	assert_int_equal(find(&ids, MPATH_ID_T10)->len, 8);
	assert_memory_equal(find(&ids, MPATH_ID_T10)->bytes, "Vendor 1", 8);
	assert_int_equal(find(&ids, MPATH_ID_NAA)->len, 8);
	assert_memory_equal(find(&ids, MPATH_ID_NAA)->bytes, "\x53\1\2\3\4\5\6\7", 8);
}

static struct mpath_ids ids_of(const char *naa, const char *t10)
{
	struct mpath_ids ids = { 0 };

	if (t10)
		mpath_ids_add(&ids, MPATH_ID_T10, (const u8 *)t10, strlen(t10));
	for (; naa && *naa; naa += 8)
		mpath_ids_add(&ids, MPATH_ID_NAA, (const u8 *)naa, 8);
	return ids;
}

static enum mpath_likeness like(struct mpath_ids a, struct mpath_ids b)
{
	assert_int_equal(mpath_ids_compare(&a, &b), mpath_ids_compare(&b, &a));
	return mpath_ids_compare(&a, &b);
}

static void test_the_most_certain_says(void **state)
{
	struct mpath_ids none = { 0 }, eui = { 0 };

	(void)state;
	assert_int_equal(like(ids_of("12345678", "x"), ids_of("12345678", "x")), MPATH_SAME);
	/* vendors give all their units one T10 name: it is not asked if there is more */
	assert_int_equal(like(ids_of("12345678", "x"), ids_of("12345678", "y")), MPATH_SAME);
	assert_int_equal(like(ids_of("12345678", "x"), ids_of("12345679", "x")), MPATH_OTHER);
	assert_int_equal(like(ids_of("12345678", "x"), ids_of(NULL, "x")), MPATH_LIKELY);
	assert_int_equal(like(ids_of(NULL, "x"), ids_of(NULL, "xx")), MPATH_OTHER);
	assert_int_equal(like(ids_of("12345678", NULL), ids_of(NULL, "x")), MPATH_UNKNOWN);
	mpath_ids_add(&eui, MPATH_ID_EUI64, (const u8 *)"12345678", 8);
	assert_int_equal(like(ids_of("12345678", NULL), eui), MPATH_UNKNOWN);
	assert_int_equal(like(none, none), MPATH_UNKNOWN);
	/* more than one, in any order, or one more since the last time */
	assert_int_equal(like(ids_of("1234567887654321", NULL), ids_of("8765432112345678", NULL)),
			 MPATH_SAME);
	assert_int_equal(like(ids_of("12345678", NULL), ids_of("8765432112345678", NULL)),
			 MPATH_SAME);
	assert_int_equal(like(ids_of("12345678", NULL), ids_of("8765432112345679", NULL)),
			 MPATH_OTHER);
}

static void test_worthless_ones(void **state)
{
	struct mpath_ids ids = { 0 };
	u8 bytes[255] = { 0 };
	unsigned int i;

	(void)state;
	mpath_ids_add(&ids, MPATH_ID_NAA, bytes, 8);
	mpath_ids_add(&ids, MPATH_ID_T10, bytes, 20);
	bytes[0] = 1;
	mpath_ids_add(&ids, MPATH_ID_NAA, bytes, 9);
	mpath_ids_add(&ids, MPATH_ID_EUI64, bytes, 0);
	mpath_ids_add(&ids, MPATH_ID_NAME, bytes, MPATH_ID_MAX + 1);
	assert_int_equal(ids.nr, 0);
	for (i = 0; i < MPATH_IDS + 3; i++)
		mpath_ids_add(&ids, MPATH_ID_NAME, bytes, MPATH_ID_MAX);
	assert_int_equal(ids.nr, MPATH_IDS);
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
	assert_int_equal(ids.nr, 0);
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
		assert_in_range(ids.nr, 0, MPATH_IDS);
		for (n = 0; n < ids.nr; n++)
			assert_in_range(ids.id[n].len, 1, MPATH_ID_MAX);
		free(some);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_the_unit),
		cmocka_unit_test(test_the_most_certain_says),
		cmocka_unit_test(test_worthless_ones),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_of_another_page),
		cmocka_unit_test(test_random_bytes),
	};

	return cmocka_run_group_tests_name("mpath_ids", tests, NULL, NULL);
}
