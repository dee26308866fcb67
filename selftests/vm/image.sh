# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Everything that the VM boots from, sourced by ./vm:
#
#   root_image            the guest's userland, the same for every kernel
#   kernel_dir <version>  one of Debian's kernels, with its modules and the
#                         tree (headers, compiler) that builds modules for it
#   build_modules <dir>   this tree's modules for that kernel
#   tree_image <out> ...  this tree with those modules, as the guest sees it
#   initramfs <dir>       what finds and mounts the above
#
# The first two come from Debian's packages, take about a minute, and are cached
# under names that hold a hash of all that went into them.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/dm-tier
build=${tree:?}/.build
# shellcheck source=selftests/vm/debug-kernel.sh
source "$tree/selftests/vm/debug-kernel.sh"

guest_packages=(
	bash coreutils util-linux mount kmod procps iproute2 jq xxd curl
	dmsetup fio e2fsprogs xfsprogs sqlite3 python3 thin-provisioning-tools
	sg3-utils open-iscsi
	libnl-3-200 libnl-genl-3-200 libsqlite3-0 libjson-c5 libmicrohttpd12
	libgcrypt20 libinih1 libsystemd0 libdevmapper1.02.1 libpng16-16 libcmocka0
)

# suites_of <version>: those that have it. The compiler must come from there as
# well: a kernel's header package is bound to its own suite's gcc and glibc.
suites_of() {
	case $1 in
	6.1) echo bookworm bookworm-updates bookworm-security ;;
	6.12) echo trixie trixie-updates trixie-security ;;
	[67].*) echo trixie trixie-updates trixie-security trixie-backports ;;
	*) die "unknown kernel $1 (there are 6.1, 6.12 and what trixie-backports has: 7.2)" ;;
	esac
}

# Run in the new directory: the newest kernel of that version. The metapackages
# name only the newest of all. `as` and perl are for the build of modules.
# shellcheck disable=SC2016
install_kernel='
	image=$(apt-cache pkgnames "linux-image-$1." | sort -V |
		grep -xE "linux-image-$1\\.[^-]*(-[0-9]+)?-amd64" | tail -n 1)
	[ "$image" ] || { echo "the archive has no kernel $1" >&2; exit 1; }
	apt-get -q -y install --no-install-recommends make kmod binutils perl \
		"$image" "linux-headers-${image#linux-image-}"'

# What no storage test loads, by far the larger part of a kernel package.
unused_modules=(
	sound net/wireless net/mac80211 net/bluetooth
	drivers/{gpu,media,net,infiniband,staging,iio,hid,usb,bluetooth,hwmon}
	drivers/{input,video,platform,mfd,power,thunderbolt,edac,i2c,comedi}
)

say() { echo "vm: $*" >&2; }
die() { say "$*"; exit 1; }

# One builder at a time, others wait and then find the work done.
lock() {
	mkdir -p "$cache" "$build"
	exec {lock_fd}>"$1"
	flock "$lock_fd"
}
unlock() { exec {lock_fd}>&-; }

# apt's own idea of where Debian is, so that a local mirror is used here too.
# Prints the sources.list lines for the suites given.
debian_sources() {
	local site release main='' security='' suite
	# SITE and RELEASE are apt's variables, not the shell's.
	# shellcheck disable=SC2016
	while IFS='|' read -r site release; do
		case $release in
		bookworm) main=$site ;;
		bookworm-security) security=$site ;;
		esac
	done < <(apt-get indextargets --format '$(SITE)|$(RELEASE)' 'Created-By: Packages')
	[[ $main ]] || die "apt has no source for bookworm"
	for suite in "$@"; do
		case $suite in
		*-security) [[ ! $security ]] || echo "deb $security $suite main" ;;
		*) echo "deb $main $suite main" ;;
		esac
	done
}

# bootstrap <dir> <packages> <hook> <suite>...: the hook, if any, ends the work
bootstrap() {
	local dir=$1 include=$2 hook=$3 log=$1.log
	shift 3
	local quiet=(--dpkgopt=path-exclude=/usr/share/{doc,man,locale,info}/\*)
	# INITRD=No: the hook of initramfs-tools then makes no initrd of its own.
	if ! debian_sources "$@" |
		INITRD=No DEBIAN_FRONTEND=noninteractive mmdebstrap --mode=root \
			--variant=apt --aptopt="APT::Default-Release \"${!#}\"" \
			"${quiet[@]}" ${include:+--include="$include"} \
			${hook:+--customize-hook="$hook"} \
			--format=directory "$1" "$dir" - >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		die "mmdebstrap failed"
	fi
	rm -f "$log"
}

