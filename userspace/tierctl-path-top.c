// SPDX-License-Identifier: GPL-2.0-only
/* tierctl path top: what each path does right now, refreshed. */
#include <errno.h>
#include <string.h>

#include "tierctl-path.h"

struct path_now {
	struct dmtier_path p;
	uint64_t held_ios;	/* of its map */
};

struct taking {
	struct ctl *c;
	struct snapshot *s;
	uint64_t held_ios;
};

static int take_path(const struct dmtier_path *p, void *arg)
{
	const struct taking *t = arg;
	const struct path_now now = { .p = *p, .held_ios = t->held_ios };

	return snapshot_add(t->s, &now);
}

static int take_map(const struct dmtier_map *m, void *arg)
{
	struct taking *t = arg;
	int err;

	t->held_ios = m->held_ios;
	err = dmtier_paths(t->c->paths, m->name, take_path, t);
	/* gone since: then it is not shown */
	return err == -ENOENT || err == -ENODEV ? 0 : err;
}

/* a map that was named and goes away ends the view, others just leave it */
static int take(struct ctl *c, const char *name, struct snapshot *s)
{
	struct taking t = { .c = c, .s = s };
	struct dmtier_map m;
	int err;

	if (!name)
		return dmtier_maps(c->paths, NULL, take_map, &t);
	err = dmtier_map_get(c->paths, path_map_name(name), &m);
	return err ? err : take_map(&m, &t);
}

/* the same path in the same life of its map */
static const struct dmtier_path *same(const struct snapshot *s, const struct dmtier_path *p)
{
	const struct path_now *r = s->record;
	size_t i;

	for (i = 0; i < s->nr; i++)
		if (!strcmp(r[i].p.dev, p->dev) && !strcmp(r[i].p.map, p->map) &&
		    r[i].p.epoch == p->epoch)
			return &r[i].p;
	return NULL;
}

struct gain {
	double reads, writes;		/* per second */
	double read_bytes, write_bytes;
	double errors;
	uint64_t latency_ns;		/* of what ended meanwhile; 0: nothing did */
};

static uint64_t ns_of(const struct dmtier_path *p)
{
	return p->read_ns + p->write_ns;
}

static struct gain gain_of(const struct dmtier_path *now, const struct dmtier_path *before,
			   double seconds)
{
	struct gain g = { 0 };

	if (!before)
		return g;
	g.reads = per_second(now->read_ios, before->read_ios, seconds);
	g.writes = per_second(now->write_ios, before->write_ios, seconds);
	g.read_bytes = 512 * per_second(now->read_sectors, before->read_sectors, seconds);
	g.write_bytes = 512 * per_second(now->write_sectors, before->write_sectors, seconds);
	g.errors = per_second(now->errors, before->errors, seconds);
	if (path_ios(now) > path_ios(before) && ns_of(now) > ns_of(before))
		g.latency_ns = (ns_of(now) - ns_of(before)) / (path_ios(now) - path_ios(before));
	return g;
}

static void add_row(struct table *t, const struct path_now *now, const struct gain *g,
		    double map_rate)
{
	double rate = g->reads + g->writes;
	char buf[32];

	path_cells(t, &now->p);
	cell_text(t, "state", "STATE", now->p.state);
	cell_rate(t, "reads_per_second", "READS/S", g->reads);
	cell_rate(t, "writes_per_second", "WRITES/S", g->writes);
	cell_byte_rate(t, "read_bytes_per_second", "READ", g->read_bytes);
	cell_byte_rate(t, "written_bytes_per_second", "WRITTEN", g->write_bytes);
	cell_as(t, "latency_ns", "LATENCY",
		g->latency_ns ? json_object_new_uint64(g->latency_ns) : NULL, "%s",
		text_ns(buf, g->latency_ns));
	cell_number(t, "in_flight", "IN FLIGHT", now->p.in_flight);
	cell_share(t, map_rate > 0 ? 100 * rate / map_rate : 0);
	cell_rate(t, "errors_per_second", "ERRORS/S", g->errors);
	cell_number(t, "held_ios", "WAITING", now->held_ios);
}

/* rates of all paths of one map together */
static double rate_of_map(const struct snapshot *now, const struct snapshot *before,
			  const char *map)
{
	const struct path_now *r = now->record;
	double sum = 0;
	struct gain g;
	size_t i;

	for (i = 0; i < now->nr; i++) {
		if (strcmp(r[i].p.map, map))
			continue;
		g = gain_of(&r[i].p, same(before, &r[i].p), now->time - before->time);
		sum += g.reads + g.writes;
	}
	return sum;
}

static void rows(struct table *t, const struct snapshot *now, const struct snapshot *before,
		 size_t lines)
{
	const struct path_now *r = now->record;
	struct gain g;
	size_t i;

	for (i = 0; i < now->nr && i < lines; i++) {
		g = gain_of(&r[i].p, same(before, &r[i].p), now->time - before->time);
		add_row(t, &r[i], &g, rate_of_map(now, before, r[i].p.map));
	}
}

int path_top(struct ctl *c, int argc, char **argv)
{
	static const struct view view = {
		.size = sizeof(struct path_now), .nothing = "no path", .open = ctl_open_paths,
		.take = take, .rows = rows, .failed = ctl_path_kernel,
	};

	return view_run(c, &view, argc, argv);
}
