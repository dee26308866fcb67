#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 90
# timeout: 600
# Hedged reads: late ones get a second copy on another path, within a budget, and
# the copy that loses does no harm however late it ends.
set -euo pipefail
# shellcheck source=selftests/lib/mpath.sh
source "$(dirname "$0")/../lib/mpath.sh"

# hedged <percentile> <budget> [<selector>]: no probes, so that only I/O finds out
hedged() {
	mkdisk disk 32
	write_pattern /dev/tier/disk 0 65536 alpha
	mkpaths disk pa pb
	mkmpath m 5 probe_interval 60000 hedge "$1" "$2" 0 1 1 "${3:-round-robin}" 0 2 0 \
		/dev/mapper/pa /dev/mapper/pb
	warm
}

# reads <number> <depth> [<fio option>...]
reads() {
	fio --name=reads --thread --filename=/dev/mapper/m --direct=1 --ioengine=libaio \
		--rw=randread --bs=4k --number_ios="$1" --size=16M --iodepth="$2" \
		--output="$T/fio" "${@:3}" || { cat "$T/fio"; fail "fio"; }
}

# in_turn <number> [<first>]: reads, one after the other
in_turn() {
	dd if=/dev/mapper/m of=/dev/null bs=4k skip="${2:-0}" count="$1" iflag=direct status=none
}

# what a read takes has to be known, and something saved, before any is hedged
warm() { in_turn 1000; sleep 0.3; in_turn 1000; sleep 0.3; }

has_sent() { (($(hedges_sent m "$1") > $2)); }

answered_by_the_other() {
	local won
	hedged 90 100
	won=$(hedges_won m pa)
	path_is pb delay /dev/tier/disk 0 500
	in_turn 40
	dmsetup status m
	# every other read went to pb first
	(($(hedges_won m pa) - won >= 18)) || fail "pa had $won, has $(hedges_won m pa)"
	(($(hedges_sent m pa) >= $(hedges_won m pa)))
	# the losers still count as in flight there, and their latency once they end
	wait_for 20 eval '(($(in_flight m pb) == 0))'
	(($(path_words m pb | cut -d" " -f4) > 50000)) || fail "pb's latency: $(path_words m pb)"
}

within_budget() {
	local a b
	hedged 90 2
	path_is pb delay /dev/tier/disk 0 200
	reads 600 32
	dmsetup status m
	a=$(hedges_sent m pa) b=$(hedges_sent m pb)
	# 2 % of all
	((a + b >= 5 && a + b <= 52)) || fail "$a and $b hedges of 2600 reads"
}

right_under_load() {
	hedged 90 20
	path_is pb delay /dev/tier/disk 0 100 /dev/tier/disk 0 0
	verify_load /dev/mapper/m 8
	wait $!
	dmsetup status m
	has_sent pa 20
	# and what goes the ordinary way: large reads
	dd if=/dev/mapper/m of="$T/a" bs=1M skip=8 count=8 iflag=direct status=none
	dd if=/dev/tier/disk of="$T/b" bs=1M skip=8 count=8 iflag=direct status=none
	cmp "$T/a" "$T/b"
	reads 200 8 --bs=96k
}

# a path whose reads end late, and in an error
late_error() {
	dmsetup create late --table "0 65536 error"
	path_is "$1" delay /dev/mapper/late 0 "$2"
}

one_copy_fails() {
	hedged 90 100
	late_error pb 800
	in_turn 20
	dmsetup status m
	has_sent pa 8
	# the losers' errors count where they came from, and harm nobody
	wait_for 20 eval '(($(in_flight m pb) == 0))'
	# now the second copies fail, and the first are good
	path_is pa delay /dev/tier/disk 0 1500
	path_is pb error
	dd if=/dev/mapper/m of="$T/a" bs=4k count=4 iflag=direct status=none
	cmp "$T/a" <(dd if=/dev/tier/disk bs=4k count=4 iflag=direct status=none)
	wait_for 20 path_state_is m pb failed
	path_state_is m pa up
}

both_fail() {
	hedged 90 100
	late_error pa 800
	path_is pb error
	# nothing is left to send it to
	expect_fail in_turn 1
	expect_fail in_turn 1 9
	path_returns pa
	path_returns pb
	message m reinstate_path /dev/mapper/pa
	message m reinstate_path /dev/mapper/pb
	in_turn 8
}

