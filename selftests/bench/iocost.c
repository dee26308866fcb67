// SPDX-License-Identifier: GPL-2.0
/*
 * iocost <device> read|write <depth> <count>
 *
 * Random 4 KiB direct I/O in batches of <depth>, and prints the nanoseconds
 * that one took on average. Smaller than fio and says the same thing every
 * time: with the virtual machine's clock tied to its instructions, what the
 * program itself costs is the same few instructions for every target.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 4096
#define MAX_DEPTH 256

static struct iocb iocbs[MAX_DEPTH], *iocbps[MAX_DEPTH];
static struct io_event events[MAX_DEPTH];

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static uint64_t next_random(void)
{
	static uint64_t x = 88172645463325252ull;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

static void run(aio_context_t ctx, uint64_t blocks, int depth, int count)
{
	int done, i;

	for (done = 0; done < count; done += depth) {
		for (i = 0; i < depth; i++)
			iocbs[i].aio_offset = next_random() % blocks * BLOCK;
		if (syscall(SYS_io_submit, ctx, depth, iocbps) != depth)
			err(1, "io_submit");
		if (syscall(SYS_io_getevents, ctx, depth, depth, events, NULL) != depth)
			err(1, "io_getevents");
		for (i = 0; i < depth; i++)
			if (events[i].res != BLOCK)
				errx(1, "I/O failed: %lld", events[i].res);
	}
}

int main(int argc, char **argv)
{
	aio_context_t ctx = 0;
	int fd, i, depth, count, writing;
	uint64_t blocks, start;
	char *buffer;

	if (argc != 5)
		errx(2, "usage: iocost <device> read|write <depth> <count>");
	writing = !strcmp(argv[2], "write");
	depth = atoi(argv[3]);
	count = atoi(argv[4]);
	if (depth < 1 || depth > MAX_DEPTH || count < depth)
		errx(2, "bad depth or count");

	fd = open(argv[1], O_RDWR | O_DIRECT);
	if (fd < 0)
		err(1, "%s", argv[1]);
	blocks = lseek(fd, 0, SEEK_END) / BLOCK;
	buffer = aligned_alloc(BLOCK, BLOCK * depth);
	if (!blocks || !buffer)
		errx(1, "no device size or no memory");
	memset(buffer, 0x5a, BLOCK * depth);
	if (syscall(SYS_io_setup, depth, &ctx))
		err(1, "io_setup");
	for (i = 0; i < depth; i++) {
		iocbps[i] = &iocbs[i];
		iocbs[i].aio_fildes = fd;
		iocbs[i].aio_lio_opcode = writing ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
		iocbs[i].aio_buf = (uintptr_t)(buffer + i * BLOCK);
		iocbs[i].aio_nbytes = BLOCK;
	}

	run(ctx, blocks, depth, count / 10 + depth);	/* warm up */
	start = now_ns();
	run(ctx, blocks, depth, count);
	printf("%llu\n", (unsigned long long)(now_ns() - start) / count);
	return 0;
}
