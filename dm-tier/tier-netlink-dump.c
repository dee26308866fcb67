// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dumps of the netlink family. The frame first, then pools, tiers, devices and
 * LUNs; a pool's lock is held for one item at a time.
 */
#include <linux/sched/signal.h>

#include "tier-event.h"
#include "tier-extack.h"
#include "tier-netlink-dump.h"

/* counts changes to what dumps go through; never 0, which netlink takes for "no dump yet" */
static atomic_t tier_dump_generation = ATOMIC_INIT(1);

void tier_netlink_changed(void)
{
	if (!atomic_inc_return(&tier_dump_generation))
		atomic_inc(&tier_dump_generation);
}

/* -- the frame -- */

/**
 * tier_dump_start() - may this dump begin?
 * @cb: of the dump
 * Asked once; what comes later goes to the socket that was allowed.
 * Return: 0 or -EPERM.
 */
int tier_dump_start(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct tier_dump_place) > sizeof(cb->ctx));

	return netlink_capable(cb->skb, CAP_SYS_ADMIN) ? 0 : -EPERM;
}

void *tier_dump_message(struct tier_dump *dump, u8 cmd)
{
	struct netlink_callback *cb = dump->cb;
	void *header = genlmsg_put(dump->skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				   &tier_netlink_family, NLM_F_MULTI, cmd);

	if (header)
		genl_dump_check_consistent(cb, header);
	return header;
}

int tier_dump_message_end(struct tier_dump *dump, void *header, int ret)
{
	if (ret)
		genlmsg_cancel(dump->skb, header);
	else
		genlmsg_end(dump->skb, header);
	return ret;
}

struct tier_lun *tier_dump_next_lun(struct tier_dump *dump)
{
	unsigned long id = dump->place->item, last = ULONG_MAX;

	if (dump->lun) {
		last = nla_get_u32(dump->lun);
		id = max(id, last);
	}
	return xa_find(&dump->pool->lun_ids, &id, last, XA_PRESENT);
}

/* the pool that comes next, with a reference, or NULL; the lock keeps those listed alive */
static struct tier_pool *tier_dump_next_pool(u64 from)
{
	struct tier_pool *pool, *next = NULL;

	mutex_lock(&tier_pools_lock);
	list_for_each_entry(pool, &tier_pools, list) {
		if (pool->meta_dev >= from && (!next || pool->meta_dev < next->meta_dev))
			next = pool;
	}
	if (next) {
		kref_get(&next->ref);
		tier_pool_renew_name(next);
	}
	mutex_unlock(&tier_pools_lock);
	return next;
}

static int tier_dump_one_pool(struct tier_dump *dump)
{
	struct tier_pool *pool = dump->pool;
	int ret;

	do {
		mutex_lock(&pool->lock);
		ret = pool->loaded ? dump->put(dump) : 0;
		mutex_unlock(&pool->lock);
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
	} while (ret > 0);
	return ret;
}

static int tier_dump_all_pools(struct tier_dump *dump)
{
	struct tier_dump_place *place = dump->place;
	int ret = 0;

	while (!ret && (dump->pool = tier_dump_next_pool(place->pool))) {
		place->pool = dump->pool->meta_dev;
		ret = tier_dump_one_pool(dump);
		tier_pool_put(dump->pool);
		if (!ret) {
			place->pool++;
			place->item = 0;
		}
	}
	return ret;
}

/* a LUN that is named along with its pool must be there */
static int tier_dump_check_lun(struct tier_dump *dump)
{
	struct tier_lun *lun;

	mutex_lock(&dump->pool->lock);
	lun = tier_lun_find(dump->pool, nla_get_u32(dump->lun));
	mutex_unlock(&dump->pool->lock);
	if (lun)
		return 0;
	NL_SET_BAD_ATTR(dump->cb->extack, dump->lun);
	tier_extack_set(dump->cb->extack, "no such LUN");
	return -ENOENT;
}

