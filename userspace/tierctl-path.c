// SPDX-License-Identifier: GPL-2.0-only
/* tierctl path: maps, groups and paths, and what is done to them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tierctl-path.h"

const char *path_map_name(const char *word)
{
	return word && !strncmp(word, "/dev/mapper/", 12) ? word + 12 : word;
}

static int keep(const struct dmtier_path *path, void *arg)
{
	struct paths *p = arg;
	void *bigger = reallocarray(p->path, p->nr + 1, sizeof(*path));

	if (!bigger)
		return -ENOMEM;
	p->path = bigger;
	p->path[p->nr++] = *path;
	return 0;
}

void paths_free(struct paths *p)
{
	free(p->path);
	*p = (struct paths){ 0 };
}

/* a map that is not there is an error, not an empty list */
int paths_read(struct ctl *c, const char *map, struct paths *p)
{
	int err, code = ctl_open_paths(c);
	struct dmtier_map m;

	*p = (struct paths){ 0 };
	if (code)
		return code;
	err = map ? dmtier_map_get(c->paths, map, &m) : 0;
	if (!err)
		err = dmtier_paths(c->paths, map, keep, p);
	if (!err)
		return CTL_OK;
	paths_free(p);
	return ctl_path_kernel(c, err, "path");
}

uint64_t path_ios(const struct dmtier_path *p)
{
	return p->read_ios + p->write_ios;
}

double path_share(const struct paths *all, const struct dmtier_path *p)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < all->nr; i++)
		if (!strcmp(all->path[i].map, p->map))
			sum += path_ios(&all->path[i]);
	return sum > 0 ? 100 * path_ios(p) / sum : 0;
}

void path_cells(struct table *t, const struct dmtier_path *p)
{
	char name[256];

	dmtier_dev_name(p->dev, name, sizeof(name));
	table_row(t);
	cell_text(t, "map", "MAP", p->map);
	cell_number(t, "group", "GROUP", p->group);
	cell_text(t, "path", "PATH", name);
	cell_text(t, "dev", NULL, p->dev);
}

void cell_share(struct table *t, double percent)
{
	cell_as(t, "share_percent", "SHARE", json_object_new_double(percent), "%.0f %%", percent);
}

static void cell_latency(struct table *t, const char *key, const char *title, uint64_t ns)
{
	char buf[32];

	cell_as(t, key, title, ns ? json_object_new_uint64(ns) : NULL, "%s", text_ns(buf, ns));
}

static void state_cells(struct table *t, const struct dmtier_path *p)
{
	char buf[32];

	cell_text(t, "state", "STATE", p->state);
	cell_as(t, "since_ms", "FOR", json_object_new_uint64(p->since_ms), "%s",
		text_ms(buf, p->since_ms));
	cell_as(t, "used", "USED", json_object_new_boolean(p->in_use), "%s",
		p->in_use ? "yes" : "no");
	cell_text(t, "role", "ROLE", p->role);
	cell_text(t, "access", NULL, p->access);
	cell_json(t, "flapping", json_object_new_boolean(p->flapping));
}

static void load_cells(struct table *t, const struct paths *all, const struct dmtier_path *p)
{
	cell_latency(t, "latency_ns", "LATENCY", p->latency_ns);
	cell_number(t, "in_flight", "IN FLIGHT", p->in_flight);
	cell_share(t, path_share(all, p));
	cell_number(t, "errors", "ERRORS", p->errors);
	cell_number(t, "fails", "FAILS", p->fails);
	cell_number(t, "weight", NULL, p->weight);
	cell_number(t, "cost", NULL, p->cost);
	cell_number(t, "epoch_ns", NULL, p->epoch);
}

static struct table *path_table(const struct paths *p, path_row_fn row)
{
	struct table *t = table_new();
	size_t i;

	for (i = 0; i < p->nr; i++)
		row(t, p, &p->path[i]);
	return t;
}

int path_list(struct ctl *c, const char *map, path_row_fn row, const char *none)
{
	struct paths p;
	int code = paths_read(c, path_map_name(map), &p);
	struct table *t;

	if (code)
		return code;
	t = path_table(&p, row);
	if (!p.nr && !c->json)
		fputs(none, stderr);
	paths_free(&p);
	table_list(c, t);
	return CTL_OK;
}

static void list_row(struct table *t, const struct paths *all, const struct dmtier_path *p)
{
	path_cells(t, p);
	state_cells(t, p);
	load_cells(t, all, p);
}

static int list(struct ctl *c, int argc, char **argv)
{
	return path_list(c, argc > 1 ? argv[1] : NULL, list_row,
			 "no path is there; `tierctl path create` makes a map\n");
}

