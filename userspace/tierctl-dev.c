// SPDX-License-Identifier: GPL-2.0-only
/* tierctl tier and dev: the classes of disks and the disks. */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "tierctl-listing.h"

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * part / whole : 0;
}

static int list_tier(const struct dmtier_tier *tier, void *arg)
{
	struct listing *l = arg;
	uint64_t extent = listing_extent(l, tier->pool);
	struct table *t = l->t;
	char buf[32];

	table_row(t);
	cell_text(t, "pool", "POOL", tier->pool);
	cell_number(t, "rank", "RANK", tier->rank);
	cell_text(t, "tier", "TIER", tier->name);
	cell_bytes(t, "size_bytes", "SIZE", tier->total * extent);
	cell_bytes(t, "used_bytes", "USED", tier->used * extent);
	cell_as(t, "used_percent", "USE", json_object_new_double(percent(tier->used, tier->total)),
		"%.0f %%", percent(tier->used, tier->total));
	cell_as(t, "latency_ns", "LATENCY", json_object_new_uint64(tier->latency_ns), "%s",
		text_ns(buf, tier->latency_ns));
	cell_number(t, "total_extents", NULL, tier->total);
	cell_number(t, "used_extents", NULL, tier->used);
	return 0;
}

static int list_dev(const struct dmtier_dev *dev, void *arg)
{
	struct listing *l = arg;
	uint64_t extent = listing_extent(l, dev->pool);
	struct table *t = l->t;
	char name[256], uuid[37], buf[32];

	dmtier_dev_name(dev->dev, name, sizeof(name));
	dmtier_uuid_text(dev->uuid, uuid);
	table_row(t);
	cell_text(t, "pool", "POOL", dev->pool);
	cell_number(t, "index", "INDEX", dev->index);
	cell_text(t, "path", "DEVICE", name);
	cell_text(t, "dev", "NUMBER", dev->dev);
	cell_text(t, "tier", "TIER", dev->tier);
	cell_text(t, "state", "STATE", dev->state);
	cell_bytes(t, "size_bytes", "SIZE", dev->total * extent);
	cell_bytes(t, "used_bytes", "USED", dev->used * extent);
	cell_as(t, "latency_ns", "LATENCY", json_object_new_uint64(dev->latency_ns), "%s",
		text_ns(buf, dev->latency_ns));
	cell_text(t, "tag", "TAG", dev->tag);
	cell_text(t, "uuid", NULL, uuid);
	cell_number(t, "total_extents", NULL, dev->total);
	cell_number(t, "used_extents", NULL, dev->used);
	cell_json(t, "evacuation_total", dev->has_evac ?
		  json_object_new_uint64(dev->evac_total) : NULL);
	cell_json(t, "evacuation_left", dev->has_evac ?
		  json_object_new_uint64(dev->evac_left) : NULL);
	return 0;
}

static int tiers(struct ctl *c, int argc, char **argv)
{
	const char *pool = argc > 1 ? argv[1] : NULL, *what = c->command->group;
	struct listing l;
	int code = listing_begin(c, pool, what, &l);

	return code ? code : listing_end(&l, dmtier_tiers(c->h, pool, list_tier, &l), what);
}

static int devs(struct ctl *c, int argc, char **argv)
{
	const char *pool = argc > 1 ? argv[1] : NULL, *what = c->command->group;
	struct listing l;
	int code = listing_begin(c, pool, what, &l);

	return code ? code : listing_end(&l, dmtier_devs(c->h, pool, list_dev, &l), what);
}

struct evacuation {
	struct ctl *c;
	const char *pool, *path;
	struct dmtier_dev dev;
};

/* until nothing is left, or the device is no longer being drained */
static int look_at_evacuation(struct progress *p, void *arg)
{
	struct evacuation *e = arg;
	const struct dmtier_dev *dev = &e->dev;
	int err = dmtier_dev_get(e->c->h, e->pool, e->path, &e->dev);

	if (err)
		return err;
	if (dev->has_evac && dev->evac_left <= dev->evac_total)
		progress_show(p, dev->evac_total - dev->evac_left, dev->evac_total);
	return !strcmp(dev->state, "draining");
}

