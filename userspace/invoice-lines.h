/* SPDX-License-Identifier: GPL-2.0-only */
/* An invoice made, but not yet printed */
#ifndef INVOICE_LINES_H
#define INVOICE_LINES_H

#include "invoice.h"
#include "ledger-paths.h"
#include "price.h"

#define INVOICE_PLACES	9	/* decimals of a quantity */
#define INVOICE_NUMBER	64

/* a LUN on a tier, or a path of a map, by one meter */
struct invoice_line {
	char consumer[LEDGER_NAME_LEN];
	bool is_path;
	char pool[LEDGER_NAME_LEN];	/* or the map */
	char tier[LEDGER_TIER_LEN];	/* or the path, major:minor */
	uint8_t pool_uuid[LEDGER_UUID_LEN];	/* this and the next two: of a LUN */
	uint32_t lun;
	uint32_t instance;
	char map_uuid[LEDGER_MAP_UUID_LEN];	/* this and the next: of a path */
	uint32_t cost;
	size_t order;			/* in which it was made */
	uint32_t flags;			/* LEDGER_FLAG_* of any of its rows */
	enum price_meter meter;
	int64_t start, end;		/* of the first and the last hour in it */
	price_wide quantity;		/* smallest units */
	int64_t nano;			/* price per unit */
	int64_t micro;			/* what the line costs */
};

struct invoice {
	const struct invoice_request *request;
	struct price_plan plan;
	struct invoice_line *line;
	size_t nr, room;
	int64_t total;			/* micro: the sum of the lines */
};

/* while lines are made */
struct invoice_build {
	struct invoice *invoice;
	char *err;
	size_t errlen;
};

/* a zeroed line at the end; NULL with the error told */
struct invoice_line *invoice_new_line(struct invoice_build *b);

/* what the line costs, by its quantity and price, and into the total; 0 or -ERANGE, told */
int invoice_price_line(struct invoice_build *b, struct invoice_line *line);

/* -ERANGE, told: the sum is beyond all reason */
int invoice_too_large(struct invoice_build *b, const struct invoice_line *line);

/* invoice-paths.c: the lines of paths; 0, or -errno told by @b or by the ledger */
int invoice_add_paths(struct invoice_build *b, struct ledger *l);

/* how a meter is called and counted */
struct invoice_meter {
	const char *sku;
	const char *what;
	const char *pricing_unit;
	const char *consumed_unit;
	int64_t consumed_divisor;	/* smallest units in a consumed unit */
};

const struct invoice_meter *invoice_meter(enum price_meter meter);

/* @quantity / @unit as a decimal number, rounded half to even */
void invoice_decimal(price_wide quantity, price_wide unit, int places,
		     char out[INVOICE_NUMBER]);
void invoice_money(int64_t micro, char out[INVOICE_NUMBER]);

/* @f prints what is ready; @invoice has at least been filled in */
void invoice_text(FILE *f, const struct invoice *invoice);
void invoice_csv(FILE *f, const struct invoice *invoice);
int invoice_json(FILE *f, const struct invoice *invoice);

#endif
