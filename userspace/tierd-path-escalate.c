// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trouble of maps and paths: what raises it, what ends it
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tierd-path.h"

#define SUBJECT_LEN	192
#define TEXT_LEN	(DMTIER_TEXT_LEN * 2)

/* states that are trouble; "off" is the administrator's own doing */
static const struct {
	const char *state;
	enum escalate_class class;
} bad_states[] = {
	{ "failed", ESCALATE_PATH_FAILED },
	{ "slow", ESCALATE_PATH_SLOW },
	{ "hung", ESCALATE_PATH_HUNG },
	{ "foreign", ESCALATE_PATH_FOREIGN },
};

#define NR_BAD	(sizeof(bad_states) / sizeof(bad_states[0]))

bool path_escalate_class(enum escalate_class class)
{
	return class >= ESCALATE_PATH_FAILED && class <= ESCALATE_GROUP_SWITCHED;
}

bool path_escalate_left(const struct tierd *d, const char *subject)
{
	char map[SUBJECT_LEN];

	snprintf(map, sizeof(map), "%s", subject);
	map[strcspn(map, "/")] = '\0';
	return !maps_find(&d->paths->maps, map);
}

static void path_subject(char out[SUBJECT_LEN], const char *map, const char *dev)
{
	snprintf(out, SUBJECT_LEN, "%s/%s", map, dev);
}

/* raises what the state is, and ends what it is not */
static void judge_state(struct tierd *d, const char *map, const char *dev, const char *state,
			const char *why, bool news)
{
	char subject[SUBJECT_LEN], text[TEXT_LEN], name[64];

	path_subject(subject, map, dev);
	dmtier_dev_name(dev, name, sizeof(name));
	for (size_t i = 0; i < NR_BAD; i++) {
		if (strcmp(state, bad_states[i].state)) {
			escalate_clear(d, bad_states[i].class, subject);
			continue;
		}
		snprintf(text, sizeof(text), "path %s is %s%s%s", name, state, *why ? ": " : "",
			 why);
		if (news)
			escalate_raise(d, bad_states[i].class, subject, text);
		else
			escalate_hold(d, bad_states[i].class, subject, text);
	}
}

static void path_event(struct tierd *d, const struct dmtier_path_event *e)
{
	char subject[SUBJECT_LEN], text[TEXT_LEN];

	judge_state(d, e->map, e->dev, e->state, e->reason, true);
	if (strcmp(e->event, "path-flapping"))
		return;
	path_subject(subject, e->map, e->dev);
	snprintf(text, sizeof(text), "it comes and goes: %s", e->reason);
	escalate_raise(d, ESCALATE_PATH_FLAPPING, subject, text);
}

void path_escalate_event(struct tierd *d, const struct dmtier_path_event *e)
{
	char text[TEXT_LEN];

	if (!strncmp(e->event, "path-", 5)) {
		path_event(d, e);
	} else if (!strcmp(e->event, "no-path")) {
		snprintf(text, sizeof(text), "no path is left; I/O %s",
			 e->queue ? "waits" : "fails");
		escalate_raise(d, ESCALATE_NO_PATH, e->map, text);
	} else if (!strcmp(e->event, "queue-timeout")) {
		snprintf(text, sizeof(text), "no path for %" PRIu32 " s: what waited has failed",
			 e->queue_timeout);
		escalate_raise(d, ESCALATE_QUEUE_TIMEOUT, e->map, text);
	} else if (!strcmp(e->event, "group-switched")) {
		snprintf(text, sizeof(text), "group %" PRIu32 " is in use, after group %" PRIu32
			 "%s%s", e->group, e->from_group, e->reason[0] ? ": " : "", e->reason);
		/* back where it belongs, which the next look at the state finds, is no trouble */
		if (e->group > e->from_group)
			escalate_raise(d, ESCALATE_GROUP_SWITCHED, e->map, text);
	}
}

/* no group that is wanted more than the one in use, whether it works or not */
static bool first_choice(const struct maps *maps, const struct dmtier_map *m)
{
	for (size_t i = 0; i < maps->nr_groups; i++)
		if (!strcmp(maps->group[i].map, m->name) && !maps->group[i].disabled &&
		    maps->group[i].group < m->group)
			return false;
	return m->group;
}

/* the state's own word, whether or not an event told of it */
static void check_map(struct tierd *d, const struct dmtier_map *m)
{
	if (strcmp(m->state, "active"))
		return;
	if (!m->usable) {
		escalate_hold(d, ESCALATE_NO_PATH, m->name,
			      m->queue ? "no path is left; I/O waits" :
			      "no path is left; I/O fails");
		return;
	}
	escalate_clear(d, ESCALATE_NO_PATH, m->name);
	escalate_clear(d, ESCALATE_QUEUE_TIMEOUT, m->name);
	if (first_choice(&d->paths->maps, m))
		escalate_clear(d, ESCALATE_GROUP_SWITCHED, m->name);
}

static void check_path(struct tierd *d, const struct dmtier_path *p)
{
	char subject[SUBJECT_LEN];

	judge_state(d, p->map, p->dev, p->state, "", false);
	path_subject(subject, p->map, p->dev);
	if (p->flapping)
		escalate_hold(d, ESCALATE_PATH_FLAPPING, subject, "it comes and goes");
	else
		escalate_clear(d, ESCALATE_PATH_FLAPPING, subject);
}

void path_escalate_check(struct tierd *d)
{
	const struct maps *m = &d->paths->maps;

	for (size_t i = 0; i < m->nr_maps; i++)
		check_map(d, &m->map[i]);
	for (size_t i = 0; i < m->nr_paths; i++)
		check_path(d, &m->path[i]);
}
