# SPDX-License-Identifier: GPL-2.0
# What this kernel has, by its headers: HAVE_* for compat.h. Included from Kbuild.

# $(call mpath-probe,<header>,<regular expression>,<name>)
mpath-probe = $(shell grep -qs -e '$(2)' '$(srctree)/include/$(1)' && echo -DHAVE_$(3))

ccflags-y += $(call mpath-probe,linux/workqueue.h,\<WQ_PERCPU\>,WQ_PERCPU)
ccflags-y += $(call mpath-probe,linux/blkdev.h,bdev_file_open_by_dev,BDEV_FILE_OPEN)
ccflags-y += $(call mpath-probe,linux/hrtimer.h,\<hrtimer_setup\>,HRTIMER_SETUP)
ccflags-y += $(call mpath-probe,linux/device-mapper.h,bool \*forward,IOCTL_FORWARD)
