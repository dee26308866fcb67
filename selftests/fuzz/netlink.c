// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reply of the modules: attributes of any shape become records, or an error. The
 * first byte says of what.
 */
#include "input.h"
#include "libdmtier-private.h"

#define OF(what, type)	{ dmtier_decode_##what, sizeof(struct type) }

static const struct {
	dmtier_decode_fn decode;
	size_t size;
} decoders[] = {
	OF(pool, dmtier_pool), OF(tier, dmtier_tier), OF(dev, dmtier_dev), OF(lun, dmtier_lun),
	OF(heat, dmtier_heat), OF(extents, dm_tier_extent_info), OF(event, dmtier_event),
	OF(map, dmtier_map), OF(group, dmtier_group), OF(path, dmtier_path),
	OF(path_event, dmtier_path_event),
};

#define TERMINATED(r, field)	MUST(strnlen((r)->field, sizeof((r)->field)) < sizeof((r)->field))

static void a_lun(const struct dmtier_lun *lun)
{
	uint32_t i;

	TERMINATED(lun, pool);
	TERMINATED(lun, allowed);
	TERMINATED(lun, tags);
	MUST(lun->nr_usage <= DMTIER_MAX_TIERS);
	for (i = 0; i < lun->nr_usage; i++)
		TERMINATED(&lun->usage[i], tier);
}

static void an_event(const struct dmtier_event *e)
{
	TERMINATED(e, event);
	TERMINATED(e, value);
	TERMINATED(e, reason);
	MUST(e->nr_usage <= DMTIER_MAX_TIERS);
}

static void a_path(const struct dmtier_path *p)
{
	TERMINATED(p, map);
	TERMINATED(p, dev);
	TERMINATED(p, state);
	dmtier_latency_quantile(p->read_latency, 0.99);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	size_t which = input_u8(&in) % (sizeof(decoders) / sizeof(decoders[0]));
	struct dmtier_list list = { .size = decoders[which].size };
	void *attrs = malloc(in.left + 1), *r;
	size_t i;

	memcpy(attrs, in.at, in.left);
	/* a second reply is added to the first */
	for (i = 0; i < 2; i++)
		if (decoders[which].decode(attrs, in.left, &list))
			break;
	for (i = 0; i < list.nr; i++) {
		r = list.data + i * list.size;
		if (decoders[which].decode == dmtier_decode_lun)
			a_lun(r);
		if (decoders[which].decode == dmtier_decode_event)
			an_event(r);
		if (decoders[which].decode == dmtier_decode_path)
			a_path(r);
		if (decoders[which].decode == dmtier_decode_path_event)
			a_path(&((struct dmtier_path_event *)r)->last);
	}
	free(list.data);
	free(attrs);
	return 0;
}
