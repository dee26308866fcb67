#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 140
# timeout: 600
# Thin LUNs: no LUN reads what another wrote; discard; resize; where new extents
# may lie.
# What the library reads, or calls by name, looks unused; no path has blanks.
# shellcheck disable=SC2034,SC2086,SC2317
set -euo pipefail
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"
# shellcheck source=selftests/lib/expect.sh
source "$(dirname "$0")/../lib/expect.sh"

used() { # <lun>: sectors mapped
	dmsetup status "$1" | cut -d' ' -f4
}

no_trace() { # <dev> <word>
	if grep -aqF "$2" "$1"; then
		fail "$1 shows '$2', which another LUN wrote"
	fi
}

# Fill the only device with one LUN's pattern, free it, and write a few bytes in
# each extent of another LUN. $1: extent sectors, $2: how it is freed
test_isolation() {
	local extent=$1 how=$2 n i
	mkdisk meta 4
	mkdisk a 17
	mkpool pool "$extent" meta ssd:a
	mklun one pool 1 16M
	write_pattern /dev/mapper/one 0 32768 SECRET
	assert_eq "$(used one)" 32768
	case $how in
	delete)
		dmsetup remove one
		message pool delete_lun 1
		;;
	discard) blkdiscard /dev/mapper/one ;;
	restart)
		blkdiscard /dev/mapper/one
		dmsetup remove one
		dmsetup remove pool
		mkpool pool "$extent" meta ssd:a
		;;
	esac
	mklun two pool 2 16M
	n=$((32768 / extent))
	for ((i = 0; i < n; i++)); do
		printf small | dd of=/dev/mapper/two bs=1 seek=$((i * extent * 512 + 3000)) \
			conv=notrunc status=none
	done
	sync /dev/mapper/two
	echo 3 >/proc/sys/vm/drop_caches
	assert_eq "$(used two)" 32768
	no_trace /dev/mapper/two SECRET
	assert_eq "$(grep -aoF small /dev/mapper/two | wc -l)" "$n" "marks in LUN 2"
}

# Without passing discards down the old bytes are still on the device: what
# keeps them from the next LUN is the zeroing alone.
isolation_no_passdown() {
	POOL_FEATURES=no_discard_passdown
	test_isolation "$@"
}

# sectors written to a disk so far
written_to() {
	awk '{ print $7 }' "/sys/dev/block/$(dev_number "$1")/stat"
}

whole_of() { # <extent sectors> <lun> <word>
	pattern "$3" 32768 | dd of="/dev/mapper/$2" bs=$(($1 * 512)) iflag=fullblock oflag=direct \
		conv=notrunc,fsync status=none
}

# A write of a whole new extent needs no zeros below it: the device is written
# once. $1: extent sectors
test_whole() {
	local before after
	mkdisk meta 4
	mkdisk a 17
	POOL_FEATURES=no_discard_passdown
	mkpool pool "$1" meta ssd:a
	mklun one pool 1 16M
	before=$(written_to a)
	whole_of "$1" one SECRET
	after=$(written_to a)
	assert_eq "$(used one)" 32768
	echo "$((after - before)) sectors written for 32768"
	((after - before < 32768 + 32768 / 4)) || fail "new extents were zeroed before they were filled"
	assert_eq "$(status_value one usage_ssd | cut -d, -f2,4)" "$((32768 / $1)),32768" "writes"
	blkdiscard /dev/mapper/one
	mklun two pool 2 16M
	whole_of "$1" two other
	check_pattern /dev/mapper/two 0 32768 other
	no_trace /dev/mapper/two SECRET
	dmsetup remove two
	dmsetup remove one
	dmsetup remove pool
	mkpool pool "$1" meta ssd:a
	mklun two pool 2
	check_pattern /dev/mapper/two 0 32768 other
}

test_shrink_grow() {
	mkdisk meta 4
	mkdisk a 32
	POOL_FEATURES=no_discard_passdown
	mkpool pool 2048 meta ssd:a
	mklun lun pool 1 16M
	write_pattern /dev/mapper/lun 0 32768 before0
	resize() { # <sectors to map> <sectors of the LUN>
		dmsetup reload lun --table "0 $1 tier /dev/mapper/pool 1"
		dmsetup resume lun
	}
	resize 9216
	message pool resize_lun 1 9216 # four extents and a half
	assert_eq "$(used lun)" 10240
	check_pattern /dev/mapper/lun 0 9216 before0
	message pool resize_lun 1 32768
	resize 32768
	check_pattern /dev/mapper/lun 0 9216 before0
	cmp -i $((9216 * 512)):0 -n $(((32768 - 9216) * 512)) /dev/mapper/lun /dev/zero ||
		fail "what was cut off has come back"
	write_pattern /dev/mapper/lun 9216 8192 after-1
	check_pattern /dev/mapper/lun 9216 8192 after-1
	cmp -i $((17408 * 512)):0 -n $((15360 * 512)) /dev/mapper/lun /dev/zero
	dmsetup remove lun
	dmsetup remove pool
	mkpool pool 2048 meta ssd:a
	dmsetup create lun --table "0 32768 tier /dev/mapper/pool 1"
	check_pattern /dev/mapper/lun 0 9216 before0
	check_pattern /dev/mapper/lun 9216 8192 after-1
}

