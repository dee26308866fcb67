/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences of counters, shared out to the hours that they span */
#ifndef LEDGER_SPAN_H
#define LEDGER_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* a counter this near to 2^64 that restarts low has wrapped */
#define LEDGER_WRAP_ZONE	(1ULL << 53)

/* was the counter set back? One that has wrapped was not */
bool ledger_fell(uint64_t last, uint64_t now);

/**
 * ledger_differences() - what was counted between two looks
 * @last: the counters then, NULL: nothing had been counted
 * @now: the counters now
 * @delta: never negative, never more than what was counted
 * @nr: how many there are
 * Return: true if one is so large that it must be a broken counter; it is 0 then.
 */
bool ledger_differences(const uint64_t *last, const uint64_t *now, uint64_t *delta, size_t nr);

/* books what belongs to the hour from @start on, seconds UTC; 0 or -errno */
typedef int (*ledger_hour_fn)(int64_t start, const uint64_t *part, uint32_t flags, void *arg);

#define LEDGER_SPAN_MAX	32	/* counters at once */

/**
 * ledger_span() - share a difference out
 * @from: when the counters were last seen, ms since 1970
 * @to: when they are seen now
 * @delta: what was counted in between
 * @nr: how many counters there are
 * @flags: LEDGER_FLAG_* that hold already; those of the span come to them
 * @fn: called for each hour; not at all if there is nothing to book
 * @arg: for it
 *
 * By time, and such that the sum stays exact. Where the clock was set back, all of
 * it goes to the hour of @from: the hours before may have been billed.
 * Return: 0, or what @fn returned.
 */
int ledger_span(int64_t from, int64_t to, const uint64_t *delta, size_t nr, uint32_t flags,
		ledger_hour_fn fn, void *arg);

#endif
