// SPDX-License-Identifier: GPL-2.0-only
/*
 * tier_repair: a new metadata device from a damaged one, its mirror and the members'
 * headers. What is damaged is only read.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "std.h"
#include "tier_repair.h"
#include "tier_tool.h"

static const char usage[] =
	"usage: tier_repair [-m <mirror>] -o <new metadata device> [options] <metadata device>\n"
	"                   [<member> ...]\n"
	"  -m, --mirror <dev>         the second copy of the metadata\n"
	"  -o, --output <dev>         blank in its first 128 KiB; a file that is not there is made\n"
	"      --tiers <name>,...     the pool's tiers in the order in which they came to it, if no\n"
	"                             superblock is left\n"
	"      --tier <index>=<name>  tier of a member whose record is lost\n"
	"exit code: 0 done, nothing was lost; 1 done, but something was lost or had to be guessed,\n"
	"  each told on a line; 2 it cannot be done, or usage\n"
	"The device given, its mirror and the members are only read.\n";

static struct repair repair;

static void say(const char *what, const char *fmt, va_list args)
{
	fprintf(stderr, "%s: ", what);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
}

void repair_lost(struct repair *r, const char *fmt, ...)
{
	va_list args;

	r->lost++;
	va_start(args, fmt);
	say("lost", fmt, args);
	va_end(args);
}

/* what is worth knowing, although nothing was lost by it */
static void __attribute__((format(printf, 1, 2))) note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say("note", fmt, args);
	va_end(args);
}

bool repair_read(struct repair *r, unsigned int copy, u64 block, void *buf)
{
	return r->file.copies & BIT(copy) && block < r->file.blocks &&
	       !tier_file_read(r->file.fd[copy], block, 1, buf);
}

void repair_add_member(struct repair *r, u32 index, const struct tier_member_record *rec)
{
	if (tier_image_add_member(&r->image, index, rec))
		return;
	fprintf(stderr, "tier_repair: member %u: out of memory for %llu extents\n", index,
		rec->extents);
	exit(2);
}

void repair_add_lun(struct repair *r, u64 slot, const struct tier_lun_record *lun)
{
	u64 *slots;

	if (tier_image_lun(&r->image, lun->id)) {
		repair_lost(r, "LUN %u: a second record of it is left out", lun->id);
		return;
	}
	slots = realloc(r->lun_slots, (r->image.nr_luns + 1) * sizeof(*slots));
	if (!slots || !tier_image_add_lun(&r->image, lun))
		abort();
	r->lun_slots = slots;
	slots[r->image.nr_luns - 1] = slot;
}

void repair_drop_lun(struct repair *r, u64 slot)
{
	size_t i, last = r->image.nr_luns - 1;

	for (i = 0; i < r->image.nr_luns; i++) {
		if (r->lun_slots[i] != slot)
			continue;
		r->image.luns[i] = r->image.luns[last];
		r->lun_slots[i] = r->lun_slots[last];
		r->image.nr_luns--;
		return;
	}
}

static int take_header(const char *path)
{
	static u8 block[TIER_BLOCK_SIZE];
	struct tier_member_header h;
	u64 bytes;
	int err, fd = tier_file_open_one("tier_repair", path, 0, &bytes);

	if (fd < 0)
		return fd;
	err = tier_file_read(fd, 0, 1, block);
	close(fd);
	if (!err)
		err = tier_member_header_decode(block, &h);
	if (err || h.index >= REPAIR_MEMBERS || h.extents > bytes / 512 / TIER_EXTENT_MIN ||
	    h.generation >> 62) {
		note("%s: no member's header is to be read there", path);
		return 0;
	}
	if (repair.member[h.index].given) {
		fprintf(stderr, "tier_repair: %s and %s are both member %u\n",
			repair.member[h.index].path, path, h.index);
		return -EINVAL;
	}
	repair.member[h.index].given = true;
	repair.member[h.index].path = path;
	repair.member[h.index].header = h;
	return 0;
}

/* if the engine takes it as it is, it is copied, but for what no pool would do */
static bool loads(void)
{
	static struct tier_meta meta;
	bool good;

	good = !tier_meta_open(&meta, &tier_file_ops, &repair.file, repair.file.copies,
			       repair.file.blocks) && !tier_image_take(&repair.image, &meta);
	if (good)
		note("the metadata loads as it is");
	else
		tier_image_free(&repair.image);
	tier_meta_close(&meta);
	return good;
}

