#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# Errors: whose they are, and what becomes of the I/O.
set -euo pipefail
# shellcheck source=selftests/lib/mpath.sh
source "$(dirname "$0")/../lib/mpath.sh"

paths() {
	local p words=()
	mkdisk disk 32
	mkpaths disk "$@"
	for p in "$@"; do
		words+=("/dev/mapper/$p")
	done
	mkmpath m 4 queue_if_no_path 60 probe_interval 100 0 1 1 round-robin 0 $# 0 "${words[@]}"
}

fails() { path_words m "$1" | cut -d' ' -f2; }
reads_fail() { expect_fail timeout 60 dd if=/dev/mapper/m of=/dev/null bs=4k skip="$1" count=1 iflag=direct status=none; }
writes_fail() { expect_fail timeout 60 dd if=/dev/zero of=/dev/mapper/m bs=4k seek="$1" count=1 oflag=direct status=none; }

# two of three die one after the other, and later the third while the others return
two_of_three() {
	paths pa pb pc
	verify_load /dev/mapper/m 10
	sleep 1
	path_dies pa
	path_dies pb
	wait_for 20 path_state_is m pb failed
	wait_for 20 path_state_is m pa failed
	path_state_is m pc up
	path_returns pa
	path_dies pc
	wait_for 20 path_state_is m pc failed
	path_returns pb
	path_returns pc
	wait $!
	wait_for 20 path_state_is m pa up
}

# reads are good, writes are not: probes alone would never find out
writes_only() {
	modprobe dm-flakey || skip "no dm-flakey"
	paths pa pb
	verify_load /dev/mapper/m 6
	path_is pa flakey /dev/tier/disk 0 0 1 1 error_writes
	wait_for 20 eval '(($(fails pa) > 0))'
	wait $!
	assert_eq "$(fails pb)" 0 "fail count of the good path"
	path_returns pa
	wait_for 90 path_state_is m pa up
}

# Three seconds good, in which it comes back, one bad. Nobody but the load finds out
# again, so that has to last.
alternating() {
	modprobe dm-flakey || skip "no dm-flakey"
	paths pa pb
	verify_load /dev/mapper/m 40
	path_is pa flakey /dev/tier/disk 0 3 1
	wait_for 35 eval '(($(fails pa) > 1))'
	wait $!
	assert_eq "$(fails pb)" 0 "fail count of the good path"
}

# bad_disk <sector>: the disk itself has a bad block of 4 KiB there
bad_disk() {
	local size
	mkdisk disk 32
	size=$(blockdev --getsz /dev/tier/disk)
	dmsetup create bad <<-TABLE
		0 $1 linear /dev/tier/disk 0
		$1 8 error
		$(($1 + 8)) $((size - $1 - 8)) linear /dev/tier/disk $(($1 + 8))
	TABLE
	ln -sfn /dev/mapper/bad /dev/tier/bad
	mkpaths bad pa pb
	mkmpath m 4 queue_if_no_path 60 probe_interval 100 0 1 1 round-robin 0 2 0 \
		/dev/mapper/pa /dev/mapper/pb
}

# told upward while other I/O goes on, each time, and no path is lost of it
bad_block_under_load() {
	bad_disk 40000
	verify_load /dev/mapper/m 5
	for _ in 1 2 3; do
		reads_fail 5000
		writes_fail 5000
	done
	wait $!
	assert_eq "$(fails pa),$(fails pb)" 0,0 "fail counts"
	path_state_is m pa up
	path_state_is m pb up
}

# with one path gone there is nobody to ask but that path itself
bad_block_on_the_last() {
	bad_disk 40000
	path_dies pa
	dd if=/dev/mapper/m of=/dev/null bs=4k count=4 iflag=direct status=none
	wait_for 20 path_state_is m pa failed
	reads_fail 5000
	writes_fail 5000
	path_state_is m pb up
	assert_eq "$(fails pb)" 0 "fail count"
	# nor is it any better on the one that comes back
	path_returns pa bad
	wait_for 30 path_state_is m pa up
	reads_fail 5000
}

# One path has a bad block of its own, the other dies under the same reads: what can
# be read nowhere fails, and no I/O wanders for ever.
errors_meet() {
	local size
	paths pa pb
	size=$(blockdev --getsz /dev/tier/disk)
	dmsetup suspend --noflush --nolockfs pb
	dmsetup load pb <<-TABLE
		0 40000 linear /dev/tier/disk 0
		40000 8 error
		40008 $((size - 40008)) linear /dev/tier/disk 40008
	TABLE
	dmsetup resume pb
	# the other has it
	dd if=/dev/mapper/m of=/dev/null bs=4k skip=5000 count=1 iflag=direct status=none
	dd if=/dev/mapper/m of=/dev/null bs=4k skip=5000 count=1 iflag=direct status=none
	path_dies pa
	wait_for 40 path_state_is m pb up
	reads_fail 5000
	wait_for 20 path_state_is m pa failed
	path_state_is m pb up
}

run_test "two of three paths die, then the third" two_of_three
run_test "a path that fails writes only" writes_only
run_test "a path with errors every few seconds" alternating
run_test "a bad block of the disk's, under load" bad_block_under_load
run_test "a bad block on the last path" bad_block_on_the_last
run_test "one path's bad block while the other dies" errors_meet
ktap_finish
