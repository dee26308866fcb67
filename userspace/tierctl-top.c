// SPDX-License-Identifier: GPL-2.0-only
/* tierctl top: what each LUN does right now, refreshed. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tierctl.h"

struct snapshot {
	struct dmtier_lun *lun;
	size_t nr;
	double time;
};

struct rates {
	const struct dmtier_lun *lun;
	double reads, writes;		/* per second */
	double read_bytes, write_bytes;
	double in_bytes;		/* moved between tiers */
};

static int keep(const struct dmtier_lun *lun, void *arg)
{
	struct snapshot *s = arg;
	void *bigger = reallocarray(s->lun, s->nr + 1, sizeof(*lun));

	if (!bigger)
		return -ENOMEM;
	s->lun = bigger;
	s->lun[s->nr++] = *lun;
	return 0;
}

static int take(struct ctl *c, const char *pool, struct snapshot *s)
{
	*s = (struct snapshot){ .time = clock_seconds() };
	return dmtier_luns(c->h, pool, DMTIER_ANY_LUN, keep, s);
}

static const struct dmtier_lun *same(const struct snapshot *s, const struct dmtier_lun *lun)
{
	size_t i;

	for (i = 0; i < s->nr; i++)
		if (s->lun[i].id == lun->id && !strcmp(s->lun[i].pool, lun->pool))
			return &s->lun[i];
	return NULL;
}

/* counters of a LUN made anew under the same id run backwards once */
static double per_second(uint64_t now, uint64_t before, double seconds)
{
	return now > before && seconds > 0 ? (now - before) / seconds : 0;
}

static struct rates rates_of(const struct dmtier_lun *now, const struct dmtier_lun *before,
			     double seconds)
{
	struct rates r = { .lun = now };
	unsigned int i;

	for (i = 0; before && i < now->nr_usage && i < before->nr_usage; i++) {
		const struct dmtier_usage *n = &now->usage[i], *b = &before->usage[i];

		r.reads += per_second(n->read_ios, b->read_ios, seconds);
		r.writes += per_second(n->write_ios, b->write_ios, seconds);
		r.read_bytes += 512 * per_second(n->read_sectors, b->read_sectors, seconds);
		r.write_bytes += 512 * per_second(n->write_sectors, b->write_sectors, seconds);
		r.in_bytes += 512 * per_second(n->in_sectors, b->in_sectors, seconds);
	}
	return r;
}

static int busier(const void *a, const void *b)
{
	const struct rates *x = a, *y = b;
	double dx = x->reads + x->writes, dy = y->reads + y->writes;

	if (dx != dy)
		return dx < dy ? 1 : -1;
	return x->lun->id < y->lun->id ? -1 : x->lun->id > y->lun->id;
}

/* one letter's width per tenth of the LUN on each tier, fastest first: 0011111111 */
static void tier_strip(const struct dmtier_lun *l, char strip[11])
{
	uint64_t sum = 0, seen = 0;
	unsigned int i, tier = 0;

	for (i = 0; i < l->nr_usage; i++)
		sum += l->usage[i].extents;
	for (i = 0; i < 10; i++) {
		while (tier + 1 < l->nr_usage &&
		       (seen + l->usage[tier].extents) * 10.0 <= sum * (i + 0.5)) {
			seen += l->usage[tier].extents;
			tier++;
		}
		strip[i] = sum ? '0' + tier : '.';
	}
	strip[10] = 0;
}

static void rate_cell(struct table *t, const char *key, const char *title, double rate)
{
	char buf[32];

	cell_as(t, key, title, json_object_new_double(rate), "%s",
		text_short(buf, rate < 100 ? (int)(rate * 10) / 10.0 : (uint64_t)rate));
}

static void bytes_cell(struct table *t, const char *key, const char *title, double rate)
{
	char buf[32];

	cell_as(t, key, title, json_object_new_double(rate), "%s/s", text_bytes(buf, rate));
}

static void rate_cells(struct table *t, const struct rates *r)
{
	char strip[11];

	tier_strip(r->lun, strip);
	table_row(t);
	cell_text(t, "pool", "POOL", r->lun->pool);
	cell_number(t, "lun", "LUN", r->lun->id);
	rate_cell(t, "reads_per_second", "READS/S", r->reads);
	rate_cell(t, "writes_per_second", "WRITES/S", r->writes);
	bytes_cell(t, "read_bytes_per_second", "READ", r->read_bytes);
	bytes_cell(t, "written_bytes_per_second", "WRITTEN", r->write_bytes);
	bytes_cell(t, "moved_bytes_per_second", "MOVED", r->in_bytes);
	cell_text(t, "tenths_by_tier", "TIERS", strip);
	cell_text(t, "moving_to", "MOVING TO", r->lun->target);
}

static size_t screen_lines(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_row < 4)
		return SIZE_MAX;
	return size.ws_row - 3;
}

static int print_frame(struct ctl *c, const struct snapshot *now, const struct snapshot *before)
{
	struct rates *r = calloc(now->nr + 1, sizeof(*r));
	struct table *t = table_new();
	size_t i, lines = c->tty && !c->json ? screen_lines() : SIZE_MAX;

	if (!r)
		return ctl_fail(CTL_FAILED, -ENOMEM, NULL, "top");
	for (i = 0; i < now->nr; i++)
		r[i] = rates_of(&now->lun[i], same(before, &now->lun[i]),
				now->time - before->time);
	qsort(r, now->nr, sizeof(*r), busier);
	for (i = 0; i < now->nr && i < lines; i++)
		rate_cells(t, &r[i]);
	free(r);
	if (c->json) {
		json_print(table_take(t), false);
	} else {
		if (c->tty)
			fputs("\033[H\033[J", stdout);
		if (!now->nr)
			puts("no LUN");
		table_list(c, t);
	}
	fflush(stdout);
	return CTL_OK;
}

static int frames(struct ctl *c, const char *pool, uint64_t count, double delay)
{
	struct snapshot before, now;
	int code = CTL_OK, err = take(c, pool, &before);
	uint64_t i;

	for (i = 0; !err && !code && (!count || i < count); i++) {
		if (!wait_seconds(delay))
			break;
		err = take(c, pool, &now);
		if (!err)
			code = print_frame(c, &now, &before);
		free(before.lun);
		before = now;
	}
	free(before.lun);
	return err ? ctl_kernel(c, err, "top") : code;
}

static int top(struct ctl *c, int argc, char **argv)
{
	uint64_t count = 0;
	double delay = 2;
	int option, code;

	while ((option = getopt(argc, argv, "n:d:")) != -1)
		if (option == 'n' ? !text_number(optarg, UINT32_MAX, &count) :
		    option != 'd' || !text_seconds(optarg, &delay) || delay < 0.1)
			return ctl_usage(c);
	if (argc - optind > 1)
		return ctl_usage(c);
	code = ctl_open(c);
	if (code)
		return code;
	catch_interrupts();
	return frames(c, argv[optind], count, delay);
}

const struct command top_commands[] = {
	{ "top", NULL, "[POOL] [-n FRAMES] [-d SECONDS]",
	  "requests, bytes, moves and tiers of each LUN, busiest first", 0, 5, top },
	{ 0 }
};
