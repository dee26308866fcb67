/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a device says of itself: the designators of its logical unit. Pure.
 */
#ifndef MPATH_IDS_H
#define MPATH_IDS_H

#include "tier-portable.h"

#define MPATH_IDS_PAGE	0x83	/* of a SCSI device's vital product data */
#define MPATH_IDS	6	/* designators of a unit that are looked at, at the most */
#define MPATH_ID_MAX	64	/* bytes of one; longer ones are not looked at */

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
	MPATH_LIKELY,	/* of mpath_ids_compare() only */
	MPATH_OTHER,
	MPATH_UNKNOWN,	/* there is nothing to tell it by, or it could not be read */
};

struct mpath_id {
	u8 type;
	u8 len;
	u8 bytes[MPATH_ID_MAX];
};

/**
 * struct mpath_ids - designators of one device
 * @nr: of them
 * @id: those
 */
struct mpath_ids {
	u32 nr;
	struct mpath_id id[MPATH_IDS];
};

void mpath_ids_add(struct mpath_ids *ids, enum mpath_id_type type, const u8 *bytes, size_t len);
bool mpath_ids_parse(struct mpath_ids *ids, const u8 *page, size_t size);
bool mpath_ids_certain(const struct mpath_ids *ids);
enum mpath_likeness mpath_ids_compare(const struct mpath_ids *a, const struct mpath_ids *b);

#endif
