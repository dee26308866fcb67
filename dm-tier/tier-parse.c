// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parsing of the tier-pool table line:
 *
 *	<metadata dev> <extent sectors> <#feature args> [...]
 *	<#tiers> { <tier name> <#devs> <dev> ... } ...
 */
#include "tier-dev.h"
#include "tier-target.h"

int tier_parse_number(const char *word, u64 min, u64 max, u64 *number)
{
	size_t len = strlen(word);

	if (!len || len > 20 || strspn(word, "0123456789") != len)
		return -EINVAL;
	if (kstrtoull(word, 10, number) || *number < min || *number > max)
		return -ERANGE;
	return 0;
}

static int tier_parse_error(struct dm_target *ti, char *what)
{
	ti->error = what;
	return -EINVAL;
}

/* dm prints what is wrong; the word that is, is ours to print */
static int tier_parse_bad(struct dm_target *ti, char *what, const char *word)
{
	struct mapped_device *md = dm_table_get_md(ti->table);
	char name[DM_NAME_LEN];

	if (word) {
		if (dm_copy_name_and_uuid(md, name, NULL))
			strscpy(name, dm_device_name(md), sizeof(name));
		DMERR("%s: table line: '%*pE': %s", name, (int)strnlen(word, 64), word, what);
	}
	return tier_parse_error(ti, what);
}

/* a number from the table line; dm's own reader takes 4294967297 for 1 */
static int tier_parse_count(struct dm_target *ti, struct dm_arg_set *as, unsigned int min,
			    unsigned int max, char *what, unsigned int *count)
{
	const char *word = dm_shift_arg(as);
	u64 number;

	if (!word || tier_parse_number(word, min, max, &number))
		return tier_parse_bad(ti, what, word);
	*count = number;
	return 0;
}

/* the same for the number of words that follow */
static int tier_parse_group(struct dm_target *ti, struct dm_arg_set *as, unsigned int min,
			    unsigned int max, char *what, unsigned int *count)
{
	int ret = tier_parse_count(ti, as, min, max, what, count);

	if (!ret && *count > as->argc)
		ret = tier_parse_error(ti, what);
	return ret;
}

static int tier_parse_open(struct tier_pool_target *table, const char *path, struct dm_dev **dev)
{
	int ret;

	if (!path)
		return tier_parse_error(table->ti, "A device is missing in the table line");
	ret = tier_dev_open(table->ti, path, dev);
	if (ret == -ELOOP)
		return tier_parse_bad(table->ti, "This device is the pool itself", path);
	if (ret) {
		tier_parse_bad(table->ti, "Cannot open a device of the pool", path);
		return -ENODEV;
	}
	return 0;
}

static int tier_parse_feature(struct tier_pool_target *table, struct dm_arg_set *as,
			      unsigned int *argc)
{
	struct tier_features *features = &table->features;
	const char *word = dm_shift_arg(as);
	bool *flag;

	(*argc)--;
	if (!strcasecmp(word, "metadata_mirror")) {
		if (!*argc)
			return tier_parse_error(table->ti, "metadata_mirror needs a device");
		if (table->meta[1])
			return tier_parse_error(table->ti, "metadata_mirror given twice");
		(*argc)--;
		return tier_parse_open(table, dm_shift_arg(as), &table->meta[1]);
	}
	if (!strcasecmp(word, "read_only"))
		flag = &features->read_only;
	else if (!strcasecmp(word, "error_if_no_space"))
		flag = &features->error_if_no_space;
	else if (!strcasecmp(word, "skip_zeroing"))
		flag = &features->skip_zeroing;
	else if (!strcasecmp(word, "no_discard_passdown"))
		flag = &features->no_discard_passdown;
	else
		return tier_parse_bad(table->ti, "Unknown feature", word);
	if (*flag)
		return tier_parse_bad(table->ti, "Feature given twice", word);
	*flag = true;
	return 0;
}

static int tier_parse_features(struct tier_pool_target *table, struct dm_arg_set *as)
{
	unsigned int argc;
	int ret;

	ret = tier_parse_group(table->ti, as, 0, 8, "Invalid number of feature arguments", &argc);
	while (!ret && argc)
		ret = tier_parse_feature(table, as, &argc);
	return ret;
}

/* is this device in the table already, as whatever? */
static bool tier_parse_has(struct tier_pool_target *table, dev_t dev)
{
	unsigned int t, d;

	for (t = 0; t < TIER_META_COPIES; t++)
		if (table->meta[t] && table->meta[t]->bdev->bd_dev == dev)
			return true;
	for (t = 0; t < table->nr_tiers; t++)
		for (d = 0; d < table->tiers[t].nr_devs; d++)
			if (table->tiers[t].devs[d]->bdev->bd_dev == dev)
				return true;
	return false;
}

