// SPDX-License-Identifier: GPL-2.0-only
/* Times, formats and errors of the commands that read tierd's ledger */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tierctl-span.h"

/* 2026-03-01 or 2026-03-01T12:00, always UTC: a bill means the same everywhere */
static bool parse_time(const char *text, time_t *out)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%d", &tm);

	if (end && *end == 'T')
		end = strptime(end, "T%H:%M", &tm);
	if (end && *end == 'Z')
		end++;
	if (!end || *end)
		return false;
	*out = timegm(&tm);
	return true;
}

/* mktime() normalises, so a thirteenth month is the next January */
void span_month(struct tm tm, struct span *s)
{
	struct tm start = { .tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = 1 };
	struct tm end = { .tm_year = tm.tm_year, .tm_mon = tm.tm_mon + 1, .tm_mday = 1 };

	s->from = timegm(&start);
	s->to = timegm(&end);
}

static bool parse_month(const char *text, struct span *s)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m", &tm);

	if (!end || *end)
		return false;
	span_month(tm, s);
	return true;
}

static bool parse_format(const char *text, enum report_format *format)
{
	if (!strcmp(text, "text"))
		*format = REPORT_TEXT;
	else if (!strcmp(text, "csv"))
		*format = REPORT_CSV;
	else if (!strcmp(text, "json"))
		*format = REPORT_JSON;
	else
		return false;
	return true;
}

static bool parse_lun(const char *text, int64_t *lun)
{
	uint32_t id;

	if (!text_lun(text, &id))
		return false;
	*lun = id;
	return true;
}

int span_option(int option, struct span *s)
{
	switch (option) {
	case OPT_MONTH:
		return parse_month(optarg, s) ? 1 : -1;
	case OPT_FROM:
		return parse_time(optarg, &s->from) ? 1 : -1;
	case OPT_TO:
		return parse_time(optarg, &s->to) ? 1 : -1;
	case OPT_LUN:
		return parse_lun(optarg, &s->lun) ? 1 : -1;
	case OPT_FORMAT:
		return parse_format(optarg, &s->format) ? 1 : -1;
	case OPT_POOL:
		s->pool = optarg;
		return 1;
	default:
		return 0;
	}
}

int span_getopt(int argc, char **argv, const struct option *options, struct span *s)
{
	int option, taken;

	do {
		option = ctl_getopt(argc, argv, "", options, NULL);
		taken = span_option(option, s);
	} while (taken > 0);
	return taken < 0 ? OPT_BAD : option;
}

int span_bad_value(void)
{
	return ctl_fail(CTL_USAGE, 0, "months are 2026-03, times 2026-03-01 or 2026-03-01T12:00 "
			"(UTC), formats text, csv, json", "'%s' is not understood", optarg);
}

int span_need_ledger(const struct ctl *c)
{
	if (!access(c->ledger, R_OK))
		return CTL_OK;
	if (errno != ENOENT)
		return ctl_fail(ctl_code(-errno), -errno,
				errno == EACCES ? "this needs root" : NULL, "ledger %s", c->ledger);
	return ctl_fail(CTL_NO_SERVICE, 0,
			"`systemctl start tierd` begins one, --ledger names another",
			"there is no ledger %s", c->ledger);
}

int span_finish(int err, const char *text)
{
	if (!err)
		return CTL_OK;
	return ctl_fail(err == -ENOENT ? CTL_FAILED : ctl_code(err), 0,
			ctl_code(err) == CTL_DENIED ? "this needs root" : NULL, "%s",
			*text ? text : strerror(-err));
}
