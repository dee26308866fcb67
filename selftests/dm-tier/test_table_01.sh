#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 150
# timeout: 900
# Table lines, good and bad; devices that hold something else; metadata copies.
# What the library reads, or calls by name, looks unused; no path has blanks.
# shellcheck disable=SC2034,SC2086,SC2317
set -euo pipefail
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"
# shellcheck source=selftests/lib/expect.sh
source "$(dirname "$0")/../lib/expect.sh"

readonly D=/dev/tier

disks() {
	mkdisk meta 4
	mkdisk mirror 4
	mkdisk a 16
	mkdisk b 16
}

create() {
	dmsetup create pool --table "0 4096 tier-pool $*"
}

# bad <regular expression> <words of the table line>...
bad() {
	refused "$1" create "${@:2}"
	[[ ! -e /dev/mapper/pool ]] || fail "a device was left behind by: ${*:2}"
}

good() {
	create "$@"
	assert_eq "$(dmsetup table pool | cut -d' ' -f1-3)" "0 4096 tier-pool"
	dmsetup remove pool
	wipe "$D/meta" "$D/mirror" "$D/a" "$D/b"
}

wipe() {
	local d
	for d in "$@"; do
		blkdiscard -f "$d"
	done
}

# --- words ----------------------------------------------------------------

test_missing_words() {
	disks
	load_modules dm-tier
	bad 'Not enough words'
	bad 'Not enough words' $D/meta
	bad 'Not enough words' $D/meta 2048
	bad 'Not enough words' $D/meta 2048 0
	bad 'Not enough words' $D/meta 2048 0 1
	bad 'Invalid number of devices' $D/meta 2048 0 1 ssd
	bad 'Invalid number of devices' $D/meta 2048 0 1 ssd 1
	bad 'Invalid number of devices' $D/meta 2048 0 1 ssd 2 $D/a
	bad 'Invalid tier name' $D/meta 2048 0 2 ssd 1 $D/a
	bad 'Invalid number of devices' $D/meta 2048 0 2 ssd 1 $D/a sas
	bad "'sas': Words left over" $D/meta 2048 0 1 ssd 1 $D/a sas
	bad 'Words left over' $D/meta 2048 0 1 ssd 1 $D/a $D/b
}

test_counts() {
	local n all=()
	disks
	load_modules dm-tier
	# the last ones are 1 to who looks at 32 bits only
	for n in 0 -1 +1 9 x 4294967297 18446744073709551617; do
		bad "'${n/+/[+]}': Invalid number of tiers" $D/meta 2048 0 "$n" ssd 1 $D/a
	done
	for n in 0 -1 +1 65 x 4294967297; do
		bad "'${n/+/[+]}': Invalid number of devices" $D/meta 2048 0 1 ssd "$n" $D/a
	done
	for n in -1 +0 9 x 77 4294967296; do
		bad "'${n/+/[+]}': Invalid number of feature" $D/meta 2048 "$n" 1 ssd 1 $D/a
	done
	for ((n = 1; n <= 9; n++)); do
		all+=("t$n" 1 "$D/a")
	done
	bad 'Invalid number of tiers' $D/meta 2048 0 9 "${all[@]}"
}

test_extent_sizes() {
	local n
	disks
	mkdisk big 2048
	load_modules dm-tier
	for n in 0 1 64 127 129 2047 3072 4194304 -2048 +2048 4294969344 2048x x '' 18446744073709551616; do
		[[ $n ]] || continue
		bad 'power of two' $D/meta "$n" 0 1 ssd 1 $D/a
	done
	for n in 128 2048 16384; do
		good $D/meta "$n" 0 1 ssd 1 $D/a
	done
	bad 'too small' $D/meta 32768 0 1 ssd 1 $D/a
	bad 'too small' $D/meta 2097152 0 1 ssd 1 $D/a
	good $D/meta 2097152 0 1 ssd 1 $D/big
}

