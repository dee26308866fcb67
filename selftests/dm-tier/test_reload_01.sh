#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 200
# timeout: 900
# Devices and tiers come and go: by reload, evacuation, absence and failure.
# What the library reads, or calls by name, looks unused; no path has blanks.
# shellcheck disable=SC2034,SC2086,SC2317
set -euo pipefail
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"
# shellcheck source=selftests/lib/expect.sh
source "$(dirname "$0")/../lib/expect.sh"

readonly D=/dev/tier

pool2() {
	mkdisk meta 4
	mkdisk a 16
	mkdisk b 32
	mkdisk c 16
	mkpool pool 2048 meta ssd:a sata:b
	message pool set tick 50
	message pool set headroom 0
	message pool set moves off
	mklun lun pool 1 20M
}

fill() {
	write_pattern /dev/mapper/lun 0 $((20 * 2048)) alpha01
	assert_match "$(dmsetup status pool)" ' 2 ssd 15/15 sata 5/31 '
}

intact() {
	check_pattern /dev/mapper/lun 0 $((20 * 2048)) alpha01
}

restart() { # <words of pool_table>...
	dmsetup remove lun
	dmsetup remove pool
	mkpool pool "$@"
	mklun lun pool 1
}

test_add_device() {
	pool2
	fill
	reload_table pool "$(pool_table 2048 meta ssd:a,c sata:b)"
	assert_match "$(dmsetup status pool)" ' 2 ssd 15/30 sata 5/31 '
	message pool create_lun 2 8192
	dmsetup create two --table "0 8192 tier /dev/mapper/pool 2"
	write_pattern /dev/mapper/two 0 8192 beta-02
	assert_eq "$(extents_on two ssd 2048)" 4
	intact
	dmsetup remove two
	restart 2048 meta ssd:c,a sata:b
	intact
	dmsetup create two --table "0 8192 tier /dev/mapper/pool 2"
	check_pattern /dev/mapper/two 0 8192 beta-02
}

test_add_tier() {
	pool2
	fill
	# in the middle, at the top, at the bottom
	mkdisk d 16
	mkdisk e 16
	reload_table pool "$(pool_table 2048 meta ssd:a sas:c sata:b)"
	assert_match "$(dmsetup status pool)" ' 3 ssd 15/15 sas 0/15 sata 5/31 '
	intact
	reload_table pool "$(pool_table 2048 meta nvme:d ssd:a sas:c sata:b tape:e)"
	assert_match "$(dmsetup status pool)" \
		' 5 nvme 0/15 ssd 15/15 sas 0/15 sata 5/31 tape 0/15 '
	assert_eq "$(status_value lun tiers)" nvme,ssd,sas,sata,tape
	intact
	# moves know the new order
	message pool set moves on
	message pool migrate_lun 1 sata
	moved() { [[ $(status_value lun home) == sata ]]; }
	wait_for 100 moved
	intact
	restart 2048 meta nvme:d ssd:a sas:c sata:b tape:e
	assert_match "$(dmsetup status pool)" ' 5 nvme .* ssd .* sas .* sata .* tape '
	intact
}

# Tiers keep their ids for ever, so there are eight over the life of a pool.
test_ninth_tier() {
	local i specs=()
	mkdisk meta 4
	for ((i = 1; i <= 9; i++)); do
		mkdisk d$i 4
		specs+=("t$i:d$i")
	done
	mkpool pool 2048 meta "${specs[@]:0:8}"
	message pool set tick 50
	message pool evacuate $D/d8
	wait_for 60 member_is pool d8 drained
	message pool remove_dev $D/d8
	table=$(dmsetup table pool)
	refused 'Too many tiers' reload_table pool "$(pool_table 2048 meta "${specs[@]:0:7}" t9:d9)"
	assert_eq "$(dmsetup table pool)" "$table"
	dmsetup remove pool
	refused '9 tiers, of at most 8' mkpool pool 2048 meta "${specs[@]:0:7}" t9:d9
	cmp -n 4096 $D/d9 /dev/zero
	mkpool pool 2048 meta "${specs[@]:0:7}" t8:d9
	assert_match "$(dmsetup status pool)" ' 8 t1 0/3 .* t8 0/3 '
}

