// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's lines about a refused table: which are shown, and how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "tierctl.h"

static void shown(void **state)
{
	const char *holds;
	char out[256];

	(void)state;
	reason_call("8:1", "/dev/sda1");
	reason_call("8:16", "/dev/sdb");
	assert_true(reason_text("device-mapper: tier: p: 8:16 holds something else: not touched",
				out, sizeof(out), &holds));
	assert_string_equal(out, "device-mapper: tier: p: /dev/sdb holds something else: not touched");
	assert_string_equal(holds, "/dev/sdb");
	assert_true(reason_text("device-mapper: tier: 8:1 holds a RAID", out, sizeof(out), &holds));
	assert_string_equal(out, "device-mapper: tier: /dev/sda1 holds a RAID");
	assert_string_equal(holds, "/dev/sda1");
	assert_true(reason_text("device-mapper: table: 254:0: tier-pool: 18:1, 8:1 and 8:161",
				out, sizeof(out), &holds));
	assert_string_equal(out, "device-mapper: table: 254:0: tier-pool: 18:1, /dev/sda1 and 8:161");
	assert_null(holds);
	reason_forget();
	assert_true(reason_text("device-mapper: tier: 8:1 holds a RAID", out, sizeof(out), &holds));
	assert_string_equal(out, "device-mapper: tier: 8:1 holds a RAID");
	assert_null(holds);
}

static void hidden(void **state)
{
	static const char *const cases[] = {
		"device-mapper: ioctl: error adding target to table",
		"device-mapper: thin: 254:1: no space", "usb 1-1: a table", "",
	};
	const char *holds;
	char out[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_false(reason_text(cases[i], out, sizeof(out), &holds));
}

/* a line longer than the room is cut, not run over */
static void cut(void **state)
{
	const char *holds;
	char out[24];

	(void)state;
	reason_call("8:1", "/dev/disk/by-id/a-name-that-is-long");
	assert_true(reason_text("dm-tier: 8:1 holds a RAID, and more", out, sizeof(out), &holds));
	assert_string_equal(out, "dm-tier: /dev/disk/by-i");
	reason_forget();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shown), cmocka_unit_test(hidden), cmocka_unit_test(cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
