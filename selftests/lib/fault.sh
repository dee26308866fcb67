# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Memory that is refused. The debug kernel can let the n-th allocation of a thread fail;
# here only those count that have one of our modules on the stack, whether they are its
# own or made for it by device-mapper, the block layer or others.

readonly debugfs=/sys/kernel/debug
readonly faults=$tree/selftests/lib/faults

# faults_in <module>: which is loaded
faults_in() {
	local sections=/sys/module/${1//-/_}/sections kind start
	[[ -e $debugfs/failslab/require-start && -e $debugfs/fail_page_alloc/require-start &&
		-e /proc/self/fail-nth ]] ||
		skip "this kernel refuses no memory on demand; the debug kernel does"
	start=$(<"$sections/.text")
	for kind in failslab fail_page_alloc; do
		echo 0 >"$debugfs/$kind/verbose"
		echo N >"$debugfs/$kind/ignore-gfp-wait"
		echo "$start" >"$debugfs/$kind/require-start"
		printf '0x%x\n' $((start + $(<"/sys/module/${1//-/_}/coresize"))) \
			>"$debugfs/$kind/require-end"
		echo 32 >"$debugfs/$kind/stacktrace-depth"
	done
	echo N >"$debugfs/fail_page_alloc/ignore-gfp-highmem"
	echo 0 >"$debugfs/fail_page_alloc/min-order"
}

# keep <table>: of another device of the kind that is to be tried, so that what all
# devices of the kind share is there. The kernel has much to say of a slab that it
# cannot make.
keep() { dmsetup create keeper --table "$1"; }

# messages_fail <device>: the input is lines of a message and, behind a colon, the one that
# takes it back
messages_fail() {
	local words back
	while IFS=: read -r words back; do
		echo "$words"
		# those that need no memory are told of
		"$faults" message "$1" "$words" ${back:+"$back"} || (($? == 3))
	done
}
