// SPDX-License-Identifier: GPL-2.0-only
/* tierctl path create and its like: tables of mpath-ext made, changed and removed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tierctl-path.h"

/* options whose names are features; the value's words are parted by commas */
enum { OPT_FEATURE = 256, OPT_HANDLER, OPT_INITIAL, OPT_GROUP };

static const struct option create_options[] = {
	{ "queue-if-no-path", required_argument, NULL, OPT_FEATURE },
	{ "failback", required_argument, NULL, OPT_FEATURE },
	{ "probe-interval", required_argument, NULL, OPT_FEATURE },
	{ "hung-time", required_argument, NULL, OPT_FEATURE },
	{ "slow-path", required_argument, NULL, OPT_FEATURE },
	{ "hedge", required_argument, NULL, OPT_FEATURE },
	{ "elastic", required_argument, NULL, OPT_FEATURE },
	{ "handler", required_argument, NULL, OPT_HANDLER },
	{ "initial", required_argument, NULL, OPT_INITIAL },
	{ "group", required_argument, NULL, OPT_GROUP },
	{ 0 }
};

static int refuse(const char *option, const char *why)
{
	return ctl_fail(CTL_USAGE, 0, NULL, "--%s %s: %s", option, optarg, why);
}

static int create_option(struct ctl *c, struct path_words *w, int option, const char *name)
{
	char key[DMTIER_NAME_LEN];
	const char *why;

	switch (option) {
	case OPT_FEATURE:
		text_key(key, sizeof(key), name);
		/* the kernel knows this one by its absence alone */
		if (!strcmp(key, "queue_if_no_path") && !strcmp(optarg, "off"))
			return CTL_OK;
		return path_words_feature(w, key, optarg, &why) ? CTL_OK : refuse(name, why);
	case OPT_HANDLER:
		if (!*optarg || strlen(optarg) >= sizeof(w->handler) || strchr(optarg, ' '))
			return refuse(name, "one word is wanted, as alua");
		strcpy(w->handler, optarg);
		return CTL_OK;
	case OPT_INITIAL:
		if (text_number(optarg, PATH_WORDS_GROUPS, &w->initial) && w->initial)
			return CTL_OK;
		return refuse(name, "groups are numbered from 1");
	case OPT_GROUP:
		return path_words_group(w, optarg, &why) ? CTL_OK : refuse(name, why);
	default:
		return ctl_usage(c);
	}
}

static int create_args(struct ctl *c, struct path_words *w, int argc, char **argv)
{
	bool given[sizeof(create_options) / sizeof(create_options[0])] = { false };
	int option, index = 0, code = CTL_OK;

	while (!code && (option = ctl_getopt(argc, argv, "", create_options, &index)) != -1) {
		/* the kernel sees no more of an "off" that is left out */
		if (option == OPT_FEATURE && given[index])
			return refuse(create_options[index].name, "it is given twice");
		given[index] = true;
		code = create_option(c, w, option, create_options[index].name);
	}
	if (!code && (optind != argc - 1 || !w->nr_groups))
		code = ctl_usage(c);
	if (!code && w->initial > w->nr_groups)
		code = ctl_fail(CTL_USAGE, 0, NULL, "--initial: there are only %u groups",
				w->nr_groups);
	return code;
}

static int any_size(char **dev, void *arg)
{
	uint64_t *sectors = arg;

	*sectors = dev_size(*dev);
	return *sectors > 0;
}

static int no_size(char **dev, void *arg)
{
	return dev_sectors(*dev, arg);
}

/*
 * All paths have one size; the kernel sees to that. Of a map that is there some may
 * have gone, or all.
 */
static int find_size(struct path_words *w, const struct dm_map *old, uint64_t *sectors)
{
	if (path_words_each(w, any_size, sectors))
		return CTL_OK;
	*sectors = old ? old->sectors : 0;
	return *sectors ? CTL_OK : path_words_each(w, no_size, sectors);
}

