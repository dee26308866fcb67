// SPDX-License-Identifier: GPL-2.0-only
/*
 * shop - a database with customers in it, for the demo
 *
 *	shop create <database> <rows>
 *	shop run <database> <seconds> <hot rows> <first hot row>
 *
 * A table of items of about 1 KiB in SQLite, with synchronous=FULL. Nine in ten
 * transactions go to the hot rows, the rest anywhere; one in five sells an item
 * and waits until that is durable. The page cache is told to forget the file
 * every few transactions, as if the database were much larger than memory.
 *
 * run prints: transactions, per second, median, 99th percentile and longest of
 * one transaction in milliseconds.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FORGET_EVERY	4
#define MAX_SAMPLES	1000000

static sqlite3 *db;

static void die(const char *what)
{
	fprintf(stderr, "shop: %s: %s\n", what, db ? sqlite3_errmsg(db) : "");
	exit(1);
}

static void sql(const char *text)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		die(text);
}

static sqlite3_stmt *prepare(const char *text)
{
	sqlite3_stmt *statement;

	if (sqlite3_prepare_v2(db, text, -1, &statement, NULL) != SQLITE_OK)
		die(text);
	return statement;
}

static void step(sqlite3_stmt *statement, int64_t id, int expect)
{
	sqlite3_bind_int64(statement, 1, id);
	if (sqlite3_step(statement) != expect)
		die("step");
	sqlite3_reset(statement);
}

static uint64_t random_below(uint64_t n)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % n;
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void create(const char *path, int64_t rows)
{
	sqlite3_stmt *insert;
	int64_t i;

	if (sqlite3_open(path, &db) != SQLITE_OK)
		die(path);
	sql("PRAGMA page_size=4096");
	sql("PRAGMA cache_size=-4096");
	sql("CREATE TABLE item(id INTEGER PRIMARY KEY, stock INTEGER, sold INTEGER, about BLOB)");
	sql("BEGIN");
	insert = prepare("INSERT INTO item VALUES(?1, 1000000, 0, randomblob(960))");
	for (i = 0; i < rows; i++)
		step(insert, i, SQLITE_DONE);
	sqlite3_finalize(insert);
	sql("COMMIT");
	sqlite3_close(db);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int64_t count_rows(void)
{
	sqlite3_stmt *count = prepare("SELECT max(id) + 1 FROM item");
	int64_t rows;

	if (sqlite3_step(count) != SQLITE_ROW)
		die("count");
	rows = sqlite3_column_int64(count, 0);
	sqlite3_finalize(count);
	return rows;
}

static void run(const char *path, double seconds, int64_t hot, int64_t first)
{
	double *took = malloc(MAX_SAMPLES * sizeof(*took)), start, end;
	sqlite3_stmt *look, *sell;
	size_t n = 0, nr;
	int64_t rows, id;
	int fd;

	fd = open(path, O_RDONLY);
	if (!took || fd < 0 || sqlite3_open(path, &db) != SQLITE_OK)
		die(path);
	sql("PRAGMA synchronous=FULL");
	sql("PRAGMA cache_size=64");
	rows = count_rows();
	look = prepare("SELECT about FROM item WHERE id=?1");
	sell = prepare("UPDATE item SET stock=stock-1, sold=sold+1 WHERE id=?1");

	end = now_ms() + seconds * 1e3;
	while (now_ms() < end && n < MAX_SAMPLES) {
		id = random_below(10) ? first + random_below(hot) : random_below(rows);
		if (n % FORGET_EVERY == 0)
			posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		start = now_ms();
		if (random_below(5))
			step(look, id % rows, SQLITE_ROW);
		else
			step(sell, id % rows, SQLITE_DONE);
		took[n++] = now_ms() - start;
	}
	nr = n ? n : 1;
	qsort(took, n, sizeof(*took), compare);
	printf("%zu %.0f %.2f %.2f %.2f\n", n, n / seconds, took[nr / 2], took[nr * 99 / 100],
	       took[nr - 1]);
	sqlite3_finalize(look);
	sqlite3_finalize(sell);
	sqlite3_close(db);
	close(fd);
	free(took);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "create"))
		create(argv[2], atoll(argv[3]));
	else if (argc == 6 && !strcmp(argv[1], "run"))
		run(argv[2], atof(argv[3]), atoll(argv[4]), atoll(argv[5]));
	else
		die("usage: shop create <database> <rows> | run <database> <seconds> <hot rows> <first>");
	return 0;
}
