/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Invoices: the ledger's rows, of LUNs and of paths, times a price plan
 *
 * A row belongs to the invoice in which its hour starts, so invoices over
 * adjoining spans neither overlap nor leave anything out. Money is counted in
 * millionths of the currency's unit; each line is rounded once, half to even,
 * and the total is the sum of the lines as printed.
 *
 * Link: invoice*.c price.c conf.c ledger*.c -lsqlite3 -linih -ljson-c
 */
#ifndef INVOICE_H
#define INVOICE_H

#include <stdio.h>
#include <time.h>

#include "ledger.h"

struct invoice_request {
	const char *ledger;		/* NULL: LEDGER_PATH */
	const char *plan;		/* NULL: PRICE_PATH */
	const char *pool;		/* name or UUID; NULL: all */
	const char *consumer;		/* NULL: all */
	int64_t lun;			/* -1: all */
	const char *map;		/* name or UUID; NULL: all */
	time_t from, to;		/* [from, to), UTC */
	enum report_format format;	/* CSV: the FOCUS 1.2 columns */
};

/**
 * invoice_print() - write an invoice
 *
 * With a pool or a LUN named there are no lines of paths, with a map none of LUNs.
 * Return: 0, or a negative errno with the sentence in @err and nothing written.
 */
int invoice_print(FILE *out, const struct invoice_request *req, char *err, size_t errlen);

#endif
