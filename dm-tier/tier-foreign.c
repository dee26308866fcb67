// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is a device whose first 4 KiB are zero really blank? Some formats leave them
 * to boot loaders, and begin behind.
 */
#include <linux/slab.h>

#include "tier-metaio.h"

struct tier_signature {
	u16 block;		/* of 4 KiB */
	u16 offset;		/* in it */
	u8 len;
	const char *magic;
	const char *name;
};

/* by block, so that each is read once */
static const struct tier_signature tier_signatures[] = {
	{ 1, 0, 4, "\xfc\x4e\x2b\xa9", "an md array" },
	{ 1, 24, 16, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81", "bcache" },
	{ 1, 24, 16, "\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef",
	  "bcachefs" },
	{ 4, 0, 6, "SKUL\xba\xbe", "LUKS" },
	{ 4, 0, 12, "\1\1\0\0\0\0\0\0\0\0\0\1", "ZFS" },
	{ 8, 0, 4, "JFS1", "JFS" },
	{ 8, 1, 5, "CD001", "ISO 9660" },
	{ 16, 0, 4, "\x01\x16\x19\x70", "GFS2" },
	{ 16, 52, 6, "ReIsEr", "ReiserFS" },
	{ 16, 64, 8, "_BHRfS_M", "Btrfs" },
};

int tier_foreign(struct dm_io_client *io, struct block_device *bdev, const char **name)
{
	u64 blocks = bdev_nr_sectors(bdev) / TIER_BLOCK_SECTORS;
	void *block = kmalloc(TIER_BLOCK_SIZE, GFP_KERNEL);
	unsigned int i, have = 0;
	int ret = 0;

	if (!block)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(tier_signatures); i++) {
		const struct tier_signature *s = &tier_signatures[i];

		if (s->block >= blocks)
			break;
		if (s->block != have)
			ret = tier_metaio_read_block(io, bdev, s->block, block);
		if (ret)
			break;
		have = s->block;
		if (!memcmp(block + s->offset, s->magic, s->len)) {
			*name = s->name;
			ret = -EILSEQ;
			break;
		}
	}
	kfree(block);
	return ret;
}
