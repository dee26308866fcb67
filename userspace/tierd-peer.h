/* SPDX-License-Identifier: GPL-2.0-only */
/* Which user is at the other end of a TCP connection over loopback */
#ifndef TIERD_PEER_H
#define TIERD_PEER_H

#include <sys/types.h>

/**
 * peer_uid() - who has the other end
 * @fd: our end of a connection over IPv4 inside this host
 * @uid: the user who made the socket of the other end
 *
 * Asks the kernel (sock_diag), and waits for nothing else. Return: 0; -ENOENT if
 * nobody holds the other end any more; -EOPNOTSUPP if this kernel cannot be asked,
 * since it has no tcp_diag; another -errno.
 */
int peer_uid(int fd, uid_t *uid);

#endif
