// SPDX-License-Identifier: GPL-2.0-only
/*
 * The audit log: append and verify
 */
#include <errno.h>
#include <fcntl.h>
#include <gcrypt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "audit-db.h"
#include "ledger-db.h"

/* the text says what the hash covers: another layout must not give the same bytes */
#define HASH_DOMAIN	"dm-tier audit 1"

static int fail(char *err, size_t errlen, int code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static int fail(char *err, size_t errlen, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err, errlen, format, args);
	va_end(args);
	return code;
}

void audit_record_init(struct audit_record *r, const char *kind)
{
	memset(r, 0, sizeof(*r));
	r->kernel_seq = -1;
	r->lun = -1;
	r->logical = -1;
	r->error = -1;
	snprintf(r->kind, sizeof(r->kind), "%s", kind);
}

static void hash_number(gcry_md_hd_t md, int64_t value)
{
	unsigned char bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)((uint64_t)value >> (8 * (7 - i)));
	gcry_md_write(md, bytes, sizeof(bytes));
}

/* the length goes first: no two records run together into the same bytes */
static void hash_text(gcry_md_hd_t md, const char *text)
{
	size_t len = strlen(text);

	hash_number(md, (int64_t)len);
	gcry_md_write(md, text, len);
}

static int hash_record(const struct audit_record *r, const uint8_t *before, uint8_t *hash)
{
	gcry_md_hd_t md;

	if (!gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P)) {
		if (!gcry_check_version(NULL))
			return -EIO;
		gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
		gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
	}
	if (gcry_md_open(&md, GCRY_MD_SHA256, 0))
		return -EIO;
	hash_text(md, HASH_DOMAIN);
	gcry_md_write(md, before, AUDIT_HASH_LEN);
	hash_number(md, r->sequence);
	hash_number(md, r->time_ns);
	hash_number(md, r->kernel_seq);
	hash_number(md, r->lun);
	hash_number(md, r->logical);
	hash_number(md, r->error);
	gcry_md_write(md, r->pool_uuid, LEDGER_UUID_LEN);
	hash_text(md, r->pool);
	hash_text(md, r->kind);
	hash_text(md, r->from);
	hash_text(md, r->to);
	hash_text(md, r->from_dev);
	hash_text(md, r->to_dev);
	hash_text(md, r->key);
	hash_text(md, r->value);
	hash_text(md, r->reason);
	memcpy(hash, gcry_md_read(md, GCRY_MD_SHA256), AUDIT_HASH_LEN);
	gcry_md_close(md);
	return 0;
}

static void format_head(int64_t sequence, const uint8_t *hash, char head[AUDIT_HEAD_LEN])
{
	int n = snprintf(head, AUDIT_HEAD_LEN, "%lld:", (long long)sequence);

	for (int i = 0; i < AUDIT_HASH_LEN; i++)
		n += snprintf(head + n, AUDIT_HEAD_LEN - n, "%02x", hash[i]);
}

static int parse_head(const char *head, int64_t *sequence, uint8_t *hash)
{
	char *end;
	unsigned int byte;

	errno = 0;
	*sequence = strtoll(head, &end, 10);
	if (errno || end == head || *sequence < 0 || *end != ':')
		return -EINVAL;
	end++;
	if (strspn(end, "0123456789abcdef") != 2 * AUDIT_HASH_LEN)
		return -EINVAL;
	for (int i = 0; i < AUDIT_HASH_LEN; i++) {
		if (sscanf(end + 2 * i, "%2x", &byte) != 1)
			return -EINVAL;
		hash[i] = (uint8_t)byte;
	}
	end += 2 * AUDIT_HASH_LEN;
	return end[strspn(end, "\n")] ? -EINVAL : 0;
}

static int last_record(struct ledger *l, int64_t *sequence, uint8_t *hash)
{
	static const char what[] = "read the audit log's end";
	sqlite3_stmt *st;
	int ret = ledger_query(l, "SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1",
			       what, &st);

	*sequence = 0;
	memset(hash, 0, AUDIT_HASH_LEN);
	if (ret)
		return ret;
	if (ledger_next(l, st, what, &ret)) {
		*sequence = sqlite3_column_int64(st, 0);
		if (sqlite3_column_bytes(st, 1) == AUDIT_HASH_LEN)
			memcpy(hash, sqlite3_column_blob(st, 1), AUDIT_HASH_LEN);
	}
	sqlite3_finalize(st);
	return ret;
}

