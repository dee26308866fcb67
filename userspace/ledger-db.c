// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ledger's file: open it, its tables, its transactions
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger-db.h"

#define BUSY_MS		5000

const char *ledger_error(const struct ledger *l)
{
	return l->error;
}

struct sqlite3 *ledger_db(struct ledger *l)
{
	return l->db;
}

static void __attribute__((format(printf, 2, 3)))
say(struct ledger *l, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(l->error, sizeof(l->error), format, args);
	va_end(args);
}

/* -errno for SQLite's @rc, with @what in the sentence */
static int fail(struct ledger *l, int rc, const char *what)
{
	say(l, "ledger: %s: %s", what, sqlite3_errmsg(l->db));
	switch (rc & 0xff) {
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		/* a sample makes many tries: all their waits would stop the daemon's loop */
		l->impatient = true;
		sqlite3_busy_timeout(l->db, 0);
		return -EBUSY;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
		return -EACCES;
	default:
		return -EIO;
	}
}

sqlite3_stmt *ledger_statement(struct ledger *l, enum ledger_statement which)
{
	sqlite3_stmt **st = &l->statement[which];
	int rc;

	if (*st) {
		sqlite3_reset(*st);
		sqlite3_clear_bindings(*st);
		return *st;
	}
	rc = sqlite3_prepare_v3(l->db, ledger_statement_text[which], -1, SQLITE_PREPARE_PERSISTENT,
				st, NULL);
	if (rc != SQLITE_OK) {
		fail(l, rc, "prepare a statement");
		return NULL;
	}
	return *st;
}

int ledger_query(struct ledger *l, const char *text, const char *what, sqlite3_stmt **st)
{
	int rc = sqlite3_prepare_v2(l->db, text, -1, st, NULL);

	return rc == SQLITE_OK ? 0 : fail(l, rc, what);
}

bool ledger_next(struct ledger *l, sqlite3_stmt *st, const char *what, int *ret)
{
	int rc = sqlite3_step(st);

	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		*ret = fail(l, rc, what);
	return rc == SQLITE_ROW;
}

int ledger_run(struct ledger *l, sqlite3_stmt *st, const char *what)
{
	int rc = sqlite3_step(st);
	int ret = rc == SQLITE_DONE ? 0 : fail(l, rc, what);

	sqlite3_reset(st);
	return ret;
}

static int execute(struct ledger *l, const char *sql, const char *what)
{
	int rc = sqlite3_exec(l->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : fail(l, rc, what);
}

/* first column of a one-row answer */
static int ask(struct ledger *l, const char *sql, int64_t *value)
{
	sqlite3_stmt *st;
	int rc = sqlite3_prepare_v2(l->db, sql, -1, &st, NULL);

	if (rc == SQLITE_OK) {
		rc = sqlite3_step(st);
		if (rc == SQLITE_ROW)
			*value = sqlite3_column_int64(st, 0);
	}
	sqlite3_finalize(st);
	return rc == SQLITE_ROW ? 0 : fail(l, rc, "read its header");
}

/* a second writer would book the same counters again */
static int take_lock(struct ledger *l, const char *path)
{
	char name[4096];
	int ret;

	if (snprintf(name, sizeof(name), "%s.lock", path) >= (int)sizeof(name)) {
		say(l, "ledger: the path is too long");
		return -ENAMETOOLONG;
	}
	l->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (l->lock_fd < 0) {
		ret = -errno;
		say(l, "ledger: cannot create %s: %s", name, strerror(-ret));
		return ret;
	}
	if (flock(l->lock_fd, LOCK_EX | LOCK_NB)) {
		say(l, "ledger: %s is in use by another tierd; stop that one first", path);
		return -EBUSY;
	}
	return 0;
}

/* empty files become ledgers (schema 0), other programs' files are left alone */
static int check_schema(struct ledger *l, const char *path, enum ledger_mode mode)
{
	int64_t application, version, tables;
	int err;

	err = ask(l, "PRAGMA application_id", &application);
	if (!err)
		err = ask(l, "PRAGMA user_version", &version);
	if (!err)
		err = ask(l, "SELECT count(*) FROM sqlite_schema", &tables);
	if (err)
		return err;
	if (!application && !tables && mode == LEDGER_WRITE)
		return 0;
	if (application != LEDGER_APPLICATION_ID) {
		say(l, "ledger: %s is not a dm-tier ledger", path);
		return -EINVAL;
	}
	if (version < 1 || version > LEDGER_SCHEMA) {
		say(l, "ledger: %s has schema %lld, this program knows %d; use the newer tools",
		    path, (long long)version, LEDGER_SCHEMA);
		return -EPROTO;
	}
	l->schema = (int)version;
	return 0;
}

/* a crash leaves the schema before or after, each of which can be opened */
static int next_schema(struct ledger *l)
{
	int err = execute(l, "BEGIN IMMEDIATE", "create its tables");

	if (err)
		return err;
	err = execute(l, ledger_schema[l->schema], "create its tables");
	if (!err)
		err = execute(l, "COMMIT", "create its tables");
	if (err)
		sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
	else
		l->schema++;
	return err;
}

static int prepare_writer(struct ledger *l)
{
	int64_t sync;
	int err;

	err = execute(l, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
		      "switch to write-ahead logging");
	if (!err)
		err = ask(l, "PRAGMA synchronous", &sync);
	if (!err && sync != 2) {
		say(l, "ledger: SQLite refuses synchronous=FULL");
		err = -EIO;
	}
	while (!err && l->schema < LEDGER_SCHEMA)
		err = next_schema(l);
	return err;
}

static int open_database(struct ledger *l, const char *path, enum ledger_mode mode)
{
	int flags = mode == LEDGER_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE :
		    SQLITE_OPEN_READONLY;
	mode_t mask;
	int rc, err;

	if (mode == LEDGER_WRITE) {
		rc = take_lock(l, path);
		if (rc)
			return rc;
	}
	/* consumers' names and habits are nobody else's business */
	mask = umask(0077);
	rc = sqlite3_open_v2(path, &l->db, flags | SQLITE_OPEN_EXRESCODE, NULL);
	umask(mask);
	if (rc != SQLITE_OK) {
		say(l, "ledger: cannot open %s: %s", path, sqlite3_errmsg(l->db));
		return (rc & 0xff) == SQLITE_CANTOPEN ? -ENOENT : -EIO;
	}
	sqlite3_busy_timeout(l->db, BUSY_MS);
	err = check_schema(l, path, mode);
	if (err)
		return err;
	return mode == LEDGER_WRITE ? prepare_writer(l) : 0;
}

int ledger_open(struct ledger **ledger, const char *path, enum ledger_mode mode,
		char *err, size_t errlen)
{
	struct ledger *l = calloc(1, sizeof(*l));
	int ret = -ENOMEM;

	*ledger = NULL;
	if (!l) {
		snprintf(err, errlen, "ledger: out of memory");
		return ret;
	}
	l->lock_fd = -1;
	ret = open_database(l, path, mode);
	if (ret) {
		snprintf(err, errlen, "%s", l->error);
		ledger_close(l);
		return ret;
	}
	*ledger = l;
	return 0;
}

void ledger_close(struct ledger *l)
{
	if (!l)
		return;
	for (int i = 0; i < LEDGER_NR_STATEMENTS; i++)
		sqlite3_finalize(l->statement[i]);
	sqlite3_close(l->db);
	if (l->lock_fd >= 0)
		close(l->lock_fd);
	free(l);
}

int ledger_begin(struct ledger *l)
{
	int64_t last = 0;
	int err;

	err = execute(l, "BEGIN IMMEDIATE", "begin a transaction");
	if (err)
		return err;
	l->in_transaction = true;
	err = ledger_get(l, "sequence", &last);
	if (err == -ENOENT)
		err = 0;
	l->sequence = last + 1;
	if (!err)
		err = ledger_put(l, "sequence", l->sequence);
	if (err)
		ledger_rollback(l);
	return err;
}

int ledger_commit(struct ledger *l)
{
	int err = execute(l, "COMMIT", "commit");

	if (err) {
		ledger_rollback(l);
	} else if (l->impatient) {
		l->impatient = false;
		sqlite3_busy_timeout(l->db, BUSY_MS);
	}
	l->in_transaction = false;
	return err;
}

/* after a failure SQLite may have rolled back by itself: that is no error here */
void ledger_rollback(struct ledger *l)
{
	if (!sqlite3_get_autocommit(l->db))
		sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
	l->in_transaction = false;
}

int ledger_put(struct ledger *l, const char *name, int64_t value)
{
	sqlite3_stmt *st = ledger_statement(l, LEDGER_S_META_PUT);

	if (!st)
		return -EIO;
	sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, value);
	return ledger_run(l, st, "store a value");
}

