#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 350
# timeout: 1800
# The power goes at random moments, under fsync load, in the middle of moves:
# every record that was told to be durable is there afterwards.
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/lib/ktap.sh
source "$here/../lib/ktap.sh"
readonly cuts=${KILL_CUTS:-10}
work=$(mktemp -d)
durable=0

# boot [last]: with the same disks; what the guest printed is in $work/out
boot() {
	: >"$work/out"
	"$here/../vm/vm" --timeout 300 --pidfile "$work/pid" --disk "$work/meta:16M" \
		--disk "$work/fast:96M" --disk "$work/slow:96M" \
		run selftests/host/kill/guest.sh "$durable" "$@" >"$work/out" 2>"$work/err"
}

last_number() { sed -n "s/^$1 \([0-9]\{1,\}\)$/\1/p" "$work/out" | tail -n 1; }

# says <word>: the guest has, or it is over
says() { grep -qs "^$1" "$work/out" || ! kill -0 "$vm" 2>/dev/null; }

# cut <word>: once the guest has said it, the power goes within three seconds. A
# number that the kill has cut short is a smaller one, so it may count.
cut() {
	local vm after number
	# what the boot before said, and its process, are not to be taken for this one's
	rm -f "$work/out" "$work/pid"
	{ boot || :; } &
	vm=$!
	wait_for 280 says "$1"
	after=$((RANDOM % 3)).$((RANDOM % 10))
	sleep "$after"
	kill -9 "$(<"$work/pid")" || :
	wait "$vm" || :
	grep -q 'QEMU: 137' "$work/err" || {
		tail -n 20 "$work/out"
		cat "$work/err"
		fail "the guest ended by itself"
	}
	number=$(last_number durable)
	echo "cut $after s after '$1': checked $(last_number checked), durable $number, moves $(last_number moves), replayed $(last_number replayed)"
	echo "${number:-$durable}" >"$work/durable"
}

last_check() {
	boot last || { cat "$work/out" "$work/err"; fail "the last check"; }
	tail -n 3 "$work/out"
	((durable > 100)) || fail "only $durable records were ever durable"
}

plan $((cuts + 1))
for ((i = 1; i <= cuts; i++)); do
	# now and then while the start before is still being made good
	word=durable
	((i % 4 || !durable)) || word=starts
	run_test "power cut $i" cut $word
	[[ ! -s $work/durable ]] || durable=$(<"$work/durable")
done
run_test "every durable record is there, the metadata is right" last_check
rm -rf "$work"
ktap_finish
