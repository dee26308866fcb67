// SPDX-License-Identifier: GPL-2.0-only
/*
 * A table line of mpath-ext, and then "set" messages, one a line. What is taken is
 * shown as a line that is taken again and shown the same.
 */
#include "input.h"
#include "mpath-conf.h"

#define SHOWN	16384

static struct mpath_conf conf, again;

static void in_bounds(const struct mpath_conf *c)
{
	const struct mpath_tunables *t = &c->t;
	u32 g, next = 0, p;

	MUST(c->nr_groups <= MPATH_MAX_GROUPS && c->nr_paths <= MPATH_MAX_PATHS);
	MUST(c->nr_groups ? c->initial && c->initial <= c->nr_groups : !c->initial);
	MUST(strnlen(c->handler, sizeof(c->handler)) < sizeof(c->handler));
	for (g = 0; g < c->nr_groups; g++) {
		MUST(c->groups[g].first == next && c->groups[g].paths);
		MUST(c->groups[g].selector < MPATH_SELECTORS);
		next += c->groups[g].paths;
	}
	MUST(next == c->nr_paths);
	for (p = 0; p < c->nr_paths; p++) {
		MUST(c->paths[p].dev && *c->paths[p].dev);
		MUST(c->paths[p].weight >= 1 && c->paths[p].weight <= MPATH_MAX_WEIGHT);
		MUST(c->paths[p].cost <= MPATH_MAX_COST);
	}
	MUST(t->probe_ms >= MPATH_MIN_PROBE_MS && t->probe_ms <= MPATH_MAX_PROBE_MS);
	MUST(t->hung_ms >= MPATH_MIN_HUNG_MS && t->hung_ms <= MPATH_MAX_HUNG_MS);
	MUST(t->hedge_percentile < 10000 && t->hedge_budget <= 10000);
	MUST(!t->elastic_high || t->elastic_low < t->elastic_high);
}

static void shown_again(const struct mpath_conf *c)
{
	static char line[SHOWN], copy[SHOWN], twice[SHOWN];
	char *words[512];
	unsigned int n;
	int len = mpath_conf_print(c, line, sizeof(line));

	MUST(len > 0 && (size_t)len == strlen(line));
	strcpy(copy, line);
	n = input_words(copy, words, ARRAY_SIZE(words));
	if (mpath_conf_parse(&again, n, words))
		wrong("not taken again: %s: %s", line, again.error);
	in_bounds(&again);
	mpath_conf_print(&again, twice, sizeof(twice));
	if (strcmp(line, twice))
		wrong("shown another way: %s\n%s", line, twice);
}

static void small_room(const struct mpath_conf *c, size_t room)
{
	char *to = malloc(room);

	mpath_conf_print(c, to, room);
	if (room)
		MUST(strnlen(to, room) < room);
	free(to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	u8 room = input_u8(&in);
	char *text = input_text(&in), *rest = text, *line = strsep(&rest, "\n");
	char *words[512];
	unsigned int n = input_words(line, words, ARRAY_SIZE(words));

	memset(&conf, 0xa5, sizeof(conf));
	if (mpath_conf_parse(&conf, n, words)) {
		MUST(strnlen(conf.error, sizeof(conf.error)) < sizeof(conf.error) && *conf.error);
	} else {
		in_bounds(&conf);
		shown_again(&conf);
		small_room(&conf, room);
		while (rest && (line = strsep(&rest, "\n"))) {
			struct mpath_tunables was = conf.t;

			n = input_words(line, words, ARRAY_SIZE(words));
			if (n && mpath_conf_set(&conf, n, words))
				MUST(!memcmp(&was, &conf.t, sizeof(was)) && *conf.error);
			in_bounds(&conf);
			shown_again(&conf);
		}
	}
	free(text);
	return 0;
}
