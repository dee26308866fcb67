// SPDX-License-Identifier: GPL-2.0-only
/* The socket, requests and replies; what replies mean is libdmtier-decode.c's. */
#include <errno.h>
#include <linux/netlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "libdmtier-private.h"

#define RECEIVE_BYTES	65536	/* the kernel fills dump messages up to half of it */
#define DUMP_TRIES	8
#define EXTENT_WINDOW	262144	/* extents asked for at once: 8 MiB of replies */

struct dmtier {
	struct nl_sock *sock;
	int family;
	char error[512];

	/* of the request under way */
	dmtier_decode_fn decode;
	struct dmtier_list *list;
	uint32_t sequence;
	int result;
	bool done;
};

int dmtier_errno(int nle)
{
	switch (nle < 0 ? -nle : nle) {
	case NLE_SUCCESS:
		return 0;
	case NLE_INTR:
	case NLE_DUMP_INTR:
		return -EINTR;
	case NLE_AGAIN:
		return -EAGAIN;
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_OBJ_NOTFOUND:
		return -ENOENT;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_MSGSIZE:
	case NLE_ATTRSIZE:
		return -EMSGSIZE;
	case NLE_AF_NOSUPPORT:
	case NLE_OPNOTSUPP:
		return -EOPNOTSUPP;
	default:
		return -EIO;
	}
}

const char *dmtier_error(const struct dmtier *h)
{
	return h->error;
}

__attribute__((format(printf, 3, 4)))
static int fail(struct dmtier *h, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(h->error, sizeof(h->error), format, args);
	va_end(args);
	return err;
}

/* the kernel's own sentence from the attributes behind an error or a done */
static void kernel_says(struct dmtier *h, int err, struct nlattr *attrs, int len)
{
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1] = { NULL };

	if (len > 0)
		nla_parse(tb, NLMSGERR_ATTR_MAX, attrs, len, NULL);
	if (tb[NLMSGERR_ATTR_MSG])
		nla_strlcpy(h->error, tb[NLMSGERR_ATTR_MSG], sizeof(h->error));
	else
		fail(h, err, "%s", strerror(-err));
	h->result = err;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	struct nlmsghdr *msg = (struct nlmsghdr *)e - 1;
	struct dmtier *h = arg;
	int skip = sizeof(*e);

	(void)from;
	if (!(msg->nlmsg_flags & NLM_F_CAPPED))
		skip += e->msg.nlmsg_len - sizeof(e->msg);
	skip = NLMSG_ALIGN(skip);
	if (!(msg->nlmsg_flags & NLM_F_ACK_TLVS) || skip > nlmsg_datalen(msg))
		skip = nlmsg_datalen(msg);
	kernel_says(h, e->error, (struct nlattr *)((char *)e + skip),
		    nlmsg_datalen(msg) - skip);
	h->done = true;
	return NL_STOP;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct dmtier *h = arg;

	(void)msg;
	h->done = true;
	return NL_STOP;
}

/* a dump that failed half way carries its error in the last message */
static int on_finish(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *n = nlmsg_hdr(msg);
	struct dmtier *h = arg;
	int err, skip = NLMSG_ALIGN(sizeof(err));

	h->done = true;
	if (nlmsg_datalen(n) < (int)sizeof(err))
		return NL_OK;
	memcpy(&err, nlmsg_data(n), sizeof(err));
	if (err < 0)
		kernel_says(h, err, (struct nlattr *)((char *)nlmsg_data(n) + skip),
			    n->nlmsg_flags & NLM_F_ACK_TLVS ? nlmsg_datalen(n) - skip : 0);
	return NL_OK;
}

static int on_reply(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *n = nlmsg_hdr(msg);
	struct dmtier *h = arg;
	struct genlmsghdr *g;
	int err;

	if (n->nlmsg_type != h->family || !genlmsg_valid_hdr(n, 0) || !h->decode)
		return NL_SKIP;
	g = genlmsg_hdr(n);
	err = h->decode(genlmsg_attrdata(g, 0), genlmsg_attrlen(g, 0), h->list);
	if (err && !h->result)
		h->result = fail(h, err, "reply of the kernel not understood: %s",
				 strerror(-err));
	return NL_OK;
}

/* what is left of a request that was given up is not for this one */
static int on_sequence(struct nl_msg *msg, void *arg)
{
	struct dmtier *h = arg;

	return nlmsg_hdr(msg)->nlmsg_seq == h->sequence ? NL_OK : NL_SKIP;
}

static int receive(struct dmtier *h)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int nle = 0;

	if (!cb)
		return fail(h, -ENOMEM, "out of memory");
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, h);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, h);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, h);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_reply, h);
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_sequence, h);
	while (!h->done && nle >= 0)
		nle = nl_recvmsgs(h->sock, cb);
	nl_cb_put(cb);
	if (h->result)
		return h->result;
	if (nle == -NLE_DUMP_INTR)
		return fail(h, -EINTR, "the pool kept changing while it was read; try again");
	if (nle < 0)
		return fail(h, dmtier_errno(nle), "netlink: %s", nl_geterror(nle));
	return 0;
}

