// SPDX-License-Identifier: GPL-2.0-only
/*
 * dm-tier: unlike disks as one tiered pool, and the LUNs carved from it.
 */
#include <linux/init.h>
#include <linux/module.h>

#include "tier-event.h"
#include "tier-target.h"

static int __init tier_module_init(void)
{
	int ret;

	ret = tier_netlink_init();
	if (ret)
		return ret;
	ret = dm_register_target(&tier_pool_target_type);
	if (ret)
		goto err_netlink;
	ret = dm_register_target(&tier_lun_target_type);
	if (ret)
		goto err_pool;
	return 0;
err_pool:
	dm_unregister_target(&tier_pool_target_type);
err_netlink:
	tier_netlink_exit();
	return ret;
}

static void __exit tier_module_exit(void)
{
	dm_unregister_target(&tier_lun_target_type);
	dm_unregister_target(&tier_pool_target_type);
	tier_netlink_exit();
	rcu_barrier();	/* callbacks of freed operations live in this module */
}

module_init(tier_module_init);
module_exit(tier_module_exit);

/* dm looks for "dm-<target>": this module holds two targets */
MODULE_ALIAS("dm-tier-pool");
MODULE_DESCRIPTION(DM_NAME " tiered pool with live migration");
MODULE_AUTHOR("The dm-tier developers");
MODULE_LICENSE("GPL");
