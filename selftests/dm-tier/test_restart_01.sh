#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 120
# timeout: 600
# Restarts: clean, and as after a crash; usage; damaged metadata.
# What the library reads, or calls by name, looks unused; no path has blanks.
# shellcheck disable=SC2034,SC2086,SC2317
set -euo pipefail
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"
# shellcheck source=selftests/lib/expect.sh
source "$(dirname "$0")/../lib/expect.sh"

readonly D=/dev/tier

pool2() {
	mkdisk meta 4
	mkdisk a 16
	mkdisk b 32
	start
	message pool set tick 50
	mklun lun pool 1 20M
}

start() {
	mkpool pool 2048 meta ssd:a sata:b
}

stop() {
	dmsetup remove lun
	dmsetup remove pool
}

restart() {
	stop
	start
	mklun lun pool 1
}

# usage <lun>: every counter, tier by tier, a line each
usage() {
	dmsetup status "$1" | tr ' ' '\n' | sed -n 's/^usage_[^=]*=//p' | tr , '\n'
}

# Time held goes on until the stop: all but every seventh.
usage_io() {
	usage "$1" | awk 'NR % 7'
}

not_less() { # <usage before> <usage after>
	paste <(echo "$1") <(echo "$2") | awk '$2 < $1 { print "fell from " $1 " to " $2; bad = 1 }
		END { exit bad }' || fail "usage has gone back"
}

test_restarts() {
	local i before after
	pool2
	for ((i = 0; i < 8; i++)); do
		write_pattern /dev/mapper/lun $((i * 4096 + 100)) $((1000 + i * 333)) "round-$i"
		((i % 3)) || message pool migrate_lun 1 sata
		((i % 3 != 1)) || message pool migrate_lun 1 ssd
		before=$(usage lun)
		stop
		start
		mklun lun pool 1
		after=$(usage lun)
		not_less "$before" "$after"
		check_pattern /dev/mapper/lun 100 1000 round-0
		check_pattern /dev/mapper/lun $((i * 4096 + 100)) $((1000 + i * 333)) "round-$i"
	done
	for ((i = 0; i < 8; i++)); do
		check_pattern /dev/mapper/lun $((i * 4096 + 100)) $((1000 + i * 333)) "round-$i"
	done
}

test_usage_exact() {
	local before held
	pool2
	message pool set moves off
	write_pattern /dev/mapper/lun 0 8192 alpha01
	check_pattern /dev/mapper/lun 0 8192 alpha01
	before=$(usage_io lun)
	held=$(usage lun | awk 'NR == 7')
	((held > 0)) || fail "no time held"
	restart
	assert_eq "$(usage_io lun)" "$before" "I/O counters after a clean stop"
	not_less "$held" "$(usage lun | awk 'NR == 7')"
	# stopped time is not billed: nothing is held meanwhile
	held=$(usage lun | awk 'NR == 7')
	stop
	sleep 5
	start
	mklun lun pool 1
	held=$(($(usage lun | awk 'NR == 7') - held))
	((held < 4 * 4500)) || fail "$held extent-ms billed, part of it while stopped"
}

test_policy_survives() {
	local lun pool
	pool2
	message pool set_lun 1 tiers ssd,sata
	message pool set_lun 1 start_tier sata
	message pool set_lun 1 up_iops 1000
	message pool set_lun 1 down_iops 10
	message pool set_lun 1 hold 77
	message pool set_lun 1 weight 300
	message pool set_lun 1 move_rate 9
	message pool set_lun 1 verify on
	message pool set_lun 1 auto on
	message pool set_lun 1 tags eu,us
	message pool set_lun 1 reserve ssd:3
	message pool set_lun 1 max sata:7
	message pool set headroom 11
	message pool set move_rate 12
	message pool set no_space_timeout 13
	message pool set moves off
	message pool set tag $D/a eu
	lun=$(steady_status lun)
	pool=$(dmsetup status pool | grep -oE 'move_rate=.* no_space_timeout=[0-9]+|dev=.*')
	restart
	assert_eq "$(steady_status lun)" "$lun"
	assert_eq "$(dmsetup status pool | grep -oE 'move_rate=.* no_space_timeout=[0-9]+|dev=.*')" \
		"$pool"
}

test_many_luns() {
	local i
	pool2
	for ((i = 2; i < 40; i++)); do
		message pool create_lun $i $((i * 100))
	done
	for ((i = 2; i < 40; i += 3)); do
		message pool delete_lun $i
	done
	restart
	assert_eq "$(status_value pool luns)" 26
	refused 'no LUN 5' message pool resize_lun 5 100
	refused 'LUN 4 exists' message pool create_lun 4 100
	dmsetup create four --table "0 400 tier /dev/mapper/pool 4"
	message pool create_lun 5 100
}

# --- crashes ------------------------------------------------------------------
# The disks stand under linear maps, which turn into error maps: nothing gets
# through any more, the stop included. What is on the disks then is what a
# crash would have left.

