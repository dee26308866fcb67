/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TIER_RATE_H
#define TIER_RATE_H

#include "tier-op.h"

/**
 * tier_rate_wait() - wait until a move may copy some more
 * @op: the move
 * @sectors: about to be copied
 *
 * Both members' limits count, and the LUN's if it has one. A member without
 * user I/O is given TIER_RATE_BOOST times its rate. May sleep.
 *
 * Return: false if the move was told to stop meanwhile.
 */
bool tier_rate_wait(struct tier_op *op, u32 sectors);

#endif
