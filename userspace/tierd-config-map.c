// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settings of multipath maps: what the file may say of them
 *
 * Each is kept in one spelling, that in which we write what the kernel shows, so
 * that the two can be compared letter by letter.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "libdmtier-path.h"
#include "tierd-config.h"

#define DAY	86400

static int no(char why[CONF_WHY_LEN], const char *text)
{
	snprintf(why, CONF_WHY_LEN, "%s", text);
	return -1;
}

/* a number with up to two decimals, in hundredths; as the kernel reads them */
static int hundredths(const char *text, uint32_t min, uint32_t max, uint32_t *out,
		      char why[CONF_WHY_LEN])
{
	size_t whole = strspn(text, "0123456789"), part = 0;
	uint32_t number = 0;

	if (text[whole] == '.')
		part = strspn(text + whole + 1, "0123456789");
	if (!whole || whole > 6 || part > 2 || (text[whole] == '.' && !part) ||
	    text[whole + (part ? part + 1 : 0)]) {
		snprintf(why, CONF_WHY_LEN, "'%.32s' is no number with at most two decimals",
			 text);
		return -1;
	}
	for (size_t i = 0; i < whole; i++)
		number = number * 10 + (uint32_t)(text[i] - '0');
	for (size_t i = 0; i < 2; i++)
		number = number * 10 + (i < part ? (uint32_t)(text[whole + 1 + i] - '0') : 0);
	if (number < min || number > max) {
		snprintf(why, CONF_WHY_LEN, "%.32s is out of range; give one from %u.%02u to %u.%02u",
			 text, min / 100, min % 100, max / 100, max % 100);
		return -1;
	}
	*out = number;
	return 0;
}

/* exactly two words */
static int two_words(const char *value, char one[32], char other[32], char why[CONF_WHY_LEN])
{
	int end = 0;

	if (sscanf(value, "%31s %31s %n", one, other, &end) != 2 || value[end])
		return no(why, "give two numbers with a blank between them");
	return 0;
}

static int take_failback(const char *value, char out[DMTIER_TIERS_LEN], char why[CONF_WHY_LEN])
{
	uint32_t seconds;

	if (!strcmp(value, "immediate") || !strcmp(value, "manual")) {
		snprintf(out, DMTIER_TIERS_LEN, "%s", value);
		return 0;
	}
	if (conf_number(value, 1, DAY, &seconds, why))
		return no(why, "give immediate, manual or seconds, from 1 to 86400");
	snprintf(out, DMTIER_TIERS_LEN, "%" PRIu32, seconds);
	return 0;
}

/* what is not done at all has one word for it */
static bool take_off(const char *value, char out[DMTIER_TIERS_LEN])
{
	if (strcmp(value, "off"))
		return false;
	snprintf(out, DMTIER_TIERS_LEN, "off");
	return true;
}

static int take_queue(const char *value, char out[DMTIER_TIERS_LEN], char why[CONF_WHY_LEN])
{
	uint32_t seconds;

	if (take_off(value, out))
		return 0;
	if (conf_number(value, 1, DAY, &seconds, why))
		return no(why, "give off or seconds, from 1 to 86400");
	snprintf(out, DMTIER_TIERS_LEN, "%" PRIu32, seconds);
	return 0;
}

static int take_number(const char *value, uint32_t min, uint32_t max,
		       char out[DMTIER_TIERS_LEN], char why[CONF_WHY_LEN])
{
	uint32_t number;

	if (conf_number(value, min, max, &number, why))
		return -1;
	snprintf(out, DMTIER_TIERS_LEN, "%" PRIu32, number);
	return 0;
}

static int take_probe(const char *value, char out[DMTIER_TIERS_LEN], char why[CONF_WHY_LEN])
{
	return take_number(value, 10, 60000, out, why);
}

static int take_hung(const char *value, char out[DMTIER_TIERS_LEN], char why[CONF_WHY_LEN])
{
	return take_number(value, 100, 600000, out, why);
}

