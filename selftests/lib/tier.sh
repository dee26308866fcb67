# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the tests inside the VM are written with: simulated disks, pools, LUNs.
#
# After each case everything that it made is taken down again, in the usual ways
# only, and the modules are unloaded. What does not go, or a complaint of the
# kernel's, fails the case.

tier_lib=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=selftests/lib/ktap.sh
source "$tier_lib/ktap.sh"
# shellcheck source=selftests/lib/guest.sh
source "$tier_lib/guest.sh"

[[ ${IN_DM_TIER_VM:-} ]] || {
	echo "Bail out! for the VM only: selftests/vm/vm run $0"
	exit 1
}

readonly tree=/dm-tier
readonly nullb=/sys/kernel/config/nullb
complaints=$(<"$tree/selftests/vm/complaints")
T=$(mktemp -d /tmp/test.XXXXXX) # a directory for the test's files

# load_modules <name>...: ours, dm-tier and dm-mpath-ext
load_modules() {
	local m
	for m in "$@"; do
		[[ -e $tree/$m/$m.ko ]] || skip "no module $m"
		[[ -e /sys/module/${m//-/_} ]] || insert "$m"
	done
}

unload_modules() {
	local m
	for m in dm_mpath_ext dm_tier; do
		[[ ! -e /sys/module/$m ]] || rmmod "$m" || return 1
	done
}

# sectors <number with suffix K, M or G; plain means sectors>
sectors() {
	case $1 in
	*K) echo $((${1%K} * 2)) ;;
	*M) echo $((${1%M} * 2048)) ;;
	*G) echo $((${1%G} * 2097152)) ;;
	*) echo "$1" ;;
	esac
}

# mkdisk <name> <MiB> [<null_blk attribute>=<value>...]
#
# A memory-backed disk, /dev/tier/<name>. Zero latency unless told otherwise,
# as: irqmode=2 completion_nsec=80000 hw_queue_depth=64 (an SSD),
# completion_nsec=8000000 hw_queue_depth=1 (a SATA disk), cache_size=4 (MiB of
# volatile cache: disk_power_cut loses what was not flushed).
mkdisk() {
	local name=$1 size=$2 dir=$nullb/$1 attribute
	shift 2
	modprobe null_blk nr_devices=0 || skip "no null_blk"
	[[ -d $nullb ]] || skip "null_blk without configfs"
	mkdir "$dir"
	for attribute in size="$size" blocksize=512 memory_backed=1 discard=1 \
		irqmode=0 submit_queues=1 "$@"; do
		[[ -e $dir/${attribute%%=*} ]] || {
			rmdir "$dir"
			skip "null_blk has no ${attribute%%=*}"
		}
		echo "${attribute#*=}" >"$dir/${attribute%%=*}"
	done
	echo 1 >"$dir/power"
	link_disk "$name" || fail "no node for null_blk $name"
}

# Cut the power: what is in the volatile cache is lost. The disk must be idle
# and no longer in use.
disk_power_cut() {
	echo 0 >"$nullb/$1/power"
	echo 1 >"$nullb/$1/power"
}

rmdisk() {
	echo 0 >"$nullb/$1/power" &&
		rmdir "$nullb/$1" &&
		rm -f "/dev/tier/$1"
}

# dev_path <name or path>
dev_path() {
	case $1 in
	/* | *:*) echo "$1" ;;
	*) echo "/dev/tier/$1" ;;
	esac
}

# The words of a list, counted, as device-mapper wants them.
counted() {
	echo "$#${*:+ $*}"
}

# pool_table <extent sectors> <metadata dev> <tier>:<dev>[,<dev>...]...
# $POOL_FEATURES holds the feature words, if any.
pool_table() {
	local extent=$1 meta features size=0 line spec name devs d paths
	meta=$(dev_path "$2")
	shift 2
	# shellcheck disable=SC2086
	features=$(counted ${POOL_FEATURES:-})
	line="$#"
	for spec in "$@"; do
		name=${spec%%:*} paths=()
		IFS=, read -r -a devs <<<"${spec#*:}"
		for d in "${devs[@]}"; do
			d=$(dev_path "$d")
			paths+=("$d")
			[[ ! -b $d ]] || size=$((size + $(blockdev --getsz "$d")))
		done
		line+=" $name $(counted "${paths[@]}")"
	done
	echo "0 $((size > extent ? size / extent * extent : extent)) tier-pool" \
		"$meta $extent $features $line"
}

# mkpool <name> <extent sectors> <metadata dev> <tier>:<dev>[,<dev>...]...
mkpool() {
	local name=$1
	shift
	load_modules dm-tier
	dmsetup create "$name" --table "$(pool_table "$@")"
}

# mklun <name> <pool> <id> [<size>]: with a size the LUN is made first.
mklun() {
	local name=$1 pool=$2 id=$3 size
	if [[ ${4:-} ]]; then
		size=$(sectors "$4")
		dmsetup message "$pool" 0 create_lun "$id" "$size"
		echo "$size" >"$T/size.$pool.$id"
	else
		size=$(<"$T/size.$pool.$id")
	fi
	dmsetup create "$name" --table "0 $size tier /dev/mapper/$pool $id"
}

# message <device> <words>...
message() {
	dmsetup message "$1" 0 "${@:2}"
}

# write_pattern <dev> <first sector> <sectors> <word>, check_pattern likewise
write_pattern() {
	pattern "$4" "$3" | dd of="$1" bs=64K seek=$(($2 * 512)) oflag=seek_bytes,direct \
		iflag=fullblock conv=notrunc,fsync status=none
}

check_pattern() {
	cmp <(pattern "$4" "$3") <(dd if="$1" bs=64K skip=$(($2 * 512)) count=$(($3 * 512)) \
		iflag=skip_bytes,count_bytes,direct status=none) ||
		fail "$1: sectors $2+$3 do not hold '$4'"
}

pattern() {
	# yes dies of SIGPIPE here, and may.
	{ yes "$1" || :; } | head -c $(($2 * 512))
}

# --- clean up -------------------------------------------------------------

# May be replaced: takes down disks of other kinds, once nothing uses them.
more_teardown() { :; }

test_setup() {
	echo "dm-tier test: ${0##*/}: case $((ktap_cases + 1))" >/dev/kmsg
}

# Several rounds, since devices stack: tops go first.
remove_dm_devices() {
	local end=$((SECONDS + 20)) name
	while name=$(dmsetup ls 2>/dev/null) && [[ $name != "No devices found" ]]; do
		while read -r name _; do
			dmsetup remove "$name" >/dev/null 2>&1 || :
		done <<<"$name"
		if ((SECONDS >= end)); then
			echo "leaked dm devices:"
			dmsetup info -c
			return 1
		fi
	done
}

remove_disks() {
	local d
	for d in "$nullb"/*/; do
		[[ -d $d ]] || continue
		rmdisk "$(basename "$d")" || { echo "leaked null_blk $d"; return 1; }
	done
}

kernel_complaints() {
	! dmesg | awk '/dm-tier test: /{ text = "" } { text = text $0 "\n" } END { printf "%s", text }' |
		grep -E "$complaints"
}

test_teardown() {
	local result=0 mounts
	mapfile -t mounts < <(awk -v t="$T" 'index($2, t) == 1 { print $2 }' /proc/mounts | tac)
	((${#mounts[@]} == 0)) || umount "${mounts[@]}" || result=1
	rm -rf "${T:?}"/*
	remove_dm_devices || result=1
	more_teardown || result=1
	remove_disks || result=1
	unload_modules || { echo "modules do not unload"; result=1; }
	kernel_complaints || result=1
	return "$result"
}
