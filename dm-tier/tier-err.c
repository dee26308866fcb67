// SPDX-License-Identifier: GPL-2.0-only
/*
 * The text of an error.
 */
#include <linux/kernel.h>

#include "tier-err.h"
#include "tier-line.h"

int tier_fail(struct tier_err *err, int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	tier_one_line(err->text);
	return code;
}
