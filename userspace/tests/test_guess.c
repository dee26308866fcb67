// SPDX-License-Identifier: GPL-2.0-only
/* Slips of the finger: what is meant, and when nothing is near enough to say so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "tierctl.h"

static const char *nearest(const char *word)
{
	static const char *const names[] = {
		"pool", "lun", "tier", "dev", "policy", "path", "usage", "heat", "top", "events",
		"drop-dev", "no-discard-passdown",
	};
	struct guess g;

	guess_begin(&g, word);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		guess_try(&g, names[i]);
	return g.name ? g.name : "";
}

static void meant(void **state)
{
	(void)state;
	assert_string_equal(nearest("pool"), "pool");
	assert_string_equal(nearest("polo"), "pool");
	assert_string_equal(nearest("paht"), "path");
	assert_string_equal(nearest("event"), "events");
	assert_string_equal(nearest("dropdev"), "drop-dev");
	assert_string_equal(nearest("ev"), "dev");
	assert_string_equal(nearest("no-disc"), "no-discard-passdown");
	assert_string_equal(nearest("no-discrad-pasdown"), "no-discard-passdown");
}

static void not_near(void **state)
{
	char longest[400];

	(void)state;
	memset(longest, 'p', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = 0;
	assert_string_equal(nearest("zzzz"), "");
	assert_string_equal(nearest("replicate"), "");
	assert_string_equal(nearest(longest), "");
	longest[32] = 0;
	assert_string_equal(nearest(longest), "");
	longest[31] = 0;
	assert_string_equal(nearest(longest), "");
	assert_string_equal(nearest("\xff\xfe\xfd\xfc"), "");
}

/* getopt's own messages are off: ours say what is wrong, and '?' comes back */
static int option_of(const char *word, const char *more)
{
	static const struct option options[] = {
		{ "wait", no_argument, NULL, 'w' },
		{ "name", required_argument, NULL, 'm' },
		{ "never", no_argument, NULL, 'v' },
		{ 0 }
	};
	char *argv[] = { "tierctl", (char *)word, (char *)more, NULL };

	optind = 0;
	return ctl_getopt(more ? 3 : 2, argv, "n:", options, NULL);
}

static void options(void **state)
{
	(void)state;
	assert_int_equal(option_of("--wait", NULL), 'w');
	assert_int_equal(option_of("--wa", NULL), 'w');
	assert_int_equal(option_of("--name", "x"), 'm');
	assert_int_equal(option_of("-n", "3"), 'n');
	assert_int_equal(option_of("word", NULL), -1);
	assert_int_equal(option_of("--wiat", NULL), '?');
	assert_int_equal(option_of("--wait=3", NULL), '?');
	assert_int_equal(option_of("--name", NULL), '?');
	assert_int_equal(option_of("--n", NULL), '?');
	assert_int_equal(option_of("-n", NULL), '?');
	assert_int_equal(option_of("-xyz", NULL), '?');
	assert_int_equal(option_of("--", NULL), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(meant), cmocka_unit_test(not_near), cmocka_unit_test(options),
	};

	return cmocka_run_group_tests_name("guess", tests, NULL, NULL);
}
