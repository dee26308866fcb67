#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../../lib/tier.sh"
leak() {
	mkdisk held 16
	dmsetup create held --table "0 32768 linear /dev/tier/held 0"
	setsid sleep 1000 </dev/mapper/held >/dev/null 2>&1 &
	disown
}
run_test "a device that stays open" leak