int audit_head(struct ledger *l, char head[AUDIT_HEAD_LEN])
{
	uint8_t hash[AUDIT_HASH_LEN];
	int64_t sequence;
	int err = last_record(l, &sequence, hash);

	if (!err)
		format_head(sequence, hash, head);
	return err;
}

static void bind_text(sqlite3_stmt *st, int col, const char *text)
{
	sqlite3_bind_text(st, col, text, -1, SQLITE_STATIC);
}

static int store(struct ledger *l, const struct audit_record *r, const uint8_t *hash)
{
	static const char what[] = "append to the audit log";
	sqlite3_stmt *st;
	int ret = ledger_query(l, "INSERT INTO audit VALUES(?, ?, ?, ?, ?, ?, ?,"
				  " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", what, &st);

	if (ret)
		return ret;
	sqlite3_bind_int64(st, 1, r->sequence);
	sqlite3_bind_int64(st, 2, r->time_ns);
	sqlite3_bind_int64(st, 3, r->kernel_seq);
	sqlite3_bind_int64(st, 4, r->lun);
	sqlite3_bind_int64(st, 5, r->logical);
	sqlite3_bind_int64(st, 6, r->error);
	sqlite3_bind_blob(st, 7, r->pool_uuid, LEDGER_UUID_LEN, SQLITE_STATIC);
	bind_text(st, 8, r->pool);
	bind_text(st, 9, r->kind);
	bind_text(st, 10, r->from);
	bind_text(st, 11, r->to);
	bind_text(st, 12, r->from_dev);
	bind_text(st, 13, r->to_dev);
	bind_text(st, 14, r->key);
	bind_text(st, 15, r->value);
	bind_text(st, 16, r->reason);
	sqlite3_bind_blob(st, 17, hash, AUDIT_HASH_LEN, SQLITE_STATIC);
	ret = ledger_run(l, st, what);
	sqlite3_finalize(st);
	return ret;
}

/* the end is read anew each time: a transaction that was rolled back leaves no trace */
int audit_append(struct ledger *l, struct audit_record *r)
{
	uint8_t before[AUDIT_HASH_LEN], hash[AUDIT_HASH_LEN];
	int err;

	if (!l->in_transaction)
		return -EINVAL;
	err = last_record(l, &r->sequence, before);
	if (err)
		return err;
	r->sequence++;
	err = hash_record(r, before, hash);
	return err ? err : store(l, r, hash);
}

static int head_path(const char *ledger_path, const char *suffix, char *path, size_t len)
{
	return snprintf(path, len, "%s.head%s", ledger_path, suffix) < (int)len ? 0 :
	       -ENAMETOOLONG;
}

