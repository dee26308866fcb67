/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of tierctl share. Commands return an exit code; whoever finds
 * an error prints it, once, with what to do next.
 */
#ifndef TIERCTL_H
#define TIERCTL_H

#include <getopt.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "libdmtier.h"
#include "libdmtier-path.h"

enum {
	CTL_OK		= 0,
	CTL_FAILED	= 1,
	CTL_USAGE	= 2,
	CTL_ABSENT	= 3,	/* no such pool, LUN, device, tier, map */
	CTL_DENIED	= 4,
	CTL_NO_SERVICE	= 5,	/* module not loaded, no ledger of the daemon's */
};

struct ctl {
	bool json;
	bool tty;		/* stdout is a terminal */
	bool color;
	bool utf8;
	const char *ledger;
	struct dmtier *h;	/* after ctl_open() */
	struct dmtier *paths;	/* after ctl_open_paths() */
	const struct command *command;
};

struct command {
	const char *group;
	const char *verb;	/* NULL: what the group does without one */
	const char *args;
	const char *help;
	int min, max;		/* arguments after group and verb, options counted */
	int (*run)(struct ctl *c, int argc, char **argv);
};

extern const struct command pool_commands[], lun_commands[], dev_commands[],
	policy_commands[], usage_commands[], heat_commands[], top_commands[],
	event_commands[], ledger_commands[], path_commands[], path_figure_commands[],
	path_table_commands[];

/* tierctl-say.c */
int ctl_open(struct ctl *c);			/* exit code, told already */
int ctl_open_paths(struct ctl *c);		/* the same for dm-mpath-ext */
int ctl_usage(const struct ctl *c);		/* prints how the command is called */
void ctl_line(FILE *out, const struct command *cmd);

/* one line: what failed; @next (may be NULL) says what to do about it */
__attribute__((format(printf, 4, 5)))
int ctl_fail(int code, int err, const char *next, const char *format, ...);
int ctl_code(int err);				/* exit code for -errno */

/* the last netlink call failed with @err; adds what to do next */
int ctl_kernel(struct ctl *c, int err, const char *what);
int ctl_path_kernel(struct ctl *c, int err, const char *what);

/* asks on the terminal; without one only --yes (@yes) will do */
bool ctl_confirm(bool yes, const char *question);

/* tierctl-guess.c: the name nearest to a word that is none; g.name NULL: none is near */
struct guess {
	const char *word;
	const char *name;
	unsigned int distance;
};

void guess_begin(struct guess *g, const char *word);
void guess_try(struct guess *g, const char *name);

/* says that there is no option @word, and which of @options (may be NULL) is near */
void ctl_no_option(const char *word, const struct option *options);

/* getopt_long() that tells by itself what is wrong, before it returns '?' */
int ctl_getopt(int argc, char **argv, const char *letters, const struct option *options,
	       int *index);

/* tierctl-text.c: words to numbers and back */
bool text_number(const char *s, uint64_t max, uint64_t *value);
bool text_size(const char *s, uint64_t *bytes);		/* 10M, 1T, 8192, 16s */
bool text_lun(const char *s, uint32_t *lun);
bool text_seconds(const char *s, double *seconds);
/* move-rate as move_rate, up to a '='; @to may be @key */
const char *text_key(char *to, size_t len, const char *key);
const char *text_bytes(char buf[32], uint64_t bytes);	/* 1.5 GiB */
const char *text_short(char buf[32], double value);	/* 12.3k */
const char *text_ns(char buf[32], uint64_t ns);		/* 85 us, - for 0 */
const char *text_ms(char buf[32], uint64_t ms);		/* 3d 4h */

/*
 * tierctl-table.c: rows told once, printed as a table or as JSON. A cell
 * without a title is in the JSON only; every row has the same cells in order.
 */
struct table;
struct table *table_new(void);
void table_row(struct table *t);
void cell_text(struct table *t, const char *key, const char *title, const char *text);
void cell_number(struct table *t, const char *key, const char *title, uint64_t value);
void cell_bytes(struct table *t, const char *key, const char *title, uint64_t bytes);
void cell_flag(struct table *t, const char *key, const char *title, bool value);
void cell_json(struct table *t, const char *key, json_object *value);
/* @value is taken over; right-aligned */
__attribute__((format(printf, 5, 6)))
void cell_as(struct table *t, const char *key, const char *title, json_object *value,
	     const char *format, ...);
size_t table_rows(const struct table *t);
json_object *table_take(struct table *t);	/* array of the rows; frees @t */
void table_list(struct ctl *c, struct table *t);	/* prints all; frees @t */
void table_one(struct ctl *c, struct table *t);	/* first row, down the page; frees @t */
void json_print(json_object *o, bool pretty);	/* and frees it */

/* tierctl-words.c: the words of a tier-pool table */
#define WORDS_MAX_TIERS	8
#define WORDS_MAX_DEVS	64

struct words_tier {
	char name[DMTIER_TIER_LEN];
	unsigned int nr_devs;
	char *dev[WORDS_MAX_DEVS];
};

