// SPDX-License-Identifier: GPL-2.0-only
/*
 * What tier_dump prints, read back. It may have been edited by hand: every figure is
 * checked, and what is not understood is an error, not left out.
 */
#include <ctype.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tier_file.h"
#include "tier_image.h"

/* where we are, and whether all is well so far */
struct parse {
	struct tier_image *image;
	const char *who;
	const char *path;
	char where[64];
	bool bad;
};

__attribute__((format(printf, 2, 3))) static void wrong(struct parse *p, const char *fmt, ...)
{
	va_list args;

	if (p->bad)
		return;
	p->bad = true;
	fprintf(stderr, "%s: %s: %s: ", p->who, p->path, p->where);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

static struct json_object *get(struct parse *p, struct json_object *o, const char *key,
			       enum json_type type)
{
	struct json_object *v = NULL;

	if (p->bad)
		return NULL;
	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, type)) {
		wrong(p, "\"%s\" is missing or no %s", key, json_type_to_name(type));
		return NULL;
	}
	return v;
}

static u64 value_of(struct json_object *v)
{
	return json_object_get_uint64(v);
}

static u64 number(struct parse *p, struct json_object *o, const char *key, u64 high)
{
	struct json_object *v = get(p, o, key, json_type_int);

	if (v && (json_object_get_int64(v) < 0 || value_of(v) > high))
		wrong(p, "\"%s\" is %s, not 0 to %llu", key, json_object_to_json_string(v), high);
	return v && !p->bad ? value_of(v) : 0;
}

static bool truth(struct parse *p, struct json_object *o, const char *key)
{
	struct json_object *v = get(p, o, key, json_type_boolean);

	return v && json_object_get_boolean(v);
}

static const char *text(struct parse *p, struct json_object *o, const char *key)
{
	struct json_object *v = get(p, o, key, json_type_string);

	return v ? json_object_get_string(v) : "";
}

static void word(struct parse *p, struct json_object *o, const char *key, char *to, size_t room)
{
	const char *from = text(p, o, key);

	if (strlen(from) >= room)
		wrong(p, "\"%s\" is longer than %zu", key, room - 1);
	else
		strcpy(to, from);
}

static void uuid(struct parse *p, struct json_object *o, u8 *to)
{
	const char *from = text(p, o, "uuid");
	unsigned int n = 0, byte;

	while (!p->bad && n < TIER_UUID_LEN) {
		from += *from == '-';
		if (!isxdigit(from[0]) || !isxdigit(from[1]) || sscanf(from, "%2x", &byte) != 1) {
			wrong(p, "\"uuid\" is none");
			return;
		}
		to[n++] = byte;
		from += 2;
	}
	if (*from)
		wrong(p, "\"uuid\" is too long");
}

/* the id of a tier's name, TIER_NONE for null */
static u8 tier_id(struct parse *p, struct json_object *v, const char *key)
{
	const struct tier_pool_record *pool = &p->image->pool;
	const char *name = v ? json_object_get_string(v) : NULL;
	u8 i;

	if (!v || p->bad)
		return TIER_NONE;
	for (i = 0; i < pool->nr_tiers; i++)
		if (!strcmp(name, pool->tiers[i]))
			return i;
	wrong(p, "\"%s\": the pool has no tier %s", key, name);
	return TIER_NONE;
}

static u8 tier(struct parse *p, struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	if (!json_object_object_get_ex(o, key, &v))
		wrong(p, "\"%s\" is missing", key);
	return tier_id(p, v, key);
}

/* each element of an array */
#define each(p, array, i, v) \
	for (i = 0; (array) && !(p)->bad && i < json_object_array_length(array) && \
	     (v = json_object_array_get_idx(array, i), true); i++)

static void parse_pool(struct parse *p, struct json_object *root)
{
	struct tier_pool_record *pool = &p->image->pool;
	struct json_object *o, *tiers, *v;
	struct tier_disk_pool disk;
	size_t i;

	strcpy(p->where, "pool");
	o = get(p, root, "pool", json_type_object);
	if (!o)
		return;
	pool->move_rate = number(p, o, "move_rate", U32_MAX);
	pool->headroom = number(p, o, "headroom", 100);
	pool->tick_ms = number(p, o, "tick_ms", U32_MAX);
	pool->moves = truth(p, o, "moves");
	pool->no_space_timeout = number(p, o, "no_space_timeout", U32_MAX);
	tiers = get(p, root, "tiers", json_type_array);
	each(p, tiers, i, v) {
		const char *name = json_object_get_string(v);

		if (i >= TIER_MAX_TIERS || !name || strlen(name) >= TIER_NAME_LEN) {
			wrong(p, "\"tiers\": %s", i >= TIER_MAX_TIERS ? "too many" : "a bad name");
			return;
		}
		strcpy(pool->tiers[pool->nr_tiers++], name);
	}
	if (p->bad)
		return;
	tier_pool_encode(&disk, pool);
	if (tier_pool_decode(&disk, pool))
		wrong(p, "these settings and tiers cannot be");
}

