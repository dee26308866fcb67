// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ledger's tables, how each schema came from the one before, and all that is
 * said to them more than once
 */
#include "ledger-db.h"

#define TEXT(x)		#x
#define NUMBER(x)	TEXT(x)

#define PATH_COUNTERS \
	"read_ios INTEGER NOT NULL," \
	"write_ios INTEGER NOT NULL," \
	"read_sectors INTEGER NOT NULL," \
	"write_sectors INTEGER NOT NULL," \
	"read_ns INTEGER NOT NULL," \
	"write_ns INTEGER NOT NULL," \
	"errors INTEGER NOT NULL," \
	"retries INTEGER NOT NULL," \
	"hedges_sent INTEGER NOT NULL," \
	"hedges_won INTEGER NOT NULL," \
	"up_ms INTEGER NOT NULL," \
	"slow_ms INTEGER NOT NULL," \
	"hung_ms INTEGER NOT NULL," \
	"failed_ms INTEGER NOT NULL," \
	"foreign_ms INTEGER NOT NULL," \
	"off_ms INTEGER NOT NULL"

static const char luns[] =
"CREATE TABLE meta("
"	name TEXT PRIMARY KEY,"
"	value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
"CREATE TABLE usage("
"	id INTEGER PRIMARY KEY AUTOINCREMENT,"
"	sequence INTEGER NOT NULL,"
"	schema INTEGER NOT NULL DEFAULT 1,"
"	pool_uuid BLOB NOT NULL,"
"	pool TEXT NOT NULL,"
"	consumer TEXT NOT NULL,"
"	lun INTEGER NOT NULL,"
"	instance INTEGER NOT NULL,"
"	tier TEXT NOT NULL,"
"	period_start INTEGER NOT NULL,"
"	period_end INTEGER NOT NULL,"
"	epoch INTEGER NOT NULL,"
"	generation INTEGER NOT NULL,"
"	extent_bytes INTEGER NOT NULL,"
"	flags INTEGER NOT NULL,"
"	read_ios INTEGER NOT NULL,"
"	write_ios INTEGER NOT NULL,"
"	read_sectors INTEGER NOT NULL,"
"	write_sectors INTEGER NOT NULL,"
"	in_sectors INTEGER NOT NULL,"
"	out_sectors INTEGER NOT NULL,"
"	held_extent_ms INTEGER NOT NULL,"
"	UNIQUE(pool_uuid, lun, instance, tier, period_start, consumer)) STRICT;"
"CREATE INDEX usage_period ON usage(period_start);"
"CREATE TABLE lun("
"	pool_uuid BLOB NOT NULL,"
"	lun INTEGER NOT NULL,"
"	instance INTEGER NOT NULL,"
"	gone INTEGER NOT NULL,"
"	epoch INTEGER NOT NULL,"
"	generation INTEGER NOT NULL,"
"	since_ms INTEGER NOT NULL,"
"	time_ms INTEGER NOT NULL,"
"	PRIMARY KEY(pool_uuid, lun)) STRICT, WITHOUT ROWID;"
"CREATE TABLE last_seen("
"	pool_uuid BLOB NOT NULL,"
"	lun INTEGER NOT NULL,"
"	tier TEXT NOT NULL,"
"	extents INTEGER NOT NULL,"
"	read_ios INTEGER NOT NULL,"
"	write_ios INTEGER NOT NULL,"
"	read_sectors INTEGER NOT NULL,"
"	write_sectors INTEGER NOT NULL,"
"	in_sectors INTEGER NOT NULL,"
"	out_sectors INTEGER NOT NULL,"
"	held_extent_ms INTEGER NOT NULL,"
"	PRIMARY KEY(pool_uuid, lun, tier)) STRICT, WITHOUT ROWID;"
"CREATE TABLE audit("
"	sequence INTEGER PRIMARY KEY,"
"	time_ns INTEGER NOT NULL,"
"	kernel_seq INTEGER NOT NULL,"
"	lun INTEGER NOT NULL,"
"	logical INTEGER NOT NULL,"
"	error INTEGER NOT NULL,"
"	pool_uuid BLOB NOT NULL,"
"	pool TEXT NOT NULL,"
"	kind TEXT NOT NULL,"
"	from_tier TEXT NOT NULL,"
"	to_tier TEXT NOT NULL,"
"	from_dev TEXT NOT NULL,"
"	to_dev TEXT NOT NULL,"
"	key TEXT NOT NULL,"
"	value TEXT NOT NULL,"
"	reason TEXT NOT NULL,"
"	hash BLOB NOT NULL) STRICT;"
"PRAGMA application_id = " NUMBER(LEDGER_APPLICATION_ID) ";"
"PRAGMA user_version = 1;";

