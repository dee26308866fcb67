// SPDX-License-Identifier: GPL-2.0-only
/*
 * tier_check and tier_dump look at a metadata device and at members. What is clean is
 * what it was, and its dump is restored as the same again.
 */
#include <json-c/json.h>

#include "image.h"

static char dump_path[32], out_path[32];
static u8 *out;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	image_quiet();
	image_file(1 << 20, 1 << 20, dump_path);
	out = image_file(IMAGE_BLOCKS * TIER_BLOCK_SIZE, IMAGE_BLOCKS * TIER_BLOCK_SIZE, out_path);
	return 0;
}

/* a file of JSON and zeroes behind it: json-c stops at the first */
static int dump(struct image *image)
{
	const char *mirror = image->copies == 3 ? "-m" : NULL;
	FILE *to = fopen(dump_path, "w");
	int ret;

	MUST(to);
	ret = run_dump(to, "--heat", image->path[0], mirror, image->path[1], NULL);
	fclose(to);
	MUST(ret == 0 || ret == 1);
	return ret;
}

static void restore(struct image *image)
{
	static struct tier_image read, is;
	const char *what;

	if (tier_image_parse(&read, "fuzz", dump_path))
		wrong("what tier_dump prints cannot be read back");
	memset(out, 0, IMAGE_BLOCKS * TIER_BLOCK_SIZE);
	MUST(!tier_image_write(&read, "fuzz", out_path));
	image_load(&is, out_path);
	what = image_differs(&read, &is);
	if (what)
		wrong("restored with another %s", what);
	what = image_differs(&image->truth, &is);
	if (what && !image->lies && !image->journal_hurt)
		wrong("called clean, but %s is not what it was", what);
	MUST(!run_check(out_path, NULL));
	tier_image_free(&read);
	tier_image_free(&is);
}

static int check(struct image *image, bool members, bool json)
{
	const char *option = json ? "--json" : "--live";
	const char *m[IMAGE_MEMBERS] = { NULL };
	int ret;

	if (members)
		memcpy(m, (const char *[]){ image->member_path[0], image->member_path[1],
					     image->member_path[2] }, sizeof(m));
	if (image->copies == 3)
		ret = run_check(option, "-m", image->path[1], image->path[0], m[0], m[1], m[2], NULL);
	else
		ret = run_check(option, image->path[0], m[0], m[1], m[2], NULL);
	MUST(ret == 0 || ret == 1);
	return ret;
}

static void check_json(struct image *image, int expected)
{
	FILE *was = stdout;
	char *text = NULL;
	size_t len;
	json_object *o;

	stdout = open_memstream(&text, &len);
	MUST(stdout);
	MUST(check(image, true, true) == expected);
	fclose(stdout);
	stdout = was;
	o = json_tokener_parse(text);
	if (!o)
		wrong("no JSON: %s", text);
	json_object_put(o);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	u8 how = input_u8(&in);
	struct image *image = image_make(&in);

	if (how & 1) {
		check_json(image, check(image, true, false));
	} else {
		int ret = check(image, false, false);

		if (dump(image) == 0 && !ret)
			restore(image);
		else
			MUST(ret);
	}
	image_undo();
	return 0;
}