static int tier_dump_named_pool(struct tier_dump *dump)
{
	struct tier_dump_place *place = dump->place;
	int ret = 0;

	dump->pool = tier_netlink_pool(dump->attrs, dump->cb->extack);
	if (IS_ERR(dump->pool))
		return PTR_ERR(dump->pool);
	if (!place->begun && dump->lun)
		ret = tier_dump_check_lun(dump);
	if (!ret)
		ret = tier_dump_one_pool(dump);
	tier_pool_put(dump->pool);
	return ret;
}

int tier_dump_run(struct sk_buff *skb, struct netlink_callback *cb,
		  int (*put)(struct tier_dump *dump), void *state)
{
	struct nlattr **attrs = tier_dump_attrs(cb);
	struct tier_dump dump = {
		.skb = skb, .cb = cb, .attrs = attrs, .lun = attrs[DM_TIER_A_LUN],
		.place = (struct tier_dump_place *)cb->ctx, .put = put, .state = state,
	};
	int ret;

	cb->seq = atomic_read(&tier_dump_generation);
	if (dump.place->ended)
		return 0;
	ret = dump.place->begun ? 0 : tier_netlink_once(cb->nlh, cb->extack);
	if (ret)
		return ret;
	if (dump.attrs[DM_TIER_A_POOL])
		ret = tier_dump_named_pool(&dump);
	else
		ret = tier_dump_all_pools(&dump);
	dump.place->begun = true;
	if (ret == -EMSGSIZE && skb->len)
		return skb->len;
	if (ret)
		return ret;
	dump.place->ended = true;
	return skb->len;
}

/* -- pools -- */

static int tier_put_pool_meta(struct sk_buff *skb, struct tier_pool *pool)
{
	if (tier_put_u64(skb, DM_TIER_A_META_USED, tier_meta_used(&pool->meta)) ||
	    tier_put_u64(skb, DM_TIER_A_META_TOTAL, tier_meta_total(&pool->meta)) ||
	    nla_put_u32(skb, DM_TIER_A_META_COPIES, hweight32(pool->meta.copies)))
		return -EMSGSIZE;
	return 0;
}

static int tier_put_pool_moves(struct sk_buff *skb, struct tier_pool *pool)
{
	u64 done, failed;

	spin_lock(&pool->space_lock);
	done = pool->moves_done;
	failed = pool->moves_failed;
	spin_unlock(&pool->space_lock);
	if (nla_put_u32(skb, DM_TIER_A_MOVES_IN_FLIGHT, atomic_read(&pool->moves)) ||
	    tier_put_u64(skb, DM_TIER_A_MOVES_DONE, done) ||
	    tier_put_u64(skb, DM_TIER_A_MOVES_FAILED, failed))
		return -EMSGSIZE;
	return 0;
}

static int tier_put_pool_conf(struct sk_buff *skb, const struct tier_pool_record *conf)
{
	if (nla_put_u32(skb, DM_TIER_A_TICK_MS, conf->tick_ms) ||
	    nla_put_u32(skb, DM_TIER_A_MOVE_RATE, conf->move_rate) ||
	    nla_put_u32(skb, DM_TIER_A_HEADROOM, conf->headroom) ||
	    nla_put_u32(skb, DM_TIER_A_MOVES, conf->moves) ||
	    nla_put_u32(skb, DM_TIER_A_NO_SPACE_TIMEOUT, conf->no_space_timeout))
		return -EMSGSIZE;
	return 0;
}

