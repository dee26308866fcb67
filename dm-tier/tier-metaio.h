/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The metadata devices (one, or two that mirror each other) for the engine.
 */
#ifndef TIER_METAIO_H
#define TIER_METAIO_H

#include "tier-pool.h"

/* ctx is the pool; devices are those of pool->bound */
extern const struct tier_meta_ops tier_metaio_ops;

/* read one block of any device, for a look at what it holds; may sleep */
int tier_metaio_read_block(struct dm_io_client *io, struct block_device *bdev, u64 block,
			   void *buf);
/* write one block, durable on return */
int tier_metaio_write_block(struct dm_io_client *io, struct block_device *bdev, u64 block,
			    void *buf);

/**
 * tier_foreign() - does a device whose first 4 KiB are zero hold something else?
 * @io: to read with
 * @bdev: the device
 * @name: out: what
 *
 * Return: 0: nothing that we know; -EILSEQ: it does; -EIO, -ENOMEM.
 */
int tier_foreign(struct dm_io_client *io, struct block_device *bdev, const char **name);

#endif