static int tier_parse_dev(struct tier_pool_target *table, struct tier_table_tier *tier,
			  const char *path)
{
	struct dm_dev *dev;
	int ret;

	ret = tier_parse_open(table, path, &dev);
	if (ret)
		return ret;
	if (tier_parse_has(table, dev->bdev->bd_dev)) {
		dm_put_device(table->ti, dev);
		return tier_parse_bad(table->ti, "Device given twice", path);
	}
	tier->devs[tier->nr_devs++] = dev;
	if (bdev_nr_sectors(dev->bdev) < TIER_DATA_OFFSET + table->extent_sectors)
		return tier_parse_bad(table->ti, "Device is too small for one extent", path);
	return 0;
}

static int tier_parse_tier(struct tier_pool_target *table, struct dm_arg_set *as)
{
	struct tier_table_tier *tier = &table->tiers[table->nr_tiers];
	const char *name = dm_shift_arg(as);
	unsigned int nr, i;
	int ret;

	if (!name || !tier_name_ok(name, sizeof(tier->name)) || !strcmp(name, "none"))
		return tier_parse_bad(table->ti, "Invalid tier name", name);
	for (i = 0; i < table->nr_tiers; i++)
		if (!strcmp(table->tiers[i].name, name))
			return tier_parse_bad(table->ti, "Tier name given twice", name);
	strscpy(tier->name, name, sizeof(tier->name));
	ret = tier_parse_group(table->ti, as, 1, TIER_MAX_TIER_DEVS,
			       "Invalid number of devices in a tier", &nr);
	if (ret)
		return ret;
	table->nr_tiers++;
	while (!ret && nr--)
		ret = tier_parse_dev(table, tier, dm_shift_arg(as));
	return ret;
}

static int tier_parse_tiers(struct tier_pool_target *table, struct dm_arg_set *as)
{
	unsigned int nr;
	int ret;

	ret = tier_parse_count(table->ti, as, 1, TIER_MAX_TIERS, "Invalid number of tiers", &nr);
	while (!ret && nr--)
		ret = tier_parse_tier(table, as);
	if (!ret && as->argc)
		return tier_parse_bad(table->ti, "Words left over at the end of the table line",
				      as->argv[0]);
	return ret;
}

static int tier_parse_words(struct tier_pool_target *table, struct dm_arg_set *as)
{
	struct dm_target *ti = table->ti;
	const char *word;
	u64 sectors;
	int ret;

	ret = tier_parse_open(table, dm_shift_arg(as), &table->meta[0]);
	if (ret)
		return ret;
	word = dm_shift_arg(as);
	if (tier_parse_number(word, TIER_EXTENT_MIN, TIER_EXTENT_MAX, &sectors) ||
	    !is_power_of_2(sectors))
		return tier_parse_bad(ti, "Extent sectors must be a power of two, 128 to 2097152",
				      word);
	table->extent_sectors = sectors;
	ret = tier_parse_features(table, as);
	if (ret)
		return ret;
	if (table->meta[1] && table->meta[0]->bdev->bd_dev == table->meta[1]->bdev->bd_dev)
		return tier_parse_error(ti, "metadata_mirror is the metadata device itself");
	return tier_parse_tiers(table, as);
}

int tier_parse_pool(struct dm_target *ti, unsigned int argc, char **argv,
		    struct tier_pool_target **result)
{
	struct dm_arg_set as = { .argc = argc, .argv = argv };
	struct tier_pool_target *table;
	int ret;

	if (argc < 5)
		return tier_parse_error(ti, "Not enough words in the table line");
	table = kvzalloc(struct_size(table, tiers, TIER_MAX_TIERS), GFP_KERNEL);
	if (!table) {
		ti->error = "Out of memory";
		return -ENOMEM;
	}
	table->ti = ti;
	ret = tier_parse_words(table, &as);
	if (ret) {
		tier_parse_free(table);
		return ret;
	}
	*result = table;
	return 0;
}

void tier_parse_free(struct tier_pool_target *table)
{
	unsigned int t, d;

	for (t = 0; t < table->nr_tiers; t++)
		for (d = 0; d < table->tiers[t].nr_devs; d++)
			dm_put_device(table->ti, table->tiers[t].devs[d]);
	for (t = 0; t < TIER_META_COPIES; t++)
		if (table->meta[t])
			dm_put_device(table->ti, table->meta[t]);
	kvfree(table);
}
