// SPDX-License-Identifier: GPL-2.0-only
/*
 * tierd's configuration
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tierd-config.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define DAY		86400
#define USER_LEN	64
#define LUN_ID_MAX	0xfffffe	/* the kernel's */

const char *const escalate_names[ESCALATE_NR] = {
	[ESCALATE_DEVICE] = "device-state",
	[ESCALATE_METADATA] = "metadata",
	[ESCALATE_NO_SPACE] = "no-space",
	[ESCALATE_TIER_LOW] = "tier-low",
	[ESCALATE_MOVE_FAILED] = "move-failed",
	[ESCALATE_PATH_FAILED] = "path-failed",
	[ESCALATE_PATH_SLOW] = "path-slow",
	[ESCALATE_PATH_HUNG] = "path-hung",
	[ESCALATE_PATH_FLAPPING] = "path-flapping",
	[ESCALATE_PATH_FOREIGN] = "path-foreign",
	[ESCALATE_NO_PATH] = "no-path",
	[ESCALATE_QUEUE_TIMEOUT] = "queue-timeout",
	[ESCALATE_GROUP_SWITCHED] = "group-switched",
};

/* what a value for the kernel must look like */
enum setting_type {
	SETTING_NUMBER,
	SETTING_SWITCH,
	SETTING_WORD,
	SETTING_WORDS,		/* comma separated, none twice */
	SETTING_SHARES,		/* tier:extents, comma separated: one change each */
};

struct setting_key {
	const char *name;
	enum setting_type type;
	uint32_t min, max;	/* of a number; max: room for a word */
};

static const struct setting_key pool_settings[] = {
	{ "move_rate", SETTING_NUMBER, 1, 1048576 },
	{ "headroom", SETTING_NUMBER, 0, 50 },
	{ "tick", SETTING_NUMBER, 10, 60000 },
	{ "moves", SETTING_SWITCH, 0, 0 },
	{ "no_space_timeout", SETTING_NUMBER, 0, DAY },
};

static const struct setting_key lun_settings[] = {
	{ "tiers", SETTING_WORDS, 0, DMTIER_TIER_LEN },
	{ "start_tier", SETTING_WORD, 0, DMTIER_TIER_LEN },
	{ "pin", SETTING_WORD, 0, DMTIER_TIER_LEN },
	{ "up_iops", SETTING_NUMBER, 0, UINT32_MAX },
	{ "down_iops", SETTING_NUMBER, 0, UINT32_MAX },
	{ "hold", SETTING_NUMBER, 0, 365 * DAY },
	{ "reserve", SETTING_SHARES, 0, 0 },
	{ "max", SETTING_SHARES, 0, 0 },
	{ "weight", SETTING_NUMBER, 1, 10000 },
	{ "move_rate", SETTING_NUMBER, 0, 1048576 },
	{ "verify", SETTING_SWITCH, 0, 0 },
	{ "auto", SETTING_SWITCH, 0, 0 },
	{ "tags", SETTING_WORDS, 0, DMTIER_WORD_LEN },
};

enum section {
	SECTION_NONE, SECTION_DAEMON, SECTION_POOL, SECTION_LUN, SECTION_MAP, SECTION_ESCALATE
};

struct load {
	struct config *config;
	enum section section;
	struct config_pool *pool;
	struct config_lun *lun;
	struct config_map *map;
	struct config_ladder *ladder;
	bool moves_given;		/* in this [pool] */
	bool failback_given;		/* in this [map] */
};

static int no(char why[CONF_WHY_LEN], const char *text)
{
	snprintf(why, CONF_WHY_LEN, "%s", text);
	return -1;
}

static int add_setting(struct config_settings *s, const char *key, const char *value,
		       char why[CONF_WHY_LEN])
{
	struct config_setting *new = &s->setting[s->nr];

	if (s->nr == CONFIG_MAX_SETTINGS)
		return no(why, "too many settings in this section");
	snprintf(new->key, sizeof(new->key), "%s", key);
	s->nr++;
	return conf_copy(value, new->value, sizeof(new->value), why);
}

