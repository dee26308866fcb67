/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configuration files: INI as libinih reads it, checked to the last letter
 *
 * Nothing is guessed and nothing passes silently: a line that is too long, a
 * section or key given twice, a key outside a section, a value of the wrong
 * type or out of range each end the reading with "file:line: key: what to do".
 *
 * Link: conf.c -linih
 */
#ifndef CONF_H
#define CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONF_WHY_LEN	192

enum conf_type {
	CONF_NUMBER,		/* uint32_t, min to max */
	CONF_SWITCH,		/* bool: on or off */
	CONF_TEXT,		/* char[max]: anything but control characters */
	CONF_WORD,		/* char[max]: letters, digits and . _ - */
	CONF_PATH,		/* char[max]: absolute */
	CONF_OWN,		/* parsed by @own */
};

struct conf_key {
	const char *name;
	enum conf_type type;
	size_t offset;		/* in the object that the section describes */
	uint32_t min, max;
	/* 0, or -1 with the reason in @why */
	int (*own)(void *object, const char *value, char why[CONF_WHY_LEN]);
};

#define CONF_SIZE(type, member)	sizeof(((type *)NULL)->member)

/**
 * conf_assign() - check a value and put it in its place
 * Return: the key's index in @keys, or -1 with the reason in @why.
 */
int conf_assign(const struct conf_key *keys, size_t nr, void *object, const char *name,
		const char *value, char why[CONF_WHY_LEN]);

/* parsers for CONF_OWN; 0, or -1 with the reason */
int conf_number(const char *value, uint32_t min, uint32_t max, uint32_t *out,
		char why[CONF_WHY_LEN]);
int conf_copy(const char *value, char *out, size_t len, char why[CONF_WHY_LEN]);
int conf_word(const char *value, char *out, size_t len, char why[CONF_WHY_LEN]);

struct conf_reader {
	/* a section begins; 0, or -1 with the reason */
	int (*section)(void *arg, const char *name, char why[CONF_WHY_LEN]);
	/* a key in it */
	int (*key)(void *arg, const char *name, const char *value, char why[CONF_WHY_LEN]);
};

/**
 * conf_read() - read a file
 * Return: 0, or a negative errno with "path:line: ..." in @err.
 */
int conf_read(const char *path, const struct conf_reader *reader, void *arg,
	      char *err, size_t errlen);

#endif
