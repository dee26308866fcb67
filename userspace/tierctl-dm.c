// SPDX-License-Identifier: GPL-2.0-only
/* Maps through libdevmapper, their devices, and the kernel's reason when it refuses one. */
#include <errno.h>
#include <fcntl.h>
#include <libdevmapper.h>
#include <linux/dm-ioctl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tierctl.h"
#include "tierctl-meta.h"

#define REASONS_MAX	4
#define NO_ERRNO	(-1)	/* it failed, and libdevmapper keeps to itself how */

extern char **environ;

static char first_log[256];
static int kmsg = -1;

/* libdevmapper's complaint about a task is kept for our own sentence */
__attribute__((format(printf, 5, 6)))
static void keep_log(int level, const char *file, int line, int class, const char *format, ...)
{
	va_list args;

	(void)file;
	(void)line;
	(void)class;
	if ((level & 7) > 3 || *first_log)
		return;
	va_start(args, format);
	vsnprintf(first_log, sizeof(first_log), format, args);
	va_end(args);
}

/* a table's fault is told in the kernel's log alone: mark where the log ends */
void dm_begin(void)
{
	dm_log_with_errno_init(keep_log);
	if (kmsg < 0)
		kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg >= 0)
		lseek(kmsg, 0, SEEK_END);
}

void dm_end(void)
{
	dm_task_update_nodes();
	dm_lib_release();
	reason_forget();
	if (kmsg >= 0)
		close(kmsg);
	kmsg = -1;
}

/*
 * What may be a pool's, by one block of one, is never said to be wiped: a device
 * named in the wrong place, or metadata that was damaged, is refused in the same
 * words as something else's.
 */
static void advise(const char *dev)
{
	struct meta_look look;

	if (meta_look(dev, &look))
		return;
	if (look.ours)
		fprintf(stderr, "  %s has parts of a tier pool: look with tier_check or tier_dump "
			"before anything else\n", dev);
	else
		fprintf(stderr, "  if its data may go: wipefs -a %s; "
			"dd if=/dev/zero of=%s bs=4096 count=1\n", dev, dev);
}

/* what the kernel logged about our targets since dm_begin() */
static void print_reasons(void)
{
	char record[4096], line[8192], *text;
	const char *holds;
	int shown = 0;
	ssize_t n;

	while (kmsg >= 0 && shown < REASONS_MAX) {
		n = read(kmsg, record, sizeof(record) - 1);
		if (n < 0 && errno == EPIPE)	/* overwritten meanwhile: go on */
			continue;
		if (n <= 0)
			break;
		record[n] = 0;
		text = strchr(record, ';');
		if (!text)
			continue;
		text[strcspn(text, "\n")] = 0;
		if (!reason_text(text + 1, line, sizeof(line), &holds))
			continue;
		fprintf(stderr, "  kernel: %s\n", line);
		if (holds)
			advise(holds);
		shown++;
	}
}

/* a table is loaded by a task inside the task: its errno is in the complaint alone */
static const char *logged_errno(void)
{
	const char *failed = strstr(first_log, "failed: ");

	return failed ? failed + strlen("failed: ") : "no reason is known";
}

static int complain(const char *what, const char *name, int err)
{
	int code;

	if (err == EPERM || err == EACCES)
		return ctl_fail(CTL_DENIED, -err, "this needs root", "cannot %s map '%s'", what,
				name);
	if (err == NO_ERRNO)
		code = ctl_fail(CTL_FAILED, 0, NULL, "cannot %s map '%s': the kernel refused: %s",
				what, name, logged_errno());
	else
		code = ctl_fail(ctl_code(-err), -err, NULL, "cannot %s map '%s'", what, name);
	print_reasons();
	return code;
}

static struct dm_task *task(int type, const char *name)
{
	struct dm_task *dmt = dm_task_create(type);

	first_log[0] = 0;
	if (dmt && name && !dm_task_set_name(dmt, name)) {
		dm_task_destroy(dmt);
		return NULL;
	}
	return dmt;
}

/*
 * Who is root may still lack what it takes, in a container say. So the kernel is
 * asked, which refuses even to tell its version.
 */
