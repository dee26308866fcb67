// SPDX-License-Identifier: GPL-2.0-only
/* The words of an mpath-ext table: parsed, changed, and written again. */
#include <stdlib.h>
#include <string.h>

#include "tierctl-line.h"
#include "tierctl-path.h"

#define FEATURE_WORDS_MAX	32

static const struct {
	const char *name;
	const char *unsaid;	/* what it means for a path not to say it */
} keys[PATH_KEYS] = {
	[PATH_WEIGHT] = { "weight", "1" },
	[PATH_ROLE] = { "role", "active" },
	[PATH_COST] = { "cost", "0" },
};

static unsigned int count_paths(const struct path_words *w)
{
	unsigned int g, n = 0;

	for (g = 0; g < w->nr_groups; g++)
		n += w->group[g].nr_paths;
	return n;
}

static bool has_dev(const struct path_words *w, const char *dev)
{
	unsigned int g, i;

	for (g = 0; g < w->nr_groups; g++)
		for (i = 0; i < w->group[g].nr_paths; i++)
			if (!strcmp(w->group[g].path[i].dev, dev))
				return true;
	return false;
}

static bool add_dev(struct path_words *w, struct words_group *g, const char *dev,
		    const char **why)
{
	if (!line_device(dev, why))
		return false;
	if (count_paths(w) == PATH_WORDS_PATHS)
		return line_bad(why, "a map has at most 64 paths");
	if (has_dev(w, dev))
		return line_bad(why, "a device is named twice");
	g->path[g->nr_paths] = (struct words_path){ .dev = strdup(dev) };
	if (!g->path[g->nr_paths].dev)
		return line_bad(why, "out of memory");
	g->nr_paths++;
	return true;
}

/* weight=3 of the path named last */
static bool add_key(struct words_group *g, const char *word, const char **why)
{
	struct words_path *path;
	size_t len;
	int k;

	if (!g->nr_paths)
		return line_bad(why, "a key stands behind the device that it is for");
	path = &g->path[g->nr_paths - 1];
	for (k = 0; k < PATH_KEYS; k++) {
		len = strlen(keys[k].name);
		if (!strncmp(word, keys[k].name, len) && word[len] == '=')
			break;
	}
	if (k == PATH_KEYS)
		return line_bad(why, "a path's keys are weight=, role= and cost=");
	if (path->value[k])
		return line_bad(why, "a key is given twice for one path");
	if (!word[len + 1] || word[strcspn(word, " \t\n")])
		return line_bad(why, "a key's value must not be empty or have spaces");
	path->value[k] = strdup(word + len + 1);
	return path->value[k] || line_bad(why, "out of memory");
}

/* a device's path may well have a '=' in it, but not in its first part */
static bool is_key(const char *word)
{
	size_t len = strspn(word, "abcdefghijklmnopqrstuvwxyz_");

	return len && word[len] == '=';
}

static bool add_words(struct path_words *w, struct words_group *g, const char *spec,
		      const char **why)
{
	char *copy = strdup(spec), *list = copy, *word;
	bool ok = copy || line_bad(why, "out of memory");

	while (ok && (word = strsep(&list, ",")))
		ok = is_key(word) ? add_key(g, word, why) : add_dev(w, g, word, why);
	free(copy);
	return ok;
}

static bool new_group(struct path_words *w, const char *selector, size_t len,
		      const char **why)
{
	struct words_group *g = &w->group[w->nr_groups];

	if (w->nr_groups == PATH_WORDS_GROUPS)
		return line_bad(why, "a map has at most 32 groups");
	if (!len || len >= sizeof(g->selector) || strcspn(selector, " \t\n") < len)
		return line_bad(why, "a selector is round-robin, queue-depth or latency");
	memset(g, 0, sizeof(*g));
	snprintf(g->selector, sizeof(g->selector), "%.*s", (int)len, selector);
	w->nr_groups++;
	return true;
}

