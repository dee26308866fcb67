// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family dm_tier: what it takes, who may ask, and changes.
 *
 * Nothing here is for the unprivileged: what one consumer's LUN holds and does
 * is not for the others. Genetlink asks for CAP_NET_ADMIN, we for CAP_SYS_ADMIN
 * as device-mapper does, both in the initial namespaces, of the task that made
 * the socket and of the one that uses it.
 *
 * Requests run in parallel: a change waits for the metadata's devices, and must
 * not keep other families waiting, which those devices may need.
 */
#include <linux/module.h>

#include "tier-event.h"
#include "tier-extack.h"
#include "tier-netlink.h"
#include "tier-netlink-dump.h"
#include "tier-request.h"

#define TIER_NEEDS	4	/* most attributes that a change takes */

/* longest strings taken, with the final NUL */
#define TIER_KEY_LEN	32
#define TIER_VALUE_LEN	TIER_NAMES_LEN
#define TIER_PATH_LEN	256

/* -- policies, one an operation: all that is not listed is refused -- */

/* older kernels point at them without const */
static struct netlink_range_validation tier_lun_range = { .max = TIER_LUN_ID_MAX };
static struct netlink_range_validation tier_logical_range = { .max = TIER_LOGICAL_MASK };
static struct netlink_range_validation tier_count_range = { .min = 1, .max = U64_MAX };

#define TIER_POLICY_POOL \
	[DM_TIER_A_POOL] = { .type = NLA_NUL_STRING, \
			     .len = sizeof_field(struct tier_pool, name) - 1 }
#define TIER_POLICY_LUN \
	[DM_TIER_A_LUN] = NLA_POLICY_FULL_RANGE(NLA_U32, &tier_lun_range)
#define TIER_POLICY_KEY \
	[DM_TIER_A_KEY] = { .type = NLA_NUL_STRING, .len = TIER_KEY_LEN - 1 }, \
	[DM_TIER_A_VALUE] = { .type = NLA_NUL_STRING, .len = TIER_VALUE_LEN - 1 }

static const struct nla_policy tier_policy_pool[TIER_REQUEST_ATTR_MAX + 1] = {
	TIER_POLICY_POOL,
};

static const struct nla_policy tier_policy_lun[TIER_REQUEST_ATTR_MAX + 1] = {
	TIER_POLICY_POOL,
	TIER_POLICY_LUN,
};

static const struct nla_policy tier_policy_extents[TIER_REQUEST_ATTR_MAX + 1] = {
	TIER_POLICY_POOL,
	TIER_POLICY_LUN,
	[DM_TIER_A_START] = NLA_POLICY_FULL_RANGE(NLA_U64, &tier_logical_range),
	[DM_TIER_A_COUNT] = NLA_POLICY_FULL_RANGE(NLA_U64, &tier_count_range),
};

static const struct nla_policy tier_policy_size[TIER_REQUEST_ATTR_MAX + 1] = {
	TIER_POLICY_POOL,
	TIER_POLICY_LUN,
	[DM_TIER_A_SECTORS] = NLA_POLICY_FULL_RANGE(NLA_U64, &tier_count_range),
};

static const struct nla_policy tier_policy_lun_set[TIER_REQUEST_ATTR_MAX + 1] = {
	TIER_POLICY_POOL,
	TIER_POLICY_LUN,
	TIER_POLICY_KEY,
};

static const struct nla_policy tier_policy_migrate[TIER_REQUEST_ATTR_MAX + 1] = {
	TIER_POLICY_POOL,
	TIER_POLICY_LUN,
	[DM_TIER_A_TIER] = { .type = NLA_NUL_STRING, .len = TIER_NAME_LEN - 1 },
};

static const struct nla_policy tier_policy_pool_set[TIER_REQUEST_ATTR_MAX + 1] = {
	TIER_POLICY_POOL,
	TIER_POLICY_KEY,
};

