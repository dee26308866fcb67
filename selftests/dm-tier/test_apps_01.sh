#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 50
# A filesystem and a database while their extents move.
# shellcheck disable=SC2317
set -euo pipefail
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"
# shellcheck source=selftests/lib/moves.sh
source "$(dirname "$0")/../lib/moves.sh"

sql() { sqlite3 "$T/db/test.db" "$1"; }

sums_are_right() { (cd "$T/fs" && md5sum --quiet -c "$T/sums"); }

ext4_and_sqlite_under_moves() {
	local i
	quick_pool 128
	mklun files pool 1 40M
	mklun base pool 2 24M
	modprobe ext4
	for lun in files base; do
		mkfs.ext4 -q "/dev/mapper/$lun"
	done
	mkdir -p "$T/fs" "$T/db"
	mount /dev/mapper/files "$T/fs"
	mount /dev/mapper/base "$T/db"
	migrate_to_and_fro 1 "$T/stop" &
	migrate_to_and_fro 2 "$T/stop" &
	find /usr/bin /usr/sbin -type f -size -120k | awk 'NR <= 200' >"$T/list"
	tar -cPT "$T/list" | tar -xC "$T/fs" --strip-components=2
	(cd "$T/fs" && find . -type f -exec md5sum {} +) >"$T/sums"
	sql 'PRAGMA journal_mode=WAL; CREATE TABLE t(id INTEGER PRIMARY KEY, v INT, b BLOB);'
	for ((i = 0; i < 20; i++)); do
		sql "BEGIN; WITH RECURSIVE n(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM n LIMIT 100)
			INSERT INTO t(v, b) SELECT $i, randomblob(500) FROM n; COMMIT;
			UPDATE t SET v = v + 1 WHERE id % 7 = 0;"
	done
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sums_are_right
	assert_eq "$(sql 'PRAGMA integrity_check')" ok
	assert_eq "$(sql 'SELECT count(*) FROM t')" 2000
	touch "$T/stop"
	wait
	(($(moves_done) > 100)) || fail "only $(moves_done) moves"
	assert_eq "$(status_value pool moves_failed)" 0 "failed moves"

	umount "$T/fs" "$T/db"
	dmsetup remove files
	dmsetup remove base
	dmsetup remove pool
	mkpool pool 128 meta ssd:ssd sas:sas sata:sata
	mklun files pool 1
	mklun base pool 2
	for lun in files base; do
		e2fsck -fn "/dev/mapper/$lun" || fail "e2fsck of $lun"
	done
	mount /dev/mapper/files "$T/fs"
	mount /dev/mapper/base "$T/db"
	sums_are_right
	assert_eq "$(sql 'PRAGMA integrity_check')" ok
	umount "$T/fs" "$T/db"
}

run_test "ext4 and SQLite under moves, and after a restart" ext4_and_sqlite_under_moves
ktap_finish