/* -- maps -- */

static void waiting_cells(struct table *t, const struct dmtier_map *m)
{
	char buf[32];

	cell_as(t, "held_ios", "WAITING", json_object_new_uint64(m->held_ios), "%llu (%s)",
		(unsigned long long)m->held_ios, text_bytes(buf, m->held_bytes));
	cell_json(t, "held_bytes", json_object_new_uint64(m->held_bytes));
}

static int list_map(const struct dmtier_map *m, void *arg)
{
	struct table *t = arg;

	table_row(t);
	cell_text(t, "name", "MAP", m->name);
	cell_text(t, "state", "STATE", m->state);
	cell_bytes(t, "size_bytes", "SIZE", m->sectors << 9);
	cell_as(t, "group", "GROUP", json_object_new_uint64(m->group), "%u of %u", m->group,
		m->groups);
	cell_number(t, "groups", NULL, m->groups);
	cell_as(t, "paths_usable", "PATHS", json_object_new_uint64(m->usable), "%u of %u",
		m->usable, m->paths);
	cell_number(t, "paths", NULL, m->paths);
	waiting_cells(t, m);
	cell_text(t, "dev", "NUMBER", m->dev);
	cell_text(t, "uuid", NULL, m->uuid);
	cell_number(t, "epoch_ns", NULL, m->epoch);
	return 0;
}

static int maps(struct ctl *c, int argc, char **argv)
{
	int err, code = ctl_open_paths(c);
	struct table *t;

	(void)argc;
	(void)argv;
	if (code)
		return code;
	t = table_new();
	err = dmtier_maps(c->paths, NULL, list_map, t);
	if (err) {
		json_object_put(table_take(t));
		return ctl_path_kernel(c, err, "path maps");
	}
	if (!table_rows(t) && !c->json)
		fputs("no map is there; `tierctl path create` makes one\n", stderr);
	table_list(c, t);
	return CTL_OK;
}

/* -- one map with all that belongs to it -- */

/* a value in hundredths; 0 means off */
static void cell_hundredths(struct table *t, const char *key, const char *title, uint32_t value,
			    const char *unit)
{
	cell_as(t, key, title, value ? json_object_new_double(value / 100.0) : NULL,
		value ? "%.4g%s" : "off", value / 100.0, unit);
}

static void hedge_cells(struct table *t, const struct dmtier_map *m)
{
	char text[64] = "off";

	if (m->hedge_percentile)
		snprintf(text, sizeof(text), "beyond %.4g %%, of %.4g %% of the reads",
			 m->hedge_percentile / 100.0, m->hedge_budget / 100.0);
	cell_as(t, "hedge_percentile", "hedge", m->hedge_percentile ?
		json_object_new_double(m->hedge_percentile / 100.0) : NULL, "%s", text);
	cell_json(t, "hedge_budget_percent", m->hedge_percentile ?
		  json_object_new_double(m->hedge_budget / 100.0) : NULL);
}

static void elastic_cells(struct table *t, const struct dmtier_map *m)
{
	bool on = m->elastic_high;

	cell_as(t, "elastic_high", "elastic", on ? json_object_new_uint64(m->elastic_high) : NULL,
		on ? "above %u, below %u I/Os per second" : "off", m->elastic_high,
		m->elastic_low);
	cell_json(t, "elastic_low", on ? json_object_new_uint64(m->elastic_low) : NULL);
}

static void feature_cells(struct table *t, const struct dmtier_map *m)
{
	cell_as(t, "queue_if_no_path", "queue_if_no_path",
		m->queue ? json_object_new_uint64(m->queue_timeout) : NULL,
		m->queue ? "%u s" : "off", m->queue_timeout);
	cell_text(t, "failback", "failback", m->failback);
	cell_as(t, "probe_interval_ms", "probe_interval",
		json_object_new_uint64(m->probe_interval), "%u ms", m->probe_interval);
	cell_as(t, "hung_time_ms", "hung_time", json_object_new_uint64(m->hung_time), "%u ms",
		m->hung_time);
	cell_hundredths(t, "slow_path", "slow_path", m->slow_ratio, " times its peers");
	hedge_cells(t, m);
	elastic_cells(t, m);
	cell_text(t, "handler", "hardware handler", m->handler);
}

static struct table *map_table(const struct dmtier_map *m)
{
	struct table *t = table_new();

