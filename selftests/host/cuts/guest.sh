#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# In the guest: a pool on slices of one disk, the writes to which are logged, with all that
# changes its metadata going on at once.
#
#	guest.sh <seconds> <seed> [mirror]
set -euo pipefail
seconds=$1 seed=$2 mirror=${3:-}
# shellcheck source=selftests/lib/guest.sh
source /dm-tier/selftests/lib/guest.sh
# shellcheck source=selftests/host/cuts/slices.sh
source /dm-tier/selftests/host/cuts/slices.sh

load=/dm-tier/selftests/host/cuts/load
say() { "$load" mark /dev/vm/disk0 "${start[marks]}" "$1"; }

insert dm-tier
for s in meta mirror a b c; do
	dmsetup create "s$s" --table "0 ${size[$s]} linear /dev/vm/disk0 ${start[$s]}"
done
features=0
[[ ! $mirror ]] || features="2 metadata_mirror /dev/mapper/smirror"
dmsetup create pool --table "0 65536 tier-pool /dev/mapper/smeta 128 $features \
	2 fast 1 /dev/mapper/sa slow 2 /dev/mapper/sb /dev/mapper/sc"
dmsetup message pool 0 set tick 50
dmsetup message pool 0 set move_rate 2000
luns=()
for lun in 1 2 3; do
	say "C,$lun,8192"
	dmsetup message pool 0 create_lun "$lun" 8192
	say "M,$lun"
	dmsetup create "lun$lun" --table "0 8192 tier /dev/mapper/pool $lun"
	luns+=("$lun:8192")
done
dmsetup message pool 0 set_lun 2 verify on
say P

stop=/tmp/stop
while [[ ! -e $stop ]]; do
	for to in slow fast; do
		for lun in 1 2 3; do
			dmsetup message pool 0 migrate_lun "$lun" "$to" 2>/dev/null || :
		done
		sleep 0.7
	done
	dmsetup message pool 0 evacuate /dev/mapper/sc 2>/dev/null || :
	sleep 0.5
	dmsetup message pool 0 cancel_evacuate /dev/mapper/sc 2>/dev/null || :
done &
mover=$!
status=0
"$load" /dev/vm/disk0 "${start[marks]}" pool "$seconds" "$seed" "${luns[@]}" || status=$?
touch "$stop"
wait "$mover"
dmsetup status pool
for lun in 1 2 3; do
	dmsetup remove "lun$lun"
done
dmsetup remove pool
for s in meta mirror a b c; do
	dmsetup remove "s$s"
done
exit "$status"
