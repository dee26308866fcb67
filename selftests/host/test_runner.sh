#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
# seconds: 240
# The runner: each kind of bad test in runner/ is told as what it is, and the
# ones behind it have their turn all the same. The longest go first, and none
# starts once the time is used up.
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/lib/ktap.sh
source "$here/../lib/ktap.sh"
out=$(mktemp)

# run <wanted status> [<name>=<value>...]
run() {
	local status=0
	env -u BUDGET -u BUDGET_FROM -u TIMEOUT_FACTOR JOBS=1 TEST_DIR="$here/runner" "${@:2}" \
		"$here/../run.sh" dm-tier/test_ >"$out" 2>&1 || status=$?
	cat "$out"
	assert_eq "$status" "$1" "exit status"
}

# Whole lines of what was printed.
printed() {
	local line
	for line in "$@"; do
		grep -qxF -- "$line" "$out" || fail "not printed: $line"
	done
}

not_printed() { ! grep -qF -- "$1" "$out"; }

longest_first() {
	assert_match "$(grep -m 1 '^# ---- ' "$out")" 'test_7_status: [0-9]+ s, ended at [0-9]+ s$'
	assert_match "$(grep '^# ---- ' "$out" | tail -n 1)" test_8_frozen
}

none_starts() {
	run 0 BUDGET=0
	printed "ok 1 dm-tier/test_2_hang # SKIP not run: the time budget of 0 s was used up" \
		"0 passed, 0 failed, 8 skipped"
	not_printed "Subtest"
}

# The rest of the time is a limit like a test's own.
what_runs_is_cut_off() {
	(
		work=/nowhere BUDGET=100 BUDGET_GRACE=50 BUDGET_FROM=$((EPOCHSECONDS - 90))
		# shellcheck source=selftests/lib/queue.sh
		source "$here/../lib/queue.sh"
		budget_left || fail "ten seconds are no time"
		((50 < $(limit_of 300) && $(limit_of 300) <= 60)) || fail "limit: $(limit_of 300)"
		assert_eq "$(limit_of 20)" 20
		budget_from=$((EPOCHSECONDS - 1000))
		expect_fail budget_left
		assert_eq "$(limit_of 300)" 1
		BUDGET=''
		budget_left || fail "no budget is no time"
		assert_eq "$(limit_of 300)" 300
	)
}

limits_are_read() {
	# shellcheck source=selftests/lib/timeout.sh
	source "$here/../lib/timeout.sh"
	assert_eq "$(timeout_of "$here/runner/test_2_hang.sh")" 5
	assert_eq "$(TIMEOUT_FACTOR=3 timeout_of "$here/runner/test_2_hang.sh")" 15
	assert_eq "$(timeout_of "$here/runner/test_1_crash.sh")" 300
	assert_eq "$(seconds_of "$here/runner/test_7_status.sh")" 200
}

run_test "limits are read" limits_are_read
run_test "what runs when the time is used up is cut off" what_runs_is_cut_off
run_test "none starts when the time is used up" none_starts
run_test "the run fails and ends" run 1
run_test "the longest goes first" longest_first
run_test "a crash" printed "  ok 1 before the crash" "FAILED dm-tier/test_1_crash: took the VM down"
run_test "a hang" printed "FAILED dm-tier/test_2_hang: timed out"
run_test "a hang of the VM" printed "FAILED dm-tier/test_8_frozen: timed out, and so did its VM"
run_test "a leak" printed "  not ok 1 a device that stays open"
run_test "a warning" printed "  not ok 1 a complaint of the kernel"
run_test "a failure in the middle" printed "  ok 1 good" "  not ok 2 fails in the middle" \
	"  ok 3 not for here # SKIP a reason" "  not ok 4 a wrong text" \
	"  not ok 5 fails with the status of a skip"
run_test "and nothing behind it is run" not_printed "never printed"
run_test "no results" printed "FAILED dm-tier/test_6_silent: no results"
run_test "a status that the results do not explain" printed "FAILED dm-tier/test_7_status: exit status 1"
run_test "the totals" printed "3 passed, 10 failed, 1 skipped"
rm "$out"
