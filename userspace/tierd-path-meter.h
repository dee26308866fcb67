/* SPDX-License-Identifier: GPL-2.0-only */
/* Books what paths did in the ledger */
#ifndef TIERD_PATH_METER_H
#define TIERD_PATH_METER_H

#include "ledger-paths.h"
#include "tierd-maps.h"

/* whom to bill for a map; never NULL */
typedef const char *(*path_consumer_fn)(const char *map, void *arg);

/* a path that was taken out of its map, or with it: its last counters */
struct path_last {
	struct ledger_map map;		/* its path is @path, once it is booked */
	struct ledger_path path;
};

struct path_meter_result {
	unsigned int gaps;		/* maps with counters set back */
};

/* @out but for the consumer, from the kernel's word */
void path_last_fill(struct path_last *out, const struct dmtier_path *p, const char *map_dev,
		    int64_t time_ms);

/**
 * path_meter_book() - one sample of all maps, in one transaction
 * @m: what the kernel shows; without any map if the module is not there
 * @last: paths that have gone since the sample before
 * @nr_last: how many
 * Return: 0, or a negative errno with nothing booked and ledger_error() set. The
 * counters go on in the kernel: the next sample books what this one did not; but
 * for @last, which the caller keeps until then.
 */
int path_meter_book(struct ledger *l, const struct maps *m, const struct path_last *last,
		    size_t nr_last, path_consumer_fn consumer, void *arg,
		    struct path_meter_result *res);

#endif
