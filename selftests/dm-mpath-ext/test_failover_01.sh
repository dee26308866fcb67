#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 120
# timeout: 600
# Paths that fail, hang and come back, under load.
set -euo pipefail
# shellcheck source=selftests/lib/mpath.sh
source "$(dirname "$0")/../lib/mpath.sh"
# shellcheck source=selftests/lib/expect.sh
source "$(dirname "$0")/../lib/expect.sh"

two_paths() {
	mkdisk disk 32
	mkpaths disk pa pb
	mkmpath m "$@" 0 1 1 round-robin 0 2 0 /dev/mapper/pa /dev/mapper/pb
}

ios_of() { awk '{ print $1 + $5 }' "/sys/dev/block/$(devno "$1")/stat"; }

both_are_used() {
	local a b
	two_paths 0
	write_pattern /dev/mapper/m 0 16384 alpha
	check_pattern /dev/mapper/m 0 16384 alpha
	check_pattern /dev/mapper/pa 0 16384 alpha
	a=$(ios_of pa) b=$(ios_of pb)
	((a > 100 && b > 100)) || fail "pa $a I/Os, pb $b"
	dmsetup status m
	assert_match "$(dmsetup status m)" ' mpath-ext 2 0 0 0 1 1 A 0 2 5 [0-9:]+ A 0 up [0-9]+ [0-9]+ 0 0 [0-9:]+ A 0 up '
}

one_dies_and_returns() {
	two_paths 0
	verify_load /dev/mapper/m 15
	sleep 2
	path_dies pa
	wait_for 20 path_state_is m pa failed
	path_state_is m pb up
	path_returns pa
	wait_for 30 path_state_is m pa up
	wait $!
	assert_eq "$(path_words m pa | cut -d' ' -f2)" 1 "fail count"
}

all_die_and_return() {
	two_paths 2 queue_if_no_path 60
	verify_load /dev/mapper/m 20
	sleep 2
	path_dies pa
	path_dies pb
	wait_for 20 path_state_is m pa failed
	wait_for 20 path_state_is m pb failed
	wait_for 20 holds m
	sleep 1
	path_returns pb
	wait_for 30 path_state_is m pb up
	expect_fail holds m
	wait $!
}

no_queue_no_wait() {
	two_paths 0
	path_dies pa
	path_dies pb
	expect_fail dd if=/dev/mapper/m of=/dev/null bs=4k count=1 iflag=direct status=none
	wait_for 20 path_state_is m pa failed
	wait_for 20 path_state_is m pb failed
	expect_fail dd if=/dev/zero of=/dev/mapper/m bs=4k count=1 oflag=direct status=none
}

the_time_runs_out() {
	two_paths 2 queue_if_no_path 3
	path_dies pa
	path_dies pb
	expect_fail timeout 60 dd if=/dev/mapper/m of=/dev/null bs=4k count=1 iflag=direct status=none
	dmesg | grep -q 'no path for 3 s' || fail "no word of it in the log"
	path_returns pa
	wait_for 30 path_state_is m pa up
	dd if=/dev/mapper/m of=/dev/null bs=4k count=1 iflag=direct status=none
}

# one bad block of the disk itself: told upward, and the paths stay
bad_block() {
	local size
	mkdisk disk 32
	size=$(blockdev --getsz /dev/tier/disk)
	dmsetup create bad <<-TABLE
		0 8000 linear /dev/tier/disk 0
		8000 8 error
		8008 $((size - 8008)) linear /dev/tier/disk 8008
	TABLE
	mkdir -p /dev/tier
	ln -sfn /dev/mapper/bad /dev/tier/bad
	mkpaths bad pa pb
	mkmpath m 2 queue_if_no_path 60 0 1 1 round-robin 0 2 0 /dev/mapper/pa /dev/mapper/pb
	expect_fail timeout 60 dd if=/dev/mapper/m of=/dev/null bs=4k skip=1000 count=1 iflag=direct status=none
	expect_fail timeout 60 dd if=/dev/zero of=/dev/mapper/m bs=4k seek=1000 count=1 oflag=direct status=none
	dd if=/dev/mapper/m of=/dev/null bs=4k skip=1001 count=1 iflag=direct status=none
	path_state_is m pa up
	path_state_is m pb up
}

