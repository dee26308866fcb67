/* SPDX-License-Identifier: GPL-2.0-only */
/* Books what a state shows in the ledger */
#ifndef TIERD_METER_H
#define TIERD_METER_H

#include "ledger.h"
#include "tierd-state.h"

/* whom to bill for a LUN; never NULL */
typedef const char *(*meter_consumer_fn)(const char *pool, uint32_t lun, void *arg);

struct meter_result {
	unsigned int luns;
	unsigned int fresh;	/* seen for the first time */
	unsigned int gaps;	/* counters set back */
};

/**
 * meter_last() - a LUN's last counters, as the event of its deletion brings them
 * @out: the sample, but for the consumer
 * Return: false if they did not come, or nothing is known of the pool.
 */
bool meter_last(struct ledger_sample *out, const struct state *s, const struct dmtier_event *e);

/**
 * meter_book() - one sample of everything, in one transaction
 * Return: 0, or a negative errno with nothing booked and ledger_error() set. The
 * counters go on in the kernel: the next sample books what this one did not.
 */
int meter_book(struct ledger *l, const struct state *s, meter_consumer_fn consumer, void *arg,
	       struct meter_result *res);

#endif
