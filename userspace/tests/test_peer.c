// SPDX-License-Identifier: GPL-2.0-only
/* Who is at the other end of a connection: the kernel's own word */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tierd-peer.h"

#define OTHER	65534

struct fixture {
	int listener, client, server;
	struct sockaddr_in address;
};

static void connect_to(struct fixture *f, uint32_t from)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(from) };

	f->client = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(f->client, (struct sockaddr *)&here, sizeof(here)), 0);
	assert_int_equal(connect(f->client, (struct sockaddr *)&f->address, sizeof(f->address)),
			 0);
	f->server = accept(f->listener, NULL, NULL);
	assert_true(f->server >= 0);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	socklen_t len = sizeof(f->address);

	f->address.sin_family = AF_INET;
	f->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	f->listener = socket(AF_INET, SOCK_STREAM, 0);
	if (f->listener < 0 || bind(f->listener, (struct sockaddr *)&f->address, len) ||
	    getsockname(f->listener, (struct sockaddr *)&f->address, &len) ||
	    listen(f->listener, 5))
		return -1;
	f->client = -1;
	f->server = -1;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	close(f->listener);
	if (f->client >= 0)
		close(f->client);
	if (f->server >= 0)
		close(f->server);
	free(f);
	return 0;
}

/* a kernel without tcp_diag has nothing to test, but must say so */
static void need_diag(struct fixture *f)
{
	uid_t uid;

	connect_to(f, INADDR_LOOPBACK);
	if (peer_uid(f->server, &uid) == -EOPNOTSUPP)
		skip();
	close(f->client);
	close(f->server);
}

static void our_own(void **state)
{
	struct fixture *f = *state;
	uid_t uid = 12345;

	need_diag(f);
	connect_to(f, INADDR_LOOPBACK);
	assert_int_equal(peer_uid(f->server, &uid), 0);
	assert_int_equal(uid, geteuid());
	/* said all, but still there to hear */
	assert_int_equal(shutdown(f->client, SHUT_WR), 0);
	assert_int_equal(peer_uid(f->server, &uid), 0);
	assert_int_equal(uid, geteuid());
}

/* any address of the loopback network will do, and it is no other connection's */
static void by_address(void **state)
{
	struct fixture *f = *state;
	uid_t uid = 12345;

	need_diag(f);
	connect_to(f, INADDR_LOOPBACK + 7);
	assert_int_equal(peer_uid(f->server, &uid), 0);
	assert_int_equal(uid, geteuid());
}

/* of a socket that was closed the kernel tells root: that is nobody */
static void gone(void **state)
{
	struct fixture *f = *state;
	uid_t uid;

	need_diag(f);
	connect_to(f, INADDR_LOOPBACK);
	close(f->client);
	f->client = -1;
	assert_int_equal(peer_uid(f->server, &uid), -ENOENT);
}

/* nor whoever listens on the port that the other end had */
static void gone_and_listened_on(void **state)
{
	struct sockaddr_in here;
	socklen_t len = sizeof(here);
	struct fixture *f = *state;
	int one = 1, other;
	uid_t uid;

	need_diag(f);
	connect_to(f, INADDR_LOOPBACK);
	assert_int_equal(getsockname(f->client, (struct sockaddr *)&here, &len), 0);
	/* reset, so that nothing of the connection is left on that side */
	assert_int_equal(setsockopt(f->client, SOL_SOCKET, SO_LINGER,
				    &(struct linger){ .l_onoff = 1 }, sizeof(struct linger)), 0);
	close(f->client);
	f->client = -1;
	other = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(other, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(other, (struct sockaddr *)&here, sizeof(here)), 0);
	assert_int_equal(listen(other, 1), 0);
	assert_true(peer_uid(f->server, &uid) < 0);
	close(other);
}

static void another_user(void **state)
{
	struct fixture *f = *state;
	int ready[2];
	uid_t uid = 0;
	pid_t pid;
	char c;

	if (geteuid())
		skip();
	need_diag(f);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		int fd;

		close(ready[1]);
		if (setuid(OTHER))
			_exit(1);
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(fd, (struct sockaddr *)&f->address, sizeof(f->address)))
			_exit(1);
		_exit(read(ready[0], &c, 1) != 0);
	}
	close(ready[0]);
	f->client = -1;
	f->server = accept(f->listener, NULL, NULL);
	assert_int_equal(peer_uid(f->server, &uid), 0);
	assert_int_equal(uid, OTHER);
	close(ready[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void no_connection(void **state)
{
	struct fixture *f = *state;
	uid_t uid;

	assert_true(peer_uid(f->listener, &uid) < 0);
	assert_true(peer_uid(-1, &uid) < 0);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(our_own), TEST(by_address), TEST(gone), TEST(gone_and_listened_on),
		TEST(another_user), TEST(no_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
