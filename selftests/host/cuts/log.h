/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A log of all writes to a disk, in the order in which they were sent, in the
 * format of dm-log-writes.
 */
#ifndef CUTS_LOG_H
#define CUTS_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_FLUSH	1
#define LOG_FUA		2
#define LOG_DISCARD	4

struct log_entry {
	uint64_t sector;
	uint64_t count;		/* sectors */
	uint64_t flags;
	const unsigned char *data;	/* NULL: none, or a discard's zeros */
};

struct log {
	const unsigned char *at;
	size_t bytes;
	uint64_t sector;	/* of the next entry */
	uint64_t left;
};

/* 0, or 1 after a line on stderr */
int log_open(struct log *log, const char *path);
/* 1, 0 at the end, -1 if the log is damaged */
int log_next(struct log *log, struct log_entry *entry);

#endif
