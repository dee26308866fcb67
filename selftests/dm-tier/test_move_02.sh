#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 180
# timeout: 900
# What moves by itself, and what must not.
# shellcheck disable=SC2317
set -euo pipefail
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"
# shellcheck source=selftests/lib/expect.sh
source "$(dirname "$0")/../lib/expect.sh"
# shellcheck source=selftests/lib/moves.sh
source "$(dirname "$0")/../lib/moves.sh"

# heat_up <lun> <first MiB> <MiB> <seconds>: random reads there; ends the (sub)shell
heat_up() {
	exec fio --thread --name=hot --filename="/dev/mapper/$1" --offset="$2m" --size="$3m" --direct=1 \
		--rw=randread --bs=4k --ioengine=libaio --iodepth=4 --time_based \
		--runtime="$4" --output=/dev/null
}

hot_goes_up_and_stays() {
	quick_pool 2048
	mklun lun pool 1 48M
	message pool set_lun 1 start_tier sata
	message pool set moves off
	write_pattern /dev/mapper/lun 0 98304 data
	assert_eq "$(extents_on lun sata 2048)" 48
	message pool set moves on
	heat_up lun 8 4 600 &
	wait_for 120 eval '(($(extents_on lun ssd 2048) >= 4))'
	# under steady heat there is nothing left to do
	moves_end
	kill %1
	wait || :
	check_pattern /dev/mapper/lun 0 98304 data
}

cold_comes_down_by_watermark() {
	quick_pool 2048
	message pool set moves off
	mklun lun pool 1 63M
	write_pattern /dev/mapper/lun 0 129024 data
	message pool set headroom 25
	message pool set moves on
	# a quarter of 63 extents is to be free
	wait_for 120 eval '(($(extents_on lun ssd 2048) <= 48))'
	moves_end
	check_pattern /dev/mapper/lun 0 129024 data
}

law_is_kept() {
	quick_pool 2048
	mklun lun pool 1 16M
	message pool set_lun 1 start_tier sata
	write_pattern /dev/mapper/lun 0 32768 data
	message pool set_lun 1 start_tier none
	message pool set_lun 1 tiers sas
	wait_for 180 all_on lun sas
	(heat_up lun 0 4 10)
	assert_eq "$(extents_on lun ssd 2048)" 0 "extents on a forbidden tier"
	refused "may not use" message pool migrate_lun 1 ssd
	message pool set_lun 1 tiers ssd,sas,sata
	message pool set_lun 1 pin sata
	wait_for 180 all_on lun sata
	refused "pinned" message pool migrate_lun 1 ssd
	check_pattern /dev/mapper/lun 0 32768 data
}

tags_are_kept() {
	mkdisk meta 16
	mkdisk a 64
	mkdisk b 64
	mkdisk slow 64
	mkpool pool 2048 meta ssd:a,b sata:slow
	message pool set tick 50
	message pool set move_rate 2000
	message pool set tag /dev/tier/b eu
	mklun lun pool 1 16M
	write_pattern /dev/mapper/lun 0 32768 data
	message pool set_lun 1 tags eu
	member_holds() {
		dmsetup status pool | tr ' ' '\n' |
			grep -q "^dev=$(dev_number "$1"),[^,]*,[^,]*,$2/"
	}
	wait_for 60 member_holds b 16
	member_holds a 0 || fail "extents on a member without the tag"
	check_pattern /dev/mapper/lun 0 32768 data
}

# A move of 64 MiB at 4 MiB/s, on its way when its destination is forbidden.
law_overtakes_a_move() {
	mkdisk meta 16
	mkdisk ssd 130
	mkdisk sata 130
	mkpool pool 131072 meta ssd:ssd sata:sata
	message pool set headroom 0
	message pool set tick 50
	message pool set move_rate 1
	message pool set tag /dev/tier/ssd eu
	message pool set tag /dev/tier/sata us
	mklun lun pool 1 64M
	write_pattern /dev/mapper/lun 0 2048 data
	message pool migrate_lun 1 sata
	moving() { ! no_moves; }
	wait_for 60 moving
	message pool set_lun 1 tags eu
	message pool set move_rate 2000
	wait_for 120 no_moves
	assert_eq "$(moves_done)" 0 "moves to a device that is forbidden"
	assert_eq "$(extents_on lun ssd 131072)" 1
	check_pattern /dev/mapper/lun 0 2048 data
}

threshold_moves_the_lun() {
	quick_pool 2048
	message pool set_lun 1 auto on 2>/dev/null && fail "no such LUN yet"
	mklun lun pool 1 16M
	message pool set_lun 1 start_tier sata
	message pool set_lun 1 weight 1
	write_pattern /dev/mapper/lun 0 32768 data
	message pool set_lun 1 hold 1
	message pool set_lun 1 up_iops 10
	message pool set_lun 1 auto on
	heat_up lun 0 16 600 &
	wait_for 120 eval '[[ $(status_value lun home) == sas || $(status_value lun home) == ssd ]]'
	kill %1
	wait || :
	message pool set_lun 1 up_iops 0
	message pool migrate_lun 1 ssd
	wait_for 180 all_on lun ssd
	message pool set_lun 1 down_iops 1
	wait_for 120 eval '[[ $(status_value lun home) != ssd ]]'
	check_pattern /dev/mapper/lun 0 32768 data
}

moves_off_means_off() {
	quick_pool 2048
	mklun lun pool 1 16M
	write_pattern /dev/mapper/lun 0 32768 data
	message pool set moves off
	message pool migrate_lun 1 sata
	sleep 3
	assert_eq "$(moves_done)" 0 "moves"
	message pool set moves on
	wait_for 180 all_on lun sata
}

rate_is_kept() {
	local moved
	quick_pool 2048
	mklun lun pool 1 48M
	write_pattern /dev/mapper/lun 0 98304 data
	# at 1 MiB/s, four times that while idle, 48 extents take a while
	message pool set_lun 1 move_rate 1
	message pool migrate_lun 1 sata
	sleep 6
	moved=$(moves_done)
	((moved < 30)) || fail "$moved MiB moved in six seconds at 1 MiB/s"
	message pool set_lun 1 move_rate 0
	wait_for 180 all_on lun sata
}

run_test "a hot spot goes up, and then there is rest" hot_goes_up_and_stays
run_test "a full tier keeps its headroom" cold_comes_down_by_watermark
run_test "allowed tiers and pin are kept" law_is_kept
run_test "tags are kept" tags_are_kept
run_test "a move that the law has overtaken comes to nothing" law_overtakes_a_move
run_test "a LUN that crosses its thresholds moves as a whole" threshold_moves_the_lun
run_test "with moves off nothing moves" moves_off_means_off
run_test "a LUN's move rate is kept" rate_is_kept
ktap_finish
