#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 120
# timeout: 900
# Both modules under random messages, tables and netlink requests, while I/O goes on:
# none hangs, none harms the kernel, the metadata, or what they did not name.
#
# MESSAGES says how many, SEED which; what begins alike is said alike.
# shellcheck source=selftests/lib/mpath.sh
source "$(dirname "$0")/../lib/mpath.sh"
# shellcheck source=selftests/lib/expect.sh
source "$(dirname "$0")/../lib/expect.sh"

readonly spared=7777
here=$(dirname "$(readlink -f "$0")")
seed=${SEED:-$RANDOM}
messages=${MESSAGES:-8000}

# members that must work on, one in each tier, come first in it
make_pool() {
	local d
	for d in meta mirror; do
		mkdisk $d 8
	done
	for d in kept1 fast1 kept2 slow1 slow2; do
		mkdisk $d 8
	done
	mkdisk blank 8
	POOL_FEATURES="metadata_mirror /dev/tier/mirror"
	mkpool pool 128 meta fast:kept1,fast1 slow:kept2,slow1,slow2
	message pool set tick 100
	message pool set tag /dev/tier/kept1 kept
	message pool set tag /dev/tier/kept2 kept
}

make_luns() {
	local id
	mklun kept pool $spared 3M
	message pool set_lun $spared tags kept
	write_pattern /dev/mapper/kept 0 6144 "what is kept"
	policy kept >"$T/policy"
	for id in 1 2 3; do
		mklun "lun$id" pool $id 2M
		write_pattern "/dev/mapper/lun$id" 0 4096 "LUN $id"
	done
	dmsetup remove lun2
	dmsetup remove lun3
}

make_map() {
	mkdisk disk 4
	mkpaths disk pa kp pb pc
	mkmpath map "2 queue_if_no_path 30 0 2 1 latency 0 2 0 /dev/mapper/kp /dev/mapper/pa" \
		"round-robin 0 2 0 /dev/mapper/pb /dev/mapper/pc"
}

# what babble may name
known() {
	local d
	printf 'tier fast\ntier slow\n'
	for d in fast1 slow1; do
		printf 'member %s\n' "/dev/tier/$d" "/dev//tier/$d" "$(dev_number $d)"
	done
	printf 'spare %s\n' /dev/tier/slow2 "$(dev_number slow2)"
	printf 'kept %s\n' /dev/tier/kept1 "$(dev_number kept2)"
	printf 'disk %s\n' /dev/tier/blank /dev/tier/disk /dev/tier/meta
	for d in pa pb pc; do
		printf 'path %s\n' "/dev/mapper/$d" "$(devno $d)"
	done
	printf 'kept-path %s\n' /dev/mapper/kp "$(devno kp)"
}

going_on() { [[ ! -e $T/stop ]]; }

# load <device> <KiB from> <KiB>: writes and reads back, until told to stop
load() {
	local round=1
	while going_on; do
		nice fio --name=load --thread --filename="$1" --direct=1 --ioengine=libaio --iodepth=4 \
			--rw=randwrite --bs=4k --offset="$2k" --size="$3k" --randseed=$round \
			--rate_iops=300 --verify=crc32c --do_verify=1 --verify_fatal=1 \
			--serialize_overlap=1 --verify_state_save=0 \
			--output="$T/fio.$(basename "$1")" || return
		round=$((round + 1))
	done
	echo "$1: $((round - 1)) rounds written and read back"
}

# what may fail, and wait for space: the LUN is in the messages' reach
careless_load() {
	while going_on; do
		nice dd if=/dev/zero of=/dev/mapper/lun1 bs=64K oflag=direct conv=notrunc status=none \
			2>>"$T/careless" || :
		sleep 0.3
	done
}

netlink_garbage() {
	local n=$seed
	while going_on; do
		n=$((n + 1))
		nice "$here/netlink_probe" garbage $((n % 32768)) 300 pool >/dev/null || return
		nice "$here/../dm-mpath-ext/netlink_probe" garbage $((n % 32768)) 300 map \
			>/dev/null || return
		sleep 0.5
	done
}

# The kernel's log may run over before the case is over.
watch_log() {
	dmesg --follow | grep -E --line-buffered "$complaints" >"$T/complaints"
}

say_it_all() {
	local result=0
	known | "$here/babble" "$seed" "$messages" $((120 * ${TIMEOUT_FACTOR:-1})) pool lun1 map \
		empty $spared || result=$?
	touch "$T/stop"
	return $result
}

# what was turned off by right is turned on again by right
repair() {
	local d
	for d in fast1 slow1 slow2; do
		[[ $(member_state pool $d) != failed ]] || message pool reinstate_dev "/dev/tier/$d"
	done
	for d in pa pb pc; do
		message map reinstate_path "/dev/mapper/$d"
	done
	message map enable_group 1
	message map enable_group 2
	message pool set no_space_timeout 1
	message pool set tick 100
}

# policy <LUN's map>: all of its settings
policy() {
	dmsetup status "$1" | tr ' ' '\n' |
		grep '=' | grep -vE '^(iops|usage_[^=]*|latency_[^=]*)='
}

members() {
	local tier=$1 d list=''
	shift
	for d in "$@"; do
		[[ $(member_state pool "$d") == removed ]] || list+=,$d
	done
	echo "$tier:${list#,}"
}

# The pool goes down and up again; its metadata are whole, and so is what was kept.
whole() {
	local tiers devices
	assert_eq "$(status_value pool meta_copies)" 2
	mapfile -t tiers < <(members fast kept1 fast1; members slow kept2 slow1 slow2)
	dmsetup remove kept
	dmsetup remove lun1
	dmsetup remove map
	dmsetup remove pool
	IFS=, read -r -a devices < <(IFS=,; echo "${tiers[*]#*:}")
	"$tree/userspace/tier_check" -m /dev/tier/mirror /dev/tier/meta "${devices[@]/#//dev/tier/}"
	mkpool pool 128 meta "${tiers[@]}"
	mklun kept pool $spared
	check_pattern /dev/mapper/kept 0 4096 "what is kept"
	assert_eq "$(policy kept)" "$(<"$T/policy")"
	cmp -n 8388608 /dev/tier/blank /dev/zero
}

survives() {
	local job jobs=() log
	trap 'touch "$T/stop"; jobs -p | xargs -r kill -9 2>/dev/null || :' EXIT
	echo "SEED=$seed MESSAGES=$messages"
	[[ -x $here/babble ]] || fail "babble was not built"
	make_pool
	make_luns
	make_map
	dmsetup create --notable empty
	# into a file: what outlives a case that fails must not hold its output open
	watch_log 2>/dev/null &
	log=$!
	for job in "load /dev/mapper/kept 2048 1024" "load /dev/mapper/map 0 1024" \
		netlink_garbage careless_load; do
		$job >>"$T/jobs" 2>&1 &
		jobs+=($!)
	done
	say_it_all
	repair
	for job in "${jobs[@]}"; do
		wait "$job" || fail "a load has failed: $(tail -n 20 "$T"/jobs "$T"/fio.*)"
	done
	cat "$T/jobs"
	dmsetup status pool
	dmsetup status map
	[[ ! -s $T/complaints ]] || fail "$(head -n 5 "$T/complaints")"
	kill $log
	dmsetup remove empty
	whole
}

run_test "random messages, tables and requests harm nobody" survives
