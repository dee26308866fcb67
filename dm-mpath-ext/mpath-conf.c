// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table line; see mpath-conf.h.
 */
#include "mpath-conf.h"
#include "tier-line.h"

const char *const mpath_selector_names[MPATH_SELECTORS] = {
	[MPATH_ROUND_ROBIN] = "round-robin",
	[MPATH_QUEUE_DEPTH] = "queue-depth",
	[MPATH_LATENCY] = "latency",
};

enum mpath_path_key {
	MPATH_KEY_WEIGHT,
	MPATH_KEY_ROLE,
	MPATH_KEY_COST,
};

/* the words of a line, or of a counted part of it */
struct mpath_words {
	struct mpath_conf *conf;
	struct mpath_tunables *t;
	unsigned int left;
	char **at;
};

static __printf(2, 3) int mpath_conf_error(struct mpath_conf *conf, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vscnprintf(conf->error, sizeof(conf->error), fmt, args);
	va_end(args);
	tier_one_line(conf->error);
	return -EINVAL;
}

static const char *mpath_shift(struct mpath_words *words)
{
	if (!words->left)
		return NULL;
	words->left--;
	return *words->at++;
}

/* digits, and as much of them as stay below 2^32; what follows is at *@end */
static int mpath_digits(const char *word, u64 *value, const char **end)
{
	*value = 0;
	*end = word;
	for (; **end >= '0' && **end <= '9'; (*end)++) {
		*value = *value * 10 + (**end - '0');
		if (*value > U32_MAX)
			return -ERANGE;
	}
	return *end == word ? -EINVAL : 0;
}

/**
 * mpath_number() - read a decimal number: digits and nothing else
 * @word: NUL-terminated
 * @low: smallest value allowed
 * @high: largest
 * @value: result; not changed on error
 *
 * Any context.
 *
 * Return: 0, -EINVAL or -ERANGE.
 */
int mpath_number(const char *word, u32 low, u32 high, u32 *value)
{
	const char *end;
	u64 n;
	int ret;

	ret = mpath_digits(word, &n, &end);
	if (ret)
		return ret;
	if (*end)
		return -EINVAL;
	if (n < low || n > high)
		return -ERANGE;
	*value = n;
	return 0;
}

/**
 * mpath_hundredths() - read a decimal number with at most two places behind the point
 * @word: NUL-terminated
 * @low: smallest value allowed, in hundredths
 * @high: largest, in hundredths
 * @value: result in hundredths; not changed on error
 *
 * Any context.
 *
 * Return: 0, -EINVAL or -ERANGE.
 */
int mpath_hundredths(const char *word, u32 low, u32 high, u32 *value)
{
	unsigned int unit = 10;
	const char *end;
	u64 n;
	int ret;

	ret = mpath_digits(word, &n, &end);
	if (ret)
		return ret;
	n *= 100;
	if (*end == '.') {
		if (!*++end)
			return -EINVAL;
		for (; unit && *end >= '0' && *end <= '9'; end++, unit /= 10)
			n += unit * (*end - '0');
	}
	if (*end)
		return -EINVAL;
	if (n < low || n > high)
		return -ERANGE;
	*value = n;
	return 0;
}

static int mpath_shift_number(struct mpath_words *words, const char *what, u32 low, u32 high,
			      u32 *value)
{
	const char *word = mpath_shift(words);

	if (!word)
		return mpath_conf_error(words->conf, "%s is missing", what);
	if (mpath_number(word, low, high, value))
		return mpath_conf_error(words->conf, "%s must be a number, %u to %u, not \"%.32s\"",
					what, low, high, word);
	return 0;
}

static int mpath_shift_hundredths(struct mpath_words *words, const char *what, u32 low, u32 high,
				  u32 *value)
{
	const char *word = mpath_shift(words);

	if (!word)
		return mpath_conf_error(words->conf, "%s is missing", what);
	if (mpath_hundredths(word, low, high, value))
		return mpath_conf_error(words->conf,
					"%s must be a number, %u.%02u to %u.%02u, not \"%.32s\"",
					what, low / 100, low % 100, high / 100, high % 100, word);
	return 0;
}

/* -- features -- */

static int mpath_conf_queue(struct mpath_words *words)
{
	words->t->queue = true;
	/* the number may be left out: the next word is then another feature */
	if (words->left && **words->at >= '0' && **words->at <= '9')
		return mpath_shift_number(words, "queue_if_no_path", 1, MPATH_MAX_SECONDS,
					  &words->t->queue_seconds);
	return 0;
}

