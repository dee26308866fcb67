/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random 4 KiB direct I/O for iocost and iolat. Smaller than fio, and with the
 * virtual machine's clock tied to its instructions it says the same thing every
 * time: what the program itself costs is the same few instructions for every target.
 */
#ifndef RANDIO_H
#define RANDIO_H

#include <linux/aio_abi.h>
#include <stdint.h>

#define BLOCK 4096
#define MAX_DEPTH 256

/**
 * struct randio - a device and its I/O
 * @ctx: of the kernel's AIO
 * @blocks: of the device
 * @iocb: one for each I/O in flight, ready but for aio_offset
 */
struct randio {
	aio_context_t ctx;
	uint64_t blocks;
	struct iocb iocb[MAX_DEPTH];
};

/* ends the program if anything is wrong */
void randio_open(struct randio *io, const char *device, const char *how, int depth);
void randio_submit(struct randio *io, struct iocb **iocbs, int n);
/* at least @min of them; returns how many */
int randio_wait(struct randio *io, struct io_event *events, int min, int max);

uint64_t now_ns(void);
uint64_t next_random(void);

#endif