# LUNs in use were told what they may send: nothing smaller may be needed later.
test_block_size() {
	pool2
	fill
	mkdisk d 16 blocksize=4096
	table=$(dmsetup table pool)
	refused 'larger logical blocks' reload_table pool "$(pool_table 2048 meta ssd:a,d sata:b)"
	assert_eq "$(dmsetup table pool)" "$table"
	cmp -n 4096 $D/d /dev/zero
	intact
	restart 2048 meta ssd:a,d sata:b
	assert_eq "$(blockdev --getss /dev/mapper/lun)" 4096
	intact
}

test_reorder() {
	pool2
	fill
	reload_table pool "$(pool_table 2048 meta sata:b ssd:a)"
	assert_match "$(dmsetup status pool)" ' 2 sata 5/31 ssd 15/15 '
	intact
}

test_leave_out() {
	pool2
	fill
	table=$(dmsetup table pool)
	refused 'is not in the new table and holds 15 extents' \
		reload_table pool "$(pool_table 2048 meta sata:b)"
	refused 'is not in the new table and holds 5 extents' \
		reload_table pool "$(pool_table 2048 meta ssd:a)"
	assert_eq "$(dmsetup table pool)" "$table"
	intact
	# into another tier: no
	refused 'belongs to tier ssd' reload_table pool "$(pool_table 2048 meta ssd:c sata:b,a)"
	reload_table pool "$(pool_table 2048 meta ssd:a sata:b)"
	intact
}

test_evacuate() {
	pool2
	fill
	refused 'holds 15 extents' message pool remove_dev $D/a
	message pool evacuate $D/a
	wait_for 100 member_is pool a drained
	assert_match "$(dmsetup status pool)" ' 2 ssd 0/15 sata 20/31 '
	intact
	# drained, it takes nothing new and may not yet be left out
	refused 'is not in the new table' reload_table pool "$(pool_table 2048 meta sata:b)"
	message pool remove_dev $D/a
	cmp -n 4096 $D/a /dev/zero || fail "the header of $D/a is still there"
	reload_table pool "$(pool_table 2048 meta sata:b)"
	assert_match "$(dmsetup status pool)" ' 1 sata 20/31 '
	intact
	# nobody holds it any more
	mkfs.ext4 -q -F $D/a
	refused 'holds something else' reload_table pool "$(pool_table 2048 meta ssd:a sata:b)"
	blkdiscard -f $D/a
	reload_table pool "$(pool_table 2048 meta ssd:a sata:b)"
	assert_match "$(dmsetup status pool)" ' 2 ssd 0/15 sata 20/31 '
	restart 2048 meta ssd:a sata:b
	intact
}

test_evacuate_io() {
	local fio
	pool2
	fio --thread --name=v --filename=/dev/mapper/lun --rw=randwrite --bs=4k --size=12M --direct=1 \
		--ioengine=libaio --verify_state_save=0 --iodepth=8 --verify=crc32c --verify_backlog=64 --loops=4 \
		--verify_fatal=1 --output="$T/fio" &
	fio=$!
	some() { (($(extents_on lun ssd 2048) > 3)); }
	wait_for 60 some
	message pool evacuate $D/a
	wait_for 100 member_is pool a drained
	message pool remove_dev $D/a
	reload_table pool "$(pool_table 2048 meta sata:b)"
	wait "$fio" || { cat "$T/fio"; fail "fio"; }
	assert_match "$(dmsetup status pool)" ' 1 sata 12/31 '
}

test_evacuate_restart() {
	pool2
	fill
	message pool set move_rate 1
	message pool evacuate $D/a
	restart 2048 meta ssd:a sata:b
	assert_match "$(member_state pool a)" 'draining|drained'
	message pool set move_rate 1000
	wait_for 100 member_is pool a drained
	intact
	message pool cancel_evacuate $D/a
	restart 2048 meta ssd:a sata:b
	assert_eq "$(member_state pool a)" active
}

test_cancel() {
	pool2
	fill
	message pool set move_rate 1
	message pool evacuate $D/a
	message pool cancel_evacuate $D/a
	assert_eq "$(member_state pool a)" active
	intact
}

