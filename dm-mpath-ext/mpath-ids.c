// SPDX-License-Identifier: GPL-2.0-only
/*
 * Designators, and who is who by them.
 */
#include "mpath-ids.h"

#define MPATH_VPD_HEAD		4	/* of the page, and of each designator */
#define MPATH_VPD_ID_PAGE	0x83

/**
 * mpath_ids_set() - note a designator
 * @ids: where
 * @type: of it
 * @id: it
 * @len: its bytes; of a long one the first MPATH_ID_MAX count
 *
 * Of several of one type the longest is kept, the first of those: arrays name a
 * unit by its controller's short name as well as by its own.
 */
void mpath_ids_set(struct mpath_ids *ids, enum mpath_id_type type, const u8 *id, size_t len)
{
	len = min_t(size_t, len, MPATH_ID_MAX);
	if (len <= ids->len[type])
		return;
	ids->len[type] = len;
	memcpy(ids->id[type], id, len);
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
 * Return: whether it is such a page and whole; what it has up to a fault is in @ids.
 */
bool mpath_ids_parse(struct mpath_ids *ids, const u8 *page, size_t size)
{
	enum mpath_id_type type;
	size_t at, end, len;

	memset(ids, 0, sizeof(*ids));
	if (size < MPATH_VPD_HEAD || page[1] != MPATH_VPD_ID_PAGE)
		return false;
	end = MPATH_VPD_HEAD + ((size_t)page[2] << 8 | page[3]);
	if (end > size)
		return false;
	for (at = MPATH_VPD_HEAD; at < end; at += MPATH_VPD_HEAD + len) {
		if (end - at < MPATH_VPD_HEAD)
			return false;
		len = page[at + 3];
		if (end - at - MPATH_VPD_HEAD < len)
			return false;
		if (mpath_ids_type(&page[at], &type))
			mpath_ids_set(ids, type, &page[at + MPATH_VPD_HEAD], len);
	}
	return true;
}

/**
 * mpath_ids_compare() - are two devices one?
 * @a: designators of one
 * @b: and of the other
 *
 * Return: what the most certain type that both have says; MPATH_UNKNOWN if there is
 * none.
 */
enum mpath_likeness mpath_ids_compare(const struct mpath_ids *a, const struct mpath_ids *b)
{
	unsigned int t;

	for (t = 0; t < MPATH_ID_TYPES; t++) {
		if (!a->len[t] || !b->len[t])
			continue;
		if (a->len[t] != b->len[t] || memcmp(a->id[t], b->id[t], a->len[t]))
			return MPATH_OTHER;
		return MPATH_SAME;
	}
	return MPATH_UNKNOWN;
}
