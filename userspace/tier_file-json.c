// SPDX-License-Identifier: GPL-2.0-only
#include "tier_file-json.h"

static void json_quote(struct json *j, const char *text)
{
	const unsigned char *c;

	putc('"', j->to);
	for (c = (const unsigned char *)text; *c; c++) {
		if (*c == '"' || *c == '\\')
			fprintf(j->to, "\\%c", *c);
		else if (*c < ' ')
			fprintf(j->to, "\\u%04x", *c);
		else
			putc(*c, j->to);
	}
	putc('"', j->to);
}

static void json_line(struct json *j)
{
	unsigned int i;

	putc('\n', j->to);
	for (i = 0; i < j->depth; i++)
		fputs("  ", j->to);
}

static void json_begin(struct json *j, const char *key)
{
	if (j->depth) {
		if (j->any[j->depth])
			putc(',', j->to);
		if (!j->flat[j->depth])
			json_line(j);
		else if (j->any[j->depth])
			putc(' ', j->to);
		j->any[j->depth] = true;
	}
	if (!key)
		return;
	json_quote(j, key);
	fputs(": ", j->to);
}

void json_open(struct json *j, const char *key, char bracket, bool flat)
{
	json_begin(j, key);
	putc(bracket, j->to);
	j->depth++;
	j->any[j->depth] = false;
	j->flat[j->depth] = flat || j->flat[j->depth - 1];
}

void json_close(struct json *j, char bracket)
{
	bool line = j->any[j->depth] && !j->flat[j->depth];

	j->depth--;
	if (line)
		json_line(j);
	putc(bracket, j->to);
	if (!j->depth)
		putc('\n', j->to);
}

void json_text(struct json *j, const char *key, const char *value)
{
	json_begin(j, key);
	json_quote(j, value);
}

void json_number(struct json *j, const char *key, unsigned long long value)
{
	json_begin(j, key);
	fprintf(j->to, "%llu", value);
}

void json_bool(struct json *j, const char *key, bool value)
{
	json_begin(j, key);
	fputs(value ? "true" : "false", j->to);
}

void json_null(struct json *j, const char *key)
{
	json_begin(j, key);
	fputs("null", j->to);
}