test_discard() {
	mkdisk meta 4
	mkdisk a 32
	mkpool pool 2048 meta ssd:a
	mklun lun pool 1 16M
	write_pattern /dev/mapper/lun 0 32768 alpha01
	assert_eq "$(used lun)" 32768
	# part of an extent: nothing is freed, nothing is lost around it
	blkdiscard -o 0 -l $((1 << 19)) /dev/mapper/lun
	assert_eq "$(used lun)" 32768
	check_pattern /dev/mapper/lun 2048 30720 alpha01
	# from the middle of extent 4 to the middle of 8: 5, 6 and 7
	blkdiscard -o $((9216 * 512)) -l $((8192 * 512)) /dev/mapper/lun
	assert_eq "$(used lun)" $((32768 - 3 * 2048))
	cmp -i $((10240 * 512)):0 -n $((6144 * 512)) /dev/mapper/lun /dev/zero
	check_pattern /dev/mapper/lun 2048 $((9216 - 2048)) alpha01
	check_pattern /dev/mapper/lun 17408 $((32768 - 17408)) alpha01
	# again, and what was never written
	blkdiscard -o $((10240 * 512)) -l $((6144 * 512)) /dev/mapper/lun
	write_pattern /dev/mapper/lun 10240 2048 beta-02
	check_pattern /dev/mapper/lun 10240 2048 beta-02
	assert_eq "$(used lun)" $((32768 - 2 * 2048))
	# all of it
	blkdiscard /dev/mapper/lun
	assert_eq "$(used lun)" 0
	assert_match "$(dmsetup status pool)" ' ssd 0/31 '
	cmp -n $((16 << 20)) /dev/mapper/lun /dev/zero
	dmsetup remove lun
	dmsetup remove pool
	mkpool pool 2048 meta ssd:a
	mklun lun pool 1
	assert_eq "$(used lun)" 0
	cmp -n $((16 << 20)) /dev/mapper/lun /dev/zero
}

# One half of the LUN is written and verified while the other is discarded.
test_discard_under_io() {
	local fio i
	mkdisk meta 4
	mkdisk a 64
	mkpool pool 128 meta ssd:a
	mklun lun pool 1 32M
	fio --thread --name=v --filename=/dev/mapper/lun --rw=randwrite --bs=4k --size=16M --direct=1 \
		--ioengine=libaio --verify_state_save=0 --iodepth=8 --verify=crc32c --verify_backlog=64 --loops=2 \
		--verify_fatal=1 --io_size=8M --output="$T/fio" &
	fio=$!
	for ((i = 0; i < 1000; i++)); do
		kill -0 "$fio" 2>/dev/null || break
		dd if=/dev/urandom of=/dev/mapper/lun bs=64K seek=256 count=16 oflag=direct \
			conv=notrunc status=none
		blkdiscard -o $((16 << 20)) -l $((16 << 20)) /dev/mapper/lun
		cmp -i $((16 << 20)):0 -n $((1 << 20)) /dev/mapper/lun /dev/zero
	done
	wait "$fio" || { cat "$T/fio"; fail "fio"; }
	echo "$i rounds of discards"
	((i > 1)) || fail "no discard came under the I/O"
}

# Reads and writes of the very extents that are discarded: old bytes, or zeros,
# or new ones, but never anything else, and all ends.
test_discard_same_extents() {
	local fio i
	mkdisk meta 4
	mkdisk a 32
	mkpool pool 128 meta ssd:a
	mklun lun pool 1 16M
	fio --thread --name=r --filename=/dev/mapper/lun --rw=randrw --bs=4k --size=4M --direct=1 \
		--ioengine=libaio --verify_state_save=0 --iodepth=8 --buffer_pattern=0x5a --io_size=8M \
		--output="$T/fio" &
	fio=$!
	for ((i = 0; i < 1000; i++)); do
		kill -0 "$fio" 2>/dev/null || break
		blkdiscard -l $((4 << 20)) /dev/mapper/lun
	done
	wait "$fio" || { cat "$T/fio"; fail "fio"; }
	tr -d '\0Z' <"/dev/mapper/lun" | cmp - /dev/null || fail "bytes that nobody wrote"
	blkdiscard /dev/mapper/lun
	assert_eq "$(used lun)" 0
}

