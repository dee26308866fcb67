// SPDX-License-Identifier: GPL-2.0-only
/*
 * OpenMetrics text. Samples of one family stand together, so each family walks
 * the state anew.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tierd-metrics.h"
#include "tierd-path.h"

#define SECTOR	512

void metrics_label(FILE *f, const char *name, const char *value, const char *before)
{
	fprintf(f, "%s%s=\"", before, name);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			fputc('\\', f);
		if (*value == '\n')
			fputs("\\n", f);
		else
			fputc(*value, f);
	}
	fputc('"', f);
}

void metrics_family(FILE *f, const char *name, const char *type, const char *unit,
		    const char *help)
{
	fprintf(f, "# TYPE %s %s\n", name, type);
	if (unit[0])
		fprintf(f, "# UNIT %s %s\n", name, unit);
	fprintf(f, "# HELP %s %s\n", name, help);
}

static void plain(FILE *f, const char *name, const char *type, const char *help,
		  uint64_t value)
{
	metrics_family(f, name, type, "", help);
	fprintf(f, "%s%s %" PRIu64 "\n", name, !strcmp(type, "counter") ? "_total" : "", value);
}

static void pool_labels(FILE *f, const char *name, const char *pool)
{
	fputs(name, f);
	metrics_label(f, "pool", pool, "{");
}

static uint64_t extent_bytes(const struct tierd *d, const char *pool)
{
	const struct dmtier_pool *p = state_pool(&d->state, pool);

	return p ? p->extent_sectors * SECTOR : 0;
}

static void pools(FILE *f, const struct tierd *d)
{
	const struct dmtier_pool *p, *end = d->state.pool + d->state.nr_pools;

	metrics_family(f, "dm_tier_pool_writable", "gauge", "", "1 while the pool's mode is rw.");
	for (p = d->state.pool; p < end; p++) {
		pool_labels(f, "dm_tier_pool_writable", p->name);
		fprintf(f, "} %d\n", !strcmp(p->mode, "rw"));
	}
	metrics_family(f, "dm_tier_pool_moves_in_flight", "gauge", "", "Extents being moved.");
	for (p = d->state.pool; p < end; p++) {
		pool_labels(f, "dm_tier_pool_moves_in_flight", p->name);
		fprintf(f, "} %" PRIu32 "\n", p->moves_in_flight);
	}
	metrics_family(f, "dm_tier_pool_moves", "counter", "", "Extents moved, by outcome.");
	for (p = d->state.pool; p < end; p++) {
		pool_labels(f, "dm_tier_pool_moves_total", p->name);
		fprintf(f, ",result=\"done\"} %" PRIu64 "\n", p->moves_done);
		pool_labels(f, "dm_tier_pool_moves_total", p->name);
		fprintf(f, ",result=\"failed\"} %" PRIu64 "\n", p->moves_failed);
	}
	metrics_family(f, "dm_tier_pool_metadata_pages", "gauge", "", "Metadata pages.");
	for (p = d->state.pool; p < end; p++) {
		pool_labels(f, "dm_tier_pool_metadata_pages", p->name);
		fprintf(f, ",what=\"used\"} %" PRIu64 "\n", p->meta_used);
		pool_labels(f, "dm_tier_pool_metadata_pages", p->name);
		fprintf(f, ",what=\"all\"} %" PRIu64 "\n", p->meta_total);
	}
	metrics_family(f, "dm_tier_pool_metadata_copies", "gauge", "", "Live copies of the metadata.");
	for (p = d->state.pool; p < end; p++) {
		pool_labels(f, "dm_tier_pool_metadata_copies", p->name);
		fprintf(f, "} %" PRIu32 "\n", p->meta_copies);
	}
}

static void tier_labels(FILE *f, const char *name, const struct dmtier_tier *t)
{
	pool_labels(f, name, t->pool);
	metrics_label(f, "tier", t->name, ",");
}

static void tiers(FILE *f, const struct tierd *d)
{
	const struct dmtier_tier *t, *end = d->state.tier + d->state.nr_tiers;

	metrics_family(f, "dm_tier_tier_size_bytes", "gauge", "bytes", "Size of a tier.");
	for (t = d->state.tier; t < end; t++) {
		tier_labels(f, "dm_tier_tier_size_bytes", t);
		fprintf(f, "} %" PRIu64 "\n", t->total * extent_bytes(d, t->pool));
	}
	metrics_family(f, "dm_tier_tier_used_bytes", "gauge", "bytes", "Space in use on a tier.");
	for (t = d->state.tier; t < end; t++) {
		tier_labels(f, "dm_tier_tier_used_bytes", t);
		fprintf(f, "} %" PRIu64 "\n", t->used * extent_bytes(d, t->pool));
	}
	metrics_family(f, "dm_tier_tier_latency_seconds", "gauge", "seconds",
	       "Measured latency under load.");
	for (t = d->state.tier; t < end; t++) {
		if (!t->latency_ns)
			continue;
		tier_labels(f, "dm_tier_tier_latency_seconds", t);
		fprintf(f, "} %.9f\n", (double)t->latency_ns / 1e9);
	}
}

static void devices(FILE *f, const struct tierd *d)
{
	static const char *const states[] = { "active", "draining", "drained", "failed",
					      "removed", "missing" };
	const struct dmtier_dev *m, *end = d->state.dev + d->state.nr_devs;

	metrics_family(f, "dm_tier_device_state", "stateset", "", "State of a member.");
	for (m = d->state.dev; m < end; m++) {
		for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
			pool_labels(f, "dm_tier_device_state", m->pool);
			metrics_label(f, "tier", m->tier, ",");
			fprintf(f, ",index=\"%" PRIu32 "\"", m->index);
			metrics_label(f, "device", m->dev, ",");
			metrics_label(f, "dm_tier_device_state", states[i], ",");
			fprintf(f, "} %d\n", !strcmp(m->state, states[i]));
		}
	}
	metrics_family(f, "dm_tier_device_used_bytes", "gauge", "bytes", "Space in use on a member.");
	for (m = d->state.dev; m < end; m++) {
		pool_labels(f, "dm_tier_device_used_bytes", m->pool);
		metrics_label(f, "tier", m->tier, ",");
		fprintf(f, ",index=\"%" PRIu32 "\"", m->index);
		metrics_label(f, "device", m->dev, ",");
		fprintf(f, "} %" PRIu64 "\n", m->used * extent_bytes(d, m->pool));
	}
}

static void lun_labels(FILE *f, const char *name, const struct dmtier_lun *l)
{
	pool_labels(f, name, l->pool);
	fprintf(f, ",lun=\"%" PRIu32 "\"", l->id);
}

static void luns(FILE *f, const struct tierd *d)
{
	const struct dmtier_lun *l, *end = d->state.lun + d->state.nr_luns;

	metrics_family(f, "dm_tier_lun_size_bytes", "gauge", "bytes", "Size of a LUN.");
	for (l = d->state.lun; l < end; l++) {
		lun_labels(f, "dm_tier_lun_size_bytes", l);
		fprintf(f, "} %" PRIu64 "\n", l->sectors * SECTOR);
	}
	metrics_family(f, "dm_tier_lun_iops", "gauge", "", "Requests per second in the last tick.");
	for (l = d->state.lun; l < end; l++) {
		lun_labels(f, "dm_tier_lun_iops", l);
		fprintf(f, "} %" PRIu64 "\n", l->iops);
	}
}

/* what the counters of one LUN on one tier are called */
struct usage_metric {
	const char *name, *type, *unit, *help;
	const char *direction[2];
	size_t offset[2];
	uint64_t factor;		/* 0: extents, times the extent size */
};

