/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a device says of itself: the designators of its logical unit, by type. Pure.
 */
#ifndef MPATH_IDS_H
#define MPATH_IDS_H

#include "tier-portable.h"

#define MPATH_ID_MAX	64	/* bytes of a designator that are looked at */

/* the more certain ones first */
enum mpath_id_type {
	MPATH_ID_NAA,
	MPATH_ID_EUI64,
	MPATH_ID_NAME,
	MPATH_ID_T10,
	MPATH_ID_TYPES
};

enum mpath_likeness {
	MPATH_SAME,
	MPATH_OTHER,
	MPATH_UNKNOWN,	/* there is nothing to tell it by, or it could not be read */
};

/**
 * struct mpath_ids - designators of one device
 * @len: bytes of each; 0: it has none of that type
 * @id: those
 */
struct mpath_ids {
	u8 len[MPATH_ID_TYPES];
	u8 id[MPATH_ID_TYPES][MPATH_ID_MAX];
};

void mpath_ids_set(struct mpath_ids *ids, enum mpath_id_type type, const u8 *id, size_t len);
bool mpath_ids_parse(struct mpath_ids *ids, const u8 *page, size_t size);
enum mpath_likeness mpath_ids_compare(const struct mpath_ids *a, const struct mpath_ids *b);

#endif
