// SPDX-License-Identifier: GPL-2.0
/*
 * tenants <pool> <extent sectors> <cycles> <seed> <tier> <tier>
 *
 * Two consumers of one pool, a thread each, whose LUNs come and go, grow, shrink,
 * are written, discarded and moved. Each looks at all that it can read: every
 * sector is what it wrote there last, or zero where it never wrote or has
 * discarded since. What either gives up, the other soon gets.
 *
 * Exit status: 0; 1 if somebody read what it must not, or something else failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <libdevmapper.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SECTOR		512
#define LUNS		3	/* of each tenant */
#define MAX_EXTENTS	12
#define MAGIC		0x746e616e65740a00ULL

struct stamp {
	uint64_t magic;
	uint64_t lun;
	uint64_t life;		/* of the LUN of that id */
	uint64_t sector;
	uint64_t number;
	uint64_t again[59];	/* @number */
};

struct lun {
	unsigned int id;
	uint64_t life;
	uint64_t sectors;	/* 0: it is not there */
	int fd;
	uint64_t *number;	/* of the last write to each sector; 0: none */
	bool *maybe_zero;	/* discarded since */
};

struct tenant {
	pthread_t thread;
	unsigned int name;
	unsigned int seed;
	struct lun luns[LUNS];
	char *buf;
	uint64_t numbers;
	uint64_t looked;	/* sectors */
	uint64_t made;
};

static const char *pool, *tiers[2];
static uint64_t extent, cycles, room;
/* libdevmapper keeps a list of nodes to make */
static pthread_mutex_t dm_lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	exit(1);
}

static uint64_t dice(struct tenant *t, uint64_t sides)
{
	return rand_r(&t->seed) % sides;
}

/* -- device-mapper -- */

static bool run(int type, const char *name, const char *message, uint64_t sectors,
		const char *params)
{
	struct dm_task *task;
	bool done;

	pthread_mutex_lock(&dm_lock);
	task = dm_task_create(type);
	done = task && dm_task_set_name(task, name) &&
	       (!message || (dm_task_set_message(task, message) && dm_task_set_sector(task, 0))) &&
	       (!params || dm_task_add_target(task, 0, sectors, "tier", params)) &&
	       dm_task_run(task);
	if (task)
		dm_task_destroy(task);
	dm_task_update_nodes();
	pthread_mutex_unlock(&dm_lock);
	return done;
}

__attribute__((format(printf, 1, 2))) static void tell(const char *fmt, ...)
{
	char message[128];
	va_list args;

	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	if (!run(DM_DEVICE_TARGET_MSG, pool, message, 0, NULL))
		die("refused: %s", message);
}

static void name_of(const struct lun *lun, char *name)
{
	sprintf(name, "tenant%u", lun->id);
}

static void map_lun(struct lun *lun)
{
	char name[32], path[64], params[160];

	name_of(lun, name);
	snprintf(params, sizeof(params), "/dev/mapper/%s %u", pool, lun->id);
	if (!run(DM_DEVICE_CREATE, name, NULL, lun->sectors, params))
		die("%s: not made", name);
	snprintf(path, sizeof(path), "/dev/mapper/%s", name);
	lun->fd = open(path, O_RDWR | O_DIRECT);
	if (lun->fd < 0)
		die("%s: %s", path, strerror(errno));
}

static void unmap_lun(struct lun *lun)
{
	char name[32];

	name_of(lun, name);
	close(lun->fd);
	if (!run(DM_DEVICE_REMOVE, name, NULL, 0, NULL))
		die("%s: not removed", name);
}

/* -- what is there -- */

static const char *wrong(const struct lun *lun, uint64_t sector, const struct stamp *s)
{
	static const struct stamp zero;
	unsigned int i;

	if (!memcmp(s, &zero, sizeof(zero)))
		return lun->number[sector] && !lun->maybe_zero[sector] ? "lost" : NULL;
	if (s->magic != MAGIC)
		return "what nobody here wrote";
	if (s->lun != lun->id)
		return s->lun / 10 == lun->id / 10 ? "another LUN's" : "the other tenant's";
	if (s->life != lun->life)
		return "of a LUN that was deleted";
	if (s->sector != sector)
		return "of another place";
	if (s->number != lun->number[sector])
		return "of another time";
	for (i = 0; i < sizeof(s->again) / sizeof(*s->again); i++)
		if (s->again[i] != s->number)
			return "torn";
	return NULL;
}

static void look(struct tenant *t, struct lun *lun, uint64_t sector, uint64_t count)
{
	const struct stamp *s = (const struct stamp *)t->buf;
	ssize_t bytes = count * SECTOR;
	const char *bad;
	uint64_t i;

	if (pread(lun->fd, t->buf, bytes, sector * SECTOR) != bytes)
		die("LUN %u: read: %s", lun->id, strerror(errno));
	for (i = 0; i < count; i++) {
		bad = wrong(lun, sector + i, &s[i]);
		if (bad)
			die("LUN %u, life %llu, sector %llu: %s (LUN %llu, life %llu, sector %llu)",
			    lun->id, (unsigned long long)lun->life,
			    (unsigned long long)(sector + i), bad, (unsigned long long)s[i].lun,
			    (unsigned long long)s[i].life, (unsigned long long)s[i].sector);
	}
	t->looked += count;
}

static void look_at_all(struct tenant *t, struct lun *lun)
{
	look(t, lun, 0, lun->sectors);
}

/* -- what is done -- */

