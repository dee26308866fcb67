#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# checkpatch --strict and sparse over the kernel code, shellcheck over the
# scripts. Fails if any of them has something to say.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.." || exit
status=0

# checkpatch.pl comes only inside the archive of the kernel's source.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/dm-tier
archive=$(printf '%s\n' /usr/src/linux-source-*.tar.xz | sort -V | tail -n 1)
checkpatch=$cache/checkpatch-$(basename "$archive" .tar.xz)
if [[ ! -e $checkpatch/checkpatch.pl ]]; then
	echo "lint: taking checkpatch out of $(basename "$archive") (once)"
	mkdir -p "$checkpatch"
	tar -C "$checkpatch" --strip-components=2 --wildcards -xf "$archive" \
		'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' \
		'*/scripts/const_structs.checkpatch' || exit
fi

echo "lint: checkpatch"
mapfile -t sources < <(git ls-files --cached --others --exclude-standard \
	'dm-tier/*.[ch]' 'dm-mpath-ext/*.[ch]' 'uapi/*.h')
((${#sources[@]} == 0)) ||
	perl "$checkpatch/checkpatch.pl" --no-tree --strict --quiet --terse --no-summary \
		--show-types --file "${sources[@]}" || status=1

echo "lint: sparse"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
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
# SC2317: it does not see that run_test calls what it is given.
shellcheck -x -e SC2317 "${scripts[@]}" || status=1

exit "$status"
