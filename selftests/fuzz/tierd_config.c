// SPDX-License-Identifier: GPL-2.0-only
/*
 * tierd.conf: taken in full, or refused in full with the line named. The schedules in
 * what is taken are asked for a few times of the week.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "input.h"
#include "tierd-config.h"

static char path[32];
static int fd;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fd = memfd_create("config", 0);
	MUST(fd >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	setenv("TZ", "Europe/Berlin", 1);
	return 0;
}

static void terminated(const char *text, size_t room)
{
	MUST(strnlen(text, room) < room);
}

static void in_bounds_settings(const struct config_settings *s)
{
	int i;

	MUST(s->nr >= 0 && s->nr <= CONFIG_MAX_SETTINGS);
	for (i = 0; i < s->nr; i++) {
		terminated(s->setting[i].key, sizeof(s->setting[i].key));
		terminated(s->setting[i].value, sizeof(s->setting[i].value));
		MUST(!s->setting[i].value[strcspn(s->setting[i].value, "\n")]);
	}
}

static void in_bounds_schedule(const struct schedule *s, bool utc)
{
	static const time_t times[] = { 0, 1711846800, 1729990800, 1750000000 };
	size_t i;

	MUST(s->nr >= 0 && s->nr <= SCHEDULE_MAX);
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		time_t last = schedule_last(s, times[i], times[i] + 90000, utc);

		MUST(!last || (last > times[i] && last <= times[i] + 90000));
		if (!s->nr)
			MUST(schedule_open(s, times[i], utc) && !last);
		else
			schedule_open(s, times[i], utc);
	}
}

static void in_bounds(const struct config *c)
{
	size_t i;

	MUST(c->interval >= 1 && c->interval <= 3600 && c->http_port <= 65535);
	MUST(c->nr_http_users >= 0 && c->nr_http_users <= CONFIG_MAX_USERS);
	MUST(c->ledger[0] == '/');
	for (i = 0; i < c->nr_pools; i++) {
		terminated(c->pool[i].name, sizeof(c->pool[i].name));
		MUST(config_pool(c, c->pool[i].name) == &c->pool[i]);
		in_bounds_settings(&c->pool[i].settings);
		in_bounds_schedule(&c->pool[i].moves, c->utc);
	}
	for (i = 0; i < c->nr_luns; i++) {
		const struct config_lun *l = &c->lun[i];

		terminated(l->consumer, sizeof(l->consumer));
		MUST(config_lun(c, l->pool, l->id) == l);
		in_bounds_settings(&l->settings);
		in_bounds_schedule(&l->window, c->utc);
		in_bounds_schedule(&l->up_at, c->utc);
		in_bounds_schedule(&l->down_at, c->utc);
	}
	for (i = 0; i < c->nr_maps; i++) {
		MUST(config_map(c, c->map[i].name) == &c->map[i]);
		in_bounds_settings(&c->map[i].settings);
		in_bounds_schedule(&c->map[i].failback, c->utc);
	}
	for (i = 0; i < ESCALATE_NR; i++)
		MUST(!c->ladder[i].script[0] || c->ladder[i].script[0] == '/');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char err[512] = "";
	struct config *c;

	MUST(!ftruncate(fd, 0) && pwrite(fd, data, size, 0) == (ssize_t)size);
	c = config_load(path, err, sizeof(err));
	if (c)
		in_bounds(c);
	else
		MUST(!strncmp(err, path, strlen(path)) && err[strlen(path)] == ':');
	config_free(c);
	return 0;
}
