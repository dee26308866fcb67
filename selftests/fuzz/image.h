/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Metadata devices that lie: a few pools, each with one edit after the other done to
 * it. An input is the edits, so that it is small; the checksums behind them are
 * mended, else no edit would be seen by more than the checksum's check.
 */
#ifndef FUZZ_IMAGE_H
#define FUZZ_IMAGE_H

#include "input.h"
#include "tier_image.h"

#define IMAGE_BLOCKS	192
#define IMAGE_MEMBERS	3

struct image {
	u32 copies;
	u8 *copy[TIER_META_COPIES];		/* mapped from memory files */
	char path[TIER_META_COPIES][32];
	u8 *member[IMAGE_MEMBERS];		/* first blocks of the members */
	char member_path[IMAGE_MEMBERS][32];
	struct tier_image truth;		/* before the edits */
	bool lies;				/* an edit was sealed: what it says is not true */
	bool journal_hurt;			/* in a way that only looks like a crash */
};

/* I/O on a struct image */
extern const struct tier_meta_ops image_ops;

/* edit one of the pools as @in says; image_undo() before the next */
struct image *image_make(struct input *in);
void image_undo(void);

/* let the superblocks have the sum of the tables as they are */
void image_mend_sum(struct image *image);

/* a memory file of zeroes, and its path */
u8 *image_file(size_t mapped, size_t size, char path[32]);

/* what was written to a file; it must load */
void image_load(struct tier_image *to, const char *path);

/* not a word of all the programs say is wanted */
void image_quiet(void);

const char *image_differs(struct tier_image *a, struct tier_image *b);

/* the programs, as if they were called: exit codes; NULL ends the words */
int run_check(const char *word, ...);
int run_dump(FILE *out, const char *word, ...);

#endif
