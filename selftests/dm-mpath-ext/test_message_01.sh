#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 130
# timeout: 600
# Messages, good and bad. A bad one changes nothing, and the kernel log says what is
# wrong with it.
# No word of ours has blanks in it.
# shellcheck disable=SC2086
set -euo pipefail
# shellcheck source=selftests/lib/mpath.sh
source "$(dirname "$0")/../lib/mpath.sh"
# shellcheck source=selftests/lib/expect.sh
source "$(dirname "$0")/../lib/expect.sh"

stir=$(dirname "$0")/stir
wrong=() words=()

two_groups() {
	mkdisk disk 16
	mkpaths disk pa pb
	mkmpath m 0 0 2 1 round-robin 0 1 0 /dev/mapper/pa latency 0 1 0 /dev/mapper/pb
}

# what the administrator decides, without what changes by itself
decided() {
	dmsetup table m
	dmsetup status m | awk '{ print $7, $8, $9 }'
	path_words m pa | cut -d' ' -f1-3
	path_words m pb | cut -d' ' -f1-3
}

# bad <extended regular expression> <words>...
bad() {
	wrong+=("$1")
	words+=("${*:2}")
}

# all that bad() has collected, in one process: each is dear under emulation
check_bad() {
	local i before said=()
	before=$(decided)
	printf '%s\n' "${words[@]}" | "$stir" wrong m message
	read_said
	for i in "${!wrong[@]}"; do
		[[ ${said[i]} =~ "mpath-ext: "[0-9a-z:]+": message: "[^$'\n']*(${wrong[i]}) ]] ||
			fail "'${words[i]}': no '${wrong[i]}' in: ${said[i]}"
	done
	assert_eq "$(decided)" "$before" "what the status shows"
}

bad_words() {
	local m
	two_groups
	bad 'unknown message .bogus.' bogus
	bad 'unknown message .FAIL_PATH.' FAIL_PATH /dev/mapper/pa
	bad 'unknown message .a{32}.' "$(printf 'a%.0s' {1..200})"
	for m in fail_path reinstate_path switch_group disable_group enable_group; do
		bad "$m takes" $m
		bad "$m takes" $m 1 2
	done
	bad 'queue_if_no_path takes' queue_if_no_path 5
	bad 'fail_if_no_path takes' fail_if_no_path now
	bad 'set takes' set
	bad 'set takes' set elastic 3 2 1
	check_bad
}

bad_values() {
	local m
	two_groups
	for m in fail_path reinstate_path; do
		bad '.nothing. is not a path of this map' $m nothing
		bad 'is not a path of this map' $m /dev/tier/disk
		bad 'is not a path of this map' $m 0:0
		bad 'is not a path of this map' $m /dev/mapper/m
	done
	for m in switch_group disable_group enable_group; do
		bad 'group' $m 0
		bad 'group' $m 3
		bad 'group' $m -1
		bad 'group must be a number' $m 1x
		bad 'group' $m 4294967297
	done
	bad 'unknown feature .weight.' set weight 3
	bad 'queue_if_no_path must be' set queue_if_no_path 0
	bad 'failback must be' set failback never
	bad 'probe_interval must be' set probe_interval 5
	bad 'slow_path must be' set slow_path 1
	bad 'hung_time must be' set hung_time 99
	bad 'elastic low iops is missing' set elastic 3
	bad 'must be below' set elastic 3 3
	bad 'left over' set failback manual now
	bad 'hedge' set hedge 99
	check_bad
}

good_words() {
	two_groups
	message m fail_path /dev/mapper/pa
	path_state_is m pa off
	# again, and by number
	message m fail_path "$(devno pa)"
	group_is m 2
	# what was turned off stays so: probes do not bring it back
	message m set probe_interval 50
	sleep 1
	path_state_is m pa off
	message m reinstate_path "$(devno pa)"
	message m reinstate_path /dev/mapper/pa
	path_state_is m pa up
	group_is m 1
	message m set queue_if_no_path 7
	message m set failback 30
	message m set slow_path 4.5
	message m set elastic 1000 100
	message m set hung_time 900
	assert_match "$(dmsetup table m)" \
		' mpath-ext 13 queue_if_no_path 7 failback 30 probe_interval 50 slow_path 4.50 elastic 1000 100 hung_time 900 0 2 1 '
	message m fail_if_no_path
	assert_match "$(dmsetup table m)" ' mpath-ext 11 failback 30 '
	message m queue_if_no_path
	assert_match "$(dmsetup table m)" ' mpath-ext 13 queue_if_no_path 7 '
	# what the table shows can be loaded
	dmsetup load m --table "$(dmsetup table m)"
	dmsetup suspend m
	expect_fail message m fail_path /dev/mapper/pa
	dmsetup resume m
	assert_match "$(dmsetup table m)" ' mpath-ext 13 queue_if_no_path 7 '
}

# what became another disk while it was off does not come back, nor on a second try
stranger() {
	mkdisk other 16
	two_groups
	write_pattern /dev/mapper/m 0 32768 alpha
	message m fail_path /dev/mapper/pa
	path_returns pa other
	refused 'shows another device' message m reinstate_path /dev/mapper/pa
	refused 'shows another device' message m reinstate_path "$(devno pa)"
	path_state_is m pa off
	check_pattern /dev/mapper/m 0 32768 alpha
	path_returns pa
	message m reinstate_path /dev/mapper/pa
	path_state_is m pa up
}

run_test "words that are wrong" bad_words
run_test "values that are wrong" bad_values
run_test "good ones" good_words
run_test "a path that shows another disk is not reinstated" stranger
ktap_finish
