#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Install the Debian packages that one task needs.
#
#   install-deps.sh [build] [vm] [fuzz] [lint]      (default: build vm)
#
# Does nothing, and asks no server, when all of them are there already.
set -euo pipefail

declare -A packages=(
	[build]="build-essential pkg-config libnl-3-dev libnl-genl-3-dev
		libsqlite3-dev libjson-c-dev libmicrohttpd-dev libinih-dev
		libsystemd-dev libdevmapper-dev libpng-dev libgcrypt20-dev libcmocka-dev"
	[vm]="qemu-system-x86 mmdebstrap debian-archive-keyring busybox-static
		cpio kmod e2fsprogs util-linux python3-minimal python3-yaml"
	[fuzz]="clang libclang-rt-dev"
	[lint]="shellcheck sparse xz-utils perl linux-headers-amd64 linux-source"
)

wanted=()
for group in "${@:-build vm}"; do
	for g in $group; do
		if [[ ! -v packages[$g] ]]; then
			echo "install-deps: no such group: $g (there are: ${!packages[*]})" >&2
			exit 2
		fi
		read -r -d '' -a list <<<"${packages[$g]}" || true
		wanted+=("${list[@]}")
	done
done

missing() {
	local p
	for p in "$@"; do
		# ${db:Status-Status} is dpkg's, not the shell's.
		# shellcheck disable=SC2016
		[[ $(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null) == installed ]] ||
			echo "$p"
	done
}

mapfile -t need < <(missing "${wanted[@]}")
((${#need[@]})) || exit 0

if ((EUID)); then
	echo "install-deps: root is needed to install: ${need[*]}" >&2
	exit 1
fi

echo "install-deps: installing ${need[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
# Others may be running apt at this moment: wait for its lock.
apt=(apt-get -q -y -o DPkg::Lock::Timeout=600)
if ! "${apt[@]}" update >&2; then
	# A third party's source that is down is none of our business.
	echo "install-deps: apt-get update failed; going on with what is known" >&2
fi
"${apt[@]}" install --no-install-recommends "${need[@]}" >&2 </dev/null || true

mapfile -t need < <(missing "${wanted[@]}")
if ((${#need[@]})); then
	echo "install-deps: could not install: ${need[*]}" >&2
	exit 1
fi
