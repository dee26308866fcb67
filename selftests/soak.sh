#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Everything at once, for SOAK_SECONDS (3600): load with checksums, moves, evacuations,
# reloads, paths that fail and hang, tierd killed, and the power cut in the midst of it.
# The same disks are used all the time. SEED=<n> chooses what is done when; VM_KERNEL=
# the kernel. What is left is kept if something goes wrong.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
seconds=${SOAK_SECONDS:-3600}
seed=${SEED:-$((SRANDOM % 1000000))}
work=$(mktemp -d)
durable=0 rounds=0 cuts=0
RANDOM=$seed
echo "# soak: $seconds s, SEED=$seed"

# boot <seconds until it ends by itself; 0: never> <seed>; in a subshell, which has a
# RANDOM of its own
boot() {
	: >"$work/out"
	exec "$here/vm/vm" --timeout 900 --pidfile "$work/pid" --log "$work/console" \
		--disk "$work/meta:16M" --disk "$work/fast:96M" --disk "$work/mid:96M" \
		--disk "$work/slow:128M" \
		run selftests/soak/guest.sh "$durable" "$2" "$1" >"$work/out" 2>"$work/err"
}

broken() {
	tail -n 30 "$work/out" "$work/err"
	echo "# soak: $1, in round $rounds; SEED=$seed; disks and outputs are in $work"
	exit 1
}

# wait for the guest to say that it works, then cut the power so many seconds later
cut_after() {
	local end=$((SECONDS + 600))
	until grep -qs '^ready' "$work/out"; do
		kill -0 "$vm" 2>/dev/null || broken "the guest ended by itself"
		((SECONDS < end)) || broken "the guest does not start"
		sleep 0.5
	done
	sleep "$1"
	kill -9 "$(<"$work/pid")" || :
	wait "$vm" || :
	grep -q 'QEMU: 137' "$work/err" || broken "the guest ended by itself"
	cuts=$((cuts + 1))
}

while ((SECONDS < seconds)); do
	rounds=$((rounds + 1))
	# at times while the start before is still being made good
	((RANDOM % 5)) && lasts=$((20 + RANDOM % 100)) || lasts=$((RANDOM % 5))
	rm -f "$work/out" "$work/pid"
	guest_seed=$RANDOM
	if ((RANDOM % 4)); then
		boot 0 "$guest_seed" &
		vm=$!
		cut_after "$lasts"
	else
		(boot "$lasts" "$guest_seed") || broken "round of $lasts s"
	fi
	number=$(sed -n 's/^durable \([0-9]\{1,\}\)$/\1/p' "$work/out" | tail -n 1)
	durable=${number:-$durable}
	grep '^did ' "$work/out" >>"$work/done" || :
	echo "# $SECONDS s: round $rounds, power cut $cuts times, $durable records durable"
done
echo "# soak: $SECONDS s, $rounds rounds, $cuts power cuts, $durable records; done besides:"
cut -d' ' -f2- "$work/done" | sort | uniq -c
rm -rf "$work"
