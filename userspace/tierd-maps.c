// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel showed of multipath maps at one time
 */
#include <stdlib.h>
#include <string.h>

#include "tierd-maps.h"
#include "tierd-state.h"

#define READS_MAX	4	/* of a state that does not stand still */

static int take_map(const struct dmtier_map *map, void *arg)
{
	struct maps *m = arg;

	return state_append((void **)&m->map, &m->nr_maps, map, sizeof(*map));
}

static int take_group(const struct dmtier_group *group, void *arg)
{
	struct maps *m = arg;

	return state_append((void **)&m->group, &m->nr_groups, group, sizeof(*group));
}

static int take_path(const struct dmtier_path *path, void *arg)
{
	struct maps *m = arg;

	return state_append((void **)&m->path, &m->nr_paths, path, sizeof(*path));
}

static int take_former(const struct dmtier_path *path, void *arg)
{
	struct maps *m = arg;

	return state_append((void **)&m->former, &m->nr_former, path, sizeof(*path));
}

static bool lived(const struct maps *m, const char *name, uint64_t epoch)
{
	const struct dmtier_map *map = maps_find(m, name);

	return map && map->epoch == epoch;
}

/*
 * Maps go first and again last: one that came or went in between could look as if
 * it had lost its paths. Only those stay that lived all along, and what is theirs.
 */
static void keep_steady(struct maps *m, const struct maps *after)
{
	size_t i, kept;

	for (i = kept = 0; i < m->nr_maps; i++)
		if (lived(after, m->map[i].name, m->map[i].epoch))
			m->map[kept++] = m->map[i];
	m->nr_maps = kept;
	for (i = kept = 0; i < m->nr_groups; i++)
		if (lived(m, m->group[i].map, m->group[i].epoch))
			m->group[kept++] = m->group[i];
	m->nr_groups = kept;
	for (i = kept = 0; i < m->nr_paths; i++)
		if (lived(m, m->path[i].map, m->path[i].epoch))
			m->path[kept++] = m->path[i];
	m->nr_paths = kept;
	for (i = kept = 0; i < m->nr_former; i++)
		if (lived(m, m->former[i].map, m->former[i].epoch))
			m->former[kept++] = m->former[i];
	m->nr_former = kept;
}

/* something happened to a map meanwhile: its events are numbered */
static bool stirred(const struct maps *m, const struct maps *after)
{
	const struct dmtier_map *later;

	for (size_t i = 0; i < m->nr_maps; i++) {
		later = maps_find(after, m->map[i].name);
		if (later && later->epoch == m->map[i].epoch && later->seq != m->map[i].seq)
			return true;
	}
	return false;
}

static int read_all(struct dmtier *h, struct maps *m, struct maps *after)
{
	int err;

	err = dmtier_maps(h, NULL, take_map, m);
	if (!err)
		err = dmtier_groups(h, NULL, take_group, m);
	if (!err)
		err = dmtier_paths(h, NULL, take_path, m);
	if (!err)
		err = dmtier_former_paths(h, NULL, take_former, m);
	if (!err)
		err = dmtier_maps(h, NULL, take_map, after);
	return err;
}

/*
 * A new table in between could hide a path that comes back into it: it is not there yet
 * when the paths are read, and no former one any more when those are. So it is read
 * again after any news, but not for ever.
 */
int maps_read(struct dmtier *h, struct maps *m)
{
	struct maps new = { 0 }, after = { 0 };
	int err, tries = READS_MAX;

	do {
		maps_free(&new);
		maps_free(&after);
		err = read_all(h, &new, &after);
	} while (!err && stirred(&new, &after) && --tries);
	if (err) {
		maps_free(&new);
	} else {
		keep_steady(&new, &after);
		new.time_ms = state_now_ms();
		maps_free(m);
		*m = new;
	}
	maps_free(&after);
	return err;
}

void maps_free(struct maps *m)
{
	free(m->map);
	free(m->group);
	free(m->path);
	free(m->former);
	memset(m, 0, sizeof(*m));
}

const struct dmtier_map *maps_find(const struct maps *m, const char *name)
{
	for (size_t i = 0; i < m->nr_maps; i++)
		if (!strcmp(m->map[i].name, name))
			return &m->map[i];
	return NULL;
}

bool maps_live(const struct maps *m, uint64_t epoch)
{
	for (size_t i = 0; i < m->nr_maps; i++)
		if (m->map[i].epoch == epoch)
			return true;
	return false;
}

const struct dmtier_group *maps_preferred(const struct maps *m, const char *map)
{
	const struct dmtier_group *g, *best = NULL;

	for (g = m->group; g < m->group + m->nr_groups; g++)
		if (!strcmp(g->map, map) && g->usable && !g->disabled &&
		    (!best || g->group < best->group))
			best = g;
	return best;
}
