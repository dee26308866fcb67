# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Paths to one disk, and what befalls them. A path is a dm-linear map over the
# disk, turned into something worse by a change of its table.

# shellcheck source=selftests/lib/tier.sh
source "$(dirname "${BASH_SOURCE[0]}")/tier.sh"

# mkpaths <disk> <path>...: as /dev/mapper/<path>
mkpaths() {
	local disk=/dev/tier/$1 p
	shift
	for p in "$@"; do
		dmsetup create "$p" --table "0 $(blockdev --getsz "$disk") linear $disk 0"
	done
}

# path_is <path> <table behind the length>: linear ..., error, delay ...
path_is() {
	dmsetup suspend --noflush --nolockfs "$1"
	dmsetup load "$1" --table "0 $(blockdev --getsz "/dev/mapper/$1") ${*:2}"
	dmsetup resume "$1"
}

path_dies() { path_is "$1" error; }
path_returns() { path_is "$1" linear "/dev/tier/${2:-disk}" 0; }
path_hangs() { dmsetup suspend --noflush --nolockfs "$1"; }
path_goes_on() { dmsetup resume "$1"; }

# mkmpath <name> <words behind the target's name, paths as /dev/mapper/...>
mkmpath() {
	load_modules dm-mpath-ext
	dmsetup create "$1" --table "0 $(blockdev --getsz /dev/tier/disk) mpath-ext ${*:2}"
}

devno() { stat -Lc '%Hr:%Lr' "/dev/mapper/$1"; }

# path_words <map> <path>: its letter, fail count, state, latency, in flight, hedges
# sent and hedges won
path_words() {
	dmsetup status "$1" | tr ' ' '\n' | grep -A7 -x "$(devno "$2")" | tail -n +2 | tr '\n' ' '
}

in_flight() { path_words "$1" "$2" | cut -d' ' -f5; }
hedges_sent() { path_words "$1" "$2" | cut -d' ' -f6; }
hedges_won() { path_words "$1" "$2" | cut -d' ' -f7; }

# path_state_is <map> <path> <state>
path_state_is() {
	local words
	read -r -a words <<<"$(path_words "$1" "$2")"
	[[ ${words[2]} == "$3" ]]
}

group_in_use() { dmsetup status "$1" | awk '{ print $9 }'; }
group_is() { [[ $(group_in_use "$1") == "$2" ]]; }
# does I/O wait for a path?
holds() { (($(dmsetup status "$1" | awk '{ print $5 }') > 0)); }

# verify_load <file> <seconds> [<fio option>...]: writes and reads back, round
# after round, in the background; its errors fail the case that waits for it.
# enough_load <process id>: no further round, and wait.
verify_load() {
	local file=$1 seconds=$2
	shift 2
	(
		end=$((SECONDS + seconds)) round=1
		while ((SECONDS < end)) && [[ ! -e $T/enough ]]; do
			fio --name=load --thread --filename="$file" --direct=1 --ioengine=libaio \
				--iodepth=8 --rw=randwrite --bs=4k --size=4M --randseed="$round" \
				--verify=crc32c --do_verify=1 --verify_fatal=1 --serialize_overlap=1 \
				--verify_state_save=0 --output="$T/fio" "$@" || {
				cat "$T/fio"
				exit 1
			}
			round=$((round + 1))
		done
	) &
}

enough_load() {
	touch "$T/enough"
	wait "$1"
	rm "$T/enough"
}

# read_said: what the kernel said of each line that "stir wrong" has tried, by its
# number, in the caller's array $said. The log is gone through once.
read_said() {
	local line at=''
	while IFS= read -r line; do
		if [[ $line == *"stir: line "* ]]; then
			at=${line##*"stir: line "}
			at=${at%.}
			[[ $at != end ]] || at=''
			[[ ! $at ]] || said[at]=''
		elif [[ $at ]]; then
			said[at]+=$line$'\n'
		fi
	done < <(dmesg)
}
