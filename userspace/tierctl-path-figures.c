// SPDX-License-Identifier: GPL-2.0-only
/* tierctl path usage and latency: what paths have done so far, and how fast. */
#include <stdlib.h>
#include <string.h>

#include "tierctl-path.h"

#define BAR_WIDTH	40

static void cell_count(struct table *t, const char *key, const char *title, uint64_t value)
{
	char buf[32];

	cell_as(t, key, title, json_object_new_uint64(value), "%s", text_short(buf, value));
}

/* time in which it took I/O, and time in which it did not */
static void time_cells(struct table *t, const struct dmtier_path *p)
{
	uint64_t up = p->spent_ms[DMTIER_PATH_UP] + p->spent_ms[DMTIER_PATH_SLOW], down = 0;
	json_object *spent = json_object_new_object();
	char buf[32];
	int i;

	for (i = 0; i < DMTIER_PATH_STATES; i++) {
		if (i != DMTIER_PATH_UP && i != DMTIER_PATH_SLOW)
			down += p->spent_ms[i];
		json_object_object_add(spent, dmtier_path_states[i],
				       json_object_new_uint64(p->spent_ms[i]));
	}
	cell_as(t, "up_ms", "UP", json_object_new_uint64(up), "%s", text_ms(buf, up));
	cell_as(t, "down_ms", "DOWN", json_object_new_uint64(down), "%s", text_ms(buf, down));
	cell_json(t, "spent_ms", spent);
}

static void usage_row(struct table *t, const struct paths *all, const struct dmtier_path *p)
{
	path_cells(t, p);
	cell_count(t, "read_ios", "READS", p->read_ios);
	cell_count(t, "write_ios", "WRITES", p->write_ios);
	cell_bytes(t, "read_bytes", "READ", p->read_sectors << 9);
	cell_bytes(t, "written_bytes", "WRITTEN", p->write_sectors << 9);
	cell_share(t, path_share(all, p));
	cell_count(t, "errors", "ERRORS", p->errors);
	cell_count(t, "retries", "RETRIES", p->retries);
	cell_count(t, "hedges_sent", "HEDGES", p->hedges_sent);
	cell_count(t, "hedges_won", "WON", p->hedges_won);
	time_cells(t, p);
	cell_number(t, "cost", "COST", p->cost);
	cell_number(t, "read_ns", NULL, p->read_ns);
	cell_number(t, "write_ns", NULL, p->write_ns);
	cell_number(t, "epoch_ns", NULL, p->epoch);
}

static int usage(struct ctl *c, int argc, char **argv)
{
	return path_list(c, argc > 1 ? argv[1] : NULL, usage_row, "");
}

/* -- latency -- */

static const struct {
	double share;
	const char *key, *title;
} quantiles[] = {
	{ 0.5, "p50_ns", "P50" }, { 0.99, "p99_ns", "P99" }, { 0.999, "p999_ns", "P99.9" },
};

#define NR_QUANTILES	(sizeof(quantiles) / sizeof(quantiles[0]))

/* the last bucket has no upper bound, and so no figure */
static json_object *bound_json(uint64_t ns)
{
	return ns && ns != UINT64_MAX ? json_object_new_uint64(ns) : NULL;
}

static const char *bound_text(char text[40], uint64_t ns)
{
	char buf[32];

	if (!ns)
		return "-";
	if (ns == UINT64_MAX)
		snprintf(text, 40, ">%s",
			 text_ns(buf, dmtier_latency_bound(DM_MPATH_EXT_BUCKETS - 2)));
	else
		snprintf(text, 40, "<%s", text_ns(buf, ns));
	return text;
}

static json_object *bucket_json(const uint64_t bucket[DM_MPATH_EXT_BUCKETS])
{
	json_object *array = json_object_new_array();
	unsigned int b;

	for (b = 0; b < DM_MPATH_EXT_BUCKETS; b++) {
		json_object *o = json_object_new_object();

		json_object_object_add(o, "below_ns", bound_json(dmtier_latency_bound(b)));
		json_object_object_add(o, "ios", json_object_new_uint64(bucket[b]));
		json_object_array_add(array, o);
	}
	return array;
}