# pack <dir> <image>: uncompressed, since under TCG unpacking costs more than
# reading, and sparse.
pack() {
	local kib
	kib=$(du -sk --apparent-size "$1" | cut -f1)
	rm -f "$2"
	mke2fs -q -t ext4 -O ^has_journal,^resize_inode,^metadata_csum -m 0 \
		-i 8192 -L dm-tier -d "$1" "$2" "$((kib * 3 / 2 + 32768))k" >/dev/null
}

hash_of() { sha256sum | cut -c1-12; }

root_image() {
	local key out tmp
	key=$({ printf '%s\n' "${guest_packages[@]}"; declare -f bootstrap pack; } | hash_of)
	out=$cache/root-$key.img
	if [[ ! -e $out ]]; then
		lock "$cache/root.lock"
		if [[ ! -e $out ]]; then
			say "making the root image (once)"
			tmp=$(mktemp -d "$cache/tmp.XXXXXX")
			bootstrap "$tmp/root" "$(IFS=,; echo "${guest_packages[*]}")" '' \
				bookworm bookworm-updates bookworm-security
			mkdir -p "$tmp/root/dm-tier" "$tmp/root/lib/modules"
			pack "$tmp/root" "$tmp/img"
			mv "$tmp/img" "$out"
			rm -rf "$tmp"
		fi
		unlock
	fi
	echo "$out"
}

# A directory with: release, vmlinuz, modules.img, initrd-modules/, tree/
kernel_dir() {
	local version=$1 key out tmp
	key=$({ kernel_recipe "$version"; declare -f bootstrap pack kernel_dir pack_modules; } | hash_of)
	out=$cache/kernel-$version-$key
	if [[ ! -e $out ]]; then
		lock "$cache/kernel-$version.lock"
		if [[ ! -e $out ]]; then
			tmp=$(mktemp -d "$cache/tmp.XXXXXX")
			if is_debug "$version"; then
				say "building the $version kernel (once; 10 to 20 minutes)"
				debug_kernel "$version" "$tmp"
			else
				say "fetching kernel $version (once)"
				debian_kernel "$version" "$tmp"
			fi
			pack_modules "$tmp" "$(<"$tmp/release")"
			mv "$tmp" "$out"
		fi
		unlock
	fi
	echo "$out"
}

# kernel_recipe <version>: all that decides what it becomes
kernel_recipe() {
	if is_debug "$1"; then
		debug_recipe "$1"
	else
		suites_of "$1"
		echo "${unused_modules[@]}" "$install_kernel"
		declare -f debian_kernel
	fi
}

# debian_kernel <version> <dir>: fill that with vmlinuz, release, tree/ and
# installed/, where its modules are
debian_kernel() {
	local version=$1 dir=$2 release suites hook m
	suites=$(suites_of "$version")
	read -r -a suites <<<"$suites"
	hook="chroot \"\$1\" sh -ec '$install_kernel' sh $version"
	bootstrap "$dir/tree" '' "$hook" "${suites[@]}"
	release=$(cd "$dir/tree/boot" && echo vmlinuz-*-amd64)
	release=${release#vmlinuz-}
	echo "$release" >"$dir/release"
	mv "$dir/tree/boot/vmlinuz-$release" "$dir/vmlinuz"
	mkdir -p "$dir/installed/lib/modules"
	cp -a "$dir/tree/lib/modules/$release" "$dir/installed/lib/modules/"
	for m in "${unused_modules[@]}"; do
		rm -rf "$dir/installed/lib/modules/$release/kernel/$m"
	done
	rm -rf "$dir/tree/lib/modules/$release/kernel"
}

# pack_modules <dir> <release>: what is in installed/, as an image, and the few
# that the guest needs to mount it
pack_modules() {
	local dir=$1 release=$2
	rm -f "$dir/installed/lib/modules/$release/"{build,source}
	depmod -b "$dir/installed" "$release" 2>/dev/null
	pack "$dir/installed/lib/modules" "$dir/modules.img"
	initrd_modules "$dir" "$release"
	rm -r "$dir/installed"
}

# The few modules that reach the disks, numbered in the order of loading.
initrd_modules() {
	local dir=$1 release=$2 n=10 file name
	mkdir "$dir/initrd-modules"
	for file in virtio_pci virtio_blk virtio_console ext4 overlay; do
		modprobe -d "$dir/installed" -S "$release" --show-depends "$file"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' |
		while read -r file; do
			name=$(basename "$file")
			case $file in
			*.xz) xz -dc "$file" >"$dir/initrd-modules/$n-${name%.xz}" ;;
			*) cp "$file" "$dir/initrd-modules/$n-$name" ;;
			esac
			n=$((n + 1))
		done
}

