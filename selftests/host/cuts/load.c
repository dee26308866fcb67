// SPDX-License-Identifier: GPL-2.0
/*
 * load mark <disk> <first sector of the marks> <mark>
 * load <disk> <first sector of the marks> <pool> <seconds> <seed> <lun>:<sectors>...
 *
 * In the guest: threads that write, flush and discard on one LUN each, and say what
 * they are about to do and what has ended, so that the replayer knows at every
 * point of the log what has to be there. They say so by a write to the disk that is
 * logged, to a place where nothing else is. One more thread makes, resizes and
 * deletes LUNs of its own, ids from 100 on.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "history.h"

#define MAX_BYTES	(128 * 1024)

static const char *pool_name;
static time_t until;
static int control, marks;
static uint64_t marks_at;
static uint64_t numbers;

struct worker {
	pthread_t thread;
	unsigned int by;
	unsigned int lun;
	uint64_t sectors;
	unsigned int seed;
	int fd;
	char *buf;
};

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint32_t dice(struct worker *w, uint32_t sides)
{
	return rand_r(&w->seed) % sides;
}

/* 0 or -errno */
static int message(const char *device, const char *text)
{
	struct {
		struct dm_ioctl head;
		uint64_t sector;
		char text[256];
	} request;

	memset(&request, 0, sizeof(request));
	request.head.version[0] = DM_VERSION_MAJOR;
	request.head.data_size = sizeof(request);
	request.head.data_start = sizeof(request.head);
	snprintf(request.head.name, sizeof(request.head.name), "%s", device);
	snprintf(request.text, sizeof(request.text), "%s", text);
	return ioctl(control, DM_TARGET_MSG, &request) ? -errno : 0;
}

__attribute__((format(printf, 1, 2))) static void mark(const char *fmt, ...)
{
	static __thread char text[CUTS_SECTOR] __attribute__((aligned(CUTS_SECTOR)));
	va_list args;

	memset(text, 0, sizeof(text));
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (pwrite(marks, text, sizeof(text), marks_at * CUTS_SECTOR) != sizeof(text))
		die("mark");
}

__attribute__((format(printf, 1, 2))) static void pool(const char *fmt, ...)
{
	char text[128];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (message(pool_name, text))
		die(text);
}

static uint64_t number(void)
{
	return __atomic_add_fetch(&numbers, 1, __ATOMIC_SEQ_CST);
}

static void fill(struct worker *w, uint64_t sector, uint64_t count, uint64_t nr)
{
	struct cuts_sector *s = (struct cuts_sector *)w->buf;
	unsigned int i;

	for (; count--; s++, sector++) {
		s->magic = CUTS_MAGIC;
		s->lun = w->lun;
		s->sector = sector;
		s->number = nr;
		s->sum = cuts_sum(s);
		for (i = 0; i < sizeof(s->fill) / sizeof(*s->fill); i++)
			s->fill[i] = s->sum;
	}
}

/* where, and how much: mostly little, now and then whole extents */
static void place(struct worker *w, uint64_t *sector, uint64_t *count)
{
	if (dice(w, 8))
		*count = 8 * (1 + dice(w, 4));
	else
		*count = MAX_BYTES / CUTS_SECTOR / (1 + dice(w, 2));
	if (dice(w, 4))
		*sector = dice(w, w->sectors / 8) * 8;
	else
		*sector = dice(w, w->sectors / 128) * 128;
	if (*sector + *count > w->sectors)
		*count = w->sectors - *sector;
}

static void do_write(struct worker *w, int fua)
{
	uint64_t sector, count, nr = number();

	place(w, &sector, &count);
	fill(w, sector, count, nr);
	mark("%c,%u,%u,%llu,%llu,%llu", fua ? 'U' : 'W', w->by, w->lun, (unsigned long long)sector,
	     (unsigned long long)count, (unsigned long long)nr);
	if (fua) {
		/* with O_DSYNC: one FUA write, or a write and a flush of this LUN */
		int fd = w->fd + 1;

		if (pwrite(fd, w->buf, count * CUTS_SECTOR, sector * CUTS_SECTOR) !=
		    (ssize_t)(count * CUTS_SECTOR))
			die("write with FUA");
	} else if (pwrite(w->fd, w->buf, count * CUTS_SECTOR, sector * CUTS_SECTOR) !=
		   (ssize_t)(count * CUTS_SECTOR)) {
		die("write");
	}
	mark("E,%u", w->by);
}

