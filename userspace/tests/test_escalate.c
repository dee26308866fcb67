// SPDX-License-Identifier: GPL-2.0-only
/* Scripts of the escalation: what they get, and that nothing is left; troubles of paths */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tierd-path.h"

#define ROUNDS	600	/* of up to 100 ms: a limit, not a time */

static struct config config;
static struct paths paths;
static struct tierd d = { .paths = &paths };
static char dir[] = "/tmp/test_escalate.XXXXXX", script[64], out[64];
static char logged[4096];

void tierd_log(int priority, const char *format, ...)
{
	size_t used = strlen(logged);
	va_list args;

	(void)priority;
	va_start(args, format);
	vsnprintf(logged + used, sizeof(logged) - used, format, args);
	va_end(args);
}

static void write_script(const char *body)
{
	FILE *f = fopen(script, "w");

	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", body);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(script, 0700), 0);
	unlink(out);
}

static bool childless(void)
{
	siginfo_t si;

	return waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) && errno == ECHILD;
}

static void until_childless(void)
{
	for (int i = 0; i < ROUNDS && !childless(); i++)
		assert_true(sd_event_run(d.event, 100000) >= 0);
	assert_true(childless());
}

static void read_out(char *text, size_t len)
{
	FILE *f = fopen(out, "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, len - 1, f);
	text[n] = '\0';
	fclose(f);
}

static int set_up(void **state)
{
	(void)state;
	memset(&config, 0, sizeof(config));
	snprintf(config.ladder[ESCALATE_DEVICE].script,
		 sizeof(config.ladder[ESCALATE_DEVICE].script), "%s", script);
	config.ladder[ESCALATE_DEVICE].clear = 1000;
	logged[0] = '\0';
	memset(&paths, 0, sizeof(paths));
	for (int c = 0; c < ESCALATE_NR; c++) {
		config.ladder[c].journal = true;
		config.ladder[c].clear = 1000;
	}
	config.ladder[ESCALATE_DEVICE].journal = false;
	return escalate_new(&d);
}

static int tear_down(void **state)
{
	(void)state;
	escalate_free(&d);
	return 0;
}

/* names are not ours: they reach the script as they are, and no shell of ours */
static void odd_names_are_only_words(void **state)
{
	static const char subject[] = "p\"o'o`id`l $(id);\n%s%n \xff\\/0";
	char text[1024], wanted[1024], body[256];

	(void)state;
	snprintf(body, sizeof(body),
		 "printf '<%%s>' \"$@\" \"$TIERD_SUBJECT\" \"$TIERD_TEXT\" >%s", out);
	write_script(body);
	escalate_raise(&d, ESCALATE_DEVICE, subject, "a `text`; $(too)");
	until_childless();
	read_out(text, sizeof(text));
	snprintf(wanted, sizeof(wanted), "<device-state><%s><lasts><%s><a `text`; $(too)>",
		 subject, subject);
	assert_string_equal(text, wanted);
	assert_string_equal(logged, "");
}

/* told once a round, and again when it ends */
static void told_once_and_at_the_end(void **state)
{
	char text[256], body[128];

	(void)state;
	snprintf(body, sizeof(body), "echo \"$3\" >>%s", out);
	write_script(body);
	for (int i = 0; i < 5; i++)
		escalate_raise(&d, ESCALATE_DEVICE, "pool/1", "gone");
	until_childless();
	escalate_clear(&d, ESCALATE_DEVICE, "pool/1");
	escalate_clear(&d, ESCALATE_DEVICE, "pool/1");
	until_childless();
	read_out(text, sizeof(text));
	assert_string_equal(text, "lasts\nended\n");
	assert_int_equal(escalate_count(&d, ESCALATE_DEVICE), 0);
}

/* we ignore SIGPIPE, a script must not: its pipes would never end */
static void signals_are_the_usual_ones(void **state)
{
	(void)state;
	write_script("kill -s PIPE $$; exit 0");
	escalate_raise(&d, ESCALATE_DEVICE, "pool/1", "gone");
	until_childless();
	assert_non_null(strstr(logged, "signal 13"));
}

/* a group of its own, so that what a script has started can be ended with it */
static void leads_a_group(void **state)
{
	char text[64], body[128];
	int pid, group;

	(void)state;
	snprintf(body, sizeof(body), "echo $$ $(cut -d' ' -f5 /proc/$$/stat) >%s", out);
	write_script(body);
	escalate_raise(&d, ESCALATE_DEVICE, "pool/1", "gone");
	until_childless();
	read_out(text, sizeof(text));
	assert_int_equal(sscanf(text, "%d %d", &pid, &group), 2);
	assert_int_equal(pid, group);
}

static void what_does_not_start_is_told(void **state)
{
	(void)state;
	unlink(script);
	escalate_raise(&d, ESCALATE_DEVICE, "pool/1", "gone");
	assert_true(childless());
	assert_non_null(strstr(logged, "cannot start"));
}

/* more trouble than there may be children: some are told to the log alone */
static void never_more_than_a_few(void **state)
{
	char subject[32];

	(void)state;
	write_script("sleep 1");
	for (int i = 0; i < 40; i++) {
		snprintf(subject, sizeof(subject), "pool/%d", i);
		escalate_raise(&d, ESCALATE_DEVICE, subject, "gone");
	}
	assert_non_null(strstr(logged, "others still run"));
	until_childless();
}

/* -- paths -- */

static struct dmtier_map map;
static struct dmtier_group group[2];
static struct dmtier_path path[2];

static void show_map(void)
{
	memset(&map, 0, sizeof(map));
	memset(group, 0, sizeof(group));
	memset(path, 0, sizeof(path));
	strcpy(map.name, "data");
	strcpy(map.state, "active");
	map.group = 1;
	map.usable = 2;
	for (uint32_t i = 0; i < 2; i++) {
		strcpy(group[i].map, "data");
		group[i].group = i + 1;
		strcpy(path[i].map, "data");
		strcpy(path[i].state, "up");
		snprintf(path[i].dev, sizeof(path[i].dev), "8:%u", i * 16);
	}
	paths.maps.map = &map;
	paths.maps.group = group;
	paths.maps.path = path;
	paths.maps.nr_maps = 1;
	paths.maps.nr_groups = 2;
	paths.maps.nr_paths = 2;
}

static void event(const char *name, const char *state, const char *reason)
{
	struct dmtier_path_event e = { .map = "data", .queue_timeout = 60 };

	snprintf(e.event, sizeof(e.event), "%s", name);
	snprintf(e.state, sizeof(e.state), "%s", state);
	snprintf(e.reason, sizeof(e.reason), "%s", reason);
	if (*state)
		strcpy(e.dev, "8:0");
	e.group = 2;
	e.from_group = 1;
	path_escalate_event(&d, &e);
}

static int times(const char *text)
{
	int n = 0;

	for (const char *at = logged; (at = strstr(at, text)); at++)
		n++;
	return n;
}

/* by the event at once, kept by the state, with the event's reason; ended by either */
static void states_of_paths(void **state)
{
	static const struct { const char *event, *state; enum escalate_class class; } bad[] = {
		{ "path-failed", "failed", ESCALATE_PATH_FAILED },
		{ "path-slow", "slow", ESCALATE_PATH_SLOW },
		{ "path-hung", "hung", ESCALATE_PATH_HUNG },
		{ "path-foreign", "foreign", ESCALATE_PATH_FOREIGN },
	};

	(void)state;
	show_map();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		event(bad[i].event, bad[i].state, "for a reason");
		assert_int_equal(escalate_count(&d, bad[i].class), 1);
		strcpy(path[0].state, bad[i].state);
		escalate_check(&d);
		escalate_check(&d);
		assert_int_equal(escalate_count(&d, bad[i].class), 1);
		strcpy(path[0].state, "up");
		if (i % 2)
			escalate_check(&d);
		else
			event("path-up", "up", "");
		assert_int_equal(escalate_count(&d, bad[i].class), 0);
	}
	assert_int_equal(times("for a reason (lasts)"), 4);
	assert_int_equal(times("for a reason (ended)"), 4);
	assert_int_equal(times("path-hung: data/8:0"), 2);
	/* from one to the other */
	event("path-slow", "slow", "");
	event("path-failed", "failed", "");
	assert_int_equal(escalate_count(&d, ESCALATE_PATH_SLOW), 0);
	assert_int_equal(escalate_count(&d, ESCALATE_PATH_FAILED), 1);
	/* the administrator's own doing */
	event("path-failed", "off", "");
	assert_int_equal(escalate_count(&d, ESCALATE_PATH_FAILED), 0);
}

