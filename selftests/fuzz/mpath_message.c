// SPDX-License-Identifier: GPL-2.0-only
/* Messages to a map of mpath-ext, one a line. */
#include "input.h"
#include "kernel/kernel.h"

static struct mpath_conf conf;

static int on_path(const char *dev, struct tier_err *err)
{
	return *dev == '8' ? 0 : tier_fail(err, -ENODEV, "'%.64s' is not a path of this map", dev);
}

int mpath_cmd_fail_path(struct mpath_resource *resource, const char *dev, struct tier_err *err)
{
	(void)resource;
	return on_path(dev, err);
}

int mpath_cmd_reinstate_path(struct mpath_resource *resource, const char *dev,
			     struct tier_err *err)
{
	(void)resource;
	return on_path(dev, err);
}

static int on_group(u32 group, struct tier_err *err)
{
	return group == 1 ? 0 : tier_fail(err, -ENOENT, "no group %u in this map", group);
}

int mpath_cmd_switch_group(struct mpath_resource *resource, u32 group, struct tier_err *err)
{
	(void)resource;
	return on_group(group, err);
}

int mpath_cmd_disable_group(struct mpath_resource *resource, u32 group, struct tier_err *err)
{
	(void)resource;
	return on_group(group, err);
}

int mpath_cmd_enable_group(struct mpath_resource *resource, u32 group, struct tier_err *err)
{
	(void)resource;
	return on_group(group, err);
}

int mpath_cmd_set(struct mpath_resource *resource, unsigned int argc, char **argv,
		  struct tier_err *err)
{
	struct mpath_tunables was = resource->conf->t;

	MUST(argc);
	if (!mpath_conf_set(resource->conf, argc, argv))
		return 0;
	MUST(!memcmp(&was, &resource->conf->t, sizeof(was)));
	return tier_fail(err, -EINVAL, "%s", resource->conf->error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *table[] = { "0", "0", "1", "1", "latency", "0", "1", "0", "8:0" };
	struct mpath_resource resource = { &conf };
	struct mpath_map map = { &resource };
	struct input in = { data, size };
	char *text = input_text(&in), *rest = text, *line, *words[16], **exact;
	unsigned int n;

	MUST(!mpath_conf_parse(&conf, ARRAY_SIZE(table), table));
	while ((line = strsep(&rest, "\n"))) {
		/* device-mapper sends no empty message */
		n = input_words(line, words, ARRAY_SIZE(words));
		if (!n)
			continue;
		exact = malloc(n * sizeof(*exact));
		memcpy(exact, words, n * sizeof(*exact));
		mpath_message(&map, n, exact);
		free(exact);
	}
	free(text);
	return 0;
}
