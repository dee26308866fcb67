// SPDX-License-Identifier: GPL-2.0-only
/*
 * Metadata as plain records, and how they become a metadata device again: by the
 * module's own engine, as a pool that is made and filled.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "tier_file.h"
#include "tier_image.h"

#define BLANK_BLOCKS	32	/* at the start of what is written to: some formats begin late */
#define PUTS		256	/* of one transaction, if they fit */

struct tier_image_member *tier_image_add_member(struct tier_image *image, u32 index,
						const struct tier_member_record *rec)
{
	struct tier_image_member *m;
	u64 e;

	if (index >= TIER_MAX_MEMBERS || image->members[index])
		return NULL;
	m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->rec = *rec;
	m->owner = malloc(rec->extents * sizeof(*m->owner));
	m->heat = calloc(rec->extents, sizeof(*m->heat));
	if (!m->owner || !m->heat) {
		free(m->owner);
		free(m->heat);
		free(m);
		return NULL;
	}
	for (e = 0; e < rec->extents; e++)
		m->owner[e] = TIER_FREE;
	image->members[index] = m;
	return m;
}

struct tier_lun_record *tier_image_add_lun(struct tier_image *image,
					   const struct tier_lun_record *rec)
{
	struct tier_lun_record *luns;

	luns = realloc(image->luns, (image->nr_luns + 1) * sizeof(*luns));
	if (!luns)
		return NULL;
	image->luns = luns;
	luns[image->nr_luns] = *rec;
	return &luns[image->nr_luns++];
}

struct tier_lun_record *tier_image_lun(struct tier_image *image, u32 id)
{
	size_t i;

	for (i = 0; i < image->nr_luns; i++)
		if (image->luns[i].id == id)
			return &image->luns[i];
	return NULL;
}

void tier_image_free(struct tier_image *image)
{
	u32 i;

	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		if (!image->members[i])
			continue;
		free(image->members[i]->owner);
		free(image->members[i]->heat);
		free(image->members[i]);
	}
	free(image->luns);
	memset(image, 0, sizeof(*image));
}

int tier_image_take(struct tier_image *image, const struct tier_meta *meta)
{
	const struct tier_super *super = &meta->super;
	struct tier_image_member *m;
	u32 i;

	memset(image, 0, sizeof(*image));
	memcpy(image->uuid, super->uuid, TIER_UUID_LEN);
	image->generation = super->generation;
	image->extent_sectors = super->extent_sectors;
	image->ticks = super->ticks;
	image->blocks = super->blocks;
	image->pool = super->pool;
	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		const struct tier_meta_member *from = meta->members[i];

		if (!from || from->rec.state == TIER_MEMBER_NONE)
			continue;
		m = tier_image_add_member(image, i, &from->rec);
		if (!m)
			return -ENOMEM;
		memcpy(m->owner, from->owner, from->rec.extents * sizeof(*m->owner));
		memcpy(m->heat, from->heat, from->rec.extents * sizeof(*m->heat));
	}
	for (i = 0; i < meta->nr_lun_slots; i++)
		if (meta->luns[i] && !tier_image_add_lun(image, meta->luns[i]))
			return -ENOMEM;
	return 0;
}

/* -- onto a device -- */

/* puts that become transactions as large as they can be */
struct batch {
	struct tier_meta *meta;
	struct tier_put puts[PUTS];
	size_t nr;
};

static int batch_commit(struct batch *b)
{
	size_t n, done = 0;
	int err = 0;

	while (!err && done < b->nr) {
		n = tier_meta_room(b->puts + done, b->nr - done);
		err = tier_meta_commit(b->meta, b->puts + done, n);
		done += n;
	}
	b->nr = 0;
	return err;
}

static int batch_add(struct batch *b, const struct tier_put *put)
{
	b->puts[b->nr++] = *put;
	return b->nr == PUTS ? batch_commit(b) : 0;
}

/*
 * Indexes are in the members' headers, so they have to stay: what takes the place
 * of those that are not there is dropped again.
 */
