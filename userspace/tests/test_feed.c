// SPDX-License-Identifier: GPL-2.0-only
/* Events off a module's socket: batches, overruns, errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tierd.h"

#define ENOUGH	100000

static struct tierd d;
static const int *answer;	/* of the socket, one by one; NULL: events without end */
static int taken, losses, flushes, samples;
static bool wants_fresh;

void tierd_log(int priority, const char *format, ...)
{
	(void)priority;
	(void)format;
}

int tierd_sample(struct tierd *tierd)
{
	(void)tierd;
	samples++;
	return 0;
}

void events_loss(struct tierd *tierd, const char *name, const uint8_t *uuid, const char *what)
{
	(void)tierd;
	assert_string_equal(name, "");
	assert_null(uuid);
	assert_non_null(what);
	losses++;
}

void events_flush(struct tierd *tierd)
{
	(void)tierd;
	flushes++;
}

static int next(struct tierd *tierd, struct dmtier_events *events, bool *fresh)
{
	int ret = answer ? *answer++ : 1;

	assert_ptr_equal(tierd, &d);
	assert_ptr_equal(events, d.feed.events);
	taken += ret == 1;
	assert_true(taken < ENOUGH);
	*fresh |= ret == 1 && wants_fresh;
	return ret;
}

static const struct feed_kind kind = { .name = "events", .next = next };

static int set_up(void **state)
{
	(void)state;
	memset(&d, 0, sizeof(d));
	d.feed.kind = &kind;
	/* as large as the library's may ever be, and as if nothing were open in it */
	d.feed.events = calloc(1, 4096);
	taken = losses = flushes = samples = 0;
	wants_fresh = false;
	return d.feed.events ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	free(d.feed.events);
	return 0;
}

static void takes_what_waits(void **state)
{
	static const int answers[] = { 1, 1, 0 };

	(void)state;
	answer = answers;
	assert_false(feed_take(&d, &d.feed));
	assert_int_equal(taken, 2);
	assert_int_equal(flushes, 1);
	assert_int_equal(losses, 0);
}

static void samples_if_asked_to(void **state)
{
	static const int answers[] = { 1, 0, 1, 0 };

	(void)state;
	answer = answers;
	feed_drain(&d, &d.feed);
	assert_int_equal(samples, 0);
	wants_fresh = true;
	feed_drain(&d, &d.feed);
	assert_int_equal(samples, 1);
}

/* a flood leaves the loop its turn, and what was taken so far is written */
static void flooded(void **state)
{
	(void)state;
	answer = NULL;
	assert_false(feed_take(&d, &d.feed));
	assert_true(taken > 1);
	assert_int_equal(flushes, 1);
}

static void overrun(void **state)
{
	static const int answers[] = { 1, -ENOBUFS, 1, 0 };

	(void)state;
	answer = answers;
	assert_true(feed_take(&d, &d.feed));
	assert_int_equal(taken, 2);
	assert_int_equal(losses, 1);
	assert_int_equal(d.events_overruns, 1);
	assert_non_null(d.feed.events);
}

static void trouble(void **state)
{
	static const int answers[] = { 1, -EIO, 1, 0 };

	(void)state;
	answer = answers;
	assert_true(feed_take(&d, &d.feed));
	assert_int_equal(taken, 1);
	assert_int_equal(losses, 0);
	assert_int_equal(d.events_overruns, 0);
	assert_null(d.feed.events);
	/* not connected: nothing is to be had, but what waits is written */
	assert_false(feed_take(&d, &d.feed));
	assert_int_equal(taken, 1);
	assert_int_equal(flushes, 2);
}

/* more than a round of them, and none asks for a sample */
static void hears_all(void **state)
{
	static int answers[2000];

	(void)state;
	for (int i = 0; i < 1999; i++)
		answers[i] = 1;
	answer = answers;
	wants_fresh = true;
	feed_hear(&d, &d.feed);
	assert_int_equal(taken, 1999);
	assert_int_equal(samples, 0);
	assert_true(flushes > 0);
	/* and has an end where they have none */
	answer = NULL;
	feed_hear(&d, &d.feed);
	assert_int_equal(samples, 0);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(takes_what_waits),
		TEST(samples_if_asked_to),
		TEST(flooded),
		TEST(overrun),
		TEST(trouble),
		TEST(hears_all),
	};

	return cmocka_run_group_tests_name("feed", tests, NULL, NULL);
}
