// SPDX-License-Identifier: GPL-2.0-only
/*
 * Paths that flap: off for a time, while others carry the map
 *
 * What we took off has a mark in the ledger, so that we bring it back after a restart of
 * ours, too, and bring back nothing that an administrator failed. A mark is of one life
 * of the map, not of its name: that may change, and in another life the same numbers may
 * be another disk's.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tierd-path.h"

#define MARK		"flaps "	/* <epoch>/<dev> in the ledger; <map>/<dev> of old */
#define NAME_LEN	(DMTIER_MAP_LEN + DMTIER_DEV_LEN + 8)
#define GONE_MS		300000	/* out of sight for a moment is every map between two tables */
/* longer than any path is off: of what is gone, where we never run for long */
#define OLD_MS		(8 * 86400 * 1000LL)

/* what a mark does not say */
struct taken {
	uint64_t epoch;
	char dev[DMTIER_DEV_LEN];
	uint64_t before;	/* the kernel's number of the last event before our word */
	uint64_t after;		/* and of the last one when it was done */
	bool heard;		/* the event of our word has come */
	bool over;		/* the mark is void, but the ledger could not drop it */
	bool refused;		/* by the kernel, which was told */
	char why[DMTIER_TEXT_LEN];
};

/* a mark whose path is not there */
struct unseen {
	char name[NAME_LEN];
	int64_t since_ms;
};

static struct taken *find(const struct paths *p, uint64_t epoch, const char *dev)
{
	for (size_t i = 0; i < p->nr_taken; i++)
		if (p->taken[i].epoch == epoch && !strcmp(p->taken[i].dev, dev))
			return &p->taken[i];
	return NULL;
}

/* NULL: no memory */
static struct taken *find_or_add(struct paths *p, uint64_t epoch, const char *dev)
{
	struct taken new = { .epoch = epoch }, *t = find(p, epoch, dev);

	if (t)
		return t;
	snprintf(new.dev, sizeof(new.dev), "%s", dev);
	if (state_append((void **)&p->taken, &p->nr_taken, &new, sizeof(new)))
		return NULL;
	return &p->taken[p->nr_taken - 1];
}

/* -- marks -- */

/* told once of each series */
static int tell(struct tierd *d, bool *told, int err)
{
	if (err && !*told)
		tierd_log(LOG_WARNING, "%s; paths that flap stay as they are meanwhile",
			  ledger_error(d->ledger));
	*told = err;
	return err;
}

static void name_of(char out[NAME_LEN], uint64_t epoch, const char *dev)
{
	snprintf(out, NAME_LEN, MARK "%" PRIu64 "/%s", epoch, dev);
}

/* when we took the path off, ms; 0: we did not */
static int64_t off_since(const struct tierd *d, uint64_t epoch, const char *dev)
{
	const struct taken *t = find(d->paths, epoch, dev);
	char name[NAME_LEN];
	int64_t value;

	if (t && t->over)
		return 0;
	name_of(name, epoch, dev);
	return ledger_get(d->ledger, name, &value) ? 0 : value;
}

static int mark(struct tierd *d, uint64_t epoch, const char *dev)
{
	char name[NAME_LEN];

	name_of(name, epoch, dev);
	return tell(d, &d->paths->marks_told, ledger_put(d->ledger, name, d->paths->maps.time_ms));
}

/* what the ledger cannot drop now is void all the same, and dropped later */
static void unmark(struct tierd *d, uint64_t epoch, const char *dev)
{
	struct taken *t = find_or_add(d->paths, epoch, dev);
	char name[NAME_LEN];
	int err;

	name_of(name, epoch, dev);
	err = tell(d, &d->paths->marks_told, ledger_drop(d->ledger, name));
	if (t)
		t->over = err;
}

/* -- one path -- */

/* once, until the kernel has another reason or the path another state */
static void complain(struct tierd *d, const struct dmtier_path *p, const char *what)
{
	struct taken *t = find_or_add(d->paths, p->epoch, p->dev);
	const char *why = dmtier_error(d->paths->kernel);

	if (t && t->refused && !strcmp(t->why, why))
		return;
	tierd_log(LOG_ERR, "map %s: path %s %s: %s", p->map, p->dev, what, why);
	if (!t)
		return;
	t->refused = true;
	snprintf(t->why, sizeof(t->why), "%s", why);
}

