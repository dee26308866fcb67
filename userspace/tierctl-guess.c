// SPDX-License-Identifier: GPL-2.0-only
/* A word that is none: which one may have been meant, and options told that way. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "tierctl.h"

#define GUESS_LEN	32	/* longer words are not guessed at */

static unsigned int least(unsigned int a, unsigned int b, unsigned int c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

/* letters to add, drop, change or swap with the next one; both shorter than GUESS_LEN */
static unsigned int distance(const char *a, const char *b)
{
	size_t i, k, na = strlen(a), nb = strlen(b);
	unsigned int d[GUESS_LEN][GUESS_LEN];

	for (i = 0; i <= na; i++)
		d[i][0] = i;
	for (k = 0; k <= nb; k++)
		d[0][k] = k;
	for (i = 1; i <= na; i++)
		for (k = 1; k <= nb; k++) {
			d[i][k] = least(d[i - 1][k] + 1, d[i][k - 1] + 1,
					d[i - 1][k - 1] + (a[i - 1] != b[k - 1]));
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				d[i][k] = least(d[i][k], d[i][k], d[i - 2][k - 2] + 1);
		}
	return d[na][nb];
}

void guess_begin(struct guess *g, const char *word)
{
	*g = (struct guess){ .word = word, .distance = strlen(word) / 3 + 1 };
	if (strlen(word) >= GUESS_LEN)
		g->word = NULL;
}

/* the start of a name is as good as a slip of the finger */
void guess_try(struct guess *g, const char *name)
{
	unsigned int d;

	if (!g->word || strlen(name) >= GUESS_LEN)
		return;
	d = distance(g->word, name);
	if (d > 1 && strlen(g->word) > 1 && !strncmp(name, g->word, strlen(g->word)))
		d = 1;
	if (d > g->distance || (g->name && d == g->distance))
		return;
	g->distance = d;
	g->name = name;
}

/* options of every command, which tierctl.c takes out of the line */
static const char *const everywhere[] = { "json", "ledger", "no-color", "help", "version" };

static struct guess option_meant(const char *word, const struct option *options)
{
	struct guess g;
	size_t i;

	guess_begin(&g, word);
	for (; options && options->name; options++)
		guess_try(&g, options->name);
	for (i = 0; i < sizeof(everywhere) / sizeof(everywhere[0]); i++)
		guess_try(&g, everywhere[i]);
	return g;
}

void ctl_no_option(const char *word, const struct option *options)
{
	int len = strcspn(word, "=");
	char name[64], next[64];
	struct guess g;

	snprintf(name, sizeof(name), "%.*s", len, word);
	g = option_meant(name + strspn(name, "-"), options);
	snprintf(next, sizeof(next), "--%s may be meant", g.name ? g.name : "");
	ctl_fail(CTL_USAGE, 0, g.name && !strncmp(word, "--", 2) ? next : NULL,
		 "there is no option %.*s here", len, word);
}

/* optopt: 0 for a long one that is not known; else the letter, or what is a long one's value */
static void tell(const char *word, const struct option *options)
{
	if (!strncmp(word, "--", 2) && !optopt)
		ctl_no_option(word, options);
	else if (!strncmp(word, "--", 2) && strchr(word, '='))
		ctl_fail(CTL_USAGE, 0, NULL, "%.*s takes no value", (int)strcspn(word, "="), word);
	else
		ctl_fail(CTL_USAGE, 0, NULL, "there is no option -%c here", optopt);
}

int ctl_getopt(int argc, char **argv, const char *letters, const struct option *options,
	       int *index)
{
	static const struct option none[] = { { 0 } };
	char spec[32];
	int option;

	opterr = 0;
	snprintf(spec, sizeof(spec), ":%s", letters);
	option = getopt_long(argc, argv, spec, options ? options : none, index);
	if (option == ':') {
		ctl_fail(CTL_USAGE, 0, NULL, "%s wants a value", argv[optind - 1]);
		return '?';
	}
	if (option == '?')
		tell(argv[optind - 1], options);
	return option;
}
