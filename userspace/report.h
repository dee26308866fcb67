/* SPDX-License-Identifier: GPL-2.0-only */
/* Small pieces that every report is made of */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define REPORT_TIME_LEN	32

/* as 2026-01-31T23:00:00Z */
static inline void report_time(int64_t seconds, char out[REPORT_TIME_LEN])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(out, REPORT_TIME_LEN, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(out, REPORT_TIME_LEN, "@%lld", (long long)seconds);
}

/* @out has room for two digits a byte and the NUL */
static inline void report_hex(const uint8_t *bytes, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
	out[2 * len] = '\0';
}

/*
 * One CSV cell. Names come from people: quoted where needed, and never such that
 * a spreadsheet takes them for a formula.
 */
static inline void report_cell(FILE *out, const char *text)
{
	bool formula = *text && strchr("=+-@\t\r", *text);
	const char *c;

	if (!formula && !strpbrk(text, ",\"\r\n")) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	if (formula)
		fputc('\'', out);
	for (c = text; *c; c++) {
		if (*c == '"')
			fputc('"', out);
		fputc(*c, out);
	}
	fputc('"', out);
}

#endif
