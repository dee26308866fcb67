// SPDX-License-Identifier: GPL-2.0-only
/*
 * The text of an error.
 */
#include <linux/kernel.h>

#include "tier-err.h"

int tier_fail(struct tier_err *err, int code, const char *fmt, ...)
{
	va_list args;
	char *c;

	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	/* a wrong word must not look like a line of the log */
	for (c = err->text; *c; c++)
		if ((u8)*c < ' ' || *c == 0x7f)
			*c = '?';
	return code;
}
