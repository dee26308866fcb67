// SPDX-License-Identifier: GPL-2.0-only
/*
 * The price plan
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "price.h"

#define NANO		1000000000LL
#define NANO_DIGITS	9
#define NANO_PER_MICRO	1000
#define PRICE_MAX	(1000000LL * NANO)	/* a million for one unit is a slip of the pen */

struct load {
	struct price_plan *plan;
	struct price_tier *tier;	/* NULL: in [plan] or [path] */
	bool have_plan;
	bool in_path;
};

static price_wide magnitude(price_wide v)
{
	return v < 0 ? -v : v;
}

int price_parse(const char *text, int64_t *nano)
{
	int64_t value = 0;
	int places = 0, digits = 0;
	bool point = false;

	for (; *text; text++) {
		if (*text == '.' && !point && digits) {
			point = true;
			continue;
		}
		if (*text < '0' || *text > '9' || places == NANO_DIGITS)
			return -EINVAL;
		value = value * 10 + (*text - '0');
		if (value > PRICE_MAX)
			return -ERANGE;
		places += point;
		digits++;
	}
	if (!digits || (point && !places))
		return -EINVAL;
	for (; places < NANO_DIGITS; places++) {
		value *= 10;
		if (value > PRICE_MAX)
			return -ERANGE;
	}
	*nano = value;
	return 0;
}

static int take_price(int64_t *place, const char *value, char why[CONF_WHY_LEN])
{
	int err = price_parse(value, place);

	if (err == -ERANGE)
		snprintf(why, CONF_WHY_LEN, "'%.64s' is out of range; from 0 to 1000000", value);
	else if (err)
		snprintf(why, CONF_WHY_LEN,
			 "'%.64s' is no price; write it as 0.025, with up to nine decimals",
			 value);
	return err ? -1 : 0;
}

static int take_gb_month(void *tier, const char *value, char why[CONF_WHY_LEN])
{
	return take_price(&((struct price_tier *)tier)->nano[PRICE_GB_MONTH], value, why);
}

static int take_reads(void *tier, const char *value, char why[CONF_WHY_LEN])
{
	return take_price(&((struct price_tier *)tier)->nano[PRICE_MILLION_READS], value, why);
}

static int take_writes(void *tier, const char *value, char why[CONF_WHY_LEN])
{
	return take_price(&((struct price_tier *)tier)->nano[PRICE_MILLION_WRITES], value, why);
}

static int take_moved(void *tier, const char *value, char why[CONF_WHY_LEN])
{
	return take_price(&((struct price_tier *)tier)->nano[PRICE_GB_MOVED], value, why);
}

static int take_path_gb(void *plan, const char *value, char why[CONF_WHY_LEN])
{
	return take_price(&((struct price_plan *)plan)->path_nano[0], value, why);
}

static int take_path_requests(void *plan, const char *value, char why[CONF_WHY_LEN])
{
	return take_price(&((struct price_plan *)plan)->path_nano[1], value, why);
}

static int take_currency(void *plan, const char *value, char why[CONF_WHY_LEN])
{
	if (strlen(value) != 3 || strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3) {
		snprintf(why, CONF_WHY_LEN, "'%.64s' is no currency code such as EUR", value);
		return -1;
	}
	strcpy(((struct price_plan *)plan)->currency, value);
	return 0;
}

#define PLAN_TEXT(key, member) \
	{ key, CONF_TEXT, offsetof(struct price_plan, member), 0, PRICE_NAME_LEN, NULL }

static const struct conf_key plan_keys[] = {
	PLAN_TEXT("name", name),
	PLAN_TEXT("provider", provider),
	PLAN_TEXT("publisher", publisher),
	PLAN_TEXT("issuer", issuer),
	PLAN_TEXT("region", region),
	{ "currency", CONF_OWN, 0, 0, 0, take_currency },
};

static const struct conf_key tier_keys[] = {
	{ "gb_month", CONF_OWN, 0, 0, 0, take_gb_month },
	{ "million_reads", CONF_OWN, 0, 0, 0, take_reads },
	{ "million_writes", CONF_OWN, 0, 0, 0, take_writes },
	{ "gb_moved", CONF_OWN, 0, 0, 0, take_moved },
};

