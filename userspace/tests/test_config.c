// SPDX-License-Identifier: GPL-2.0-only
/* Configuration and price plan: what is right is taken, all else refused by line */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "price.h"
#include "tierd-config.h"

static char path[] = "/tmp/test_config.XXXXXX";

static void put(const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
}

static void refused(const char *text, int line, const char *word)
{
	char err[512], place[128];
	struct config *c;

	put(text, strlen(text));
	c = config_load(path, err, sizeof(err));
	if (c)
		print_message("accepted:\n%s\n", text);
	assert_null(c);
	snprintf(place, sizeof(place), "%s:%d: ", path, line);
	if (strncmp(err, place, strlen(place)) || !strstr(err, word))
		print_message("%s (wanted line %d and '%s')\n", err, line, word);
	assert_memory_equal(err, place, strlen(place));
	assert_non_null(strstr(err, word));
}

static void takes_what_is_right(void **state)
{
	static const char text[] =
		"# comment\n[daemon]\nledger = /tmp/x.db\n  interval = 60\nhttp_port=0\n"
		"http_users = root, 1234,4294967294\n"
		"timezone = utc\n\n[pool tank]\nheadroom = 7\nmoves = on\n"
		"[lun tank/3]\nconsumer = A & B, \"Ltd\" M\xc3\xbcller \xf0\x9f\x92\xbe\ntiers = fast, slow\nreserve = fast:10,slow:5\n"
		"schedule = Mon-Fri 22:00-06:00, Sun 00:00-24:00\ndown_at = daily 18:00\n"
		"[escalate tier-low]\nscript = /bin/true\nscript_after = 5\n";
	const struct config_lun *l;
	struct config *c;
	char err[512];

	(void)state;
	put(text, strlen(text));
	c = config_load(path, err, sizeof(err));
	assert_non_null(c);
	assert_int_equal(c->interval, 60);
	assert_true(c->utc);
	assert_int_equal(c->nr_http_users, 3);
	assert_int_equal(c->http_user[0], 0);
	assert_int_equal(c->http_user[1], 1234);
	assert_int_equal(c->http_user[2], 4294967294);
	assert_int_equal(config_pool(c, "tank")->settings.nr, 2);
	l = config_lun(c, "tank", 3);
	assert_non_null(l);
	assert_string_equal(l->consumer, "A & B, \"Ltd\" M\xc3\xbcller \xf0\x9f\x92\xbe");
	assert_int_equal(l->settings.nr, 3);
	assert_string_equal(l->settings.setting[0].value, "fast,slow");
	assert_string_equal(l->settings.setting[2].value, "slow:5");
	assert_int_equal(l->window.nr, 2);
	assert_string_equal(c->ladder[ESCALATE_TIER_LOW].script, "/bin/true");
	assert_null(config_lun(c, "tank", 4));
	config_free(c);
}

