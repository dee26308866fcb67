// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settings of the configuration into the kernel
 *
 * A setting is sent only where the kernel shows another value: each change is an
 * event and an audit record, and a reload that changes nothing makes none.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tierd.h"

#define VALUE_LEN	DMTIER_TIERS_LEN

static void number(char out[VALUE_LEN], uint64_t value)
{
	snprintf(out, VALUE_LEN, "%" PRIu64, value);
}

static void on_off(char out[VALUE_LEN], uint32_t value)
{
	snprintf(out, VALUE_LEN, "%s", value ? "on" : "off");
}

static void word(char out[VALUE_LEN], const char *value)
{
	snprintf(out, VALUE_LEN, "%s", value[0] ? value : "none");
}

static bool pool_value(const struct dmtier_pool *p, const char *key, char out[VALUE_LEN])
{
	if (!strcmp(key, "move_rate"))
		number(out, p->move_rate);
	else if (!strcmp(key, "headroom"))
		number(out, p->headroom);
	else if (!strcmp(key, "tick"))
		number(out, p->tick_ms);
	else if (!strcmp(key, "moves"))
		on_off(out, p->moves);
	else if (!strcmp(key, "no_space_timeout"))
		number(out, p->no_space_timeout);
	else
		return false;
	return true;
}

/* @wanted is tier:extents: what the LUN has for that tier, written alike */
static bool share_value(const struct dmtier_lun *l, bool max, const char *wanted,
			char out[VALUE_LEN])
{
	size_t len = strcspn(wanted, ":");

	for (uint32_t i = 0; i < l->nr_usage; i++) {
		const struct dmtier_usage *u = &l->usage[i];

		if (strlen(u->tier) == len && !strncmp(u->tier, wanted, len)) {
			snprintf(out, VALUE_LEN, "%s:%" PRIu64, u->tier,
				 max ? u->max : u->reserve);
			return true;
		}
	}
	return false;
}

static bool lun_number(const struct dmtier_lun *l, const char *key, char out[VALUE_LEN])
{
	if (!strcmp(key, "up_iops"))
		number(out, l->up_iops);
	else if (!strcmp(key, "down_iops"))
		number(out, l->down_iops);
	else if (!strcmp(key, "hold"))
		number(out, l->hold);
	else if (!strcmp(key, "weight"))
		number(out, l->weight);
	else if (!strcmp(key, "move_rate"))
		number(out, l->move_rate);
	else
		return false;
	return true;
}

static bool lun_value(const struct dmtier_lun *l, const struct config_setting *s,
		      char out[VALUE_LEN])
{
	if (lun_number(l, s->key, out))
		return true;
	if (!strcmp(s->key, "verify"))
		on_off(out, l->verify);
	else if (!strcmp(s->key, "auto"))
		on_off(out, l->auto_move);
	else if (!strcmp(s->key, "pin"))
		word(out, l->pin);
	else if (!strcmp(s->key, "start_tier"))
		word(out, l->start_tier);
	else if (!strcmp(s->key, "tiers"))
		word(out, l->allowed);
	else if (!strcmp(s->key, "tags"))
		word(out, l->tags);
	else if (!strcmp(s->key, "reserve") || !strcmp(s->key, "max"))
		return share_value(l, s->key[0] == 'm', s->value, out);
	else
		return false;
	return true;
}

/* lists come back from the kernel in its own order */
static bool same_list(const char *a, const char *b)
{
	char one[VALUE_LEN + 2], list[VALUE_LEN + 2];
	const char *word = a;
	size_t len;

	if (strlen(a) != strlen(b))
		return false;
	snprintf(list, sizeof(list), ",%s,", b);
	while (*word) {
		len = strcspn(word, ",");
		snprintf(one, sizeof(one), ",%.*s,", (int)len, word);
		if (!strstr(list, one))
			return false;
		word += len + (word[len] == ',');
	}
	return true;
}

/*
 * A refusal comes back at each sample, until the file or the pool is mended: it
 * is told once. A hash that collides only keeps one of many quiet.
 */
