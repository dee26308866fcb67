# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Test cases in bash that speak KTAP version 1. A test script is:
#
#	source "$(dirname "$0")/../lib/tier.sh"		(or ktap.sh)
#	first_case() { ...; }
#	run_test "what must hold" first_case
#
# A case runs in a subshell under set -e: the first command to fail fails it.
# `skip <reason>` leaves it, `fail <reason>` fails it; a command that fails with
# the status of a skip is no skip. What it prints becomes KTAP diagnostics. The
# plan and the totals are printed when the script ends, whose exit status is 0,
# 1 for failures, 4 when every case was skipped. Arguments of the script pick
# cases: those whose description contains one of them.

set -euo pipefail

readonly KSFT_SKIP=4
ktap_cases=0 ktap_passed=0 ktap_failed=0 ktap_skipped=0
ktap_reason=$(mktemp)
ktap_only=("$@")

echo "KTAP version 1"

# Before the cases, or not at all: the plan then comes at the end.
plan() {
	ktap_planned=$1
	echo "1..$1"
}

test_pass() {
	ktap_passed=$((ktap_passed + 1)) ktap_cases=$((ktap_cases + 1))
	echo "ok $ktap_cases $1"
}

test_fail() {
	ktap_failed=$((ktap_failed + 1)) ktap_cases=$((ktap_cases + 1))
	echo "not ok $ktap_cases $1"
}

# test_skip <description> <reason>
test_skip() {
	ktap_skipped=$((ktap_skipped + 1)) ktap_cases=$((ktap_cases + 1))
	echo "ok $ktap_cases $1 # SKIP $2"
}

# For use inside a case.
skip() {
	echo "$*" >"$ktap_reason"
	exit "$KSFT_SKIP"
}

fail() {
	echo "failed: $*"
	exit 1
}

# expect_fail <command>...: it must not succeed.
expect_fail() {
	! "$@" || fail "should have failed: $*"
}

# assert_eq <got> <wanted> [<what>]
assert_eq() {
	[[ $1 == "$2" ]] || fail "${3:-value}: got '$1', wanted '$2'"
}

# assert_match <text> <extended regular expression> [<what>]
assert_match() {
	[[ $1 =~ $2 ]] || fail "${3:-text}: '$1' does not match '$2'"
}

# wait_for <seconds> <command>...: until it succeeds. Seconds are of a usual kernel
# on a usual host, see timeout.sh.
wait_for() {
	local end=$((SECONDS + $1 * ${TIMEOUT_FACTOR:-1}))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || fail "timed out waiting for: $*"
		sleep 0.1
	done
}

# May be replaced: run before and after each case. What the latter prints are
# diagnostics, and its failure fails the case.
test_setup() { :; }
test_teardown() { :; }

ktap_case() {
	trap 'echo "failed: ${BASH_SOURCE[0]##*/}:$LINENO: $BASH_COMMAND"' ERR
	trap 'jobs -p | xargs -r kill -9 2>/dev/null || :' EXIT
	set -eE
	test_setup
	"$@"
}

# as_diagnostics <prefix> <command>...: in a subshell, its output as KTAP
# diagnostics, all of it printed when this returns the command's status.
as_diagnostics() {
	local to sed status
	exec {to}> >(sed -u "s/^/$1/")
	sed=$!
	(exec {to}>&-; "${@:2}") >&"$to" 2>&1
	status=$?
	exec {to}>&-
	wait "$sed"
	return "$status"
}

ktap_wanted() {
	local only
	((${#ktap_only[@]})) || return 0
	for only in "${ktap_only[@]}"; do
		[[ $1 != *"$only"* ]] || return 0
	done
	return 1
}

# run_test <description> <function> [<argument>...]
run_test() {
	local what=$1 status teardown from=$SECONDS
	ktap_wanted "$what" || return 0
	shift
	: >"$ktap_reason"
	set +e
	as_diagnostics "# " ktap_case "$@"
	status=$?
	as_diagnostics "# teardown: " test_teardown
	teardown=$?
	set -e
	((SECONDS - from < 5)) || echo "# $((SECONDS - from)) s"
	if ((teardown)); then
		test_fail "$what"
	elif ((status == KSFT_SKIP)) && [[ -s $ktap_reason ]]; then
		test_skip "$what" "$(<"$ktap_reason")"
	elif ((status)); then
		test_fail "$what"
	else
		test_pass "$what"
	fi
}

ktap_finish() {
	local status=$?
	trap - EXIT
	rm -f "$ktap_reason"
	[[ -v ktap_planned ]] || echo "1..$ktap_cases"
	echo "# Totals: pass:$ktap_passed fail:$ktap_failed skip:$ktap_skipped"
	if ((status)); then
		# died outside of the cases, which is no skip either
		exit $((status == KSFT_SKIP ? 1 : status))
	elif ((ktap_failed || ${ktap_planned:-$ktap_cases} != ktap_cases || !ktap_cases)); then
		exit 1
	elif ((ktap_skipped == ktap_cases)); then
		exit "$KSFT_SKIP"
	fi
	exit 0
}
trap ktap_finish EXIT
