// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policy of maps: settings into the kernel, failback in windows
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

struct attempt {
	uint64_t epoch;
	uint32_t from;
	int64_t time_ms;
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

static void check_map(struct tierd *d, const struct config_map *c, const struct dmtier_map *m)
{
	for (int i = 0; i < c->settings.nr; i++)
		apply_setting(d, m, &c->settings.setting[i]);
	check_failback(d, c, m);
}

static void forget_gone(struct paths *p)
{
	for (size_t i = 0; i < p->nr_attempts; i++)
		if (!maps_live(&p->maps, p->attempt[i].epoch))
			p->attempt[i--] = p->attempt[--p->nr_attempts];
}

void path_policy(struct tierd *d)
{
	struct maps *maps = &d->paths->maps;
	const struct config_map *c;

	path_flap_begin(d);
	for (size_t i = 0; i < maps->nr_maps; i++) {
		/* a map that is suspended takes no settings */
		if (strcmp(maps->map[i].state, "active"))
			continue;
		c = config_map(d->config, maps->map[i].name);
		/* paths first: our own settings are news of the map, too */
		path_flap_check(d, &maps->map[i], c ? c->flap_off : 0);
		if (c)
			check_map(d, c, &maps->map[i]);
	}
	path_flap_forget(d);
	forget_gone(d->paths);
}
