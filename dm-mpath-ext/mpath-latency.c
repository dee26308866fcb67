// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is made of measured latencies.
 */
#include "mpath-latency.h"

/**
 * mpath_average() - fold what was measured since the last time into an average
 * @average: ns so far; 0: nothing was measured yet
 * @sum_ns: sum of the new latencies
 * @ios: how many they are; with 0 the average stays
 *
 * Exponentially weighted: a fold counts for 1/4, however many I/Os it holds, so
 * that the figure follows time and not load.
 *
 * Return: ns, 0 only if nothing ever was measured.
 */
u64 mpath_average(u64 average, u64 sum_ns, u64 ios)
{
	u64 now;

	if (!ios)
		return average;
	now = max_t(u64, div64_u64(sum_ns, ios), 1);
	if (!average)
		return now;
	return max_t(u64, average - (average >> MPATH_AVG_SHIFT) + (now >> MPATH_AVG_SHIFT), 1);
}

/**
 * mpath_quantile() - the latency that so many of the I/Os do not reach
 * @buckets: MPATH_BUCKETS counts
 * @hundredths: of a percent: 9900 for the 99th percentile
 *
 * Straight between the ends of the bucket that holds it.
 *
 * Return: ns; 0 if the histogram is empty.
 */
u64 mpath_quantile(const u64 *buckets, u32 hundredths)
{
	u64 all = 0, want, seen = 0, from, width;
	unsigned int b;

	for (b = 0; b < MPATH_BUCKETS; b++)
		all += buckets[b];
	if (!all)
		return 0;
	want = max_t(u64, mul_u64_u64_div_u64(all, hundredths, 10000), 1);
	for (b = 0; b < MPATH_BUCKETS - 1; b++) {
		if (seen + buckets[b] >= want)
			break;
		seen += buckets[b];
	}
	from = b ? mpath_bucket_end(b - 1) : 0;
	width = mpath_bucket_end(b) - from;
	return from + mul_u64_u64_div_u64(width, want - seen, max_t(u64, buckets[b], 1));
}

/**
 * mpath_peers() - what the other paths of a group need: the median
 * @averages: ns per path; 0 where there is no figure
 * @n: paths
 * @self: the path whose peers are asked for
 *
 * The lower of the two middle ones if they are even, so that one of two bad
 * paths among four still stands out. O(n^2), n is small.
 *
 * Return: ns; 0 if no peer has a figure.
 */
u64 mpath_peers(const u64 *averages, unsigned int n, unsigned int self)
{
	unsigned int i, j, below, same, have = 0;

	for (i = 0; i < n; i++)
		have += i != self && averages[i];
	for (i = 0; i < n; i++) {
		if (i == self || !averages[i])
			continue;
		below = 0;
		same = 0;
		for (j = 0; j < n; j++) {
			if (j == self || !averages[j])
				continue;
			below += averages[j] < averages[i];
			same += averages[j] == averages[i];
		}
		if (below <= (have - 1) / 2 && (have - 1) / 2 < below + same)
			return averages[i];
	}
	return 0;
}

/**
 * mpath_stands_out() - is a path that is used too slow?
 * @average: its latency, ns
 * @peers: of mpath_peers(), ns
 * @ratio: hundredths; 0: no path is ever too slow
 *
 * Return: true if it is.
 */
bool mpath_stands_out(u64 average, u64 peers, u32 ratio)
{
	return ratio && average && peers && div_u64(average * 100, ratio) > peers;
}

/**
 * mpath_fits_in() - may a path that was too slow be used again?
 * @average: its latency, ns
 * @peers: of mpath_peers(), ns; 0: there is nothing to hold it against
 * @ratio: hundredths
 *
 * At 7/10 of the ratio that set it aside, so that it does not go to and fro.
 *
 * Return: true if it may.
 */
bool mpath_fits_in(u64 average, u64 peers, u32 ratio)
{
	if (!ratio || !peers)
		return true;
	return average && div_u64(average * 1000, ratio) < peers * 7;
}