bool path_words_group(struct path_words *w, const char *spec, const char **why)
{
	const char *colon = strchr(spec, ':');

	if (!colon || !colon[1])
		return line_bad(why, "a group is written SELECTOR:DEV[,KEY=VALUE...][,DEV...]");
	return new_group(w, spec, colon - spec, why) &&
	       add_words(w, &w->group[w->nr_groups - 1], colon + 1, why);
}

bool path_words_add(struct path_words *w, unsigned int g, const char *spec, const char **why)
{
	if (!g || g > w->nr_groups)
		return line_bad(why, "there is no group of that number");
	if (is_key(spec))
		return line_bad(why, "a key stands behind the device that it is for");
	return add_words(w, &w->group[g - 1], spec, why);
}

bool path_words_feature(struct path_words *w, const char *name, const char *value,
			const char **why)
{
	size_t len = strlen(w->features), at;
	const char *p;
	char *comma;

	if (value && (!*value || value[strcspn(value, " \t\n")]))
		return line_bad(why, "a value must not be empty or have spaces");
	if (value && (*value == ',' || strstr(value, ",,") || value[strlen(value) - 1] == ','))
		return line_bad(why, "a word is missing before, behind or between commas");
	if (len + strlen(name) + (value ? strlen(value) : 0) + 3 > sizeof(w->features))
		return line_bad(why, "too many words");
	snprintf(w->features + len, sizeof(w->features) - len, "%s%s%s%s", len ? " " : "", name,
		 value ? " " : "", value ? value : "");
	at = len + !!len + strlen(name);
	w->nr_features += 1 + !!value;
	for (p = value; p && (p = strchr(p, ',')); p++)
		w->nr_features++;
	while ((comma = strchr(w->features + at, ',')))
		*comma = ' ';
	return true;
}

static void free_path(struct words_path *path)
{
	int k;

	free(path->dev);
	for (k = 0; k < PATH_KEYS; k++)
		free(path->value[k]);
}

bool path_words_drop(struct path_words *w, const char *dev)
{
	unsigned int g, i;

	for (g = 0; g < w->nr_groups; g++) {
		struct words_group *group = &w->group[g];

		for (i = 0; i < group->nr_paths; i++) {
			if (strcmp(group->path[i].dev, dev))
				continue;
			free_path(&group->path[i]);
			group->nr_paths--;
			memmove(&group->path[i], &group->path[i + 1],
				(group->nr_paths - i) * sizeof(group->path[0]));
			return true;
		}
	}
	return false;
}

int path_words_each(struct path_words *w, int (*fn)(char **dev, void *arg), void *arg)
{
	unsigned int g, i;
	int err = 0;

	for (g = 0; !err && g < w->nr_groups; g++)
		for (i = 0; !err && i < w->group[g].nr_paths; i++)
			err = fn(&w->group[g].path[i].dev, arg);
	return err;
}

void path_words_free(struct path_words *w)
{
	unsigned int g, i;

	for (g = 0; g < w->nr_groups; g++)
		for (i = 0; i < w->group[g].nr_paths; i++)
			free_path(&w->group[g].path[i]);
	memset(w, 0, sizeof(*w));
}

static bool parse_features(struct path_words *w, char **line, const char **why)
{
	uint64_t left;
	char *word;

	if (!line_number(line, FEATURE_WORDS_MAX, &left))
		return line_bad(why, "the number of feature words is missing");
	while (left--) {
		word = line_word(line);
		if (!word)
			return line_bad(why, "feature words are missing");
		if (!path_words_feature(w, word, NULL, why))
			return false;
	}
	return true;
}

static bool parse_handler(struct path_words *w, char **line, const char **why)
{
	const char *word;
	uint64_t words;

	if (!line_number(line, 1, &words))
		return line_bad(why, "the number of hardware handler words is missing");
	if (!words)
		return true;
	word = line_word(line);
	if (!word || strlen(word) >= sizeof(w->handler))
		return line_bad(why, "the hardware handler is missing");
	strcpy(w->handler, word);
	return true;
}

