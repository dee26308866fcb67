// SPDX-License-Identifier: GPL-2.0-only
/* Sizes, numbers and times as people write and read them. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tierctl.h"

#define LUN_ID_MAX	0xfffffeU

static bool digits(const char *s, uint64_t *value, char **end)
{
	if (!isdigit((unsigned char)*s))
		return false;
	errno = 0;
	*value = strtoull(s, end, 10);
	return !errno;
}

bool text_number(const char *s, uint64_t max, uint64_t *value)
{
	char *end;

	return digits(s, value, &end) && !*end && *value <= max;
}

bool text_lun(const char *s, uint32_t *lun)
{
	uint64_t value;

	if (!text_number(s, LUN_ID_MAX, &value))
		return false;
	*lun = value;
	return true;
}

bool text_size(const char *s, uint64_t *bytes)
{
	static const char units[] = "KMGTP";
	unsigned int shift = 0;
	const char *unit;
	char *end;

	if (!digits(s, bytes, &end))
		return false;
	unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	if (unit) {
		shift = 10 * (unit - units + 1);
		end++;
		if (!strcasecmp(end, "iB") || !strcasecmp(end, "B"))
			end += strlen(end);
	} else if (!strcmp(end, "s")) {
		shift = 9;
		end++;
	}
	if (*end || *bytes > UINT64_MAX >> shift)
		return false;
	*bytes <<= shift;
	return true;
}

bool text_seconds(const char *s, double *seconds)
{
	char *end;

	errno = 0;
	*seconds = strtod(s, &end);
	return end != s && !*end && !errno && isfinite(*seconds) && *seconds >= 0 &&
	       *seconds <= 1e9;
}

/* three figures, no more: what is compared at sight */
static const char *three(char buf[32], double value, const char *unit)
{
	int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
	char number[24];
	size_t whole;

	snprintf(number, sizeof(number), "%.*f", decimals, value);
	whole = strcspn(number, ".");
	if (number[whole] && strspn(number + whole + 1, "0") == (size_t)decimals)
		number[whole] = 0;
	snprintf(buf, 32, "%s%s", number, unit);
	return buf;
}

static const char *scaled(char buf[32], double value, double step, const char *const *units)
{
	unsigned int i;

	for (i = 0; units[i + 1] && value >= step - step / 2000; i++)
		value /= step;
	return three(buf, value, units[i]);
}

const char *text_bytes(char buf[32], uint64_t bytes)
{
	static const char *const units[] = {
		" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB", NULL
	};

	return scaled(buf, bytes, 1024, units);
}

const char *text_short(char buf[32], double value)
{
	static const char *const units[] = { "", "k", "M", "G", "T", "P", "E", NULL };

	return scaled(buf, value, 1000, units);
}

const char *text_ns(char buf[32], uint64_t ns)
{
	static const char *const units[] = { " ns", " us", " ms", " s", NULL };

	return ns ? scaled(buf, ns, 1000, units) : "-";
}

const char *text_ms(char buf[32], uint64_t ms)
{
	unsigned long long s = ms / 1000;

	if (s >= 86400)
		snprintf(buf, 32, "%llud %lluh", s / 86400, s % 86400 / 3600);
	else if (s >= 3600)
		snprintf(buf, 32, "%lluh %llum", s / 3600, s % 3600 / 60);
	else if (s >= 60)
		snprintf(buf, 32, "%llum %llus", s / 60, s % 60);
	else
		snprintf(buf, 32, "%llu.%llus", s, (unsigned long long)(ms % 1000 / 100));
	return buf;
}

const char *text_key(char *to, size_t len, const char *key)
{
	size_t i, n = strcspn(key, "=");

	for (i = 0; key[i] && i + 1 < len; i++)
		to[i] = key[i] == '-' && i < n ? '_' : key[i];
	to[i] = 0;
	return to;
}
