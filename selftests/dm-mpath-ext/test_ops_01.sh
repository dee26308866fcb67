#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# Discard, write zeroes, flush and FUA while paths are in every state. The disk has a
# volatile cache, and its power is cut at the end: what was flushed has to be there.
set -euo pipefail
# shellcheck source=selftests/lib/scsi.sh
source "$(dirname "$0")/../lib/scsi.sh"

two_paths() {
	mkdisk disk 16 cache_size=8
	mkpaths disk pa pb
	mkmpath m "$@" 0 1 1 round-robin 0 2 0 /dev/mapper/pa /dev/mapper/pb
	message m set hung_time 300
}

# unlike a dm-error table this keeps the path's limits, as a broken link does
breaks() { path_is "$1" flakey /dev/tier/disk 0 0 1000; }

# Places, in sectors: 0 flushed, 1024 FUA, 2048 discarded, 3072 zeroed
prepare() {
	write_pattern /dev/mapper/m 2048 2048 before
}

op_flush() {
	pattern flushed 1024 | dd of=/dev/mapper/m bs=64K oflag=direct iflag=fullblock \
		conv=notrunc,fsync status=none
}
op_fua() {
	pattern forced 1024 | dd of=/dev/mapper/m bs=64K seek=8 oflag=direct,dsync \
		iflag=fullblock conv=notrunc status=none
}
op_discard() { blkdiscard -o $((2048 * 512)) -l $((1024 * 512)) /dev/mapper/m; }
op_zero() {
	# zeros are data like any other: they last once they are flushed
	blkdiscard -z -o $((3072 * 512)) -l $((1024 * 512)) /dev/mapper/m && sync /dev/mapper/m
}

proven() {
	dmsetup remove m
	dmsetup remove pa
	dmsetup remove pb
	disk_power_cut disk
	check_pattern /dev/tier/disk 0 1024 flushed
	check_pattern /dev/tier/disk 1024 1024 forced
	cmp -n $((2048 * 512)) -i $((2048 * 512)):0 /dev/tier/disk /dev/zero ||
		fail "what was discarded or zeroed is not zero"
}

all_up() {
	local op
	two_paths 0
	prepare
	for op in flush fua discard zero; do
		"op_$op"
	done
	proven
}

slow() {
	local op
	two_paths 0
	prepare
	path_is pb delay /dev/tier/disk 0 50
	for op in flush fua discard zero; do
		"op_$op"
	done
	proven
}

# Each kind of I/O is the one that finds the path broken.
fails_over() {
	local op
	two_paths 0
	prepare
	for op in flush fua discard zero; do
		breaks pa
		"op_$op"
		wait_for 20 path_state_is m pa failed
		path_state_is m pb up
		path_returns pa
		message m reinstate_path /dev/mapper/pa
		path_state_is m pa up
	done
	proven
}

run_test "all paths up" all_up
run_test "one path slow" slow
run_test "each fails over in flight" fails_over