static const char paths[] =
"CREATE TABLE map_life("
"	id INTEGER PRIMARY KEY AUTOINCREMENT,"
"	epoch INTEGER NOT NULL,"
"	dev TEXT NOT NULL,"
"	map TEXT NOT NULL,"
"	map_uuid TEXT NOT NULL,"
"	time_ms INTEGER NOT NULL,"
"	UNIQUE(epoch, dev)) STRICT;"
"CREATE TABLE path_last_seen("
"	life INTEGER NOT NULL,"
"	path TEXT NOT NULL,"
"	sequence INTEGER NOT NULL,"
"	absent INTEGER NOT NULL,"
"	time_ms INTEGER NOT NULL,"
	PATH_COUNTERS ","
"	PRIMARY KEY(life, path)) STRICT, WITHOUT ROWID;"
"CREATE INDEX path_present ON path_last_seen(absent) WHERE absent = 0;"
"CREATE TABLE path_usage("
"	id INTEGER PRIMARY KEY AUTOINCREMENT,"
"	sequence INTEGER NOT NULL,"
"	schema INTEGER NOT NULL DEFAULT 2,"
"	life INTEGER NOT NULL,"
"	map TEXT NOT NULL,"
"	map_uuid TEXT NOT NULL,"
"	consumer TEXT NOT NULL,"
"	path TEXT NOT NULL,"
"	cost INTEGER NOT NULL,"
"	epoch INTEGER NOT NULL,"
"	period_start INTEGER NOT NULL,"
"	period_end INTEGER NOT NULL,"
"	flags INTEGER NOT NULL,"
	PATH_COUNTERS ","
"	UNIQUE(life, path, cost, period_start, consumer)) STRICT;"
"CREATE INDEX path_usage_period ON path_usage(period_start);"
"PRAGMA user_version = 2;";

const char *const ledger_schema[LEDGER_SCHEMA] = { luns, paths };

