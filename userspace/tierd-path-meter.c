// SPDX-License-Identifier: GPL-2.0-only
/*
 * Usage sampling of paths
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tierd-path-meter.h"

static void fill_path(struct ledger_path *out, const struct dmtier_path *p)
{
	memset(out, 0, sizeof(*out));
	snprintf(out->dev, sizeof(out->dev), "%s", p->dev);
	out->cost = p->cost;
	out->counter[LEDGER_PATH_READ_IOS] = p->read_ios;
	out->counter[LEDGER_PATH_WRITE_IOS] = p->write_ios;
	out->counter[LEDGER_PATH_READ_SECTORS] = p->read_sectors;
	out->counter[LEDGER_PATH_WRITE_SECTORS] = p->write_sectors;
	out->counter[LEDGER_PATH_READ_NS] = p->read_ns;
	out->counter[LEDGER_PATH_WRITE_NS] = p->write_ns;
	out->counter[LEDGER_PATH_ERRORS] = p->errors;
	out->counter[LEDGER_PATH_RETRIES] = p->retries;
	out->counter[LEDGER_PATH_HEDGES_SENT] = p->hedges_sent;
	out->counter[LEDGER_PATH_HEDGES_WON] = p->hedges_won;
	for (int s = 0; s < DMTIER_PATH_STATES; s++)
		out->counter[LEDGER_PATH_UP_MS + s] = p->spent_ms[s];
}

static void fill_map(struct ledger_map *out, const char *name, const char *uuid,
		     const char *dev, uint64_t epoch, int64_t time_ms)
{
	memset(out, 0, sizeof(*out));
	out->epoch = epoch;
	out->time_ms = time_ms;
	snprintf(out->dev, sizeof(out->dev), "%s", dev);
	snprintf(out->name, sizeof(out->name), "%s", name);
	snprintf(out->uuid, sizeof(out->uuid), "%s", uuid);
}

void path_last_fill(struct path_last *out, const struct dmtier_path *p, const char *map_dev,
		    int64_t time_ms)
{
	fill_map(&out->map, p->map, p->map_uuid, map_dev, p->epoch, time_ms);
	fill_path(&out->path, p);
}

static int book_map(struct ledger *l, const struct maps *m, const struct dmtier_map *map,
		    const char *consumer, struct path_meter_result *res)
{
	struct ledger_path *path = calloc(m->nr_paths + m->nr_former + 1, sizeof(*path));
	struct ledger_result one;
	struct ledger_map out;
	int err;

	if (!path)
		return -ENOMEM;
	fill_map(&out, map->name, map->uuid, map->dev, map->epoch, m->time_ms);
	snprintf(out.consumer, sizeof(out.consumer), "%s", consumer);
	out.path = path;
	for (size_t i = 0; i < m->nr_paths; i++)
		if (!strcmp(m->path[i].map, map->name))
			fill_path(&path[out.nr_paths++], &m->path[i]);
	for (size_t i = 0; i < m->nr_former; i++)
		if (!strcmp(m->former[i].map, map->name))
			fill_path(&path[out.nr_paths++], &m->former[i]);
	err = ledger_map_add(l, &out, &one);
	res->gaps += !err && one.gap;
	free(path);
	return err;
}

static int book_last(struct ledger *l, const struct path_last *last, const char *consumer)
{
	struct ledger_map map = last->map;

	snprintf(map.consumer, sizeof(map.consumer), "%s", consumer);
	map.path = &last->path;
	map.nr_paths = 1;
	return ledger_path_last(l, &map);
}

/*
 * The sample first: a path that went while it was taken is in there with less than
 * its last counters say.
 */
int path_meter_book(struct ledger *l, const struct maps *m, const struct path_last *last,
		    size_t nr_last, path_consumer_fn consumer, void *arg,
		    struct path_meter_result *res)
{
	int err;

	memset(res, 0, sizeof(*res));
	err = ledger_begin(l);
	if (err)
		return err;
	for (size_t i = 0; !err && i < m->nr_maps; i++)
		err = book_map(l, m, &m->map[i], consumer(m->map[i].name, arg), res);
	for (size_t i = 0; !err && i < nr_last; i++)
		err = book_last(l, &last[i], consumer(last[i].map.name, arg));
	if (!err)
		err = ledger_maps_settle(l, m->time_ms);
	if (err) {
		ledger_rollback(l);
		return err;
	}
	return ledger_commit(l);
}
