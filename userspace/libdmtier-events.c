// SPDX-License-Identifier: GPL-2.0-only
/* The socket that listens to one family's events. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "libdmtier-private.h"

/* enough for some thousand events while the listener is busy */
#define EVENT_BUFFER	(4 << 20)

/* the usual way ends at rmem_max, which is enough for a hundred; ours needs CAP_NET_ADMIN */
static void make_room(struct nl_sock *sock)
{
	int size = EVENT_BUFFER;

	if (setsockopt(nl_socket_get_fd(sock), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		nl_socket_set_buffer_size(sock, size, 0);
}

struct dmtier_events {
	const struct dmtier_family *family;
	struct nl_sock *sock;
	struct nl_cb *cb;
	int type;			/* the family's number with this kernel */
	struct dmtier_list list;	/* decoded, not yet taken */
	size_t taken;
};

static int on_event(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *n = nlmsg_hdr(msg);
	struct dmtier_events *e = arg;
	struct genlmsghdr *g;

	if (n->nlmsg_type != e->type || !genlmsg_valid_hdr(n, 0))
		return NL_SKIP;
	g = genlmsg_hdr(n);
	if (g->cmd != e->family->event_cmd)
		return NL_SKIP;
	/* one that cannot be read shows as a gap in the numbers */
	if (e->family->decode_event(genlmsg_attrdata(g, 0), genlmsg_attrlen(g, 0), &e->list) &&
	    e->list.nr)
		e->list.nr--;
	return NL_OK;
}

static int no_sequence(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

static int join(struct dmtier_events *e)
{
	int nle = genl_connect(e->sock);

	if (nle >= 0)
		nle = e->type = genl_ctrl_resolve(e->sock, e->family->name);
	if (nle >= 0)
		nle = genl_ctrl_resolve_grp(e->sock, e->family->name, e->family->group);
	if (nle < 0)
		return dmtier_errno(nle);
	make_room(e->sock);
	nle = nl_socket_add_membership(e->sock, nle);
	if (nle >= 0)
		nle = nl_socket_set_nonblocking(e->sock);
	return dmtier_errno(nle);
}

int dmtier_events_connect(const struct dmtier_family *family, struct dmtier_events **events)
{
	struct dmtier_events *e = calloc(1, sizeof(*e));
	int err = -ENOMEM;

	if (!e)
		return err;
	e->family = family;
	e->list.size = family->event_size;
	e->sock = nl_socket_alloc();
	e->cb = nl_cb_alloc(NL_CB_DEFAULT);
	if (e->sock && e->cb) {
		nl_cb_set(e->cb, NL_CB_VALID, NL_CB_CUSTOM, on_event, e);
		nl_cb_set(e->cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, no_sequence, NULL);
		err = join(e);
	}
	if (err)
		dmtier_events_close(e);
	else
		*events = e;
	return err;
}

void dmtier_events_close(struct dmtier_events *e)
{
	if (!e)
		return;
	nl_socket_free(e->sock);
	nl_cb_put(e->cb);
	free(e->list.data);
	free(e);
}

int dmtier_events_fd(const struct dmtier_events *e)
{
	return nl_socket_get_fd(e->sock);
}

static int fill(struct dmtier_events *e)
{
	int nle;

	e->list.nr = 0;
	e->taken = 0;
	errno = 0;
	nle = nl_recvmsgs(e->sock, e->cb);
	if (nle == -NLE_AGAIN)
		return 0;
	/* an overrun is told once by the socket, which then goes on */
	if (nle == -NLE_NOMEM)
		return -ENOBUFS;
	return dmtier_errno(nle < 0 ? nle : 0);
}

int dmtier_events_take(struct dmtier_events *e, const struct dmtier_family *family, void *out)
{
	int err = 0;

	if (e->family != family)
		return -EINVAL;
	if (e->taken == e->list.nr)
		err = fill(e);
	if (err || e->taken == e->list.nr)
		return err;
	memcpy(out, e->list.data + e->taken++ * e->list.size, e->list.size);
	return 1;
}