/* the words between commas, without blanks; 0 at the end, 1 for a word, -1 */
static int next_word(const char **text, char *word, size_t len, char why[CONF_WHY_LEN])
{
	size_t n;

	if (!**text)
		return 0;
	*text += strspn(*text, " \t");
	n = strcspn(*text, ", \t");
	if (!n || n >= len)
		return no(why, n ? "a word in the list is too long" :
			  "a word is missing in the list");
	memcpy(word, *text, n);
	word[n] = '\0';
	*text += n;
	*text += strspn(*text, " \t");
	if (**text == ',') {
		(*text)++;
		return **text ? 1 : no(why, "a word is missing behind the last comma");
	}
	return **text ? no(why, "put commas between the words of the list") : 1;
}

static int take_words(struct config_settings *s, const struct setting_key *k,
		      const char *value, char why[CONF_WHY_LEN])
{
	char joined[DMTIER_TIERS_LEN] = "", word[64], checked[64];
	size_t used = 0;
	int ret;

	while ((ret = next_word(&value, word, k->max, why)) > 0) {
		size_t n = strlen(word);

		if (conf_word(word, checked, sizeof(checked), why))
			return -1;
		for (const char *at = joined; (at = strstr(at, word)); at += n)
			if ((at == joined || at[-1] == ',') && (!at[n] || at[n] == ','))
				return no(why, "a word stands twice in the list");
		if (used + n + 2 > sizeof(joined))
			return no(why, "the list is too long");
		used += (size_t)snprintf(joined + used, sizeof(joined) - used, "%s%s",
					 used ? "," : "", word);
	}
	return ret ? ret : add_setting(s, k->name, joined, why);
}

static int take_shares(struct config_settings *s, const struct setting_key *k,
		       const char *value, char why[CONF_WHY_LEN])
{
	char word[64], name[DMTIER_TIER_LEN], *colon;
	uint32_t extents;
	int ret, first = s->nr;

	while ((ret = next_word(&value, word, sizeof(word), why)) > 0) {
		colon = strchr(word, ':');
		if (!colon)
			return no(why, "write tier:extents, as in fast:1000");
		*colon = '\0';
		if (conf_word(word, name, sizeof(name), why) ||
		    conf_number(colon + 1, 0, UINT32_MAX, &extents, why))
			return -1;
		*colon = ':';
		for (int i = first; i < s->nr; i++)
			if (!strncmp(s->setting[i].value, word, (size_t)(colon - word) + 1))
				return no(why, "a tier stands twice in the list");
		if (add_setting(s, k->name, word, why))
			return -1;
	}
	return ret || s->nr > first ? ret : no(why, "the value is missing");
}

/* 1 if the key is none of these */
static int take_setting(struct config_settings *s, const struct setting_key *keys, size_t nr,
			const char *name, const char *value, char why[CONF_WHY_LEN])
{
	const struct setting_key *k = keys;
	char word[DMTIER_TIER_LEN];
	uint32_t number;

	while (k < keys + nr && strcmp(k->name, name))
		k++;
	if (k == keys + nr)
		return 1;
	switch (k->type) {
	case SETTING_WORDS:
		return take_words(s, k, value, why);
	case SETTING_SHARES:
		return take_shares(s, k, value, why);
	case SETTING_NUMBER:
		if (conf_number(value, k->min, k->max, &number, why))
			return -1;
		break;
	case SETTING_SWITCH:
		if (strcmp(value, "on") && strcmp(value, "off"))
			return no(why, "the value is either on or off");
		break;
	case SETTING_WORD:
		if (conf_word(value, word, k->max, why))
			return -1;
		break;
	}
	return add_setting(s, name, value, why);
}

static int take_timezone(void *c, const char *value, char why[CONF_WHY_LEN])
{
	if (strcmp(value, "utc") && strcmp(value, "local"))
		return no(why, "the value is either utc or local");
	((struct config *)c)->utc = !strcmp(value, "utc");
	return 0;
}

static int take_http(void *c, const char *value, char why[CONF_WHY_LEN])
{
	return conf_number(value, 0, 65535, &((struct config *)c)->http_port, why);
}

/* by name or number: a number needs no directory service to be up */
static int find_user(const char *word, uid_t *uid, char why[CONF_WHY_LEN])
{
	const struct passwd *pw;
	uint32_t number;

	if (!word[strspn(word, "0123456789")]) {
		if (conf_number(word, 0, UINT32_MAX - 1, &number, why))
			return -1;
		*uid = number;
		return 0;
	}
	pw = getpwnam(word);
	if (!pw) {
		snprintf(why, CONF_WHY_LEN, "there is no user '%s'; give a name or a number",
			 word);
		return -1;
	}
	*uid = pw->pw_uid;
	return 0;
}

