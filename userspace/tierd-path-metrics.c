// SPDX-License-Identifier: GPL-2.0-only
/*
 * OpenMetrics text of maps and paths
 *
 * Counters start anew when a map is made anew, as those who read them expect.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tierd-metrics.h"
#include "tierd-path.h"

#define SECTOR	512

/* -- maps -- */

#define MAP(member)	offsetof(struct dmtier_map, member)

static const struct {
	const char *name, *unit, *help;
	size_t offset;
	bool wide;			/* a u64 */
	uint64_t factor;
} map_gauges[] = {
	{ "dm_mpath_ext_map_size_bytes", "bytes", "Size of a map.", MAP(sectors), true, SECTOR },
	{ "dm_mpath_ext_map_group", "", "Number of the group in use, 0 if none is.", MAP(group),
	  false, 1 },
	{ "dm_mpath_ext_map_groups", "", "Groups of a map.", MAP(groups), false, 1 },
	{ "dm_mpath_ext_map_paths", "", "Paths of a map.", MAP(paths), false, 1 },
	{ "dm_mpath_ext_map_usable_paths", "", "Paths of a map that work.", MAP(usable), false,
	  1 },
	{ "dm_mpath_ext_map_held_requests", "", "Requests that wait for a path.",
	  MAP(held_ios), true, 1 },
	{ "dm_mpath_ext_map_held_bytes", "bytes", "Bytes that wait for a path.",
	  MAP(held_bytes), true, 1 },
};

static uint64_t field(const void *object, size_t offset, bool wide)
{
	const char *place = (const char *)object + offset;

	return wide ? *(const uint64_t *)place : *(const uint32_t *)place;
}

static void map_gauge(FILE *f, const struct maps *m, size_t which)
{
	const char *name = map_gauges[which].name;

	metrics_family(f, name, "gauge", map_gauges[which].unit, map_gauges[which].help);
	for (size_t i = 0; i < m->nr_maps; i++) {
		fputs(name, f);
		metrics_label(f, "map", m->map[i].name, "{");
		fprintf(f, "} %" PRIu64 "\n", map_gauges[which].factor *
			field(&m->map[i], map_gauges[which].offset, map_gauges[which].wide));
	}
}

static void map_suspended(FILE *f, const struct maps *m)
{
	static const char name[] = "dm_mpath_ext_map_suspended";

	metrics_family(f, name, "gauge", "", "1 while the map is suspended.");
	for (size_t i = 0; i < m->nr_maps; i++) {
		fputs(name, f);
		metrics_label(f, "map", m->map[i].name, "{");
		fprintf(f, "} %d\n", !strcmp(m->map[i].state, "suspended"));
	}
}

/* -- paths -- */

static void path_labels(FILE *f, const char *name, const struct dmtier_path *p)
{
	fputs(name, f);
	metrics_label(f, "map", p->map, "{");
	metrics_label(f, "path", p->dev, ",");
}

static void path_info(FILE *f, const struct maps *m)
{
	const struct dmtier_path *p, *end = m->path + m->nr_paths;

	metrics_family(f, "dm_mpath_ext_path", "info", "", "What the table says of a path.");
	for (p = m->path; p < end; p++) {
		path_labels(f, "dm_mpath_ext_path_info", p);
		fprintf(f, ",group=\"%" PRIu32 "\",weight=\"%" PRIu32 "\",cost=\"%" PRIu32 "\"",
			p->group, p->weight, p->cost);
		metrics_label(f, "role", p->role, ",");
		fputs("} 1\n", f);
	}
}

static void path_state(FILE *f, const struct maps *m)
{
	const struct dmtier_path *p, *end = m->path + m->nr_paths;

	metrics_family(f, "dm_mpath_ext_path_state", "stateset", "", "State of a path.");
	for (p = m->path; p < end; p++) {
		for (int s = 0; s < DMTIER_PATH_STATES; s++) {
			path_labels(f, "dm_mpath_ext_path_state", p);
			metrics_label(f, "dm_mpath_ext_path_state", dmtier_path_states[s], ",");
			fprintf(f, "} %d\n", !strcmp(p->state, dmtier_path_states[s]));
		}
	}
	metrics_family(f, "dm_mpath_ext_path_state_seconds", "counter", "seconds",
		       "Time that a path has spent in each state.");
	for (p = m->path; p < end; p++) {
		for (int s = 0; s < DMTIER_PATH_STATES; s++) {
			path_labels(f, "dm_mpath_ext_path_state_seconds_total", p);
			metrics_label(f, "state", dmtier_path_states[s], ",");
			fprintf(f, "} %" PRIu64 ".%03u\n", p->spent_ms[s] / 1000,
				(unsigned int)(p->spent_ms[s] % 1000));
		}
	}
}

#define PATH(member)	offsetof(struct dmtier_path, member)

