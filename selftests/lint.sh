#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# checkpatch --strict, kernel-doc and sparse over the kernel code, shellcheck over
# the scripts. Fails if any of them has something to say.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.." || exit
status=0

# These come only inside the archive of the kernel's source.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/dm-tier
archive=$(printf '%s\n' /usr/src/linux-source-*.tar.xz | sort -V | tail -n 1)
checkpatch=$cache/checkpatch-$(basename "$archive" .tar.xz)
if [[ ! -e $checkpatch/kernel-doc ]]; then
	echo "lint: taking checkpatch out of $(basename "$archive") (once)"
	mkdir -p "$checkpatch"
	tar -C "$checkpatch" --strip-components=2 --wildcards -xf "$archive" \
		'*/scripts/checkpatch.pl' '*/scripts/kernel-doc' '*/scripts/spelling.txt' \
		'*/scripts/const_structs.checkpatch' || exit
fi

echo "lint: checkpatch"
# check <more options> -- <git pathspec>...
check() {
	local options=() sources
	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	mapfile -t sources < <(git ls-files --cached --others --exclude-standard "$@")
	((${#sources[@]} == 0)) ||
		perl "$checkpatch/checkpatch.pl" --no-tree --strict --quiet --terse --no-summary \
			--show-types "${options[@]}" --file "${sources[@]}" || status=1
}
# tier-portable-user.h is not kernel code: it makes the kernel's words for the
# pure files in user space. What user space includes has no __packed.
check -- 'dm-tier/*.[ch]' 'dm-mpath-ext/*.[ch]' ':!dm-tier/tier-portable-user.h'
check --ignore PREFER_DEFINED_ATTRIBUTE_MACRO -- 'uapi/*.h'

log=$(mktemp)
trap 'rm -f "$log"' EXIT

echo "lint: kernel-doc"
perl "$checkpatch/kernel-doc" -v -none dm-tier/*.[ch] dm-mpath-ext/*.[ch] >"$log" 2>&1 || status=1
if grep -E 'warning:|error:' "$log" | grep -v '^dm-tier/tier-portable-user.h:'; then
	status=1
fi

echo "lint: sparse"
# sparse does not know __has_include; on the kernels that it reads, all is there.
make -s modules C=2 CF="-D'__has_include(x)=1'" >"$log" 2>&1 || status=1
if grep -E '(warning|error):' "$log"; then
	status=1
fi

echo "lint: shellcheck"
mapfile -t scripts < <(git ls-files | while read -r f; do
	if [[ $f == *.sh ]] || head -n 1 "$f" 2>/dev/null | grep -qE '^#!.*\b(ba)?sh\b'; then
		echo "$f"
	fi
done)
# SC2317: it does not see that run_test calls what it is given; SC2016: nor that
# `wait_for 10 eval '...'` expands it each time anew.
shellcheck -x -e SC2016,SC2317 "${scripts[@]}" || status=1

exit "$status"
