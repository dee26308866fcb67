// SPDX-License-Identifier: GPL-2.0-only
/* The HTTP side under requests that are badly made, cut off, or too many */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tierd.h"

#define LIMIT_S		60	/* of every wait: longer than an idle connection is kept */
#define CUT_OFF		300	/* many times the connections that there may be */
#define END		"Host: localhost\r\nConnection: close\r\n\r\n"

static struct config config;
static struct tierd d;
static uint16_t port;
static pid_t server;

void tierd_log(int priority, const char *format, ...)
{
	(void)priority;
	(void)format;
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

#define TEST(name)	cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(badly_made), TEST(too_long), TEST(cut_off), TEST(slow),
	};

	d.config = &config;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
