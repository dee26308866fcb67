/* SPDX-License-Identifier: GPL-2.0-only */
/* A line of a device-mapper table: taken apart word by word, and put together. */
#ifndef TIERCTL_LINE_H
#define TIERCTL_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* sets @why, and is false: what a function that finds an error returns */
bool line_bad(const char **why, const char *text);

/* the next word of a line being taken apart, NULL at its end */
char *line_word(char **line);
bool line_number(char **line, uint64_t max, uint64_t *value);

/* can @dev stand in a line, as one word? */
bool line_device(const char *dev, const char **why);

/* runs @parse over a copy of @params that it may cut up */
bool line_parse(const char *params, bool (*parse)(void *words, char *line, const char **why),
		void *words, const char **why);

/* what @write writes, malloc'ed; NULL: no memory */
char *line_text(void (*write)(const void *words, FILE *out), const void *words);

#endif
