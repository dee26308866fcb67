/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of libdmtier share; not for programs. */
#ifndef LIBDMTIER_PRIVATE_H
#define LIBDMTIER_PRIVATE_H

#include <netlink/netlink.h>
#include <netlink/msg.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/genl/ctrl.h>

#include "libdmtier.h"
#include "libdmtier-path.h"

/* a list of equal records that grows; what a dump is collected in */
struct dmtier_list {
	size_t size;		/* of one record */
	size_t nr;
	size_t room;
	char *data;
};

/* a zeroed record at the end, or NULL without memory */
void *dmtier_list_add(struct dmtier_list *list);

/*
 * One reply's attributes into records on a list. Return 0 or -errno. The
 * kernel is trusted with the meaning but not with the shape: attributes of a
 * wrong length are taken as absent.
 */
typedef int (*dmtier_decode_fn)(struct nlattr *attrs, int len, struct dmtier_list *list);

int dmtier_decode_pool(struct nlattr *attrs, int len, struct dmtier_list *list);
int dmtier_decode_tier(struct nlattr *attrs, int len, struct dmtier_list *list);
int dmtier_decode_dev(struct nlattr *attrs, int len, struct dmtier_list *list);
int dmtier_decode_lun(struct nlattr *attrs, int len, struct dmtier_list *list);
int dmtier_decode_heat(struct nlattr *attrs, int len, struct dmtier_list *list);
int dmtier_decode_extents(struct nlattr *attrs, int len, struct dmtier_list *list);
int dmtier_decode_event(struct nlattr *attrs, int len, struct dmtier_list *list);

int dmtier_decode_map(struct nlattr *attrs, int len, struct dmtier_list *list);
int dmtier_decode_group(struct nlattr *attrs, int len, struct dmtier_list *list);
int dmtier_decode_path(struct nlattr *attrs, int len, struct dmtier_list *list);
int dmtier_decode_path_event(struct nlattr *attrs, int len, struct dmtier_list *list);

/* where an attribute goes in a record; a table of them ends with { 0 } */
enum dmtier_kind { DMTIER_END, DMTIER_U32, DMTIER_U64, DMTIER_STR, DMTIER_BIN };

struct dmtier_field {
	enum dmtier_kind kind;
	int attr;
	size_t offset;
	size_t size;
};

#define DMTIER_F(kind_, attr_, type, member) \
	{ DMTIER_##kind_, attr_, offsetof(type, member), sizeof(((type *)0)->member) }

/* @tb has room for attributes up to @max; on return it tells which came */
int dmtier_decode(struct nlattr *attrs, int len, const struct dmtier_field *fields, void *record,
		  struct nlattr **tb, int max);
void dmtier_put_fields(void *record, const struct dmtier_field *fields, struct nlattr **tb);

/* what the socket has to know of a family; one for each, compared by address */
struct dmtier_family {
	const char *name;
	int version;
	const char *what;	/* what its dumps go through, for people */
	int (*put_words)(struct nl_msg *msg, const void *words);
	/* events */
	const char *group;
	int event_cmd;
	size_t event_size;
	dmtier_decode_fn decode_event;
};


struct dmtier_request {
	const struct dmtier_family *family;
	int cmd;
	const void *words;		/* for the family's put_words() */
	dmtier_decode_fn decode;	/* NULL: no records are expected */
	struct dmtier_list *list;
};

int dmtier_connect(const struct dmtier_family *family, struct dmtier **handle);
int dmtier_ask(struct dmtier *h, const struct dmtier_request *r, int flags);
int dmtier_dump(struct dmtier *h, const struct dmtier_request *r);
int dmtier_put_string(struct nl_msg *msg, int attr, const char *text);	/* NULL: nothing */

/* the sentence for dmtier_error(); returns @err */
__attribute__((format(printf, 3, 4)))
int dmtier_fail(struct dmtier *h, int err, const char *format, ...);

/* runs @fn, known to the compiler by its own type, over a collected list and frees that */
#define DMTIER_FOR_EACH(list, type, fn, arg, err) do {				\
	const type *r_ = (const type *)(list).data;				\
	for (size_t i_ = 0; !(err) && i_ < (list).nr; i_++)			\
		(err) = (fn)(&r_[i_], (arg));					\
	free((list).data);							\
} while (0)

int dmtier_events_connect(const struct dmtier_family *family, struct dmtier_events **events);

/* as dmtier_event_next(), @out being a record of the family's */
int dmtier_events_take(struct dmtier_events *e, const struct dmtier_family *family, void *out);

/* libnl's numbers are its own: the errno for -NLE_... */
int dmtier_errno(int nle);

#endif
