#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# Table lines, good and bad. A bad one makes no device, leaves the paths alone, and
# the kernel log says what is wrong with it.
# No word of ours has blanks in it.
# shellcheck disable=SC2086
set -euo pipefail
# shellcheck source=selftests/lib/mpath.sh
source "$(dirname "$0")/../lib/mpath.sh"
# shellcheck source=selftests/lib/expect.sh
source "$(dirname "$0")/../lib/expect.sh"

stir=$(dirname "$0")/stir
readonly A=/dev/mapper/pa B=/dev/mapper/pb
wrong=() words=()

paths() {
	mkdisk disk 16
	mkpaths disk pa pb
	load_modules dm-mpath-ext
}

# bad <extended regular expression> <words behind the target's name>...
bad() {
	wrong+=("$1")
	words+=("${*:2}")
}

# All that bad() has collected, in one process: each is dear under emulation.
check_bad() {
	local i sum live said=()
	sum=$(checksum /dev/tier/disk)
	dmsetup create m --table "0 32768 mpath-ext 0 0 1 1 latency 0 1 0 $A"
	live=$(dmsetup table m)
	printf '%s\n' "${words[@]}" | "$stir" wrong m table
	read_said
	for i in "${!wrong[@]}"; do
		[[ ${said[i]} =~ "mpath-ext: "[0-9a-z:]+": "[^$'\n']*(${wrong[i]}) ]] ||
			fail "'${words[i]}': no '${wrong[i]}' in: ${said[i]}"
	done
	assert_eq "$(dmsetup table m)" "$live" "the live table"
	dd if=/dev/mapper/m of=/dev/null bs=4k count=1 iflag=direct status=none
	dmsetup remove m
	assert_eq "$(checksum /dev/tier/disk)" "$sum" "the disk"
	# nor does a bad one make a device
	expect_fail dmsetup create m --table "0 32768 mpath-ext ${words[-1]}"
	expect_fail dmsetup info m
}

bad_features() {
	local one="0 1 1 latency 0 1 0 $A"
	paths
	bad 'number of feature arguments is missing'
	bad 'number of feature arguments must be .*"x"' x
	bad 'number of feature arguments must be .*"-1"' -1
	bad 'number of feature arguments must be .*"4294967296"' 4294967296 "$one"
	bad 'features: 2 words announced, 1 are there' 2 queue_if_no_path
	bad 'unknown feature "bogus"' 1 bogus "$one"
	bad 'unknown feature "QUEUE_IF_NO_PATH"' 1 QUEUE_IF_NO_PATH "$one"
	bad 'hung_time must be .*"99"' 2 hung_time 99 "$one"
	bad 'hung_time is missing' 1 hung_time "$one"
	bad 'feature queue_if_no_path given twice' 2 queue_if_no_path queue_if_no_path "$one"
	bad 'queue_if_no_path must be .*"0"' 2 queue_if_no_path 0 "$one"
	bad 'queue_if_no_path must be .*"86401"' 2 queue_if_no_path 86401 "$one"
	bad 'queue_if_no_path must be .*"5s"' 2 queue_if_no_path 5s "$one"
	bad 'failback needs' 1 failback "$one"
	bad 'failback must be .*"later"' 2 failback later "$one"
	bad 'failback must be .*"0"' 2 failback 0 "$one"
	bad 'probe_interval is missing' 1 probe_interval "$one"
	bad 'probe_interval must be .*"9"' 2 probe_interval 9 "$one"
	bad 'probe_interval must be .*"60001"' 2 probe_interval 60001 "$one"
	bad 'slow_path must be .*"1.49"' 2 slow_path 1.49 "$one"
	bad 'slow_path must be .*"2.505"' 2 slow_path 2.505 "$one"
	bad 'slow_path must be .*"2[.]"' 2 slow_path 2. "$one"
	bad 'slow_path must be .*"1000.01"' 2 slow_path 1000.01 "$one"
	bad 'hedge percentile must be .*"100"' 3 hedge 100 1 "$one"
	bad 'hedge percentile must be .*"49.99"' 3 hedge 49.99 1 "$one"
	bad 'hedge budget must be .*"0"' 3 hedge 99 0 "$one"
	bad 'hedge budget is missing' 2 hedge 99 "$one"
	bad 'low iops .* must be below' 3 elastic 100 100 "$one"
	bad 'elastic high iops must be .*"0"' 3 elastic 0 0 "$one"
	bad 'elastic low iops is missing' 2 elastic 100 "$one"
	check_bad
}

