// SPDX-License-Identifier: GPL-2.0-only
/* tierctl pool: maps of whole pools, and what the kernel says of them. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tierctl.h"
#include "tierctl-meta.h"

#define EXTENT_MIN	(64ULL << 10)
#define EXTENT_MAX	(1ULL << 30)
#define EXTENT_DEFAULT	(1ULL << 20)

#define NO_POOL		"no pool is active; `tierctl pool create` makes or starts one\n"

/* @dev is a number here: a path in an old table may name another disk by now */
static int add_sectors(char **dev, void *arg)
{
	uint64_t size, *sectors = arg;
	int code = dev_sectors(*dev, &size);

	if (!code)
		*sectors += size;
	return code;
}

static bool parse_extent(const char *text, uint64_t *sectors)
{
	uint64_t bytes;

	if (!text_size(text, &bytes) || bytes < EXTENT_MIN || bytes > EXTENT_MAX ||
	    bytes & (bytes - 1))
		return false;
	*sectors = bytes >> 9;
	return true;
}

enum { OPT_META = 256, OPT_MIRROR, OPT_EXTENT, OPT_TIER, OPT_RO, OPT_ERROR, OPT_SKIP, OPT_NOPASS };

static const struct option create_options[] = {
	{ "meta", required_argument, NULL, OPT_META },
	{ "mirror", required_argument, NULL, OPT_MIRROR },
	{ "extent", required_argument, NULL, OPT_EXTENT },
	{ "tier", required_argument, NULL, OPT_TIER },
	{ "read-only", no_argument, NULL, OPT_RO },
	{ "error-if-no-space", no_argument, NULL, OPT_ERROR },
	{ "skip-zeroing", no_argument, NULL, OPT_SKIP },
	{ "no-discard-passdown", no_argument, NULL, OPT_NOPASS },
	{ 0 }
};

/* a second --meta replaces the first */
static bool keep(char **to, const char *text)
{
	free(*to);
	*to = strdup(text);
	return *to;
}

static int create_option(struct ctl *c, struct pool_words *w, int option)
{
	const char *why;

	switch (option) {
	case OPT_META:
		return keep(&w->meta, optarg) ? CTL_OK : CTL_FAILED;
	case OPT_MIRROR:
		return keep(&w->mirror, optarg) ? CTL_OK : CTL_FAILED;
	case OPT_EXTENT:
		if (parse_extent(optarg, &w->extent_sectors))
			return CTL_OK;
		return ctl_fail(CTL_USAGE, 0, "a power of two from 64K to 1G is one",
				"'%s' is no extent size", optarg);
	case OPT_TIER:
		if (words_add_tier(w, optarg, &why))
			return CTL_OK;
		return ctl_fail(CTL_USAGE, 0, NULL, "--tier %s: %s", optarg, why);
	case OPT_RO:
		w->read_only = true;
		return CTL_OK;
	case OPT_ERROR:
		w->error_if_no_space = true;
		return CTL_OK;
	case OPT_SKIP:
		w->skip_zeroing = true;
		return CTL_OK;
	case OPT_NOPASS:
		w->no_discard_passdown = true;
		return CTL_OK;
	default:
		return ctl_usage(c);
	}
}

static int create_args(struct ctl *c, struct pool_words *w, int argc, char **argv)
{
	int option, code = CTL_OK;

	while (!code && (option = ctl_getopt(argc, argv, "", create_options, NULL)) != -1)
		code = create_option(c, w, option);
	if (!code && (optind != argc - 1 || !w->meta || !w->nr_tiers))
		code = ctl_usage(c);
	return code;
}

/* -- what the metadata device says before the kernel is asked -- */

static int wrong_extent(const struct pool_words *w, const struct meta_look *look)
{
	char said[32], is[32];

	return ctl_fail(CTL_FAILED, 0, "--extent may be left out", "the pool on %s has extents of %s, not %s",
			w->meta, text_bytes(is, look->extent_sectors << 9),
			text_bytes(said, w->extent_sectors << 9));
}

