#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 100
# timeout: 600
# A pool without space: writes wait, or fail, and go on once there is some.
# What the library reads, or calls by name, looks unused; no path has blanks.
# shellcheck disable=SC2034,SC2086,SC2317
set -euo pipefail
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"
# shellcheck source=selftests/lib/expect.sh
source "$(dirname "$0")/../lib/expect.sh"

# A pool that LUN 1 fills, and a LUN 2 that has nothing yet.
full_pool() {
	mkdisk meta 4
	mkdisk a 16
	mkpool pool 2048 meta ssd:a
	message pool set tick 50
	mklun one pool 1 15M
	write_pattern /dev/mapper/one 0 $((15 * 2048)) alpha01
	mklun two pool 2 4M
}

write_two() {
	dd if=/dev/zero of=/dev/mapper/two bs=4K count=1 oflag=direct status=none
}

waiting() {
	[[ $(status_value pool waiting) == yes ]]
}

# A write to LUN 2 in the background, which waits for space. Its end: $writer
waiting_write() {
	write_two >"$T/write" 2>&1 &
	writer=$!
	still_waiting
}

# The status says so but for the moments in which the pool looks for space.
still_waiting() {
	wait_for 60 waiting
	kill -0 "$writer" || fail "the write has not waited"
}

ended() {
	! kill -0 "$1" 2>/dev/null
}

written() {
	wait_for 60 ended "$writer"
	wait "$writer" || { cat "$T/write"; fail "the write that waited has failed"; }
	not_waiting() { ! waiting; }
	wait_for 60 not_waiting
}

write_failed() { # <expected error>
	wait_for 60 ended "$writer"
	if wait "$writer"; then
		fail "the write has not failed"
	fi
	assert_match "$(<"$T/write")" "$1"
}

test_discard() {
	full_pool
	waiting_write
	# reads and mapped writes go on
	check_pattern /dev/mapper/one 0 2048 alpha01
	write_pattern /dev/mapper/one 2048 2048 beta-02
	still_waiting
	blkdiscard -l $((1 << 20)) /dev/mapper/one
	written
	check_pattern /dev/mapper/one 2048 2048 beta-02
}

# A LUN may have several maps: the suspend of one is no business of the other's.
test_two_maps() {
	local other
	full_pool
	dmsetup create three --table "$(dmsetup table two)"
	waiting_write
	dd if=/dev/zero of=/dev/mapper/three bs=4K seek=256 count=1 oflag=direct status=none &
	other=$!
	stuck() { [[ $(cut -d' ' -f3 "/proc/$other/stat") == D ]]; }
	wait_for 60 stuck
	dmsetup suspend --noflush --nolockfs two
	blkdiscard -l $((2 << 20)) /dev/mapper/one
	wait_for 60 ended "$other"
	wait "$other" || fail "the write that came by the other map has failed"
	dmsetup resume two
	written
}

test_delete() {
	full_pool
	waiting_write
	dmsetup remove one
	message pool delete_lun 1
	written
}

test_reload() {
	full_pool
	waiting_write
	mkdisk b 16
	reload_table pool "$(pool_table 2048 meta ssd:a,b)"
	written
	check_pattern /dev/mapper/one 0 $((15 * 2048)) alpha01
}

test_add_tier() {
	full_pool
	waiting_write
	mkdisk b 16
	reload_table pool "$(pool_table 2048 meta ssd:a sata:b)"
	written
}

test_policy() {
	mkdisk meta 4
	mkdisk a 16
	mkdisk b 16
	mkpool pool 2048 meta ssd:a sata:b
	message pool set tick 50
	message pool set moves off
	mklun two pool 2 32M
	message pool set_lun 2 tiers ssd
	message pool set_lun 2 max ssd:1
	write_pattern /dev/mapper/two 2048 2048 alpha01
	waiting_write
	message pool set_lun 2 max ssd:2
	written
}

test_timeout() {
	full_pool
	message pool set no_space_timeout 1
	waiting_write
	write_failed 'No space left'
	# the pool is none the worse for it
	check_pattern /dev/mapper/one 0 2048 alpha01
	blkdiscard -l $((1 << 20)) /dev/mapper/one
	write_two
	cmp -n 4096 /dev/mapper/two /dev/zero
}

test_timeout_short_tick() {
	full_pool
	message pool set tick 10
	message pool set no_space_timeout 1
	waiting_write
	write_failed 'No space left'
}

test_timeout_off() {
	full_pool
	message pool set no_space_timeout 0
	waiting_write
	sleep 3
	still_waiting
	message pool set no_space_timeout 1
	write_failed 'No space left'
}