/* pool->lock held, as for all that follow */
static int tier_put_pool(struct sk_buff *skb, struct tier_pool *pool)
{
	if (nla_put_string(skb, DM_TIER_A_POOL, pool->name) ||
	    nla_put(skb, DM_TIER_A_POOL_UUID, TIER_UUID_LEN, pool->meta.super.uuid) ||
	    nla_put_string(skb, DM_TIER_A_MODE, tier_mode_name(READ_ONCE(pool->mode))) ||
	    tier_put_u64(skb, DM_TIER_A_GENERATION, pool->generation) ||
	    tier_put_u64(skb, DM_TIER_A_EXTENT_SECTORS, pool->extent_sectors) ||
	    tier_put_u64(skb, DM_TIER_A_TICK, READ_ONCE(pool->ticks)) ||
	    tier_put_u64(skb, DM_TIER_A_ACTIVE_MS, READ_ONCE(pool->active_ms)) ||
	    tier_put_pool_meta(skb, pool) || tier_put_pool_moves(skb, pool) ||
	    tier_put_pool_conf(skb, &pool->conf))
		return -EMSGSIZE;
	return 0;
}

static int tier_dump_pool(struct tier_dump *dump)
{
	void *header;
	int ret;

	if (dump->place->item)
		return 0;
	header = tier_dump_message(dump, DM_TIER_CMD_POOL_GET);
	if (!header)
		return -EMSGSIZE;
	ret = tier_dump_message_end(dump, header, tier_put_pool(dump->skb, dump->pool));
	if (ret)
		return ret;
	dump->place->item = 1;
	return 1;
}

int tier_dump_pools(struct sk_buff *skb, struct netlink_callback *cb)
{
	return tier_dump_run(skb, cb, tier_dump_pool, NULL);
}

static struct sk_buff *tier_get_pool_reply(struct genl_info *info, struct tier_pool *pool)
{
	struct sk_buff *skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *header;
	int ret = -EAGAIN;

	if (!skb)
		return ERR_PTR(-ENOMEM);
	header = genlmsg_put_reply(skb, info, &tier_netlink_family, 0, DM_TIER_CMD_POOL_GET);
	mutex_lock(&pool->lock);
	if (pool->loaded)
		ret = header ? tier_put_pool(skb, pool) : -EMSGSIZE;
	mutex_unlock(&pool->lock);
	if (ret) {
		if (ret == -EAGAIN)
			tier_extack_set(info->extack, "the pool is not loaded yet");
		nlmsg_free(skb);
		return ERR_PTR(ret);
	}
	genlmsg_end(skb, header);
	return skb;
}

/**
 * tier_get_pool() - answer a request for one pool
 * @skb: the request
 * @info: the request, taken apart
 * Return: 0 or -errno.
 */
int tier_get_pool(struct sk_buff *skb, struct genl_info *info)
{
	struct tier_pool *pool;
	struct sk_buff *reply;
	int ret;

	if (!netlink_capable(skb, CAP_SYS_ADMIN))
		return -EPERM;
	ret = tier_netlink_once(info->nlhdr, info->extack) ?:
	      tier_netlink_need(info->attrs, DM_TIER_A_POOL, info->extack);
	if (ret)
		return ret;
	pool = tier_netlink_pool(info->attrs, info->extack);
	if (IS_ERR(pool))
		return PTR_ERR(pool);
	reply = tier_get_pool_reply(info, pool);
	tier_pool_put(pool);
	return IS_ERR(reply) ? PTR_ERR(reply) : genlmsg_reply(reply, info);
}

/* -- tiers, by rank -- */

static int tier_put_tier(struct sk_buff *skb, struct tier_pool *pool, u8 tier)
{
	u64 total, used, free;

	tier_pool_tier_space(pool, tier, &total, &used, &free);
	if (nla_put_string(skb, DM_TIER_A_POOL, pool->name) ||
	    nla_put_string(skb, DM_TIER_A_TIER, tier_name(pool, tier)) ||
	    nla_put_u32(skb, DM_TIER_A_RANK, pool->tiers[tier].rank) ||
	    tier_put_u64(skb, DM_TIER_A_TOTAL, total) ||
	    tier_put_u64(skb, DM_TIER_A_USED, used) ||
	    tier_put_u64(skb, DM_TIER_A_LATENCY_NS, READ_ONCE(pool->tiers[tier].latency_ns)))
		return -EMSGSIZE;
	return 0;
}

