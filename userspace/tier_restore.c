// SPDX-License-Identifier: GPL-2.0-only
/*
 * tier_restore: a metadata device from what tier_dump printed.
 */
#include <getopt.h>
#include <stdio.h>

#include "std.h"
#include "tier_image.h"

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
	const char *in = NULL, *out = NULL;
	static struct tier_image image;
	int opt, err;

	std_keep();
	while ((opt = getopt_long(argc, argv, "i:o:h", options, NULL)) != -1) {
		switch (opt) {
		case 'i':
			in = optarg;
			break;
		case 'o':
			out = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (!in || !out || optind != argc) {
		fputs(usage, stderr);
		return 2;
	}
	err = tier_image_parse(&image, "tier_restore", in);
	if (!err)
		err = tier_image_write(&image, "tier_restore", out);
	tier_image_free(&image);
	return err ? 1 : 0;
}
