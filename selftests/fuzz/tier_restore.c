// SPDX-License-Identifier: GPL-2.0-only
/*
 * tier_restore reads JSON that somebody may have edited. What it writes passes
 * tier_check and holds what the JSON says; what it refuses is left blank.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "image.h"

static char dump_path[32], out_path[32];
static int dump_fd;
static u8 *out;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	image_quiet();
	dump_fd = memfd_create("dump", 0);
	MUST(dump_fd >= 0);
	snprintf(dump_path, sizeof(dump_path), "/proc/self/fd/%d", dump_fd);
	out = image_file(IMAGE_BLOCKS * TIER_BLOCK_SIZE, IMAGE_BLOCKS * TIER_BLOCK_SIZE, out_path);
	return 0;
}

static void hold_against(struct tier_image *read)
{
	static struct tier_image is;
	const char *what;

	image_load(&is, out_path);
	what = image_differs(read, &is);
	if (what)
		wrong("restored with another %s", what);
	tier_image_free(&is);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tier_image read;
	int err;

	MUST(!ftruncate(dump_fd, 0));
	MUST(pwrite(dump_fd, data, size, 0) == (ssize_t)size);
	memset(out, 0, IMAGE_BLOCKS * TIER_BLOCK_SIZE);
	err = tier_image_parse(&read, "fuzz", dump_path);
	if (!err) {
		err = tier_image_write(&read, "fuzz", out_path);
		if (err)
			MUST(!memchr_inv(out, 0, TIER_SB_COPIES * TIER_BLOCK_SIZE));
	}
	if (!err) {
		hold_against(&read);
		if (run_check(out_path, NULL))
			wrong("what it wrote does not pass tier_check");
	}
	tier_image_free(&read);
	return 0;
}
