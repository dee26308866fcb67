// SPDX-License-Identifier: GPL-2.0
/*
 * iolat <device> read|write <depth> <seconds> [<file>=<text>]...
 *
 * Random 4 KiB I/O, <depth> of it always in flight, each timed by itself. At half
 * time the texts are written to the files. Prints how many I/Os there were, then
 * mean, median, 99th and 99.9th percentile and longest, in nanoseconds.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "randio.h"

#define MAX_SAMPLES 4000000

static struct randio io;

/* what happens at half time: here and not in a shell, which would take its time */
struct change {
	int fd;
	const char *text;
};

static void change_open(struct change *change, char *arg)
{
	char *text = strrchr(arg, '=');

	if (!text)
		errx(2, "not <file>=<text>: %s", arg);
	*text++ = '\0';
	change->text = text;
	change->fd = open(arg, O_WRONLY);
	if (change->fd < 0)
		err(1, "%s", arg);
}

static void change_all(struct change *changes, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (write(changes[i].fd, changes[i].text, strlen(changes[i].text)) < 0)
			err(1, "%s", changes[i].text);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* <depth> in flight, and another for each that ends; returns how many were timed */
static size_t run(int depth, uint64_t ns, uint64_t *took, struct change *changes, int nr_changes)
{
	uint64_t half = now_ns() + ns / 2, until = half + ns / 2;
	struct io_event events[MAX_DEPTH];
	struct iocb *iocbs[MAX_DEPTH];
	uint64_t started[MAX_DEPTH], now;
	int i, n, in_flight = depth;
	size_t done = 0;

	for (i = 0; i < depth; i++) {
		iocbs[0] = &io.iocb[i];
		started[i] = now_ns();
		randio_submit(&io, iocbs, 1);
	}
	while (in_flight) {
		n = randio_wait(&io, events, 1, depth);
		now = now_ns();
		if (nr_changes && now >= half) {
			change_all(changes, nr_changes);
			nr_changes = 0;
		}
		for (i = 0; i < n; i++) {
			uint64_t slot = events[i].data;

			if (done < MAX_SAMPLES)
				took[done++] = now - started[slot];
			if (now >= until) {
				in_flight--;
				continue;
			}
			iocbs[0] = &io.iocb[slot];
			started[slot] = now_ns();
			randio_submit(&io, iocbs, 1);
		}
	}
	return done;
}

int main(int argc, char **argv)
{
	uint64_t *took = malloc(MAX_SAMPLES * sizeof(*took)), sum = 0;
	struct change *changes = calloc(argc, sizeof(*changes));
	int a, depth;
	size_t i, n;

	if (argc < 5)
		errx(2, "usage: iolat <device> read|write <depth> <seconds> [<file>=<text>]...");
	if (!took || !changes)
		errx(1, "no memory");
	depth = atoi(argv[3]);
	randio_open(&io, argv[1], argv[2], depth);

	for (a = 5; a < argc; a++)
		change_open(&changes[a - 5], argv[a]);

	n = run(depth, atof(argv[4]) * 1e9, took, changes, argc - 5);
	qsort(took, n, sizeof(*took), compare);
	for (i = 0; i < n; i++)
		sum += took[i];
	printf("%zu %llu %llu %llu %llu %llu\n", n, (unsigned long long)(sum / n),
	       (unsigned long long)took[n / 2], (unsigned long long)took[n * 99 / 100],
	       (unsigned long long)took[n * 999 / 1000], (unsigned long long)took[n - 1]);
	return 0;
}