static int tier_dump_tier(struct tier_dump *dump)
{
	struct tier_pool *pool = dump->pool;
	u64 rank = dump->place->item;
	void *header;
	int ret;

	if (rank >= pool->nr_ranks)
		return 0;
	header = tier_dump_message(dump, DM_TIER_CMD_TIER_GET);
	if (!header)
		return -EMSGSIZE;
	ret = tier_put_tier(dump->skb, pool, pool->by_rank[rank]);
	ret = tier_dump_message_end(dump, header, ret);
	if (ret)
		return ret;
	dump->place->item = rank + 1;
	return 1;
}

int tier_dump_tiers(struct sk_buff *skb, struct netlink_callback *cb)
{
	return tier_dump_run(skb, cb, tier_dump_tier, NULL);
}

/* -- devices, by member index -- */

static int tier_put_member_space(struct sk_buff *skb, struct tier_pool *pool,
				 const struct tier_member *member)
{
	u8 state = READ_ONCE(member->state);
	u64 total, used;

	spin_lock(&pool->space_lock);
	total = member->space.nr;
	used = member->used;
	spin_unlock(&pool->space_lock);
	if (tier_put_u64(skb, DM_TIER_A_TOTAL, total) || tier_put_u64(skb, DM_TIER_A_USED, used))
		return -EMSGSIZE;
	if (state != TIER_MEMBER_DRAINING && state != TIER_MEMBER_DRAINED)
		return 0;
	if (tier_put_u64(skb, DM_TIER_A_EVAC_TOTAL, member->evac_total) ||
	    tier_put_u64(skb, DM_TIER_A_EVAC_LEFT, used))
		return -EMSGSIZE;
	return 0;
}

static int tier_put_member(struct sk_buff *skb, struct tier_pool *pool,
			   const struct tier_member *member)
{
	u8 rank = pool->tiers[member->tier].rank;

	if (nla_put_string(skb, DM_TIER_A_POOL, pool->name) ||
	    tier_put_text(skb, DM_TIER_A_DEV, member->dev ? member->name : NULL) ||
	    nla_put(skb, DM_TIER_A_DEV_UUID, TIER_UUID_LEN, member->uuid) ||
	    nla_put_u32(skb, DM_TIER_A_DEV_INDEX, member->index) ||
	    nla_put_string(skb, DM_TIER_A_TIER, tier_name(pool, member->tier)) ||
	    nla_put_u32(skb, DM_TIER_A_RANK, rank) ||
	    nla_put_string(skb, DM_TIER_A_STATE,
			   tier_member_state_name(READ_ONCE(member->state))) ||
	    tier_put_text(skb, DM_TIER_A_TAG, member->tag[0] ? member->tag : NULL) ||
	    tier_put_u64(skb, DM_TIER_A_LATENCY_NS, READ_ONCE(member->latency_ns)) ||
	    tier_put_member_space(skb, pool, member))
		return -EMSGSIZE;
	return 0;
}

static int tier_dump_dev(struct tier_dump *dump)
{
	struct tier_pool *pool = dump->pool;
	u64 *item = &dump->place->item;
	void *header;
	int ret;

	while (*item < TIER_MAX_MEMBERS && !pool->members[*item])
		++*item;
	if (*item >= TIER_MAX_MEMBERS)
		return 0;
	header = tier_dump_message(dump, DM_TIER_CMD_DEV_GET);
	if (!header)
		return -EMSGSIZE;
	ret = tier_put_member(dump->skb, pool, pool->members[*item]);
	ret = tier_dump_message_end(dump, header, ret);
	if (ret)
		return ret;
	++*item;
	return 1;
}

int tier_dump_devs(struct sk_buff *skb, struct netlink_callback *cb)
{
	return tier_dump_run(skb, cb, tier_dump_dev, NULL);
}

