// SPDX-License-Identifier: GPL-2.0-only
/*
 * Usage rows for those who read the ledger
 */
#include <string.h>

#include "ledger-db.h"

/* the pool by its present or a former name, or by UUID with or without dashes */
static const char rows_text[] =
	"SELECT id, sequence, pool_uuid, pool, consumer, tier, lun, instance, epoch,"
	" flags, generation, extent_bytes, period_start, period_end, read_ios, write_ios,"
	" read_sectors, write_sectors, in_sectors, out_sectors, held_extent_ms FROM usage"
	" WHERE period_start >= ?1 AND period_start < ?2"
	" AND (?3 IS NULL OR pool = ?3 OR"
	"  lower(hex(pool_uuid)) = lower(replace(?3, '-', '')))"
	" AND (?4 < 0 OR lun = ?4) AND (?5 IS NULL OR consumer = ?5)"
	" ORDER BY consumer, pool_uuid, lun, instance, tier, period_start";

static void fill_row(sqlite3_stmt *st, struct ledger_row *row)
{
	memset(row, 0, sizeof(*row));
	row->id = sqlite3_column_int64(st, 0);
	row->sequence = sqlite3_column_int64(st, 1);
	if (sqlite3_column_bytes(st, 2) == LEDGER_UUID_LEN)
		memcpy(row->pool_uuid, sqlite3_column_blob(st, 2), LEDGER_UUID_LEN);
	ledger_text(st, 3, row->pool, sizeof(row->pool));
	ledger_text(st, 4, row->consumer, sizeof(row->consumer));
	ledger_text(st, 5, row->tier, sizeof(row->tier));
	row->lun = (uint32_t)sqlite3_column_int64(st, 6);
	row->instance = (uint32_t)sqlite3_column_int64(st, 7);
	row->epoch = (uint32_t)sqlite3_column_int64(st, 8);
	row->flags = (uint32_t)sqlite3_column_int64(st, 9);
	row->generation = (uint64_t)sqlite3_column_int64(st, 10);
	row->extent_bytes = (uint64_t)sqlite3_column_int64(st, 11);
	row->start = sqlite3_column_int64(st, 12);
	row->end = sqlite3_column_int64(st, 13);
	for (int c = 0; c < LEDGER_NR_COUNTERS; c++)
		row->delta[c] = (uint64_t)sqlite3_column_int64(st, 14 + c);
}

int ledger_rows(struct ledger *l, const struct ledger_filter *f, ledger_row_fn fn, void *arg)
{
	struct ledger_row row;
	sqlite3_stmt *st;
	int ret = ledger_query(l, rows_text, "read usage", &st);

	if (ret)
		return ret;
	sqlite3_bind_int64(st, 1, f->from);
	sqlite3_bind_int64(st, 2, f->to);
	sqlite3_bind_text(st, 3, f->pool, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 4, f->lun);
	sqlite3_bind_text(st, 5, f->consumer, -1, SQLITE_STATIC);
	while (!ret && ledger_next(l, st, "read usage", &ret)) {
		/* the size of an extent and the period are no less than 0, too */
		ret = ledger_check_counters(l, st, 11, 3 + LEDGER_NR_COUNTERS, "");
		if (ret)
			break;
		fill_row(st, &row);
		ret = fn(&row, arg);
	}
	sqlite3_finalize(st);
	return ret;
}
