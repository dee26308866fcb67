// SPDX-License-Identifier: GPL-2.0-only
/* The words of a tier-pool table: parsed, changed, and written again. */
#include <stdlib.h>
#include <string.h>

#include "tierctl-line.h"
#include "tierctl.h"

#define FEATURE_WORDS_MAX	64

static struct words_tier *tier_named(struct pool_words *w, const char *name)
{
	unsigned int i;

	for (i = 0; i < w->nr_tiers; i++)
		if (!strcmp(w->tier[i].name, name))
			return &w->tier[i];
	return NULL;
}

static bool add_name(struct pool_words *w, const char *name, struct words_tier **out,
		     const char **why)
{
	struct words_tier *tier;

	if (!*name || strlen(name) >= DMTIER_TIER_LEN)
		return line_bad(why, "a tier's name has 1 to 31 characters");
	if (name[strcspn(name, " \t\n,:")])
		return line_bad(why, "a tier's name has no space, comma or colon");
	if (w->nr_tiers == WORDS_MAX_TIERS)
		return line_bad(why, "a pool has at most 8 tiers");
	tier = &w->tier[w->nr_tiers++];
	strcpy(tier->name, name);
	*out = tier;
	return true;
}

static bool has_dev(const struct pool_words *w, const char *dev)
{
	unsigned int i, k;

	for (i = 0; i < w->nr_tiers; i++)
		for (k = 0; k < w->tier[i].nr_devs; k++)
			if (!strcmp(w->tier[i].dev[k], dev))
				return true;
	return false;
}

static bool add_dev(struct pool_words *w, struct words_tier *tier, const char *dev,
		    const char **why)
{
	if (!line_device(dev, why))
		return false;
	if (tier->nr_devs == WORDS_MAX_DEVS)
		return line_bad(why, "a tier has at most 64 devices");
	if (has_dev(w, dev))
		return line_bad(why, "a device is named twice");
	tier->dev[tier->nr_devs] = strdup(dev);
	if (!tier->dev[tier->nr_devs])
		return line_bad(why, "out of memory");
	tier->nr_devs++;
	return true;
}

/* NAME:DEV[,DEV...]; a name that is there already gets the devices added */
bool words_add_tier(struct pool_words *w, const char *spec, const char **why)
{
	const char *colon = strchr(spec, ':');
	char *copy, *list, *dev;
	struct words_tier *tier;
	bool ok = true;

	if (!colon || !colon[1])
		return line_bad(why, "a tier is written NAME:DEV[,DEV...]");
	copy = strdup(spec);
	if (!copy)
		return line_bad(why, "out of memory");
	copy[colon - spec] = 0;
	tier = tier_named(w, copy);
	if (!tier)
		ok = add_name(w, copy, &tier, why);
	list = copy + (colon - spec) + 1;
	while (ok && (dev = strsep(&list, ",")))
		ok = add_dev(w, tier, dev, why);
	free(copy);
	return ok;
}

bool words_drop_dev(struct pool_words *w, const char *dev)
{
	unsigned int i, k;

	for (i = 0; i < w->nr_tiers; i++) {
		struct words_tier *tier = &w->tier[i];

		for (k = 0; k < tier->nr_devs; k++) {
			if (strcmp(tier->dev[k], dev))
				continue;
			free(tier->dev[k]);
			tier->nr_devs--;
			memmove(&tier->dev[k], &tier->dev[k + 1],
				(tier->nr_devs - k) * sizeof(tier->dev[0]));
			return true;
		}
	}
	return false;
}

int words_each_dev(struct pool_words *w, int (*fn)(char **dev, void *arg), void *arg)
{
	unsigned int i, k;
	int err = 0;

	for (i = 0; !err && i < w->nr_tiers; i++)
		for (k = 0; !err && k < w->tier[i].nr_devs; k++)
			err = fn(&w->tier[i].dev[k], arg);
	return err;
}

static int free_dev(char **dev, void *arg)
{
	(void)arg;
	free(*dev);
	return 0;
}

void words_free(struct pool_words *w)
{
	words_each_dev(w, free_dev, NULL);
	free(w->meta);
	free(w->mirror);
	memset(w, 0, sizeof(*w));
}

