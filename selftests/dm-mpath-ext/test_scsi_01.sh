#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# Paths that are SCSI disks: what SCSI says of itself, and its ways to fail.
set -euo pipefail
# shellcheck source=selftests/lib/scsi.sh
source "$(dirname "$0")/../lib/scsi.sh"

two_hosts() {
	mkhosts 2
	ln -sfn h0 /dev/tier/disk
	mkmpath m 2 probe_interval 100 0 1 1 round-robin 0 2 0 /dev/tier/h0 /dev/tier/h1
}

number() { stat -Lc '%Hr:%Lr' "/dev/tier/$1"; }
# path_shows <number> <letter, fail count, state>
path_shows() { [[ $(dmsetup status m) == *" $1 $2 "* ]]; }
debug_set() { echo "$2" >"/sys/bus/pseudo/drivers/scsi_debug/$1"; }

goes_offline() {
	two_hosts
	verify_load /dev/mapper/m 12
	sleep 2
	echo offline >"$(scsi_dir h0)/state"
	wait_for 20 path_shows "$(number h0)" "F 1 failed"
	echo running >"$(scsi_dir h0)/state"
	wait_for 30 path_shows "$(number h0)" "A 1 up"
	wait $!
}

# A disk that is deleted never returns as itself: it is found anew, under another
# number, and joins by a change of the table.
deleted() {
	local dir old table
	two_hosts
	verify_load /dev/mapper/m 15
	sleep 2
	dir=$(scsi_dir h0) old=$(number h0)
	echo 1 >"$dir/delete"
	wait_for 20 path_shows "$old" "F 1 failed"
	rescan h0 "$dir"
	table=$(dmsetup table m)
	dmsetup load m --table "${table/ $old / $(number h0) }"
	dmsetup suspend --noflush --nolockfs m
	dmsetup resume m
	path_shows "$(number h0)" "A 0 up" || fail "$(dmsetup status m)"
	wait $!
}

# A bad block is the device's: told at once, no path is blamed.
medium_error() {
	two_hosts
	debug_set opts 2
	expect_fail timeout 60 dd if=/dev/mapper/m of=/dev/null bs=512 skip=$((0x1234)) count=1 \
		iflag=direct status=none
	debug_set opts 0
	path_shows "$(number h0)" "A 0 up" || fail "$(dmsetup status m)"
	path_shows "$(number h1)" "A 0 up" || fail "$(dmsetup status m)"
	dd if=/dev/mapper/m of=/dev/null bs=512 skip=$((0x1234)) count=1 iflag=direct status=none
}

# busy hosts and aborted commands: SCSI itself tries again
busy_and_aborted() {
	two_hosts
	debug_set opts $((0x8000 | 0x10))
	debug_set every_nth 7
	verify_load /dev/mapper/m 4
	wait $!
	debug_set every_nth 0
	debug_set opts 0
	path_shows "$(number h0)" "A 0 up" || fail "$(dmsetup status m)"
	path_shows "$(number h1)" "A 0 up" || fail "$(dmsetup status m)"
}

# Two LUNs of one content: SCSI says that they are not one device.
other_lun() {
	local other
	mkhosts 1 max_luns=2
	ln -sfn h0 /dev/tier/disk
	other=$(basename "$(scsi_dir h0)")
	scsi_link h0lun1 "${other%:0}:1"
	load_modules dm-mpath-ext
	cmp /dev/tier/h0 /dev/tier/h0lun1
	refused 'shows another device than path' \
		mkmpath m 0 0 1 1 round-robin 0 2 0 /dev/tier/h0 /dev/tier/h0lun1
}

# The array puts another unit behind the same address: nothing tells the kernel, and
# its own copy of what the disk said of itself is as before. (With vpd_use_hostno
# scsi_debug's hosts show units of their own, but for the first.)
other_unit_comes_back() {
	two_hosts
	verify_load /dev/mapper/m 10
	echo offline >"$(scsi_dir h1)/state"
	wait_for 20 path_shows "$(number h1)" "F 1 failed"
	debug_set vpd_use_hostno 1
	echo running >"$(scsi_dir h1)/state"
	wait_for 30 path_shows "$(number h1)" "F 1 foreign"
	refused 'shows another device' message m reinstate_path "$(number h1)"
	wait $!
	path_shows "$(number h1)" "F 1 foreign" || fail "$(dmsetup status m)"
	debug_set vpd_use_hostno 0
	wait_for 60 path_shows "$(number h1)" "A 1 up"
}

