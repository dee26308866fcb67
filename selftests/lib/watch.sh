# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# In the guest, for run-group: what tests leave behind in the kernel. Leaks and
# coverage are for the debug kernel; on others these do nothing.

complaints=$(</dm-tier/selftests/vm/complaints)
readonly kmemleak=/sys/kernel/debug/kmemleak gcov=/sys/kernel/debug/gcov

# clean: nothing that the next test would stumble over
clean() {
	! dmesg | grep -qE "$complaints" &&
		! dmsetup ls 2>/dev/null | grep -qv '^No devices' &&
		! compgen -G '/sys/kernel/config/nullb/*/' >/dev/null
}

# What is lost before the first test is not the tests' doing.
watch_start() {
	[[ -e $kmemleak ]] || return 0
	echo scan >"$kmemleak"
	echo clear >"$kmemleak"
}

# leak_free: prints what was lost, and fails then. An object counts once it is five
# seconds old and two scans have found nothing that points to it: a pointer may be
# in a register, or on its way from one list to another, during one.
leak_free() {
	[[ -e $kmemleak ]] || return 0
	sleep 6
	echo scan >"$kmemleak"
	[[ -s $kmemleak || $(head -c 1 "$kmemleak") ]] || return 0
	sleep 6
	echo scan >"$kmemleak"
	! grep . "$kmemleak"
	local status=$?
	echo clear >"$kmemleak"
	return "$status"
}

# What ran of our modules, for ../coverage: on the VM's first disk, as a tar.
# gcov's files say 0 for their size, hence the copy.
save_coverage() {
	[[ -e /dev/vm/disk0 && -e $gcov/reset ]] || return 0
	local dir file
	dir=$(mktemp -d)
	find "$gcov" -name '*.gcda' | while read -r file; do
		mkdir -p "$dir/$(dirname "${file#"$gcov"/}")"
		cat "$file" >"$dir/${file#"$gcov"/}"
	done
	tar -C "$dir" -cf - . | dd of=/dev/vm/disk0 bs=64k conv=sync oflag=direct iflag=fullblock status=none
}