static int watch_evacuation(struct ctl *c, const char *pool, const char *path)
{
	struct evacuation e = { .c = c, .pool = pool, .path = path };
	int ret = progress_watch("evacuating", look_at_evacuation, &e);

	if (ret < 0)
		return ctl_kernel(c, ret, "dev evacuate");
	if (ret)
		return ctl_fail(CTL_FAILED, 0, "it goes on; `tierctl dev list` tells how far, "
				"`tierctl dev cancel` ends it", "no longer waiting");
	if (strcmp(e.dev.state, "drained") && strcmp(e.dev.state, "removed"))
		return ctl_fail(CTL_FAILED, 0, "`tierctl events` and the kernel log tell why",
				"the evacuation ended early, %s is '%s'", path, e.dev.state);
	return CTL_OK;
}

static int print_dev(struct ctl *c, const char *pool, const char *path)
{
	struct listing l = { .c = c };
	struct dmtier_dev dev;
	int err = dmtier_dev_get(c->h, pool, path, &dev);

	if (err)
		return ctl_kernel(c, err, "dev evacuate");
	l.t = table_new();
	list_dev(&dev, &l);
	table_one(c, l.t);
	return CTL_OK;
}

static int evacuate(struct ctl *c, int argc, char **argv)
{
	static const struct option options[] = {
		{ "wait", no_argument, NULL, 'w' }, { 0 }
	};
	bool wait = false;
	int option, err, code;

	while ((option = ctl_getopt(argc, argv, "", options, NULL)) != -1) {
		if (option != 'w')
			return ctl_usage(c);
		wait = true;
	}
	if (optind != argc - 2)
		return ctl_usage(c);
	code = ctl_open(c);
	if (code)
		return code;
	err = dmtier_dev_evacuate(c->h, argv[optind], argv[optind + 1]);
	if (err == -ENOSPC)
		return ctl_fail(CTL_FAILED, 0, "`tierctl tier list` shows the room there is",
				"dev evacuate: %s", dmtier_error(c->h));
	if (err)
		return ctl_kernel(c, err, "dev evacuate");
	if (wait)
		code = watch_evacuation(c, argv[optind], argv[optind + 1]);
	if (!code && c->json)
		code = print_dev(c, argv[optind], argv[optind + 1]);
	return code;
}

static int change(struct ctl *c, char **argv,
		  int (*fn)(struct dmtier *h, const char *pool, const char *dev))
{
	int err, code = ctl_open(c);

	if (code)
		return code;
	err = fn(c->h, argv[1], argv[2]);
	return err ? ctl_kernel(c, err, c->command->verb) : CTL_OK;
}

static int cancel(struct ctl *c, int argc, char **argv)
{
	(void)argc;
	return change(c, argv, dmtier_dev_cancel);
}

static int remove_dev(struct ctl *c, int argc, char **argv)
{
	int code = change(c, argv, dmtier_dev_remove);

	(void)argc;
	if (!code && !c->json)
		fprintf(stderr, "`tierctl pool drop-dev %s %s` takes it out of the table\n",
			argv[1], argv[2]);
	return code;
}

static int fail(struct ctl *c, int argc, char **argv)
{
	(void)argc;
	return change(c, argv, dmtier_dev_fail);
}

static int reinstate(struct ctl *c, int argc, char **argv)
{
	(void)argc;
	return change(c, argv, dmtier_dev_reinstate);
}

const struct command dev_commands[] = {
	{ "tier", "list", "[POOL]", "one line per tier, fastest first", 0, 1, tiers },
	{ "dev", "list", "[POOL]", "one line per device", 0, 1, devs },
	{ "dev", "evacuate", "POOL DEV [--wait]", "move everything off a device", 2, 3, evacuate },
	{ "dev", "cancel", "POOL DEV", "end an evacuation; the device is used again", 2, 2,
	  cancel },
	{ "dev", "remove", "POOL DEV", "give up an evacuated device", 2, 2, remove_dev },
	{ "dev", "fail", "POOL DEV", "send no more I/O to a device", 2, 2, fail },
	{ "dev", "reinstate", "POOL DEV", "use a failed device again", 2, 2, reinstate },
	{ 0 }
};
