// SPDX-License-Identifier: GPL-2.0-only
/*
 * The devices of this target, and what of their paths outlives a table.
 */
#include <linux/slab.h>

#include "mpath-event.h"
#include "mpath-netlink.h"
#include "mpath-resource.h"

/* of the list, and of what is in it each one's place there and count of tables */
static DEFINE_MUTEX(mpath_resources_lock);
static LIST_HEAD(mpath_resources);
static u64 mpath_resources_made;

static struct mpath_resource *mpath_resource_new(struct mapped_device *md)
{
	struct mpath_resource *resource = kzalloc(sizeof(*resource), GFP_KERNEL);

	if (!resource)
		return NULL;
	resource->md = md;
	resource->dm_major = dm_disk(md)->major;
	resource->number = ++mpath_resources_made;
	resource->epoch_ns = ktime_get_real_ns();
	kref_init(&resource->refs);
	mutex_init(&resource->lock);
	INIT_LIST_HEAD(&resource->records);
	list_add_tail(&resource->list, &mpath_resources);
	return resource;
}

struct mpath_resource *mpath_resource_of(struct mapped_device *md)
{
	struct mpath_resource *resource;

	mutex_lock(&mpath_resources_lock);
	list_for_each_entry(resource, &mpath_resources, list) {
		if (resource->md == md) {
			mpath_resource_get(resource);
			goto out;
		}
	}
	resource = mpath_resource_new(md);
out:
	if (resource)
		resource->tables++;
	mutex_unlock(&mpath_resources_lock);
	return resource;
}

static void mpath_record_free(struct mpath_record *record)
{
	free_percpu(record->counts);
	kfree(record);
}

static void mpath_resource_free(struct kref *refs)
{
	struct mpath_resource *resource = container_of(refs, struct mpath_resource, refs);
	struct mpath_record *record, *next;

	list_for_each_entry_safe(record, next, &resource->records, list)
		mpath_record_free(record);
	kfree(resource);
}

void mpath_resource_put(struct mpath_resource *resource)
{
	kref_put(&resource->refs, mpath_resource_free);
}

/* was it the device's last table? */
static bool mpath_resource_unlist(struct mpath_resource *resource)
{
	bool last;

	mutex_lock(&mpath_resources_lock);
	last = !--resource->tables;
	if (last)
		list_del(&resource->list);
	mutex_unlock(&mpath_resources_lock);
	return last;
}

void mpath_resource_detach(struct mpath_resource *resource, const struct mpath_map *map)
{
	mutex_lock(&resource->lock);
	if (resource->table == map)
		resource->table = NULL;
	mutex_unlock(&resource->lock);
	mpath_netlink_changed();
}

/* what its paths have done is known to nobody else, and goes with it */
static void mpath_resource_tell_end(struct mpath_resource *resource)
{
	const struct mpath_record *record;

	list_for_each_entry(record, &resource->records, list)
		if (record->joined)
			mpath_event_path_removed(resource, record);
	mpath_event_removed(resource);
}

void mpath_resource_leave(struct mpath_resource *resource)
{
	if (mpath_resource_unlist(resource)) {
		mutex_lock(&resource->lock);
		if (resource->resumed)
			mpath_resource_tell_end(resource);
		mutex_unlock(&resource->lock);
	}
	mpath_resource_put(resource);
}

struct mpath_resource *mpath_resource_find(const char *name)
{
	struct mpath_resource *resource, *found = NULL;
	char now[DM_NAME_LEN];

	mutex_lock(&mpath_resources_lock);
	list_for_each_entry(resource, &mpath_resources, list) {
		if (!dm_copy_name_and_uuid(resource->md, now, NULL) && !strcmp(now, name)) {
			found = mpath_resource_get(resource);
			break;
		}
	}
	mutex_unlock(&mpath_resources_lock);
	return found;
}

struct mpath_resource *mpath_resource_next(u64 number)
{
	struct mpath_resource *resource, *found = NULL;

	mutex_lock(&mpath_resources_lock);
	/* new ones are added behind: their numbers grow along the list */
	list_for_each_entry(resource, &mpath_resources, list) {
		if (resource->number >= number) {
			found = mpath_resource_get(resource);
			break;
		}
	}
	mutex_unlock(&mpath_resources_lock);
	return found;
}

void mpath_resource_renew_name(struct mpath_resource *resource)
{
	lockdep_assert_held(&resource->lock);
	/* fails, and leaves the name alone, once the device is being removed */
	dm_copy_name_and_uuid(resource->md, resource->name, resource->uuid);
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
	record->left_ns = ktime_get_ns();
	mpath_health_init(&record->health, record->left_ns);
	return record;
}

struct mpath_record *mpath_record_of(struct mpath_resource *resource, const char *id)
{
	/* before the lock: whoever waits for memory may wait for I/O that needs it */
	struct mpath_record *fresh = mpath_record_new(id), *record;

	mutex_lock(&resource->lock);
	record = mpath_record_find(resource, id);
	if (!record && fresh) {
		list_add_tail(&fresh->list, &resource->records);
		swap(record, fresh);
	}
	if (record)
		record->tables++;
	mutex_unlock(&resource->lock);
	if (fresh)
		mpath_record_free(fresh);
	return record;
}

void mpath_record_leave(struct mpath_resource *resource, struct mpath_record *record)
{
	bool idle;

	mutex_lock(&resource->lock);
	idle = !--record->tables && !record->joined;
	if (idle)
		list_del(&record->list);
	mutex_unlock(&resource->lock);
	if (idle)
		mpath_record_free(record);
}

static const struct mpath_path *mpath_record_path(const struct mpath_map *map,
						  const struct mpath_record *record)
{
	u32 p;

	for (p = 0; p < map->conf->nr_paths; p++)
		if (map->paths[p].record == record)
			return &map->paths[p];
	return NULL;
}

void mpath_records_adopt(const struct mpath_map *map)
{
	struct mpath_resource *resource = map->resource;
	const struct mpath_path *path;
	struct mpath_record *record;
	u64 now_ns = ktime_get_ns();

	lockdep_assert_held(&resource->lock);
	list_for_each_entry(record, &resource->records, list) {
		path = mpath_record_path(map, record);
		if (path) {
			/* time in no table is time in no state */
			if (record->left_ns)
				record->health.since_ns += now_ns - record->left_ns;
			record->left_ns = 0;
			record->joined = true;
			record->cost = path->conf->cost;
		} else if (!record->left_ns) {
			record->left_ns = now_ns;
		}
	}
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
