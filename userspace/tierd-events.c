// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel tells, and the audit log made of it
 *
 * Records wait in memory until the ledger has taken them: a full disk must not
 * lose them. Where the kernel's numbering shows that events were lost, the log
 * says so, and a fresh sample finds the present state.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tierd-path.h"

#define WAIT_MAX	8192	/* audit records in memory */

struct numbering {
	uint8_t uuid[LEDGER_UUID_LEN];
	uint64_t seq;
};

struct ended {
	uint8_t uuid[LEDGER_UUID_LEN];
	uint32_t lun;
	int64_t time_ms;
	bool counted;			/* @last holds what it did in the end */
	struct ledger_sample last;
};

struct journal {
	struct audit_record *record;
	size_t nr_records;
	uint64_t dropped;		/* for want of room */
	struct ended *ended;		/* LUNs that went, or came new */
	size_t nr_ended;
	struct numbering *numbering;
	size_t nr_numberings;
	bool complained;
};

static const char *const audited[] = {
	"move-done", "move-failed", "lun-migrating", "lun-moved", "policy", "lun-created",
	"lun-deleted", "lun-resized", "device-state", "evacuation-done", "metadata",
};

int events_new(struct tierd *d)
{
	d->journal = calloc(1, sizeof(*d->journal));
	return d->journal ? 0 : -ENOMEM;
}

void events_free(struct tierd *d)
{
	if (!d->journal)
		return;
	free(d->journal->record);
	free(d->journal->ended);
	free(d->journal->numbering);
	free(d->journal);
	d->journal = NULL;
}

static void *one_more(void **array, size_t *nr, size_t size)
{
	char *more = realloc(*array, (*nr + 1) * size);

	if (!more)
		return NULL;
	*array = more;
	return memset(more + (*nr)++ * size, 0, size);
}

struct audit_record *events_record(struct tierd *d, const char *kind)
{
	struct journal *j = d->journal;
	struct audit_record *r = NULL;

	if (j->nr_records < WAIT_MAX)
		r = one_more((void **)&j->record, &j->nr_records, sizeof(*r));
	if (r)
		audit_record_init(r, kind);
	else
		j->dropped++;
	return r;
}

#define COPY(to, from)	snprintf(to, sizeof(to), "%.*s", (int)sizeof(to) - 1, from)

static void record_event(struct tierd *d, const struct dmtier_event *e)
{
	struct audit_record *r = events_record(d, e->event);

	if (!r)
		return;
	r->time_ns = (int64_t)e->time_ns;
	r->kernel_seq = (int64_t)e->seq;
	if (e->has[DM_TIER_A_LUN])
		r->lun = e->lun;
	if (e->has[DM_TIER_A_LOGICAL])
		r->logical = (int64_t)e->logical;
	if (e->has[DM_TIER_A_ERROR])
		r->error = e->error;
	memcpy(r->pool_uuid, e->pool_uuid, sizeof(r->pool_uuid));
	COPY(r->pool, e->pool);
	COPY(r->from, e->from);
	COPY(r->to, e->to);
	COPY(r->from_dev, e->dev[0] ? e->dev : e->from_dev);
	COPY(r->to_dev, e->to_dev);
	COPY(r->key, e->key);
	COPY(r->value, e->key[0] ? e->value : e->state);
	COPY(r->reason, e->reason);
	if (e->has[DM_TIER_A_SECTORS] && !r->key[0]) {
		COPY(r->key, "sectors");
		snprintf(r->value, sizeof(r->value), "%" PRIu64, e->sectors);
	} else if (r->value[0] && !r->key[0]) {
		COPY(r->key, "state");
	}
}

void events_loss(struct tierd *d, const char *name, const uint8_t *uuid, const char *what)
{
	struct audit_record *r = events_record(d, "events-lost");

	tierd_log(LOG_WARNING, "%s%s%s; the state is read anew", name, name[0] ? ": " : "",
		  what);
	if (!r)
		return;
	r->time_ns = state_now_ms() * 1000000;
	COPY(r->pool, name);
	COPY(r->reason, what);
	if (uuid)
		memcpy(r->pool_uuid, uuid, sizeof(r->pool_uuid));
}

bool events_missed(struct tierd *d, const char *name, const uint8_t *uuid, uint64_t *last,
		   uint64_t seq)
{
	uint64_t before = *last;
	char what[96];

	*last = seq;
	/* numbers start anew when what they count does: only a jump forward is a loss */
	if (seq <= before || seq == before + 1)
		return false;
	d->events_lost += seq - before - 1;
	snprintf(what, sizeof(what), "events %" PRIu64 " to %" PRIu64 " were lost", before + 1,
		 seq - 1);
	events_loss(d, name, uuid, what);
	return true;
}

