#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# In the guest, one round of ../soak.sh: start what the round before left, check it,
# then load and trouble of all kinds.
#
#	guest.sh <durable records> <seed> <seconds; 0: until the power goes>
set -euo pipefail
durable=$1 RANDOM=$2 seconds=$3
# shellcheck source=selftests/lib/guest.sh
source /dm-tier/selftests/lib/guest.sh
readonly records=/dm-tier/selftests/host/kill/records
pids=()

# -- the stack: two paths to each member, a pool, a LUN with a filesystem, one without --

member() { # <number> <disk>
	local size p
	size=$(blockdev --getsz "$2")
	for p in a b; do
		dmsetup create "p$1$p" --table "0 $size linear $2 0"
	done
	dmsetup create "m$1" --table "0 $size mpath-ext 8 queue_if_no_path 300 probe_interval 100 hung_time 1000 failback immediate 0 2 1 round-robin 0 1 0 /dev/mapper/p$1a latency 0 1 0 /dev/mapper/p$1b"
}

modprobe ext4
insert dm-tier
insert dm-mpath-ext
for n in 1 2 3; do member "$n" "/dev/vm/disk$n"; done
size=$((($(blockdev --getsz /dev/vm/disk1) + $(blockdev --getsz /dev/vm/disk2) + $(blockdev --getsz /dev/vm/disk3)) / 128 * 128))
dmsetup create pool --table "0 $size tier-pool /dev/vm/disk0 128 0 3 fast 1 /dev/mapper/m1 mid 1 /dev/mapper/m2 slow 1 /dev/mapper/m3"
dmsetup message pool 0 set tick 50
dmsetup message pool 0 set move_rate 2000
if ((durable == 0)); then
	dmsetup message pool 0 create_lun 1 98304 2>/dev/null || :
	dmsetup message pool 0 create_lun 2 65536 2>/dev/null || :
fi
dmsetup create lun --table "0 98304 tier /dev/mapper/pool 1"
dmsetup create raw --table "0 65536 tier /dev/mapper/pool 2"
if ! dumpe2fs -h /dev/mapper/lun >/dev/null 2>&1; then
	((durable == 0)) || { echo "the filesystem is gone"; exit 1; }
	mkfs.ext4 -q /dev/mapper/lun
fi
status=0
e2fsck -fp /dev/mapper/lun || status=$?
((status <= 1)) || { echo "e2fsck: $status"; exit 1; }
mkdir -p /mnt/lun
mount -o discard /dev/mapper/lun /mnt/lun
"$records" check /mnt/lun/records "$durable"

# -- load --

"$records" write /mnt/lun/records "$durable" &
pids+=($!)
seed=$RANDOM
while [[ ! -e /tmp/stop ]] && fio --name=raw --thread --filename=/dev/mapper/raw --direct=1 --ioengine=libaio --iodepth=8 \
	--rw=randrw --bsrange=512-64k --bs_unaligned=0 --size=30M --io_size=8M --verify=crc32c \
	--verify_fatal=1 --serialize_overlap=1 --verify_state_save=0 --randseed="$((seed++))" \
	--output=/tmp/fio; do
	echo "did a round of verified I/O"
done &
pids+=($!)
while [[ ! -e /tmp/stop ]] && echo filler >"/mnt/lun/f$((RANDOM % 9))"; do
	head -c $((RANDOM * 20)) /dev/urandom >"/mnt/lun/f$((RANDOM % 9))" || :
	rm -f "/mnt/lun/f$((RANDOM % 9))"
	sleep 0.5
done &
pids+=($!)

start_tierd() {
	cat >/tmp/tierd.conf <<-END
		[daemon]
		ledger = /tmp/ledger.db
		interval = 1
		http_port = 9779
		[lun pool/1]
		consumer = acme
	END
	/dm-tier/userspace/tierd -f -c /tmp/tierd.conf >>/tmp/tierd.log 2>&1 &
	tierd=$!
}
start_tierd

# -- trouble --

