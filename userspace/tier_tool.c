// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>

#include "tier_tool.h"

void tool_usage(const struct tool *t)
{
	fputs(t->usage, stderr);
	exit(2);
}

int tool_option(const struct tool *t, int argc, char **argv)
{
	int opt = getopt_long(argc, argv, t->letters, t->options, NULL);

	switch (opt) {
	case 'h':
		fputs(t->usage, stdout);
		exit(0);
	case 'V':
		printf("%s (dm-tier) " DM_TIER_VERSION "\n", t->name);
		exit(0);
	case '?':
		tool_usage(t);
	}
	return opt;
}