static void do_discard(struct worker *w)
{
	uint64_t range[2], sector, count;

	place(w, &sector, &count);
	range[0] = sector * CUTS_SECTOR;
	range[1] = count * CUTS_SECTOR;
	mark("D,%u,%u,%llu,%llu,%llu", w->by, w->lun, (unsigned long long)sector,
	     (unsigned long long)count, (unsigned long long)number());
	if (ioctl(w->fd, BLKDISCARD, range))
		die("discard");
	mark("E,%u", w->by);
}

static void do_flush(struct worker *w)
{
	mark("F,%u,%u", w->by, w->lun);
	if (fsync(w->fd))
		die("flush");
	mark("A,%u", w->by);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	while (time(NULL) < until) {
		uint32_t what = dice(w, 20);

		if (what < 11)
			do_write(w, 0);
		else if (what < 15)
			do_write(w, 1);
		else if (what < 17)
			do_discard(w);
		else
			do_flush(w);
	}
	do_flush(w);
	return NULL;
}

/* LUNs that come and go; nobody writes to them */
static void *change(void *arg)
{
	struct worker *w = arg;
	uint64_t size[4] = { 0 };
	unsigned int i, lun;

	while (time(NULL) < until) {
		i = dice(w, 4);
		lun = 100 + i;
		if (!size[i]) {
			size[i] = 128 * (1 + dice(w, 64));
			mark("C,%u,%llu", lun, (unsigned long long)size[i]);
			pool("create_lun %u %llu", lun, (unsigned long long)size[i]);
			mark("M,%u", lun);
		} else if (dice(w, 2)) {
			size[i] = 128 * (1 + dice(w, 64));
			mark("R,%u,%llu", lun, (unsigned long long)size[i]);
			pool("resize_lun %u %llu", lun, (unsigned long long)size[i]);
			mark("S,%u", lun);
		} else {
			size[i] = 0;
			mark("X,%u", lun);
			pool("delete_lun %u", lun);
			mark("G,%u", lun);
		}
		usleep(20000 + dice(w, 100000));
	}
	return NULL;
}

static void worker_init(struct worker *w, unsigned int by, const char *word, unsigned int seed)
{
	char path[64];

	w->by = by;
	w->seed = seed * 1000 + by;
	if (!word)
		return;
	w->lun = strtoul(word, NULL, 10);
	w->sectors = strtoull(strchr(word, ':') + 1, NULL, 10);
	snprintf(path, sizeof(path), "/dev/mapper/lun%u", w->lun);
	w->fd = open(path, O_RDWR | O_DIRECT);
	if (w->fd < 0)
		die(path);
	/* the next number is the one for FUA: threads begin when all are open */
	if (open(path, O_RDWR | O_DIRECT | O_DSYNC) != w->fd + 1)
		die(path);
	if (posix_memalign((void **)&w->buf, 4096, MAX_BYTES))
		die("memory");
}

int main(int argc, char **argv)
{
	static struct worker workers[16];
	int i, n = argc - 6;
	bool only = argc == 5 && !strcmp(argv[1], "mark");

	if (!only && (n < 1 || n > 15))
		return 2;
	marks = open(argv[1 + only], O_RDWR | O_DIRECT);
	if (marks < 0)
		die(argv[1 + only]);
	marks_at = strtoull(argv[2 + only], NULL, 10);
	if (only) {
		mark("%s", argv[4]);
		return 0;
	}
	pool_name = argv[3];
	control = open("/dev/mapper/control", O_RDWR);
	if (control < 0)
		die("/dev/mapper/control");
	for (i = 0; i < n; i++)
		worker_init(&workers[i], i, argv[i + 6], atoi(argv[5]));
	worker_init(&workers[n], n, NULL, atoi(argv[5]));
	until = time(NULL) + atoi(argv[4]);
	for (i = 0; i <= n; i++)
		if (pthread_create(&workers[i].thread, NULL, i < n ? work : change, &workers[i]))
			die("thread");
	for (i = 0; i <= n; i++)
		pthread_join(workers[i].thread, NULL);
	printf("%llu writes and discards\n", (unsigned long long)numbers);
	return 0;
}