static int mpath_conf_failback(struct mpath_words *words)
{
	const char *word = mpath_shift(words);

	if (!word)
		return mpath_conf_error(words->conf, "failback needs immediate, manual or seconds");
	if (!strcmp(word, "immediate"))
		words->t->failback = MPATH_FAILBACK_IMMEDIATE;
	else if (!strcmp(word, "manual"))
		words->t->failback = MPATH_FAILBACK_MANUAL;
	else if (mpath_number(word, 1, MPATH_MAX_SECONDS, &words->t->failback_seconds))
		return mpath_conf_error(words->conf,
					"failback must be immediate, manual or seconds, 1 to %u, not \"%.32s\"",
					MPATH_MAX_SECONDS, word);
	else
		words->t->failback = MPATH_FAILBACK_AFTER;
	return 0;
}

static int mpath_conf_probe(struct mpath_words *words)
{
	return mpath_shift_number(words, "probe_interval", MPATH_MIN_PROBE_MS, MPATH_MAX_PROBE_MS,
				  &words->t->probe_ms);
}

/* the next word, if it is "off" */
static bool mpath_shift_off(struct mpath_words *words)
{
	return words->left && !strcmp(*words->at, "off") && mpath_shift(words);
}

static int mpath_conf_slow(struct mpath_words *words)
{
	if (mpath_shift_off(words)) {
		words->t->slow_ratio = 0;
		return 0;
	}
	return mpath_shift_hundredths(words, "slow_path", 150, 100000, &words->t->slow_ratio);
}

static int mpath_conf_hedge(struct mpath_words *words)
{
	int ret;

	if (mpath_shift_off(words)) {
		words->t->hedge_percentile = 0;
		return 0;
	}
	ret = mpath_shift_hundredths(words, "hedge percentile", 5000, 9999,
				     &words->t->hedge_percentile);
	if (ret)
		return ret;
	return mpath_shift_hundredths(words, "hedge budget", 1, 10000, &words->t->hedge_budget);
}

static int mpath_conf_elastic(struct mpath_words *words)
{
	int ret;

	if (mpath_shift_off(words)) {
		words->t->elastic_high = 0;
		words->t->elastic_low = 0;
		return 0;
	}
	ret = mpath_shift_number(words, "elastic high iops", 1, U32_MAX, &words->t->elastic_high);
	if (ret)
		return ret;
	ret = mpath_shift_number(words, "elastic low iops", 0, U32_MAX, &words->t->elastic_low);
	if (ret)
		return ret;
	if (words->t->elastic_low >= words->t->elastic_high)
		return mpath_conf_error(words->conf,
					"elastic: low iops (%u) must be below high iops (%u)",
					words->t->elastic_low, words->t->elastic_high);
	return 0;
}

static int mpath_conf_hung(struct mpath_words *words)
{
	return mpath_shift_number(words, "hung_time", MPATH_MIN_HUNG_MS, MPATH_MAX_HUNG_MS,
				  &words->t->hung_ms);
}

static const struct {
	const char *name;
	int (*parse)(struct mpath_words *words);
} mpath_features[MPATH_FEATURES] = {
	[MPATH_F_QUEUE] = { "queue_if_no_path", mpath_conf_queue },
	[MPATH_F_FAILBACK] = { "failback", mpath_conf_failback },
	[MPATH_F_PROBE] = { "probe_interval", mpath_conf_probe },
	[MPATH_F_SLOW] = { "slow_path", mpath_conf_slow },
	[MPATH_F_HEDGE] = { "hedge", mpath_conf_hedge },
	[MPATH_F_ELASTIC] = { "elastic", mpath_conf_elastic },
	[MPATH_F_HUNG] = { "hung_time", mpath_conf_hung },
};

static int mpath_conf_feature(struct mpath_conf *conf, struct mpath_words *words)
{
	const char *word = mpath_shift(words);
	unsigned int f;

	for (f = 0; f < MPATH_FEATURES; f++) {
		if (strcmp(word, mpath_features[f].name))
			continue;
		if (conf->given & BIT(f))
			return mpath_conf_error(conf, "feature %s given twice", word);
		conf->given |= BIT(f);
		return mpath_features[f].parse(words);
	}
	return mpath_conf_error(conf, "unknown feature \"%.32s\"", word);
}

/**
 * mpath_conf_set() - change one feature of a table that is there
 * @conf: of the table; not changed on error but for @conf->error
 * @argc: number of words
 * @argv: the feature and its arguments as in a table line
 *
 * Any context.
 *
 * Return: 0, or -EINVAL with @conf->error saying what is wrong.
 */
