// SPDX-License-Identifier: GPL-2.0-only
/* tierctl path against a kernel and a device-mapper that are made up: what they are told */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tierctl-path.h"

#define SECTORS		65536

extern const struct command path_commands[], path_table_commands[];

static char told[1024];
static const char *table;	/* of map "data" */
static const char *gone;	/* devices that have vanished */
static max_align_t handle[512];	/* in place of a handle, for its last error: none */
static bool listened;

static void note(const char *what, const char *a, const char *b)
{
	size_t used = strlen(told);

	snprintf(told + used, sizeof(told) - used, "%s%s|%s|%s", used ? "; " : "", what, a, b);
}

/* -- the kernel -- */

int dmtier_path_open(struct dmtier **h)
{
	*h = (struct dmtier *)handle;
	return 0;
}

int dmtier_map_get(struct dmtier *h, const char *map, struct dmtier_map *out)
{
	(void)h;
	(void)out;
	return strcmp(map, "data") ? -ENOENT : 0;
}

int dmtier_map_set(struct dmtier *h, const char *map, const char *key, const char *value)
{
	(void)h;
	assert_string_equal(map, "data");
	note("set", key, value);
	return 0;
}

int dmtier_path_events_open(struct dmtier_events **events)
{
	(void)events;
	listened = true;
	return -EIO;
}

#define UNUSED(name, ...) \
	int name(__VA_ARGS__) { fail(); return -EIO; }

#pragma GCC diagnostic ignored "-Wunused-parameter"
UNUSED(dmtier_maps, struct dmtier *h, const char *map, dmtier_map_fn fn, void *arg)
UNUSED(dmtier_groups, struct dmtier *h, const char *map, dmtier_group_fn fn, void *arg)
UNUSED(dmtier_paths, struct dmtier *h, const char *map, dmtier_path_fn fn, void *arg)
UNUSED(dmtier_path_fail, struct dmtier *h, const char *map, const char *dev)
UNUSED(dmtier_path_reinstate, struct dmtier *h, const char *map, const char *dev)
UNUSED(dmtier_group_switch, struct dmtier *h, const char *map, uint32_t group)
UNUSED(dmtier_group_disable, struct dmtier *h, const char *map, uint32_t group)
UNUSED(dmtier_group_enable, struct dmtier *h, const char *map, uint32_t group)
UNUSED(dmtier_path_event_next, struct dmtier_events *e, struct dmtier_path_event *out)
UNUSED(dm_remove_map, const char *name)

/* -- device-mapper -- */

void dm_begin(void)
{
}

void dm_end(void)
{
}

bool dm_denied(void)
{
	return false;
}

bool dm_find(const char *name, struct dm_map *map)
{
	memset(map, 0, sizeof(*map));
	if (!table || strcmp(name, "data"))
		return false;
	strcpy(map->name, name);
	strcpy(map->target, "mpath-ext");
	map->sectors = SECTORS;
	map->params = strdup(table);
	return true;
}

void dm_map_free(struct dm_map *map)
{
	free(map->params);
}

static int loaded(const char *what, uint64_t sectors, const char *params)
{
	char size[24];

	snprintf(size, sizeof(size), "%llu", (unsigned long long)sectors);
	note(what, size, params);
	return CTL_OK;
}

int dm_create_map(const char *name, const char *target, uint64_t sectors, const char *params)
{
	return loaded("create", sectors, params);
}

int dm_reload_map(const char *name, const char *target, uint64_t sectors, const char *params)
{
	return loaded("reload", sectors, params);
}

void load_module(const char *name, const char *sys)
{
}

int dev_to_number(char **dev, void *arg)
{
	return CTL_OK;
}

uint64_t dev_size(const char *number)
{
	return strstr(gone, number) ? 0 : SECTORS / 2;
}

int dev_sectors(const char *number, uint64_t *sectors)
{
	note("no size", number, "");
	*sectors = dev_size(number);
	return *sectors ? CTL_OK : CTL_ABSENT;
}

/* -- one command -- */

#define WORDS_MAX	16

/* its exit code, with what it says of errors unheard */
static int say(const struct command *list, const char *line)
{
	int argc = 0, code, err = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
	struct ctl c = { 0 };
	char *argv[WORDS_MAX] = { 0 }, *words = strdup(line), *left = words;

	told[0] = '\0';
	while (argc < WORDS_MAX - 1 && (argv[argc] = strsep(&left, " ")))
		argc++;
	while (list->group && strcmp(list->verb, argv[0]))
		list++;
	assert_non_null(list->group);
	assert_in_range(argc - 1, list->min, list->max);
	c.command = list;
	optind = 0;
	dup2(null, STDERR_FILENO);
	code = list->run(&c, argc, argv);
	dup2(err, STDERR_FILENO);
	close(err);
	close(null);
	free(words);
	return code;
}

static int set_up(void **state)
{
	(void)state;
	table = "0 0 2 1 latency 0 2 1 8:0 weight=2 8:16 weight=3 round-robin 0 2 0 8:32 8:48";
	gone = "";
	listened = false;
	return 0;
}

static void assert_told(const struct command *list, const char *line, const char *expected)
{
	assert_int_equal(say(list, line), CTL_OK);
	assert_string_equal(told, expected);
}

