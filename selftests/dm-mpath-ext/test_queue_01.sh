#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# I/O that finds no path: held for so long, and so much of it, and never in the way
# of a suspend or a removal.
set -euo pipefail
# shellcheck source=selftests/lib/mpath.sh
source "$(dirname "$0")/../lib/mpath.sh"

# dead <features>: both paths are off, and only the administrator brings them back
dead() {
	mkdisk disk 64
	mkpaths disk pa pb
	mkmpath m "$1" 0 1 1 round-robin 0 2 0 /dev/mapper/pa /dev/mapper/pb
	message m fail_path /dev/mapper/pa
	message m fail_path /dev/mapper/pb
}

read_one() { timeout 60 dd if=/dev/mapper/m of=/dev/null bs=4k count=1 iflag=direct status=none; }

# ends_with <status> <pid>
ends_with() {
	local status=0
	wait "$2" || status=$?
	assert_eq "$status" "$1" "exit status of what waited"
}

held_bytes() { dmsetup status m | awk '{ print $6 }'; }
bytes_are() { [[ $(held_bytes) == "$1" ]]; }

turned_on_and_off() {
	dead 0
	expect_fail read_one
	# the time for queueing begins now, however long there has been no path
	message m set queue_if_no_path 4
	message m fail_if_no_path
	sleep 5
	message m queue_if_no_path
	read_one &
	wait_for 10 holds m
	message m fail_if_no_path
	ends_with 1 $!
	assert_match "$(dmsetup table m)" ' mpath-ext 0 0 1 '
	message m set queue_if_no_path 60
	read_one &
	wait_for 10 holds m
	message m reinstate_path /dev/mapper/pa
	ends_with 0 $!
	expect_fail holds m
}

time_runs_out_twice() {
	local start took
	dead "2 queue_if_no_path 2"
	for _ in 1 2; do
		expect_fail read_one
		# no second wait, and none after a suspend
		expect_fail read_one
		dmsetup suspend --nolockfs m
		dmsetup resume m
		expect_fail read_one
		message m reinstate_path /dev/mapper/pb
		read_one
		start=${EPOCHREALTIME/[.,]/}
		message m fail_path /dev/mapper/pb
		expect_fail read_one
		took=$((${EPOCHREALTIME/[.,]/} - start))
		((took >= 2000000)) || fail "after $took us"
	done
	# another table may wait anew
	dmsetup load m --table "$(dmsetup table m | sed 's/no_path 2/no_path 60/')"
	dmsetup suspend --nolockfs m
	dmsetup resume m
	read_one &
	wait_for 10 holds m
	message m reinstate_path /dev/mapper/pb
	ends_with 0 $!
}

# The time is over, and the administrator asks for more of it.
begun_anew() {
	local start took
	dead "2 queue_if_no_path 2"
	expect_fail read_one
	message m queue_if_no_path
	start=${EPOCHREALTIME/[.,]/}
	expect_fail read_one
	took=$((${EPOCHREALTIME/[.,]/} - start))
	((took >= 1000000)) || fail "after $took us"
	message m set queue_if_no_path 60
	read_one &
	wait_for 10 holds m
	message m reinstate_path /dev/mapper/pa
	ends_with 0 $!
}

cap_on_bytes() {
	local i pids=()
	mkdisk disk 64
	mkpaths disk pa pb
	mkmpath m 4 queue_if_no_path 60 probe_interval 50 0 1 1 round-robin 0 2 0 \
		/dev/mapper/pa /dev/mapper/pb
	path_dies pa
	path_dies pb
	wait_for 20 path_state_is m pa failed
	wait_for 20 path_state_is m pb failed
	for i in 1 2 3 4; do
		dd if=/dev/mapper/m of=/dev/null bs=64M count=1 iflag=direct status=none &
		pids+=($!)
	done
	wait_for 20 bytes_are $((256 << 20))
	# one byte more is one too many
	expect_fail read_one
	path_returns pb
	for i in "${pids[@]}"; do
		ends_with 0 "$i"
	done
	bytes_are 0
}

# bios held, suspended, gone on with, and put on paths that come back
across_suspends() {
	local i pid
	mkdisk disk 32
	mkpaths disk pa pb
	mkmpath m "2 queue_if_no_path 60" 0 1 1 round-robin 0 2 0 /dev/mapper/pa /dev/mapper/pb
	path_dies pa
	path_dies pb
	pattern beta 2048 | dd of=/dev/mapper/m bs=64k iflag=fullblock oflag=direct status=none &
	pid=$!
	wait_for 20 holds m
	for i in 1 2 3; do
		timeout 20 dmsetup suspend --noflush --nolockfs m
		timeout 20 dmsetup resume m
		wait_for 20 holds m
	done
	path_returns pb
	ends_with 0 "$pid"
	check_pattern /dev/tier/disk 0 2048 beta
	bytes_are 0
}

removed_by_force() {
	dead "2 queue_if_no_path 3600"
	read_one &
	wait_for 10 holds m
	# the reader has it open: its table becomes one of errors
	timeout 30 dmsetup remove --force m || :
	! wait $! || fail "the read has succeeded"
	wait_for 10 eval '! dmsetup info m || dmsetup remove m'
}

# as when a host goes down
shut_down() {
	dead "2 queue_if_no_path 3600"
	read_one &
	wait_for 10 holds m
	message m fail_if_no_path
	ends_with 1 $!
	timeout 20 dmsetup remove m
	timeout 20 dmsetup remove pa
	timeout 20 dmsetup remove pb
}

# ioctls go to a path that is in use, and wait like I/O does
ioctls() {
	local loop p
	mkdisk disk 1
	modprobe loop || skip "no loop"
	truncate -s 16M "$T/file"
	loop=$(losetup -f --show "$T/file")
	load_modules dm-mpath-ext
	for p in pa pb; do
		dmsetup create "$p" --table "0 32768 linear $loop 0"
	done
	dmsetup create m --table "0 32768 mpath-ext 2 queue_if_no_path 60 0 1 1 latency 0 2 0 /dev/mapper/pa /dev/mapper/pb"
	dmsetup create part --table "0 16384 mpath-ext 0 0 1 1 latency 0 1 0 /dev/mapper/pa"
	# LOOP_GET_STATUS64
	loop_status() {
		python3 -c 'import fcntl, sys; fcntl.ioctl(open(sys.argv[1]), 0x4C05, bytearray(1024))' "/dev/mapper/$1"
	}
	loop_status m
	message m fail_path /dev/mapper/pa
	loop_status m
	message m fail_path /dev/mapper/pb
	loop_status m &
	sleep 1
	kill -0 $!
	message m reinstate_path /dev/mapper/pb
	ends_with 0 $!
	message m fail_path /dev/mapper/pb
	message m fail_if_no_path
	expect_fail loop_status m
	dmsetup remove part
	dmsetup remove m
	dmsetup remove pa
	dmsetup remove pb
	losetup -d "$loop"
}

run_test "queueing turned on and off with I/O held" turned_on_and_off
run_test "the time runs out, and begins anew with a path" time_runs_out_twice
run_test "the time for queueing begins anew by message" begun_anew
run_test "no more than 256 MiB are held, and what is held keeps its place" cap_on_bytes
run_test "held across suspends without a flush, then written" across_suspends
run_test "removed by force with I/O held" removed_by_force
run_test "fail_if_no_path lets everything be removed" shut_down
run_test "ioctls go down a path" ioctls
ktap_finish
