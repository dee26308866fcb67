// SPDX-License-Identifier: GPL-2.0-only
/*
 * Differences of counters and the hours that they span
 */
#include <errno.h>

#include "ledger.h"
#include "ledger-span.h"

__extension__ typedef unsigned __int128 wide;

#define PERIOD_MS	(LEDGER_PERIOD * 1000LL)

/* no honest difference is that large: a greater one is a broken counter */
#define DELTA_MAX	(1ULL << 60)

/* longer spans are not shared out: a clock that jumped would make endless rows */
#define SHARE_MAX	(31 * 24)

/* shorter spans over a full hour are everyday, and not worth a flag */
#define SHARE_FLAG_MS	600000

bool ledger_fell(uint64_t last, uint64_t now)
{
	if (now >= last)
		return false;
	return last < -LEDGER_WRAP_ZONE || now - last > LEDGER_WRAP_ZONE;
}

bool ledger_differences(const uint64_t *last, const uint64_t *now, uint64_t *delta, size_t nr)
{
	bool broken = false;
	uint64_t before;

	for (size_t c = 0; c < nr; c++) {
		before = last ? last[c] : 0;
		delta[c] = ledger_fell(before, now[c]) ? 0 : now[c] - before;
		if (delta[c] > DELTA_MAX) {
			delta[c] = 0;
			broken = true;
		}
	}
	return broken;
}

static int64_t hour_of(int64_t ms)
{
	return ms / PERIOD_MS * LEDGER_PERIOD;
}

/*
 * Each hour gets the difference between the shares up to its end and up to its
 * start, so that rounding never loses or adds a unit.
 */
static int share(int64_t from, int64_t to, const uint64_t *delta, size_t nr, uint32_t flags,
		 ledger_hour_fn fn, void *arg)
{
	uint64_t part[LEDGER_SPAN_MAX], done[LEDGER_SPAN_MAX] = { 0 }, upto;
	int64_t start, end_ms;
	int err = 0;

	for (start = hour_of(from); !err && start * 1000 < to; start += LEDGER_PERIOD) {
		end_ms = (start + LEDGER_PERIOD) * 1000;
		if (end_ms > to)
			end_ms = to;
		for (size_t c = 0; c < nr; c++) {
			upto = (uint64_t)((wide)delta[c] * (uint64_t)(end_ms - from) /
					  (uint64_t)(to - from));
			part[c] = upto - done[c];
			done[c] = upto;
		}
		err = fn(start, part, flags, arg);
	}
	return err;
}

int ledger_span(int64_t from, int64_t to, const uint64_t *delta, size_t nr, uint32_t flags,
		ledger_hour_fn fn, void *arg)
{
	bool any = flags & LEDGER_FLAG_GAP;

	if (nr > LEDGER_SPAN_MAX)
		return -EINVAL;
	for (size_t c = 0; c < nr; c++)
		any |= delta[c] != 0;
	if (!any)
		return 0;
	if (to < from)
		return fn(hour_of(from), delta, flags | LEDGER_FLAG_CLOCK, arg);
	if (to - from > SHARE_FLAG_MS && hour_of(from) != hour_of(to))
		flags |= LEDGER_FLAG_SHARED;
	if (to == from || to - from > SHARE_MAX * PERIOD_MS)
		return fn(hour_of(to), delta, flags, arg);
	return share(from, to, delta, nr, flags, fn, arg);
}
