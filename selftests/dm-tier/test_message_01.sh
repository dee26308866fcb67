#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 120
# timeout: 600
# Messages, good and bad. A bad one is named in the kernel log and changes
# nothing that the status shows.
# What the library reads, or calls by name, looks unused; no path has blanks.
# shellcheck disable=SC2034,SC2086,SC2317
set -euo pipefail
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"
# shellcheck source=selftests/lib/expect.sh
source "$(dirname "$0")/../lib/expect.sh"

pool2() {
	mkdisk meta 4
	mkdisk a 16
	mkdisk b 32
	mkpool pool 2048 meta ssd:a sata:b
}

# The status of the pool and the LUN without what changes by itself.
all_status() {
	dmsetup status | sed -E 's/ (iops|usage_[^ =]*|latency_[^ =]*)=[^ ]*//g'
}

# bad <regular expression> <words>...: refused, and the status is what it was
bad() {
	local before
	before=$(all_status)
	refused "$1" dmsetup message -- pool 0 "${@:2}"
	[[ $said =~ tier:\ pool: ]] || fail "the kernel log does not name the pool"
	assert_eq "$(all_status)" "$before" "status after: ${*:2}"
}

test_unknown() {
	pool2
	bad "unknown message 'bogus'" bogus
	bad "unknown message 'CREATE_LUN'" CREATE_LUN 1 2048
	bad "unknown message 'create_lunx'" create_lunx 1 2048
	bad "unknown message 'x.{1,4}%n.{1,4}'" $'x\\\n%n\e'
	bad "unknown message 'a{32}'" "$(printf 'a%.0s' {1..200})"
}

test_word_counts() {
	local m
	pool2
	for m in create_lun 'create_lun 1' 'create_lun 1 2048 x' delete_lun 'delete_lun 1 2' \
		resize_lun 'resize_lun 1' 'resize_lun 1 2 3' set_lun 'set_lun 1' 'set_lun 1 pin' \
		'set_lun 1 pin ssd x' migrate_lun 'migrate_lun 1' 'migrate_lun 1 ssd x' set \
		'set tick' 'set a b c d' evacuate 'evacuate a b' cancel_evacuate \
		'cancel_evacuate a b' remove_dev 'remove_dev a b' fail_dev 'fail_dev a b' \
		reinstate_dev 'reinstate_dev a b'; do
		# shellcheck disable=SC2086
		bad "message ${m%% *}: wrong number of words" $m
	done
	bad 'message set: tick takes one value' set tick 100 200
	bad 'message set: tag takes a device and a word' set tag word
}

test_create() {
	local id
	pool2
	for id in -1 +1 x 1x 0x10 1.5 4294967296 99999999999999999999 000000000000000000001; do
		bad "'${id/+/[+]}' is not a LUN id" create_lun "$id" 2048
	done
	bad 'LUN id 16777215 is above 16777214' create_lun 16777215 2048
	bad 'LUN id 4294967295 is above' create_lun 4294967295 2048
	for id in -1 +2048 x 2048x 1M 18446744073709551616; do
		bad "'${id/+/[+]}' is not a number of sectors" create_lun 1 "$id"
	done
	bad '0 sectors: a LUN has at least one' create_lun 1 0
	bad '18446744073709551615 sectors' create_lun 1 18446744073709551615
	bad '274877906944 sectors' create_lun 1 274877906944
	message pool create_lun 0 1
	message pool create_lun 16777214 2049
	assert_eq "$(status_value pool luns)" 2
	bad 'LUN 0 exists' create_lun 0 2048
	bad 'LUN 16777214 exists' create_lun 16777214 2048
	dmsetup create lun --table "0 2049 tier /dev/mapper/pool 16777214"
	write_pattern /dev/mapper/lun 2048 1 alpha
	check_pattern /dev/mapper/lun 2048 1 alpha
}

