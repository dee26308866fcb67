#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 100
# timeout: 600
# Suspend, resume, table swaps, forced removal and unload, all under load: all
# of it ends.
# What the library reads, or calls by name, looks unused; no path has blanks.
# shellcheck disable=SC2034,SC2086,SC2317
set -euo pipefail
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"
# shellcheck source=selftests/lib/expect.sh
source "$(dirname "$0")/../lib/expect.sh"

readonly rounds=20

pool2() {
	mkdisk meta 4
	mkdisk a 32
	mkdisk b 32
	mkpool pool 128 meta ssd:a sata:b
	message pool set tick 20
	mklun lun pool 1 24M
}

# busy <sectors>: fio has the LUN open, and has written so much
busy() {
	(($(dmsetup info -c --noheadings -o open lun) && $(dmsetup status lun | cut -d' ' -f4) > $1))
}

# Writes that are verified, until load_ends.
load() {
	fio --thread --name=v --filename=/dev/mapper/lun --rw=randrw --bs=4k --size=24M --direct=1 \
		--ioengine=libaio --verify_state_save=0 --iodepth=8 --verify=crc32c --verify_backlog=32 \
		--verify_fatal=1 --time_based --runtime=1000 --output="$T/fio" &
	fio=$!
	wait_for 100 busy 2048
}

load_ends() {
	kill -0 "$fio" || { cat "$T/fio"; fail "the load has ended early"; }
	kill -INT "$fio"
	wait "$fio" || :
	if grep -E 'verify: bad|err= *[1-9]|error=' "$T/fio"; then
		cat "$T/fio"
		fail "fio has seen errors"
	fi
}

soon() {
	timeout 120 "$@" || fail "has not ended, or failed: $*"
}

test_pool() {
	local i
	pool2
	load
	for ((i = 0; i < rounds; i++)); do
		soon dmsetup suspend pool
		soon dmsetup resume pool
	done
	load_ends
}

test_lun() {
	local i flush
	pool2
	load
	for ((i = 0; i < rounds; i++)); do
		flush=(--noflush --nolockfs)
		((i % 2)) || flush=()
		soon dmsetup suspend "${flush[@]}" lun
		soon dmsetup resume lun
	done
	load_ends
}

# The LUN first, as a stack is stopped from its top.
test_both_top_first() {
	local i
	pool2
	load
	for ((i = 0; i < rounds; i++)); do
		soon dmsetup suspend lun
		soon dmsetup suspend pool
		if ((i % 2)); then
			soon dmsetup resume lun
			soon dmsetup resume pool
		else
			soon dmsetup resume pool
			soon dmsetup resume lun
		fi
	done
	load_ends
}

# The pool first: without a flush the LUN goes, too; with one it waits for the
# pool to come back.
test_both_pool_first() {
	local i pid
	pool2
	load
	for ((i = 0; i < rounds; i++)); do
		soon dmsetup suspend pool
		if ((i % 2)); then
			soon dmsetup suspend --noflush --nolockfs lun
			soon dmsetup resume pool
		else
			timeout 120 dmsetup suspend lun &
			pid=$!
			sleep 0.2
			soon dmsetup resume pool
			wait $pid || fail "suspend of the LUN"
		fi
		soon dmsetup resume lun
	done
	load_ends
}

test_swaps() {
	local i
	pool2
	mkdisk c 16
	load
	for ((i = 0; i < rounds; i++)); do
		dmsetup reload lun --table "$(dmsetup table lun)"
		dmsetup reload pool --table "$(dmsetup table pool)"
		soon dmsetup resume lun
		soon dmsetup resume pool
		((i != 5)) || reload_table pool "$(pool_table 128 meta ssd:a sas:c sata:b)"
		((i != 8)) || message pool migrate_lun 1 sata
		((i != 12)) || message pool migrate_lun 1 none
	done
	load_ends
}

# Suspends come while extents move.
test_moves() {
	local i
	pool2
	load
	for ((i = 0; i < rounds; i++)); do
		message pool migrate_lun 1 "$( ((i % 2)) && echo ssd || echo sata)" || :
		soon dmsetup suspend pool
		soon dmsetup resume pool
	done
	load_ends
}

test_in_use() {
	pool2
	load
	expect_fail dmsetup remove lun
	expect_fail dmsetup remove pool
	expect_fail rmmod dm_tier
	load_ends
}

removed() {
	dmsetup remove "$1" 2>/dev/null || :
	! dmsetup info "$1" >/dev/null 2>&1
}

fio_ended() {
	! kill -0 "$fio" 2>/dev/null
}

test_force_lun() {
	local i
	pool2
	for ((i = 0; i < 5; i++)); do
		load
		timeout 120 dmsetup remove --force lun || :
		wait_for 60 fio_ended
		wait_for 60 removed lun
		mklun lun pool 1
		write_pattern /dev/mapper/lun 0 2048 alpha01
		check_pattern /dev/mapper/lun 0 2048 alpha01
	done
}

test_force_pool() {
	local i
	pool2
	for ((i = 0; i < 5; i++)); do
		write_pattern /dev/mapper/lun 40960 2048 "keep--$i"
		load_half
		timeout 120 dmsetup remove --force pool || :
		wait_for 60 fio_ended
		wait_for 60 removed lun
		wait_for 60 removed pool
		rmmod dm_tier
		mkpool pool 128 meta ssd:a sata:b
		mklun lun pool 1
		check_pattern /dev/mapper/lun 40960 2048 "keep--$i"
	done
}

load_half() {
	fio --thread --name=v --filename=/dev/mapper/lun --rw=randrw --bs=4k --size=16M --direct=1 \
		--ioengine=libaio --verify_state_save=0 --iodepth=8 --time_based --runtime=1000 --output="$T/fio" &
	fio=$!
	wait_for 100 busy 4096
}

# A removal while the pool is suspended and I/O is held.
test_force_suspended() {
	pool2
	load
	soon dmsetup suspend pool
	timeout 120 dmsetup remove --force pool || :
	wait_for 60 fio_ended
	wait_for 60 removed lun
	wait_for 60 removed pool
}

test_make_remove() {
	local i
	mkdisk meta 4
	mkdisk a 16
	for ((i = 0; i < rounds; i++)); do
		mkpool pool 128 meta ssd:a
		((i)) || message pool create_lun 1 8192
		dmsetup create lun --table "0 8192 tier /dev/mapper/pool 1"
		write_pattern /dev/mapper/lun 0 256 "round-$i"
		dmsetup remove lun
		dmsetup remove pool
		rmmod dm_tier
	done
}

run_test "the pool is suspended and resumed" test_pool
run_test "the LUN is suspended and resumed" test_lun
run_test "both, the LUN first" test_both_top_first
run_test "both, the pool first" test_both_pool_first
run_test "tables are swapped" test_swaps
run_test "suspends while extents move" test_moves
run_test "what is in use is not removed" test_in_use
run_test "a LUN is removed by force" test_force_lun
run_test "a pool is removed by force" test_force_pool
run_test "a suspended pool is removed by force" test_force_suspended
run_test "made, removed, unloaded" test_make_remove
ktap_finish
