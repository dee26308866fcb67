// SPDX-License-Identifier: GPL-2.0-only
/* Tables of tier-pool: parsed, changed, written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tierctl.h"

static void assert_same(const char *params)
{
	struct pool_words w;
	const char *why = "";
	char *text;

	assert_true(words_parse(&w, params, &why));
	text = words_params(&w);
	assert_string_equal(text, params);
	free(text);
	words_free(&w);
}

static void round_trip(void **state)
{
	(void)state;
	assert_same("8:0 2048 0 1 ssd 1 8:16");
	assert_same("8:0 2048 2 metadata_mirror 8:1 2 ssd 1 8:16 sata 2 8:32 8:48");
	assert_same("8:0 128 6 metadata_mirror 8:1 read_only error_if_no_space skip_zeroing "
		    "no_discard_passdown 1 ssd 1 8:16");
}

static void refused(void **state)
{
	static const char *const cases[] = {
		"", "8:0", "8:0 x", "8:0 2048", "8:0 2048 0", "8:0 2048 1 1 ssd 1 8:16",
		"8:0 2048 1 metadata_mirror 1 ssd 1 8:16", "8:0 2048 2 metadata_mirror 8:1",
		"8:0 2048 0 9", "8:0 2048 0 1 ssd", "8:0 2048 0 1 ssd 2 8:16",
		"8:0 2048 0 1 ssd 65 8:16", "8:0 2048 0 1 ssd 1 8:16 more",
		"8:0 2048 0 2 ssd 1 8:16 ssd 1 8:17", "8:0 2048 0 2 ssd 1 8:16 sas 1 8:16",
		"8:0 2048 4 metadata_mirror 8:1 metadata_mirror 8:2 1 ssd 1 8:16",
		"8:0 2048 0 1 this-name-is-longer-than-31-chars 1 8:16",
		"8:0 2048 99999999999999999999 1 ssd 1 8:16",
	};
	struct pool_words w;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		why = NULL;
		assert_false(words_parse(&w, cases[i], &why));
		assert_non_null(why);
	}
}

static void tiers_added(void **state)
{
	struct pool_words w;
	const char *why;
	char *text;

	(void)state;
	assert_true(words_parse(&w, "8:0 2048 0 1 ssd 1 8:16", &why));
	assert_true(words_add_tier(&w, "sata:8:32,8:48", &why));
	assert_true(words_add_tier(&w, "ssd:8:64", &why));
	assert_false(words_add_tier(&w, "ssd:8:48", &why));
	assert_false(words_add_tier(&w, "ssd", &why));
	assert_false(words_add_tier(&w, "ssd:", &why));
	assert_false(words_add_tier(&w, ":8:80", &why));
	assert_false(words_add_tier(&w, "ssd:8:80,,8:81", &why));
	words_drop_dev(&w, "8:80");
	text = words_params(&w);
	assert_string_equal(text, "8:0 2048 0 2 ssd 2 8:16 8:64 sata 2 8:32 8:48");
	free(text);
	words_free(&w);
}

static void limits(void **state)
{
	struct pool_words w = { .extent_sectors = 2048 };
	char spec[64];
	const char *why;
	int i;

	(void)state;
	for (i = 0; i < WORDS_MAX_DEVS; i++) {
		snprintf(spec, sizeof(spec), "ssd:9:%d", i);
		assert_true(words_add_tier(&w, spec, &why));
	}
	assert_false(words_add_tier(&w, "ssd:9:64", &why));
	for (i = 1; i < WORDS_MAX_TIERS; i++) {
		snprintf(spec, sizeof(spec), "t%d:10:%d", i, i);
		assert_true(words_add_tier(&w, spec, &why));
	}
	assert_false(words_add_tier(&w, "ninth:11:0", &why));
	words_free(&w);
}

static void devices_dropped(void **state)
{
	struct pool_words w;
	const char *why;
	char *text;

	(void)state;
	assert_true(words_parse(&w, "8:0 2048 0 2 ssd 1 8:16 sata 2 8:32 8:48", &why));
	assert_true(words_drop_dev(&w, "8:32"));
	assert_false(words_drop_dev(&w, "8:32"));
	assert_true(words_drop_dev(&w, "8:16"));
	text = words_params(&w);
	assert_string_equal(text, "8:0 2048 0 1 sata 1 8:48");
	free(text);
	words_free(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(refused),
		cmocka_unit_test(tiers_added),
		cmocka_unit_test(limits),
		cmocka_unit_test(devices_dropped),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