static int take_http_users(void *config, const char *value, char why[CONF_WHY_LEN])
{
	struct config *c = config;
	char word[USER_LEN], checked[USER_LEN];
	int ret;

	while ((ret = next_word(&value, word, sizeof(word), why)) > 0) {
		if (c->nr_http_users == CONFIG_MAX_USERS)
			return no(why, "too many users");
		if (conf_word(word, checked, sizeof(checked), why) ||
		    find_user(word, &c->http_user[c->nr_http_users], why))
			return -1;
		c->nr_http_users++;
	}
	return ret || c->nr_http_users ? ret : no(why, "the value is missing");
}

static int take_pool_window(void *p, const char *value, char why[CONF_WHY_LEN])
{
	return schedule_parse(value, true, &((struct config_pool *)p)->moves, why);
}

static int take_lun_window(void *l, const char *value, char why[CONF_WHY_LEN])
{
	return schedule_parse(value, true, &((struct config_lun *)l)->window, why);
}

static int take_up_at(void *l, const char *value, char why[CONF_WHY_LEN])
{
	return schedule_parse(value, false, &((struct config_lun *)l)->up_at, why);
}

static int take_down_at(void *l, const char *value, char why[CONF_WHY_LEN])
{
	return schedule_parse(value, false, &((struct config_lun *)l)->down_at, why);
}

static int take_failback_window(void *m, const char *value, char why[CONF_WHY_LEN])
{
	return schedule_parse(value, true, &((struct config_map *)m)->failback, why);
}

/* goes to the mailer as one argument: no list, no option */
static int take_mail(void *l, const char *value, char why[CONF_WHY_LEN])
{
	if (value[0] == '-' || strpbrk(value, " \t,;<>\"") || !strchr(value, '@'))
		return no(why, "give one address, as in ops@example.org");
	return conf_copy(value, ((struct config_ladder *)l)->mail, CONFIG_MAIL_LEN, why);
}

#define OWN(key, parser)	{ key, CONF_OWN, 0, 0, 0, parser }
#define NUMBER(key, type, member, low, high) \
	{ key, CONF_NUMBER, offsetof(type, member), low, high, NULL }
#define STRING(key, kind, type, member) \
	{ key, kind, offsetof(type, member), 0, CONF_SIZE(type, member), NULL }

static const struct conf_key daemon_keys[] = {
	STRING("ledger", CONF_PATH, struct config, ledger),
	STRING("prices", CONF_PATH, struct config, prices),
	STRING("sendmail", CONF_PATH, struct config, sendmail),
	NUMBER("interval", struct config, interval, 1, 3600),
	OWN("http_port", take_http),
	OWN("http_users", take_http_users),
	OWN("timezone", take_timezone),
};

static const struct conf_key pool_keys[] = {
	OWN("schedule", take_pool_window),
};

static const struct conf_key lun_keys[] = {
	STRING("consumer", CONF_TEXT, struct config_lun, consumer),
	{ "move", CONF_SWITCH, offsetof(struct config_lun, move), 0, 0, NULL },
	NUMBER("cooldown", struct config_lun, cooldown, 0, 7 * DAY),
	STRING("up_tier", CONF_WORD, struct config_lun, up_tier),
	STRING("down_tier", CONF_WORD, struct config_lun, down_tier),
	OWN("schedule", take_lun_window),
	OWN("up_at", take_up_at),
	OWN("down_at", take_down_at),
};

static const struct conf_key map_keys[] = {
	STRING("consumer", CONF_TEXT, struct config_map, consumer),
	OWN("schedule", take_failback_window),
	NUMBER("stable", struct config_map, stable, 0, DAY),
	NUMBER("flap_off", struct config_map, flap_off, 0, 7 * DAY),
};

