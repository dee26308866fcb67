// SPDX-License-Identifier: GPL-2.0-only
/*
 * Invoices: what went over the paths of multipath maps
 */
#include <errno.h>
#include <string.h>

#include "invoice-lines.h"

#define SECTOR	512

/* one path at one cost, while its rows pass by */
struct sum {
	struct ledger_path_row first;
	price_wide bytes, requests;
	int64_t end;
	uint32_t flags;
	bool any;
};

struct paths {
	struct invoice_build *build;
	struct sum sum;
};

static int add_line(struct paths *b, enum price_meter meter, price_wide quantity)
{
	const struct ledger_path_row *first = &b->sum.first;
	struct invoice_line *line;

	if (!quantity)
		return 0;
	line = invoice_new_line(b->build);
	if (!line)
		return -ENOMEM;
	line->is_path = true;
	memcpy(line->consumer, first->consumer, sizeof(line->consumer));
	memcpy(line->pool, first->map, sizeof(line->pool));
	memcpy(line->tier, first->dev, sizeof(line->tier));
	memcpy(line->map_uuid, first->uuid, sizeof(line->map_uuid));
	line->cost = first->cost;
	line->flags = b->sum.flags;
	line->meter = meter;
	line->start = first->start;
	line->end = b->sum.end;
	line->quantity = quantity;
	if (price_path(&b->build->invoice->plan, meter, line->cost, &line->nano))
		return invoice_too_large(b->build, line);
	return invoice_price_line(b->build, line);
}

/*
 * A path without a cost is free, and a plan need not speak of it. One that has a
 * cost wants a price: none given is not the same as free of charge.
 */
static int end_sum(struct paths *b)
{
	const struct price_plan *plan = &b->build->invoice->plan;
	const struct sum *sum = &b->sum;
	int err = 0;

	if (!sum->any || (!sum->bytes && !sum->requests))
		return 0;
	if (!plan->has_paths && sum->first.cost) {
		snprintf(b->build->err, b->build->errlen,
			 "invoice: path %s of map %s has cost %u, but the price plan has no prices for paths; add [path] to it",
			 sum->first.dev, sum->first.map, sum->first.cost);
		return -ENOKEY;
	}
	if (plan->has_paths)
		err = add_line(b, PRICE_PATH_GB, sum->bytes);
	if (plan->has_paths && !err)
		err = add_line(b, PRICE_PATH_MILLION, sum->requests);
	return err;
}

static bool same_account(const struct ledger_path_row *a, const struct ledger_path_row *b)
{
	return a->cost == b->cost && !strcmp(a->dev, b->dev) && !strcmp(a->map, b->map) &&
	       !strcmp(a->uuid, b->uuid) && !strcmp(a->consumer, b->consumer);
}

static int take_row(const struct ledger_path_row *row, void *arg)
{
	struct paths *b = arg;
	struct sum *sum = &b->sum;
	int err;

	if (!sum->any || !same_account(&sum->first, row)) {
		err = end_sum(b);
		if (err)
			return err;
		memset(sum, 0, sizeof(*sum));
		sum->first = *row;
		sum->any = true;
	}
	sum->end = row->end;
	sum->flags |= row->flags;
	sum->bytes += ((price_wide)row->delta[LEDGER_PATH_READ_SECTORS] +
		       (price_wide)row->delta[LEDGER_PATH_WRITE_SECTORS]) * SECTOR;
	sum->requests += (price_wide)row->delta[LEDGER_PATH_READ_IOS] +
			 (price_wide)row->delta[LEDGER_PATH_WRITE_IOS];
	return 0;
}

int invoice_add_paths(struct invoice_build *b, struct ledger *l)
{
	const struct invoice_request *req = b->invoice->request;
	struct ledger_path_filter filter = {
		.map = req->map, .consumer = req->consumer, .from = req->from, .to = req->to,
	};
	struct paths paths = { .build = b };
	int ret = ledger_path_rows(l, &filter, take_row, &paths);

	return ret ? ret : end_sum(&paths);
}
