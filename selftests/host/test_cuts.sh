#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 300
# timeout: 900
# What a case calls by name looks unreachable.
# shellcheck disable=SC2317
# A cut of the power at every boundary of every write, from a log of all that a
# pool wrote under load: whatever was flushed is there, every LUN's data is its own,
# and a start that is itself cut short changes nothing. CUTS=0 takes every place
# there is, CUTS_SECONDS says how long the load runs, SEED what it does.
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/lib/ktap.sh
source "$here/../lib/ktap.sh"
# shellcheck source=selftests/host/cuts/slices.sh
source "$here/cuts/slices.sh"
work=$(mktemp -d)
seed=${SEED:-$RANDOM}

# The disk before: no pool, and what a stranger left where data will be.
make_disk() {
	local s
	truncate -s $((disk_sectors * 512)) "$work/disk"
	for s in a b c; do
		head -c $(((size[$s] - 2048) * 512)) /dev/urandom |
			dd of="$work/disk" bs=64K seek=$(((start[$s] + 2048) * 512)) \
				oflag=seek_bytes conv=notrunc iflag=fullblock status=none
	done
}

slice() { echo "${start[$1]}:${size[$1]}"; }

# cuts <about how many> [mirror]
cuts() {
	local meta
	meta=$(slice meta)${2:++$(slice mirror)}
	rm -f "$work"/*
	make_disk
	cp --sparse=always "$work/disk" "$work/before"
	"$here/../vm/vm" --timeout 600 --disk "$work/disk" --disk-log "$work/log" \
		run selftests/host/cuts/guest.sh "${CUTS_SECONDS:-20}" "$seed" ${2:+mirror}
	echo "seed $seed"
	"$here/cuts/replay" "$work/log" "$work/before" "$1" "$seed" \
		"$(slice marks)" "$meta" "$(slice a)" "$(slice b)" "$(slice c)"
}

make -s -C "$here/cuts"
run_test "power cuts at write boundaries" cuts "${CUTS:-2000}"
run_test "power cuts at write boundaries, metadata mirrored" cuts "${CUTS:-1000}" mirror
rm -rf "$work"
ktap_finish
