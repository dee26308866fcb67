// SPDX-License-Identifier: GPL-2.0-only
/* The HTTP side under requests that are badly made, cut off, too many, or not allowed */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tierd-peer.h"
#include "tierd-path.h"

#define LIMIT_S		60	/* of every wait: longer than an idle connection is kept */
#define CUT_OFF		300	/* many times the connections that there may be */
#define END		"Host: localhost\r\nConnection: close\r\n\r\n"

static struct config config;
static struct paths paths;
static struct tierd d = { .paths = &paths };
static uint16_t port;
static pid_t server;
static struct { int err; uid_t uid; } peer;	/* as the server sees it */
static int log_pipe[2] = { -1, -1 };

void tierd_log(int priority, const char *format, ...)
{
	va_list args;

	(void)priority;
	va_start(args, format);
	vdprintf(log_pipe[1], format, args);
	va_end(args);
}

/* in place of the kernel's word, which test_peer.c is about */
int peer_uid(int fd, uid_t *uid)
{
	(void)fd;
	*uid = peer.uid;
	return peer.err;
}

static struct sockaddr_in loopback(void)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static int new_socket(void)
{
	struct timeval limit = { .tv_sec = LIMIT_S };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)), 0);
	return fd;
}

/* one that nobody has */
static uint16_t free_port(void)
{
	struct sockaddr_in address = loopback();
	socklen_t len = sizeof(address);
	int fd = new_socket();

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static int call(const char *request, size_t len)
{
	struct sockaddr_in address = loopback();
	int fd = new_socket();

	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	/* the other side may have heard enough before we are done */
	(void)!send(fd, request, len, MSG_NOSIGNAL);
	return fd;
}

/* the status, -1 for an end without one */
static int status_of(const char *request, size_t len)
{
	int fd = call(request, len), status = -1;
	char answer[16] = "";
	size_t got = 0;
	ssize_t n;

	while (got < 12 && (n = recv(fd, answer + got, 12 - got, 0)) > 0)
		got += (size_t)n;
	close(fd);
	return sscanf(answer, "HTTP/1.%*d %d", &status) == 1 ? status : -1;
}

static int status(const char *request)
{
	return status_of(request, strlen(request));
}

static int start(void **state)
{
	int ready[2];
	char c;

	(void)state;
	port = 0;
	port = free_port();
	config.http_port = port;
	config.interval = 10;
	if (pipe(ready))
		return -1;
	server = fork();
	if (!server) {
		if (sd_event_default(&d.event) < 0 || escalate_new(&d) || http_start(&d) ||
		    write(ready[1], "", 1) != 1)
			_exit(1);
		_exit(sd_event_loop(d.event) < 0);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		return -1;
	close(ready[0]);
	return 0;
}

static int stop(void **state)
{
	int how;

	(void)state;
	kill(server, SIGKILL);
	return waitpid(server, &how, 0) == server && WIFSIGNALED(how) &&
	       WTERMSIG(how) == SIGKILL ? 0 : -1;
}

static void badly_made(void **state)
{
	static const char nul[] = "GET /\0\0 HTTP/1.1\r\n" END;

	(void)state;
	assert_int_equal(status("GET /metrics HTTP/1.1\r\n" END), 200);
	assert_int_equal(status("GET / HTTP/1.1\r\n" END), 200);
	assert_int_equal(status("GET /healthz HTTP/1.1\r\n" END), 503);
	assert_int_equal(status("GET /../../etc/passwd HTTP/1.1\r\n" END), 404);
	assert_int_equal(status("POST / HTTP/1.1\r\nContent-Length: 2\r\n" END "ab"), 405);
	assert_int_equal(status("DELETE / HTTP/1.1\r\n" END), 405);
	assert_int_equal(status("GET / HTTP/1.1\r\nHost: x.example\r\n\r\n"), 403);
	assert_int_equal(status("GET / HTTP/1.1\r\nHost: localhost.x.example\r\n\r\n"), 403);
	assert_int_equal(status("POST / HTTP/1.1\r\nContent-Length: -1\r\n" END), 400);
	assert_true(status("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n" END) >=
		    400);
	status_of(nul, sizeof(nul) - 1);
	status("\x16\x03\x01\r\n\r\n");
	assert_int_equal(status("GET /metrics HTTP/1.1\r\n" END), 200);
}

/* answered, not left hanging */
static void too_long(void **state)
{
	static const char *const begin[] = { "GET /", "GET / HTTP/1.1\r\nX: " };
	size_t len = 200000;
	char *text = malloc(len);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < 2; i++) {
		memset(text, 'a', len);
		memcpy(text, begin[i], strlen(begin[i]));
		assert_int_equal(status_of(text, len), i ? 431 : 414);
	}
	free(text);
}

/* the end of each is seen at once; all of them by time-out would be long after our limit */
static void cut_off(void **state)
{
	static const char *const begin[] = { "", "GET", "GET / HTTP/1.1\r\nHost: ", "POST /\r" };

	(void)state;
	for (int i = 0; i < CUT_OFF; i++)
		close(call(begin[i % 4], strlen(begin[i % 4])));
	assert_int_equal(status("GET /metrics HTTP/1.1\r\n" END), 200);
}

/* all connections taken by who says nothing more: they are put out, and others let in */
static void slow(void **state)
{
	int fd[64];

	(void)state;
	for (int i = 0; i < 64; i++)
		fd[i] = call("GET / HT", 8);
	assert_int_equal(status("GET /metrics HTTP/1.1\r\n" END), 200);
	for (int i = 0; i < 64; i++)
		close(fd[i]);
	assert_int_equal(status("GET /metrics HTTP/1.1\r\n" END), 200);
}

/* the sentence behind the headers */
static void sentence_of(const char *request, char *out, size_t len)
{
	int fd = call(request, strlen(request));
	char answer[4096], *body;
	size_t got = 0;
	ssize_t n;

	while (got < sizeof(answer) - 1 &&
	       (n = recv(fd, answer + got, sizeof(answer) - 1 - got, 0)) > 0)
		got += (size_t)n;
	close(fd);
	answer[got] = '\0';
	body = strstr(answer, "\r\n\r\n");
	assert_non_null(body);
	snprintf(out, len, "%s", body + 4);
}

static int start_as(void **state, int err, uid_t uid)
{
	peer.err = err;
	peer.uid = uid;
	config.nr_http_users = 1;
	config.http_user[0] = 1234;
	return start(state);
}

static int start_named(void **state) { return start_as(state, 0, 1234); }
static int start_other(void **state) { return start_as(state, 0, 1235); }
static int start_gone(void **state) { return start_as(state, -ENOENT, 0); }

static int start_blind(void **state)
{
	return pipe(log_pipe) ? -1 : start_as(state, -EOPNOTSUPP, 0);
}

static int stop_as(void **state)
{
	memset(&peer, 0, sizeof(peer));
	config.nr_http_users = 0;
	return stop(state);
}

static void named_user(void **state)
{
	(void)state;
	assert_int_equal(status("GET /metrics HTTP/1.1\r\n" END), 200);
	assert_int_equal(status("GET / HTTP/1.1\r\n" END), 200);
}

static void nobody_else(void **state)
{
	static const char *const paths[] = { "/", "/metrics", "/healthz", "/x" };
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" END, paths[i]);
		assert_int_equal(status(text), 403);
	}
	assert_int_equal(status("POST / HTTP/1.1\r\nContent-Length: 2\r\n" END "ab"), 403);
	assert_int_equal(status("GET /metrics HTTP/1.0\r\n\r\n"), 403);
	sentence_of("GET / HTTP/1.1\r\n" END, text, sizeof(text));
	assert_non_null(strstr(text, "http_users"));
}

static void who_has_gone(void **state)
{
	(void)state;
	assert_int_equal(status("GET /metrics HTTP/1.1\r\n" END), 403);
}

/* a kernel that cannot be asked: all are refused, and the log says why, once */
static void cannot_be_asked(void **state)
{
	char text[1024] = "";
	ssize_t n;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(status("GET /metrics HTTP/1.1\r\n" END), 403);
	sentence_of("GET / HTTP/1.1\r\n" END, text, sizeof(text));
	assert_non_null(strstr(text, "its log"));
	n = read(log_pipe[0], text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	assert_non_null(strstr(text, "tcp_diag"));
	assert_null(strstr(strstr(text, "tcp_diag") + 1, "tcp_diag"));
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(badly_made), TEST(too_long), TEST(cut_off), TEST(slow),
		cmocka_unit_test_setup_teardown(named_user, start_named, stop_as),
		cmocka_unit_test_setup_teardown(nobody_else, start_other, stop_as),
		cmocka_unit_test_setup_teardown(who_has_gone, start_gone, stop_as),
		cmocka_unit_test_setup_teardown(cannot_be_asked, start_blind, stop_as),
	};

	d.config = &config;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
