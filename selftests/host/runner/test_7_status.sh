#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 200
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../../lib/tier.sh"
run_test "good" true
exit 3
