#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# Paths that are NVMe controllers, over the loop transport (not in every kernel).
set -euo pipefail
# shellcheck source=selftests/lib/mpath.sh
source "$(dirname "$0")/../lib/mpath.sh"
# shellcheck source=selftests/lib/expect.sh
source "$(dirname "$0")/../lib/expect.sh"

readonly nvmet=/sys/kernel/config/nvmet

# subsystem <name> <disk> <namespace's GUID>, with a port of its own
subsystem() {
	local dir=$nvmet/subsystems/$1 port=$nvmet/ports/${1#s}
	mkdir "$dir"
	echo 1 >"$dir/attr_allow_any_host"
	mkdir "$dir/namespaces/1"
	echo "$2" >"$dir/namespaces/1/device_path"
	echo "$3" >"$dir/namespaces/1/device_nguid"
	echo 1 >"$dir/namespaces/1/enable"
	mkdir "$port"
	echo loop >"$port/addr_trtype"
	echo "$1" >"$port/addr_traddr"
	ln -s "$dir" "$port/subsystems/$1"
}

# connect <host's number> <subsystem>: prints the new controller's name
connect() {
	local answer
	exec {fabrics}<>/dev/nvme-fabrics
	echo "transport=loop,traddr=$2,nqn=$2,hostnqn=host.$1,hostid=00000000-0000-4000-8000-00000000000$1" >&"$fabrics"
	read -r answer <&"$fabrics"
	exec {fabrics}>&-
	[[ $answer =~ instance=([0-9]+) ]] && echo "nvme${BASH_REMATCH[1]}"
}

# mkcontrollers <GUID> [<GUID>]: /dev/tier/n1 and n2 with the same disk, of one
# subsystem, or of two with a GUID each: the kernel takes none twice
mkcontrollers() {
	local i controller
	modprobe -q nvme-loop --dry-run || skip "no nvme-loop"
	modprobe nvme_core multipath=0
	modprobe -a nvme-loop nvmet
	mkdisk disk 32
	for i in $(seq $#); do
		subsystem "s$i" "$(readlink -f /dev/tier/disk)" "${!i}"
	done
	for i in 1 2; do
		controller=$(connect "$i" "s$((i < $# ? i : $#))")
		wait_for 20 test -b "/dev/${controller}n1"
		ln -sfn "/dev/${controller}n1" "/dev/tier/n$i"
	done
}

rm_controllers() {
	local c s
	for c in /sys/class/nvme/nvme*; do
		[[ ! -d $c ]] || echo 1 >"$c/delete_controller" || return
	done
	for s in "$nvmet"/ports/*/subsystems/*; do
		[[ ! -L $s ]] || rm "$s" || return
	done
	for s in "$nvmet"/ports/*/ "$nvmet"/subsystems/*/namespaces/*/ "$nvmet"/subsystems/*/; do
		[[ ! -d $s ]] || rmdir "$s" || return
	done
}
more_teardown() { rm_controllers; }

number() { stat -Lc '%Hr:%Lr' "/dev/tier/$1"; }

removed() {
	local guid=11111111-2222-3333-4444-555555555555 old
	mkcontrollers $guid
	mkmpath m 0 0 1 1 round-robin 0 2 0 /dev/tier/n1 /dev/tier/n2
	verify_load /dev/mapper/m 8
	sleep 2
	old=$(number n1)
	echo 1 >"/sys/class/nvme/$(basename "$(readlink /dev/tier/n1)" | sed 's/n1$//')/delete_controller"
	gone() { [[ $(dmsetup status m) == *" $old F 1 failed "* ]]; }
	wait_for 30 gone
	wait $!
}

other_identity() {
	mkcontrollers 11111111-2222-3333-4444-555555555555 11111111-2222-3333-4444-666666666666
	load_modules dm-mpath-ext
	refused 'shows another device than path' \
		mkmpath m 0 0 1 1 round-robin 0 2 0 /dev/tier/n1 /dev/tier/n2
}

run_test "a controller is removed under load" removed
run_test "another GUID is refused, whatever the content" other_identity
