#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
# The runner: each kind of bad test in runner/ is told as what it is, and the
# ones behind it have their turn all the same.
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/lib/ktap.sh
source "$here/../lib/ktap.sh"
out=$(mktemp)

all_have_their_turn() {
	local status=0
	JOBS=1 TEST_DIR=$here/runner "$here/../run.sh" dm-tier/test_ >"$out" 2>&1 || status=$?
	cat "$out"
	assert_eq "$status" 1 "exit status"
}

# Whole lines of what was printed.
printed() {
	local line
	for line in "$@"; do
		grep -qxF -- "$line" "$out" || fail "not printed: $line"
	done
}

not_printed() { ! grep -qF -- "$1" "$out"; }

run_test "the run fails and ends" all_have_their_turn
run_test "a crash" printed "  ok 1 before the crash" "FAILED dm-tier/test_1_crash: took the VM down"
run_test "a hang" printed "FAILED dm-tier/test_2_hang: timed out"
run_test "a leak" printed "  not ok 1 a device that stays open"
run_test "a warning" printed "  not ok 1 a complaint of the kernel"
run_test "a failure in the middle" printed "  ok 1 good" "  not ok 2 fails in the middle" \
	"  ok 3 not for here # SKIP a reason" "  not ok 4 a wrong text" \
	"  not ok 5 fails with the status of a skip"
run_test "and nothing behind it is run" not_printed "never printed"
run_test "no results" printed "FAILED dm-tier/test_6_silent: no results"
run_test "a status that the results do not explain" printed "FAILED dm-tier/test_7_status: exit status 1"
run_test "the totals" printed "3 passed, 9 failed, 1 skipped"
rm "$out"
