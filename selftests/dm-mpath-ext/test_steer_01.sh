#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 110
# timeout: 600
# Where I/O goes while all paths work: by weight, by latency, round slow paths, to
# standby paths under load.
set -euo pipefail
# shellcheck source=selftests/lib/mpath.sh
source "$(dirname "$0")/../lib/mpath.sh"

ios_of() { awk '{ print $1 + $5 }' "/sys/dev/block/$(devno "$1")/stat"; }

reads() {
	fio --name=reads --thread --filename=/dev/mapper/m --direct=1 --ioengine=libaio \
		--rw=randread --bs=4k --number_ios="$1" --size=16M --iodepth="${2:-4}" \
		--output="$T/fio" "${@:3}" || { cat "$T/fio"; fail "fio"; }
}

# share <path> <of>: thousandths of the I/O since the last call
share() {
	local a b
	a=$(($(ios_of "$1") - before[$1])) b=$(($(ios_of "$2") - before[$2]))
	echo $((a * 1000 / (a + b)))
}

note() {
	local p
	for p in "$@"; do
		before[$p]=$(ios_of "$p")
	done
}

by_weight() {
	declare -A before
	local s
	mkdisk disk 32
	mkpaths disk pa pb
	mkmpath m 0 0 1 1 round-robin 0 2 1 /dev/mapper/pa weight=3 /dev/mapper/pb weight=1
	note pa pb
	reads 4000
	s=$(share pa pb)
	((s > 720 && s < 780)) || fail "pa had $s of 1000"
}

# one path with 20 ms more: the latency selector leaves it alone, round-robin does not
by_latency() {
	declare -A before
	local s
	mkdisk disk 32
	mkpaths disk pa pb
	path_is pb delay /dev/tier/disk 0 20
	mkmpath m 0 0 1 1 round-robin 0 2 0 /dev/mapper/pa /dev/mapper/pb
	note pa pb
	reads 200
	s=$(share pb pa)
	((s > 400)) || fail "round-robin: pb had $s of 1000"
	dmsetup remove m
	mkmpath m 0 0 1 1 latency 0 2 0 /dev/mapper/pa /dev/mapper/pb
	reads 400
	note pa pb
	reads 2000
	s=$(share pb pa)
	((s < 100)) || fail "latency: pb had $s of 1000"
}

# three of four have 20 ms more: the fast one is found at every turn
by_latency_of_many() {
	declare -A before
	local p s
	mkdisk disk 32
	mkpaths disk pa pb pc pd
	for p in pb pc pd; do path_is $p delay /dev/tier/disk 0 20; done
	mkmpath m 0 0 1 1 latency 0 4 0 /dev/mapper/pa /dev/mapper/pb /dev/mapper/pc /dev/mapper/pd
	reads 400
	note pa pb pc pd
	reads 1000
	for p in pb pc pd; do
		s=$(share pa $p)
		((s > 900)) || fail "latency: pa had $s of 1000 against $p"
	done
}

slow_set_aside() {
	declare -A before
	local load
	mkdisk disk 32
	mkpaths disk pa pb pc
	mkmpath m 4 slow_path 4 probe_interval 100 0 1 1 round-robin 0 3 0 \
		/dev/mapper/pa /dev/mapper/pb /dev/mapper/pc
	(while :; do reads 500; done) &
	load=$!
	path_is pb delay /dev/tier/disk 0 300
	wait_for 60 path_state_is m pb slow
	path_state_is m pa up
	assert_match "$(path_words m pb)" '^A 0 slow' "letter and fail count"
	# a busy host may make the others as slow for a moment
	left_alone() { note pa pb; sleep 3; (($(share pb pa) < 150)); }
	wait_for 60 left_alone
	path_returns pb
	wait_for 60 path_state_is m pb up
	kill "$load"
	wait "$load" || :
}

# of two slow paths one is still better than nothing
slow_but_alone() {
	mkdisk disk 32
	mkpaths disk pa pb
	mkmpath m 4 slow_path 2 probe_interval 100 0 1 1 round-robin 0 2 0 /dev/mapper/pa /dev/mapper/pb
	path_is pb delay /dev/tier/disk 0 300
	(while :; do reads 100; done) &
	wait_for 60 path_state_is m pb slow
	message m fail_path /dev/mapper/pa
	kill $!
	wait $! || :
	reads 20
	# with no peer to hold it against it is slow no more
	wait_for 20 path_state_is m pb up
}

joins_and_leaves() {
	declare -A before
	local load
	mkdisk disk 32
	mkpaths disk pa pb
	# rarely probed: what a path gets is I/O
	mkmpath m 5 elastic 200 20 probe_interval 60000 0 1 1 round-robin 0 2 1 /dev/mapper/pa role=active \
		/dev/mapper/pb role=standby
	note pa pb
	reads 400 1 --rate_iops=50
	(($(share pb pa) < 100)) || fail "the standby path has I/O"
	(while :; do reads 2000; done) &
	load=$!
	used() { note pb; sleep 0.5; (($(ios_of pb) - before[pb] > 20)); }
	wait_for 60 used
	kill "$load"
	wait "$load" || :
	idle() { note pa pb; reads 10 1 --rate_iops=10; (($(share pb pa) < 100)); }
	wait_for 90 idle
	# a primary that is gone is stood in for at once
	message m fail_path /dev/mapper/pa
	note pb
	reads 10
	(($(ios_of pb) - before[pb] >= 10))
}

tunables() {
	mkdisk disk 32
	mkpaths disk pa pb
	mkmpath m 0 0 1 1 queue-depth 0 2 0 /dev/mapper/pa /dev/mapper/pb
	message m set slow_path 5
	message m set failback 30
	message m set queue_if_no_path 7
	message m set elastic 1000 100
	message m set hung_time 900
	assert_match "$(dmsetup table m)" 'mpath-ext 11 queue_if_no_path 7 failback 30 slow_path 5 elastic 1000 100 hung_time 900 0 1 1 '
	for bad in "slow_path" "slow_path 0" "failback x" "elastic 1 2" "nothing 1" "hung_time 1" \
		"queue_if_no_path 0" "elastic 5 4 3"; do
		# shellcheck disable=SC2086
		expect_fail message m set $bad
	done
	assert_match "$(dmsetup table m)" 'mpath-ext 11 queue_if_no_path 7 failback 30 slow_path 5 elastic 1000 100 hung_time 900 0 1 1 '
	message m set slow_path off
	message m set elastic off
	assert_match "$(dmsetup table m)" 'mpath-ext 10 queue_if_no_path 7 failback 30 slow_path off elastic off hung_time 900 0 1 1 '
	dmsetup table m | dmsetup load m
	dmsetup clear m
	path_hangs pa
	dd if=/dev/mapper/m of=/dev/null bs=4k count=8 iflag=direct status=none &
	wait_for 20 path_state_is m pa hung
	path_goes_on pa
	wait $!
}

run_test "turns by weight" by_weight
run_test "the latency selector steers round a slow path" by_latency
run_test "the latency selector finds one fast path among four" by_latency_of_many
run_test "a slow path is set aside and taken back" slow_set_aside
run_test "a slow path is used when it is the last" slow_but_alone
run_test "a standby path joins under load and leaves" joins_and_leaves
run_test "values that are set" tunables