bad_groups() {
	paths
	bad 'number of hardware handler arguments is missing' 0
	bad 'number of hardware handler arguments must be .*"2"' 0 2 alua x 1 1 latency 0 1 0 $A
	bad 'hardware handler is missing' 0 1
	bad 'hardware handler must be alua, not "emc"' 0 1 emc 1 1 latency 0 1 0 $A
	bad 'number of groups is missing' 0 0
	bad 'number of groups must be .*"33"' 0 0 33 1
	bad 'initial group is missing' 0 0 1
	bad 'initial group must be .*"0"' 0 0 1 0 latency 0 1 0 $A
	bad 'initial group must be .*"2"' 0 0 1 2 latency 0 1 0 $A
	bad 'initial group must be .*"1"' 0 0 0 1
	bad '"latency" is left over' 0 0 0 0 latency 0 1 0 $A
	bad 'the selector of group 1 is missing' 0 0 1 1
	bad 'the selector of group 2 is missing' 0 0 2 1 latency 0 1 0 $A
	bad 'selector must be .*"service-time"' 0 0 1 1 service-time 0 1 0 $A
	bad 'number of selector arguments must be .*"1"' 0 0 1 1 latency 1 2 1 0 $A
	bad 'number of paths is missing' 0 0 1 1 latency 0
	bad 'number of paths must be .*"0"' 0 0 1 1 latency 0 0 0
	bad 'number of paths must be .*"65"' 0 0 1 1 latency 0 65 0 $A
	bad 'number of path arguments is missing' 0 0 1 1 latency 0 1
	bad 'number of path arguments must be .*"4"' 0 0 1 1 latency 0 1 4 $A a b c d
	bad 'the device of path 1 is missing' 0 0 1 1 latency 0 1 0
	bad 'the device of path 2 is missing' 0 0 1 1 latency 0 2 0 $A
	bad "\"$B\" is left over" 0 0 1 1 latency 0 1 0 $A $B
	bad 'path arguments: 1 words announced, 0 are there' 0 0 1 1 latency 0 1 1 $A
	bad 'path /dev/mapper/pa: weight must be .*"0"' 0 0 1 1 latency 0 1 1 $A weight=0
	bad 'weight must be .*"101"' 0 0 1 1 latency 0 1 1 $A weight=101
	bad 'weight must be .*""' 0 0 1 1 latency 0 1 1 $A weight=
	bad 'cost must be .*"1000001"' 0 0 1 1 latency 0 1 1 $A cost=1000001
	bad 'cost must be .*"-1"' 0 0 1 1 latency 0 1 1 $A cost=-1
	bad 'role must be .*"spare"' 0 0 1 1 latency 0 1 1 $A role=spare
	bad 'weight given twice' 0 0 1 1 latency 0 1 2 $A weight=1 weight=2
	bad '"colour=red" is not' 0 0 1 1 latency 0 1 1 $A colour=red
	bad '"weight" is not' 0 0 1 1 latency 0 1 1 $A weight
	check_bad
}

