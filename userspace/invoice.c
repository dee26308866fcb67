// SPDX-License-Identifier: GPL-2.0-only
/*
 * Invoices: from rows to lines
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "invoice-lines.h"

#define SECTOR	512

static const struct invoice_meter meters[PRICE_NR_METERS] = {
	[PRICE_GB_MONTH] = { "gb_month", "space held", "GB-Months", "GB-Hours",
			     1000000000LL * 3600 * 1000 },
	[PRICE_MILLION_READS] = { "million_reads", "reads", "1000000 Requests", "Requests", 1 },
	[PRICE_MILLION_WRITES] = { "million_writes", "writes", "1000000 Requests", "Requests",
				   1 },
	[PRICE_GB_MOVED] = { "gb_moved", "moved to the tier", "GB", "GB", 1000000000LL },
	[PRICE_PATH_GB] = { "path_gb", "over the path", "GB", "GB", 1000000000LL },
	[PRICE_PATH_MILLION] = { "path_million_requests", "requests", "1000000 Requests",
				 "Requests", 1 },
};

const struct invoice_meter *invoice_meter(enum price_meter meter)
{
	return &meters[meter];
}

void invoice_decimal(price_wide quantity, price_wide unit, int places,
		     char out[INVOICE_NUMBER])
{
	price_wide whole = quantity / unit, rest = quantity % unit, digits, scale = 1, twice;

	for (int i = 0; i < places; i++)
		scale *= 10;
	digits = rest * scale / unit;
	twice = rest * scale % unit * 2;
	if (twice > unit || (twice == unit && digits % 2))
		digits++;
	whole += digits / scale;
	digits %= scale;
	snprintf(out, INVOICE_NUMBER, "%lld.%0*lld", (long long)whole, places,
		 (long long)digits);
}

void invoice_money(int64_t micro, char out[INVOICE_NUMBER])
{
	invoice_decimal(micro, 1000000, 6, out);
}

/* the usage of one LUN on one tier, while its rows pass by */
struct sum {
	struct ledger_row first;
	price_wide quantity[PRICE_NR_TIER_METERS];
	int64_t end;
	uint32_t flags;
	bool any;
};

struct luns {
	struct invoice_build *build;
	struct sum sum;
};

struct invoice_line *invoice_new_line(struct invoice_build *b)
{
	struct invoice *v = b->invoice;
	struct invoice_line *line;

	if (v->nr == v->room) {
		line = realloc(v->line, (v->room ? v->room * 2 : 64) * sizeof(*line));
		if (!line) {
			snprintf(b->err, b->errlen, "invoice: out of memory");
			return NULL;
		}
		v->line = line;
		v->room = v->room ? v->room * 2 : 64;
	}
	line = memset(&v->line[v->nr], 0, sizeof(*line));
	line->order = v->nr++;
	return line;
}

int invoice_too_large(struct invoice_build *b, const struct invoice_line *line)
{
	if (line->is_path)
		snprintf(b->err, b->errlen,
			 "invoice: the amount for path %s of %s is too large to be right; check the cost of the path and [path] in the price plan",
			 line->tier, line->pool);
	else
		snprintf(b->err, b->errlen,
			 "invoice: the amount for LUN %u of %s is too large to be right; check the price of tier %s",
			 line->lun, line->pool, line->tier);
	return -ERANGE;
}

int invoice_price_line(struct invoice_build *b, struct invoice_line *line)
{
	if (price_amount(line->meter, line->quantity, line->nano, &line->micro) ||
	    __builtin_add_overflow(b->invoice->total, line->micro, &b->invoice->total))
		return invoice_too_large(b, line);
	return 0;
}

static int add_line(struct luns *b, const struct price_tier *price, enum price_meter meter)
{
	const struct sum *sum = &b->sum;
	struct invoice_line *line;

	if (!sum->quantity[meter])
		return 0;
	line = invoice_new_line(b->build);
	if (!line)
		return -ENOMEM;
	memcpy(line->consumer, sum->first.consumer, sizeof(line->consumer));
	memcpy(line->pool, sum->first.pool, sizeof(line->pool));
	memcpy(line->tier, sum->first.tier, sizeof(line->tier));
	memcpy(line->pool_uuid, sum->first.pool_uuid, sizeof(line->pool_uuid));
	line->lun = sum->first.lun;
	line->instance = sum->first.instance;
	line->flags = sum->flags;
	line->meter = meter;
	line->start = sum->first.start;
	line->end = sum->end;
	line->quantity = sum->quantity[meter];
	line->nano = price->nano[meter];
	return invoice_price_line(b->build, line);
}

