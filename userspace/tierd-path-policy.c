// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policy of maps: settings into the kernel, failback in windows, paths that flap
 *
 * Failover is the kernel's and waits for nobody. Going back is not urgent, and
 * here it may wait for a window: the kernel is told to go back by hand only, and
 * gets a moment of "immediate" when the time has come. So it stays where it is if
 * we die, and a group that the administrator has asked for stays in use.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tierd-path.h"

#define AGAIN_MS	300000	/* until a failback that did nothing is tried again */
#define NAME_LEN	(DMTIER_MAP_LEN + DMTIER_DEV_LEN + 8)
/* longer than any path is off; for a moment one may be out of sight, as between two tables */
#define GONE_MS		(8 * 86400 * 1000LL)

struct attempt {
	uint64_t epoch;
	uint32_t from;
	int64_t time_ms;
};

/* a path that we took off: the kernel's number of the last event there was by then */
struct taken {
	uint64_t epoch;
	uint64_t seq;
	char dev[DMTIER_DEV_LEN];
};

static int set(struct tierd *d, const char *map, const struct config_setting *s)
{
	/* queueing is ended by a word of its own */
	if (!strcmp(s->key, "queue_if_no_path") && !strcmp(s->value, "off"))
		return dmtier_map_set(d->paths->kernel, map, "fail_if_no_path", "");
	return dmtier_map_set(d->paths->kernel, map, s->key, s->value);
}

static void apply_setting(struct tierd *d, const struct dmtier_map *m,
			  const struct config_setting *s)
{
	char value[DMTIER_TIERS_LEN], where[DMTIER_MAP_LEN + 8];

	if (!config_map_value(m, s->key, value, sizeof(value)) || !strcmp(value, s->value))
		return;
	if (!set(d, m->name, s))
		return;
	snprintf(where, sizeof(where), "map %s", m->name);
	apply_refused(d, where, s, dmtier_error(d->paths->kernel));
}

/* -- failback -- */

static bool well_for(const struct maps *m, const struct dmtier_group *g, uint32_t seconds)
{
	for (size_t i = 0; i < m->nr_paths; i++)
		if (m->path[i].group == g->group && !strcmp(m->path[i].map, g->map) &&
		    !strcmp(m->path[i].state, "up") && m->path[i].since_ms >= seconds * 1000ULL)
			return true;
	return false;
}

/* the group that it is time to go back to, or NULL */
static const struct dmtier_group *due(struct tierd *d, const struct config_map *c,
				      const struct dmtier_map *m)
{
	const struct maps *maps = &d->paths->maps;
	const struct dmtier_group *g;

	if (!schedule_open(&c->failback, maps->time_ms / 1000, d->config->utc))
		return NULL;
	g = maps_preferred(maps, m->name);
	if (!g || !m->group || g->group >= m->group)
		return NULL;
	return well_for(maps, g, c->stable) ? g : NULL;
}

/* one try for each time that the map has come to a group, and now and then another */
static bool tried(struct paths *p, const struct dmtier_map *m, int64_t now)
{
	struct attempt new = { .epoch = m->epoch, .from = m->group, .time_ms = now };

	for (size_t i = 0; i < p->nr_attempts; i++) {
		struct attempt *a = &p->attempt[i];

		if (a->epoch != m->epoch)
			continue;
		if (a->from == m->group && now >= a->time_ms && now - a->time_ms < AGAIN_MS)
			return true;
		*a = new;
		return false;
	}
	state_append((void **)&p->attempt, &p->nr_attempts, &new, sizeof(new));
	return false;
}

static void forget(struct paths *p, const struct dmtier_map *m)
{
	for (size_t i = 0; i < p->nr_attempts; i++)
		if (p->attempt[i].epoch == m->epoch)
			p->attempt[i--] = p->attempt[--p->nr_attempts];
}

static void record_failback(struct tierd *d, const struct dmtier_map *m, uint32_t to,
			    bool done)
{
	struct audit_record *r = events_record(d, done ? "failback" : "failback-failed");

	if (!r)
		return;
	r->time_ns = state_now_ms() * 1000000;
	snprintf(r->pool, sizeof(r->pool), "%s", m->name);
	snprintf(r->from, sizeof(r->from), "%" PRIu32, m->group);
	snprintf(r->to, sizeof(r->to), "%" PRIu32, to);
	snprintf(r->reason, sizeof(r->reason), "%s",
		 done ? "by schedule" : "the kernel stays: another group was asked for");
}

