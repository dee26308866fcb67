#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 40
# The shell library: disks come, hold data, lose what was not flushed, and go.
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"

disk_holds_data() {
	mkdisk fast 16
	write_pattern /dev/tier/fast 128 256 hello
	check_pattern /dev/tier/fast 128 256 hello
	expect_fail cmp -s -n 512 /dev/tier/fast <(pattern hello 1)
}

power_cut_loses_the_cache() {
	mkdisk volatile 16 cache_size=4
	write_pattern /dev/tier/volatile 0 8 flushed
	dd if=/dev/urandom of=/dev/tier/volatile bs=4k count=1 seek=2 oflag=direct status=none
	disk_power_cut volatile
	check_pattern /dev/tier/volatile 0 8 flushed
	cmp -n 4096 /dev/zero <(dd if=/dev/tier/volatile bs=4k skip=2 count=1 iflag=direct status=none)
}

stacked_devices_go() {
	mkdisk below 16
	dmsetup create lower --table "0 32768 linear /dev/tier/below 0"
	dmsetup create upper --table "0 32768 linear /dev/mapper/lower 0"
	write_pattern /dev/mapper/upper 0 8 word
}

nothing_left() {
	! compgen -G "$nullb/*/" || fail "disks are left"
	assert_eq "$(dmsetup ls)" "No devices found"
}

table_is_right() {
	mkdisk meta 16
	mkdisk ssd 64
	mkdisk hdd1 64
	mkdisk hdd2 64
	assert_eq "$(POOL_FEATURES=skip_zeroing pool_table 2048 meta fast:ssd slow:hdd1,hdd2)" \
		"0 393216 tier-pool /dev/tier/meta 2048 1 skip_zeroing 2 fast 1 /dev/tier/ssd slow 2 /dev/tier/hdd1 /dev/tier/hdd2"
}

run_test "a disk holds data" disk_holds_data
run_test "a power cut loses what was not flushed" power_cut_loses_the_cache
run_test "stacked devices are taken down" stacked_devices_go
run_test "nothing is left" nothing_left
run_test "a pool's table line" table_is_right
