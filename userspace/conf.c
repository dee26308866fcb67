// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration files
 *
 * libinih splits the lines. Its reader hook feeds it, because it alone sees
 * what the library drops without a word: the number of a line, its end when it
 * is too long, and section names of more than 49 characters.
 */
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "conf.h"

#define NAME_LEN	192
#define MAX_NAMES	8192

struct seen {
	char name[NAME_LEN];
	int line;
};

struct names {
	struct seen *seen;
	size_t nr, room;
};

struct parse {
	FILE *file;
	const char *path;
	const struct conf_reader *reader;
	void *arg;
	int line;
	bool in_section;
	bool failed;
	struct names sections;		/* of the file */
	struct names keys;		/* of the section */
	char *err;
	size_t errlen;
};

static void __attribute__((format(printf, 2, 3)))
explain(char why[CONF_WHY_LEN], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, CONF_WHY_LEN, format, args);
	va_end(args);
}

/* the first error is the one to tell */
static void __attribute__((format(printf, 2, 3)))
refuse(struct parse *p, const char *format, ...)
{
	char text[512];
	va_list args;

	if (p->failed)
		return;
	p->failed = true;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(p->err, p->errlen, "%s:%d: %s", p->path, p->line, text);
}

/* line of the first time, 0 if this is it, -1 without memory */
static int first_time(struct names *n, const char *name, int line)
{
	struct seen *more;

	for (size_t i = 0; i < n->nr; i++)
		if (!strcmp(n->seen[i].name, name))
			return n->seen[i].line;
	if (n->nr == n->room) {
		if (n->room >= MAX_NAMES)
			return -1;
		n->room = n->room ? n->room * 2 : 32;
		more = realloc(n->seen, n->room * sizeof(*more));
		if (!more)
			return -1;
		n->seen = more;
	}
	snprintf(n->seen[n->nr].name, NAME_LEN, "%s", name);
	n->seen[n->nr++].line = line;
	return 0;
}

static void begin_section(struct parse *p, char *name)
{
	char why[CONF_WHY_LEN] = "";
	int before;

	p->keys.nr = 0;
	p->in_section = true;
	before = first_time(&p->sections, name, p->line);
	if (before > 0)
		refuse(p, "section [%s] began in line %d already; put its keys there", name,
		       before);
	else if (before < 0)
		refuse(p, "too many sections");
	else if (p->reader->section(p->arg, name, why))
		refuse(p, "[%s]: %s", name, why);
}

/* to C's strings a line would end at a zero byte, and the rest be lost */
static bool has_zero(FILE *f)
{
	int c;

	do
		c = getc(f);
	while (c != EOF && c);
	rewind(f);
	return !c;
}

static bool whole_line(struct parse *p, const char *line)
{
	size_t len = strlen(line);

	if (len && line[len - 1] == '\n')
		return true;
	if (feof(p->file))
		return true;
	refuse(p, "the line is too long; at most %d characters", INI_MAX_LINE - 2);
	return false;
}

static char *read_line(char *line, int size, void *stream)
{
	struct parse *p = stream;
	char *text, *end;
	size_t skip;

	if (p->failed || !fgets(line, size, p->file))
		return NULL;
	p->line++;
	if (!whole_line(p, line))
		return NULL;
	/* to the library an indented line would go on with the one before */
	skip = strspn(line, " \t\r\f\v");
	memmove(line, line + skip, strlen(line + skip) + 1);
	if (line[0] != '[')
		return line;
	text = line + 1;
	end = strchr(text, ']');
	if (!end || end[1 + strspn(end + 1, " \t\r\n")]) {
		refuse(p, "a section is written [name], and nothing behind it");
		return NULL;
	}
	*end = '\0';
	begin_section(p, text);
	*end = ']';
	return p->failed ? NULL : line;
}

static int take_key(void *arg, const char *section, const char *name, const char *value)
{
	struct parse *p = arg;
	char why[CONF_WHY_LEN] = "";
	int before;

	(void)section;
	if (p->failed)
		return 0;
	if (!p->in_section) {
		refuse(p, "%s: begin a [section] before the first key", name);
		return 0;
	}
	before = first_time(&p->keys, name, p->line);
	if (before)
		refuse(p, "%s: given in line %d already; keep one of the two", name, before);
	else if (p->reader->key(p->arg, name, value, why))
		refuse(p, "%s: %s", name, why);
	return !p->failed;
}

static int open_regular(struct parse *p)
{
	struct stat st;
	int err;

	p->file = fopen(p->path, "re");
	if (!p->file || fstat(fileno(p->file), &st)) {
		err = errno;
	} else if (!S_ISREG(st.st_mode)) {
		err = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
	} else if (has_zero(p->file)) {
		err = EINVAL;
	} else {
		return 0;
	}
	snprintf(p->err, p->errlen, "%s: %s", p->path,
		 err == EINVAL ? "not a text file" : strerror(err));
	if (p->file)
		fclose(p->file);
	return -err;
}