void apply_refused(struct tierd *d, const char *where, const struct config_setting *s,
		   const char *why)
{
	static uint64_t told[256];
	static unsigned int next;
	uint64_t hash = 14695981039346656037ULL;
	char text[1024];

	d->changes_refused++;
	snprintf(text, sizeof(text), "%s: %s = %s was refused: %s", where, s->key, s->value,
		 why);
	for (const char *c = text; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 1099511628211ULL;
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if (told[i] == hash)
			return;
	told[next++ % (sizeof(told) / sizeof(told[0]))] = hash;
	tierd_log(LOG_ERR, "%s", text);
}

/* what differs between the two kinds of objects that have settings */
struct object {
	const struct dmtier_pool *pool;
	const struct dmtier_lun *lun;	/* NULL: the pool itself */
};

static bool is_so(const struct object *o, const struct config_setting *s)
{
	char value[VALUE_LEN];

	if (o->lun)
		return lun_value(o->lun, s, value) && same_list(s->value, value);
	return pool_value(o->pool, s->key, value) && same_list(s->value, value);
}

static int set(struct tierd *d, const struct object *o, const struct config_setting *s)
{
	if (o->lun)
		return dmtier_lun_set(d->kernel, o->lun->pool, o->lun->id, s->key, s->value);
	return dmtier_pool_set(d->kernel, o->pool->name, s->key, s->value);
}

/*
 * Some settings want others first, as a pin wants its tier to be allowed. What is
 * refused is therefore tried again once the others are in.
 */
static void apply(struct tierd *d, const struct object *o, const struct config_settings *c)
{
	bool again[CONFIG_MAX_SETTINGS] = { false };
	char where[DMTIER_POOL_LEN + 32];

	if (o->lun)
		snprintf(where, sizeof(where), "LUN %s/%" PRIu32, o->lun->pool, o->lun->id);
	else
		snprintf(where, sizeof(where), "pool %s", o->pool->name);
	for (int i = 0; i < c->nr; i++)
		again[i] = !is_so(o, &c->setting[i]) && set(d, o, &c->setting[i]);
	for (int i = 0; i < c->nr; i++)
		if (again[i] && set(d, o, &c->setting[i]))
			apply_refused(d, where, &c->setting[i], dmtier_error(d->kernel));
}

/* moves run in the windows and rest outside them */
static void apply_window(struct tierd *d, const struct config_pool *c,
			 const struct dmtier_pool *p)
{
	bool on;

	if (!c->moves.nr)
		return;
	on = schedule_open(&c->moves, d->state.time_ms / 1000, d->config->utc);
	if (on == !!p->moves)
		return;
	if (dmtier_pool_set(d->kernel, p->name, "moves", on ? "on" : "off")) {
		d->changes_refused++;
		tierd_log(LOG_ERR, "pool %s: moves cannot be switched: %s", p->name,
			  dmtier_error(d->kernel));
	} else {
		tierd_log(LOG_INFO, "pool %s: schedule switches moves %s", p->name,
			  on ? "on" : "off");
	}
}

void apply_all(struct tierd *d)
{
	const struct config_pool *pool;
	const struct config_lun *lun;
	struct object o;

	for (size_t i = 0; i < d->state.nr_pools; i++) {
		o = (struct object){ .pool = &d->state.pool[i] };
		/* a pool that is not read-write takes no settings: that is told elsewhere */
		pool = config_pool(d->config, o.pool->name);
		if (!pool || strcmp(o.pool->mode, "rw"))
			continue;
		apply(d, &o, &pool->settings);
		apply_window(d, pool, o.pool);
	}
	for (size_t i = 0; i < d->state.nr_luns; i++) {
		o.lun = &d->state.lun[i];
		o.pool = state_pool(&d->state, o.lun->pool);
		lun = config_lun(d->config, o.lun->pool, o.lun->id);
		if (lun && o.pool && !strcmp(o.pool->mode, "rw"))
			apply(d, &o, &lun->settings);
	}
}