static bool parse_path(struct path_words *w, struct words_group *g, char **line, uint64_t args,
		       const char **why)
{
	const char *word = line_word(line);

	if (!word)
		return line_bad(why, "a group has fewer paths than it says");
	if (!add_dev(w, g, word, why))
		return false;
	while (args--) {
		word = line_word(line);
		if (!word)
			return line_bad(why, "a path has fewer words than it should");
		if (!add_key(g, word, why))
			return false;
	}
	return true;
}

static bool parse_group(struct path_words *w, char **line, const char **why)
{
	const char *selector = line_word(line);
	uint64_t words, paths, args;

	if (!selector || !line_number(line, 0, &words))
		return line_bad(why, "a group lacks its selector or the number of its words");
	if (!new_group(w, selector, strlen(selector), why))
		return false;
	if (!line_number(line, PATH_WORDS_PATHS, &paths) || !line_number(line, PATH_KEYS, &args))
		return line_bad(why, "a group lacks its number of paths or of their words");
	while (paths--)
		if (!parse_path(w, &w->group[w->nr_groups - 1], line, args, why))
			return false;
	return true;
}

static bool parse_line(void *words, char *line, const char **why)
{
	struct path_words *w = words;
	uint64_t groups;

	if (!parse_features(w, &line, why) || !parse_handler(w, &line, why))
		return false;
	if (!line_number(&line, PATH_WORDS_GROUPS, &groups) ||
	    !line_number(&line, groups, &w->initial))
		return line_bad(why, "the number of groups or the initial one is missing");
	while (groups--)
		if (!parse_group(w, &line, why))
			return false;
	return !line_word(&line) || line_bad(why, "there are words after the last group");
}

bool path_words_parse(struct path_words *w, const char *params, const char **why)
{
	memset(w, 0, sizeof(*w));
	if (line_parse(params, parse_line, w, why))
		return true;
	path_words_free(w);
	return false;
}

/* all paths of a group have the same number of words: what one says, all say */
static void write_group(const struct words_group *g, FILE *out)
{
	bool said[PATH_KEYS] = { false };
	unsigned int i, k, args = 0;

	for (k = 0; k < PATH_KEYS; k++) {
		for (i = 0; i < g->nr_paths; i++)
			said[k] |= !!g->path[i].value[k];
		args += said[k];
	}
	fprintf(out, " %s 0 %u %u", g->selector, g->nr_paths, args);
	for (i = 0; i < g->nr_paths; i++) {
		fprintf(out, " %s", g->path[i].dev);
		for (k = 0; k < PATH_KEYS; k++)
			if (said[k])
				fprintf(out, " %s=%s", keys[k].name, g->path[i].value[k] ?
					g->path[i].value[k] : keys[k].unsaid);
	}
}

/* the number that group @old has once the empty ones are left out, at least 1 */
static unsigned int renumbered(const struct path_words *w, uint64_t old)
{
	unsigned int g, n = 0;

	for (g = 0; g < w->nr_groups && g < old; g++)
		n += !!w->group[g].nr_paths;
	return n ? n : 1;
}

/* a group left without paths is left out */
static void write_line(const void *words, FILE *out)
{
	const struct path_words *w = words;
	unsigned int g, groups = 0;

	for (g = 0; g < w->nr_groups; g++)
		groups += !!w->group[g].nr_paths;
	fprintf(out, "%u%s%s", w->nr_features, *w->features ? " " : "", w->features);
	fprintf(out, " %d%s%s", !!*w->handler, *w->handler ? " " : "", w->handler);
	fprintf(out, " %u %u", groups, groups ? renumbered(w, w->initial) : 0);
	for (g = 0; g < w->nr_groups; g++)
		if (w->group[g].nr_paths)
			write_group(&w->group[g], out);
}

char *path_words_params(const struct path_words *w)
{
	return line_text(write_line, w);
}
