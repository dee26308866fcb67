// SPDX-License-Identifier: GPL-2.0-only
/* The kernel log's lines about a table that was refused, for people. */
#include <stdlib.h>
#include <string.h>

#include "tierctl.h"

#define CALLED_MAX	(WORDS_MAX_TIERS * WORDS_MAX_DEVS + 2)

static struct {
	char *number, *path;
} called[CALLED_MAX];
static unsigned int nr_called;

void reason_call(const char *number, const char *path)
{
	char *a, *b;

	if (nr_called == CALLED_MAX || !strcmp(number, path))
		return;
	a = strdup(number);
	b = strdup(path);
	if (a && b) {
		called[nr_called].number = a;
		called[nr_called++].path = b;
		return;
	}
	free(a);
	free(b);
}

void reason_forget(void)
{
	while (nr_called) {
		free(called[--nr_called].number);
		free(called[nr_called].path);
	}
}

/* the path that the word @word of @len bytes stands for, or NULL */
static const char *path_of(const char *word, size_t len)
{
	unsigned int i;

	for (i = 0; i < nr_called; i++)
		if (strlen(called[i].number) == len && !strncmp(called[i].number, word, len))
			return called[i].path;
	return NULL;
}

bool reason_text(const char *line, char *out, size_t len, const char **holds)
{
	size_t at = 0, word;
	const char *path;

	*holds = NULL;
	if (len)
		*out = 0;
	/* the ioctl's own line adds nothing to the target's */
	if (strstr(line, "device-mapper: ioctl:"))
		return false;
	if (!strstr(line, "device-mapper: tier") && !strstr(line, "device-mapper: table") &&
	    !strstr(line, "device-mapper: mpath-ext") && !strstr(line, "dm-tier"))
		return false;
	while (*line && at + 1 < len) {
		word = strspn(line, "0123456789:");
		path = path_of(line, word);
		if (path) {
			at += snprintf(out + at, len - at, "%s", path);
			line += word;
			if (!strncmp(line, " holds ", 7))
				*holds = path;
			continue;
		}
		word = word ? word : 1;
		at += snprintf(out + at, len - at, "%.*s", (int)word, line);
		line += word;
	}
	return true;
}
