# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# For scripts in the guest, tests and others.

# insert <name>: a module of this tree's, and what it needs on this kernel.
insert() {
	local file=/dm-tier/$1/$1.ko needs
	IFS=, read -r -a needs < <(modinfo -F depends "$file")
	modprobe -a dm-mod "${needs[@]}" && insmod "$file"
}

# link_disk <name>: /dev/tier/<name> for the null_blk of that name, which runs
link_disk() {
	local node=/dev/$1 # newer kernels name the disk after its directory
	[[ -b $node ]] || node=/dev/nullb$(<"/sys/kernel/config/nullb/$1/index")
	[[ -b $node ]] || return
	mkdir -p /dev/tier
	ln -sfn "$node" "/dev/tier/$1"
}

# timed_disk <name> <MiB> <access time in ns> <queue depth>
timed_disk() {
	local dir=/sys/kernel/config/nullb/$1 a
	mkdir "$dir"
	for a in size="$2" blocksize=512 memory_backed=1 discard=1 submit_queues=1 \
		irqmode=2 completion_nsec="$3" hw_queue_depth="$4"; do
		echo "${a#*=}" >"$dir/${a%%=*}"
	done
	echo 1 >"$dir/power"
	link_disk "$1"
}

# status_value <device> <key>: of the key=value pairs in its status.
status_value() {
	dmsetup status "$1" | tr ' ' '\n' | sed -n "s/^$2=//p"
}
