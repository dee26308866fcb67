// SPDX-License-Identifier: GPL-2.0-only
/*
 * tier_repair and tier_restore, on pools damaged at random: neither ever crashes,
 * what they write always loads, and where tier_repair says that nothing was lost,
 * nothing was. SEED= and STEPS= steer it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tier_file.h"
#include "tier_image.h"

#define BLOCKS		512
#define MEMBERS		3
#define EXTENTS		300
#define LUNS		6
#define LUN_EXTENTS	64
#define EXTENT_SECTORS	128

/* in memory: what is written is flushed often */
static char dir[] = "/dev/shm/test_repairXXXXXX";
static char bin[256];
static unsigned int seed;

static unsigned int dice(unsigned int sides)
{
	return rand_r(&seed) % sides;
}

static const char *in_dir(const char *name)
{
	static char path[8][64];
	static unsigned int n;

	n = (n + 1) % 8;
	snprintf(path[n], sizeof(path[n]), "%s/%s", dir, name);
	return path[n];
}

static const char *member_path(unsigned int i)
{
	char name[16];

	snprintf(name, sizeof(name), "m%u", i);
	return in_dir(name);
}

/* -- a pool -- */

static void open_file(struct tier_file *file, const char *name, const char *mirror,
		      unsigned int flags)
{
	assert_int_equal(tier_file_open(file, "test", in_dir(name), mirror ? in_dir(mirror) : NULL,
					flags), 0);
}

static void make_file(const char *name, off_t bytes)
{
	int fd = open(in_dir(name), O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, bytes), 0);
	close(fd);
}

static void write_header(const struct tier_meta *meta, unsigned int i)
{
	static u8 block[TIER_BLOCK_SIZE];
	struct tier_member_header h = {
		.index = i, .generation = meta->super.generation + 1, .extents = EXTENTS,
		.extent_sectors = EXTENT_SECTORS, .data_offset = TIER_DATA_OFFSET,
	};
	int fd = open(member_path(i), O_RDWR | O_CREAT | O_TRUNC, 0600);

	memcpy(h.pool, meta->super.uuid, TIER_UUID_LEN);
	memcpy(h.member, meta->members[i]->rec.uuid, TIER_UUID_LEN);
	tier_member_header_encode(block, &h);
	assert_int_equal(pwrite(fd, block, sizeof(block), 0), sizeof(block));
	assert_int_equal(ftruncate(fd, (off_t)(TIER_DATA_OFFSET + EXTENTS * EXTENT_SECTORS) * 512),
			 0);
	close(fd);
}

static void commit_lun(struct tier_meta *meta, u32 slot, u32 flags)
{
	struct tier_lun_record lun = {
		.id = slot + 1, .flags = flags, .sectors = LUN_EXTENTS * EXTENT_SECTORS,
		.allowed = 3, .start = dice(2), .pin = TIER_NONE, .home = TIER_NONE,
		.target = TIER_NONE, .weight = 100 + dice(50), .up_iops = dice(1000), .hold = 60,
	};
	struct tier_put put = { .kind = TIER_PUT_LUN, .index = slot, .lun = &lun };

	lun.usage[1].read_ios = dice(100000);
	strcpy(lun.tags, dice(2) ? "gold,red" : "");
	assert_int_equal(tier_meta_commit(meta, &put, 1), 0);
}

static bool is_mapped(const struct tier_meta *meta, u64 owner)
{
	unsigned int m, e;

	for (m = 0; m < MEMBERS; m++)
		for (e = 0; e < EXTENTS; e++)
			if (meta->members[m]->owner[e] == owner)
				return true;
	return false;
}

/* some extents come, some go */
static void churn(struct tier_meta *meta, unsigned int steps)
{
	while (steps--) {
		u32 m = dice(MEMBERS), e = dice(EXTENTS);
		u64 owner = TIER_OWNER(1 + dice(LUNS), dice(LUN_EXTENTS));
		struct tier_put put = { .kind = TIER_PUT_EXTENT, .member = m, .index = e };

		put.owner = meta->members[m]->owner[e] == TIER_FREE && !is_mapped(meta, owner) ?
			    owner : TIER_FREE;
		meta->members[m]->heat[e].read_fast = dice(1000);
		assert_int_equal(tier_meta_commit(meta, &put, 1), 0);
		if (!dice(60))
			assert_int_equal(tier_meta_checkpoint(meta, false), 0);
	}
}