int ledger_get(struct ledger *l, const char *name, int64_t *value)
{
	sqlite3_stmt *st = ledger_statement(l, LEDGER_S_META_GET);
	int ret = -ENOENT;

	if (!st)
		return -EIO;
	sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	if (ledger_next(l, st, "read a value", &ret)) {
		*value = sqlite3_column_int64(st, 0);
		ret = 0;
	}
	sqlite3_reset(st);
	return ret;
}

int ledger_drop(struct ledger *l, const char *name)
{
	sqlite3_stmt *st = ledger_statement(l, LEDGER_S_META_DROP);

	if (!st)
		return -EIO;
	sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	return ledger_run(l, st, "drop a value");
}

/* the name of the first that is not wanted, which the caller frees; NULL: none, or @ret */
static char *unwanted(struct ledger *l, const char *prefix,
		      bool (*keep)(const char *name, int64_t value, void *arg), void *arg,
		      int *ret)
{
	sqlite3_stmt *st = ledger_statement(l, LEDGER_S_META_FIND);
	char *found = NULL;
	const char *name;

	*ret = st ? 0 : -EIO;
	if (!st)
		return NULL;
	sqlite3_bind_text(st, 1, prefix, -1, SQLITE_STATIC);
	while (ledger_next(l, st, "look for values", ret)) {
		name = (const char *)sqlite3_column_text(st, 0);
		if (name && keep(name, sqlite3_column_int64(st, 1), arg))
			continue;
		found = name ? strdup(name) : NULL;
		*ret = found ? 0 : -ENOMEM;
		break;
	}
	sqlite3_reset(st);
	return found;
}

int ledger_sweep(struct ledger *l, const char *prefix,
		 bool (*keep)(const char *name, int64_t value, void *arg), void *arg)
{
	char *name;
	int ret;

	while ((name = unwanted(l, prefix, keep, arg, &ret))) {
		ret = ledger_drop(l, name);
		free(name);
		if (ret)
			break;
	}
	return ret;
}

int ledger_check_counters(struct ledger *l, sqlite3_stmt *st, int first, int nr,
			  const char *table)
{
	for (int col = first; col < first + nr; col++) {
		if (sqlite3_column_int64(st, col) >= 0)
			continue;
		say(l, "ledger: row %lld%s is damaged: %s is negative",
		    (long long)sqlite3_column_int64(st, 0), table, sqlite3_column_name(st, col));
		return -EBADMSG;
	}
	return 0;
}

void ledger_text(sqlite3_stmt *st, int col, char *out, size_t len)
{
	const char *text = (const char *)sqlite3_column_text(st, col);

	snprintf(out, len, "%s", text ? text : "");
}
