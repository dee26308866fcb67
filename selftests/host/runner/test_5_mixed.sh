#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../../lib/tier.sh"
in_the_middle() {
	false
	echo "never printed"
}
run_test "good" true
run_test "fails in the middle" in_the_middle
run_test "not for here" skip "a reason"
run_test "a wrong text" assert_match abc '^x'
run_test "fails with the status of a skip" bash -c 'exit 4'