#define USAGE(member)	offsetof(struct dmtier_usage, member)

static const struct usage_metric usage_metrics[] = {
	{ "dm_tier_lun_held_bytes", "gauge", "bytes", "Space that a LUN holds on a tier.",
	  { NULL, NULL }, { USAGE(extents), 0 }, 0 },
	{ "dm_tier_lun_requests", "counter", "", "Requests served by a tier.",
	  { "read", "write" }, { USAGE(read_ios), USAGE(write_ios) }, 1 },
	{ "dm_tier_lun_transferred_bytes", "counter", "bytes", "Bytes read and written.",
	  { "read", "write" }, { USAGE(read_sectors), USAGE(write_sectors) }, SECTOR },
	{ "dm_tier_lun_moved_bytes", "counter", "bytes", "Bytes moved to and from a tier.",
	  { "in", "out" }, { USAGE(in_sectors), USAGE(out_sectors) }, SECTOR },
};

static void usage_sample(FILE *f, const struct tierd *d, const struct usage_metric *m,
			 const struct dmtier_lun *l, const struct dmtier_usage *u, int which)
{
	uint64_t value = *(const uint64_t *)((const char *)u + m->offset[which]);
	bool counter = !strcmp(m->type, "counter");

	fprintf(f, "%s%s", m->name, counter ? "_total" : "");
	lun_labels(f, "", l);
	metrics_label(f, "tier", u->tier, ",");
	if (m->direction[which])
		metrics_label(f, "direction", m->direction[which], ",");
	fprintf(f, "} %" PRIu64 "\n",
		value * (m->factor ? m->factor : extent_bytes(d, l->pool)));
}

