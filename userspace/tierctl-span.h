/* SPDX-License-Identifier: GPL-2.0-only */
/* What the commands that read tierd's ledger have in common */
#ifndef TIERCTL_SPAN_H
#define TIERCTL_SPAN_H

#include <time.h>

#include "report.h"
#include "ledger.h"
#include "tierctl.h"

enum { OPT_MONTH = 256, OPT_FROM, OPT_TO, OPT_LUN, OPT_FORMAT, OPT_PLAN, OPT_POOL, OPT_CONSUMER,
       OPT_KIND, OPT_HEAD, OPT_MAP, OPT_BAD };

/* the first rows of an option table */
#define SPAN_TIMES							\
	{ "month", required_argument, NULL, OPT_MONTH },		\
	{ "from", required_argument, NULL, OPT_FROM },			\
	{ "to", required_argument, NULL, OPT_TO }

struct span {
	const char *pool;
	int64_t lun;
	time_t from, to;
	enum report_format format;
};

/* the month that @tm is in, UTC */
void span_month(struct tm tm, struct span *s);

/* 1: taken; 0: not one of these; -1: the value is wrong */
int span_option(int option, struct span *s);
/*
 * As ctl_getopt(), but what belongs to @s is put there and not returned; OPT_BAD: its
 * value is wrong
 */
int span_getopt(int argc, char **argv, const struct option *options, struct span *s);
int span_bad_value(void);			/* exit code, told */

/* tells an absent ledger from one that cannot be read */
int span_need_ledger(const struct ctl *c);

/* exit code of -errno @err, with what the ledger said, if it did */
int span_finish(int err, const char *text);

int usage_paths(struct ctl *c, int argc, char **argv);

#endif