/* loads @w as map @name, new or in place of the table of @old */
static int load_words(struct path_words *w, const char *name, const struct dm_map *old)
{
	uint64_t sectors = 0;
	char *params;
	int code;

	code = path_words_each(w, dev_to_number, NULL);
	if (!code)
		code = find_size(w, old, &sectors);
	if (code)
		return code;
	params = path_words_params(w);
	if (!params)
		return ctl_fail(CTL_FAILED, -ENOMEM, NULL, "map '%s'", name);
	if (old)
		code = dm_reload_map(name, "mpath-ext", sectors, params);
	else
		code = dm_create_map(name, "mpath-ext", sectors, params);
	free(params);
	return code;
}

static int needs_root(const char *name)
{
	return dm_denied() ? ctl_fail(CTL_DENIED, 0, "this needs root", "map '%s'", name) : CTL_OK;
}

/* @map is the caller's to free after CTL_OK */
static int find_map(const char *name, struct dm_map *map)
{
	int code = needs_root(name);

	if (code)
		return code;
	if (!dm_find(name, map))
		return ctl_fail(CTL_ABSENT, 0, "`tierctl path maps` shows the maps",
				"no map '%s'", name);
	if (!strcmp(map->target, "mpath-ext"))
		return CTL_OK;
	dm_map_free(map);
	return ctl_fail(CTL_ABSENT, 0, "`tierctl path maps` shows the maps",
			"map '%s' is no mpath-ext map", name);
}

static int create_new(struct path_words *w, const char *name)
{
	struct dm_map map;

	if (!dm_find(name, &map))
		return load_words(w, name, NULL);
	dm_map_free(&map);
	return ctl_fail(CTL_FAILED, 0, "`tierctl path reload` changes its table",
			"there is a map '%s' already", name);
}

static int replace(struct path_words *w, const char *name)
{
	struct dm_map map;
	int code = find_map(name, &map);

	if (code)
		return code;
	code = load_words(w, name, &map);
	dm_map_free(&map);
	return code;
}

/* create and reload differ in whether the map is there */
static int make(struct ctl *c, int argc, char **argv,
		int (*load)(struct path_words *w, const char *name))
{
	struct path_words *w = calloc(1, sizeof(*w));
	const char *name;
	int code;

	if (!w)
		return ctl_fail(CTL_FAILED, -ENOMEM, NULL, "path %s", c->command->verb);
	w->initial = 1;
	code = create_args(c, w, argc, argv);
	name = path_map_name(argv[optind]);
	if (!code)
		code = needs_root(name);
	if (!code) {
		load_module("dm-mpath-ext", "/sys/module/dm_mpath_ext");
		dm_begin();
		code = load(w, name);
		dm_end();
	}
	path_words_free(w);
	free(w);
	return code;
}

static int create(struct ctl *c, int argc, char **argv)
{
	return make(c, argc, argv, create_new);
}

static int reload(struct ctl *c, int argc, char **argv)
{
	return make(c, argc, argv, replace);
}

/* the table that is there, changed by @edit and loaded in its own place */
static int change(const char *name, int (*edit)(struct path_words *w, char **argv), char **argv)
{
	struct path_words *w = calloc(1, sizeof(*w));
	const char *why;
	struct dm_map map;
	int code;

	if (!w)
		return ctl_fail(CTL_FAILED, -ENOMEM, NULL, "map '%s'", name);
	dm_begin();
	code = find_map(name, &map);
	if (!code) {
		if (path_words_parse(w, map.params, &why))
			code = edit(w, argv);
		else
			code = ctl_fail(CTL_FAILED, 0, NULL, "table of '%s': %s", name, why);
		if (!code)
			code = load_words(w, name, &map);
		dm_map_free(&map);
	}
	dm_end();
	path_words_free(w);
	free(w);
	return code;
}

