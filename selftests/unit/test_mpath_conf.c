// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table line of mpath-ext: good ones come back as they went in, and of bad
 * ones the wrong word is named.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mpath-conf.h"

static struct mpath_conf conf;

static int parse(const char *line)
{
	static char copy[4096];
	char *argv[256], *save = NULL, *word;
	unsigned int argc = 0;

	strscpy(copy, line, sizeof(copy));
	for (word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	return mpath_conf_parse(&conf, argc, argv);
}

static void good(const char *line, const char *shown)
{
	char out[4096];
	int ret = parse(line);

	if (ret)
		fail_msg("%s: %s", line, conf.error);
	assert_int_equal(mpath_conf_print(&conf, out, sizeof(out)), strlen(shown));
	assert_string_equal(out, shown);
	assert_int_equal(parse(out), 0);
}

static void bad(const char *line, const char *why)
{
	assert_int_equal(parse(line), -EINVAL);
	if (!strstr(conf.error, why))
		fail_msg("%s: \"%s\" is not in \"%s\"", line, why, conf.error);
}

static void test_good(void **state)
{
	static const char *const same[] = {
		"0 0 1 1 round-robin 0 1 0 8:0",
		"0 1 alua 1 1 queue-depth 0 2 0 8:0 8:16",
		"0 0 0 0",
		"2 queue_if_no_path 30 0 1 1 latency 0 1 1 /dev/a weight=3",
		"2 failback immediate 0 2 2 latency 0 1 0 a round-robin 0 1 0 b",
		"2 failback manual 0 1 1 latency 0 1 0 a",
		"2 failback 15 0 1 1 latency 0 1 0 a",
		"2 slow_path 4.50 0 1 1 latency 0 1 0 a",
		"2 hedge off 0 1 1 latency 0 1 0 a",
		"2 slow_path off 0 1 1 latency 0 1 0 a",
		"2 elastic off 0 1 1 latency 0 1 0 a",
		"6 slow_path off hedge off elastic off 0 1 1 latency 0 1 0 a",
		"3 hedge 99 2.50 0 1 1 latency 0 2 2 a role=active cost=0 b weight=100 role=standby",
		"3 elastic 1000 200 0 1 1 latency 0 1 3 a weight=1 role=standby cost=1000000",
		"14 queue_if_no_path 1 failback 1 probe_interval 10 slow_path 2 hedge 50 100 elastic 1 0 "
		"0 1 1 latency 0 1 0 a",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		good(same[i], same[i]);
	/* the number may be left out, and the features may come in any order */
	good("1 queue_if_no_path 0 1 1 latency 0 1 0 a",
	     "2 queue_if_no_path 60 0 1 1 latency 0 1 0 a");
	good("3 queue_if_no_path failback manual 0 1 1 latency 0 1 0 a",
	     "4 queue_if_no_path 60 failback manual 0 1 1 latency 0 1 0 a");
	good("4 failback manual queue_if_no_path 9 0 1 1 latency 0 1 0 a",
	     "4 queue_if_no_path 9 failback manual 0 1 1 latency 0 1 0 a");
}

static void test_values(void **state)
{
	(void)state;
	assert_int_equal(parse("8 hedge 99.95 3 slow_path 2.5 elastic 900 80 1 alua 2 2 "
			       "queue-depth 0 2 1 8:0 weight=7 8:16 role=standby "
			       "round-robin 0 1 1 8:32 cost=12"), 0);
	assert_int_equal(conf.t.hedge_percentile, 9995);
	assert_int_equal(conf.t.hedge_budget, 300);
	assert_int_equal(conf.t.slow_ratio, 250);
	assert_int_equal(conf.t.elastic_high, 900);
	assert_int_equal(conf.t.elastic_low, 80);
	assert_string_equal(conf.handler, "alua");
	assert_int_equal(conf.initial, 2);
	assert_int_equal(conf.nr_groups, 2);
	assert_int_equal(conf.nr_paths, 3);
	assert_int_equal(conf.groups[1].first, 2);
	assert_int_equal(conf.groups[1].selector, MPATH_ROUND_ROBIN);
	assert_int_equal(conf.paths[0].weight, 7);
	assert_true(conf.paths[1].standby);
	assert_int_equal(conf.paths[1].weight, 1);
	assert_int_equal(conf.paths[2].cost, 12);
	/* what is not said */
	assert_false(conf.t.queue);
	assert_int_equal(conf.t.failback, MPATH_FAILBACK_IMMEDIATE);
	assert_int_equal(conf.t.probe_ms, MPATH_PROBE_MS);
}

static void test_bad(void **state)
{
	static const struct {
		const char *line;
		const char *why;
	} lines[] = {
		{ "", "number of feature arguments is missing" },
		{ "x 0 1 1 latency 0 1 0 a", "\"x\"" },
		{ "-1 0 1 1 latency 0 1 0 a", "\"-1\"" },
		{ "+1 0 1 1 latency 0 1 0 a", "\"+1\"" },
		{ "0x1 0 1 1 latency 0 1 0 a", "\"0x1\"" },
		{ "99 0 1 1 latency 0 1 0 a", "\"99\"" },
		{ "9 queue_if_no_path 0 1 1 latency 0 1", "features: 9 words announced" },
		{ "1 queue_if_no_paths 0 1 1 latency 0 1 0 a", "\"queue_if_no_paths\"" },
		{ "1 QUEUE_IF_NO_PATH 0 1 1 latency 0 1 0 a", "\"QUEUE_IF_NO_PATH\"" },
		{ "2 queue_if_no_path queue_if_no_path 0 1 1 latency 0 1 0 a", "given twice" },
		{ "2 queue_if_no_path 0 0 1 1 latency 0 1 0 a", "\"0\"" },
		{ "2 queue_if_no_path 86401 0 1 1 latency 0 1 0 a", "\"86401\"" },
		{ "1 failback 0 1 1 latency 0 1 0 a", "failback needs" },
		{ "2 failback never 0 1 1 latency 0 1 0 a", "\"never\"" },
		{ "2 failback 0 0 1 1 latency 0 1 0 a", "\"0\"" },
		{ "2 probe_interval 9 0 1 1 latency 0 1 0 a", "\"9\"" },
		{ "2 slow_path 1.49 0 1 1 latency 0 1 0 a", "\"1.49\"" },
		{ "2 slow_path 2. 0 1 1 latency 0 1 0 a", "\"2.\"" },
		{ "2 slow_path .5 0 1 1 latency 0 1 0 a", "\".5\"" },
		{ "2 slow_path 2.345 0 1 1 latency 0 1 0 a", "\"2.345\"" },
		{ "2 hedge 99 0 1 1 latency 0 1 0 a", "hedge budget is missing" },
		{ "3 hedge 49.99 1 0 1 1 latency 0 1 0 a", "\"49.99\"" },
		{ "3 hedge 100 1 0 1 1 latency 0 1 0 a", "\"100\"" },
		{ "3 hedge 99 0 0 1 1 latency 0 1 0 a", "\"0\"" },
		{ "3 hedge 99 101 0 1 1 latency 0 1 0 a", "\"101\"" },
		{ "3 elastic 100 100 0 1 1 latency 0 1 0 a", "must be below" },
		{ "3 elastic 0 0 0 1 1 latency 0 1 0 a", "\"0\"" },
		{ "3 elastic 4294967296 0 0 1 1 latency 0 1 0 a", "\"4294967296\"" },
		{ "0 2 alua x 1 1 latency 0 1 0 a", "\"2\"" },
		{ "0 1 rdac 1 1 latency 0 1 0 a", "\"rdac\"" },
		{ "0 1", "hardware handler is missing" },
		{ "0 0", "number of groups is missing" },
		{ "0 0 33 1", "\"33\"" },
		{ "0 0 1 0 latency 0 1 0 a", "initial group" },
		{ "0 0 1 2 latency 0 1 0 a", "initial group" },
		{ "0 0 0 1", "initial group" },
		{ "0 0 1 1", "selector of group 1 is missing" },
		{ "0 0 1 1 service-time 0 1 0 a", "\"service-time\"" },
		{ "0 0 1 1 latency 1 x 1 0 a", "selector arguments" },
		{ "0 0 1 1 latency 0 0 0", "number of paths" },
		{ "0 0 1 1 latency 0 65 0", "\"65\"" },
		{ "0 0 1 1 latency 0 1", "path arguments is missing" },
		{ "0 0 1 1 latency 0 1 4 a 1 2 3 4", "\"4\"" },
		{ "0 0 1 1 latency 0 2 0 a", "path 2 is missing" },
		{ "0 0 1 1 latency 0 1 1 a", "1 words announced, 0 are there" },
		{ "0 0 1 1 latency 0 1 1 a 1", "\"1\" is not" },
		{ "0 0 1 1 latency 0 1 1 a weight", "\"weight\" is not" },
		{ "0 0 1 1 latency 0 1 1 a weigh=1", "\"weigh=1\" is not" },
		{ "0 0 1 1 latency 0 1 1 a weight=", "weight must be" },
		{ "0 0 1 1 latency 0 1 1 a weight=0", "\"0\"" },
		{ "0 0 1 1 latency 0 1 1 a weight=101", "\"101\"" },
		{ "0 0 1 1 latency 0 1 1 a weight=1x", "\"1x\"" },
		{ "0 0 1 1 latency 0 1 2 a weight=1 weight=2", "weight given twice" },
		{ "0 0 1 1 latency 0 1 1 a role=primary", "\"primary\"" },
		{ "0 0 1 1 latency 0 1 1 a cost=1000001", "\"1000001\"" },
		{ "0 0 1 1 latency 0 1 0 a b", "\"b\" is left over" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		bad(lines[i].line, lines[i].why);
}

/* 64 paths, however they are spread over groups */
static void test_many(void **state)
{
	char line[4096];
	int at = scnprintf(line, sizeof(line), "0 0 32 1");

	(void)state;
	for (int g = 0; g < 32; g++)
		at += scnprintf(line + at, sizeof(line) - at, " latency 0 2 0 a b");
	good(line, line);
	assert_int_equal(conf.nr_paths, 64);
	line[3] = '0';
	assert_int_equal(parse("0 0 2 1 latency 0 1 0 a latency 0 64 0 b"), -EINVAL);
	assert_non_null(strstr(conf.error, "more than 64 paths"));
}

/* a line cut off at any word, or with a word doubled, is refused or is another good line */
static void test_mangled(void **state)
{
	static const char line[] = "5 queue_if_no_path 5 hedge 99 1 1 alua 2 1 latency 0 2 1 "
				   "8:0 weight=2 8:1 cost=2 round-robin 0 1 0 8:2";
	char *words[64], copy[sizeof(line)], out[512], *save = NULL, *word, *argv[64];
	unsigned int n = 0;

	(void)state;
	memcpy(copy, line, sizeof(line));
	for (word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
		words[n++] = word;
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(mpath_conf_parse(&conf, i, words), -EINVAL);
	for (unsigned int i = 0; i < n; i++)
		for (unsigned int j = 0; j < n; j++) {
			memcpy(argv, words, sizeof(argv));
			argv[i] = words[j];
			if (mpath_conf_parse(&conf, n, argv))
				assert_true(strlen(conf.error) > 5);
			else
				mpath_conf_print(&conf, out, sizeof(out));
		}
}

static int set(const char *words)
{
	char copy[128], *argv[8], *save = NULL, *word;
	unsigned int argc = 0;

	strscpy(copy, words, sizeof(copy));
	for (word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	return mpath_conf_set(&conf, argc, argv);
}

static void test_set(void **state)
{
	static const struct {
		const char *words;
		const char *why;
	} wrong[] = {
		{ "", "needs a key" },
		{ "slow_path", "slow_path is missing" },
		{ "slow_path 1", "\"1\"" },
		{ "slow_path 2 3", "\"3\" is left over" },
		{ "hung_time 99", "\"99\"" },
		{ "hung_time 600001", "\"600001\"" },
		{ "hung_time 5s", "\"5s\"" },
		{ "hedge 99", "budget is missing" },
		{ "hedge 99 0", "\"0\"" },
		{ "elastic 5 9", "must be below" },
		{ "elastic 9 5 1", "left over" },
		{ "weight 3", "\"weight\"" },
		{ "failback sometimes", "\"sometimes\"" },
	};
	struct mpath_tunables before;
	char out[256];

	(void)state;
	assert_int_equal(parse("2 failback manual 0 1 1 latency 0 1 0 a"), 0);
	before = conf.t;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(set(wrong[i].words), -EINVAL);
		if (!strstr(conf.error, wrong[i].why))
			fail_msg("%s: %s", wrong[i].words, conf.error);
		assert_memory_equal(&conf.t, &before, sizeof(before));
		assert_int_equal(conf.given, BIT(MPATH_F_FAILBACK));
	}
	assert_int_equal(set("hung_time 700"), 0);
	assert_int_equal(set("failback 9"), 0);
	assert_int_equal(set("elastic 9 5"), 0);
	assert_int_equal(set("queue_if_no_path"), 0);
	assert_int_equal(conf.t.hung_ms, 700);
	mpath_conf_print(&conf, out, sizeof(out));
	assert_string_equal(out, "9 queue_if_no_path 60 failback 9 elastic 9 5 hung_time 700 0 1 1 latency 0 1 0 a");
	/* fail_if_no_path: what is shown is what holds, and can be loaded again */
	conf.t.queue = false;
	mpath_conf_print(&conf, out, sizeof(out));
	assert_string_equal(out, "7 failback 9 elastic 9 5 hung_time 700 0 1 1 latency 0 1 0 a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_mangled),
	};

	return cmocka_run_group_tests_name("mpath_conf", tests, NULL, NULL);
}
