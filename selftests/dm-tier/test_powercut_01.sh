#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 120
# timeout: 600
# The power goes, on disks with volatile caches that nothing leaves but by a
# flush: a flush forgotten on any one of them shows.
#
# Each disk is logged by dm-log-writes, which logs a write with the flush that
# follows it. From the logs another disk is made as the power cut leaves it.
# (null_blk's own cache_size caches only the first write to a page.)
#
# What the library reads, or calls by name, looks unused.
# shellcheck disable=SC2016,SC2034,SC2317
set -euo pipefail
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"
# shellcheck source=selftests/lib/moves.sh
source "$(dirname "$0")/../lib/moves.sh"

readonly D=/dev/tier
here=$(dirname "$(readlink -f "$0")")

# Each with a second one that has only what is durable, and a log. What was on
# the disks before must never be read.
volatile_disks() {
	local d
	modprobe dm-log-writes || skip "no dm-log-writes"
	disks=("$@")
	for d in "$@"; do
		mkdisk "$d" 24
		mkdisk "$d-durable" 24
		mkdisk "$d-log" 160
		write_pattern "$D/$d" 2048 $((23 * 2048)) "somebody else's"
		write_pattern "$D/$d-durable" 2048 $((23 * 2048)) "somebody else's"
		log_on "$d"
	done
}

log_on() {
	dmsetup create "l$1" --table "0 $((24 * 2048)) log-writes $D/$1 $D/$1-log"
}

# One disk after another stands still, as if it had been slow at that moment.
# Then none answers any more.
power_cut() {
	local d
	for d in "${disks[@]}"; do
		dmsetup suspend --noflush --nolockfs "l$d"
		dmsetup message "l$d" 0 mark cut
	done
	for d in "${disks[@]}"; do
		dmsetup load "l$d" --table "0 $((24 * 2048)) error"
		dmsetup resume "l$d"
	done
}

power_on() {
	local d
	for d in "${disks[@]}"; do
		dmsetup remove --retry "l$d"
		"$here/replay_log" "$D/$d-log" "$D/$d-durable"
		dd if="$D/$d-durable" of="$D/$d" bs=1M oflag=direct status=none
		log_on "$d"
	done
}

rig_loses() {
	volatile_disks a
	write_pattern /dev/mapper/la 2048 8 flushed
	pattern fua 8 | dd of=/dev/mapper/la bs=4K seek=2M oflag=seek_bytes,direct,dsync status=none
	pattern lost 8 | dd of=/dev/mapper/la bs=4K seek=1M oflag=seek_bytes,direct status=none
	check_pattern /dev/mapper/la 2048 8 lost
	power_cut
	power_on
	check_pattern /dev/mapper/la 2048 8 flushed
	check_pattern /dev/mapper/la 4096 8 fua
}

start() {
	mkpool pool 128 /dev/mapper/lmeta fast:/dev/mapper/la slow:/dev/mapper/lb
	message pool set tick 50
	message pool set move_rate 2000
}

# mover <file>: the whole LUN to and fro until the file appears
mover() {
	local tier
	while :; do
		for tier in slow fast; do
			[[ ! -e $1 ]] || return 0
			message pool migrate_lun 1 "$tier" 2>/dev/null || return 0
			sleep 1
		done
	done
}

power_cycle() {
	power_cut
	[[ ! ${writer:-} ]] || wait "$writer"
	[[ ! ${mover:-} ]] || wait "$mover" || :
	dmsetup remove --retry lun
	dmsetup remove --retry pool
	power_on
	start
	mklun lun pool 1
	"$here/blocks" check /dev/mapper/lun "$T/state"
}

# Power cuts in the middle of allocations, discards, moves, under fsync load.
cuts() {
	local round mover writer
	volatile_disks meta a b "${@:2}"
	start
	mklun lun pool 1 12M
	for ((round = 0; round < $1; round++)); do
		rm -f "$T/go" "$T/stop"
		mover "$T/stop" &
		mover=$!
		"$here/blocks" write /dev/mapper/lun "$T/state" "$T/go" &
		writer=$!
		wait_for 120 test -e "$T/go"
		wait_for 120 eval '(($(moves_done) > 10))'
		sleep "$((RANDOM % 2)).$((RANDOM % 10))"
		echo "cut after $(moves_done) moves"
		touch "$T/stop"
		power_cycle
	done
}

cuts_with_mirror() {
	POOL_FEATURES="metadata_mirror /dev/mapper/lmirror" cuts 3 mirror
}

# Nobody else flushes here: the moves have to.
moves_alone() {
	local tier
	volatile_disks meta a b
	start
	mklun lun pool 1 12M
	"$here/blocks" fill /dev/mapper/lun "$T/state"
	for tier in slow fast slow; do
		message pool migrate_lun 1 "$tier"
		wait_for 120 eval '(($(moves_done) > 20 + RANDOM % 100))'
		echo "cut after $(moves_done) moves"
		power_cycle
	done
}

# Nor here: the allocations have to.
allocations_alone() {
	volatile_disks meta a b
	start
	mklun lun pool 1 12M
	"$here/blocks" touch /dev/mapper/lun "$T/state"
	power_cycle
	dmsetup status lun
	(($(dmsetup status lun | cut -d' ' -f4) > 128)) || fail "no extent was allocated"
}

# Nor here: a write that fills a new extent is there, all of it, once it has ended.
whole_writes_alone() {
	local half=$((6 * 2048)) writer
	volatile_disks meta a b
	start
	mklun lun pool 1 12M
	whole() { # <first extent>
		pattern filled "$half" | dd of=/dev/mapper/lun bs=64K seek="$1" iflag=fullblock \
			oflag=direct conv=notrunc status=none
	}
	whole 0
	# and on, until the power goes
	(whole 96 2>/dev/null || :) &
	writer=$!
	wait_for 60 eval '(($(dmsetup status lun | cut -d" " -f4) > half))'
	power_cut
	wait "$writer"
	dmsetup remove --retry lun
	dmsetup remove --retry pool
	power_on
	start
	mklun lun pool 1
	check_pattern /dev/mapper/lun 0 "$half" filled
	tr -d '\0\nfiled' </dev/mapper/lun | cmp - /dev/null || fail "bytes that nobody wrote there"
}

run_test "the rig loses what was not flushed, and only that" rig_loses
run_test "what was fsynced is there after power cuts" cuts 6
run_test "what was fsynced is there after power cuts, metadata mirrored" cuts_with_mirror
run_test "what moves is there after power cuts, without a flush of its own" moves_alone
run_test "what was allocated holds nobody's data, without a flush" allocations_alone
run_test "what fills a new extent is durable as it is" whole_writes_alone
ktap_finish
