// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was read may contradict itself, where parts of it are older than others. It is
 * made so that it loads, and every decision is told.
 */
#include <stdlib.h>

#include "tier_repair.h"

#define SECTORS_MAX	(1ULL << 54)	/* of a LUN, as its record allows */

struct place {
	u64 owner;
	u32 member;
	u64 extent;
	u64 seq;
};

/* an owner's newest place first */
static int by_owner(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->owner != y->owner)
		return x->owner < y->owner ? -1 : 1;
	if (x->seq != y->seq)
		return x->seq > y->seq ? -1 : 1;
	if (x->member != y->member)
		return x->member < y->member ? -1 : 1;
	return x->extent < y->extent ? -1 : x->extent > y->extent;
}

/* an owner that no LUN can be would keep all the rest from being written */
static void fix_owners(struct repair *r)
{
	u64 most = SECTORS_MAX / r->image.extent_sectors, e, *owner;
	u32 i;

	for (i = 0; i < REPAIR_MEMBERS; i++)
		for (e = 0; r->image.members[i] && e < r->image.members[i]->rec.extents; e++) {
			owner = &r->image.members[i]->owner[e];
			if (*owner == TIER_FREE || (TIER_OWNER_LUN(*owner) <= TIER_LUN_ID_MAX &&
						    TIER_OWNER_LOGICAL(*owner) < most))
				continue;
			repair_lost(r, "extent %llu of member %u: LUN %u, extent %llu cannot be, and is left out",
				    e, i, TIER_OWNER_LUN(*owner), TIER_OWNER_LOGICAL(*owner));
			*owner = TIER_FREE;
		}
}

static size_t count_places(const struct repair *r)
{
	size_t n = 0;
	u64 e;
	u32 i;

	for (i = 0; i < REPAIR_MEMBERS; i++)
		for (e = 0; r->image.members[i] && e < r->image.members[i]->rec.extents; e++)
			n += r->image.members[i]->owner[e] != TIER_FREE;
	return n;
}

static struct place *list_places(const struct repair *r, size_t *nr)
{
	struct place *places, *p;
	u64 e;
	u32 i;

	*nr = count_places(r);
	places = calloc(*nr + 1, sizeof(*places));
	for (p = places, i = 0; places && i < REPAIR_MEMBERS; i++) {
		const struct tier_image_member *m = r->image.members[i];

		for (e = 0; m && e < m->rec.extents; e++)
			if (m->owner[e] != TIER_FREE)
				*p++ = (struct place){ m->owner[e], i, e,
					r->page_seq[i] ? r->page_seq[i][e] : 0 };
	}
	if (places)
		qsort(places, *nr, sizeof(*places), by_owner);
	return places;
}

/* two places for one extent of a LUN: the newer one keeps it */
static void fix_doubles(struct repair *r, struct place *places, size_t nr)
{
	size_t i, keep = 0;

	for (i = 1; i < nr; i++) {
		if (places[i].owner != places[keep].owner) {
			keep = i;
			continue;
		}
		repair_lost(r, "LUN %u, extent %llu: lies on member %u at %llu and on member %u at %llu: the first is taken%s",
			    TIER_OWNER_LUN(places[i].owner), TIER_OWNER_LOGICAL(places[i].owner),
			    places[keep].member, places[keep].extent, places[i].member,
			    places[i].extent, places[keep].seq == places[i].seq ?
			    ", but which is newer nobody can tell" : ", being newer");
		r->image.members[places[i].member]->owner[places[i].extent] = TIER_FREE;
	}
}

static u64 extents_of(const struct repair *r, const struct tier_lun_record *lun)
{
	return DIV_ROUND_UP_ULL(lun->sectors, r->image.extent_sectors);
}

/* nothing is known of it but what it holds */
static void make_lun(struct repair *r, u32 id, u64 extents)
{
	struct tier_lun_record lun = {
		.id = id, .flags = TIER_LUN_VALID, .sectors = extents * r->image.extent_sectors,
		.allowed = BIT(r->image.pool.nr_tiers) - 1, .start = TIER_NONE, .pin = TIER_NONE,
		.home = TIER_NONE, .target = TIER_NONE, .weight = 100, .hold = 60,
	};

	repair_lost(r, "LUN %u: its record is gone; made anew with %llu sectors, as far as it is mapped, and without its policy and usage",
		    id, lun.sectors);
	repair_add_lun(r, ~0ULL, &lun);
}

/* every owner is a LUN's, and within it */
static void fix_luns(struct repair *r, const struct place *places, size_t nr)
{
	struct tier_lun_record *lun;
	size_t i;
	u64 end;

	for (i = 0; i < nr; i++) {
		u32 id = TIER_OWNER_LUN(places[i].owner);

		/* sorted: the last of each LUN lies furthest in it */
		if (i + 1 < nr && TIER_OWNER_LUN(places[i + 1].owner) == id)
			continue;
		end = TIER_OWNER_LOGICAL(places[i].owner) + 1;
		lun = tier_image_lun(&r->image, id);
		if (!lun) {
			make_lun(r, id, end);
		} else if (end > extents_of(r, lun)) {
			repair_lost(r, "LUN %u: holds extents beyond its %llu sectors: given %llu", id,
				    lun->sectors, end * r->image.extent_sectors);
			lun->sectors = end * r->image.extent_sectors;
		}
	}
}

/* what a record names must be there */
static void fix_tiers(struct repair *r)
{
	u8 nr = r->image.pool.nr_tiers;
	size_t i;

	for (i = 0; i < r->image.nr_luns; i++) {
		struct tier_lun_record *lun = &r->image.luns[i];
		u8 *names[] = { &lun->start, &lun->pin, &lun->home, &lun->target };
		unsigned int n;

		for (n = 0; n < ARRAY_SIZE(names); n++) {
			if (*names[n] == TIER_NONE || *names[n] < nr)
				continue;
			repair_lost(r, "LUN %u: names a tier that the pool does not have", lun->id);
			*names[n] = TIER_NONE;
		}
		if (!(lun->allowed & (BIT(nr) - 1))) {
			repair_lost(r, "LUN %u: no tier of the pool is allowed to it: all are now",
				    lun->id);
			lun->allowed = BIT(nr) - 1;
		}
	}
}

/* nobody would look for anything there, and the device might be taken away */
static void fix_empty(struct repair *r)
{
	u64 e, used;
	u32 i;

	for (i = 0; i < REPAIR_MEMBERS; i++) {
		struct tier_image_member *m = r->image.members[i];

		if (!m || (m->rec.state != TIER_MEMBER_DRAINED &&
			   m->rec.state != TIER_MEMBER_REMOVED))
			continue;
		for (used = 0, e = 0; e < m->rec.extents; e++)
			used += m->owner[e] != TIER_FREE;
		if (!used)
			continue;
		repair_lost(r, "member %u: marked as empty, but %llu extents are on it: it is to be evacuated again",
			    i, used);
		m->rec.state = TIER_MEMBER_DRAINING;
	}
}

int repair_consistent(struct repair *r)
{
	struct place *places;
	size_t nr;

	fix_owners(r);
	places = list_places(r, &nr);
	if (!places)
		return -ENOMEM;
	fix_doubles(r, places, nr);
	fix_luns(r, places, nr);
	fix_tiers(r);
	fix_empty(r);
	free(places);
	return 0;
}
