/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stand-ins for what the kernel has and the files that read table lines and messages
 * need of it, and of the rest of the modules: no more than they use. Headers of the
 * modules that could not be had without the whole kernel count as included.
 */
#ifndef FUZZ_KERNEL_H
#define FUZZ_KERNEL_H

#define TIER_DEV_H
#define TIER_POOL_H
#define TIER_TARGET_H
#define MPATH_COMMAND_H
#define MPATH_TARGET_H

#include <strings.h>
#include <sys/types.h>

#include "tier-portable-user.h"
#include "tier-format.h"
#include "tier-err.h"
#include "mpath-conf.h"

#define U64_MAX			(~0ULL)
#define TIER_META_COPIES	2

#define GFP_KERNEL		0
#define kvzalloc(size, gfp)	calloc(1, (size))
#define kvfree(p)		free(p)
#define kfree(p)		free(p)

struct list_head {
	struct list_head *next, *prev;
};

#define list_for_each_entry(pos, head, member)					\
	for (pos = container_of((head)->next, __typeof__(*pos), member);	\
	     &pos->member != (head);						\
	     pos = container_of(pos->member.next, __typeof__(*pos), member))

static inline int kstrtoull(const char *word, unsigned int base, u64 *number)
{
	char *end;

	errno = 0;
	*number = strtoull(word, &end, base);
	if (errno)
		return -errno;
	return *end ? -EINVAL : 0;
}

__printf(2, 3) char *kasprintf(int gfp, const char *fmt, ...);

/* the log; what stands there must not look like another line */
void kernel_log(const char *fmt, ...);
#define DMERR(...)		kernel_log(__VA_ARGS__)

/* -- device-mapper -- */

#define DM_NAME_LEN		128

struct block_device {
	dev_t bd_dev;
	u64 sectors;
};

struct dm_dev {
	struct block_device *bdev;
};

struct mapped_device;

struct dm_table {
	struct mapped_device *md;
};

struct dm_target {
	struct dm_table *table;
	char *error;
};

struct dm_arg_set {
	unsigned int argc;
	char **argv;
};

static inline const char *dm_shift_arg(struct dm_arg_set *as)
{
	if (!as->argc)
		return NULL;
	as->argc--;
	return *as->argv++;
}

static inline u64 bdev_nr_sectors(const struct block_device *bdev)
{
	return bdev->sectors;
}

static inline struct mapped_device *dm_table_get_md(struct dm_table *table)
{
	return table->md;
}

static inline int dm_copy_name_and_uuid(struct mapped_device *md, char *name, char *uuid)
{
	(void)uuid;
	strcpy(name, "fuzz");
	return md ? -ENXIO : 0;
}

static inline const char *dm_device_name(struct mapped_device *md)
{
	return md ? "253:0" : "";
}

extern int kernel_devs;		/* that are open */
int tier_dev_open(struct dm_target *ti, const char *word, struct dm_dev **dev);
void dm_put_device(struct dm_target *ti, struct dm_dev *dev);

/* -- tier-pool.h, tier-target.h -- */

struct tier_features {
	bool read_only;
	bool error_if_no_space;
	bool skip_zeroing;
	bool no_discard_passdown;
};

struct tier_table_tier {
	char name[TIER_NAME_LEN];
	unsigned int nr_devs;
	struct dm_dev *devs[TIER_MAX_TIER_DEVS];
};

struct tier_pool_target {
	struct dm_target *ti;
	struct dm_dev *meta[TIER_META_COPIES];
	u64 extent_sectors;
	struct tier_features features;
	unsigned int nr_tiers;
	struct tier_table_tier tiers[];
};

int tier_parse_number(const char *word, u64 min, u64 max, u64 *number);
int tier_parse_pool(struct dm_target *ti, unsigned int argc, char **argv,
		    struct tier_pool_target **table);
void tier_parse_free(struct tier_pool_target *table);

struct tier_lun {
	struct list_head list;
	u32 id;
	struct tier_lun_record rec;
};

struct tier_pool {
	const char *name;
	struct tier_pool_record conf;
	struct list_head luns;
};

int tier_pool_tier_by_name(struct tier_pool *pool, const char *name);
const char *tier_name(struct tier_pool *pool, u8 tier);
void tier_pool_tier_space(struct tier_pool *pool, u8 tier, u64 *total, u64 *used, u64 *free);

int tier_command_message(struct tier_pool *pool, unsigned int argc, char **argv);
int tier_cmd_create_lun(struct tier_pool *pool, u32 id, u64 sectors, struct tier_err *err);
int tier_cmd_delete_lun(struct tier_pool *pool, u32 id, struct tier_err *err);
int tier_cmd_resize_lun(struct tier_pool *pool, u32 id, u64 sectors, struct tier_err *err);
int tier_cmd_set_lun(struct tier_pool *pool, u32 id, const char *key, const char *value,
		     struct tier_err *err);
int tier_cmd_migrate_lun(struct tier_pool *pool, u32 id, const char *name, struct tier_err *err);
int tier_cmd_set_pool(struct tier_pool *pool, const char *key, const char *value,
		      struct tier_err *err);
int tier_cmd_evacuate(struct tier_pool *pool, const char *dev, struct tier_err *err);
int tier_cmd_cancel_evacuate(struct tier_pool *pool, const char *dev, struct tier_err *err);
int tier_cmd_remove_dev(struct tier_pool *pool, const char *dev, struct tier_err *err);
int tier_cmd_fail_dev(struct tier_pool *pool, const char *dev, struct tier_err *err);
int tier_cmd_reinstate_dev(struct tier_pool *pool, const char *dev, struct tier_err *err);

/* -- mpath-target.h, mpath-command.h -- */

struct mpath_resource {
	struct mpath_conf *conf;
};

struct mpath_map {
	struct mpath_resource *resource;
};

static inline const char *mpath_name(const struct mpath_map *map)
{
	(void)map;
	return "fuzz";
}

int mpath_message(struct mpath_map *map, unsigned int argc, char **argv);
int mpath_cmd_fail_path(struct mpath_resource *resource, const char *dev, struct tier_err *err);
int mpath_cmd_reinstate_path(struct mpath_resource *resource, const char *dev,
			     struct tier_err *err);
int mpath_cmd_switch_group(struct mpath_resource *resource, u32 group, struct tier_err *err);
int mpath_cmd_disable_group(struct mpath_resource *resource, u32 group, struct tier_err *err);
int mpath_cmd_enable_group(struct mpath_resource *resource, u32 group, struct tier_err *err);
int mpath_cmd_set(struct mpath_resource *resource, unsigned int argc, char **argv,
		  struct tier_err *err);

#endif
