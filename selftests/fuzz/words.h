/* SPDX-License-Identifier: GPL-2.0-only */
/* A program's words from a call's. */
#ifndef FUZZ_WORDS_H
#define FUZZ_WORDS_H

#include <getopt.h>
#include <stdarg.h>
#include <stddef.h>

#define WORDS_MAX	24

struct words {
	int argc;
	char *argv[WORDS_MAX];
};

/* NULL ends them; getopt() begins anew */
static inline void words_take(struct words *w, const char *name, const char *word, va_list args)
{
	w->argc = 0;
	w->argv[w->argc++] = (char *)name;
	for (; word && w->argc < WORDS_MAX - 1; word = va_arg(args, const char *))
		w->argv[w->argc++] = (char *)word;
	w->argv[w->argc] = NULL;
	optind = 0;
}

#endif
