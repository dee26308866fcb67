// SPDX-License-Identifier: GPL-2.0-only
/*
 * The heat-map page: one row per LUN and tier, one cell per bucket of heat. All
 * in one file, no script, nothing fetched from anywhere.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tierd.h"

#define SECTOR	512

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n"
	"<meta http-equiv=\"refresh\" content=\"10\">\n<title>dm-tier</title>\n<style>\n"
	"body{font:14px/1.4 system-ui,sans-serif;margin:1.5em;background:#fff;color:#222}\n"
	"h1{font-size:1.3em}h2{font-size:1.1em;margin:1.5em 0 .3em}\n"
	"table{border-collapse:collapse;margin:.4em 0}\n"
	"td,th{padding:.15em .5em;text-align:right;font-variant-numeric:tabular-nums}\n"
	"td.l,th.l{text-align:left}\n"
	".h td.c{width:1.1em;min-width:1.1em;padding:0;height:1.3em;border:1px solid #8883}\n"
	".bad{color:#b00;font-weight:bold}\n"
	"@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}"
	".bad{color:#f66}}\n"
	"</style></head><body>\n<h1>dm-tier</h1>\n";

static void escape(FILE *f, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", f);
			break;
		case '>':
			fputs("&gt;", f);
			break;
		case '&':
			fputs("&amp;", f);
			break;
		case '"':
			fputs("&quot;", f);
			break;
		default:
			fputc(*text, f);
		}
	}
}

static void cell(FILE *f, const char *text)
{
	fputs("<td class=\"l\">", f);
	escape(f, text);
	fputs("</td>", f);
}

static void size_cell(FILE *f, uint64_t bytes)
{
	static const char *const unit[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	double size = (double)bytes;
	int i = 0;

	for (; size >= 1024 && i < 5; i++)
		size /= 1024;
	fprintf(f, "<td>%.*f %s</td>", i ? 1 : 0, size, unit[i]);
}

static void tiers(FILE *f, const struct tierd *d, const struct dmtier_pool *p)
{
	const struct dmtier_tier *t;

	fputs("<table><tr><th class=\"l\">tier<th>size<th>used<th>%<th>latency</tr>\n", f);
	for (size_t i = 0; i < d->state.nr_tiers; i++) {
		t = &d->state.tier[i];
		if (strcmp(t->pool, p->name))
			continue;
		fputs("<tr>", f);
		cell(f, t->name);
		size_cell(f, t->total * p->extent_sectors * SECTOR);
		size_cell(f, t->used * p->extent_sectors * SECTOR);
		fprintf(f, "<td>%.1f</td>", t->total ? 100.0 * t->used / t->total : 0.0);
		if (t->latency_ns)
			fprintf(f, "<td>%.3f ms</td></tr>\n", t->latency_ns / 1e6);
		else
			fputs("<td>-</td></tr>\n", f);
	}
	fputs("</table>\n", f);
}

static void devices(FILE *f, const struct tierd *d, const struct dmtier_pool *p)
{
	const struct dmtier_dev *m;

	fputs("<table><tr><th class=\"l\">member<th class=\"l\">tier<th class=\"l\">state"
	      "<th>used</tr>\n", f);
	for (size_t i = 0; i < d->state.nr_devs; i++) {
		m = &d->state.dev[i];
		if (strcmp(m->pool, p->name))
			continue;
		fputs("<tr>", f);
		cell(f, m->dev[0] ? m->dev : "-");
		cell(f, m->tier);
		fprintf(f, "<td class=\"l%s\">", strcmp(m->state, "failed") &&
			strcmp(m->state, "missing") ? "" : " bad");
		escape(f, m->state);
		fputs("</td>", f);
		size_cell(f, m->used * p->extent_sectors * SECTOR);
		fputs("</tr>\n", f);
	}
	fputs("</table>\n", f);
}

/* few extents still show: the scale is logarithmic */
static int shade(uint64_t extents)
{
	int bits = 0;

	for (; extents; extents >>= 1)
		bits++;
	return bits > 20 ? 100 : bits * 5;
}

static void heat_row(FILE *f, const struct dmtier_heat *h)
{
	fprintf(f, "<tr><td>%" PRIu32 "</td>", h->lun);
	cell(f, h->tier);
	for (int b = 0; b < DM_TIER_HEAT_BUCKETS; b++) {
		/* blue for cold, red for hot; how full it is says the number */
		int hue = 220 - b * 220 / (DM_TIER_HEAT_BUCKETS - 1);

		fprintf(f, "<td class=\"c\" title=\"%" PRIu64 " extents\"", h->bucket[b]);
		if (h->bucket[b])
			fprintf(f, " style=\"background:hsl(%d 85%% 50%%/%d%%)\"", hue,
				20 + shade(h->bucket[b]) * 8 / 10);
		fputs("></td>", f);
	}
	fputs("</tr>\n", f);
}

static void heat(FILE *f, const struct tierd *d, const struct dmtier_pool *p)
{
	fputs("<table class=\"h\"><tr><th>LUN<th class=\"l\">tier<th class=\"l\" colspan=\"24\">"
	      "extents by heat, coldest first</tr>\n", f);
	for (size_t i = 0; i < d->state.nr_heats; i++)
		if (!strcmp(d->state.heat[i].pool, p->name))
			heat_row(f, &d->state.heat[i]);
	fputs("</table>\n", f);
}

static void pool(FILE *f, const struct tierd *d, const struct dmtier_pool *p)
{
	bool well = !strcmp(p->mode, "rw");

	fputs("<h2>Pool ", f);
	escape(f, p->name);
	fprintf(f, " <span class=\"%s\">", well ? "" : "bad");
	escape(f, p->mode);
	fprintf(f, "</span></h2>\n<p>%" PRIu32 " moves in flight, %" PRIu64 " done, %" PRIu64
		" failed</p>\n", p->moves_in_flight, p->moves_done, p->moves_failed);
	tiers(f, d, p);
	devices(f, d, p);
	heat(f, d, p);
}

char *page_html(const struct tierd *d, size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	if (!f)
		return NULL;
	fputs(head, f);
	if (!d->kernel)
		fputs("<p class=\"bad\">The dm-tier module does not answer; is it loaded?</p>\n", f);
	else if (!d->state.nr_pools)
		fputs("<p>No pool is active.</p>\n", f);
	for (size_t i = 0; d->kernel && i < d->state.nr_pools; i++)
		pool(f, d, &d->state.pool[i]);
	fputs("</body></html>\n", f);
	return fclose(f) ? NULL : text;
}
