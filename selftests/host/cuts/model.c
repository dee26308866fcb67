// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "model.h"

struct op {
	uint64_t sector, count, number;
	bool write, fua;
};

/* what one thread has sent and not flushed yet; they have a LUN each */
struct thread {
	uint32_t lun;
	struct op now;
	bool busy;
	struct op *ended;
	size_t nr, room;
	size_t flushing;	/* of @ended */
};

static struct model_lun luns[MODEL_LUNS];
static struct thread threads[MODEL_THREADS];

const struct model_lun *model_lun(uint32_t lun)
{
	return &luns[lun];
}

static uint64_t *more(uint64_t *array, uint64_t from, uint64_t to)
{
	array = realloc(array, to * sizeof(*array));
	if (!array)
		abort();
	memset(array + from, 0, (to - from) * sizeof(*array));
	return array;
}

static void grow(struct model_lun *lun, uint64_t sectors)
{
	if (sectors <= lun->sectors)
		return;
	lun->floor = more(lun->floor, lun->sectors, sectors);
	lun->last = more(lun->last, lun->sectors, sectors);
	lun->zero = more(lun->zero, lun->sectors, sectors);
	lun->sectors = sectors;
}

static void settle(uint32_t lun, const struct op *op)
{
	uint64_t i;

	for (i = op->sector; op->write && i < op->sector + op->count; i++)
		if (luns[lun].floor[i] < op->number)
			luns[lun].floor[i] = op->number;
}

static int begin(const uint64_t *n, char what)
{
	struct thread *t = &threads[n[0]];
	struct model_lun *lun = &luns[n[1]];
	uint64_t i;

	if (t->busy)
		return -1;
	t->busy = true;
	t->lun = n[1];
	t->now = (struct op){ n[2], n[3], n[4], what != 'D', what == 'U' };
	grow(lun, n[2] + n[3]);
	for (i = n[2]; i < n[2] + n[3]; i++)
		(what == 'D' ? lun->zero : lun->last)[i] = n[4];
	return 0;
}

static int end(struct thread *t)
{
	if (!t->busy)
		return -1;
	t->busy = false;
	if (t->now.fua) {
		settle(t->lun, &t->now);
		return 0;
	}
	if (t->nr == t->room) {
		t->room = t->room ? 2 * t->room : 64;
		t->ended = realloc(t->ended, t->room * sizeof(*t->ended));
		if (!t->ended)
			abort();
	}
	t->ended[t->nr++] = t->now;
	return 0;
}

static void flushed(struct thread *t)
{
	size_t i;

	for (i = 0; i < t->flushing; i++)
		settle(t->lun, &t->ended[i]);
	t->nr -= t->flushing;
	memmove(t->ended, t->ended + t->flushing, t->nr * sizeof(*t->ended));
	t->flushing = 0;
}

static int change(char what, const uint64_t *n)
{
	struct model_lun *lun = &luns[n[0]];

	switch (what) {
	case 'C':
		lun->may = true;
		lun->size[0] = n[1];
		lun->size[1] = n[1];
		break;
	case 'M':
		lun->must = true;
		break;
	case 'X':
		lun->must = false;
		break;
	case 'G':
		lun->may = false;
		break;
	case 'R':
		lun->size[1] = n[1];
		break;
	case 'S':
		lun->size[0] = lun->size[1];
		break;
	default:
		return -1;
	}
	return 0;
}

int model_mark(const char *mark)
{
	uint64_t n[5] = { 0 };
	unsigned int i;
	const char *at = mark + 1;
	char *after;

	for (i = 0; i < 5 && *at == ','; i++, at = after)
		n[i] = strtoull(at + 1, &after, 10);
	if (*at)
		return -1;
	if (strchr("WUDEFA", *mark) ? n[0] >= MODEL_THREADS || n[1] >= MODEL_LUNS :
	    n[0] >= MODEL_LUNS)
		return -1;
	switch (*mark) {
	case 'W':
	case 'U':
	case 'D':
		return begin(n, *mark);
	case 'E':
		return end(&threads[n[0]]);
	case 'F':
		threads[n[0]].flushing = threads[n[0]].nr;
		return 0;
	case 'A':
		flushed(&threads[n[0]]);
		return 0;
	default:
		return change(*mark, n);
	}
}

const char *model_check_zero(uint32_t id, uint64_t sector)
{
	const struct model_lun *lun = &luns[id];

	if (sector >= lun->sectors || !lun->floor[sector] || lun->zero[sector] > lun->floor[sector])
		return NULL;
	return "zero, and was written and flushed";
}

static bool all_zero(const struct cuts_sector *s)
{
	static const struct cuts_sector zero;

	return !memcmp(s, &zero, sizeof(zero));
}

const char *model_check(uint32_t id, uint64_t sector, const void *data)
{
	const struct model_lun *lun = &luns[id];
	const struct cuts_sector *s = data;
	unsigned int i;

	if (s->magic != CUTS_MAGIC)
		return all_zero(s) ? model_check_zero(id, sector) : "nobody ever wrote that";
	if (s->sum != cuts_sum(s))
		return "torn inside of a sector";
	for (i = 0; i < sizeof(s->fill) / sizeof(*s->fill); i++)
		if (s->fill[i] != s->sum)
			return "torn inside of a sector";
	if (s->lun != id)
		return "another LUN's data";
	if (s->sector != sector)
		return "another place's data";
	if (sector >= lun->sectors || s->number > lun->last[sector])
		return "data from the future";
	if (s->number < lun->floor[sector])
		return "older than what was flushed";
	return NULL;
}
