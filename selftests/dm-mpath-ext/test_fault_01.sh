#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 5
# timeout: 900
# Each allocation of each call fails once: the call fails for want of memory and
# changes nothing, or does without.
set -euo pipefail
# shellcheck source=selftests/lib/scsi.sh
source "$(dirname "$0")/../lib/scsi.sh"
# shellcheck source=selftests/lib/fault.sh
source "$tree/selftests/lib/fault.sh"

a_map() {
	mkdisk disk 32
	mkpaths disk pa pb
	load_modules dm-mpath-ext
	faults_in dm-mpath-ext
	table="0 65536 mpath-ext 3 hedge 99 5 0 2 1 round-robin 0 1 0 /dev/mapper/pa latency 0 1 0 /dev/mapper/pb"
	keep "$table"
	dmsetup create m --notable
	"$faults" load m "$table"
	"$faults" resume m "$table"
	write_pattern /dev/mapper/m 0 2048 data
}

tables() {
	a_map
	"$faults" load m "$table"
	"$faults" resume m "$table"
	check_pattern /dev/mapper/m 0 2048 data
}

messages() {
	a_map
	messages_fail m <<-END
		set hedge 95 5:set hedge 99 5
		switch_group 2:switch_group 1
		disable_group 2:enable_group 2
	END
	"$faults" status m || (($? == 3))
	check_pattern /dev/mapper/m 0 2048 data
}

# the handler and the identities are asked for as well
of_scsi_disks() {
	local n
	mklio 3 ga gb
	load_modules dm-mpath-ext
	faults_in dm-mpath-ext
	n=$(blockdev --getsz /dev/tier/ga)
	dmsetup create m --notable
	table="0 $n mpath-ext 0 1 alua 2 1 round-robin 0 1 0 $(stat -Lc '%Hr:%Lr' /dev/tier/ga) round-robin 0 1 0 $(stat -Lc '%Hr:%Lr' /dev/tier/gb)"
	keep "$table"
	"$faults" load m "$table"
	"$faults" resume m "$table"
	write_pattern /dev/mapper/m 0 2048 data
	check_pattern /dev/mapper/m 0 2048 data
}

run_test "tables" tables
run_test "messages" messages
run_test "tables of SCSI disks" of_scsi_disks
ktap_finish
