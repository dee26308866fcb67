#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 150
# timeout: 900
# Discard, write zeroes, flush and FUA while paths are in every state. The disk has a
# volatile cache, and its power is cut at the end: what was flushed has to be there.
set -euo pipefail
# shellcheck source=selftests/lib/scsi.sh
source "$(dirname "$0")/../lib/scsi.sh"

# a case that fails leaves a path that hangs, on which all else would wait
eval "$(declare -f test_teardown | sed '1s/test_teardown/usual_teardown/')"
test_teardown() {
	local name
	for name in p{a,b}; do
		[[ ! -b /dev/mapper/$name ]] || dmsetup resume "$name" || :
	done
	usual_teardown
}

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
	# stays in the disk's cache until op_flush
	pattern flushed 1024 | dd of=/dev/mapper/m bs=64K oflag=direct iflag=fullblock \
		conv=notrunc status=none
}

op_flush() { sync "/dev/mapper/${on:-m}"; }
op_fua() {
	pattern forced 1024 | dd of="/dev/mapper/${on:-m}" bs=512K seek=1 oflag=direct,dsync \
		iflag=fullblock conv=notrunc status=none
}
# -f: else each wants the device for itself
op_discard() { blkdiscard -f -o $((2048 * 512)) -l $((1024 * 512)) "/dev/mapper/${on:-m}"; }
op_zero() {
	# zeros are data like any other: they last once they are flushed
	blkdiscard -f -z -o $((3072 * 512)) -l $((1024 * 512)) "/dev/mapper/${on:-m}" && sync "/dev/mapper/${on:-m}"
}

# devices_of_own: maps over m, as the kernel lets a discard, zeroing or a seek but one at
# a time into a device
devices_of_own() {
	local op
	for op in flush fua discard zero other; do
		dmsetup create "m_$op" --table "0 $(blockdev --getsz /dev/mapper/m) linear /dev/mapper/m 0"
	done
}