static void maps(void **state)
{
	static const char text[] =
		"[map data]\nconsumer = A\nfailback = 30\nslow_path = 4.5\nhedge = 99 5\n"
		"queue_if_no_path = off\nelastic = 2000 500\nprobe_interval = 500\n"
		"hung_time = 2500\nflap_off = 600\n"
		"[map other]\nschedule = Sun 02:00-04:00\nstable = 5\n"
		"slow_path = off\nhedge = off\nelastic = off\n"
		"[escalate path-hung]\nscript = /bin/true\n";
	static const char *const values[] = { "30", "4.50", "99.00 5.00", "off", "2000 500",
					      "500", "2500" };
	const struct config_map *m;
	struct config *c;
	char err[512];

	(void)state;
	put(text, strlen(text));
	c = config_load(path, err, sizeof(err));
	assert_non_null(c);
	m = config_map(c, "data");
	assert_non_null(m);
	assert_string_equal(m->consumer, "A");
	assert_int_equal(m->settings.nr, 7);
	for (int i = 0; i < 7; i++)
		assert_string_equal(m->settings.setting[i].value, values[i]);
	assert_int_equal(m->flap_off, 600);
	assert_int_equal(m->stable, 60);
	assert_int_equal(config_map(c, "other")->failback.nr, 1);
	assert_int_equal(config_map(c, "other")->stable, 5);
	assert_int_equal(config_map(c, "other")->settings.nr, 3);
	for (int i = 0; i < 3; i++)
		assert_string_equal(config_map(c, "other")->settings.setting[i].value, "off");
	assert_string_equal(c->ladder[ESCALATE_PATH_HUNG].script, "/bin/true");
	assert_null(config_map(c, "none"));
	assert_true(config_wants_maps(c));
	assert_false(config_wants_pools(c));
	config_free(c);
	refused("[map ]\n", 1, "missing");
	refused("[map a/b]\n", 1, "a/b");
	refused("[map a]\n[map a]\n", 2, "line 1");
	refused("[map a]\nheadroom = 3\n", 2, "headroom");
	refused("[map a]\nfailback = 0\n", 2, "failback");
	refused("[map a]\nfailback = soon\n", 2, "immediate");
	refused("[map a]\nfailback = 3\nschedule = Sun 02:00-04:00\n", 3, "contradict");
	refused("[map a]\nschedule = Sun 02:00-04:00\nfailback = 3\n", 3, "contradict");
	refused("[map a]\nqueue_if_no_path = on\n", 2, "off or seconds");
	refused("[map a]\nprobe_interval = 9\n", 2, "range");
	refused("[map a]\nhung_time = 99\n", 2, "range");
	refused("[map a]\nslow_path = 1.49\n", 2, "range");
	refused("[map a]\nslow_path = 4.555\n", 2, "decimals");
	refused("[map a]\nslow_path = 4.\n", 2, "decimals");
	refused("[map a]\nslow_path = .5\n", 2, "decimals");
	refused("[map a]\nslow_path = 99999999999\n", 2, "decimals");
	refused("[map a]\nslow_path = -2\n", 2, "decimals");
	refused("[map a]\nslow_path = 2x\n", 2, "decimals");
	refused("[map a]\nhedge = 99\n", 2, "two numbers");
	refused("[map a]\nhedge = off 5\n", 2, "decimals");
	refused("[map a]\nprobe_interval = off\n", 2, "off");
	refused("[map a]\nhedge = 99 5 1\n", 2, "two numbers");
	refused("[map a]\nhedge = 49.99 5\n", 2, "range");
	refused("[map a]\nhedge = 99 0\n", 2, "range");
	refused("[map a]\nelastic = 5 5\n", 2, "below");
	refused("[map a]\nelastic = 0 0\n", 2, "range");
	refused("[map a]\nflap_off = -1\n", 2, "flap_off");
	refused("[map a]\nstable = 86401\n", 2, "stable");
}