# with no path left to hold it against, what the map has shown so far is remembered
other_unit_comes_first() {
	local held
	two_hosts
	message m queue_if_no_path
	echo offline >"$(scsi_dir h0)/state"
	echo offline >"$(scsi_dir h1)/state"
	dd if=/dev/mapper/m of="$T/read" bs=4k count=1 iflag=direct status=none &
	held=$!
	wait_for 20 path_shows "$(number h0)" "F 1 failed"
	wait_for 20 path_shows "$(number h1)" "F 1 failed"
	debug_set vpd_use_hostno 1
	echo running >"$(scsi_dir h1)/state"
	wait_for 30 path_shows "$(number h1)" "F 1 foreign"
	holds m || fail "$(dmsetup status m)"
	kill -0 "$held" || fail "read from a stranger"
	debug_set vpd_use_hostno 0
	wait_for 60 path_shows "$(number h1)" "A 1 up"
	wait "$held"
}

# A change of the table is no way in for a stranger either.
other_unit_by_reload() {
	two_hosts
	dd if=/dev/mapper/m of=/dev/null bs=4k count=4 iflag=direct status=none
	echo offline >"$(scsi_dir h1)/state"
	dd if=/dev/mapper/m of=/dev/null bs=4k count=4 iflag=direct status=none
	wait_for 20 path_shows "$(number h1)" "F 1 failed"
	debug_set vpd_use_hostno 1
	echo running >"$(scsi_dir h1)/state"
	refused 'shows another device than the map has shown so far' \
		dmsetup load m --table "0 $(blockdev --getsz /dev/mapper/m) mpath-ext 0 0 1 1 round-robin 0 1 0 /dev/tier/h1"
	debug_set vpd_use_hostno 0
	dmsetup load m --table "0 $(blockdev --getsz /dev/mapper/m) mpath-ext 0 0 1 1 round-robin 0 1 0 /dev/tier/h1"
	dmsetup suspend m
	dmsetup resume m
	wait_for 30 path_shows "$(number h1)" "A 1 up"
}

# A command that is never answered: the path hangs until SCSI has aborted it, which then
# is not to try again; the other path does it.
timed_out() {
	local i pid before
	two_hosts
	message m set hung_time 600000
	for i in h0 h1; do
		echo 4 >"$(scsi_dir "$i")/timeout"
		echo 0 >"$(printf '%s\n' "$(scsi_dir "$i")"/scsi_disk/*/max_retries)"
	done
	message m fail_path /dev/tier/h1
	debug_set opts 4
	debug_set every_nth 1
	pattern late 8 | dd of=/dev/mapper/m bs=4k oflag=direct iflag=fullblock conv=notrunc status=none &
	pid=$!
	wait_for 20 eval '[[ $(dmsetup status m) =~ " $(number h0) A 0 up "[0-9]+" "[1-9] ]]'
	debug_set every_nth 0
	debug_set opts 0
	before=$(awk '{ print $5 }' "/sys/dev/block/$(number h1)/stat")
	message m reinstate_path /dev/tier/h1
	message m set hung_time 300
	wait "$pid"
	check_pattern /dev/mapper/m 0 8 late
	assert_eq "$(awk '{ print $5 }' "/sys/dev/block/$(number h1)/stat")" $((before + 1)) "writes on h1"
	[[ $(dmsetup status m) =~ " $(number h0) "[AF]" 1 " ]] || fail "$(dmsetup status m)"
	wait_for 60 path_shows "$(number h0)" "A 1 up"
	verify_load /dev/mapper/m 1
	wait $!
}

run_test "a path goes offline and returns" goes_offline
run_test "a path is deleted, found anew and joins" deleted
run_test "a medium error goes up and costs no path" medium_error
run_test "busy hosts and aborted commands cost no path" busy_and_aborted
run_test "another LUN of the same content is refused" other_lun
run_test "another unit behind a path's address is seen when it comes back" other_unit_comes_back
run_test "another unit is seen if it is the first to come back" other_unit_comes_first
run_test "another unit is not let in by a change of the table" other_unit_by_reload
run_test "a command is never answered" timed_out