test_missing() {
	pool2
	fill
	dmsetup remove lun
	dmsetup remove pool
	log_mark
	mkpool pool 2048 meta ssd:c sata:b
	logged 'member 0 of tier ssd is missing; 15 extents are on it'
	assert_match "$(dmsetup status pool)" ',missing,15/15'
	assert_match "$(dmsetup status pool)" ' rw '
	mklun lun pool 1
	# the first 15 extents lay on it, the last 5 on the other
	expect_fail dd if=/dev/mapper/lun of=/dev/null bs=4K count=1 iflag=direct
	expect_fail dd if=/dev/zero of=/dev/mapper/lun bs=4K count=1 oflag=direct
	check_pattern /dev/mapper/lun $((15 * 2048)) $((5 * 2048)) alpha01
	write_pattern /dev/mapper/lun $((15 * 2048)) $((5 * 2048)) beta-02
	message pool create_lun 2 8192
	dmsetup create two --table "0 8192 tier /dev/mapper/pool 2"
	write_pattern /dev/mapper/two 0 8192 gamma03
	# back, by reload
	reload_table pool "$(pool_table 2048 meta ssd:c,a sata:b)"
	check_pattern /dev/mapper/lun 0 $((15 * 2048)) alpha01
	check_pattern /dev/mapper/lun $((15 * 2048)) $((5 * 2048)) beta-02
	check_pattern /dev/mapper/two 0 8192 gamma03
	assert_eq "$(member_state pool a)" active
	write_pattern /dev/mapper/lun 0 2048 delta04
	dmsetup remove two
	restart 2048 meta ssd:c,a sata:b
	check_pattern /dev/mapper/lun 0 2048 delta04
}

# Away for a whole tier's worth of devices, and back after a restart.
test_missing_tier() {
	pool2
	fill
	restart 2048 meta sata:b
	assert_match "$(dmsetup status pool)" ' 1 sata 5/31 rw '
	check_pattern /dev/mapper/lun $((15 * 2048)) $((5 * 2048)) alpha01
	expect_fail dd if=/dev/mapper/lun of=/dev/null bs=4K count=1 iflag=direct
	restart 2048 meta ssd:a sata:b
	intact
}

# A copy of a member taken before the last start is not the member.
test_stale_member() {
	pool2
	fill
	dmsetup remove lun
	dmsetup remove pool
	cp --sparse=never $D/a "$T/a"
	mkpool pool 2048 meta ssd:a sata:b
	mklun lun pool 1
	write_pattern /dev/mapper/lun 0 2048 beta-02
	restart 2048 meta ssd:a sata:b
	dmsetup remove lun
	dmsetup remove pool
	cp $D/a "$T/new"
	cp "$T/a" $D/a
	sync
	refused 'stale copy of member' mkpool pool 2048 meta ssd:a sata:b
	cp "$T/new" $D/a
	sync
	mkpool pool 2048 meta ssd:a sata:b
	mklun lun pool 1
	check_pattern /dev/mapper/lun 0 2048 beta-02
}

# A device of which the header alone can be made to fail: over_map, then
# header <target words>.
over_map() {
	dmsetup create "over-$1" --table "$(over_table "$1" linear)"
}

over_table() { # <disk> <target>
	local tail=
	[[ $2 != flakey ]] || tail=" 0 10 1 error_writes"
	[[ $2 == error ]] && echo "0 8 error" || echo "0 8 $2 $D/$1 0$tail"
	echo "8 $(($(blockdev --getsz "$D/$1") - 8)) linear $D/$1 8"
}

header() { # <disk> <target>
	dmsetup suspend --noflush "over-$1"
	over_table "$@" | dmsetup reload "over-$1"
	dmsetup resume "over-$1"
}

over_pool() {
	mkdisk meta 4
	mkdisk a 16
	mkdisk b 32
	mkdisk c 16
	over_map a
	mkpool pool 2048 meta ssd:/dev/mapper/over-a sata:b
	message pool set headroom 0
	message pool set moves off
	mklun lun pool 1 20M
	fill
}

