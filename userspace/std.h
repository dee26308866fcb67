/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STD_H
#define STD_H

#include <fcntl.h>

/*
 * A program may be started with its standard files closed. What it opens must
 * not take their place, or its messages go there; a write to what was closed
 * still fails.
 */
static inline void std_keep(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd ? O_RDONLY : O_WRONLY);
}

#endif
