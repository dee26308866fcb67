#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../../lib/tier.sh"
run_test "before the crash" true
crash() { echo c >/proc/sysrq-trigger; }
run_test "the crash" crash
