// SPDX-License-Identifier: GPL-2.0-only
/* tier_dump as a call: what it prints goes to @out. */
#define main tier_dump_main
#include "../../userspace/tier_dump.c"

#include "image.h"
#include "words.h"

int run_dump(FILE *out, const char *word, ...)
{
	FILE *was = stdout;
	struct words w;
	va_list args;
	int ret;

	va_start(args, word);
	words_take(&w, "tier_dump", word, args);
	va_end(args);
	stdout = out;
	ret = tier_dump_main(w.argc, w.argv);
	stdout = was;
	return ret;
}
