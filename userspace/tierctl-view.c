// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is shown over and over: counters are read, and what they gained since the
 * time before is printed. A terminal has one picture renewed, others get all of
 * them, one after the other.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tierctl.h"

int snapshot_add(struct snapshot *s, const void *record)
{
	void *bigger = reallocarray(s->record, s->nr + 1, s->size);

	if (!bigger)
		return -ENOMEM;
	s->record = bigger;
	memcpy((char *)bigger + s->nr++ * s->size, record, s->size);
	return 0;
}

/* a counter that begins anew runs backwards once */
double per_second(uint64_t now, uint64_t before, double seconds)
{
	return now > before && seconds > 0 ? (now - before) / seconds : 0;
}

void cell_rate(struct table *t, const char *key, const char *title, double rate)
{
	char buf[32];

	cell_as(t, key, title, json_object_new_double(rate), "%s",
		text_short(buf, rate < 100 ? (int)(rate * 10) / 10.0 : (uint64_t)rate));
}

void cell_byte_rate(struct table *t, const char *key, const char *title, double rate)
{
	char buf[32];

	cell_as(t, key, title, json_object_new_double(rate), "%s/s", text_bytes(buf, rate));
}

static size_t screen_lines(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_row < 4)
		return SIZE_MAX;
	return size.ws_row - 3;
}

static int print_frame(struct ctl *c, const struct view *v, const struct snapshot *now,
		       const struct snapshot *before)
{
	size_t lines = c->tty && !c->json ? screen_lines() : SIZE_MAX;
	struct table *t = table_new();

	v->rows(t, now, before, lines);
	if (c->json) {
		json_print(table_take(t), false);
	} else {
		if (c->tty)
			fputs("\033[H\033[J", stdout);
		if (!now->nr)
			puts(v->nothing);
		table_list(c, t);
	}
	return fflush(stdout) || ferror(stdout) ? CTL_FAILED : CTL_OK;
}

static int take(struct ctl *c, const struct view *v, const char *name, struct snapshot *s)
{
	*s = (struct snapshot){ .size = v->size, .time = clock_seconds() };
	return v->take(c, name, s);
}

static int frames(struct ctl *c, const struct view *v, const char *name, uint64_t count,
		  double delay)
{
	struct snapshot before, now;
	int code = CTL_OK, err = take(c, v, name, &before);
	uint64_t i;

	for (i = 0; !err && !code && (!count || i < count); i++) {
		if (!wait_seconds(delay))
			break;
		err = take(c, v, name, &now);
		if (!err)
			code = print_frame(c, v, &now, &before);
		free(before.record);
		before = now;
	}
	free(before.record);
	return err ? v->failed(c, err, c->command->group) : code;
}

int view_run(struct ctl *c, const struct view *v, int argc, char **argv)
{
	uint64_t count = 0;
	double delay = 2;
	int option, code;

	while ((option = ctl_getopt(argc, argv, "n:d:", NULL, NULL)) != -1)
		if (option == 'n' ? !text_number(optarg, UINT32_MAX, &count) :
		    option != 'd' || !text_seconds(optarg, &delay) || delay < 0.1)
			return ctl_usage(c);
	if (argc - optind > 1)
		return ctl_usage(c);
	code = v->open(c);
	if (code)
		return code;
	catch_interrupts();
	return frames(c, v, argv[optind], count, delay);
}
