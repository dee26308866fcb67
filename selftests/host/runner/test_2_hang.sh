#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 5
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../../lib/tier.sh"
run_test "for ever" sleep 1000
