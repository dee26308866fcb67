/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Texts made at run time for netlink's extended acknowledgments.
 */
#ifndef TIER_EXTACK_H
#define TIER_EXTACK_H

struct netlink_ext_ack;

/**
 * tier_extack_set() - say what was wrong
 * @extack: of the request, or NULL
 * @text: copied; an empty one says nothing
 */
void tier_extack_set(struct netlink_ext_ack *extack, const char *text);

#endif
