# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Kernels of our own, sourced by image.sh: Debian's source of 6.1 with everything
# on that watches over memory, locks and time. debug-kernel.config has what all
# flavours share, debug-kernel.<flavour> what one adds.
#
#   debug   KASAN, kmemleak, fault injection, gcov
#   kcsan   data races
#
# Once; about 15 minutes of two CPUs.

debug_flavours=(debug kcsan)

debug_packages=(
	gcc make flex bison bc libelf-dev libssl-dev perl binutils kmod
	xz-utils lz4 linux-source-6.1
)

# What of the source the build never looks at: half of it.
debug_unused=(
	'linux-source-6.1/arch/[a-wyz]*.[chS]' '*.dts*' '*/Documentation/[a-z]*' '*/tools/testing/*'
	'*/tools/perf/*' '*/sound/*.[ch]' '*/drivers/gpu/*.[ch]' '*/drivers/media/*.[ch]'
	'*/drivers/net/ethernet/*.[ch]' '*/drivers/net/wireless/*.[ch]'
	'*/drivers/staging/*.[ch]' '*/drivers/infiniband/*.[ch]'
)

# Run in the new tree, with the directory of the kernel's as /mnt. The filter of
# faults by stack trace is off on x86 in 6.1 for the sake of another unwinder than
# the one that is used here. KCSAN_SANITIZE=n: see debug-kernel.kcsan.
# shellcheck disable=SC2016
debug_build='
	mkdir -p /usr/src/linux
	cd /usr/src/linux
	tar -xf ../linux-source-6.1.tar.xz --strip-components=1 --anchored "$@"
	rm ../linux-source-6.1.tar.xz
	sed -i "/^config FAULT_INJECTION_STACKTRACE_FILTER/,/^config/{/depends on !X86_64/d}" \
		lib/Kconfig.debug
	make -s KCONFIG_ALLCONFIG=/mnt/config allnoconfig
	while read -r line; do
		case $line in CONFIG_*) grep -qxF "$line" .config || {
			echo "not to be had: $line"; missing=1
		} ;; esac
	done </mnt/config
	[ ! "$missing" ]
	make -s -j"$(nproc)" KCSAN_SANITIZE=n bzImage modules
	make -s INSTALL_MOD_PATH=/mnt/installed INSTALL_MOD_STRIP=1 modules_install
	cp arch/x86/boot/bzImage /mnt/vmlinuz
	make -s kernelrelease >/mnt/release
	mkdir -p "/lib/modules/$(cat /mnt/release)"
	ln -s /usr/src/linux "/lib/modules/$(cat /mnt/release)/build"
	find arch block crypto drivers fs init io_uring ipc kernel lib mm net security virt vmlinux* \
		-type f \( -name "*.c" -o -name "*.o" -o -name "*.a" -o -name "*.ko" -o -name "*.cmd" \
		-o -name "*.gcno" -o -name "vmlinux*" \) ! -path "arch/x86/tools/*" -delete
'

is_debug() {
	local flavour
	for flavour in "${debug_flavours[@]}"; do
		[[ $1 != "$flavour" ]] || return 0
	done
	return 1
}

# debug_kernel <flavour> <dir>: fill that with vmlinuz, release, tree/ and
# installed/, where its modules are
debug_kernel() {
	local flavour=$1 dir=$2 suites
	read -r -a suites <<<"$(suites_of 6.1)"
	bootstrap "$dir/tree" "$(IFS=,; echo "${debug_packages[*]}")" '' "${suites[@]}"
	cat "${tree:?}/selftests/vm/debug-kernel.config" "$tree/selftests/vm/debug-kernel.$flavour" >"$dir/config"
	if ! in_kernel_tree "$dir" "$dir" sh -ec "$debug_build" sh \
		"${debug_unused[@]/#/--exclude=}" >"${cache:?}/kernel-$flavour.log" 2>&1; then
		tail -n 40 "$cache/kernel-$flavour.log" >&2
		die "the kernel does not build (all of it is in $cache/kernel-$flavour.log)"
	fi
}

debug_recipe() {
	echo "${debug_packages[@]}" "${debug_unused[@]}" "$debug_build"
	cat "$tree/selftests/vm/debug-kernel.config" "$tree/selftests/vm/debug-kernel.$1"
	declare -f debug_kernel
}
