/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ledger: who held and did how much on which tier, hour by hour
 *
 * One SQLite file in WAL mode with synchronous=FULL. tierd is its only writer;
 * any number of readers may have it open meanwhile. The kernel's counters are
 * cumulative; ledger_add() turns them into differences, and stores the counters
 * last seen in the same transaction as the rows made from them. So a writer
 * that is killed between any two instructions neither loses usage nor counts it
 * twice: the next sample starts from what the last commit holds.
 *
 * Functions return 0 or a negative errno; ledger_error() has the sentence.
 * A ledger of an older schema is brought up to date when it is opened for writing,
 * one step a transaction, and is read as it is otherwise.
 *
 * Link: ledger*.c -lsqlite3
 */
#ifndef LEDGER_H
#define LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEDGER_PATH		"/var/lib/dm-tier/ledger.db"	/* by default */
#define LEDGER_SCHEMA		2	/* 1: without paths */
#define LEDGER_PERIOD		3600	/* seconds of a usage row, from a full hour UTC */
#define LEDGER_NAME_LEN		128	/* with the final NUL */
#define LEDGER_TIER_LEN		32
#define LEDGER_UUID_LEN		16
#define LEDGER_MAX_TIERS	8

enum report_format { REPORT_TEXT, REPORT_CSV, REPORT_JSON };

enum ledger_mode { LEDGER_READ, LEDGER_WRITE };

struct ledger;

int ledger_open(struct ledger **ledger, const char *path, enum ledger_mode mode,
		char *err, size_t errlen);
void ledger_close(struct ledger *l);
const char *ledger_error(const struct ledger *l);

/* a transaction; ledger_add() and audit_append() want one to be open */
int ledger_begin(struct ledger *l);
int ledger_commit(struct ledger *l);
void ledger_rollback(struct ledger *l);

/* the kernel's counters of one LUN on one tier, in the kernel's units */
enum ledger_counter {
	LEDGER_READ_IOS,
	LEDGER_WRITE_IOS,
	LEDGER_READ_SECTORS,
	LEDGER_WRITE_SECTORS,
	LEDGER_IN_SECTORS,		/* moved to the tier */
	LEDGER_OUT_SECTORS,		/* moved away from it */
	LEDGER_HELD,			/* extents held x milliseconds */
	LEDGER_NR_COUNTERS
};

struct ledger_tier {
	char name[LEDGER_TIER_LEN];
	uint64_t extents;		/* held now */
	uint64_t counter[LEDGER_NR_COUNTERS];
};

/* one LUN as the kernel showed it */
struct ledger_sample {
	uint8_t pool_uuid[LEDGER_UUID_LEN];
	char pool[LEDGER_NAME_LEN];
	char consumer[LEDGER_NAME_LEN];	/* whom to bill; may be empty */
	uint64_t generation;		/* of the pool */
	uint64_t extent_bytes;
	uint32_t lun;
	int64_t time_ms;		/* UTC, since 1970: just after it was read */
	uint32_t nr_tiers;
	struct ledger_tier tier[LEDGER_MAX_TIERS];
};

/* what ledger_add() made of a sample */
struct ledger_result {
	bool new_instance;		/* first sight, or re-created under the same id */
	bool gap;			/* counters were set back: some usage is lost */
};

/**
 * ledger_add() - book one sample
 *
 * Counters that fell by no more than a crash of the host explains start a new
 * epoch: difference 0, gap flag. A greater fall, or a LUN that was gone before,
 * is another LUN with the same id: new instance, counted from 0.
 * A difference that spans hours is shared out by time, and the sum stays exact.
 */
int ledger_add(struct ledger *l, const struct ledger_sample *s, struct ledger_result *res);

/*
 * At @time_ms the LUN was not there: what shows up under its id later is a new
 * one. Nothing happens if the LUN we know was first seen after that: events
 * arrive late, and must not make one LUN into two.
 */
int ledger_gone(struct ledger *l, const uint8_t pool_uuid[LEDGER_UUID_LEN], uint32_t lun,
		int64_t time_ms);

/**
 * ledger_end() - book the last counters of a LUN that was deleted
 * @s: them, with the time of its end
 *
 * Like ledger_add() and ledger_gone(), but nothing is missing, and no row says
 * that something is. If a sample has shown already that the LUN is gone, or that
 * another has its id, what it did since the sample before that stays lost:
 * rather that than counting twice.
 */
int ledger_end(struct ledger *l, const struct ledger_sample *s);

/* ids of the LUNs that the ledger takes for existing in this pool */
int ledger_known(struct ledger *l, const uint8_t pool_uuid[LEDGER_UUID_LEN],
		 int (*fn)(uint32_t lun, void *arg), void *arg);

/* of the whole ledger, for tests that change or damage it */
struct sqlite3;
struct sqlite3 *ledger_db(struct ledger *l);

/* small values that must survive a restart, by name; -ENOENT if never stored */
int ledger_put(struct ledger *l, const char *name, int64_t value);
int ledger_get(struct ledger *l, const char *name, int64_t *value);
int ledger_drop(struct ledger *l, const char *name);	/* also one that is not there */

/* drops those whose names begin with @prefix and that @keep does not want */
int ledger_sweep(struct ledger *l, const char *prefix,
		 bool (*keep)(const char *name, int64_t value, void *arg), void *arg);

#define LEDGER_FLAG_GAP		1	/* usage in this period is incomplete */
#define LEDGER_FLAG_SHARED	2	/* part of a longer span, shared out by time */
#define LEDGER_FLAG_CLOCK	4	/* the host's clock was set back in it */

/* one row: one LUN on one tier in one hour */
struct ledger_row {
	int64_t id;			/* of the record, never used again */
	int64_t sequence;		/* of the transaction that touched it last */
	uint8_t pool_uuid[LEDGER_UUID_LEN];
	char pool[LEDGER_NAME_LEN];	/* the name it had then */
	char consumer[LEDGER_NAME_LEN];
	char tier[LEDGER_TIER_LEN];
	uint32_t lun;
	uint32_t instance;
	uint32_t epoch;			/* of the counters */
	uint32_t flags;			/* LEDGER_FLAG_* */
	uint64_t generation;
	uint64_t extent_bytes;
	int64_t start;			/* [start, end), seconds UTC */
	int64_t end;
	uint64_t delta[LEDGER_NR_COUNTERS];
};

struct ledger_filter {
	const char *pool;		/* name or UUID; NULL: all */
	int64_t lun;			/* -1: all */
	const char *consumer;		/* NULL: all */
	int64_t from, to;		/* hours that start in [from, to) */
};

/* rows by consumer, pool, LUN, instance, tier, hour; fn's non-zero ends it */
typedef int (*ledger_row_fn)(const struct ledger_row *row, void *arg);
int ledger_rows(struct ledger *l, const struct ledger_filter *f, ledger_row_fn fn, void *arg);

#endif
