// SPDX-License-Identifier: GPL-2.0-only
/* Tables of mpath-ext: parsed, changed, written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tierctl-path.h"

static struct path_words w;	/* too big for some stacks */

static void assert_params(const char *expected)
{
	char *text = path_words_params(&w);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void round_trip(void **state)
{
	static const char *const cases[] = {
		"0 0 0 0",
		"0 0 1 1 latency 0 1 0 8:0",
		"4 queue_if_no_path 60 slow_path 4 1 alua 2 2 latency 0 2 1 8:0 weight=1 "
		"8:16 weight=1 round-robin 0 1 3 8:32 weight=9 role=standby cost=7",
		"3 hedge 99 5 0 1 1 queue-depth 0 2 0 8:0 8:16",
		"2 of-others a,b 0 0 0",
	};
	const char *why = "";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(path_words_parse(&w, cases[i], &why));
		assert_params(cases[i]);
		path_words_free(&w);
	}
}

static void refused(void **state)
{
	static const char *const cases[] = {
		"", "x", "0", "1 0 0 0", "0 2 a b 0 0", "0 1", "0 0", "0 0 1", "0 0 1 1",
		"0 0 1 2 latency 0 1 0 8:0", "0 0 33 1", "0 0 1 1 latency", "0 0 1 1 latency 1 x",
		"0 0 1 1 latency 0 1", "0 0 1 1 latency 0 1 0", "0 0 1 1 latency 0 2 0 8:0",
		"0 0 1 1 latency 0 1 0 8:0 8:16", "0 0 1 1 latency 0 1 1 8:0",
		"0 0 1 1 latency 0 1 1 8:0 colour=blue", "0 0 1 1 latency 0 1 1 8:0 weight=",
		"0 0 1 1 latency 0 1 2 8:0 cost=1 cost=2", "0 0 1 1 latency 0 1 4 8:0 a b c d",
		"0 0 1 1 latency 0 2 0 8:0 8:0", "0 0 1 1 latency 0 65 0 8:0",
		"0 0 1 1 a-selector-that-is-much-too-long-for-it 0 1 0 8:0",
		"99999999999999999999 0 0 0", "33 0 0 0",
	};
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		why = NULL;
		if (path_words_parse(&w, cases[i], &why))
			fail_msg("'%s' was taken", cases[i]);
		assert_non_null(why);
	}
}

/* what one path of a group says, all say */
static void built(void **state)
{
	const char *why = "";

	(void)state;
	memset(&w, 0, sizeof(w));
	w.initial = 1;
	assert_true(path_words_group(&w, "latency:/dev/a,/dev/b,weight=3,/dev/c=d,cost=5", &why));
	assert_true(path_words_group(&w, "round-robin:/dev/by-path/pci-0:1", &why));
	assert_true(path_words_feature(&w, "slow_path", "4", &why));
	assert_true(path_words_feature(&w, "hedge", "99,5", &why));
	strcpy(w.handler, "alua");
	assert_params("5 slow_path 4 hedge 99 5 1 alua 2 1 "
		      "latency 0 3 2 /dev/a weight=1 cost=0 /dev/b weight=3 cost=0 "
		      "/dev/c=d weight=1 cost=5 round-robin 0 1 0 /dev/by-path/pci-0:1");
	path_words_free(&w);
}

static void bad_words(void **state)
{
	static const char *const groups[] = {
		"", "latency", "latency:", ":/dev/a", "latency:weight=3", "latency:weight=3,/dev/a",
		"latency:/dev/a,,/dev/b", "latency:/dev/a b", "latency:/dev/a,/dev/a",
		"latency 0 1 0 8:/dev/a", "latency:/dev/a,weight=1,weight=2", "latency:/dev/a,speed=1", "latency:/dev/a,role=",
	};
	char many[800] = "latency:";
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		memset(&w, 0, sizeof(w));
		why = NULL;
		if (path_words_group(&w, groups[i], &why))
			fail_msg("'%s' was taken", groups[i]);
		assert_non_null(why);
		path_words_free(&w);
	}
	for (i = 0; i < PATH_WORDS_PATHS + 1; i++)
		sprintf(many + strlen(many), "%s/dev/%zu", i ? "," : "", i);
	assert_false(path_words_group(&w, many, &why));
	path_words_free(&w);
	for (i = 0; i < PATH_WORDS_GROUPS; i++) {
		sprintf(many, "latency:/dev/%zu", i);
		assert_true(path_words_group(&w, many, &why));
	}
	assert_false(path_words_group(&w, "latency:/dev/x", &why));
	path_words_free(&w);
	assert_false(path_words_feature(&w, "hedge", "", &why));
	assert_false(path_words_feature(&w, "hedge", "99 5", &why));
	assert_false(path_words_feature(&w, "hedge", ",5", &why));
	assert_false(path_words_feature(&w, "hedge", "99,", &why));
	assert_false(path_words_feature(&w, "hedge", "99,,5", &why));
	memset(many, 'x', 500);
	many[500] = 0;
	assert_false(path_words_feature(&w, "hedge", many, &why));
}

static void added_and_dropped(void **state)
{
	const char *why = "";

	(void)state;
	assert_true(path_words_parse(&w, "0 0 2 2 latency 0 2 1 8:0 weight=2 8:16 weight=3 "
				     "round-robin 0 1 0 8:32", &why));
	assert_true(path_words_add(&w, 2, "8:48,weight=4", &why));
	assert_false(path_words_add(&w, 1, "8:48", &why));
	assert_false(path_words_add(&w, 3, "8:64", &why));
	assert_false(path_words_add(&w, 0, "8:64", &why));
	assert_false(path_words_add(&w, 1, "weight=4", &why));
	assert_true(path_words_drop(&w, "8:0"));
	assert_false(path_words_drop(&w, "8:0"));
	assert_params("0 0 2 2 latency 0 1 1 8:16 weight=3 "
		      "round-robin 0 2 1 8:32 weight=1 8:48 weight=4");
	/* a group without paths is left out, and the initial one keeps its place */
	assert_true(path_words_drop(&w, "8:16"));
	assert_params("0 0 1 1 round-robin 0 2 1 8:32 weight=1 8:48 weight=4");
	assert_true(path_words_drop(&w, "8:32"));
	assert_true(path_words_drop(&w, "8:48"));
	assert_params("0 0 0 0");
	path_words_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip), cmocka_unit_test(refused), cmocka_unit_test(built),
		cmocka_unit_test(bad_words), cmocka_unit_test(added_and_dropped),
	};

	return cmocka_run_group_tests_name("path_words", tests, NULL, NULL);
}
