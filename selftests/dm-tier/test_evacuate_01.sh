#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 100
# timeout: 600
# Evacuation: a member is emptied while I/O goes on, and leaves.
# shellcheck disable=SC2317
set -euo pipefail
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"
# shellcheck source=selftests/lib/expect.sh
source "$(dirname "$0")/../lib/expect.sh"
# shellcheck source=selftests/lib/moves.sh
source "$(dirname "$0")/../lib/moves.sh"

two_disks() {
	mkdisk meta 16
	mkdisk a 48
	mkdisk b 48
	mkdisk slow 64
	mkpool pool 2048 meta ssd:a,b sata:slow
	message pool set tick 50
	message pool set move_rate 2000
	mklun lun pool 1 32M
}

under_load_until_it_leaves() {
	two_disks
	fio --thread --name=verify --filename=/dev/mapper/lun --size=32M --direct=1 --ioengine=libaio \
		--iodepth=8 --rw=randwrite --bs=4k --verify=crc32c --verify_fatal=1 --loops=2 \
		--output="$T/fio" &
	wait_for 60 eval '(($(dmsetup status lun | cut -d" " -f4) > 16384))'
	message pool evacuate /dev/tier/a
	wait_for 120 member_is pool a drained
	wait %1 || { cat "$T/fio"; fail "fio verify"; }
	message pool remove_dev /dev/tier/a
	reload_table pool "$(pool_table 2048 meta ssd:b sata:slow)"
	assert_eq "$(member_state pool a)" "" "the member that left"
	# it can be used for something else: nothing of the pool is on it
	cmp -n 4096 /dev/tier/a /dev/zero
	fio --thread --name=verify --filename=/dev/mapper/lun --size=32M --direct=1 --rw=randread --bs=4k \
		--output=/dev/null
}

refused_with_the_figure() {
	two_disks
	mklun other pool 2 100M
	write_pattern /dev/mapper/lun 0 65536 data
	write_pattern /dev/mapper/other 0 204800 more
	refused "short" message pool evacuate /dev/tier/slow
	assert_eq "$(member_state pool slow)" active
	# the law counts as well: there is room, but not where the LUN may go
	dmsetup remove other
	message pool delete_lun 2
	message pool set_lun 1 tiers ssd
	wait_for 180 all_on lun ssd
	message pool set_lun 1 max ssd:64
	fallocate -l 40M "$T/x"
	mklun third pool 3 60M
	message pool set_lun 3 tiers ssd
	write_pattern /dev/mapper/third 0 122880 more
	refused "short" message pool evacuate /dev/tier/a
}

cancelled() {
	two_disks
	write_pattern /dev/mapper/lun 0 65536 data
	message pool set_lun 1 move_rate 1
	message pool evacuate /dev/tier/a
	assert_eq "$(member_state pool a)" draining
	message pool cancel_evacuate /dev/tier/a
	assert_eq "$(member_state pool a)" active
	refused "not being evacuated" message pool cancel_evacuate /dev/tier/a
	refused "evacuate it first" message pool remove_dev /dev/tier/a
	check_pattern /dev/mapper/lun 0 65536 data
}

goes_on_after_a_restart() {
	two_disks
	write_pattern /dev/mapper/lun 0 65536 data
	message pool set_lun 1 move_rate 1
	message pool evacuate /dev/tier/a
	dmsetup remove lun
	dmsetup remove pool
	mkpool pool 2048 meta ssd:a,b sata:slow
	assert_eq "$(member_state pool a)" draining
	mklun lun pool 1
	message pool set_lun 1 move_rate 0
	wait_for 60 member_is pool a drained
	check_pattern /dev/mapper/lun 0 65536 data
}

# one extent is written without a pause: the evacuation still ends
ends_under_a_constant_writer() {
	two_disks
	write_pattern /dev/mapper/lun 0 65536 data
	fio --thread --name=writer --filename=/dev/mapper/lun --offset=4m --size=1m --direct=1 --rw=randwrite \
		--bs=4k --ioengine=libaio --iodepth=16 --time_based --runtime=600 \
		--output=/dev/null &
	message pool evacuate /dev/tier/a
	wait_for 120 member_is pool a drained
	message pool evacuate /dev/tier/b
	wait_for 120 member_is pool b drained
	all_on lun sata || fail "extents are left on ssd"
	kill %1
	wait || :
}

run_test "a member is emptied under fio verify, and leaves" under_load_until_it_leaves
run_test "no room: refused, with the figure" refused_with_the_figure
run_test "an evacuation is cancelled" cancelled
run_test "an evacuation goes on after a restart" goes_on_after_a_restart
run_test "an evacuation ends under a constant writer" ends_under_a_constant_writer
ktap_finish
