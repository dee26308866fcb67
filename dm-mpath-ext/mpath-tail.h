/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When a read is late, and whether a second copy of it pays. Rests on what each
 * path has done lately: a window on its histogram. Pure.
 */
#ifndef MPATH_TAIL_H
#define MPATH_TAIL_H

#include "mpath-latency.h"

#define MPATH_WINDOW_SHIFT	8		/* counts are kept in 1/256 */
#define MPATH_WINDOW_READS	16384		/* halved when it holds more */
#define MPATH_WINDOW_NS		5000000000ULL	/* and as often as this */
#define MPATH_WINDOW_LEAST	64		/* fewer reads tell nothing */
#define MPATH_TAIL_LEAST_NS	100000ULL	/* no read is late before this */
#define MPATH_HEDGE_PATIENCE	4

/**
 * struct mpath_window - reads of one path lately, by latency
 * @seen: the histogram, which only grows, at the last fold
 * @recent: reads in the window, in 1 / 2^MPATH_WINDOW_SHIFT
 * @halved_ns: when the window was last halved for its age
 */
struct mpath_window {
	u64 seen[MPATH_BUCKETS];
	u64 recent[MPATH_BUCKETS];
	u64 halved_ns;
};

void mpath_window_fold(struct mpath_window *window, const u64 *buckets, u64 now_ns);
u64 mpath_window_quantile(const struct mpath_window *window, u32 hundredths);
u64 mpath_tail_after(const u64 *tails, unsigned int n);
bool mpath_hedge_pays(u64 usual_ns, u64 waited_ns);

#endif