static int write_members(struct tier_meta *meta, const struct tier_image *image)
{
	struct tier_member_record filler = { .state = TIER_MEMBER_ACTIVE, .extents = 1 };
	struct tier_member_record rec;
	u32 i, last = 0, index;
	int err = 0;

	for (i = 0; i < TIER_MAX_MEMBERS; i++)
		if (image->members[i])
			last = i;
	for (i = 0; !err && i <= last; i++) {
		rec = image->members[i] ? image->members[i]->rec : filler;
		if (!image->members[i] &&
		    getrandom(rec.uuid, sizeof(rec.uuid), 0) != sizeof(rec.uuid))
			return -EIO;
		err = tier_meta_add_member(meta, &rec, &index);
		if (!err && index != i)
			err = -EUCLEAN;
	}
	for (i = 0; !err && i <= last; i++)
		if (!image->members[i] && meta->members[i])
			err = tier_meta_drop_member(meta, i);
	return err;
}

static int write_luns(struct tier_meta *meta, const struct tier_image *image)
{
	struct tier_put put = { .kind = TIER_PUT_LUN };
	size_t i;
	int err = 0;

	if (image->nr_luns > meta->nr_lun_slots)
		return -ENOSPC;
	for (i = 0; !err && i < image->nr_luns; i++) {
		put.index = i;
		put.lun = &image->luns[i];
		err = tier_meta_commit(meta, &put, 1);
	}
	return err;
}

static int write_extents(struct tier_meta *meta, const struct tier_image *image)
{
	static struct batch batch;
	u64 e;
	u32 i;
	int err = 0;

	batch.meta = meta;
	batch.nr = 0;
	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		const struct tier_image_member *m = image->members[i];

		for (e = 0; !err && m && e < m->rec.extents; e++) {
			struct tier_put put = { .kind = TIER_PUT_EXTENT, .member = i, .index = e,
						.owner = m->owner[e] };

			if (put.owner == TIER_FREE)
				continue;
			meta->members[i]->heat[e] = m->heat[e];
			err = batch_add(&batch, &put);
		}
	}
	return err ? err : batch_commit(&batch);
}

/*
 * The device, with its superblocks in memory until all else is there and durable: cut
 * short it is blank at its start, and no part of a pool can be taken for the pool.
 */
struct target {
	struct tier_file file;
	const char *who;
	u8 super[TIER_SB_COPIES * TIER_BLOCK_SIZE];
};

static int target_read(void *ctx, unsigned int copy, u64 block, u32 count, void *buf)
{
	struct target *t = ctx;

	if (block >= TIER_SB_COPIES)
		return tier_file_ops.read(&t->file, copy, block, count, buf);
	if (count > TIER_SB_COPIES - block)
		return -EINVAL;
	memcpy(buf, t->super + block * TIER_BLOCK_SIZE, count * TIER_BLOCK_SIZE);
	return 0;
}

static u32 target_write(void *ctx, u32 copies, u64 block, u32 count, const void *buf, bool fua)
{
	struct target *t = ctx;

	if (block >= TIER_SB_COPIES)
		return tier_file_ops.write(&t->file, copies, block, count, buf, fua);
	if (count > TIER_SB_COPIES - block)
		return 0;
	memcpy(t->super + block * TIER_BLOCK_SIZE, buf, count * TIER_BLOCK_SIZE);
	return copies;
}

static u32 target_flush(void *ctx, u32 copies)
{
	struct target *t = ctx;

	return tier_file_ops.flush(&t->file, copies);
}

static void target_event(void *ctx, const char *what)
{
	struct target *t = ctx;

	fprintf(stderr, "%s: %s: %s\n", t->who, t->file.path[0], what);
}

static const struct tier_meta_ops target_ops = {
	.read = target_read,
	.write = target_write,
	.flush = target_flush,
	.event = target_event,
};

/* all at once there, or not at all: each lies in one sector, and one is enough */
static int target_finish(struct target *t)
{
	u32 n;

	if (!tier_file_ops.flush(&t->file, 1))
		return -EIO;
	for (n = 0; n < TIER_SB_COPIES; n++)
		if (!tier_file_ops.write(&t->file, 1, n, 1, t->super + n * TIER_BLOCK_SIZE, true))
			return -EIO;
	return 0;
}

