# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What a refusal must look like: the command fails and the kernel says why.

# The kernel's messages since the last log_mark.
log_mark() {
	echo "dm-tier mark" >/dev/kmsg
}

# Few processes, as a test calls this often: each is dear under emulation. So is
# bash's search in all of the log, hence the look at its end first.
log_since() {
	local all
	all=$(dmesg)
	said=$all
	((${#all} <= 16384)) || said=${all: -16384}
	[[ $said == *"dm-tier mark"* ]] || said=$all
	said=${said##*dm-tier mark}
}

# logged <extended regular expression>: since the last log_mark
logged() {
	log_since
	[[ $said =~ $1 ]]
}

# refused <extended regular expression> <command>...: it fails, and the kernel
# log has a line that matches.
refused() {
	local what=$1
	shift
	log_mark
	if "$@" >"$T/refused" 2>&1; then
		fail "not refused: $*"
	fi
	logged "$what" || {
		echo "$said"
		fail "no '$what' in the kernel log after: $*"
	}
}

# checksum <dev>
checksum() {
	md5sum <"$1"
}

# The status of a device without what changes by itself.
steady_status() {
	dmsetup status "$1" |
		sed -E 's/ (iops|usage_[^ =]*|latency_[^ =]*)=[^ ]*//g; s/^([^ ]* ){3}//'
}

# extents_on <lun> <tier> <extent sectors>: how many the LUN has there.
extents_on() {
	local words i
	read -r -a words <<<"$(dmsetup status "$1")"
	for ((i = 5; i < 5 + 2 * words[4]; i += 2)); do
		[[ ${words[i]} != "$2" ]] || {
			echo $((words[i + 1] / $3))
			return
		}
	done
	fail "no tier $2 in the status of $1"
}

# member_state <pool> <dev>
member_state() {
	local number
	number=$(dev_number "$2")
	dmsetup status "$1" | tr ' ' '\n' | sed -n "s/^dev=$number,[^,]*,\([^,]*\),.*/\1/p"
}

member_is() {
	[[ $(member_state "$1" "$2") == "$3" ]]
}

# dev_number <name or path>: major:minor
dev_number() {
	local major minor
	read -r major minor < <(stat -Lc '0x%t 0x%T' "$(dev_path "$1")")
	echo $((major)):$((minor))
}

# Swap in another table, as an administrator does.
reload_table() {
	dmsetup reload "$1" --table "$2" && dmsetup resume "$1"
}
