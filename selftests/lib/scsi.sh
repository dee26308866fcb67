# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# SCSI disks that show one device through several ports, of two kinds:
#
# scsi_debug: a host each, all with one store (mkhosts). What a disk answers can be
# bent, but the state of its port cannot be changed.
# LIO behind its loopback fabric: each disk has a port group of its own, with all
# of ALUA (mklio).
#
# A disk is /dev/tier/<name>. After each case all of them are taken down.

# shellcheck source=selftests/lib/mpath.sh
source "$(dirname "${BASH_SOURCE[0]}")/mpath.sh"
# shellcheck source=selftests/lib/expect.sh
source "$(dirname "${BASH_SOURCE[0]}")/expect.sh"

readonly lio=/sys/kernel/config/target

# scsi_node <host:channel:target:lun>: the block device's name, once it is there
scsi_node() {
	local dir
	for dir in "/sys/bus/scsi/devices/$1/block"/*/; do
		[[ ! -d $dir ]] || basename "$dir"
	done
}

has_node() { [[ -b /dev/$(scsi_node "$1") ]]; }

# scsi_link <name> <host:channel:target:lun>
scsi_link() {
	wait_for 30 has_node "$2"
	mkdir -p /dev/tier
	ln -sfn "/dev/$(scsi_node "$2")" "/dev/tier/$1"
}

# scsi_dir <name>: of the SCSI device in sysfs
scsi_dir() {
	readlink -f "/sys/class/block/$(basename "$(readlink /dev/tier/"$1")")/device"
}

# rescan <name> <directory that scsi_dir gave>: find a deleted disk again
rescan() {
	local address
	address=$(basename "$2")
	echo "- - -" >"/sys/class/scsi_host/host${address%%:*}/scan"
	scsi_link "$1" "$address"
}

# mkhosts <number> [<parameter of scsi_debug>=<value>]...: disks h0, h1 ...
mkhosts() {
	local n=$1 i=0 host
	shift
	modprobe -q scsi_debug --dry-run || skip "no scsi_debug"
	modprobe -a sd_mod scsi_dh_alua
	modprobe scsi_debug add_host="$n" vpd_use_hostno=0 dev_size_mb=32 delay=0 "$@"
	for host in $(printf '%s\n' /sys/bus/pseudo/devices/adapter*/host* | sed 's/.*host//' | sort -n); do
		scsi_link "h$i" "$host:0:0:0"
		i=$((i + 1))
	done
	((i == n)) || fail "$i disks, not $n"
}

# mkstore <name> <first byte of its identity, in hexadecimal>: 32 MiB of memory, for
# LIO to show
mkstore() {
	local store=$lio/core/rd_mcp_0/$1
	modprobe target_core_mod
	mkdir -p "$store"
	echo "rd_pages=8192" >"$store/control"
	echo 1 >"$store/enable"
	# the NAA identifier is made of its beginning
	echo "$2"1c9a52-0000-4000-8000-000000000001 >"$store/wwn/vpd_unit_serial"
}

# mklio <access type> <name>...: disks of one device, each in the port group of its
# name; 1: implicit ALUA, 3: explicit, too
mklio() {
	local type=$1 name id=16 device port
	local disk=$lio/core/rd_mcp_0/disk
	shift
	modprobe -q tcm_loop --dry-run || skip "no tcm_loop"
	modprobe -a sd_mod scsi_dh_alua tcm_loop
	mkstore disk 6f
	for name in "$@"; do
		mkdir "$disk/alua/$name"
		echo $id >"$disk/alua/$name/tg_pt_gp_id"
		port_set "$name" alua_access_type "$type"
		port=$lio/loopback/naa.50014050000000$id
		mkdir -p "$port/tpgt_1/lun/lun_0"
		echo "$port/tpgt_1" >"$T/port.$name"
		echo "naa.60014050000000$id" >"$port/tpgt_1/nexus"
		ln -s "$disk" "$port/tpgt_1/lun/lun_0/disk"
		echo "$name" >"$port/tpgt_1/lun/lun_0/alua_tg_pt_gp"
		# found before it was in its group: look again
		read -r device <"$port/tpgt_1/address"
		wait_for 30 has_node "$device:0"
		echo 1 >"/sys/bus/scsi/devices/$device:0/delete"
		echo "- - -" >"/sys/class/scsi_host/host${device%%:*}/scan"
		scsi_link "$name" "$device:0"
		id=$((id + 1))
	done
}

# port_state <name>: what the array has; port_becomes <name> <state>: by itself, as
# 0 active/optimized, 1 active/non-optimized, 2 standby, 3 unavailable, 15 transition
port_state() { cat "$lio/core/rd_mcp_0/disk/alua/$1/alua_access_state"; }
port_becomes() { echo "$2" >"$lio/core/rd_mcp_0/disk/alua/$1/alua_access_state"; }
# port_set <name> <attribute> <value>: of the port group
port_set() { echo "$3" >"$lio/core/rd_mcp_0/disk/alua/$1/$2"; }
# link_is <name> <online|offline>: the fabric before the port
link_is() { echo "$2" >"$(<"$T/port.$1")/transport_status"; }

rm_lio() {
	local port store group
	for port in "$lio"/loopback/naa.*; do
		[[ -d $port ]] || continue
		rm -f "$port/tpgt_1/lun/lun_0/disk"
		rmdir "$port/tpgt_1/lun/lun_0" "$port/tpgt_1" "$port" || return
	done
	[[ -d $lio/core/rd_mcp_0 ]] || return 0
	for store in "$lio"/core/rd_mcp_0/*/; do
		for group in "$store"/alua/*/; do
			[[ $group == */default_tg_pt_gp/ ]] || rmdir "$group" || return
		done
		rmdir "$store" || return
	done
	rmdir "$lio/core/rd_mcp_0"
}

rm_hosts() {
	[[ ! -d /sys/module/scsi_debug ]] || rmmod scsi_debug
}

more_teardown() {
	wait_for 20 rm_hosts && rm_lio
}
