#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 160
# timeout: 900
# Moves under I/O: not a byte goes wrong.
# shellcheck disable=SC2317
set -euo pipefail
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"
# shellcheck source=selftests/lib/moves.sh
source "$(dirname "$0")/../lib/moves.sh"

# fio that writes and trims at random and checks what it reads, while all the
# LUN's extents are moved to and fro. $1: extent sectors, $2: moves at least,
# then LUN settings as key=value.
verify_under_moves() {
	local extent=$1 least=$2 setting mover
	shift 2
	quick_pool "$extent"
	mklun lun pool 1 24M
	for setting in "$@"; do
		message pool set_lun 1 "${setting%%=*}" "${setting#*=}"
	done
	migrate_to_and_fro 1 "$T/stop" &
	mover=$!
	for round in 1 2 3 4 5 6 7 8 9 10; do
		fio --thread --name=verify --filename=/dev/mapper/lun --size=24M --direct=1 \
			--ioengine=libaio --iodepth=16 --rw=randwrite --bsrange=512-128k \
			--bs_unaligned=0 --blockalign=512 --randseed="$round" \
			--verify=crc32c --do_verify=1 --verify_fatal=1 --serialize_overlap=1 \
			--output="$T/fio" || { cat "$T/fio"; fail "fio verify"; }
		(($(moves_done) < least)) || break
	done
	touch "$T/stop"
	wait "$mover"
	echo "$(moves_done) moves"
	(($(moves_done) >= least)) || fail "only $(moves_done) moves"
	assert_eq "$(status_value pool moves_failed)" 0 "failed moves"
}

# The whole LUN is one checksummed pattern; it must be there after hundreds of
# moves and after a restart.
data_outlives_moves_and_restart() {
	quick_pool 128
	mklun lun pool 1 24M
	dd if=/dev/urandom of="$T/data" bs=1M count=24 status=none
	dd if="$T/data" of=/dev/mapper/lun bs=1M oflag=direct status=none
	for tier in sata ssd sas; do
		message pool migrate_lun 1 "$tier"
		wait_for 180 all_on lun "$tier"
		cmp "$T/data" /dev/mapper/lun
	done
	(($(moves_done) >= 3 * 384 - 384)) || fail "only $(moves_done) moves"
	dmsetup remove lun
	dmsetup remove pool
	mkpool pool 128 meta ssd:ssd sas:sas sata:sata
	mklun lun pool 1
	cmp "$T/data" /dev/mapper/lun
	all_on lun sas || fail "extents are not where they were"
}

# A discard takes its extents from moves under way, and they stay gone.
discard_under_moves() {
	local mover
	quick_pool 128
	mklun lun pool 1 24M
	migrate_to_and_fro 1 "$T/stop" &
	mover=$!
	for round in 1 2 3; do
		write_pattern /dev/mapper/lun 0 49152 "round$round"
		blkdiscard -o $((8 << 20)) -l $((8 << 20)) /dev/mapper/lun
		check_pattern /dev/mapper/lun 0 16384 "round$round"
		cmp -n $((8 << 20)) -i $((8 << 20)):0 /dev/mapper/lun /dev/zero
		assert_eq "$(dmsetup status lun | cut -d' ' -f4)" 32768 "sectors mapped"
	done
	touch "$T/stop"
	wait "$mover"
}

run_test "fio verify over hundreds of moves of 64 KiB extents" verify_under_moves 128 500
run_test "fio verify over moves of 1 MiB extents" verify_under_moves 2048 100
run_test "fio verify over moves that read back" verify_under_moves 128 300 verify=on
run_test "data outlives moves and a restart" data_outlives_moves_and_restart
run_test "discards during moves" discard_under_moves
ktap_finish
