// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel tells of maps and paths, and the audit records made of it
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tierd-path.h"

#define BATCH		512	/* events a round: timers and HTTP get their turn */
#define LAST_MAX	8192	/* last counters in memory */
#define LIVES_MAX	1024	/* whose numbering is known */

struct numbering {
	uint64_t epoch;
	uint64_t seq;
};

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

/* true: some were lost on the way */
static bool lost_some(struct tierd *d, const struct dmtier_path_event *e)
{
	struct paths *p = d->paths;
	struct numbering *n = p->numbering, *end = n + p->nr_numberings;
	struct numbering new = { .epoch = e->epoch, .seq = e->seq };
	uint64_t before;
	char what[96];

	while (n < end && n->epoch != e->epoch)
		n++;
	if (n == end) {
		/* the oldest make room */
		if (p->nr_numberings == LIVES_MAX)
			memmove(p->numbering, p->numbering + 1,
				--p->nr_numberings * sizeof(*n));
		state_append((void **)&p->numbering, &p->nr_numberings, &new, sizeof(new));
		return false;
	}
	before = n->seq;
	n->seq = e->seq;
	if (e->seq <= before || e->seq == before + 1)
		return false;
	d->events_lost += e->seq - before - 1;
	snprintf(what, sizeof(what), "events %" PRIu64 " to %" PRIu64 " were lost", before + 1,
		 e->seq - 1);
	events_loss(d, e->map, what);
	return true;
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
	bool fresh = lost_some(d, e);

	d->events_seen++;
	if (is(e, "path-removed")) {
		note_last(d, e);
		return true;
	}
	record_event(d, e);
	path_escalate_event(d, e);
	/* a new table has its own settings, and what went has to be booked */
	return fresh || is(e, "map-resumed") || is(e, "map-removed");
}

bool path_events_take(struct tierd *d)
{
	struct paths *p = d->paths;
	struct dmtier_path_event event;
	bool fresh = false;
	int ret;

	for (int i = 0; p->events && i < BATCH; i++) {
		ret = dmtier_path_event_next(p->events, &event);
		if (!ret)
			break;
		if (ret == 1) {
			fresh |= handle(d, &event);
			continue;
		}
		fresh = true;
		if (ret != -ENOBUFS) {
			tierd_log(LOG_ERR, "events of paths: %s; connecting again",
				  strerror(-ret));
			path_events_disconnect(d);
			break;
		}
		d->events_overruns++;
		events_loss(d, "", "more events came than the socket had room for");
	}
	events_flush(d);
	return fresh;
}

static int watch_ready(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct tierd *d = arg;

	(void)source;
	(void)fd;
	(void)revents;
	if (path_events_take(d))
		tierd_sample(d);
	return 0;
}

int path_events_connect(struct tierd *d)
{
	struct paths *p = d->paths;
	int err = dmtier_path_events_open(&p->events);

	if (err) {
		p->events = NULL;
		return err;
	}
	err = sd_event_add_io(d->event, &p->watch, dmtier_events_fd(p->events), EPOLLIN,
			      watch_ready, d);
	if (err < 0)
		path_events_disconnect(d);
	return err < 0 ? err : 0;
}

void path_events_disconnect(struct tierd *d)
{
	struct paths *p = d->paths;

	p->watch = sd_event_source_unref(p->watch);
	dmtier_events_close(p->events);
	p->events = NULL;
}
