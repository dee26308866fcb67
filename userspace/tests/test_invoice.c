// SPDX-License-Identifier: GPL-2.0-only
/* Prices and invoices: exact money */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invoice-lines.h"
#include "report.h"

#define HOUR_MS		3600000LL
#define START_S		1704067200LL	/* 2024-01-01 */

struct fixture {
	char dir[64];
	char ledger[96];
	char plan[96];
};

static void fill_ledger(const char *path)
{
	struct ledger_sample s = {
		.pool = "tank", .extent_bytes = 1000000, .nr_tiers = 2, .lun = 1,
	};
	struct ledger *l;
	char err[256];

	assert_int_equal(ledger_open(&l, path, LEDGER_WRITE, err, sizeof(err)), 0);
	assert_int_equal(ledger_begin(l), 0);
	strcpy(s.tier[0].name, "fast");
	strcpy(s.tier[1].name, "slow");
	/* 730 hours of 1000 extents of a megabyte: one GB-month */
	for (int hour = 0; hour <= 730; hour++) {
		s.time_ms = START_S * 1000 + hour * HOUR_MS;
		s.tier[0].counter[LEDGER_HELD] = 1000ULL * hour * HOUR_MS;
		s.tier[0].counter[LEDGER_READ_IOS] = 1370ULL * hour;
		s.tier[1].counter[LEDGER_IN_SECTORS] = 1000ULL * hour;
		for (s.lun = 1; s.lun <= 3; s.lun++) {
			strcpy(s.consumer, s.lun == 3 ? "b, \"c\" & d" : "acme");
			assert_int_equal(ledger_add(l, &s, NULL), 0);
		}
	}
	assert_int_equal(ledger_commit(l), 0);
	ledger_close(l);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	FILE *plan;

	strcpy(f->dir, "/tmp/test_invoice.XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	snprintf(f->ledger, sizeof(f->ledger), "%s/ledger.db", f->dir);
	snprintf(f->plan, sizeof(f->plan), "%s/prices.conf", f->dir);
	plan = fopen(f->plan, "w");
	fputs("[plan]\ncurrency = EUR\nprovider = Host\n[tier fast]\ngb_month = 0.123456789\n"
	      "million_reads = 0.333333333\n[tier slow]\ngb_moved = 0.01\n", plan);
	fclose(plan);
	fill_ledger(f->ledger);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", f->dir);
	free(f);
	return system(command);
}

static struct invoice_request request(const struct fixture *f, enum report_format format)
{
	return (struct invoice_request){
		.ledger = f->ledger, .plan = f->plan, .lun = -1, .from = START_S,
		.to = START_S + 800 * 3600, .format = format,
	};
}

static char *printed(const struct invoice_request *req)
{
	char *text = NULL, err[256];
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (invoice_print(out, req, err, sizeof(err)))
		fail_msg("%s", err);
	fclose(out);
	return text;
}

static int64_t number(struct json_object *o, const char *key)
{
	return json_object_get_int64(json_object_object_get(o, key));
}

static int64_t total(const struct invoice_request *req)
{
	char *text = printed(req);
	struct json_object *o = json_tokener_parse(text);
	int64_t micro;

	assert_non_null(o);
	micro = number(o, "total_micro");
	json_object_put(o);
	free(text);
	return micro;
}

static void rounds_half_to_even(void **state)
{
	int64_t micro;

	(void)state;
	/* one request at n/1000 of a million's price: n billionths of a millionth */
	assert_int_equal(price_amount(PRICE_MILLION_READS, 1000000, 500, &micro), 0);
	assert_int_equal(micro, 0);
	assert_int_equal(price_amount(PRICE_MILLION_READS, 1000000, 1500, &micro), 0);
	assert_int_equal(micro, 2);
	assert_int_equal(price_amount(PRICE_MILLION_READS, 1000000, 2500, &micro), 0);
	assert_int_equal(micro, 2);
	assert_int_equal(price_amount(PRICE_MILLION_READS, 1000000, 2501, &micro), 0);
	assert_int_equal(micro, 3);
	assert_int_equal(price_amount(PRICE_GB_MONTH, (price_wide)1 << 100, 1LL << 40, &micro),
			 -ERANGE);
}

static void prices_are_exact(void **state)
{
	int64_t nano;

	(void)state;
	assert_int_equal(price_parse("0.1", &nano), 0);
	assert_int_equal(nano, 100000000);
	assert_int_equal(price_parse("12.000000001", &nano), 0);
	assert_int_equal(nano, 12000000001);
	assert_int_equal(price_parse("1000000", &nano), 0);
	assert_int_equal(price_parse("1000000.000000001", &nano), -ERANGE);
	assert_true(price_parse("", &nano) && price_parse(".5", &nano) &&
		    price_parse("5.", &nano) && price_parse("1,5", &nano) &&
		    price_parse("1.2.3", &nano) && price_parse(" 1", &nano));
}

static void decimals(void **state)
{
	char text[INVOICE_NUMBER];

	(void)state;
	invoice_decimal(1, 3, 9, text);
	assert_string_equal(text, "0.333333333");
	invoice_decimal(2999999999999LL, 1000000000000LL, 9, text);
	assert_string_equal(text, "3.000000000");
	invoice_money(1234567, text);
	assert_string_equal(text, "1.234567");
}

static void lines_add_up(void **state)
{
	struct invoice_request req = request(*state, REPORT_JSON);
	char *text = printed(&req);
	struct json_object *o = json_tokener_parse(text), *lines, *line;
	int64_t sum = 0;
	bool month = false;

	lines = json_object_object_get(o, "lines");
	assert_int_equal(json_object_array_length(lines), 9);
	for (size_t i = 0; i < json_object_array_length(lines); i++) {
		line = json_object_array_get_idx(lines, i);
		sum += number(line, "amount_micro");
		if (!strcmp(json_object_get_string(json_object_object_get(line, "meter")),
			    "gb_month")) {
			month = true;
			assert_string_equal(json_object_get_string(
				json_object_object_get(line, "quantity")), "1.000000000");
			assert_int_equal(number(line, "amount_micro"), 123457);
		}
	}
	assert_true(month);
	assert_int_equal(sum, number(o, "total_micro"));
	json_object_put(o);
	free(text);
}

/* two halves bill each hour once; rounding per line may differ by a millionth each */
static void spans_neither_overlap_nor_miss(void **state)
{
	struct invoice_request whole = request(*state, REPORT_JSON);
	struct invoice_request first = whole, second = whole;

	first.to = second.from = START_S + 1234567;
	assert_in_range(total(&first) + total(&second) + 18 - total(&whole), 0, 36);
}

static void filters(void **state)
{
	struct invoice_request all = request(*state, REPORT_JSON), one = all;

	one.consumer = "acme";
	assert_int_equal(total(&one) * 3, total(&all) * 2);
	one.lun = 1;
	assert_int_equal(total(&one) * 3, total(&all));
	one.pool = "tank";
	assert_int_equal(total(&one) * 3, total(&all));
	one.pool = "other";
	assert_int_equal(total(&one), 0);
}

static void csv_and_text(void **state)
{
	struct invoice_request req = request(*state, REPORT_CSV);
	char *text = printed(&req), *next;
	int lines = 0;

	assert_memory_equal(text, "BilledCost,EffectiveCost,", 25);
	assert_non_null(strstr(text, "\"b, \"\"c\"\" & d\""));
	for (next = text; (next = strstr(next, "\r\n")); next += 2)
		lines++;
	assert_int_equal(lines, 10);
	free(text);
	req.format = REPORT_TEXT;
	text = printed(&req);
	assert_non_null(strstr(text, "total"));
	free(text);
}

/* what a spreadsheet would run, or take for the next cell or row */
static void cells_are_only_text(void **state)
{
	static const char *const text[][2] = {
		{ "plain", "plain" }, { "", "" }, { "a-b", "a-b" }, { "=1+1", "\"'=1+1\"" },
		{ "+1", "\"'+1\"" }, { "-1", "\"'-1\"" }, { "@SUM(A1)", "\"'@SUM(A1)\"" },
		{ "\t=1", "\"'\t=1\"" }, { "\r=1", "\"'\r=1\"" }, { "a\nb", "\"a\nb\"" },
		{ "a\"b", "\"a\"\"b\"" }, { "=\",x", "\"'=\"\",x\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		char *got = NULL;
		size_t len;
		FILE *f = open_memstream(&got, &len);

		assert_non_null(f);
		report_cell(f, text[i][0]);
		fclose(f);
		assert_string_equal(got, text[i][1]);
		free(got);
	}
}

static void refusals(void **state)
{
	struct fixture *f = *state;
	struct invoice_request req = request(f, REPORT_TEXT);
	char err[256] = "";
	FILE *plan;

	req.to = req.from;
	assert_int_equal(invoice_print(stdout, &req, err, sizeof(err)), -EINVAL);
	req = request(f, REPORT_TEXT);
	req.ledger = "/nonexistent/ledger.db";
	assert_true(invoice_print(stdout, &req, err, sizeof(err)) < 0);
	plan = fopen(f->plan, "w");
	fputs("[plan]\ncurrency = EUR\n[tier fast]\n", plan);
	fclose(plan);
	req = request(f, REPORT_TEXT);
	assert_int_equal(invoice_print(stdout, &req, err, sizeof(err)), -ENOKEY);
	assert_non_null(strstr(err, "[tier slow]"));
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rounds_half_to_even), cmocka_unit_test(prices_are_exact),
		cmocka_unit_test(decimals), TEST(lines_add_up),
		TEST(spans_neither_overlap_nor_miss), TEST(filters), TEST(csv_and_text),
		cmocka_unit_test(cells_are_only_text), TEST(refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
