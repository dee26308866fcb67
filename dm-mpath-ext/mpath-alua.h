/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hardware handler `alua`: arrays that serve a device through some of their
 * ports only (asymmetric logical unit access, SPC). What such an array says of its
 * ports, and the command that makes it serve through others, are the kernel's
 * scsi_dh_alua; when to use it is decided here.
 *
 * Before I/O goes to a group its paths are activated, all of them at once and
 * asynchronously. Meanwhile I/O waits, queue_if_no_path or not; it goes on as soon
 * as one path is ready. An activation that fails is tried again after a pause
 * where the array says that this is of use, else the path is failed; so is one
 * that takes too long. An array that is busy has its group passed over for some
 * seconds if there is another.
 *
 * A path is asleep while its port does not serve I/O: reads of it fail before they
 * reach the array, and prove nothing. Where the host may wake it (explicit ALUA)
 * such a path is as good as any other, as long as it answers TEST UNIT READY;
 * where only the array may (implicit ALUA), it is failed until the array has.
 */
#ifndef MPATH_ALUA_H
#define MPATH_ALUA_H

#include "mpath-map.h"

#define MPATH_ALUA_TRIES	5	/* of one activation */
#define MPATH_ALUA_DELAY_MS	2000	/* between two of them */
#define MPATH_ALUA_BUSY_MS	10000	/* for which a busy group is passed over */
#define MPATH_ALUA_LIMIT_MS	60000	/* for all tries: after it the path hangs */
#define MPATH_ALUA_SHORT_MS	15000	/* the same if another group could be used */

struct mpath_probe;

/**
 * struct mpath_alua - activation of one path
 * @leg: of the path; a reference
 * @resource: of the table; a reference
 * @path: NULL once the table is gone; this and what follows under the resource's
 *	lock
 * @start: asks the array
 * @done: takes its answer in
 * @result: the answer, SCSI_DH_*
 * @busy: the array has been asked and has not answered
 * @stale: and the answer will mean nothing any more
 * @ready: it has been activated: I/O may be sent
 * @tries: how often the array was asked
 * @wanted_ns: since when I/O is to be sent; 0: it is not
 * @retry_ns: when to ask once more; 0: not
 */
struct mpath_alua {
	struct mpath_leg *leg;
	struct mpath_resource *resource;
	struct mpath_path *path;
	struct work_struct start;
	struct work_struct done;
	int result;
	bool busy;
	bool stale;
	bool ready;
	u32 tries;
	u64 wanted_ns;
	u64 retry_ns;
};

static inline bool mpath_alua_ready(const struct mpath_path *path)
{
	return !path->alua || path->alua->ready;
}

#if IS_ENABLED(CONFIG_SCSI_DH)

/**
 * mpath_alua_attach() - have the handler for a path
 * @path: of a table that is being made; its leg is open
 *
 * May sleep and load a module.
 *
 * Return: 0, or -errno after a line in the log that
 * says what is wrong.
 */
int mpath_alua_attach(struct mpath_path *path);

/* the table goes; does not wait for the array. May sleep */
void mpath_alua_detach(struct mpath_path *path);

/* nothing is known any more of what the array serves: activate anew; lock held */
void mpath_alua_reset(struct mpath_map *map);

/**
 * mpath_alua_prepare() - I/O is to go to a group
 * @map: the table
 * @g: the group's number; another number than any group's: to none
 *
 * Begins to activate the working paths of the group that are not ready yet. The
 * resource's lock is held.
 */
void mpath_alua_prepare(struct mpath_map *map, u32 g);

/* what is due by time; from the tick, the resource's lock is held; may sleep */
void mpath_alua_due(struct mpath_map *map, u64 now_ns);

/* does the path's port serve no I/O? any context */
bool mpath_alua_asleep(const struct mpath_path *path);

/*
 * if the path was ready and has gone to sleep: fail it, and return true; the
 * resource's lock is held
 */
bool mpath_alua_lapsed(struct mpath_path *path);

/* an activation that was given up has not ended yet; the resource's lock is held */
bool mpath_alua_stuck(const struct mpath_path *path);

/* ask a path that is asleep whether it is there; the probe ends in any context */
void mpath_alua_probe(struct mpath_probe *probe);

/* what the array says of the path's port, in SPC's words; NULL: no handler. Any context */
const char *mpath_alua_access(const struct mpath_path *path);

#else

static inline int mpath_alua_attach(struct mpath_path *path)
{
	return -EOPNOTSUPP;
}

static inline void mpath_alua_detach(struct mpath_path *path) { }
static inline void mpath_alua_reset(struct mpath_map *map) { }
static inline void mpath_alua_prepare(struct mpath_map *map, u32 g) { }
static inline void mpath_alua_due(struct mpath_map *map, u64 now_ns) { }
static inline void mpath_alua_probe(struct mpath_probe *probe) { }

static inline bool mpath_alua_asleep(const struct mpath_path *path)
{
	return false;
}

static inline bool mpath_alua_lapsed(struct mpath_path *path)
{
	return false;
}

static inline bool mpath_alua_stuck(const struct mpath_path *path)
{
	return false;
}

static inline const char *mpath_alua_access(const struct mpath_path *path)
{
	return NULL;
}

#endif

#endif
