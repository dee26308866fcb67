/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The price plan: what a tier's space, requests and moves cost, and what goes over
 * paths
 *
 * Prices are decimal numbers with up to nine places, kept in billionths.
 * A GB is 10^9 bytes; a GB-month is one GB held for 730 hours. The prices of paths
 * are for a path of cost 1: one of cost 3 is three times as dear, one without a cost
 * is free.
 */
#ifndef PRICE_H
#define PRICE_H

#include <stddef.h>
#include <stdint.h>

#include "ledger.h"

#define PRICE_PATH		"/etc/dm-tier/prices.conf"	/* by default */
#define PRICE_NAME_LEN		128
#define PRICE_MAX_TIERS		64
#define PRICE_MONTH_HOURS	730

enum price_meter {
	PRICE_GB_MONTH,
	PRICE_MILLION_READS,
	PRICE_MILLION_WRITES,
	PRICE_GB_MOVED,			/* moved to the tier */
	PRICE_NR_TIER_METERS,
	PRICE_PATH_GB = PRICE_NR_TIER_METERS,	/* either way */
	PRICE_PATH_MILLION,		/* requests */
	PRICE_NR_METERS
};

struct price_tier {
	char name[LEDGER_TIER_LEN];
	int64_t nano[PRICE_NR_TIER_METERS];	/* billionths per unit of the meter */
};

struct price_plan {
	char name[PRICE_NAME_LEN];
	char currency[4];		/* ISO 4217 */
	char provider[PRICE_NAME_LEN];
	char publisher[PRICE_NAME_LEN];
	char issuer[PRICE_NAME_LEN];
	char region[PRICE_NAME_LEN];
	bool has_paths;
	int64_t path_nano[PRICE_NR_METERS - PRICE_NR_TIER_METERS];	/* at cost 1 */
	int nr_tiers;
	struct price_tier tier[PRICE_MAX_TIERS];
};

__extension__ typedef __int128 price_wide;

/* whole file or nothing; @err has file:line and the key */
int price_load(struct price_plan *plan, const char *path, char *err, size_t errlen);

/* NULL if the plan does not name the tier */
const struct price_tier *price_find(const struct price_plan *plan, const char *tier);

/* of a path with that cost; 0, or -ERANGE */
int price_path(const struct price_plan *plan, enum price_meter meter, uint32_t cost,
	       int64_t *nano);

/* a decimal number without sign into billionths */
int price_parse(const char *text, int64_t *nano);

/**
 * price_amount() - what a quantity costs
 * @quantity: in the meter's smallest unit: byte-milliseconds, requests, bytes
 * @micro: millionths of the currency's unit, rounded half to even
 * Return: 0, or -ERANGE if the amount has no place in 63 bits.
 */
int price_amount(enum price_meter meter, price_wide quantity, int64_t nano, int64_t *micro);

/* smallest units in one unit of the price: what price_amount() divides by */
price_wide price_unit(enum price_meter meter);

#endif
