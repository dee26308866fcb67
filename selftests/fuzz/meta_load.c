// SPDX-License-Identifier: GPL-2.0-only
/*
 * A metadata device is loaded: superblocks, slots, journal, tables, and what the copies
 * have to do with each other. What loads holds up when it is used, and loads again.
 */
#include "image.h"
#include "tier-meta.h"

static void add_and_drop(struct tier_meta *meta)
{
	struct tier_member_record rec = { .state = TIER_MEMBER_ACTIVE, .extents = 10, .uuid = "u" };
	u32 index;

	if (tier_meta_add_member(meta, &rec, &index))
		return;
	MUST(index < TIER_MAX_MEMBERS);
	MUST(!tier_meta_checkpoint(meta, false));
	MUST(!tier_meta_prove_empty(meta, index));
	MUST(!tier_meta_drop_member(meta, index));
}

static void change(struct tier_meta *meta)
{
	struct tier_put put = { .kind = TIER_PUT_EXTENT, .owner = TIER_FREE };
	struct tier_pool_record pool = meta->super.pool;
	struct tier_put set = { .kind = TIER_PUT_POOL, .pool = &pool };
	u32 i;

	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		put.member = i;
		if (!meta->members[i])
			continue;
		tier_meta_touch(meta, i, 0);
		tier_meta_commit(meta, &put, 1);
	}
	pool.moves = !pool.moves;
	MUST(!tier_meta_commit(meta, &set, 1));
	add_and_drop(meta);
	MUST(tier_meta_used(meta) <= tier_meta_total(meta));
	i = tier_meta_lun_slot(meta);
	MUST((int)i == -ENOSPC || i < meta->nr_lun_slots);
}

static void use(struct image *image, struct tier_meta *meta)
{
	static struct tier_image before, after;
	const char *what;

	MUST(!tier_image_take(&before, meta));
	MUST(!tier_meta_start(meta));
	/* cut off here: what was loaded */
	tier_meta_close(meta);
	MUST(!tier_meta_open(meta, &image_ops, image, image->copies, IMAGE_BLOCKS));
	MUST(!tier_image_take(&after, meta));
	what = image_differs(&before, &after);
	if (what)
		wrong("a start changed %s", what);
	tier_image_free(&before);
	tier_image_free(&after);
	MUST(!tier_meta_start(meta));
	change(meta);
	if (image->copies == 3 && meta->copies != 3) {
		MUST(!tier_meta_resync(meta, meta->copies == 1));
		MUST(meta->copies == 3);
	}
	MUST(!tier_meta_checkpoint(meta, true));
	MUST(!tier_image_take(&before, meta));
	tier_meta_close(meta);
	MUST(!tier_meta_open(meta, &image_ops, image, image->copies, IMAGE_BLOCKS));
	MUST(!tier_image_take(&after, meta));
	what = image_differs(&before, &after);
	if (what)
		wrong("after a checkpoint: %s is another", what);
	tier_image_free(&before);
	tier_image_free(&after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct image *image = image_make(&in);
	static struct tier_image found;
	static struct tier_meta meta;
	const char *what;

	if (!tier_meta_open(&meta, &image_ops, image, image->copies, IMAGE_BLOCKS)) {
		MUST(!tier_image_take(&found, &meta));
		what = image_differs(&found, &image->truth);
		if (what && !image->lies && !image->journal_hurt)
			wrong("damage changed %s, and nobody saw it", what);
		tier_image_free(&found);
		use(image, &meta);
	}
	tier_meta_close(&meta);
	image_undo();
	return 0;
}
