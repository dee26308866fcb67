// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel showed at one time
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tierd-state.h"

int64_t state_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int state_append(void **array, size_t *nr, const void *item, size_t size)
{
	/* room doubles: a power of two of items means that it is used up */
	if (!(*nr & (*nr - 1)) || !*nr) {
		void *more = realloc(*array, (*nr ? *nr * 2 : 1) * size);

		if (!more)
			return -ENOMEM;
		*array = more;
	}
	memcpy((char *)*array + *nr * size, item, size);
	(*nr)++;
	return 0;
}

static int take_pool(const struct dmtier_pool *pool, void *arg)
{
	struct state *s = arg;

	return state_append((void **)&s->pool, &s->nr_pools, pool, sizeof(*pool));
}

static int take_tier(const struct dmtier_tier *tier, void *arg)
{
	struct state *s = arg;

	return state_append((void **)&s->tier, &s->nr_tiers, tier, sizeof(*tier));
}

static int take_dev(const struct dmtier_dev *dev, void *arg)
{
	struct state *s = arg;

	return state_append((void **)&s->dev, &s->nr_devs, dev, sizeof(*dev));
}

static int take_lun(const struct dmtier_lun *lun, void *arg)
{
	struct state *s = arg;

	return state_append((void **)&s->lun, &s->nr_luns, lun, sizeof(*lun));
}

static int take_heat(const struct dmtier_heat *heat, void *arg)
{
	struct state *s = arg;

	return state_append((void **)&s->heat, &s->nr_heats, heat, sizeof(*heat));
}

/*
 * Pools go first and again last: a pool that came or went in between could look
 * as if it had lost all its LUNs. Only those that were active all along stay.
 */
static void keep_steady(struct state *s, const struct state *after)
{
	const struct dmtier_pool *later;
	size_t kept = 0;

	for (size_t i = 0; i < s->nr_pools; i++) {
		later = state_pool(after, s->pool[i].name);
		if (later && later->active_ms >= s->pool[i].active_ms &&
		    !memcmp(later->uuid, s->pool[i].uuid, sizeof(later->uuid)))
			s->pool[kept++] = s->pool[i];
	}
	s->nr_pools = kept;
}

int state_read(struct dmtier *h, struct state *s)
{
	struct state new = { 0 }, after = { 0 };
	int err;

	err = dmtier_pools(h, NULL, take_pool, &new);
	if (!err)
		err = dmtier_tiers(h, NULL, take_tier, &new);
	if (!err)
		err = dmtier_devs(h, NULL, take_dev, &new);
	if (!err)
		err = dmtier_luns(h, NULL, DMTIER_ANY_LUN, take_lun, &new);
	if (!err)
		err = dmtier_heats(h, NULL, DMTIER_ANY_LUN, take_heat, &new);
	if (!err)
		err = dmtier_pools(h, NULL, take_pool, &after);
	if (err) {
		state_free(&new);
	} else {
		keep_steady(&new, &after);
		new.time_ms = state_now_ms();
		state_free(s);
		*s = new;
	}
	state_free(&after);
	return err;
}

void state_free(struct state *s)
{
	free(s->pool);
	free(s->tier);
	free(s->dev);
	free(s->lun);
	free(s->heat);
	memset(s, 0, sizeof(*s));
}

const struct dmtier_pool *state_pool(const struct state *s, const char *name)
{
	for (size_t i = 0; i < s->nr_pools; i++)
		if (!strcmp(s->pool[i].name, name))
			return &s->pool[i];
	return NULL;
}

const struct dmtier_tier *state_tier(const struct state *s, const char *pool, const char *name)
{
	for (size_t i = 0; i < s->nr_tiers; i++)
		if (!strcmp(s->tier[i].name, name) && !strcmp(s->tier[i].pool, pool))
			return &s->tier[i];
	return NULL;
}

const struct dmtier_lun *state_lun(const struct state *s, const char *pool, uint32_t id)
{
	for (size_t i = 0; i < s->nr_luns; i++)
		if (s->lun[i].id == id && !strcmp(s->lun[i].pool, pool))
			return &s->lun[i];
	return NULL;
}