test_names() {
	local long=abcdefghijklmnopqrstuvwxyz01234 n
	disks
	load_modules dm-tier
	assert_eq ${#long} 31
	good $D/meta 2048 0 1 $long 1 $D/a
	good $D/meta 2048 0 1 A-b_c.d+1 1 $D/a
	for n in "${long}5" none a/b a,b a:b -a .a 'a=b' 'a%n' $'\303\244'; do
		bad 'Invalid tier name' $D/meta 2048 0 1 "$n" 1 $D/a
	done
	bad "'ssd': Tier name given twice" $D/meta 2048 0 2 ssd 1 $D/a ssd 1 $D/b
}

test_features() {
	disks
	load_modules dm-tier
	good $D/meta 2048 1 error_if_no_space 1 ssd 1 $D/a
	good $D/meta 2048 3 skip_zeroing no_discard_passdown error_if_no_space 1 ssd 1 $D/a
	good $D/meta 2048 2 metadata_mirror $D/mirror 1 ssd 1 $D/a
	bad "'bogus': Unknown feature" $D/meta 2048 1 bogus 1 ssd 1 $D/a
	bad "'skip_zeroing': Feature given twice" $D/meta 2048 2 skip_zeroing skip_zeroing 1 ssd 1 $D/a
	bad 'metadata_mirror needs a device' $D/meta 2048 1 metadata_mirror 1 ssd 1 $D/a
	bad 'metadata_mirror given twice' $D/meta 2048 4 metadata_mirror $D/mirror \
		metadata_mirror $D/mirror 1 ssd 1 $D/a
	bad 'is the metadata device itself' $D/meta 2048 2 metadata_mirror $D/meta 1 ssd 1 $D/a
	bad 'Device given twice' $D/meta 2048 2 metadata_mirror $D/a 1 ssd 1 $D/a
	bad 'blank metadata device cannot be read_only' $D/meta 2048 1 read_only 1 ssd 1 $D/a
}

test_devices() {
	disks
	load_modules dm-tier
	bad "pool: table line: '$D/none': Cannot open" $D/none 2048 0 1 ssd 1 $D/a
	bad 'Cannot open' $D/meta 2048 0 1 ssd 1 $D/none
	bad 'Cannot open' $D/meta 2048 0 1 ssd 1 4095:77
	bad 'Cannot open' $D/meta 2048 0 1 ssd 1 /dev/null
	bad 'Cannot open' $D/meta 2048 0 1 ssd 1 /etc/passwd
	bad 'Cannot open' $D/meta 2048 2 metadata_mirror $D/none 1 ssd 1 $D/a
	bad 'Device given twice' $D/meta 2048 0 1 ssd 1 $D/meta
	bad "'$D/a': Device given twice" $D/meta 2048 0 1 ssd 2 $D/a $D/a
	bad 'Device given twice' $D/meta 2048 0 2 ssd 1 $D/a sas 1 $D/a
	bad 'Device given twice' $D/meta 2048 0 1 ssd 2 $D/a "$(dev_number a)"
}

# Device-mapper takes numbers modulo 2^32: these would be meta, a and the pool.
test_device_numbers() {
	local n number
	disks
	load_modules dm-tier
	n=$(dev_number a)
	for number in "$((4294967296 + ${n%:*})):${n#*:}" "${n%:*}:$((4294967296 + ${n#*:}))" \
		"$((8589934592 + ${n%:*})):${n#*:}" "18446744073709551616${n%:*}:${n#*:}" \
		"$n:" "$n:0" "$n:0:" ":$n" "-$n" "${n%:*}:-${n#*:}" "4096:0" "0:1048576" \
		"$(printf '1%08x' $(((${n%:*} << 8) + ${n#*:})))"; do
		bad 'Cannot open' $D/meta 2048 0 1 ssd 1 "$number"
	done
	n=$(dev_number meta)
	bad 'Cannot open' "$((4294967296 + ${n%:*})):${n#*:}" 2048 0 1 ssd 1 $D/a
	cmp -n 4194304 $D/meta /dev/zero
	cmp -n 4194304 $D/a /dev/zero
	good "$n" 2048 0 1 ssd 1 "$(dev_number a)"
	create $D/meta 2048 0 1 ssd 1 $D/a
	message pool create_lun 1 2048
	refused 'Cannot open the pool device' dmsetup create lun --table \
		"0 2048 tier $(dmsetup info -c --noheadings -o major,minor --separator : pool |
			awk -F: '{ print $1 + 4294967296 ":" $2 }') 1"
	refused 'is not a device of this pool' message pool fail_dev \
		"$(awk -F: '{ print $1 + 4294967296 ":" $2 }' <<<"$(dev_number a)")"
}