static int no_pool_there(const struct pool_words *w, bool foreign)
{
	return ctl_fail(CTL_ABSENT, 0, foreign ? "`wipefs` (without options) lists what it holds" :
			"`tierctl pool create` makes one", "%s holds no pool", w->meta);
}

static void tell_order(const struct pool_words *w, const struct meta_look *look)
{
	const char *names[WORDS_MAX_TIERS], *faster, *slower;
	unsigned int i;

	for (i = 0; i < w->nr_tiers; i++)
		names[i] = w->tier[i].name;
	if (!meta_order(look, names, w->nr_tiers, &faster, &slower))
		fprintf(stderr, "note: tier '%s' is named before '%s' now, which is to say faster; "
			"the pool got them the other way round\n", faster, slower);
}

/*
 * A pool that is there knows its extent size. Whether it can be started is the
 * kernel's to say, also where its metadata begins badly.
 */
static int look_first(struct pool_words *w, bool start, bool *there)
{
	struct meta_look look, mirror = { 0 };
	int err = meta_look(w->meta, &look);

	if (err == -ENOENT || err == -EACCES)
		return ctl_fail(ctl_code(err), err, "a block device is wanted", "%s", w->meta);
	if (!look.pool && w->mirror && !meta_look(w->mirror, &mirror) && mirror.pool)
		look = mirror;
	*there = look.pool || look.ours;
	if (start && !err && !*there && !mirror.ours)
		return no_pool_there(w, !look.blank);
	if (look.pool && !w->extent_sectors)
		w->extent_sectors = look.extent_sectors;
	if (!w->extent_sectors)
		w->extent_sectors = EXTENT_DEFAULT >> 9;
	if (!look.pool)
		return CTL_OK;
	if (w->extent_sectors != look.extent_sectors)
		return wrong_extent(w, &look);
	tell_order(w, &look);
	return CTL_OK;
}

/* -- what is missing once it runs -- */

static int tell_missing(const struct dmtier_dev *dev, void *arg)
{
	char uuid[37];
	bool *any = arg;

	if (strcmp(dev->state, "missing"))
		return 0;
	dmtier_uuid_text(dev->uuid, uuid);
	fprintf(stderr, "note: member #%u of tier '%s' is missing (uuid %s, %llu extents used); "
		"I/O to them fails\n", dev->index, dev->tier, uuid,
		(unsigned long long)dev->used);
	*any = true;
	return 0;
}

static void tell_started(struct ctl *c, const char *name, const struct pool_words *w)
{
	bool any = false;

	if (!w->mirror)
		fputs("note: one copy of the metadata is in use; if the pool has a mirror, start it "
		      "with --mirror\n", stderr);
	if (!dmtier_devs(c->h, name, tell_missing, &any) && any)
		fprintf(stderr, "note: `tierctl pool stop %s` and a start with all of its devices "
			"brings them back\n", name);
}

/* loads @w as map @name, new or in place of its table */
static int load_words(struct pool_words *w, const char *name, bool reload)
{
	uint64_t sectors = 0;
	char *params;
	int code;

	code = words_each_dev(w, dev_to_number, NULL);
	if (!code)
		code = dev_to_number(&w->meta, NULL);
	if (!code && w->mirror)
		code = dev_to_number(&w->mirror, NULL);
	if (!code)
		code = words_each_dev(w, add_sectors, &sectors);
	if (code)
		return code;
	params = words_params(w);
	if (!params)
		return ctl_fail(CTL_FAILED, -ENOMEM, NULL, "pool '%s'", name);
	if (reload)
		code = dm_reload_map(name, "tier-pool", sectors, params);
	else
		code = dm_create_map(name, "tier-pool", sectors, params);
	free(params);
	return code;
}

static int load_new(struct pool_words *w, const char *name)
{
	struct dm_map map;

	if (!dm_find(name, &map))
		return load_words(w, name, false);
	dm_map_free(&map);
	return ctl_fail(CTL_FAILED, 0, "`tierctl pool add` adds devices to a pool",
			"there is a map '%s' already", name);
}

