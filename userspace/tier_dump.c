// SPDX-License-Identifier: GPL-2.0-only
/*
 * tier_dump: a pool's metadata as JSON, as it is after the journal is replayed
 * (in memory: nothing is written).
 */

#include "std.h"
#include "tier_file.h"
#include "tier_file-json.h"
#include "tier_tool.h"

static const char usage[] =
	"usage: tier_dump [-m <mirror>] [--heat] [--no-extents] [--live] <metadata device>\n"
	"  -m, --mirror <dev>  the second copy of the metadata\n"
	"      --heat          each extent on its own, with its heat\n"
	"      --no-extents    leave the extents out\n"
	"      --live          read a device that is in use\n"
	"      --version\n"
	"exit code: 0 done, 1 the metadata does not load, 2 usage or device\n";

static void dump_tier(struct json *j, const struct tier_meta *meta, const char *key, u8 tier)
{
	if (tier >= meta->super.pool.nr_tiers)
		json_null(j, key);
	else
		json_text(j, key, meta->super.pool.tiers[tier]);
}

static void dump_super(struct json *j, const struct tier_meta *meta)
{
	const struct tier_super *s = &meta->super;
	char uuid[37];

	tier_uuid_text(s->uuid, uuid);
	json_open(j, "superblock", '{', false);
	json_text(j, "uuid", uuid);
	json_number(j, "version", TIER_FORMAT_VERSION);
	json_number(j, "generation", s->generation);
	json_number(j, "sequence", s->seq);
	json_bool(j, "clean", s->clean);
	json_number(j, "blocks", s->blocks);
	json_number(j, "blocks_used", tier_meta_used(meta));
	json_number(j, "extent_sectors", s->extent_sectors);
	json_number(j, "page_sequence", s->page_seq);
	json_number(j, "ticks", s->ticks);
	json_open(j, "journal", '{', true);
	json_number(j, "start", s->journal_start);
	json_number(j, "blocks", s->journal_blocks);
	json_number(j, "tail", s->tail_block);
	json_number(j, "sequence", s->tail_seq);
	json_number(j, "replayed", meta->replayed);
	json_close(j, '}');
	json_open(j, "tables", '{', true);
	json_number(j, "members", s->members_start);
	json_number(j, "luns", s->luns_start);
	json_number(j, "extents", s->tables_start);
	json_close(j, '}');
	json_open(j, "copies", '[', true);
	json_number(j, NULL, meta->copies & 1 ? 0 : 1);
	if (meta->copies == 3)
		json_number(j, NULL, 1);
	json_close(j, ']');
	json_close(j, '}');
}

static void dump_pool(struct json *j, const struct tier_pool_record *pool)
{
	u32 i;

	json_open(j, "pool", '{', false);
	json_number(j, "move_rate", pool->move_rate);
	json_number(j, "headroom", pool->headroom);
	json_number(j, "tick_ms", pool->tick_ms);
	json_bool(j, "moves", pool->moves);
	json_number(j, "no_space_timeout", pool->no_space_timeout);
	json_close(j, '}');
	json_open(j, "tiers", '[', true);
	for (i = 0; i < pool->nr_tiers; i++)
		json_text(j, NULL, pool->tiers[i]);
	json_close(j, ']');
}

static void dump_run(struct json *j, u64 extent, u64 count, u64 owner)
{
	json_open(j, NULL, '{', true);
	json_number(j, "extent", extent);
	json_number(j, "count", count);
	json_number(j, "lun", TIER_OWNER_LUN(owner));
	json_number(j, "logical", TIER_OWNER_LOGICAL(owner));
	json_close(j, '}');
}

static void dump_extents(struct json *j, const struct tier_meta_member *m)
{
	u64 e, n;

	json_open(j, "extents", '[', false);
	for (e = 0; e < m->rec.extents; e += n) {
		u64 owner = m->owner[e];

		for (n = 1; e + n < m->rec.extents && owner != TIER_FREE &&
		     m->owner[e + n] == owner + n; n++)
			;
		if (owner != TIER_FREE)
			dump_run(j, e, n, owner);
	}
	json_close(j, ']');
}