/* a pool that was in use, and was stopped or was not */
static void make_pool(struct tier_image *image, bool mirrored)
{
	struct tier_meta_params params = {
		.blocks = BLOCKS, .extent_sectors = EXTENT_SECTORS,
		.pool = { .move_rate = 40, .headroom = 5, .tick_ms = 1000, .moves = 1,
			  .nr_tiers = 2, .tiers = { "ssd", "sata" } },
	};
	struct tier_member_record rec = { .state = TIER_MEMBER_ACTIVE, .extents = EXTENTS };
	u32 copies = mirrored ? 3 : 1;
	static struct tier_meta meta;
	struct tier_file file;
	u32 i, index;

	make_file("meta", BLOCKS * TIER_BLOCK_SIZE);
	make_file("mirror", BLOCKS * TIER_BLOCK_SIZE);
	open_file(&file, "meta", mirrored ? "mirror" : NULL, TIER_FILE_WRITE);
	for (i = 0; i < TIER_UUID_LEN; i++)
		params.uuid[i] = dice(256);
	assert_int_equal(tier_meta_format(&tier_file_ops, &file, copies, &params), 0);
	assert_int_equal(tier_meta_open(&meta, &tier_file_ops, &file, copies, BLOCKS), 0);
	assert_int_equal(tier_meta_start(&meta), 0);
	for (i = 0; i < MEMBERS; i++) {
		memset(rec.uuid, i + 1, TIER_UUID_LEN);
		rec.tier = i > 0;
		rec.generation = meta.super.generation;
		assert_int_equal(tier_meta_add_member(&meta, &rec, &index), 0);
		write_header(&meta, i);
	}
	for (i = 0; i < LUNS; i++)
		commit_lun(&meta, i, TIER_LUN_VALID);
	churn(&meta, 200 + dice(300));
	if (dice(2))
		assert_int_equal(tier_meta_checkpoint(&meta, true), 0);
	assert_int_equal(tier_image_take(image, &meta), 0);
	tier_meta_close(&meta);
	tier_file_close(&file);
}

/* -- programs -- */

/* its exit status; a signal, a sanitizer's or any other end fails the test */
__attribute__((format(printf, 1, 2))) static int run(const char *fmt, ...)
{
	char command[1024];
	va_list args;
	int status;

	va_start(args, fmt);
	snprintf(command, sizeof(command), "%s/", bin);
	vsnprintf(command + strlen(command), sizeof(command) - strlen(command), fmt, args);
	va_end(args);
	strcat(command, " >/dev/null 2>");
	strcat(command, in_dir("said"));
	status = system(command);
	if (!WIFEXITED(status) || WEXITSTATUS(status) > 2) {
		strcpy(command, "cat ");
		strcat(command, in_dir("said"));
		fail_msg("seed %u: status %x, %x", seed, status, system(command));
	}
	return WEXITSTATUS(status);
}

static bool loads(const char *name, struct tier_image *image)
{
	static struct tier_meta meta;
	struct tier_file file;
	bool good;

	open_file(&file, name, NULL, 0);
	good = !tier_meta_open(&meta, &tier_file_ops, &file, 1, file.blocks);
	if (good)
		assert_int_equal(tier_image_take(image, &meta), 0);
	tier_meta_close(&meta);
	tier_file_close(&file);
	return good;
}

static bool same(struct tier_image *a, struct tier_image *b)
{
	size_t i;

	if (a->nr_luns != b->nr_luns || a->extent_sectors != b->extent_sectors ||
	    memcmp(&a->pool, &b->pool, sizeof(a->pool)))
		return false;
	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		const struct tier_image_member *x = a->members[i], *y = b->members[i];

		if (!x != !y)
			return false;
		if (x && (memcmp(x->rec.uuid, y->rec.uuid, TIER_UUID_LEN) ||
			  x->rec.tier != y->rec.tier || x->rec.state != y->rec.state ||
			  x->rec.extents != y->rec.extents ||
			  memcmp(x->owner, y->owner, x->rec.extents * sizeof(*x->owner))))
			return false;
	}
	for (i = 0; i < a->nr_luns; i++) {
		const struct tier_lun_record *lun = tier_image_lun(b, a->luns[i].id);

		if (!lun || memcmp(lun, &a->luns[i], sizeof(*lun)))
			return false;
	}
	return true;
}

static void remove_out(void)
{
	unlink(in_dir("out"));
}

/* -- tests -- */

