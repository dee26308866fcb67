// SPDX-License-Identifier: GPL-2.0-only
/* A sample of maps, and what is told while it is taken: the next one, at once or in its time */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tierd-path.h"

static struct config config;
static struct tierd d;
static int answers[8192];	/* of the socket: 1, one event, or 0, none; it ends with none */
static size_t at;
static int reads, samples, taken, warnings;
static max_align_t handle[512];

void tierd_log(int priority, const char *format, ...)
{
	(void)format;
	warnings += priority == LOG_WARNING;
}

int tierd_sample(struct tierd *tierd)
{
	samples++;
	return path_read_and_book(tierd);
}

void events_loss(struct tierd *tierd, const char *name, const uint8_t *uuid, const char *what)
{
	(void)tierd;
	(void)name;
	(void)uuid;
	(void)what;
}

void events_flush(struct tierd *tierd)
{
	(void)tierd;
}

void path_numbers_sample(struct tierd *tierd)
{
	(void)tierd;
}

int path_meter_book(struct ledger *l, const struct maps *m, const struct path_last *last,
		    size_t nr_last, path_consumer_fn consumer, void *arg,
		    struct path_meter_result *res)
{
	(void)l;
	(void)m;
	(void)last;
	(void)nr_last;
	(void)consumer;
	(void)arg;
	memset(res, 0, sizeof(*res));
	return 0;
}

int maps_read(struct dmtier *h, struct maps *m)
{
	(void)h;
	(void)m;
	reads++;
	return 0;
}

void maps_free(struct maps *m)
{
	(void)m;
}

/* every event asks for a look */
static int next(struct tierd *tierd, struct dmtier_events *events, bool *fresh)
{
	(void)tierd;
	(void)events;
	if (!answers[at]) {
		at += at + 1 < sizeof(answers) / sizeof(answers[0]);
		return 0;
	}
	at++;
	taken++;
	*fresh = true;
	return 1;
}

const struct feed_kind path_feed = { .name = "events", .next = next };

static int set_up(void **state)
{
	(void)state;
	memset(&d, 0, sizeof(d));
	memset(answers, 0, sizeof(answers));
	at = 0;
	reads = samples = taken = warnings = 0;
	d.config = &config;
	if (path_new(&d) || sd_event_new(&d.event) < 0)
		return -1;
	d.paths->kernel = (struct dmtier *)handle;
	d.paths->feed.kind = &path_feed;
	/* as if nothing were open in it */
	d.paths->feed.events = calloc(1, 4096);
	return d.paths->feed.events ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	free(d.paths->feed.events);
	path_free(&d);
	sd_event_unref(d.event);
	return 0;
}

/* one event at each of the next looks at the socket */
static void news(int nr)
{
	for (int i = 0; i < nr; i++)
		answers[2 * i] = 1;
}

/* the loop's turns of a while */
static void run(int ms)
{
	int64_t end = state_now_ms() + ms;

	while (state_now_ms() < end)
		assert_true(sd_event_run(d.event, 10000) >= 0);
}

static void run_until_samples(int nr)
{
	for (int tries = 0; samples < nr && tries < 1000; tries++)
		assert_true(sd_event_run(d.event, 10000) >= 0);
	assert_int_equal(samples, nr);
}

static void quiet(void **state)
{
	(void)state;
	assert_int_equal(path_read_and_book(&d), 0);
	assert_int_equal(reads, 1);
	run(50);
	assert_int_equal(samples, 0);
}

/* what is told while it is read is read again, and nothing more is wanted */
static void some_news(void **state)
{
	(void)state;
	news(3);
	assert_int_equal(path_read_and_book(&d), 0);
	assert_int_equal(reads, 3);
	run(50);
	assert_int_equal(samples, 0);
}

/* the last of the news is not lost where the reads have their end: another sample, soon */
static void more_news(void **state)
{
	(void)state;
	news(4);
	assert_int_equal(path_read_and_book(&d), 0);
	assert_int_equal(reads, 3);
	run_until_samples(1);
	assert_int_equal(reads, 4);
	run(50);
	assert_int_equal(samples, 1);
}

/* and once more, as with the same timer */
static void much_news(void **state)
{
	(void)state;
	news(13);
	assert_int_equal(path_read_and_book(&d), 0);
	run_until_samples(3);
	run(50);
	assert_int_equal(samples, 3);
	assert_int_equal(taken, 13);
}

/* news without end: one sample a turn, and not all the time */
static void news_without_end(void **state)
{
	(void)state;
	news(4000);
	assert_int_equal(path_read_and_book(&d), 0);
	assert_int_equal(reads, 3);
	path_again(&d);
	path_again(&d);
	run_until_samples(1);
	run(200);
	assert_in_range(samples, 1, 30);
	assert_in_range(reads, 3, 3 + 3 * samples);
}

/* the last sample, behind the loop's end, has none after it */
static void at_the_end(void **state)
{
	(void)state;
	assert_true(sd_event_exit(d.event, 0) >= 0);
	assert_true(sd_event_loop(d.event) >= 0);
	news(4);
	assert_int_equal(path_read_and_book(&d), 0);
	assert_int_equal(reads, 3);
	assert_int_equal(warnings, 0);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(quiet),
		TEST(some_news),
		TEST(more_news),
		TEST(much_news),
		TEST(news_without_end),
		TEST(at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
