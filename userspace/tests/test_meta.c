// SPDX-License-Identifier: GPL-2.0-only
/* A metadata device looked at: blank, somebody else's, a pool's, a damaged pool's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>

#include "tier-format.h"
#include "tierctl-meta.h"

#define BLOCKS	4096
static char path[] = "/tmp/test_meta.XXXXXX";
static int fd;

static int begin(void **state)
{
	(void)state;
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	fd = mkstemp(path);
	return fd < 0 || ftruncate(fd, BLOCKS * TIER_BLOCK_SIZE) ? -1 : 0;
}

static int end(void **state)
{
	(void)state;
	close(fd);
	return unlink(path);
}

static void put(u64 at, const void *block)
{
	assert_int_equal(pwrite(fd, block, TIER_BLOCK_SIZE, at * TIER_BLOCK_SIZE), TIER_BLOCK_SIZE);
}

static void put_super(unsigned int copy, u64 seq, u64 extent)
{
	char block[TIER_BLOCK_SIZE] = { 0 };
	struct tier_super super = {
		.uuid = "0123456789abcde", .generation = 3, .seq = seq, .blocks = BLOCKS,
		.extent_sectors = extent, .journal_start = TIER_JOURNAL_START,
		.journal_blocks = TIER_JOURNAL_MIN, .members_start = 80, .members_pages = 13,
		.luns_start = 106, .luns_pages = 100, .tables_start = 306,
		.pool = { .move_rate = 40, .headroom = 5, .tick_ms = 1000, .moves = 1,
			  .no_space_timeout = 60, .nr_tiers = 2, .tiers = { "ssd", "sata" } },
	};

	tier_super_encode(block, &super, copy);
	assert_int_equal(tier_super_decode(block, BLOCKS, &super), 0);
	put(copy, block);
}

static void blank(void **state)
{
	struct meta_look look;

	(void)state;
	assert_int_equal(meta_look(path, &look), 0);
	assert_true(look.blank);
	assert_false(look.ours);
	assert_false(look.pool);
	assert_int_equal(meta_look("/nowhere", &look), -ENOENT);
}

static void foreign(void **state)
{
	char block[TIER_BLOCK_SIZE] = "a filesystem";
	struct meta_look look;

	(void)state;
	put(0, block);
	assert_int_equal(meta_look(path, &look), 0);
	assert_false(look.blank);
	assert_false(look.ours);
	assert_false(look.pool);
}

static void later_super_counts(void **state)
{
	struct meta_look look;

	(void)state;
	put_super(0, 5, 2048);
	put_super(1, 6, 4096);
	assert_int_equal(meta_look(path, &look), 0);
	assert_true(look.pool && look.ours && !look.blank);
	assert_int_equal(look.extent_sectors, 4096);
	assert_int_equal(look.nr_tiers, 2);
	assert_string_equal(look.tier[1], "sata");
	put_super(0, 7, 2048);
	assert_int_equal(meta_look(path, &look), 0);
	assert_int_equal(look.extent_sectors, 2048);
}

/* one block anywhere among superblocks and journal is enough to call it ours */
static void damaged(void **state)
{
	char block[TIER_BLOCK_SIZE];
	struct meta_look look;

	(void)state;
	put_super(0, 5, 2048);
	assert_int_equal(pread(fd, block, sizeof(block), 0), sizeof(block));
	block[100] ^= 1;
	put(0, block);
	assert_int_equal(meta_look(path, &look), 0);
	assert_true(look.ours);
	assert_false(look.pool);
	put(700, block);
	memset(block, 0, sizeof(block));
	put(0, block);
	assert_int_equal(meta_look(path, &look), 0);
	assert_true(look.ours && look.blank);
	memset(block, 0xff, sizeof(block));
	put(700, block);
	assert_int_equal(meta_look(path, &look), 0);
	assert_false(look.ours);
}

/* a device shorter than a block */
static void tiny(void **state)
{
	struct meta_look look;

	(void)state;
	assert_int_equal(ftruncate(fd, 100), 0);
	assert_int_equal(meta_look(path, &look), 0);
	assert_false(look.ours || look.pool || look.blank);
}

static void order(void **state)
{
	static const struct meta_look look = {
		.pool = true, .nr_tiers = 3, .tier = { "ssd", "sas", "sata" },
	};
	static const char *const same[] = { "ssd", "sas", "sata" };
	static const char *const fewer[] = { "ssd", "sata", "tape" };
	static const char *const other[] = { "sas", "ssd", "sata" };
	const char *faster, *slower;

	(void)state;
	assert_true(meta_order(&look, same, 3, &faster, &slower));
	assert_true(meta_order(&look, fewer, 3, &faster, &slower));
	assert_false(meta_order(&look, other, 3, &faster, &slower));
	assert_string_equal(faster, "sas");
	assert_string_equal(slower, "ssd");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(blank, begin, end),
		cmocka_unit_test_setup_teardown(foreign, begin, end),
		cmocka_unit_test_setup_teardown(later_super_counts, begin, end),
		cmocka_unit_test_setup_teardown(damaged, begin, end),
		cmocka_unit_test_setup_teardown(tiny, begin, end),
		cmocka_unit_test(order),
	};

	return cmocka_run_group_tests_name("meta", tests, NULL, NULL);
}
