/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the load in the guest and the replayer on the host have in common: the
 * content of a block, and the marks that the load leaves in the log.
 *
 * Every 512 bytes that the load writes tell which LUN, which sector of it and
 * which write they are of, so a sector that is found says where it comes from.
 * Numbers of writes only ever grow, over all LUNs.
 */
#ifndef CUTS_HISTORY_H
#define CUTS_HISTORY_H

#include <stdint.h>

#define CUTS_SECTOR	512
#define CUTS_MAGIC	0x5354554354534f4cULL

struct cuts_sector {
	uint64_t magic;
	uint64_t lun;
	uint64_t sector;	/* of the LUN */
	uint64_t number;	/* of the write */
	uint64_t sum;		/* of the four above */
	uint64_t fill[59];	/* all of them @sum */
};

static inline uint64_t cuts_sum(const struct cuts_sector *s)
{
	uint64_t sum = s->magic;

	sum = (sum ^ s->lun) * 0x9e3779b97f4a7c15ULL;
	sum = (sum ^ s->sector) * 0xbf58476d1ce4e5b9ULL;
	return (sum ^ s->number) * 0x94d049bb133111ebULL;
}

/*
 * Marks: a letter and decimal numbers, with commas between. "By" is the thread that says so: what a
 * thread has begun it has ended before it says anything more.
 *
 *	W by lun sector sectors number	a write is about to be sent
 *	U by lun sector sectors number	the same with FUA: durable with its end
 *	D by lun sector sectors number	a discard is about to be sent
 *	E by				what it has begun has ended
 *	F by lun			a flush is about to be sent
 *	A by				the flush has ended
 *	C lun sectors			a LUN is about to be made
 *	M lun				it is there
 *	X lun				it is about to be deleted
 *	G lun				it is gone
 *	R lun sectors			it is about to get another size
 *	S lun				it has that
 *	P				the pool is made
 */
#endif
