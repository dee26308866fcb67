/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The audit log: one record per relocation and policy change, hash-chained
 *
 * It lives in the ledger's file. Each record's SHA-256 covers all its fields
 * and the hash before it; number and hash of the last record are kept aside in
 * <ledger>.head, written after each commit. Verification finds a changed,
 * removed, inserted, re-ordered record, and an end that was cut off. Who owns
 * the host can rewrite both files: keep the head that `tierctl audit` prints
 * (tierd journals it every hour) on another host, and give it to the check.
 *
 * Link: audit.c audit-report.c ledger.c ledger-db.c ledger-read.c -lsqlite3 -lgcrypt -ljson-c
 */
#ifndef AUDIT_H
#define AUDIT_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "ledger.h"

#define AUDIT_HASH_LEN	32
#define AUDIT_HEAD_LEN	96	/* "<sequence>:<64 hex digits>" */
#define AUDIT_TEXT_LEN	256
#define AUDIT_WORD_LEN	32

/* -1 or empty: does not apply */
struct audit_record {
	int64_t sequence;		/* filled in by audit_append() */
	int64_t time_ns;		/* UTC, since 1970: the kernel's, else ours */
	int64_t kernel_seq;		/* number of the kernel's event */
	int64_t lun;
	int64_t logical;
	int64_t error;
	uint8_t pool_uuid[LEDGER_UUID_LEN];
	char pool[LEDGER_NAME_LEN];
	char kind[AUDIT_WORD_LEN];	/* move-done, move-failed, policy, events-lost ... */
	char from[AUDIT_WORD_LEN];
	char to[AUDIT_WORD_LEN];
	char from_dev[AUDIT_WORD_LEN];
	char to_dev[AUDIT_WORD_LEN];
	char key[AUDIT_WORD_LEN];
	char value[AUDIT_TEXT_LEN];
	char reason[AUDIT_TEXT_LEN];
};

/* a record in which nothing applies yet */
void audit_record_init(struct audit_record *r, const char *kind);

/* inside a transaction of the ledger */
int audit_append(struct ledger *l, struct audit_record *r);

/* after the commit: bring <ledger>.head up to date; at start too */
int audit_keep_head(struct ledger *l, const char *ledger_path, char *err, size_t errlen);

/* the last record as "<sequence>:<hash>"; "0:" and zeros when there is none */
int audit_head(struct ledger *l, char head[AUDIT_HEAD_LEN]);

struct audit_request {
	const char *ledger;		/* NULL: LEDGER_PATH */
	const char *pool;		/* name or UUID; NULL: all */
	int64_t lun;			/* -1: all */
	const char *kind;		/* NULL: all */
	time_t from, to;		/* [from, to); to 0: no end */
	enum report_format format;
};

/**
 * audit_print() - write the records that match
 * Return: 0, or a negative errno with the sentence in @err.
 */
int audit_print(FILE *out, const struct audit_request *req, char *err, size_t errlen);

struct audit_verdict {
	int64_t records;		/* looked at */
	int64_t bad;			/* sequence where the chain breaks, 0: nowhere */
	int64_t after_head;		/* records newer than the head kept aside */
	char head[AUDIT_HEAD_LEN];	/* of the log as it is */
};

/**
 * audit_verify() - walk the whole chain
 * @ledger: path, NULL: LEDGER_PATH
 * @head: a head kept on another host, NULL: the one in <ledger>.head
 * Return: 0 intact; 1 tampered with, @err says what and where; a negative errno
 * if it could not be checked.
 */
int audit_verify(const char *ledger, const char *head, struct audit_verdict *verdict,
		 char *err, size_t errlen);

#endif
