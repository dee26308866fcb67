// SPDX-License-Identifier: GPL-2.0-only
/* Blocks and records: what goes in comes out, and what cannot be is told. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tier-format.h"

static u8 block[TIER_BLOCK_SIZE];
static const u8 uuid[TIER_UUID_LEN] = "0123456789abcde";
static const u8 other_uuid[TIER_UUID_LEN] = "0123456789abcdX";

static void reseal(void)
{
	struct tier_block_header *h = (void *)block;

	h->crc = cpu_to_le32(tier_crc32c(block + 8, TIER_BLOCK_SIZE - 8));
}

/* sizes and places are what the format says: other programs read them */
static void test_layout(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct tier_block_header), 64);
	assert_int_equal(offsetof(struct tier_block_header, kind), 8);
	assert_int_equal(sizeof(struct tier_disk_extent), 24);
	assert_int_equal(TIER_EXTENTS_PER_PAGE, 168);
	assert_int_equal(sizeof(struct tier_disk_lun), 1008);
	assert_int_equal(TIER_LUNS_PER_PAGE, 4);
	assert_int_equal(sizeof(struct tier_disk_member), 96);
	assert_int_equal(TIER_MEMBERS_PER_PAGE, 42);
	assert_int_equal(sizeof(struct tier_disk_put), 16);
	/* in one sector: it cannot be torn */
	assert_true(64 + sizeof(struct tier_disk_super) <= 512);
}

/* the catalogue's check value of CRC32C, before the final inversion */
static void test_crc(void **state)
{
	u8 zero[32] = { 0 };

	(void)state;
	assert_int_equal(~tier_crc32c("123456789", 9) & 0xffffffff, 0xe3069283);
	assert_int_equal(~tier_crc32c(zero, 32) & 0xffffffff, 0x8a9136aa);
	assert_int_equal(tier_crc32c_sw_((const u8 *)"123456789", 9), tier_crc32c("123456789", 9));
}

static void seal(void)
{
	struct tier_block_id id = {
		.kind = TIER_BLOCK_EXTENTS, .owner = 3, .count = 168, .index = 7, .seq = 9,
		.generation = 11, .uuid = uuid,
	};

	memset(block, 0, sizeof(block));
	block[2000] = 42;
	tier_block_seal(block, &id);
}

static int check(enum tier_block_kind kind, const u8 *of)
{
	struct tier_block_id id = { .kind = kind, .uuid = of };

	return tier_block_check(block, &id);
}

static void test_block(void **state)
{
	struct tier_block_id id = { .kind = TIER_BLOCK_EXTENTS, .uuid = uuid };
	struct tier_block_header *h = (void *)block;
	u32 i;

	(void)state;
	seal();
	assert_int_equal(tier_block_check(block, &id), 0);
	assert_int_equal(id.owner, 3);
	assert_int_equal(id.count, 168);
	assert_int_equal(id.index, 7);
	assert_int_equal(id.seq, 9);
	assert_int_equal(id.generation, 11);
	assert_int_equal(check(TIER_BLOCK_EXTENTS, NULL), 0);
	assert_int_equal(check(TIER_BLOCK_LUNS, uuid), -EINVAL);
	assert_int_equal(check(TIER_BLOCK_EXTENTS, other_uuid), -EINVAL);
	/* every bit counts */
	for (i = 0; i < TIER_BLOCK_SIZE * 8; i++) {
		block[i / 8] ^= BIT(i % 8);
		assert_int_not_equal(check(TIER_BLOCK_EXTENTS, uuid), 0);
		block[i / 8] ^= BIT(i % 8);
	}
	h->version = cpu_to_le16(2);
	reseal();
	assert_int_equal(check(TIER_BLOCK_EXTENTS, uuid), -EPROTONOSUPPORT);
	seal();
	h->count = cpu_to_le32(169);
	reseal();
	assert_int_equal(check(TIER_BLOCK_EXTENTS, uuid), -EINVAL);
	seal();
	h->magic = 0;
	assert_int_equal(check(TIER_BLOCK_EXTENTS, uuid), -EILSEQ);
	memset(block, 0, sizeof(block));
	assert_int_equal(check(TIER_BLOCK_EXTENTS, uuid), -ENODATA);
	block[TIER_BLOCK_SIZE - 1] = 1;
	assert_int_equal(check(TIER_BLOCK_EXTENTS, uuid), -EILSEQ);
}

