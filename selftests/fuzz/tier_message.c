// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages to a pool, one a line, with the policy keys behind them. What is taken is a
 * record that could be read back from disk; what is refused is named, and changes nothing.
 */
#include "input.h"
#include "kernel/kernel.h"
#include "tier-policy.h"

static struct tier_lun luns[2];
static struct tier_pool pool = { .name = "fuzz" };

int tier_pool_tier_by_name(struct tier_pool *p, const char *name)
{
	u32 t;

	for (t = 0; t < p->conf.nr_tiers; t++)
		if (!strcmp(p->conf.tiers[t], name))
			return t;
	return -ENOENT;
}

const char *tier_name(struct tier_pool *p, u8 tier)
{
	MUST(tier < p->conf.nr_tiers);
	return p->conf.tiers[tier];
}

void tier_pool_tier_space(struct tier_pool *p, u8 tier, u64 *total, u64 *used, u64 *free)
{
	(void)p;
	*total = 1000 + tier;
	*used = 10;
	*free = *total - *used;
}

static struct tier_lun *lun_of(u32 id)
{
	return id < ARRAY_SIZE(luns) ? &luns[id] : NULL;
}

static int unknown(struct tier_err *err, u32 id)
{
	return tier_fail(err, -ENOENT, "no LUN %u in this pool", id);
}

int tier_cmd_create_lun(struct tier_pool *p, u32 id, u64 sectors, struct tier_err *err)
{
	(void)p;
	return sectors ? 0 : tier_fail(err, -EINVAL, "LUN %u has no sectors", id);
}

int tier_cmd_delete_lun(struct tier_pool *p, u32 id, struct tier_err *err)
{
	(void)p;
	return lun_of(id) ? 0 : unknown(err, id);
}

int tier_cmd_resize_lun(struct tier_pool *p, u32 id, u64 sectors, struct tier_err *err)
{
	(void)p;
	(void)sectors;
	return lun_of(id) ? 0 : unknown(err, id);
}

int tier_cmd_set_lun(struct tier_pool *p, u32 id, const char *key, const char *value,
		     struct tier_err *err)
{
	struct tier_lun *lun = lun_of(id);
	struct tier_lun_record rec, again;
	struct tier_disk_lun disk;
	int ret;

	if (!lun)
		return unknown(err, id);
	rec = lun->rec;
	ret = tier_policy_lun(p, &rec, key, value, err);
	if (ret)
		return ret;
	tier_lun_encode(&disk, &rec);
	if (tier_lun_decode(&disk, &again))
		wrong("%s %s: the record cannot be read back", key, value);
	lun->rec = rec;
	return 0;
}

int tier_cmd_migrate_lun(struct tier_pool *p, u32 id, const char *name, struct tier_err *err)
{
	struct tier_lun *lun = lun_of(id);
	int tier = tier_pool_tier_by_name(p, name);

	if (!lun)
		return unknown(err, id);
	lun->rec.target = tier < 0 ? TIER_NONE : tier;
	return 0;
}

int tier_cmd_set_pool(struct tier_pool *p, const char *key, const char *value,
		      struct tier_err *err)
{
	struct tier_pool_record conf = p->conf, again;
	struct tier_disk_pool disk;
	int ret;

	if (!strcmp(key, "tag"))
		return strchr(value, ' ') ? 0 : tier_fail(err, -EINVAL, "no space");
	ret = tier_policy_pool(&conf, key, value, err);
	if (ret)
		return ret;
	tier_pool_encode(&disk, &conf);
	if (tier_pool_decode(&disk, &again))
		wrong("%s %s: the settings cannot be read back", key, value);
	p->conf = conf;
	return 0;
}

static int on_dev(const char *dev, struct tier_err *err)
{
	return *dev == '8' ? 0 : tier_fail(err, -ENODEV, "'%.64s' is not a device of this pool", dev);
}

int tier_cmd_evacuate(struct tier_pool *p, const char *dev, struct tier_err *err)
{
	(void)p;
	return on_dev(dev, err);
}

int tier_cmd_cancel_evacuate(struct tier_pool *p, const char *dev, struct tier_err *err)
{
	(void)p;
	return on_dev(dev, err);
}

int tier_cmd_remove_dev(struct tier_pool *p, const char *dev, struct tier_err *err)
{
	(void)p;
	return on_dev(dev, err);
}

int tier_cmd_fail_dev(struct tier_pool *p, const char *dev, struct tier_err *err)
{
	(void)p;
	return on_dev(dev, err);
}

int tier_cmd_reinstate_dev(struct tier_pool *p, const char *dev, struct tier_err *err)
{
	(void)p;
	return on_dev(dev, err);
}

static void begin(void)
{
	u32 i;

	memset(luns, 0, sizeof(luns));
	pool.luns.next = &luns[0].list;
	pool.luns.prev = &luns[1].list;
	luns[0].list = (struct list_head){ &luns[1].list, &pool.luns };
	luns[1].list = (struct list_head){ &pool.luns, &luns[0].list };
	for (i = 0; i < ARRAY_SIZE(luns); i++) {
		luns[i].id = i;
		luns[i].rec = (struct tier_lun_record){
			.id = i, .flags = TIER_LUN_VALID, .sectors = 4096, .allowed = 0xff,
			.start = TIER_NONE, .pin = TIER_NONE, .home = TIER_NONE,
			.target = TIER_NONE, .weight = 100,
		};
	}
	pool.conf = (struct tier_pool_record){
		.tick_ms = 1000, .nr_tiers = 3, .tiers = { "ssd", "sas", "sata" },
	};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	char *text = input_text(&in), *rest = text, *line, *words[16];
	unsigned int n, i;

	begin();
	while ((line = strsep(&rest, "\n"))) {
		struct tier_pool_record conf = pool.conf;
		struct tier_lun_record was[2] = { luns[0].rec, luns[1].rec };
		char **exact;

		n = input_words(line, words, ARRAY_SIZE(words));
		exact = malloc(n * sizeof(*exact) + 1);
		memcpy(exact, words, n * sizeof(*exact));
		if (tier_command_message(&pool, n, exact)) {
			MUST(!memcmp(&conf, &pool.conf, sizeof(conf)));
			for (i = 0; i < ARRAY_SIZE(luns); i++)
				MUST(!memcmp(&was[i], &luns[i].rec, sizeof(was[i])));
		}
		free(exact);
	}
	free(text);
	return 0;
}
