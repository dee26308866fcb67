/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages of attributes, as the kernel might send them */
#ifndef TESTS_ATTRIBUTES_H
#define TESTS_ATTRIBUTES_H

#include "libdmtier-private.h"

static inline struct nlattr *attrs(struct nl_msg *msg)
{
	return nlmsg_data(nlmsg_hdr(msg));
}

static inline int length(struct nl_msg *msg)
{
	return nlmsg_datalen(nlmsg_hdr(msg));
}

static inline struct nl_msg *message(void)
{
	struct nl_msg *msg = nlmsg_alloc_simple(16, 0);

	assert_non_null(msg);
	return msg;
}

struct decoder {
	size_t size;			/* of a record */
	dmtier_decode_fn decode;
};

static inline void decode_all(const struct decoder *decoder, size_t nr, const char *bytes,
			      int len)
{
	char *copy = malloc(len ? len : 1);	/* so that an overrun is one of the heap */

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	for (size_t i = 0; i < nr; i++) {
		struct dmtier_list list = { .size = decoder[i].size };

		(void)decoder[i].decode((struct nlattr *)copy, len, &list);
		free(list.data);
	}
	free(copy);
}

/* every prefix and every flipped bit of a good message: no crash, no overrun */
static inline void decode_damaged(const struct decoder *decoder, size_t nr, struct nl_msg *msg)
{
	char *bytes = (char *)attrs(msg);
	int len = length(msg);

	for (int at = 0; at < len; at++) {
		decode_all(decoder, nr, bytes, at);
		for (int bit = 0; bit < 8; bit++) {
			bytes[at] ^= 1 << bit;
			decode_all(decoder, nr, bytes, len);
			bytes[at] ^= 1 << bit;
		}
	}
}

#endif