static void test_restore(void **state)
{
	struct tier_image was, is;
	unsigned int e;

	(void)state;
	make_pool(&was, false);
	remove_out();
	assert_int_equal(run("tier_dump %s", in_dir("meta")), 0);
	assert_int_equal(run("tier_dump --heat %s | tee %s", in_dir("meta"), in_dir("dump")), 0);
	assert_int_equal(run("tier_restore -i %s -o %s", in_dir("dump"), in_dir("out")), 0);
	assert_true(loads("out", &is));
	assert_true(same(&was, &is));
	/* heat as the last checkpoint has it */
	tier_image_free(&was);
	assert_true(loads("meta", &was));
	for (e = 0; e < EXTENTS; e++)
		if (was.members[1]->owner[e] != TIER_FREE)
			assert_memory_equal(&was.members[1]->heat[e], &is.members[1]->heat[e],
					    sizeof(struct tier_heat));
	assert_int_equal(run("tier_check %s %s %s %s", in_dir("out"), member_path(0),
			     member_path(1), member_path(2)), 0);
	tier_image_free(&is);
	/* what is there is not overwritten */
	assert_int_equal(run("tier_restore -i %s -o %s", in_dir("dump"), in_dir("meta")), 1);
	assert_true(loads("meta", &is));
	assert_true(same(&was, &is));
	tier_image_free(&is);
	tier_image_free(&was);
}

/* what would not load is not written, and no file is left behind */
static void test_restore_double(void **state)
{
	struct tier_image was;
	unsigned int m, e;
	u64 owner = TIER_FREE;
	FILE *dump;

	(void)state;
	make_pool(&was, false);
	for (m = 0; m < MEMBERS; m++)
		for (e = 0; e < EXTENTS; e++)
			if (was.members[m]->owner[e] != TIER_FREE)
				owner = was.members[m]->owner[e];
			else if (owner != TIER_FREE)
				goto found;
found:
	assert_true(m < MEMBERS);
	/* one line more for a place that is free: an extent that lies elsewhere as well */
	dump = fopen(in_dir("line"), "w");
	fprintf(dump, "{ \"extent\": %u, \"count\": 1, \"lun\": %u, \"logical\": %llu },\n", e,
		TIER_OWNER_LUN(owner), TIER_OWNER_LOGICAL(owner));
	fclose(dump);
	remove_out();
	assert_int_equal(run("tier_dump %s | awk -v m=%u -v line=\"$(cat %s)\" '{ print } /\"extents\": \\[/ { if (n++ == m) print line }' | tee %s",
			     in_dir("meta"), m, in_dir("line"), in_dir("dump")), 0);
	assert_int_equal(run("tier_restore -i %s -o %s", in_dir("dump"), in_dir("out")), 1);
	assert_int_equal(access(in_dir("out"), F_OK), -1);
	tier_image_free(&was);
}

/* what is to be read is never the output, however blank it is */
static void test_repair_in_place(void **state)
{
	struct tier_image was;
	static u8 zero[40 * TIER_BLOCK_SIZE];
	int fd;

	(void)state;
	make_pool(&was, false);
	fd = open(in_dir("meta"), O_RDWR);
	assert_int_equal(pwrite(fd, zero, sizeof(zero), 0), sizeof(zero));
	close(fd);
	assert_int_equal(run("tier_repair -o %s --tiers ssd,sata %s %s", in_dir("meta"),
			     in_dir("meta"), member_path(0)), 2);
	tier_image_free(&was);
}

/* a dump with a byte changed is restored as it says, or refused */
static void test_restore_hostile(void **state)
{
	unsigned int i, steps = getenv("STEPS") ? atoi(getenv("STEPS")) : 60;
	static char dump[1 << 20];
	struct tier_image was, is;
	ssize_t bytes;
	int fd;

	(void)state;
	make_pool(&was, false);
	assert_int_equal(run("tier_dump --heat %s | tee %s", in_dir("meta"), in_dir("dump")), 0);
	fd = open(in_dir("dump"), O_RDWR);
	bytes = read(fd, dump, sizeof(dump));
	assert_true(bytes > 1000);
	for (i = 0; i < steps; i++) {
		size_t at = dice(bytes), n = 1 + dice(4);
		char odd[] = "9-\"{}[]0,:x\0";
		size_t k;

		for (k = 0; k < n; k++)
			assert_int_equal(pwrite(fd, &odd[dice(sizeof(odd))], 1, at + k), 1);
		remove_out();
		if (!run("tier_restore -i %s -o %s", in_dir("dump"), in_dir("out"))) {
			assert_true(loads("out", &is));
			tier_image_free(&is);
		}
		assert_int_equal(pwrite(fd, dump, bytes, 0), bytes);
		assert_int_equal(ftruncate(fd, bytes), 0);
	}
	close(fd);
	tier_image_free(&was);
}

/* blocks of the journal that were damaged, by copy */
static bool journal_hurt[2][BLOCKS];

/*
 * If all that is left of the last transactions is gone from every copy, they look
 * like what a crash tears, which nobody was told is done: nobody can know.
 */
static bool journal_may_be_short(bool mirrored)
{
	unsigned int i;

	for (i = 0; i < BLOCKS; i++)
		if (journal_hurt[0][i] && (!mirrored || journal_hurt[1][i]))
			return true;
	return false;
}

