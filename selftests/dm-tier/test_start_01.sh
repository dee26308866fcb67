#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 90
# timeout: 600
# Starts of pools whose metadata devices begin badly: a first block that cannot
# be read, that has rotted, or that is something else's.
# What the library reads, or calls by name, looks unused; no path has blanks.
# shellcheck disable=SC2034,SC2086,SC2317
set -euo pipefail
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"
# shellcheck source=selftests/lib/expect.sh
source "$(dirname "$0")/../lib/expect.sh"

readonly D=/dev/tier

# A pool with something in it, stopped. With "mirror" it has one.
written_pool() {
	mkdisk meta 4
	mkdisk mirror 4
	mkdisk a 16
	POOL_FEATURES=${1:+metadata_mirror $D/mirror}
	mkpool pool 2048 meta ssd:a
	mklun lun pool 1 8M
	write_pattern /dev/mapper/lun 0 8192 alpha01
	stop
}

stop() {
	dmsetup remove lun
	dmsetup remove pool
}

right() {
	mklun lun pool 1
	check_pattern /dev/mapper/lun 0 8192 alpha01
}

garbage() { # <dev> <block> [<blocks>]
	dd if=/dev/urandom of="$1" bs=4K seek="$2" count="${3:-1}" oflag=direct conv=notrunc status=none
}

# hide <disk> <name> <table of its first 8 sectors>: as /dev/mapper/<name>, the
# rest of it as it is
first_block_is() {
	local size
	size=$(blockdev --getsz $D/$1)
	dmsetup create "$2" <<-TABLE
		0 8 ${*:3}
		8 $((size - 8)) linear $D/$1 8
	TABLE
}

# It can be read by its second superblock; what it cannot be is written.
unreadable() {
	written_pool
	first_block_is meta hurt error
	POOL_FEATURES=read_only
	log_mark
	mkpool pool 2048 /dev/mapper/hurt ssd:a
	logged 'superblock 0 of [0-9:]+ cannot be read: superblock 1 used'
	right
	stop
	POOL_FEATURES=
	refused 'metadata cannot be written' mkpool pool 2048 /dev/mapper/hurt ssd:a
	! dmsetup info pool >/dev/null 2>&1 || dmsetup remove pool
	mkpool pool 2048 meta ssd:a
	right
}

# with a mirror the pool works on
unreadable_with_mirror() {
	written_pool mirror
	first_block_is meta hurt error
	mkpool pool 2048 /dev/mapper/hurt ssd:a
	assert_match "$(dmsetup status pool)" ' rw '
	right
	write_pattern /dev/mapper/lun 8192 2048 beta-02
	stop
	# the copy that missed that does not lead
	mkpool pool 2048 meta ssd:a
	right
	check_pattern /dev/mapper/lun 8192 2048 beta-02
}

both_unreadable() {
	written_pool mirror
	first_block_is meta one error
	first_block_is mirror two error
	POOL_FEATURES="read_only metadata_mirror /dev/mapper/two"
	mkpool pool 2048 /dev/mapper/one ssd:a
	right
}

# Garbage may be something else's first block: that device is left alone.
garbage_first() {
	local sums
	written_pool
	garbage $D/meta 0
	sums=$(checksum $D/meta)$(checksum $D/a)
	refused 'holds something else' mkpool pool 2048 meta ssd:a
	assert_eq "$(checksum $D/meta)$(checksum $D/a)" "$sums" "the devices"
}

garbage_first_with_mirror() {
	local sum
	written_pool mirror
	garbage $D/meta 0 2
	sum=$(checksum $D/meta)
	log_mark
	mkpool pool 2048 meta ssd:a
	logged 'holds something else \(something else\): not touched'
	right
	write_pattern /dev/mapper/lun 8192 2048 beta-02
	# nor does a reload make it a copy again
	dmsetup table pool | dmsetup load pool
	dmsetup suspend pool
	dmsetup resume pool
	stop
	assert_eq "$(checksum $D/meta)" "$sum" "the metadata device that is something else"
	# blanked by the administrator it is made whole
	dd if=/dev/zero of=$D/meta bs=4k count=1 oflag=direct status=none
	log_mark
	mkpool pool 2048 meta ssd:a
	logged 'metadata copy 0 rebuilt'
	right
	stop
	POOL_FEATURES=
	mkpool pool 2048 meta ssd:a
	right
	check_pattern /dev/mapper/lun 8192 2048 beta-02
}