static const struct conf_key path_keys[] = {
	{ "gb", CONF_OWN, 0, 0, 0, take_path_gb },
	{ "million_requests", CONF_OWN, 0, 0, 0, take_path_requests },
};

static int take_section(void *arg, const char *name, char why[CONF_WHY_LEN])
{
	struct load *load = arg;
	struct price_plan *plan = load->plan;

	load->tier = NULL;
	load->in_path = !strcmp(name, "path");
	if (load->in_path) {
		plan->has_paths = true;
		return 0;
	}
	if (!strcmp(name, "plan")) {
		load->have_plan = true;
		return 0;
	}
	if (strncmp(name, "tier ", 5)) {
		snprintf(why, CONF_WHY_LEN, "no such section; there are [plan], [path] and [tier NAME]");
		return -1;
	}
	if (plan->nr_tiers == PRICE_MAX_TIERS) {
		snprintf(why, CONF_WHY_LEN, "more than %d tiers", PRICE_MAX_TIERS);
		return -1;
	}
	load->tier = &plan->tier[plan->nr_tiers++];
	return conf_word(name + 5, load->tier->name, sizeof(load->tier->name), why);
}

static int take_key(void *arg, const char *name, const char *value, char why[CONF_WHY_LEN])
{
	struct load *load = arg;
	int index;

	if (load->tier)
		index = conf_assign(tier_keys, sizeof(tier_keys) / sizeof(tier_keys[0]),
				    load->tier, name, value, why);
	else if (load->in_path)
		index = conf_assign(path_keys, sizeof(path_keys) / sizeof(path_keys[0]),
				    load->plan, name, value, why);
	else
		index = conf_assign(plan_keys, sizeof(plan_keys) / sizeof(plan_keys[0]),
				    load->plan, name, value, why);
	return index < 0 ? -1 : 0;
}

static void fill_in(char *place, const char *value)
{
	if (!*place)
		snprintf(place, PRICE_NAME_LEN, "%s", value);
}

int price_load(struct price_plan *plan, const char *path, char *err, size_t errlen)
{
	static const struct conf_reader reader = { take_section, take_key };
	struct load load = { .plan = plan };
	int ret;

	memset(plan, 0, sizeof(*plan));
	ret = conf_read(path, &reader, &load, err, errlen);
	if (ret)
		return ret;
	if (!load.have_plan || !plan->currency[0]) {
		snprintf(err, errlen, "%s: [plan] must name the currency, as in currency = EUR",
			 path);
		return -EINVAL;
	}
	fill_in(plan->name, "standard");
	fill_in(plan->provider, "dm-tier");
	fill_in(plan->publisher, plan->provider);
	fill_in(plan->issuer, plan->provider);
	return 0;
}

const struct price_tier *price_find(const struct price_plan *plan, const char *tier)
{
	for (int i = 0; i < plan->nr_tiers; i++)
		if (!strcmp(plan->tier[i].name, tier))
			return &plan->tier[i];
	return NULL;
}

int price_path(const struct price_plan *plan, enum price_meter meter, uint32_t cost,
	       int64_t *nano)
{
	int64_t one = plan->path_nano[meter - PRICE_NR_TIER_METERS];

	return __builtin_mul_overflow(one, (int64_t)cost, nano) ? -ERANGE : 0;
}

price_wide price_unit(enum price_meter meter)
{
	switch (meter) {
	case PRICE_GB_MONTH:	/* byte-milliseconds */
		return (price_wide)1000000000 * PRICE_MONTH_HOURS * 3600 * 1000;
	case PRICE_GB_MOVED:
	case PRICE_PATH_GB:
		return 1000000000;
	default:
		return 1000000;
	}
}

int price_amount(enum price_meter meter, price_wide quantity, int64_t nano, int64_t *micro)
{
	price_wide divisor = price_unit(meter) * NANO_PER_MICRO;
	price_wide product, whole, twice;

	if (__builtin_mul_overflow(quantity, (price_wide)nano, &product))
		return -ERANGE;
	whole = product / divisor;
	twice = magnitude(product % divisor) * 2;
	if (twice > divisor || (twice == divisor && whole % 2))
		whole += product < 0 ? -1 : 1;
	if (magnitude(whole) > INT64_MAX)
		return -ERANGE;
	*micro = (int64_t)whole;
	return 0;
}
