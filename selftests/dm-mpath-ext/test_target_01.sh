#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 300
# timeout: 900
# Paths to a disk of the kernel's own SCSI target, which does what arrays do: LUNs that
# go, return and become others, ports and sessions that end, reservations, ALUA.
set -euo pipefail
# shellcheck source=selftests/lib/target.sh
source "$(dirname "$0")/../lib/target.sh"

# two_ports <handler words>: ga and gb in one group
two_ports() {
	mklio 1 ga gb
	disks_map "2 probe_interval 100" "$*" ga gb
}

# no_blame: neither path was ever at fault
no_blame() {
	if ! disk_is ga up 0 || ! disk_is gb up 0; then
		fail "$(dmsetup status m)"
	fi
}

port_goes_and_returns() {
	two_ports "$@"
	verify_load /dev/mapper/m 600
	both_serve
	link_is ga offline
	wait_for 20 disk_is ga failed 1
	only_serves gb ga
	link_is ga online
	wait_for 30 disk_is ga up 1
	both_serve
	enough_load $!
	disk_is gb up 0 || fail "$(dmsetup status m)"
}

# The target takes the LUN away from one port, and the disk is gone for good: what it
# shows there later is a new disk, which joins by a change of the table.
lun_goes_and_returns() {
	local address old port table
	two_ports "$@"
	verify_load /dev/mapper/m 600
	both_serve
	old=$(number ga)
	address=$(basename "$(scsi_dir ga)")
	port=$(<"$T/port.ga")
	rm "$port/lun/lun_0/disk"
	wait_for 20 eval "[[ \$(dmsetup status m) == *\" $old F 1 failed \"* ]]"
	ln -s "$lio/core/rd_mcp_0/disk" "$port/lun/lun_0/disk"
	echo ga >"$port/lun/lun_0/alua_tg_pt_gp"
	scsi_link ga "$address"
	table=$(dmsetup table m)
	dmsetup load m --table "${table/ $old / $(number ga) }"
	dmsetup suspend --noflush --nolockfs m
	dmsetup resume m
	disk_is ga up 0 || fail "$(dmsetup status m)"
	both_serve
	enough_load $!
}

# reads <count>: prints how many of so many reads of m were told of a conflict; any
# other error fails
reads_in_conflict() {
	local i conflicts=0
	for ((i = 0; i < $1; i++)); do
		timeout 60 dd if=/dev/mapper/m of=/dev/null bs=4k count=1 iflag=direct status=none \
			2>"$T/error" && continue
		grep -q 'Invalid exchange' "$T/error" || fail "$(<"$T/error")"
		conflicts=$((conflicts + 1))
	done
	echo "$conflicts"
}

# A reservation that the other port holds is an answer of the device: nothing is sent
# elsewhere, not even where it would be good, and no path is at fault.
reserved() {
	local conflicts
	prepare_persist
	mklio 1 ga gb
	disks_map "2 probe_interval 60000" "$*" ga gb
	assert_eq "$(reads_in_conflict 4)" 0 conflicts
	persist /dev/tier/ga --out --register --param-sark=0xa1
	persist /dev/tier/ga --out --reserve --param-rk=0xa1 --prout-type=3
	conflicts=$(reads_in_conflict 20)
	# about half: each CPU takes turns of its own
	((conflicts >= 5 && conflicts <= 15)) || fail "$conflicts conflicts in 20 reads over two ports"
	no_blame
	message m fail_path /dev/tier/ga
	assert_eq "$(reads_in_conflict 4)" 4 conflicts
	disk_is gb up 0 || fail "$(dmsetup status m)"
	message m reinstate_path /dev/tier/ga
	persist /dev/tier/ga --out --release --param-rk=0xa1 --prout-type=3
	assert_eq "$(reads_in_conflict 4)" 0 conflicts
	verify_load /dev/mapper/m 1
	wait $!
	disk_is gb up 0 || fail "$(dmsetup status m)"
}

# Probes get the conflict as well, and that is an answer: nothing is wrong with the paths.
reserved_while_idle() {
	prepare_persist
	mklio 1 ga gb gc
	disks_map "4 probe_interval 50 queue_if_no_path 600" "$*" ga gb
	persist /dev/tier/gc --out --register --param-sark=0xc1
	persist /dev/tier/gc --out --reserve --param-rk=0xc1 --prout-type=3
	wait_for 20 probed ga "$(reads_of ga)"
	wait_for 20 probed gb "$(reads_of gb)"
	no_blame
	assert_eq "$(reads_in_conflict 2)" 2 conflicts
	persist /dev/tier/gc --out --clear --param-rk=0xc1
	assert_eq "$(reads_in_conflict 2)" 0 conflicts
	no_blame
}

# A host registers through all its paths, reserves for registrants, and is fenced off by
# another host (the port gc), as clusters do.
fenced() {
	prepare_persist
	mklio 1 ga gb gc
	disks_map "2 probe_interval 60000" "$*" ga gb
	pr_ioctl /dev/mapper/m register 0 0xa1
	assert_eq "$(persist /dev/mapper/m --in --read-keys | grep -c 0xa1)" 2 "registrations of the host"
	# exclusive access, registrants only
	pr_ioctl /dev/mapper/m reserve 0xa1 4
	persist /dev/mapper/m --in --read-reservation | grep -q 'Exclusive Access, registrants only'
	verify_load /dev/mapper/m 2
	wait $!
	expect_fail dd if=/dev/tier/gc of=/dev/null bs=4k count=1 iflag=direct status=none
	no_blame
	# the other host takes over, while this one works
	verify_load /dev/mapper/m 600
	wait_for 30 served_more gb "$(served gb)"
	persist /dev/tier/gc --out --register --param-sark=0xc1
	persist /dev/tier/gc --out --preempt --param-rk=0xc1 --param-sark=0xa1 --prout-type=6
	expect_fail wait $!
	assert_eq "$(reads_in_conflict 4)" 4 conflicts
	no_blame
	# and lets it in again
	pr_ioctl /dev/mapper/m register 0 0xa2
	assert_eq "$(reads_in_conflict 4)" 0 conflicts
	persist /dev/tier/gc --out --clear --param-rk=0xc1
	verify_load /dev/mapper/m 1
	wait $!
	no_blame
}


