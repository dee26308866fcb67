// SPDX-License-Identifier: GPL-2.0-only
/* tierctl lun: make, change, move and map LUNs. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "tierctl-listing.h"

static int bad_lun(const char *text)
{
	return ctl_fail(CTL_USAGE, 0, NULL, "'%s' is no LUN id (0 to 16777214)", text);
}

/* whole sectors, not zero */
static bool size_sectors(const char *text, uint64_t *sectors)
{
	uint64_t bytes;

	if (!text_size(text, &bytes) || !bytes || bytes & 511)
		return false;
	*sectors = bytes >> 9;
	return true;
}

static int bad_size(const char *text)
{
	return ctl_fail(CTL_USAGE, 0, "10G, 512M or a number of bytes in whole sectors is one",
			"'%s' is no size", text);
}

int set_lun_key(struct ctl *c, const char *pool, uint32_t lun, const char *key,
		const char *value)
{
	char word[DMTIER_TEXT_LEN];
	int err;

	key = text_key(word, sizeof(word), key);
	err = dmtier_lun_set(c->h, pool, lun, key, value);
	return err ? ctl_kernel(c, err, key) : CTL_OK;
}

static void print_path(struct ctl *c, const char *name)
{
	char path[DMTIER_POOL_LEN + 32];
	json_object *o;

	snprintf(path, sizeof(path), "/dev/mapper/%s", name);
	if (!c->json) {
		puts(path);
		return;
	}
	o = json_object_new_object();
	json_object_object_add(o, "path", json_object_new_string(path));
	json_print(o, true);
}

static int activate(struct ctl *c, const char *pool, uint32_t lun, const char *name)
{
	struct dmtier_lun l;
	struct dm_map map;
	char params[64], own[DMTIER_POOL_LEN + 16];
	int code, err = dmtier_lun_get(c->h, pool, lun, &l);

	if (err)
		return ctl_kernel(c, err, "lun activate");
	snprintf(own, sizeof(own), "%s-lun%u", pool, lun);
	name = name ? name : own;
	dm_begin();
	if (dm_find(pool, &map)) {
		snprintf(params, sizeof(params), "%s %u", map.dev, lun);
		dm_map_free(&map);
		code = dm_create_map(name, "tier", l.sectors, params);
	} else {
		code = ctl_fail(CTL_FAILED, 0, NULL, "the pool's map '%s' cannot be read", pool);
	}
	dm_end();
	if (!code)
		print_path(c, name);
	return code;
}

#define POLICY_OPTION(name)	{ name, required_argument, NULL, OPT_KEY }
enum { OPT_KEY = 256, OPT_ACTIVATE, OPT_NAME, OPT_YES, OPT_WAIT };

static const struct option create_options[] = {
	POLICY_OPTION("tiers"), POLICY_OPTION("start_tier"), POLICY_OPTION("pin"),
	POLICY_OPTION("up_iops"), POLICY_OPTION("down_iops"), POLICY_OPTION("hold"),
	POLICY_OPTION("reserve"), POLICY_OPTION("max"), POLICY_OPTION("weight"),
	POLICY_OPTION("move_rate"), POLICY_OPTION("verify"), POLICY_OPTION("tags"),
	POLICY_OPTION("auto"),
	{ "activate", no_argument, NULL, OPT_ACTIVATE },
	{ "name", required_argument, NULL, OPT_NAME },
	{ 0 }
};

struct creation {
	const char *name;
	bool activate;
	unsigned int nr_keys;
	struct { const char *key, *value; } key[64];
};

static bool creation_options(struct creation *o, int argc, char **argv)
{
	int option, index, i;

	/* --start-tier does for --start_tier */
	for (i = 1; i < argc; i++)
		if (!strncmp(argv[i], "--", 2))
			text_key(argv[i] + 2, strlen(argv[i]) - 1, argv[i] + 2);
	while ((option = ctl_getopt(argc, argv, "", create_options, &index)) != -1) {
		if (option == OPT_ACTIVATE) {
			o->activate = true;
		} else if (option == OPT_NAME) {
			o->name = optarg;
		} else if (option == OPT_KEY &&
			   o->nr_keys < sizeof(o->key) / sizeof(o->key[0])) {
			o->key[o->nr_keys].key = create_options[index].name;
			o->key[o->nr_keys++].value = optarg;
		} else {
			return false;
		}
	}
	return optind == argc - 3 && (!o->name || o->activate);
}