static bool parse_feature(struct pool_words *w, char **line, uint64_t *left, const char **why)
{
	const char *word = line_word(line), *arg;

	(*left)--;
	if (!word)
		return line_bad(why, "feature words are missing");
	if (!strcmp(word, "read_only"))
		return w->read_only = true;
	if (!strcmp(word, "error_if_no_space"))
		return w->error_if_no_space = true;
	if (!strcmp(word, "skip_zeroing"))
		return w->skip_zeroing = true;
	if (!strcmp(word, "no_discard_passdown"))
		return w->no_discard_passdown = true;
	if (strcmp(word, "metadata_mirror"))
		return line_bad(why, "a feature that this tierctl does not know");
	arg = *left ? line_word(line) : NULL;
	if (!arg || w->mirror)
		return line_bad(why, "metadata_mirror wants one device");
	(*left)--;
	w->mirror = strdup(arg);
	return w->mirror || line_bad(why, "out of memory");
}

static bool parse_tier(struct pool_words *w, char **line, const char **why)
{
	const char *name = line_word(line);
	struct words_tier *tier;
	uint64_t devs;

	if (!name || !line_number(line, WORDS_MAX_DEVS, &devs))
		return line_bad(why, "a tier lacks its name or its number of devices");
	if (tier_named(w, name))
		return line_bad(why, "a tier is named twice");
	if (!add_name(w, name, &tier, why))
		return false;
	while (devs--) {
		const char *dev = line_word(line);

		if (!dev)
			return line_bad(why, "a tier has fewer devices than it says");
		if (!add_dev(w, tier, dev, why))
			return false;
	}
	return true;
}

static bool parse_line(void *words, char *line, const char **why)
{
	const char *meta = line_word(&line);
	struct pool_words *w = words;
	uint64_t left, tiers;

	if (!meta || !line_number(&line, UINT32_MAX, &w->extent_sectors))
		return line_bad(why, "metadata device or extent size is missing");
	w->meta = strdup(meta);
	if (!w->meta)
		return line_bad(why, "out of memory");
	if (!line_number(&line, FEATURE_WORDS_MAX, &left))
		return line_bad(why, "the number of feature words is missing");
	while (left)
		if (!parse_feature(w, &line, &left, why))
			return false;
	if (!line_number(&line, WORDS_MAX_TIERS, &tiers))
		return line_bad(why, "the number of tiers is missing");
	while (tiers--)
		if (!parse_tier(w, &line, why))
			return false;
	return !line_word(&line) || line_bad(why, "there are words after the last tier");
}

bool words_parse(struct pool_words *w, const char *params, const char **why)
{
	memset(w, 0, sizeof(*w));
	if (line_parse(params, parse_line, w, why))
		return true;
	words_free(w);
	return false;
}

static void write_features(const struct pool_words *w, FILE *out)
{
	fprintf(out, " %d", 2 * !!w->mirror + w->read_only + w->error_if_no_space +
			    w->skip_zeroing + w->no_discard_passdown);
	if (w->mirror)
		fprintf(out, " metadata_mirror %s", w->mirror);
	if (w->read_only)
		fputs(" read_only", out);
	if (w->error_if_no_space)
		fputs(" error_if_no_space", out);
	if (w->skip_zeroing)
		fputs(" skip_zeroing", out);
	if (w->no_discard_passdown)
		fputs(" no_discard_passdown", out);
}

/* a tier left without devices is left out */
static void write_line(const void *words, FILE *out)
{
	const struct pool_words *w = words;
	unsigned int i, k, tiers = 0;

	for (i = 0; i < w->nr_tiers; i++)
		tiers += !!w->tier[i].nr_devs;
	fprintf(out, "%s %llu", w->meta, (unsigned long long)w->extent_sectors);
	write_features(w, out);
	fprintf(out, " %u", tiers);
	for (i = 0; i < w->nr_tiers; i++) {
		if (!w->tier[i].nr_devs)
			continue;
		fprintf(out, " %s %u", w->tier[i].name, w->tier[i].nr_devs);
		for (k = 0; k < w->tier[i].nr_devs; k++)
			fprintf(out, " %s", w->tier[i].dev[k]);
	}
}

char *words_params(const struct pool_words *w)
{
	return line_text(write_line, w);
}