static void parse_super(struct parse *p, struct json_object *root)
{
	struct json_object *o;

	strcpy(p->where, "superblock");
	o = get(p, root, "superblock", json_type_object);
	if (!o)
		return;
	if (number(p, o, "version", U32_MAX) != TIER_FORMAT_VERSION)
		wrong(p, "another version of the format");
	uuid(p, o, p->image->uuid);
	p->image->generation = number(p, o, "generation", (1ULL << 62) - 1);
	p->image->extent_sectors = number(p, o, "extent_sectors", TIER_EXTENT_MAX);
	p->image->ticks = number(p, o, "ticks", ~0ULL);
	p->image->blocks = number(p, o, "blocks", 1ULL << 40);
	if (p->image->extent_sectors < TIER_EXTENT_MIN ||
	    p->image->extent_sectors & (p->image->extent_sectors - 1))
		wrong(p, "\"extent_sectors\" must be a power of two");
}

static void parse_heat(struct parse *p, struct json_object *o, struct tier_heat *heat)
{
	/* without --heat there is none */
	if (!json_object_object_get_ex(o, "read_fast", NULL))
		return;
	heat->read_fast = number(p, o, "read_fast", UINT16_MAX);
	heat->write_fast = number(p, o, "write_fast", UINT16_MAX);
	heat->read_slow = number(p, o, "read_slow", UINT16_MAX);
	heat->write_slow = number(p, o, "write_slow", UINT16_MAX);
	heat->epoch = number(p, o, "epoch", UINT16_MAX);
	heat->moved = number(p, o, "moved", UINT16_MAX);
	heat->credit = number(p, o, "credit", UINT16_MAX);
}

static void parse_run(struct parse *p, struct json_object *o, struct tier_image_member *m)
{
	u64 extent = number(p, o, "extent", U32_MAX), count = 1, i;
	u64 lun = number(p, o, "lun", TIER_LUN_ID_MAX);
	u64 logical = number(p, o, "logical", TIER_LOGICAL_MASK);

	if (json_object_object_get_ex(o, "count", NULL))
		count = number(p, o, "count", 1ULL << 32);
	if (p->bad)
		return;
	if (extent > m->rec.extents || count > m->rec.extents - extent ||
	    count > TIER_LOGICAL_MASK - logical + 1) {
		wrong(p, "extent %llu and %llu more do not fit", extent, count);
		return;
	}
	for (i = 0; i < count && !p->bad; i++) {
		if (m->owner[extent + i] != TIER_FREE)
			wrong(p, "extent %llu is given twice", extent + i);
		m->owner[extent + i] = TIER_OWNER(lun, logical + i);
	}
	if (count == 1 && !p->bad)
		parse_heat(p, o, &m->heat[extent]);
}

static void parse_member(struct parse *p, struct json_object *o)
{
	struct tier_member_record rec = { .state = TIER_MEMBER_NONE };
	struct tier_image_member *m;
	struct json_object *runs, *v;
	const char *state;
	u64 index;
	size_t i;

	index = number(p, o, "index", TIER_MAX_MEMBERS - 1);
	snprintf(p->where, sizeof(p->where), "member %llu", index);
	uuid(p, o, rec.uuid);
	state = text(p, o, "state");
	for (i = TIER_MEMBER_ACTIVE; i < TIER_STATES; i++)
		if (!strcmp(state, tier_state_names[i]))
			rec.state = i;
	if (rec.state == TIER_MEMBER_NONE)
		wrong(p, "\"state\" cannot be %s", state);
	rec.tier = tier(p, o, "tier");
	word(p, o, "tag", rec.tag, sizeof(rec.tag));
	rec.generation = number(p, o, "generation", (1ULL << 62) - 1);
	rec.extents = number(p, o, "total", 1ULL << 32);
	runs = get(p, o, "extents", json_type_array);
	if (p->bad)
		return;
	m = tier_image_add_member(p->image, index, &rec);
	if (!m)
		wrong(p, p->image->members[index] ? "is there twice" : "out of memory");
	each(p, runs, i, v)
		parse_run(p, v, m);
	/* nobody would look there again before the device is taken away */
	if (!p->bad && i && (rec.state == TIER_MEMBER_DRAINED || rec.state == TIER_MEMBER_REMOVED))
		wrong(p, "\"state\" cannot be %s: extents are on it", state);
}

