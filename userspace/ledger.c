// SPDX-License-Identifier: GPL-2.0-only
/*
 * From cumulative counters to usage rows
 *
 * Everything here runs inside one transaction of the caller's: the rows and the
 * counters that they were made from become durable together or not at all.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger-db.h"
#include "ledger-span.h"

__extension__ typedef unsigned __int128 wide;

/* a host crash takes back at most this much of what the pool had counted */
#define SETBACK_MS	60000

struct lun_state {
	uint32_t instance;
	uint32_t epoch;
	uint64_t generation;
	int64_t since_ms;
	int64_t time_ms;
	bool known;
	bool gone;
	uint32_t nr_tiers;
	struct ledger_tier tier[LEDGER_MAX_TIERS * 2];	/* tiers may have been renamed */
};

static void bind_lun(sqlite3_stmt *st, const uint8_t *pool_uuid, uint32_t lun)
{
	sqlite3_bind_blob(st, 1, pool_uuid, LEDGER_UUID_LEN, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, lun);
}

static int load_lun(struct ledger *l, const struct ledger_sample *s, struct lun_state *state)
{
	sqlite3_stmt *st = ledger_statement(l, LEDGER_S_LUN_GET);
	int ret = 0;

	if (!st)
		return -EIO;
	bind_lun(st, s->pool_uuid, s->lun);
	if (ledger_next(l, st, "read a LUN", &ret)) {
		state->known = true;
		state->instance = (uint32_t)sqlite3_column_int64(st, 0);
		state->gone = sqlite3_column_int(st, 1);
		state->epoch = (uint32_t)sqlite3_column_int64(st, 2);
		state->generation = (uint64_t)sqlite3_column_int64(st, 3);
		state->since_ms = sqlite3_column_int64(st, 4);
		state->time_ms = sqlite3_column_int64(st, 5);
	}
	sqlite3_reset(st);
	return ret;
}

static int load_counters(struct ledger *l, const struct ledger_sample *s,
			 struct lun_state *state)
{
	sqlite3_stmt *st = ledger_statement(l, LEDGER_S_LAST_GET);
	struct ledger_tier *t;
	int ret = 0;

	if (!st)
		return -EIO;
	bind_lun(st, s->pool_uuid, s->lun);
	while (ledger_next(l, st, "read the counters last seen", &ret)) {
		if (state->nr_tiers == LEDGER_MAX_TIERS * 2)
			break;
		t = &state->tier[state->nr_tiers++];
		ledger_text(st, 0, t->name, sizeof(t->name));
		t->extents = (uint64_t)sqlite3_column_int64(st, 1);
		for (int i = 0; i < LEDGER_NR_COUNTERS; i++)
			t->counter[i] = (uint64_t)sqlite3_column_int64(st, 2 + i);
	}
	sqlite3_reset(st);
	return ret;
}

static const struct ledger_tier *last_of(const struct lun_state *state, const char *name)
{
	for (uint32_t i = 0; i < state->nr_tiers; i++)
		if (!strcmp(state->tier[i].name, name))
			return &state->tier[i];
	return NULL;
}

/*
 * Is this another LUN than the one last seen under its id? Only the time held
 * can tell: it grows at a known pace, so that a crash takes back at most the
 * extents times SETBACK_MS. With an older pool generation (metadata brought
 * back from a copy) no fall proves anything, and what cannot be proven is a
 * setback: that may lose usage, but never counts it twice.
 */
static bool recreated(const struct lun_state *state, const struct ledger_sample *s)
{
	wide before = 0, now = 0, allowance = 0;
	const struct ledger_tier *last;

	if (s->generation < state->generation)
		return false;
	for (uint32_t i = 0; i < s->nr_tiers; i++) {
		last = last_of(state, s->tier[i].name);
		if (!last)
			continue;
		if (last->counter[LEDGER_HELD] >= -LEDGER_WRAP_ZONE)
			return false;
		before += last->counter[LEDGER_HELD];
		now += s->tier[i].counter[LEDGER_HELD];
		allowance += (wide)last->extents * SETBACK_MS;
	}
	return before > now + allowance;
}

static bool any_fell(const struct lun_state *state, const struct ledger_sample *s)
{
	const struct ledger_tier *last;

	for (uint32_t i = 0; i < s->nr_tiers; i++) {
		last = last_of(state, s->tier[i].name);
		for (int c = 0; last && c < LEDGER_NR_COUNTERS; c++)
			if (ledger_fell(last->counter[c], s->tier[i].counter[c]))
				return true;
	}
	return false;
}

