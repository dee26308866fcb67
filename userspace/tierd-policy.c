// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole LUNs up and down: at thresholds, and at the times of their schedules
 *
 * An event says at once that a threshold was crossed. Events get lost, and none
 * came while we were dead, so each sample looks at the rates as well. Where a
 * LUN may not move just now, the next samples try again.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tierd.h"

enum direction { DOWN = -1, STAY, UP };

struct track {
	char pool[DMTIER_POOL_LEN];
	uint32_t id;
	bool seen;			/* in this round */
	enum direction side;		/* of the thresholds, at the last sample */
	int64_t since_ms;		/* on that side */
	char refused[DMTIER_TEXT_LEN];	/* said already */
};

struct policy {
	size_t nr;
	struct track *track;
};

int policy_new(struct tierd *d)
{
	d->policy = calloc(1, sizeof(*d->policy));
	return d->policy ? 0 : -ENOMEM;
}

void policy_free(struct tierd *d)
{
	if (d->policy)
		free(d->policy->track);
	free(d->policy);
	d->policy = NULL;
}

static struct track *track_of(struct policy *p, const struct dmtier_lun *l)
{
	struct track *more, *t;

	for (t = p->track; t < p->track + p->nr; t++)
		if (t->id == l->id && !strcmp(t->pool, l->pool))
			return t;
	more = realloc(p->track, (p->nr + 1) * sizeof(*more));
	if (!more)
		return NULL;
	p->track = more;
	t = &more[p->nr++];
	memset(t, 0, sizeof(*t));
	snprintf(t->pool, sizeof(t->pool), "%s", l->pool);
	t->id = l->id;
	return t;
}

static void forget_unseen(struct policy *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->nr; i++) {
		if (!p->track[i].seen)
			continue;
		p->track[i].seen = false;
		p->track[kept++] = p->track[i];
	}
	p->nr = kept;
}

/* names of values that the ledger keeps for us across restarts */
static void value_name(const struct dmtier_lun *l, const char *what, char *out, size_t len)
{
	char uuid[37];

	dmtier_uuid_text(l->pool_uuid, uuid);
	snprintf(out, len, "%s %s/%" PRIu32, what, uuid, l->id);
}

static int64_t recall(struct tierd *d, const struct dmtier_lun *l, const char *what)
{
	char name[96];
	int64_t value;

	value_name(l, what, name, sizeof(name));
	return ledger_get(d->ledger, name, &value) ? 0 : value;
}

static void remember(struct tierd *d, const struct dmtier_lun *l, const char *what,
		     int64_t value)
{
	char name[96];

	value_name(l, what, name, sizeof(name));
	if (ledger_put(d->ledger, name, value))
		tierd_log(LOG_WARNING, "%s", ledger_error(d->ledger));
}

static bool allowed(const struct dmtier_lun *l, const char *tier)
{
	size_t len = strlen(tier);

	if (!l->allowed[0])
		return true;
	for (const char *w = l->allowed; *w; w += strcspn(w, ","), w += *w == ',')
		if (strcspn(w, ",") == len && !strncmp(w, tier, len))
			return true;
	return false;
}

/* where the LUN is at home: as told, else where most of it lies */
static const struct dmtier_tier *present_tier(struct tierd *d, const struct dmtier_lun *l)
{
	const struct dmtier_usage *most = NULL;

	if (l->home[0])
		return state_tier(&d->state, l->pool, l->home);
	for (uint32_t i = 0; i < l->nr_usage; i++)
		if (l->usage[i].extents && (!most || l->usage[i].extents > most->extents))
			most = &l->usage[i];
	return most ? state_tier(&d->state, l->pool, most->tier) : NULL;
}

/* the next one in that direction; NULL if there is none */
static const struct dmtier_tier *next_tier(struct tierd *d, const struct dmtier_lun *l,
					   const struct dmtier_tier *from, enum direction way)
{
	const struct dmtier_tier *t, *best = NULL;

	for (size_t i = 0; i < d->state.nr_tiers; i++) {
		t = &d->state.tier[i];
		if (strcmp(t->pool, l->pool) || !allowed(l, t->name))
			continue;
		if (way == UP ? t->rank >= from->rank : t->rank <= from->rank)
			continue;
		if (!best || (way == UP ? t->rank > best->rank : t->rank < best->rank))
			best = t;
	}
	return best;
}

/* the tier to go to; NULL if the LUN is as far as it can go */
static const struct dmtier_tier *choose(struct tierd *d, const struct config_lun *c,
					const struct dmtier_lun *l, enum direction way)
{
	const char *named = way == UP ? c->up_tier : c->down_tier;
	const struct dmtier_tier *from = present_tier(d, l), *to;

	if (!from)
		return NULL;
	if (!named[0])
		return next_tier(d, l, from, way);
	to = state_tier(&d->state, l->pool, named);
	if (!to || !allowed(l, named)) {
		tierd_log(LOG_ERR,
			  "LUN %s/%" PRIu32 ": tier %s is not there or not allowed; mend %s_tier in the configuration",
			  l->pool, l->id, named, way == UP ? "up" : "down");
		return NULL;
	}
	return way == UP ? (to->rank < from->rank ? to : NULL) :
			   (to->rank > from->rank ? to : NULL);
}

