// SPDX-License-Identifier: GPL-2.0-only
/* A program that was started with its standard files closed */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "std.h"

enum { OPENED_LOW = 10, STDOUT_TAKES, STDIN_GIVES };

static void closed(int which)
{
	for (int fd = 0; fd < 3; fd++)
		if (which & 1 << fd)
			close(fd);
	std_keep();
	if (open("/dev/null", O_RDWR) < 3)
		_exit(OPENED_LOW);
	if (which & 2 && (write(1, "x", 1) >= 0 || errno != EBADF))
		_exit(STDOUT_TAKES);
	if (which & 1 && read(0, &which, 1) >= 0)
		_exit(STDIN_GIVES);
	_exit(0);
}

static void stay_out_of_the_way(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	for (int which = 0; which < 8; which++) {
		pid = fork();
		assert_true(pid >= 0);
		if (!pid)
			closed(which);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stay_out_of_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
