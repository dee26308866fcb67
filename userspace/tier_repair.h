/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Metadata that the engine refuses, read for what is still in it.
 *
 * The engine loads a pool only if what is there proves itself. Here it is read
 * block by block, from both copies and the members' headers, and what had to be
 * left out, taken from an older page or made up is told, each thing once.
 */
#ifndef TIER_REPAIR_H
#define TIER_REPAIR_H

#include "tier_file.h"
#include "tier_image.h"

#define REPAIR_MEMBERS	TIER_MAX_MEMBERS

/* what is given on the command line where the devices do not say it */
struct repair_hints {
	const char *tiers;		/* names, comma separated, in the order of their ids */
	const char *member_tiers[REPAIR_MEMBERS];	/* by member index */
};

struct repair {
	struct tier_file file;
	const struct repair_hints *hints;
	struct tier_image image;
	/* a member's header, from its device */
	struct {
		bool given;
		const char *path;
		struct tier_member_header header;
	} member[REPAIR_MEMBERS];
	/* from the superblock, or found by looking at every block */
	bool has_super;
	struct tier_super super;
	u32 leads;		/* copies that this is the newest superblock of */
	u32 stale;		/* and those that have another one: they went their own way */
	u64 *lun_slots;		/* of image.luns, one by one */
	/* the sequence of the page that an owner came from, to tell which is newer */
	u64 *page_seq[REPAIR_MEMBERS];
	unsigned long lost;	/* things that may be missing or are made up */
};

/* tell what was lost or guessed */
void repair_lost(struct repair *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* all return 0, or -errno after a line on stderr */
int repair_layout(struct repair *r);		/* tier_repair-layout.c: where things lie */
int repair_tables(struct repair *r);		/* tier_repair-tables.c: what the pages hold */
int repair_journal(struct repair *r);		/* tier_repair-journal.c: what came after */
int repair_extents(struct repair *r);		/* tier_repair-tables.c, of members that are new */
int repair_consistent(struct repair *r);	/* tier_repair-fix.c: so that it loads */

/* journal: owners and LUNs, once the tables are read */
int repair_journal_owners(struct repair *r);

/* could there be such a member, as far as the layout tells? */
bool repair_member_ok(struct repair *r, const struct tier_member_record *rec);

/* a member that is not there yet */
void repair_add_member(struct repair *r, u32 index, const struct tier_member_record *rec);

/* a LUN in a slot of the table; one that is there already is told and left out */
void repair_add_lun(struct repair *r, u64 slot, const struct tier_lun_record *lun);
void repair_drop_lun(struct repair *r, u64 slot);

/* read one block of one copy; false if it cannot be */
bool repair_read(struct repair *r, unsigned int copy, u64 block, void *buf);

#endif
