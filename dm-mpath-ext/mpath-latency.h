/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is made of measured latencies: a histogram in powers of two, quantiles
 * from it, a moving average, and who stands out among peers. Pure.
 */
#ifndef MPATH_LATENCY_H
#define MPATH_LATENCY_H

#include "tier-portable.h"

/* bucket b: 2^(b + MPATH_BUCKET_SHIFT - 1) up to 2^(b + MPATH_BUCKET_SHIFT) ns */
#define MPATH_BUCKETS		32
#define MPATH_BUCKET_SHIFT	10
#define MPATH_AVG_SHIFT		2	/* a new figure counts for a quarter */

static inline unsigned int mpath_bucket(u64 ns)
{
	unsigned int bits = fls64(ns >> MPATH_BUCKET_SHIFT);

	return min(bits, MPATH_BUCKETS - 1U);
}

/* first latency, in ns, that does not belong to the bucket */
static inline u64 mpath_bucket_end(unsigned int bucket)
{
	return 1ULL << (bucket + MPATH_BUCKET_SHIFT);
}

/*
 * What one more I/O has to expect on a path with @load in flight. The waiting that
 * is usual there is in the average already, and many devices do much at a time, so
 * load only leans on it: MPATH_LOAD_LEAN in flight double it. With less a path that
 * is ten times slower would get I/O long before the others have too much of it.
 */
#define MPATH_LOAD_LEAN		8

static inline u64 mpath_expected(u64 average, u64 load)
{
	return (load + MPATH_LOAD_LEAN) * average;
}

u64 mpath_average(u64 average, u64 sum_ns, u64 ios);
u64 mpath_quantile(const u64 *buckets, u32 hundredths);
u64 mpath_peers(const u64 *averages, unsigned int n, unsigned int self);
bool mpath_stands_out(u64 average, u64 peers, u32 ratio);
bool mpath_fits_in(u64 average, u64 peers, u32 ratio);

#endif
