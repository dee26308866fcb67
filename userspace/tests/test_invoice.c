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
#include "scratch.h"

#define HOUR_MS		3600000LL
#define START_S		1704067200LL	/* 2024-01-01 */

struct fixture {
	char dir[SCRATCH_LEN];
	char ledger[SCRATCH_LEN + 16];
	char plan[SCRATCH_LEN + 16];
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

/* in the same hours: 10^9 sectors over one path, half as many over one thrice as dear */
static void fill_paths(const char *ledger)
{
	struct ledger_path p[3] = {
		{ .dev = "8:0", .cost = 1 }, { .dev = "8:16", .cost = 3 }, { .dev = "8:32" },
	};
	struct ledger_map m = {
		.epoch = START_S * 1000000000ULL, .dev = "253:3", .name = "data",
		.uuid = "MPATH-data", .consumer = "acme", .nr_paths = 3, .path = p,
	};
	struct ledger *l;
	char err[256];

	assert_int_equal(ledger_open(&l, ledger, LEDGER_WRITE, err, sizeof(err)), 0);
	assert_int_equal(ledger_begin(l), 0);
	for (uint64_t hour = 0; hour <= 10; hour++) {
		m.time_ms = START_S * 1000 + (int64_t)hour * HOUR_MS;
		p[0].counter[LEDGER_PATH_READ_SECTORS] = 60000000 * hour;
		p[0].counter[LEDGER_PATH_WRITE_SECTORS] = 40000000 * hour;
		p[0].counter[LEDGER_PATH_READ_IOS] = 100000 * hour;
		p[1].counter[LEDGER_PATH_WRITE_SECTORS] = 50000000 * hour;
		p[2].counter[LEDGER_PATH_WRITE_SECTORS] = 8 * hour;
		assert_int_equal(ledger_map_add(l, &m, NULL), 0);
	}
	assert_int_equal(ledger_commit(l), 0);
	ledger_close(l);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	FILE *plan;

	if (scratch_make(f->dir))
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
	int ret = scratch_remove(f->dir);

	free(f);
	return ret;
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

static void price_of_paths(const struct fixture *f, const char *text)
{
	FILE *plan = fopen(f->plan, "a");

	fputs(text, plan);
	fclose(plan);
}

/* bytes times the price times the cost of the path */
static void paths_by_cost(void **state)
{
	struct fixture *f = *state;
	struct invoice_request req = request(f, REPORT_JSON);
	struct json_object *o, *lines, *line;
	int64_t luns = total(&req);
	char *text;

	fill_paths(f->ledger);
	price_of_paths(f, "[path]\ngb = 0.01\nmillion_requests = 0.5\n");
	/* 512 GB at 0.01, 256 GB at 0.03, a million requests, and next to nothing for free */
	assert_int_equal(total(&req), luns + 5120000 + 7680000 + 500000);
	req.map = "data";
	assert_int_equal(total(&req), 5120000 + 7680000 + 500000);
	text = printed(&req);
	o = json_tokener_parse(text);
	lines = json_object_object_get(o, "lines");
	assert_int_equal(json_object_array_length(lines), 4);
	line = json_object_array_get_idx(lines, 2);
	assert_string_equal(json_object_get_string(json_object_object_get(line, "kind")), "path");
	assert_string_equal(json_object_get_string(json_object_object_get(line, "path")), "8:16");
	assert_int_equal(number(line, "cost"), 3);
	assert_string_equal(json_object_get_string(json_object_object_get(line, "price")),
			    "0.030000000");
	assert_string_equal(json_object_get_string(json_object_object_get(line, "quantity")),
			    "256.000000000");
	line = json_object_array_get_idx(lines, 3);
	assert_int_equal(number(line, "amount_micro"), 0);
	json_object_put(o);
	free(text);
	req.map = "MPATH-data";
	assert_int_equal(total(&req), 5120000 + 7680000 + 500000);
	req.map = "other";
	assert_int_equal(total(&req), 0);
	req.map = NULL;
	req.pool = "tank";
	assert_int_equal(total(&req), luns);
}

/* each consumer's lines stand together, whatever they are for */
static void paths_in_csv_and_text(void **state)
{
	struct fixture *f = *state;
	struct invoice_request req = request(f, REPORT_CSV);
	char *text;

	fill_paths(f->ledger);
	price_of_paths(f, "[path]\ngb = 0.01\n");
	text = printed(&req);
	assert_non_null(strstr(text, "MPATH-data/8:16,data/8:16,Path,path_gb-cost-3,path_gb,data,"));
	assert_non_null(strstr(text, "\"{\"\"path\"\":\"\"8:16\"\",\"\"cost\"\":\"\"3\"\""));
	assert_true(strstr(text, "MPATH-data/8:16") < strstr(text, "\"b, \"\"c\"\" & d\""));
	free(text);
	req.format = REPORT_TEXT;
	text = printed(&req);
	assert_non_null(strstr(text, "data/8:16"));
	assert_non_null(strstr(text, "cost 3"));
	assert_non_null(strstr(text, "\nacme\n"));
	assert_null(strstr(strstr(text, "\nacme\n") + 1, "\nacme\n"));
	free(text);
}

/* a cost wants a price; without any cost the plan need not speak of paths */
static void paths_without_a_price(void **state)
{
	struct fixture *f = *state;
	struct invoice_request req = request(f, REPORT_JSON);
	char err[256] = "";

	fill_paths(f->ledger);
	assert_int_equal(invoice_print(stdout, &req, err, sizeof(err)), -ENOKEY);
	assert_non_null(strstr(err, "[path]"));
	req.consumer = "b, \"c\" & d";
	assert_true(total(&req) > 0);
}

static void too_dear_paths(void **state)
{
	struct fixture *f = *state;
	struct invoice_request req = request(f, REPORT_JSON);
	struct ledger_path p = { .dev = "8:0", .cost = 4000000000 };
	struct ledger_map m = {
		.epoch = 1, .dev = "253:3", .name = "data", .consumer = "acme",
		.time_ms = START_S * 1000, .nr_paths = 1, .path = &p,
	};
	struct ledger *l;
	char err[256] = "";

	p.counter[LEDGER_PATH_READ_SECTORS] = 1;
	assert_int_equal(ledger_open(&l, f->ledger, LEDGER_WRITE, err, sizeof(err)), 0);
	assert_int_equal(ledger_begin(l), 0);
	assert_int_equal(ledger_map_add(l, &m, NULL), 0);
	assert_int_equal(ledger_commit(l), 0);
	ledger_close(l);
	price_of_paths(f, "[path]\ngb = 1000000\n");
	assert_int_equal(invoice_print(stdout, &req, err, sizeof(err)), -ERANGE);
	assert_non_null(strstr(err, "path 8:0"));
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
		TEST(paths_by_cost), TEST(paths_in_csv_and_text), TEST(paths_without_a_price),
		TEST(too_dear_paths), TEST(spans_neither_overlap_nor_miss), TEST(filters), TEST(csv_and_text),
		cmocka_unit_test(cells_are_only_text), TEST(refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
