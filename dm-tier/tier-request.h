/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checks of requests over netlink that its core leaves to the families. In both
 * modules.
 */
#ifndef TIER_REQUEST_H
#define TIER_REQUEST_H

struct netlink_ext_ack;
struct nlattr;
struct nlmsghdr;

/**
 * struct tier_request_names - the attributes that a family's requests may have
 * @max: the highest
 * @names: by number; NULL for those that none may have
 */
struct tier_request_names {
	int max;
	const char *const *names;
};

/**
 * tier_request_need() - check that a request has an attribute
 * @names: of the family
 * @attrs: of the request
 * @attr: the attribute
 * @extack: told what is missing
 *
 * Return: 0 or -EINVAL.
 */
int tier_request_need(const struct tier_request_names *names, struct nlattr **attrs, int attr,
		      struct netlink_ext_ack *extack);

/**
 * tier_request_once() - check that a request has no attribute twice
 * @names: of the family
 * @request: of generic netlink, its attributes checked against their policy
 * @extack: told which one it has twice
 *
 * Return: 0 or -EINVAL.
 */
int tier_request_once(const struct tier_request_names *names, const struct nlmsghdr *request,
		      struct netlink_ext_ack *extack);

#endif
