#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 5
# timeout: 900
# Each allocation of each call fails once: the call fails for want of memory and
# changes nothing, or does without.
set -euo pipefail
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"
# shellcheck source=selftests/lib/fault.sh
source "$tree/selftests/lib/fault.sh"

# the table's line, of two tiers on small disks
line() {
	mkdisk meta 16
	mkdisk a 48
	mkdisk b 48
	load_modules dm-tier
	faults_in dm-tier
	table=$(pool_table 2048 meta fast:a slow:b)
	mkdisk kmeta 4
	mkdisk k 16
	keep "$(pool_table 2048 kmeta fast:k)"
	dmsetup message keeper 0 create_lun 1 2048
	dmsetup create keeper-lun --table "0 2048 tier /dev/mapper/keeper 1"
}

a_pool() {
	line
	dmsetup create pool --table "$table"
	message pool set tick 50
	mklun lun pool 1 8M
	write_pattern /dev/mapper/lun 0 16384 data
	# what the status shows is to change by the calls alone
	message pool set moves off
}

sound() {
	check_pattern /dev/mapper/lun 0 16384 data
	dmsetup remove lun
	dmsetup remove pool
	"$tree/userspace/tier_check" /dev/tier/meta /dev/tier/a /dev/tier/b
	dmsetup create pool --table "$table"
	mklun lun pool 1
	check_pattern /dev/mapper/lun 0 16384 data
}

# the first table formats the disks
format() {
	line
	dmsetup create pool --notable
	"$faults" load pool "$table"
	"$faults" resume pool "$table"
	mklun lun pool 1 8M
	write_pattern /dev/mapper/lun 0 16384 data
	sound
}

tables() {
	a_pool
	"$faults" load pool "$table"
	"$faults" resume pool "$table"
	"$faults" load lun "0 16384 tier /dev/mapper/pool 1"
	"$faults" resume lun "0 16384 tier /dev/mapper/pool 1"
	dmsetup create second --notable
	message pool create_lun 2 4096
	"$faults" load second "0 4096 tier /dev/mapper/pool 2"
	sound
}

messages() {
	a_pool
	messages_fail pool <<-END
		create_lun 2 4096:delete_lun 2
		set tick 60:set tick 50
		resize_lun 1 32768:resize_lun 1 16384
		migrate_lun 1 slow:migrate_lun 1 none
		set_lun 1 pin fast:set_lun 1 pin none
	END
	"$faults" status pool || (($? == 3))
	"$faults" status lun || (($? == 3))
	sound
}

run_test "the first start of a pool" format
run_test "tables of pools and LUNs" tables
run_test "messages" messages
ktap_finish