static void flapping_paths(void **state)
{
	(void)state;
	show_map();
	event("path-flapping", "failed", "again");
	assert_int_equal(escalate_count(&d, ESCALATE_PATH_FLAPPING), 1);
	path[0].flapping = 1;
	escalate_check(&d);
	assert_int_equal(escalate_count(&d, ESCALATE_PATH_FLAPPING), 1);
	path[0].flapping = 0;
	escalate_check(&d);
	assert_int_equal(escalate_count(&d, ESCALATE_PATH_FLAPPING), 0);
}

/* what a map has lost lasts until it has a path again, or is gone */
static void maps_without_a_path(void **state)
{
	(void)state;
	show_map();
	config.ladder[ESCALATE_QUEUE_TIMEOUT].clear = 0;
	event("no-path", "", "");
	event("queue-timeout", "", "");
	map.usable = 0;
	map.group = 0;
	escalate_check(&d);
	assert_int_equal(escalate_count(&d, ESCALATE_NO_PATH), 1);
	assert_int_equal(escalate_count(&d, ESCALATE_QUEUE_TIMEOUT), 1);
	map.usable = 1;
	map.group = 1;
	escalate_check(&d);
	assert_int_equal(escalate_count(&d, ESCALATE_NO_PATH), 0);
	assert_int_equal(escalate_count(&d, ESCALATE_QUEUE_TIMEOUT), 0);
	event("no-path", "", "");
	event("path-failed", "failed", "");
	event("group-switched", "", "");
	paths.maps.nr_maps = 0;
	paths.maps.nr_paths = 0;
	escalate_check(&d);
	assert_int_equal(escalate_count(&d, ESCALATE_NO_PATH), 0);
	assert_int_equal(escalate_count(&d, ESCALATE_PATH_FAILED), 0);
	assert_int_equal(escalate_count(&d, ESCALATE_GROUP_SWITCHED), 0);
}