int mpath_conf_set(struct mpath_conf *conf, unsigned int argc, char **argv)
{
	/* the I/O path may look at the old ones any time */
	struct mpath_tunables t = conf->t;
	struct mpath_words words = { .conf = conf, .t = &t, .left = argc, .at = argv };
	u32 given = conf->given;
	int ret;

	conf->given = 0;
	if (argc)
		ret = mpath_conf_feature(conf, &words);
	else
		ret = mpath_conf_error(conf, "set needs a key and a value");
	if (!ret && words.left)
		ret = mpath_conf_error(conf, "\"%.32s\" is left over", *words.at);
	if (ret) {
		conf->given = given;
		return ret;
	}
	conf->given |= given;
	conf->t = t;
	return 0;
}

/* cut the next @count words off as a part of their own */
static int mpath_part(struct mpath_words *words, const char *what, u32 count,
		      struct mpath_words *part)
{
	if (count > words->left)
		return mpath_conf_error(words->conf, "%s: %u words announced, %u are there", what,
					count, words->left);
	part->conf = words->conf;
	part->t = words->t;
	part->left = count;
	part->at = words->at;
	words->left -= count;
	words->at += count;
	return 0;
}

static int mpath_conf_features(struct mpath_conf *conf, struct mpath_words *words)
{
	struct mpath_words part;
	u32 count;
	int ret;

	ret = mpath_shift_number(words, "number of feature arguments", 0, 3 * MPATH_FEATURES,
				 &count);
	if (!ret)
		ret = mpath_part(words, "features", count, &part);
	while (!ret && part.left)
		ret = mpath_conf_feature(conf, &part);
	return ret;
}

static int mpath_conf_handler(struct mpath_conf *conf, struct mpath_words *words)
{
	const char *word;
	u32 count;
	int ret;

	ret = mpath_shift_number(words, "number of hardware handler arguments", 0, 1, &count);
	if (ret || !count)
		return ret;
	word = mpath_shift(words);
	if (!word)
		return mpath_conf_error(conf, "hardware handler is missing");
	if (strcmp(word, "alua"))
		return mpath_conf_error(conf, "hardware handler must be alua, not \"%.32s\"", word);
	strscpy(conf->handler, word, sizeof(conf->handler));
	return 0;
}

/* -- groups -- */

static int mpath_conf_role(struct mpath_conf *conf, struct mpath_conf_path *path,
			   const char *value)
{
	if (!strcmp(value, "standby"))
		path->standby = true;
	else if (strcmp(value, "active"))
		return mpath_conf_error(conf,
					"path %.40s: role must be active or standby, not \"%.32s\"",
					path->dev, value);
	return 0;
}

static int mpath_conf_key(struct mpath_conf *conf, struct mpath_conf_path *path, const char *word)
{
	static const struct {
		const char *name;
		u32 low;
		u32 high;
	} keys[] = {
		[MPATH_KEY_WEIGHT] = { "weight", 1, MPATH_MAX_WEIGHT },
		[MPATH_KEY_ROLE] = { "role", 0, 0 },
		[MPATH_KEY_COST] = { "cost", 0, MPATH_MAX_COST },
	};
	unsigned int k;
	const char *value;
	size_t len;
	u32 *to;

	for (k = 0; k < ARRAY_SIZE(keys); k++) {
		len = strlen(keys[k].name);
		if (!strncmp(word, keys[k].name, len) && word[len] == '=')
			break;
	}
	if (k == ARRAY_SIZE(keys))
		return mpath_conf_error(conf,
					"path %.40s: \"%.32s\" is not weight=, role= or cost=",
					path->dev, word);
	if (path->given & BIT(k))
		return mpath_conf_error(conf, "path %.40s: %s given twice", path->dev,
					keys[k].name);
	path->given |= BIT(k);
	value = word + len + 1;
	if (k == MPATH_KEY_ROLE)
		return mpath_conf_role(conf, path, value);
	to = k == MPATH_KEY_WEIGHT ? &path->weight : &path->cost;
	if (mpath_number(value, keys[k].low, keys[k].high, to))
		return mpath_conf_error(conf,
					"path %.40s: %s must be a number, %u to %u, not \"%.32s\"",
					path->dev, keys[k].name, keys[k].low, keys[k].high, value);
	return 0;
}

static int mpath_conf_path(struct mpath_conf *conf, struct mpath_words *words, u32 nr_args)
{
	struct mpath_conf_path *path = &conf->paths[conf->nr_paths];
	struct mpath_words part;
	int ret;

	path->dev = mpath_shift(words);
	path->weight = 1;
	if (!path->dev)
		return mpath_conf_error(conf,
					"the device of path %u is missing", conf->nr_paths + 1);
	ret = mpath_part(words, "path arguments", nr_args, &part);
	while (!ret && part.left)
		ret = mpath_conf_key(conf, path, mpath_shift(&part));
	conf->nr_paths++;
	return ret;
}

