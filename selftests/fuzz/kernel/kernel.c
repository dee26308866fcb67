// SPDX-License-Identifier: GPL-2.0-only
#include "../input.h"
#include "kernel.h"

char *kasprintf(int gfp, const char *fmt, ...)
{
	va_list args;
	char *text;

	(void)gfp;
	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	return text;
}

/* %*pE is a pointer here: what it escapes in the kernel is not looked at */
void kernel_log(const char *fmt, ...)
{
	static char line[1024];
	va_list args;
	const char *c;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	for (c = line; *c; c++)
		if ((u8)*c < ' ' || *c == 0x7f)
			wrong("a control character in the log: %s", line);
}

int kernel_devs;

/* a few devices by their first letter; the rest is not there */
int tier_dev_open(struct dm_target *ti, const char *word, struct dm_dev **dev)
{
	(void)ti;
	*dev = NULL;
	if (*word == 'P')
		return -ELOOP;
	if (*word < 'a' || *word > 'z')
		return -ENOENT;
	*dev = malloc(sizeof(**dev));
	(*dev)->bdev = malloc(sizeof(*(*dev)->bdev));
	(*dev)->bdev->bd_dev = *word + 256 * (word[1] == 'x');
	(*dev)->bdev->sectors = *word == 's' ? 2100 : 1ULL << 30;
	kernel_devs++;
	return 0;
}

void dm_put_device(struct dm_target *ti, struct dm_dev *dev)
{
	(void)ti;
	free(dev->bdev);
	free(dev);
	kernel_devs--;
}
