#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# Paths that go and come back all the time, under load: nothing is lost, and who
# flaps is held down.
set -euo pipefail
# shellcheck source=selftests/lib/mpath.sh
source "$(dirname "$0")/../lib/mpath.sh"
stir=$(dirname "$0")/stir

two_paths() {
	mkdisk disk 32
	mkpaths disk pa pb
	mkmpath m "$@" 0 1 1 round-robin 0 2 0 /dev/mapper/pa /dev/mapper/pb
}

fails() { path_words m "$1" | cut -d' ' -f2; }
events() { dmsetup info -c --noheadings -o events m; }

# load_until <file>: writes, and reads back, round after round until the file appears
load_until() {
	local round=1
	while [[ ! -e $1 ]]; do
		fio --name=load --thread --filename=/dev/mapper/m --direct=1 --ioengine=libaio \
			--iodepth=8 --rw=randwrite --bs=4k --size=2M --randseed="$round" \
			--verify=crc32c --do_verify=1 --verify_fatal=1 --serialize_overlap=1 \
			--verify_state_save=0 --output="$T/fio" || { cat "$T/fio"; return 1; }
		round=$((round + 1))
	done
}

under_load() {
	local load
	load_until "$T/stop" &
	load=$!
	"$stir" "$@"
	touch "$T/stop"
	wait "$load"
}

a_thousand() {
	local before sum
	two_paths 4 queue_if_no_path 60 probe_interval 100
	before=$(events)
	under_load flaps m 1000 /dev/tier/disk pa pb
	dmsetup status m
	sum=$(($(fails pa) + $(fails pb)))
	((sum >= 1000)) || fail "$sum failures"
	(($(events) - before >= 2000)) || fail "$(events) events, $before before"
	message m reinstate_path /dev/mapper/pa
	message m reinstate_path /dev/mapper/pb
	# it has come back so often that it stays away for longer than the test would wait
	path_dies pa
	dd if=/dev/mapper/m of=/dev/null bs=4k count=4 iflag=direct status=none
	wait_for 20 path_state_is m pa failed
	path_returns pa
	sleep 3
	path_state_is m pa failed
	# but for the administrator's word
	message m reinstate_path /dev/mapper/pa
	path_state_is m pa up
}

# Both gone for a moment, in turn or at once: an I/O that both have failed may be
# no more than that.
in_turns() {
	local again
	two_paths 4 queue_if_no_path 60 probe_interval 50
	# without this each would be held down for longer than the last time
	(while :; do
		"$stir" say m 20 "reinstate_path $(devno pa),reinstate_path $(devno pb)" || break
		sleep 0.2
	done) &
	again=$!
	under_load turns m 120 /dev/tier/disk pa pb
	kill "$again"
	dmsetup status m
	(($(fails pa) + $(fails pb) > 5)) || fail "hardly a failure"
}

# each time it fails soon after it came back it stays away twice as long
hold_down() {
	local i start took
	two_paths 2 probe_interval 50
	for i in 0 1 2 4; do
		start=${EPOCHREALTIME/[.,]/}
		path_dies pa
		dd if=/dev/mapper/m of=/dev/null bs=4k count=4 iflag=direct status=none
		wait_for 20 path_state_is m pa failed
		path_returns pa
		wait_for 60 path_state_is m pa up
		took=$((${EPOCHREALTIME/[.,]/} - start))
		echo "back after $took us"
		((took >= i * 1000000)) || fail "back after $took us, to be held for $i s"
	done
	assert_eq "$(fails pa)" 4 "fail count"
}

run_test "1,000 flaps under load, and nothing is lost" a_thousand
run_test "both paths gone for moments under load" in_turns
run_test "a path that flaps is held down, each time longer" hold_down
ktap_finish