static struct nl_msg *request(struct dmtier *h, int cmd, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (msg && genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, h->family, 0, flags, cmd,
			       DM_TIER_FAMILY_VERSION))
		return msg;
	nlmsg_free(msg);
	fail(h, -ENOMEM, "out of memory");
	return NULL;
}

/* sends @msg and takes in the answer; the caller keeps @msg */
static int transact(struct dmtier *h, struct nl_msg *msg, dmtier_decode_fn decode,
		    struct dmtier_list *list)
{
	int nle;

	h->decode = decode;
	h->list = list;
	h->result = 0;
	h->done = false;
	h->error[0] = 0;
	nle = nl_send_auto(h->sock, msg);
	if (nle < 0)
		return fail(h, dmtier_errno(nle), "netlink: %s", nl_geterror(nle));
	h->sequence = nlmsg_hdr(msg)->nlmsg_seq;
	return receive(h);
}

/* what the objects of a request are named by; zero means not said */
struct words {
	const char *pool;
	const char *tier;
	const char *dev;
	const char *key;
	const char *value;
	bool has_lun, has_sectors, has_range;
	uint32_t lun;
	uint64_t sectors, start, count;
};

static int put_string(struct nl_msg *msg, int attr, const char *text)
{
	return text ? nla_put_string(msg, attr, text) : 0;
}

static int put_words(struct nl_msg *msg, const struct words *w)
{
	int err = 0;

	err |= put_string(msg, DM_TIER_A_POOL, w->pool);
	err |= put_string(msg, DM_TIER_A_TIER, w->tier);
	err |= put_string(msg, DM_TIER_A_DEV, w->dev);
	err |= put_string(msg, DM_TIER_A_KEY, w->key);
	err |= put_string(msg, DM_TIER_A_VALUE, w->value);
	if (w->has_lun)
		err |= nla_put_u32(msg, DM_TIER_A_LUN, w->lun);
	if (w->has_sectors)
		err |= nla_put_u64(msg, DM_TIER_A_SECTORS, w->sectors);
	if (w->has_range) {
		err |= nla_put_u64(msg, DM_TIER_A_START, w->start);
		err |= nla_put_u64(msg, DM_TIER_A_COUNT, w->count);
	}
	return err;
}

static int ask(struct dmtier *h, int cmd, int flags, const struct words *w,
	       dmtier_decode_fn decode, struct dmtier_list *list)
{
	struct nl_msg *msg = request(h, cmd, flags);
	int err;

	if (!msg)
		return -ENOMEM;
	if (put_words(msg, w))
		err = fail(h, -EMSGSIZE, "the request is too long");
	else
		err = transact(h, msg, decode, list);
	nlmsg_free(msg);
	return err;
}

/* again when the kernel saw its lists change under the dump */
static int dump(struct dmtier *h, int cmd, const struct words *w, dmtier_decode_fn decode,
		struct dmtier_list *list)
{
	int i, err;

	for (i = 0; i < DUMP_TRIES; i++) {
		list->nr = 0;
		err = ask(h, cmd, NLM_F_DUMP, w, decode, list);
		if (err != -EINTR)
			break;
	}
	return err;
}

static struct words filter(const char *pool, uint32_t lun)
{
	return (struct words){
		.pool = pool, .lun = lun, .has_lun = lun != DMTIER_ANY_LUN,
	};
}

/* runs @fn, known to the compiler by its own type, over a collected list */
#define FOR_EACH(list, type, fn, arg, err) do {					\
	const type *r_ = (const type *)(list).data;				\
	for (size_t i_ = 0; !(err) && i_ < (list).nr; i_++)			\
		(err) = (fn)(&r_[i_], (arg));					\
	free((list).data);							\
} while (0)

int dmtier_pools(struct dmtier *h, const char *pool, dmtier_pool_fn fn, void *arg)
{
	struct dmtier_list list = { .size = sizeof(struct dmtier_pool) };
	struct words w = filter(pool, DMTIER_ANY_LUN);
	int err;

	if (pool)
		err = ask(h, DM_TIER_CMD_POOL_GET, NLM_F_ACK, &w, dmtier_decode_pool, &list);
	else
		err = dump(h, DM_TIER_CMD_POOL_GET, &w, dmtier_decode_pool, &list);
	FOR_EACH(list, struct dmtier_pool, fn, arg, err);
	return err;
}

