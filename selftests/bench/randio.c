// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "randio.h"

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

uint64_t next_random(void)
{
	static uint64_t x = 88172645463325252ull;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

void randio_open(struct randio *io, const char *device, const char *how, int depth)
{
	int fd, i, writing = !strcmp(how, "write");
	char *buffer;

	if (!writing && strcmp(how, "read"))
		errx(2, "neither read nor write: %s", how);
	if (depth < 1 || depth > MAX_DEPTH)
		errx(2, "bad depth");
	fd = open(device, O_RDWR | O_DIRECT);
	if (fd < 0)
		err(1, "%s", device);
	memset(io, 0, sizeof(*io));
	io->blocks = lseek(fd, 0, SEEK_END) / BLOCK;
	buffer = aligned_alloc(BLOCK, BLOCK * depth);
	if (!io->blocks || !buffer)
		errx(1, "no device size or no memory");
	memset(buffer, 0x5a, BLOCK * depth);
	if (syscall(SYS_io_setup, depth, &io->ctx))
		err(1, "io_setup");
	for (i = 0; i < depth; i++) {
		io->iocb[i].aio_fildes = fd;
		io->iocb[i].aio_lio_opcode = writing ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
		io->iocb[i].aio_buf = (uintptr_t)(buffer + i * BLOCK);
		io->iocb[i].aio_nbytes = BLOCK;
		io->iocb[i].aio_data = i;
	}
}

void randio_submit(struct randio *io, struct iocb **iocbs, int n)
{
	int i;

	for (i = 0; i < n; i++)
		iocbs[i]->aio_offset = next_random() % io->blocks * BLOCK;
	if (syscall(SYS_io_submit, io->ctx, n, iocbs) != n)
		err(1, "io_submit");
}

int randio_wait(struct randio *io, struct io_event *events, int min, int max)
{
	int i, n = syscall(SYS_io_getevents, io->ctx, min, max, events, NULL);

	if (n < min)
		err(1, "io_getevents");
	for (i = 0; i < n; i++)
		if (events[i].res != BLOCK)
			errx(1, "I/O failed: %lld", events[i].res);
	return n;
}
