/* SPDX-License-Identifier: GPL-2.0-only */
/* The ledger's handle, as its own files see it */
#ifndef LEDGER_DB_H
#define LEDGER_DB_H

#include <sqlite3.h>

#include "ledger.h"

#define LEDGER_APPLICATION_ID	0x646d7472	/* tells our files from other SQLite ones */

enum ledger_statement {
	LEDGER_S_LUN_GET,
	LEDGER_S_LUN_PUT,
	LEDGER_S_LUN_GONE,
	LEDGER_S_LUN_FLAG,
	LEDGER_S_LUN_KNOWN,
	LEDGER_S_LAST_GET,
	LEDGER_S_LAST_PUT,
	LEDGER_S_LAST_DROP,
	LEDGER_S_USAGE_ADD,
	LEDGER_S_LIFE_GET,
	LEDGER_S_LIFE_PUT,
	LEDGER_S_PATH_GET,
	LEDGER_S_PATH_PUT,
	LEDGER_S_PATH_LEFT,
	LEDGER_S_PATHS_FLAG,
	LEDGER_S_PATHS_ABSENT,
	LEDGER_S_PATH_ADD,
	LEDGER_S_META_GET,
	LEDGER_S_META_PUT,
	LEDGER_S_META_DROP,
	LEDGER_S_META_FIND,
	LEDGER_NR_STATEMENTS
};

struct ledger {
	sqlite3 *db;
	int lock_fd;
	int schema;			/* of the file */
	bool in_transaction;
	bool impatient;			/* the lock did not come: do not wait for it again */
	int64_t sequence;		/* of the transaction that is open */
	sqlite3_stmt *statement[LEDGER_NR_STATEMENTS];
	char error[256];
};

/* a kept statement, reset and ready to bind; NULL with the error set */
sqlite3_stmt *ledger_statement(struct ledger *l, enum ledger_statement which);

/* a statement for once, ready to bind; @what is for the sentence */
int ledger_query(struct ledger *l, const char *text, const char *what, sqlite3_stmt **st);

/* true: a row is there to read; else none is left, or @ret is what went wrong */
bool ledger_next(struct ledger *l, sqlite3_stmt *st, const char *what, int *ret);

/* run a statement that returns no rows */
int ledger_run(struct ledger *l, sqlite3_stmt *st, const char *what);

/*
 * -EBADMSG if one of the row's columns from @first on is negative: no sum of counters
 * can be, and an invoice over it would be a guess. The first column is the row's id.
 */
int ledger_check_counters(struct ledger *l, sqlite3_stmt *st, int first, int nr,
			  const char *table);

/* a column's text, cut to fit; empty if it is NULL */
void ledger_text(sqlite3_stmt *st, int col, char *out, size_t len);

/* ledger-schema.c: tables and statements */
extern const char *const ledger_statement_text[LEDGER_NR_STATEMENTS];

/* of one step, from the schema before; 0: an empty file's. Each is a transaction */
extern const char *const ledger_schema[LEDGER_SCHEMA];

#endif
