/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Times of the week
 *
 *	Mon-Fri 22:00-06:00, Sat-Sun 00:00-24:00	windows
 *	Mon-Fri 07:30, Sun 09:00			points
 *
 * A window that ends before it begins ends on the next day. Local time, unless
 * the caller says UTC; in the hour that a change of clocks repeats or leaves
 * out, the clock on the wall counts.
 */
#ifndef TIERD_SCHEDULE_H
#define TIERD_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "conf.h"

#define SCHEDULE_MAX	16

struct schedule_entry {
	uint8_t days;			/* bit 0: Sunday */
	uint16_t from, to;		/* minutes of the day; equal for a point */
};

struct schedule {
	int nr;
	struct schedule_entry entry[SCHEDULE_MAX];
};

/* 0, or -1 with the reason */
int schedule_parse(const char *text, bool windows, struct schedule *s, char why[CONF_WHY_LEN]);

/* is a window open? Without any it always is */
bool schedule_open(const struct schedule *s, time_t now, bool utc);

/* the last point in (from, to], 0 if there is none; looks back a day at most */
time_t schedule_last(const struct schedule *s, time_t from, time_t to, bool utc);

#endif
