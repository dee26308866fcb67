// SPDX-License-Identifier: GPL-2.0-only
/* tierctl policy: the settings of pools and LUNs under one name. */
#include <string.h>

#include "tierctl.h"

static int show(struct ctl *c, int argc, char **argv)
{
	uint32_t lun;
	int code;

	if (argc > 2 && !text_lun(argv[2], &lun))
		return ctl_fail(CTL_USAGE, 0, NULL, "'%s' is no LUN id", argv[2]);
	code = ctl_open(c);
	if (code)
		return code;
	return argc > 2 ? lun_settings(c, argv[1], lun) : pool_settings(c, argv[1]);
}

/* with a LUN there is one word more */
static int set(struct ctl *c, int argc, char **argv)
{
	bool has_lun = argc == 5;
	uint32_t lun = 0;
	int code;

	if (has_lun && !text_lun(argv[2], &lun))
		return ctl_fail(CTL_USAGE, 0, NULL, "'%s' is no LUN id", argv[2]);
	code = ctl_open(c);
	if (code)
		return code;
	if (has_lun)
		return set_lun_key(c, argv[1], lun, argv[3], argv[4]);
	return set_pool_key(c, argv[1], argv[2], argv[3]);
}

const struct command policy_commands[] = {
	{ "policy", "show", "POOL [LUN]", "settings of a pool or of a LUN", 1, 2, show },
	{ "policy", "set", "POOL [LUN] KEY VALUE", "as `pool set` and `lun set`", 3, 4, set },
	{ 0 }
};
