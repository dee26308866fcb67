// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading.
 */
#include <linux/module.h>

#include "mpath-leg.h"
#include "mpath-netlink.h"
#include "mpath-target.h"

static int __init mpath_init(void)
{
	int ret;

	ret = mpath_leg_init();
	if (ret)
		return ret;
	ret = mpath_netlink_init();
	if (ret)
		goto err_leg;
	ret = dm_register_target(&mpath_target_type);
	if (ret)
		goto err_netlink;
	return 0;
err_netlink:
	mpath_netlink_exit();
err_leg:
	mpath_leg_exit();
	return ret;
}

static void __exit mpath_exit(void)
{
	dm_unregister_target(&mpath_target_type);
	/* what a hung probe has to say may still come, until its leg is closed */
	mpath_leg_exit();
	mpath_netlink_exit();
}

module_init(mpath_init);
module_exit(mpath_exit);

MODULE_DESCRIPTION("device-mapper multipath with probes, slow-path detection and hedged reads");
MODULE_ALIAS("dm-mpath-ext");
MODULE_LICENSE("GPL");
