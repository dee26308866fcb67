#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 60
# LUNs of odd sizes, and what is asked of them while they move.
set -euo pipefail
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"
# shellcheck source=selftests/lib/expect.sh
source "$(dirname "$0")/../lib/expect.sh"
# shellcheck source=selftests/lib/moves.sh
source "$(dirname "$0")/../lib/moves.sh"

mapped() { dmsetup status "$1" | awk '{ print $4 }'; }

odd_end_is_discarded() {
	quick_pool 128
	mklun lun pool 1 1000
	write_pattern /dev/mapper/lun 0 1000 alpha
	assert_eq "$(mapped lun)" 1024 "mapped sectors"
	# short of the end it is no whole extent
	blkdiscard -o $((896 * 512)) -l $((96 * 512)) /dev/mapper/lun
	assert_eq "$(mapped lun)" 1024 "mapped sectors"
	blkdiscard /dev/mapper/lun
	assert_eq "$(mapped lun)" 0 "mapped sectors"
	# a map that ends before the LUN does is not the end
	write_pattern /dev/mapper/lun 0 1000 beta
	dmsetup remove lun
	dmsetup create lun --table "0 960 tier /dev/mapper/pool 1"
	blkdiscard /dev/mapper/lun
	assert_eq "$(mapped lun)" 128 "mapped sectors"
	dmsetup remove lun
	mklun lun pool 1
	cmp <(pattern beta 1000 | tail -c 20480) <(tail -c 20480 /dev/mapper/lun) || fail "the end is gone"
}

# what a shrink has cut off does not come back, whatever the size of a block
grows_over_zeros() {
	local block size
	for block in 512 4096; do
		mkdisk "meta$block" 16
		mkdisk "data$block" 64 blocksize="$block"
		mkpool "pool$block" 128 "meta$block" "t:data$block"
		for size in 1000 1001 1003 1016 1023; do
			mklun lun "pool$block" 1 2000
			write_pattern /dev/mapper/lun 0 2000 alpha
			dmsetup remove lun
			message "pool$block" resize_lun 1 "$size"
			message "pool$block" resize_lun 1 2000
			mklun lun "pool$block" 1
			check_pattern /dev/mapper/lun 0 $((size / 8 * 8)) alpha
			cmp -n $(((2000 - (size + 7) / 8 * 8) * 512)) -i $(((size + 7) / 8 * 8 * 512)):0 \
				/dev/mapper/lun /dev/zero
			dmsetup remove lun
			message "pool$block" delete_lun 1
		done
		dmsetup remove "pool$block"
	done
}

# a move that takes its time holds up neither a shrink nor a status
shrinks_under_slow_moves() {
	mkdisk meta 16
	mkdisk ssd 256
	mkdisk sata 256
	mkpool pool 262144 meta ssd:ssd sata:sata
	message pool set tick 50
	mklun lun pool 1 $((262144 * 1500))
	message pool set_lun 1 start_tier ssd
	message pool set_lun 1 move_rate 1
	write_pattern /dev/mapper/lun 0 65536 alpha
	dmsetup remove lun
	message pool migrate_lun 1 sata
	moving() { (($(dmsetup status pool | awk '{ print $(8 + 2 * $6) }') > 0)); }
	wait_for 60 moving
	# the move would need two minutes
	timeout 60 dmsetup message pool 0 resize_lun 1 $((262144 * 100))
	message pool set_lun 1 move_rate 0
	arrived() { [[ $(status_value pool moves_done) -ge 1 ]]; }
	wait_for 120 arrived
	dmsetup create lun --table "0 65536 tier /dev/mapper/pool 1"
	check_pattern /dev/mapper/lun 0 65536 alpha
}

no_pin_on_the_way() {
	quick_pool 2048
	mklun lun pool 1 16M
	write_pattern /dev/mapper/lun 0 32768 alpha
	message pool set_lun 1 move_rate 1
	message pool migrate_lun 1 sata
	expect_fail message pool set_lun 1 pin ssd
	dmesg | tail -n 5 | grep -q 'pin: the LUN is migrating to sata' || fail "no word of why"
	assert_eq "$(status_value lun pin)" none pin
	message pool migrate_lun 1 none
	message pool set_lun 1 pin ssd
}

flush_of_what_is_read_only() {
	quick_pool 2048
	mklun lun pool 1 16M
	write_pattern /dev/mapper/lun 0 2048 alpha
	dmsetup remove lun
	dmsetup remove pool
	POOL_FEATURES=read_only mkpool pool 2048 meta ssd:ssd sas:sas sata:sata
	mklun lun pool 1
	sync /dev/mapper/lun
	expect_fail dd if=/dev/zero of=/dev/mapper/lun bs=4k count=1 oflag=direct status=none
	check_pattern /dev/mapper/lun 0 2048 alpha
}

# one of two members is full: half of it moves over, and then there is peace
balances_once() {
	mkdisk meta 16
	mkdisk a 17
	mkdisk b 17
	mkpool pool 2048 meta t:a
	message pool set tick 50
	mklun lun pool 1 15M
	write_pattern /dev/mapper/lun 0 30720 alpha
	reload_table pool "$(pool_table 2048 meta t:a,b)"
	half() { (($(status_value pool moves_done) >= 6)); }
	wait_for 120 half
	sleep 5
	(($(status_value pool moves_done) <= 9)) || fail "$(status_value pool moves_done) moves"
	check_pattern /dev/mapper/lun 0 30720 alpha
}

no_member_of_itself() {
	mkdisk meta 16
	mkdisk a 64
	mkpool pool 128 meta t:a
	mklun lun pool 1 16M
	refused 'A LUN of the pool cannot be one of its devices' \
		dmsetup load pool --table "$(pool_table 128 meta t:a,/dev/mapper/lun)"
	refused 'A LUN of the pool cannot be one of its devices' \
		dmsetup load pool --table "$(POOL_FEATURES="metadata_mirror /dev/mapper/lun" \
			pool_table 128 meta t:a)"
	write_pattern /dev/mapper/lun 0 2048 alpha
	check_pattern /dev/mapper/lun 0 2048 alpha
}

run_test "the end of a LUN of odd size is discarded" odd_end_is_discarded
run_test "a LUN grows over zeros, on blocks of 512 and 4096" grows_over_zeros
run_test "a LUN shrinks under slow moves" shrinks_under_slow_moves
run_test "no pin elsewhere while a LUN migrates" no_pin_on_the_way
run_test "a flush in a read-only pool" flush_of_what_is_read_only
run_test "a tier is balanced once" balances_once
run_test "a pool's own LUN is no member of it" no_member_of_itself
