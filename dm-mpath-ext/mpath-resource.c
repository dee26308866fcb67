// SPDX-License-Identifier: GPL-2.0-only
/*
 * The devices of this target, and what of their paths outlives a table.
 */
#include <linux/slab.h>

#include "mpath-resource.h"

/* of the list, and of the last reference to each */
DEFINE_MUTEX(mpath_resources_lock);
LIST_HEAD(mpath_resources);

struct mpath_resource *mpath_resource_of(struct mapped_device *md)
{
	struct mpath_resource *resource;

	mutex_lock(&mpath_resources_lock);
	list_for_each_entry(resource, &mpath_resources, list)
		if (resource->md == md && kref_get_unless_zero(&resource->refs))
			goto out;
	resource = kzalloc(sizeof(*resource), GFP_KERNEL);
	if (!resource)
		goto out;
	resource->md = md;
	kref_init(&resource->refs);
	mutex_init(&resource->lock);
	INIT_LIST_HEAD(&resource->records);
	list_add_tail(&resource->list, &mpath_resources);
out:
	if (resource)
		resource->tables++;
	mutex_unlock(&mpath_resources_lock);
	return resource;
}

static void mpath_resource_free(struct kref *refs)
{
	struct mpath_resource *resource = container_of(refs, struct mpath_resource, refs);
	struct mpath_record *record, *next;

	list_del(&resource->list);
	list_for_each_entry_safe(record, next, &resource->records, list) {
		free_percpu(record->counts);
		kfree(record);
	}
	kfree(resource);
}

void mpath_resource_leave(struct mpath_resource *resource)
{
	mutex_lock(&mpath_resources_lock);
	/* what is still in flight may keep it; the next device may be at the same address */
	if (!--resource->tables)
		resource->md = NULL;
	kref_put(&resource->refs, mpath_resource_free);
	mutex_unlock(&mpath_resources_lock);
}

void mpath_resource_put(struct mpath_resource *resource)
{
	mutex_lock(&mpath_resources_lock);
	kref_put(&resource->refs, mpath_resource_free);
	mutex_unlock(&mpath_resources_lock);
}

static struct mpath_record *mpath_record_find(struct mpath_resource *resource, const char *id)
{
	struct mpath_record *record;

	list_for_each_entry(record, &resource->records, list)
		if (!strcmp(record->id, id))
			return record;
	return NULL;
}

static struct mpath_record *mpath_record_new(const char *id)
{
	struct mpath_record *record = kzalloc(sizeof(*record), GFP_KERNEL);

	if (!record)
		return NULL;
	record->counts = alloc_percpu(struct mpath_counts);
	if (!record->counts) {
		kfree(record);
		return NULL;
	}
	strscpy(record->id, id, sizeof(record->id));
	mpath_health_init(&record->health, ktime_get_ns());
	return record;
}

struct mpath_record *mpath_record_of(struct mpath_resource *resource, const char *id)
{
	struct mpath_record *record;

	mutex_lock(&resource->lock);
	record = mpath_record_find(resource, id);
	if (!record) {
		record = mpath_record_new(id);
		if (record)
			list_add_tail(&record->list, &resource->records);
	}
	mutex_unlock(&resource->lock);
	return record;
}

void mpath_record_sum(const struct mpath_record *record, struct mpath_counts *sum)
{
	const u64 *from;
	u64 *to = (u64 *)sum;
	unsigned int i;
	int cpu;

	/* nothing but u64 in there */
	BUILD_BUG_ON(sizeof(*sum) % sizeof(u64));
	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		from = (const u64 *)per_cpu_ptr(record->counts, cpu);
		for (i = 0; i < sizeof(*sum) / sizeof(u64); i++)
			to[i] += READ_ONCE(from[i]);
	}
}

u64 mpath_record_ios(const struct mpath_record *record)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct mpath_counts *counts = per_cpu_ptr(record->counts, cpu);

		sum += READ_ONCE(counts->ios[0]) + READ_ONCE(counts->ios[1]);
	}
	return sum;
}