# A disk of data that was a mirror once, and whose header cannot be read now, is
# not taken for a mirror.
once_a_mirror() {
	local sum
	written_pool mirror
	dd if=/dev/zero of=$D/mirror bs=4k count=1 oflag=direct status=none
	mkdisk b 16
	mkdisk othermeta 4
	POOL_FEATURES=
	mkpool other 2048 othermeta ssd:mirror
	dmsetup remove other
	first_block_is mirror hurt error
	sum=$(checksum $D/mirror)
	POOL_FEATURES="metadata_mirror /dev/mapper/hurt"
	log_mark
	mkpool pool 2048 meta ssd:a
	logged 'cannot be read'
	right
	stop
	assert_eq "$(checksum $D/mirror)" "$sum" "the disk of data"
}

# A stale copy that begins badly is not written anew: nobody knows whose it is.
stale_and_hurt() {
	local sum
	written_pool mirror
	POOL_FEATURES=
	mkpool pool 2048 meta ssd:a
	right
	stop
	dd if=/dev/urandom of=$D/mirror bs=1 seek=200 count=64 conv=notrunc,fsync status=none
	sum=$(checksum $D/mirror)
	POOL_FEATURES="metadata_mirror $D/mirror"
	log_mark
	mkpool pool 2048 meta ssd:a
	logged 'is damaged: superblock 1 used'
	logged 'copy 1 is stale: left out'
	right
	stop
	assert_eq "$(checksum $D/mirror)" "$sum" "the mirror"
}

# a new mirror that holds something else is refused, and the pool goes on
foreign_mirror_by_reload() {
	local sum
	written_pool
	garbage $D/mirror 0
	sum=$(checksum $D/mirror)
	mkpool pool 2048 meta ssd:a
	POOL_FEATURES="metadata_mirror $D/mirror"
	refused 'holds something else' reload_table pool "$(pool_table 2048 meta ssd:a)"
	right
	stop
	assert_eq "$(checksum $D/mirror)" "$sum" "the device"
}

# Another pool's metadata is no mirror of this one, whatever their sizes.
another_pools() {
	local sum size
	written_pool
	for size in 2 4 8; do
		mkdisk othermeta "$size"
		mkdisk b 16
		POOL_FEATURES=
		mkpool other 2048 othermeta sas:b
		dmsetup remove other
		sum=$(checksum $D/othermeta)
		POOL_FEATURES="metadata_mirror $D/othermeta"
		refused 'belongs to another pool: not touched' mkpool pool 2048 meta ssd:a
		assert_eq "$(checksum $D/othermeta)" "$sum" "the other pool's metadata"
		rmdisk othermeta
		rmdisk b
	done
	POOL_FEATURES=
	mkpool pool 2048 meta ssd:a
	right
}

# its superblocks have generation 0 while a copy is made whole
rebuild_cut_short() {
	written_pool mirror
	POOL_FEATURES=
	mkpool pool 2048 meta ssd:a
	right
	write_pattern /dev/mapper/lun 8192 2048 beta-02
	stop
	python3 - "$D/mirror" <<-'PYTHON'
		import struct, sys
		def crc32c(data):
		    crc = 0xffffffff
		    for byte in data:
		        crc ^= byte
		        for _ in range(8):
		            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
		    return crc
		with open(sys.argv[1], "r+b", buffering=0) as f:
		    for copy in 0, 1:
		        block = bytearray(f.read(4096))
		        block[48:56] = bytes(8)
		        block[64 + 16:64 + 24] = bytes(8)
		        struct.pack_into("<I", block, 4, crc32c(block[8:]))
		        f.seek(copy * 4096)
		        f.write(block)
		        f.seek((copy + 1) * 4096)
	PYTHON
	POOL_FEATURES="metadata_mirror $D/mirror"
	log_mark
	mkpool pool 2048 meta ssd:a
	logged 'metadata copy 1 rebuilt'
	right
	stop
	# it does alone now
	POOL_FEATURES=
	mkpool pool 2048 mirror ssd:a
	right
	check_pattern /dev/mapper/lun 8192 2048 beta-02
}

run_test "a first superblock that cannot be read" unreadable
run_test "the same, with a mirror" unreadable_with_mirror
run_test "neither first superblock can be read" both_unreadable
run_test "a first block of garbage is refused, untouched" garbage_first
run_test "a first block of garbage, with a mirror" garbage_first_with_mirror
run_test "a member that once was a mirror is not taken for one" once_a_mirror
run_test "a stale copy that begins badly is left alone" stale_and_hurt
run_test "a new mirror that is something else is refused" foreign_mirror_by_reload
run_test "another pool's metadata is no mirror" another_pools
run_test "a mirror whose rebuild was cut short is made whole" rebuild_cut_short
