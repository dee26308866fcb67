#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 1800
# The power goes at random moments, under fsync load, in the middle of moves:
# every record that was told to be durable is there afterwards.
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/lib/ktap.sh
source "$here/../lib/ktap.sh"
readonly cuts=${KILL_CUTS:-20}
work=$(mktemp -d)
durable=0

# boot <more>...: with the same disks; what the guest printed is in $work/out
boot() {
	local status=0
	"$here/../vm/vm" --timeout 240 --disk "$work/meta:16M" --disk "$work/fast:96M" \
		--disk "$work/slow:96M" "${@:2}" run selftests/host/kill/guest.sh "$durable" \
		${1:+"$1"} >"$work/out" 2>"$work/err" || status=$?
	return "$status"
}

last_number() { sed -n "s/^$1 \([0-9]\{1,\}\)$/\1/p" "$work/out" | tail -n 1; }

# a record's line may have been cut by the kill: only whole ones count
cut() {
	local status=0 after number
	after=$((4 + RANDOM % 8)).$((RANDOM % 10))
	boot '' --kill-after "$after" || status=$?
	if ((status != 137)); then
		cat "$work/out" "$work/err"
		fail "the guest ended by itself: $status"
	fi
	number=$(last_number durable)
	echo "cut after $after s: checked $(last_number checked), durable $number, moves $(last_number moves), replayed $(last_number replayed)"
	echo "${number:-$durable}" >"$work/durable"
}

last_check() {
	boot last || { cat "$work/out" "$work/err"; fail "the last check"; }
	tail -n 3 "$work/out"
	((durable > 100)) || fail "only $durable records were ever durable"
}

plan $((cuts + 1))
for ((i = 1; i <= cuts; i++)); do
	run_test "power cut $i" cut
	[[ ! -s $work/durable ]] || durable=$(<"$work/durable")
done
run_test "every durable record is there, the metadata is right" last_check
rm -rf "$work"
ktap_finish
