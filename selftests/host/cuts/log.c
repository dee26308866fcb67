// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "log.h"

#define SECTOR		512
#define LOG_MAGIC	0x6a736677736872ULL

struct disk_super {
	uint64_t magic, version, entries;
	uint32_t sector_size;
};

struct disk_entry {
	uint64_t sector, count, flags, unused;
};

static const void *log_sector(const struct log *log, uint64_t sector, uint64_t count)
{
	if (count > log->bytes / SECTOR || sector > log->bytes / SECTOR - count)
		return NULL;
	return log->at + sector * SECTOR;
}

int log_open(struct log *log, const char *path)
{
	const struct disk_super *super;
	int fd = open(path, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		perror(path);
		return 1;
	}
	log->bytes = st.st_size;
	log->at = mmap(NULL, log->bytes, PROT_READ, MAP_PRIVATE, fd, 0);
	super = (const struct disk_super *)log->at;
	if (log->at == MAP_FAILED || log->bytes < SECTOR || super->magic != LOG_MAGIC ||
	    super->sector_size != SECTOR) {
		fprintf(stderr, "%s holds no log\n", path);
		return 1;
	}
	log->left = super->entries;
	log->sector = 1;
	return 0;
}

int log_next(struct log *log, struct log_entry *entry)
{
	const struct disk_entry *disk;

	if (!log->left)
		return 0;
	log->left--;
	disk = log_sector(log, log->sector, 1);
	if (!disk)
		return -1;
	memset(entry, 0, sizeof(*entry));
	entry->sector = disk->sector;
	entry->count = disk->count;
	entry->flags = disk->flags;
	log->sector++;
	if (entry->flags & LOG_DISCARD || !entry->count)
		return 1;
	entry->data = log_sector(log, log->sector, entry->count);
	log->sector += entry->count;
	return entry->data ? 1 : -1;
}
