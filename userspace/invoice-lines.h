/* SPDX-License-Identifier: GPL-2.0-only */
/* An invoice made, but not yet printed */
#ifndef INVOICE_LINES_H
#define INVOICE_LINES_H

#include "invoice.h"
#include "price.h"

#define INVOICE_PLACES	9	/* decimals of a quantity */
#define INVOICE_NUMBER	64

struct invoice_line {
	char consumer[LEDGER_NAME_LEN];
	char pool[LEDGER_NAME_LEN];
	char tier[LEDGER_TIER_LEN];
	uint8_t pool_uuid[LEDGER_UUID_LEN];
	uint32_t lun;
	uint32_t instance;
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
