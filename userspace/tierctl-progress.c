// SPDX-License-Identifier: GPL-2.0-only
/* A bar on a terminal, a line every tenth of the way elsewhere. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tierctl.h"

#define BAR_WIDTH	40

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

void catch_interrupts(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

double clock_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

bool wait_seconds(double seconds)
{
	struct timespec ts = {
		.tv_sec = seconds, .tv_nsec = (seconds - (time_t)seconds) * 1e9,
	};

	while (!interrupted && nanosleep(&ts, &ts) && errno == EINTR)
		;
	return !interrupted;
}

struct progress {
	const char *what;
	bool bar;		/* stderr is a terminal */
	int last;		/* percent last shown */
	double began;
};

static void draw_bar(const struct progress *p, int percent)
{
	double elapsed = clock_seconds() - p->began;
	int i, full = percent * BAR_WIDTH / 100;
	char left[32];

	fprintf(stderr, "\r%s [", p->what);
	for (i = 0; i < BAR_WIDTH; i++)
		fputc(i < full ? '#' : '.', stderr);
	fprintf(stderr, "] %3d %%", percent);
	if (percent > 0 && percent < 100)
		fprintf(stderr, "  %s left",
			text_ms(left, elapsed * 1000 * (100 - percent) / percent));
	fputs("\033[K", stderr);
	fflush(stderr);
}

void progress_show(struct progress *p, uint64_t done, uint64_t total)
{
	int percent = total ? (double)done * 100 / total : 100;

	if (percent == p->last)
		return;
	if (p->bar) {
		draw_bar(p, percent);
	} else if (p->last < 0 || percent / 10 != p->last / 10) {
		fprintf(stderr, "%s: %d %% (%llu of %llu extents)\n", p->what, percent,
			(unsigned long long)done, (unsigned long long)total);
	}
	p->last = percent;
}

int progress_watch(const char *what, int (*look)(struct progress *p, void *arg), void *arg)
{
	struct progress p = {
		.what = what, .last = -1, .bar = isatty(STDERR_FILENO), .began = clock_seconds(),
	};
	int ret;

	catch_interrupts();
	do
		ret = look(&p, arg);
	while (ret == 1 && wait_seconds(0.25));
	if (p.bar && p.last >= 0)
		fputc('\n', stderr);
	return ret;
}
