// SPDX-License-Identifier: GPL-2.0-only
/* tierctl heat map: a LUN's logical extents as a picture. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tierctl.h"

#define TIERS		8
#define LABEL_WIDTH	12
#define MAX_ROWS	48
#define MAX_WIDTH	4096
#define MAX_CELLS	262144	/* of a PNG: 16 million pixels */

/* from cold to hot, out of the 256 colours of terminals */
static const uint8_t palette[] = { 17, 18, 19, 26, 32, 37, 71, 142, 178, 208, 202, 196 };
static const char shades[] = ".:-=+*#%@";

#define LEVELS		(sizeof(palette))
#define SHADES		(sizeof(shades) - 1)

/* on a log scale, as heat spans many orders of magnitude; 0 for no heat */
unsigned int heat_level(const struct heat_map *m, uint32_t rate, unsigned int levels)
{
	if (!rate || !m->hottest)
		return 0;
	return 1 + (levels - 2) * log2(1.0 + rate) / log2(1.0 + m->hottest) + 0.5;
}

/* while extents come in, tiers are counted apart: the most frequent one wins */
struct filling {
	struct heat_map *map;
	uint32_t (*on)[TIERS];
};

static int add_extent(const struct dm_tier_extent_info *e, void *arg)
{
	struct filling *f = arg;
	uint64_t at = e->logical / f->map->per_cell;
	struct heat_cell *cell;

	if (e->logical >= f->map->extents)
		return 0;
	cell = &f->map->cell[at];
	cell->mapped++;
	if (e->rate > cell->rate)
		cell->rate = e->rate;
	if (e->rate > f->map->hottest)
		f->map->hottest = e->rate;
	f->on[at][e->rank < TIERS ? e->rank : TIERS - 1]++;
	return 0;
}

static void settle_tiers(struct filling *f)
{
	size_t i, nr = (size_t)f->map->width * f->map->height;
	unsigned int rank;

	for (i = 0; i < nr; i++)
		for (rank = 1; rank < TIERS; rank++)
			if (f->on[i][rank] > f->on[i][f->map->cell[i].rank])
				f->map->cell[i].rank = rank;
}

/* cells enough for every extent, but no more rows than can be looked at */
static int lay_out(struct heat_map *m, unsigned int width, unsigned int rows)
{
	uint64_t cells = (uint64_t)width * rows;

	m->per_cell = (m->extents + cells - 1) / cells;
	if (!m->per_cell)
		m->per_cell = 1;
	cells = (m->extents + m->per_cell - 1) / m->per_cell;
	m->width = cells && cells < width ? cells : width;
	m->height = (cells + m->width - 1) / m->width;
	m->cell = calloc((size_t)m->width * m->height + 1, sizeof(*m->cell));
	return m->cell ? 0 : -ENOMEM;
}

static int fill(struct ctl *c, const char *pool, uint32_t lun, struct heat_map *m)
{
	struct filling f = { .map = m };
	int err;

	f.on = calloc((size_t)m->width * m->height + 1, sizeof(*f.on));
	if (!f.on)
		return ctl_fail(CTL_FAILED, -ENOMEM, NULL, "heat map");
	err = dmtier_extents(c->h, pool, lun, 0, m->extents, add_extent, &f);
	if (!err)
		settle_tiers(&f);
	free(f.on);
	return err ? ctl_kernel(c, err, "heat map") : CTL_OK;
}

/* cells of the last row that stand for nothing */
static bool beyond(const struct heat_map *m, size_t at)
{
	return at * m->per_cell >= m->extents;
}

static void colour_row(const struct heat_map *m, size_t at)
{
	unsigned int i;

	for (i = 0; i < m->width && !beyond(m, at + i); i++) {
		const struct heat_cell *cell = &m->cell[at + i];
		unsigned int level = heat_level(m, cell->rate, LEVELS);

		if (cell->mapped)
			printf("\033[48;5;%u;38;5;%um%u", palette[level], level > 5 ? 16 : 250,
			       cell->rank);
		else
			fputs("\033[0m ", stdout);
	}
	fputs("\033[0m\n", stdout);
}

static void ascii_rows(const struct heat_map *m, size_t at)
{
	unsigned int i;

	for (i = 0; i < m->width && !beyond(m, at + i); i++)
		putchar(m->cell[at + i].mapped ?
			shades[heat_level(m, m->cell[at + i].rate, SHADES)] : ' ');
	printf("\n%*s", LABEL_WIDTH, "tier ");
	for (i = 0; i < m->width && !beyond(m, at + i); i++)
		putchar(m->cell[at + i].mapped ? '0' + m->cell[at + i].rank : ' ');
	putchar('\n');
}

static void print_legend(const struct ctl *c, const struct heat_map *m)
{
	unsigned int i;

	fputs("\ncold ", stdout);
	for (i = 0; i < (c->color ? LEVELS : SHADES); i++)
		if (c->color)
			printf("\033[48;5;%um ", palette[i]);
		else
			putchar(shades[i]);
	printf("%s hot (hottest %u credits per 1024 ticks); digit: tier, 0 the fastest; "
	       "blank: not mapped\n", c->color ? "\033[0m" : "", m->hottest);
}

