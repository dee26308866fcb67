// SPDX-License-Identifier: GPL-2.0-only
/*
 * The audit log for people and programs
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "audit-db.h"
#include "ledger-db.h"
#include "report.h"

static const char rows_text[] =
	"SELECT sequence, time_ns, kernel_seq, lun, logical, error, pool_uuid, pool, kind,"
	" from_tier, to_tier, from_dev, to_dev, key, value, reason, hash FROM audit"
	" WHERE (?1 IS NULL OR pool = ?1 OR"
	"  lower(hex(pool_uuid)) = lower(replace(?1, '-', '')))"
	" AND (?2 < 0 OR lun = ?2) AND (?3 IS NULL OR kind = ?3)"
	" AND time_ns >= ?4 AND (?5 = 0 OR time_ns < ?5) ORDER BY sequence";

static void fill_record(sqlite3_stmt *st, struct audit_record *r, uint8_t *hash)
{
	memset(r, 0, sizeof(*r));
	memset(hash, 0, AUDIT_HASH_LEN);
	r->sequence = sqlite3_column_int64(st, 0);
	r->time_ns = sqlite3_column_int64(st, 1);
	r->kernel_seq = sqlite3_column_int64(st, 2);
	r->lun = sqlite3_column_int64(st, 3);
	r->logical = sqlite3_column_int64(st, 4);
	r->error = sqlite3_column_int64(st, 5);
	if (sqlite3_column_bytes(st, 6) == LEDGER_UUID_LEN)
		memcpy(r->pool_uuid, sqlite3_column_blob(st, 6), LEDGER_UUID_LEN);
	ledger_text(st, 7, r->pool, sizeof(r->pool));
	ledger_text(st, 8, r->kind, sizeof(r->kind));
	ledger_text(st, 9, r->from, sizeof(r->from));
	ledger_text(st, 10, r->to, sizeof(r->to));
	ledger_text(st, 11, r->from_dev, sizeof(r->from_dev));
	ledger_text(st, 12, r->to_dev, sizeof(r->to_dev));
	ledger_text(st, 13, r->key, sizeof(r->key));
	ledger_text(st, 14, r->value, sizeof(r->value));
	ledger_text(st, 15, r->reason, sizeof(r->reason));
	if (sqlite3_column_bytes(st, 16) == AUDIT_HASH_LEN)
		memcpy(hash, sqlite3_column_blob(st, 16), AUDIT_HASH_LEN);
}

int audit_rows(struct ledger *l, const struct audit_request *req, audit_row_fn fn, void *arg)
{
	uint8_t hash[AUDIT_HASH_LEN];
	struct audit_record r;
	sqlite3_stmt *st;
	int ret = ledger_query(l, rows_text, "read the audit log", &st);

	if (ret)
		return ret;
	sqlite3_bind_text(st, 1, req->pool, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, req->lun);
	sqlite3_bind_text(st, 3, req->kind, -1, SQLITE_STATIC);
	/* records from before 1970 can only be forged ones: the check must see them */
	sqlite3_bind_int64(st, 4, req->from ? req->from * 1000000000LL : INT64_MIN);
	sqlite3_bind_int64(st, 5, req->to * 1000000000LL);
	while (!ret && ledger_next(l, st, "read the audit log", &ret)) {
		fill_record(st, &r, hash);
		ret = fn(&r, hash, arg);
	}
	sqlite3_finalize(st);
	return ret;
}

struct print {
	FILE *out;
	struct json_object *list;
};

/* what happened, in one phrase */
static void describe(const struct audit_record *r, char *out, size_t len)
{
	if (r->key[0])
		snprintf(out, len, "%s = %s", r->key, r->value);
	else if (r->logical >= 0)
		snprintf(out, len, "extent %" PRId64 " %s (%s) -> %s (%s)", r->logical, r->from,
			 r->from_dev, r->to, r->to_dev);
	else if (r->to[0])
		snprintf(out, len, "%s%s-> %s", r->from, r->from[0] ? " " : "", r->to);
	else
		out[0] = '\0';
}

