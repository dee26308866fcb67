#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# Tables that change under load, and what of the paths outlives them.
set -euo pipefail
# shellcheck source=selftests/lib/mpath.sh
source "$(dirname "$0")/../lib/mpath.sh"

# line <path>...: a table over these
line() {
	local p words=()
	for p in "$@"; do
		words+=("/dev/mapper/$p")
	done
	echo "0 $(blockdev --getsz /dev/tier/disk) mpath-ext 4 queue_if_no_path 60 probe_interval 100" \
		"0 1 1 round-robin 0 $# 0 ${words[*]}"
}

swap() {
	dmsetup load m --table "$(line "$@")"
	dmsetup suspend --noflush --nolockfs m
	dmsetup resume m
}

setup() {
	mkdisk disk 32
	mkpaths disk pa pb pc
	load_modules dm-mpath-ext
	dmsetup create m --table "$(line pa pb)"
}

read_some() { dd if=/dev/mapper/m of=/dev/null bs=4k count="${1:-16}" iflag=direct status=none; }
latency() { path_words m "$1" | cut -d' ' -f4; }
ios_of() { awk '{ print $1 + $5 }' "/sys/dev/block/$(devno "$1")/stat"; }

under_load() {
	local before
	setup
	verify_load /dev/mapper/m 10
	swap pa pb pc
	before=$(ios_of pc)
	wait_for 20 eval '(($(ios_of pc) > before + 20))'
	swap pc pb pa
	swap pc
	path_dies pa
	path_dies pb
	swap pc pa
	wait_for 20 path_state_is m pa failed
	swap pb pc pa
	# with a flush too
	dmsetup load m --table "$(line pb pc)"
	dmsetup suspend m
	dmsetup resume m
	path_returns pb
	wait $!
	# in use: not to be removed
	expect_fail dmsetup remove pc
	timeout 20 dmsetup remove m
	dmsetup remove pc
}

what_outlives() {
	local before
	setup
	path_is pa delay /dev/tier/disk 0 20
	read_some 40
	sleep 0.5
	(($(latency pa) > 5000)) || fail "latency $(latency pa)"
	path_returns pa
	path_dies pb
	read_some
	wait_for 20 path_state_is m pb failed
	message m fail_path /dev/mapper/pa
	# nobody measures it any more
	before=$(latency pa)
	swap pc pb pa
	path_state_is m pa off
	path_state_is m pb failed
	path_state_is m pc up
	assert_eq "$(path_words m pb | cut -d' ' -f2)" 1 "fail count"
	assert_eq "$(latency pa)" "$before" latency
	# out of one table and in again
	swap pc
	swap pc pa
	path_state_is m pa off
	message m reinstate_path /dev/mapper/pa
	path_state_is m pa up
	# a device that is made anew begins anew
	dmsetup remove m
	dmsetup create m --table "$(line pa pc)"
	assert_eq "$(path_words m pa | cut -d' ' -f2)" 0 "fail count"
}

bad_table() {
	local before
	setup
	mkdisk other 32
	write_pattern /dev/tier/other 0 2048 beta
	before=$(dmsetup table m)
	expect_fail dmsetup load m --table "$(line pa pb) pc"
	expect_fail dmsetup load m --table "$(line pa nothing)"
	expect_fail dmsetup load m --table "$(line pa) 7"
	ln -sfn /dev/tier/other /dev/mapper/stranger
	expect_fail dmsetup load m --table "$(line pa stranger)"
	rm /dev/mapper/stranger
	assert_eq "$(dmsetup table m)" "$before" "table"
	read_some
	path_state_is m pa up
	# one that is good, and is given up before it was used
	dmsetup load m --table "$(line pc)"
	dmsetup clear m
	assert_eq "$(dmsetup table m)" "$before" "table"
	read_some
	dmsetup remove m
	dmsetup remove pc
}

while_suspended() {
	local pid
	setup
	dmsetup suspend --noflush --nolockfs m
	dd if=/dev/mapper/m of=/dev/null bs=4k count=1 iflag=direct status=none &
	pid=$!
	expect_fail message m fail_path /dev/mapper/pa
	dmsetup load m --table "$(line pc)"
	kill -0 "$pid"
	# the paths of the old table are gone, which nobody has noticed
	path_dies pa
	path_dies pb
	dmsetup resume m
	wait "$pid"
	# a table with no path at all, and back
	dmsetup load m --table "0 65536 mpath-ext 0 0 0 0"
	dmsetup suspend m
	dmsetup resume m
	expect_fail read_some
	swap pc
	read_some
}

# a path that cannot be read at the load is not used unseen, first in the line or not
unread() {
	mkdisk disk 32
	mkdisk other 32
	write_pattern /dev/tier/disk 0 2048 alpha
	write_pattern /dev/tier/other 0 2048 beta
	mkpaths disk pa pb
	mkpaths other px
	load_modules dm-mpath-ext
	path_dies pa
	# the dead one comes first, and is no excuse for the stranger
	expect_fail dmsetup create m --table "$(line pa pb px)"
	dmsetup create m --table "$(line pa pb)"
	path_state_is m pa failed
	path_state_is m pb up
	path_returns pa
	wait_for 20 path_state_is m pa up
	dmsetup remove m
	# one that proves a stranger once it can be read
	path_dies px
	dmsetup create m --table "$(line px pb)"
	path_state_is m px failed
	path_returns px other
	wait_for 20 path_state_is m px foreign
	check_pattern /dev/mapper/m 0 2048 alpha
}

# many at once, each with its own paths, made and removed
made_and_removed() {
	local i
	setup
	for i in {1..15}; do
		dmsetup create "n$i" --table "$(line pa pb pc)"
	done
	for i in {1..15}; do
		dmsetup remove "n$i"
	done
	dmsetup remove m
	# nothing is left that holds them open
	dmsetup remove pa
	dmsetup remove pb
	dmsetup remove pc
}

run_test "paths come, go and change places under load" under_load
run_test "health, counters and latency outlive a table" what_outlives
run_test "a table that is refused, or given up, leaves the live one" bad_table
run_test "another table while suspended" while_suspended
run_test "paths that cannot be read at the load" unread
run_test "maps made and removed leave nothing open" made_and_removed
ktap_finish