/* -- LUNs, by id -- */

/* tier ids from the fastest on, then those that are not in the table any more */
static unsigned int tier_order(const struct tier_pool *pool, u8 order[TIER_MAX_TIERS])
{
	unsigned int nr = 0, i;

	for (i = 0; i < pool->nr_ranks; i++)
		order[nr++] = pool->by_rank[i];
	for (i = 0; i < pool->conf.nr_tiers && nr < TIER_MAX_TIERS; i++)
		if (pool->tiers[i].rank == TIER_NONE)
			order[nr++] = i;
	return nr;
}

static int tier_put_allowed(struct sk_buff *skb, const struct tier_pool *pool, u8 allowed)
{
	unsigned int nr, i, len = 0;
	char names[TIER_NAMES_LEN];
	u8 order[TIER_MAX_TIERS];

	names[0] = '\0';
	nr = tier_order(pool, order);
	for (i = 0; i < nr; i++)
		if (allowed & BIT(order[i]))
			len += scnprintf(names + len, sizeof(names) - len, "%s%s",
					 len ? "," : "", tier_name(pool, order[i]));
	return nla_put_string(skb, DM_TIER_A_ALLOWED, names);
}

/* a tier that may be none */
static int tier_put_choice(struct sk_buff *skb, int attr, const struct tier_pool *pool, u8 tier)
{
	return tier_put_text(skb, attr, tier == TIER_NONE ? NULL : tier_name(pool, tier));
}

static int tier_put_policy(struct sk_buff *skb, const struct tier_pool *pool,
			   const struct tier_lun_record *rec)
{
	if (tier_put_allowed(skb, pool, rec->allowed) ||
	    tier_put_choice(skb, DM_TIER_A_START_TIER, pool, rec->start) ||
	    tier_put_choice(skb, DM_TIER_A_PIN, pool, rec->pin) ||
	    tier_put_choice(skb, DM_TIER_A_HOME, pool, rec->home) ||
	    tier_put_choice(skb, DM_TIER_A_TARGET, pool, rec->target) ||
	    nla_put_u32(skb, DM_TIER_A_WEIGHT, rec->weight) ||
	    nla_put_u32(skb, DM_TIER_A_UP_IOPS, rec->up_iops) ||
	    nla_put_u32(skb, DM_TIER_A_DOWN_IOPS, rec->down_iops) ||
	    nla_put_u32(skb, DM_TIER_A_HOLD, rec->hold) ||
	    nla_put_u32(skb, DM_TIER_A_MOVE_RATE, rec->move_rate) ||
	    nla_put_u32(skb, DM_TIER_A_VERIFY, !!(rec->flags & TIER_LUN_VERIFY)) ||
	    nla_put_u32(skb, DM_TIER_A_AUTO, !!(rec->flags & TIER_LUN_AUTO)) ||
	    tier_put_text(skb, DM_TIER_A_TAGS, rec->tags[0] ? rec->tags : NULL))
		return -EMSGSIZE;
	return 0;
}

static int tier_put_u_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, DM_TIER_U_PAD);
}

static int tier_put_counters(struct sk_buff *skb, const struct tier_pool *pool, u8 tier,
			     u64 extents, const struct tier_usage *usage)
{
	if (nla_put_string(skb, DM_TIER_U_TIER, tier_name(pool, tier)) ||
	    tier_put_u_u64(skb, DM_TIER_U_EXTENTS, extents) ||
	    tier_put_u_u64(skb, DM_TIER_U_READ_IOS, usage->read_ios) ||
	    tier_put_u_u64(skb, DM_TIER_U_WRITE_IOS, usage->write_ios) ||
	    tier_put_u_u64(skb, DM_TIER_U_READ_SECTORS, usage->read_sectors) ||
	    tier_put_u_u64(skb, DM_TIER_U_WRITE_SECTORS, usage->write_sectors) ||
	    tier_put_u_u64(skb, DM_TIER_U_IN_SECTORS, usage->in_sectors) ||
	    tier_put_u_u64(skb, DM_TIER_U_OUT_SECTORS, usage->out_sectors) ||
	    tier_put_u_u64(skb, DM_TIER_U_HELD_MS, usage->held_ms))
		return -EMSGSIZE;
	return 0;
}