/* a LUN that did not get its policy must not come into use: it is taken back */
static int apply_policy(struct ctl *c, const struct creation *o, const char *pool, uint32_t lun)
{
	unsigned int i;
	int code = CTL_OK;

	for (i = 0; !code && i < o->nr_keys; i++)
		code = set_lun_key(c, pool, lun, o->key[i].key, o->key[i].value);
	if (code && dmtier_lun_delete(c->h, pool, lun))
		ctl_fail(code, 0, NULL, "LUN %u stays as it is: %s", lun, dmtier_error(c->h));
	return code;
}

static int create(struct ctl *c, int argc, char **argv)
{
	struct creation o = { 0 };
	const char *pool;
	uint64_t sectors;
	uint32_t lun;
	int err, code;

	if (!creation_options(&o, argc, argv))
		return ctl_usage(c);
	pool = argv[optind];
	if (!text_lun(argv[optind + 1], &lun))
		return bad_lun(argv[optind + 1]);
	if (!size_sectors(argv[optind + 2], &sectors))
		return bad_size(argv[optind + 2]);
	code = ctl_open(c);
	if (code)
		return code;
	err = dmtier_lun_create(c->h, pool, lun, sectors);
	if (err)
		return ctl_kernel(c, err, "lun create");
	code = apply_policy(c, &o, pool, lun);
	if (!code && o.activate)
		code = activate(c, pool, lun, o.name);
	return code;
}

static json_object *usage_json(const struct dmtier_lun *l, uint64_t extent)
{
	struct table *t = table_new();
	unsigned int i;

	for (i = 0; i < l->nr_usage; i++) {
		const struct dmtier_usage *u = &l->usage[i];

		table_row(t);
		cell_text(t, "tier", NULL, u->tier);
		cell_number(t, "extents", NULL, u->extents);
		if (extent)
			cell_number(t, "bytes", NULL, u->extents * extent);
		cell_number(t, "reserve_extents", NULL, u->reserve);
		cell_number(t, "max_extents", NULL, u->max);
	}
	return table_take(t);
}

/* "ssd 12 %, sata 88 %" */
static void shares(const struct dmtier_lun *l, char *text, size_t len)
{
	uint64_t sum = 0;
	size_t at = 0;
	unsigned int i;

	text[0] = 0;
	for (i = 0; i < l->nr_usage; i++)
		sum += l->usage[i].extents;
	for (i = 0; i < l->nr_usage && at < len; i++)
		if (l->usage[i].extents)
			at += snprintf(text + at, len - at, "%s%s %.0f %%", at ? ", " : "",
				       l->usage[i].tier, 100.0 * l->usage[i].extents / sum);
}

static void lun_cells(struct table *t, const struct dmtier_lun *l, uint64_t extent)
{
	char text[512];

	shares(l, text, sizeof(text));
	table_row(t);
	cell_text(t, "pool", "POOL", l->pool);
	cell_number(t, "lun", "LUN", l->id);
	cell_bytes(t, "size_bytes", "SIZE", l->sectors << 9);
	cell_bytes(t, "mapped_bytes", "MAPPED", l->mapped * extent);
	cell_number(t, "iops", "IOPS", l->iops);
	cell_text(t, "pin", "PIN", l->pin);
	cell_text(t, "moving_to", "MOVING TO", l->target);
	cell_as(t, "tiers", "TIERS", usage_json(l, extent), "%s", text);
}

static int list_lun(const struct dmtier_lun *l, void *arg)
{
	struct listing *s = arg;

	lun_cells(s->t, l, listing_extent(s, l->pool));
	return 0;
}

static int list(struct ctl *c, int argc, char **argv)
{
	const char *pool = argc > 1 ? argv[1] : NULL;
	struct listing s;
	int err, code = listing_begin(c, pool, "lun list", &s);

	if (code)
		return code;
	err = dmtier_luns(c->h, pool, DMTIER_ANY_LUN, list_lun, &s);
	if (!err && !table_rows(s.t) && !c->json)
		fputs("no LUN; `tierctl lun create` makes one\n", stderr);
	return listing_end(&s, err, "lun list");
}