static void quantile_row(struct table *t, const struct dmtier_path *p, const char *what,
			 uint64_t ios, uint64_t ns, const uint64_t *bucket)
{
	char text[40], buf[32];
	uint64_t bound;
	size_t i;

	path_cells(t, p);
	cell_text(t, "of", "OF", what);
	cell_count(t, "ios", "I/OS", ios);
	cell_as(t, "mean_ns", "MEAN", ios ? json_object_new_uint64(ns / ios) : NULL, "%s",
		text_ns(buf, ios ? ns / ios : 0));
	for (i = 0; i < NR_QUANTILES; i++) {
		bound = dmtier_latency_quantile(bucket, quantiles[i].share);
		cell_as(t, quantiles[i].key, quantiles[i].title, bound_json(bound), "%s",
			bound_text(text, bound));
	}
	cell_json(t, "buckets", bucket_json(bucket));
}

static void quantile_rows(struct table *t, const struct dmtier_path *p)
{
	quantile_row(t, p, "reads", p->read_ios, p->read_ns, p->read_latency);
	quantile_row(t, p, "writes", p->write_ios, p->write_ns, p->write_latency);
}

static uint64_t bucket_ios(const struct dmtier_path *p, unsigned int b)
{
	return p->read_latency[b] + p->write_latency[b];
}

static uint64_t highest(const struct dmtier_path *p)
{
	uint64_t most = 0;
	unsigned int b;

	for (b = 0; b < DM_MPATH_EXT_BUCKETS; b++)
		if (bucket_ios(p, b) > most)
			most = bucket_ios(p, b);
	return most;
}

static void bar_row(struct table *t, const struct dmtier_path *p, unsigned int b, uint64_t most)
{
	int n = (double)bucket_ios(p, b) / most * BAR_WIDTH + 0.5;
	char text[40], bar[BAR_WIDTH + 1];

	memset(bar, '#', sizeof(bar));
	bar[n] = 0;
	if (!n && bucket_ios(p, b))
		strcpy(bar, ".");
	table_row(t);
	cell_as(t, "below", "LATENCY", NULL, "%s", bound_text(text, dmtier_latency_bound(b)));
	cell_count(t, "reads", "READS", p->read_latency[b]);
	cell_count(t, "writes", "WRITES", p->write_latency[b]);
	cell_text(t, "bar", "", n || bucket_ios(p, b) ? bar : " ");
}

/* from the first bucket that has any to the last */
static void bars(struct ctl *c, const struct dmtier_path *p)
{
	unsigned int b, first = 0, last = DM_MPATH_EXT_BUCKETS - 1;
	uint64_t most = highest(p);
	struct table *t;
	char name[256];

	if (!most)
		return;
	while (!bucket_ios(p, first))
		first++;
	while (!bucket_ios(p, last))
		last--;
	dmtier_dev_name(p->dev, name, sizeof(name));
	printf("\n%s, group %u, %s\n", p->map, p->group, name);
	t = table_new();
	for (b = first; b <= last; b++)
		bar_row(t, p, b, most);
	table_list(c, t);
}

/* keeps only the paths over @dev */
static int only(struct paths *p, const char *dev)
{
	char number[DMTIER_DEV_LEN];
	size_t i, kept = 0;
	int err = dmtier_dev_resolve(dev, number, sizeof(number));

	if (err)
		return ctl_fail(ctl_code(err), err, NULL, "%s", dev);
	for (i = 0; i < p->nr; i++)
		if (!strcmp(p->path[i].dev, number))
			p->path[kept++] = p->path[i];
	if (!kept)
		return ctl_fail(CTL_ABSENT, 0, "`tierctl path list` shows the paths",
				"%s is no path of that map", dev);
	p->nr = kept;
	return CTL_OK;
}

static void print_latency(struct ctl *c, const struct paths *p)
{
	struct table *t = table_new();
	size_t i;

	for (i = 0; i < p->nr; i++)
		quantile_rows(t, &p->path[i]);
	table_list(c, t);
	for (i = 0; !c->json && i < p->nr; i++)
		bars(c, &p->path[i]);
}

static int latency(struct ctl *c, int argc, char **argv)
{
	struct paths p;
	int code = paths_read(c, path_map_name(argv[1]), &p);

	if (code)
		return code;
	if (argc > 2)
		code = only(&p, argv[2]);
	if (!code)
		print_latency(c, &p);
	paths_free(&p);
	return code;
}

const struct command path_figure_commands[] = {
	{ "path", "usage", "[MAP]", "the kernel's counters per path", 0, 1, usage },
	{ "path", "latency", "MAP [DEV]", "how long I/O took on each path: quantiles and bars", 1,
	  2, latency },
	{ 0 }
};
