#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# The hardware handler `alua`: paths through ports that do not all serve I/O.
set -euo pipefail
# shellcheck source=selftests/lib/scsi.sh
source "$(dirname "$0")/../lib/scsi.sh"

# alua_map <words before the handler>: group 1 is ga, group 2 gb
alua_map() {
	ln -sfn ga /dev/tier/disk
	mkmpath m "$@" 1 alua 2 1 round-robin 0 1 0 /dev/tier/ga round-robin 0 1 0 /dev/tier/gb
}

# devno() wants names under /dev/mapper
number() { stat -Lc '%Hr:%Lr' "/dev/tier/$1"; }
path_is_now() {
	local words
	words=$(dmsetup status m)
	words=${words#*" $(number "$1") "}
	[[ $words =~ ^[AF]\ [0-9]+\ $2 ]]
}
# the kernel learns of it by the next command
access_is() {
	dd if="/dev/tier/$1" of=/dev/null bs=4k count=1 iflag=direct status=none || :
	[[ $(<"$(scsi_dir "$1")/access_state") == "$2" ]]
}
port_is() { [[ $(port_state "$1") == "$2" ]]; }
read_one() { timeout 120 dd if=/dev/mapper/m of=/dev/null bs=4k count=1 iflag=direct status=none; }

the_table() {
	mklio 3 ga gb
	alua_map 0
	assert_eq "$(dmsetup table m | cut -d' ' -f4-)" \
		"0 1 alua 2 1 round-robin 0 1 0 $(number ga) round-robin 0 1 0 $(number gb)" table
	assert_match "$(dmsetup status m)" ' mpath-ext 2 0 0 0 2 1 A 0 1 5 '
	assert_eq "$(<"$(scsi_dir gb)/dh_state")" alua "handler"
	write_pattern /dev/mapper/m 0 2048 alpha
	dmsetup table m | dmsetup load m
	dmsetup suspend m
	dmsetup resume m
	message m switch_group 2
	check_pattern /dev/mapper/m 0 2048 alpha
	group_is m 2
}

refused_tables() {
	mkdisk disk 32
	load_modules dm-mpath-ext
	log_mark
	expect_fail mkmpath m 0 1 alua 1 1 latency 0 1 0 /dev/tier/disk
	logged 'alua: path .* is not a SCSI device' || fail "no word of it in the log"
	# these hosts know of no port groups
	mkhosts 1 vpd_use_hostno=1
	log_mark
	expect_fail mkmpath m 0 1 alua 1 1 latency 0 1 0 /dev/tier/h0
	logged 'alua: path .* does not support it' || fail "no word of it in the log"
	for bad in "1 rdac" "2 alua 1" "1" "-1 alua" "1 alua alua"; do
		# shellcheck disable=SC2086
		expect_fail mkmpath m 0 $bad 1 1 latency 0 1 0 /dev/tier/h0
	done
}

# The second port sleeps and works all the same: woken when the first is cut.
woken() {
	mklio 3 ga gb
	port_becomes gb 2
	wait_for 20 access_is gb standby
	alua_map 2 probe_interval 100
	verify_load /dev/mapper/m 20
	sleep 2
	path_is_now gb up || fail "a path that can be woken: $(dmsetup status m)"
	link_is ga offline
	wait_for 20 group_is m 2
	path_is_now ga failed || fail "a path without a link: $(dmsetup status m)"
	port_is gb 0 || fail "gb was not activated: $(port_state gb)"
	link_is ga online
	wait_for 30 group_is m 1
	wait $!
}

# The array takes the port in use away; it is woken again once probes are good. That
# may happen between two looks, but it shows in the path's fail count.
put_to_sleep() {
	mklio 3 ga gb
	alua_map 2 probe_interval 100
	verify_load /dev/mapper/m 15
	sleep 2
	port_becomes ga 2
	came_back() { group_is m 1 && [[ $(dmsetup status m) == *" $(number ga) A 1 up "* ]]; }
	wait_for 40 came_back
	port_is ga 0 || fail "ga was not activated: $(port_state ga)"
	wait $!
}

# Only the array may wake a port.
implicit() {
	mklio 1 ga gb
	port_becomes gb 2
	wait_for 20 access_is gb standby
	alua_map 4 probe_interval 100 queue_if_no_path 60
	wait_for 20 path_is_now gb failed
	verify_load /dev/mapper/m 15
	sleep 1
	port_becomes gb 0
	wait_for 20 path_is_now gb up
	port_becomes ga 3
	wait_for 20 path_is_now ga failed
	wait_for 20 group_is m 2
	port_becomes ga 0
	wait_for 30 group_is m 1
	wait $!
}

# I/O waits for an activation, with no feature that says so.
takes_its_time() {
	local pid
	mklio 3 ga gb
	port_becomes gb 2
	wait_for 20 access_is gb standby
	alua_map 0
	port_set gb trans_delay_msecs 4000
	message m switch_group 2
	read_one &
	pid=$!
	wait_for 10 holds m
	assert_match "$(dmsetup status m)" ' mpath-ext 2 1 4096 0 2 2 E 0 '
	# a plain suspend waits for it, as for any I/O
	timeout 60 dmsetup suspend m
	wait "$pid"
	dmsetup resume m
	read_one
	group_is m 2
}

# Nobody waits for the array but I/O.
removed_meanwhile() {
	local i
	mklio 3 ga gb
	alua_map 0
	for i in ga gb; do
		port_set "$i" trans_delay_msecs 2000
	done
	port_becomes gb 2
	wait_for 20 access_is gb standby
	message m switch_group 2
	timeout 10 dmsetup suspend --noflush m
	dmsetup resume m
	timeout 10 dmsetup remove m
}

# An array that says yes and does nothing.
limit() {
	mklio 3 ga
	port_becomes ga 2
	wait_for 20 access_is ga standby
	port_set ga alua_access_type 1
	ln -sfn ga /dev/tier/disk
	mkmpath m 0 1 alua 1 1 latency 0 1 0 /dev/tier/ga
	expect_fail read_one
	path_is_now ga failed || fail "$(dmsetup status m)"
	dmesg | grep -q 'cannot be activated: .* port standby, try 5' || fail "no word of it in the log"
}

# scsi_debug's hosts are in turn optimized, non-optimized, in standby
other_states() {
	mkhosts 3
	# newer kernels ask for it late, and scsi_debug serves I/O in each state
	state_is_known() { [[ $(<"$(scsi_dir h2)/access_state") == standby ]]; }
	echo 1 >"$(scsi_dir h2)/rescan"
	wait_for 20 state_is_known
	ln -sfn h0 /dev/tier/disk
	mkmpath m 2 probe_interval 100 1 alua 3 1 latency 0 1 0 /dev/tier/h0 \
		latency 0 1 0 /dev/tier/h1 latency 0 1 0 /dev/tier/h2
	write_pattern /dev/mapper/m 0 2048 alpha
	message m switch_group 2
	group_is m 2
	check_pattern /dev/mapper/m 0 2048 alpha
	wait_for 20 path_is_now h2 failed
	message m switch_group 3
	check_pattern /dev/mapper/m 0 2048 alpha
	group_is m 1
}

run_test "the table, and where I/O goes" the_table
run_test "devices without it are refused" refused_tables
run_test "a sleeping port is woken when it is needed" woken
run_test "a port that goes to sleep is gone round and woken" put_to_sleep
run_test "a port that only the array wakes" implicit
run_test "I/O waits for an activation" takes_its_time
run_test "suspend and removal do not wait for an activation" removed_meanwhile
run_test "an activation without effect is given up" limit
run_test "ports in other states" other_states
