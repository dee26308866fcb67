// SPDX-License-Identifier: GPL-2.0-only
/*
 * tier_restore: a metadata device from what tier_dump printed.
 */
#include <stdio.h>

#include "std.h"
#include "tier_image.h"
#include "tier_tool.h"

static const char usage[] =
	"usage: tier_restore -i <dump> -o <metadata device>\n"
	"  -i, --input <file>   what tier_dump printed; - for standard input\n"
	"  -o, --output <dev>   blank in its first 128 KiB; a file that is not there is made\n"
	"exit code: 0 done, 1 it cannot be, 2 usage\n"
	"The members are not touched. Start the pool without its old metadata device and\n"
	"mirror: a mirror is to be blanked first, and is then made whole by the start.\n";

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "input", required_argument, NULL, 'i' },
		{ "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	static const struct tool tool = { "tier_restore", usage, "i:o:h", options };
	const char *in = NULL, *out = NULL;
	static struct tier_image image;
	int opt, err;

	std_keep();
	while ((opt = tool_option(&tool, argc, argv)) != -1) {
		switch (opt) {
		case 'i':
			in = optarg;
			break;
		case 'o':
			out = optarg;
			break;
		}
	}
	if (!in || !out || optind != argc)
		tool_usage(&tool);
	err = tier_image_parse(&image, "tier_restore", in);
	if (!err)
		err = tier_image_write(&image, "tier_restore", out);
	tier_image_free(&image);
	return err ? 1 : 0;
}