static const struct nla_policy tier_policy_dev[TIER_REQUEST_ATTR_MAX + 1] = {
	TIER_POLICY_POOL,
	[DM_TIER_A_DEV] = { .type = NLA_NUL_STRING, .len = TIER_PATH_LEN - 1 },
};

/* -- requests -- */

/* attributes that requests may have */
static const char *const tier_attr_names[] = {
	[DM_TIER_A_POOL] = "pool",
	[DM_TIER_A_TIER] = "tier",
	[DM_TIER_A_DEV] = "dev",
	[DM_TIER_A_LUN] = "lun",
	[DM_TIER_A_SECTORS] = "sectors",
	[DM_TIER_A_START] = "start",
	[DM_TIER_A_COUNT] = "count",
	[DM_TIER_A_KEY] = "key",
	[DM_TIER_A_VALUE] = "value",
};

static const struct tier_request_names tier_request_names = {
	.max = ARRAY_SIZE(tier_attr_names) - 1,
	.names = tier_attr_names,
};

int tier_netlink_need(struct nlattr **attrs, int attr, struct netlink_ext_ack *extack)
{
	return tier_request_need(&tier_request_names, attrs, attr, extack);
}

int tier_netlink_once(const struct nlmsghdr *request, struct netlink_ext_ack *extack)
{
	return tier_request_once(&tier_request_names, request, extack);
}

struct tier_pool *tier_netlink_pool(struct nlattr **attrs, struct netlink_ext_ack *extack)
{
	struct tier_pool *pool = tier_pool_get_by_name(nla_data(attrs[DM_TIER_A_POOL]));

	if (pool)
		return pool;
	NL_SET_BAD_ATTR(extack, attrs[DM_TIER_A_POOL]);
	tier_extack_set(extack, "no such pool");
	return ERR_PTR(-ENODEV);
}

static u32 tier_attr_lun(struct nlattr **attrs)
{
	return nla_get_u32(attrs[DM_TIER_A_LUN]);
}

static u64 tier_attr_sectors(struct nlattr **attrs)
{
	return nla_get_u64(attrs[DM_TIER_A_SECTORS]);
}

/* -- changes: one function and one line of the table each -- */

static int tier_change_create(struct tier_pool *pool, struct nlattr **attrs, struct tier_err *err)
{
	return tier_cmd_create_lun(pool, tier_attr_lun(attrs), tier_attr_sectors(attrs), err);
}

static int tier_change_delete(struct tier_pool *pool, struct nlattr **attrs, struct tier_err *err)
{
	return tier_cmd_delete_lun(pool, tier_attr_lun(attrs), err);
}

static int tier_change_resize(struct tier_pool *pool, struct nlattr **attrs, struct tier_err *err)
{
	return tier_cmd_resize_lun(pool, tier_attr_lun(attrs), tier_attr_sectors(attrs), err);
}

static int tier_change_lun(struct tier_pool *pool, struct nlattr **attrs, struct tier_err *err)
{
	return tier_cmd_set_lun(pool, tier_attr_lun(attrs), nla_data(attrs[DM_TIER_A_KEY]),
				nla_data(attrs[DM_TIER_A_VALUE]), err);
}

static int tier_change_migrate(struct tier_pool *pool, struct nlattr **attrs, struct tier_err *err)
{
	return tier_cmd_migrate_lun(pool, tier_attr_lun(attrs), nla_data(attrs[DM_TIER_A_TIER]),
				    err);
}

static int tier_change_pool(struct tier_pool *pool, struct nlattr **attrs, struct tier_err *err)
{
	return tier_cmd_set_pool(pool, nla_data(attrs[DM_TIER_A_KEY]),
				 nla_data(attrs[DM_TIER_A_VALUE]), err);
}

static int tier_change_evacuate(struct tier_pool *pool, struct nlattr **attrs,
				struct tier_err *err)
{
	return tier_cmd_evacuate(pool, nla_data(attrs[DM_TIER_A_DEV]), err);
}

