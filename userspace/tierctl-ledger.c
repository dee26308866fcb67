// SPDX-License-Identifier: GPL-2.0-only
/* tierctl invoice and audit: what tierd has written down. No kernel needed. */
#include <getopt.h>
#include <string.h>
#include <time.h>

#include "audit.h"
#include "invoice.h"
#include "tierctl-span.h"

static int invoice_args(struct ctl *c, int argc, char **argv, struct span *s,
			struct invoice_request *r)
{
	static const struct option options[] = {
		SPAN_TIMES,
		{ "lun", required_argument, NULL, OPT_LUN },
		{ "pool", required_argument, NULL, OPT_POOL },
		{ "map", required_argument, NULL, OPT_MAP },
		{ "consumer", required_argument, NULL, OPT_CONSUMER },
		{ "format", required_argument, NULL, OPT_FORMAT },
		{ "plan", required_argument, NULL, OPT_PLAN },
		{ 0 }
	};
	int option;

	while ((option = span_getopt(argc, argv, options, s)) != -1) {
		if (option == OPT_BAD)
			return span_bad_value();
		if (option == OPT_PLAN)
			r->plan = optarg;
		else if (option == OPT_MAP)
			r->map = optarg;
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
	if (r->map && (s->pool || s->lun >= 0))
		return ctl_fail(CTL_USAGE, 0, NULL,
				"--map is of paths, --pool and --lun are of LUNs: give one");
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
	span_month(tm, &s);
	code = invoice_args(c, argc, argv, &s, &r);
	if (!code)
		code = span_need_ledger(c);
	if (code)
		return code;
	r.ledger = c->ledger;
	r.pool = s.pool;
	r.lun = s.lun;
	r.from = s.from;
	r.to = s.to;
	r.format = s.format;
	return span_finish(invoice_print(stdout, &r, err, sizeof(err)), err);
}

static int list_args(struct ctl *c, int argc, char **argv, struct span *s, const char **kind)
{
	static const struct option options[] = {
		SPAN_TIMES,
		{ "lun", required_argument, NULL, OPT_LUN },
		{ "pool", required_argument, NULL, OPT_POOL },
		{ "format", required_argument, NULL, OPT_FORMAT },
		{ "kind", required_argument, NULL, OPT_KIND },
		{ 0 }
	};
	int option;

	while ((option = span_getopt(argc, argv, options, s)) != -1) {
		if (option == OPT_BAD)
			return span_bad_value();
		if (option != OPT_KIND)
			return ctl_usage(c);
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
		code = span_need_ledger(c);
	if (code)
		return code;
	r.pool = s.pool;
	r.lun = s.lun;
	r.from = s.from;
	r.to = s.to;
	r.format = s.format;
	return span_finish(audit_print(stdout, &r, err, sizeof(err)), err);
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
	code = optind == argc ? span_need_ledger(c) : ctl_usage(c);
	if (code)
		return code;
	result = audit_verify(c->ledger, head, &v, err, sizeof(err));
	if (result < 0)
		return span_finish(result, err);
	print_verdict(c, &v, !result, err);
	return result ? ctl_fail(CTL_FAILED, 0, NULL, "the audit log was tampered with: %s", err) :
			CTL_OK;
}

const struct command ledger_commands[] = {
	{ "invoice", NULL,
	  "[--month YYYY-MM | --from TIME --to TIME] [--pool NAME] [--lun N]\n"
	  "      [--map NAME] [--consumer NAME] [--format text|csv|json] [--plan FILE]",
	  "what each consumer owes, from tierd's ledger; this month by default", 0, 20, invoice },
	{ "audit", "list",
	  "[--month YYYY-MM | --from TIME --to TIME] [--pool NAME] [--lun N]\n"
	  "      [--kind KIND] [--format text|csv|json]",
	  "the record of moves and policy changes", 0, 20, audit_list },
	{ "audit", "verify", "[--head HEAD]", "prove that no record was changed or taken out",
	  0, 2, audit_check },
	{ 0 }
};
