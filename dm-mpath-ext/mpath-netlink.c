// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family dm_mpath_ext: what it takes, who may ask, and changes.
 *
 * Nothing here is for the unprivileged: what one consumer's device does is not for
 * the others. Genetlink asks for CAP_NET_ADMIN, we for CAP_SYS_ADMIN as
 * device-mapper does, both in the initial namespaces, of the task that made the
 * socket and of the one that uses it.
 *
 * Requests run in parallel: a change may have to wait for one map, and must not
 * keep those for other maps, or of other families, waiting.
 */
#include <linux/module.h>

#include "compat.h"
#include "mpath-command.h"
#include "mpath-netlink.h"
#include "mpath-netlink-dump.h"
#include "mpath-resource.h"
#include "tier-extack.h"
#include "tier-request.h"

#define MPATH_NEEDS	3	/* most attributes that a change takes */
#define MPATH_SET_WORDS	3	/* most words that a feature has, with its name */

/* longest strings taken, with the final NUL */
#define MPATH_KEY_LEN	32
#define MPATH_VALUE_LEN	64
#define MPATH_PATH_LEN	256

/* -- policies, one an operation: all that is not listed is refused -- */

#define MPATH_POLICY_MAP \
	[DM_MPATH_EXT_A_MAP] = { .type = NLA_NUL_STRING, .len = DM_NAME_LEN - 1 }

static const struct nla_policy mpath_policy_map[MPATH_REQUEST_ATTR_MAX + 1] = {
	MPATH_POLICY_MAP,
};

static const struct nla_policy mpath_policy_path[MPATH_REQUEST_ATTR_MAX + 1] = {
	MPATH_POLICY_MAP,
	[DM_MPATH_EXT_A_DEV] = { .type = NLA_NUL_STRING, .len = MPATH_PATH_LEN - 1 },
};

static const struct nla_policy mpath_policy_group[MPATH_REQUEST_ATTR_MAX + 1] = {
	MPATH_POLICY_MAP,
	[DM_MPATH_EXT_A_GROUP] = { .type = NLA_U32 },
};

static const struct nla_policy mpath_policy_set[MPATH_REQUEST_ATTR_MAX + 1] = {
	MPATH_POLICY_MAP,
	[DM_MPATH_EXT_A_KEY] = { .type = NLA_NUL_STRING, .len = MPATH_KEY_LEN - 1 },
	[DM_MPATH_EXT_A_VALUE] = { .type = NLA_NUL_STRING, .len = MPATH_VALUE_LEN - 1 },
};

/* -- requests -- */

/* attributes that requests may have */
static const char *const mpath_attr_names[] = {
	[DM_MPATH_EXT_A_MAP] = "map",
	[DM_MPATH_EXT_A_GROUP] = "group",
	[DM_MPATH_EXT_A_DEV] = "dev",
	[DM_MPATH_EXT_A_KEY] = "key",
	[DM_MPATH_EXT_A_VALUE] = "value",
};

static const struct tier_request_names mpath_request_names = {
	.max = ARRAY_SIZE(mpath_attr_names) - 1,
	.names = mpath_attr_names,
};

int mpath_netlink_need(struct nlattr **attrs, int attr, struct netlink_ext_ack *extack)
{
	return tier_request_need(&mpath_request_names, attrs, attr, extack);
}

int mpath_netlink_once(const struct nlmsghdr *request, struct netlink_ext_ack *extack)
{
	return tier_request_once(&mpath_request_names, request, extack);
}

struct mpath_resource *mpath_netlink_map(struct nlattr **attrs, struct netlink_ext_ack *extack)
{
	struct mpath_resource *resource = mpath_resource_find(nla_data(attrs[DM_MPATH_EXT_A_MAP]));

	if (resource)
		return resource;
	NL_SET_BAD_ATTR(extack, attrs[DM_MPATH_EXT_A_MAP]);
	tier_extack_set(extack, "no such map");
	return ERR_PTR(-ENODEV);
}