static const struct conf_key ladder_keys[] = {
	{ "journal", CONF_SWITCH, offsetof(struct config_ladder, journal), 0, 0, NULL },
	NUMBER("journal_after", struct config_ladder, journal_after, 0, 7 * DAY),
	STRING("script", CONF_PATH, struct config_ladder, script),
	NUMBER("script_after", struct config_ladder, script_after, 0, 7 * DAY),
	OWN("mail", take_mail),
	NUMBER("mail_after", struct config_ladder, mail_after, 0, 7 * DAY),
	NUMBER("repeat", struct config_ladder, repeat, 0, 30 * DAY),
	NUMBER("clear", struct config_ladder, clear, 1, 7 * DAY),
};

static void *grow(void *array, size_t nr, size_t size, char why[CONF_WHY_LEN])
{
	char *more = realloc(array, (nr + 1) * size);

	if (!more) {
		no(why, "out of memory");
		return NULL;
	}
	memset(more + nr * size, 0, size);
	return more;
}

/* device-mapper allows more than a word here; its own escape needs no care of ours */
static int dm_name(const char *text, char *out, char why[CONF_WHY_LEN])
{
	if (strpbrk(text, "/ \t"))
		return no(why, "the name has no blank and no /; give device-mapper's name");
	return conf_copy(text, out, DMTIER_POOL_LEN, why);
}

static int begin_pool(struct load *load, const char *name, char why[CONF_WHY_LEN])
{
	struct config *c = load->config;
	struct config_pool *more = grow(c->pool, c->nr_pools, sizeof(*more), why);

	if (!more)
		return -1;
	c->pool = more;
	load->pool = &more[c->nr_pools++];
	load->moves_given = false;
	return dm_name(name, load->pool->name, why);
}

static int begin_lun(struct load *load, const char *name, char why[CONF_WHY_LEN])
{
	struct config *c = load->config;
	struct config_lun *more;
	const char *slash = strrchr(name, '/');
	char pool[DMTIER_POOL_LEN];
	uint32_t id;

	if (!slash || slash - name >= DMTIER_POOL_LEN)
		return no(why, "write [lun POOL/ID], as in [lun tank/3]");
	snprintf(pool, sizeof(pool), "%.*s", (int)(slash - name), name);
	if (conf_number(slash + 1, 0, LUN_ID_MAX, &id, why))
		return -1;
	if (config_lun(c, pool, id))
		return no(why, "this LUN has a section already; put its keys there");
	more = grow(c->lun, c->nr_luns, sizeof(*more), why);
	if (!more)
		return -1;
	c->lun = more;
	load->lun = &more[c->nr_luns++];
	load->lun->id = id;
	load->lun->move = true;
	load->lun->cooldown = 600;
	return dm_name(pool, load->lun->pool, why);
}

static int begin_map(struct load *load, const char *name, char why[CONF_WHY_LEN])
{
	struct config *c = load->config;
	struct config_map *more = grow(c->map, c->nr_maps, sizeof(*more), why);

	if (!more)
		return -1;
	c->map = more;
	load->map = &more[c->nr_maps++];
	load->map->stable = 60;
	load->failback_given = false;
	return dm_name(name, load->map->name, why);
}

static int begin_ladder(struct load *load, const char *name, char why[CONF_WHY_LEN])
{
	for (int i = 0; i < ESCALATE_NR; i++) {
		if (!strcmp(name, escalate_names[i])) {
			load->ladder = &load->config->ladder[i];
			return 0;
		}
	}
	return no(why, "no such class; tierd.conf(5) names them, as device-state or path-failed");
}

static int take_section(void *arg, const char *name, char why[CONF_WHY_LEN])
{
	struct load *load = arg;

	load->section = SECTION_NONE;
	if (!strcmp(name, "daemon")) {
		load->section = SECTION_DAEMON;
		return 0;
	}
	if (!strncmp(name, "pool ", 5)) {
		load->section = SECTION_POOL;
		return begin_pool(load, name + 5, why);
	}
	if (!strncmp(name, "lun ", 4)) {
		load->section = SECTION_LUN;
		return begin_lun(load, name + 4, why);
	}
	if (!strncmp(name, "map ", 4)) {
		load->section = SECTION_MAP;
		return begin_map(load, name + 4, why);
	}
	if (!strncmp(name, "escalate ", 9)) {
		load->section = SECTION_ESCALATE;
		return begin_ladder(load, name + 9, why);
	}
	return no(why, "no such section; there are [daemon], [pool NAME], [lun POOL/ID], [map NAME] and [escalate CLASS]");
}

