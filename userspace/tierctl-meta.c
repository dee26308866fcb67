// SPDX-License-Identifier: GPL-2.0-only
/*
 * What lies on a metadata device, looked at without the kernel: enough to start
 * the pool without being told its extent size, and to know a device that nobody
 * may be advised to wipe. Reads only.
 */
#include <fcntl.h>
#include <unistd.h>

#include "tier-format.h"
#include "tierctl-meta.h"

/* superblocks, the whole journal and the beginning of the tables */
#define LOOK_BLOCKS	(TIER_JOURNAL_START + TIER_JOURNAL_MAX + 64)

static ssize_t read_block(int fd, u64 block, void *buf)
{
	ssize_t n;

	do
		n = pread(fd, buf, TIER_BLOCK_SIZE, block * TIER_BLOCK_SIZE);
	while (n < 0 && errno == EINTR);
	return n;
}

static void keep_super(const struct tier_super *super, struct meta_look *look)
{
	u32 i;

	look->pool = true;
	look->extent_sectors = super->extent_sectors;
	look->nr_tiers = super->pool.nr_tiers;
	for (i = 0; i < super->pool.nr_tiers; i++)
		memcpy(look->tier[i], super->pool.tiers[i], TIER_NAME_LEN);
}

/* the later one of two superblocks; the device.s size is not asked here */
static void look_at_supers(int fd, struct meta_look *look)
{
	struct tier_super super, best = { 0 };
	char block[TIER_BLOCK_SIZE];
	unsigned int i;

	for (i = 0; i < TIER_SB_COPIES; i++)
		if (read_block(fd, i, block) == TIER_BLOCK_SIZE &&
		    !tier_super_decode(block, ~0ULL, &super) && super.seq >= best.seq) {
			best = super;
			keep_super(&best, look);
		}
}

static bool is_ours(const char *block)
{
	const struct tier_block_header *header = (const void *)block;

	return le32_to_cpu(header->magic) == TIER_MAGIC;
}

static bool is_zero(const char *block)
{
	return !block[0] && !memcmp(block, block + 1, TIER_BLOCK_SIZE - 1);
}

int meta_look(const char *dev, struct meta_look *look)
{
	int fd = open(dev, O_RDONLY | O_CLOEXEC), err = 0;
	char block[TIER_BLOCK_SIZE];
	ssize_t n = 1;
	u64 at;

	*look = (struct meta_look){ 0 };
	if (fd < 0)
		return -errno;
	look_at_supers(fd, look);
	for (at = 0; at < LOOK_BLOCKS && !look->ours; at++) {
		n = read_block(fd, at, block);
		if (n != TIER_BLOCK_SIZE)
			break;
		look->ours = is_ours(block);
		if (!at)
			look->blank = is_zero(block);
	}
	if (n < 0)
		err = -errno;
	close(fd);
	return err;
}

/* a tier's place among those of the table, or -1 */
static int place_of(const char *name, const char *const *names, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

/* tiers that the table leaves out are not asked for: they may have no members left */
bool meta_order(const struct meta_look *look, const char *const *names, unsigned int nr,
		const char **faster, const char **slower)
{
	int place, last = -1;
	unsigned int i;

	for (i = 0; i < look->nr_tiers; i++) {
		place = place_of(look->tier[i], names, nr);
		if (place < 0)
			continue;
		if (place < last) {
			*faster = names[place];
			*slower = names[last];
			return false;
		}
		last = place;
	}
	return true;
}