test_lun_tables() {
	pool2
	message pool create_lun 1 4096
	lun() {
		dmsetup create lun --table "0 $1 tier ${*:2}"
	}
	refused 'A pool device and a LUN id are needed' lun 4096
	refused 'A pool device and a LUN id are needed' lun 4096 /dev/mapper/pool
	refused 'A pool device and a LUN id are needed' lun 4096 /dev/mapper/pool 1 2
	refused 'Invalid LUN id' lun 4096 /dev/mapper/pool x
	refused 'Invalid LUN id' lun 4096 /dev/mapper/pool -1
	refused 'Invalid LUN id' lun 4096 /dev/mapper/pool +1
	refused 'Invalid LUN id' lun 4096 /dev/mapper/pool 4294967297
	refused 'Invalid LUN id' lun 4096 /dev/mapper/pool 16777215
	refused 'Cannot open the pool device' lun 4096 /dev/mapper/none 1
	refused 'not a device-mapper device' lun 4096 /dev/tier/meta 1
	mkdisk c 16
	dmsetup create lin --table "0 2048 linear /dev/tier/c 0"
	refused 'not a tier-pool' lun 4096 /dev/mapper/lin 1
	refused 'No such LUN' lun 4096 /dev/mapper/pool 2
	refused 'longer than the LUN' lun 4097 /dev/mapper/pool 1
	lun 4096 /dev/mapper/pool 1
	assert_match "$(dmsetup table lun)" '^0 4096 tier [0-9]+:[0-9]+ 1$'
}

test_delete() {
	pool2
	bad 'no LUN 7' delete_lun 7
	bad 'not a LUN id' delete_lun x
	mklun lun pool 1 4M
	write_pattern /dev/mapper/lun 0 8192 alpha
	bad 'LUN 1 is in use' delete_lun 1
	check_pattern /dev/mapper/lun 0 8192 alpha
	dmsetup remove lun
	message pool delete_lun 1
	bad 'no LUN 1' delete_lun 1
	assert_eq "$(status_value pool luns)" 0
	assert_match "$(dmsetup status pool)" ' ssd 0/15 sata 0/31 '
}

test_resize() {
	pool2
	mklun lun pool 1 4M
	bad 'no LUN 2' resize_lun 2 2048
	bad 'not a LUN id' resize_lun x 2048
	bad 'not a number of sectors' resize_lun 1 x
	bad '0 sectors' resize_lun 1 0
	bad '18446744073709551615 sectors' resize_lun 1 18446744073709551615
	bad 'LUN 1 is in use with 8192 sectors' resize_lun 1 8191
	message pool resize_lun 1 8192
	message pool resize_lun 1 16384
	dmsetup reload lun --table "0 16384 tier /dev/mapper/pool 1"
	dmsetup resume lun
	assert_eq "$(blockdev --getsz /dev/mapper/lun)" 16384
}

# key, good values, bad values
lun_key() {
	local key=$1 good=$2 wrong=$3 v
	for v in $good; do
		message pool set_lun 1 "$key" "$v"
		assert_eq "$(status_value lun "$key")" "$v" "$key"
	done
	for v in $wrong; do
		bad "message set_lun: $key" set_lun 1 "$key" "$v"
	done
}

test_lun_keys() {
	pool2
	mklun lun pool 1 4M
	bad 'no LUN 2' set_lun 2 pin ssd
	bad 'not a LUN id' set_lun x pin ssd
	bad "no LUN key 'bogus'" set_lun 1 bogus 1
	bad "no LUN key 'PIN'" set_lun 1 PIN ssd
	lun_key start_tier 'ssd sata none' 'SSD sas NONE ssd,sata'
	lun_key pin 'ssd sata none' 'SSD sas 0'
	lun_key up_iops '0 1 4294967295 100' '-1 +1 x 4294967296 1.5 99999999999999999999 1k'
	lun_key down_iops '0 1 4294967295 10' '-1 x 4294967296'
	lun_key hold '0 31536000 10' '-1 x 31536001'
	lun_key weight '1 10000 100' '0 -1 x 10001 65636'
	lun_key move_rate '0 1048576 5' '-1 x 1048577'
	lun_key verify 'on off' 'ON yes 1 0'
	lun_key auto 'on off' 'ON yes 1 0'
	lun_key tags 'eu eu,fast none' \
		'eu,eu a,b,a eu,none none,eu a,,b ,a a, a/b abcdefghijklmnop -a aaaaaaaaaaaaaa,aaaaaaaaaaaaaa,aaaaaaaaaaaaaa,aaaaaaaaaaaaaa,aaaaaa'
	lun_key reserve 'ssd:3' 'ssd ssd: :3 ssd:x ssd:-1 sas:3 ssd:16 ssd:1:2
		ssd:18446744073709551615 ssd:1099511627776'
	message pool set_lun 1 reserve sata:31
	assert_match "$(dmsetup status lun)" ' reserve=ssd:3 reserve=sata:31'
	message pool set_lun 1 reserve ssd:0
	message pool set_lun 1 reserve sata:0
	assert_eq "$(status_value lun reserve)" none
	lun_key max 'ssd:5' 'ssd ssd: :3 ssd:x ssd:-1 sas:3 ssd:1099511627776'
	message pool set_lun 1 max ssd:0
	assert_eq "$(status_value lun max)" none
}

