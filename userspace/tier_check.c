// SPDX-License-Identifier: GPL-2.0-only
/*
 * tier_check: is a pool's metadata whole, and do the members given belong to
 * it? Reads only; the journal is replayed in memory.
 */
#include <unistd.h>

#include "std.h"
#include "tier_file.h"
#include "tier_file-json.h"
#include "tier_tool.h"

static const char usage[] =
	"usage: tier_check [--json] [-m <mirror>] [--live] <metadata device> [<member> ...]\n"
	"  -m, --mirror <dev>  the second copy of the metadata\n"
	"      --json          findings as JSON\n"
	"      --live          read devices that are in use: what is being written may show as damage\n"
	"      --version\n"
	"exit code: 0 clean, 1 damage, 2 usage, a device that cannot be opened, or findings that\n"
	"  cannot be written\n";

struct finding {
	bool damage;		/* else a remark */
	char *what;
	const char *advice;
};

struct check {
	struct tier_file file;
	struct tier_meta meta;
	struct finding *found;
	size_t nr;
	size_t damages;
	bool alone;		/* looking at one of two copies by itself */
	const char *copy_path;
	bool seen[TIER_MAX_MEMBERS];	/* members given */
};

static struct check check;

static void finding(bool damage, const char *advice, const char *fmt, ...) __printf(3, 4);
static void finding(bool damage, const char *advice, const char *fmt, ...)
{
	struct finding *f;
	va_list args;
	char *what;
	size_t i;

	va_start(args, fmt);
	if (vasprintf(&what, fmt, args) < 0)
		abort();
	va_end(args);
	for (i = 0; i < check.nr; i++) {
		if (strcmp(check.found[i].what, what))
			continue;
		free(what);
		return;
	}
	check.found = realloc(check.found, (check.nr + 1) * sizeof(*check.found));
	if (!check.found)
		abort();
	f = &check.found[check.nr++];
	f->damage = damage;
	f->what = what;
	f->advice = advice;
	check.damages += damage;
}

/*
 * The metadata.
 */

/* what the engine says while it loads; whether it is damage shows at the end */
struct said {
	char **what;
	size_t nr;
};

static struct said said;

static void event(struct tier_file *file, const char *what)
{
	(void)file;
	said.what = realloc(said.what, (said.nr + 1) * sizeof(*said.what));
	if (!said.what)
		abort();
	said.what[said.nr++] = strdup(what);
}

/*
 * A pool that was not stopped may have pages torn by the crash: the next start
 * writes them anew, and nothing is lost. In one that was stopped, a page that is
 * not whole has gone bad since.
 */
static void tell_said(bool damage, const char *advice)
{
	size_t i;

	for (i = 0; i < said.nr; i++) {
		if (check.alone)
			finding(damage, advice, "%s, by itself: %s", check.copy_path, said.what[i]);
		else
			finding(damage, advice, "%s", said.what[i]);
		free(said.what[i]);
	}
	free(said.what);
	said.what = NULL;
	said.nr = 0;
}

static const char *why(int err)
{
	switch (err) {
	case -ENODATA:
		return "it is blank: no pool was ever made on it, or it was zeroed";
	case -EILSEQ:
		return "it does not hold a tier pool's metadata";
	case -EPROTONOSUPPORT:
		return "it is of another version of the format";
	case -EBADMSG:
		return "a block that is needed is corrupt";
	case -ERANGE:
		return "the superblock cannot be, or the device is too small for it";
	case -EUCLEAN:
		return "it contradicts itself";
	default:
		return strerror(-err);
	}
}

static void tell_load(int err, u32 copies)
{
	const struct tier_meta *meta = &check.meta;

	if (err) {
		const char *advice = check.file.copies == 3 ?
			"copy both devices, keep the copies, restore from backup" :
			"if the pool has a mirror, check that (-m); else copy the device, keep the copy, restore from backup";

		tell_said(true, advice);
		finding(true, advice, "%s: does not load: %s", check.file.path[!(copies & 1)],
			why(err));
	} else if (check.file.read_errors) {
		tell_said(true, "replace the device; with a mirror the pool goes on meanwhile");
	} else if (meta->copies != copies) {
		tell_said(true, "start the pool with both devices: the copy left out is written anew");
	} else {
		tell_said(meta->super.clean,
			  "start the pool: it writes anew what is torn; if this comes back, replace the device");
	}
}

static int load(u32 copies)
{
	int err;

	check.file.read_errors = 0;
	err = tier_meta_open(&check.meta, &tier_file_ops, &check.file, copies, check.file.blocks);
	tell_load(err, copies);
	return err;
}