/* @start: the pool must be there; else it is made if it is not */
static int make(struct ctl *c, int argc, char **argv, bool start)
{
	struct pool_words w = { 0 };
	int code = create_args(c, &w, argc, argv);
	const char *name = argv[optind];
	bool there = false;

	if (!code && dm_denied())
		code = ctl_fail(CTL_DENIED, 0, "this needs root", "cannot make map '%s'", name);
	if (!code) {
		load_module("dm-tier", "/sys/module/dm_tier");
		code = ctl_open(c);
	}
	if (!code)
		code = look_first(&w, start, &there);
	if (!code) {
		dm_begin();
		code = load_new(&w, name);
		dm_end();
	}
	if (!code && there)
		tell_started(c, name, &w);
	words_free(&w);
	return code;
}

static int create(struct ctl *c, int argc, char **argv)
{
	return make(c, argc, argv, false);
}

static int start(struct ctl *c, int argc, char **argv)
{
	return make(c, argc, argv, true);
}

/* @map and the words of its table; both are the caller's to free after CTL_OK */
static int find_pool(const char *name, struct dm_map *map, struct pool_words *w)
{
	const char *why;
	int code;

	if (!dm_find(name, map))
		return dm_denied() ?
			ctl_fail(CTL_DENIED, 0, "this needs root", "map '%s' cannot be read", name) :
			ctl_fail(CTL_ABSENT, 0, "`tierctl pool list` shows the pools",
				 "no pool '%s'", name);
	if (strcmp(map->target, "tier-pool"))
		code = ctl_fail(CTL_ABSENT, 0, "`tierctl pool list` shows the pools",
				"map '%s' is no pool", name);
	else if (!words_parse(w, map->params, &why))
		code = ctl_fail(CTL_FAILED, 0, NULL, "table of '%s': %s", name, why);
	else
		return CTL_OK;
	dm_map_free(map);
	return code;
}

/* replaces every device that is a path by its number, so that names compare */
static int add_tiers(struct ctl *c, struct pool_words *w, int argc, char **argv)
{
	struct pool_words extra = { 0 };
	unsigned int i, k;
	const char *why;
	char *spec;
	int option, code = CTL_OK;

	while (!code && (option = ctl_getopt(argc, argv, "", create_options, NULL)) != -1)
		code = option == OPT_TIER ? create_option(c, &extra, option) : ctl_usage(c);
	if (!code && (optind != argc - 1 || !extra.nr_tiers))
		code = ctl_usage(c);
	if (!code)
		code = words_each_dev(&extra, dev_to_number, NULL);
	for (i = 0; !code && i < extra.nr_tiers; i++)
		for (k = 0; !code && k < extra.tier[i].nr_devs; k++) {
			if (asprintf(&spec, "%s:%s", extra.tier[i].name, extra.tier[i].dev[k]) < 0)
				return CTL_FAILED;
			if (!words_add_tier(w, spec, &why))
				code = ctl_fail(CTL_USAGE, 0, NULL, "--tier %s: %s", spec, why);
			free(spec);
		}
	words_free(&extra);
	return code;
}

/* getopt puts the name last only once it has seen all: the first word that is none */
static const char *name_of(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--tier"))
			i++;
		else if (argv[i][0] != '-')
			return argv[i];
	}
	return NULL;
}

static int add(struct ctl *c, int argc, char **argv)
{
	const char *name = name_of(argc, argv);
	struct pool_words w = { 0 };
	struct dm_map map;
	int code;

	if (!name)
		return ctl_usage(c);
	dm_begin();
	code = find_pool(name, &map, &w);
	if (!code) {
		code = add_tiers(c, &w, argc, argv);
		if (!code)
			code = load_words(&w, name, true);
		dm_map_free(&map);
		words_free(&w);
	}
	dm_end();
	return code;
}

