# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# More of LIO: persistent reservations, and disks through iSCSI sessions of this host
# with itself. There, unlike behind the loopback fabric, a disk stays what it is to
# the host when its LUN is taken away or becomes another.

# shellcheck source=selftests/lib/scsi.sh
source "$(dirname "${BASH_SOURCE[0]}")/scsi.sh"

readonly iqn=iqn.2026-01.org.dm-tier

number() { stat -Lc '%Hr:%Lr' "/dev/tier/$1"; }

# disk_is <disk> <state> [<fail count>]: of the path of m
disk_is() {
	[[ $(dmsetup status m) =~ " $(number "$1") "[AF]" "([0-9]+)" $2 " ]] &&
		[[ ! ${3:-} || ${BASH_REMATCH[1]} == "$3" ]]
}

# disks_map <feature words> <handler words> <disk>...: m, of one group
disks_map() {
	local before="$1 $2"
	shift 2
	ln -sfn "$1" /dev/tier/disk
	mkmpath m "$before 1 1 round-robin 0 $# 0" "${@/#//dev/tier/}"
}

# served <disk>: writes that it has done; reads are probes', too
served() { awk '{ print $5 }' "/sys/dev/block/$(number "$1")/stat"; }
served_more() { (($(served "$1") >= $2 + 50)); }
reads_of() { awk '{ print $1 }' "/sys/dev/block/$(number "$1")/stat"; }
probed() { (($(reads_of "$1") >= $2 + 8)); }

# where writes go while there is a load: both_serve; only_serves <disk> <other>
both_serve() {
	wait_for 30 served_more ga "$(served ga)"
	wait_for 30 served_more gb "$(served gb)"
}
only_serves() {
	local before
	before=$(served "$2")
	wait_for 30 served_more "$1" "$(served "$1")"
	assert_eq "$(served "$2")" "$before" "writes through $2"
}

# -- persistent reservations --

# LIO writes each change of a registration to files there, also of those that are not
# to outlive a loss of power; without the directory they fail
prepare_persist() { mkdir -p /var/target/pr; }

# persist <device> <sg_persist's options>...
persist() { sg_persist --no-inquiry "${@:2}" "$1"; }

# pr_ioctl <device> register|reserve|release|preempt|clear <argument>...: the block
# layer's ioctls, with numbers as in linux/pr.h
pr_ioctl() {
	python3 - "$@" <<-'END'
		import fcntl, struct, sys
		numbers = { "register": (200, "QQII"), "reserve": (201, "QII"), "release": (202, "QII"),
		            "preempt": (203, "QQII"), "clear": (205, "QII") }
		number, layout = numbers[sys.argv[2]]
		words = [int(word, 0) for word in sys.argv[3:]]
		words += [0] * (len(layout) - len(words))
		data = bytearray(struct.pack(layout, *words))
		with open(sys.argv[1], "wb", buffering=0) as device:
		    status = fcntl.ioctl(device, 1 << 30 | len(data) << 16 | ord("p") << 8 | number, data)
		sys.exit("the device says %d" % status if status else 0)
	END
}

# -- iSCSI --

iscsi_port() { echo "$lio/iscsi/$iqn:$1/tpgt_1"; }

# lun_is <disk> <store>|none: what the target shows there from now on
lun_is() {
	local lun
	lun=$(iscsi_port "$1")/lun/lun_1
	rm -f "$lun"/shown
	[[ $2 == none ]] || ln -s "$lio/core/rd_mcp_0/$2" "$lun/shown"
}

# look_again <disk>: as an administrator's rescan does
look_again() { echo 1 >"$(scsi_dir "$1")/rescan"; }

# port_enabled <disk> 0|1: without, its session ends
port_enabled() { echo "$2" >"$(iscsi_port "$1")/enable"; }

start_iscsid() {
	local conf=/etc/iscsi
	mkdir -p "$conf" /run/lock
	echo "InitiatorName=$iqn:host" >"$conf/initiatorname.iscsi"
	# without pings: those of a busy emulator come late; a session that is lost fails
	# what waits for it after 3 s
	printf '%s\n' "node.startup = manual" "node.session.timeo.replacement_timeout = 3" \
		"node.conn[0].timeo.noop_out_interval = 0" \
		"node.conn[0].timeo.noop_out_timeout = 0" >"$conf/iscsid.conf"
	iscsid
	wait_for 20 test -s /run/iscsid.pid
}

# session_address <disk>: host:channel:target:lun
session_address() {
	local session
	for session in /sys/class/iscsi_session/*/; do
		[[ $(<"$session/targetname") == "$iqn:$1" ]] || continue
		basename "$session"/device/target*/*:1
	done
}

# mkiscsi <name>...: disks of one device, of a session each; shown is the store "disk"
mkiscsi() {
	local name port
	modprobe -q -a --dry-run iscsi_target_mod iscsi_tcp || skip "no iSCSI target or initiator"
	modprobe -a sd_mod scsi_dh_alua iscsi_target_mod iscsi_tcp
	mkstore disk 6f
	mkdir -p "$lio/iscsi"
	start_iscsid
	for name in "$@"; do
		port=$(iscsi_port "$name")
		mkdir -p "$port/lun/lun_1"
		mkdir "$port/np/127.0.0.1:3260"
		echo 0 >"$port/attrib/authentication"
		echo 1 >"$port/attrib/generate_node_acls"
		echo 0 >"$port/attrib/demo_mode_write_protect"
		lun_is "$name" disk
		port_enabled "$name" 1
		iscsiadm -m node -o new -T "$iqn:$name" -p 127.0.0.1:3260,1
		iscsiadm -m node -T "$iqn:$name" --login
		scsi_link "$name" "$(session_address "$name")"
	done
}

no_session() { ! compgen -G '/sys/class/iscsi_session/*' >/dev/null; }

rm_iscsi() {
	local port pid
	if [[ -s /run/iscsid.pid ]]; then
		pid=$(<"/run/iscsid.pid")
		no_session || iscsiadm -m node --logoutall=all || return
		wait_for 30 no_session
		iscsiadm -k 0 || return
		wait_for 20 eval "! kill -0 $pid"
		rm -rf /etc/iscsi/nodes /etc/iscsi/send_targets /run/iscsid.pid
	fi
	[[ -d $lio/iscsi ]] || return 0
	for port in "$lio"/iscsi/*/tpgt_1; do
		[[ -d $port ]] || continue
		echo 0 >"$port/enable"
		rm -f "$port/lun/lun_1/shown"
		rmdir "$port/lun/lun_1" "$port"/np/* "$port" "$(dirname "$port")" || return
	done
	rmdir "$lio/iscsi"
}

more_teardown() {
	rm -rf /var/target
	rm_iscsi && rm_lio
}
