// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is at the other end
 *
 * TCP has no credentials, but over loopback the other end is a socket of this
 * host, too, and inet_diag tells whose. The question names both addresses and
 * ports, so that the answer is about this connection and no other.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "tierd-peer.h"

struct end {
	struct inet_diag_sockid id;
	struct inet_diag_msg found;
	bool any;
	int error;
};

static int take_found(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *n = nlmsg_hdr(msg);
	struct end *e = arg;

	if (n->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    nlmsg_datalen(n) < (int)sizeof(e->found))
		return NL_SKIP;
	memcpy(&e->found, nlmsg_data(n), sizeof(e->found));
	e->any = true;
	return NL_STOP;
}

static int take_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *arg)
{
	struct end *e = arg;

	(void)from;
	e->error = error->error;
	return NL_STOP;
}

static int no_sequence(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

/* the answer waits on the socket when the question has been sent */
static int exchange(struct nl_sock *sock, struct nl_cb *cb, struct end *e)
{
	struct inet_diag_req_v2 req = {
		.sdiag_family = AF_INET,
		.sdiag_protocol = IPPROTO_TCP,
		.idiag_states = ~0U,
		.id = e->id,
	};

	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, take_found, e);
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, no_sequence, NULL);
	nl_cb_err(cb, NL_CB_CUSTOM, take_error, e);
	nl_socket_disable_auto_ack(sock);
	if (nl_connect(sock, NETLINK_SOCK_DIAG) < 0)
		return -EOPNOTSUPP;
	if (nl_socket_set_nonblocking(sock) < 0 ||
	    nl_send_simple(sock, SOCK_DIAG_BY_FAMILY, 0, &req, sizeof(req)) < 0)
		return -EIO;
	nl_recvmsgs(sock, cb);
	if (e->error)
		return e->error;
	return e->any ? 0 : -EIO;
}

static int look_up(struct end *e)
{
	struct nl_sock *sock = nl_socket_alloc();
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int err = -ENOMEM;

	if (sock && cb)
		err = exchange(sock, cb, e);
	if (cb)
		nl_cb_put(cb);
	nl_socket_free(sock);
	return err;
}

static void name_end(struct end *e, const struct sockaddr_in *from, const struct sockaddr_in *to)
{
	memset(e, 0, sizeof(*e));
	e->id.idiag_sport = from->sin_port;
	e->id.idiag_dport = to->sin_port;
	e->id.idiag_src[0] = from->sin_addr.s_addr;
	e->id.idiag_dst[0] = to->sin_addr.s_addr;
	e->id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
	e->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
}

/*
 * Without a connection of these addresses the kernel names whoever listens on
 * the port, and of a socket that was closed it tells root: neither is an answer.
 */
static bool is_held(const struct end *e)
{
	return e->found.idiag_state != TCP_LISTEN && e->found.idiag_inode &&
	       e->found.id.idiag_sport == e->id.idiag_sport &&
	       e->found.id.idiag_dport == e->id.idiag_dport;
}

int peer_uid(int fd, uid_t *uid)
{
	struct sockaddr_in ours = { 0 }, theirs = { 0 };
	socklen_t len = sizeof(ours), their_len = sizeof(theirs);
	struct end e;
	int err;

	if (getsockname(fd, (struct sockaddr *)&ours, &len) ||
	    getpeername(fd, (struct sockaddr *)&theirs, &their_len))
		return -errno;
	if (ours.sin_family != AF_INET || theirs.sin_family != AF_INET)
		return -EAFNOSUPPORT;
	name_end(&e, &theirs, &ours);
	err = look_up(&e);
	if (!err) {
		*uid = e.found.idiag_uid;
		return is_held(&e) ? 0 : -ENOENT;
	}
	if (err != -ENOENT)
		return err;
	/* nobody there, or no tcp_diag? Our own end is there for certain. */
	name_end(&e, &ours, &theirs);
	return look_up(&e) == -ENOENT ? -EOPNOTSUPP : -ENOENT;
}