static void fail_back(struct tierd *d, const struct dmtier_map *m, const struct dmtier_group *g)
{
	struct dmtier *kernel = d->paths->kernel;
	struct dmtier_map now;
	bool done;
	int err;

	err = dmtier_map_set(kernel, m->name, "failback", "immediate");
	if (!err)
		err = dmtier_map_set(kernel, m->name, "failback", "manual");
	if (!err)
		err = dmtier_map_get(kernel, m->name, &now);
	if (err) {
		d->changes_refused++;
		tierd_log(LOG_ERR, "map %s cannot go back to group %" PRIu32 ": %s", m->name,
			  g->group, dmtier_error(kernel));
		return;
	}
	done = now.group && now.group < m->group;
	record_failback(d, m, done ? now.group : g->group, done);
	if (done)
		tierd_log(LOG_NOTICE,
			  "map %s goes back to group %" PRIu32 " from group %" PRIu32 ": scheduled",
			  m->name, now.group, m->group);
	else
		tierd_log(LOG_WARNING,
			  "map %s stays with group %" PRIu32 ": it was asked for (switch_group); to go back, ask for group %" PRIu32,
			  m->name, m->group, g->group);
}

static void check_failback(struct tierd *d, const struct config_map *c,
			   const struct dmtier_map *m)
{
	static const struct config_setting manual = { "failback", "manual" };
	const struct dmtier_group *g;

	if (!c->failback.nr)
		return;
	apply_setting(d, m, &manual);
	g = due(d, c, m);
	if (!g)
		forget(d->paths, m);
	else if (!tried(d->paths, m, d->paths->maps.time_ms))
		fail_back(d, m, g);
}

/* -- paths that flap -- */

#define MARK	"flaps "	/* <map>/<dev> in the ledger */

/* when we took the path off, ms; 0: we did not. Kept in the ledger over our restarts */
static int64_t off_since(struct tierd *d, const char *map, const char *dev, char name[NAME_LEN])
{
	int64_t value;

	snprintf(name, NAME_LEN, MARK "%s/%s", map, dev);
	return ledger_get(d->ledger, name, &value) ? 0 : value;
}

/* @value 0: there is nothing to remember any more */
static void remember(struct tierd *d, const char *name, int64_t value)
{
	if (value ? ledger_put(d->ledger, name, value) : ledger_drop(d->ledger, name))
		tierd_log(LOG_WARNING, "%s", ledger_error(d->ledger));
}

static struct taken *taken(struct paths *p, uint64_t epoch, const char *dev)
{
	for (size_t i = 0; i < p->nr_taken; i++)
		if (p->taken[i].epoch == epoch && !strcmp(p->taken[i].dev, dev))
			return &p->taken[i];
	return NULL;
}

/* the kernel has told of our own word by now; what it tells later is somebody else's */
static void note_taken(struct paths *paths, const struct dmtier_path *p)
{
	struct taken new = { .epoch = p->epoch, .seq = UINT64_MAX };
	struct taken *old = taken(paths, p->epoch, p->dev);
	struct dmtier_map map;

	if (!dmtier_map_get(paths->kernel, p->map, &map) && map.epoch == p->epoch)
		new.seq = map.seq;
	snprintf(new.dev, sizeof(new.dev), "%s", p->dev);
	if (old)
		*old = new;
	else
		state_append((void **)&paths->taken, &paths->nr_taken, &new, sizeof(new));
}

/* a path is taken off only while another one carries the map and is steady */
static bool others_carry(const struct maps *m, const struct dmtier_path *p)
{
	for (size_t i = 0; i < m->nr_paths; i++)
		if (&m->path[i] != p && !strcmp(m->path[i].map, p->map) &&
		    !strcmp(m->path[i].state, "up") && !m->path[i].flapping)
			return true;
	return false;
}

/* our mark goes before: if we die behind it, nothing is off that nobody brings back */
static void take_off(struct tierd *d, struct dmtier_path *p, const char *name, uint32_t seconds)
{
	remember(d, name, d->paths->maps.time_ms);
	if (dmtier_path_fail(d->paths->kernel, p->map, p->dev)) {
		tierd_log(LOG_ERR, "map %s: path %s flaps, but cannot be taken off: %s", p->map,
			  p->dev, dmtier_error(d->paths->kernel));
		remember(d, name, 0);
		return;
	}
	note_taken(d->paths, p);
	/* for the paths that are looked at after this one */
	snprintf(p->state, sizeof(p->state), "off");
	tierd_log(LOG_WARNING, "map %s: path %s flaps, and is off for %" PRIu32 " s", p->map,
		  p->dev, seconds);
}

static void bring_back(struct tierd *d, const struct dmtier_path *p, const char *name)
{
	if (dmtier_path_reinstate(d->paths->kernel, p->map, p->dev)) {
		tierd_log(LOG_ERR, "map %s: path %s cannot be reinstated: %s", p->map, p->dev,
			  dmtier_error(d->paths->kernel));
		return;
	}
	remember(d, name, 0);
	tierd_log(LOG_NOTICE, "map %s: path %s is tried again", p->map, p->dev);
}