static int drop_dev(struct ctl *c, int argc, char **argv)
{
	char number[DMTIER_DEV_LEN];
	struct pool_words w = { 0 };
	struct dm_map map;
	int code, err;

	(void)c;
	(void)argc;
	err = dmtier_dev_resolve(argv[2], number, sizeof(number));
	if (err)
		return ctl_fail(ctl_code(err), err, "major:minor will do too", "%s", argv[2]);
	dm_begin();
	code = find_pool(argv[1], &map, &w);
	if (!code) {
		if (words_drop_dev(&w, number))
			code = load_words(&w, argv[1], true);
		else
			code = ctl_fail(CTL_ABSENT, 0, "`tierctl dev list` shows its devices",
					"%s is not in pool '%s'", argv[2], argv[1]);
		dm_map_free(&map);
		words_free(&w);
	}
	dm_end();
	return code;
}

struct names {
	char (*name)[DMTIER_POOL_LEN];
	size_t nr;
	bool busy;
};

static int keep_name(const struct dm_map *map, uint32_t lun, void *arg)
{
	struct names *n = arg;
	void *bigger = reallocarray(n->name, n->nr + 1, sizeof(*n->name));

	if (!bigger)
		return ctl_fail(CTL_FAILED, -ENOMEM, NULL, "%s", map->name);
	n->name = bigger;
	strcpy(n->name[n->nr++], map->name);
	if (map->open_count) {
		ctl_fail(CTL_FAILED, 0, "unmount it or stop what uses it",
			 "LUN %u (/dev/mapper/%s) is in use", lun, map->name);
		n->busy = true;
	}
	return 0;
}

/* nothing is taken down before it is known that all of it can be */
static int stop_pool(const char *name, const struct dm_map *map)
{
	struct names luns = { 0 };
	int code = dm_each_lun_map(map->dev, DMTIER_ANY_LUN, keep_name, &luns);
	size_t i;

	if (!code && luns.busy)
		code = CTL_FAILED;
	for (i = 0; !code && i < luns.nr; i++)
		code = dm_remove_map(luns.name[i]);
	if (!code)
		code = dm_remove_map(name);
	free(luns.name);
	return code;
}

static int stop(struct ctl *c, int argc, char **argv)
{
	struct pool_words w = { 0 };
	struct dm_map map;
	int code;

	(void)c;
	(void)argc;
	dm_begin();
	code = find_pool(argv[1], &map, &w);
	if (!code) {
		code = stop_pool(argv[1], &map);
		dm_map_free(&map);
		words_free(&w);
	}
	dm_end();
	return code;
}

struct sums {
	struct table *t;
	uint64_t total, used;
};

static int sum_tier(const struct dmtier_tier *tier, void *arg)
{
	struct sums *s = arg;

	s->total += tier->total;
	s->used += tier->used;
	return 0;
}

static void pool_cells(struct table *t, const struct dmtier_pool *p, const struct sums *s)
{
	uint64_t extent = p->extent_sectors << 9;
	char uuid[37];

	dmtier_uuid_text(p->uuid, uuid);
	table_row(t);
	cell_text(t, "name", "POOL", p->name);
	cell_text(t, "mode", "MODE", p->mode);
	cell_bytes(t, "size_bytes", "SIZE", s->total * extent);
	cell_bytes(t, "used_bytes", "USED", s->used * extent);
	cell_bytes(t, "extent_bytes", "EXTENT", extent);
	cell_as(t, "metadata_used_pages", "META", json_object_new_uint64(p->meta_used), "%.0f %%",
		p->meta_total ? 100.0 * p->meta_used / p->meta_total : 0);
	cell_number(t, "metadata_pages", NULL, p->meta_total);
	cell_number(t, "metadata_copies", "COPIES", p->meta_copies);
	cell_number(t, "moves_in_flight", "MOVING", p->moves_in_flight);
	cell_number(t, "moves_done", "MOVED", p->moves_done);
	cell_number(t, "moves_failed", "FAILED", p->moves_failed);
	cell_text(t, "uuid", NULL, uuid);
	cell_number(t, "generation", NULL, p->generation);
	cell_number(t, "ticks", NULL, p->tick);
	cell_number(t, "active_ms", NULL, p->active_ms);
}

struct listing {
	struct ctl *c;
	struct table *t;
	bool any;
};