# The pool itself is none of its devices, by whatever name.
test_itself() {
	local table self name
	disks
	load_modules dm-tier
	create $D/meta 2048 0 1 ssd 1 $D/a
	table=$(dmsetup table pool)
	self=$(dmsetup info -c --noheadings -o major,minor --separator : pool)
	ln -s /dev/mapper/pool "$T/link"
	cd /dev/mapper
	for name in /dev/mapper/pool ./pool "$self" "$T/link" "/dev/dm-${self#*:}"; do
		refused 'This device is the pool itself' dmsetup load pool \
			--table "0 4096 tier-pool $D/meta 2048 0 1 ssd 2 $D/a $name"
		refused 'This device is the pool itself' dmsetup load pool \
			--table "0 4096 tier-pool $name 2048 0 1 ssd 1 $D/a"
		refused 'This device is the pool itself' dmsetup load pool \
			--table "0 4096 tier-pool $D/meta 2048 2 metadata_mirror $name 1 ssd 1 $D/a"
	done
	cd /
	assert_eq "$(dmsetup table pool)" "$table" "the live table"
	message pool create_lun 1 2048
	dmsetup create lun --table "0 2048 tier /dev/mapper/pool 1"
	refused 'Cannot open the pool device' dmsetup load lun --table "0 2048 tier /dev/mapper/lun 1"
	dmsetup remove lun
	dmsetup remove pool
	bad 'This device is the pool itself' $D/meta 2048 0 1 ssd 1 "$self"
}

test_starts() {
	disks
	load_modules dm-tier
	at() {
		printf '%s\n' "$@" | dmsetup create pool
	}
	expect_fail at "8 4096 tier-pool $D/meta 2048 0 1 ssd 1 $D/a"
	expect_fail at "0 0 tier-pool $D/meta 2048 0 1 ssd 1 $D/a"
	expect_fail at "0 4096 tier-pool $D/meta 2048 0 1 ssd 1 $D/a" "4096 8 error"
	expect_fail at "0 8 error" "8 4096 tier-pool $D/meta 2048 0 1 ssd 1 $D/a"
	[[ ! -e /dev/mapper/pool ]] || fail "a device was left behind"
	cmp -n 4194304 $D/meta /dev/zero
}

# A refusal that comes when the table goes live leaves nothing behind either.
test_metadata_too_small() {
	local before
	disks
	mkdisk huge 16384
	load_modules dm-tier
	dmsetup create tiny --table "0 512 linear $D/meta 0"
	bad 'too small' /dev/mapper/tiny 2048 0 1 ssd 1 $D/a
	dmsetup remove tiny
	cmp -n 524288 $D/meta /dev/zero
	before=$(dd if=$D/huge bs=1M count=2 status=none | md5sum)
	bad 'no room in the metadata' $D/meta 128 0 1 ssd 1 $D/huge
	assert_eq "$(dd if=$D/huge bs=1M count=2 status=none | md5sum)" "$before" "the data device"
}

# --- devices that hold something else ---------------------------------------

# foreign <kind> <dev>
foreign() {
	case $1 in
	ext4) mkfs.ext4 -q "$2" ;;
	random) dd if=/dev/urandom of="$2" bs=64K count=4 status=none ;;
	byte) # all zero but the last byte of the first 4 KiB
		printf x | dd of="$2" bs=1 seek=4095 conv=notrunc status=none ;;
	magic) # ours to look at, but no more
		printf dmtr | dd of="$2" bs=1 conv=notrunc status=none ;;
	# blank in the first 4 KiB
	btrfs) printf _BHRfS_M | dd of="$2" bs=1 seek=65600 conv=notrunc status=none ;;
	md) printf '\xfc\x4e\x2b\xa9' | dd of="$2" bs=1 seek=4096 conv=notrunc status=none ;;
	esac
}

