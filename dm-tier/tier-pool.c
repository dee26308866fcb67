// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pool as an object: found by its metadata device or by name, made, counted
 * and taken apart. Loading it from disk is in tier-load.c.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include "tier-commit.h"
#include "tier-dev.h"
#include "tier-event.h"
#include "tier-flush.h"
#include "tier-io.h"
#include "tier-load.h"
#include "tier-lun.h"
#include "tier-member.h"
#include "tier-op.h"
#include "tier-quiesce.h"
#include "tier-tick.h"

#define TIER_MAX_MOVES		16	/* in flight in one pool */

/* tier_pools, and the references of what is in it */
DEFINE_MUTEX(tier_pools_lock);
LIST_HEAD(tier_pools);

const char *tier_mode_name(enum tier_mode mode)
{
	static const char * const names[] = {
		[TIER_MODE_RW] = "rw",
		[TIER_MODE_RO] = "ro",
		[TIER_MODE_FAIL] = "fail",
	};

	return names[mode];
}

void tier_pool_set_mode(struct tier_pool *pool, enum tier_mode mode, const char *why)
{
	struct tier_event event = TIER_EVENT("metadata");
	enum tier_mode old = READ_ONCE(pool->mode);

	if (mode <= old || cmpxchg(&pool->mode, old, mode) != old)
		return;
	tier_pool_gate(pool, mode == TIER_MODE_RO ? TIER_GATE_READ_ONLY : TIER_GATE_FAIL, 0);
	DMERR("%s: the pool is %s now: %s", pool->name,
	      mode == TIER_MODE_RO ? "read-only" : "failed", why);
	event.reason = why;
	event.mode = tier_mode_name(mode);
	tier_event_send(pool, &event);
	/* writes that wait will get their error */
	tier_io_space_back(pool, 0);
	wake_up_all(&pool->ops_wait);
}

int tier_pool_tier_by_name(const struct tier_pool *pool, const char *name)
{
	unsigned int i;

	for (i = 0; i < pool->conf.nr_tiers; i++)
		if (!strcmp(pool->conf.tiers[i], name))
			return i;
	return -ENOENT;
}

struct tier_member *tier_pool_member_by_name(struct tier_pool *pool, const char *name)
{
	unsigned int i;
	u64 index;
	dev_t dev;

	if (name[0] == '#')
		return tier_parse_number(name + 1, 0, TIER_MAX_MEMBERS - 1, &index) ? NULL :
		       pool->members[index];
	dev = tier_dev_find(name);
	if (!dev)
		return NULL;
	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		struct tier_member *member = pool->members[i];

		if (member && member->dev && member->dev->bdev->bd_dev == dev)
			return member;
	}
	return NULL;
}

void tier_pool_tier_space(struct tier_pool *pool, u8 tier, u64 *total, u64 *used, u64 *free)
{
	struct tier_tier *t = &pool->tiers[tier];
	unsigned int i;

	*total = 0;
	*used = 0;
	*free = 0;
	spin_lock(&pool->space_lock);
	for (i = 0; i < t->nr_members; i++) {
		struct tier_member *member = t->members[i];

		*total += member->space.nr;
		*used += member->used;
		if (member->space.open)
			*free += member->space.nr - member->space.taken + member->nr_stock;
	}
	spin_unlock(&pool->space_lock);
}

static void tier_pool_free(struct tier_pool *pool)
{
	struct tier_lun *lun, *next;
	unsigned int i;

	if (pool->discard_wq)
		drain_workqueue(pool->discard_wq);
	if (pool->op_wq)
		drain_workqueue(pool->op_wq);
	if (pool->op_mempool)
		tier_op_wait_all(pool);
	if (pool->io_wq)
		destroy_workqueue(pool->io_wq);
	if (pool->op_wq)
		destroy_workqueue(pool->op_wq);
	if (pool->discard_wq)
		destroy_workqueue(pool->discard_wq);
	if (pool->move_wq)
		destroy_workqueue(pool->move_wq);
	rcu_barrier();	/* ops on their way out */
	list_for_each_entry_safe(lun, next, &pool->luns, list)
		tier_lun_drop(lun);
	xa_destroy(&pool->lun_ids);
	for (i = 0; i < TIER_MAX_MEMBERS; i++)
		if (pool->members[i])
			tier_member_free(pool, pool->members[i]);
	tier_commit_exit(pool);
	tier_meta_close(&pool->meta);
	tier_tick_exit(pool);
	if (pool->kcopyd)
		dm_kcopyd_client_destroy(pool->kcopyd);
	if (pool->io)
		dm_io_client_destroy(pool->io);
	bioset_exit(&pool->flush_bios);
	bioset_exit(&pool->write_bios);
	tier_op_exit(pool);
	tier_quiesce_exit(&pool->quiesce);
	free_percpu(pool->samples);
	kvfree(pool);
	module_put(THIS_MODULE);
}

