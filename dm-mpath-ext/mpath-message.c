// SPDX-License-Identifier: GPL-2.0-only
/*
 * "dmsetup message <map> 0 ...": words to commands.
 */
#include "mpath-command.h"
#include "mpath-target.h"

static int mpath_message_group(const char *word, u32 *group, struct tier_err *err)
{
	if (!mpath_number(word, 0, U32_MAX, group))
		return 0;
	return tier_fail(err, -EINVAL, "group must be a number, not '%.32s'", word);
}

static int mpath_do_fail_path(struct mpath_resource *resource, unsigned int argc, char **argv,
			      struct tier_err *err)
{
	return mpath_cmd_fail_path(resource, argv[1], err);
}

static int mpath_do_reinstate_path(struct mpath_resource *resource, unsigned int argc,
				   char **argv, struct tier_err *err)
{
	return mpath_cmd_reinstate_path(resource, argv[1], err);
}

static int mpath_do_switch_group(struct mpath_resource *resource, unsigned int argc, char **argv,
				 struct tier_err *err)
{
	u32 group;

	return mpath_message_group(argv[1], &group, err) ?:
	       mpath_cmd_switch_group(resource, group, err);
}

static int mpath_do_disable_group(struct mpath_resource *resource, unsigned int argc, char **argv,
				  struct tier_err *err)
{
	u32 group;

	return mpath_message_group(argv[1], &group, err) ?:
	       mpath_cmd_disable_group(resource, group, err);
}

static int mpath_do_enable_group(struct mpath_resource *resource, unsigned int argc, char **argv,
				 struct tier_err *err)
{
	u32 group;

	return mpath_message_group(argv[1], &group, err) ?:
	       mpath_cmd_enable_group(resource, group, err);
}

/* queue_if_no_path and fail_if_no_path are "set" without the word */
static int mpath_do_queue(struct mpath_resource *resource, unsigned int argc, char **argv,
			  struct tier_err *err)
{
	return mpath_cmd_set(resource, argc, argv, err);
}

static int mpath_do_set(struct mpath_resource *resource, unsigned int argc, char **argv,
			struct tier_err *err)
{
	return mpath_cmd_set(resource, argc - 1, argv + 1, err);
}

static const struct mpath_message {
	const char *name;
	unsigned int least;
	unsigned int most;
	int (*run)(struct mpath_resource *resource, unsigned int argc, char **argv,
		   struct tier_err *err);
} mpath_messages[] = {
	{ "fail_path", 2, 2, mpath_do_fail_path },
	{ "reinstate_path", 2, 2, mpath_do_reinstate_path },
	{ "switch_group", 2, 2, mpath_do_switch_group },
	{ "disable_group", 2, 2, mpath_do_disable_group },
	{ "enable_group", 2, 2, mpath_do_enable_group },
	{ "queue_if_no_path", 1, 1, mpath_do_queue },
	{ "fail_if_no_path", 1, 1, mpath_do_queue },
	{ "set", 2, 4, mpath_do_set },
};

static int mpath_message_run(struct mpath_resource *resource, unsigned int argc, char **argv,
			     struct tier_err *err)
{
	const struct mpath_message *m;

	for (m = mpath_messages; m < mpath_messages + ARRAY_SIZE(mpath_messages); m++) {
		if (strcmp(argv[0], m->name))
			continue;
		if (argc >= m->least && argc <= m->most)
			return m->run(resource, argc, argv, err);
		return tier_fail(err, -EINVAL, "%s takes %u to %u words, not %u", m->name,
				 m->least - 1, m->most - 1, argc - 1);
	}
	return tier_fail(err, -EINVAL, "unknown message '%.32s'", argv[0]);
}

int mpath_message(struct mpath_map *map, unsigned int argc, char **argv)
{
	struct tier_err err = { };
	int ret = mpath_message_run(map->resource, argc, argv, &err);

	if (ret)
		DMERR("%s: message: %s", mpath_name(map), err.text);
	return ret;
}
