#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Show a pool at work, in a VM: what "make demo" runs.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
tree=$(dirname "$here")
out=$tree/demo-out
start=$SECONDS
make -s -C "$here/demo"
mkdir -p "$out"
rm -f "$out"/*
echo "Booting a VM (the first time this fetches and builds it: some minutes) ..."
status=0


"$here/vm/vm" --mem 3072 --timeout 900 --disk "$out/results.tar:4M" --log "$out/console.log" \
	run selftests/demo/guest.sh "$([[ -t 1 ]] && echo color || echo plain)" | tee "$out/demo.log" || status=$?
if tar -C "$out" -xf "$out/results.tar" 2>/dev/null; then
	rm -f "$out/results.tar"
	echo "The heat map as a picture: ${out#"$tree"/}/heat.png"
fi
if ((status)); then
	echo "demo: FAILED ($status); the guest's console is in ${out#"$tree"/}/console.log" >&2
else
	echo "demo: all checks passed, $((SECONDS - start)) s"
fi
exit "$status"
