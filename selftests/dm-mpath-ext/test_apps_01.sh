#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# Filesystems and a database while paths fail.
set -euo pipefail
# shellcheck source=selftests/lib/mpath.sh
source "$(dirname "$0")/../lib/mpath.sh"
stir=$(dirname "$0")/stir

sql() { sqlite3 "$T/mnt/test.db" "$1"; }

# trouble: paths fail, hang, flap, and all are gone for a while, until the file appears
trouble() {
	while [[ ! -e $T/stop ]]; do
		path_dies pa
		sleep 0.5
		path_dies pb
		sleep 0.5
		path_returns pa
		path_returns pb
		"$stir" flaps m 30 /dev/tier/disk pa pb
		path_hangs pa
		sleep 0.5
		path_goes_on pa
	done
}

# on <filesystem> <module> <size in MiB> <check>...
on() {
	local fs=$1 size=$2 i
	shift 2
	modprobe "$fs"
	mkdisk disk "$size"
	mkpaths disk pa pb
	mkmpath m 4 queue_if_no_path 60 probe_interval 100 0 1 1 latency 0 2 0 \
		/dev/mapper/pa /dev/mapper/pb
	"mkfs.$fs" -q /dev/mapper/m
	mkdir -p "$T/mnt"
	mount /dev/mapper/m "$T/mnt"
	trouble &
	sql 'PRAGMA journal_mode=WAL; CREATE TABLE t(id INTEGER PRIMARY KEY, v INT, b BLOB);' >/dev/null
	for ((i = 0; i < 10; i++)); do
		sql "BEGIN; WITH RECURSIVE n(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM n LIMIT 100)
			INSERT INTO t(v, b) SELECT $i, randomblob(500) FROM n; COMMIT;
			UPDATE t SET v = v + 1 WHERE id % 7 = 0;"
		cp /usr/bin/dd "$T/mnt/dd.$i"
	done
	sync
	touch "$T/stop"
	wait
	dmsetup status m
	echo 3 >/proc/sys/vm/drop_caches
	assert_eq "$(sql 'PRAGMA integrity_check')" ok
	assert_eq "$(sql 'SELECT count(*) FROM t')" 1000
	umount "$T/mnt"
	"$@" /dev/mapper/m || fail "$*"
	mount -o ro /dev/mapper/m "$T/mnt"
	for ((i = 0; i < 10; i++)); do
		cmp /usr/bin/dd "$T/mnt/dd.$i"
	done
	umount "$T/mnt"
	! dmesg | grep -E 'I/O error.*dm-|EXT4-fs error|XFS.*(Corruption|shutting down)' || fail "the filesystem saw it"
}

run_test "ext4 and SQLite" on ext4 48 e2fsck -fn
run_test "XFS and SQLite" on xfs 320 xfs_repair -n
ktap_finish