static const struct {
	const char *name, *type, *unit, *help;
	const char *label;		/* of the two values; NULL: one without */
	const char *value[2];
	size_t offset[2];
	bool wide;
	uint64_t factor;
} path_values[] = {
	{ "dm_mpath_ext_path_in_use", "gauge", "", "1 while I/O is sent to the path.",
	  NULL, { NULL, NULL }, { PATH(in_use), 0 }, false, 1 },
	{ "dm_mpath_ext_path_flapping", "gauge", "", "1 while the path is held down longer each time.",
	  NULL, { NULL, NULL }, { PATH(flapping), 0 }, false, 1 },
	{ "dm_mpath_ext_path_in_flight", "gauge", "", "Requests in flight.",
	  NULL, { NULL, NULL }, { PATH(in_flight), 0 }, true, 1 },
	{ "dm_mpath_ext_path_outages", "counter", "", "Times that the path went out of use.",
	  NULL, { NULL, NULL }, { PATH(fails), 0 }, false, 1 },
	{ "dm_mpath_ext_path_requests", "counter", "", "Requests done on a path.",
	  "direction", { "read", "write" }, { PATH(read_ios), PATH(write_ios) }, true, 1 },
	{ "dm_mpath_ext_path_transferred_bytes", "counter", "bytes", "Bytes read and written.",
	  "direction", { "read", "write" }, { PATH(read_sectors), PATH(write_sectors) }, true,
	  SECTOR },
	{ "dm_mpath_ext_path_errors", "counter", "", "Requests that failed on the path.",
	  NULL, { NULL, NULL }, { PATH(errors), 0 }, true, 1 },
	{ "dm_mpath_ext_path_retries", "counter", "", "Requests that had failed elsewhere first.",
	  NULL, { NULL, NULL }, { PATH(retries), 0 }, true, 1 },
	{ "dm_mpath_ext_path_hedges", "counter", "",
	  "Reads sent because another path was late, and those that answered first.",
	  "what", { "sent", "won" }, { PATH(hedges_sent), PATH(hedges_won) }, true, 1 },
};

static void path_value(FILE *f, const struct dmtier_path *p, size_t which, int i)
{
	fputs(path_values[which].name, f);
	path_labels(f, !strcmp(path_values[which].type, "counter") ? "_total" : "", p);
	if (path_values[which].label)
		metrics_label(f, path_values[which].label, path_values[which].value[i], ",");
	fprintf(f, "} %" PRIu64 "\n", path_values[which].factor *
		field(p, path_values[which].offset[i], path_values[which].wide));
}

static void path_family(FILE *f, const struct maps *m, size_t which)
{
	metrics_family(f, path_values[which].name, path_values[which].type,
		       path_values[which].unit, path_values[which].help);
	for (size_t i = 0; i < m->nr_paths; i++)
		for (int v = 0; v < (path_values[which].label ? 2 : 1); v++)
			path_value(f, &m->path[i], which, v);
}

/* cumulative, as the format wants them; the last bound is infinite */
static void histogram(FILE *f, const struct dmtier_path *p, const char *direction,
		      const uint64_t *bucket, uint64_t sum_ns)
{
	static const char name[] = "dm_mpath_ext_path_latency_seconds";
	uint64_t count = 0;

	for (unsigned int b = 0; b < DM_MPATH_EXT_BUCKETS; b++) {
		count += bucket[b];
		fprintf(f, "%s_bucket", name);
		path_labels(f, "", p);
		metrics_label(f, "direction", direction, ",");
		if (b + 1 < DM_MPATH_EXT_BUCKETS)
			fprintf(f, ",le=\"%.9f\"} %" PRIu64 "\n",
				(double)dmtier_latency_bound(b) / 1e9, count);
		else
			fprintf(f, ",le=\"+Inf\"} %" PRIu64 "\n", count);
	}
	fprintf(f, "%s_count", name);
	path_labels(f, "", p);
	metrics_label(f, "direction", direction, ",");
	fprintf(f, "} %" PRIu64 "\n%s_sum", count, name);
	path_labels(f, "", p);
	metrics_label(f, "direction", direction, ",");
	fprintf(f, "} %" PRIu64 ".%09u\n", sum_ns / 1000000000,
		(unsigned int)(sum_ns % 1000000000));
}

static void latencies(FILE *f, const struct maps *m)
{
	const struct dmtier_path *p, *end = m->path + m->nr_paths;

	metrics_family(f, "dm_mpath_ext_path_latency_seconds", "histogram", "seconds",
		       "Latency of requests done on a path.");
	for (p = m->path; p < end; p++) {
		histogram(f, p, "read", p->read_latency, p->read_ns);
		histogram(f, p, "write", p->write_latency, p->write_ns);
	}
	metrics_family(f, "dm_mpath_ext_path_average_latency_seconds", "gauge", "seconds",
		       "Moving average of a path's latency.");
	for (p = m->path; p < end; p++) {
		if (!p->latency_ns)
			continue;
		path_labels(f, "dm_mpath_ext_path_average_latency_seconds", p);
		fprintf(f, "} %.9f\n", (double)p->latency_ns / 1e9);
	}
}

void metrics_paths(FILE *f, const struct tierd *d)
{
	const struct maps *m = &d->paths->maps;

	for (size_t i = 0; i < sizeof(map_gauges) / sizeof(map_gauges[0]); i++)
		map_gauge(f, m, i);
	map_suspended(f, m);
	path_info(f, m);
	path_state(f, m);
	for (size_t i = 0; i < sizeof(path_values) / sizeof(path_values[0]); i++)
		path_family(f, m, i);
	latencies(f, m);
}
