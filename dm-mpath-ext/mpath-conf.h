/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a table line says, as numbers and words. Pure: no device is opened here.
 *
 *	<#feature args> [<feature> [<arg>]]...
 *	<#hw handler args> [<handler>]
 *	<#groups> <initial group, from 1; 0 only if there are none>
 *	{ <selector> <#selector args>
 *	  <#paths> <#path args> { <dev> [<key>=<value>]... }... }...
 *
 * Arguments are counted in words; #path args is the number of words behind the
 * device of each path of the group.
 */
#ifndef MPATH_CONF_H
#define MPATH_CONF_H

#include "tier-portable.h"

#define MPATH_MAX_GROUPS	32
#define MPATH_MAX_PATHS		64	/* of all groups */
#define MPATH_MAX_WEIGHT	100
#define MPATH_MAX_COST		1000000
#define MPATH_MAX_SECONDS	86400
#define MPATH_MIN_PROBE_MS	10
#define MPATH_MAX_PROBE_MS	60000

#define MPATH_QUEUE_SECONDS	60	/* queue_if_no_path without a number */
#define MPATH_PROBE_MS		1000
#define MPATH_HUNG_MS		5000
#define MPATH_MIN_HUNG_MS	100
#define MPATH_MAX_HUNG_MS	600000

enum mpath_selector {
	MPATH_ROUND_ROBIN,
	MPATH_QUEUE_DEPTH,
	MPATH_LATENCY,
	MPATH_SELECTORS
};

enum mpath_failback {
	MPATH_FAILBACK_MANUAL,
	MPATH_FAILBACK_IMMEDIATE,
	MPATH_FAILBACK_AFTER,
};

/* features that the line gave, for the line that is shown */
enum mpath_feature {
	MPATH_F_QUEUE,
	MPATH_F_FAILBACK,
	MPATH_F_PROBE,
	MPATH_F_SLOW,
	MPATH_F_HEDGE,
	MPATH_F_ELASTIC,
	MPATH_F_HUNG,
	MPATH_FEATURES
};

/**
 * struct mpath_conf_path - one path of the line
 * @dev: the device as it was written
 * @weight: share of I/O in its group, 1 to MPATH_MAX_WEIGHT
 * @cost: for billing, no meaning here
 * @standby: joins only under load, or when the others are gone
 * @given: bits of enum mpath_path_key
 */
struct mpath_conf_path {
	const char *dev;
	u32 weight;
	u32 cost;
	bool standby;
	u32 given;
};

/* one group: @paths paths from @first on */
struct mpath_conf_group {
	enum mpath_selector selector;
	u32 first;
	u32 paths;
	u32 path_args;
};

/**
 * struct mpath_tunables - what may be set while the table is in use
 * @queue: hold I/O while there is no path
 * @queue_seconds: for so long
 * @failback: when to go back to a better group
 * @failback_seconds: for MPATH_FAILBACK_AFTER
 * @probe_ms: between two probes of a path
 * @hung_ms: a path whose I/O is neither done nor failed for so long hangs
 * @slow_ratio: hundredths: a path this much slower than its peers is set aside;
 *	0: none is
 * @hedge_percentile: hundredths of a percent; 0: no hedging
 * @hedge_budget: hundredths of a percent of all reads
 * @elastic_high: I/Os per second above which a standby path joins; 0: none does
 * @elastic_low: below which it leaves
 */
struct mpath_tunables {
	bool queue;
	u32 queue_seconds;
	enum mpath_failback failback;
	u32 failback_seconds;
	u32 probe_ms;
	u32 hung_ms;
	u32 slow_ratio;
	u32 hedge_percentile;
	u32 hedge_budget;
	u32 elastic_high;
	u32 elastic_low;
};

/**
 * struct mpath_conf - a whole line
 * @given: bits of enum mpath_feature
 * @t: the features' values
 * @handler: name of the hardware handler, or empty
 * @initial: group to begin with, from 1
 * @nr_groups: of @groups
 * @nr_paths: of @paths
 * @groups: in order of preference
 * @paths: of all groups, one group's after the other's
 * @error: what is wrong with the line
 */
struct mpath_conf {
	u32 given;
	struct mpath_tunables t;
	char handler[16];
	u32 initial;
	u32 nr_groups;
	u32 nr_paths;
	struct mpath_conf_group groups[MPATH_MAX_GROUPS];
	struct mpath_conf_path paths[MPATH_MAX_PATHS];
	char error[128];
};

extern const char *const mpath_selector_names[MPATH_SELECTORS];

int mpath_number(const char *word, u32 low, u32 high, u32 *value);
int mpath_hundredths(const char *word, u32 low, u32 high, u32 *value);
int mpath_conf_parse(struct mpath_conf *conf, unsigned int argc, char **argv);
int mpath_conf_set(struct mpath_conf *conf, unsigned int argc, char **argv);
int mpath_conf_print(const struct mpath_conf *conf, char *to, size_t room);

#endif