static int list_pool(const struct dmtier_pool *p, void *arg)
{
	struct listing *l = arg;
	struct sums s = { 0 };
	int err = dmtier_tiers(l->c->h, p->name, sum_tier, &s);

	/* gone since: then it is not listed */
	if (err == -ENOENT || err == -ENODEV)
		return 0;
	if (!err)
		pool_cells(l->t, p, &s);
	return err;
}

static int list(struct ctl *c, int argc, char **argv)
{
	struct listing l = { .c = c };
	int err, code = ctl_open(c);

	(void)argc;
	(void)argv;
	if (code)
		return code;
	l.t = table_new();
	err = dmtier_pools(c->h, NULL, list_pool, &l);
	if (err) {
		json_object_put(table_take(l.t));
		return ctl_kernel(c, err, "pool list");
	}
	if (!table_rows(l.t) && !c->json)
		fputs(NO_POOL, stderr);
	table_list(c, l.t);
	return CTL_OK;
}

static void setting_cells(struct table *t, const struct dmtier_pool *p)
{
	cell_as(t, "move_rate", "move_rate", json_object_new_uint64(p->move_rate),
		"%u MiB/s per device", p->move_rate);
	cell_as(t, "headroom", "headroom", json_object_new_uint64(p->headroom), "%u %%",
		p->headroom);
	cell_as(t, "tick", "tick", json_object_new_uint64(p->tick_ms), "%u ms", p->tick_ms);
	cell_flag(t, "moves", "moves", p->moves);
	cell_as(t, "no_space_timeout", "no_space_timeout",
		json_object_new_uint64(p->no_space_timeout), "%u s", p->no_space_timeout);
}

int pool_settings(struct ctl *c, const char *pool)
{
	struct dmtier_pool p;
	struct table *t;
	int err = dmtier_pool_get(c->h, pool, &p);

	if (err)
		return ctl_kernel(c, err, pool);
	t = table_new();
	table_row(t);
	cell_text(t, "pool", "pool", p.name);
	setting_cells(t, &p);
	table_one(c, t);
	return CTL_OK;
}

static void show_cells(struct table *t, const struct dmtier_pool *p, const struct sums *s)
{
	char uuid[37], buf[32];
	uint64_t extent = p->extent_sectors << 9;

	dmtier_uuid_text(p->uuid, uuid);
	table_row(t);
	cell_text(t, "name", "pool", p->name);
	cell_text(t, "uuid", "uuid", uuid);
	cell_text(t, "mode", "mode", p->mode);
	cell_number(t, "generation", "generation", p->generation);
	cell_bytes(t, "size_bytes", "size", s->total * extent);
	cell_bytes(t, "used_bytes", "used", s->used * extent);
	cell_bytes(t, "extent_bytes", "extent", extent);
	cell_as(t, "metadata_used_pages", "metadata pages", json_object_new_uint64(p->meta_used),
		"%llu of %llu", (unsigned long long)p->meta_used,
		(unsigned long long)p->meta_total);
	cell_number(t, "metadata_pages", NULL, p->meta_total);
	cell_number(t, "metadata_copies", "metadata copies", p->meta_copies);
	cell_number(t, "moves_in_flight", "moves in flight", p->moves_in_flight);
	cell_number(t, "moves_done", "moves done", p->moves_done);
	cell_number(t, "moves_failed", "moves failed", p->moves_failed);
	cell_number(t, "ticks", "ticks", p->tick);
	cell_as(t, "active_ms", "active for", json_object_new_uint64(p->active_ms), "%s",
		text_ms(buf, p->active_ms));
	setting_cells(t, p);
}

static int show_one(const struct dmtier_pool *p, void *arg)
{
	struct listing *l = arg;
	struct sums s = { 0 };
	struct table *t;
	int err = dmtier_tiers(l->c->h, p->name, sum_tier, &s);

	if (err)
		return err;
	l->any = true;
	if (l->t) {
		show_cells(l->t, p, &s);
		return 0;
	}
	t = table_new();
	show_cells(t, p, &s);
	table_one(l->c, t);
	return 0;
}

