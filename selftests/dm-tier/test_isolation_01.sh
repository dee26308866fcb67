#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 90
# timeout: 600
# Two consumers whose LUNs come and go on one crowded pool never read a byte of the
# other's, nor of what was on the disks before. CYCLES says how many steps they take.
# What the library reads, or calls by name, looks unused.
# shellcheck disable=SC2034,SC2317
set -euo pipefail
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"

here=$(dirname "$(readlink -f "$0")")
readonly D=/dev/tier

# Little more room than the tenants can take, so that what one gives up the other
# gets; and a stranger's data on all of it.
crowded_pool() {
	mkdisk meta 4
	mkdisk a 4
	mkdisk b 6
	write_pattern $D/a 2048 $((3 * 2048)) "a stranger's"
	write_pattern $D/b 2048 $((5 * 2048)) "a stranger's"
	mkpool pool 128 meta fast:a slow:b
	message pool set tick 50
	message pool set move_rate 2000
}

tenants() { # <cycles>
	timeout 1000 "$here/tenants" pool 128 "$1" "${SEED:-$RANDOM}" fast slow
}

isolated() {
	crowded_pool
	tenants "${CYCLES:-11000}"
	dmsetup status pool
	(($(status_value pool moves_done) > 20)) || fail "hardly anything was moved"
	dmsetup remove pool
	"$tree/userspace/tier_check" $D/meta $D/a $D/b
}

# the one thing that keeps them apart taken away, they see it
not_blind() {
	POOL_FEATURES=skip_zeroing
	crowded_pool
	expect_fail tenants 2000 >"$T/out"
	cat "$T/out"
	grep -qE "what nobody here wrote|the other tenant's|of a LUN that was deleted|another LUN's" "$T/out"
	dmsetup ls --target tier | cut -f1 | xargs -rn1 dmsetup remove
}

run_test "two tenants, never a byte of the other's" isolated
run_test "without zeroing the tenants would see it" not_blind
