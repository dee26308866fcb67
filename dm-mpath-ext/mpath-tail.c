// SPDX-License-Identifier: GPL-2.0-only
/*
 * When a read is late.
 */
#include "mpath-tail.h"

static u64 mpath_window_sum(const struct mpath_window *window)
{
	u64 sum = 0;
	unsigned int b;

	for (b = 0; b < MPATH_BUCKETS; b++)
		sum += window->recent[b];
	return sum;
}

static void mpath_window_halve(struct mpath_window *window)
{
	unsigned int b;

	for (b = 0; b < MPATH_BUCKETS; b++)
		window->recent[b] >>= 1;
}

/**
 * mpath_window_fold() - take in what a path has done since the last fold
 * @window: of the path
 * @buckets: its histogram of reads, MPATH_BUCKETS counts that only grow
 * @now_ns: time
 *
 * The window forgets by halves: every MPATH_WINDOW_NS, and whenever it holds more
 * than MPATH_WINDOW_READS. The first fold takes in all of the past, as there is
 * nothing better to begin with.
 */
void mpath_window_fold(struct mpath_window *window, const u64 *buckets, u64 now_ns)
{
	unsigned int b;

	if (now_ns - window->halved_ns >= MPATH_WINDOW_NS) {
		mpath_window_halve(window);
		window->halved_ns = now_ns;
	}
	for (b = 0; b < MPATH_BUCKETS; b++) {
		window->recent[b] += (buckets[b] - window->seen[b]) << MPATH_WINDOW_SHIFT;
		window->seen[b] = buckets[b];
	}
	while (mpath_window_sum(window) > (u64)MPATH_WINDOW_READS << MPATH_WINDOW_SHIFT)
		mpath_window_halve(window);
}

/**
 * mpath_window_quantile() - the latency that so many of the reads lately did not reach
 * @window: of a path
 * @hundredths: of a percent
 *
 * Return: ns; 0 if there were too few to tell.
 */
u64 mpath_window_quantile(const struct mpath_window *window, u32 hundredths)
{
	if (mpath_window_sum(window) < (u64)MPATH_WINDOW_LEAST << MPATH_WINDOW_SHIFT)
		return 0;
	return mpath_quantile(window->recent, hundredths);
}

/**
 * mpath_tail_after() - after which time a read of a group is late
 * @tails: the quantile of each of its paths; 0: not known
 * @n: paths
 *
 * The median of the paths, the lower of the middle two. Not the quantile of all
 * their reads together: one slow path would draw that up to its own latency, and
 * its reads, the very ones to be hedged, would never be late.
 *
 * Return: ns; 0 if no path has a figure.
 */
u64 mpath_tail_after(const u64 *tails, unsigned int n)
{
	/* no path is left out: there is none of that number */
	u64 median = mpath_peers(tails, n, n);

	return median ? max_t(u64, median, MPATH_TAIL_LEAST_NS) : 0;
}

/**
 * mpath_hedge_pays() - is another path likely to answer soon enough?
 * @usual_ns: what a read there takes, the median; 0: not known
 * @waited_ns: for how long the read has been under way
 *
 * What is late by so much will likely be late by as much again, and a path that
 * hangs by far more; but a second copy on a path that is itself the slow one costs
 * of the budget and gains nothing.
 *
 * Return: true if it is.
 */
bool mpath_hedge_pays(u64 usual_ns, u64 waited_ns)
{
	return usual_ns / MPATH_HEDGE_PATIENCE <= waited_ns;
}