/* one pool: an object; all of them: an array, or one under the other */
static int show(struct ctl *c, int argc, char **argv)
{
	struct listing l = { .c = c };
	struct dmtier_pool pool;
	int err, code = ctl_open(c);

	if (code)
		return code;
	if (c->json && argc == 1)
		l.t = table_new();
	if (argc > 1)
		err = dmtier_pool_get(c->h, argv[1], &pool) ?: show_one(&pool, &l);
	else
		err = dmtier_pools(c->h, NULL, show_one, &l);
	if (!err && !l.any && !c->json)
		fputs(NO_POOL, stderr);
	if (l.t && !err)
		table_list(c, l.t);
	else if (l.t)
		json_object_put(table_take(l.t));
	return err ? ctl_kernel(c, err, "pool show") : CTL_OK;
}

/* a tag's device may be said by its path: the kernel knows it by number */
static int number_tag(const char *value, char *out, size_t len)
{
	char dev[DMTIER_TEXT_LEN], number[DMTIER_DEV_LEN];
	size_t end = strcspn(value, " ");
	int err;

	snprintf(dev, sizeof(dev), "%.*s", (int)end, value);
	err = dmtier_dev_resolve(dev, number, sizeof(number));
	if (err)
		return ctl_fail(ctl_code(err), err, NULL, "%s", dev);
	snprintf(out, len, "%s%s", number, value + end);
	return CTL_OK;
}

int set_pool_key(struct ctl *c, const char *pool, const char *key, const char *value)
{
	char tag[DMTIER_TEXT_LEN], word[DMTIER_TEXT_LEN];
	int err, code;

	key = text_key(word, sizeof(word), key);
	if (!strcmp(key, "tag")) {
		code = number_tag(value, tag, sizeof(tag));
		if (code)
			return code;
		value = tag;
	}
	err = dmtier_pool_set(c->h, pool, key, value);
	return err ? ctl_kernel(c, err, key) : CTL_OK;
}

static int set(struct ctl *c, int argc, char **argv)
{
	char tag[DMTIER_TEXT_LEN];
	int code;

	if (argc != (strcmp(argv[2], "tag") ? 4 : 5))
		return ctl_usage(c);
	code = ctl_open(c);
	if (code)
		return code;
	if (argc == 4)
		return set_pool_key(c, argv[1], argv[2], argv[3]);
	snprintf(tag, sizeof(tag), "%s %s", argv[3], argv[4]);
	return set_pool_key(c, argv[1], argv[2], tag);
}

uint64_t pool_extent_bytes(struct ctl *c, const char *pool)
{
	struct dmtier_pool p;

	return dmtier_pool_get(c->h, pool, &p) ? 0 : p.extent_sectors << 9;
}

#define CREATE_ARGS "NAME --meta DEV [--mirror DEV] [--extent SIZE] --tier NAME:DEV[,DEV...]...\n" \
	"      [--read-only] [--error-if-no-space] [--skip-zeroing] [--no-discard-passdown]"

const struct command pool_commands[] = {
	{ "pool", "create", CREATE_ARGS,
	  "make a pool, or start one that its metadata device holds; fastest tier first",
	  1, 1000, create },
	{ "pool", "start", CREATE_ARGS,
	  "start a pool that its metadata device holds, and tell what is missing", 1, 1000, start },
	{ "pool", "stop", "NAME", "take down its LUNs' maps and its own; data stays", 1, 1, stop },
	{ "pool", "add", "NAME --tier NAME:DEV[,DEV...]...",
	  "add devices to a tier, or tiers below the others", 1, 1000, add },
	{ "pool", "drop-dev", "NAME DEV", "leave a removed device out of the table", 2, 2,
	  drop_dev },
	{ "pool", "list", "", "one line per pool", 0, 0, list },
	{ "pool", "show", "[NAME]", "all of a pool's figures and settings", 0, 1, show },
	{ "pool", "set", "NAME KEY VALUE | NAME tag DEV WORD|none",
	  "move_rate, headroom, tick, moves, no_space_timeout, or a device's tag", 3, 4, set },
	{ 0 }
};
