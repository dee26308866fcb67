/* SPDX-License-Identifier: GPL-2.0-only */
/* The ledger's writers die at any moment, while the kernel goes on: in shared memory */
#ifndef TESTS_LEDGER_KILLS_H
#define TESTS_LEDGER_KILLS_H

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct source {
	volatile uint64_t ticks;	/* all counters follow from it */
	volatile uint64_t booked;	/* the last that surely was */
	volatile uint64_t samples;
};

typedef void (*source_writer)(const char *path, struct source *source);

/* kills a writer @later than @alive is seen to move */
static inline void kill_one(const char *path, struct source *source, source_writer write,
			    const volatile uint64_t *alive, useconds_t later)
{
	uint64_t before = *alive;
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid)
		write(path, source);
	/* starting up takes long under valgrind, and where others keep the host busy */
	for (int wait = 0; wait < 120000 && *alive == before; wait++)
		usleep(500);
	usleep(later);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	/* it must have been us: anything else is a failure of its own */
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_true(*alive > before);
}

static inline void kill_writers(const char *path, int kills, unsigned int longest_us,
				source_writer write,
				void (*check)(const char *path, const struct source *source))
{
	struct source *source = mmap(NULL, sizeof(*source), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned int seed = 20240531;

	assert_ptr_not_equal(source, MAP_FAILED);
	for (int i = 0; i < kills; i++) {
		/* on a busy host, few would book a sample if none were waited for */
		kill_one(path, source, write, i % 2 ? &source->samples : &source->ticks,
			 (useconds_t)rand_r(&seed) % longest_us);
		check(path, source);
	}
	print_message("%d kills, %llu ticks, %llu samples booked\n", kills,
		      (unsigned long long)source->ticks, (unsigned long long)source->samples);
	munmap(source, sizeof(*source));
}

#endif
