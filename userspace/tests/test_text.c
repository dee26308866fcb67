// SPDX-License-Identifier: GPL-2.0-only
/* Words to numbers and back: what is taken, and what must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tierctl.h"

static void sizes_taken(void **state)
{
	static const struct { const char *text; uint64_t bytes; } cases[] = {
		{ "0", 0 }, { "512", 512 }, { "8s", 4096 }, { "1K", 1024 }, { "1k", 1024 },
		{ "3M", 3 << 20 }, { "3MiB", 3 << 20 }, { "3mb", 3 << 20 },
		{ "10G", 10ULL << 30 }, { "2T", 2ULL << 40 }, { "1P", 1ULL << 50 },
		{ "18446744073709551615", UINT64_MAX }, { "16383P", 16383ULL << 50 },
	};
	uint64_t bytes;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(text_size(cases[i].text, &bytes));
		assert_int_equal(bytes, cases[i].bytes);
	}
}

static void sizes_refused(void **state)
{
	static const char *const cases[] = {
		"", " ", "K", "-1", "+1", "1.5G", "1KK", "1Gx", "1 G", "0x10", "16384P",
		"18446744073709551616", "36028797018963969s", "1ib", "1B",
	};
	uint64_t bytes;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_false(text_size(cases[i], &bytes));
}

static void lun_ids(void **state)
{
	uint32_t lun;

	(void)state;
	assert_true(text_lun("0", &lun));
	assert_true(text_lun("16777214", &lun));
	assert_int_equal(lun, 16777214);
	assert_false(text_lun("16777215", &lun));
	assert_false(text_lun("4294967296", &lun));
	assert_false(text_lun("1a", &lun));
	assert_false(text_lun("-1", &lun));
}

static void seconds(void **state)
{
	double value;

	(void)state;
	assert_true(text_seconds("0.5", &value));
	assert_true(value == 0.5);
	assert_false(text_seconds("nan", &value));
	assert_false(text_seconds("inf", &value));
	assert_false(text_seconds("-1", &value));
	assert_false(text_seconds("1s", &value));
	assert_false(text_seconds("", &value));
}

static void bytes_written(void **state)
{
	char buf[32];

	(void)state;
	assert_string_equal(text_bytes(buf, 0), "0 B");
	assert_string_equal(text_bytes(buf, 1023), "1023 B");
	assert_string_equal(text_bytes(buf, 1024), "1 KiB");
	assert_string_equal(text_bytes(buf, 1536), "1.50 KiB");
	assert_string_equal(text_bytes(buf, 10ULL << 30), "10 GiB");
	assert_string_equal(text_bytes(buf, (1ULL << 40) - 1), "1 TiB");
	assert_string_equal(text_bytes(buf, UINT64_MAX), "16 EiB");
}

static void others_written(void **state)
{
	char buf[32];

	(void)state;
	assert_string_equal(text_short(buf, 999), "999");
	assert_string_equal(text_short(buf, 12340), "12.3k");
	assert_string_equal(text_short(buf, 999999), "1M");
	assert_string_equal(text_ns(buf, 0), "-");
	assert_string_equal(text_ns(buf, 85000), "85 us");
	assert_string_equal(text_ns(buf, 4100000), "4.10 ms");
	assert_string_equal(text_ms(buf, 1500), "1.5s");
	assert_string_equal(text_ms(buf, 90000), "1m 30s");
	assert_string_equal(text_ms(buf, 7260000), "2h 1m");
	assert_string_equal(text_ms(buf, 273600000), "3d 4h");
}

static void keys(void **state)
{
	char buf[32], line[] = "start-tier=a-b";

	(void)state;
	assert_string_equal(text_key(buf, sizeof(buf), "move-rate"), "move_rate");
	assert_string_equal(text_key(buf, sizeof(buf), "up_iops"), "up_iops");
	assert_string_equal(text_key(buf, 5, "up-iops"), "up_i");
	assert_string_equal(text_key(line, sizeof(line), line), "start_tier=a-b");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_taken),
		cmocka_unit_test(sizes_refused),
		cmocka_unit_test(lun_ids),
		cmocka_unit_test(seconds),
		cmocka_unit_test(bytes_written),
		cmocka_unit_test(others_written),
		cmocka_unit_test(keys),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
