#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 40
# A pool that starts without one of its devices, with and without its return.
set -euo pipefail
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"
# shellcheck source=selftests/lib/expect.sh
source "$(dirname "$0")/../lib/expect.sh"

# start_without_b: LUN 1 lies on both members, a and b, and b is gone
start_without_b() {
	mkdisk meta 4
	mkdisk a 17
	mkdisk b 17
	mkpool pool 2048 meta ssd:a,b
	mklun lun pool 1 32M
	write_pattern /dev/mapper/lun 0 65536 data
	dmsetup remove lun
	dmsetup remove pool
	mkpool pool 2048 meta ssd:a
	mklun lun pool 1
	assert_match "$(dmsetup status pool)" ' dev=#1,ssd,missing,16/16( |$)'
}

# how many of the LUN's extents can be read
readable() {
	local i n=0
	for ((i = 0; i < 32; i++)); do
		! dd if=/dev/mapper/lun of=/dev/null bs=1M skip="$i" count=1 iflag=direct \
			status=none 2>/dev/null || n=$((n + 1))
	done
	echo "$n"
}

it_comes_back() {
	start_without_b
	assert_eq "$(readable)" 16 "readable extents"
	reload_table pool "$(pool_table 2048 meta ssd:a,b)"
	member_is pool b active
	check_pattern /dev/mapper/lun 0 65536 data
}

it_is_given_up() {
	start_without_b
	refused "'#2' is not a device of this pool" message pool remove_dev '#2'
	refused "'#x' is not a device of this pool" message pool remove_dev '#x'
	refused '#1 holds 16 extents: evacuate it first' message pool remove_dev '#1'
	refused '#1 is missing' message pool evacuate '#1'
	message pool fail_dev '#1'
	# what lay there is lost; to discard it takes no device (-f: nor a look at it)
	blkdiscard -f /dev/mapper/lun
	assert_match "$(dmsetup status pool)" ' dev=#1,ssd,failed,0/16( |$)'
	message pool remove_dev '#1'
	dmsetup remove lun
	dmsetup remove pool
	mkpool pool 2048 meta ssd:a
	assert_match "$(dmsetup status pool)" ' 1 ssd 0/16 rw '
	[[ $(dmsetup status pool) != *#1* ]] || fail "it is still there"
	# and comes back as a new one, should it ever
	reload_table pool "$(pool_table 2048 meta ssd:a,b)"
	member_is pool b active
	mklun lun pool 1
	write_pattern /dev/mapper/lun 0 65536 data
	check_pattern /dev/mapper/lun 0 65536 data
}

run_test "a member that comes back is known" it_comes_back
run_test "a member that is gone for good can be given up" it_is_given_up
ktap_finish