struct pool_words {
	char *meta;
	char *mirror;		/* or NULL */
	uint64_t extent_sectors;
	bool read_only, error_if_no_space, skip_zeroing, no_discard_passdown;
	unsigned int nr_tiers;
	struct words_tier tier[WORDS_MAX_TIERS];
};

/* @why is set to what is wrong on failure */
bool words_parse(struct pool_words *w, const char *params, const char **why);
bool words_add_tier(struct pool_words *w, const char *spec, const char **why); /* NAME:DEV,... */
bool words_drop_dev(struct pool_words *w, const char *dev);
char *words_params(const struct pool_words *w);	/* NULL: no memory */
void words_free(struct pool_words *w);
/* runs @fn over the data devices until it returns non-zero */
int words_each_dev(struct pool_words *w, int (*fn)(char **dev, void *arg), void *arg);

/* tierctl-dm.c: device-mapper; these print their own errors, return exit codes */
struct dm_map {
	char name[DMTIER_POOL_LEN];
	uint64_t sectors;
	char *params;		/* of the one target, malloc'ed */
	char target[32];
	char dev[DMTIER_DEV_LEN];
	int open_count;
};

void dm_begin(void);
void dm_end(void);
bool dm_denied(void);	/* device-mapper is not for us */
bool dm_find(const char *name, struct dm_map *map);	/* false: not there */
void dm_map_free(struct dm_map *map);
int dm_create_map(const char *name, const char *target, uint64_t sectors, const char *params);
int dm_reload_map(const char *name, const char *target, uint64_t sectors, const char *params);
int dm_remove_map(const char *name);
/* maps of target tier on @pool_dev; @lun DMTIER_ANY_LUN: all of them */
int dm_each_lun_map(const char *pool_dev, uint32_t lun,
		    int (*fn)(const struct dm_map *map, uint32_t lun, void *arg), void *arg);

/* device-mapper loads a module itself where the alias is installed; best effort */
void load_module(const char *name, const char *sys);
/* paths may be renamed under us, and libdevmapper is shown numbers: *@dev becomes one */
int dev_to_number(char **dev, void *arg);
uint64_t dev_size(const char *number);	/* in sectors; 0: it is not there, or empty */
int dev_sectors(const char *number, uint64_t *sectors);	/* that is an error */

/* tierctl-reason.c: the kernel knows a device by number, the user by @path */
void reason_call(const char *number, const char *path);
void reason_forget(void);
/*
 * false: @line of the kernel log is not about our table; else it is in @out with
 * paths. @holds: of a device that was refused for what is on it, or NULL
 */
bool reason_text(const char *line, char *out, size_t len, const char **holds);

/* tierctl-progress.c */
struct progress;
void progress_show(struct progress *p, uint64_t done, uint64_t total);
/*
 * Waits while @look, which calls progress_show(), returns 1. Return: 0 or the -errno
 * that it returned in the end, or 1 if a signal put an end to the waiting.
 */
int progress_watch(const char *what, int (*look)(struct progress *p, void *arg), void *arg);
double clock_seconds(void);	/* monotonic */
bool wait_seconds(double seconds);	/* false: interrupted by a signal */
void catch_interrupts(void);

/* tierctl-view.c: what is shown over and over, as top does */
struct snapshot {
	void *record;
	size_t nr;
	size_t size;		/* of one record */
	double time;
};

struct view {
	size_t size;		/* of one record */
	const char *nothing;	/* said in place of an empty table */
	int (*open)(struct ctl *c);
	int (*take)(struct ctl *c, const char *name, struct snapshot *s);	/* -errno */
	void (*rows)(struct table *t, const struct snapshot *now,
		     const struct snapshot *before, size_t lines);
	int (*failed)(struct ctl *c, int err, const char *what);
};

int snapshot_add(struct snapshot *s, const void *record);
int view_run(struct ctl *c, const struct view *v, int argc, char **argv);
double per_second(uint64_t now, uint64_t before, double seconds);
void cell_rate(struct table *t, const char *key, const char *title, double rate);
void cell_byte_rate(struct table *t, const char *key, const char *title, double rate);

/* shared by commands of several groups */
int pool_settings(struct ctl *c, const char *pool);
int lun_settings(struct ctl *c, const char *pool, uint32_t lun);
int set_pool_key(struct ctl *c, const char *pool, const char *key, const char *value);
int set_lun_key(struct ctl *c, const char *pool, uint32_t lun, const char *key,
		const char *value);
int path_events(struct ctl *c, int argc, char **argv);
uint64_t pool_extent_bytes(struct ctl *c, const char *pool);	/* 0: not known */

/* tierctl-heatmap.c and tierctl-png.c */
struct heat_cell {
	uint32_t rate;		/* the hottest extent's */
	uint32_t mapped;	/* extents */
	uint8_t rank;		/* the tier most of them are on */
};

struct heat_map {
	uint64_t extents;	/* of the LUN */
	uint64_t per_cell;
	unsigned int width, height;
	uint32_t hottest;
	struct heat_cell *cell;
};

unsigned int heat_level(const struct heat_map *m, uint32_t rate, unsigned int levels);
int heat_png(const struct heat_map *m, const char *title, const char *file);
int heat_map(struct ctl *c, int argc, char **argv);

#endif
