#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 40
# A pool, a LUN, data in and out, restart.
set -euo pipefail
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"

pool3() {
	mkdisk meta 16
	mkdisk ssd 64
	mkdisk sas 128
	mkdisk sata 256
	mkpool pool 2048 meta ssd:ssd sas:sas sata:sata
}

test_write_read() {
	pool3
	mklun lun1 pool 1 64M
	write_pattern /dev/mapper/lun1 0 16384 alpha
	check_pattern /dev/mapper/lun1 0 16384 alpha
	dmsetup status pool
	dmsetup status lun1
}

test_unwritten_is_zero() {
	pool3
	mklun lun1 pool 1 64M
	cmp -n $((64 << 20)) /dev/mapper/lun1 /dev/zero
	[[ $(dmsetup status lun1 | awk '{ print $4 }') == 0 ]] ||
		fail "reading has allocated space"
}

test_restart() {
	pool3
	mklun lun1 pool 1 64M
	write_pattern /dev/mapper/lun1 2048 8192 alpha
	dmsetup remove lun1
	dmsetup remove pool
	mkpool pool 2048 meta ssd:ssd sas:sas sata:sata
	mklun lun1 pool 1
	check_pattern /dev/mapper/lun1 2048 8192 alpha
}

run_test "what is written is read back" test_write_read
run_test "unwritten space reads as zeros and is not allocated" test_unwritten_is_zero
run_test "data and LUNs outlive a restart of the pool" test_restart
ktap_finish
