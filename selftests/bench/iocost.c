// SPDX-License-Identifier: GPL-2.0
/*
 * iocost <device> read|write <depth> <count>
 *
 * Random 4 KiB I/O in batches of <depth>, and prints the nanoseconds that one
 * took on average.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "randio.h"

static struct randio io;

static void run(int depth, int count)
{
	struct io_event events[MAX_DEPTH];
	struct iocb *iocbs[MAX_DEPTH];
	int done, i;

	for (i = 0; i < depth; i++)
		iocbs[i] = &io.iocb[i];
	for (done = 0; done < count; done += depth) {
		randio_submit(&io, iocbs, depth);
		randio_wait(&io, events, depth, depth);
	}
}

int main(int argc, char **argv)
{
	int depth, count;
	uint64_t start;

	if (argc != 5)
		errx(2, "usage: iocost <device> read|write <depth> <count>");
	depth = atoi(argv[3]);
	count = atoi(argv[4]);
	randio_open(&io, argv[1], argv[2], depth);
	if (count < depth)
		errx(2, "bad count");

	run(depth, count / 10 + depth);	/* warm up */
	start = now_ns();
	run(depth, count);
	printf("%llu\n", (unsigned long long)(now_ns() - start) / count);
	return 0;
}