static void refuses_with_line_and_key(void **state)
{
	char longer[400];

	(void)state;
	refused("x = 1\n", 1, "x");
	refused("[daemon]\nnonsense = 1\n", 2, "nonsense");
	refused("[nonsense]\n", 1, "nonsense");
	refused("[daemon]\ninterval = 10\ninterval = 11\n", 3, "interval");
	refused("[daemon]\ninterval = 10\n[pool a]\n[daemon]\n", 4, "[daemon]");
	refused("[pool a]\nmoves = on\n\n[pool a]\n", 4, "line 1");
	refused("[lun a/1]\n[lun a/01]\n", 2, "a/01");
	refused("[daemon]\ninterval = 0\n", 2, "interval");
	refused("[daemon]\ninterval = 3601\n", 2, "interval");
	refused("[daemon]\ninterval = -1\n", 2, "interval");
	refused("[daemon]\ninterval = 0x10\n", 2, "interval");
	refused("[daemon]\ninterval = 99999999999999999999\n", 2, "interval");
	refused("[daemon]\ninterval =\n", 2, "interval");
	refused("[daemon]\ninterval = 5 s\n", 2, "interval");
	refused("[daemon]\nhttp_port = 65536\n", 2, "http_port");
	refused("[daemon]\nhttp_users =\n", 2, "http_users");
	refused("[daemon]\nhttp_users = root,\n", 2, "http_users");
	refused("[daemon]\nhttp_users = root daemon\n", 2, "commas");
	refused("[daemon]\nhttp_users = no-such-user-here\n", 2, "no user");
	refused("[daemon]\nhttp_users = -1\n", 2, "no user");
	refused("[daemon]\nhttp_users = 4294967295\n", 2, "range");
	refused("[daemon]\nhttp_users = a;b\n", 2, "http_users");
	refused("[daemon]\nledger = x.db\n", 2, "ledger");
	refused("[daemon]\nledger =\n", 2, "ledger");
	refused("[daemon]\ntimezone = CET\n", 2, "timezone");
	refused("[daemon]\ngarbage\n", 2, "key = value");
	refused("[daemon\nledger = /x\n", 1, "[name]");
	refused("[daemon] junk\n", 1, "[name]");
	refused("[pool ]\n", 1, "missing");
	refused("[pool a/b]\n", 1, "a/b");
	refused("[pool a]\nheadroom = 51\n", 2, "headroom");
	refused("[pool a]\nmoves = yes\n", 2, "moves");
	refused("[pool a]\nmoves = on\nschedule = Mon 01:00-02:00\n", 3, "schedule");
	refused("[pool a]\nschedule = Mon 01:00-02:00\nmoves = on\n", 3, "moves");
	refused("[lun a]\n", 1, "POOL/ID");
	refused("[lun a/x]\n", 1, "a/x");
	refused("[lun a/4294967295]\n", 1, "range");
	refused("[lun a/16777215]\n", 1, "range");
	refused("[lun a/-1]\n", 1, "a/-1");
	refused("[lun a/+1]\n", 1, "a/+1");
	/* Latin-1, a cut character, a slash in two bytes, half of a pair, beyond the last */
	refused("[lun a/1]\nconsumer = M\xfcller\n", 2, "consumer: not UTF-8");
	refused("[lun a/1]\nconsumer = M\xc3\n", 2, "UTF-8");
	refused("[lun a/1]\nconsumer = \xc0\xaf\n", 2, "UTF-8");
	refused("[lun a/1]\nconsumer = \xed\xa0\x80\n", 2, "UTF-8");
	refused("[lun a/1]\nconsumer = \xf4\x90\x80\x80\n", 2, "UTF-8");
	refused("[lun a/1]\nconsumer = a\x1b[31mb\n", 2, "control");
	refused("[pool a\xff]\n", 1, "UTF-8");
	refused("[lun a/1]\ntiers = fast,,slow\n", 2, "tiers");
	refused("[lun a/1]\ntiers = fast,fast\n", 2, "twice");
	refused("[lun a/1]\ntiers = fast slow\n", 2, "tiers");
	refused("[lun a/1]\ntiers =\n", 2, "tiers");
	refused("[lun a/1]\npin = a;b\n", 2, "pin");
	refused("[lun a/1]\npin = a234567890123456789012345678901234567890\n", 2, "pin");
	refused("[lun a/1]\nreserve = fast\n", 2, "reserve");
	refused("[lun a/1]\nreserve =\n", 2, "reserve");
	refused("[lun a/1]\nreserve = fast:1,fast:2\n", 2, "twice");
	refused("[lun a/1]\nweight = 0\n", 2, "weight");
	refused("[lun a/1]\nmove = 1\n", 2, "move");
	refused("[lun a/1]\nschedule = Mon 25:00-26:00\n", 2, "schedule");
	refused("[lun a/1]\nschedule = Mon 01:00-01:00\n", 2, "schedule");
	refused("[lun a/1]\nschedule = Foo 01:00-02:00\n", 2, "schedule");
	refused("[lun a/1]\nup_at = Mon 01:00-02:00\n", 2, "up_at");
	refused("[lun a/1]\nup_at = Mon 24:00\n", 2, "up_at");
	refused("[lun a/1]\nup_at = Mon 01:00,\n", 2, "up_at");
	refused("[escalate fire]\n", 1, "fire");
	refused("[escalate metadata]\nmail = -oQ/tmp@x\n", 2, "mail");
	refused("[escalate metadata]\nmail = root\n", 2, "mail");
	refused("[escalate metadata]\nscript = page.sh\n", 2, "script");

	strcpy(longer, "[lun a/1]\nconsumer = ");
	memset(longer + strlen(longer), 'x', 150);
	longer[21 + 150] = '\0';
	refused(longer, 2, "consumer");
	memset(longer + 21, 'x', 250);
	longer[21 + 250] = '\0';
	strcat(longer, "\n");
	refused(longer, 2, "too long");
}

