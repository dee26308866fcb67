// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parsing of the tier-pool table line:
 *
 *	<metadata dev> <extent sectors> <#feature args> [...]
 *	<#tiers> { <tier name> <#devs> <dev> ... } ...
 */
#include "tier-target.h"

static int tier_parse_error(struct dm_target *ti, char *what)
{
	ti->error = what;
	return -EINVAL;
}

static int tier_parse_open(struct tier_pool_target *table, const char *path, struct dm_dev **dev)
{
	if (!path)
		return tier_parse_error(table->ti, "A device is missing in the table line");
	if (dm_get_device(table->ti, path, dm_table_get_mode(table->ti->table), dev)) {
		*dev = NULL;
		table->ti->error = "Cannot open a device of the pool";
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
		return tier_parse_error(table->ti, "Unknown feature");
	if (*flag)
		return tier_parse_error(table->ti, "Feature given twice");
	*flag = true;
	return 0;
}

static int tier_parse_features(struct tier_pool_target *table, struct dm_arg_set *as)
{
	static const struct dm_arg bounds = { 0, 8, "Invalid number of feature arguments" };
	unsigned int argc;
	int ret;

	ret = dm_read_arg_group(&bounds, as, &argc, &table->ti->error);
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
		return tier_parse_error(table->ti, "Device given twice");
	}
	tier->devs[tier->nr_devs++] = dev;
	if (bdev_nr_sectors(dev->bdev) < TIER_DATA_OFFSET + table->extent_sectors)
		return tier_parse_error(table->ti, "Device is too small for one extent");
	return 0;
}

static int tier_parse_tier(struct tier_pool_target *table, struct dm_arg_set *as)
{
	static const struct dm_arg bounds = {
		1, TIER_MAX_TIER_DEVS, "Invalid number of devices in a tier"
	};
	struct tier_table_tier *tier = &table->tiers[table->nr_tiers];
	const char *name = dm_shift_arg(as);
	unsigned int nr, i;
	int ret;

	if (!name || !tier_name_ok(name, sizeof(tier->name)) || !strcmp(name, "none"))
		return tier_parse_error(table->ti, "Invalid tier name");
	for (i = 0; i < table->nr_tiers; i++)
		if (!strcmp(table->tiers[i].name, name))
			return tier_parse_error(table->ti, "Tier name given twice");
	strscpy(tier->name, name, sizeof(tier->name));
	ret = dm_read_arg_group(&bounds, as, &nr, &table->ti->error);
	if (ret)
		return ret;
	table->nr_tiers++;
	while (!ret && nr--)
		ret = tier_parse_dev(table, tier, dm_shift_arg(as));
	return ret;
}

static int tier_parse_tiers(struct tier_pool_target *table, struct dm_arg_set *as)
{
	static const struct dm_arg bounds = { 1, TIER_MAX_TIERS, "Invalid number of tiers" };
	unsigned int nr;
	int ret;

	ret = dm_read_arg(&bounds, as, &nr, &table->ti->error);
	while (!ret && nr--)
		ret = tier_parse_tier(table, as);
	if (!ret && as->argc)
		return tier_parse_error(table->ti, "Words left over at the end of the table line");
	return ret;
}

static int tier_parse_words(struct tier_pool_target *table, struct dm_arg_set *as)
{
	struct dm_target *ti = table->ti;
	unsigned long long sectors;
	int ret;

	ret = tier_parse_open(table, dm_shift_arg(as), &table->meta[0]);
	if (ret)
		return ret;
	if (kstrtoull(dm_shift_arg(as), 10, &sectors) || sectors < TIER_EXTENT_MIN ||
	    sectors > TIER_EXTENT_MAX || !is_power_of_2(sectors))
		return tier_parse_error(ti,
					"Extent sectors must be a power of two, 128 to 2097152");
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