test_lun_tiers() {
	pool2
	mklun lun pool 1 4M
	lun_key tiers 'ssd sata ssd,sata' 'ssd,ssd SSD sas ssd,,sata ,ssd ssd, none'
	message pool set_lun 1 tiers sata
	bad 'pin: LUN 1 may not use tier ssd' set_lun 1 pin ssd
	bad 'start_tier: LUN 1 may not use tier ssd' set_lun 1 start_tier ssd
	bad 'LUN 1 may not use|not allowed' migrate_lun 1 ssd
	message pool set_lun 1 tiers ssd,sata
	message pool set_lun 1 pin ssd
	bad 'tiers: the LUN is pinned to ssd' set_lun 1 tiers sata
	message pool set_lun 1 pin none
	message pool set_lun 1 start_tier ssd
	bad 'tiers: the LUN starts on ssd' set_lun 1 tiers sata
}

test_reserve_sum() {
	pool2
	mklun lun pool 1 4M
	message pool create_lun 2 8192
	message pool set_lun 1 reserve ssd:10
	message pool set_lun 2 reserve ssd:5
	bad 'reserve: 16 extents of ssd would be reserved, it has 15' set_lun 2 reserve ssd:6
	bad 'reserve: 16 extents of ssd would be reserved' set_lun 1 reserve ssd:11
	message pool set_lun 1 reserve ssd:0
	message pool set_lun 2 reserve ssd:15
}

pool_key() {
	local key=$1 good=$2 wrong=$3 v
	for v in $good; do
		message pool set "$key" "$v"
		assert_eq "$(status_value pool "$key")" "$v" "$key"
	done
	for v in $wrong; do
		bad "message set: $key" set "$key" "$v"
	done
}

test_pool_keys() {
	pool2
	bad "no pool key 'bogus'" set bogus 1
	bad "no pool key 'TICK'" set TICK 1
	pool_key move_rate '1 1048576 40' '0 -1 x 1048577 4294967336'
	pool_key headroom '0 50 5' '-1 x 51'
	pool_key tick '10 60000 1000' '9 60001 -1 +100 x'
	# what dm leaves of an escaped line end, and of an escaped blank
	bad 'message set: tick' set tick $'100\\\n'
	bad 'message set: tick' set tick '100\ '
	bad 'message set: tick' set tick "$(printf '0%.0s' {1..5000})100"
	pool_key moves 'off on' 'ON 1 0 yes'
	pool_key no_space_timeout '0 86400 60' '-1 x 86401'
}

test_tags() {
	local a
	pool2
	a=$(dev_number a)
	message pool set tag /dev/tier/a eu
	assert_match "$(dmsetup status pool)" "dev=$a,ssd,active,0/15,tag=eu"
	message pool set tag "$a" fast-1.x
	assert_match "$(dmsetup status pool)" "dev=$a,ssd,active,0/15,tag=fast-1.x"
	bad 'is not a device of this pool' set tag /dev/tier/meta eu
	bad 'is not a device of this pool' set tag /dev/tier/none eu
	bad 'is not a device of this pool' set tag 4095:1 eu
	bad 'is not a device of this pool' set tag "/dev$(printf '/.%.0s' {1..140})/tier/a" eu
	bad 'is not a tag' set tag /dev/tier/a 'eu\ x'
	bad "'a%n%s' is not a tag" set tag /dev/tier/a a%n%s
	bad 'is not a tag' set tag /dev/tier/a 'a,b'
	bad 'is not a tag' set tag /dev/tier/a abcdefghijklmnop
	message pool set tag /dev/tier/a none
	assert_match "$(dmsetup status pool)" "dev=$a,ssd,active,0/15 "
}