static int salvage(void)
{
	int err = repair_layout(&repair);

	if (!err)
		err = repair_tables(&repair);
	if (!err)
		err = repair_journal(&repair);
	if (!err)
		err = repair_extents(&repair);
	if (!err)
		err = repair_journal_owners(&repair);
	if (!err)
		err = repair_consistent(&repair);
	return err;
}

/* the headers tell the newest generation, which what is written must not be behind */
static void take_generations(void)
{
	u32 i;

	for (i = 0; i < REPAIR_MEMBERS; i++) {
		struct tier_image_member *m = repair.image.members[i];
		const struct tier_member_header *h = &repair.member[i].header;

		if (!m || !repair.member[i].given)
			continue;
		if (memcmp(h->member, m->rec.uuid, TIER_UUID_LEN))
			repair_lost(&repair, "member %u: %s is another device than the record tells of",
				    i, repair.member[i].path);
		else
			repair.image.generation = max_t(u64, repair.image.generation,
							h->generation);
	}
}

static void tell(void)
{
	u64 members = 0, used = 0, e;
	u32 i;

	for (i = 0; i < REPAIR_MEMBERS; i++) {
		const struct tier_image_member *m = repair.image.members[i];

		members += !!m;
		for (e = 0; m && e < m->rec.extents; e++)
			used += m->owner[e] != TIER_FREE;
	}
	printf("%llu members, %zu LUNs, %llu extents used; %s\n", members, repair.image.nr_luns,
	       used, repair.lost ? "see above what was lost" : "nothing was lost");
}

static void tidy(void)
{
	u32 i;

	for (i = 0; i < REPAIR_MEMBERS; i++)
		free(repair.page_seq[i]);
	free(repair.lun_slots);
	tier_image_free(&repair.image);
	tier_file_close(&repair.file);
}

/* what is damaged may be as blank as what is written to */
static bool is_input(const char *out, const char *in)
{
	struct stat a, b;

	if (!in || stat(out, &a) || stat(in, &b))
		return false;
	if (S_ISBLK(a.st_mode) && S_ISBLK(b.st_mode))
		return a.st_rdev == b.st_rdev;
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static bool only_read(char **inputs, const char *mirror, const char *out)
{
	const char *bad = is_input(out, mirror) ? mirror : NULL;

	for (; !bad && *inputs; inputs++)
		if (is_input(out, *inputs))
			bad = *inputs;
	if (bad)
		fprintf(stderr, "tier_repair: %s is to be read, and cannot be the output\n", bad);
	return !bad;
}

static int run(char **members, const char *out)
{
	int err = 0;

	for (; !err && *members; members++)
		err = take_header(*members);
	if (!err)
		err = loads() ? repair_consistent(&repair) : salvage();
	if (err)
		return err;
	take_generations();
	err = tier_image_write(&repair.image, "tier_repair", out);
	if (!err)
		tell();
	return err;
}

static bool take_tier(struct repair_hints *hints, char *word)
{
	char *equals = strchr(word, '='), *end;
	unsigned long index;

	if (!equals)
		return false;
	index = strtoul(word, &end, 10);
	if (end != equals || end == word || index >= REPAIR_MEMBERS)
		return false;
	hints->member_tiers[index] = equals + 1;
	return true;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "mirror", required_argument, NULL, 'm' },
		{ "output", required_argument, NULL, 'o' },
		{ "tiers", required_argument, NULL, 'T' },
		{ "tier", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	static const struct tool tool = { "tier_repair", usage, "m:o:h", options };
	const char *mirror = NULL, *out = NULL;
	static struct repair_hints hints;
	int opt, ret;

	std_keep();
	repair.hints = &hints;
	while ((opt = tool_option(&tool, argc, argv)) != -1) {
		switch (opt) {
		case 'm':
			mirror = optarg;
			break;
		case 'o':
			out = optarg;
			break;
		case 'T':
			hints.tiers = optarg;
			break;
		case 't':
			if (take_tier(&hints, optarg))
				break;
			fprintf(stderr, "tier_repair: --tier wants <member index>=<tier name>\n");
			return 2;
		}
	}
	if (optind == argc || !out)
		tool_usage(&tool);
	if (!only_read(argv + optind, mirror, out))
		return 2;
	if (tier_file_open(&repair.file, "tier_repair", argv[optind], mirror, 0))
		return 2;
	ret = run(argv + optind + 1, out) ? 2 : repair.lost ? 1 : 0;
	tidy();
	if (fflush(stdout) || ferror(stdout))
		ret = 2;
	return ret;
}
