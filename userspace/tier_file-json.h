/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON written as it comes, so that tables of any size need no memory. */
#ifndef TIER_FILE_JSON_H
#define TIER_FILE_JSON_H

#include <stdbool.h>
#include <stdio.h>

#define JSON_DEPTH 16

struct json {
	FILE *to;
	unsigned int depth;
	bool any[JSON_DEPTH];	/* has this level a member yet? */
	bool flat[JSON_DEPTH];	/* all on one line */
};

/* @key is NULL inside an array and for the outermost value */
void json_open(struct json *j, const char *key, char bracket, bool flat);
void json_close(struct json *j, char bracket);
void json_text(struct json *j, const char *key, const char *value);
void json_number(struct json *j, const char *key, unsigned long long value);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);

#endif
