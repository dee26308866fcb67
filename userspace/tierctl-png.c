// SPDX-License-Identifier: GPL-2.0-only
/* A heat map as a PNG: each cell a square of its heat over a stripe of its tier. */
#include <errno.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "tierctl.h"

#define CELL		8	/* pixels */
#define STRIPE		2	/* of them the tier's */
#define LEVELS		256
#define TIERS		8

struct rgb {
	uint8_t r, g, b;
};

static const struct rgb paper = { 255, 255, 255 };

/* corners of the ramp from cold to hot; between them it is linear */
static const struct rgb ramp[] = {
	{ 12, 18, 60 }, { 28, 84, 160 }, { 54, 160, 150 }, { 230, 200, 60 }, { 220, 40, 30 },
};

static const struct rgb tier_colour[TIERS] = {
	{ 240, 130, 20 }, { 90, 170, 60 }, { 60, 120, 200 }, { 130, 90, 180 },
	{ 120, 120, 120 }, { 170, 110, 70 }, { 60, 160, 170 }, { 200, 90, 140 },
};

static uint8_t between(uint8_t a, uint8_t b, double part)
{
	return a + (b - a) * part + 0.5;
}

static struct rgb heat_colour(unsigned int level)
{
	double at = level * (sizeof(ramp) / sizeof(ramp[0]) - 1.0) / LEVELS;
	unsigned int i = at;

	return (struct rgb){
		between(ramp[i].r, ramp[i + 1].r, at - i),
		between(ramp[i].g, ramp[i + 1].g, at - i),
		between(ramp[i].b, ramp[i + 1].b, at - i),
	};
}

static void paint_line(const struct heat_map *m, size_t at, bool stripe, png_byte *line)
{
	unsigned int i, k;

	for (i = 0; i < m->width; i++) {
		const struct heat_cell *cell = &m->cell[at + i];
		struct rgb colour = paper;

		if (cell->mapped && stripe)
			colour = tier_colour[cell->rank];
		else if (cell->mapped)
			colour = heat_colour(heat_level(m, cell->rate, LEVELS));
		for (k = 0; k < CELL; k++, line += 3)
			memcpy(line, &colour, 3);
	}
}

static void describe(png_structp png, png_infop info, const char *title)
{
	static char what[] =
		"Extents of the LUN in logical order, left to right and down. Colour: heat, "
		"dark blue cold, red hot, log scale. Stripe below: tier, orange the fastest, "
		"then green, blue, violet. White: not mapped.";
	png_text text[] = {
		{ .compression = PNG_TEXT_COMPRESSION_NONE, .key = "Title",
		  .text = (char *)title },
		{ .compression = PNG_TEXT_COMPRESSION_NONE, .key = "Description",
		  .text = what },
	};

	png_set_text(png, info, text, 2);
}

/* libpng leaves by longjmp: nothing that it could skip is freed in here */
static bool write_image(png_structp png, png_infop info, const struct heat_map *m,
			const char *title, png_byte *line, FILE *out)
{
	size_t y;
	int k;

	if (setjmp(png_jmpbuf(png)))
		return false;
	png_init_io(png, out);
	png_set_IHDR(png, info, m->width * CELL, m->height * CELL, 8, PNG_COLOR_TYPE_RGB,
		     PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	describe(png, info, title);
	png_write_info(png, info);
	for (y = 0; y < m->height; y++)
		for (k = 0; k < CELL; k++) {
			paint_line(m, y * m->width, k >= CELL - STRIPE, line);
			png_write_row(png, line);
		}
	png_write_end(png, NULL);
	return true;
}

static int write_file(const struct heat_map *m, const char *title, FILE *out)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	png_byte *line = malloc((size_t)m->width * CELL * 3 + 1);
	bool ok = info && line && write_image(png, info, m, title, line, out);

	free(line);
	png_destroy_write_struct(png ? &png : NULL, info ? &info : NULL);
	return ok ? 0 : -EIO;
}

int heat_png(const struct heat_map *m, const char *title, const char *file)
{
	FILE *out;
	int err;

	if (!m->width || !m->height)
		return -ENODATA;
	out = fopen(file, "wbe");
	if (!out)
		return -errno;
	err = write_file(m, title, out);
	if (fclose(out) && !err)
		err = -errno;
	if (err)
		remove(file);
	return err;
}
