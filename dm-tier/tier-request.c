// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of requests over netlink.
 */
#include <net/genetlink.h>

#include "tier-err.h"
#include "tier-extack.h"
#include "tier-request.h"

#define TIER_REQUEST_ATTRS	256	/* more than any family has */

int tier_request_need(const struct tier_request_names *names, struct nlattr **attrs, int attr,
		      struct netlink_ext_ack *extack)
{
	struct tier_err err;

	if (attrs[attr])
		return 0;
	NL_SET_ERR_ATTR_MISS(extack, NULL, attr);
	tier_fail(&err, -EINVAL, "missing attribute: %s", names->names[attr]);
	tier_extack_set(extack, err.text);
	return -EINVAL;
}

/* the core lets the last one win, and says nothing */
int tier_request_once(const struct tier_request_names *names, const struct nlmsghdr *request,
		      struct netlink_ext_ack *extack)
{
	DECLARE_BITMAP(seen, TIER_REQUEST_ATTRS) = { };
	struct nlattr *attr;
	struct tier_err err;
	int left;

	nlmsg_for_each_attr(attr, request, GENL_HDRLEN, left) {
		int type = nla_type(attr);

		if (type > names->max || !__test_and_set_bit(type, seen))
			continue;
		NL_SET_BAD_ATTR(extack, attr);
		tier_fail(&err, -EINVAL, "attribute given twice: %s", names->names[type] ?: "?");
		tier_extack_set(extack, err.text);
		return -EINVAL;
	}
	return 0;
}
