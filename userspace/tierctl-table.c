// SPDX-License-Identifier: GPL-2.0-only
/* Rows of named cells, printed for people or as JSON. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tierctl.h"

struct cell {
	char *key;
	char *title;		/* NULL: JSON only */
	char *text;
	bool right;
	json_object *value;
};

struct row {
	struct cell *cell;
	size_t nr;
};

struct table {
	struct row *row;
	size_t nr;
};

/* no memory for a table's cell: nothing sensible is left to be done */
static void *must(void *p)
{
	if (!p) {
		fputs("tierctl: out of memory\n", stderr);
		exit(CTL_FAILED);
	}
	return p;
}

struct table *table_new(void)
{
	return must(calloc(1, sizeof(struct table)));
}

void table_row(struct table *t)
{
	t->row = must(reallocarray(t->row, t->nr + 1, sizeof(*t->row)));
	t->row[t->nr++] = (struct row){ 0 };
}

static void add(struct table *t, const char *key, const char *title, json_object *value,
		char *text, bool right)
{
	struct row *r = &t->row[t->nr - 1];

	r->cell = must(reallocarray(r->cell, r->nr + 1, sizeof(*r->cell)));
	r->cell[r->nr++] = (struct cell){
		.key = must(strdup(key)),
		.title = title ? must(strdup(title)) : NULL,
		.text = text, .right = right, .value = value,
	};
}

/* names come from people and disks: what a terminal would obey is not printed */
static char *plain(const char *text)
{
	char *copy = must(strdup(text)), *p;

	for (p = copy; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	return copy;
}

void cell_text(struct table *t, const char *key, const char *title, const char *text)
{
	bool empty = !text || !*text;

	add(t, key, title, empty ? NULL : json_object_new_string(text),
	    plain(empty ? "-" : text), false);
}

void cell_as(struct table *t, const char *key, const char *title, json_object *value,
	     const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	add(t, key, title, value, must(text), true);
}

void cell_number(struct table *t, const char *key, const char *title, uint64_t value)
{
	cell_as(t, key, title, json_object_new_uint64(value), "%llu",
		(unsigned long long)value);
}

void cell_bytes(struct table *t, const char *key, const char *title, uint64_t bytes)
{
	char buf[32];

	cell_as(t, key, title, json_object_new_uint64(bytes), "%s", text_bytes(buf, bytes));
}

void cell_flag(struct table *t, const char *key, const char *title, bool value)
{
	add(t, key, title, json_object_new_boolean(value), plain(value ? "on" : "off"), false);
}

void cell_json(struct table *t, const char *key, json_object *value)
{
	add(t, key, NULL, value, NULL, false);
}

size_t table_rows(const struct table *t)
{
	return t->nr;
}

static void table_free(struct table *t)
{
	size_t i, k;

	for (i = 0; i < t->nr; i++) {
		for (k = 0; k < t->row[i].nr; k++) {
			struct cell *c = &t->row[i].cell[k];

			free(c->key);
			free(c->title);
			free(c->text);
			json_object_put(c->value);
		}
		free(t->row[i].cell);
	}
	free(t->row);
	free(t);
}

static json_object *row_json(const struct row *r)
{
	json_object *o = must(json_object_new_object());
	size_t i;

	for (i = 0; i < r->nr; i++)
		json_object_object_add(o, r->cell[i].key, json_object_get(r->cell[i].value));
	return o;
}

json_object *table_take(struct table *t)
{
	json_object *array = must(json_object_new_array());
	size_t i;

	for (i = 0; i < t->nr; i++)
		json_object_array_add(array, row_json(&t->row[i]));
	table_free(t);
	return array;
}

void json_print(json_object *o, bool pretty)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;

	if (pretty)
		flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
	puts(json_object_to_json_string_ext(o, flags));
	json_object_put(o);
}

static int width_of(const struct table *t, size_t column)
{
	size_t i, width = strlen(t->row[0].cell[column].title);

	for (i = 0; i < t->nr; i++) {
		size_t len = column < t->row[i].nr ? strlen(t->row[i].cell[column].text) : 0;

		if (len > width)
			width = len;
	}
	return width;
}

static void print_cell(const struct cell *c, const char *text, int width, bool first, bool last)
{
	if (!first)
		fputs("  ", stdout);
	if (c->right)
		printf("%*s", width, text);
	else
		printf("%-*s", last ? 0 : width, text);
}

/* @row -1: the titles */
static void print_row(const struct table *t, ssize_t row, const int *width)
{
	const struct row *r = &t->row[row < 0 ? 0 : row];
	size_t i, last = 0;
	bool first = true;

	for (i = 0; i < r->nr; i++)
		if (r->cell[i].title)
			last = i;
	for (i = 0; i < r->nr; i++) {
		const struct cell *c = &r->cell[i];

		if (!c->title)
			continue;
		print_cell(c, row < 0 ? c->title : c->text, width[i], first, i == last);
		first = false;
	}
	putchar('\n');
}

static void print_table(const struct table *t)
{
	int *width = must(calloc(t->row[0].nr, sizeof(*width)));
	size_t i;

	for (i = 0; i < t->row[0].nr; i++)
		if (t->row[0].cell[i].title)
			width[i] = width_of(t, i);
	print_row(t, -1, width);
	for (i = 0; i < t->nr; i++)
		print_row(t, i, width);
	free(width);
}

void table_list(struct ctl *c, struct table *t)
{
	if (c->json) {
		json_print(table_take(t), true);
		return;
	}
	if (t->nr)
		print_table(t);
	table_free(t);
}

static void print_down(const struct row *r)
{
	int width = 0;
	size_t i;

	for (i = 0; i < r->nr; i++)
		if (r->cell[i].title && (int)strlen(r->cell[i].title) > width)
			width = strlen(r->cell[i].title);
	for (i = 0; i < r->nr; i++)
		if (r->cell[i].title)
			printf("%-*s  %s\n", width, r->cell[i].title, r->cell[i].text);
}

void table_one(struct ctl *c, struct table *t)
{
	if (c->json)
		json_print(row_json(&t->row[0]), true);
	else
		print_down(&t->row[0]);
	table_free(t);
}