static int tier_change_cancel(struct tier_pool *pool, struct nlattr **attrs, struct tier_err *err)
{
	return tier_cmd_cancel_evacuate(pool, nla_data(attrs[DM_TIER_A_DEV]), err);
}

static int tier_change_remove(struct tier_pool *pool, struct nlattr **attrs, struct tier_err *err)
{
	return tier_cmd_remove_dev(pool, nla_data(attrs[DM_TIER_A_DEV]), err);
}

static int tier_change_fail(struct tier_pool *pool, struct nlattr **attrs, struct tier_err *err)
{
	return tier_cmd_fail_dev(pool, nla_data(attrs[DM_TIER_A_DEV]), err);
}

static int tier_change_reinstate(struct tier_pool *pool, struct nlattr **attrs,
				 struct tier_err *err)
{
	return tier_cmd_reinstate_dev(pool, nla_data(attrs[DM_TIER_A_DEV]), err);
}

/**
 * struct tier_change - one change
 * @run: carries it out on a pool
 * @needs: attributes it takes, all of them needed; 0 ends them
 */
struct tier_change {
	int (*run)(struct tier_pool *pool, struct nlattr **attrs, struct tier_err *err);
	u8 needs[TIER_NEEDS];
};

static const struct tier_change tier_changes[] = {
	[DM_TIER_CMD_LUN_CREATE] = {
		tier_change_create, { DM_TIER_A_POOL, DM_TIER_A_LUN, DM_TIER_A_SECTORS }
	},
	[DM_TIER_CMD_LUN_DELETE] = {
		tier_change_delete, { DM_TIER_A_POOL, DM_TIER_A_LUN }
	},
	[DM_TIER_CMD_LUN_RESIZE] = {
		tier_change_resize, { DM_TIER_A_POOL, DM_TIER_A_LUN, DM_TIER_A_SECTORS }
	},
	[DM_TIER_CMD_LUN_SET] = {
		tier_change_lun, { DM_TIER_A_POOL, DM_TIER_A_LUN, DM_TIER_A_KEY, DM_TIER_A_VALUE }
	},
	[DM_TIER_CMD_LUN_MIGRATE] = {
		tier_change_migrate, { DM_TIER_A_POOL, DM_TIER_A_LUN, DM_TIER_A_TIER }
	},
	[DM_TIER_CMD_POOL_SET] = {
		tier_change_pool, { DM_TIER_A_POOL, DM_TIER_A_KEY, DM_TIER_A_VALUE }
	},
	[DM_TIER_CMD_DEV_EVACUATE] = { tier_change_evacuate, { DM_TIER_A_POOL, DM_TIER_A_DEV } },
	[DM_TIER_CMD_DEV_CANCEL] = { tier_change_cancel, { DM_TIER_A_POOL, DM_TIER_A_DEV } },
	[DM_TIER_CMD_DEV_REMOVE] = { tier_change_remove, { DM_TIER_A_POOL, DM_TIER_A_DEV } },
	[DM_TIER_CMD_DEV_FAIL] = { tier_change_fail, { DM_TIER_A_POOL, DM_TIER_A_DEV } },
	[DM_TIER_CMD_DEV_REINSTATE] = { tier_change_reinstate, { DM_TIER_A_POOL, DM_TIER_A_DEV } },
};

static int tier_netlink_change(struct sk_buff *skb, struct genl_info *info)
{
	const struct tier_change *change = &tier_changes[info->genlhdr->cmd];
	struct tier_err err = { };
	struct tier_pool *pool;
	unsigned int i;
	int ret;

	if (!netlink_capable(skb, CAP_SYS_ADMIN))
		return -EPERM;
	ret = tier_netlink_once(info->nlhdr, info->extack);
	if (ret)
		return ret;
	for (i = 0; i < TIER_NEEDS && change->needs[i]; i++) {
		ret = tier_netlink_need(info->attrs, change->needs[i], info->extack);
		if (ret)
			return ret;
	}
	pool = tier_netlink_pool(info->attrs, info->extack);
	if (IS_ERR(pool))
		return PTR_ERR(pool);
	ret = change->run(pool, info->attrs, &err);
	if (ret)
		tier_extack_set(info->extack, err.text);
	tier_pool_put(pool);
	return ret;
}