/* the state that the differences are taken against, after what @s tells */
static int settle(struct ledger *l, struct lun_state *state, const struct ledger_sample *s,
		  struct ledger_result *res)
{
	bool down = state->known && !state->gone && any_fell(state, s);
	sqlite3_stmt *st;

	if (down && !recreated(state, s)) {
		state->epoch++;
		res->gap = true;
		return 0;
	}
	if (state->known && !state->gone && !down)
		return 0;
	res->new_instance = true;
	state->instance++;
	state->epoch = 0;
	state->since_ms = s->time_ms;
	state->time_ms = s->time_ms;
	state->nr_tiers = 0;
	st = ledger_statement(l, LEDGER_S_LAST_DROP);
	if (!st)
		return -EIO;
	bind_lun(st, s->pool_uuid, s->lun);
	return ledger_run(l, st, "forget old counters");
}

struct booking {
	struct ledger *ledger;
	const struct ledger_sample *sample;
	const struct lun_state *state;
	const char *tier;
};

static int book_row(int64_t start, const uint64_t *delta, uint32_t flags, void *arg)
{
	const struct booking *b = arg;
	const struct ledger_sample *s = b->sample;
	struct ledger *l = b->ledger;
	sqlite3_stmt *st = ledger_statement(l, LEDGER_S_USAGE_ADD);

	if (!st)
		return -EIO;
	sqlite3_bind_int64(st, 1, l->sequence);
	sqlite3_bind_blob(st, 2, s->pool_uuid, LEDGER_UUID_LEN, SQLITE_STATIC);
	sqlite3_bind_text(st, 3, s->pool, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 4, s->consumer, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 5, s->lun);
	sqlite3_bind_int64(st, 6, b->state->instance);
	sqlite3_bind_text(st, 7, b->tier, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 8, start);
	sqlite3_bind_int64(st, 9, start + LEDGER_PERIOD);
	sqlite3_bind_int64(st, 10, b->state->epoch);
	sqlite3_bind_int64(st, 11, (int64_t)s->generation);
	sqlite3_bind_int64(st, 12, (int64_t)s->extent_bytes);
	sqlite3_bind_int64(st, 13, flags);
	for (int c = 0; c < LEDGER_NR_COUNTERS; c++)
		sqlite3_bind_int64(st, 14 + c, (int64_t)delta[c]);
	return ledger_run(l, st, "book usage");
}

static int store_tier(struct ledger *l, const struct ledger_sample *s,
		      const struct ledger_tier *t)
{
	sqlite3_stmt *st = ledger_statement(l, LEDGER_S_LAST_PUT);

	if (!st)
		return -EIO;
	bind_lun(st, s->pool_uuid, s->lun);
	sqlite3_bind_text(st, 3, t->name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 4, (int64_t)t->extents);
	for (int c = 0; c < LEDGER_NR_COUNTERS; c++)
		sqlite3_bind_int64(st, 5 + c, (int64_t)t->counter[c]);
	return ledger_run(l, st, "store counters");
}

static int store_lun(struct ledger *l, const struct ledger_sample *s,
		     const struct lun_state *state)
{
	sqlite3_stmt *st = ledger_statement(l, LEDGER_S_LUN_PUT);

	if (!st)
		return -EIO;
	bind_lun(st, s->pool_uuid, s->lun);
	sqlite3_bind_int64(st, 3, state->instance);
	sqlite3_bind_int64(st, 4, state->epoch);
	sqlite3_bind_int64(st, 5, (int64_t)s->generation);
	sqlite3_bind_int64(st, 6, state->since_ms);
	sqlite3_bind_int64(st, 7, s->time_ms);
	return ledger_run(l, st, "store a LUN");
}

static int add_tier(struct ledger *l, const struct lun_state *state,
		    const struct ledger_sample *s, const struct ledger_tier *t,
		    struct ledger_result *res)
{
	const struct ledger_tier *last = last_of(state, t->name);
	struct booking b = { .ledger = l, .sample = s, .state = state, .tier = t->name };
	uint64_t delta[LEDGER_NR_COUNTERS];
	int err;