static void parse_lun_tier(struct parse *p, struct json_object *o, struct tier_lun_record *lun)
{
	u8 t = tier(p, o, "tier");
	struct tier_usage *u;

	if (t == TIER_NONE)
		return;
	lun->reserve[t] = number(p, o, "reserve", TIER_LOGICAL_MASK);
	lun->max[t] = number(p, o, "max", TIER_LOGICAL_MASK);
	u = &lun->usage[t];
	u->read_ios = number(p, o, "read_ios", ~0ULL);
	u->write_ios = number(p, o, "write_ios", ~0ULL);
	u->read_sectors = number(p, o, "read_sectors", ~0ULL);
	u->write_sectors = number(p, o, "write_sectors", ~0ULL);
	u->in_sectors = number(p, o, "in_sectors", ~0ULL);
	u->out_sectors = number(p, o, "out_sectors", ~0ULL);
	u->held_ms = number(p, o, "held_ms", ~0ULL);
}

static void parse_lun(struct parse *p, struct json_object *o)
{
	struct tier_lun_record lun = { .flags = TIER_LUN_VALID };
	struct json_object *array, *v;
	struct tier_disk_lun disk;
	size_t i;

	lun.id = number(p, o, "id", TIER_LUN_ID_MAX);
	snprintf(p->where, sizeof(p->where), "LUN %u", lun.id);
	lun.sectors = number(p, o, "sectors", 1ULL << 54);
	lun.created = number(p, o, "created", ~0ULL);
	lun.flags |= truth(p, o, "deleting") ? TIER_LUN_DELETING : 0;
	lun.flags |= truth(p, o, "verify") ? TIER_LUN_VERIFY : 0;
	lun.flags |= truth(p, o, "auto") ? TIER_LUN_AUTO : 0;
	array = get(p, o, "allowed", json_type_array);
	each(p, array, i, v)
		if (!v)
			wrong(p, "\"allowed\" has a null");
		else
			lun.allowed |= BIT(tier_id(p, v, "allowed") & 7);
	lun.start = tier(p, o, "start_tier");
	lun.pin = tier(p, o, "pin");
	lun.home = tier(p, o, "home");
	lun.target = tier(p, o, "target");
	lun.weight = number(p, o, "weight", UINT16_MAX);
	lun.up_iops = number(p, o, "up_iops", U32_MAX);
	lun.down_iops = number(p, o, "down_iops", U32_MAX);
	lun.hold = number(p, o, "hold", U32_MAX);
	lun.move_rate = number(p, o, "move_rate", U32_MAX);
	word(p, o, "tags", lun.tags, sizeof(lun.tags));
	array = get(p, o, "tiers", json_type_array);
	each(p, array, i, v)
		parse_lun_tier(p, v, &lun);
	if (p->bad)
		return;
	tier_lun_encode(&disk, &lun);
	if (tier_lun_decode(&disk, &lun))
		wrong(p, "cannot be");
	else if (tier_image_lun(p->image, lun.id))
		wrong(p, "is there twice");
	else if (!tier_image_add_lun(p->image, &lun))
		wrong(p, "out of memory");
}

int tier_image_parse(struct tier_image *image, const char *who, const char *path)
{
	struct parse p = { .image = image, .who = who, .path = path };
	struct json_object *root, *array, *v;
	size_t i;

	memset(image, 0, sizeof(*image));
	root = strcmp(path, "-") ? json_object_from_file(path) : json_object_from_fd(STDIN_FILENO);
	if (!root) {
		fprintf(stderr, "%s: %s: %s", who, path, json_util_get_last_err());
		return -EINVAL;
	}
	strcpy(p.where, "dump");
	parse_super(&p, root);
	parse_pool(&p, root);
	array = get(&p, root, "members", json_type_array);
	each(&p, array, i, v)
		parse_member(&p, v);
	strcpy(p.where, "dump");
	array = get(&p, root, "luns", json_type_array);
	each(&p, array, i, v)
		parse_lun(&p, v);
	json_object_put(root);
	return p.bad ? -EINVAL : 0;
}