linear_disks() {
	local d
	load_modules dm-tier
	for d in meta a b; do
		mkdisk $d "$([[ $d == meta ]] && echo 4 || echo 32)"
		dmsetup create "l$d" --table "$(linear "$d")"
	done
	crash_start
	message pool set tick 20
}

linear() {
	echo "0 $(blockdev --getsz $D/$1) linear $D/$1 0"
}

crash_start() {
	mkpool pool 128 /dev/mapper/lmeta ssd:/dev/mapper/la sata:/dev/mapper/lb
}

crash() {
	local d
	for d in meta a b; do
		dmsetup suspend --noflush --nolockfs "l$d"
		dmsetup reload "l$d" --table "0 $(blockdev --getsz $D/$d) error"
	done
	for d in meta a b; do
		dmsetup resume "l$d"
	done
	dmsetup remove --retry lun
	dmsetup remove --retry pool
	for d in meta a b; do
		dmsetup suspend --noflush --nolockfs "l$d"
		dmsetup reload "l$d" --table "$(linear "$d")"
		dmsetup resume "l$d"
	done
}

# Writes block after block, each with its number and the round's, and notes those
# that were acknowledged.
writer() {
	local i
	for ((i = 0; ; i++)); do
		printf '%-4096s' "round $1 block $i" |
			dd of=/dev/mapper/lun bs=4K seek=$(((i * 37) % 4096)) oflag=direct,dsync \
				conv=notrunc status=none 2>/dev/null || return 0
		echo $i >>"$T/acked.$1"
	done
}

test_crashes() {
	local r i n=0 at pid want got before
	linear_disks
	mklun lun pool 1 16M
	for ((r = 0; r < 6; r++)); do
		: >"$T/acked.$r"
		writer "$r" &
		pid=$!
		some() { (($(wc -l <"$T/acked.$r") > 5 + 7 * r)); }
		wait_for 100 some
		message pool migrate_lun 1 "$( ((r % 2)) && echo ssd || echo sata)"
		before=$(usage lun)
		sleep "0.$r"
		crash
		wait $pid
		crash_start
		mklun lun pool 1
		# usage goes back by some seconds at most, and never below what a stop wrote
		[[ $(usage lun) ]] || fail "no usage"
		while read -r i; do
			at=$(((i * 37) % 4096))
			want="round $r block $i"
			got=$(dd if=/dev/mapper/lun bs=4K skip=$at count=1 iflag=direct status=none |
				head -c 40 | sed 's/ *$//')
			assert_eq "$got" "$want" "acknowledged block $at"
			n=$((n + 1))
		done <"$T/acked.$r"
	done
	echo "$n acknowledged blocks are there"
}

# --- damage ---------------------------------------------------------------------

# field <offset in the superblock's payload>
field() {
	od -An -tu8 -j$((64 + $1)) -N8 $D/meta | tr -d ' '
}

page_seq() { # <block>
	od -An -tu8 -j$(($1 * 4096 + 24)) -N8 $D/meta | tr -d ' '
}

garbage() { # <dev> <block>
	dd if=/dev/urandom of="$1" bs=4K seek="$2" count=1 oflag=direct conv=notrunc status=none
}

first_block() { # <table>
	case $1 in
	members) field 80 ;;
	luns) field 96 ;;
	extents) field 112 ;;
	esac
}

# newer <block of slot 0>: the slot that holds the page
newer() {
	if (($(page_seq "$1") > $(page_seq $(($1 + 1))))); then
		echo "$1"
	else
		echo $(($1 + 1))
	fi
}

written_pool() {
	pool2
	write_pattern /dev/mapper/lun 0 8192 alpha01
	restart
	write_pattern /dev/mapper/lun 8192 8192 beta-02
	stop
}

name_of() {
	case $1 in
	members) echo "the member table" ;;
	luns) echo "the LUN table" ;;
	extents) echo "member 0" ;;
	esac
}

# What the page was before is no use for what it is now, but nobody needs it.
test_spare_slot() {
	local block slot table
	written_pool
	for table in members luns extents; do
		block=$(first_block $table)
		slot=$(newer "$block")
		garbage $D/meta $((slot == block ? block + 1 : block))
		log_mark
		start
		logged "page 0 of $(name_of $table): slot [01] is corrupt, slot [01] used"
		mklun lun pool 1
		check_pattern /dev/mapper/lun 0 8192 alpha01
		check_pattern /dev/mapper/lun 8192 8192 beta-02
		stop
		# and it is mended
		log_mark
		start
		! logged 'is corrupt' || fail "$table: not mended"
		mklun lun pool 1
		stop
	done
}

