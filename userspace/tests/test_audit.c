// SPDX-License-Identifier: GPL-2.0-only
/* The audit log: whatever is changed in it shows */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "scratch.h"

#define RECORDS	20

struct fixture {
	char dir[SCRATCH_LEN];
	char path[SCRATCH_LEN + 16];
};

static void append(const char *path, int nr)
{
	struct audit_record r;
	struct ledger *l;
	char err[256];

	assert_int_equal(ledger_open(&l, path, LEDGER_WRITE, err, sizeof(err)), 0);
	assert_int_equal(ledger_begin(l), 0);
	for (int i = 0; i < nr; i++) {
		audit_record_init(&r, "move-done");
		r.time_ns = 1700000000000000000LL + i;
		r.lun = i % 3;
		r.logical = i;
		strcpy(r.pool, "tank");
		strcpy(r.from, "slow");
		strcpy(r.to, "fast");
		strcpy(r.reason, "hot, \"very\"");
		assert_int_equal(audit_append(l, &r), 0);
	}
	assert_int_equal(ledger_commit(l), 0);
	assert_int_equal(audit_keep_head(l, path, err, sizeof(err)), 0);
	ledger_close(l);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (scratch_make(f->dir))
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/ledger.db", f->dir);
	append(f->path, RECORDS);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	int ret = scratch_remove(f->dir);

	free(f);
	return ret;
}

static void tamper(const struct fixture *f, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static int verify(const struct fixture *f, const char *head, struct audit_verdict *v)
{
	char err[256] = "";
	int ret = audit_verify(f->path, head, v, err, sizeof(err));

	if (ret)
		print_message("%s\n", err);
	return ret;
}

static void intact(void **state)
{
	struct audit_verdict v;
	char head[AUDIT_HEAD_LEN];

	assert_int_equal(verify(*state, NULL, &v), 0);
	assert_int_equal(v.records, RECORDS);
	assert_int_equal(v.after_head, 0);
	strcpy(head, v.head);
	/* a head from another host stays good while the log grows */
	append(((struct fixture *)*state)->path, 3);
	assert_int_equal(verify(*state, head, &v), 0);
	assert_int_equal(v.after_head, 3);
	assert_int_equal(verify(*state, NULL, &v), 0);
}

static void broken(void **state, const char *sql, int64_t where)
{
	struct audit_verdict v;

	tamper(*state, sql);
	assert_int_equal(verify(*state, NULL, &v), 1);
	assert_int_equal(v.bad, where);
}

static void changed(void **state)
{
	broken(state, "UPDATE audit SET lun = 9 WHERE sequence = 5", 5);
}

static void text_shifted(void **state)
{
	broken(state, "UPDATE audit SET from_tier = 'slowf', to_tier = 'ast'"
	       " WHERE sequence = 5", 5);
}

static void hash_changed(void **state)
{
	broken(state, "UPDATE audit SET hash = zeroblob(32) WHERE sequence = 7", 7);
}

static void removed(void **state)
{
	broken(state, "DELETE FROM audit WHERE sequence = 5", 6);
}

static void removed_and_renumbered(void **state)
{
	broken(state, "DELETE FROM audit WHERE sequence = 5;"
	       "UPDATE audit SET sequence = -(sequence - 1) WHERE sequence > 5;"
	       "UPDATE audit SET sequence = -sequence WHERE sequence < 0", 5);
}

static void reordered(void **state)
{
	broken(state, "UPDATE audit SET sequence = -5 WHERE sequence = 5;"
	       "UPDATE audit SET sequence = 5 WHERE sequence = 6;"
	       "UPDATE audit SET sequence = 6 WHERE sequence = -5", 5);
}

static void first_removed(void **state)
{
	broken(state, "DELETE FROM audit WHERE sequence = 1", 2);
}

static void end_cut_off(void **state)
{
	broken(state, "DELETE FROM audit WHERE sequence > 15", 16);
}

static void emptied(void **state)
{
	broken(state, "DELETE FROM audit", 1);
}

static void inserted(void **state)
{
	broken(state, "INSERT INTO audit SELECT 0, time_ns, kernel_seq, lun, logical, error,"
	       " pool_uuid, pool, kind, from_tier, to_tier, from_dev, to_dev, key, value,"
	       " reason, hash FROM audit WHERE sequence = 1", 0);
}

/* cut off, then written on: the chain is whole, but not the one that was */
static void cut_and_continued(void **state)
{
	struct fixture *f = *state;
	struct audit_verdict v;
	char head[AUDIT_HEAD_LEN];

	assert_int_equal(verify(f, NULL, &v), 0);
	strcpy(head, v.head);
	tamper(f, "DELETE FROM audit WHERE sequence > 15");
	append(f->path, 10);
	assert_int_equal(verify(f, NULL, &v), 0);
	assert_int_equal(verify(f, head, &v), 1);
	assert_int_equal(v.bad, RECORDS);
}

static void head_missing(void **state)
{
	struct fixture *f = *state;
	struct audit_verdict v;
	char path[128];

	snprintf(path, sizeof(path), "%s.head", f->path);
	unlink(path);
	assert_int_equal(verify(f, NULL, &v), 1);
	assert_true(verify(f, "12:beef", &v) < 0);
}

static void printed(void **state)
{
	struct fixture *f = *state;
	struct audit_request req = { .ledger = f->path, .lun = 1 };
	char *text = NULL, err[256];
	size_t len;

	for (int format = REPORT_TEXT; format <= REPORT_JSON; format++) {
		FILE *out = open_memstream(&text, &len);

		req.format = format;
		assert_int_equal(audit_print(out, &req, err, sizeof(err)), 0);
		fclose(out);
		assert_non_null(strstr(text, "move-done"));
		free(text);
	}
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(intact), TEST(changed), TEST(text_shifted), TEST(hash_changed),
		TEST(removed), TEST(removed_and_renumbered), TEST(reordered),
		TEST(first_removed), TEST(end_cut_off), TEST(emptied), TEST(inserted),
		TEST(cut_and_continued), TEST(head_missing), TEST(printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