	table_row(t);
	cell_text(t, "name", "map", m->name);
	cell_text(t, "dev", "number", m->dev);
	cell_text(t, "uuid", "uuid", m->uuid);
	cell_text(t, "state", "state", m->state);
	cell_bytes(t, "size_bytes", "size", m->sectors << 9);
	cell_as(t, "paths_usable", "paths that work", json_object_new_uint64(m->usable),
		"%u of %u", m->usable, m->paths);
	cell_number(t, "paths", NULL, m->paths);
	cell_as(t, "group", "group in use", json_object_new_uint64(m->group),
		m->group ? "%u" : "none", m->group);
	waiting_cells(t, m);
	cell_number(t, "epoch_ns", NULL, m->epoch);
	feature_cells(t, m);
	return t;
}

static int add_group(const struct dmtier_group *g, void *arg)
{
	struct table *t = arg;

	table_row(t);
	cell_number(t, "group", "GROUP", g->group);
	cell_text(t, "selector", "SELECTOR", g->selector);
	cell_as(t, "paths_usable", "PATHS", json_object_new_uint64(g->usable), "%u of %u",
		g->usable, g->paths);
	cell_number(t, "paths_all", NULL, g->paths);
	cell_json(t, "used", json_object_new_boolean(g->in_use));
	cell_json(t, "disabled", json_object_new_boolean(g->disabled));
	cell_text(t, "is", "IS", g->disabled ? "disabled" : g->in_use ? "used" : "ready");
	return 0;
}

static void show_cells(struct table *t, const struct paths *all, const struct dmtier_path *p)
{
	char name[256];

	dmtier_dev_name(p->dev, name, sizeof(name));
	table_row(t);
	cell_number(t, "group", "GROUP", p->group);
	cell_text(t, "path", "PATH", name);
	cell_text(t, "dev", "NUMBER", p->dev);
	state_cells(t, p);
	cell_as(t, "weight", "WEIGHT", json_object_new_uint64(p->weight), "%u", p->weight);
	load_cells(t, all, p);
}

/* the paths go into the groups they belong to */
static void nest(json_object *groups, json_object *paths)
{
	size_t g, i;

	for (g = 0; g < json_object_array_length(groups); g++) {
		json_object *group = json_object_array_get_idx(groups, g), *number, *of;
		json_object *mine = json_object_new_array();

		json_object_object_get_ex(group, "group", &number);
		for (i = 0; i < json_object_array_length(paths); i++) {
			json_object *path = json_object_array_get_idx(paths, i);

			json_object_object_get_ex(path, "group", &of);
			if (json_object_get_uint64(of) == json_object_get_uint64(number))
				json_object_array_add(mine, json_object_get(path));
		}
		json_object_object_add(group, "paths", mine);
	}
	json_object_put(paths);
}

static void show_json(struct table *map, struct table *groups, struct table *paths)
{
	json_object *list = table_take(map), *o = json_object_array_get_idx(list, 0);
	json_object *inner = table_take(groups);

	nest(inner, table_take(paths));
	json_object_object_add(o, "groups", inner);
	json_object_get(o);
	json_object_put(list);
	json_print(o, true);
}

static int show(struct ctl *c, int argc, char **argv)
{
	const char *name = path_map_name(argv[1]);
	struct table *groups = table_new();
	struct dmtier_map m = { 0 };
	struct paths p;
	int err = 0, code = paths_read(c, name, &p);

	(void)argc;
	if (!code)
		err = dmtier_map_get(c->paths, name, &m) ?:
		      dmtier_groups(c->paths, name, add_group, groups);
	if (err)
		code = ctl_path_kernel(c, err, "path show");
	if (code) {
		json_object_put(table_take(groups));
	} else if (c->json) {
		show_json(map_table(&m), groups, path_table(&p, show_cells));
	} else {
		table_one(c, map_table(&m));
		putchar('\n');
		table_list(c, groups);
		putchar('\n');
		table_list(c, path_table(&p, show_cells));
	}
	paths_free(&p);
	return code;
}

/* -- changes -- */

static int change_path(struct ctl *c, char **argv,
		       int (*fn)(struct dmtier *h, const char *map, const char *dev))
{
	int err, code = ctl_open_paths(c);

	if (code)
		return code;
	err = fn(c->paths, path_map_name(argv[1]), argv[2]);
	return err ? ctl_path_kernel(c, err, c->command->verb) : CTL_OK;
}

static int fail(struct ctl *c, int argc, char **argv)
{
	(void)argc;
	return change_path(c, argv, dmtier_path_fail);
}

static int reinstate(struct ctl *c, int argc, char **argv)
{
	(void)argc;
	return change_path(c, argv, dmtier_path_reinstate);
}