three() {
	mkdisk meta 4
	mkdisk a 16
	mkdisk b 16
	mkdisk c 32
	mkpool pool 2048 meta ssd:a sas:b sata:c
	message pool set headroom 0
	message pool set moves off
	mklun lun pool 1 16M
}

on() {
	echo "$(extents_on lun ssd 2048) $(extents_on lun sas 2048) $(extents_on lun sata 2048)"
}

test_place_max() {
	three
	message pool set_lun 1 max ssd:3
	message pool set_lun 1 max sas:5
	write_pattern /dev/mapper/lun 0 32768 alpha01
	assert_eq "$(on)" "3 5 8"
}

test_place_tiers() {
	three
	message pool set_lun 1 tiers ssd,sata
	message pool set_lun 1 max ssd:2
	write_pattern /dev/mapper/lun 0 16384 alpha01
	assert_eq "$(on)" "2 0 6"
}

test_place_start() {
	three
	message pool set_lun 1 start_tier sas
	write_pattern /dev/mapper/lun 0 8192 alpha01
	assert_eq "$(on)" "0 4 0"
	message pool set_lun 1 start_tier sata
	write_pattern /dev/mapper/lun 8192 8192 alpha01
	assert_eq "$(on)" "0 4 4"
}

test_place_pin() {
	three
	message pool set_lun 1 pin sas
	message pool set no_space_timeout 1
	write_pattern /dev/mapper/lun 0 $((15 * 2048)) alpha01
	assert_eq "$(on)" "0 15 0"
	# sas is full: rather nowhere than elsewhere
	expect_fail write_pattern /dev/mapper/lun $((15 * 2048)) 2048 alpha01
	assert_eq "$(on)" "0 15 0"
}

test_place_reserve() {
	three
	message pool create_lun 2 16384
	message pool set_lun 2 reserve ssd:10
	write_pattern /dev/mapper/lun 0 32768 alpha01
	echo "LUN 1 on ssd, sas, sata: $(on)"
	dmsetup create two --table "0 16384 tier /dev/mapper/pool 2"
	message pool set_lun 2 tiers ssd
	message pool set moves on
	message pool set tick 50
	write_pattern /dev/mapper/two 0 16384 beta-02
	assert_eq "$(extents_on two ssd 2048)" 8
	check_pattern /dev/mapper/lun 0 32768 alpha01
	check_pattern /dev/mapper/two 0 16384 beta-02
}

test_place_tags() {
	mkdisk meta 4
	mkdisk a 16
	mkdisk b 16
	mkdisk c 32
	mkpool pool 2048 meta ssd:a,b sata:c
	message pool set headroom 0
	message pool set moves off
	message pool set tag /dev/tier/b eu
	message pool set tag /dev/tier/c us
	message pool set no_space_timeout 1
	mklun lun pool 1 32M
	message pool set_lun 1 tags eu
	write_pattern /dev/mapper/lun 0 $((15 * 2048)) alpha01
	assert_match "$(dmsetup status pool)" "$(dev_number a),ssd,active,0/15"
	assert_match "$(dmsetup status pool)" "$(dev_number b),ssd,active,15/15"
	expect_fail write_pattern /dev/mapper/lun $((15 * 2048)) 2048 alpha01
	message pool set_lun 1 tags eu,us
	write_pattern /dev/mapper/lun $((15 * 2048)) 2048 alpha01
	assert_match "$(dmsetup status pool)" "$(dev_number c),sata,active,1/31"
	assert_match "$(dmsetup status pool)" "$(dev_number a),ssd,active,0/15"
}

run_test "no byte of a deleted LUN is readable" test_isolation 2048 delete
run_test "no discarded byte is readable" test_isolation 2048 discard
run_test "nor with discards not passed down, 64 KiB extents" isolation_no_passdown 128 discard
run_test "nor after a restart" isolation_no_passdown 128 restart
run_test "nor of a deleted LUN, discards not passed down" isolation_no_passdown 2048 delete
run_test "a write that fills a new extent is written once" test_whole 2048
run_test "... and with extents of 64 KiB" test_whole 128
run_test "what a resize cuts off is gone" test_shrink_grow
run_test "discard frees whole extents only" test_discard
run_test "discard next to I/O" test_discard_under_io
run_test "discard of what I/O goes to" test_discard_same_extents
run_test "new extents keep max" test_place_max
run_test "new extents keep to allowed tiers" test_place_tiers
run_test "new extents begin on start_tier" test_place_start
run_test "new extents stay with pin" test_place_pin
run_test "a reservation is there for its owner" test_place_reserve
run_test "new extents keep to tags" test_place_tags
ktap_finish
