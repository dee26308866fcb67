/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Metadata devices (block devices or files) for the engine in user space.
 */
#ifndef TIER_FILE_H
#define TIER_FILE_H

#include "tier-meta.h"

struct tier_file {
	int fd[TIER_META_COPIES];	/* -1: not given */
	const char *path[TIER_META_COPIES];
	u32 copies;
	u64 blocks;			/* of the smaller one */
	u64 read_errors;
	void (*event)(struct tier_file *file, const char *what);	/* may be NULL */
	void *priv;
};

enum tier_file_flags {
	TIER_FILE_WRITE	= 1,
	TIER_FILE_LIVE	= 2,	/* although a pool may be using it */
};

extern const struct tier_meta_ops tier_file_ops;

/* 0, or -errno with the reason on stderr, after "@who: " */
int tier_file_open(struct tier_file *file, const char *who, const char *path,
		   const char *mirror, unsigned int flags);
void tier_file_close(struct tier_file *file);

/* one device: its size in bytes; -errno with the reason on stderr */
int tier_file_open_one(const char *who, const char *path, unsigned int flags, u64 *bytes);
/* whole blocks at @block; 0 or -errno */
int tier_file_read(int fd, u64 block, u32 count, void *buf);

/* of members, by enum tier_member_state; those that can be on disk */
#define TIER_STATES	(TIER_MEMBER_REMOVED + 1)
extern const char *const tier_state_names[TIER_STATES];

void tier_uuid_text(const u8 *uuid, char to[37]);

#endif
