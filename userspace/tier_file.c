// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tier_file.h"

static int tier_file_size(int fd, u64 *bytes)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	*bytes = st.st_size;
	if (S_ISREG(st.st_mode))
		return 0;
	if (!S_ISBLK(st.st_mode))
		return -ENOTBLK;
	return ioctl(fd, BLKGETSIZE64, bytes) ? -errno : 0;
}

int tier_file_open_one(const char *who, const char *path, unsigned int flags, u64 *bytes)
{
	int mode = flags & TIER_FILE_WRITE ? O_RDWR : O_RDONLY;
	struct stat st;
	int fd, err;

	/* on a block device O_EXCL asks the kernel whether a pool has it */
	if (!(flags & TIER_FILE_LIVE) && !stat(path, &st) && S_ISBLK(st.st_mode))
		mode |= O_EXCL;
	fd = open(path, mode | O_CLOEXEC);
	err = fd < 0 ? -errno : tier_file_size(fd, bytes);
	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	if (err == -EBUSY)
		fprintf(stderr, "%s: %s is in use: remove the pool first, or use --live to look at what may be half-written\n",
			who, path);
	else
		fprintf(stderr, "%s: %s: %s\n", who, path,
			err == -ENOTBLK ? "neither a block device nor a file" : strerror(-err));
	return err;
}

int tier_file_open(struct tier_file *file, const char *who, const char *path,
		   const char *mirror, unsigned int flags)
{
	u64 bytes;
	int i;

	memset(file, 0, sizeof(*file));
	file->fd[0] = file->fd[1] = -1;
	file->path[0] = path;
	file->path[1] = mirror;
	file->blocks = ~0ULL;
	for (i = 0; i < TIER_META_COPIES; i++) {
		if (!file->path[i])
			continue;
		file->fd[i] = tier_file_open_one(who, file->path[i], flags, &bytes);
		if (file->fd[i] < 0) {
			int err = file->fd[i];

			tier_file_close(file);
			return err;
		}
		file->copies |= BIT(i);
		file->blocks = min_t(u64, file->blocks, bytes / TIER_BLOCK_SIZE);
	}
	return 0;
}

void tier_file_close(struct tier_file *file)
{
	int i;

	for (i = 0; i < TIER_META_COPIES; i++) {
		if (file->fd[i] >= 0)
			close(file->fd[i]);
		file->fd[i] = -1;
	}
}

int tier_file_read(int fd, u64 block, u32 count, void *buf)
{
	size_t left = (size_t)count * TIER_BLOCK_SIZE;
	off_t at = block * TIER_BLOCK_SIZE;
	u8 *to = buf;

	while (left) {
		ssize_t n = pread(fd, to, left, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		to += n;
		at += n;
		left -= n;
	}
	return 0;
}

static int tier_file_op_read(void *ctx, unsigned int copy, u64 block, u32 count, void *buf)
{
	struct tier_file *file = ctx;
	int err = tier_file_read(file->fd[copy], block, count, buf);

	file->read_errors += err && count == 1;
	return err;
}

static int tier_file_write_one(int fd, u64 block, u32 count, const void *buf, bool fua)
{
	size_t left = (size_t)count * TIER_BLOCK_SIZE;
	off_t at = block * TIER_BLOCK_SIZE;
	const u8 *from = buf;

	while (left) {
		ssize_t n = pwrite(fd, from, left, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		from += n;
		at += n;
		left -= n;
	}
	return fua && fdatasync(fd) ? -errno : 0;
}

static u32 tier_file_op_write(void *ctx, u32 copies, u64 block, u32 count, const void *buf,
			      bool fua)
{
	struct tier_file *file = ctx;
	u32 took = 0;
	int i;

	for (i = 0; i < TIER_META_COPIES; i++)
		if (copies & BIT(i) &&
		    !tier_file_write_one(file->fd[i], block, count, buf, fua))
			took |= BIT(i);
	return took;
}

static u32 tier_file_op_flush(void *ctx, u32 copies)
{
	struct tier_file *file = ctx;
	u32 did = 0;
	int i;

	for (i = 0; i < TIER_META_COPIES; i++)
		if (copies & BIT(i) && !fdatasync(file->fd[i]))
			did |= BIT(i);
	return did;
}

static void tier_file_op_event(void *ctx, const char *what)
{
	struct tier_file *file = ctx;

	if (file->event)
		file->event(file, what);
}

const struct tier_meta_ops tier_file_ops = {
	.read = tier_file_op_read,
	.write = tier_file_op_write,
	.flush = tier_file_op_flush,
	.event = tier_file_op_event,
};

const char *const tier_state_names[TIER_STATES] = {
	"none", "active", "draining", "drained", "failed", "removed",
};

void tier_uuid_text(const u8 *uuid, char to[37])
{
	int i;

	for (i = 0; i < TIER_UUID_LEN; i++)
		to += sprintf(to, "%02x%s", uuid[i], i == 3 || i == 5 || i == 7 || i == 9 ? "-" : "");
}
