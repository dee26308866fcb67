// SPDX-License-Identifier: GPL-2.0-only
/* Tables and their JSON, and the picture of a heat map. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tierctl.h"

static struct table *two_rows(void)
{
	struct table *t = table_new();

	table_row(t);
	cell_text(t, "name", "NAME", "a\tb");
	cell_number(t, "count", "COUNT", UINT64_MAX);
	cell_number(t, "hidden", NULL, 1);
	cell_flag(t, "on", "ON", true);
	table_row(t);
	cell_text(t, "name", "NAME", NULL);
	cell_number(t, "count", "COUNT", 5);
	cell_number(t, "hidden", NULL, 2);
	cell_flag(t, "on", "ON", false);
	return t;
}

/* stdout into a buffer while @fn prints */
static char *printed(void (*fn)(void))
{
	static char buf[4096];
	char path[] = "/tmp/test_outputXXXXXX";
	int fd = mkstemp(path), old = dup(STDOUT_FILENO);
	ssize_t n;

	assert_true(fd >= 0 && old >= 0);
	unlink(path);
	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	fn();
	fflush(stdout);
	dup2(old, STDOUT_FILENO);
	n = pread(fd, buf, sizeof(buf) - 1, 0);
	assert_true(n >= 0);
	buf[n] = 0;
	close(fd);
	close(old);
	return buf;
}

static void print_list(void)
{
	struct ctl c = { 0 };

	table_list(&c, two_rows());
}

static void print_list_json(void)
{
	struct ctl c = { .json = true };

	table_list(&c, two_rows());
}

static void as_table(void **state)
{
	(void)state;
	assert_string_equal(printed(print_list),
		"NAME                 COUNT  ON\n"
		"a?b   18446744073709551615  on\n"
		"-                        5  off\n");
}

static void as_json(void **state)
{
	json_object *array = json_tokener_parse(printed(print_list_json)), *row, *value;

	(void)state;
	assert_non_null(array);
	assert_int_equal(json_object_array_length(array), 2);
	row = json_object_array_get_idx(array, 0);
	assert_true(json_object_object_get_ex(row, "count", &value));
	assert_int_equal(json_object_get_uint64(value), UINT64_MAX);
	assert_true(json_object_object_get_ex(row, "hidden", &value));
	assert_true(json_object_object_get_ex(row, "name", &value));
	assert_string_equal(json_object_get_string(value), "a\tb");
	row = json_object_array_get_idx(array, 1);
	assert_true(json_object_object_get_ex(row, "name", &value));
	assert_null(value);
	json_object_put(array);
}

static void levels(void **state)
{
	struct heat_map m = { .hottest = UINT32_MAX };
	uint32_t rate;
	unsigned int level, last = 0;

	(void)state;
	assert_int_equal(heat_level(&m, 0, 12), 0);
	assert_int_equal(heat_level(&m, UINT32_MAX, 12), 11);
	assert_int_equal(heat_level(&m, UINT32_MAX, 256), 255);
	for (rate = 1; rate < 1U << 31; rate *= 2) {
		level = heat_level(&m, rate, 12);
		assert_in_range(level, 1, 11);
		assert_true(level >= last);
		last = level;
	}
	m.hottest = 1;
	assert_int_equal(heat_level(&m, 1, 12), 11);
}

static void picture(void **state)
{
	struct heat_cell cells[6] = {
		{ .mapped = 1, .rate = 0 }, { .mapped = 1, .rate = 50, .rank = 7 }, { 0 },
		{ .mapped = 1, .rate = 100, .rank = 1 }, { 0 }, { 0 },
	};
	struct heat_map m = {
		.extents = 5, .per_cell = 1, .width = 3, .height = 2, .hottest = 100,
		.cell = cells,
	};
	char path[] = "/tmp/test_outputXXXXXX";
	png_image image = { .version = PNG_IMAGE_VERSION };
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(heat_png(&m, "title", path), 0);
	assert_true(png_image_begin_read_from_file(&image, path));
	assert_int_equal(image.width, 24);
	assert_int_equal(image.height, 16);
	png_image_free(&image);
	unlink(path);
	assert_true(heat_png(&m, "title", "/nowhere/x.png") < 0);
	m.height = 0;
	assert_true(heat_png(&m, "title", path) < 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_table),
		cmocka_unit_test(as_json),
		cmocka_unit_test(levels),
		cmocka_unit_test(picture),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
