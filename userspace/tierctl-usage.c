// SPDX-License-Identifier: GPL-2.0-only
/* tierctl usage: the kernel's counters as they are. Money is invoice's affair. */
#include <string.h>

#include "tierctl-listing.h"
#include "tierctl-span.h"

/* extents x milliseconds into GiB-hours; the JSON keeps the exact counter */
static double gib_hours(uint64_t held_ms, uint64_t extent)
{
	return (double)held_ms * extent / (1ULL << 30) / 3600000;
}

static void tier_cells(struct table *t, const struct dmtier_lun *l,
		       const struct dmtier_usage *u, uint64_t extent)
{
	char buf[32];

	table_row(t);
	cell_text(t, "pool", "POOL", l->pool);
	cell_number(t, "lun", "LUN", l->id);
	cell_text(t, "tier", "TIER", u->tier);
	cell_bytes(t, "bytes", "HELD", u->extents * extent);
	cell_as(t, "held_extent_ms", "GIB-HOURS", json_object_new_uint64(u->held_ms), "%.3f",
		gib_hours(u->held_ms, extent));
	cell_as(t, "read_ios", "READS", json_object_new_uint64(u->read_ios), "%s",
		text_short(buf, u->read_ios));
	cell_as(t, "write_ios", "WRITES", json_object_new_uint64(u->write_ios), "%s",
		text_short(buf, u->write_ios));
	cell_bytes(t, "read_bytes", "READ", u->read_sectors << 9);
	cell_bytes(t, "written_bytes", "WRITTEN", u->write_sectors << 9);
	cell_bytes(t, "moved_in_bytes", "MOVED IN", u->in_sectors << 9);
	cell_bytes(t, "moved_out_bytes", "MOVED OUT", u->out_sectors << 9);
	cell_number(t, "extents", NULL, u->extents);
	cell_number(t, "extent_bytes", NULL, extent);
	cell_number(t, "generation", NULL, l->generation);
	cell_number(t, "active_ms", NULL, l->active_ms);
}

static int list_lun(const struct dmtier_lun *l, void *arg)
{
	struct listing *s = arg;
	unsigned int i;

	for (i = 0; i < l->nr_usage; i++)
		tier_cells(s->t, l, &l->usage[i], listing_extent(s, l->pool));
	return 0;
}

/* tells apart nothing used and nothing there */
static int must_exist(struct ctl *c, const char *pool, uint32_t lun)
{
	struct dmtier_pool p;
	struct dmtier_lun l;
	int err = 0;

	if (lun != DMTIER_ANY_LUN)
		err = dmtier_lun_get(c->h, pool, lun, &l);
	else if (pool)
		err = dmtier_pool_get(c->h, pool, &p);
	return err ? ctl_kernel(c, err, "usage") : CTL_OK;
}

static int usage(struct ctl *c, int argc, char **argv)
{
	const char *pool = argc > 1 ? argv[1] : NULL;
	uint32_t lun = DMTIER_ANY_LUN;
	struct listing s = { .c = c };
	int code;

	if (argc > 2 && !text_lun(argv[2], &lun))
		return ctl_fail(CTL_USAGE, 0, NULL, "'%s' is no LUN id", argv[2]);
	code = ctl_open(c);
	if (!code)
		code = must_exist(c, pool, lun);
	if (code)
		return code;
	s.t = table_new();
	return listing_end(&s, dmtier_luns(c->h, pool, lun, list_lun, &s), "usage");
}

const struct command usage_commands[] = {
	{ "usage", "--paths",
	  "[--month YYYY-MM | --from TIME --to TIME] [--map NAME]\n      [--consumer NAME]",
	  "what went over each path, from tierd's ledger; this month by default", 0, 10,
	  usage_paths },
	{ "usage", NULL, "[POOL [LUN]]", "the kernel's counters per LUN and tier", 0, 2, usage },
	{ 0 }
};