static void refuses_zero_bytes_and_no_files(void **state)
{
	static const char zero[] = "[daemon]\ninterval = 5\0junk";
	char err[512];

	(void)state;
	put(zero, sizeof(zero));
	assert_null(config_load(path, err, sizeof(err)));
	assert_non_null(strstr(err, "text"));
	assert_null(config_load("/tmp", err, sizeof(err)));
	assert_null(config_load("/nonexistent/x", err, sizeof(err)));
	assert_null(config_load("/dev/zero", err, sizeof(err)));
}

static void plan_refused(const char *text, const char *word)
{
	struct price_plan plan;
	char err[512] = "";

	put(text, strlen(text));
	assert_true(price_load(&plan, path, err, sizeof(err)) < 0);
	if (!strstr(err, word))
		print_message("%s (wanted '%s')\n", err, word);
	assert_non_null(strstr(err, word));
}

static void price_plans(void **state)
{
	static const char good[] = "[plan]\ncurrency = EUR\n[tier fast]\ngb_month = 0.125\n";
	struct price_plan plan;
	char err[512];

	(void)state;
	put(good, strlen(good));
	assert_int_equal(price_load(&plan, path, err, sizeof(err)), 0);
	assert_int_equal(price_find(&plan, "fast")->nano[PRICE_GB_MONTH], 125000000);
	assert_null(price_find(&plan, "slow"));
	assert_false(plan.has_paths);
	plan_refused("[plan]\ncurrency = EUR\n[path]\ngb = -1\n", ":4: gb");
	plan_refused("[plan]\ncurrency = EUR\n[path]\ngb_month = 1\n", ":4: gb_month");
	plan_refused("[plan]\ncurrency = EUR\n[path x]\ngb = 1\n", "[path]");
	plan_refused("[tier fast]\n", "currency");
	plan_refused("[plan]\ncurrency = Euro\n", ":2: currency");
	plan_refused("[plan]\ncurrency = EUR\n[tier a]\ngb_month = -1\n", ":4: gb_month");
	plan_refused("[plan]\ncurrency = EUR\n[tier a]\ngb_month = 1e3\n", ":4: gb_month");
	plan_refused("[plan]\ncurrency = EUR\n[tier a]\ngb_month = 0.0000000001\n", "gb_month");
	plan_refused("[plan]\ncurrency = EUR\n[tier a]\ngb_month = 1000001\n", "range");
	plan_refused("[plan]\ncurrency = EUR\n[tier a]\n[tier a]\n", ":4:");
}

static time_t at(int day, int hour, int minute)
{
	/* 1970-01-04 was a Sunday */
	return (3 + day) * 86400 + hour * 3600 + minute * 60;
}

static void schedules(void **state)
{
	struct schedule s;
	char why[CONF_WHY_LEN];

	(void)state;
	assert_int_equal(schedule_parse("Mon-Fri 22:00-06:00, Sat 12:00-24:00", true, &s, why),
			 0);
	assert_false(schedule_open(&s, at(1, 21, 59), true));
	assert_true(schedule_open(&s, at(1, 22, 0), true));
	assert_true(schedule_open(&s, at(2, 5, 59), true));
	assert_false(schedule_open(&s, at(2, 6, 0), true));
	assert_false(schedule_open(&s, at(1, 3, 0), true));
	assert_true(schedule_open(&s, at(6, 3, 0), true));
	assert_true(schedule_open(&s, at(6, 23, 59), true));
	assert_false(schedule_open(&s, at(7, 0, 0), true));
	assert_int_equal(schedule_parse("Sat-Mon 08:00", false, &s, why), 0);
	assert_int_equal(schedule_last(&s, at(1, 7, 59), at(1, 8, 0), true), at(1, 8, 0));
	assert_int_equal(schedule_last(&s, at(1, 8, 0), at(1, 9, 0), true), 0);
	assert_int_equal(schedule_last(&s, at(2, 7, 0), at(2, 9, 0), true), 0);
	/* not further back than a day */
	assert_int_equal(schedule_last(&s, 0, at(4, 9, 0), true), 0);
	s.nr = 0;
	assert_true(schedule_open(&s, at(0, 0, 0), true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_is_right),
		cmocka_unit_test(maps),
		cmocka_unit_test(refuses_with_line_and_key),
		cmocka_unit_test(refuses_zero_bytes_and_no_files),
		cmocka_unit_test(price_plans),
		cmocka_unit_test(schedules),
	};
	int fd = mkstemp(path), ret;

	if (fd < 0)
		return 1;
	close(fd);
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return ret;
}
