#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 200
# timeout: 600
# The harness itself: what fails in the guest must fail here.
#
# The code in single quotes is for the guest.
# shellcheck disable=SC2016
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/lib/ktap.sh
source "$here/../lib/ktap.sh"
vm=$here/../vm/vm

# in_vm <wanted status> <shell code> [<vm option>...]
in_vm() {
	local status=0
	"$vm" --timeout 120 "${@:3}" run /bin/bash -c "$2" >"$ktap_out" 2>&1 || status=$?
	tail -n 5 "$ktap_out"
	assert_eq "$status" "$1" "exit status"
}

printed() { grep -q "$1" "$ktap_out"; }

a_verdict_comes_through() {
	in_vm 0 'echo out; echo err >&2'
	printed '^out$'
	printed '^err$'
}

disk_survives_a_kill() {
	local disk=$work/disk
	in_vm 137 'echo kept | dd of=/dev/vm/disk0 oflag=direct conv=sync status=none; sleep 60' \
		--disk "$disk:1M" --kill-after 5
	in_vm 0 '[[ $(head -n 1 /dev/vm/disk0) == kept ]]' --disk "$disk"
}

log_holds_the_console() {
	in_vm 0 'echo from the guest >/dev/kmsg' --log "$work/log"
	grep -q 'from the guest' "$work/log"
}

# Two runs of one thing that takes time, the same to one part in a thousand. What
# it runs is read from disk before: the host's disk keeps its own time.
icount_repeats() {
	local code='sleep 0.1; date +%s%N >/dev/null; a=$(date +%s%N); for i in {1..2000}; do :; done
		sleep 30; b=$(date +%s%N); echo "elapsed $(((b - a) / 1000000))"' first second
	in_vm 0 "$code" --icount
	first=$(sed -n 's/^elapsed //p' "$ktap_out")
	in_vm 0 "$code" --icount
	second=$(sed -n 's/^elapsed //p' "$ktap_out")
	((first > 30000 && first - second <= 30 && second - first <= 30)) ||
		fail "$first ms the first time, $second ms the second"
}

work=$(mktemp -d)
ktap_out=$work/out
plan 10
run_test "a passing script passes, its output comes through" a_verdict_comes_through
run_test "a failing script's status comes through" in_vm 3 'exit 3'
run_test "a panic fails" in_vm 125 'echo c >/proc/sysrq-trigger; sleep 60'
run_test "a warning fails a script that passes" in_vm 125 \
	'echo "WARNING: CPU: 0 at nowhere" >/dev/kmsg; dmesg -n 1; exit 0'
run_test "a taint fails a script that passes" in_vm 125 \
	'echo 512 >/proc/sys/kernel/tainted; exit 0'
run_test "a reboot without a verdict fails" in_vm 125 \
	'echo "exit 0 taint 0"; echo b >/proc/sysrq-trigger; sleep 60'
run_test "a hang fails" in_vm 124 'sleep 1000' --timeout 20
run_test "a disk outlives kill -9" disk_survives_a_kill
run_test "the log holds the console" log_holds_the_console
run_test "time repeats to 0.1 % with --icount" icount_repeats
rm -r "$work"
