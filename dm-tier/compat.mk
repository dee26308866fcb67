# SPDX-License-Identifier: GPL-2.0
# What this kernel has, by its headers: HAVE_* for compat.h. Features are looked
# for, not versions, since distributions backport. Included from Kbuild.

# $(call tier-probe,<header>,<regular expression>,<name>), the expression
# without comma and parenthesis
tier-probe = $(shell grep -qs -e '$(2)' '$(srctree)/include/$(1)' && echo -DHAVE_$(3))

# netlink
ccflags-y += $(call tier-probe,net/genetlink.h,\<genl_info_dump\>,GENL_INFO_DUMP)
ccflags-y += $(call tier-probe,net/genetlink.h,GENL_MCAST_CAP_SYS_ADMIN,GENL_MCAST_CAP_SYS_ADMIN)

# block and device-mapper
ccflags-y += $(call tier-probe,linux/dm-io.h,ioprio,DM_IO_IOPRIO)
ccflags-y += $(call tier-probe,linux/dm-io.h,sync_unsup_bits,DM_IO_UNSUP)
ccflags-y += $(call tier-probe,linux/device-mapper.h,dm_devt_from_path,DM_DEVT_FROM_PATH)
ccflags-y += $(call tier-probe,linux/blkdev.h,\<bdev_rot\>,BDEV_ROT)
ccflags-y += $(call tier-probe,linux/blkdev.h,max_user_discard_sectors,MAX_USER_DISCARD_SECTORS)