int mpath_put_origin(struct sk_buff *skb, const struct mpath_resource *resource)
{
	if (nla_put_string(skb, DM_MPATH_EXT_A_MAP, resource->name) ||
	    mpath_put_text(skb, DM_MPATH_EXT_A_MAP_UUID,
			   resource->uuid[0] ? resource->uuid : NULL) ||
	    nla_put_string(skb, DM_MPATH_EXT_A_MAP_DEV, dm_device_name(resource->md)) ||
	    mpath_put_u64(skb, DM_MPATH_EXT_A_EPOCH, resource->epoch_ns))
		return -EMSGSIZE;
	return 0;
}

/* -- changes: one function and one line of the table each -- */

static int mpath_change_fail(struct mpath_resource *resource, struct nlattr **attrs,
			     struct tier_err *err)
{
	return mpath_cmd_fail_path(resource, nla_data(attrs[DM_MPATH_EXT_A_DEV]), err);
}

static int mpath_change_reinstate(struct mpath_resource *resource, struct nlattr **attrs,
				  struct tier_err *err)
{
	return mpath_cmd_reinstate_path(resource, nla_data(attrs[DM_MPATH_EXT_A_DEV]), err);
}

static int mpath_change_switch(struct mpath_resource *resource, struct nlattr **attrs,
			       struct tier_err *err)
{
	return mpath_cmd_switch_group(resource, nla_get_u32(attrs[DM_MPATH_EXT_A_GROUP]), err);
}

static int mpath_change_disable(struct mpath_resource *resource, struct nlattr **attrs,
				struct tier_err *err)
{
	return mpath_cmd_disable_group(resource, nla_get_u32(attrs[DM_MPATH_EXT_A_GROUP]), err);
}

static int mpath_change_enable(struct mpath_resource *resource, struct nlattr **attrs,
			       struct tier_err *err)
{
	return mpath_cmd_enable_group(resource, nla_get_u32(attrs[DM_MPATH_EXT_A_GROUP]), err);
}

/* the value's words are those of the table line; an empty value has none */
static int mpath_change_set(struct mpath_resource *resource, struct nlattr **attrs,
			    struct tier_err *err)
{
	char *argv[MPATH_SET_WORDS] = { nla_data(attrs[DM_MPATH_EXT_A_KEY]) };
	char value[MPATH_VALUE_LEN], *left = value, *word;
	unsigned int argc = 1;

	nla_strscpy(value, attrs[DM_MPATH_EXT_A_VALUE], sizeof(value));
	while ((word = strsep(&left, " "))) {
		if (!*word)
			continue;
		if (argc == MPATH_SET_WORDS)
			return tier_fail(err, -EINVAL, "'%.32s' is left over", word);
		argv[argc++] = word;
	}
	return mpath_cmd_set(resource, argc, argv, err);
}

/**
 * struct mpath_change - one change
 * @run: carries it out on a map
 * @needs: attributes it takes, all of them needed; 0 ends them
 */
struct mpath_change {
	int (*run)(struct mpath_resource *resource, struct nlattr **attrs, struct tier_err *err);
	u8 needs[MPATH_NEEDS];
};

static const struct mpath_change mpath_changes[] = {
	[DM_MPATH_EXT_CMD_PATH_FAIL] = {
		mpath_change_fail, { DM_MPATH_EXT_A_MAP, DM_MPATH_EXT_A_DEV }
	},
	[DM_MPATH_EXT_CMD_PATH_REINSTATE] = {
		mpath_change_reinstate, { DM_MPATH_EXT_A_MAP, DM_MPATH_EXT_A_DEV }
	},
	[DM_MPATH_EXT_CMD_GROUP_SWITCH] = {
		mpath_change_switch, { DM_MPATH_EXT_A_MAP, DM_MPATH_EXT_A_GROUP }
	},
	[DM_MPATH_EXT_CMD_GROUP_DISABLE] = {
		mpath_change_disable, { DM_MPATH_EXT_A_MAP, DM_MPATH_EXT_A_GROUP }
	},
	[DM_MPATH_EXT_CMD_GROUP_ENABLE] = {
		mpath_change_enable, { DM_MPATH_EXT_A_MAP, DM_MPATH_EXT_A_GROUP }
	},
	[DM_MPATH_EXT_CMD_MAP_SET] = {
		mpath_change_set, { DM_MPATH_EXT_A_MAP, DM_MPATH_EXT_A_KEY, DM_MPATH_EXT_A_VALUE }
	},
};

