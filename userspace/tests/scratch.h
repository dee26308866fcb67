/* SPDX-License-Identifier: GPL-2.0-only */
/* A directory of a test's own */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCRATCH_LEN	64

static inline int scratch_make(char dir[SCRATCH_LEN])
{
	/* in memory where there is some: ledgers sync with every commit */
	strcpy(dir, access("/dev/shm", W_OK) ? "/tmp/dm-tier.XXXXXX" :
	       "/dev/shm/dm-tier.XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static inline int scratch_remove(const char *dir)
{
	char command[SCRATCH_LEN + 16];

	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

#endif