/* either copy must do alone: that is what it is for */
static void check_copies(void)
{
	u32 live = check.meta.copies;
	int copy;

	if (check.file.copies != 3)
		return;
	check.alone = true;
	for (copy = 0; copy < TIER_META_COPIES; copy++) {
		tier_meta_close(&check.meta);
		check.copy_path = check.file.path[copy];
		if (live & BIT(copy))
			load(BIT(copy));
	}
	check.alone = false;
	tier_meta_close(&check.meta);
	tier_meta_open(&check.meta, &tier_file_ops, &check.file, check.file.copies,
		       check.file.blocks);
	while (said.nr)
		free(said.what[--said.nr]);
}

static struct tier_meta_member *member(u32 index)
{
	struct tier_meta_member *m = check.meta.members[index];

	return m && m->rec.state != TIER_MEMBER_NONE ? m : NULL;
}

static bool tier_known(u8 tier)
{
	return tier == TIER_NONE || tier < check.meta.super.pool.nr_tiers;
}

static void check_lun(const struct tier_lun_record *lun)
{
	static const char advice[] = "set the LUN's policy again (tierctl policy)";

	if (!tier_known(lun->start) || !tier_known(lun->pin) || !tier_known(lun->home) ||
	    !tier_known(lun->target))
		finding(true, advice, "LUN %u: names a tier that the pool does not have", lun->id);
	if (!(lun->allowed & (BIT(check.meta.super.pool.nr_tiers) - 1)))
		finding(false, advice, "LUN %u: no tier is allowed to it", lun->id);
	if (lun->flags & TIER_LUN_DELETING)
		finding(false, "start the pool: it finishes that", "LUN %u: being deleted",
			lun->id);
}

static void check_member(u32 index, const struct tier_meta_member *m)
{
	if ((m->rec.state == TIER_MEMBER_DRAINED || m->rec.state == TIER_MEMBER_REMOVED) &&
	    m->used)
		finding(true, "start the pool with the device and evacuate it again",
			"member %u: marked as empty, but %llu extents are on it", index, m->used);
	if (m->rec.generation > check.meta.super.generation)
		finding(true, "look for a newer copy of the metadata before you start the pool",
			"member %u: was seen in generation %llu, the metadata is of generation %llu",
			index, m->rec.generation, check.meta.super.generation);
	if (m->rec.state == TIER_MEMBER_FAILED && m->used)
		finding(false, "replace the device, restore its LUNs from backup",
			"member %u: failed, with %llu extents on it", index, m->used);
}

static void check_tables(void)
{
	u32 i;

	for (i = 0; i < TIER_MAX_MEMBERS; i++)
		if (member(i))
			check_member(i, member(i));
	for (i = 0; i < check.meta.nr_lun_slots; i++)
		if (check.meta.luns[i])
			check_lun(check.meta.luns[i]);
	if (check.meta.replayed)
		finding(false, "nothing to do: starting the pool replays them",
			"%llu transactions in the journal", check.meta.replayed);
}

/*
 * Members.
 */

static u32 find_member(const u8 *uuid)
{
	u32 i;

	for (i = 0; i < TIER_MAX_MEMBERS; i++)
		if (member(i) && !memcmp(member(i)->rec.uuid, uuid, TIER_UUID_LEN))
			break;
	return i;
}

static void check_header(const char *path, const struct tier_member_header *h, u64 bytes)
{
	static const char advice[] =
		"do not start the pool with it; if the device was copied or swapped, bring back the right one";
	const struct tier_super *super = &check.meta.super;
	u64 sectors = bytes / 512;
	u32 index;

	if (memcmp(h->pool, super->uuid, TIER_UUID_LEN)) {
		finding(true, advice, "%s: belongs to another pool", path);
		return;
	}
	index = find_member(h->member);
	if (index == TIER_MAX_MEMBERS) {
		finding(true, "if it was removed from the pool, wipe its first 4 KiB; else look for newer metadata",
			"%s: a member that the pool does not know", path);
		return;
	}
	if (check.seen[index])
		finding(true, advice, "%s: member %u, which was given already", path, index);
	check.seen[index] = true;
	if (h->index != index || h->extents != member(index)->rec.extents ||
	    h->extent_sectors != super->extent_sectors || h->data_offset != TIER_DATA_OFFSET)
		finding(true, advice, "%s: its header and its record (member %u) do not agree", path,
			index);
	/* headers are one ahead of the metadata */
	if (h->generation > super->generation + 1)
		finding(true, "the metadata is out of date: look for the other copy before you start the pool",
			"%s: was used in generation %llu, the metadata is of generation %llu", path,
			h->generation, super->generation);
	if (sectors < h->data_offset ||
	    (sectors - h->data_offset) / super->extent_sectors < h->extents)
		finding(true, "the device has shrunk: give it back its size",
			"%s: %llu sectors, too few for %llu extents", path, sectors, h->extents);
}

