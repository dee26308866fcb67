#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# In the guest: start the pool as the last power cut left it, check every record
# that was told to be durable, then write more until the power goes.
#
#	guest.sh <durable records> [last]
set -euo pipefail
durable=$1 last=${2:-}
here=$(dirname "$0")
# shellcheck source=selftests/lib/guest.sh
source /dm-tier/selftests/lib/guest.sh

modprobe ext4
insert dm-tier
echo starts
dmsetup create pool --table "0 524288 tier-pool /dev/vm/disk0 128 0 2 fast 1 /dev/vm/disk1 slow 1 /dev/vm/disk2"
new=''
if ((durable == 0)) && dmsetup message pool 0 create_lun 1 98304 2>/dev/null; then
	new=1
fi
dmsetup message pool 0 set tick 50
dmsetup message pool 0 set move_rate 2000
dmsetup create lun --table "0 98304 tier /dev/mapper/pool 1"
if [[ $new ]] || ! dumpe2fs -h /dev/mapper/lun >/dev/null 2>&1; then
	((durable == 0)) || { echo "the filesystem is gone"; exit 1; }
	mkfs.ext4 -q /dev/mapper/lun
fi
# 1: the journal was replayed and small things set right
status=0
e2fsck -fp /dev/mapper/lun || status=$?
((status <= 1)) || { echo "e2fsck: $status"; exit 1; }
mkdir -p /mnt/lun
mount /dev/mapper/lun /mnt/lun
"$here/records" check /mnt/lun/records "$durable"
echo "replayed $(dmsetup status pool | tr ' ' '\n' | sed -n 's/^replayed=//p')"
if [[ $last ]]; then
	umount /mnt/lun
	dmsetup remove lun
	dmsetup remove pool
	/dm-tier/userspace/tier_check /dev/vm/disk0 /dev/vm/disk1 /dev/vm/disk2
	exit 0
fi
while :; do
	for tier in slow fast; do
		dmsetup message pool 0 migrate_lun 1 "$tier"
		sleep 1
		echo "moves $(dmsetup status pool | tr ' ' '\n' | sed -n 's/^moves_done=//p')"
	done
done &
exec "$here/records" write /mnt/lun/records "$durable"