test_foreign() {
	local kind sums
	disks
	load_modules dm-tier
	for kind in ext4 random byte magic btrfs md; do
		foreign $kind $D/meta
		sums=$(checksum $D/meta)
		bad 'holds something else' $D/meta 2048 0 1 ssd 1 $D/a
		assert_eq "$(checksum $D/meta)" "$sums" "$kind on the metadata device"
		wipe $D/meta

		foreign $kind $D/mirror
		sums=$(checksum $D/mirror)
		bad 'holds something else' $D/meta 2048 2 metadata_mirror $D/mirror 1 ssd 1 $D/a
		assert_eq "$(checksum $D/mirror)" "$sums" "$kind on the mirror"
		wipe $D/mirror

		foreign $kind $D/a
		sums=$(checksum $D/a)
		bad 'data device holds something else' $D/meta 2048 0 2 sas 1 $D/b ssd 1 $D/a
		assert_eq "$(checksum $D/a)" "$sums" "$kind on a data device"
		wipe $D/a
		cmp -n 4194304 $D/meta /dev/zero || fail "the metadata device was formatted all the same"
	done
}

test_foreign_known_pool() {
	local sums
	disks
	load_modules dm-tier
	create $D/meta 2048 0 1 ssd 1 $D/a
	dmsetup remove pool
	foreign ext4 $D/b
	sums=$(checksum $D/b)$(checksum $D/meta)
	bad 'data device holds something else' $D/meta 2048 0 1 ssd 2 $D/a $D/b
	assert_eq "$(checksum $D/b)$(checksum $D/meta)" "$sums" "the devices"
}

test_other_pools() {
	local sums
	disks
	mkdisk meta2 4
	mkdisk c 16
	mkdisk d 16
	load_modules dm-tier
	create $D/meta 2048 0 1 ssd 1 $D/a
	dmsetup create other --table "0 4096 tier-pool $D/meta2 2048 0 1 ssd 1 $D/b"
	bad2() {
		refused "$1" dmsetup create third --table "0 4096 tier-pool ${*:2}"
	}
	bad2 'in use by another pool' $D/meta 2048 0 1 ssd 1 $D/a
	bad2 'belongs to another pool' $D/mirror 2048 0 1 ssd 1 $D/a
	dmsetup remove pool
	dmsetup remove other
	sums=$(checksum $D/meta)$(checksum $D/meta2)$(checksum $D/a)$(checksum $D/b)
	# blank metadata, another pool's member
	bad 'belongs to another pool' $D/mirror 2048 0 1 ssd 1 $D/b
	# known metadata, another pool's member
	bad "$(dev_number b) not taken" $D/meta 2048 0 1 ssd 2 $D/a $D/b
	# another pool's metadata as mirror
	bad 'different pools|another pool' $D/meta 2048 2 metadata_mirror $D/meta2 1 ssd 1 $D/a
	# a member as metadata, metadata as a member
	bad 'holds something else' $D/a 2048 0 1 ssd 1 $D/c
	bad 'holds something else' $D/mirror 2048 0 1 ssd 1 $D/meta
	assert_eq "$(checksum $D/meta)$(checksum $D/meta2)$(checksum $D/a)$(checksum $D/b)" \
		"$sums" "the devices"
	create $D/meta 2048 0 1 ssd 1 $D/a
	dmsetup create other --table "0 4096 tier-pool $D/meta2 2048 0 1 ssd 1 $D/b"
}

test_mirror_of_other_pool_by_reload() {
	local sums
	disks
	mkdisk meta2 4
	load_modules dm-tier
	dmsetup create other --table "0 4096 tier-pool $D/meta2 2048 0 1 ssd 1 $D/b"
	dmsetup remove other
	sums=$(checksum $D/meta2)
	create $D/meta 2048 0 1 ssd 1 $D/a
	refused 'another pool' reload_table pool \
		"0 4096 tier-pool $D/meta 2048 2 metadata_mirror $D/meta2 1 ssd 1 $D/a"
	assert_eq "$(checksum $D/meta2)" "$sums" "the other pool's metadata"
	message pool create_lun 1 2048
}

