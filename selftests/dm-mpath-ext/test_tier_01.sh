#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# A pool whose members have several paths, which fail under its moves.
set -euo pipefail
# shellcheck source=selftests/lib/mpath.sh
source "$(dirname "$0")/../lib/mpath.sh"
# shellcheck source=selftests/lib/moves.sh
source "$(dirname "$0")/../lib/moves.sh"
# shellcheck source=selftests/lib/expect.sh
source "$(dirname "$0")/../lib/expect.sh"
stir=$(dirname "$0")/stir

# member <disk> <MiB>: /dev/mapper/<disk>, over the paths <disk>-a and <disk>-b
member() {
	mkdisk "$1" "$2"
	mkpaths "$1" "$1-a" "$1-b"
	dmsetup create "$1" --table "0 $(($2 * 2048)) mpath-ext \
		4 queue_if_no_path ${3:-60} probe_interval 100 0 1 1 round-robin 0 2 0 \
		/dev/mapper/$1-a /dev/mapper/$1-b"
}

pool_on_paths() {
	load_modules dm-tier dm-mpath-ext
	member meta 16
	member ssd 64
	member sata 64 "$@"
	mkpool pool 128 /dev/mapper/meta ssd:/dev/mapper/ssd sata:/dev/mapper/sata
	message pool set tick 50
	message pool set move_rate 2000
	mklun lun pool 1 16M
}

mode() { dmsetup status pool | grep -oE ' (rw|ro|fail) ' | tr -d ' '; }

under_moves() {
	local before
	pool_on_paths
	verify_load /dev/mapper/lun 15 --size=8M
	(
		while [[ ! -e $T/stop ]]; do
			for tier in sata ssd; do
				message pool migrate_lun 1 "$tier"
				sleep 1
			done
		done
	) &
	before=$(moves_done)
	path_dies ssd-a
	path_dies meta-b
	wait_for 30 path_state_is ssd ssd-a failed
	path_dies sata-b
	wait_for 30 path_state_is sata sata-b failed
	path_returns ssd-a ssd
	path_returns meta-b meta
	path_returns sata-b sata
	"$stir" flaps ssd 100 /dev/tier/ssd ssd-a ssd-b
	"$stir" flaps meta 50 /dev/tier/meta meta-a meta-b
	# all of a member's for a moment, which is held over
	path_dies sata-a
	path_dies sata-b
	sleep 1
	path_returns sata-a sata
	path_returns sata-b sata
	wait %1
	touch "$T/stop"
	wait
	dmsetup status pool
	assert_eq "$(mode)" rw "mode"
	assert_eq "$(status_value pool moves_failed)" 0 "failed moves"
	(($(moves_done) - before > 50)) || fail "$(moves_done) moves"
}

# no path, and no time left: the member has failed, its data is there once it is back
member_lost() {
	pool_on_paths 1
	message pool set_lun 1 pin sata
	write_pattern /dev/mapper/lun 0 8192 alpha
	path_dies sata-a
	path_dies sata-b
	expect_fail timeout 60 dd if=/dev/mapper/lun of=/dev/null bs=64k count=1 iflag=direct status=none
	assert_eq "$(mode)" rw "mode"
	path_returns sata-a sata
	wait_for 60 path_state_is sata sata-a up
	member_is pool /dev/mapper/sata active || message pool reinstate_dev /dev/mapper/sata
	check_pattern /dev/mapper/lun 0 8192 alpha
	write_pattern /dev/mapper/lun 0 8192 beta
	check_pattern /dev/mapper/lun 0 8192 beta
	assert_eq "$(mode)" rw "mode"
}

run_test "paths fail under a pool's moves" under_moves
run_test "all paths of a member are gone, and return" member_lost
ktap_finish
