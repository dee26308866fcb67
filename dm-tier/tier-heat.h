/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Heat of an extent: decayed sums of I/O credits, reads and writes apart, a
 * fast one and a slow one. Pure, no locks: in the module only the heat worker
 * writes; readers may see a half-updated set, which is harmless.
 *
 * A sum is kept as a packed float of 16 bits (4 bits exponent, 12 bits
 * mantissa, in sixteenths of a credit), rounded at random so that small steps
 * are not lost on average. With a half-life of H ticks a steady rate of r
 * credits a tick settles at r * H / ln 2.
 */
#ifndef TIER_HEAT_H
#define TIER_HEAT_H

#include "tier-format.h"

#define TIER_HEAT_FAST_HALFLIFE	128	/* ticks: two minutes at 1 s */
#define TIER_HEAT_SLOW_HALFLIFE	65536	/* ticks: 18 hours at 1 s */
#define TIER_HEAT_CREDIT_MAX	64	/* credits one extent gets in one tick */
#define TIER_HEAT_ONE		16	/* one credit, in units of the sums */
#define TIER_HEAT_RUN_SECTORS	8192	/* sequential beyond 4 MiB earns nothing */
#define TIER_HEAT_STREAMS	16	/* sequential streams followed */

/* the sum, in 1/TIER_HEAT_ONE credits, that a packed one stands for */
u32 tier_heat_unpack(u16 packed);

/**
 * tier_heat_pack() - pack a sum
 * @value: in 1/TIER_HEAT_ONE credits
 * @random: any 32 random bits; rounds up as often as it takes to be right on average
 *
 * Return: the code; one that stands for the largest sum if @value is larger.
 */
u16 tier_heat_pack(u32 value, u32 random);

/**
 * tier_heat_decay() - bring all four sums to a tick
 * @heat: of the extent; its credits of an earlier tick are forgotten
 * @tick: now; its low 16 bits count, so at least one call in 65535 ticks
 * @random: any 32 random bits
 */
void tier_heat_decay(struct tier_heat *heat, u64 tick, u32 random);

/**
 * tier_heat_add() - credit one I/O
 * @heat: of the extent
 * @write: direction
 * @sectors: its size; credits are 1 + sectors / 128 (64 KiB), at least 1
 * @tick: now; decays first
 * @random: any 32 random bits
 *
 * Return: true if the credit was given, false if the tick's cap was reached.
 */
bool tier_heat_add(struct tier_heat *heat, bool write, u32 sectors, u64 tick, u32 random);

/* in 1/TIER_HEAT_ONE credits */
struct tier_heat_sums {
	u32 read_fast, write_fast, read_slow, write_slow;
};

/**
 * tier_heat_sums() - the sums at a tick, without changing them
 * @heat: of the extent
 * @tick: low 16 bits count
 * @sums: gets them
 */
void tier_heat_sums(const struct tier_heat *heat, u64 tick, struct tier_heat_sums *sums);

/**
 * tier_heat_rate() - one figure to rank by
 * @heat: of the extent, unchanged
 * @tick: now
 *
 * Return: the credits expected in the next 1024 ticks, a span in which slow heat
 * still shows: the larger of what the fast and the slow sums foretell, writes
 * weighted as reads.
 */
u32 tier_heat_rate(const struct tier_heat *heat, u64 tick);

/* ticks since the last move; 32768 and more are all long ago */
u32 tier_heat_resident(const struct tier_heat *heat, u64 tick);

/* sequential-run detection, one set a pool: fed in the order of arrival */
struct tier_heat_stream {
	u32 lun;
	u32 stamp;
	u64 end;	/* sector after the last I/O */
	u64 run;	/* sectors so far */
};

struct tier_heat_streams {
	struct tier_heat_stream s[TIER_HEAT_STREAMS];
	u32 clock;
};

/**
 * tier_heat_sequential() - does an I/O belong to a long run?
 * @streams: those that are followed; the longest unused one makes room
 * @lun: index of the LUN
 * @sector: its first, of the LUN
 * @sectors: its size
 *
 * Return: true from TIER_HEAT_RUN_SECTORS of the run on.
 */
bool tier_heat_sequential(struct tier_heat_streams *streams, u32 lun, u64 sector, u32 sectors);

#define TIER_HEAT_BUCKETS	24

/* power-of-two histogram of tier_heat_rate() values: bucket 0 is zero */
unsigned int tier_heat_bucket(u32 rate);

#endif