static bool lost_some(struct tierd *d, const struct dmtier_event *e)
{
	struct journal *j = d->journal;
	struct numbering *n = j->numbering, *end = n + j->nr_numberings;

	while (n < end && memcmp(n->uuid, e->pool_uuid, sizeof(n->uuid)))
		n++;
	if (n == end) {
		n = one_more((void **)&j->numbering, &j->nr_numberings, sizeof(*n));
		if (!n)
			return false;
		memcpy(n->uuid, e->pool_uuid, sizeof(n->uuid));
		n->seq = e->seq;
		return false;
	}
	return events_missed(d, e->pool, e->pool_uuid, &n->seq, e->seq);
}

static bool is(const struct dmtier_event *e, const char *name)
{
	return !strcmp(e->event, name);
}

static void note_ended(struct tierd *d, const struct dmtier_event *e)
{
	struct journal *j = d->journal;
	struct ended *ended = one_more((void **)&j->ended, &j->nr_ended, sizeof(*ended));

	if (!ended)
		return;
	ended->counted = is(e, "lun-deleted") && meter_last(&ended->last, &d->state, e);
	if (ended->counted)
		snprintf(ended->last.consumer, sizeof(ended->last.consumer), "%s",
			 tierd_consumer(e->pool, e->lun, d));
	memcpy(ended->uuid, e->pool_uuid, sizeof(ended->uuid));
	ended->lun = e->lun;
	ended->time_ms = (int64_t)(e->time_ns / 1000000);
}

/* true: the state should be read anew at once */
static bool handle(struct tierd *d, const struct dmtier_event *e)
{
	bool fresh = lost_some(d, e);

	d->events_seen++;
	for (size_t i = 0; i < sizeof(audited) / sizeof(audited[0]); i++)
		if (is(e, audited[i]))
			record_event(d, e);
	if (is(e, "lun-created") || is(e, "lun-deleted"))
		note_ended(d, e);
	if (is(e, "threshold-up") || is(e, "threshold-down"))
		policy_threshold(d, e);
	escalate_event(d, e);
	return fresh || is(e, "lun-created");
}

static int write_all(struct tierd *d)
{
	struct journal *j = d->journal;
	struct audit_record *loss;
	int err;

	if (j->dropped && j->nr_records < WAIT_MAX) {
		loss = events_record(d, "records-lost");
		if (loss) {
			loss->time_ns = state_now_ms() * 1000000;
			snprintf(loss->reason, sizeof(loss->reason),
				 "%" PRIu64 " records had no room while the ledger could not be written",
				 j->dropped);
			j->dropped = 0;
		}
	}
	err = ledger_begin(d->ledger);
	if (err)
		return err;
	for (size_t i = 0; !err && i < j->nr_ended; i++)
		err = j->ended[i].counted ?
		      ledger_end(d->ledger, &j->ended[i].last) :
		      ledger_gone(d->ledger, j->ended[i].uuid, j->ended[i].lun,
				  j->ended[i].time_ms);
	for (size_t i = 0; !err && i < j->nr_records; i++)
		err = audit_append(d->ledger, &j->record[i]);
	if (!err)
		err = path_numbers_store(d);
	if (err) {
		ledger_rollback(d->ledger);
		return err;
	}
	err = ledger_commit(d->ledger);
	if (!err)
		path_numbers_stored(d);
	return err;
}

void events_flush(struct tierd *d)
{
	struct journal *j = d->journal;
	char err[256];

	if (!j->nr_records && !j->nr_ended && !j->dropped && !path_numbers_unstored(d))
		return;
	if (write_all(d)) {
		if (!j->complained)
			tierd_log(LOG_ERR, "%s; audit records wait in memory: make room, or mend the disk",
				  ledger_error(d->ledger));
		j->complained = true;
		return;
	}
	j->complained = false;
	j->nr_ended = 0;
	if (j->nr_records && audit_keep_head(d->ledger, d->ledger_path, err, sizeof(err)))
		tierd_log(LOG_ERR, "%s", err);
	j->nr_records = 0;
}

static int next(struct tierd *d, struct dmtier_events *events, bool *fresh)
{
	struct dmtier_event event;
	int ret = dmtier_event_next(events, &event);

	if (ret == 1)
		*fresh |= handle(d, &event);
	return ret;
}

const struct feed_kind tier_feed = {
	.name = "events",
	.open = dmtier_events_open,
	.next = next,
};
