// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "tierctl-line.h"
#include "tierctl.h"

bool line_bad(const char **why, const char *text)
{
	*why = text;
	return false;
}

char *line_word(char **line)
{
	char *word;

	do
		word = strsep(line, " \t\n");
	while (word && !*word);
	return word;
}

bool line_number(char **line, uint64_t max, uint64_t *value)
{
	const char *word = line_word(line);

	return word && text_number(word, max, value);
}

bool line_device(const char *dev, const char **why)
{
	return (*dev && !dev[strcspn(dev, " \t\n")]) ||
	       line_bad(why, "a device's path must not be empty or have spaces");
}

bool line_parse(const char *params, bool (*parse)(void *words, char *line, const char **why),
		void *words, const char **why)
{
	char *copy = strdup(params);
	bool ok = copy ? parse(words, copy, why) : line_bad(why, "out of memory");

	free(copy);
	return ok;
}

char *line_text(void (*write)(const void *words, FILE *out), const void *words)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	write(words, out);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}
