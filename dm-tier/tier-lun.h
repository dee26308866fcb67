/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * LUNs: their objects, counts and records.
 */
#ifndef TIER_LUN_H
#define TIER_LUN_H

#include "tier-pool.h"

/* reserved extents of @tier not used yet; space_lock held */
static inline u64 tier_lun_unused_reserve(const struct tier_lun *lun, u8 tier)
{
	u64 reserve = lun->rec.reserve[tier], used = lun->used[tier];

	return reserve > used ? reserve - used : 0;
}

/* bring held_ms up to now, before a count changes; space_lock held */
void tier_lun_account_held(struct tier_lun *lun);
/* @sectors of the LUN were moved from one tier to another */
void tier_lun_account_move(struct tier_lun *lun, u8 from, u8 to, u64 sectors);

/* object for a record (copied); enters it in the pool; pool->lock held */
struct tier_lun *tier_lun_add(struct tier_pool *pool, u32 slot,
			      const struct tier_lun_record *rec);
/* take it out again and free it; nothing may use it any more; pool->lock held */
void tier_lun_drop(struct tier_lun *lun);

/* members the LUN may lie on, by its tags; pool->lock held */
void tier_lun_update_tags(struct tier_lun *lun);
/* a changed policy reaches the planner; pool->lock held */
void tier_lun_update_plan(struct tier_lun *lun);

/**
 * tier_lun_commit() - make a changed record durable, then let it count
 * @lun: whose
 * @rec: the new record (usage is filled in)
 *
 * pool->lock held.
 *
 * Return: 0, or -errno and nothing has changed.
 */
int tier_lun_commit(struct tier_lun *lun, struct tier_lun_record *rec);

/*
 * Write the records whose usage has moved on, or @all, so that a crash loses
 * little. pool->lock held.
 */
int tier_lun_commit_usage(struct tier_pool *pool, bool all);

/**
 * tier_lun_delete() - free a LUN's extents and forget it
 * @lun: gone when this returns 0
 *
 * Nobody has it open; pool->lock held. The event has its last usage. The record
 * says DELETING until the last extent is free, so that a start after a crash goes
 * on with it.
 *
 * Return: 0, or -errno: it is still there, or the next start ends what was begun.
 */
int tier_lun_delete(struct tier_lun *lun);

/**
 * tier_lun_resize() - change a LUN's size; pool->lock held
 * @lun: whose
 * @sectors: new size
 *
 * Shrinking frees what lies beyond. Crash: the old size or the new one; the old
 * one with all, some or none of the extents beyond the new one freed.
 *
 * Return: 0, or -errno.
 */
int tier_lun_resize(struct tier_lun *lun, u64 sectors);

/* begin to migrate a whole LUN (TIER_NONE: stop); pool->lock held */
int tier_lun_set_target(struct tier_lun *lun, u8 tier, struct tier_err *err);

/* requests so far, from the per-CPU counters; any context */
u64 tier_lun_total_ios(struct tier_lun *lun);

#endif
