// SPDX-License-Identifier: GPL-2.0-only
/*
 * Group commit. Callers queue and sleep; the worker takes all that is queued,
 * writes it as one journal transaction, and wakes them. It is the only thread
 * that touches pool->meta once the pool is loaded.
 */
#include <linux/sched/mm.h>

#include "tier-commit.h"
#include "tier-member.h"

struct tier_txn {
	struct list_head list;
	const struct tier_put *puts;
	unsigned int n;
	int (*fn)(struct tier_pool *pool, void *arg);
	void *arg;
	int result;
	struct completion done;
};

#define TIER_COMMIT_BATCH	(2 * TIER_COMMIT_PUTS)

/*
 * Whoever hears of a failure finds the pool read-only already, so that nothing
 * is written any more to a place whose owner on disk is not known.
 */
static void tier_commit_finish(struct tier_pool *pool, struct list_head *txns, int result)
{
	struct tier_txn *txn, *next;

	if (pool->meta.mode != TIER_META_WRITE && pool->loaded)
		tier_pool_set_mode(pool, TIER_MODE_RO, "metadata could not be written");
	list_for_each_entry_safe(txn, next, txns, list) {
		list_del(&txn->list);
		txn->result = result;
		complete(&txn->done);	/* txn is on its owner's stack: last touch */
	}
}

/* take from @queue as many transactions as fit one journal write */
static unsigned int tier_commit_gather(struct tier_pool *pool, struct list_head *queue,
				       struct list_head *batch)
{
	struct tier_put *puts = pool->commit.puts;
	struct tier_txn *txn, *next;
	unsigned int n = 0;

	list_for_each_entry_safe(txn, next, queue, list) {
		if (txn->fn || n + txn->n > TIER_COMMIT_BATCH)
			break;
		memcpy(puts + n, txn->puts, txn->n * sizeof(*puts));
		if (n && tier_meta_room(puts, n + txn->n) < n + txn->n)
			break;
		n += txn->n;
		list_move_tail(&txn->list, batch);
	}
	return n;
}

/*
 * The generation goes up at a start, and when a metadata copy is lost or made
 * whole. The members' headers hear of it before anybody is told that something
 * was written under it, and are one ahead of it: so a copy that has missed it is
 * known for stale also when it is all there is. A crash before the headers are
 * written leaves them equal to it, which is as good: nothing was acknowledged.
 */
static int tier_commit_generation(struct tier_pool *pool)
{
	u64 generation = pool->meta.super.generation;

	if (pool->meta.mode != TIER_META_WRITE || pool->generation == generation)
		return 0;
	pool->generation = generation;
	return tier_member_stamp(pool, generation + 1);
}

static void tier_commit_batch(struct tier_pool *pool, struct list_head *queue)
{
	LIST_HEAD(batch);
	unsigned int n;
	int ret;

	n = tier_commit_gather(pool, queue, &batch);
	ret = tier_meta_commit(&pool->meta, pool->commit.puts, n);
	/* it is durable: a member that cannot take its header has said so */
	tier_commit_generation(pool);
	tier_commit_finish(pool, &batch, ret);
}

static void tier_commit_one_call(struct tier_pool *pool, struct list_head *queue)
{
	struct tier_txn *txn = list_first_entry(queue, struct tier_txn, list);
	LIST_HEAD(one);
	int ret, err;

	list_move_tail(&txn->list, &one);
	ret = txn->fn(pool, txn->arg);
	err = tier_commit_generation(pool);
	tier_commit_finish(pool, &one, ret < 0 || !err ? ret : err);
}

static void tier_commit_work(struct work_struct *work)
{
	struct tier_pool *pool = container_of(work, struct tier_pool, commit.work);
	unsigned int noio = memalloc_noio_save();
	LIST_HEAD(queue);

	spin_lock(&pool->commit.lock);
	list_splice_init(&pool->commit.list, &queue);
	spin_unlock(&pool->commit.lock);
	while (!list_empty(&queue)) {
		if (list_first_entry(&queue, struct tier_txn, list)->fn)
			tier_commit_one_call(pool, &queue);
		else
			tier_commit_batch(pool, &queue);
	}
	memalloc_noio_restore(noio);
}

static int tier_commit_wait(struct tier_pool *pool, struct tier_txn *txn)
{
	init_completion(&txn->done);
	spin_lock(&pool->commit.lock);
	list_add_tail(&txn->list, &pool->commit.list);
	spin_unlock(&pool->commit.lock);
	queue_work(pool->commit.wq, &pool->commit.work);
	wait_for_completion_io(&txn->done);
	return txn->result;
}

int tier_commit(struct tier_pool *pool, const struct tier_put *puts, unsigned int n)
{
	struct tier_txn txn = { .puts = puts, .n = n };

	if (!n)
		return 0;
	if (n > TIER_COMMIT_PUTS)
		return -E2BIG;
	return tier_commit_wait(pool, &txn);
}

int tier_commit_call(struct tier_pool *pool, int (*fn)(struct tier_pool *pool, void *arg),
		     void *arg)
{
	struct tier_txn txn = { .fn = fn, .arg = arg };

	return tier_commit_wait(pool, &txn);
}

/*
 * Pages of which only the heat has changed since they were written. The bit goes
 * before the page is encoded: heat that comes later sets it anew. pool->lock is
 * held by whoever waits for the checkpoint, so members stay.
 */
static void tier_commit_touched(struct tier_pool *pool)
{
	unsigned long page, pages;
	unsigned int i;

	for (i = 0; i < TIER_MAX_MEMBERS; i++) {
		struct tier_member *member = pool->members[i];

		if (!member)
			continue;
		pages = pool->meta.members[i]->table.pages;
		for_each_set_bit(page, member->touched, pages) {
			clear_bit(page, member->touched);
			tier_meta_touch(&pool->meta, i, (u64)page * TIER_EXTENTS_PER_PAGE);
		}
	}
	smp_mb__after_atomic(); /* the bits are gone before heat is read */
}

static int tier_commit_do_checkpoint(struct tier_pool *pool, void *arg)
{
	pool->meta.super.ticks = READ_ONCE(pool->ticks);
	tier_commit_touched(pool);
	return tier_meta_checkpoint(&pool->meta, arg);
}

int tier_commit_checkpoint(struct tier_pool *pool, bool clean)
{
	return tier_commit_call(pool, tier_commit_do_checkpoint, clean ? pool : NULL);
}

int tier_commit_init(struct tier_pool *pool)
{
	struct tier_commit *commit = &pool->commit;

	spin_lock_init(&commit->lock);
	INIT_LIST_HEAD(&commit->list);
	INIT_WORK(&commit->work, tier_commit_work);
	commit->puts = kvmalloc_array(TIER_COMMIT_BATCH, sizeof(*commit->puts), GFP_KERNEL);
	if (!commit->puts)
		return -ENOMEM;
	commit->wq = alloc_ordered_workqueue("tier-commit", WQ_MEM_RECLAIM);
	if (!commit->wq) {
		kvfree(commit->puts);
		return -ENOMEM;
	}
	return 0;
}

void tier_commit_exit(struct tier_pool *pool)
{
	if (!pool->commit.wq)
		return;
	destroy_workqueue(pool->commit.wq);
	kvfree(pool->commit.puts);
}
