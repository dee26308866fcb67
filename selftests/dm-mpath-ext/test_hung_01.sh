#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# A path that hangs: I/O on it neither ends nor fails until it is released.
set -euo pipefail
# shellcheck source=selftests/lib/mpath.sh
source "$(dirname "$0")/../lib/mpath.sh"

# a case that fails leaves a path that hangs, on which all else would wait
eval "$(declare -f test_teardown | sed '1s/test_teardown/usual_teardown/')"
test_teardown() {
	local name
	for name in p{a,b} below; do
		[[ ! -b /dev/mapper/$name ]] || dmsetup resume "$name" 2>/dev/null || :
	done
	[[ ! -b /dev/mapper/m ]] || dmsetup remove --retry m || :
	[[ ! -L /dev/mapper/pa ]] || losetup -d /dev/mapper/pa || :
	[[ ! -L /dev/mapper/pa ]] || rm -f /dev/mapper/pa
	usual_teardown
}

two_paths() {
	mkdisk disk 32
	write_pattern /dev/tier/disk 0 2048 old
	mkpaths disk pa pb
	mkmpath m "$@" 0 1 1 round-robin 0 2 0 /dev/mapper/pa /dev/mapper/pb
	message m set hung_time 500
}

writes_of() { awk '{ print $5 }' "/sys/dev/block/$(devno "$1")/stat"; }

# put <block> <word>: one direct write of 4 KiB; get <block> <word>: is that there?
put() { pattern "$2" 8 | dd of=/dev/mapper/m bs=4k seek="$1" count=1 oflag=direct iflag=fullblock conv=notrunc status=none; }
get() { cmp -s <(pattern "$2" 8) <(dd if="${3:-/dev/mapper/m}" bs=4k skip="$1" count=1 iflag=direct status=none); }

# hung_write: a write of "first" to block 3 that hangs on pa; leaves its process in $!
hung_write() {
	message m fail_path /dev/mapper/pb
	# not before the write is there, however busy the host
	message m set hung_time 600000
	path_hangs pa
	put 3 first &
	wait_for 20 eval '(($(in_flight m pa) > 0))'
	message m set hung_time 500
	message m reinstate_path /dev/mapper/pb
	path_state_is m pb up
}

# what hangs is not sent a second time: it would overwrite what came after it
no_second_write() {
	local before pid
	two_paths 0
	hung_write
	pid=$!
	before=$(writes_of pb)
	wait_for 30 path_state_is m pa hung
	# the path is gone round
	put 5 other
	get 5 other
	get 3 old /dev/tier/disk || fail "the write that hangs has gone elsewhere"
	assert_eq "$(writes_of pb)" $((before + 1)) "writes on pb"
	# longer than any timer of the target's
	sleep 2
	get 3 old /dev/tier/disk || fail "the write that hangs has gone elsewhere"
	kill -0 "$pid" || fail "the write has ended"
	path_goes_on pa
	wait "$pid"
	get 3 first
	# it has ended, so it can do no harm to what comes now
	put 3 second
	wait_for 30 path_state_is m pa up
	sleep 1
	get 3 second
	get 3 second /dev/mapper/pa
	assert_eq "$(in_flight m pa) $(in_flight m pb)" "0 0" "in flight"
}

# the administrator's word, errors of the path and probes do not move it either
nothing_moves_it() {
	local pid
	two_paths 2 queue_if_no_path 60
	hung_write
	pid=$!
	message m fail_path /dev/mapper/pa
	message m reinstate_path /dev/mapper/pa
	message m fail_path /dev/mapper/pa
	put 5 other
	get 3 old /dev/tier/disk
	kill -0 "$pid"
	assert_eq "$(in_flight m pa)" 1 "in flight"
	path_goes_on pa
	wait "$pid"
	get 3 first
}

# dm waits for a user's I/O, in each kind of suspend; and it can be interrupted
suspend_waits_for_writes() {
	local pid suspend how
	two_paths 0
	for how in "" "--noflush --nolockfs"; do
		hung_write
		pid=$!
		# shellcheck disable=SC2086
		timeout 2 dmsetup suspend $how m && fail "suspended with a write under way"
		# that is undone: the map works
		put 5 other
		get 5 other
		# shellcheck disable=SC2086
		dmsetup suspend $how m &
		suspend=$!
		sleep 1
		kill -0 "$suspend" || fail "suspended with a write under way"
		path_goes_on pa
		wait "$pid"
		wait "$suspend"
		timeout 20 dmsetup resume m
		get 3 first
		put 3 old
		message m reinstate_path /dev/mapper/pa
	done
}