static void dump_heat(struct json *j, const struct tier_meta_member *m)
{
	u64 e;

	json_open(j, "extents", '[', false);
	for (e = 0; e < m->rec.extents; e++) {
		const struct tier_heat *h = &m->heat[e];

		if (m->owner[e] == TIER_FREE)
			continue;
		json_open(j, NULL, '{', true);
		json_number(j, "extent", e);
		json_number(j, "lun", TIER_OWNER_LUN(m->owner[e]));
		json_number(j, "logical", TIER_OWNER_LOGICAL(m->owner[e]));
		json_number(j, "read_fast", h->read_fast);
		json_number(j, "write_fast", h->write_fast);
		json_number(j, "read_slow", h->read_slow);
		json_number(j, "write_slow", h->write_slow);
		json_number(j, "epoch", h->epoch);
		json_number(j, "moved", h->moved);
		json_number(j, "credit", h->credit);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void dump_member(struct json *j, const struct tier_meta *meta, u32 index, bool extents,
			bool heat)
{
	const struct tier_meta_member *m = meta->members[index];
	char uuid[37];

	tier_uuid_text(m->rec.uuid, uuid);
	json_open(j, NULL, '{', false);
	json_number(j, "index", index);
	json_text(j, "uuid", uuid);
	json_text(j, "state", tier_state_names[m->rec.state]);
	dump_tier(j, meta, "tier", m->rec.tier);
	json_text(j, "tag", m->rec.tag);
	json_number(j, "generation", m->rec.generation);
	json_number(j, "total", m->rec.extents);
	json_number(j, "used", m->used);
	json_number(j, "table", m->rec.table);
	json_number(j, "pages", m->rec.pages);
	if (extents && heat)
		dump_heat(j, m);
	else if (extents)
		dump_extents(j, m);
	json_close(j, '}');
}

static void dump_lun_tier(struct json *j, const struct tier_meta *meta,
			  const struct tier_lun_record *lun, u32 tier)
{
	const struct tier_usage *u = &lun->usage[tier];

	json_open(j, NULL, '{', true);
	json_text(j, "tier", meta->super.pool.tiers[tier]);
	json_number(j, "reserve", lun->reserve[tier]);
	json_number(j, "max", lun->max[tier]);
	json_number(j, "read_ios", u->read_ios);
	json_number(j, "write_ios", u->write_ios);
	json_number(j, "read_sectors", u->read_sectors);
	json_number(j, "write_sectors", u->write_sectors);
	json_number(j, "in_sectors", u->in_sectors);
	json_number(j, "out_sectors", u->out_sectors);
	json_number(j, "held_ms", u->held_ms);
	json_close(j, '}');
}

static void dump_lun(struct json *j, const struct tier_meta *meta, u32 slot)
{
	const struct tier_lun_record *lun = meta->luns[slot];
	u32 i;

	json_open(j, NULL, '{', false);
	json_number(j, "slot", slot);
	json_number(j, "id", lun->id);
	json_number(j, "sectors", lun->sectors);
	json_number(j, "created", lun->created);
	json_bool(j, "deleting", lun->flags & TIER_LUN_DELETING);
	json_bool(j, "verify", lun->flags & TIER_LUN_VERIFY);
	json_bool(j, "auto", lun->flags & TIER_LUN_AUTO);
	json_open(j, "allowed", '[', true);
	for (i = 0; i < meta->super.pool.nr_tiers; i++)
		if (lun->allowed & BIT(i))
			json_text(j, NULL, meta->super.pool.tiers[i]);
	json_close(j, ']');
	dump_tier(j, meta, "start_tier", lun->start);
	dump_tier(j, meta, "pin", lun->pin);
	dump_tier(j, meta, "home", lun->home);
	dump_tier(j, meta, "target", lun->target);
	json_number(j, "weight", lun->weight);
	json_number(j, "up_iops", lun->up_iops);
	json_number(j, "down_iops", lun->down_iops);
	json_number(j, "hold", lun->hold);
	json_number(j, "move_rate", lun->move_rate);
	json_text(j, "tags", lun->tags);
	json_open(j, "tiers", '[', false);
	for (i = 0; i < meta->super.pool.nr_tiers; i++)
		dump_lun_tier(j, meta, lun, i);
	json_close(j, ']');
	json_close(j, '}');
}

static void dump(const struct tier_meta *meta, bool extents, bool heat)
{
	struct json j = { .to = stdout };
	u32 i;

	json_open(&j, NULL, '{', false);
	dump_super(&j, meta);
	dump_pool(&j, &meta->super.pool);
	json_open(&j, "members", '[', false);
	for (i = 0; i < TIER_MAX_MEMBERS; i++)
		if (meta->members[i] && meta->members[i]->rec.state != TIER_MEMBER_NONE)
			dump_member(&j, meta, i, extents, heat);
	json_close(&j, ']');
	json_open(&j, "luns", '[', false);
	for (i = 0; i < meta->nr_lun_slots; i++)
		if (meta->luns[i])
			dump_lun(&j, meta, i);
	json_close(&j, ']');
	json_close(&j, '}');
}

static void event(struct tier_file *file, const char *what)
{
	(void)file;
	fprintf(stderr, "tier_dump: %s\n", what);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "mirror", required_argument, NULL, 'm' },
		{ "heat", no_argument, NULL, 'H' },
		{ "no-extents", no_argument, NULL, 'E' },
		{ "live", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	static const struct tool tool = { "tier_dump", usage, "m:h", options };
	static struct tier_meta meta;
	const char *mirror = NULL;
	bool extents = true, heat = false;
	unsigned int flags = 0;
	struct tier_file file;
	int opt, err;

	std_keep();
	while ((opt = tool_option(&tool, argc, argv)) != -1) {
		switch (opt) {
		case 'm':
			mirror = optarg;
			break;
		case 'H':
			heat = true;
			break;
		case 'E':
			extents = false;
			break;
		case 'l':
			flags |= TIER_FILE_LIVE;
			break;
		}
	}
	if (argc - optind != 1)
		tool_usage(&tool);
	if (tier_file_open(&file, "tier_dump", argv[optind], mirror, flags))
		return 2;
	file.event = event;
	err = tier_meta_open(&meta, &tier_file_ops, &file, file.copies, file.blocks);
	if (err)
		fprintf(stderr, "tier_dump: %s: %s: tier_check tells more\n", argv[optind],
			strerror(-err));
	else
		dump(&meta, extents, heat);
	tier_meta_close(&meta);
	tier_file_close(&file);
	if (!err && (fflush(stdout) || ferror(stdout)))
		err = -EIO;
	return err ? 1 : 0;
}