int conf_read(const char *path, const struct conf_reader *reader, void *arg,
	      char *err, size_t errlen)
{
	struct parse p = {
		.path = path, .reader = reader, .arg = arg, .err = err, .errlen = errlen,
	};
	int line, ret;

	ret = open_regular(&p);
	if (ret)
		return ret;
	line = ini_parse_stream(read_line, &p, take_key, &p);
	if (!p.failed && ferror(p.file))
		refuse(&p, "cannot be read: %s", strerror(errno));
	if (!p.failed && line) {
		p.line = line > 0 ? line : p.line;
		refuse(&p, "a line is either 'key = value', a [section] or a # comment");
	}
	fclose(p.file);
	free(p.sections.seen);
	free(p.keys.seen);
	return p.failed ? -EINVAL : 0;
}

int conf_number(const char *value, uint32_t min, uint32_t max, uint32_t *out,
		char why[CONF_WHY_LEN])
{
	unsigned long long number;
	size_t len = strlen(value);

	/* strtoull() would take signs, blanks and hex as well */
	if (!len || strspn(value, "0123456789") != len) {
		explain(why, "'%.64s' is no whole number; give one from %u to %u", value, min,
			max);
		return -1;
	}
	number = len > 10 ? UINT64_MAX : strtoull(value, NULL, 10);
	if (number < min || number > max) {
		explain(why, "%.64s is out of range; give one from %u to %u", value, min, max);
		return -1;
	}
	*out = (uint32_t)number;
	return 0;
}

/* length of the UTF-8 character at @text, 0 if it is none: no surrogates, nothing long-winded */
static size_t character(const unsigned char *text)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = text[0] < 0x80 ? 1 : text[0] >> 5 == 6 ? 2 : text[0] >> 4 == 14 ? 3 :
		   text[0] >> 3 == 30 ? 4 : 0;
	uint32_t code = n > 1 ? text[0] & (0x7f >> n) : text[0];

	for (size_t i = 1; i < n; i++) {
		if (text[i] >> 6 != 2)
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	return n && code >= least[n] && code <= 0x10ffff && code >> 11 != 27 ? n : 0;
}

/* goes into JSON, metrics, and pages, whose readers choke on anything else */
static bool is_utf8(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t n;

	for (; *c; c += n) {
		n = character(c);
		if (!n)
			return false;
	}
	return true;
}

int conf_copy(const char *value, char *out, size_t len, char why[CONF_WHY_LEN])
{
	if (!*value) {
		explain(why, "the value is missing; give one, or remove the line");
		return -1;
	}
	if (strlen(value) >= len) {
		explain(why, "too long; at most %zu characters", len - 1);
		return -1;
	}
	for (const char *c = value; *c; c++) {
		if (iscntrl((unsigned char)*c)) {
			explain(why, "control characters are not allowed");
			return -1;
		}
	}
	if (!is_utf8(value)) {
		explain(why, "not UTF-8; save the file in that encoding");
		return -1;
	}
	strcpy(out, value);
	return 0;
}

int conf_word(const char *value, char *out, size_t len, char why[CONF_WHY_LEN])
{
	for (const char *c = value; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr("._-", *c)) {
			explain(why, "'%.64s': only letters, digits and . _ - are allowed",
				value);
			return -1;
		}
	}
	return conf_copy(value, out, len, why);
}

static int take_switch(const char *value, bool *out, char why[CONF_WHY_LEN])
{
	if (strcmp(value, "on") && strcmp(value, "off")) {
		explain(why, "'%.64s' is neither on nor off", value);
		return -1;
	}
	*out = !strcmp(value, "on");
	return 0;
}

static int take_path(const char *value, char *out, size_t len, char why[CONF_WHY_LEN])
{
	if (value[0] != '/') {
		explain(why, "'%.64s' is no absolute path", value);
		return -1;
	}
	return conf_copy(value, out, len, why);
}

int conf_assign(const struct conf_key *keys, size_t nr, void *object, const char *name,
		const char *value, char why[CONF_WHY_LEN])
{
	const struct conf_key *k = keys;
	char *place;
	int bad = -1;

	while (k < keys + nr && strcmp(k->name, name))
		k++;
	if (k == keys + nr) {
		explain(why, "no such key in this section; see the manual page");
		return -1;
	}
	place = (char *)object + k->offset;
	switch (k->type) {
	case CONF_NUMBER:
		bad = conf_number(value, k->min, k->max, (uint32_t *)place, why);
		break;
	case CONF_SWITCH:
		bad = take_switch(value, (bool *)place, why);
		break;
	case CONF_TEXT:
		bad = conf_copy(value, place, k->max, why);
		break;
	case CONF_WORD:
		bad = conf_word(value, place, k->max, why);
		break;
	case CONF_PATH:
		bad = take_path(value, place, k->max, why);
		break;
	case CONF_OWN:
		bad = k->own(object, value, why);
		break;
	}
	return bad ? -1 : (int)(k - keys);
}
