// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words that tierctl takes apart: tables as device-mapper shows them, what is added to
 * them or taken from them, sizes and times, and lines of the kernel's log. The first
 * byte says which; the first line is the table, the others are changes to it.
 */
#include <math.h>

#include "input.h"
#include "tierctl-path.h"

static void pool_again(const struct pool_words *w)
{
	static struct pool_words again;
	char *text = words_params(w), *twice;
	const char *why = "";

	MUST(text);
	if (!words_parse(&again, text, &why))
		wrong("not taken again: %s: %s", text, why);
	twice = words_params(&again);
	if (strcmp(text, twice))
		wrong("written another way: %s\n%s", text, twice);
	words_free(&again);
	free(twice);
	free(text);
}

static void pool_table(char *line, char *rest)
{
	static struct pool_words w;
	const char *why = NULL;

	if (!words_parse(&w, line, &why)) {
		MUST(why && *why);
		return;
	}
	pool_again(&w);
	while (rest && (line = strsep(&rest, "\n"))) {
		if (*line == '-')
			words_drop_dev(&w, line + 1);
		/* what is refused ends the command, with the words as they are by then */
		else if (!words_add_tier(&w, line, &why))
			break;
		pool_again(&w);
	}
	words_free(&w);
}

static void path_again(const struct path_words *w)
{
	static struct path_words again;
	char *text = path_words_params(w), *twice;
	const char *why = "";

	MUST(text);
	if (!path_words_parse(&again, text, &why))
		wrong("not taken again: %s: %s", text, why);
	twice = path_words_params(&again);
	if (strcmp(text, twice))
		wrong("written another way: %s\n%s", text, twice);
	path_words_free(&again);
	free(twice);
	free(text);
}

static bool path_change(struct path_words *w, char *line)
{
	const char *why = NULL;
	char *name;
	bool ok;

	switch (*line) {
	case '-':
		path_words_drop(w, line + 1);
		return true;
	case '+':
		ok = path_words_group(w, line + 1, &why);
		break;
	case '1' ... '9':
		ok = path_words_add(w, *line - '0', line + 1, &why);
		break;
	default:
		name = strsep(&line, " ");
		/* names are those of options, and so good ones */
		if (!*name || name[strcspn(name, ", \t\n")])
			return false;
		ok = path_words_feature(w, name, line, &why);
	}
	if (!ok)
		MUST(why && *why);
	return ok;
}

static void path_table(char *line, char *rest)
{
	static struct path_words w;
	const char *why = NULL;

	if (!path_words_parse(&w, line, &why)) {
		MUST(why && *why);
		return;
	}
	path_again(&w);
	while (rest && (line = strsep(&rest, "\n"))) {
		if (!path_change(&w, line))
			break;
		path_again(&w);
	}
	path_words_free(&w);
}

static void numbers(const char *line)
{
	char buf[32], key[16];
	uint64_t value;
	uint32_t lun;
	double seconds;

	if (text_number(line, 1000, &value))
		MUST(value <= 1000);
	if (text_size(line, &value)) {
		text_bytes(buf, value);
		text_short(buf, value);
		text_ns(buf, value);
		text_ms(buf, value);
		MUST(strlen(buf) < sizeof(buf));
	}
	if (text_lun(line, &lun))
		MUST(lun <= 0xfffffe);
	if (text_seconds(line, &seconds))
		MUST(isfinite(seconds) && seconds >= 0);
	text_key(key, sizeof(key), line);
	MUST(strlen(key) < sizeof(key));
}

static void reason(const char *line, size_t room)
{
	char *out = malloc(room + 1);
	const char *holds;

	reason_call("8:16", "/dev/disk/by-id/a-device-with-a-long-name-of-some-maker-0123456789");
	reason_call("253:1", "/dev/sdb");
	if (reason_text(line, out, room + 1, &holds))
		MUST(strnlen(out, room + 1) <= room);
	reason_forget();
	free(out);
}

static void guess(const char *line)
{
	struct guess g;

	guess_begin(&g, line);
	guess_try(&g, "queue_if_no_path");
	guess_try(&g, "metadata_mirror");
	guess_try(&g, "");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint8_t which = input_u8(&in);
	char *text = input_text(&in), *rest = text, *line = strsep(&rest, "\n");

	switch (which % 4) {
	case 0:
		pool_table(line, rest);
		break;
	case 1:
		path_table(line, rest);
		break;
	case 2:
		numbers(line);
		guess(line);
		break;
	default:
		reason(line, which / 4 * 8);
	}
	free(text);
	return 0;
}
