// SPDX-License-Identifier: GPL-2.0-only
/*
 * Designators, and who is who by them.
 */
#include "mpath-ids.h"

#define MPATH_VPD_HEAD		4	/* of the page, and of each designator */

/* numbers have one of three lengths, and a unit that was never given one has zeros */
static bool mpath_ids_worth(enum mpath_id_type type, const u8 *bytes, size_t len)
{
	size_t i;

	if (!len || len > MPATH_ID_MAX)
		return false;
	if ((type == MPATH_ID_NAA || type == MPATH_ID_EUI64) && len != 8 && len != 12 && len != 16)
		return false;
	for (i = 0; i < len; i++)
		if (bytes[i])
			return true;
	return false;
}

/**
 * mpath_ids_add() - note a designator, if it is of use and there is room
 * @ids: where
 * @type: of it
 * @bytes: it
 * @len: of it
 */
void mpath_ids_add(struct mpath_ids *ids, enum mpath_id_type type, const u8 *bytes, size_t len)
{
	struct mpath_id *id = &ids->id[ids->nr];

	if (ids->nr == MPATH_IDS || !mpath_ids_worth(type, bytes, len))
		return;
	id->type = type;
	id->len = len;
	memcpy(id->bytes, bytes, len);
	ids->nr++;
}

/* of the logical unit: not of the port nor of the whole array */
static bool mpath_ids_type(const u8 *designator, enum mpath_id_type *type)
{
	if (designator[1] & 0x30)
		return false;
	switch (designator[1] & 0x0f) {
	case 1:
		*type = MPATH_ID_T10;
		return true;
	case 2:
		*type = MPATH_ID_EUI64;
		return true;
	case 3:
		*type = MPATH_ID_NAA;
		return true;
	case 8:
		*type = MPATH_ID_NAME;
		return true;
	default:
		return false;
	}
}

/**
 * mpath_ids_parse() - read a SCSI device identification page (SPC, VPD page 83h)
 * @ids: result
 * @page: as the device has sent it
 * @size: bytes of it
 *
 * Return: whether it is such a page and whole; what it has up to a fault, or up to
 * @size, is in @ids.
 */
bool mpath_ids_parse(struct mpath_ids *ids, const u8 *page, size_t size)
{
	size_t at, end, len, told;
	enum mpath_id_type type;

	memset(ids, 0, sizeof(*ids));
	if (size < MPATH_VPD_HEAD || page[1] != MPATH_IDS_PAGE)
		return false;
	told = MPATH_VPD_HEAD + ((size_t)page[2] << 8 | page[3]);
	end = min(told, size);
	for (at = MPATH_VPD_HEAD; at < end; at += MPATH_VPD_HEAD + len) {
		if (end - at < MPATH_VPD_HEAD)
			return false;
		len = page[at + 3];
		if (end - at - MPATH_VPD_HEAD < len)
			return false;
		if (mpath_ids_type(&page[at], &type))
			mpath_ids_add(ids, type, &page[at + MPATH_VPD_HEAD], len);
	}
	return told <= size;
}

/**
 * mpath_ids_certain() - do they tell this unit from every other?
 * @ids: designators
 *
 * Return: false if there is none, or no more than a T10 name.
 */
bool mpath_ids_certain(const struct mpath_ids *ids)
{
	u32 i;

	for (i = 0; i < ids->nr; i++)
		if (ids->id[i].type != MPATH_ID_T10)
			return true;
	return false;
}

/* by designators of one type: any that both have will do, since firmware adds more */
static enum mpath_likeness mpath_ids_compare_type(const struct mpath_ids *a,
						  const struct mpath_ids *b, u32 type)
{
	enum mpath_likeness result = MPATH_UNKNOWN;
	u32 i, j;

	for (i = 0; i < a->nr; i++) {
		for (j = 0; j < b->nr; j++) {
			if (a->id[i].type != type || b->id[j].type != type)
				continue;
			if (a->id[i].len == b->id[j].len &&
			    !memcmp(a->id[i].bytes, b->id[j].bytes, a->id[i].len))
				return MPATH_SAME;
			result = MPATH_OTHER;
		}
	}
	return result;
}

/**
 * mpath_ids_compare() - are two devices one?
 * @a: designators of one
 * @b: and of the other
 *
 * Return: what the most certain type that both have says; MPATH_LIKELY if that is
 * their T10 name, which some vendors give to all units of a kind; MPATH_UNKNOWN if
 * there is none.
 */
enum mpath_likeness mpath_ids_compare(const struct mpath_ids *a, const struct mpath_ids *b)
{
	enum mpath_likeness result = MPATH_UNKNOWN;
	u32 type;

	for (type = 0; type < MPATH_ID_TYPES && result == MPATH_UNKNOWN; type++) {
		result = mpath_ids_compare_type(a, b, type);
		if (result == MPATH_SAME && type == MPATH_ID_T10)
			result = MPATH_LIKELY;
	}
	return result;
}
