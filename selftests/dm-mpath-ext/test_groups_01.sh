#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# Which group is in use: preference, failback, what is asked for by message.
set -euo pipefail
# shellcheck source=selftests/lib/mpath.sh
source "$(dirname "$0")/../lib/mpath.sh"
stir=$(dirname "$0")/stir

# three <features> <initial group>: groups of one path each
three() {
	mkdisk disk 32
	mkpaths disk pa pb pc
	mkmpath m "$1" 0 3 "$2" round-robin 0 1 0 /dev/mapper/pa queue-depth 0 1 0 /dev/mapper/pb \
		latency 0 1 0 /dev/mapper/pc
}

letters() { dmsetup status m | tr ' ' '\n' | grep -x '[AED]' | tr -d '\n'; }
read_one() { dd if=/dev/mapper/m of=/dev/null bs=4k count=1 iflag=direct status=none; }
ios_of() { awk '{ print $1 + $5 }' "/sys/dev/block/$(devno "$1")/stat"; }

preference() {
	local before
	three "2 probe_interval 50" 1
	group_is m 1
	# A or E of the group, A of its path
	assert_eq "$(letters)" AAEAEA "letters"
	message m fail_path /dev/mapper/pa
	group_is m 2
	message m fail_path /dev/mapper/pb
	group_is m 3
	before=$(ios_of pc)
	read_one
	(($(ios_of pc) > before)) || fail "the read did not go to the group in use"
	# the best that there is, and at once
	message m reinstate_path /dev/mapper/pb
	group_is m 2
	message m reinstate_path /dev/mapper/pa
	group_is m 1
	# disabled: only if no other is left
	message m disable_group 1
	group_is m 2
	assert_eq "$(letters | cut -c1)" D "letter of a disabled group"
	message m fail_path /dev/mapper/pb
	group_is m 3
	message m fail_path /dev/mapper/pc
	group_is m 1
	read_one
	message m reinstate_path /dev/mapper/pc
	group_is m 3
	message m enable_group 1
	group_is m 1
	# a path that dies takes its group with it
	path_dies pa
	read_one
	wait_for 20 group_is m 3
	path_returns pa
	wait_for 30 group_is m 1
}

failback_manual() {
	three "4 failback manual probe_interval 50" 1
	message m fail_path /dev/mapper/pa
	group_is m 2
	message m reinstate_path /dev/mapper/pa
	sleep 1
	group_is m 2
	message m switch_group 1
	group_is m 1
}

failback_later() {
	local start
	three "4 failback 5 probe_interval 50" 1
	message m fail_path /dev/mapper/pa
	group_is m 2
	start=$SECONDS
	message m reinstate_path /dev/mapper/pa
	group_is m 2
	wait_for 30 group_is m 1
	((SECONDS - start >= 4)) || fail "back after $((SECONDS - start)) s"
	# the time begins anew with each return
	message m fail_path /dev/mapper/pa
	message m reinstate_path /dev/mapper/pa
	group_is m 2
	message m set failback immediate
	group_is m 1
}

asked_for() {
	three "2 probe_interval 50" 1
	message m switch_group 3
	group_is m 3
	read_one
	# it stays, whatever stands further in front, until it has no path
	message m fail_path /dev/mapper/pa
	message m reinstate_path /dev/mapper/pa
	group_is m 3
	message m fail_path /dev/mapper/pc
	group_is m 1
	message m reinstate_path /dev/mapper/pc
	group_is m 1
	message m switch_group 2
	message m disable_group 2
	group_is m 1
	message m enable_group 2
	group_is m 1
}

# the table may ask for one to begin with
initial() {
	three "2 probe_interval 50" 2
	group_is m 2
	read_one
	sleep 0.5
	group_is m 2
	message m fail_path /dev/mapper/pb
	group_is m 1
	message m reinstate_path /dev/mapper/pb
	group_is m 1
}

reload() {
	dmsetup load m --table "$1"
	dmsetup suspend --nolockfs m
	dmsetup resume m
}

# What the administrator wants of groups outlives a table; they are known by their paths.
over_reload() {
	local table
	three "4 failback manual probe_interval 50" 1
	table=$(dmsetup table m)
	message m disable_group 1
	group_is m 2
	reload "$table"
	assert_eq "$(letters | cut -c1)" D "letter of a disabled group"
	group_is m 2
	# I/O stays where it is, as failback says
	message m enable_group 1
	reload "$table"
	group_is m 2
	message m disable_group 3
	# without the first group the others are one further in front
	reload "$(sed "s/ 3 1 round-robin 0 1 0 $(devno pa) / 2 1 /" <<<"$table")"
	group_is m 1
	assert_match "$(dmsetup status m)" " 2 1 A .*$(devno pb).* D .*$(devno pc)"
	read_one
	# the administrator's choice stands against preference, in a new table as well
	reload "$(sed 's/failback manual/failback immediate/' <<<"$table")"
	group_is m 1
	message m enable_group 3
	message m switch_group 3
	reload "$(dmsetup table m)"
	group_is m 3
	# a table that begins elsewhere than the one before means it
	reload "$(sed 's/ 3 1 round-robin/ 3 2 round-robin/' <<<"$table")"
	group_is m 2
	# one that begins with the same group does not, whatever its number is by now
	message m switch_group 3
	reload "$(sed "s/ 3 1 round-robin 0 1 0 $(devno pa) / 2 1 /" <<<"$table")"
	assert_match "$(dmsetup status m)" " 2 2 E .*$(devno pb).* A .*$(devno pc)"
}

# storms of messages from several at once, under load
storm() {
	local i pids=() load
	three "4 probe_interval 50 queue_if_no_path 60" 1
	verify_load /dev/mapper/m 12
	load=$!
	for i in 1 2 3; do
		"$stir" say m 150 "switch_group $i,disable_group $i,enable_group $i" &
		pids+=($!)
	done
	"$stir" say m 100 "fail_path $(devno pb),switch_group 2,reinstate_path $(devno pb),switch_group 1" &
	pids+=($!)
	for i in "${pids[@]}"; do
		wait "$i"
	done
	wait "$load"
	for i in 1 2 3; do
		message m enable_group "$i"
		message m switch_group "$i"
		group_is m "$i"
	done
	read_one
}

run_test "the group of highest preference that works" preference
run_test "failback manual" failback_manual
run_test "failback after seconds" failback_later
run_test "a group that was asked for stays" asked_for
run_test "the initial group" initial
run_test "a new table goes on with the groups as they were" over_reload
run_test "storms of group messages under load" storm
ktap_finish