path_is() { # <path> <words behind the length>
	dmsetup suspend --noflush --nolockfs "$1"
	[[ ! ${2:-} ]] || dmsetup load "$1" --table "0 $(blockdev --getsz "/dev/mapper/$1") ${*:2}"
	dmsetup resume "$1"
}

# any <word>...: one of them is $picked. Not in a subshell: that has a RANDOM of its own.
any() {
	shift $((RANDOM % $#))
	picked=$1
}

reload() {
	dmsetup table "$1" | dmsetup load "$1"
	any "--noflush --nolockfs" ""
	# shellcheck disable=SC2086
	dmsetup suspend $picked "$1"
	dmsetup resume "$1"
}

path_dies() {
	local n p
	any 1 2 3
	n=$picked
	any a b
	p=p$n$picked
	path_is "$p" error
	sleep $((RANDOM % 3))
	path_is "$p" linear "/dev/vm/disk$n" 0
}

path_hangs() {
	local p
	any 1a 1b 2a 2b 3a 3b
	p=p$picked
	dmsetup suspend --noflush --nolockfs "$p"
	sleep $((RANDOM % 4))
	dmsetup resume "$p"
}

no_path() {
	local n
	any 1 2 3
	n=$picked
	path_is "p${n}a" error
	path_is "p${n}b" error
	sleep $((RANDOM % 3))
	path_is "p${n}b" linear "/dev/vm/disk$n" 0
	path_is "p${n}a" linear "/dev/vm/disk$n" 0
}

migrate() {
	local lun
	any 1 2
	lun=$picked
	any fast mid slow none
	dmsetup message pool 0 migrate_lun "$lun" "$picked"
}

evacuate() {
	local m
	any 1 2 3
	m=/dev/mapper/m$picked
	# the others may have no room for it
	dmsetup message pool 0 evacuate "$m" 2>/dev/null || return 0
	sleep $((RANDOM % 4))
	dmsetup message pool 0 cancel_evacuate "$m" 2>/dev/null || :
}

lun_comes_and_goes() {
	dmsetup message pool 0 create_lun 3 8192
	dmsetup create third --table "0 8192 tier /dev/mapper/pool 3"
	cmp -n 4194304 /dev/mapper/third /dev/zero || { echo "a new LUN shows old data"; return 1; }
	dd if=/dev/urandom of=/dev/mapper/third bs=64k oflag=direct status=none 2>/dev/null || :
	dmsetup remove third
	dmsetup message pool 0 delete_lun 3
}

tierd_dies() {
	kill -9 "$tierd"
	wait "$tierd" 2>/dev/null || :
	start_tierd
}

trim() { fstrim /mnt/lun; }

# a power cut may have left the third LUN behind
dmsetup message pool 0 delete_lun 3 2>/dev/null || :
trap 'echo "failed: $what: $BASH_COMMAND"' ERR
set -E
echo ready
while ((!seconds || SECONDS < seconds)); do
	any path_dies path_dies path_hangs no_path migrate migrate migrate evacuate \
		"reload pool" "reload m1" "reload m2" "reload lun" "reload raw" lun_comes_and_goes \
		tierd_dies trim
	what=$picked
	$what
	echo "did $what"
	kill -0 "$tierd" || { tail /tmp/tierd.log; echo "tierd has ended"; exit 1; }
	for p in "${pids[@]}"; do
		kill -0 "$p" 2>/dev/null || { cat /tmp/fio || :; echo "the load has ended"; exit 1; }
	done
	sleep "0.$((RANDOM % 10))"
done

what="the end of the round"
touch /tmp/stop
kill "$tierd" "${pids[0]}"
for p in "${pids[@]:1}"; do
	wait "$p"
done
wait || :
umount /mnt/lun
e2fsck -fn /dev/mapper/lun
dmsetup remove raw
dmsetup remove lun
dmsetup remove pool
for n in 1 2 3; do
	dmsetup remove "m$n"
	dmsetup remove "p${n}a"
	dmsetup remove "p${n}b"
done
/dm-tier/userspace/tier_check /dev/vm/disk0 /dev/vm/disk1 /dev/vm/disk2 /dev/vm/disk3
rmmod dm_mpath_ext dm_tier
