// SPDX-License-Identifier: GPL-2.0-only
/* Netlink attributes into records, by table; the lists that records are kept on. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libdmtier-private.h"

void *dmtier_list_add(struct dmtier_list *list)
{
	if (list->nr == list->room) {
		size_t room = list->room ? list->room * 2 : 16;
		char *data = reallocarray(list->data, room, list->size);

		if (!data)
			return NULL;
		list->data = data;
		list->room = room;
	}
	return memset(list->data + list->nr++ * list->size, 0, list->size);
}

/* a number of either width, so that widening one later breaks nothing */
static bool number(const struct nlattr *a, uint64_t *value)
{
	uint32_t narrow;

	switch (nla_len(a)) {
	case sizeof(narrow):
		memcpy(&narrow, nla_data(a), sizeof(narrow));
		*value = narrow;
		return true;
	case sizeof(*value):
		memcpy(value, nla_data(a), sizeof(*value));
		return true;
	default:
		return false;
	}
}

static void put(void *record, const struct dmtier_field *f, const struct nlattr *a)
{
	char *to = (char *)record + f->offset;
	uint64_t value = 0;
	uint32_t narrow;

	switch (f->kind) {
	case DMTIER_STR:
		nla_strlcpy(to, a, f->size);
		break;
	case DMTIER_BIN:
		if ((size_t)nla_len(a) == f->size)
			memcpy(to, nla_data(a), f->size);
		break;
	case DMTIER_U32:
		if (number(a, &value)) {
			narrow = value;
			memcpy(to, &narrow, sizeof(narrow));
		}
		break;
	case DMTIER_U64:
		if (number(a, &value))
			memcpy(to, &value, sizeof(value));
		break;
	case DMTIER_END:
		break;
	}
}

void dmtier_put_fields(void *record, const struct dmtier_field *fields, struct nlattr **tb)
{
	for (; fields->kind != DMTIER_END; fields++)
		if (tb[fields->attr])
			put(record, fields, tb[fields->attr]);
}

int dmtier_decode(struct nlattr *attrs, int len, const struct dmtier_field *fields, void *record,
		  struct nlattr **tb, int max)
{
	if (!record)
		return -ENOMEM;
	if (nla_parse(tb, max, attrs, len, NULL) < 0)
		return -EBADMSG;
	dmtier_put_fields(record, fields, tb);
	return 0;
}