static void usage(FILE *f, const struct tierd *d, const struct usage_metric *m)
{
	const struct dmtier_lun *l, *end = d->state.lun + d->state.nr_luns;

	metrics_family(f, m->name, m->type, m->unit, m->help);
	for (l = d->state.lun; l < end; l++) {
		for (uint32_t i = 0; i < l->nr_usage; i++) {
			usage_sample(f, d, m, l, &l->usage[i], 0);
			if (m->direction[1])
				usage_sample(f, d, m, l, &l->usage[i], 1);
		}
	}
}

static void daemon_itself(FILE *f, const struct tierd *d)
{
	plain(f, "dm_tier_tierd_samples", "counter", "Samples booked.", d->samples);
	plain(f, "dm_tier_tierd_samples_failed", "counter", "Samples that could not be booked.",
	      d->samples_failed);
	plain(f, "dm_tier_tierd_events", "counter", "Events taken from the kernel.",
	      d->events_seen);
	plain(f, "dm_tier_tierd_events_lost", "counter", "Events that were lost on the way.",
	      d->events_lost);
	plain(f, "dm_tier_tierd_event_overruns", "counter",
	      "Times that more events came than the socket had room for.", d->events_overruns);
	plain(f, "dm_tier_tierd_migrations", "counter", "Whole-LUN migrations asked for.",
	      d->moves_asked);
	plain(f, "dm_tier_tierd_refused", "counter", "Settings that the kernel refused.",
	      d->changes_refused);
	plain(f, "dm_tier_tierd_kernel_connected", "gauge", "1 while the dm-tier module answers.",
	      d->kernel ? 1 : 0);
	plain(f, "dm_mpath_ext_tierd_kernel_connected", "gauge",
	      "1 while the dm-mpath-ext module answers.", d->paths->kernel ? 1 : 0);
	plain(f, "dm_mpath_ext_tierd_samples", "counter", "Samples of maps booked.",
	      d->paths->samples);
	metrics_family(f, "dm_tier_tierd_sample_timestamp_seconds", "gauge", "seconds",
	       "Time of the last sample.");
	fprintf(f, "dm_tier_tierd_sample_timestamp_seconds %" PRId64 ".%03d\n",
		d->state.time_ms / 1000, (int)(d->state.time_ms % 1000));
	metrics_family(f, "dm_tier_trouble", "gauge", "", "Troubles that last, by class.");
	for (int c = 0; c < ESCALATE_NR; c++)
		fprintf(f, "dm_tier_trouble{class=\"%s\"} %zu\n", escalate_names[c],
			escalate_count(d, c));
}

char *metrics_text(const struct tierd *d, size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	if (!f)
		return NULL;
	pools(f, d);
	tiers(f, d);
	devices(f, d);
	luns(f, d);
	for (size_t i = 0; i < sizeof(usage_metrics) / sizeof(usage_metrics[0]); i++)
		usage(f, d, &usage_metrics[i]);
	metrics_paths(f, d);
	daemon_itself(f, d);
	fputs("# EOF\n", f);
	return fclose(f) ? NULL : text;
}