int dmtier_tiers(struct dmtier *h, const char *pool, dmtier_tier_fn fn, void *arg)
{
	struct dmtier_list list = { .size = sizeof(struct dmtier_tier) };
	struct words w = filter(pool, DMTIER_ANY_LUN);
	int err = dump(h, DM_TIER_CMD_TIER_GET, &w, dmtier_decode_tier, &list);

	FOR_EACH(list, struct dmtier_tier, fn, arg, err);
	return err;
}

int dmtier_devs(struct dmtier *h, const char *pool, dmtier_dev_fn fn, void *arg)
{
	struct dmtier_list list = { .size = sizeof(struct dmtier_dev) };
	struct words w = filter(pool, DMTIER_ANY_LUN);
	int err = dump(h, DM_TIER_CMD_DEV_GET, &w, dmtier_decode_dev, &list);

	FOR_EACH(list, struct dmtier_dev, fn, arg, err);
	return err;
}

int dmtier_luns(struct dmtier *h, const char *pool, uint32_t lun, dmtier_lun_fn fn, void *arg)
{
	struct dmtier_list list = { .size = sizeof(struct dmtier_lun) };
	struct words w = filter(pool, lun);
	int err = dump(h, DM_TIER_CMD_LUN_GET, &w, dmtier_decode_lun, &list);

	FOR_EACH(list, struct dmtier_lun, fn, arg, err);
	return err;
}

int dmtier_heats(struct dmtier *h, const char *pool, uint32_t lun, dmtier_heat_fn fn, void *arg)
{
	struct dmtier_list list = { .size = sizeof(struct dmtier_heat) };
	struct words w = filter(pool, lun);
	int err = dump(h, DM_TIER_CMD_HEAT_GET, &w, dmtier_decode_heat, &list);

	FOR_EACH(list, struct dmtier_heat, fn, arg, err);
	return err;
}

/* logical extents that the LUN has, mapped or not */
static int lun_extents(struct dmtier *h, const char *pool, uint32_t lun, uint64_t *extents)
{
	struct dmtier_pool p;
	struct dmtier_lun l;
	int err = dmtier_pool_get(h, pool, &p);

	if (!err)
		err = dmtier_lun_get(h, pool, lun, &l);
	if (err)
		return err;
	if (!p.extent_sectors)
		return fail(h, -EBADMSG, "pool '%s' told no extent size", pool);
	*extents = l.sectors / p.extent_sectors + !!(l.sectors % p.extent_sectors);
	return 0;
}

/* in windows: memory stays bounded, and a change restarts only one of them */
int dmtier_extents(struct dmtier *h, const char *pool, uint32_t lun, uint64_t start,
		   uint64_t count, dmtier_extent_fn fn, void *arg)
{
	struct words w = filter(pool, lun);
	uint64_t extents, end;
	int err = lun_extents(h, pool, lun, &extents);

	end = err || start > extents ? start : extents;
	if (end - start > count)
		end = start + count;
	w.has_range = true;
	for (w.start = start; !err && w.start < end; w.start += w.count) {
		struct dmtier_list list = { .size = sizeof(struct dm_tier_extent_info) };

		w.count = end - w.start < EXTENT_WINDOW ? end - w.start : EXTENT_WINDOW;
		err = dump(h, DM_TIER_CMD_EXTENT_GET, &w, dmtier_decode_extents, &list);
		FOR_EACH(list, struct dm_tier_extent_info, fn, arg, err);
	}
	return err;
}

static int keep_pool(const struct dmtier_pool *pool, void *arg)
{
	*(struct dmtier_pool *)arg = *pool;
	return 0;
}

int dmtier_pool_get(struct dmtier *h, const char *pool, struct dmtier_pool *out)
{
	int err;

	out->name[0] = 0;
	err = dmtier_pools(h, pool, keep_pool, out);
	if (err == -ENOENT || err == -ENODEV || (!err && !out->name[0]))
		return fail(h, -ENOENT, "no pool '%s'", pool);
	return err;
}

static int keep_lun(const struct dmtier_lun *lun, void *arg)
{
	*(struct dmtier_lun *)arg = *lun;
	return 0;
}

int dmtier_lun_get(struct dmtier *h, const char *pool, uint32_t lun, struct dmtier_lun *out)
{
	int err;

	out->pool[0] = 0;
	err = dmtier_luns(h, pool, lun, keep_lun, out);
	if (err == -ENOENT || (!err && !out->pool[0]))
		return fail(h, -ENOENT, "no LUN %u in pool '%s'", lun, pool);
	return err;
}

struct dev_search {
	const char *dev;
	struct dmtier_dev *out;
	bool found;
};

static int keep_dev(const struct dmtier_dev *dev, void *arg)
{
	struct dev_search *s = arg;

	if (!strcmp(dev->dev, s->dev)) {
		*s->out = *dev;
		s->found = true;
	}
	return 0;
}

