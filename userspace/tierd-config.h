/* SPDX-License-Identifier: GPL-2.0-only */
/* tierd's configuration: read in full, or refused in full */
#ifndef TIERD_CONFIG_H
#define TIERD_CONFIG_H

#include <limits.h>
#include <sys/types.h>

#include "libdmtier.h"
#include "ledger.h"
#include "tierd-schedule.h"

#define CONFIG_PATH		"/etc/dm-tier/tierd.conf"	/* by default */
#define CONFIG_MAX_SETTINGS	48
#define CONFIG_KEY_LEN		24
#define CONFIG_MAIL_LEN		256
#define CONFIG_MAX_USERS	32

/* what the kernel is told, key by key; checked as far as we can without the pool */
struct config_setting {
	char key[CONFIG_KEY_LEN];
	char value[DMTIER_TIERS_LEN];
};

struct config_settings {
	int nr;
	struct config_setting setting[CONFIG_MAX_SETTINGS];
};

struct config_pool {
	char name[DMTIER_POOL_LEN];
	struct config_settings settings;
	struct schedule moves;		/* moves run in these windows; empty: no schedule */
};

struct config_lun {
	char pool[DMTIER_POOL_LEN];
	uint32_t id;
	char consumer[LEDGER_NAME_LEN];
	struct config_settings settings;
	bool move;			/* at a threshold */
	uint32_t cooldown;		/* seconds */
	char up_tier[DMTIER_TIER_LEN];	/* empty: the next faster one allowed */
	char down_tier[DMTIER_TIER_LEN];
	struct schedule window;		/* moves at thresholds run in these; empty: always */
	struct schedule up_at;
	struct schedule down_at;
};

/* a multipath map */
struct config_map {
	char name[DMTIER_POOL_LEN];
	char consumer[LEDGER_NAME_LEN];
	struct config_settings settings;	/* as the kernel shows them */
	struct schedule failback;	/* back to the preferred group in these only; or empty */
	uint32_t stable;		/* seconds that it must have been well */
	uint32_t flap_off;		/* a path that flaps is off for so many seconds; 0: no */
};

enum escalate_class {
	ESCALATE_DEVICE,
	ESCALATE_METADATA,
	ESCALATE_NO_SPACE,
	ESCALATE_TIER_LOW,
	ESCALATE_MOVE_FAILED,
	ESCALATE_PATH_FAILED,
	ESCALATE_PATH_SLOW,
	ESCALATE_PATH_HUNG,
	ESCALATE_PATH_FLAPPING,
	ESCALATE_PATH_FOREIGN,
	ESCALATE_NO_PATH,
	ESCALATE_QUEUE_TIMEOUT,
	ESCALATE_GROUP_SWITCHED,
	ESCALATE_NR
};

extern const char *const escalate_names[ESCALATE_NR];

/* rungs of the ladder: seconds of trouble until each is taken */
struct config_ladder {
	bool journal;
	uint32_t journal_after;
	uint32_t script_after;
	uint32_t mail_after;
	uint32_t repeat;		/* start over after so long, 0: never */
	uint32_t clear;			/* trouble without an end ends after so long */
	char script[PATH_MAX];		/* empty: no such rung */
	char mail[CONFIG_MAIL_LEN];
};

struct config {
	char ledger[PATH_MAX];
	char prices[PATH_MAX];		/* empty: not checked here */
	char sendmail[PATH_MAX];
	uint32_t http_port;		/* 0: off */
	int nr_http_users;
	uid_t http_user[CONFIG_MAX_USERS];	/* who may ask, besides root */
	uint32_t interval;		/* seconds between samples */
	bool utc;			/* schedules in UTC, not local time */
	struct config_ladder ladder[ESCALATE_NR];
	size_t nr_pools, nr_luns, nr_maps;
	struct config_pool *pool;
	struct config_lun *lun;
	struct config_map *map;
};

/* @err has file:line and the key; NULL then */
struct config *config_load(const char *path, char *err, size_t errlen);
void config_free(struct config *c);

/* NULL if the file does not name it */
const struct config_pool *config_pool(const struct config *c, const char *name);
const struct config_lun *config_lun(const struct config *c, const char *pool, uint32_t id);
const struct config_map *config_map(const struct config *c, const char *name);

/* which of the two modules the file is about: pools, unless it names maps alone */
bool config_wants_pools(const struct config *c);
bool config_wants_maps(const struct config *c);

/*
 * tierd-config-map.c: one key of [map NAME] that is a setting of the kernel's, kept
 * as config_map_value() writes what the kernel shows. 0; 1: none of these; -1.
 */
int config_map_setting(struct config_settings *s, const char *name, const char *value,
		       char why[CONF_WHY_LEN]);

struct dmtier_map;
bool config_map_value(const struct dmtier_map *m, const char *key, char *out, size_t len);

#endif