static int tier_pool_init_queues(struct tier_pool *pool)
{
	pool->io_wq = alloc_ordered_workqueue("tier-io", WQ_MEM_RECLAIM | WQ_HIGHPRI);
	pool->op_wq = alloc_workqueue("tier-op", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	pool->discard_wq = alloc_workqueue("tier-discard", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	pool->move_wq = alloc_workqueue("tier-move", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	return pool->io_wq && pool->op_wq && pool->discard_wq && pool->move_wq ? 0 : -ENOMEM;
}

static int tier_pool_init_clients(struct tier_pool *pool)
{
	/* one copying client a pool: shared ones can dead-lock under stacked pools */
	pool->kcopyd = dm_kcopyd_client_create(NULL);
	if (IS_ERR(pool->kcopyd)) {
		pool->kcopyd = NULL;
		return -ENOMEM;
	}
	pool->io = dm_io_client_create();
	if (IS_ERR(pool->io)) {
		pool->io = NULL;
		return -ENOMEM;
	}
	pool->samples = alloc_percpu(struct tier_samples);
	if (!pool->samples)
		return -ENOMEM;
	return bioset_init(&pool->write_bios, BIO_POOL_SIZE, 0, 0);
}

static int tier_pool_init(struct tier_pool *pool)
{
	mutex_init(&pool->lock);
	INIT_LIST_HEAD(&pool->luns);
	xa_init(&pool->lun_ids);
	spin_lock_init(&pool->space_lock);
	spin_lock_init(&pool->defer_lock);
	bio_list_init(&pool->deferred);
	bio_list_init(&pool->no_space);
	INIT_WORK(&pool->defer_work, tier_io_work);
	pool->gate = TIER_GATE_SUSPENDED;
	pool->max_moves = TIER_MAX_MOVES;
	return tier_quiesce_init(&pool->quiesce) ?: tier_op_init(pool) ?:
	       tier_pool_init_queues(pool) ?: tier_pool_init_clients(pool) ?:
	       tier_commit_init(pool) ?: tier_tick_init(pool) ?: tier_flush_init(pool);
}

void tier_pool_update_name(struct tier_pool *pool)
{
	/* the name that the operator knows, or the device number if there is none */
	if (dm_copy_name_and_uuid(pool->md, pool->name, NULL))
		strscpy(pool->name, dm_device_name(pool->md), sizeof(pool->name));
}

/*
 * dm tells nobody that a map got another name, and the old one may be another
 * pool's by now. While a table is bound to a pool that is listed, its map is
 * there to be asked.
 */
void tier_pool_renew_name(struct tier_pool *pool)
{
	char name[DM_NAME_LEN];

	lockdep_assert_held(&tier_pools_lock);
	if (!READ_ONCE(pool->bound) || dm_copy_name_and_uuid(pool->md, name, NULL) ||
	    !strcmp(name, pool->name))
		return;
	strscpy(pool->name, name, sizeof(pool->name));
}

struct tier_pool *tier_pool_create(struct mapped_device *md, dev_t meta_dev)
{
	struct tier_pool *pool;
	int ret;

	lockdep_assert_held(&tier_pools_lock);
	pool = kvzalloc(sizeof(*pool), GFP_KERNEL);
	if (!pool)
		return ERR_PTR(-ENOMEM);
	__module_get(THIS_MODULE);
	kref_init(&pool->ref);
	INIT_LIST_HEAD(&pool->list);
	pool->md = md;
	pool->meta_dev = meta_dev;
	tier_pool_update_name(pool);
	ret = tier_pool_init(pool);
	if (ret) {
		tier_pool_free(pool);
		return ERR_PTR(ret);
	}
	list_add_tail(&pool->list, &tier_pools);
	return pool;
}

int tier_pool_claim(struct tier_pool *pool)
{
	struct tier_pool *other;
	int ret = 0;

	mutex_lock(&tier_pools_lock);
	list_for_each_entry(other, &tier_pools, list)
		if (other != pool && other->claimed &&
		    !memcmp(other->uuid, pool->meta.super.uuid, TIER_UUID_LEN)) {
			DMERR("%s: this pool is in use as %s", pool->name, other->name);
			ret = -EBUSY;
		}
	if (!ret) {
		memcpy(pool->uuid, pool->meta.super.uuid, TIER_UUID_LEN);
		pool->claimed = true;
	}
	mutex_unlock(&tier_pools_lock);
	return ret;
}

void tier_pool_disclaim(struct tier_pool *pool)
{
	mutex_lock(&tier_pools_lock);
	pool->claimed = false;
	mutex_unlock(&tier_pools_lock);
}

static struct tier_pool *tier_pool_ref(struct tier_pool *pool)
{
	kref_get(&pool->ref);
	return pool;
}

struct tier_pool *tier_pool_get_by_md(struct mapped_device *md)
{
	struct tier_pool *pool;

	lockdep_assert_held(&tier_pools_lock);
	list_for_each_entry(pool, &tier_pools, list)
		if (pool->md == md)
			return tier_pool_ref(pool);
	return NULL;
}

struct tier_pool *tier_pool_get_by_meta(dev_t meta_dev)
{
	struct tier_pool *pool;

	lockdep_assert_held(&tier_pools_lock);
	list_for_each_entry(pool, &tier_pools, list)
		if (pool->meta_dev == meta_dev)
			return tier_pool_ref(pool);
	return NULL;
}

struct tier_pool *tier_pool_get_by_name(const char *name)
{
	struct tier_pool *pool, *found = NULL;

	mutex_lock(&tier_pools_lock);
	list_for_each_entry(pool, &tier_pools, list) {
		tier_pool_renew_name(pool);
		if (!strcmp(pool->name, name)) {
			found = tier_pool_ref(pool);
			break;
		}
	}
	mutex_unlock(&tier_pools_lock);
	return found;
}

static void tier_pool_release(struct kref *ref)
{
	struct tier_pool *pool = container_of(ref, struct tier_pool, ref);

	list_del_init(&pool->list);
	mutex_unlock(&tier_pools_lock);
	tier_pool_free(pool);
}

void tier_pool_put(struct tier_pool *pool)
{
	/* the lock is dropped by the release, which may take long */
	kref_put_mutex(&pool->ref, tier_pool_release, &tier_pools_lock);
}
