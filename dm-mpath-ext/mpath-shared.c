// SPDX-License-Identifier: GPL-2.0-only
/*
 * What dm-tier.ko has as well. Neither module needs the other, so each has its own.
 */
#include "../dm-tier/tier-dev.c"
#include "../dm-tier/tier-err.c"
#include "../dm-tier/tier-extack.c"
#include "../dm-tier/tier-request.c"
