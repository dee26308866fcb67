// SPDX-License-Identifier: GPL-2.0-only
/*
 * From cumulative counters of paths to usage rows, see ledger.c
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger-db.h"
#include "ledger-paths.h"
#include "ledger-span.h"

/* when all maps were looked at last, ms */
#define LOOKED	"maps looked at"

struct life {
	int64_t id;			/* 0: not known */
	int64_t time_ms;		/* last seen; of a new one: since when it is counted */
};

/* a path as it was last seen in this life */
struct seen {
	int64_t time_ms;
	uint64_t counter[LEDGER_PATH_NR_COUNTERS];
};

static int find_life(struct ledger *l, uint64_t epoch, const char *dev, struct life *life)
{
	sqlite3_stmt *st = ledger_statement(l, LEDGER_S_LIFE_GET);
	int ret = 0;

	if (!st)
		return -EIO;
	memset(life, 0, sizeof(*life));
	sqlite3_bind_int64(st, 1, (int64_t)epoch);
	sqlite3_bind_text(st, 2, dev, -1, SQLITE_STATIC);
	if (ledger_next(l, st, "read a map", &ret)) {
		life->id = sqlite3_column_int64(st, 0);
		life->time_ms = sqlite3_column_int64(st, 1);
	}
	sqlite3_reset(st);
	return ret;
}

static int store_life(struct ledger *l, const struct ledger_map *m, struct life *life)
{
	sqlite3_stmt *st = ledger_statement(l, LEDGER_S_LIFE_PUT);
	int err;

	if (!st)
		return -EIO;
	sqlite3_bind_int64(st, 1, (int64_t)m->epoch);
	sqlite3_bind_text(st, 2, m->dev, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 3, m->name, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 4, m->uuid, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 5, m->time_ms);
	err = ledger_run(l, st, "store a map");
	if (!err && !life->id)
		life->id = sqlite3_last_insert_rowid(l->db);
	return err;
}

/*
 * Where the counting of a life that is new to us begins. While we look at all maps
 * again and again, one that we have not seen yet cannot be older than the last look,
 * so its usage goes to the hours since its epoch; else to the present one, as the
 * hours before may have been billed.
 */
static int begin_life(struct ledger *l, const struct ledger_map *m, struct life *life)
{
	int64_t looked, epoch_ms = (int64_t)(m->epoch / 1000000);
	int err = ledger_get(l, LOOKED, &looked);

	if (err && err != -ENOENT)
		return err;
	life->time_ms = !err && epoch_ms >= looked && epoch_ms <= m->time_ms ? epoch_ms :
									       m->time_ms;
	return 0;
}

static int load_seen(struct ledger *l, const struct life *life, const char *dev,
		     struct seen *seen)
{
	sqlite3_stmt *st = ledger_statement(l, LEDGER_S_PATH_GET);
	int ret = 0;

	if (!st)
		return -EIO;
	memset(seen, 0, sizeof(*seen));
	/* a path that joins a map later has done nothing before the map was seen last */
	seen->time_ms = life->time_ms;
	sqlite3_bind_int64(st, 1, life->id);
	sqlite3_bind_text(st, 2, dev, -1, SQLITE_STATIC);
	if (ledger_next(l, st, "read a path", &ret)) {
		seen->time_ms = sqlite3_column_int64(st, 0);
		for (int c = 0; c < LEDGER_PATH_NR_COUNTERS; c++)
			seen->counter[c] = (uint64_t)sqlite3_column_int64(st, 1 + c);
	}
	sqlite3_reset(st);
	return ret;
}

static int store_seen(struct ledger *l, const struct life *life, const struct ledger_map *m,
		      const struct ledger_path *p)
{
	sqlite3_stmt *st = ledger_statement(l, LEDGER_S_PATH_PUT);

	if (!st)
		return -EIO;
	sqlite3_bind_int64(st, 1, life->id);
	sqlite3_bind_text(st, 2, p->dev, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 3, l->sequence);
	sqlite3_bind_int64(st, 4, m->time_ms);
	for (int c = 0; c < LEDGER_PATH_NR_COUNTERS; c++)
		sqlite3_bind_int64(st, 5 + c, (int64_t)p->counter[c]);
	return ledger_run(l, st, "store a path");
}

struct booking {
	struct ledger *ledger;
	const struct ledger_map *map;
	const struct ledger_path *path;
	int64_t life;
};