static void test_names(void **state)
{
	static const char *const good[] = { "ssd", "a", "A9_-.+", "eu-1", "+" };
	static const char *const bad[] = { "", "-a", ".a", "a/b", "a b", "a,b", "\xc3\xa4", "a\n" };
	char full[TIER_TAG_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(tier_name_ok(good[i], TIER_TAG_LEN));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(tier_name_ok(bad[i], TIER_TAG_LEN));
	memset(full, 'x', sizeof(full));
	assert_false(tier_name_ok(full, sizeof(full)));
	full[TIER_TAG_LEN - 1] = 0;
	assert_true(tier_name_ok(full, sizeof(full)));
}

static struct tier_super a_super(void)
{
	struct tier_super s = {
		.generation = 3, .seq = 4, .blocks = 1000, .extent_sectors = 2048,
		.journal_start = 16, .journal_blocks = 64, .tail_block = 63, .tail_seq = 5,
		.page_seq = 6, .members_start = 80, .members_pages = 13, .luns_start = 106,
		.luns_pages = 16, .tables_start = 138, .ticks = 7, .map_sum = 8, .clean = true,
		.pool = { .nr_tiers = 2, .tiers = { "a", "b" } },
	};

	memcpy(s.uuid, uuid, TIER_UUID_LEN);
	return s;
}

static int super_with(u64 offset, u64 value)
{
	struct tier_super s = a_super(), out;

	memcpy((u8 *)&s + offset, &value, sizeof(value));
	tier_super_encode(block, &s, 0);
	return tier_super_decode(block, 1000, &out);
}

#define SUPER(field, value) super_with(offsetof(struct tier_super, field), value)

static void test_super(void **state)
{
	struct tier_super s = a_super(), out;

	(void)state;
	tier_super_encode(block, &s, 1);
	assert_int_equal(tier_super_decode(block, 1000, &out), 0);
	assert_memory_equal(&s, &out, sizeof(s));
	assert_int_equal(tier_super_decode(block, 999, &out), -ERANGE);
	assert_int_equal(SUPER(generation, 0), -ERANGE);
	assert_int_equal(SUPER(generation, 1ULL << 62), -ERANGE);
	assert_int_equal(SUPER(seq, 0), -ERANGE);
	assert_int_equal(SUPER(blocks, ~0ULL), -ERANGE);
	assert_int_equal(SUPER(extent_sectors, 64), -ERANGE);
	assert_int_equal(SUPER(extent_sectors, 2049), -ERANGE);
	assert_int_equal(SUPER(extent_sectors, 4194304), -ERANGE);
	assert_int_equal(SUPER(journal_start, 1), -ERANGE);
	assert_int_equal(SUPER(journal_start, 17), -ERANGE);
	assert_int_equal(SUPER(journal_start, ~0ULL - 10), -ERANGE);
	assert_int_equal(SUPER(journal_blocks, 63), -ERANGE);
	assert_int_equal(SUPER(journal_blocks, 65), -ERANGE);
	assert_int_equal(SUPER(journal_blocks, ~0ULL), -ERANGE);
	assert_int_equal(SUPER(tail_block, 64), -ERANGE);
	assert_int_equal(SUPER(members_start, 79), -ERANGE);
	assert_int_equal(SUPER(members_start, ~0ULL), -ERANGE);
	assert_int_equal(SUPER(members_pages, 12), -ERANGE);
	assert_int_equal(SUPER(luns_start, 105), -ERANGE);
	assert_int_equal(SUPER(luns_pages, 0), -ERANGE);
	assert_int_equal(SUPER(luns_pages, 17), -ERANGE);
	assert_int_equal(SUPER(luns_pages, 1ULL << 63), -ERANGE);
	assert_int_equal(SUPER(tables_start, 1001), -ERANGE);
	assert_int_equal(SUPER(tables_start, 137), -ERANGE);
	assert_int_equal(SUPER(tables_start, 1000), 0);
	s.pool.tiers[1][0] = 'a';
	tier_super_encode(block, &s, 1);
	assert_int_equal(tier_super_decode(block, 1000, &out), -ERANGE);
	s.pool.nr_tiers = 1;
	tier_super_encode(block, &s, 1);
	assert_int_equal(tier_super_decode(block, 1000, &out), 0);
	s.pool.nr_tiers = 0;
	tier_super_encode(block, &s, 1);
	assert_int_equal(tier_super_decode(block, 1000, &out), -ERANGE);
}

static void test_member_header(void **state)
{
	struct tier_member_header h = {
		.index = 5, .generation = 6, .extents = 7, .extent_sectors = 128,
		.data_offset = TIER_DATA_OFFSET,
	}, out;

	(void)state;
	memcpy(h.pool, uuid, TIER_UUID_LEN);
	memcpy(h.member, other_uuid, TIER_UUID_LEN);
	tier_member_header_encode(block, &h);
	assert_int_equal(tier_member_header_decode(block, &out), 0);
	assert_memory_equal(&h, &out, sizeof(h));
	h.index = TIER_MAX_MEMBERS;
	tier_member_header_encode(block, &h);
	assert_int_equal(tier_member_header_decode(block, &out), -ERANGE);
	h.index = 0;
	h.extent_sectors = 129;
	tier_member_header_encode(block, &h);
	assert_int_equal(tier_member_header_decode(block, &out), -ERANGE);
}

static struct tier_lun_record a_lun(void)
{
	struct tier_lun_record lun;
	u32 i;

	/* every byte set, so that a field forgotten shows */
	memset(&lun, 0, sizeof(lun));
	lun.id = 0x123456;
	lun.flags = TIER_LUN_VALID | TIER_LUN_VERIFY | TIER_LUN_AUTO;
	lun.sectors = 1ULL << 40 | 77;
	lun.created = 0x1122334455667788ULL;
	lun.allowed = 0x5a;
	lun.start = 1;
	lun.pin = TIER_NONE;
	lun.home = 7;
	lun.target = 0;
	lun.weight = 12345;
	lun.up_iops = 1 << 30;
	lun.down_iops = 3;
	lun.hold = 4;
	lun.move_rate = 5;
	strcpy(lun.tags, "ssd,eu-1,a+b");
	for (i = 0; i < TIER_MAX_TIERS; i++) {
		lun.reserve[i] = i + 1;
		lun.max[i] = TIER_LOGICAL_MASK - i;
		lun.usage[i] = (struct tier_usage){ i, i * 2, i * 3, i * 4, i * 5, i * 6, ~0ULL };
	}
	return lun;
}

static int lun_trip(const struct tier_lun_record *lun)
{
	struct tier_disk_lun disk;
	struct tier_lun_record out;

	tier_lun_encode(&disk, lun);
	return tier_lun_decode(&disk, &out);
}

static void test_lun(void **state)
{
	struct tier_lun_record lun = a_lun(), out;
	struct tier_disk_lun disk;

	(void)state;
	tier_lun_encode(&disk, &lun);
	assert_int_equal(tier_lun_decode(&disk, &out), 0);
	assert_memory_equal(&lun, &out, sizeof(lun));
	memset(disk.tags, 'x', sizeof(disk.tags));
	assert_int_equal(tier_lun_decode(&disk, &out), -ERANGE);
	disk.flags = 0;
	assert_int_equal(tier_lun_decode(&disk, &out), 0);
	assert_int_equal(out.flags, 0);
	lun.id = TIER_LUN_ID_MAX + 1;
	assert_int_equal(lun_trip(&lun), -ERANGE);
	lun = a_lun();
	lun.sectors = 0;
	assert_int_equal(lun_trip(&lun), -ERANGE);
	lun.flags |= TIER_LUN_DELETING;
	assert_int_equal(lun_trip(&lun), 0);
	lun = a_lun();
	lun.sectors = ~0ULL;
	assert_int_equal(lun_trip(&lun), -ERANGE);
	lun = a_lun();
	lun.start = TIER_MAX_TIERS;
	assert_int_equal(lun_trip(&lun), -ERANGE);
	lun = a_lun();
	lun.reserve[7] = TIER_LOGICAL_MASK + 1;
	assert_int_equal(lun_trip(&lun), -ERANGE);
	lun = a_lun();
	lun.max[0] = TIER_LOGICAL_MASK + 1;
	assert_int_equal(lun_trip(&lun), -ERANGE);
	lun = a_lun();
	lun.flags |= 0x10;
	assert_int_equal(lun_trip(&lun), -ERANGE);
	strcpy(lun.tags, "a,,b");
	lun.flags = TIER_LUN_VALID;
	assert_int_equal(lun_trip(&lun), -ERANGE);
	strcpy(lun.tags, ",a");
	assert_int_equal(lun_trip(&lun), -ERANGE);
	strcpy(lun.tags, "a,");
	assert_int_equal(lun_trip(&lun), -ERANGE);
	strcpy(lun.tags, "a b");
	assert_int_equal(lun_trip(&lun), -ERANGE);
}

static void test_member(void **state)
{
	struct tier_member_record m = {
		.state = TIER_MEMBER_REMOVED, .tier = 7, .generation = 8, .extents = 169,
		.table = 1000, .pages = 2, .tag = "eu-1",
	}, out;
	struct tier_disk_member disk;

	(void)state;
	memcpy(m.uuid, uuid, TIER_UUID_LEN);
	tier_member_encode(&disk, &m);
	assert_int_equal(tier_member_decode(&disk, &out), 0);
	assert_memory_equal(&m, &out, sizeof(m));
	disk.state = TIER_MEMBER_MISSING;
	assert_int_equal(tier_member_decode(&disk, &out), -ERANGE);
	disk.state = TIER_MEMBER_NONE;
	assert_int_equal(tier_member_decode(&disk, &out), 0);
	disk.state = TIER_MEMBER_ACTIVE;
	disk.tier = 8;
	assert_int_equal(tier_member_decode(&disk, &out), -ERANGE);
	disk.tier = 0;
	disk.pages = cpu_to_le64(3);
	assert_int_equal(tier_member_decode(&disk, &out), -ERANGE);
	disk.pages = cpu_to_le64(2);
	disk.generation = cpu_to_le64(1ULL << 62);
	assert_int_equal(tier_member_decode(&disk, &out), -ERANGE);
	disk.generation = 0;
	disk.tag[0] = '/';
	assert_int_equal(tier_member_decode(&disk, &out), -ERANGE);
	memset(disk.tag, 'x', TIER_TAG_LEN);
	assert_int_equal(tier_member_decode(&disk, &out), -ERANGE);
	memset(disk.tag, 0, TIER_TAG_LEN);
	disk.extents = cpu_to_le64(~0ULL);
	assert_int_equal(tier_member_decode(&disk, &out), -ERANGE);
}

static void test_pool(void **state)
{
	struct tier_pool_record p = {
		.move_rate = 1, .headroom = 100, .tick_ms = 3, .moves = 4, .no_space_timeout = 5,
		.nr_tiers = 8,
		.tiers = { "a", "b", "c", "d", "e", "f", "g", "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh" },
	}, out;
	struct tier_disk_pool disk;

	(void)state;
	tier_pool_encode(&disk, &p);
	assert_int_equal(tier_pool_decode(&disk, &out), 0);
	assert_memory_equal(&p, &out, sizeof(p));
	disk.tiers[7][31] = 'h';
	assert_int_equal(tier_pool_decode(&disk, &out), -ERANGE);
	disk.tiers[7][31] = 0;
	disk.nr_tiers = cpu_to_le32(9);
	assert_int_equal(tier_pool_decode(&disk, &out), -ERANGE);
	disk.nr_tiers = cpu_to_le32(8);
	disk.headroom = cpu_to_le32(101);
	assert_int_equal(tier_pool_decode(&disk, &out), -ERANGE);
}

static void test_extent(void **state)
{
	struct tier_heat heat = { 1, 2, 3, 4, 5, 6, 65535 }, out;
	struct tier_disk_extent disk;
	u64 owner;

	(void)state;
	tier_extent_encode(&disk, TIER_OWNER(TIER_LUN_ID_MAX, TIER_LOGICAL_MASK), &heat);
	tier_extent_decode(&disk, &owner, &out);
	assert_memory_equal(&heat, &out, sizeof(heat));
	assert_int_equal(TIER_OWNER_LUN(owner), TIER_LUN_ID_MAX);
	assert_true(TIER_OWNER_LOGICAL(owner) == TIER_LOGICAL_MASK);
	assert_true(owner != TIER_FREE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout), cmocka_unit_test(test_crc),
		cmocka_unit_test(test_block), cmocka_unit_test(test_names),
		cmocka_unit_test(test_super), cmocka_unit_test(test_member_header),
		cmocka_unit_test(test_lun), cmocka_unit_test(test_member),
		cmocka_unit_test(test_pool), cmocka_unit_test(test_extent),
	};

	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