static int print_text(const struct audit_record *r, const uint8_t *hash, void *arg)
{
	struct print *p = arg;
	char when[REPORT_TIME_LEN], what[512], lun[24] = "-";

	(void)hash;
	report_time(r->time_ns / 1000000000, when);
	describe(r, what, sizeof(what));
	if (r->lun >= 0)
		snprintf(lun, sizeof(lun), "%" PRId64, r->lun);
	fprintf(p->out, "%8" PRId64 "  %s  %-16s %-8s %-14s %s", r->sequence, when, r->pool,
		lun, r->kind, what);
	if (r->error > 0)
		fprintf(p->out, "  error: %s", strerror((int)r->error));
	fprintf(p->out, "%s%s\n", r->reason[0] ? "  # " : "", r->reason);
	return 0;
}

static void number_cell(FILE *out, int64_t value)
{
	if (value >= 0)
		fprintf(out, "%" PRId64, value);
	fputc(',', out);
}

static int print_csv(const struct audit_record *r, const uint8_t *hash, void *arg)
{
	const char *text[] = { r->pool, r->kind, r->from, r->to, r->from_dev, r->to_dev,
			       r->key, r->value, r->reason };
	FILE *out = ((struct print *)arg)->out;
	char when[REPORT_TIME_LEN], hex[2 * AUDIT_HASH_LEN + 1];

	report_time(r->time_ns / 1000000000, when);
	report_hex(hash, AUDIT_HASH_LEN, hex);
	fprintf(out, "%" PRId64 ",%s,%" PRId64 ",", r->sequence, when, r->time_ns);
	number_cell(out, r->kernel_seq);
	number_cell(out, r->lun);
	number_cell(out, r->logical);
	number_cell(out, r->error);
	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		report_cell(out, text[i]);
		fputc(',', out);
	}
	fprintf(out, "%s\n", hex);
	return 0;
}

static void add_text(struct json_object *o, const char *key, const char *value)
{
	if (value[0])
		json_object_object_add(o, key, json_object_new_string(value));
}

static void add_number(struct json_object *o, const char *key, int64_t value)
{
	if (value >= 0)
		json_object_object_add(o, key, json_object_new_int64(value));
}

static int print_json(const struct audit_record *r, const uint8_t *hash, void *arg)
{
	struct json_object *o = json_object_new_object();
	char when[REPORT_TIME_LEN], hex[2 * AUDIT_HASH_LEN + 1];

	report_time(r->time_ns / 1000000000, when);
	add_number(o, "sequence", r->sequence);
	add_text(o, "time", when);
	add_number(o, "time_ns", r->time_ns);
	add_number(o, "kernel_seq", r->kernel_seq);
	report_hex(r->pool_uuid, LEDGER_UUID_LEN, hex);
	add_text(o, "pool_uuid", hex);
	add_text(o, "pool", r->pool);
	add_number(o, "lun", r->lun);
	add_text(o, "kind", r->kind);
	add_number(o, "logical", r->logical);
	add_text(o, "from", r->from);
	add_text(o, "to", r->to);
	add_text(o, "from_dev", r->from_dev);
	add_text(o, "to_dev", r->to_dev);
	add_text(o, "key", r->key);
	add_text(o, "value", r->value);
	add_text(o, "reason", r->reason);
	add_number(o, "error", r->error);
	report_hex(hash, AUDIT_HASH_LEN, hex);
	add_text(o, "hash", hex);
	return json_object_array_add(((struct print *)arg)->list, o);
}

static int print_records(struct ledger *l, FILE *out, const struct audit_request *req)
{
	struct print p = { .out = out };
	int ret;

	switch (req->format) {
	case REPORT_CSV:
		fputs("sequence,time,time_ns,kernel_seq,lun,logical,error,pool,kind,from,to,"
		      "from_dev,to_dev,key,value,reason,hash\n", out);
		return audit_rows(l, req, print_csv, &p);
	case REPORT_JSON:
		p.list = json_object_new_array();
		ret = audit_rows(l, req, print_json, &p);
		if (!ret)
			fprintf(out, "%s\n", json_object_to_json_string_ext(p.list,
				JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(p.list);
		return ret;
	default:
		return audit_rows(l, req, print_text, &p);
	}
}

int audit_print(FILE *out, const struct audit_request *req, char *err, size_t errlen)
{
	const char *path = req->ledger ? req->ledger : LEDGER_PATH;
	struct ledger *l;
	int ret;

	ret = ledger_open(&l, path, LEDGER_READ, err, errlen);
	if (ret)
		return ret;
	ret = print_records(l, out, req);
	if (ret)
		snprintf(err, errlen, "%s", ledger_error(l));
	ledger_close(l);
	return ret;
}
