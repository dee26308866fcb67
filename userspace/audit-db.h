/* SPDX-License-Identifier: GPL-2.0-only */
/* The audit log's rows, as its own files read them */
#ifndef AUDIT_DB_H
#define AUDIT_DB_H

#include "audit.h"

typedef int (*audit_row_fn)(const struct audit_record *r, const uint8_t *hash, void *arg);

/* in order of sequence; fn's non-zero ends it and is the result */
int audit_rows(struct ledger *l, const struct audit_request *req, audit_row_fn fn, void *arg);

#endif
