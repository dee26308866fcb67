#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 60
# tier_repair and tier_restore on a real pool: what they write is started, and the
# data is there. What they do with damage of every kind is tested without a kernel
# (userspace/tests/test_repair.c).
# What the library reads, or calls by name, looks unused; no path has blanks.
# shellcheck disable=SC2034,SC2086,SC2317
set -euo pipefail
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"
# shellcheck source=selftests/lib/expect.sh
source "$(dirname "$0")/../lib/expect.sh"

readonly D=/dev/tier
readonly bin=$tree/userspace

# what of a LUN's status is set, not counted
policy() {
	dmsetup status "$1" | tr ' ' '\n' |
		grep -E '^(tiers|start_tier|pin|up_iops|down_iops|hold|weight|verify|tags|max_|reserve_)'
}

written_pool() {
	mkdisk meta 4
	mkdisk new 4
	mkdisk a 16
	mkdisk b 32
	mkpool pool 128 meta ssd:a sata:b
	message pool set moves off
	mklun one pool 1 12M
	mklun two pool 7 8M
	message pool set_lun 1 up_iops 5000
	message pool set_lun 1 max ssd:100
	message pool set_lun 7 start_tier sata
	write_pattern /dev/mapper/one 0 24576 alpha01
	write_pattern /dev/mapper/two 2048 8192 beta-02
	policy one >"$T/policy"
	stop
}

stop() {
	dmsetup remove one
	dmsetup remove two
	dmsetup remove pool
}

right() {
	mkpool pool 128 "$1" ssd:a sata:b
	mklun one pool 1
	mklun two pool 7
	check_pattern /dev/mapper/one 0 24576 alpha01
	check_pattern /dev/mapper/two 2048 8192 beta-02
}

garbage() { # <dev> <block> [<blocks>]
	dd if=/dev/urandom of="$1" bs=4K seek="$2" count="${3:-1}" oflag=direct conv=notrunc status=none
}

restored() {
	written_pool
	"$bin/tier_dump" --heat $D/meta >"$T/dump"
	"$bin/tier_restore" -i "$T/dump" -o $D/new
	"$bin/tier_check" $D/new $D/a $D/b
	right new
	assert_eq "$(policy one)" "$(<"$T/policy")" "policy"
	stop
	# the old metadata is older than the members now, and so refused
	refused 'metadata' mkpool pool 128 meta ssd:a sata:b
}

# read only what is given, and write only what is blank
careful() {
	local sums
	written_pool
	garbage $D/meta 0 2
	garbage $D/new 3
	sums=$(checksum $D/meta)$(checksum $D/a)$(checksum $D/b)$(checksum $D/new)
	expect_fail "$bin/tier_repair" -o $D/new --tiers ssd,sata $D/meta $D/a $D/b
	expect_fail "$bin/tier_repair" -o $D/a --tiers ssd,sata $D/meta $D/a $D/b
	assert_eq "$(checksum $D/meta)$(checksum $D/a)$(checksum $D/b)$(checksum $D/new)" "$sums"
	dd if=/dev/zero of=$D/new bs=4K count=32 oflag=direct status=none
	# the pool in use is not to be repaired
	written=$(checksum $D/meta)
	status=0
	"$bin/tier_repair" -o $D/new --tiers ssd,sata $D/meta $D/a $D/b || status=$?
	assert_eq "$status" 1 "exit status"
	assert_eq "$(checksum $D/meta)" "$written" "the damaged device"
	right new
}

# where the extents of the LUNs are is all that counts
lun_table_gone() {
	local block status=0
	written_pool
	block=$(od -An -tu8 -j$((64 + 96)) -N8 $D/meta | tr -d ' ')
	garbage $D/meta "$block" 2
	"$bin/tier_repair" -o $D/new $D/meta $D/a $D/b 2>"$T/said" || status=$?
	cat "$T/said"
	assert_eq "$status" 1 "exit status"
	grep -q 'LUN 1: its record is gone' "$T/said"
	grep -q 'LUN 7: its record is gone' "$T/said"
	# as far as it is mapped: 2048 + 8192 sectors of LUN 7
	echo 24576 >"$T/size.pool.1"
	echo 10240 >"$T/size.pool.7"
	right new
}

in_use() {
	written_pool
	right meta
	expect_fail "$bin/tier_repair" -o $D/new $D/meta
	assert_eq "$(tr -d '\0' <$D/new | wc -c)" 0 "bytes written"
}

run_test "a dump becomes a metadata device again" restored
run_test "no superblock left; what is damaged is only read" careful
run_test "no LUN's record left" lun_table_gone
run_test "a pool in use is not repaired" in_use