static int mpath_conf_selector(struct mpath_conf *conf, struct mpath_words *words,
			       enum mpath_selector *selector)
{
	const char *word = mpath_shift(words);
	u32 count;

	if (!word)
		return mpath_conf_error(conf, "the selector of group %u is missing",
					conf->nr_groups + 1);
	for (*selector = 0; *selector < MPATH_SELECTORS; (*selector)++)
		if (!strcmp(word, mpath_selector_names[*selector]))
			return mpath_shift_number(words, "number of selector arguments", 0, 0,
						  &count);
	return mpath_conf_error(conf,
				"selector must be round-robin, queue-depth or latency, not \"%.32s\"",
				word);
}

static int mpath_conf_group(struct mpath_conf *conf, struct mpath_words *words)
{
	struct mpath_conf_group *group = &conf->groups[conf->nr_groups];
	u32 i;
	int ret;

	ret = mpath_conf_selector(conf, words, &group->selector);
	if (ret)
		return ret;
	group->first = conf->nr_paths;
	ret = mpath_shift_number(words, "number of paths", 1, MPATH_MAX_PATHS, &group->paths);
	if (ret)
		return ret;
	if (group->paths > MPATH_MAX_PATHS - conf->nr_paths)
		return mpath_conf_error(conf, "more than %u paths", MPATH_MAX_PATHS);
	ret = mpath_shift_number(words, "number of path arguments", 0, 3, &group->path_args);
	for (i = 0; !ret && i < group->paths; i++)
		ret = mpath_conf_path(conf, words, group->path_args);
	conf->nr_groups++;
	return ret;
}

/**
 * mpath_conf_parse() - read the words of a table line behind the target's name
 * @conf: filled; devices point into @argv
 * @argc: number of words
 * @argv: the words
 *
 * Any context; allocates nothing.
 *
 * Return: 0, or -EINVAL with @conf->error saying which word is wrong.
 */
int mpath_conf_parse(struct mpath_conf *conf, unsigned int argc, char **argv)
{
	struct mpath_words words = { .conf = conf, .t = &conf->t, .left = argc, .at = argv };
	u32 groups;
	int ret;

	memset(conf, 0, sizeof(*conf));
	conf->t.queue_seconds = MPATH_QUEUE_SECONDS;
	conf->t.failback = MPATH_FAILBACK_IMMEDIATE;
	conf->t.probe_ms = MPATH_PROBE_MS;
	conf->t.hung_ms = MPATH_HUNG_MS;
	ret = mpath_conf_features(conf, &words);
	if (!ret)
		ret = mpath_conf_handler(conf, &words);
	if (!ret)
		ret = mpath_shift_number(&words, "number of groups", 0, MPATH_MAX_GROUPS, &groups);
	if (!ret)
		ret = mpath_shift_number(&words, "initial group", !!groups, groups, &conf->initial);
	while (!ret && conf->nr_groups < groups)
		ret = mpath_conf_group(conf, &words);
	if (!ret && words.left)
		return mpath_conf_error(conf, "\"%.32s\" is left over at the end", *words.at);
	return ret;
}

/* -- and back to words -- */

static __printf(4, 5) int mpath_emit(char *to, size_t room, int at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	at += vscnprintf(to + at, room - at, fmt, args);
	va_end(args);
	return at;
}

static int mpath_emit_hundredths(char *to, size_t room, int at, u32 value)
{
	if (!(value % 100))
		return mpath_emit(to, room, at, " %u", value / 100);
	return mpath_emit(to, room, at, " %u.%02u", value / 100, value % 100);
}

/* queueing may have been turned on or off since the line was given */
static bool mpath_shown(const struct mpath_conf *conf, enum mpath_feature f)
{
	return f == MPATH_F_QUEUE ? conf->t.queue : conf->given & BIT(f);
}

static u32 mpath_feature_words(const struct mpath_conf *conf)
{
	static const u8 words[MPATH_FEATURES] = {
		[MPATH_F_QUEUE] = 2, [MPATH_F_FAILBACK] = 2, [MPATH_F_PROBE] = 2,
		[MPATH_F_SLOW] = 2, [MPATH_F_HEDGE] = 3, [MPATH_F_ELASTIC] = 3,
		[MPATH_F_HUNG] = 2,
	};
	unsigned int f;
	u32 n = 0;

	for (f = 0; f < MPATH_FEATURES; f++)
		if (mpath_shown(conf, f))
			n += words[f];
	/* "off" in place of two numbers */
	if (conf->given & BIT(MPATH_F_HEDGE) && !conf->t.hedge_percentile)
		n--;
	if (conf->given & BIT(MPATH_F_ELASTIC) && !conf->t.elastic_high)
		n--;
	return n;
}

