// SPDX-License-Identifier: GPL-2.0-only
/*
 * A table line of tier-pool. Whatever it says, every device that was opened is put once,
 * and what is taken is within its bounds.
 */
#include "input.h"
#include "kernel/kernel.h"

static void in_bounds(const struct tier_pool_target *table)
{
	unsigned int t, devs = 1;

	MUST(table->meta[0]);
	MUST(table->extent_sectors >= TIER_EXTENT_MIN && table->extent_sectors <= TIER_EXTENT_MAX &&
	     is_power_of_2(table->extent_sectors));
	devs += !!table->meta[1];
	MUST(table->nr_tiers && table->nr_tiers <= TIER_MAX_TIERS);
	for (t = 0; t < table->nr_tiers; t++) {
		MUST(tier_name_ok(table->tiers[t].name, TIER_NAME_LEN));
		MUST(table->tiers[t].nr_devs && table->tiers[t].nr_devs <= TIER_MAX_TIER_DEVS);
		devs += table->tiers[t].nr_devs;
	}
	MUST((int)devs == kernel_devs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct dm_table md = { .md = input_u8(&in) & 1 ? (void *)&md : NULL };
	struct dm_target ti = { .table = &md };
	struct tier_pool_target *table = NULL;
	char *text = input_text(&in), *words[768], **exact;
	unsigned int n = input_words(text, words, ARRAY_SIZE(words));

	/* no word more than there are */
	exact = malloc(n * sizeof(*exact) + 1);
	memcpy(exact, words, n * sizeof(*exact));
	if (tier_parse_pool(&ti, n, exact, &table)) {
		MUST(ti.error && !table);
	} else {
		in_bounds(table);
		tier_parse_free(table);
	}
	MUST(!kernel_devs);
	free(exact);
	free(text);
	return 0;
}
