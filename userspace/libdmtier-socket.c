// SPDX-License-Identifier: GPL-2.0-only
/*
 * One socket to one family: requests and replies. What a family's requests say is
 * its own file's, what replies mean its decoder's.
 */
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

struct dmtier {
	const struct dmtier_family *family;
	struct nl_sock *sock;
	int type;		/* the family's number with this kernel */
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

int dmtier_fail(struct dmtier *h, int err, const char *format, ...)
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
		dmtier_fail(h, err, "%s", strerror(-err));
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

	if (n->nlmsg_type != h->type || !genlmsg_valid_hdr(n, 0) || !h->decode)
		return NL_SKIP;
	g = genlmsg_hdr(n);
	err = h->decode(genlmsg_attrdata(g, 0), genlmsg_attrlen(g, 0), h->list);
	if (err && !h->result)
		h->result = dmtier_fail(h, err, "reply of the kernel not understood: %s",
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
		return dmtier_fail(h, -ENOMEM, "out of memory");
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
		return dmtier_fail(h, -EINTR, "%s kept changing while it was read; try again",
				   h->family->what);
	if (nle < 0)
		return dmtier_fail(h, dmtier_errno(nle), "netlink: %s", nl_geterror(nle));
	return 0;
}

static struct nl_msg *request(struct dmtier *h, int cmd, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (msg && genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, h->type, 0, flags, cmd,
			       h->family->version))
		return msg;
	nlmsg_free(msg);
	dmtier_fail(h, -ENOMEM, "out of memory");
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
		return dmtier_fail(h, dmtier_errno(nle), "netlink: %s", nl_geterror(nle));
	h->sequence = nlmsg_hdr(msg)->nlmsg_seq;
	return receive(h);
}

int dmtier_ask(struct dmtier *h, const struct dmtier_request *r, int flags)
{
	struct nl_msg *msg;
	int err;

	if (h->family != r->family)
		return dmtier_fail(h, -EINVAL, "this handle is for %s, not for %s",
				   h->family->name, r->family->name);
	msg = request(h, r->cmd, flags);
	if (!msg)
		return -ENOMEM;
	if (r->family->put_words(msg, r->words))
		err = dmtier_fail(h, -EMSGSIZE, "the request is too long");
	else
		err = transact(h, msg, r->decode, r->list);
	nlmsg_free(msg);
	return err;
}

/* again when the kernel saw its lists change under the dump */
int dmtier_dump(struct dmtier *h, const struct dmtier_request *r)
{
	int i, err;

	for (i = 0; i < DUMP_TRIES; i++) {
		r->list->nr = 0;
		err = dmtier_ask(h, r, NLM_F_DUMP);
		if (err != -EINTR)
			break;
	}
	return err;
}

int dmtier_put_string(struct nl_msg *msg, int attr, const char *text)
{
	return text ? nla_put_string(msg, attr, text) : 0;
}

/* errors with the kernel's sentence and without our own request echoed */
static void ask_for_sentences(struct nl_sock *sock)
{
	int on = 1, fd = nl_socket_get_fd(sock);

	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
}

int dmtier_connect(const struct dmtier_family *family, struct dmtier **handle)
{
	struct dmtier *h = calloc(1, sizeof(*h));
	int nle;

	if (!h)
		return -ENOMEM;
	h->family = family;
	h->sock = nl_socket_alloc();
	if (!h->sock) {
		free(h);
		return -ENOMEM;
	}
	nle = genl_connect(h->sock);
	if (nle >= 0)
		nle = h->type = genl_ctrl_resolve(h->sock, family->name);
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