test_error() {
	POOL_FEATURES=error_if_no_space
	full_pool
	expect_fail write_two
	if write_two 2>"$T/error"; then
		fail "written without space"
	fi
	assert_match "$(<"$T/error")" 'No space left'
	assert_eq "$(status_value pool waiting)" no
	blkdiscard -l $((1 << 20)) /dev/mapper/one
	write_two
}

# By reload a pool that let writes wait makes them fail, and the reverse.
test_error_by_reload() {
	full_pool
	waiting_write
	POOL_FEATURES=error_if_no_space reload_table pool \
		"$(POOL_FEATURES=error_if_no_space pool_table 2048 meta ssd:a)"
	write_failed 'No space left'
	expect_fail write_two
	reload_table pool "$(pool_table 2048 meta ssd:a)"
	waiting_write
	blkdiscard -l $((1 << 20)) /dev/mapper/one
	written
}

test_suspend_lun() {
	local i
	full_pool
	message pool set no_space_timeout 0
	waiting_write
	for ((i = 0; i < 5; i++)); do
		timeout 60 dmsetup suspend --noflush --nolockfs two
		dmsetup resume two
		wait_for 60 waiting
	done
	dmsetup suspend --noflush --nolockfs two
	blkdiscard -l $((1 << 20)) /dev/mapper/one
	dmsetup resume two
	written
}

test_suspend_pool() {
	local i
	full_pool
	message pool set no_space_timeout 0
	waiting_write
	for ((i = 0; i < 5; i++)); do
		timeout 60 dmsetup suspend pool
		dmsetup resume pool
	done
	wait_for 60 waiting
	blkdiscard -l $((1 << 20)) /dev/mapper/one
	written
}

# A suspend with a flush ends, and so does the write that has no place.
test_suspend_flush() {
	full_pool
	message pool set no_space_timeout 0
	waiting_write
	timeout 60 dmsetup suspend two
	dmsetup resume two
	write_failed 'No space left'
	waiting_write
	blkdiscard -l $((1 << 20)) /dev/mapper/one
	written
}

test_remove_force() {
	full_pool
	message pool set no_space_timeout 0
	waiting_write
	timeout 100 dmsetup remove --force two || :
	write_failed '.'
	wait_for 60 gone two
}

gone() {
	dmsetup remove "$1" 2>/dev/null || :
	! dmsetup info "$1" >/dev/null 2>&1
}

test_remove_pool_force() {
	full_pool
	message pool set no_space_timeout 0
	waiting_write
	timeout 100 dmsetup remove --force pool || :
	write_failed 'Input/output error'
	wait_for 60 gone two
	wait_for 60 gone one
	wait_for 60 gone pool
	mkpool pool 2048 meta ssd:a
	mklun one pool 1
	check_pattern /dev/mapper/one 0 $((15 * 2048)) alpha01
}

# Many writers and one extent after the other that comes free.
test_trickle() {
	local i fio
	full_pool
	message pool set no_space_timeout 0
	fio --thread --name=w --filename=/dev/mapper/two --rw=write --bs=64k --size=4M --direct=1 \
		--ioengine=libaio --verify_state_save=0 --iodepth=32 --verify=crc32c --output="$T/fio" &
	fio=$!
	for ((i = 0; i < 4; i++)); do
		wait_for 60 waiting
		blkdiscard -o $((i << 20)) -l $((1 << 20)) /dev/mapper/one
	done
	wait $fio || { cat "$T/fio"; fail "fio"; }
	check_pattern /dev/mapper/one $((4 * 2048)) $((11 * 2048)) alpha01
	assert_match "$(dmsetup status pool)" ' ssd 15/15 '
}

run_test "a write that waits goes on after a discard" test_discard
run_test "... after a delete" test_delete
run_test "... after a device has come by reload" test_reload
run_test "... after a tier has come by reload" test_add_tier
run_test "... after its LUN may have more" test_policy
run_test "no_space_timeout ends the wait with ENOSPC" test_timeout
run_test "... however short the tick" test_timeout_short_tick
run_test "no_space_timeout 0 waits on" test_timeout_off
run_test "error_if_no_space" test_error
run_test "error_if_no_space comes and goes by reload" test_error_by_reload
run_test "noflush suspend of a LUN that waits" test_suspend_lun
run_test "... another map of the LUN waits on" test_two_maps
run_test "suspend of a pool with a LUN that waits" test_suspend_pool
run_test "flushing suspend of a LUN that waits" test_suspend_flush
run_test "forced removal of a LUN that waits" test_remove_force
run_test "forced removal of a pool with a LUN that waits" test_remove_pool_force
run_test "many writes get space bit by bit" test_trickle
ktap_finish