typedef int (*group_fn)(struct dmtier *h, const char *map, uint32_t group);

static const struct {
	const char *verb;
	group_fn fn;
} group_verbs[] = {
	{ "switch", dmtier_group_switch },
	{ "disable", dmtier_group_disable },
	{ "enable", dmtier_group_enable },
};

static group_fn group_verb(const char *word)
{
	struct guess g;
	char next[64];
	size_t i;

	guess_begin(&g, word);
	for (i = 0; i < sizeof(group_verbs) / sizeof(group_verbs[0]); i++) {
		if (!strcmp(word, group_verbs[i].verb))
			return group_verbs[i].fn;
		guess_try(&g, group_verbs[i].verb);
	}
	snprintf(next, sizeof(next), "'%s' may be meant", g.name ? g.name : "");
	ctl_fail(CTL_USAGE, 0, g.name ? next : NULL, "no command 'path group %s'", word);
	return NULL;
}

static int group(struct ctl *c, int argc, char **argv)
{
	group_fn fn = group_verb(argv[1]);
	uint64_t number;
	int err, code;

	(void)argc;
	if (!fn)
		return ctl_usage(c);
	if (!text_number(argv[3], UINT32_MAX, &number) || !number)
		return ctl_fail(CTL_USAGE, 0, "groups are numbered from 1", "'%s' is no group",
				argv[3]);
	code = ctl_open_paths(c);
	if (code)
		return code;
	err = fn(c->paths, path_map_name(argv[2]), number);
	return err ? ctl_path_kernel(c, err, argv[1]) : CTL_OK;
}

/* queueing begins and ends with words that need no value */
static bool needs_value(const char *key)
{
	return strcmp(key, "queue_if_no_path") && strcmp(key, "fail_if_no_path");
}

/* the kernel has a word of its own for what ends queueing */
static int set_key(struct ctl *c, const char *map, const char *key, const char *value)
{
	int err;

	if (!strcmp(key, "queue_if_no_path") && !strcmp(value, "off"))
		err = dmtier_map_set(c->paths, map, "fail_if_no_path", "");
	else
		err = dmtier_map_set(c->paths, map, key, value);
	return err ? ctl_path_kernel(c, err, key) : CTL_OK;
}

/* the words of a value may be parted by commas too, as in `path create` */
static int set(struct ctl *c, int argc, char **argv)
{
	char key[DMTIER_NAME_LEN], value[DMTIER_TEXT_LEN] = "", *p;
	size_t len = 0;
	int i, code;

	text_key(key, sizeof(key), argv[2]);
	if (argc == 3 && needs_value(key))
		return ctl_usage(c);
	code = ctl_open_paths(c);
	if (code)
		return code;
	for (i = 3; i < argc && len < sizeof(value); i++)
		len += snprintf(value + len, sizeof(value) - len, "%s%s", len ? " " : "", argv[i]);
	if (len >= sizeof(value))
		return ctl_fail(CTL_USAGE, 0, NULL, "the value of %s is too long", key);
	for (p = value; (p = strchr(p, ',')); )
		*p = ' ';
	return set_key(c, path_map_name(argv[1]), key, value);
}

const struct command path_commands[] = {
	{ "path", "maps", "", "one line per map", 0, 0, maps },
	{ "path", "list", "[MAP]", "one line per path", 0, 1, list },
	{ "path", "show", "MAP", "all of a map's figures and settings, its groups and paths", 1, 1,
	  show },
	{ "path", "fail", "MAP DEV", "send no more I/O to a path until it is reinstated", 2, 2,
	  fail },
	{ "path", "reinstate", "MAP DEV", "use a failed path again", 2, 2, reinstate },
	{ "path", "group", "switch|disable|enable MAP N",
	  "use a group; use one only if no other group works (to be sure, fail its paths);\n"
	  "      take that back", 3, 3, group },
	{ "path", "set", "MAP KEY [VALUE...]",
	  "fail_if_no_path, failback, probe_interval, hung_time, and what may be off:\n"
	  "      queue_if_no_path, slow_path, hedge, elastic", 2, 4, set },
	{ "path", "events", "[MAP] [--count N] [--timeout SECONDS]",
	  "print events of paths as they happen", 0, 5, path_events },
	{ "path", "top", "[MAP] [-n FRAMES] [-d SECONDS]",
	  "requests, bytes and latency of each path, refreshed", 0, 5, path_top },
	{ "path", "watch", "[MAP] [-n FRAMES] [-d SECONDS]", "the same", 0, 5, path_top },
	{ 0 }
};
