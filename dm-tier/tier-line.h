/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text that may hold somebody's words, for one line of the log. Pure; in both modules.
 */
#ifndef TIER_LINE_H
#define TIER_LINE_H

#include "tier-portable.h"

/* control characters become question marks: a wrong word must not look like a line of its own */
static inline void tier_one_line(char *text)
{
	for (; *text; text++)
		if ((u8)*text < ' ' || *text == 0x7f)
			*text = '?';
}

#endif