static void print_map(const struct ctl *c, const struct heat_map *m, uint64_t extent)
{
	char buf[32];
	size_t at;

	printf("one character: %llu extent%s, %s\n\n", (unsigned long long)m->per_cell,
	       m->per_cell == 1 ? "" : "s", text_bytes(buf, m->per_cell * extent));
	for (at = 0; at < (size_t)m->width * m->height; at += m->width) {
		printf("%*s ", LABEL_WIDTH - 1, text_bytes(buf, at * m->per_cell * extent));
		if (c->color)
			colour_row(m, at);
		else
			ascii_rows(m, at);
	}
	print_legend(c, m);
}

static void print_json(const struct heat_map *m, const char *pool, uint32_t lun,
		       uint64_t extent)
{
	json_object *o = json_object_new_object(), *cells = json_object_new_array();
	size_t i;

	for (i = 0; i < (size_t)m->width * m->height && !beyond(m, i); i++) {
		json_object *cell = json_object_new_object();

		json_object_object_add(cell, "mapped", json_object_new_uint64(m->cell[i].mapped));
		json_object_object_add(cell, "rate", json_object_new_uint64(m->cell[i].rate));
		json_object_object_add(cell, "rank", m->cell[i].mapped ?
				       json_object_new_uint64(m->cell[i].rank) : NULL);
		json_object_array_add(cells, cell);
	}
	json_object_object_add(o, "pool", json_object_new_string(pool));
	json_object_object_add(o, "lun", json_object_new_uint64(lun));
	json_object_object_add(o, "extents", json_object_new_uint64(m->extents));
	json_object_object_add(o, "extent_bytes", json_object_new_uint64(extent));
	json_object_object_add(o, "extents_per_cell", json_object_new_uint64(m->per_cell));
	json_object_object_add(o, "hottest", json_object_new_uint64(m->hottest));
	json_object_object_add(o, "cells", cells);
	json_print(o, false);
}

struct request {
	const char *pool;
	uint32_t lun;
	const char *png;
	uint64_t width;		/* 0: as it fits */
};

static int parse(struct ctl *c, int argc, char **argv, struct request *r)
{
	static const struct option options[] = {
		{ "png", required_argument, NULL, 'p' },
		{ "width", required_argument, NULL, 'w' },
		{ 0 }
	};
	int option;

	while ((option = ctl_getopt(argc, argv, "", options, NULL)) != -1)
		if (option == 'p')
			r->png = optarg;
		else if (option != 'w' || !text_number(optarg, MAX_WIDTH, &r->width) || !r->width)
			return ctl_usage(c);
	if (optind != argc - 2)
		return ctl_usage(c);
	r->pool = argv[optind];
	if (!text_lun(argv[optind + 1], &r->lun))
		return ctl_fail(CTL_USAGE, 0, NULL, "'%s' is no LUN id", argv[optind + 1]);
	return CTL_OK;
}

static unsigned int terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	uint64_t width = 80;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		width = size.ws_col;
	else if (columns && !text_number(columns, MAX_WIDTH, &width))
		width = 80;
	return width > LABEL_WIDTH + 16 ? width - LABEL_WIDTH : 16;
}

static int show(struct ctl *c, const struct request *r, struct heat_map *m, uint64_t extent)
{
	char title[DMTIER_POOL_LEN + 64];
	int err;

	if (r->png) {
		snprintf(title, sizeof(title), "pool %s, LUN %u", r->pool, r->lun);
		err = heat_png(m, title, r->png);
		return err ? ctl_fail(CTL_FAILED, err, NULL, "%s", r->png) : CTL_OK;
	}
	if (c->json)
		print_json(m, r->pool, r->lun, extent);
	else
		print_map(c, m, extent);
	return CTL_OK;
}

int heat_map(struct ctl *c, int argc, char **argv)
{
	struct heat_map m = { 0 };
	struct request r = { 0 };
	struct dmtier_lun l;
	uint64_t extent;
	int err, code = parse(c, argc, argv, &r);

	if (!code)
		code = ctl_open(c);
	if (code)
		return code;
	err = dmtier_lun_get(c->h, r.pool, r.lun, &l);
	extent = err ? 0 : pool_extent_bytes(c, r.pool);
	if (!extent)
		return ctl_kernel(c, err ? err : -ENOENT, "heat map");
	m.extents = ((l.sectors << 9) + extent - 1) / extent;
	if (!r.width)
		r.width = r.png ? 128 : terminal_width();
	if (lay_out(&m, r.width, r.png ? MAX_CELLS / r.width : MAX_ROWS))
		return ctl_fail(CTL_FAILED, -ENOMEM, NULL, "heat map");
	code = fill(c, r.pool, r.lun, &m);
	if (!code)
		code = show(c, &r, &m, extent);
	free(m.cell);
	return code;
}