bool dm_denied(void)
{
	struct dm_ioctl version = {
		.version = { DM_VERSION_MAJOR },
		.data_size = sizeof(version),
		.data_start = sizeof(version),
	};
	int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
	bool denied;

	if (fd < 0)
		return geteuid() || errno == EPERM || errno == EACCES;
	denied = ioctl(fd, DM_VERSION, &version) && (errno == EPERM || errno == EACCES);
	close(fd);
	return denied;
}

static bool read_info(const char *name, struct dm_map *map)
{
	struct dm_task *dmt = task(DM_DEVICE_TABLE, name);
	char *target, *params;
	uint64_t start, length;
	struct dm_info info;
	bool ok = false;

	if (dmt && dm_task_run(dmt) && dm_task_get_info(dmt, &info) && info.exists) {
		dm_get_next_target(dmt, NULL, &start, &length, &target, &params);
		snprintf(map->name, sizeof(map->name), "%s", name);
		snprintf(map->dev, sizeof(map->dev), "%u:%u", info.major, info.minor);
		snprintf(map->target, sizeof(map->target), "%s", target ? target : "");
		map->sectors = target ? length : 0;
		map->params = strdup(params ? params : "");
		map->open_count = info.open_count;
		ok = map->params;
	}
	if (dmt)
		dm_task_destroy(dmt);
	return ok;
}

bool dm_find(const char *name, struct dm_map *map)
{
	memset(map, 0, sizeof(*map));
	return read_info(name, map);
}

void dm_map_free(struct dm_map *map)
{
	free(map->params);
	map->params = NULL;
}

/* the pool device takes no data I/O: nobody is to look for a filesystem on it */
static uint16_t udev_flags(const char *target)
{
	if (strcmp(target, "tier-pool"))
		return 0;
	return DM_UDEV_DISABLE_DISK_RULES_FLAG | DM_UDEV_DISABLE_SUBSYSTEM_RULES_FLAG |
	       DM_UDEV_DISABLE_OTHER_RULES_FLAG;
}

/* runs a task that ends in a uevent, and waits for udev; 0, errno or NO_ERRNO */
static int run_synced(struct dm_task *dmt, uint16_t flags)
{
	uint32_t cookie = 0;
	int err = 0;

	if (!dm_task_set_cookie(dmt, &cookie, flags))
		return dm_denied() ? EPERM : ENOMEM;
	if (!dm_task_run(dmt))
		err = dm_task_get_errno(dmt) ?: NO_ERRNO;
	dm_udev_wait(cookie);
	return err;
}

int dm_create_map(const char *name, const char *target, uint64_t sectors, const char *params)
{
	struct dm_task *dmt = task(DM_DEVICE_CREATE, name);
	int err = ENOMEM;

	if (dmt && dm_task_add_target(dmt, 0, sectors, target, params) &&
	    dm_task_set_add_node(dmt, DM_ADD_NODE_ON_CREATE))
		err = run_synced(dmt, udev_flags(target));
	if (dmt)
		dm_task_destroy(dmt);
	return err ? complain("create", name, err) : CTL_OK;
}

static int load(const char *name, const char *target, uint64_t sectors, const char *params)
{
	struct dm_task *dmt = task(DM_DEVICE_RELOAD, name);
	int err = ENOMEM;

	if (dmt && dm_task_add_target(dmt, 0, sectors, target, params))
		err = dm_task_run(dmt) ? 0 : dm_task_get_errno(dmt) ?: NO_ERRNO;
	if (dmt)
		dm_task_destroy(dmt);
	return err;
}

/*
 * I/O that waits for a path would fail in any other suspend, and what freezes a
 * filesystem may itself wait for one.
 */
static bool no_flush(struct dm_task *dmt, const char *target)
{
	return strcmp(target, "mpath-ext") ||
	       (dm_task_no_flush(dmt) && dm_task_skip_lockfs(dmt));
}

static int suspend(const char *name, const char *target)
{
	struct dm_task *dmt = task(DM_DEVICE_SUSPEND, name);
	int err = ENOMEM;

	if (dmt && no_flush(dmt, target))
		err = dm_task_run(dmt) ? 0 : dm_task_get_errno(dmt) ?: NO_ERRNO;
	if (dmt)
		dm_task_destroy(dmt);
	return err;
}