test_migrate() {
	pool2
	mklun lun pool 1 4M
	message pool set tick 50
	bad 'no LUN 2' migrate_lun 2 sata
	bad "no tier 'sas'" migrate_lun 1 sas
	bad 'not a LUN id' migrate_lun x sata
	message pool set_lun 1 pin ssd
	bad 'migrate_lun: .*pin' migrate_lun 1 sata
	message pool set_lun 1 pin none
	write_pattern /dev/mapper/lun 0 8192 alpha
	assert_eq "$(extents_on lun ssd 2048)" 4
	message pool set moves off
	message pool migrate_lun 1 sata
	assert_eq "$(status_value lun target)" sata
	bad 'tiers: the LUN is migrating to sata' set_lun 1 tiers ssd
	message pool migrate_lun 1 none
	assert_eq "$(status_value lun target)" none
	message pool set moves on
	message pool migrate_lun 1 sata
	moved() { [[ $(status_value lun home) == sata ]]; }
	wait_for 60 moved
	assert_eq "$(status_value lun target)" none
	check_pattern /dev/mapper/lun 0 8192 alpha
}

test_devices() {
	local m
	pool2
	mklun lun pool 1 4M
	message pool set tick 50
	for m in evacuate cancel_evacuate remove_dev fail_dev reinstate_dev; do
		bad 'is not a device of this pool' $m /dev/tier/meta
		bad 'is not a device of this pool' $m /dev/tier/none
		bad 'is not a device of this pool' $m x
		bad 'is not a device of this pool' $m 4095:1
		bad 'is not a device of this pool' $m '#+0'
		bad 'is not a device of this pool' $m $'#0\\\n'
	done
	bad 'is not being evacuated' cancel_evacuate /dev/tier/a
	bad 'is not failed' reinstate_dev /dev/tier/a
	bad 'is active: evacuate it first' remove_dev /dev/tier/a
	write_pattern /dev/mapper/lun 0 8192 alpha
	bad 'holds 4 extents: evacuate it first' remove_dev /dev/tier/a
	message pool set_lun 1 tiers ssd
	bad 'LUN 1 has 4 extents on .* 4 short' evacuate /dev/tier/a
	message pool set_lun 1 tiers ssd,sata
	message pool evacuate /dev/tier/a
	wait_for 60 member_is pool a drained
	bad 'is drained already' evacuate /dev/tier/a
	message pool cancel_evacuate /dev/tier/a
	assert_eq "$(member_state pool a)" active
	message pool fail_dev /dev/tier/a
	bad 'is failed already' fail_dev /dev/tier/a
	bad 'is failed' evacuate /dev/tier/a
	message pool reinstate_dev /dev/tier/a
	message pool evacuate /dev/tier/a
	wait_for 60 member_is pool a drained
	message pool remove_dev /dev/tier/a
	bad 'is removed' remove_dev /dev/tier/a
	bad 'is removed' evacuate /dev/tier/a
	bad 'is removed' fail_dev /dev/tier/a
	bad 'is not being evacuated' cancel_evacuate /dev/tier/a
	check_pattern /dev/mapper/lun 0 8192 alpha
}

test_suspended() {
	pool2
	mklun lun pool 1 4M
	dmsetup suspend pool
	bad 'the pool is suspended' create_lun 2 2048
	bad 'the pool is suspended' set tick 100
	dmsetup resume pool
	message pool create_lun 2 2048
}

run_test "unknown messages" test_unknown
run_test "wrong word counts" test_word_counts
run_test "create_lun" test_create
run_test "tables of LUNs" test_lun_tables
run_test "delete_lun" test_delete
run_test "resize_lun" test_resize
run_test "every key of a LUN" test_lun_keys
run_test "allowed tiers against pin and start" test_lun_tiers
run_test "reservations fit the tier" test_reserve_sum
run_test "every key of a pool" test_pool_keys
run_test "tags of devices" test_tags
run_test "migrate_lun" test_migrate
run_test "messages about devices" test_devices
run_test "a suspended pool takes no messages" test_suspended
ktap_finish