static int check_device(const char *path, unsigned int flags)
{
	static u8 block[TIER_BLOCK_SIZE];
	struct tier_member_header header;
	u64 bytes;
	int err, fd = tier_file_open_one("tier_check", path, flags, &bytes);

	if (fd < 0)
		return fd;
	err = tier_file_read(fd, 0, 1, block);
	close(fd);
	if (!err)
		err = tier_member_header_decode(block, &header);
	if (!err)
		check_header(path, &header, bytes);
	else if (err == -ENODATA || err == -EILSEQ || err == -EINVAL)
		finding(true, "is it the right device? if so, something wrote over its start",
			"%s: has no member header", path);
	else
		finding(true, "its data may be whole: copy it before you do anything",
			"%s: its header is damaged: %s", path, why(err));
	return 0;
}

static void check_missing(void)
{
	char uuid[37];
	u32 i;

	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		if (!member(i) || check.seen[i])
			continue;
		tier_uuid_text(member(i)->rec.uuid, uuid);
		finding(false, "give all members to have them checked",
			"member %u (%s): not given", i, uuid);
	}
}

/*
 * The answer.
 */

static void tell_text(bool loaded)
{
	u64 used = 0, all = 0, luns = 0, members = 0;
	size_t n;
	u32 i;

	for (n = 0; n < check.nr; n++)
		fprintf(check.found[n].damage ? stderr : stdout, "%s: %s\n  -> %s\n",
			check.found[n].damage ? "damage" : "remark", check.found[n].what,
			check.found[n].advice);
	for (i = 0; loaded && i < TIER_MAX_MEMBERS; i++) {
		if (!member(i))
			continue;
		members++;
		used += member(i)->used;
		all += member(i)->rec.extents;
	}
	for (i = 0; loaded && i < check.meta.nr_lun_slots; i++)
		luns += !!check.meta.luns[i];
	if (loaded)
		printf("%s: generation %llu, %llu members, %llu LUNs, %llu of %llu extents used\n",
		       check.file.path[0], check.meta.super.generation, members, luns, used, all);
	printf("%s: %s\n", check.file.path[0], check.damages ? "damaged" : "clean");
}

static void tell_json(bool loaded)
{
	struct json j = { .to = stdout };
	size_t n;

	json_open(&j, NULL, '{', false);
	json_text(&j, "result", check.damages ? "damaged" : "clean");
	json_bool(&j, "loads", loaded);
	if (loaded)
		json_number(&j, "generation", check.meta.super.generation);
	json_open(&j, "findings", '[', false);
	for (n = 0; n < check.nr; n++) {
		json_open(&j, NULL, '{', true);
		json_text(&j, "severity", check.found[n].damage ? "damage" : "remark");
		json_text(&j, "what", check.found[n].what);
		json_text(&j, "advice", check.found[n].advice);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
}

static void tidy(void)
{
	tier_meta_close(&check.meta);
	tier_file_close(&check.file);
	while (check.nr)
		free(check.found[--check.nr].what);
	free(check.found);
	free(said.what);
}

/* 0, or -errno for a device that cannot be opened */
static int run(char **members, unsigned int flags, bool json)
{
	bool loaded, some = *members;
	int err = 0;

	check.file.event = event;
	loaded = !load(check.file.copies);
	if (loaded) {
		check_copies();
		check_tables();
		for (; !err && *members; members++)
			err = check_device(*members, flags);
		if (!err && some)
			check_missing();
	}
	if (err < 0)
		return err;
	if (json)
		tell_json(loaded);
	else
		tell_text(loaded);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "mirror", required_argument, NULL, 'm' },
		{ "json", no_argument, NULL, 'j' },
		{ "live", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	static const struct tool tool = { "tier_check", usage, "m:h", options };
	const char *mirror = NULL;
	unsigned int flags = 0;
	bool json = false;
	int opt, ret;

	std_keep();
	while ((opt = tool_option(&tool, argc, argv)) != -1) {
		switch (opt) {
		case 'm':
			mirror = optarg;
			break;
		case 'j':
			json = true;
			break;
		case 'l':
			flags |= TIER_FILE_LIVE;
			break;
		}
	}
	if (optind == argc)
		tool_usage(&tool);
	if (tier_file_open(&check.file, "tier_check", argv[optind], mirror, flags))
		return 2;
	ret = run(argv + optind + 1, flags, json) ? 2 : check.damages ? 1 : 0;
	tidy();
	/* a verdict that nobody could read is none */
	if (fflush(stdout) || ferror(stdout)) {
		fputs("tier_check: cannot write the findings\n", stderr);
		ret = ret ? ret : 2;
	}
	return ret;
}
