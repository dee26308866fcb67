// SPDX-License-Identifier: GPL-2.0-only
/* The metrics of maps and paths: each family once, whole, and its histogram sound */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tierd-path.h"

static struct config config;
static struct paths paths;
static struct tierd d = { .config = &config, .paths = &paths };

void tierd_log(int priority, const char *format, ...)
{
	(void)priority;
	(void)format;
}

static char *text_of(struct dmtier_map *map, struct dmtier_path *path)
{
	char *text;
	size_t len;

	memset(map, 0, sizeof(*map));
	memset(path, 0, sizeof(*path));
	strcpy(map->name, "a\"b\\");
	strcpy(map->state, "active");
	map->sectors = 8;
	map->held_bytes = 4096;
	strcpy(path->map, map->name);
	strcpy(path->dev, "8:16");
	strcpy(path->state, "slow");
	path->cost = 3;
	path->read_ios = 6;
	path->read_sectors = 48;
	path->read_ns = 12000000345;
	path->spent_ms[DMTIER_PATH_SLOW] = 1500;
	path->read_latency[0] = 1;
	path->read_latency[3] = 2;
	path->read_latency[DM_MPATH_EXT_BUCKETS - 1] = 3;
	paths.maps.map = map;
	paths.maps.path = path;
	paths.maps.nr_maps = 1;
	paths.maps.nr_paths = 1;
	text = metrics_text(&d, &len);
	assert_non_null(text);
	assert_int_equal(strlen(text), len);
	return text;
}

static void has(const char *text, const char *line)
{
	if (!strstr(text, line))
		print_message("no '%s' in:\n%s", line, text);
	assert_non_null(strstr(text, line));
}

#define LABELS	"{map=\"a\\\"b\\\\\",path=\"8:16\""

static void values(void **state)
{
	struct dmtier_path path;
	struct dmtier_map map;
	char *text = text_of(&map, &path);

	(void)state;
	has(text, "dm_mpath_ext_map_size_bytes{map=\"a\\\"b\\\\\"} 4096\n");
	has(text, "dm_mpath_ext_map_held_bytes{map=\"a\\\"b\\\\\"} 4096\n");
	has(text, "dm_mpath_ext_path_requests_total" LABELS ",direction=\"read\"} 6\n");
	has(text, "dm_mpath_ext_path_transferred_bytes_total" LABELS
	    ",direction=\"read\"} 24576\n");
	has(text, "dm_mpath_ext_path_state" LABELS ",dm_mpath_ext_path_state=\"slow\"} 1\n");
	has(text, "dm_mpath_ext_path_state" LABELS ",dm_mpath_ext_path_state=\"up\"} 0\n");
	has(text, "dm_mpath_ext_path_state_seconds_total" LABELS ",state=\"slow\"} 1.500\n");
	has(text, "dm_mpath_ext_path_info" LABELS ",group=\"0\",weight=\"0\",cost=\"3\"");
	has(text, "dm_tier_trouble{class=\"path-failed\"} 0\n");
	has(text, "# EOF\n");
	free(text);
}

/* cumulative up to infinity, which is the count */
static void latency(void **state)
{
	struct dmtier_path path;
	struct dmtier_map map;
	char *text = text_of(&map, &path);

	(void)state;
#define READ	LABELS ",direction=\"read\""
	has(text, "latency_seconds_bucket" READ ",le=\"0.000001024\"} 1\n");
	has(text, "latency_seconds_bucket" READ ",le=\"0.000004096\"} 1\n");
	has(text, "latency_seconds_bucket" READ ",le=\"0.000008192\"} 3\n");
	has(text, "latency_seconds_bucket" READ ",le=\"+Inf\"} 6\n");
	has(text, "latency_seconds_count" READ "} 6\n");
	has(text, "latency_seconds_sum" READ "} 12.000000345\n");
	free(text);
}

/* a family that is begun twice is two to who reads it */
static void families_once(void **state)
{
	struct dmtier_path path;
	struct dmtier_map map;
	char *text = text_of(&map, &path), *line, *next, name[256];

	(void)state;
	for (line = text; (line = strstr(line, "# TYPE ")); line = next) {
		next = line + 7;
		assert_int_equal(sscanf(next, "%250s", name), 1);
		memmove(name + 7, name, strlen(name) + 1);
		memcpy(name, "# TYPE ", 7);
		strcat(name, " ");
		assert_null(strstr(next, name));
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values), cmocka_unit_test(latency),
		cmocka_unit_test(families_once),
	};

	return escalate_new(&d) || cmocka_run_group_tests(tests, NULL, NULL);
}