proven() {
	local op
	for op in flush fua discard zero other; do
		[[ ! -e /dev/mapper/m_$op ]] || dmsetup remove "m_$op"
	done
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

# all_at_once: their process ids in the caller's array $pids
all_at_once() {
	local op
	pids=()
	[[ -e /dev/mapper/m_flush ]] || devices_of_own
	for op in flush fua discard zero; do
		on=m_$op "op_$op" &
		pids+=($!)
	done
}

all_good() {
	local pid
	for pid in "${pids[@]}"; do
		wait "$pid" || fail "an operation failed"
	done
}

all_bad() {
	local pid
	for pid in "${pids[@]}"; do
		! wait "$pid" || fail "an operation did not fail"
	done
}

holds_all() { (($(dmsetup status m | awk '{ print $5 }') >= 4)); }
busy() { (($(in_flight m "$1") > 0)); }
# I/Os but reads that a path has done
done_by() { awk '{ print $5, $12, $16 }' "/sys/dev/block/$(devno "$1")/stat"; }

# hang_with <operation>...: it is in flight on pa, which hangs; pb is there for the rest.
# Leaves its process in $!
hang_with() {
	local before
	message m fail_path /dev/mapper/pb
	# not before it is in flight, however busy the host
	message m set hung_time 600000
	path_hangs pa
	"$@" &
	wait_for 20 busy pa
	before=$(done_by pb)
	message m reinstate_path /dev/mapper/pb
	message m set hung_time 300
	wait_for 30 path_state_is m pa hung
	assert_eq "$(done_by pb)" "$before" "what pb has done"
}

# goes_on_with <process id>: what hung was neither lost nor done elsewhere
goes_on_with() {
	kill -0 "$1" || fail "it has ended while its path hangs"
	path_goes_on pa
	wait "$1" || fail "an operation failed"
	message m reinstate_path /dev/mapper/pa
}

hangs() {
	local op pid
	two_paths 0
	prepare
	devices_of_own
	for op in flush fua discard zero; do
		hang_with "op_$op"
		pid=$!
		# others are done meanwhile
		dd if=/dev/zero of=/dev/mapper/m_other bs=4k seek=1024 count=4 oflag=direct,dsync \
			conv=fsync status=none
		goes_on_with "$pid"
	done
	proven
}

no_path() {
	local pids
	two_paths 4 queue_if_no_path 600 probe_interval 50
	prepare
	breaks pa
	breaks pb
	wait_for 20 path_state_is m pa failed
	wait_for 20 path_state_is m pb failed
	all_at_once
	wait_for 20 holds_all
	kill -0 "${pids[@]}" || fail "an operation has ended without a path"
	path_returns pb
	all_good
	proven
}

time_runs_out() {
	local pids
	two_paths 4 queue_if_no_path 600 probe_interval 50
	prepare
	breaks pa
	breaks pb
	wait_for 20 path_state_is m pa failed
	wait_for 20 path_state_is m pb failed
	all_at_once
	wait_for 20 holds_all
	message m set queue_if_no_path 1
	all_bad
	path_returns pa
	wait_for 30 path_state_is m pa up
	all_at_once
	all_good
	proven
}

# without queueing each is told that it failed, and works once the path is back
last_path() {
	local op
	two_paths 2 probe_interval 60000
	prepare
	message m fail_path /dev/mapper/pb
	for op in flush fua discard zero; do
		breaks pa
		expect_fail "op_$op"
		path_state_is m pa failed
		path_returns pa
		message m reinstate_path /dev/mapper/pa
		"op_$op"
	done
	proven
}

# -- a disk that knows WRITE ZEROES, through a host for each path --

zero_paths() {
	local i
	mkhosts 2 lbpu=1 lbpws=1
	ln -sfn h0 /dev/tier/disk
	dmsetup create pa --table "0 65536 linear /dev/tier/h0 0"
	dmsetup create pb --table "0 65536 linear /dev/tier/h1 0"
	mkmpath m "$@" 0 1 1 round-robin 0 2 0 /dev/mapper/pa /dev/mapper/pb
	message m set hung_time 300
	(($(<"/sys/dev/block/$(devno m)/queue/write_zeroes_max_bytes") > 0)) ||
		fail "the map offers no write zeroes"
	for ((i = 0; i < 8; i++)); do
		write_pattern /dev/mapper/m $((i * 2048)) 2048 before
	done
}

host_is() { echo "$2" >"$(scsi_dir "$1")/state"; }

# zero_out <MiB>: that one; no zeros are written in place of the command if it fails
zero_out() { fallocate --punch-hole --offset "${1}M" --length 1M /dev/mapper/m; }

# zeroed <MiB>...: these of the first eight and no other ones
zeroed() {
	local i
	for ((i = 0; i < 8; i++)); do
		if [[ " $* " == *" $i "* ]]; then
			cmp -n $((1 << 20)) -i $((i << 20)):0 /dev/tier/h1 /dev/zero || fail "MiB $i is not zero"
		else
			check_pattern /dev/tier/h1 $((i * 2048)) 2048 before
		fi
	done
}

write_zeroes_path_fails() {
	zero_paths 0
	zero_out 1
	host_is h0 offline
	zero_out 2
	zero_out 3
	wait_for 20 path_state_is m pa failed
	path_state_is m pb up
	host_is h0 running
	message m reinstate_path /dev/mapper/pa
	zero_out 5
	zeroed 1 2 3 5
}

write_zeroes_path_hangs() {
	local pid
	zero_paths 0
	devices_of_own
	hang_with zero_out 1
	pid=$!
	dd if=/dev/zero of=/dev/mapper/m_other bs=1M seek=3 count=1 oflag=direct status=none
	goes_on_with "$pid"
	zeroed 1 3
}

write_zeroes_no_path() {
	local pid
	zero_paths 4 queue_if_no_path 600 probe_interval 50
	host_is h0 offline
	host_is h1 offline
	wait_for 20 path_state_is m pa failed
	wait_for 20 path_state_is m pb failed
	zero_out 1 &
	pid=$!
	wait_for 20 holds m
	host_is h1 running
	wait "$pid"
	zeroed 1
	host_is h1 offline
	wait_for 20 path_state_is m pb failed
	zero_out 2 &
	pid=$!
	wait_for 20 holds m
	message m set queue_if_no_path 1
	expect_fail wait "$pid"
	host_is h1 running
	wait_for 60 path_state_is m pb up
	zeroed 1
}

write_zeroes_last_path() {
	zero_paths 2 probe_interval 60000
	message m fail_path /dev/mapper/pa
	host_is h1 offline
	expect_fail zero_out 1
	path_state_is m pb failed
	host_is h1 running
	message m reinstate_path /dev/mapper/pb
	zeroed
	zero_out 1
	zeroed 1
}

# The kernel takes FUA from what it sends to a path without a write cache, as one that
# is broken may be; the next path has to be asked for it.
fua_first_without_cache() {
	local trace=$T/trace
	mkdisk disk 16 cache_size=8
	mkpaths disk pa pb
	mkmpath m 2 probe_interval 60000 0 2 1 round-robin 0 1 0 /dev/mapper/pa \
		round-robin 0 1 0 /dev/mapper/pb
	mkdir "$trace"
	mount -t tracefs none "$trace" && [[ -d $trace/events/block ]] || skip "no block trace events"
	path_dies pa
	assert_eq "$(<"/sys/dev/block/$(devno pa)/queue/write_cache")" "write through" "an error table's cache"
	echo 1 >"$trace/events/block/block_bio_queue/enable"
	op_fua
	echo 0 >"$trace/events/block/block_bio_queue/enable"
	group_is m 2
	cat "$trace/trace" >"$T/queued"
	grep -q ": $(devno pa | tr : ,) WS 1024 " "$T/queued" || { cat "$T/queued"; fail "pa was not asked first"; }
	grep -q ": $(devno pb | tr : ,) WFS 1024 " "$T/queued" || { cat "$T/queued"; fail "no FUA"; }
}

run_test "all paths up" all_up
run_test "FUA, first on a path that has no cache" fua_first_without_cache
run_test "one path slow" slow
run_test "each fails over in flight" fails_over
run_test "each hangs and goes on" hangs
run_test "no path, all wait for one" no_path
run_test "no path, and the time runs out" time_runs_out
run_test "the last path fails" last_path
run_test "write zeroes: a path fails" write_zeroes_path_fails
run_test "write zeroes: a path hangs" write_zeroes_path_hangs
run_test "write zeroes: no path" write_zeroes_no_path
run_test "write zeroes: the last path fails" write_zeroes_last_path
