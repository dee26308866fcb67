/* SPDX-License-Identifier: GPL-2.0-only */
/* What the fuzzers have in common: an input taken bit by bit, and how to fail. */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

struct input {
	const uint8_t *at;
	size_t left;
};

static inline uint8_t input_u8(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->at++;
}

static inline uint16_t input_u16(struct input *in)
{
	uint16_t low = input_u8(in);

	return low | input_u8(in) << 8;
}

static inline uint64_t input_u64(struct input *in)
{
	uint64_t low = input_u16(in), i;

	for (i = 16; i < 64; i += 16)
		low |= (uint64_t)input_u16(in) << i;
	return low;
}

/* what is left as text; free() it */
static inline char *input_text(struct input *in)
{
	char *text = malloc(in->left + 1);

	memcpy(text, in->at, in->left);
	text[in->left] = 0;
	in->left = 0;
	return text;
}

/* the words of a line, in place; returns how many, at most @max */
static inline unsigned int input_words(char *line, char **words, unsigned int max)
{
	unsigned int n = 0;
	char *word;

	while (n < max && (word = strsep(&line, " \n")))
		if (*word)
			words[n++] = word;
	return n;
}

/* what must hold does not: said where libFuzzer's own messages go */
__attribute__((format(printf, 1, 2), noreturn)) static inline void wrong(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vdprintf(2, fmt, args);
	va_end(args);
	dprintf(2, "\n");
	abort();
}

#define MUST(x)		do { if (!(x)) wrong("%s:%d: not so: %s", __FILE__, __LINE__, #x); } while (0)

#endif
