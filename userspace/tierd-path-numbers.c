// SPDX-License-Identifier: GPL-2.0-only
/*
 * The numbers of events of maps: how far we have heard, and what we have not
 *
 * How far is kept in the ledger, with the records of what was heard, so that what
 * happens while we do not run shows as a gap. A map's own count, which comes with each
 * sample, shows what was lost when nothing follows.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tierd-path.h"

#define LIVES_MAX	1024	/* whose numbering is known */
#define KEPT		"events "	/* <epoch> in the ledger */
#define NAME_LEN	40

struct numbering {
	uint64_t epoch;
	uint64_t seq;
	uint64_t kept;		/* in the ledger; 0: nothing is */
};

static void name_of(char out[NAME_LEN], uint64_t epoch)
{
	snprintf(out, NAME_LEN, KEPT "%" PRIu64, epoch);
}

static struct numbering *known(const struct paths *p, uint64_t epoch)
{
	for (size_t i = 0; i < p->nr_numberings; i++)
		if (p->numbering[i].epoch == epoch)
			return &p->numbering[i];
	return NULL;
}

/* the oldest make room; if they still live, they are as if they had been there before us */
static void make_room(struct paths *p)
{
	if (p->nr_numberings < LIVES_MAX)
		return;
	if (p->all_since_ns < p->numbering[0].epoch)
		p->all_since_ns = p->numbering[0].epoch;
	memmove(p->numbering, p->numbering + 1, --p->nr_numberings * sizeof(*p->numbering));
}

/*
 * Of a life that we do not know yet. One that began before we listened, and that the
 * ledger does not know either, is taken up where it is, behind @seq.
 */
static struct numbering *begin(struct tierd *d, uint64_t epoch, uint64_t seq)
{
	struct paths *p = d->paths;
	/* of this millisecond, too */
	uint64_t now = (uint64_t)(state_now_ms() + 1) * 1000000;
	struct numbering new = { .epoch = epoch };
	char name[NAME_LEN];
	int64_t kept;

	/* one of the future has begun before the clock was set back, maybe long before us */
	new.seq = epoch > p->all_since_ns && epoch <= now ? 0 : seq;
	name_of(name, epoch);
	if (!ledger_get(d->ledger, name, &kept))
		new.seq = new.kept = (uint64_t)kept;
	make_room(p);
	if (state_append((void **)&p->numbering, &p->nr_numberings, &new, sizeof(new)))
		return NULL;
	return &p->numbering[p->nr_numberings - 1];
}

bool path_numbers_event(struct tierd *d, const struct dmtier_path_event *e)
{
	struct numbering *n = known(d->paths, e->epoch);

	if (!n)
		n = begin(d, e->epoch, e->seq - 1);
	return n && events_missed(d, e->map, NULL, &n->seq, e->seq);
}

static bool keep(const char *name, int64_t seq, void *maps)
{
	(void)seq;
	return maps_live(maps, strtoull(name + strlen(KEPT), NULL, 10));
}

/* what is dropped and comes into sight again is stored again */
static void forget_gone(struct tierd *d)
{
	struct paths *p = d->paths;
	int err;

	for (size_t i = 0; i < p->nr_numberings; i++)
		if (!maps_live(&p->maps, p->numbering[i].epoch))
			p->numbering[i].kept = 0;
	err = ledger_sweep(d->ledger, KEPT, keep, &p->maps);
	if (err && !p->numbers_told)
		tierd_log(LOG_WARNING, "%s", ledger_error(d->ledger));
	p->numbers_told = err;
}

void path_numbers_sample(struct tierd *d)
{
	const struct maps *maps = &d->paths->maps;
	const struct dmtier_map *m;
	struct numbering *n;

	for (m = maps->map; m < maps->map + maps->nr_maps; m++) {
		n = known(d->paths, m->epoch);
		if (!n)
			n = begin(d, m->epoch, m->seq);
		if (!n || m->seq <= n->seq)
			continue;
		/* as if the next one had come */
		events_missed(d, m->name, NULL, &n->seq, m->seq + 1);
		n->seq = m->seq;
	}
	forget_gone(d);
}

/* of those maps alone that were in the last sample, so that each ends with its map */
static struct numbering *unstored(const struct paths *p, size_t map)
{
	struct numbering *n = known(p, p->maps.map[map].epoch);

	return n && n->seq != n->kept ? n : NULL;
}

bool path_numbers_unstored(const struct tierd *d)
{
	for (size_t i = 0; d->paths && i < d->paths->maps.nr_maps; i++)
		if (unstored(d->paths, i))
			return true;
	return false;
}

int path_numbers_store(struct tierd *d)
{
	struct numbering *n;
	char name[NAME_LEN];
	int err = 0;

	for (size_t i = 0; d->paths && !err && i < d->paths->maps.nr_maps; i++) {
		n = unstored(d->paths, i);
		if (!n)
			continue;
		name_of(name, n->epoch);
		err = ledger_put(d->ledger, name, (int64_t)n->seq);
	}
	return err;
}

void path_numbers_stored(struct tierd *d)
{
	struct numbering *n;

	for (size_t i = 0; d->paths && i < d->paths->maps.nr_maps; i++) {
		n = unstored(d->paths, i);
		if (n)
			n->kept = n->seq;
	}
}