/* DEV[,KEY=VALUE...]: the device by number, as the table has it */
static int numbered(const char *spec, char *out, size_t len)
{
	char dev[DMTIER_TEXT_LEN], number[DMTIER_DEV_LEN];
	size_t end = strcspn(spec, ",");
	int err;

	if (end >= sizeof(dev))
		return ctl_fail(CTL_USAGE, 0, NULL, "the device's name is too long");
	snprintf(dev, sizeof(dev), "%.*s", (int)end, spec);
	err = dmtier_dev_resolve(dev, number, sizeof(number));
	if (err)
		return ctl_fail(ctl_code(err), err, "a block device is wanted", "%s", dev);
	reason_call(number, dev);
	if ((size_t)snprintf(out, len, "%s%s", number, spec + end) >= len)
		return ctl_fail(CTL_USAGE, 0, NULL, "what follows %s is too long", dev);
	return CTL_OK;
}

static int edit_add(struct path_words *w, char **argv)
{
	char spec[DMTIER_TEXT_LEN];
	const char *why;
	uint64_t g;
	int code;

	if (!text_number(argv[2], PATH_WORDS_GROUPS, &g) || !g)
		return ctl_fail(CTL_USAGE, 0, "groups are numbered from 1", "'%s' is no group",
				argv[2]);
	if (g > w->nr_groups)
		return ctl_fail(CTL_ABSENT, 0, "`tierctl path reload` makes more of them",
				"there are only %u groups", w->nr_groups);
	code = numbered(argv[3], spec, sizeof(spec));
	if (!code && !path_words_add(w, g, spec, &why))
		code = ctl_fail(CTL_USAGE, 0, NULL, "%s: %s", argv[3], why);
	return code;
}

static int add(struct ctl *c, int argc, char **argv)
{
	(void)c;
	(void)argc;
	return change(path_map_name(argv[1]), edit_add, argv);
}

static int drop_one(struct path_words *w, const char *map, const char *dev)
{
	char number[DMTIER_DEV_LEN];
	int err = dmtier_dev_resolve(dev, number, sizeof(number));

	if (err)
		return ctl_fail(ctl_code(err), err, "major:minor will do too", "%s", dev);
	if (!path_words_drop(w, number))
		return ctl_fail(CTL_ABSENT, 0, "`tierctl path list` shows the paths",
				"%s is no path of map '%s'", dev, map);
	return CTL_OK;
}

/* all in one table: while one that has vanished is in it, the kernel takes none */
static int edit_drop(struct path_words *w, char **argv)
{
	int code = CTL_OK;
	char **dev;

	for (dev = argv + 2; *dev && !code; dev++)
		code = drop_one(w, argv[1], *dev);
	return code;
}

static int drop(struct ctl *c, int argc, char **argv)
{
	(void)c;
	(void)argc;
	return change(path_map_name(argv[1]), edit_drop, argv);
}

static int remove_map(struct ctl *c, int argc, char **argv)
{
	const char *name = path_map_name(argv[1]);
	struct dm_map map;
	int code;

	(void)c;
	(void)argc;
	dm_begin();
	code = find_map(name, &map);
	if (!code) {
		if (map.open_count)
			code = ctl_fail(CTL_FAILED, 0, "unmount it or stop what uses it",
					"/dev/mapper/%s is in use", name);
		else
			code = dm_remove_map(name);
		dm_map_free(&map);
	}
	dm_end();
	return code;
}

#define CREATE_ARGS \
	"NAME --group SELECTOR:DEV[,KEY=VALUE...][,DEV...]...\n" \
	"      [--queue-if-no-path S|off] [--failback immediate|manual|S] [--probe-interval MS]\n" \
	"      [--hung-time MS] [--slow-path RATIO|off] [--hedge PERCENTILE,PERCENT|off]\n" \
	"      [--elastic HIGH,LOW|off] [--handler alua] [--initial N]"

const struct command path_table_commands[] = {
	{ "path", "create", CREATE_ARGS,
	  "make a map over several paths; groups in order of preference", 1, 1000, create },
	{ "path", "reload", CREATE_ARGS, "give a map a new table while I/O goes on", 1, 1000,
	  reload },
	{ "path", "add", "NAME N DEV[,KEY=VALUE...]", "one more path in group N", 3, 3, add },
	{ "path", "drop", "NAME DEV...", "leave paths out of the table, all of them at once", 2,
	  1 + PATH_WORDS_PATHS, drop },
	{ "path", "remove", "NAME", "remove a map", 1, 1, remove_map },
	{ 0 }
};
