// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading.
 */
#include <linux/module.h>

#include "mpath-leg.h"
#include "mpath-target.h"

static int __init mpath_init(void)
{
	int ret;

	ret = mpath_leg_init();
	if (ret)
		return ret;
	ret = dm_register_target(&mpath_target_type);
	if (ret)
		mpath_leg_exit();
	return ret;
}

static void __exit mpath_exit(void)
{
	dm_unregister_target(&mpath_target_type);
	mpath_leg_exit();
}

module_init(mpath_init);
module_exit(mpath_exit);

MODULE_DESCRIPTION("device-mapper multipath with probes, slow-path detection and hedged reads");
MODULE_ALIAS("dm-mpath-ext");
MODULE_LICENSE("GPL");