int dmtier_dev_get(struct dmtier *h, const char *pool, const char *dev, struct dmtier_dev *out)
{
	char number[DMTIER_DEV_LEN];
	struct dev_search s = { .dev = number, .out = out };
	int err = dmtier_dev_resolve(dev, number, sizeof(number));

	if (err)
		return fail(h, err, "%s: %s", dev, strerror(-err));
	err = dmtier_devs(h, pool, keep_dev, &s);
	if (!err && !s.found)
		return fail(h, -ENOENT, "%s is not a member of pool '%s'", dev, pool);
	return err;
}

static int change(struct dmtier *h, int cmd, const struct words *w)
{
	return ask(h, cmd, NLM_F_ACK, w, NULL, NULL);
}

int dmtier_lun_create(struct dmtier *h, const char *pool, uint32_t lun, uint64_t sectors)
{
	struct words w = { .pool = pool, .has_lun = true, .lun = lun,
			   .has_sectors = true, .sectors = sectors };

	return change(h, DM_TIER_CMD_LUN_CREATE, &w);
}

int dmtier_lun_delete(struct dmtier *h, const char *pool, uint32_t lun)
{
	struct words w = { .pool = pool, .has_lun = true, .lun = lun };

	return change(h, DM_TIER_CMD_LUN_DELETE, &w);
}

int dmtier_lun_resize(struct dmtier *h, const char *pool, uint32_t lun, uint64_t sectors)
{
	struct words w = { .pool = pool, .has_lun = true, .lun = lun,
			   .has_sectors = true, .sectors = sectors };

	return change(h, DM_TIER_CMD_LUN_RESIZE, &w);
}

int dmtier_lun_set(struct dmtier *h, const char *pool, uint32_t lun, const char *key,
		   const char *value)
{
	struct words w = { .pool = pool, .has_lun = true, .lun = lun,
			   .key = key, .value = value };

	return change(h, DM_TIER_CMD_LUN_SET, &w);
}

int dmtier_lun_migrate(struct dmtier *h, const char *pool, uint32_t lun, const char *tier)
{
	struct words w = { .pool = pool, .has_lun = true, .lun = lun, .tier = tier };

	return change(h, DM_TIER_CMD_LUN_MIGRATE, &w);
}

int dmtier_pool_set(struct dmtier *h, const char *pool, const char *key, const char *value)
{
	struct words w = { .pool = pool, .key = key, .value = value };

	return change(h, DM_TIER_CMD_POOL_SET, &w);
}

static int change_dev(struct dmtier *h, int cmd, const char *pool, const char *dev)
{
	char number[DMTIER_DEV_LEN];
	struct words w = { .pool = pool, .dev = number };
	int err = dmtier_dev_resolve(dev, number, sizeof(number));

	if (err)
		return fail(h, err, "%s: %s", dev, strerror(-err));
	return change(h, cmd, &w);
}

int dmtier_dev_evacuate(struct dmtier *h, const char *pool, const char *dev)
{
	return change_dev(h, DM_TIER_CMD_DEV_EVACUATE, pool, dev);
}

int dmtier_dev_cancel(struct dmtier *h, const char *pool, const char *dev)
{
	return change_dev(h, DM_TIER_CMD_DEV_CANCEL, pool, dev);
}

int dmtier_dev_remove(struct dmtier *h, const char *pool, const char *dev)
{
	return change_dev(h, DM_TIER_CMD_DEV_REMOVE, pool, dev);
}

int dmtier_dev_fail(struct dmtier *h, const char *pool, const char *dev)
{
	return change_dev(h, DM_TIER_CMD_DEV_FAIL, pool, dev);
}

int dmtier_dev_reinstate(struct dmtier *h, const char *pool, const char *dev)
{
	return change_dev(h, DM_TIER_CMD_DEV_REINSTATE, pool, dev);
}

/* errors with the kernel's sentence and without our own request echoed */
static void ask_for_sentences(struct nl_sock *sock)
{
	int on = 1, fd = nl_socket_get_fd(sock);

	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
}

int dmtier_open(struct dmtier **handle)
{
	struct dmtier *h = calloc(1, sizeof(*h));
	int nle;

	if (!h)
		return -ENOMEM;
	h->sock = nl_socket_alloc();
	if (!h->sock) {
		free(h);
		return -ENOMEM;
	}
	nle = genl_connect(h->sock);
	if (nle >= 0)
		nle = h->family = genl_ctrl_resolve(h->sock, DM_TIER_FAMILY_NAME);
	if (nle < 0) {
		dmtier_close(h);
		return dmtier_errno(nle);
	}
	ask_for_sentences(h->sock);
	nl_socket_set_msg_buf_size(h->sock, RECEIVE_BYTES);
	*handle = h;
	return 0;
}

void dmtier_close(struct dmtier *h)
{
	if (!h)
		return;
	nl_socket_free(h->sock);
	free(h);
}
