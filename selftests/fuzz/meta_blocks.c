// SPDX-License-Identifier: GPL-2.0-only
/*
 * One block of metadata, and the records in it, each decoded by itself. What is taken
 * comes out again as it went in, and within its bounds.
 */
#include "input.h"
#include "tier-format.h"

static void a_super(const u8 *block, u64 dev_blocks)
{
	static struct tier_super s, again;
	static u8 out[TIER_BLOCK_SIZE];

	if (tier_super_decode(block, dev_blocks, &s))
		return;
	MUST(s.blocks <= dev_blocks);
	MUST(s.journal_start >= TIER_SB_COPIES && s.journal_blocks <= TIER_JOURNAL_MAX);
	MUST(s.tail_block < s.journal_blocks);
	MUST(s.journal_start + s.journal_blocks <= s.members_start);
	MUST(s.members_start + 2 * s.members_pages <= s.luns_start);
	MUST(s.luns_start + 2 * s.luns_pages <= s.tables_start);
	MUST(s.tables_start <= s.blocks);
	tier_super_encode(out, &s, 0);
	memset(&again, 0, sizeof(again));
	MUST(!tier_super_decode(out, dev_blocks, &again));
	tier_super_encode(out, &again, 0);
	MUST(again.blocks == s.blocks && again.map_sum == s.map_sum && again.seq == s.seq);
	MUST(again.pool.nr_tiers == s.pool.nr_tiers && again.generation == s.generation);
}

static void a_header(const u8 *block)
{
	struct tier_member_header h, again;
	static u8 out[TIER_BLOCK_SIZE];

	if (tier_member_header_decode(block, &h))
		return;
	MUST(h.extent_sectors >= TIER_EXTENT_MIN && h.extent_sectors <= TIER_EXTENT_MAX);
	tier_member_header_encode(out, &h);
	MUST(!tier_member_header_decode(out, &again));
	MUST(again.index == h.index && again.extents == h.extents);
}

static void luns(const void *payload)
{
	struct tier_disk_lun in, out;
	struct tier_lun_record lun, again;
	u32 i;

	for (i = 0; i < TIER_LUNS_PER_PAGE; i++) {
		memcpy(&in, (const char *)payload + i * sizeof(in), sizeof(in));
		if (tier_lun_decode(&in, &lun))
			continue;
		MUST(strnlen(lun.tags, sizeof(lun.tags)) < sizeof(lun.tags));
		MUST(lun.id <= TIER_LUN_ID_MAX || !(lun.flags & TIER_LUN_VALID));
		tier_lun_encode(&out, &lun);
		MUST(!tier_lun_decode(&out, &again));
		MUST(again.id == lun.id && again.sectors == lun.sectors &&
		     !memcmp(again.usage, lun.usage, sizeof(lun.usage)));
	}
}

static void members(const void *payload)
{
	struct tier_disk_member in, out;
	struct tier_member_record mem, again;
	u32 i;

	for (i = 0; i < TIER_MEMBERS_PER_PAGE; i++) {
		memcpy(&in, (const char *)payload + i * sizeof(in), sizeof(in));
		if (tier_member_decode(&in, &mem) || mem.state == TIER_MEMBER_NONE)
			continue;
		MUST(mem.extents && mem.extents <= 1ULL << 32 && mem.tier < TIER_MAX_TIERS);
		MUST(strnlen(mem.tag, sizeof(mem.tag)) < sizeof(mem.tag));
		tier_member_encode(&out, &mem);
		MUST(!tier_member_decode(&out, &again));
		MUST(again.table == mem.table && again.extents == mem.extents);
	}
}

static void settings(const void *payload)
{
	struct tier_disk_pool in, out;
	struct tier_pool_record pool, again;

	memcpy(&in, payload, sizeof(in));
	if (tier_pool_decode(&in, &pool))
		return;
	MUST(pool.nr_tiers && pool.nr_tiers <= TIER_MAX_TIERS);
	tier_pool_encode(&out, &pool);
	MUST(!tier_pool_decode(&out, &again) && !memcmp(&pool, &again, sizeof(pool)));
}

static void extents(const void *payload)
{
	struct tier_disk_extent in, out;
	struct tier_heat heat;
	u64 owner;

	memcpy(&in, payload, sizeof(in));
	in.reserved = 0;
	tier_extent_decode(&in, &owner, &heat);
	tier_extent_encode(&out, owner, &heat);
	MUST(!memcmp(&in, &out, sizeof(in)));
}

/* kind, blocks of the device, then the block's bytes, as far as they go */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	u8 kind = input_u8(&in);
	u64 dev_blocks = input_u16(&in);
	u8 *block = calloc(1, TIER_BLOCK_SIZE), *payload = tier_block_payload(block);
	struct tier_block_id id = { .kind = kind % 8 };
	u32 magic = TIER_MAGIC, crc;

	/* the header's first words are never right by chance */
	memcpy(block + 8, in.at, min_t(size_t, in.left, TIER_BLOCK_SIZE - 8));
	if (!(kind & 0x80)) {
		struct tier_block_header *h = (void *)block;

		h->kind = cpu_to_le16(kind % 8);
		h->version = cpu_to_le16(TIER_FORMAT_VERSION);
	}
	crc = tier_crc32c(block + 8, TIER_BLOCK_SIZE - 8);
	memcpy(block, &magic, sizeof(magic));
	memcpy(block + 4, &crc, sizeof(crc));
	if (!tier_block_check(block, &id))
		MUST(id.count <= TIER_BLOCK_PAYLOAD);
	a_super(block, dev_blocks);
	a_header(block);
	luns(payload);
	members(payload);
	settings(payload);
	extents(payload);
	free(block);
	return 0;
}
