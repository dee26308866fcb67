/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text of an error, for the log and for extended acknowledgments. In both
 * modules.
 */
#ifndef TIER_ERR_H
#define TIER_ERR_H

#include <linux/compiler.h>

struct tier_err {
	char text[160];
};

/**
 * tier_fail() - say what is wrong
 * @err: gets the text; control characters in it become question marks
 * @code: -errno
 * @fmt: of the text, without a line end
 *
 * Any context.
 * Return: @code.
 */
__printf(3, 4) int tier_fail(struct tier_err *err, int code, const char *fmt, ...);

#endif