static void end_complaint(struct paths *paths, const struct dmtier_path *p)
{
	struct taken *t = find(paths, p->epoch, p->dev);

	if (t)
		t->refused = false;
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

/* nothing has happened to the map since the sample: no word of the administrator's either */
static bool stands(struct tierd *d, const struct dmtier_map *m)
{
	struct dmtier_map now;

	if (dmtier_map_get(d->paths->kernel, m->name, &now) || now.epoch != m->epoch)
		return false;
	if (now.seq != m->seq)
		path_again(d);
	return now.seq == m->seq;
}

/* after a word of ours: the sample's number is behind it */
static void settle(struct tierd *d, struct dmtier_map *m)
{
	struct dmtier_map now;

	if (!dmtier_map_get(d->paths->kernel, m->name, &now) && now.epoch == m->epoch)
		m->seq = now.seq;
	else
		m->seq++;
}

/*
 * The mark goes before: if we die behind it, nothing is off that nobody brings back. And
 * so does the room to tell our own word from the administrator's.
 */
static void take_off(struct tierd *d, struct dmtier_map *m, struct dmtier_path *p,
		     uint32_t seconds)
{
	struct taken *t = find_or_add(d->paths, p->epoch, p->dev);
	int err;

	if (!t || !stands(d, m) || mark(d, p->epoch, p->dev))
		return;
	t->over = false;
	err = dmtier_path_fail(d->paths->kernel, p->map, p->dev);
	t->heard = false;
	t->before = m->seq;
	settle(d, m);
	t->after = m->seq;
	if (err) {
		/* perhaps no more than the answer is lost: the next sample tells, and drops the mark */
		complain(d, p, "flaps, but cannot be taken off");
		return;
	}
	t->refused = false;
	/* for the paths that are looked at after this one */
	snprintf(p->state, sizeof(p->state), "off");
	tierd_log(LOG_WARNING, "map %s: path %s flaps, and is off for %" PRIu32 " s", p->map,
		  p->dev, seconds);
}

static void bring_back(struct tierd *d, struct dmtier_map *m, const struct dmtier_path *p)
{
	if (!stands(d, m))
		return;
	if (dmtier_path_reinstate(d->paths->kernel, p->map, p->dev)) {
		complain(d, p, "cannot be reinstated");
		return;
	}
	settle(d, m);
	end_complaint(d->paths, p);
	unmark(d, p->epoch, p->dev);
	tierd_log(LOG_NOTICE, "map %s: path %s is tried again", p->map, p->dev);
}

/* what is down already is none of ours: brought back, it would be so unlooked at */
static bool may_go(const struct dmtier_path *p)
{
	return p->flapping && (!strcmp(p->state, "up") || !strcmp(p->state, "slow"));
}

/* what we took off also comes back where @flap_off is 0, and where nothing else is left */
static void check_path(struct tierd *d, struct dmtier_map *m, struct dmtier_path *p,
		       uint32_t flap_off)
{
	int64_t now = d->paths->maps.time_ms, since = off_since(d, p->epoch, p->dev);
	bool off = !strcmp(p->state, "off"), carried = others_carry(&d->paths->maps, p);

	if (since && !off)
		unmark(d, p->epoch, p->dev);
	if (!off && !p->flapping)
		end_complaint(d->paths, p);
	if (since && off && (now < since || now - since >= flap_off * 1000LL || !carried))
		bring_back(d, m, p);
	else if (!since && flap_off && carried && may_go(p))
		take_off(d, m, p, flap_off);
}

void path_flap_check(struct tierd *d, struct dmtier_map *m, uint32_t flap_off)
{
	struct maps *maps = &d->paths->maps;

	/* among the events that wait there may be the administrator's word */
	if (d->paths->feed.more) {
		path_again(d);
		return;
	}
	for (size_t i = 0; i < maps->nr_paths; i++)
		if (!strcmp(maps->path[i].map, m->name))
			check_path(d, m, &maps->path[i], flap_off);
}

/* -- events -- */

/* true: what came may leave a map with nothing but what we took off */
static bool may_be_needed(const struct tierd *d, const struct dmtier_path_event *e)
{
	static const char *const kinds[] = {
		"no-path", "path-failed", "path-hung", "path-foreign", "path-slow",
	};
	const struct maps *maps = &d->paths->maps;
	const struct dmtier_path *p;
	size_t i = 0;

	while (i < sizeof(kinds) / sizeof(kinds[0]) && strcmp(e->event, kinds[i]))
		i++;
	if (i == sizeof(kinds) / sizeof(kinds[0]))
		return false;
	for (p = maps->path; p < maps->path + maps->nr_paths; p++)
		if (p->epoch == e->epoch && strcmp(p->dev, e->dev) && !strcmp(p->state, "off") &&
		    off_since(d, p->epoch, p->dev))
			return true;
	return false;
}

/*
 * The administrator means it for good. Of two such words that came together one is ours;
 * which of them does not matter.
 */
static void see_word(struct tierd *d, const struct dmtier_path_event *e)
{
	struct taken *t = find(d->paths, e->epoch, e->dev);

	if (strcmp(e->key, "fail_path") || strcmp(e->event, "policy") ||
	    !off_since(d, e->epoch, e->dev) || (t && e->seq <= t->before))
		return;
	if (t && e->seq <= t->after && !t->heard) {
		t->heard = true;
		return;
	}
	unmark(d, e->epoch, e->dev);
	tierd_log(LOG_NOTICE,
		  "map %s: path %s was failed by hand, too, and stays off until it is reinstated",
		  e->map, e->dev);
}

bool path_flap_event(struct tierd *d, const struct dmtier_path_event *e)
{
	see_word(d, e);
	return may_be_needed(d, e);
}

/* -- what has gone -- */

/* marks that say a map's name: what they mean is sure only if the map has not begun since */
static int convert(struct tierd *d, const struct dmtier_path *p, const char *old, int64_t since)
{
	char name[NAME_LEN];
	int err = ledger_begin(d->ledger);

	if (err)
		return err;
	name_of(name, p->epoch, p->dev);
	if (since > 0 && (uint64_t)since > p->epoch / 1000000)
		err = ledger_put(d->ledger, name, since);
	if (!err)
		err = ledger_drop(d->ledger, old);
	if (!err)
		err = ledger_commit(d->ledger);
	if (err)
		ledger_rollback(d->ledger);
	return err;
}

static void convert_old(struct tierd *d, const struct dmtier_path *p, size_t nr)
{
	char old[NAME_LEN];
	int64_t since;

	for (size_t i = 0; i < nr; i++) {
		snprintf(old, sizeof(old), MARK "%s/%s", p[i].map, p[i].dev);
		if (!ledger_get(d->ledger, old, &since))
			tell(d, &d->paths->marks_told, convert(d, &p[i], old, since));
	}
}

void path_flap_begin(struct tierd *d)
{
	const struct maps *m = &d->paths->maps;

	if (d->paths->converted)
		return;
	convert_old(d, m->path, m->nr_paths);
	convert_old(d, m->former, m->nr_former);
}

static bool shown(const struct dmtier_path *p, size_t nr, uint64_t epoch, const char *dev)
{
	for (size_t i = 0; i < nr; i++)
		if (p[i].epoch == epoch && !strcmp(p[i].dev, dev))
			return true;
	return false;
}

struct sweep {
	struct paths *paths;
	struct unseen *unseen;
	size_t nr_unseen;
	bool old;
};

static struct unseen *find_unseen(struct unseen *u, size_t nr, const char *name)
{
	for (size_t i = 0; i < nr; i++)
		if (!strcmp(u[i].name, name))
			return &u[i];
	return NULL;
}

static bool unseen_for_long(struct sweep *s, const char *name)
{
	struct unseen *u = find_unseen(s->unseen, s->nr_unseen, name), new;
	int64_t now = s->paths->maps.time_ms;

	/* asked before: each one that is dropped begins the sweep anew */
	if (u)
		return now - u->since_ms >= GONE_MS;
	u = find_unseen(s->paths->unseen, s->paths->nr_unseen, name);
	snprintf(new.name, sizeof(new.name), "%s", name);
	new.since_ms = u && u->since_ms < now ? u->since_ms : now;
	state_append((void **)&s->unseen, &s->nr_unseen, &new, sizeof(new));
	return now - new.since_ms >= GONE_MS;
}

/* false: it is of old, with a map's name */
static bool parse(const char *name, uint64_t *epoch, const char **dev)
{
	char *end;

	name += strlen(MARK);
	errno = 0;
	*epoch = strtoull(name, &end, 10);
	*dev = end + 1;
	return *name >= '0' && *name <= '9' && *end == '/' && !errno;
}

static bool keep_mark(const char *name, int64_t since, void *sweep)
{
	struct sweep *s = sweep;
	const struct maps *m = &s->paths->maps;
	int64_t age = m->time_ms > since ? m->time_ms - since : since - m->time_ms;
	const struct taken *t;
	const char *dev;
	uint64_t epoch;

	if (!parse(name, &epoch, &dev)) {
		s->old = true;
	} else {
		t = find(s->paths, epoch, dev);
		if (t && t->over)
			return false;
		if (shown(m->path, m->nr_paths, epoch, dev) ||
		    shown(m->former, m->nr_former, epoch, dev))
			return true;
	}
	return age < OLD_MS && !unseen_for_long(s, name);
}

static void sweep_marks(struct tierd *d)
{
	struct paths *p = d->paths;
	struct sweep s = { .paths = p };

	if (!tell(d, &p->sweep_told, ledger_sweep(d->ledger, MARK, keep_mark, &s))) {
		p->converted = !s.old;
		for (size_t i = 0; i < p->nr_taken; i++)
			p->taken[i].over = false;
	}
	free(p->unseen);
	p->unseen = s.unseen;
	p->nr_unseen = s.nr_unseen;
}

void path_flap_forget(struct tierd *d)
{
	struct paths *p = d->paths;

	sweep_marks(d);
	/* our own words may wait, still, to be told from others' */
	if (p->feed.more)
		return;
	for (size_t i = 0; i < p->nr_taken; i++)
		if (!maps_live(&p->maps, p->taken[i].epoch) && !p->taken[i].over)
			p->taken[i--] = p->taken[--p->nr_taken];
}
