// SPDX-License-Identifier: GPL-2.0-only
/* tierctl invoice and audit: what tierd has written down. No kernel needed. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit.h"
#include "invoice.h"
#include "tierctl.h"

enum { OPT_MONTH = 256, OPT_FROM, OPT_TO, OPT_LUN, OPT_FORMAT, OPT_PLAN, OPT_POOL, OPT_CONSUMER,
       OPT_KIND, OPT_HEAD };

/* what the two have in common */
struct span {
	const char *pool;
	int64_t lun;
	time_t from, to;
	enum report_format format;
};

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
static void whole_month(struct tm tm, struct span *s)
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
	whole_month(tm, s);
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

/* 1: taken; 0: not one of these; -1: the value is wrong */
static int common_option(int option, struct span *s)
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

static int bad_value(void)
{
	return ctl_fail(CTL_USAGE, 0, "months are 2026-03, times 2026-03-01 or 2026-03-01T12:00 "
			"(UTC), formats text, csv, json", "'%s' is not understood", optarg);
}

/* tells an absent ledger from one that cannot be read */
static int need_ledger(const struct ctl *c)
{
	if (!access(c->ledger, F_OK))
		return CTL_OK;
	if (errno != ENOENT)
		return ctl_fail(ctl_code(-errno), -errno, NULL, "ledger %s", c->ledger);
	return ctl_fail(CTL_NO_SERVICE, 0,
			"`systemctl start tierd` begins one, --ledger names another",
			"there is no ledger %s", c->ledger);
}

static int finish(int err, const char *text)
{
	if (!err)
		return CTL_OK;
	return ctl_fail(err == -ENOENT ? CTL_FAILED : ctl_code(err), 0, NULL, "%s",
			*text ? text : strerror(-err));
}

static int invoice_args(struct ctl *c, int argc, char **argv, struct span *s,
			struct invoice_request *r)
{
	static const struct option options[] = {
		{ "month", required_argument, NULL, OPT_MONTH },
		{ "from", required_argument, NULL, OPT_FROM },
		{ "to", required_argument, NULL, OPT_TO },
		{ "lun", required_argument, NULL, OPT_LUN },
		{ "pool", required_argument, NULL, OPT_POOL },
		{ "consumer", required_argument, NULL, OPT_CONSUMER },
		{ "format", required_argument, NULL, OPT_FORMAT },
		{ "plan", required_argument, NULL, OPT_PLAN },
		{ 0 }
	};
	int option, taken;

	while ((option = ctl_getopt(argc, argv, "", options, NULL)) != -1) {
		taken = common_option(option, s);
		if (taken < 0)
			return bad_value();
		if (taken)
			continue;
		if (option == OPT_PLAN)
			r->plan = optarg;
		else if (option == OPT_CONSUMER)
			r->consumer = optarg;
		else
			return ctl_usage(c);
	}
	if (optind != argc)
		return ctl_usage(c);
	if (s->from >= s->to)
		return ctl_fail(CTL_USAGE, 0, "--to is where it ends, itself not included",
				"the time asked for is empty");
	return CTL_OK;
}

/* without a time: the month that we are in */
static int invoice(struct ctl *c, int argc, char **argv)
{
	struct span s = { .lun = -1, .format = c->json ? REPORT_JSON : REPORT_TEXT };
	struct invoice_request r = { 0 };
	time_t now = time(NULL);
	char err[512] = "";
	struct tm tm;
	int code;

	gmtime_r(&now, &tm);
	whole_month(tm, &s);
	code = invoice_args(c, argc, argv, &s, &r);
	if (!code)
		code = need_ledger(c);
	if (code)
		return code;
	r.ledger = c->ledger;
	r.pool = s.pool;
	r.lun = s.lun;
	r.from = s.from;
	r.to = s.to;
	r.format = s.format;
	return finish(invoice_print(stdout, &r, err, sizeof(err)), err);
}