static void policy_cells(struct table *t, const struct dmtier_lun *l)
{
	cell_text(t, "tiers", "tiers", l->allowed);
	cell_text(t, "start_tier", "start_tier", l->start_tier);
	cell_text(t, "pin", "pin", l->pin);
	cell_text(t, "home", "home", l->home);
	cell_text(t, "moving_to", "moving to", l->target);
	cell_number(t, "up_iops", "up_iops", l->up_iops);
	cell_number(t, "down_iops", "down_iops", l->down_iops);
	cell_as(t, "hold", "hold", json_object_new_uint64(l->hold), "%u s", l->hold);
	cell_flag(t, "auto", "auto", l->auto_move);
	cell_number(t, "weight", "weight", l->weight);
	if (l->move_rate)
		cell_as(t, "move_rate", "move_rate", json_object_new_uint64(l->move_rate),
			"%u MiB/s", l->move_rate);
	else
		cell_as(t, "move_rate", "move_rate", json_object_new_uint64(0),
			"the devices' limits");
	cell_flag(t, "verify", "verify", l->verify);
	cell_text(t, "tags", "tags", l->tags);
}

static void limit_rows(const struct dmtier_lun *l, uint64_t extent, struct table *t)
{
	char buf[32];
	unsigned int i;

	for (i = 0; i < l->nr_usage; i++) {
		const struct dmtier_usage *u = &l->usage[i];

		snprintf(buf, sizeof(buf), "%llu", (unsigned long long)u->max);
		table_row(t);
		cell_text(t, "tier", "TIER", u->tier);
		cell_number(t, "extents", "EXTENTS", u->extents);
		cell_bytes(t, "bytes", "HELD", u->extents * extent);
		cell_number(t, "reserve_extents", "RESERVE", u->reserve);
		cell_as(t, "max_extents", "MAX", json_object_new_uint64(u->max), "%s",
			u->max ? buf : "-");
	}
}

static void print_lun(struct ctl *c, const struct dmtier_lun *l, bool sizes)
{
	uint64_t extent = pool_extent_bytes(c, l->pool);
	struct table *t = table_new(), *limits = table_new();

	limit_rows(l, extent, limits);
	table_row(t);
	cell_text(t, "pool", "pool", l->pool);
	cell_number(t, "lun", "lun", l->id);
	if (sizes) {
		cell_bytes(t, "size_bytes", "size", l->sectors << 9);
		cell_bytes(t, "mapped_bytes", "mapped", l->mapped * extent);
		cell_number(t, "iops", "iops", l->iops);
	}
	policy_cells(t, l);
	if (c->json) {
		cell_json(t, "usage", table_take(limits));
		table_one(c, t);
		return;
	}
	table_one(c, t);
	putchar('\n');
	table_list(c, limits);
}

int lun_settings(struct ctl *c, const char *pool, uint32_t lun)
{
	struct dmtier_lun l;
	int err = dmtier_lun_get(c->h, pool, lun, &l);

	if (err)
		return ctl_kernel(c, err, "policy show");
	print_lun(c, &l, false);
	return CTL_OK;
}

/* what most commands begin with: @argv[1] a pool, @argv[2] a LUN, and a socket */
static int pool_and_lun(struct ctl *c, char **argv, uint32_t *lun)
{
	if (!text_lun(argv[2], lun))
		return bad_lun(argv[2]);
	return ctl_open(c);
}

static int show_lun(struct ctl *c, const char *pool, uint32_t lun)
{
	struct dmtier_lun l;
	int err = dmtier_lun_get(c->h, pool, lun, &l);

	if (err)
		return ctl_kernel(c, err, "lun show");
	print_lun(c, &l, true);
	return CTL_OK;
}

static int show(struct ctl *c, int argc, char **argv)
{
	uint32_t lun;
	int code = pool_and_lun(c, argv, &lun);

	(void)argc;
	return code ? code : show_lun(c, argv[1], lun);
}

static int activate_command(struct ctl *c, int argc, char **argv)
{
	static const struct option options[] = {
		{ "name", required_argument, NULL, OPT_NAME }, { 0 }
	};
	const char *name = NULL;
	uint32_t lun;
	int option, code;

	while ((option = ctl_getopt(argc, argv, "", options, NULL)) != -1) {
		if (option != OPT_NAME)
			return ctl_usage(c);
		name = optarg;
	}
	if (optind != argc - 2)
		return ctl_usage(c);
	code = pool_and_lun(c, argv + optind - 1, &lun);
	return code ? code : activate(c, argv[optind], lun, name);
}

struct names {
	char name[16][DMTIER_POOL_LEN];
	unsigned int nr;
};