# --- reload, restart ----------------------------------------------------------

test_reload_refused() {
	local table
	disks
	mkdisk tiny 1
	load_modules dm-tier
	create $D/meta 2048 0 1 ssd 1 $D/a
	table=$(dmsetup table pool)
	reload() {
		dmsetup reload pool --table "0 4096 tier-pool $*"
	}
	refused 'extent size of a pool cannot be changed' reload $D/meta 1024 0 1 ssd 1 $D/a
	refused 'metadata device of a pool cannot be changed' reload $D/mirror 2048 0 1 ssd 1 $D/a
	refused 'too small' reload $D/meta 2048 0 1 ssd 2 $D/a $D/tiny
	foreign ext4 $D/b
	refused 'data device holds something else' reload $D/meta 2048 0 1 ssd 2 $D/a $D/b
	assert_eq "$(dmsetup table pool)" "$table" "the live table"
	message pool create_lun 1 2048
	dmsetup remove pool
	bad 'extents have 2048 sectors, the table says 1024' $D/meta 1024 0 1 ssd 1 $D/a
	bad 'belongs to tier ssd' $D/meta 2048 0 1 sas 1 $D/a
	create $D/meta 2048 0 1 ssd 1 $D/a
}

# What the metadata has no room for is refused before the pool is stopped.
test_no_room() {
	local table
	disks
	mkdisk huge 16384
	mkpool pool 128 meta ssd:a
	mklun lun pool 1 4M
	table=$(dmsetup table pool)
	refused 'no room in the metadata for 2 more devices' \
		dmsetup reload pool --table "$(pool_table 128 meta ssd:a,b,huge)"
	assert_eq "$(dmsetup table pool)" "$table" "the live table"
	cmp -n 4096 $D/huge /dev/zero
	write_pattern /dev/mapper/lun 0 2048 alpha
	dmsetup remove lun
	dmsetup remove pool
	bad 'no room in the metadata for 2 more devices' $D/meta 128 0 1 ssd 3 $D/a $D/b $D/huge
	cmp -n 4096 $D/b /dev/zero || fail "one of the two was taken"
	mkpool pool 128 meta ssd:a,b
	mklun lun pool 1
	check_pattern /dev/mapper/lun 0 2048 alpha
}

# One that goes wrong when it is to go live is not taken at the second try
# either, and the pool goes on with one that is right.
test_resume_refused_twice() {
	disks
	mkpool pool 128 meta ssd:a
	mklun lun pool 1 4M
	write_pattern /dev/mapper/lun 0 2048 alpha
	dmsetup reload pool --table "$(pool_table 128 meta ssd:a,b)"
	foreign byte $D/b
	sync # dm does not look at the cache
	refused 'not taken' dmsetup resume pool
	refused 'not taken' dmsetup resume pool
	reload_table pool "$(pool_table 128 meta ssd:a)"
	check_pattern /dev/mapper/lun 0 2048 alpha
	write_pattern /dev/mapper/lun 2048 2048 beta
	message pool create_lun 2 2048
}

test_read_only() {
	local sums
	disks
	mkpool pool 2048 meta ssd:a
	mklun lun pool 1 8M
	write_pattern /dev/mapper/lun 0 2048 alpha
	dmsetup remove lun
	dmsetup remove pool
	sums=$(checksum $D/meta)$(checksum $D/a)
	POOL_FEATURES=read_only mkpool pool 2048 meta ssd:a
	assert_match "$(dmsetup status pool)" ' ro 0 '
	dmsetup create lun --table "0 16384 tier /dev/mapper/pool 1"
	check_pattern /dev/mapper/lun 0 2048 alpha
	cmp -n 1048576 -i 1048576:0 /dev/mapper/lun /dev/zero
	expect_fail dd if=/dev/zero of=/dev/mapper/lun bs=4K count=1 oflag=direct
	expect_fail dd if=/dev/zero of=/dev/mapper/lun bs=4K seek=1024 count=1 oflag=direct
	expect_fail blkdiscard /dev/mapper/lun
	refused 'the pool is ro' message pool create_lun 2 2048
	dmsetup remove lun
	dmsetup remove pool
	assert_eq "$(checksum $D/meta)$(checksum $D/a)" "$sums" "the devices"
	mkpool pool 2048 meta ssd:a
	mklun lun pool 1
	write_pattern /dev/mapper/lun 0 2048 beta
}