/* away from the first choice is trouble, for as long as it lasts; back there is none */
static void switched_groups(void **state)
{
	(void)state;
	show_map();
	config.ladder[ESCALATE_GROUP_SWITCHED].clear = 0;
	event("group-switched", "", "no path is left");
	map.group = 2;
	escalate_check(&d);
	escalate_check(&d);
	assert_int_equal(escalate_count(&d, ESCALATE_GROUP_SWITCHED), 1);
	assert_non_null(strstr(logged, "group 2 is in use, after group 1: no path is left"));
	map.group = 1;
	escalate_check(&d);
	assert_int_equal(escalate_count(&d, ESCALATE_GROUP_SWITCHED), 0);
	/* a first group that is disabled is not wanted */
	event("group-switched", "", "");
	map.group = 2;
	group[0].disabled = 1;
	escalate_check(&d);
	assert_int_equal(escalate_count(&d, ESCALATE_GROUP_SWITCHED), 0);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(odd_names_are_only_words),
		TEST(told_once_and_at_the_end),
		TEST(signals_are_the_usual_ones),
		TEST(leads_a_group),
		TEST(what_does_not_start_is_told),
		TEST(never_more_than_a_few),
		TEST(states_of_paths),
		TEST(flapping_paths),
		TEST(maps_without_a_path),
		TEST(switched_groups),
	};
	sigset_t mask;
	int ret;

	if (!mkdtemp(dir))
		return 1;
	snprintf(script, sizeof(script), "%s/script", dir);
	snprintf(out, sizeof(out), "%s/out", dir);
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signal(SIGPIPE, SIG_IGN);
	d.config = &config;
	if (sd_event_default(&d.event) < 0)
		return 1;
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	sd_event_unref(d.event);
	unlink(script);
	unlink(out);
	rmdir(dir);
	return ret;
}