static int keep_name(const struct dm_map *map, uint32_t lun, void *arg)
{
	struct names *n = arg;

	(void)lun;
	if (n->nr < 16)
		strcpy(n->name[n->nr++], map->name);
	return 0;
}

/* the LUN's maps, by whatever name */
static void maps_of(const char *pool, uint32_t lun, struct names *n)
{
	struct dm_map map;

	n->nr = 0;
	if (!dm_find(pool, &map))
		return;
	dm_each_lun_map(map.dev, lun, keep_name, n);
	dm_map_free(&map);
}

static int deactivate(struct ctl *c, int argc, char **argv)
{
	struct names n;
	uint32_t lun;
	unsigned int i;
	int code = CTL_OK;

	(void)argc;
	(void)c;
	if (!text_lun(argv[2], &lun))
		return bad_lun(argv[2]);
	if (dm_denied())
		return ctl_fail(CTL_DENIED, 0, "this needs root", "cannot look for maps");
	dm_begin();
	maps_of(argv[1], lun, &n);
	if (!n.nr)
		code = ctl_fail(CTL_ABSENT, 0, "`dmsetup ls --target tier` shows the maps",
				"LUN %u of pool '%s' has no map", lun, argv[1]);
	for (i = 0; !code && i < n.nr; i++)
		code = dm_remove_map(n.name[i]);
	dm_end();
	return code;
}

static int reload_maps(const char *pool, uint32_t lun, uint64_t sectors)
{
	char params[64];
	struct dm_map map;
	struct names n;
	unsigned int i;
	int code = CTL_OK;

	dm_begin();
	maps_of(pool, lun, &n);
	if (n.nr && dm_find(pool, &map)) {
		snprintf(params, sizeof(params), "%s %u", map.dev, lun);
		dm_map_free(&map);
		for (i = 0; !code && i < n.nr; i++)
			code = dm_reload_map(n.name[i], "tier", sectors, params);
	}
	dm_end();
	return code;
}

/* a map must never be larger than its LUN: shrink it first, grow it last */
static int resize_to(struct ctl *c, const char *pool, uint32_t lun, uint64_t now, uint64_t sectors)
{
	int err, code = CTL_OK;

	if (sectors < now)
		code = reload_maps(pool, lun, sectors);
	if (code)
		return code;
	err = dmtier_lun_resize(c->h, pool, lun, sectors);
	if (err) {
		code = ctl_kernel(c, err, "lun resize");
		if (sectors < now)
			reload_maps(pool, lun, now);
		return code;
	}
	return sectors > now ? reload_maps(pool, lun, sectors) : CTL_OK;
}

/* takes --yes or --wait, whichever @want is, out of the way */
static int one_flag(struct ctl *c, int argc, char **argv, int want, int words, bool *flag)
{
	static const struct option options[] = {
		{ "yes", no_argument, NULL, OPT_YES },
		{ "wait", no_argument, NULL, OPT_WAIT },
		{ 0 }
	};
	int option;

	while ((option = ctl_getopt(argc, argv, "", options, NULL)) != -1) {
		if (option != want)
			return ctl_usage(c);
		*flag = true;
	}
	return optind == argc - words ? CTL_OK : ctl_usage(c);
}

static int resize(struct ctl *c, int argc, char **argv)
{
	bool yes = false;
	struct dmtier_lun l;
	uint64_t sectors;
	uint32_t lun;
	char **word;
	int err, code = one_flag(c, argc, argv, OPT_YES, 3, &yes);

	if (code)
		return code;
	word = argv + optind - 1;
	if (!size_sectors(word[3], &sectors))
		return bad_size(word[3]);
	code = pool_and_lun(c, word, &lun);
	if (code)
		return code;
	err = dmtier_lun_get(c->h, word[1], lun, &l);
	if (err)
		return ctl_kernel(c, err, "lun resize");
	if (sectors < l.sectors &&
	    !ctl_confirm(yes, "shrinking a LUN discards what lies beyond its new end"))
		return CTL_USAGE;
	return resize_to(c, word[1], lun, l.sectors, sectors);
}