# With the current slot gone, the pool opens with the right data or not at all.
test_current_slot() {
	local table
	written_pool
	cp --sparse=never $D/meta "$T/meta"
	for table in members luns extents; do
		garbage $D/meta "$(newer "$(first_block $table)")"
		log_mark
		if start 2>/dev/null; then
			mklun lun pool 1
			check_pattern /dev/mapper/lun 0 8192 alpha01
			check_pattern /dev/mapper/lun 8192 8192 beta-02
			stop
			cp --sparse=never $D/meta "$T/meta"
			touch "$T/opened"
		else
			! dmsetup info pool >/dev/null 2>&1 || dmsetup remove pool
		fi
		logged "page 0 of $(name_of $table)" || fail "$table: the log does not name the page"
		[[ -e $T/opened ]] || dd if="$T/meta" of=$D/meta bs=1M oflag=direct status=none
		rm -f "$T/opened"
	done
	start
	mklun lun pool 1
	check_pattern /dev/mapper/lun 8192 8192 beta-02
}

test_both_slots() {
	local table block sums
	written_pool
	cp --sparse=never $D/meta "$T/meta"
	for table in members luns extents; do
		block=$(first_block $table)
		garbage $D/meta "$block"
		garbage $D/meta $((block + 1))
		sums=$(checksum $D/meta)$(checksum $D/a)$(checksum $D/b)
		refused "page 0 of $(name_of $table): both slots are corrupt" start
		assert_eq "$(checksum $D/meta)$(checksum $D/a)$(checksum $D/b)" "$sums" "$table: the devices"
		dd if="$T/meta" of=$D/meta bs=1M oflag=direct status=none
	done
	start
	mklun lun pool 1
	check_pattern /dev/mapper/lun 8192 8192 beta-02
}

test_superblocks() {
	written_pool
	log_mark
	garbage $D/meta 1
	start
	logged 'superblock 1 of metadata copy 0 is bad'
	dmsetup remove pool
	# the first one damaged so that it is still known for ours
	dd if=/dev/urandom of=$D/meta bs=1 seek=200 count=64 conv=notrunc,fsync status=none
	log_mark
	start
	logged 'superblock 0 of metadata copy 0 is bad'
	mklun lun pool 1
	check_pattern /dev/mapper/lun 0 8192 alpha01
	stop
	dd if=/dev/urandom of=$D/meta bs=1 seek=200 count=64 conv=notrunc,fsync status=none
	dd if=/dev/urandom of=$D/meta bs=1 seek=4296 count=64 conv=notrunc,fsync status=none
	refused 'both superblocks of [0-9:]+ are damaged' start
}

# With a mirror, both slots of one copy may go.
test_both_slots_mirror() {
	local table block
	POOL_FEATURES="metadata_mirror $D/mirror"
	mkdisk mirror 4
	written_pool
	for table in members luns extents; do
		block=$(first_block $table)
		garbage $D/meta "$block"
		garbage $D/meta $((block + 1))
		log_mark
		start
		logged "page 0 of $(name_of $table): corrupt, metadata copy 1 used"
		mklun lun pool 1
		check_pattern /dev/mapper/lun 0 8192 alpha01
		check_pattern /dev/mapper/lun 8192 8192 beta-02
		stop
	done
	# nothing is lost with the mirror away now, if it is all mended
	POOL_FEATURES=
	start
	mklun lun pool 1
	check_pattern /dev/mapper/lun 8192 8192 beta-02
}

# heat_of_reads: what the page of member 0's table holds of it
heat_of_reads() {
	local block
	block=$(newer "$(first_block extents)")
	od -An -v -tu2 -w24 -j$((block * 4096 + 64)) -N$((15 * 24)) $D/meta |
		awk '{ sum += $5 } END { print sum + 0 }'
}

# No owner changes between the stops, so the pages are written for their heat.
test_heat_survives() {
	local before after
	pool2
	message pool set moves off
	write_pattern /dev/mapper/lun 0 $((20 * 2048)) alpha01
	restart
	message pool set tick 1000
	stop
	before=$(heat_of_reads)
	start
	mklun lun pool 1
	fio --thread --name=heat --filename=/dev/mapper/lun --rw=randread --bs=4k --size=12M \
		--direct=1 --number_ios=600 --minimal >/dev/null
	stop
	after=$(heat_of_reads)
	((after > before)) || fail "the heat of reads on disk was $before, and is $after"
	# and a start that nobody uses keeps it
	start
	dmsetup remove pool
	(($(heat_of_reads) > before)) || fail "the heat is gone"
}

run_test "data and usage through many restarts" test_restarts
run_test "heat survives" test_heat_survives
run_test "I/O counters are exact after a clean stop" test_usage_exact
run_test "policy survives" test_policy_survives
run_test "many LUNs survive" test_many_luns
run_test "what was acknowledged survives crashes" test_crashes
run_test "a corrupt spare slot is told, and mended" test_spare_slot
run_test "a corrupt current slot: right data or none" test_current_slot
run_test "both slots corrupt: refused, the page named" test_both_slots
run_test "one superblock is enough" test_superblocks
run_test "both slots corrupt on one copy of two" test_both_slots_mirror
ktap_finish