const char *const ledger_statement_text[LEDGER_NR_STATEMENTS] = {
[LEDGER_S_LUN_GET] =
	"SELECT instance, gone, epoch, generation, since_ms, time_ms FROM lun"
	" WHERE pool_uuid = ?1 AND lun = ?2",
[LEDGER_S_LUN_PUT] =
	"INSERT INTO lun VALUES(?1, ?2, ?3, 0, ?4, ?5, ?6, ?7)"
	" ON CONFLICT DO UPDATE SET instance = ?3, gone = 0, epoch = ?4,"
	" generation = ?5, since_ms = ?6, time_ms = ?7",
[LEDGER_S_LUN_GONE] =
	"UPDATE lun SET gone = 1 WHERE pool_uuid = ?1 AND lun = ?2"
	" AND gone = 0 AND since_ms < ?3",
[LEDGER_S_LUN_FLAG] =
	"UPDATE usage SET flags = flags | ?3, sequence = ?4 FROM lun"
	" WHERE usage.pool_uuid = ?1 AND usage.lun = ?2 AND lun.pool_uuid = ?1"
	" AND lun.lun = ?2 AND usage.instance = lun.instance"
	" AND usage.period_end > lun.time_ms / 1000",
[LEDGER_S_LUN_KNOWN] =
	"SELECT lun FROM lun WHERE pool_uuid = ?1 AND gone = 0",
[LEDGER_S_LAST_GET] =
	"SELECT tier, extents, read_ios, write_ios, read_sectors, write_sectors,"
	" in_sectors, out_sectors, held_extent_ms FROM last_seen"
	" WHERE pool_uuid = ?1 AND lun = ?2",
[LEDGER_S_LAST_PUT] =
	"INSERT OR REPLACE INTO last_seen"
	" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
[LEDGER_S_LAST_DROP] =
	"DELETE FROM last_seen WHERE pool_uuid = ?1 AND lun = ?2",
[LEDGER_S_USAGE_ADD] =
	"INSERT INTO usage(sequence, pool_uuid, pool, consumer, lun, instance, tier,"
	" period_start, period_end, epoch, generation, extent_bytes, flags, read_ios,"
	" write_ios, read_sectors, write_sectors, in_sectors, out_sectors, held_extent_ms)"
	" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
	" ?17, ?18, ?19, ?20)"
	" ON CONFLICT DO UPDATE SET sequence = ?1, pool = ?3, epoch = ?10,"
	" generation = ?11, flags = flags | ?13, read_ios = read_ios + ?14,"
	" write_ios = write_ios + ?15, read_sectors = read_sectors + ?16,"
	" write_sectors = write_sectors + ?17, in_sectors = in_sectors + ?18,"
	" out_sectors = out_sectors + ?19, held_extent_ms = held_extent_ms + ?20",
[LEDGER_S_LIFE_GET] =
	"SELECT id, time_ms FROM map_life WHERE epoch = ?1 AND dev = ?2",
[LEDGER_S_LIFE_PUT] =
	"INSERT INTO map_life(epoch, dev, map, map_uuid, time_ms) VALUES(?1, ?2, ?3, ?4, ?5)"
	" ON CONFLICT DO UPDATE SET map = ?3, map_uuid = ?4, time_ms = ?5",
[LEDGER_S_PATH_GET] =
	"SELECT time_ms,"
	" read_ios, write_ios, read_sectors, write_sectors, read_ns, write_ns,"
	" errors, retries, hedges_sent, hedges_won, up_ms, slow_ms, hung_ms,"
	" failed_ms, foreign_ms, off_ms"
	" FROM path_last_seen WHERE life = ?1 AND path = ?2",
[LEDGER_S_PATH_PUT] =
	"INSERT OR REPLACE INTO path_last_seen VALUES(?1, ?2, ?3, 0, ?4,"
	" ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,"
	" ?20)",
[LEDGER_S_PATH_LEFT] =
	"UPDATE path_last_seen SET absent = 1 WHERE life = ?1 AND path = ?2",
[LEDGER_S_PATHS_FLAG] =
	"UPDATE path_usage SET flags = flags | " NUMBER(LEDGER_FLAG_GAP) ", sequence = ?1"
	" FROM path_last_seen AS p WHERE p.absent = 0 AND p.sequence < ?1"
	" AND path_usage.life = p.life AND path_usage.path = p.path"
	" AND path_usage.period_end > p.time_ms / 1000",
[LEDGER_S_PATHS_ABSENT] =
	"UPDATE path_last_seen SET absent = 1 WHERE absent = 0 AND sequence < ?1",
[LEDGER_S_PATH_ADD] =
	"INSERT INTO path_usage(sequence, life, map, map_uuid, consumer, path, cost,"
	" epoch, period_start, period_end, flags,"
	" read_ios, write_ios, read_sectors, write_sectors, read_ns, write_ns,"
	" errors, retries, hedges_sent, hedges_won, up_ms, slow_ms, hung_ms,"
	" failed_ms, foreign_ms, off_ms)"
	" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
	" ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25,"
	" ?26, ?27)"
	" ON CONFLICT DO UPDATE SET"
	" sequence = ?1, map = ?3, map_uuid = ?4, flags = flags | ?11,"
	" read_ios = read_ios + ?12, write_ios = write_ios + ?13,"
	" read_sectors = read_sectors + ?14,"
	" write_sectors = write_sectors + ?15, read_ns = read_ns + ?16,"
	" write_ns = write_ns + ?17, errors = errors + ?18,"
	" retries = retries + ?19, hedges_sent = hedges_sent + ?20,"
	" hedges_won = hedges_won + ?21, up_ms = up_ms + ?22,"
	" slow_ms = slow_ms + ?23, hung_ms = hung_ms + ?24,"
	" failed_ms = failed_ms + ?25, foreign_ms = foreign_ms + ?26,"
	" off_ms = off_ms + ?27",
[LEDGER_S_META_GET] =
	"SELECT value FROM meta WHERE name = ?1",
[LEDGER_S_META_PUT] =
	"INSERT OR REPLACE INTO meta VALUES(?1, ?2)",
[LEDGER_S_META_DROP] =
	"DELETE FROM meta WHERE name = ?1",
[LEDGER_S_META_FIND] =
	"SELECT name, value FROM meta WHERE substr(name, 1, length(?1)) = ?1",
};
