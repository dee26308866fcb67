// SPDX-License-Identifier: GPL-2.0-only
/*
 * Times of the week
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tierd-schedule.h"

#define DAY_MINUTES	1440
#define ENTRY_LEN	64

static const char *const day_names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

static int day_of(const char *text)
{
	for (int i = 0; i < 7; i++)
		if (!strncasecmp(text, day_names[i], 3))
			return i;
	return -1;
}

/* Mon, Mon-Fri, Sat-Mon, daily */
static int parse_days(const char *text, uint8_t *days)
{
	size_t len = strlen(text);
	int first, last;

	if (!strcasecmp(text, "daily")) {
		*days = 0x7f;
		return 0;
	}
	first = len == 3 || (len == 7 && text[3] == '-') ? day_of(text) : -1;
	last = len == 7 ? day_of(text + 4) : first;
	if (first < 0 || last < 0)
		return -1;
	*days = (uint8_t)(1 << first);
	while (first != last) {
		first = (first + 1) % 7;
		*days |= (uint8_t)(1 << first);
	}
	return 0;
}

static int digits(const char *text)
{
	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return -1;
	return (text[0] - '0') * 10 + text[1] - '0';
}

/* hh:mm at @text, and what follows it */
static const char *parse_time(const char *text, uint16_t *minutes)
{
	int hour, minute;

	if (strlen(text) < 5 || text[2] != ':')
		return NULL;
	hour = digits(text);
	minute = digits(text + 3);
	if (hour < 0 || minute < 0 || minute > 59 || hour * 60 + minute > DAY_MINUTES)
		return NULL;
	*minutes = (uint16_t)(hour * 60 + minute);
	return text + 5;
}

static int parse_entry(const char *text, bool window, struct schedule_entry *e)
{
	char days[16];
	const char *rest;
	int used = 0;

	if (sscanf(text, "%15s %n", days, &used) != 1 || !used || parse_days(days, &e->days))
		return -1;
	rest = parse_time(text + used, &e->from);
	if (!rest || e->from == DAY_MINUTES)
		return -1;
	e->to = e->from;
	if (window) {
		if (*rest != '-')
			return -1;
		rest = parse_time(rest + 1, &e->to);
		if (!rest || e->to == e->from)
			return -1;
	}
	return rest[strspn(rest, " \t")] ? -1 : 0;
}

int schedule_parse(const char *text, bool windows, struct schedule *s, char why[CONF_WHY_LEN])
{
	char entry[ENTRY_LEN];
	size_t len;

	s->nr = 0;
	for (;;) {
		text += strspn(text, " \t");
		len = strcspn(text, ",");
		snprintf(entry, sizeof(entry), "%.*s", (int)len, text);
		if (len >= sizeof(entry) || s->nr == SCHEDULE_MAX ||
		    parse_entry(entry, windows, &s->entry[s->nr])) {
			snprintf(why, CONF_WHY_LEN, "'%.40s' is no %s; write %s, at most %d of them",
				 entry, windows ? "window" : "time",
				 windows ? "Mon-Fri 22:00-06:00" : "Mon-Fri 07:30",
				 SCHEDULE_MAX);
			return -1;
		}
		s->nr++;
		text += len;
		if (!*text)
			return 0;
		text++;
	}
}

static void wall_clock(time_t now, bool utc, int *day, int *minute)
{
	struct tm tm;

	if (utc)
		gmtime_r(&now, &tm);
	else
		localtime_r(&now, &tm);
	*day = tm.tm_wday;
	*minute = tm.tm_hour * 60 + tm.tm_min;
}

bool schedule_open(const struct schedule *s, time_t now, bool utc)
{
	const struct schedule_entry *e;
	int day, minute, yesterday;

	if (!s->nr)
		return true;
	wall_clock(now, utc, &day, &minute);
	yesterday = (day + 6) % 7;
	for (e = s->entry; e < s->entry + s->nr; e++) {
		if (e->from < e->to) {
			if ((e->days & 1 << day) && minute >= e->from && minute < e->to)
				return true;
			continue;
		}
		if ((e->days & 1 << day) && minute >= e->from)
			return true;
		if ((e->days & 1 << yesterday) && minute < e->to)
			return true;
	}
	return false;
}

static bool is_point(const struct schedule *s, time_t when, bool utc)
{
	int day, minute;

	wall_clock(when, utc, &day, &minute);
	for (int i = 0; i < s->nr; i++)
		if ((s->entry[i].days & 1 << day) && s->entry[i].from == minute)
			return true;
	return false;
}

time_t schedule_last(const struct schedule *s, time_t from, time_t to, bool utc)
{
	time_t when = to - to % 60;

	if (!s->nr)
		return 0;
	if (from < to - DAY_MINUTES * 60)
		from = to - DAY_MINUTES * 60;
	for (; when > from; when -= 60)
		if (is_point(s, when, utc))
			return when;
	return 0;
}