	if (ledger_differences(last ? last->counter : NULL, t->counter, delta,
			       LEDGER_NR_COUNTERS))
		res->gap = true;
	err = ledger_span(state->time_ms, s->time_ms, delta, LEDGER_NR_COUNTERS,
			  res->gap ? LEDGER_FLAG_GAP : 0, book_row, &b);
	if (err)
		return err;
	/* most LUNs sit idle on most tiers: do not write what has not changed */
	if (last && !memcmp(last->counter, t->counter, sizeof(t->counter)) &&
	    last->extents == t->extents)
		return 0;
	return store_tier(l, s, t);
}

int ledger_add(struct ledger *l, const struct ledger_sample *s, struct ledger_result *res)
{
	struct ledger_result unused;
	struct lun_state state = { 0 };
	int err;

	if (!res)
		res = &unused;
	memset(res, 0, sizeof(*res));
	if (!l->in_transaction || s->nr_tiers > LEDGER_MAX_TIERS || s->time_ms < 0)
		return -EINVAL;
	err = load_lun(l, s, &state);
	if (!err)
		err = load_counters(l, s, &state);
	if (!err)
		err = settle(l, &state, s, res);
	for (uint32_t i = 0; !err && i < s->nr_tiers; i++)
		err = add_tier(l, &state, s, &s->tier[i], res);
	return err ? err : store_lun(l, s, &state);
}

static int mark_gone(struct ledger *l, const uint8_t pool_uuid[LEDGER_UUID_LEN], uint32_t lun,
		     int64_t time_ms)
{
	sqlite3_stmt *st = ledger_statement(l, LEDGER_S_LUN_GONE);

	if (!st)
		return -EIO;
	bind_lun(st, pool_uuid, lun);
	sqlite3_bind_int64(st, 3, time_ms);
	return ledger_run(l, st, "mark a LUN as gone");
}

/*
 * What the LUN did between the last sample and its end went with its counters:
 * the row of that hour says so.
 */
int ledger_gone(struct ledger *l, const uint8_t pool_uuid[LEDGER_UUID_LEN], uint32_t lun,
		int64_t time_ms)
{
	sqlite3_stmt *st;
	int err;

	err = mark_gone(l, pool_uuid, lun, time_ms);
	if (err || !sqlite3_changes(l->db))
		return err;
	st = ledger_statement(l, LEDGER_S_LUN_FLAG);
	if (!st)
		return -EIO;
	bind_lun(st, pool_uuid, lun);
	sqlite3_bind_int64(st, 3, LEDGER_FLAG_GAP);
	sqlite3_bind_int64(st, 4, l->sequence);
	return ledger_run(l, st, "flag a LUN's last row");
}

int ledger_end(struct ledger *l, const struct ledger_sample *s)
{
	struct lun_state state = { 0 };
	int err;

	err = load_lun(l, s, &state);
	if (err)
		return err;
	if (state.known && (state.gone || state.since_ms >= s->time_ms ||
			    state.time_ms > s->time_ms))
		return ledger_gone(l, s->pool_uuid, s->lun, s->time_ms);
	err = ledger_add(l, s, NULL);
	/* one that no sample has seen is known since this very moment */
	return err ? err : mark_gone(l, s->pool_uuid, s->lun, s->time_ms + 1);
}

/* ids are read first: @fn may use the ledger */
int ledger_known(struct ledger *l, const uint8_t pool_uuid[LEDGER_UUID_LEN],
		 int (*fn)(uint32_t lun, void *arg), void *arg)
{
	sqlite3_stmt *st = ledger_statement(l, LEDGER_S_LUN_KNOWN);
	uint32_t *id = NULL, *more;
	size_t n = 0, room = 0;
	int ret = 0;

	if (!st)
		return -EIO;
	sqlite3_bind_blob(st, 1, pool_uuid, LEDGER_UUID_LEN, SQLITE_STATIC);
	while (ledger_next(l, st, "read the LUNs", &ret)) {
		if (n == room) {
			room = room ? room * 2 : 64;
			more = realloc(id, room * sizeof(*id));
			if (!more) {
				ret = -ENOMEM;
				break;
			}
			id = more;
		}
		id[n++] = (uint32_t)sqlite3_column_int64(st, 0);
	}
	sqlite3_reset(st);
	for (size_t i = 0; !ret && i < n; i++)
		ret = fn(id[i], arg);
	free(id);
	return ret;
}