late_loser() {
	hedged 90 100
	path_hangs pb
	timeout 100 "$tree/selftests/dm-mpath-ext/reuse_buffers" /dev/mapper/m 24 alpha 3 >"$T/out" &
	wait_for 60 grep -q 'all read' "$T/out"
	(($(in_flight m pb) > 6)) || fail "no loser is under way: $(path_words m pb)"
	path_goes_on pb
	wait_for 20 eval '(($(in_flight m pb) == 0))'
	wait $! || { cat "$T/out"; fail "reuse_buffers"; }
}

# losers <path>: hang it, and have reads answered by the other
losers() {
	path_hangs "$1"
	in_turn 6
	(($(in_flight m "$1") > 1)) || fail "no loser is under way: $(path_words m "$1")"
}

lost_and_reloaded() {
	local line
	hedged 90 100
	losers pa
	line=$(dmsetup table m)
	dmsetup load m --table "$line"
	timeout 60 dmsetup suspend m
	timeout 60 dmsetup resume m
	# the table that sent them is gone; the new one does without pa
	message m fail_path /dev/mapper/pa
	in_turn 100
	check_pattern /dev/mapper/m 0 8192 alpha
	path_goes_on pa
	message m reinstate_path /dev/mapper/pa
	in_turn 100
}

lost_and_removed() {
	hedged 90 100
	losers pa
	timeout 60 dmsetup suspend --noflush --nolockfs m
	timeout 60 dmsetup resume m
	timeout 60 dmsetup remove m
	expect_fail timeout 60 rmmod dm_mpath_ext
	# as another device, while they are still out there
	mkmpath m 3 hedge 90 100 0 1 1 round-robin 0 1 0 /dev/mapper/pb
	assert_eq "$(hedges_sent m pb)" 0 "hedges of the new device"
	in_turn 1
	timeout 60 dmsetup remove m
	path_goes_on pa
	wait_for 30 rmmod dm_mpath_ext
}

# reads that hang with their path are taken over once that is seen, budget or not
taken_over() {
	local sent
	hedged 90 100
	path_is pa delay /dev/tier/disk 0 200
	path_is pb delay /dev/tier/disk 0 200
	# the second to save, as few of them are late any more
	reads 600 40
	in_turn 30
	message m set hedge 90 1
	sleep 0.3
	message m set hung_time 500
	path_hangs pa
	# More at once than can have been saved for, and all before the first of them is late:
	# the rest is not hedged but retried, once pa is given up.
	sent=$(hedges_sent m pb)
	reads 80 80 --iodepth_batch_submit=80
	path_state_is m pa hung
	dmsetup status m
	(($(in_flight m pa) > $(hedges_sent m pb) - sent)) || fail "$sent: $(dmsetup status m)"
	timeout 60 dmsetup suspend m
	timeout 60 dmsetup resume m
	path_goes_on pa
	wait_for 20 eval '(($(in_flight m pa) == 0))'
	message m reinstate_path /dev/mapper/pa
	in_turn 20
}

set_live() {
	hedged 95 10
	message m set hedge off
	assert_match "$(dmsetup table m)" ' 4 probe_interval 60000 hedge off 0 1 1 '
	sleep 0.3
	path_is pb delay /dev/tier/disk 0 50
	local before
	before=$(hedges_sent m pa)
	in_turn 40
	assert_eq "$(hedges_sent m pa)" "$before" "hedges while off"
	message m set hedge 80 50
	assert_match "$(dmsetup table m)" ' 5 probe_interval 60000 hedge 80 50 0 1 1 '
	for _ in {1..10}; do
		in_turn 100
		! has_sent pa "$before" || break
	done
	has_sent pa "$before"
	for bad in "hedge" "hedge 99" "hedge 49 1" "hedge 100 1" "hedge 99 0" "hedge 99 101" "hedge off 1"; do
		# shellcheck disable=SC2086
		expect_fail message m set $bad
	done
	assert_match "$(dmsetup table m)" ' hedge 80 50 '
}

run_test "late reads are answered by the other path" answered_by_the_other
run_test "the budget is kept" within_budget
run_test "data is right under load" right_under_load
run_test "one copy fails, the other is good" one_copy_fails
run_test "both copies fail" both_fail
run_test "a loser leaves the caller's memory alone" late_loser
run_test "suspend and reload do not wait for a loser" lost_and_reloaded
run_test "remove does not wait for a loser, nor is anything leaked" lost_and_removed
run_test "reads on a hung path are taken over" taken_over
run_test "set while in use" set_live
