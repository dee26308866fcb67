// SPDX-License-Identifier: GPL-2.0-only
/*
 * Usage rows of paths for those who read the ledger
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ledger-db.h"
#include "ledger-paths.h"

#define FIRST_COUNTER	12

static const char rows_text[] =
	"SELECT id, sequence, map, map_uuid, consumer, path, cost, epoch, flags,"
	" period_start, period_end, life, read_ios, write_ios, read_sectors, write_sectors,"
	" read_ns, write_ns, errors, retries, hedges_sent, hedges_won, up_ms, slow_ms,"
	" hung_ms, failed_ms, foreign_ms, off_ms FROM path_usage"
	" WHERE period_start >= ?1 AND period_start < ?2"
	" AND (?3 IS NULL OR map = ?3 OR map_uuid = ?3) AND (?4 IS NULL OR consumer = ?4)"
	" ORDER BY consumer, map_uuid, map, path, cost, period_start, life";

static int check_row(struct ledger *l, sqlite3_stmt *st)
{
	sqlite3_int64 cost = sqlite3_column_int64(st, 6);
	int err = ledger_check_counters(l, st, FIRST_COUNTER, LEDGER_PATH_NR_COUNTERS,
					" of the paths");

	if (err || (cost >= 0 && cost <= UINT32_MAX))
		return err;
	snprintf(l->error, sizeof(l->error),
		 "ledger: row %lld of the paths is damaged: its cost is out of range",
		 (long long)sqlite3_column_int64(st, 0));
	return -EBADMSG;
}

static void fill_row(sqlite3_stmt *st, struct ledger_path_row *row)
{
	memset(row, 0, sizeof(*row));
	row->id = sqlite3_column_int64(st, 0);
	row->sequence = sqlite3_column_int64(st, 1);
	ledger_text(st, 2, row->map, sizeof(row->map));
	ledger_text(st, 3, row->uuid, sizeof(row->uuid));
	ledger_text(st, 4, row->consumer, sizeof(row->consumer));
	ledger_text(st, 5, row->dev, sizeof(row->dev));
	row->cost = (uint32_t)sqlite3_column_int64(st, 6);
	row->epoch = (uint64_t)sqlite3_column_int64(st, 7);
	row->flags = (uint32_t)sqlite3_column_int64(st, 8);
	row->start = sqlite3_column_int64(st, 9);
	row->end = sqlite3_column_int64(st, 10);
	for (int c = 0; c < LEDGER_PATH_NR_COUNTERS; c++)
		row->delta[c] = (uint64_t)sqlite3_column_int64(st, FIRST_COUNTER + c);
}

int ledger_path_rows(struct ledger *l, const struct ledger_path_filter *f,
		     ledger_path_row_fn fn, void *arg)
{
	struct ledger_path_row row;
	sqlite3_stmt *st;
	int ret;

	if (l->schema < 2)
		return 0;
	ret = ledger_query(l, rows_text, "read the usage of paths", &st);
	if (ret)
		return ret;
	sqlite3_bind_int64(st, 1, f->from);
	sqlite3_bind_int64(st, 2, f->to);
	sqlite3_bind_text(st, 3, f->map, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 4, f->consumer, -1, SQLITE_STATIC);
	while (!ret && ledger_next(l, st, "read the usage of paths", &ret)) {
		ret = check_row(l, st);
		if (ret)
			break;
		fill_row(st, &row);
		ret = fn(&row, arg);
	}
	sqlite3_finalize(st);
	return ret;
}