test_read_only_by_reload() {
	disks
	mkpool pool 2048 meta ssd:a
	mklun lun pool 1 8M
	write_pattern /dev/mapper/lun 0 2048 alpha
	POOL_FEATURES=read_only
	reload_table pool "$(pool_table 2048 meta ssd:a)"
	assert_match "$(dmsetup status pool)" ' ro 0 '
	check_pattern /dev/mapper/lun 0 2048 alpha
	expect_fail dd if=/dev/zero of=/dev/mapper/lun bs=4K count=1 oflag=direct
	refused 'the pool is ro' message pool create_lun 2 2048
	POOL_FEATURES=
	refused 'read_only stays so' dmsetup reload pool --table "$(pool_table 2048 meta ssd:a)"
	dmsetup remove lun
	dmsetup remove pool
	mkpool pool 2048 meta ssd:a
	mklun lun pool 1
	check_pattern /dev/mapper/lun 0 2048 alpha
	write_pattern /dev/mapper/lun 0 2048 beta
}

# --- metadata copies ------------------------------------------------------------

mirrored() {
	POOL_FEATURES="metadata_mirror $D/mirror" mkpool pool 2048 meta ssd:a
}

test_mirror_either_alone() {
	disks
	mirrored
	assert_eq "$(status_value pool meta_copies)" 2
	mklun lun pool 1 8M
	write_pattern /dev/mapper/lun 0 8192 alpha
	dmsetup remove lun
	dmsetup remove pool
	wipe $D/meta
	mkpool pool 2048 mirror ssd:a
	mklun lun pool 1
	check_pattern /dev/mapper/lun 0 8192 alpha
	dmsetup remove lun
	dmsetup remove pool
	# the blank one is made anew from the other
	log_mark
	POOL_FEATURES="metadata_mirror $D/meta" mkpool pool 2048 mirror ssd:a
	logged 'metadata copy 1 rebuilt'
	assert_eq "$(status_value pool meta_copies)" 2
	dmsetup remove pool
	mkpool pool 2048 meta ssd:a
	mklun lun pool 1
	check_pattern /dev/mapper/lun 0 8192 alpha
}

test_mirror_stale() {
	disks
	mirrored
	mklun lun pool 1 8M
	dmsetup remove lun
	dmsetup remove pool
	# the mirror misses a session
	mkpool pool 2048 meta ssd:a
	mklun lun pool 1
	write_pattern /dev/mapper/lun 0 8192 alpha
	dmsetup remove lun
	dmsetup remove pool
	# alone it is refused: it knows nothing of what was written
	refused 'stale' mkpool pool 2048 mirror ssd:a
	log_mark
	mirrored
	logged 'metadata copy 1 rebuilt'
	dmsetup remove pool
	mkpool pool 2048 mirror ssd:a
	mklun lun pool 1
	check_pattern /dev/mapper/lun 0 8192 alpha
}

# As first device, too: which one is newer decides, not the order.
test_mirror_stale_first() {
	disks
	mirrored
	mklun lun pool 1 8M
	dmsetup remove lun
	dmsetup remove pool
	mkpool pool 2048 mirror ssd:a
	mklun lun pool 1
	write_pattern /dev/mapper/lun 0 8192 alpha
	dmsetup remove lun
	dmsetup remove pool
	log_mark
	mirrored
	logged 'metadata copy 0 rebuilt'
	mklun lun pool 1
	check_pattern /dev/mapper/lun 0 8192 alpha
}