/* -- the family -- */

#define TIER_DUMP(name, call, takes) \
	{ .cmd = (name), .start = tier_dump_start, .dumpit = (call), \
	  .policy = (takes), .flags = GENL_ADMIN_PERM }

#define TIER_CHANGE(name, takes) \
	{ .cmd = (name), .doit = tier_netlink_change, .policy = (takes), .flags = GENL_ADMIN_PERM }

static const struct genl_ops tier_netlink_ops[] = {
	{
		.cmd = DM_TIER_CMD_POOL_GET,
		.doit = tier_get_pool,
		.start = tier_dump_start,
		.dumpit = tier_dump_pools,
		.policy = tier_policy_pool,
		.flags = GENL_ADMIN_PERM,
	},
	TIER_DUMP(DM_TIER_CMD_TIER_GET, tier_dump_tiers, tier_policy_pool),
	TIER_DUMP(DM_TIER_CMD_DEV_GET, tier_dump_devs, tier_policy_pool),
	TIER_DUMP(DM_TIER_CMD_LUN_GET, tier_dump_luns, tier_policy_lun),
	TIER_DUMP(DM_TIER_CMD_HEAT_GET, tier_dump_heat, tier_policy_lun),
	TIER_DUMP(DM_TIER_CMD_EXTENT_GET, tier_dump_extents, tier_policy_extents),
	TIER_CHANGE(DM_TIER_CMD_LUN_CREATE, tier_policy_size),
	TIER_CHANGE(DM_TIER_CMD_LUN_DELETE, tier_policy_lun),
	TIER_CHANGE(DM_TIER_CMD_LUN_RESIZE, tier_policy_size),
	TIER_CHANGE(DM_TIER_CMD_LUN_SET, tier_policy_lun_set),
	TIER_CHANGE(DM_TIER_CMD_LUN_MIGRATE, tier_policy_migrate),
	TIER_CHANGE(DM_TIER_CMD_POOL_SET, tier_policy_pool_set),
	TIER_CHANGE(DM_TIER_CMD_DEV_EVACUATE, tier_policy_dev),
	TIER_CHANGE(DM_TIER_CMD_DEV_CANCEL, tier_policy_dev),
	TIER_CHANGE(DM_TIER_CMD_DEV_REMOVE, tier_policy_dev),
	TIER_CHANGE(DM_TIER_CMD_DEV_FAIL, tier_policy_dev),
	TIER_CHANGE(DM_TIER_CMD_DEV_REINSTATE, tier_policy_dev),
};

static const struct genl_multicast_group tier_netlink_groups[] = {
	[TIER_GROUP_EVENTS] = { .name = DM_TIER_MCGRP_EVENTS, TIER_MCAST_ADMIN },
};

struct genl_family tier_netlink_family __ro_after_init = {
	.name = DM_TIER_FAMILY_NAME,
	.version = DM_TIER_FAMILY_VERSION,
	.maxattr = TIER_REQUEST_ATTR_MAX,
	.module = THIS_MODULE,
	.parallel_ops = true,
	.ops = tier_netlink_ops,
	.n_ops = ARRAY_SIZE(tier_netlink_ops),
	.resv_start_op = DM_TIER_CMD_POOL_GET,	/* strict from the first on */
	.mcgrps = tier_netlink_groups,
	.n_mcgrps = ARRAY_SIZE(tier_netlink_groups),
};

int __init tier_netlink_init(void)
{
	return genl_register_family(&tier_netlink_family);
}

void tier_netlink_exit(void)
{
	genl_unregister_family(&tier_netlink_family);
}
