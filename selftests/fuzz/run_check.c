// SPDX-License-Identifier: GPL-2.0-only
/* tier_check as a call: its main(), and its state forgotten behind it. */
#define main tier_check_main
#include "../../userspace/tier_check.c"

#include "image.h"
#include "words.h"

int run_check(const char *word, ...)
{
	struct words w;
	va_list args;
	int ret;

	va_start(args, word);
	words_take(&w, "tier_check", word, args);
	va_end(args);
	ret = tier_check_main(w.argc, w.argv);
	if (ret == 2)
		tidy();
	memset(&check, 0, sizeof(check));
	memset(&said, 0, sizeof(said));
	return ret;
}