static int book_row(int64_t start, const uint64_t *delta, uint32_t flags, void *arg)
{
	const struct booking *b = arg;
	struct ledger *l = b->ledger;
	sqlite3_stmt *st = ledger_statement(l, LEDGER_S_PATH_ADD);

	if (!st)
		return -EIO;
	sqlite3_bind_int64(st, 1, l->sequence);
	sqlite3_bind_int64(st, 2, b->life);
	sqlite3_bind_text(st, 3, b->map->name, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 4, b->map->uuid, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 5, b->map->consumer, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 6, b->path->dev, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 7, b->path->cost);
	sqlite3_bind_int64(st, 8, (int64_t)b->map->epoch);
	sqlite3_bind_int64(st, 9, start);
	sqlite3_bind_int64(st, 10, start + LEDGER_PERIOD);
	sqlite3_bind_int64(st, 11, flags);
	for (int c = 0; c < LEDGER_PATH_NR_COUNTERS; c++)
		sqlite3_bind_int64(st, 12 + c, (int64_t)delta[c]);
	return ledger_run(l, st, "book a path's usage");
}

static bool any_fell(const uint64_t *last, const uint64_t *now)
{
	for (int c = 0; c < LEDGER_PATH_NR_COUNTERS; c++)
		if (ledger_fell(last[c], now[c]))
			return true;
	return false;
}

/* @stale: what is older than what was seen is no news, and not a gap */
static int add_path(struct ledger *l, const struct life *life, const struct ledger_map *m,
		    const struct ledger_path *p, bool stale, struct ledger_result *res)
{
	struct booking b = { .ledger = l, .map = m, .path = p, .life = life->id };
	uint64_t delta[LEDGER_PATH_NR_COUNTERS];
	struct seen seen;
	bool gap;
	int err;

	err = load_seen(l, life, p->dev, &seen);
	if (err)
		return err;
	gap = any_fell(seen.counter, p->counter);
	if (gap && stale)
		return 0;
	gap |= ledger_differences(seen.counter, p->counter, delta, LEDGER_PATH_NR_COUNTERS);
	res->gap |= gap;
	err = ledger_span(seen.time_ms, m->time_ms, delta, LEDGER_PATH_NR_COUNTERS,
			  gap ? LEDGER_FLAG_GAP : 0, book_row, &b);
	return err ? err : store_seen(l, life, m, p);
}

static int add_all(struct ledger *l, const struct ledger_map *m, bool stale,
		   struct life *life, struct ledger_result *res)
{
	int err;

	memset(res, 0, sizeof(*res));
	if (!l->in_transaction || m->time_ms < 0)
		return -EINVAL;
	err = find_life(l, m->epoch, m->dev, life);
	if (!err && !life->id) {
		res->new_instance = true;
		err = begin_life(l, m, life);
	}
	if (!err)
		err = store_life(l, m, life);
	for (uint32_t i = 0; !err && i < m->nr_paths; i++)
		err = add_path(l, life, m, &m->path[i], stale, res);
	return err;
}

int ledger_map_add(struct ledger *l, const struct ledger_map *m, struct ledger_result *res)
{
	struct ledger_result unused;
	struct life life;

	return add_all(l, m, false, &life, res ? res : &unused);
}

int ledger_path_last(struct ledger *l, const struct ledger_map *m)
{
	struct ledger_result unused;
	sqlite3_stmt *st;
	struct life life;
	int err;

	err = add_all(l, m, true, &life, &unused);
	for (uint32_t i = 0; !err && i < m->nr_paths; i++) {
		st = ledger_statement(l, LEDGER_S_PATH_LEFT);
		if (!st)
			return -EIO;
		sqlite3_bind_int64(st, 1, life.id);
		sqlite3_bind_text(st, 2, m->path[i].dev, -1, SQLITE_STATIC);
		err = ledger_run(l, st, "mark a path as gone");
	}
	return err;
}

static int settle(struct ledger *l, enum ledger_statement which, const char *what)
{
	sqlite3_stmt *st = ledger_statement(l, which);

	if (!st)
		return -EIO;
	sqlite3_bind_int64(st, 1, l->sequence);
	return ledger_run(l, st, what);
}

int ledger_maps_settle(struct ledger *l, int64_t time_ms)
{
	int err;

	if (!l->in_transaction)
		return -EINVAL;
	err = settle(l, LEDGER_S_PATHS_FLAG, "flag the last rows of paths");
	if (!err)
		err = settle(l, LEDGER_S_PATHS_ABSENT, "mark paths as absent");
	return err ? err : ledger_put(l, LOOKED, time_ms);
}