static int resume(const char *name, const char *target)
{
	struct dm_task *dmt = task(DM_DEVICE_RESUME, name);
	int err = ENOMEM;

	if (dmt)
		err = run_synced(dmt, udev_flags(target));
	if (dmt)
		dm_task_destroy(dmt);
	return err;
}

/* drops a table that was loaded and is not to be used */
static void clear(const char *name)
{
	struct dm_task *dmt = task(DM_DEVICE_CLEAR, name);

	if (!dmt)
		return;
	(void)dm_task_run(dmt);
	dm_task_destroy(dmt);
}

int dm_reload_map(const char *name, const char *target, uint64_t sectors, const char *params)
{
	int err = load(name, target, sectors, params);

	if (err)
		return complain("load a new table for", name, err);
	err = suspend(name, target);
	if (err) {
		clear(name);
		return complain("suspend", name, err);
	}
	err = resume(name, target);
	if (!err)
		return CTL_OK;
	complain("resume", name, err);
	/* without the new table the old one may still come back */
	clear(name);
	if (resume(name, target))
		fprintf(stderr, "  map '%s' stays suspended; `dmsetup resume %s` tries again\n",
			name, name);
	return CTL_FAILED;
}

int dm_remove_map(const char *name)
{
	struct dm_task *dmt = task(DM_DEVICE_REMOVE, name);
	int err = ENOMEM;

	if (dmt && dm_task_retry_remove(dmt))
		err = run_synced(dmt, 0);
	if (dmt)
		dm_task_destroy(dmt);
	return err ? complain("remove", name, err) : CTL_OK;
}

static bool lun_of(const struct dm_map *map, const char *pool_dev, uint32_t *lun)
{
	char dev[64];

	return !strcmp(map->target, "tier") &&
	       sscanf(map->params, "%63s %u", dev, lun) == 2 && !strcmp(dev, pool_dev);
}

static int visit(const char *name, const char *pool_dev, uint32_t lun,
		 int (*fn)(const struct dm_map *map, uint32_t lun, void *arg), void *arg)
{
	struct dm_map map;
	uint32_t id;
	int err = 0;

	if (!dm_find(name, &map))
		return 0;
	if (lun_of(&map, pool_dev, &id) && (lun == DMTIER_ANY_LUN || lun == id))
		err = fn(&map, id, arg);
	dm_map_free(&map);
	return err;
}

int dm_each_lun_map(const char *pool_dev, uint32_t lun,
		    int (*fn)(const struct dm_map *map, uint32_t lun, void *arg), void *arg)
{
	struct dm_task *dmt = task(DM_DEVICE_LIST, NULL);
	struct dm_names *names = NULL;
	int err = 0;

	if (dmt && dm_task_run(dmt))
		names = dm_task_get_names(dmt);
	while (!err && names && names->dev) {
		err = visit(names->name, pool_dev, lun, fn, arg);
		if (!names->next)
			break;
		names = (struct dm_names *)((char *)names + names->next);
	}
	if (dmt)
		dm_task_destroy(dmt);
	return err;
}

void load_module(const char *name, const char *sys)
{
	char *argv[] = { "modprobe", "-q", (char *)name, NULL };
	pid_t pid;

	if (!access(sys, F_OK))
		return;
	if (!posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ))
		waitpid(pid, NULL, 0);
}

int dev_to_number(char **dev, void *arg)
{
	char number[DMTIER_DEV_LEN];
	int err = dmtier_dev_resolve(*dev, number, sizeof(number));

	(void)arg;
	if (err)
		return ctl_fail(ctl_code(err), err, "a block device is wanted", "%s", *dev);
	reason_call(number, *dev);
	free(*dev);
	*dev = strdup(number);
	return *dev ? CTL_OK : ctl_fail(CTL_FAILED, -ENOMEM, NULL, "%s", number);
}

uint64_t dev_size(const char *dev)
{
	unsigned long long size = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/dev/block/%s/size", dev);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%llu", &size) != 1)
		size = 0;
	if (f)
		fclose(f);
	return size;
}

int dev_sectors(const char *dev, uint64_t *sectors)
{
	*sectors = dev_size(dev);
	return *sectors ? CTL_OK : ctl_fail(CTL_ABSENT, 0, "`lsblk` shows the disks",
					    "there is no disk %s, or it is empty", dev);
}