static void place(struct tenant *t, const struct lun *lun, uint64_t *sector, uint64_t *count)
{
	if (dice(t, 3)) {
		*sector = dice(t, lun->sectors / 8) * 8;
		*count = 8 * (1 + dice(t, 6));
	} else {
		*sector = dice(t, lun->sectors / extent) * extent;
		*count = extent * (1 + dice(t, 2));
	}
	if (*count > lun->sectors - *sector)
		*count = lun->sectors - *sector;
}

static void do_make(struct tenant *t, struct lun *lun)
{
	lun->sectors = extent * (1 + dice(t, MAX_EXTENTS));
	lun->life = ++t->made;
	memset(lun->number, 0, room * sizeof(*lun->number));
	memset(lun->maybe_zero, 0, room * sizeof(*lun->maybe_zero));
	tell("create_lun %u %llu", lun->id, (unsigned long long)lun->sectors);
	map_lun(lun);
}

static void do_delete(struct tenant *t, struct lun *lun)
{
	look_at_all(t, lun);
	unmap_lun(lun);
	tell("delete_lun %u", lun->id);
	lun->sectors = 0;
}

static void do_resize(struct tenant *t, struct lun *lun)
{
	uint64_t i, was = lun->sectors;

	unmap_lun(lun);
	lun->sectors = extent * (1 + dice(t, MAX_EXTENTS));
	tell("resize_lun %u %llu", lun->id, (unsigned long long)lun->sectors);
	/* what is cut off is gone: after growing again zeros are there, and nothing else */
	for (i = lun->sectors; i < was; i++) {
		lun->number[i] = 0;
		lun->maybe_zero[i] = false;
	}
	map_lun(lun);
	look_at_all(t, lun);
}

static void do_write(struct tenant *t, struct lun *lun)
{
	struct stamp *s = (struct stamp *)t->buf;
	uint64_t sector, count, i;
	unsigned int a;

	place(t, lun, &sector, &count);
	t->numbers++;
	for (i = 0; i < count; i++, s++) {
		*s = (struct stamp){ MAGIC, lun->id, lun->life, sector + i, t->numbers, { 0 } };
		for (a = 0; a < sizeof(s->again) / sizeof(*s->again); a++)
			s->again[a] = t->numbers;
		lun->number[sector + i] = t->numbers;
		lun->maybe_zero[sector + i] = false;
	}
	if (pwrite(lun->fd, t->buf, count * SECTOR, sector * SECTOR) != (ssize_t)(count * SECTOR))
		die("LUN %u: write: %s", lun->id, strerror(errno));
	/* all of the extents, the parts that were not written too */
	look(t, lun, sector / extent * extent, extent);
}

static void do_discard(struct tenant *t, struct lun *lun)
{
	uint64_t sector, count, range[2], i;

	place(t, lun, &sector, &count);
	range[0] = sector * SECTOR;
	range[1] = count * SECTOR;
	if (ioctl(lun->fd, BLKDISCARD, range))
		die("LUN %u: discard: %s", lun->id, strerror(errno));
	for (i = 0; i < count; i++)
		lun->maybe_zero[sector + i] = true;
}

static void *live(void *arg)
{
	struct tenant *t = arg;
	uint64_t cycle;
	unsigned int i;

	for (cycle = 0; cycle < cycles; cycle++) {
		struct lun *lun = &t->luns[dice(t, LUNS)];
		uint64_t what = dice(t, 100);

		if (!lun->sectors)
			do_make(t, lun);
		else if (what < 55)
			do_write(t, lun);
		else if (what < 75)
			do_discard(t, lun);
		else if (what < 85)
			tell("migrate_lun %u %s", lun->id, tiers[dice(t, 2)]);
		else if (what < 90)
			look_at_all(t, lun);
		else if (what < 93)
			do_resize(t, lun);
		else
			do_delete(t, lun);
	}
	for (i = 0; i < LUNS; i++)
		if (t->luns[i].sectors)
			do_delete(t, &t->luns[i]);
	return NULL;
}

static void *zalloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		die("out of memory");
	return p;
}

int main(int argc, char **argv)
{
	static struct tenant tenants[2];
	unsigned int t, i;

	if (argc != 7)
		return 2;
	pool = argv[1];
	extent = strtoull(argv[2], NULL, 10);
	cycles = strtoull(argv[3], NULL, 10) / 2;
	tiers[0] = argv[5];
	tiers[1] = argv[6];
	room = extent * MAX_EXTENTS;
	for (t = 0; t < 2; t++) {
		tenants[t].name = t;
		tenants[t].seed = atoi(argv[4]) * 2 + t;
		if (posix_memalign((void **)&tenants[t].buf, 4096, room * SECTOR))
			die("out of memory");
		for (i = 0; i < LUNS; i++) {
			tenants[t].luns[i].id = 10 * (t + 1) + i;
			tenants[t].luns[i].number = zalloc(room, sizeof(uint64_t));
			tenants[t].luns[i].maybe_zero = zalloc(room, sizeof(bool));
		}
		if (pthread_create(&tenants[t].thread, NULL, live, &tenants[t]))
			die("no thread");
	}
	for (t = 0; t < 2; t++)
		pthread_join(tenants[t].thread, NULL);
	printf("%llu cycles, %llu LUNs made, %llu sectors looked at\n",
	       (unsigned long long)cycles * 2,
	       (unsigned long long)(tenants[0].made + tenants[1].made),
	       (unsigned long long)(tenants[0].looked + tenants[1].looked));
	return 0;
}