static int take_slow(const char *value, char out[DMTIER_TIERS_LEN], char why[CONF_WHY_LEN])
{
	uint32_t ratio;

	if (take_off(value, out))
		return 0;
	if (hundredths(value, 150, 100000, &ratio, why))
		return -1;
	snprintf(out, DMTIER_TIERS_LEN, "%u.%02u", ratio / 100, ratio % 100);
	return 0;
}

static int take_hedge(const char *value, char out[DMTIER_TIERS_LEN], char why[CONF_WHY_LEN])
{
	char one[32], other[32];
	uint32_t share, budget;

	if (take_off(value, out))
		return 0;
	if (two_words(value, one, other, why) || hundredths(one, 5000, 9999, &share, why) ||
	    hundredths(other, 1, 10000, &budget, why))
		return -1;
	snprintf(out, DMTIER_TIERS_LEN, "%u.%02u %u.%02u", share / 100, share % 100,
		 budget / 100, budget % 100);
	return 0;
}

static int take_elastic(const char *value, char out[DMTIER_TIERS_LEN], char why[CONF_WHY_LEN])
{
	char one[32], other[32];
	uint32_t high, low;

	if (take_off(value, out))
		return 0;
	if (two_words(value, one, other, why) || conf_number(one, 1, UINT32_MAX, &high, why) ||
	    conf_number(other, 0, UINT32_MAX, &low, why))
		return -1;
	if (low >= high)
		return no(why, "the second number must be below the first");
	snprintf(out, DMTIER_TIERS_LEN, "%" PRIu32 " %" PRIu32, high, low);
	return 0;
}

static const struct {
	const char *name;
	int (*take)(const char *value, char out[DMTIER_TIERS_LEN], char why[CONF_WHY_LEN]);
} map_settings[] = {
	{ "failback", take_failback },
	{ "queue_if_no_path", take_queue },
	{ "probe_interval", take_probe },
	{ "hung_time", take_hung },
	{ "slow_path", take_slow },
	{ "hedge", take_hedge },
	{ "elastic", take_elastic },
};

int config_map_setting(struct config_settings *s, const char *name, const char *value,
		       char why[CONF_WHY_LEN])
{
	struct config_setting *new = &s->setting[s->nr];

	for (size_t i = 0; i < sizeof(map_settings) / sizeof(map_settings[0]); i++) {
		if (strcmp(name, map_settings[i].name))
			continue;
		if (s->nr == CONFIG_MAX_SETTINGS)
			return no(why, "too many settings in this section");
		if (map_settings[i].take(value, new->value, why))
			return -1;
		snprintf(new->key, sizeof(new->key), "%s", name);
		s->nr++;
		return 0;
	}
	return 1;
}

/* 0: not done at all */
static bool is_off(const struct dmtier_map *m, const char *key)
{
	return (!strcmp(key, "queue_if_no_path") && !m->queue) ||
	       (!strcmp(key, "slow_path") && !m->slow_ratio) ||
	       (!strcmp(key, "hedge") && !m->hedge_percentile) ||
	       (!strcmp(key, "elastic") && !m->elastic_high);
}

bool config_map_value(const struct dmtier_map *m, const char *key, char *out, size_t len)
{
	if (is_off(m, key))
		snprintf(out, len, "off");
	else if (!strcmp(key, "failback"))
		snprintf(out, len, "%s", m->failback);
	else if (!strcmp(key, "queue_if_no_path"))
		snprintf(out, len, "%" PRIu32, m->queue_timeout);
	else if (!strcmp(key, "probe_interval"))
		snprintf(out, len, "%" PRIu32, m->probe_interval);
	else if (!strcmp(key, "hung_time"))
		snprintf(out, len, "%" PRIu32, m->hung_time);
	else if (!strcmp(key, "slow_path"))
		snprintf(out, len, "%u.%02u", m->slow_ratio / 100, m->slow_ratio % 100);
	else if (!strcmp(key, "hedge"))
		snprintf(out, len, "%u.%02u %u.%02u", m->hedge_percentile / 100,
			 m->hedge_percentile % 100, m->hedge_budget / 100,
			 m->hedge_budget % 100);
	else if (!strcmp(key, "elastic"))
		snprintf(out, len, "%" PRIu32 " %" PRIu32, m->elastic_high, m->elastic_low);
	else
		return false;
	return true;
}
