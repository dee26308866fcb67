#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../../lib/tier.sh"
warn() { echo "WARNING: of nothing" >/dev/kmsg; }
run_test "a complaint of the kernel" warn
