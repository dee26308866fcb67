/* SPDX-License-Identifier: GPL-2.0-only */
/* What a module tells: its events off a socket, in batches. */
#ifndef TIERD_FEED_H
#define TIERD_FEED_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "libdmtier.h"

struct tierd;

struct feed_kind {
	const char *name;		/* for the log */
	int (*open)(struct dmtier_events **events);
	/* takes one: 1; 0: none waits; or -errno. Sets @fresh: the state should be read anew */
	int (*next)(struct tierd *d, struct dmtier_events *events, bool *fresh);
};

struct feed {
	const struct feed_kind *kind;
	struct dmtier_events *events;	/* NULL: not connected */
	sd_event_source *watch;
	bool more;			/* the last batch was full: others may wait */
	struct tierd *tierd;
};

int feed_connect(struct tierd *d, struct feed *f, const struct feed_kind *kind);
void feed_disconnect(struct feed *f);
bool feed_take(struct tierd *d, struct feed *f);	/* true: read the state anew */
void feed_drain(struct tierd *d, struct feed *f);	/* and does so */
void feed_hear(struct tierd *d, struct feed *f);	/* all that waits, and leaves it at that */

#endif
