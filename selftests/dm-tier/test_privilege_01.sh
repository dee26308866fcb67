#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 300
# timeout: 1200
# Who has not all that it takes gets and changes nothing, whichever way he comes:
# device-mapper, block devices, netlink, tierctl, tierd's pages and files. What there
# is to try, the kernel and tierctl are asked for, so that nothing new is left out.
# What the library reads looks unused.
# shellcheck disable=SC2034,SC2154
set -euo pipefail
# shellcheck source=selftests/lib/scsi.sh
source "$(dirname "$0")/../lib/scsi.sh"

here=$(dirname "$(readlink -f "$0")")
readonly everybody="nobody net_admin userns no_sys_admin no_caps"

# as <who> <command>...
as() {
	local who=$1 nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	shift
	case $who in
	nobody) "${nobody[@]}" "$@" ;;
	net_admin) "${nobody[@]}" --inh-caps +net_admin --ambient-caps +net_admin "$@" ;;
	userns) "${nobody[@]}" unshare --user --map-root-user "$@" ;;
	no_sys_admin) setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$@" ;;
	no_caps) setpriv --bounding-set=-all --inh-caps=-all "$@" ;;
	root) "$@" ;;
	esac
}

is_uid_0() { [[ $1 == no_* ]]; }

setup_all() {
	local f
	mkdisk meta 8
	mkdisk ssd 8
	mkdisk hdd 8
	mkpool tp 128 meta fast:ssd slow:hdd
	message tp set moves off
	mklun lun tp 1 1M
	write_pattern /dev/mapper/lun 0 2048 "somebody's"
	mkhosts 2
	ln -sfn h0 /dev/tier/disk
	mkmpath m "0 0 2 1 latency 0 1 0 /dev/tier/h0 latency 0 1 0 /dev/tier/h1"
	for f in "$here/trespass" "$tree/userspace/tierctl"; do
		install -m 755 "$f" "$T/"
	done
	chmod 711 "$T"
}

# what must stay as it is
state() {
	dmsetup info -c --noheadings -o name,attr,tables_loaded,uuid | sort
	dmsetup table
	"$here/netlink_probe" dump pool-get |
		sed 's/ \(tick\|active_ms\|meta_used\)=[0-9]*//g'
	"$here/netlink_probe" dump lun-get | sed 's/ active_ms=[0-9]*//; s/ held_ms=[0-9]*//g'
	"$here/netlink_probe" dump dev-get | sed 's/ latency_ns=[0-9]*//'
	cd "$here/../dm-mpath-ext"
	./netlink_probe dump map-get
	./netlink_probe dump group-get
	./netlink_probe dump path-get | sed 's/ \(since_ms\|up\|latency_ns\)=[0-9]*//g'
}

# nothing_changed <state before>
nothing_changed() {
	diff <(echo "$1") <(state)
	check_pattern /dev/mapper/lun 0 2048 "somebody's"
}

# all_refused <who> <lines at the least> <regular expression> <words of trespass>...: each
# line ends with one of these errors
all_refused() {
	local who=$1 least=$2 errors=$3
	shift 3
	as "$who" "$T/trespass" "$@" >"$T/tried"
	(($(wc -l <"$T/tried") >= least)) || fail "hardly anything tried: $(<"$T/tried")"
	if grep -vE " ($errors)\$" "$T/tried"; then
		fail "not refused as it should be: $who, $*"
	fi
}

device_mapper() {
	local who before
	setup_all
	before=$(state)
	chmod 666 /dev/mapper/control
	for who in $everybody; do
		all_refused "$who" 54 'EACCES|EPERM' dm tp lun m
	done
	chmod 600 /dev/mapper/control
	nothing_changed "$before"
}

block_devices() {
	local who before node nodes=()
	setup_all
	before=$(state)
	for node in lun m; do
		nodes+=("$(readlink -f /dev/mapper/$node)")
	done
	chmod 666 "${nodes[@]}"
	for who in $everybody; do
		as "$who" "$T/trespass" blk "${nodes[@]}" >"$T/tried"
		# a LUN is no SCSI device; who has CAP_SYS_RAWIO may send what he likes
		grep -vE "^scsi .* ${nodes[0]##*/} (ENOTTY|EINVAL)\$" "$T/tried" |
			if [[ $who == no_sys_admin ]]; then grep -v "^scsi .* ${nodes[1]##*/} OK"; else cat; fi |
			# newer kernels leave reservations to who may write
			grep -vE '^blk PR_.* (EOPNOTSUPP|EBADF)$' >"$T/rest"
		grep -c . "$T/rest"
		if grep -vE ' (EACCES|EPERM|EBADF)$' "$T/rest"; then
			fail "not refused: $who"
		fi
	done
	chmod 660 "${nodes[@]}"
	nothing_changed "$before"
	# it was no mistake of ours that was refused
	"$T/trespass" blk "${nodes[1]}" >"$T/tried"
	cat "$T/tried"
	[[ $(grep -cE '^(blk BLK(RO|RA)SET|blk BLKFLSBUF|scsi).* OK$' "$T/tried") == 5 ]]
}

netlink() {
	local who family before
	setup_all
	before=$(state)
	for family in dm_tier dm_mpath_ext; do
		for who in $everybody; do
			all_refused "$who" 10 EPERM genl $family
		done
		"$T/trespass" genl $family >"$T/tried"
		expect_fail grep EPERM "$T/tried"
		grep 'group .* OK$' "$T/tried"
		grep 'dump .* OK$' "$T/tried"
	done
	nothing_changed "$before"
}