hung_path() {
	two_paths 0
	verify_load /dev/mapper/m 25
	sleep 2
	path_hangs pa
	wait_for 30 path_state_is m pa hung
	path_state_is m pb up
	path_goes_on pa
	wait_for 30 path_state_is m pa up
	wait $!
}

groups() {
	mkdisk disk 32
	mkpaths disk pa pb pc
	mkmpath m 2 failback 3 0 2 1 queue-depth 0 1 0 /dev/mapper/pa \
		latency 0 2 1 /dev/mapper/pb weight=3 /dev/mapper/pc weight=1
	verify_load /dev/mapper/m 20
	sleep 1
	group_is m 1
	path_dies pa
	wait_for 20 group_is m 2
	path_returns pa
	wait_for 30 path_state_is m pa up
	wait_for 20 group_is m 1
	message m disable_group 1
	group_is m 2
	message m enable_group 1
	wait_for 20 group_is m 1
	message m switch_group 2
	group_is m 2
	wait $!
}

held_and_suspended() {
	local pid status=0
	two_paths 2 queue_if_no_path 60
	path_dies pa
	path_dies pb
	dd if=/dev/zero of=/dev/mapper/m bs=4k count=1 oflag=direct status=none &
	pid=$!
	wait_for 20 holds m
	# without a flush it goes back, and is held again
	timeout 20 dmsetup suspend --noflush --nolockfs m
	timeout 20 dmsetup resume m
	wait_for 20 holds m
	kill -0 "$pid"
	# with one it fails
	timeout 20 dmsetup suspend --nolockfs m
	wait "$pid" || status=$?
	((status == 1)) || fail "dd: $status"
	timeout 20 dmsetup resume m
}

swapped_while_held() {
	local pid
	two_paths 2 queue_if_no_path 60
	path_dies pa
	path_dies pb
	dd if=/dev/zero of=/dev/mapper/m bs=4k count=1 oflag=direct status=none &
	pid=$!
	wait_for 20 holds m
	mkpaths disk pc
	dmsetup load m --table "0 $(blockdev --getsz /dev/tier/disk) mpath-ext 0 0 1 1 latency 0 1 0 /dev/mapper/pc"
	dmsetup suspend --noflush --nolockfs m
	dmsetup resume m
	wait "$pid"
}

strangers() {
	mkdisk disk 32
	mkdisk other 32
	mkdisk small 16
	mkpaths disk pa
	write_pattern /dev/tier/disk 0 2048 alpha
	write_pattern /dev/tier/other 0 2048 beta
	load_modules dm-mpath-ext
	expect_fail mkmpath m 0 0 1 1 latency 0 2 0 /dev/mapper/pa /dev/tier/other
	dmesg | grep -q 'shows another device than path' || fail "no word of it in the log"
	expect_fail mkmpath m 0 0 1 1 latency 0 2 0 /dev/mapper/pa /dev/tier/small
	expect_fail mkmpath m 0 0 1 1 latency 0 2 0 /dev/mapper/pa /dev/mapper/pa
	expect_fail mkmpath m 0 0 1 1 latency 0 1 0 /dev/tier/nothing
	check_pattern /dev/tier/other 0 2048 beta
}

# Device-mapper takes numbers modulo 2^32: these would be pa. And no map is a path
# of its own, by whatever name.
no_such_paths() {
	local n number name
	two_paths 0
	n=$(devno pa)
	for number in "$((4294967296 + ${n%:*})):${n#*:}" "${n%:*}:$((4294967296 + ${n#*:}))" \
		"$n:0:" "4096:0" "0:1048576" "$(printf '1%08x' $(((${n%:*} << 8) + ${n#*:})))"; do
		refused 'cannot open path' mkmpath n 0 0 1 1 latency 0 1 0 "$number"
		refused 'is not a path of this map' message m fail_path "$number"
	done
	ln -s /dev/mapper/m "$T/link"
	cd /dev/mapper
	for name in /dev/mapper/m ./m "$(devno m)" "$T/link"; do
		refused 'is this device itself' dmsetup load m --table \
			"0 $(blockdev --getsz m) mpath-ext 0 0 1 1 latency 0 2 0 /dev/mapper/pa $name"
	done
	cd /
	n=$(devno m)
	dmsetup remove m
	refused 'is this device itself' mkmpath m 0 0 1 1 latency 0 1 0 "$n"
	mkmpath m 0 0 1 1 latency 0 1 0 "$(devno pa)"
	dd if=/dev/mapper/m of=/dev/null bs=4k count=1 iflag=direct status=none
}

