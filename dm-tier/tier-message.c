// SPDX-License-Identifier: GPL-2.0-only
/*
 * "dmsetup message <pool> 0 ...": words to commands.
 */
#include <linux/slab.h>

#include "tier-pool.h"

static int tier_message_id(const char *word, u32 *id, struct tier_err *err)
{
	u64 number;

	if (tier_parse_number(word, 0, U32_MAX, &number))
		return tier_fail(err, -EINVAL, "'%.32s' is not a LUN id", word);
	*id = number;
	return 0;
}

static int tier_message_sectors(const char *word, u64 *sectors, struct tier_err *err)
{
	if (tier_parse_number(word, 0, U64_MAX, sectors))
		return tier_fail(err, -EINVAL, "'%.32s' is not a number of sectors", word);
	return 0;
}

static int tier_message_create(struct tier_pool *pool, char **argv, struct tier_err *err)
{
	u64 sectors;
	u32 id;

	return tier_message_id(argv[1], &id, err) ?:
	       tier_message_sectors(argv[2], &sectors, err) ?:
	       tier_cmd_create_lun(pool, id, sectors, err);
}

static int tier_message_delete(struct tier_pool *pool, char **argv, struct tier_err *err)
{
	u32 id;

	return tier_message_id(argv[1], &id, err) ?: tier_cmd_delete_lun(pool, id, err);
}

static int tier_message_resize(struct tier_pool *pool, char **argv, struct tier_err *err)
{
	u64 sectors;
	u32 id;

	return tier_message_id(argv[1], &id, err) ?:
	       tier_message_sectors(argv[2], &sectors, err) ?:
	       tier_cmd_resize_lun(pool, id, sectors, err);
}

static int tier_message_set_lun(struct tier_pool *pool, char **argv, struct tier_err *err)
{
	u32 id;

	return tier_message_id(argv[1], &id, err) ?:
	       tier_cmd_set_lun(pool, id, argv[2], argv[3], err);
}

static int tier_message_migrate(struct tier_pool *pool, char **argv, struct tier_err *err)
{
	u32 id;

	return tier_message_id(argv[1], &id, err) ?:
	       tier_cmd_migrate_lun(pool, id, argv[2], err);
}

static int tier_message_set(struct tier_pool *pool, char **argv, struct tier_err *err)
{
	if (!strcmp(argv[1], "tag"))
		return tier_fail(err, -EINVAL, "tag takes a device and a word");
	return tier_cmd_set_pool(pool, argv[1], argv[2], err);
}

static int tier_message_tag(struct tier_pool *pool, char **argv, struct tier_err *err)
{
	char *value;
	int ret;

	if (strcmp(argv[1], "tag"))
		return tier_fail(err, -EINVAL, "%.32s takes one value", argv[1]);
	value = kasprintf(GFP_KERNEL, "%s %s", argv[2], argv[3]);
	if (!value)
		return tier_fail(err, -ENOMEM, "out of memory");
	ret = tier_cmd_set_pool(pool, "tag", value, err);
	kfree(value);
	return ret;
}

static int tier_message_evacuate(struct tier_pool *pool, char **argv, struct tier_err *err)
{
	return tier_cmd_evacuate(pool, argv[1], err);
}

static int tier_message_cancel(struct tier_pool *pool, char **argv, struct tier_err *err)
{
	return tier_cmd_cancel_evacuate(pool, argv[1], err);
}

static int tier_message_remove(struct tier_pool *pool, char **argv, struct tier_err *err)
{
	return tier_cmd_remove_dev(pool, argv[1], err);
}

static int tier_message_fail(struct tier_pool *pool, char **argv, struct tier_err *err)
{
	return tier_cmd_fail_dev(pool, argv[1], err);
}

static int tier_message_reinstate(struct tier_pool *pool, char **argv, struct tier_err *err)
{
	return tier_cmd_reinstate_dev(pool, argv[1], err);
}

static const struct tier_message {
	const char *name;
	unsigned int argc;	/* with the name */
	int (*fn)(struct tier_pool *pool, char **argv, struct tier_err *err);
} tier_messages[] = {
	{ "create_lun", 3, tier_message_create },
	{ "delete_lun", 2, tier_message_delete },
	{ "resize_lun", 3, tier_message_resize },
	{ "set_lun", 4, tier_message_set_lun },
	{ "migrate_lun", 3, tier_message_migrate },
	{ "set", 3, tier_message_set },
	{ "set", 4, tier_message_tag },
	{ "evacuate", 2, tier_message_evacuate },
	{ "cancel_evacuate", 2, tier_message_cancel },
	{ "remove_dev", 2, tier_message_remove },
	{ "fail_dev", 2, tier_message_fail },
	{ "reinstate_dev", 2, tier_message_reinstate },
};

int tier_command_message(struct tier_pool *pool, unsigned int argc, char **argv)
{
	struct tier_err err = { .text = "" };
	bool known = false;
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(tier_messages); i++) {
		if (!argc || strcmp(argv[0], tier_messages[i].name))
			continue;
		known = true;
		if (argc != tier_messages[i].argc)
			continue;
		ret = tier_messages[i].fn(pool, argv, &err);
		if (ret)
			DMERR("%s: message %s: %s", pool->name, argv[0], err.text);
		return ret;
	}
	if (known)
		DMERR("%s: message %s: wrong number of words", pool->name, argv[0]);
	else
		DMERR("%s: unknown message '%*pE'", pool->name,
		      argc ? (int)strnlen(argv[0], 32) : 0, argc ? argv[0] : "");
	return -EINVAL;
}