static int mpath_netlink_change(struct sk_buff *skb, struct genl_info *info)
{
	const struct mpath_change *change = &mpath_changes[info->genlhdr->cmd];
	struct mpath_resource *resource;
	struct tier_err err = { };
	unsigned int i;
	int ret;

	if (!netlink_capable(skb, CAP_SYS_ADMIN))
		return -EPERM;
	ret = mpath_netlink_once(info->nlhdr, info->extack);
	if (ret)
		return ret;
	for (i = 0; i < MPATH_NEEDS && change->needs[i]; i++) {
		ret = mpath_netlink_need(info->attrs, change->needs[i], info->extack);
		if (ret)
			return ret;
	}
	resource = mpath_netlink_map(info->attrs, info->extack);
	if (IS_ERR(resource))
		return PTR_ERR(resource);
	ret = change->run(resource, info->attrs, &err);
	if (ret)
		tier_extack_set(info->extack, err.text);
	mpath_resource_put(resource);
	return ret;
}

/* -- the family -- */

#define MPATH_DUMP(name, call, takes) \
	{ .cmd = (name), .start = mpath_dump_start, .dumpit = (call), \
	  .policy = (takes), .flags = GENL_ADMIN_PERM }

#define MPATH_CHANGE(name, takes) \
	{ .cmd = (name), .doit = mpath_netlink_change, .policy = (takes), \
	  .flags = GENL_ADMIN_PERM }

static const struct genl_ops mpath_netlink_ops[] = {
	{
		.cmd = DM_MPATH_EXT_CMD_MAP_GET,
		.doit = mpath_get_map,
		.start = mpath_dump_start,
		.dumpit = mpath_dump_maps,
		.policy = mpath_policy_map,
		.flags = GENL_ADMIN_PERM,
	},
	MPATH_DUMP(DM_MPATH_EXT_CMD_GROUP_GET, mpath_dump_groups, mpath_policy_map),
	MPATH_DUMP(DM_MPATH_EXT_CMD_PATH_GET, mpath_dump_paths, mpath_policy_group),
	MPATH_CHANGE(DM_MPATH_EXT_CMD_PATH_FAIL, mpath_policy_path),
	MPATH_CHANGE(DM_MPATH_EXT_CMD_PATH_REINSTATE, mpath_policy_path),
	MPATH_CHANGE(DM_MPATH_EXT_CMD_GROUP_SWITCH, mpath_policy_group),
	MPATH_CHANGE(DM_MPATH_EXT_CMD_GROUP_DISABLE, mpath_policy_group),
	MPATH_CHANGE(DM_MPATH_EXT_CMD_GROUP_ENABLE, mpath_policy_group),
	MPATH_CHANGE(DM_MPATH_EXT_CMD_MAP_SET, mpath_policy_set),
};

static const struct genl_multicast_group mpath_netlink_groups[] = {
	[MPATH_GROUP_EVENTS] = { .name = DM_MPATH_EXT_MCGRP_EVENTS, TIER_MCAST_ADMIN },
};

struct genl_family mpath_netlink_family __ro_after_init = {
	.name = DM_MPATH_EXT_FAMILY_NAME,
	.version = DM_MPATH_EXT_FAMILY_VERSION,
	.maxattr = MPATH_REQUEST_ATTR_MAX,
	.module = THIS_MODULE,
	.parallel_ops = true,
	.ops = mpath_netlink_ops,
	.n_ops = ARRAY_SIZE(mpath_netlink_ops),
	.resv_start_op = DM_MPATH_EXT_CMD_MAP_GET,	/* strict from the first on */
	.mcgrps = mpath_netlink_groups,
	.n_mcgrps = ARRAY_SIZE(mpath_netlink_groups),
};

int __init mpath_netlink_init(void)
{
	return genl_register_family(&mpath_netlink_family);
}

void mpath_netlink_exit(void)
{
	genl_unregister_family(&mpath_netlink_family);
}
