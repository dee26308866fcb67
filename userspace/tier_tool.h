/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of the programs for a pool's metadata */
#ifndef TIER_TOOL_H
#define TIER_TOOL_H

#include <getopt.h>

struct tool {
	const char *name;
	const char *usage;
	const char *letters;
	const struct option *options;
};

/* as getopt_long(), but -h, --version ('V') and what is no option end the program */
int tool_option(const struct tool *t, int argc, char **argv);

/* how it is called, on stderr; exit code 2 */
void tool_usage(const struct tool *t) __attribute__((noreturn));

#endif
