/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sending bios from workers. Whoever sends to a path that hangs sleeps once that has
 * no request to spare, and a worker that serves all paths must not. So each path has
 * a sender of its own, and what the path has not taken by the time it is given up is
 * called back.
 */
#ifndef MPATH_SEND_H
#define MPATH_SEND_H

#include "mpath-leg.h"

/**
 * mpath_send() - send a bio down a path
 * @leg: the path
 * @bio: which; its device is set
 *
 * From a worker, with interrupts on; does not sleep.
 */
void mpath_send(struct mpath_leg *leg, struct bio *bio);

/**
 * mpath_send_recall() - the path is not used any more
 * @leg: the path
 *
 * What was not sent yet ends with BLK_STS_AGAIN, which is no path's fault. Does not
 * sleep; completions are called, with interrupts on.
 */
void mpath_send_recall(struct mpath_leg *leg);

/* is nothing left to send? any context */
bool mpath_send_idle(struct mpath_leg *leg);

/* no I/O is in flight on the path: wait until its sender is at rest; may sleep */
void mpath_send_flush(struct mpath_leg *leg);

void mpath_send_init(struct mpath_leg *leg);

#endif
