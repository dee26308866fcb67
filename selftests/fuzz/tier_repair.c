// SPDX-License-Identifier: GPL-2.0-only
/*
 * tier_repair makes a device from a damaged one. What it writes passes tier_check; what
 * it does not tell is as it was; and if it cannot, nothing is written that looks like a
 * pool.
 */
#include <setjmp.h>
#include <stdlib.h>

static jmp_buf gone;
#define exit(code)	longjmp(gone, (code))
#define main		tier_repair_main
#include "../../userspace/tier_repair.c"
#undef main
#undef exit

#include "image.h"
#include "words.h"

static char out_path[32];
static u8 *out;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	image_quiet();
	out = image_file(IMAGE_BLOCKS * TIER_BLOCK_SIZE, IMAGE_BLOCKS * TIER_BLOCK_SIZE, out_path);
	return 0;
}

static int call(const char *word, ...)
{
	static struct words w;
	va_list args;
	int ret;

	va_start(args, word);
	words_take(&w, "tier_repair", word, args);
	va_end(args);
	ret = setjmp(gone);
	if (!ret)
		ret = tier_repair_main(w.argc, w.argv);
	else
		tidy();
	memset(&repair, 0, sizeof(repair));
	return ret;
}

static int run_repair(struct image *image, u8 how)
{
	const char *m[IMAGE_MEMBERS] = { NULL };
	const char *tiers = how & 2 ? "--tiers=fast,slow" : "--tiers=slow";

	if (how & 1)
		memcpy(m, (const char *[]){ image->member_path[0], image->member_path[1],
					     image->member_path[2] }, sizeof(m));
	if (image->copies == 3)
		return call("-o", out_path, tiers, "--tier=0=fast", "--tier=1=slow", "-m",
			    image->path[1], image->path[0], m[0], m[1], m[2], NULL);
	return call("-o", out_path, tiers, "--tier=0=fast", "--tier=2=slow", image->path[0],
		    m[0], m[1], m[2], NULL);
}

static void hold_against(struct image *image)
{
	static struct tier_image is;
	const char *what;

	image_load(&is, out_path);
	what = image_differs(&image->truth, &is);
	if (what)
		wrong("\"nothing was lost\", but %s is not what it was", what);
	tier_image_free(&is);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	u8 how = input_u8(&in);
	struct image *image = image_make(&in);
	int ret;

	memset(out, 0, IMAGE_BLOCKS * TIER_BLOCK_SIZE);
	ret = run_repair(image, how);
	if (ret == 2)
		MUST(!memchr_inv(out, 0, TIER_SB_COPIES * TIER_BLOCK_SIZE));
	else if (run_check(out_path, NULL))
		wrong("what it wrote (exit code %d) does not pass tier_check", ret);
	if (ret == 0 && !image->lies && !image->journal_hurt)
		hold_against(image);
	image_undo();
	return 0;
}