# What a port in transition has taken it keeps until that is over, and the load waits
# for it. What comes then goes elsewhere.
in_transition() {
	local before
	port_becomes ga 15
	wait_for 60 disk_is ga hung
	before=$(served ga)
	dd if=/dev/zero of=/dev/mapper/m bs=4k seek=2048 count=50 oflag=direct status=none
	assert_eq "$(served ga)" "$before" "writes through ga"
	port_becomes ga 0
}

# Only the array changes what ports do (implicit ALUA): I/O goes where it is served. The
# groups' order counts, not that a port calls itself optimized.
access_states() {
	local state
	mklio 1 ga gb
	port_set ga nonop_delay_msecs 5
	ln -sfn ga /dev/tier/disk
	mkmpath m 2 probe_interval 100 1 alua 2 1 round-robin 0 1 0 /dev/tier/ga \
		round-robin 0 1 0 /dev/tier/gb
	message m set hung_time 1000
	verify_load /dev/mapper/m 600
	only_serves ga gb
	port_becomes ga 1
	only_serves ga gb
	disk_is ga up 0 || fail "$(dmsetup status m)"
	# standby, unavailable
	for state in 2 3; do
		port_becomes ga "$state"
		wait_for 60 group_is m 2
		only_serves gb ga
		port_becomes ga 0
		wait_for 90 group_is m 1
		only_serves ga gb
	done
	in_transition
	wait_for 90 group_is m 1
	only_serves ga gb
	enough_load $!
	disk_is gb up 0 || fail "$(dmsetup status m)"
}

# the same where both ports are in one group
access_states_in_group() {
	local state
	two_ports 1 alua
	message m set hung_time 1000
	port_set ga nonop_delay_msecs 5
	verify_load /dev/mapper/m 600
	port_becomes ga 1
	both_serve
	no_blame
	for state in 2 3; do
		port_becomes ga "$state"
		wait_for 60 disk_is ga failed
		only_serves gb ga
		port_becomes ga 0
		wait_for 90 disk_is ga up
		both_serve
	done
	in_transition
	wait_for 90 disk_is ga up
	both_serve
	enough_load $!
	disk_is gb up 0 || fail "$(dmsetup status m)"
}

# iSCSI: the session ends, is begun anew by iscsid, and the disk is the same one
session_ends_and_returns() {
	mkiscsi ga gb
	disks_map "2 probe_interval 100" 0 ga gb
	# a busy host may make the other path wait for a second
	message m set hung_time 5000
	verify_load /dev/mapper/m 600
	both_serve
	port_enabled ga 0
	# it hangs while a new session is hoped for, then fails
	wait_for 60 disk_is ga failed
	only_serves gb ga
	port_enabled ga 1
	wait_for 90 disk_is ga up
	both_serve
	enough_load $!
	disk_is gb up 0 || fail "$(dmsetup status m)"
}

# foreign_and_back [rescan]: behind the address of a path that has failed is another
# LUN of the same size; the host looks at the disk anew, or does not
foreign_and_back() {
	local old
	mkiscsi ga gb
	mkstore wrong c4
	lun_is ga wrong
	write_pattern /dev/tier/ga 0 65536 wrong
	lun_is ga disk
	disks_map "2 probe_interval 100" 0 ga gb
	verify_load /dev/mapper/m 600
	both_serve
	log_mark
	lun_is ga none
	wait_for 30 disk_is ga failed 1
	# no probe may come between the one and the other
	[[ ! ${1:-} ]] || dmsetup suspend --noflush --nolockfs m
	lun_is ga wrong
	if [[ ${1:-} ]]; then
		look_again ga
		dmsetup resume m
	fi
	wait_for 30 disk_is ga foreign
	logged "path $(number ga) .*another device" || fail "no word of it in the log"
	expect_fail message m reinstate_path /dev/tier/ga
	disk_is ga foreign
	lun_is ga none
	lun_is ga disk
	[[ ! ${1:-} ]] || look_again ga
	wait_for 60 disk_is ga up
	both_serve
	enough_load $!
	lun_is ga none
	lun_is ga wrong
	check_pattern /dev/tier/ga 0 65536 wrong
}

run_test "a port's link goes and returns" port_goes_and_returns 0
run_test "a port's link goes and returns, with alua" port_goes_and_returns 1 alua
run_test "a LUN is taken away, shown again and joins" lun_goes_and_returns 0
run_test "a LUN is taken away, shown again and joins, with alua" lun_goes_and_returns 1 alua
run_test "a reservation of the other port's" reserved 0
run_test "a host registers, reserves and is fenced off" fenced 0
run_test "a reservation of another host's while idle" reserved_while_idle 0
run_test "ports in each state, of two groups" access_states
run_test "ports in each state, of one group" access_states_in_group
run_test "a session ends and is begun anew" session_ends_and_returns
run_test "another LUN at a failed path's address, rescanned" foreign_and_back rescan
run_test "another LUN at a failed path's address, not rescanned" foreign_and_back
