// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices by the words of table lines, messages and requests.
 *
 * Device-mapper's own reader takes numbers modulo 2^32: 4294967548:5 for 252:5.
 * Older kernels read a word without a slash as a device number in hexadecimal, in
 * the same way. Words of which that would make another device are not shown to it.
 */
#include <linux/ctype.h>
#include <linux/kdev_t.h>

#include "compat.h"
#include "tier-dev.h"

#define TIER_DEV_HEX	8	/* digits of a device number */

/* digits of a number up to @max, and what follows them; NULL: it is more, or none */
static const char *tier_dev_digits(const char *word, u64 max)
{
	u64 number = 0;

	if (!isdigit(*word))
		return NULL;
	for (; isdigit(*word); word++) {
		number = number * 10 + (*word - '0');
		if (number > max)
			return NULL;
	}
	return word;
}

static bool tier_dev_is_number(const char *word)
{
	word = tier_dev_digits(word, MAJOR(~0U));
	if (!word || *word != ':')
		return false;
	word = tier_dev_digits(word + 1, MINORMASK);
	return word && !*word;
}

/* a path, major:minor, or a name in which no number is to be seen */
static bool tier_dev_word_ok(const char *word)
{
	const char *first = skip_spaces(word);

	if (strchr(word, '/'))
		return true;
	if (isdigit(*first) && strchr(word, ':'))
		return tier_dev_is_number(word);
	return strlen(word) <= TIER_DEV_HEX ||
	       strspn(word, "0123456789abcdefABCDEF") != strlen(word);
}

dev_t tier_dev_find(const char *word)
{
	return tier_dev_word_ok(word) ? tier_dev_by_path(word) : 0;
}

int tier_dev_open(struct dm_target *ti, const char *word, struct dm_dev **dev)
{
	int ret;

	*dev = NULL;
	if (!tier_dev_word_ok(word))
		return -EINVAL;
	if (tier_dev_by_path(word) == disk_devt(dm_disk(dm_table_get_md(ti->table))))
		return -ELOOP;
	ret = dm_get_device(ti, word, dm_table_get_mode(ti->table), dev);
	if (ret)
		*dev = NULL;
	return ret;
}
