#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 60
# Features of the table line that change what I/O does, and heat that outlives
# the pool. (read_only is in test_table_01, error_if_no_space in test_space_01.)
set -euo pipefail
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"

# how often the word is on a device, whatever the page cache has of it
marks() { dd if="$1" bs=1M iflag=direct status=none | { grep -aoF "$2" || :; } | wc -l; }

gone_from() { (($(marks "$1" "$2") == 0)); }

# A LUN that fills the pool, then another one in the same extents, of which it
# writes a little. Leaves the number of old marks to be seen in $seen.
second_owner() {
	mkdisk meta 4
	mkdisk a 17
	mkpool pool 2048 meta ssd:a
	mklun one pool 1 16M
	write_pattern /dev/mapper/one 0 32768 SECRET
	dmsetup remove one
	message pool delete_lun 1
	mklun two pool 2 16M
	cmp -n 16777216 /dev/mapper/two /dev/zero # never written, so nothing to show
	for ((i = 0; i < 16; i++)); do
		dd if=/dev/zero of=/dev/mapper/two bs=4K seek=$((i * 256)) count=1 \
			oflag=direct status=none
	done
	assert_eq "$(dmsetup status two | cut -d' ' -f4)" 32768 "sectors mapped"
	seen=$(marks /dev/mapper/two SECRET)
}

# also the proof that the tests of isolation would see what they look for
skip_zeroing_skips_it() {
	POOL_FEATURES="skip_zeroing no_discard_passdown" second_owner
	((seen > 16 * 140000)) || fail "only $seen marks: it was zeroed"
}

zeroing_is_the_default() {
	POOL_FEATURES=no_discard_passdown second_owner
	assert_eq "$seen" 0 "marks of the former owner"
}

# discard_all: leaves a LUN of 16 extents written and discarded
discard_all() {
	mkdisk meta 4
	mkdisk a 32
	mkpool pool 2048 meta ssd:a
	mklun lun pool 1 16M
	write_pattern /dev/mapper/lun 0 32768 SECRET
	(($(marks /dev/tier/a SECRET) > 0)) || fail "not on the device to begin with"
	blkdiscard /dev/mapper/lun
	cmp -n 16777216 /dev/mapper/lun /dev/zero
	assert_eq "$(dmsetup status lun | cut -d' ' -f4)" 0 "sectors mapped"
}

passdown_is_the_default() {
	discard_all
	wait_for 60 gone_from /dev/tier/a SECRET
}

no_passdown_keeps_it_from_disks() {
	local before
	POOL_FEATURES=no_discard_passdown discard_all
	before=$(marks /dev/tier/a SECRET)
	# whatever was still under way when discard came back is over then
	dmsetup remove lun
	dmsetup remove pool
	assert_eq "$(marks /dev/tier/a SECRET)" "$before" "marks on the device"
	((before > 16 * 140000)) || fail "only $before marks are left"
}

# rates: heat of each of the LUN's sixteen extents
rates() { tierctl --json heat map pool 1 --width 16 | jq -r '.cells[].rate'; }

hot_is_hot() {
	mapfile -t rate < <(rates)
	((${#rate[@]} == 16)) && ((rate[3] > 64 && rate[3] > 2 * rate[12] && rate[3] > 2 * rate[0]))
}

heat_outlives_restart() {
	local before i
	mkdisk meta 4
	mkdisk a 32
	mkpool pool 2048 meta ssd:a
	message pool set moves off
	message pool set tick 50
	mklun lun pool 1 16M
	write_pattern /dev/mapper/lun 0 32768 data
	for ((i = 0; i < 400; i++)); do
		dd if=/dev/mapper/lun of=/dev/null bs=4K skip=$((768 + RANDOM % 256)) count=1 \
			iflag=direct status=none
	done
	wait_for 60 hot_is_hot
	# ticks that last: heat does not fade while it is looked at
	message pool set tick 60000
	mapfile -t before < <(rates)
	dmsetup remove lun
	dmsetup remove pool
	mkpool pool 2048 meta ssd:a
	hot_is_hot || fail "heat by extent: $(rates | xargs), before: ${before[*]}"
	# a start lets time pass by a few ticks only
	((rate[3] * 100 > before[3] * 80 && rate[3] <= before[3])) ||
		fail "rate ${rate[3]}, before ${before[3]}"
}

run_test "skip_zeroing: a new owner sees what was there" skip_zeroing_skips_it
run_test "without it he never does" zeroing_is_the_default
run_test "discards reach the disks" passdown_is_the_default
run_test "no_discard_passdown: they do not" no_passdown_keeps_it_from_disks
run_test "heat outlives a restart" heat_outlives_restart
ktap_finish
