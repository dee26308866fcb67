// SPDX-License-Identifier: GPL-2.0-only
/*
 * Usage sampling
 */
#include <stdio.h>
#include <string.h>

#include "tierd-meter.h"

#define SECTOR	512

static void fill_tier(struct ledger_tier *t, const struct dmtier_usage *u)
{
	snprintf(t->name, sizeof(t->name), "%s", u->tier);
	t->extents = u->extents;
	t->counter[LEDGER_READ_IOS] = u->read_ios;
	t->counter[LEDGER_WRITE_IOS] = u->write_ios;
	t->counter[LEDGER_READ_SECTORS] = u->read_sectors;
	t->counter[LEDGER_WRITE_SECTORS] = u->write_sectors;
	t->counter[LEDGER_IN_SECTORS] = u->in_sectors;
	t->counter[LEDGER_OUT_SECTORS] = u->out_sectors;
	t->counter[LEDGER_HELD] = u->held_ms;
}

static void fill_sample(struct ledger_sample *out, const struct state *s,
			const struct dmtier_pool *pool, const struct dmtier_lun *lun)
{
	memset(out, 0, sizeof(*out));
	memcpy(out->pool_uuid, lun->pool_uuid, sizeof(out->pool_uuid));
	snprintf(out->pool, sizeof(out->pool), "%s", lun->pool);
	out->generation = pool->generation;
	out->extent_bytes = pool->extent_sectors * SECTOR;
	out->lun = lun->id;
	out->time_ms = s->time_ms;
	for (uint32_t i = 0; i < lun->nr_usage && i < LEDGER_MAX_TIERS; i++)
		fill_tier(&out->tier[out->nr_tiers++], &lun->usage[i]);
}

bool meter_last(struct ledger_sample *out, const struct state *s, const struct dmtier_event *e)
{
	const struct dmtier_pool *pool = state_pool(s, e->pool);

	if (!e->nr_usage || !pool || memcmp(pool->uuid, e->pool_uuid, sizeof(e->pool_uuid)))
		return false;
	memset(out, 0, sizeof(*out));
	memcpy(out->pool_uuid, e->pool_uuid, sizeof(out->pool_uuid));
	snprintf(out->pool, sizeof(out->pool), "%s", e->pool);
	out->generation = e->generation;
	out->extent_bytes = pool->extent_sectors * SECTOR;
	out->lun = e->lun;
	out->time_ms = (int64_t)(e->time_ns / 1000000);
	for (uint32_t i = 0; i < e->nr_usage && i < LEDGER_MAX_TIERS; i++)
		fill_tier(&out->tier[out->nr_tiers++], &e->usage[i]);
	return true;
}

struct absent {
	struct ledger *ledger;
	const struct state *state;
	const struct dmtier_pool *pool;
};

static int note_absent(uint32_t lun, void *arg)
{
	struct absent *a = arg;

	if (state_lun(a->state, a->pool->name, lun))
		return 0;
	return ledger_gone(a->ledger, a->pool->uuid, lun, a->state->time_ms);
}

static int book_luns(struct ledger *l, const struct state *s, meter_consumer_fn consumer,
		     void *arg, struct meter_result *res)
{
	struct ledger_sample sample;
	struct ledger_result one;
	const struct dmtier_pool *pool;
	int err = 0;

	for (size_t i = 0; !err && i < s->nr_luns; i++) {
		pool = state_pool(s, s->lun[i].pool);
		if (!pool)
			continue;
		fill_sample(&sample, s, pool, &s->lun[i]);
		snprintf(sample.consumer, sizeof(sample.consumer), "%s",
			 consumer(sample.pool, sample.lun, arg));
		err = ledger_add(l, &sample, &one);
		res->luns++;
		res->fresh += one.new_instance;
		res->gaps += one.gap;
	}
	return err;
}

int meter_book(struct ledger *l, const struct state *s, meter_consumer_fn consumer, void *arg,
	       struct meter_result *res)
{
	struct absent absent = { .ledger = l, .state = s };
	int err;

	memset(res, 0, sizeof(*res));
	err = ledger_begin(l);
	if (err)
		return err;
	err = book_luns(l, s, consumer, arg, res);
	for (size_t i = 0; !err && i < s->nr_pools; i++) {
		/* a pool that never ran since it was loaded has no LUNs to show yet */
		absent.pool = &s->pool[i];
		if (absent.pool->active_ms)
			err = ledger_known(l, absent.pool->uuid, note_absent, &absent);
	}
	if (err) {
		ledger_rollback(l);
		return err;
	}
	return ledger_commit(l);
}