# One bad disk must not keep the others from being used.
test_unreadable() {
	over_pool
	header a error
	log_mark
	reload_table pool "$(pool_table 2048 meta ssd:/dev/mapper/over-a,c sata:b)"
	logged 'cannot be read, and stays'
	assert_match "$(dmsetup status pool)" ' 2 ssd 15/30 sata 5/31 rw '
	intact
	log_mark
	restart 2048 meta ssd:/dev/mapper/over-a,c sata:b
	logged 'cannot be read: it counts as missing'
	assert_match "$(dmsetup status pool)" ',missing,15/15'
	assert_match "$(dmsetup status pool)" ' rw '
	expect_fail dd if=/dev/mapper/lun of=/dev/null bs=4K count=1 iflag=direct
	check_pattern /dev/mapper/lun $((15 * 2048)) $((5 * 2048)) alpha01
	header a linear
	reload_table pool "$(pool_table 2048 meta ssd:/dev/mapper/over-a,c sata:b)"
	intact
	restart 2048 meta ssd:/dev/mapper/over-a,c sata:b
	intact
}

test_header_not_written() {
	modprobe dm-flakey || skip "no dm-flakey"
	over_pool
	header a flakey
	log_mark
	restart 2048 meta ssd:/dev/mapper/over-a sata:b
	logged 'header of .* not written'
	intact
	write_pattern /dev/mapper/lun 0 2048 beta-02
	# it is behind the others now, and known for what it is all the same
	header a linear
	restart 2048 meta ssd:/dev/mapper/over-a sata:b
	check_pattern /dev/mapper/lun 0 2048 beta-02
	restart 2048 meta ssd:/dev/mapper/over-a sata:b
	check_pattern /dev/mapper/lun 0 2048 beta-02
}

# A table that fails when it goes live leaves no way round the rules.
test_leave_out_after_failure() {
	pool2
	fill
	dmsetup reload pool --table "$(pool_table 2048 meta ssd:a,c sata:b)"
	printf x | dd of=$D/c bs=1 seek=4095 conv=notrunc,fsync status=none
	refused 'not taken' dmsetup resume pool
	refused 'is not in the new table and holds 15 extents' \
		dmsetup reload pool --table "$(pool_table 2048 meta sata:b)"
	reload_table pool "$(pool_table 2048 meta ssd:a sata:b)"
	intact
}

test_fail_dev() {
	pool2
	fill
	message pool fail_dev $D/a
	assert_eq "$(member_state pool a)" failed
	expect_fail dd if=/dev/mapper/lun of=/dev/null bs=4K count=1 iflag=direct
	expect_fail dd if=/dev/zero of=/dev/mapper/lun bs=4K count=1 oflag=direct
	check_pattern /dev/mapper/lun $((15 * 2048)) $((5 * 2048)) alpha01
	# new extents go elsewhere
	message pool create_lun 2 8192
	dmsetup create two --table "0 8192 tier /dev/mapper/pool 2"
	write_pattern /dev/mapper/two 0 8192 beta-02
	assert_eq "$(extents_on two sata 2048)" 4
	dmsetup remove two
	restart 2048 meta ssd:a sata:b
	assert_eq "$(member_state pool a)" failed
	expect_fail dd if=/dev/mapper/lun of=/dev/null bs=4K count=1 iflag=direct
	message pool reinstate_dev $D/a
	assert_eq "$(member_state pool a)" active
	intact
}

run_test "a device joins" test_add_device
run_test "tiers join, in any place" test_add_tier
run_test "a ninth tier is refused" test_ninth_tier
run_test "a device of larger blocks joins at a start only" test_block_size
run_test "tiers change places" test_reorder
run_test "a device that holds extents may not be left out" test_leave_out
run_test "a device is emptied and leaves" test_evacuate
run_test "... while I/O runs" test_evacuate_io
run_test "an evacuation goes on after a restart" test_evacuate_restart
run_test "an evacuation is cancelled" test_cancel
run_test "a missing device: the others work, it comes back" test_missing
run_test "a missing tier" test_missing_tier
run_test "a stale copy of a device is refused" test_stale_member
run_test "a device that cannot be read: the others work" test_unreadable
run_test "a device that does not take its header" test_header_not_written
run_test "no device is left out by way of a table that failed" test_leave_out_after_failure
run_test "fail_dev and reinstate_dev" test_fail_dev
ktap_finish