static void damage_block(bool mirror)
{
	static u8 block[TIER_BLOCK_SIZE];
	int fd = open(in_dir(mirror ? "mirror" : "meta"), O_RDWR);
	unsigned int i, at = dice(4) ? dice(BLOCKS) : dice(2);

	if (at >= TIER_JOURNAL_START && at < TIER_JOURNAL_START + TIER_JOURNAL_MIN)
		journal_hurt[mirror][at] = true;

	assert_int_equal(pread(fd, block, sizeof(block), (off_t)at * sizeof(block)),
			 sizeof(block));
	switch (dice(4)) {
	case 0:
		block[dice(sizeof(block))] ^= 1 << dice(8);
		break;
	case 1:
		memset(block, 0, sizeof(block));
		break;
	case 2:
		for (i = 0; i < sizeof(block); i++)
			block[i] = dice(256);
		break;
	default:
		/* a sector of something older, or of somewhere else */
		memmove(block + 512 * dice(8), block + 512 * dice(8), 512);
	}
	assert_int_equal(pwrite(fd, block, sizeof(block), (off_t)at * sizeof(block)),
			 sizeof(block));
	close(fd);
}

static void repair_once(bool mirrored, unsigned int *clean, unsigned int *told)
{
	struct tier_image was, is;
	char mirror[80] = "";
	unsigned int n;
	int ret;

	make_pool(&was, mirrored);
	memset(journal_hurt, 0, sizeof(journal_hurt));
	for (n = dice(1 + dice(60)); n; n--)
		damage_block(mirrored && dice(2));
	remove_out();
	if (mirrored)
		snprintf(mirror, sizeof(mirror), "-m %s", in_dir("mirror"));
	run("tier_check %s %s", mirror, in_dir("meta"));
	run("tier_dump %s %s", mirror, in_dir("meta"));
	ret = run("tier_repair %s -o %s --tiers ssd,sata --tier 0=ssd --tier 1=sata --tier 2=sata %s %s %s %s",
		  mirror, in_dir("out"), in_dir("meta"), member_path(0), member_path(1),
		  member_path(2));
	if (ret < 2) {
		assert_true(loads("out", &is));
		if (!ret && !same(&was, &is) && !journal_may_be_short(mirrored))
			fail_msg("seed %u: something was lost, and not a word of it", seed);
		tier_image_free(&is);
	}
	*clean += !ret;
	*told += ret == 1;
	tier_image_free(&was);
}

static void test_repair(void **state)
{
	unsigned int i, clean = 0, told = 0;
	unsigned int steps = getenv("STEPS") ? atoi(getenv("STEPS")) : 60;

	(void)state;
	for (i = 0; i < steps; i++)
		repair_once(i % 2, &clean, &told);
	print_message("# %u repaired without loss, %u with some, of %u\n", clean, told, steps);
	assert_true(clean && told);
}

static void test_superblocks_gone(void **state)
{
	struct tier_image was, is;
	int fd;

	(void)state;
	make_pool(&was, false);
	fd = open(in_dir("meta"), O_RDWR);
	assert_int_equal(pwrite(fd, dir, sizeof(dir), 100), sizeof(dir));
	assert_int_equal(pwrite(fd, dir, sizeof(dir), 5000), sizeof(dir));
	close(fd);
	remove_out();
	/* nobody knows which pool, nor which tiers */
	assert_int_equal(run("tier_repair -o %s %s", in_dir("out"), in_dir("meta")), 2);
	assert_int_equal(run("tier_repair -o %s %s %s", in_dir("out"), in_dir("meta"),
			     member_path(0)), 2);
	assert_int_equal(access(in_dir("out"), F_OK), -1);
	assert_int_equal(run("tier_repair -o %s --tiers ssd,sata %s %s", in_dir("out"),
			     in_dir("meta"), member_path(0)), 1);
	assert_true(loads("out", &is));
	/* but for the settings all is there */
	is.pool = was.pool;
	assert_true(same(&was, &is));
	tier_image_free(&is);
	tier_image_free(&was);
}

static int set_up(void **state)
{
	char *slash;

	(void)state;
	if (!mkdtemp(dir) || readlink("/proc/self/exe", bin, sizeof(bin) - 1) < 0)
		return -1;
	/* the programs lie one above the tests */
	slash = strrchr(bin, '/');
	*slash = 0;
	*strrchr(bin, '/') = 0;
	seed = getenv("SEED") ? atoi(getenv("SEED")) : 1;
	return 0;
}

static int take_down(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restore),
		cmocka_unit_test(test_restore_double),
		cmocka_unit_test(test_repair_in_place),
		cmocka_unit_test(test_restore_hostile),
		cmocka_unit_test(test_superblocks_gone),
		cmocka_unit_test(test_repair),
	};

	return cmocka_run_group_tests(tests, set_up, take_down);
}