static int delete(struct ctl *c, int argc, char **argv)
{
	char question[DMTIER_POOL_LEN + 64];
	bool yes = false;
	uint32_t lun;
	char **word;
	int err, code = one_flag(c, argc, argv, OPT_YES, 2, &yes);

	if (code)
		return code;
	word = argv + optind - 1;
	code = pool_and_lun(c, word, &lun);
	if (code)
		return code;
	snprintf(question, sizeof(question), "LUN %u of pool '%s' and all its data go", lun,
		 word[1]);
	if (!ctl_confirm(yes, question))
		return CTL_USAGE;
	err = dmtier_lun_delete(c->h, word[1], lun);
	if (err == -EBUSY)
		return ctl_fail(CTL_FAILED, 0, "`tierctl lun deactivate` takes its map away",
				"lun delete: %s", dmtier_error(c->h));
	return err ? ctl_kernel(c, err, "lun delete") : CTL_OK;
}

static int set(struct ctl *c, int argc, char **argv)
{
	uint32_t lun;
	int code = pool_and_lun(c, argv, &lun);

	(void)argc;
	return code ? code : set_lun_key(c, argv[1], lun, argv[3], argv[4]);
}

static uint64_t held_on(const struct dmtier_lun *l, const char *tier)
{
	unsigned int i;

	for (i = 0; i < l->nr_usage; i++)
		if (!strcmp(l->usage[i].tier, tier))
			return l->usage[i].extents;
	return 0;
}

struct migration {
	struct ctl *c;
	const char *pool, *tier;
	uint32_t id;
	struct dmtier_lun lun;
};

/* the kernel clears the target when it is done or gave up; the home tells which */
static int look_at_migration(struct progress *p, void *arg)
{
	struct migration *m = arg;
	int err = dmtier_lun_get(m->c->h, m->pool, m->id, &m->lun);

	if (err)
		return err;
	progress_show(p, held_on(&m->lun, m->tier), m->lun.mapped);
	return m->lun.target[0] && !strcmp(m->lun.target, m->tier);
}

static int watch_migration(struct ctl *c, const char *pool, uint32_t lun, const char *tier)
{
	struct migration m = { .c = c, .pool = pool, .tier = tier, .id = lun };
	int ret = progress_watch("moving", look_at_migration, &m);

	if (ret < 0)
		return ctl_kernel(c, ret, "lun migrate");
	if (ret)
		return ctl_fail(CTL_FAILED, 0, "the move goes on; `tierctl lun show` tells how far",
				"no longer waiting");
	if (strcmp(m.lun.home, tier))
		return ctl_fail(CTL_FAILED, 0, "`tierctl events` and the kernel log tell why",
				"LUN %u was not moved to '%s'", lun, tier);
	return CTL_OK;
}

static int migrate(struct ctl *c, int argc, char **argv)
{
	bool wait = false;
	uint32_t lun;
	char **word;
	int err, code = one_flag(c, argc, argv, OPT_WAIT, 3, &wait);

	if (code)
		return code;
	word = argv + optind - 1;
	code = pool_and_lun(c, word, &lun);
	if (code)
		return code;
	err = dmtier_lun_migrate(c->h, word[1], lun, word[3]);
	if (err)
		return ctl_kernel(c, err, "lun migrate");
	if (wait && strcmp(word[3], "none"))
		code = watch_migration(c, word[1], lun, word[3]);
	if (!code && c->json)
		code = show_lun(c, word[1], lun);
	return code;
}

const struct command lun_commands[] = {
	{ "lun", "create", "POOL ID SIZE [--KEY VALUE]... [--activate [--name MAP]]",
	  "make a LUN; KEY as in `lun set`", 3, 200, create },
	{ "lun", "list", "[POOL]", "one line per LUN", 0, 1, list },
	{ "lun", "show", "POOL ID", "a LUN's size, policy and place", 2, 2, show },
	{ "lun", "activate", "POOL ID [--name MAP]",
	  "make its block device, POOL-lunID unless named", 2, 4, activate_command },
	{ "lun", "deactivate", "POOL ID", "take its block device away; data stays", 2, 2,
	  deactivate },
	{ "lun", "resize", "POOL ID SIZE [--yes]", "grow or shrink it, and its map", 3, 4, resize },
	{ "lun", "delete", "POOL ID [--yes]", "give it up with all its data", 2, 3, delete },
	{ "lun", "set", "POOL ID KEY VALUE",
	  "tiers, start_tier, pin, up_iops, down_iops, hold, reserve, max, weight, move_rate,\n"
	  "      verify, tags, auto", 4, 4, set },
	{ "lun", "migrate", "POOL ID TIER|none [--wait]",
	  "move all of it to one tier; none: give that up", 3, 4, migrate },
	{ 0 }
};