test_mirror_by_reload() {
	disks
	mkpool pool 2048 meta ssd:a
	mklun lun pool 1 8M
	write_pattern /dev/mapper/lun 0 4096 alpha
	log_mark
	POOL_FEATURES="metadata_mirror $D/mirror"
	reload_table pool "$(pool_table 2048 meta ssd:a)"
	logged 'metadata copy 1 rebuilt'
	assert_eq "$(status_value pool meta_copies)" 2
	write_pattern /dev/mapper/lun 4096 4096 beta
	# and out again: the pool goes on with one
	POOL_FEATURES=
	reload_table pool "$(pool_table 2048 meta ssd:a)"
	assert_eq "$(status_value pool meta_copies)" 1
	write_pattern /dev/mapper/lun 8192 4096 gamma
	assert_match "$(dmsetup status pool)" ' rw '
	dmsetup remove lun
	dmsetup remove pool
	refused 'stale' mkpool pool 2048 mirror ssd:a
	mkpool pool 2048 meta ssd:a
	mklun lun pool 1
	check_pattern /dev/mapper/lun 0 4096 alpha
	check_pattern /dev/mapper/lun 4096 4096 beta
	check_pattern /dev/mapper/lun 8192 4096 gamma
}

# By way of its mirror, a pool that runs could be started again beside itself.
test_mirror_started_twice() {
	disks
	mirrored
	mklun lun pool 1 8M
	write_pattern /dev/mapper/lun 0 4096 alpha
	refused 'this pool is in use as pool' dmsetup create second \
		--table "0 4096 tier-pool $D/mirror 2048 0 1 ssd 1 $D/a"
	refused 'this pool is in use as pool' dmsetup create second \
		--table "0 4096 tier-pool $D/b 2048 2 metadata_mirror $D/mirror 1 ssd 1 $D/a"
	cmp -n 4096 $D/b /dev/zero
	write_pattern /dev/mapper/lun 4096 4096 beta
	dmsetup remove lun
	dmsetup remove pool
	mkpool pool 2048 mirror ssd:a
	mklun lun pool 1
	check_pattern /dev/mapper/lun 0 4096 alpha
	check_pattern /dev/mapper/lun 4096 4096 beta
}

test_mirror_too_small() {
	disks
	mkdisk small 1
	mkpool pool 2048 meta ssd:a
	POOL_FEATURES="metadata_mirror $D/small"
	refused '256 blocks, the pool.s metadata needs 1024' \
		dmsetup reload pool --table "$(pool_table 2048 meta ssd:a)"
	dmsetup remove pool
	bad '256 blocks, the pool.s metadata needs 1024' $D/meta 2048 2 metadata_mirror $D/small \
		1 ssd 1 $D/a
	cmp -n 1048576 $D/small /dev/zero
	# one that is there from the start sets the size
	wipe $D/meta $D/a
	mkpool pool 2048 meta ssd:a
	assert_match "$(dmsetup status pool)" '^[0-9 ]* tier-pool [0-9]+ [0-9]+/256 '
}

run_test "missing and left over words" test_missing_words
run_test "wrong counts" test_counts
run_test "extent sizes" test_extent_sizes
run_test "tier names" test_names
run_test "features" test_features
run_test "devices that are not there, or twice" test_devices
run_test "device numbers that are too large" test_device_numbers
run_test "a pool is no device of its own" test_itself
run_test "a pool is alone in its table, from its start" test_starts
run_test "metadata device too small" test_metadata_too_small
run_test "devices that hold something else are refused, untouched" test_foreign
run_test "so is one that joins a pool that exists" test_foreign_known_pool
run_test "devices of other pools are refused, untouched" test_other_pools
run_test "another pool's metadata as mirror by reload: refused" test_mirror_of_other_pool_by_reload
run_test "reloads that are refused change nothing" test_reload_refused
run_test "no room in the metadata" test_no_room
run_test "a table that was refused stays refused" test_resume_refused_twice
run_test "read_only by reload" test_read_only_by_reload
run_test "read_only writes nothing at all" test_read_only
run_test "either metadata copy starts the pool" test_mirror_either_alone
run_test "a stale copy is refused alone, and rebuilt" test_mirror_stale
run_test "a stale copy that comes first is rebuilt" test_mirror_stale_first
run_test "a mirror joins and leaves by reload" test_mirror_by_reload
run_test "a pool is not started twice by way of its mirror" test_mirror_started_twice
run_test "a mirror that is too small" test_mirror_too_small
ktap_finish