static int list_args(struct ctl *c, int argc, char **argv, struct span *s, const char **kind)
{
	static const struct option options[] = {
		{ "month", required_argument, NULL, OPT_MONTH },
		{ "from", required_argument, NULL, OPT_FROM },
		{ "to", required_argument, NULL, OPT_TO },
		{ "lun", required_argument, NULL, OPT_LUN },
		{ "pool", required_argument, NULL, OPT_POOL },
		{ "format", required_argument, NULL, OPT_FORMAT },
		{ "kind", required_argument, NULL, OPT_KIND },
		{ 0 }
	};
	int option, taken;

	while ((option = ctl_getopt(argc, argv, "", options, NULL)) != -1) {
		taken = common_option(option, s);
		if (taken < 0)
			return bad_value();
		if (!taken && option != OPT_KIND)
			return ctl_usage(c);
		if (!taken)
			*kind = optarg;
	}
	return optind == argc ? CTL_OK : ctl_usage(c);
}

static int audit_list(struct ctl *c, int argc, char **argv)
{
	struct span s = { .lun = -1, .format = c->json ? REPORT_JSON : REPORT_TEXT };
	struct audit_request r = { .ledger = c->ledger };
	char err[512] = "";
	int code = list_args(c, argc, argv, &s, &r.kind);

	if (!code)
		code = need_ledger(c);
	if (code)
		return code;
	r.pool = s.pool;
	r.lun = s.lun;
	r.from = s.from;
	r.to = s.to;
	r.format = s.format;
	return finish(audit_print(stdout, &r, err, sizeof(err)), err);
}

static void print_verdict(struct ctl *c, const struct audit_verdict *v, bool intact,
			  const char *why)
{
	json_object *o;

	if (!c->json) {
		if (intact)
			printf("intact: %lld records, head %s\n", (long long)v->records, v->head);
		return;
	}
	o = json_object_new_object();
	json_object_object_add(o, "intact", json_object_new_boolean(intact));
	json_object_object_add(o, "records", json_object_new_int64(v->records));
	json_object_object_add(o, "head", json_object_new_string(v->head));
	json_object_object_add(o, "after_head", json_object_new_int64(v->after_head));
	json_object_object_add(o, "bad", v->bad ? json_object_new_int64(v->bad) : NULL);
	json_object_object_add(o, "why", intact ? NULL : json_object_new_string(why));
	json_print(o, true);
}

static int audit_check(struct ctl *c, int argc, char **argv)
{
	static const struct option options[] = {
		{ "head", required_argument, NULL, OPT_HEAD }, { 0 }
	};
	struct audit_verdict v = { 0 };
	const char *head = NULL;
	char err[512] = "";
	int option, result, code;

	while ((option = ctl_getopt(argc, argv, "", options, NULL)) != -1) {
		if (option != OPT_HEAD)
			return ctl_usage(c);
		head = optarg;
	}
	code = optind == argc ? need_ledger(c) : ctl_usage(c);
	if (code)
		return code;
	result = audit_verify(c->ledger, head, &v, err, sizeof(err));
	if (result < 0)
		return finish(result, err);
	print_verdict(c, &v, !result, err);
	return result ? ctl_fail(CTL_FAILED, 0, NULL, "the audit log was tampered with: %s", err) :
			CTL_OK;
}

const struct command ledger_commands[] = {
	{ "invoice", NULL,
	  "[--month YYYY-MM | --from TIME --to TIME] [--pool NAME] [--lun N]\n"
	  "      [--consumer NAME] [--format text|csv|json] [--plan FILE]",
	  "what each consumer owes, from tierd's ledger; this month by default", 0, 20, invoice },
	{ "audit", "list",
	  "[--month YYYY-MM | --from TIME --to TIME] [--pool NAME] [--lun N]\n"
	  "      [--kind KIND] [--format text|csv|json]",
	  "the record of moves and policy changes", 0, 20, audit_list },
	{ "audit", "verify", "[--head HEAD]", "prove that no record was changed or taken out",
	  0, 2, audit_check },
	{ 0 }
};
