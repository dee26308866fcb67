// SPDX-License-Identifier: GPL-2.0-only
/*
 * The other module: multipath maps, sampled and booked
 *
 * Either of the two modules may come and go while we run; neither waits for the
 * other.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tierd-path.h"

#define READS_MAX	3	/* of one sample, while there are news */
#define AGAIN_US	10000	/* to the next, where news do not end: others have their turn */

int path_new(struct tierd *d)
{
	d->paths = calloc(1, sizeof(*d->paths));
	return d->paths ? 0 : -ENOMEM;
}

void path_free(struct tierd *d)
{
	if (!d->paths)
		return;
	maps_free(&d->paths->maps);
	free(d->paths->last);
	free(d->paths->numbering);
	free(d->paths->attempt);
	free(d->paths->taken);
	free(d->paths->unseen);
	sd_event_source_unref(d->paths->again);
	free(d->paths);
	d->paths = NULL;
}

void path_disconnect(struct tierd *d)
{
	if (!d->paths)
		return;
	feed_disconnect(&d->paths->feed);
	dmtier_close(d->paths->kernel);
	d->paths->kernel = NULL;
}

static int connect_kernel(struct tierd *d)
{
	struct paths *p = d->paths;
	int err = 0;

	if (!p->kernel)
		err = dmtier_path_open(&p->kernel);
	if (err)
		p->kernel = NULL;
	/* events first: what changes while we read comes as an event afterwards */
	if (!err && !p->feed.events) {
		err = feed_connect(d, &p->feed, &path_feed);
		p->all_since_ns = (uint64_t)state_now_ms() * 1000000;
	}
	if (err) {
		path_disconnect(d);
		/* who has no maps need not have the module */
		if (!p->missed && config_wants_maps(d->config))
			tierd_log(LOG_WARNING,
				  "the dm-mpath-ext module does not answer (%s): load it; looked for at each sample",
				  strerror(-err));
		p->missed = config_wants_maps(d->config);
	} else if (p->missed) {
		tierd_log(LOG_NOTICE, "the dm-mpath-ext module answers");
		p->missed = false;
	}
	return err;
}

static const char *consumer(const char *map, void *arg)
{
	const struct tierd *d = arg;
	const struct config_map *c = config_map(d->config, map);

	return c ? c->consumer : "";
}

static int book(struct tierd *d)
{
	struct paths *p = d->paths;
	struct path_meter_result res;
	int err = path_meter_book(d->ledger, &p->maps, p->last, p->nr_last, consumer, d, &res);

	if (err) {
		if (!d->samples_failed || p->samples)
			tierd_log(LOG_ERR, "%s; usage of paths is booked with a later sample",
				  ledger_error(d->ledger));
		d->samples_failed++;
		return err;
	}
	p->nr_last = 0;
	p->samples++;
	if (res.gaps)
		tierd_log(LOG_WARNING, "counters of %u maps were set back: their rows are flagged",
			  res.gaps);
	return 0;
}

/* without the module there is no map: what was known of any is at its end */
static int book_none(struct tierd *d)
{
	struct paths *p = d->paths;

	if (!p->samples && !p->nr_last)
		return 0;
	maps_free(&p->maps);
	p->maps.time_ms = state_now_ms();
	return book(d);
}

static int look_again(sd_event_source *source, uint64_t now, void *arg)
{
	(void)source;
	(void)now;
	tierd_sample(arg);
	return 0;
}

void path_again(struct tierd *d)
{
	struct paths *p = d->paths;
	int err, on;

	if (!p->again) {
		err = sd_event_add_time_relative(d->event, &p->again, CLOCK_MONOTONIC, AGAIN_US, 1,
						 look_again, d);
	} else {
		err = sd_event_source_get_enabled(p->again, &on);
		if (err < 0 || on != SD_EVENT_OFF)
			return;
		err = sd_event_source_set_time_relative(p->again, AGAIN_US);
		if (err >= 0)
			err = sd_event_source_set_enabled(p->again, SD_EVENT_ONESHOT);
	}
	/* the next sample in its time does as well; behind the loop's end there is none */
	if (err < 0 && err != -ESTALE)
		tierd_log(LOG_WARNING, "no sample out of turn: %s", strerror(-err));
}

int path_read_and_book(struct tierd *d)
{
	int err = connect_kernel(d), tries = READS_MAX;
	struct paths *p = d->paths;
	bool news;

	if (err == -ENOENT)
		book_none(d);
	if (err)
		return err;
	/* the last counters of what has gone, before it is missed */
	feed_take(d, &p->feed);
	/* what is told meanwhile may ask for a state that is newer than what was read */
	do {
		err = maps_read(p->kernel, &p->maps);
		news = !err && feed_take(d, &p->feed);
	} while (news && --tries);
	if (news)
		path_again(d);
	if (err) {
		tierd_log(LOG_ERR, "cannot read the state of maps: %s", dmtier_error(p->kernel));
		d->samples_failed++;
		path_disconnect(d);
		return err;
	}
	if (p->feed.events && !p->feed.more)
		path_numbers_sample(d);
	return book(d);
}
