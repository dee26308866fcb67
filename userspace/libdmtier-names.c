// SPDX-License-Identifier: GPL-2.0-only
/* Device numbers, names and UUIDs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "libdmtier.h"

/* major:minor, or #index, by which a member goes whose device is not there */
static bool is_number(const char *dev)
{
	unsigned int major, minor;
	int end = 0;

	if (sscanf(dev, "#%u%n", &minor, &end) == 1 && end && !dev[end])
		return true;
	return sscanf(dev, "%u:%u%n", &major, &minor, &end) == 2 && end && !dev[end];
}

int dmtier_dev_resolve(const char *dev, char *out, size_t len)
{
	struct stat st;
	int n;

	if (is_number(dev)) {
		n = snprintf(out, len, "%s", dev);
	} else {
		if (stat(dev, &st))
			return -errno;
		if (!S_ISBLK(st.st_mode))
			return -ENOTBLK;
		n = snprintf(out, len, "%u:%u", major(st.st_rdev), minor(st.st_rdev));
	}
	return (size_t)n < len ? 0 : -ENAMETOOLONG;
}

/* the first line of a file under /sys that starts with @prefix, without it */
static bool sys_line(const char *dev, const char *file, const char *prefix, char *out,
		     size_t len)
{
	size_t skip = strlen(prefix);
	char path[128], line[256];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/dev/block/%s/%s", dev, file);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f))
		if (!strncmp(line, prefix, skip)) {
			line[strcspn(line, "\n")] = 0;
			found = (size_t)snprintf(out, len, "%s", line + skip) < len;
		}
	fclose(f);
	return found;
}

void dmtier_dev_name(const char *dev, char *out, size_t len)
{
	char name[200];

	if (is_number(dev)) {
		if (sys_line(dev, "dm/name", "", name, sizeof(name)) &&
		    (size_t)snprintf(out, len, "/dev/mapper/%s", name) < len)
			return;
		if (sys_line(dev, "uevent", "DEVNAME=", name, sizeof(name)) &&
		    (size_t)snprintf(out, len, "/dev/%s", name) < len)
			return;
	}
	snprintf(out, len, "%s", dev);
}

void dmtier_uuid_text(const uint8_t uuid[DMTIER_UUID_LEN], char out[37])
{
	int i;

	for (i = 0; i < DMTIER_UUID_LEN; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		out += sprintf(out, "%02x", uuid[i]);
	}
}