static int mpath_emit_features(const struct mpath_conf *conf, char *to, size_t room, int at)
{
	static const char *const names[] = {
		[MPATH_FAILBACK_MANUAL] = "manual",
		[MPATH_FAILBACK_IMMEDIATE] = "immediate",
	};

	at = mpath_emit(to, room, at, "%u", mpath_feature_words(conf));
	if (mpath_shown(conf, MPATH_F_QUEUE))
		at = mpath_emit(to, room, at, " queue_if_no_path %u", conf->t.queue_seconds);
	if (conf->given & BIT(MPATH_F_FAILBACK)) {
		at = mpath_emit(to, room, at, " failback ");
		if (conf->t.failback == MPATH_FAILBACK_AFTER)
			at = mpath_emit(to, room, at, "%u", conf->t.failback_seconds);
		else
			at = mpath_emit(to, room, at, "%s", names[conf->t.failback]);
	}
	if (conf->given & BIT(MPATH_F_PROBE))
		at = mpath_emit(to, room, at, " probe_interval %u", conf->t.probe_ms);
	if (conf->given & BIT(MPATH_F_SLOW) && !conf->t.slow_ratio) {
		at = mpath_emit(to, room, at, " slow_path off");
	} else if (conf->given & BIT(MPATH_F_SLOW)) {
		at = mpath_emit(to, room, at, " slow_path");
		at = mpath_emit_hundredths(to, room, at, conf->t.slow_ratio);
	}
	if (conf->given & BIT(MPATH_F_HEDGE) && !conf->t.hedge_percentile) {
		at = mpath_emit(to, room, at, " hedge off");
	} else if (conf->given & BIT(MPATH_F_HEDGE)) {
		at = mpath_emit(to, room, at, " hedge");
		at = mpath_emit_hundredths(to, room, at, conf->t.hedge_percentile);
		at = mpath_emit_hundredths(to, room, at, conf->t.hedge_budget);
	}
	if (conf->given & BIT(MPATH_F_ELASTIC) && !conf->t.elastic_high)
		at = mpath_emit(to, room, at, " elastic off");
	else if (conf->given & BIT(MPATH_F_ELASTIC))
		at = mpath_emit(to, room, at, " elastic %u %u", conf->t.elastic_high,
				conf->t.elastic_low);
	if (conf->given & BIT(MPATH_F_HUNG))
		at = mpath_emit(to, room, at, " hung_time %u", conf->t.hung_ms);
	return at;
}

static int mpath_emit_path(const struct mpath_conf_path *path, char *to, size_t room, int at)
{
	at = mpath_emit(to, room, at, " %s", path->dev);
	if (path->given & BIT(MPATH_KEY_WEIGHT))
		at = mpath_emit(to, room, at, " weight=%u", path->weight);
	if (path->given & BIT(MPATH_KEY_ROLE))
		at = mpath_emit(to, room, at, " role=%s", path->standby ? "standby" : "active");
	if (path->given & BIT(MPATH_KEY_COST))
		at = mpath_emit(to, room, at, " cost=%u", path->cost);
	return at;
}

/**
 * mpath_conf_print() - a line that says what @conf says
 * @conf: as mpath_conf_parse() made it
 * @to: result, always NUL-terminated
 * @room: bytes there
 *
 * What the first line left out is left out, except that queue_if_no_path always
 * has its number. Any context.
 *
 * Return: length; @room - 1 if it may have been cut.
 */
int mpath_conf_print(const struct mpath_conf *conf, char *to, size_t room)
{
	u32 g, p;
	int at;

	at = mpath_emit_features(conf, to, room, 0);
	if (conf->handler[0])
		at = mpath_emit(to, room, at, " 1 %s", conf->handler);
	else
		at = mpath_emit(to, room, at, " 0");
	at = mpath_emit(to, room, at, " %u %u", conf->nr_groups, conf->initial);
	for (g = 0; g < conf->nr_groups; g++) {
		const struct mpath_conf_group *group = &conf->groups[g];

		at = mpath_emit(to, room, at, " %s 0 %u %u", mpath_selector_names[group->selector],
				group->paths, group->path_args);
		for (p = 0; p < group->paths; p++)
			at = mpath_emit_path(&conf->paths[group->first + p], to, room, at);
	}
	return at;
}