static int migrate(struct tierd *d, struct track *t, const struct dmtier_lun *l,
		    const struct dmtier_tier *to, const char *why)
{
	int err = dmtier_lun_migrate(d->kernel, l->pool, l->id, to->name);

	if (err) {
		/* again at each sample, but told once */
		if (strcmp(t->refused, dmtier_error(d->kernel)))
			tierd_log(LOG_WARNING,
				  "LUN %s/%" PRIu32 " cannot go to %s: %s; tried again at each sample",
				  l->pool, l->id, to->name, dmtier_error(d->kernel));
		snprintf(t->refused, sizeof(t->refused), "%s", dmtier_error(d->kernel));
		return err;
	}
	t->refused[0] = '\0';
	t->side = STAY;
	d->moves_asked++;
	remember(d, l, "moved", state_now_ms());
	tierd_log(LOG_NOTICE, "LUN %s/%" PRIu32 " goes to %s: %s", l->pool, l->id, to->name,
		  why);
	return 0;
}

/* what holds a move at a threshold back; the kernel moves LUNs with auto itself */
static bool may_move(struct tierd *d, const struct config_lun *c, const struct dmtier_lun *l,
		     int64_t now_ms)
{
	int64_t moved;

	if (!c->move || l->auto_move || l->pin[0] || l->target[0])
		return false;
	if (!schedule_open(&c->window, now_ms / 1000, d->config->utc))
		return false;
	moved = recall(d, l, "moved");
	/* a time in the future is a clock that was set back: it must not bar for long */
	return !moved || now_ms < moved || now_ms - moved >= c->cooldown * 1000LL;
}

static void cross(struct tierd *d, struct track *t, const struct config_lun *c,
		  const struct dmtier_lun *l, enum direction way)
{
	const struct dmtier_tier *to;
	char why[96];

	if (!may_move(d, c, l, state_now_ms()))
		return;
	to = choose(d, c, l, way);
	if (!to)
		return;
	snprintf(why, sizeof(why), "%" PRIu64 " requests per second, %s %" PRIu32, l->iops,
		 way == UP ? "above" : "below", way == UP ? l->up_iops : l->down_iops);
	migrate(d, t, l, to, why);
}

void policy_threshold(struct tierd *d, const struct dmtier_event *e)
{
	enum direction way = !strcmp(e->event, "threshold-up") ? UP : DOWN;
	const struct config_lun *c = config_lun(d->config, e->pool, e->lun);
	struct dmtier_lun lun;
	struct track *t;

	if (!c || !d->kernel || dmtier_lun_get(d->kernel, e->pool, e->lun, &lun))
		return;
	t = track_of(d->policy, &lun);
	if (!t)
		return;
	lun.iops = e->iops;
	cross(d, t, c, &lun, way);
}

static enum direction side_of(const struct dmtier_lun *l)
{
	if (l->up_iops && l->iops > l->up_iops)
		return UP;
	if (l->down_iops && l->iops < l->down_iops)
		return DOWN;
	return STAY;
}

static void check_rate(struct tierd *d, struct track *t, const struct config_lun *c,
		       const struct dmtier_lun *l)
{
	enum direction side = side_of(l);
	int64_t now = d->state.time_ms;

	if (side != t->side || now < t->since_ms) {
		t->side = side;
		t->since_ms = now;
	}
	if (side != STAY && now - t->since_ms >= l->hold * 1000LL)
		cross(d, t, c, l, side);
}

/* told by the clock: neither thresholds nor cooldown nor windows matter */
static void check_clock(struct tierd *d, struct track *t, const struct config_lun *c,
			const struct dmtier_lun *l)
{
	const struct dmtier_tier *to;
	time_t now = d->state.time_ms / 1000, last, up, down;

	if (!c->up_at.nr && !c->down_at.nr)
		return;
	last = recall(d, l, "clock");
	/* never looked before: from now on, not what was due before we knew of it */
	if (!last || last > now)
		last = now;
	else if (last / 60 == now / 60)
		return;
	up = schedule_last(&c->up_at, last, now, d->config->utc);
	down = schedule_last(&c->down_at, last, now, d->config->utc);
	if (up != down && !l->pin[0]) {
		to = choose(d, c, l, up > down ? UP : DOWN);
		if (to && migrate(d, t, l, to, "scheduled"))
			return;
	}
	remember(d, l, "clock", now);
}

void policy_check(struct tierd *d)
{
	const struct config_lun *c;
	const struct dmtier_lun *l;
	struct track *t;

	for (size_t i = 0; i < d->state.nr_luns; i++) {
		l = &d->state.lun[i];
		c = config_lun(d->config, l->pool, l->id);
		t = c ? track_of(d->policy, l) : NULL;
		if (!t)
			continue;
		t->seen = true;
		check_rate(d, t, c, l);
		check_clock(d, t, c, l);
	}
	forget_unseen(d->policy);
}