/* no member's header may be ahead of it: the pool would be told for stale */
static u64 generation_of(const struct tier_image *image)
{
	u64 generation = image->generation;
	u32 i;

	for (i = 0; i < TIER_MAX_MEMBERS; i++)
		if (image->members[i])
			generation = max_t(u64, generation, image->members[i]->rec.generation);
	return generation;
}

/* an empty pool, all that it holds, and whether that loads */
static int write_pool(const struct tier_image *image, struct target *t)
{
	static struct tier_meta meta;
	struct tier_meta_params params = {
		.blocks = t->file.blocks, .extent_sectors = image->extent_sectors,
		.pool = image->pool,
	};
	int err;

	memcpy(params.uuid, image->uuid, TIER_UUID_LEN);
	err = tier_meta_format(&target_ops, t, 1, &params);
	if (err)
		return err;
	err = tier_meta_open(&meta, &target_ops, t, 1, t->file.blocks);
	if (!err) {
		meta.super.generation = generation_of(image);
		meta.super.ticks = image->ticks;
		err = tier_meta_start(&meta);
	}
	if (!err)
		err = write_members(&meta, image);
	if (!err)
		err = write_luns(&meta, image);
	if (!err)
		err = write_extents(&meta, image);
	if (!err)
		err = tier_meta_checkpoint(&meta, true);
	tier_meta_close(&meta);
	/* two places for one extent, say, are seen only now */
	if (!err) {
		err = tier_meta_open(&meta, &target_ops, t, 1, t->file.blocks);
		tier_meta_close(&meta);
	}
	/* a member twice; with us that is the code for what is not blank */
	return err == -EEXIST ? -EUCLEAN : err;
}

static int blank(const struct tier_file *file)
{
	static u8 blocks[BLANK_BLOCKS * TIER_BLOCK_SIZE];
	u32 n = min_t(u64, BLANK_BLOCKS, file->blocks);
	int err = tier_file_read(file->fd[0], 0, n, blocks);

	if (err)
		return err;
	return memchr_inv(blocks, 0, n * TIER_BLOCK_SIZE) ? -EEXIST : 0;
}

/* a file that is not there, as large as what the metadata was on; @made: it was not */
static int make_file(const char *path, u64 blocks, bool *made)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), err = 0;

	if (fd < 0)
		return errno == EEXIST ? 0 : -errno;
	*made = true;
	if (ftruncate(fd, blocks * TIER_BLOCK_SIZE))
		err = -errno;
	close(fd);
	return err;
}

static const char *why(int err)
{
	switch (err) {
	case -EEXIST:
		return "it is not blank in its first 128 KiB, and nothing is overwritten";
	case -ENOSPC:
		return "it is too small for this metadata";
	case -EINVAL:
	case -EUCLEAN:
		return "what is to be written cannot be";
	default:
		return strerror(-err);
	}
}

/* if it cannot be finished, what is there must not be taken for the pool */
static void take_back(const struct tier_file *file)
{
	static const u8 zero[TIER_SB_COPIES * TIER_BLOCK_SIZE];

	if (pwrite(file->fd[0], zero, sizeof(zero), 0) != sizeof(zero) || fsync(file->fd[0]))
		fprintf(stderr, "%s: and its start cannot be blanked: it is of no use\n",
			file->path[0]);
}

static int fill(const struct tier_image *image, struct target *t)
{
	int err = blank(&t->file);

	if (!err)
		err = write_pool(image, t);
	if (err)
		return err;
	err = target_finish(t);
	if (err)
		take_back(&t->file);
	return err;
}

int tier_image_write(const struct tier_image *image, const char *who, const char *path)
{
	static struct target target;
	bool made = false;
	int err;

	err = make_file(path, image->blocks, &made);
	if (err) {
		fprintf(stderr, "%s: %s: %s\n", who, path, strerror(-err));
		goto out;
	}
	memset(&target, 0, sizeof(target));
	target.who = who;
	err = tier_file_open(&target.file, who, path, NULL, TIER_FILE_WRITE);
	if (err)
		goto out;
	err = fill(image, &target);
	if (err)
		fprintf(stderr, "%s: %s: %s\n", who, path, why(err));
	tier_file_close(&target.file);
out:
	if (err && made)
		unlink(path);
	return err;
}
