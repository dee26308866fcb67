// SPDX-License-Identifier: GPL-2.0-only
/* tierctl heat: how hot the extents are that a LUN has on each tier. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tierctl.h"

#define BUCKETS		DM_TIER_HEAT_BUCKETS
#define BAR_WIDTH	50
#define HOT_BUCKET	12	/* from here on two credits a tick and more */


struct heats {
	struct dmtier_heat *heat;
	size_t nr;
};

static int keep(const struct dmtier_heat *heat, void *arg)
{
	struct heats *s = arg;
	void *bigger = reallocarray(s->heat, s->nr + 1, sizeof(*heat));

	if (!bigger)
		return -ENOMEM;
	s->heat = bigger;
	s->heat[s->nr++] = *heat;
	return 0;
}

static uint64_t sum(const struct dmtier_heat *h, unsigned int from, unsigned int to)
{
	uint64_t n = 0;

	while (from < to)
		n += h->bucket[from++];
	return n;
}

static json_object *bucket_json(const struct dmtier_heat *h)
{
	json_object *array = json_object_new_array();
	unsigned int i;

	for (i = 0; i < BUCKETS; i++)
		json_object_array_add(array, json_object_new_uint64(h->bucket[i]));
	return array;
}

/* one figure wide per bucket: how full it is beside the fullest */
static void sparkline(const struct ctl *c, const struct dmtier_heat *h, char *out)
{
	static const char *const blocks[] = { "·", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const ascii[] = { " ", ".", ":", "-", "=", "+", "*", "#", "@" };
	const char *const *step = c->utf8 && c->tty ? blocks : ascii;
	uint64_t most = 1;
	unsigned int i;

	for (i = 0; i < BUCKETS; i++)
		if (h->bucket[i] > most)
			most = h->bucket[i];
	*out = 0;
	for (i = 0; i < BUCKETS; i++)
		strcat(out, step[h->bucket[i] ? 1 + (unsigned int)(h->bucket[i] * 7.0 / most) : 0]);
}

static void print_sparklines(struct ctl *c, const struct heats *s)
{
	char line[4 * BUCKETS + 1], all[32], hot[32];
	size_t i;

	printf("%-16s %8s  %-10s %9s  %-*s  %s\n", "POOL", "LUN", "TIER", "EXTENTS", BUCKETS,
	       "COLD ... HOT", "2+/TICK");
	for (i = 0; i < s->nr; i++) {
		const struct dmtier_heat *h = &s->heat[i];

		sparkline(c, h, line);
		printf("%-16s %8u  %-10s %9s  %s  %s\n", h->pool, h->lun, h->tier,
		       text_short(all, sum(h, 0, BUCKETS)), line,
		       text_short(hot, sum(h, HOT_BUCKET, BUCKETS)));
	}
}

/* rates that fall into bucket @i, in credits per 1024 ticks */
static void bucket_name(unsigned int i, char *name, size_t len)
{
	char from[32], to[32];

	if (i < 2)
		snprintf(name, len, "%u", i);
	else
		snprintf(name, len, "%s..%s", text_short(from, 1ULL << (i - 1)),
			 i == BUCKETS - 1 ? "" : text_short(to, (1ULL << i) - 1));
}

static void print_bars(const struct dmtier_heat *h)
{
	uint64_t most = 1;
	unsigned int i, full;
	char name[80];

	printf("pool %s, LUN %u, tier %s: extents by heat (credits per 1024 ticks)\n", h->pool,
	       h->lun, h->tier);
	for (i = 0; i < BUCKETS; i++)
		if (h->bucket[i] > most)
			most = h->bucket[i];
	for (i = 0; i < BUCKETS; i++) {
		if (!h->bucket[i])
			continue;
		bucket_name(i, name, sizeof(name));
		full = h->bucket[i] * (double)BAR_WIDTH / most;
		printf("  %14s %10llu ", name, (unsigned long long)h->bucket[i]);
		while (full--)
			putchar('#');
		putchar('\n');
	}
}

static void print_json(const struct heats *s)
{
	struct table *t = table_new();
	size_t i;

	for (i = 0; i < s->nr; i++) {
		table_row(t);
		cell_text(t, "pool", NULL, s->heat[i].pool);
		cell_number(t, "lun", NULL, s->heat[i].lun);
		cell_text(t, "tier", NULL, s->heat[i].tier);
		cell_number(t, "extents", NULL, sum(&s->heat[i], 0, BUCKETS));
		cell_json(t, "buckets", bucket_json(&s->heat[i]));
	}
	json_print(table_take(t), true);
}

static void print(struct ctl *c, const struct heats *s, bool one_lun)
{
	size_t i;

	if (c->json)
		print_json(s);
	else if (!one_lun)
		print_sparklines(c, s);
	else
		for (i = 0; i < s->nr; i++)
			print_bars(&s->heat[i]);
}

static int heat(struct ctl *c, int argc, char **argv)
{
	const char *pool = argc > 1 ? argv[1] : NULL;
	uint32_t lun = DMTIER_ANY_LUN;
	struct heats s = { 0 };
	int err, code;

	if (argc > 2 && !text_lun(argv[2], &lun))
		return ctl_fail(CTL_USAGE, 0, NULL, "'%s' is no LUN id", argv[2]);
	code = ctl_open(c);
	if (code)
		return code;
	err = dmtier_heats(c->h, pool, lun, keep, &s);
	if (!err)
		print(c, &s, lun != DMTIER_ANY_LUN);
	free(s.heat);
	return err ? ctl_kernel(c, err, "heat") : CTL_OK;
}

const struct command heat_commands[] = {
	{ "heat", "map", "POOL LUN [--png FILE] [--width N]",
	  "the LUN's extents in order, coloured by heat, with their tiers", 2, 6, heat_map },
	{ "heat", NULL, "[POOL [LUN]]", "extents by heat, per LUN and tier", 0, 2, heat },
	{ 0 }
};
