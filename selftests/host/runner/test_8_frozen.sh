#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 5
# seconds: 1
# Nothing in the guest can end this one: what would is stopped.
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../../lib/tier.sh"
freeze() {
	pkill -STOP -x run-group
	pkill -STOP -x timeout
	sleep 1000
}
run_test "what watches over it is stopped" freeze