/* what we took off also comes back where @flap_off is 0, and where nothing else is left */
static void check_path(struct tierd *d, uint32_t flap_off, struct dmtier_path *p)
{
	int64_t now = d->paths->maps.time_ms, since;
	bool off = !strcmp(p->state, "off");
	char name[NAME_LEN];

	since = off_since(d, p->map, p->dev, name);
	if (since && !off)
		remember(d, name, 0);
	else if (since && (now < since || now - since >= flap_off * 1000LL ||
			   !others_carry(&d->paths->maps, p)))
		bring_back(d, p, name);
	else if (!off && flap_off && p->flapping && others_carry(&d->paths->maps, p))
		take_off(d, p, name, flap_off);
}

static void check_paths(struct tierd *d, const struct dmtier_map *m, uint32_t flap_off)
{
	struct maps *maps = &d->paths->maps;

	for (size_t i = 0; i < maps->nr_paths; i++)
		if (!strcmp(maps->path[i].map, m->name))
			check_path(d, flap_off, &maps->path[i]);
}

static void check_map(struct tierd *d, const struct config_map *c, const struct dmtier_map *m)
{
	for (int i = 0; i < c->settings.nr; i++)
		apply_setting(d, m, &c->settings.setting[i]);
	check_failback(d, c, m);
}

/* true: what came may leave a map with nothing but what we took off */
static bool may_be_needed(struct tierd *d, const struct dmtier_path_event *e)
{
	const struct maps *maps = &d->paths->maps;
	const struct dmtier_path *p;
	char name[NAME_LEN];

	if (strcmp(e->event, "no-path") && strncmp(e->event, "path-", 5))
		return false;
	for (p = maps->path; p < maps->path + maps->nr_paths; p++)
		if (!strcmp(p->map, e->map) && !strcmp(p->state, "off") &&
		    off_since(d, p->map, p->dev, name))
			return true;
	return false;
}

/* the administrator means it for good */
static void see_word(struct tierd *d, const struct dmtier_path_event *e)
{
	const struct taken *ours = taken(d->paths, e->epoch, e->dev);
	char name[NAME_LEN];

	if (strcmp(e->key, "fail_path") || strcmp(e->event, "policy") ||
	    (ours && e->seq <= ours->seq) || !off_since(d, e->map, e->dev, name))
		return;
	remember(d, name, 0);
	tierd_log(LOG_NOTICE,
		  "map %s: path %s was failed by hand, too, and stays off until it is reinstated",
		  e->map, e->dev);
}

bool path_policy_event(struct tierd *d, const struct dmtier_path_event *e)
{
	see_word(d, e);
	return may_be_needed(d, e);
}

/* -- what has gone -- */

static bool named(const struct dmtier_path *p, size_t nr, const char *name)
{
	size_t len;

	for (size_t i = 0; i < nr; i++) {
		len = strlen(p[i].map);
		if (!strncmp(p[i].map, name, len) && name[len] == '/' &&
		    !strcmp(p[i].dev, name + len + 1))
			return true;
	}
	return false;
}

static bool keep_mark(const char *name, int64_t since, void *maps)
{
	const struct maps *m = maps;
	int64_t age = m->time_ms > since ? m->time_ms - since : since - m->time_ms;

	name += strlen(MARK);
	return since && (age < GONE_MS || named(m->path, m->nr_paths, name) ||
			 named(m->former, m->nr_former, name));
}

static void forget_gone(struct tierd *d)
{
	struct paths *p = d->paths;

	for (size_t i = 0; i < p->nr_attempts; i++)
		if (!maps_live(&p->maps, p->attempt[i].epoch))
			p->attempt[i--] = p->attempt[--p->nr_attempts];
	for (size_t i = 0; i < p->nr_taken; i++)
		if (!maps_live(&p->maps, p->taken[i].epoch))
			p->taken[i--] = p->taken[--p->nr_taken];
	if (ledger_sweep(d->ledger, MARK, keep_mark, &p->maps))
		tierd_log(LOG_WARNING, "%s", ledger_error(d->ledger));
}

void path_policy(struct tierd *d)
{
	const struct maps *maps = &d->paths->maps;
	const struct config_map *c;

	for (size_t i = 0; i < maps->nr_maps; i++) {
		/* a map that is suspended takes no settings */
		if (strcmp(maps->map[i].state, "active"))
			continue;
		c = config_map(d->config, maps->map[i].name);
		if (c)
			check_map(d, c, &maps->map[i]);
		check_paths(d, &maps->map[i], c ? c->flap_off : 0);
	}
	forget_gone(d);
}