# Build this tree's modules in a copy under .build, inside the kernel's own
# tree: so several kernels' objects live side by side, a compiler that the host
# lacks is no matter, and make only makes what changed.
build_modules() {
	local kernel=$1 release dir d watched=()
	release=$(<"$kernel/release")
	[[ $release != *-debug ]] || watched=(GCOV_PROFILE=y UBSAN_SANITIZE=y)
	dir=$build/modules-$release
	lock "$build/modules-$release.lock"
	mkdir -p "$dir"
	cp -u "$tree/Kbuild" "$dir/"
	for d in dm-tier dm-mpath-ext uapi; do
		[[ -d $tree/$d ]] || continue
		mkdir -p "$dir/$d"
		(cd "$tree/$d" && find . -type f \( -name '*.[ch]' -o -name '*.mk' -o -name Kbuild \) \
			! -name '*.mod.c' -print0 | xargs -0r cp -u --parents -t "$dir/$d")
		# A source that went away must not live on in the copy.
		(cd "$dir/$d" && find . -type f -name '*.[ch]' ! -name '*.mod.c') |
			while read -r f; do
				[[ -e $tree/$d/$f ]] || rm "$dir/$d/$f"
			done
	done
	if ! in_kernel_tree "$kernel" "$dir" \
		make -s -j"$(nproc)" -C "/lib/modules/$release/build" M=/mnt \
		W="${W:-}" ${watched[@]+"${watched[@]}"} modules >"$dir.log" 2>&1; then
		cat "$dir.log" >&2
		die "modules do not build for $release"
	fi
	unlock
	echo "$dir"
}

# in_kernel_tree <kernel dir> <dir seen as /mnt> <command>...
in_kernel_tree() {
	# $1 and $@ are for the inner shell.
	# shellcheck disable=SC2016
	unshare --mount --propagation private bash -euc '
		root=$1 work=$2; shift 2
		mount --bind "$work" "$root/mnt"
		mount -t proc proc "$root/proc"
		mount -t tmpfs tmp "$root/tmp"
		[[ -c $root/dev/null ]] || mount --rbind /dev "$root/dev"
		exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
			LC_ALL=C HOME=/tmp "$@"' in_kernel_tree "$1/tree" "$2" "${@:3}"
}

# tree_image <image> <modules dir> <command>...: what the guest mounts on
# /dm-tier, a snapshot, so that editing during a run disturbs nothing.
tree_image() {
	local out=$1 modules=$2 stage=$1.d word told=()
	shift 2
	mkdir "$stage"
	# what the native tests build and write meanwhile is not the guest's business
	tar -C "$tree" -cf - --exclude=./.git --exclude=./.build --exclude=./selftests/fuzz \
		--exclude=./selftests/unit --exclude=./userspace/sanitize --exclude='*.o' \
		--exclude='*.ko' --exclude='*.cmd' --exclude='*.a' . | tar -C "$stage" -xf -
	(cd "$modules" && find . -name '*.ko' -print0 | xargs -0r cp --parents -t "$stage")
	mkdir "$stage/.vm"
	# what tests may be told
	for word in CYCLES MESSAGES SEED; do
		[[ ! ${!word:-} ]] || told+=("$word=${!word}")
	done
	printf '%q ' env "TIMEOUT_FACTOR=${TIMEOUT_FACTOR:-1}" "${told[@]}" "$@" >"$stage/.vm/command"
	pack "$stage" "$out"
	rm -rf "$stage"
}

# initramfs <kernel dir> <out>
initramfs() {
	local dir=$2.d
	mkdir -p "$dir"/{bin,modules,dev,proc,sys,mnt}
	cp "$(command -v busybox)" "$dir/bin/busybox"
	ln -s busybox "$dir/bin/sh"
	cp "$1/initrd-modules/"* "$dir/modules/"
	cp "$tree/selftests/vm/initramfs-init" "$dir/init"
	(cd "$dir" && find . | cpio --quiet -o -H newc) >"$2"
	rm -rf "$dir"
}