static int write_all(int fd, const char *text)
{
	size_t len = strlen(text);
	ssize_t n;

	while (len) {
		n = write(fd, text, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		text += n;
		len -= (size_t)n;
	}
	return fsync(fd) ? -errno : 0;
}

static int write_file(const char *path, const char *temporary, const char *text)
{
	int fd, err;

	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	err = write_all(fd, text);
	if (close(fd) && !err)
		err = -errno;
	if (!err && rename(temporary, path))
		err = -errno;
	if (err)
		unlink(temporary);
	return err;
}

int audit_keep_head(struct ledger *l, const char *ledger_path, char *err, size_t errlen)
{
	char path[4096], temporary[4096], text[AUDIT_HEAD_LEN + 1];
	int ret;

	ret = audit_head(l, text);
	if (ret)
		return fail(err, errlen, ret, "%s", ledger_error(l));
	strcat(text, "\n");
	ret = head_path(ledger_path, "", path, sizeof(path));
	if (!ret)
		ret = head_path(ledger_path, ".new", temporary, sizeof(temporary));
	if (!ret)
		ret = write_file(path, temporary, text);
	if (ret)
		return fail(err, errlen, ret, "audit: cannot write %s.head: %s", ledger_path,
			    strerror(-ret));
	return 0;
}

/* -ENOENT if there is none */
static int read_head(const char *ledger_path, char head[AUDIT_HEAD_LEN])
{
	char path[4096];
	size_t n;
	FILE *f;

	if (head_path(ledger_path, "", path, sizeof(path)))
		return -ENAMETOOLONG;
	f = fopen(path, "re");
	if (!f)
		return -errno;
	n = fread(head, 1, AUDIT_HEAD_LEN - 1, f);
	head[n] = '\0';
	fclose(f);
	return 0;
}

struct walk {
	int64_t expected;		/* sequence of the next record */
	uint8_t hash[AUDIT_HASH_LEN];	/* of the one before */
	int64_t head_sequence;
	uint8_t head_hash[AUDIT_HASH_LEN];
	bool head_met;
	struct audit_verdict *verdict;
	char *err;
	size_t errlen;
};

static int verify_record(const struct audit_record *r, const uint8_t *hash, void *arg)
{
	struct walk *w = arg;
	uint8_t own[AUDIT_HASH_LEN];

	w->verdict->records++;
	w->verdict->bad = r->sequence;
	if (r->sequence != w->expected)
		return fail(w->err, w->errlen, 1,
			    "audit: record %lld is missing: %lld follows %lld",
			    (long long)w->expected, (long long)r->sequence,
			    (long long)w->expected - 1);
	if (hash_record(r, w->hash, own))
		return fail(w->err, w->errlen, -EIO, "audit: libgcrypt has no SHA-256");
	if (memcmp(own, hash, AUDIT_HASH_LEN))
		return fail(w->err, w->errlen, 1,
			    "audit: record %lld does not match its hash: it, or one before it, was changed",
			    (long long)r->sequence);
	memcpy(w->hash, hash, AUDIT_HASH_LEN);
	w->expected++;
	if (r->sequence == w->head_sequence) {
		w->head_met = true;
		if (memcmp(hash, w->head_hash, AUDIT_HASH_LEN))
			return fail(w->err, w->errlen, 1,
				    "audit: record %lld is not the one kept as head: the log was rewritten",
				    (long long)r->sequence);
	}
	w->verdict->bad = 0;
	return 0;
}

static int check_end(struct walk *w)
{
	w->verdict->after_head = w->expected - 1 - w->head_sequence;
	format_head(w->expected - 1, w->hash, w->verdict->head);
	if (w->head_sequence && !w->head_met) {
		w->verdict->bad = w->expected;
		return fail(w->err, w->errlen, 1,
			    "audit: the log ends at record %lld, the head kept aside names %lld: its end was cut off",
			    (long long)w->expected - 1, (long long)w->head_sequence);
	}
	return 0;
}

static int find_head(struct walk *w, const char *ledger, const char *head)
{
	char text[AUDIT_HEAD_LEN];
	int err;

	if (!head) {
		err = read_head(ledger, text);
		if (err)
			return fail(w->err, w->errlen, err == -ENOENT ? 1 : err,
				    "audit: cannot read %s.head: %s; without it nobody can tell whether the end was cut off",
				    ledger, strerror(-err));
		head = text;
	}
	if (parse_head(head, &w->head_sequence, w->head_hash))
		return fail(w->err, w->errlen, -EINVAL,
			    "audit: '%.80s' is no head; it is written NUMBER:64 hex digits",
			    head);
	return 0;
}

static int walk_log(struct walk *w, const char *ledger)
{
	static const struct audit_request all = { .lun = -1 };
	struct ledger *l;
	int ret;

	ret = ledger_open(&l, ledger, LEDGER_READ, w->err, w->errlen);
	if (ret)
		return ret;
	ret = audit_rows(l, &all, verify_record, w);
	if (ret < 0)
		fail(w->err, w->errlen, ret, "%s", ledger_error(l));
	ledger_close(l);
	return ret ? ret : check_end(w);
}

int audit_verify(const char *ledger, const char *head, struct audit_verdict *verdict,
		 char *err, size_t errlen)
{
	struct audit_verdict unused;
	struct walk w = { .expected = 1, .err = err, .errlen = errlen };
	int ret;

	w.verdict = verdict ? verdict : &unused;
	memset(w.verdict, 0, sizeof(*w.verdict));
	if (!ledger)
		ledger = LEDGER_PATH;
	/* the head first: what is appended meanwhile is newer, never missing */
	ret = find_head(&w, ledger, head);
	return ret ? ret : walk_log(&w, ledger);
}