# a path that comes back as another disk is not used
comes_back_a_stranger() {
	mkdisk other 32
	two_paths 0
	write_pattern /dev/mapper/m 0 65536 alpha
	path_dies pa
	dd if=/dev/mapper/m of=/dev/null bs=4k count=4 iflag=direct status=none
	wait_for 20 path_state_is m pa failed
	path_returns pa other
	wait_for 30 path_state_is m pa foreign
	check_pattern /dev/mapper/m 0 65536 alpha
	# not for want of another one, either
	message m set probe_interval 50
	path_dies pb
	expect_fail dd if=/dev/mapper/m of=/dev/null bs=4k count=1 iflag=direct status=none
	sleep 2
	path_state_is m pa foreign
	path_state_is m pb failed
	expect_fail dd if=/dev/mapper/m of=/dev/null bs=4k count=1 iflag=direct status=none
	path_returns pb
	wait_for 30 path_state_is m pb up
	path_returns pa
	wait_for 30 path_state_is m pa up
}

messages() {
	local before
	two_paths 0
	message m fail_path /dev/mapper/pa
	path_state_is m pa off
	message m fail_path "$(devno pa)"
	message m reinstate_path /dev/mapper/pa
	path_state_is m pa up
	message m queue_if_no_path
	message m fail_if_no_path
	before=$(dmsetup status m)
	for bad in "fail_path" "fail_path nothing" "fail_path /dev/tier/disk" "reinstate_path" \
		"switch_group 0" "switch_group 2" "switch_group x" "switch_group" "disable_group 9" \
		"enable_group -1" "queue_if_no_path 3" "fail_if_no_path now" "do_it" "FAIL_PATH a" \
		"fail_path /dev/mapper/pa /dev/mapper/pb"; do
		# shellcheck disable=SC2086
		expect_fail message m $bad
	done
	assert_eq "$(dmsetup status m | awk '{ print $7, $8, $9 }')" "$(awk '{ print $7, $8, $9 }' <<<"$before")"
}

table_comes_back() {
	local line
	mkdisk disk 32
	mkpaths disk pa pb
	line="8 queue_if_no_path 9 failback 4 probe_interval 500 slow_path 4.50 0 2 2 queue-depth 0 1 2 /dev/mapper/pa weight=2 cost=7 latency 0 1 1 /dev/mapper/pb role=standby"
	mkmpath m "$line"
	line=${line//\/dev\/mapper\/pa/$(devno pa)}
	assert_eq "$(dmsetup table m | cut -d' ' -f4-)" "${line//\/dev\/mapper\/pb/$(devno pb)}" table
	dmsetup table m | dmsetup load m
	dmsetup suspend m
	dmsetup resume m
	group_is m 2
	expect_fail mkmpath n 0 0 1 1 service-time 0 1 0 /dev/mapper/pa
	# what is not there yet is refused, not left out
	expect_fail mkmpath n 0 1 alua 1 1 latency 0 1 0 /dev/mapper/pa
}

run_test "both paths are used" both_are_used
run_test "one path dies and returns under load" one_dies_and_returns
run_test "all paths die and return within the time" all_die_and_return
run_test "without queueing I/O fails at once" no_queue_no_wait
run_test "the time for queueing runs out" the_time_runs_out
run_test "a bad block is told upward and costs no path" bad_block
run_test "a hung path is gone round" hung_path
run_test "groups: failover, failback, messages" groups
run_test "held I/O at a suspend" held_and_suspended
run_test "held I/O at a change of the table" swapped_while_held
run_test "paths to other devices are refused" strangers
run_test "words that are no path of this map" no_such_paths
run_test "a path that comes back as another disk" comes_back_a_stranger
run_test "messages, good and bad" messages
run_test "the table comes back as it was given" table_comes_back