static int take_pool_key(struct load *load, const char *name, const char *value,
			 char why[CONF_WHY_LEN])
{
	int ret = take_setting(&load->pool->settings, pool_settings,
			       ARRAY_SIZE(pool_settings), name, value, why);

	if (ret < 0)
		return -1;
	if (ret && conf_assign(pool_keys, ARRAY_SIZE(pool_keys), load->pool, name, value,
			       why) < 0)
		return -1;
	load->moves_given |= !strcmp(name, "moves");
	if (load->moves_given && load->pool->moves.nr)
		return no(why, "moves and schedule contradict each other; keep one of the two");
	return 0;
}

static int take_lun_key(struct load *load, const char *name, const char *value,
			char why[CONF_WHY_LEN])
{
	int ret = take_setting(&load->lun->settings, lun_settings, ARRAY_SIZE(lun_settings),
			       name, value, why);

	if (ret < 0)
		return -1;
	if (ret && conf_assign(lun_keys, ARRAY_SIZE(lun_keys), load->lun, name, value, why) < 0)
		return -1;
	return 0;
}

static int take_map_key(struct load *load, const char *name, const char *value,
			char why[CONF_WHY_LEN])
{
	int ret = config_map_setting(&load->map->settings, name, value, why);

	if (ret < 0)
		return -1;
	if (ret && conf_assign(map_keys, ARRAY_SIZE(map_keys), load->map, name, value, why) < 0)
		return -1;
	load->failback_given |= !strcmp(name, "failback");
	if (load->failback_given && load->map->failback.nr)
		return no(why, "failback and schedule contradict each other; keep one of the two");
	return 0;
}

static int take_key(void *arg, const char *name, const char *value, char why[CONF_WHY_LEN])
{
	struct load *load = arg;

	switch (load->section) {
	case SECTION_DAEMON:
		return conf_assign(daemon_keys, ARRAY_SIZE(daemon_keys), load->config, name,
				   value, why) < 0 ? -1 : 0;
	case SECTION_POOL:
		return take_pool_key(load, name, value, why);
	case SECTION_LUN:
		return take_lun_key(load, name, value, why);
	case SECTION_MAP:
		return take_map_key(load, name, value, why);
	case SECTION_ESCALATE:
		return conf_assign(ladder_keys, ARRAY_SIZE(ladder_keys), load->ladder, name,
				   value, why) < 0 ? -1 : 0;
	default:
		return -1;
	}
}

static void defaults(struct config *c)
{
	snprintf(c->ledger, sizeof(c->ledger), "%s", LEDGER_PATH);
	snprintf(c->sendmail, sizeof(c->sendmail), "/usr/sbin/sendmail");
	c->interval = 10;
	for (int i = 0; i < ESCALATE_NR; i++) {
		c->ladder[i].journal = true;
		c->ladder[i].clear = 300;
	}
}

struct config *config_load(const char *path, char *err, size_t errlen)
{
	static const struct conf_reader reader = { take_section, take_key };
	struct load load = { .config = calloc(1, sizeof(struct config)) };

	if (!load.config) {
		snprintf(err, errlen, "%s: out of memory", path);
		return NULL;
	}
	defaults(load.config);
	if (conf_read(path, &reader, &load, err, errlen)) {
		config_free(load.config);
		return NULL;
	}
	return load.config;
}

void config_free(struct config *c)
{
	if (!c)
		return;
	free(c->pool);
	free(c->lun);
	free(c->map);
	free(c);
}

const struct config_pool *config_pool(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->nr_pools; i++)
		if (!strcmp(c->pool[i].name, name))
			return &c->pool[i];
	return NULL;
}

const struct config_lun *config_lun(const struct config *c, const char *pool, uint32_t id)
{
	for (size_t i = 0; i < c->nr_luns; i++)
		if (c->lun[i].id == id && !strcmp(c->lun[i].pool, pool))
			return &c->lun[i];
	return NULL;
}

const struct config_map *config_map(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->nr_maps; i++)
		if (!strcmp(c->map[i].name, name))
			return &c->map[i];
	return NULL;
}

bool config_wants_pools(const struct config *c)
{
	return c->nr_pools || c->nr_luns || !c->nr_maps;
}

bool config_wants_maps(const struct config *c)
{
	return c->nr_maps;
}
