#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 80
# timeout: 600
# Devices that fail: the source stays in charge, metadata trouble ends read-only.
# shellcheck disable=SC2317
set -euo pipefail
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"
# shellcheck source=selftests/lib/expect.sh
source "$(dirname "$0")/../lib/expect.sh"
# shellcheck source=selftests/lib/moves.sh
source "$(dirname "$0")/../lib/moves.sh"

# under <name>: a linear map over a disk, which can be swapped for an error
under() {
	dmsetup create "u-$1" --table "0 $(blockdev --getsz "/dev/tier/$1") linear /dev/tier/$1 0"
}

swap() { # <name> <target words>
	local size
	size=$(blockdev --getsz "/dev/tier/$1")
	dmsetup suspend --noflush "u-$1"
	dmsetup load "u-$1" --table "0 $size $2"
	dmsetup resume "u-$1"
}

break_it() { swap "$1" error; }
mend_it() { swap "$1" "linear /dev/tier/$1 0"; }

pool_over_maps() {
	mkdisk meta 16
	mkdisk a 48
	mkdisk b 48
	for d in meta a b; do
		under "$d"
	done
	mkpool pool 2048 /dev/mapper/u-meta fast:/dev/mapper/u-a slow:/dev/mapper/u-b
	message pool set tick 50
	message pool set move_rate 2000
	mklun lun pool 1 16M
	write_pattern /dev/mapper/lun 0 32768 data
}

destination_fails() {
	pool_over_maps
	break_it b
	message pool migrate_lun 1 slow
	wait_for 60 eval '(($(status_value pool moves_failed) > 0))'
	message pool migrate_lun 1 none
	wait_for 60 no_moves
	check_pattern /dev/mapper/lun 0 32768 data
	mend_it b
	message pool migrate_lun 1 slow
	wait_for 180 all_on lun slow
	check_pattern /dev/mapper/lun 0 32768 data
	assert_eq "$(dmsetup status pool | awk '{ print $(7 + $6 * 2) }')" rw
}

# A disk that says only when it is asked that it cannot write zeros by itself: the
# driver then offers that no more. The first write must not pay for it.
no_write_zeroes() {
	local disk queue
	modprobe sd_mod || skip "no SCSI disks"
	modprobe scsi_debug dev_size_mb=40 lbpws=1 write_same_length=8 || skip "no scsi_debug"
	disk() { ls /sys/bus/pseudo/drivers/scsi_debug/adapter0/host*/target*/*/block; }
	wait_for 60 disk
	disk=$(disk)
	queue=/sys/block/$disk/queue
	echo 65535 | tee /sys/block/"$disk"/device/scsi_disk/*/max_write_same_blocks
	(($(<"$queue/write_zeroes_max_bytes") > 8 * 512)) || skip "no WRITE ZEROES to refuse"
	mkdisk meta 4
	mkpool pool 2048 meta "ssd:/dev/$disk"
	mklun lun pool 1 16M
	write_pattern /dev/mapper/lun 2048 8 data
	assert_eq "$(<"$queue/write_zeroes_max_bytes")" 0 "WRITE ZEROES still on offer"
	check_pattern /dev/mapper/lun 2048 8 data
	dmsetup remove lun
	dmsetup remove pool
	modprobe -r scsi_debug
}

source_fails() {
	pool_over_maps
	break_it a
	message pool migrate_lun 1 slow
	wait_for 60 eval '(($(status_value pool moves_failed) > 0))'
	assert_eq "$(extents_on lun slow 2048)" 0 "extents that cannot have been copied"
	message pool migrate_lun 1 none
	wait_for 60 no_moves
	mend_it a
	check_pattern /dev/mapper/lun 0 32768 data
}

metadata_fails() {
	pool_over_maps
	break_it meta
	expect_fail message pool create_lun 7 2048
	wait_for 30 eval '[[ $(dmsetup status pool) == *" ro "* ]]'
	check_pattern /dev/mapper/lun 0 32768 data
	expect_fail dd if=/dev/zero of=/dev/mapper/lun bs=4096 count=1 oflag=direct
	refused "ro" message pool set_lun 1 weight 5
	dmsetup remove lun
	dmsetup remove pool
	mend_it meta
	mkpool pool 2048 /dev/mapper/u-meta fast:/dev/mapper/u-a slow:/dev/mapper/u-b
	mklun lun pool 1
	check_pattern /dev/mapper/lun 0 32768 data
}

mirror_takes_over() {
	mkdisk meta 16
	mkdisk mirror 16
	mkdisk a 48
	for d in meta mirror a; do
		under "$d"
	done
	POOL_FEATURES="metadata_mirror /dev/mapper/u-mirror" \
		mkpool pool 2048 /dev/mapper/u-meta fast:/dev/mapper/u-a
	mklun lun pool 1 16M
	write_pattern /dev/mapper/lun 0 8192 data
	break_it meta
	write_pattern /dev/mapper/lun 8192 8192 more
	assert_eq "$(status_value pool meta_copies)" 1 "metadata copies left"
	[[ $(dmsetup status pool) == *" rw "* ]] || fail "the pool is not writable"
	dmsetup remove lun
	dmsetup remove pool
	# the copy that failed comes back, stale: it must not be believed
	mend_it meta
	POOL_FEATURES="metadata_mirror /dev/mapper/u-mirror" \
		mkpool pool 2048 /dev/mapper/u-meta fast:/dev/mapper/u-a
	mklun lun pool 1
	check_pattern /dev/mapper/lun 0 8192 data
	check_pattern /dev/mapper/lun 8192 8192 more
	assert_eq "$(status_value pool meta_copies)" 2 "metadata copies, rebuilt"
}

run_test "a disk that cannot write zeros after all" no_write_zeroes
run_test "a destination that fails" destination_fails
run_test "a source that fails" source_fails
run_test "metadata that fails makes the pool read-only" metadata_fails
run_test "a metadata mirror takes over, the stale copy is rebuilt" mirror_takes_over
ktap_finish