# words_of <command of tierctl's>: as root would use it
words_of() {
	case $1 in
	"pool create" | "pool start") echo "new --meta /dev/tier/meta --tier fast:/dev/tier/ssd" ;;
	"pool stop" | "pool show" | "policy show") echo tp ;;
	"pool add") echo "tp --tier fast:/dev/tier/hdd" ;;
	"pool drop-dev" | "dev "[ecrf]*) echo "tp /dev/tier/ssd" ;;
	"pool set" | "policy set") echo "tp headroom 7" ;;
	"lun create") echo "tp 2 1M" ;;
	"lun show" | "lun activate" | "lun deactivate") echo "tp 1" ;;
	"lun resize") echo "tp 1 2M --yes" ;;
	"lun delete") echo "tp 1 --yes" ;;
	"lun set") echo "tp 1 weight 7" ;;
	"lun migrate") echo "tp 1 slow" ;;
	"invoice") echo "--plan $T/prices.conf" ;;
	"heat map") echo "tp 1" ;;
	"top" | "path top" | "path watch") echo "-n 1" ;;
	"events" | "path events") echo "--timeout 1" ;;
	"usage --paths" | "pool list" | "lun list" | "tier list" | "dev list" | "usage" | "heat" | \
		"audit list" | "audit verify" | "path maps" | "path list" | \
		"path usage") ;;
	"path show" | "path latency" | "path remove") echo m ;;
	"path fail" | "path reinstate" | "path drop") echo "m /dev/tier/h1" ;;
	"path group") echo "switch m 2" ;;
	"path set") echo "m failback manual" ;;
	"path create") echo "new --group latency:/dev/tier/h0" ;;
	"path reload") echo "m --group latency:/dev/tier/h0" ;;
	"path add") echo "m 1 /dev/tier/hdd" ;;
	*) return 1 ;;
	esac
}

# the commands that tierctl tells of: group and command, or a group with an option
commands() {
	tierctl --help | sed -n 's/^  tierctl \([a-z]*\)\( [a-z-]*\)\?.*/\1\2/p' | sed 's/ $//'
}

commands_of_tierctl() {
	local who before ledger command words code wanted what list=()
	setup_all
	ledger=$T/ledger.db
	printf '[daemon]\nledger = %s\nhttp_port = 0\n[lun tp/1]\nconsumer = acme\n[map m]\n' \
		"$ledger" >"$T/tierd.conf"
	printf '[plan]\ncurrency = EUR\n[tier fast]\n[tier slow]\n[path]\n' >"$T/prices.conf"
	(umask 0; tierd --once -c "$T/tierd.conf")
	before=$(state)
	sqlite3 "$ledger" .dump >"$T/booked"
	mapfile -t list < <(commands)
	((${#list[@]} > 40)) || fail "too few commands: ${list[*]}"
	for command in "${list[@]}"; do
		what=$(words_of "$command") || fail "this test does not know 'tierctl $command'"
		read -r -a words <<<"$command $what"
		for who in $everybody; do
			wanted=4
			# root owns the ledger
			[[ ! $command =~ ^(invoice|audit|usage --paths) ]] || ! is_uid_0 "$who" || wanted=0
			code=0
			as "$who" "$T/tierctl" --ledger "$ledger" "${words[@]}" </dev/null >"$T/out" \
				2>"$T/err" || code=$?
			if [[ $code != "$wanted" ]] ||
				{ ((code)) && ! grep -q root "$T/err"; } || { ((code)) && [[ -s $T/out ]]; }; then
				echo "$who: tierctl ${words[*]}: $code, not $wanted"
				cat "$T/out" "$T/err"
				touch "$T/bad"
			fi
		done
	done
	nothing_changed "$before"
	sqlite3 "$ledger" .dump | cmp - "$T/booked"
	[[ ! -e $T/bad ]]
}

# mode_is_private <file>: for its owner alone
mode_is_private() {
	[[ $(stat -c '%a %u' "$1") =~ ^[0-7]00\ 0$ ]] || fail "$1: $(stat -c '%a %u' "$1")"
}

daemon() {
	local who page f pid code
	setup_all
	mkdir "$T/state"
	# for all to enter, so that the files' own modes count
	chmod 711 "$T/state"
	printf '[daemon]\nledger = %s\nhttp_port = 9779\n[map m]\n' "$T/state/ledger.db" \
		>"$T/tierd.conf"
	(umask 0; exec tierd -f -c "$T/tierd.conf" >"$T/log" 2>&1) &
	pid=$!
	wait_for 60 curl -sf localhost:9779/healthz
	for page in / /metrics /healthz /none; do
		for who in $everybody; do
			code=$(as "$who" curl -s -o - -w '%{http_code}' "localhost:9779$page")
			is_uid_0 "$who" || assert_eq "$code" $'for root and for http_users of tierd.conf only\n403' "$who, $page"
		done
	done
	kill "$pid"
	wait "$pid"
	(($(find "$T/state" -type f | wc -l) >= 2)) || fail "no files"
	for f in "$T"/state/*; do
		mode_is_private "$f"
		for who in nobody net_admin userns; do
			expect_fail as "$who" cat "$f" 2>/dev/null
			expect_fail as "$who" dd if=/dev/null of="$f" conv=notrunc status=none 2>/dev/null
		done
	done
}

run_test "device-mapper's ioctls" device_mapper
run_test "ioctls of block devices" block_devices
run_test "netlink, requests and reads and events" netlink
run_test "every command of tierctl" commands_of_tierctl
run_test "tierd's pages and files" daemon
