// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel tells of maps and paths, and the audit records made of it
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tierd-path.h"

#define LAST_MAX	8192	/* last counters in memory */

#define COPY(to, from)	snprintf(to, sizeof(to), "%.*s", (int)sizeof(to) - 1, from)

static bool is(const struct dmtier_path_event *e, const char *name)
{
	return !strcmp(e->event, name);
}

static void group_text(char out[AUDIT_WORD_LEN], uint32_t group)
{
	if (group)
		snprintf(out, AUDIT_WORD_LEN, "%" PRIu32, group);
}

/* groups stand where the tiers of a LUN's move do */
static void record_event(struct tierd *d, const struct dmtier_path_event *e)
{
	struct audit_record *r = events_record(d, e->event);

	if (!r)
		return;
	r->time_ns = (int64_t)e->time_ns;
	r->kernel_seq = (int64_t)e->seq;
	COPY(r->pool, e->map);
	COPY(r->from_dev, e->dev);
	COPY(r->key, e->key);
	COPY(r->value, e->value);
	COPY(r->reason, e->reason);
	if (e->state[0]) {
		COPY(r->key, "state");
		COPY(r->value, e->state);
	} else {
		group_text(r->from, e->from_group);
		group_text(r->to, e->group);
	}
}

/* beyond what there is room for the ledger's row is flagged, as after a loss */
static void note_last(struct tierd *d, const struct dmtier_path_event *e)
{
	struct paths *p = d->paths;
	struct path_last last;

	if (p->nr_last == LAST_MAX)
		return;
	path_last_fill(&last, &e->last, e->map_dev, (int64_t)(e->time_ns / 1000000));
	state_append((void **)&p->last, &p->nr_last, &last, sizeof(last));
}

/* true: the state should be read anew at once */
static bool handle(struct tierd *d, const struct dmtier_path_event *e)
{
	bool fresh = path_numbers_event(d, e);

	d->events_seen++;
	if (is(e, "path-removed")) {
		note_last(d, e);
		return true;
	}
	record_event(d, e);
	path_escalate_event(d, e);
	fresh |= path_flap_event(d, e);
	/* a new table has its own settings, and what went has to be booked */
	return fresh || is(e, "map-resumed") || is(e, "map-removed");
}

static int next(struct tierd *d, struct dmtier_events *events, bool *fresh)
{
	struct dmtier_path_event event;
	int ret = dmtier_path_event_next(events, &event);

	if (ret == 1)
		*fresh |= handle(d, &event);
	return ret;
}

const struct feed_kind path_feed = {
	.name = "events of paths",
	.open = dmtier_path_events_open,
	.next = next,
};
