// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "tierd.h"

#define BATCH		512	/* events a round: timers and HTTP get their turn */
#define HEAR_MAX	64	/* rounds of them, where they do not end */

static int watch_ready(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct feed *f = arg;

	(void)source;
	(void)fd;
	(void)revents;
	feed_drain(f->tierd, f);
	return 0;
}

int feed_connect(struct tierd *d, struct feed *f, const struct feed_kind *kind)
{
	int err = kind->open(&f->events);

	if (err) {
		f->events = NULL;
		return err;
	}
	f->kind = kind;
	f->tierd = d;
	err = sd_event_add_io(d->event, &f->watch, dmtier_events_fd(f->events), EPOLLIN,
			      watch_ready, f);
	if (err < 0)
		feed_disconnect(f);
	return err < 0 ? err : 0;
}

void feed_disconnect(struct feed *f)
{
	f->watch = sd_event_source_unref(f->watch);
	dmtier_events_close(f->events);
	f->events = NULL;
}

bool feed_take(struct tierd *d, struct feed *f)
{
	bool fresh = false;
	int ret, i;

	for (i = 0; f->events && i < BATCH; i++) {
		ret = f->kind->next(d, f->events, &fresh);
		if (!ret)
			break;
		if (ret == 1)
			continue;
		fresh = true;
		if (ret != -ENOBUFS) {
			tierd_log(LOG_ERR, "%s: %s; connecting again", f->kind->name,
				  strerror(-ret));
			feed_disconnect(f);
			break;
		}
		/* how many shows in the numbers of those that come */
		d->events_overruns++;
		events_loss(d, "", NULL, "more events came than the socket had room for");
	}
	f->more = i == BATCH;
	events_flush(d);
	return fresh;
}

void feed_hear(struct tierd *d, struct feed *f)
{
	int tries = HEAR_MAX;

	do {
		feed_take(d, f);
	} while (f->more && --tries);
}

void feed_drain(struct tierd *d, struct feed *f)
{
	if (feed_take(d, f))
		tierd_sample(d);
}
