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

static void apply_pool(struct tierd *d, const struct config_pool *c,
		       const struct dmtier_pool *p)
{
	char value[VALUE_LEN];

	for (const struct config_setting *s = c->settings.setting;
	     s < c->settings.setting + c->settings.nr; s++) {
		if (pool_value(p, s->key, value) && same_list(s->value, value))
			continue;
		if (!dmtier_pool_set(d->kernel, p->name, s->key, s->value))
			continue;
		d->changes_refused++;
		tierd_log(LOG_ERR, "pool %s: %s = %s was refused: %s", p->name, s->key,
			  s->value, dmtier_error(d->kernel));
	}
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
	if (dmtier_pool_set(d->kernel, p->name, "moves", on ? "on" : "off"))
		tierd_log(LOG_ERR, "pool %s: moves cannot be switched: %s", p->name,
			  dmtier_error(d->kernel));
	else
		tierd_log(LOG_INFO, "pool %s: schedule switches moves %s", p->name,
			  on ? "on" : "off");
}

static void apply_lun(struct tierd *d, const struct config_lun *c, const struct dmtier_lun *l)
{
	char value[VALUE_LEN];

	for (const struct config_setting *s = c->settings.setting;
	     s < c->settings.setting + c->settings.nr; s++) {
		if (lun_value(l, s, value) && same_list(s->value, value))
			continue;
		if (!dmtier_lun_set(d->kernel, l->pool, l->id, s->key, s->value))
			continue;
		d->changes_refused++;
		tierd_log(LOG_ERR, "LUN %s/%" PRIu32 ": %s = %s was refused: %s", l->pool,
			  l->id, s->key, s->value, dmtier_error(d->kernel));
	}
}

void apply_all(struct tierd *d)
{
	const struct config_pool *pool;
	const struct config_lun *lun;

	for (size_t i = 0; i < d->state.nr_pools; i++) {
		/* a pool that is not read-write takes no settings: that is told elsewhere */
		if (strcmp(d->state.pool[i].mode, "rw"))
			continue;
		pool = config_pool(d->config, d->state.pool[i].name);
		if (!pool)
			continue;
		apply_pool(d, pool, &d->state.pool[i]);
		apply_window(d, pool, &d->state.pool[i]);
	}
	for (size_t i = 0; i < d->state.nr_luns; i++) {
		const struct dmtier_pool *p = state_pool(&d->state, d->state.lun[i].pool);

		lun = config_lun(d->config, d->state.lun[i].pool, d->state.lun[i].id);
		if (lun && p && !strcmp(p->mode, "rw"))
			apply_lun(d, lun, &d->state.lun[i]);
	}
}
