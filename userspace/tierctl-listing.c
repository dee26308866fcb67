// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "tierctl-listing.h"

/* dumps come pool by pool: one look-up for each */
uint64_t listing_extent(struct listing *l, const char *pool)
{
	if (strcmp(l->pool, pool)) {
		l->extent = pool_extent_bytes(l->c, pool);
		strcpy(l->pool, pool);
	}
	return l->extent;
}

int listing_begin(struct ctl *c, const char *pool, const char *what, struct listing *l)
{
	struct dmtier_pool p;
	int err, code = ctl_open(c);

	*l = (struct listing){ .c = c };
	if (code)
		return code;
	err = pool ? dmtier_pool_get(c->h, pool, &p) : 0;
	if (err)
		return ctl_kernel(c, err, what);
	l->t = table_new();
	return CTL_OK;
}

int listing_end(struct listing *l, int err, const char *what)
{
	if (!err) {
		table_list(l->c, l->t);
		return CTL_OK;
	}
	json_object_put(table_take(l->t));
	return ctl_kernel(l->c, err, what);
}
