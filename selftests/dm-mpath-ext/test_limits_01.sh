#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# A map's queue limits are those that all of its paths can keep.
set -euo pipefail
# shellcheck source=selftests/lib/mpath.sh
source "$(dirname "$0")/../lib/mpath.sh"

queue() { cat "/sys/dev/block/$(stat -Lc '%Hr:%Lr' "$1")/queue/$2"; }
of_map() { queue /dev/mapper/m "$1"; }

# two_disks <attributes of the one> -- <attributes of the other>: blank ones of a
# size cannot be told apart
two_disks() {
	local one=()
	while [[ $1 != -- ]]; do
		one+=("$1")
		shift
	done
	shift
	mkdisk disk 16 "${one[@]}"
	mkdisk other 16 "$@"
	mkmpath m 0 0 1 1 round-robin 0 2 0 /dev/tier/disk /dev/tier/other
}

block_size() {
	two_disks blocksize=512 -- blocksize=4096
	assert_eq "$(of_map logical_block_size)" 4096 "logical block size"
	assert_eq "$(of_map physical_block_size)" 4096 "physical block size"
	expect_fail dd if=/dev/mapper/m of=/dev/null bs=512 count=1 iflag=direct status=none
	dd if=/dev/mapper/m of=/dev/null bs=4096 count=4 iflag=direct status=none
}

discards() {
	two_disks discard=1 -- discard=1
	(($(of_map discard_max_bytes) > 0)) || fail "no discards"
	blkdiscard /dev/mapper/m
	dmsetup remove m
	rmdisk other
	mkdisk other 16 discard=0
	mkmpath m 0 0 1 1 round-robin 0 2 0 /dev/tier/disk /dev/tier/other
	assert_eq "$(of_map discard_max_bytes)" 0 "discards that one path does not know"
	expect_fail blkdiscard /dev/mapper/m
}

sizes() {
	two_disks max_sectors=256 -- max_sectors=64
	assert_eq "$(of_map max_hw_sectors_kb)" 32 "largest I/O"
	dd if=/dev/zero of=/dev/mapper/m bs=1M count=4 oflag=direct status=none
	dd if=/dev/mapper/m of=/dev/null bs=1M count=4 iflag=direct status=none
}

# One path with a volatile cache is enough for flushes to be needed.
cache() {
	two_disks cache_size=0 -- cache_size=4
	assert_eq "$(of_map write_cache)" "write back" "cache"
	write_pattern /dev/mapper/m 0 64 alpha
}

# A path of larger blocks joins by reload.
joins_later() {
	mkdisk disk 16
	mkdisk other 16 blocksize=4096
	mkmpath m 0 0 1 1 round-robin 0 1 0 /dev/tier/disk
	assert_eq "$(of_map logical_block_size)" 512 "logical block size"
	dmsetup load m --table "0 $(blockdev --getsz /dev/tier/disk) mpath-ext 0 0 1 1 \
		round-robin 0 2 0 /dev/tier/disk /dev/tier/other"
	dmsetup suspend m
	dmsetup resume m
	assert_eq "$(of_map logical_block_size)" 4096 "logical block size"
}

run_test "the largest block size counts" block_size
run_test "discards if all paths know them" discards
run_test "the smallest largest I/O counts" sizes
run_test "one volatile cache is a cache" cache
run_test "a path of other limits joins" joins_later