/* a price that nobody gave is not the same as free of charge */
static int end_sum(struct luns *b)
{
	struct invoice_build *build = b->build;
	const struct price_tier *price;
	int err = 0;

	if (!b->sum.any)
		return 0;
	b->sum.any = false;
	price = price_find(&build->invoice->plan, b->sum.first.tier);
	if (!price) {
		snprintf(build->err, build->errlen,
			 "invoice: LUN %u of %s used tier %s, which the price plan does not name; add [tier %s] to it",
			 b->sum.first.lun, b->sum.first.pool, b->sum.first.tier,
			 b->sum.first.tier);
		return -ENOKEY;
	}
	for (int m = 0; !err && m < PRICE_NR_TIER_METERS; m++)
		err = add_line(b, price, m);
	return err;
}

static bool same_account(const struct ledger_row *a, const struct ledger_row *b)
{
	return a->lun == b->lun && a->instance == b->instance &&
	       !memcmp(a->pool_uuid, b->pool_uuid, sizeof(a->pool_uuid)) &&
	       !strcmp(a->consumer, b->consumer) && !strcmp(a->tier, b->tier);
}

static int take_row(const struct ledger_row *row, void *arg)
{
	struct luns *b = arg;
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
	sum->quantity[PRICE_GB_MONTH] +=
		(price_wide)row->delta[LEDGER_HELD] * (price_wide)row->extent_bytes;
	sum->quantity[PRICE_MILLION_READS] += row->delta[LEDGER_READ_IOS];
	sum->quantity[PRICE_MILLION_WRITES] += row->delta[LEDGER_WRITE_IOS];
	sum->quantity[PRICE_GB_MOVED] += (price_wide)row->delta[LEDGER_IN_SECTORS] * SECTOR;
	return 0;
}

static int add_luns(struct invoice_build *b, struct ledger *l)
{
	const struct invoice_request *req = b->invoice->request;
	struct ledger_filter filter = {
		.pool = req->pool, .lun = req->lun, .consumer = req->consumer,
		.from = req->from, .to = req->to,
	};
	struct luns luns = { .build = b };
	int ret = ledger_rows(l, &filter, take_row, &luns);

	return ret ? ret : end_sum(&luns);
}

static int by_consumer(const void *a, const void *b)
{
	const struct invoice_line *one = a, *other = b;
	int order = strcmp(one->consumer, other->consumer);

	return order ? order : (one->order > other->order) - (one->order < other->order);
}

static int collect(struct invoice_build *b)
{
	const struct invoice_request *req = b->invoice->request;
	struct ledger *l;
	int ret;

	ret = ledger_open(&l, req->ledger ? req->ledger : LEDGER_PATH, LEDGER_READ, b->err,
			  b->errlen);
	if (ret)
		return ret;
	b->err[0] = '\0';
	if (!req->map)
		ret = add_luns(b, l);
	if (!ret && !req->pool && req->lun < 0)
		ret = invoice_add_paths(b, l);
	if (ret && !b->err[0])
		snprintf(b->err, b->errlen, "%s", ledger_error(l));
	ledger_close(l);
	if (!ret && b->invoice->nr)
		qsort(b->invoice->line, b->invoice->nr, sizeof(*b->invoice->line), by_consumer);
	return ret;
}

static int print(FILE *out, const struct invoice *v)
{
	switch (v->request->format) {
	case REPORT_CSV:
		invoice_csv(out, v);
		return 0;
	case REPORT_JSON:
		return invoice_json(out, v);
	default:
		invoice_text(out, v);
		return 0;
	}
}

int invoice_print(FILE *out, const struct invoice_request *req, char *err, size_t errlen)
{
	struct invoice *v = calloc(1, sizeof(*v));
	struct invoice_build b = { .invoice = v, .err = err, .errlen = errlen };
	int ret = -ENOMEM;

	if (!v) {
		snprintf(err, errlen, "invoice: out of memory");
		return ret;
	}
	v->request = req;
	if (req->to <= req->from) {
		snprintf(err, errlen, "invoice: the end must be later than the beginning");
		ret = -EINVAL;
	} else {
		ret = price_load(&v->plan, req->plan ? req->plan : PRICE_PATH, err, errlen);
	}
	if (!ret)
		ret = collect(&b);
	if (!ret)
		ret = print(out, v);
	free(v->line);
	free(v);
	return ret;
}