bad_devices() {
	paths
	mkdisk small 8
	mkdisk other 16
	write_pattern /dev/tier/disk 0 2048 alpha
	write_pattern /dev/tier/other 0 2048 beta
	bad 'cannot open path ./dev/mapper/none' 0 0 1 1 latency 0 2 0 $A /dev/mapper/none
	bad 'cannot open path .4095:77' 0 0 1 1 latency 0 1 0 4095:77
	bad 'cannot open path ./dev/null' 0 0 1 1 latency 0 1 0 /dev/null
	bad 'cannot open path ./etc/passwd' 0 0 1 1 latency 0 1 0 /etc/passwd
	bad 'is this device itself' 0 0 1 1 latency 0 1 0 /dev/mapper/m
	bad 'is given twice' 0 0 1 1 latency 0 2 0 $A "$(devno pa)"
	bad 'is given twice' 0 0 2 1 latency 0 1 0 $A latency 0 1 0 $A
	bad 'shows another device than path' 0 0 1 1 latency 0 2 0 $A /dev/tier/small
	bad 'shows another device than path' 0 0 2 1 latency 0 1 0 $A latency 0 1 0 /dev/tier/other
	check_bad
	check_pattern /dev/tier/other 0 2048 beta
	# not alone in its table, or not from its start
	expect_fail dmsetup create m <<-TABLE
		0 8192 mpath-ext 0 0 1 1 latency 0 1 0 $A
		8192 8192 mpath-ext 0 0 1 1 latency 0 1 0 $B
	TABLE
	expect_fail dmsetup create m --table "0 32776 mpath-ext 0 0 1 1 latency 0 1 0 $A"
}

# good <words>: and back they come, the devices by number
good() {
	local back
	dmsetup create m --table "0 32768 mpath-ext $*"
	back=$*
	back=${back//$A/$(devno pa)}
	assert_eq "$(dmsetup table m)" "0 32768 mpath-ext ${back//$B/$(devno pb)}" "table"
	dmsetup remove m
}

good_lines() {
	paths
	good 0 0 0 0
	good 0 0 1 1 round-robin 0 1 0 $A
	good 0 0 2 2 queue-depth 0 1 0 $A latency 0 1 0 $B
	good 2 queue_if_no_path 86400 0 1 1 latency 0 1 0 $A
	good 14 queue_if_no_path 1 failback manual probe_interval 10 slow_path 1.50 hedge 99.99 0.01 \
		elastic 2 1 0 1 1 latency 0 2 3 $A weight=100 role=active cost=1000000 \
		$B weight=1 role=standby cost=0
	good 2 failback immediate 0 1 1 latency 0 1 0 $A
	good 2 failback 86400 0 1 1 latency 0 1 0 $A
	good 2 slow_path 1000 0 1 1 latency 0 1 0 $A
	good 3 elastic 4294967295 0 0 1 1 latency 0 1 0 $A
	# a number that was left out is shown
	dmsetup create m --table "0 32768 mpath-ext 3 queue_if_no_path failback manual 0 1 1 latency 0 1 0 $A"
	assert_match "$(dmsetup table m)" ' mpath-ext 4 queue_if_no_path 60 failback manual 0 1 1 '
	dmsetup remove m
	# a smaller one than its paths
	dmsetup create m --table "0 4096 mpath-ext 0 0 1 1 latency 0 1 0 $A"
	assert_eq "$(blockdev --getsz /dev/mapper/m)" 4096 "size"
	assert_eq "$(dd if=/dev/mapper/m bs=4k skip=511 iflag=direct status=none | wc -c)" 4096 "its last block"
}

# a group with nobody but standby paths is a group all the same
standby_alone() {
	paths
	dmsetup create m --table "0 32768 mpath-ext 0 0 1 1 latency 0 2 1 $A role=standby $B role=standby"
	group_is m 1
	dd if=/dev/zero of=/dev/mapper/m bs=4k count=16 oflag=direct status=none
	message m fail_path $A
	dd if=/dev/mapper/m of=/dev/null bs=4k count=16 iflag=direct status=none
	message m reinstate_path $A
	message m fail_path $B
	dd if=/dev/mapper/m of=/dev/null bs=4k count=16 iflag=direct status=none
}

run_test "features that are wrong" bad_features
run_test "handlers, groups and paths that are wrong" bad_groups
run_test "devices that are wrong" bad_devices
run_test "good lines come back" good_lines
run_test "a group of standby paths alone" standby_alone
ktap_finish
