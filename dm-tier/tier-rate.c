// SPDX-License-Identifier: GPL-2.0-only
/*
 * Token buckets for moves. A bucket may go into debt by one piece; who finds it
 * in debt sleeps for as long as the debt takes to be paid.
 */
#include "tier-rate.h"

#define TIER_RATE_BOOST		4
#define TIER_RATE_SECTORS	2048	/* per MiB */
#define TIER_RATE_BURST_MS	100

/* take @sectors at @rate per second; ns to sleep before they may be used */
static u64 tier_rate_take(struct tier_bucket *bucket, u64 rate, u32 sectors)
{
	s64 burst = div_u64(rate * TIER_RATE_BURST_MS, MSEC_PER_SEC);
	u64 now = ktime_get_ns(), wait = 0;

	spin_lock(&bucket->lock);
	/* more than a second of credit is never used */
	bucket->level += div_u64(min_t(u64, now - bucket->stamp, NSEC_PER_SEC) * rate,
				 NSEC_PER_SEC);
	bucket->level = min(bucket->level, burst);
	bucket->stamp = now;
	bucket->level -= sectors;
	if (bucket->level < 0)
		wait = div64_u64(-bucket->level * NSEC_PER_SEC, rate);
	spin_unlock(&bucket->lock);
	return wait;
}

static u64 tier_rate_member(struct tier_op *op, struct tier_member *member, u32 sectors)
{
	u64 rate = (u64)READ_ONCE(op->pool->conf.move_rate) * TIER_RATE_SECTORS;

	if (READ_ONCE(member->idle))
		rate *= TIER_RATE_BOOST;
	return rate ? tier_rate_take(&member->bucket, rate, sectors) : 0;
}

bool tier_rate_wait(struct tier_op *op, u32 sectors)
{
	u64 lun_rate = (u64)READ_ONCE(op->lun->rec.move_rate) * TIER_RATE_SECTORS;
	u64 wait;

	wait = max(tier_rate_member(op, op->src, sectors), tier_rate_member(op, op->dst, sectors));
	if (lun_rate)
		wait = max(wait, tier_rate_take(&op->lun->bucket, lun_rate, sectors));
	if (wait)
		wait_event_timeout(op->pool->ops_wait, tier_op_stopped(op),
				   nsecs_to_jiffies(wait) + 1);
	return !tier_op_stopped(op);
}