# a probe that hangs is waited for by nobody
only_a_probe_hangs() {
	two_paths 2 probe_interval 100
	path_hangs pa
	wait_for 30 path_state_is m pa hung
	get 3 old
	timeout 20 dmsetup suspend m
	timeout 20 dmsetup resume m
	timeout 20 dmsetup suspend --noflush --nolockfs m
	timeout 20 dmsetup resume m
	timeout 20 dmsetup load m --table "$(dmsetup table m)"
	timeout 20 dmsetup suspend m
	timeout 20 dmsetup resume m
	get 3 old
	timeout 20 dmsetup remove m
	expect_fail timeout 20 rmmod dm_mpath_ext
	path_goes_on pa
	wait_for 20 rmmod dm_mpath_ext
}

# aside_and_back <features>: under load, several times, each path in turn
aside_and_back() {
	local path
	two_paths "$@"
	verify_load /dev/mapper/m 12
	sleep 1
	for path in pa pb pa; do
		path_hangs "$path"
		wait_for 30 path_state_is m "$path" hung
		path_goes_on "$path"
		wait_for 40 path_state_is m "$path" up
	done
	wait $!
	dmsetup status m
}

# both hang: I/O waits, as there is no path, and goes on with the first that is back
both_hang() {
	local pid
	two_paths 4 queue_if_no_path 60 probe_interval 100
	path_hangs pa
	path_hangs pb
	wait_for 30 path_state_is m pa hung
	wait_for 30 path_state_is m pb hung
	put 3 first &
	pid=$!
	wait_for 20 holds m
	path_goes_on pb
	wait_for 30 path_state_is m pb up
	wait "$pid"
	get 3 first
	path_goes_on pa
	wait_for 30 path_state_is m pa up
}

# how many of the reads are still under way
reading() {
	local pid n=0
	for pid in "${readers[@]}"; do
		! kill -0 "$pid" 2>/dev/null || n=$((n + 1))
	done
	echo "$n"
}

requests_of() { awk '{ print $1 + $2 }' "/sys/class/block/$(basename "$1")/inflight"; }
only_pa_keeps_some() { (($(reading) == $(in_flight m pa))); }

# pa hangs and has no request to spare, so whoever sends there sleeps. Reads that fail
# on pc go to both others: those for pb are not to wait behind those for pa, and those
# that pa has not taken yet are called back once it is given up.
no_request_to_spare() {
	local loop pid i readers=() fillers=()
	modprobe loop hw_queue_depth=2 2>/dev/null
	[[ -e /sys/module/loop/parameters/hw_queue_depth ]] || skip "loop devices have no hw_queue_depth"
	mkdisk disk 32
	write_pattern /dev/tier/disk 0 2048 old
	mkpaths disk below pb pc
	loop=$(losetup --find --show --direct-io=on /dev/mapper/below)
	ln -sfn "$loop" /dev/mapper/pa
	mkmpath m 2 probe_interval 60000 0 1 1 round-robin 0 3 0 "$loop" /dev/mapper/pb /dev/mapper/pc
	message m set hung_time 600000
	dmsetup create bad --table "0 $(blockdev --getsz /dev/tier/disk) error"
	path_hangs below
	for i in 0 1 2 3; do
		dd if="$loop" of=/dev/null bs=4k skip="$i" count=1 iflag=direct status=none &
		fillers+=($!)
	done
	wait_for 20 eval '(($(requests_of "$loop") >= 2))'
	path_is pc delay /dev/mapper/bad 0 4000
	for i in {0..29}; do
		get "$i" old &
		readers+=($!)
	done
	wait_for 60 path_state_is m pc failed
	message m set hung_time 500
	wait_for 60 path_state_is m pa hung
	wait_for 60 only_pa_keeps_some || fail "$(reading) reads under way: $(dmsetup status m)"
	(($(reading) > 0)) || fail "none was sent to pa"
	path_goes_on below
	for pid in "${readers[@]}" "${fillers[@]}"; do
		wait "$pid"
	done
	assert_eq "$(in_flight m pa) $(in_flight m pb) $(in_flight m pc)" "0 0 0" "in flight"
}

run_test "a write that hangs is never sent a second time" no_second_write
run_test "nor is it on anybody's word" nothing_moves_it
run_test "a suspend waits for a write that hangs, and can be interrupted" suspend_waits_for_writes
run_test "nobody waits for a probe that hangs" only_a_probe_hangs
run_test "paths hang and come back under load" aside_and_back 2 probe_interval 100
run_test "the same with hedged reads" aside_and_back 5 probe_interval 100 hedge 90 10
run_test "all paths hang" both_hang
run_test "nobody waits for a path that has no request to spare" no_request_to_spare
