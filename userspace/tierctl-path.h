/* SPDX-License-Identifier: GPL-2.0-only */
/* What the path commands of tierctl share. */
#ifndef TIERCTL_PATH_H
#define TIERCTL_PATH_H

#include "tierctl.h"

/* a map's name, also where it was written /dev/mapper/<name>; NULL stays NULL */
const char *path_map_name(const char *word);

/* all paths of one map or of all, in the order of groups */
struct paths {
	struct dmtier_path *path;
	size_t nr;
};

/*
 * Opens the family, sees that the map is there if one is named, and reads the
 * paths. Return: exit code, told already; paths_free() after CTL_OK.
 */
int paths_read(struct ctl *c, const char *map, struct paths *p);
void paths_free(struct paths *p);

uint64_t path_ios(const struct dmtier_path *p);
/* of @p in percent of all I/O of its map; the map's paths are among @all */
double path_share(const struct paths *all, const struct dmtier_path *p);
/* map, group, device: how every table of paths begins */
void path_cells(struct table *t, const struct dmtier_path *p);
void cell_share(struct table *t, double percent);

typedef void (*path_row_fn)(struct table *t, const struct paths *all,
			    const struct dmtier_path *p);

/* a row for each path of @map, or of all (NULL); @none is said if there is none */
int path_list(struct ctl *c, const char *map, path_row_fn row, const char *none);

/* tierctl-path-words.c: the words of an mpath-ext table */
#define PATH_WORDS_GROUPS	32
#define PATH_WORDS_PATHS	64

enum { PATH_WEIGHT, PATH_ROLE, PATH_COST, PATH_KEYS };

struct words_path {
	char *dev;
	char *value[PATH_KEYS];		/* NULL: not said */
};

struct words_group {
	char selector[DMTIER_NAME_LEN];
	unsigned int nr_paths;
	struct words_path path[PATH_WORDS_PATHS];
};

struct path_words {
	char features[DMTIER_TEXT_LEN];	/* joined by spaces */
	unsigned int nr_features;
	char handler[DMTIER_NAME_LEN];	/* empty: none */
	uint64_t initial;
	unsigned int nr_groups;
	struct words_group group[PATH_WORDS_GROUPS];
};

/* @why is set to what is wrong on failure */
bool path_words_parse(struct path_words *w, const char *params, const char **why);
/* "slow_path", "4" or "hedge", "99,5": the value's commas part words */
bool path_words_feature(struct path_words *w, const char *name, const char *value,
			const char **why);
/* SELECTOR:DEV[,KEY=VALUE...][,DEV...] */
bool path_words_group(struct path_words *w, const char *spec, const char **why);
/* DEV[,KEY=VALUE...][,DEV...] into group @g, from 1 */
bool path_words_add(struct path_words *w, unsigned int g, const char *spec, const char **why);
bool path_words_drop(struct path_words *w, const char *dev);
char *path_words_params(const struct path_words *w);	/* NULL: no memory */
void path_words_free(struct path_words *w);
/* runs @fn over the devices until it returns non-zero */
int path_words_each(struct path_words *w, int (*fn)(char **dev, void *arg), void *arg);

/* tierctl-path-top.c */
int path_top(struct ctl *c, int argc, char **argv);

#endif
