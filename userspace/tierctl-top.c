// SPDX-License-Identifier: GPL-2.0-only
/* tierctl top: what each LUN does right now, refreshed. */
#include <stdlib.h>
#include <string.h>

#include "tierctl.h"

struct rates {
	const struct dmtier_lun *lun;
	double reads, writes;		/* per second */
	double read_bytes, write_bytes;
	double in_bytes;		/* moved between tiers */
};

static int keep(const struct dmtier_lun *lun, void *arg)
{
	return snapshot_add(arg, lun);
}

static int take(struct ctl *c, const char *pool, struct snapshot *s)
{
	return dmtier_luns(c->h, pool, DMTIER_ANY_LUN, keep, s);
}

static const struct dmtier_lun *same(const struct snapshot *s, const struct dmtier_lun *lun)
{
	const struct dmtier_lun *l = s->record;
	size_t i;

	for (i = 0; i < s->nr; i++)
		if (l[i].id == lun->id && !strcmp(l[i].pool, lun->pool))
			return &l[i];
	return NULL;
}

static struct rates rates_of(const struct dmtier_lun *now, const struct dmtier_lun *before,
			     double seconds)
{
	struct rates r = { .lun = now };
	unsigned int i;

	for (i = 0; before && i < now->nr_usage && i < before->nr_usage; i++) {
		const struct dmtier_usage *n = &now->usage[i], *b = &before->usage[i];

		r.reads += per_second(n->read_ios, b->read_ios, seconds);
		r.writes += per_second(n->write_ios, b->write_ios, seconds);
		r.read_bytes += 512 * per_second(n->read_sectors, b->read_sectors, seconds);
		r.write_bytes += 512 * per_second(n->write_sectors, b->write_sectors, seconds);
		r.in_bytes += 512 * per_second(n->in_sectors, b->in_sectors, seconds);
	}
	return r;
}

static int busier(const void *a, const void *b)
{
	const struct rates *x = a, *y = b;
	double dx = x->reads + x->writes, dy = y->reads + y->writes;

	if (dx != dy)
		return dx < dy ? 1 : -1;
	return x->lun->id < y->lun->id ? -1 : x->lun->id > y->lun->id;
}

/* one letter's width per tenth of the LUN on each tier, fastest first: 0011111111 */
static void tier_strip(const struct dmtier_lun *l, char strip[11])
{
	uint64_t sum = 0, seen = 0;
	unsigned int i, tier = 0;

	for (i = 0; i < l->nr_usage; i++)
		sum += l->usage[i].extents;
	for (i = 0; i < 10; i++) {
		while (tier + 1 < l->nr_usage &&
		       (seen + l->usage[tier].extents) * 10.0 <= sum * (i + 0.5)) {
			seen += l->usage[tier].extents;
			tier++;
		}
		strip[i] = sum ? '0' + tier : '.';
	}
	strip[10] = 0;
}

static void rate_cells(struct table *t, const struct rates *r)
{
	char strip[11];

	tier_strip(r->lun, strip);
	table_row(t);
	cell_text(t, "pool", "POOL", r->lun->pool);
	cell_number(t, "lun", "LUN", r->lun->id);
	cell_rate(t, "reads_per_second", "READS/S", r->reads);
	cell_rate(t, "writes_per_second", "WRITES/S", r->writes);
	cell_byte_rate(t, "read_bytes_per_second", "READ", r->read_bytes);
	cell_byte_rate(t, "written_bytes_per_second", "WRITTEN", r->write_bytes);
	cell_byte_rate(t, "moved_bytes_per_second", "MOVED", r->in_bytes);
	cell_text(t, "tenths_by_tier", "TIERS", strip);
	cell_text(t, "moving_to", "MOVING TO", r->lun->target);
}

static void rows(struct table *t, const struct snapshot *now, const struct snapshot *before,
		 size_t lines)
{
	const struct dmtier_lun *lun = now->record;
	struct rates *r = calloc(now->nr + 1, sizeof(*r));
	size_t i;

	if (!r)
		return;
	for (i = 0; i < now->nr; i++)
		r[i] = rates_of(&lun[i], same(before, &lun[i]), now->time - before->time);
	qsort(r, now->nr, sizeof(*r), busier);
	for (i = 0; i < now->nr && i < lines; i++)
		rate_cells(t, &r[i]);
	free(r);
}

static int top(struct ctl *c, int argc, char **argv)
{
	static const struct view view = {
		.size = sizeof(struct dmtier_lun), .nothing = "no LUN", .open = ctl_open,
		.take = take, .rows = rows, .failed = ctl_kernel,
	};

	return view_run(c, &view, argc, argv);
}

const struct command top_commands[] = {
	{ "top", NULL, "[POOL] [-n FRAMES] [-d SECONDS]",
	  "requests, bytes, moves and tiers of each LUN, busiest first", 0, 5, top },
	{ 0 }
};