static void settings(void **state)
{
	(void)state;
	assert_told(path_commands, "set data fail_if_no_path", "set|fail_if_no_path|");
	assert_told(path_commands, "set data queue-if-no-path off", "set|fail_if_no_path|");
	assert_told(path_commands, "set data queue_if_no_path", "set|queue_if_no_path|");
	assert_told(path_commands, "set data queue_if_no_path 60", "set|queue_if_no_path|60");
	assert_told(path_commands, "set data hedge 99,5", "set|hedge|99 5");
	assert_told(path_commands, "set data hedge off", "set|hedge|off");
	assert_told(path_commands, "set data slow_path off", "set|slow_path|off");
	assert_told(path_commands, "set /dev/mapper/data elastic off", "set|elastic|off");
	assert_int_equal(say(path_commands, "set data failback"), CTL_USAGE);
	assert_int_equal(say(path_commands, "set data hedge"), CTL_USAGE);
	assert_string_equal(told, "");
}

static void off_from_the_start(void **state)
{
	(void)state;
	table = NULL;
	assert_told(path_table_commands,
		    "create data --slow-path off --hedge off --elastic off --group latency:8:0",
		    "create|32768|6 slow_path off hedge off elastic off 0 1 1 latency 0 1 0 8:0");
	assert_told(path_table_commands, "create data --queue-if-no-path off --group latency:8:0",
		    "create|32768|0 0 1 1 latency 0 1 0 8:0");
}

/* "off" is no word to the kernel, and is one of two all the same */
static void given_twice(void **state)
{
	static const char *const both[] = {
		"--queue-if-no-path 5 --queue-if-no-path off",
		"--queue-if-no-path off --queue-if-no-path 5",
		"--queue-if-no-path off --queue-if-no-path off",
		"--slow-path 4 --slow-path off",
	};
	char line[128];

	(void)state;
	table = NULL;
	for (int i = 0; i < 4; i++) {
		snprintf(line, sizeof(line), "create data %s --group latency:8:0", both[i]);
		assert_int_equal(say(path_table_commands, line), CTL_USAGE);
		assert_string_equal(told, "");
	}
	assert_told(path_table_commands,
		    "create data --queue-if-no-path 5 --group latency:8:0 --group latency:8:16",
		    "create|32768|2 queue_if_no_path 5 0 2 1 latency 0 1 0 8:0 latency 0 1 0 8:16");
}

/* two that have vanished together, of which one alone could not be left out */
static void dropped(void **state)
{
	(void)state;
	gone = "8:0 8:32";
	assert_told(path_table_commands, "drop data 8:0 8:32",
		    "reload|32768|0 0 2 1 latency 0 1 1 8:16 weight=3 round-robin 0 1 0 8:48");
	assert_told(path_table_commands, "drop data 8:48",
		    "reload|32768|0 0 2 1 latency 0 2 1 8:0 weight=2 8:16 weight=3 "
		    "round-robin 0 1 0 8:32");
	/* nothing tells the size but the map itself */
	gone = "8:0 8:16 8:32 8:48";
	assert_told(path_table_commands, "drop data 8:0 8:16 8:32",
		    "reload|65536|0 0 1 1 round-robin 0 1 0 8:48");
	assert_int_equal(say(path_table_commands, "drop data 8:0 8:64"), CTL_ABSENT);
	assert_string_equal(told, "");
	assert_int_equal(say(path_table_commands, "drop data 8:0 8:0"), CTL_ABSENT);
	assert_string_equal(told, "");
	table = NULL;
	assert_int_equal(say(path_table_commands, "create data --group latency:8:0"), CTL_ABSENT);
	assert_string_equal(told, "no size|8:0|");
}

/* what has no room is refused, not cut */
static void added(void **state)
{
	char line[600], *end;

	(void)state;
	assert_told(path_table_commands, "add data 2 8:64,cost=3",
		    "reload|32768|0 0 2 1 latency 0 2 1 8:0 weight=2 8:16 weight=3 "
		    "round-robin 0 3 1 8:32 cost=0 8:48 cost=0 8:64 cost=3");
	end = line + sprintf(line, "add data 2 8:64");
	while (end < line + 300)
		end += sprintf(end, ",8:%d", 100 + (int)(end - line));
	assert_int_equal(say(path_table_commands, line), CTL_USAGE);
	assert_string_equal(told, "");
	end = line + sprintf(line, "add data 2 /dev/");
	memset(end, 'x', 300);
	strcpy(end + 300, ",cost=1");
	assert_int_equal(say(path_table_commands, line), CTL_USAGE);
	assert_string_equal(told, "");
}

/* a map that is not there has no events to wait for */
static void events_of_a_map(void **state)
{
	(void)state;
	assert_int_equal(say(path_commands, "events nothing"), CTL_ABSENT);
	assert_int_equal(say(path_commands, "events /dev/mapper/nothing"), CTL_ABSENT);
	assert_false(listened);
	assert_int_equal(say(path_commands, "events /dev/mapper/data"), CTL_FAILED);
	assert_true(listened);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(settings, set_up),
		cmocka_unit_test_setup(off_from_the_start, set_up),
		cmocka_unit_test_setup(given_twice, set_up),
		cmocka_unit_test_setup(dropped, set_up),
		cmocka_unit_test_setup(added, set_up),
		cmocka_unit_test_setup(events_of_a_map, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