int tier_put_last_usage(struct sk_buff *skb, const struct tier_pool *pool,
			const struct tier_usage *usage)
{
	u8 order[TIER_MAX_TIERS];
	unsigned int nr, i;

	nr = tier_order(pool, order);
	for (i = 0; i < nr; i++) {
		struct nlattr *nest = nla_nest_start(skb, DM_TIER_A_USAGE);

		if (!nest || tier_put_counters(skb, pool, order[i], 0, &usage[order[i]]))
			return -EMSGSIZE;
		nla_nest_end(skb, nest);
	}
	return 0;
}

static int tier_put_usage(struct sk_buff *skb, const struct tier_lun *lun, u8 tier,
			  const struct tier_usage *usage)
{
	struct nlattr *nest = nla_nest_start(skb, DM_TIER_A_USAGE);

	if (!nest ||
	    tier_put_counters(skb, lun->pool, tier, READ_ONCE(lun->used[tier]), usage) ||
	    tier_put_u_u64(skb, DM_TIER_U_RESERVE, lun->rec.reserve[tier]) ||
	    tier_put_u_u64(skb, DM_TIER_U_MAX, lun->rec.max[tier]))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int tier_put_usages(struct sk_buff *skb, struct tier_lun *lun)
{
	struct tier_usage usage[TIER_MAX_TIERS];
	u8 order[TIER_MAX_TIERS];
	unsigned int nr, i;

	tier_lun_usage(lun, usage);
	nr = tier_order(lun->pool, order);
	for (i = 0; i < nr; i++)
		if (tier_put_usage(skb, lun, order[i], &usage[order[i]]))
			return -EMSGSIZE;
	return 0;
}

static int tier_put_lun(struct sk_buff *skb, struct tier_lun *lun)
{
	struct tier_pool *pool = lun->pool;

	if (nla_put_string(skb, DM_TIER_A_POOL, pool->name) ||
	    nla_put(skb, DM_TIER_A_POOL_UUID, TIER_UUID_LEN, pool->meta.super.uuid) ||
	    tier_put_u64(skb, DM_TIER_A_GENERATION, pool->generation) ||
	    tier_put_u64(skb, DM_TIER_A_ACTIVE_MS, READ_ONCE(pool->active_ms)) ||
	    nla_put_u32(skb, DM_TIER_A_LUN, lun->id) ||
	    tier_put_u64(skb, DM_TIER_A_SECTORS, lun->rec.sectors) ||
	    tier_put_u64(skb, DM_TIER_A_MAPPED, tier_lun_mapped(lun)) ||
	    tier_put_u64(skb, DM_TIER_A_IOPS, READ_ONCE(lun->iops)) ||
	    tier_put_policy(skb, pool, &lun->rec) || tier_put_usages(skb, lun))
		return -EMSGSIZE;
	return 0;
}

static int tier_dump_lun(struct tier_dump *dump)
{
	struct tier_lun *lun = tier_dump_next_lun(dump);
	void *header;
	int ret;

	if (!lun)
		return 0;
	header = tier_dump_message(dump, DM_TIER_CMD_LUN_GET);
	if (!header)
		return -EMSGSIZE;
	ret = tier_dump_message_end(dump, header, tier_put_lun(dump->skb, lun));
	if (ret)
		return ret;
	dump->place->item = lun->id + 1;
	return 1;
}

int tier_dump_luns(struct sk_buff *skb, struct netlink_callback *cb)
{
	return tier_dump_run(skb, cb, tier_dump_lun, NULL);
}
