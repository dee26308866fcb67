// SPDX-License-Identifier: GPL-2.0-only
/* tierctl usage --paths: what the ledger has of paths, summed up over a time. */
#include <getopt.h>
#include <string.h>

#include "ledger-paths.h"
#include "tierctl-span.h"

#define SECTOR	512

struct listing {
	struct table *t;
	struct ledger_path_row sum;	/* of one path at one cost, while its rows pass by */
	bool any;
};

/* mean of what took @ns in all */
static void mean_cell(struct table *t, const char *key, const char *title, uint64_t ns,
		      uint64_t ios)
{
	char buf[32];

	cell_as(t, key, title, json_object_new_uint64(ios ? ns / ios : 0), "%s",
		text_ns(buf, ios ? ns / ios : 0));
}

static void state_cells(struct table *t, const uint64_t *delta)
{
	static const char *const keys[] = { "up_ms", "slow_ms", "hung_ms", "failed_ms",
					    "foreign_ms", "off_ms" };
	uint64_t all = 0, up = delta[LEDGER_PATH_UP_MS];

	for (int s = 0; s < 6; s++)
		all += delta[LEDGER_PATH_UP_MS + s];
	cell_as(t, "up_percent", "UP", json_object_new_double(all ? 100.0 * up / all : 0), "%.2f%%",
		all ? 100.0 * up / all : 0);
	for (int s = 0; s < 6; s++)
		cell_number(t, keys[s], NULL, delta[LEDGER_PATH_UP_MS + s]);
}

static void end_sum(struct listing *s)
{
	const uint64_t *delta = s->sum.delta;
	struct table *t = s->t;

	if (!s->any)
		return;
	table_row(t);
	cell_text(t, "consumer", "CONSUMER", s->sum.consumer);
	cell_text(t, "map", "MAP", s->sum.map);
	cell_text(t, "map_uuid", NULL, s->sum.uuid);
	cell_text(t, "path", "PATH", s->sum.dev);
	cell_number(t, "cost", "COST", s->sum.cost);
	cell_number(t, "read_ios", "READS", delta[LEDGER_PATH_READ_IOS]);
	cell_number(t, "write_ios", "WRITES", delta[LEDGER_PATH_WRITE_IOS]);
	cell_bytes(t, "read_bytes", "READ", delta[LEDGER_PATH_READ_SECTORS] * SECTOR);
	cell_bytes(t, "written_bytes", "WRITTEN", delta[LEDGER_PATH_WRITE_SECTORS] * SECTOR);
	mean_cell(t, "read_mean_ns", "MEAN READ", delta[LEDGER_PATH_READ_NS],
		  delta[LEDGER_PATH_READ_IOS]);
	mean_cell(t, "write_mean_ns", "MEAN WRITE", delta[LEDGER_PATH_WRITE_NS],
		  delta[LEDGER_PATH_WRITE_IOS]);
	cell_number(t, "errors", "ERRORS", delta[LEDGER_PATH_ERRORS]);
	cell_number(t, "retries", "RETRIES", delta[LEDGER_PATH_RETRIES]);
	cell_number(t, "hedges_sent", "HEDGES", delta[LEDGER_PATH_HEDGES_SENT]);
	cell_number(t, "hedges_won", "WON", delta[LEDGER_PATH_HEDGES_WON]);
	state_cells(t, delta);
	cell_as(t, "gap", "", json_object_new_boolean(s->sum.flags & LEDGER_FLAG_GAP), "%s",
		s->sum.flags & LEDGER_FLAG_GAP ? "some was lost" : "");
}

static bool same(const struct ledger_path_row *a, const struct ledger_path_row *b)
{
	return a->cost == b->cost && !strcmp(a->dev, b->dev) && !strcmp(a->map, b->map) &&
	       !strcmp(a->uuid, b->uuid) && !strcmp(a->consumer, b->consumer);
}

static int take_row(const struct ledger_path_row *row, void *arg)
{
	struct listing *s = arg;

	if (!s->any || !same(&s->sum, row)) {
		end_sum(s);
		s->sum = *row;
		s->any = true;
		return 0;
	}
	for (int c = 0; c < LEDGER_PATH_NR_COUNTERS; c++)
		s->sum.delta[c] += row->delta[c];
	s->sum.flags |= row->flags;
	return 0;
}

static int arguments(struct ctl *c, int argc, char **argv, struct span *s,
		     struct ledger_path_filter *f)
{
	static const struct option options[] = {
		SPAN_TIMES,
		{ "map", required_argument, NULL, OPT_MAP },
		{ "consumer", required_argument, NULL, OPT_CONSUMER },
		{ 0 }
	};
	int option, taken;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		taken = span_option(option, s);
		if (taken < 0)
			return span_bad_value();
		if (taken)
			continue;
		if (option == OPT_MAP)
			f->map = optarg;
		else if (option == OPT_CONSUMER)
			f->consumer = optarg;
		else
			return ctl_usage(c);
	}
	f->from = s->from;
	f->to = s->to;
	return optind == argc ? CTL_OK : ctl_usage(c);
}

int usage_paths(struct ctl *c, int argc, char **argv)
{
	struct ledger_path_filter f = { 0 };
	struct listing s = { 0 };
	struct span span = { 0 };
	time_t now = time(NULL);
	char err[512] = "";
	struct ledger *l;
	struct tm tm;
	int code, ret;

	gmtime_r(&now, &tm);
	span_month(tm, &span);
	code = arguments(c, argc, argv, &span, &f);
	if (!code)
		code = span_need_ledger(c);
	if (code)
		return code;
	ret = ledger_open(&l, c->ledger, LEDGER_READ, err, sizeof(err));
	if (ret)
		return span_finish(ret, err);
	s.t = table_new();
	ret = ledger_path_rows(l, &f, take_row, &s);
	if (ret) {
		json_object_put(table_take(s.t));
		snprintf(err, sizeof(err), "%s", ledger_error(l));
	} else {
		end_sum(&s);
		table_list(c, s.t);
	}
	ledger_close(l);
	return span_finish(ret, err);
}
