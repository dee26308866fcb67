// SPDX-License-Identifier: GPL-2.0-only
/*
 * Heat of an extent: decayed sums, packed in 16 bits each.
 */
#include "tier-heat.h"

#define TIER_HEAT_FRACTION	27	/* bits of the factors below */
#define TIER_HEAT_EXACT		13	/* bits of a sum that are kept */
#define TIER_HEAT_MAX_SHIFT	14
#define TIER_HEAT_CODE_MAX	0xffff
#define TIER_HEAT_OLD		32768	/* ticks: residency is not told apart beyond */
#define TIER_HEAT_SKIP		128	/* sectors a sequential reader may leap over */

/* 2^(-i / 256) */
static const u32 tier_heat_coarse[256] = {
	0x8000000, 0x7fa765b, 0x7f4f08b, 0x7ef6e8e, 0x7e9f060, 0x7e47601, 0x7deff6b, 0x7d98c9e,
	0x7d41d97, 0x7ceb252, 0x7c94ace, 0x7c3e707, 0x7be86fc, 0x7b92aa9, 0x7b3d20b, 0x7ae7d22,
	0x7a92be9, 0x7a3de5e, 0x79e947f, 0x7994e49, 0x7940bba, 0x78ecccf, 0x7899185, 0x78459db,
	0x77f25cd, 0x779f559, 0x774c87d, 0x76f9f36, 0x76a7981, 0x765575c, 0x76038c6, 0x75b1dba,
	0x7560637, 0x750f23b, 0x74be1c2, 0x746d4cb, 0x741cb53, 0x73cc557, 0x737c2d5, 0x732c3cc,
	0x72dc837, 0x728d016, 0x723db65, 0x71eea22, 0x719fc4c, 0x71511de, 0x7102ad8, 0x70b4736,
	0x70666f7, 0x7018a18, 0x6fcb097, 0x6f7da71, 0x6f307a4, 0x6ee382e, 0x6e96c0c, 0x6e4a33d,
	0x6dfddbd, 0x6db1b8a, 0x6d65ca3, 0x6d1a105, 0x6cce8ae, 0x6c8339b, 0x6c381ca, 0x6bed33a,
	0x6ba27e6, 0x6b57fcf, 0x6b0daf0, 0x6ac3948, 0x6a79ad5, 0x6a2ff95, 0x69e6785, 0x699d2a3,
	0x69540ed, 0x690b260, 0x68c26fb, 0x6879ebb, 0x683199f, 0x67e97a3, 0x67a18c6, 0x6759d06,
	0x6712461, 0x66caed3, 0x6683c5c, 0x663ccf9, 0x65f60a8, 0x65af767, 0x6569133, 0x6522e0b,
	0x64dcdec, 0x64970d5, 0x64516c3, 0x640bfb4, 0x63c6ba6, 0x6381a98, 0x633cc86, 0x62f816f,
	0x62b3951, 0x626f429, 0x622b1f6, 0x61e72b6, 0x61a3667, 0x615fd06, 0x611c692, 0x60d9308,
	0x6096266, 0x60534ab, 0x60109d5, 0x5fce1e1, 0x5f8bcce, 0x5f49a99, 0x5f07b40, 0x5ec5ec2,
	0x5e8451d, 0x5e42e4e, 0x5e01a54, 0x5dc092c, 0x5d7fad6, 0x5d3ef4d, 0x5cfe692, 0x5cbe0a2,
	0x5c7dd7a, 0x5c3dd1a, 0x5bfdf7e, 0x5bbe4a6, 0x5b7ec8f, 0x5b3f737, 0x5b0049d, 0x5ac14bf,
	0x5a8279a, 0x5a43d2c, 0x5a05575, 0x59c7072, 0x5988e21, 0x594ae80, 0x590d18d, 0x58cf747,
	0x5891fac, 0x5854aba, 0x581786e, 0x57da8c8, 0x579dbc5, 0x5761164, 0x57249a3, 0x56e847f,
	0x56ac1f7, 0x567020a, 0x56344b5, 0x55f89f7, 0x55bd1ce, 0x5581c37, 0x5546933, 0x550b8bd,
	0x54d0ad6, 0x5495f7a, 0x545b6a9, 0x5421060, 0x53e6c9e, 0x53acb60, 0x5372ca6, 0x533906e,
	0x52ff6b5, 0x52c5f7b, 0x528cabc, 0x5253878, 0x521a8ad, 0x51e1b5a, 0x51a907b, 0x5170811,
	0x5138218, 0x50ffe90, 0x50c7d76, 0x508feca, 0x5058288, 0x50208b1, 0x4fe9141, 0x4fb1c38,
	0x4f7a993, 0x4f43951, 0x4f0cb71, 0x4ed5ff0, 0x4e9f6cd, 0x4e69007, 0x4e32b9b, 0x4dfc989,
	0x4dc69ce, 0x4d90c69, 0x4d5b158, 0x4d2589a, 0x4cf022d, 0x4cbae0f, 0x4c85c3f, 0x4c50cbb,
	0x4c1bf83, 0x4be7493, 0x4bb2bea, 0x4b7e588, 0x4b4a16a, 0x4b15f8e, 0x4ae1ff4, 0x4aae29a,
	0x4a7a77d, 0x4a46e9d, 0x4a137f8, 0x49e038d, 0x49ad159, 0x497a15c, 0x4947394, 0x49147ff,
	0x48e1e9c, 0x48af769, 0x487d264, 0x484af8d, 0x4818ee2, 0x47e7061, 0x47b5409, 0x47839d8,
	0x47521cc, 0x4720be5, 0x46ef821, 0x46be67e, 0x468d6fb, 0x465c996, 0x462be4e, 0x45fb522,
	0x45cae0f, 0x459a915, 0x456a632, 0x453a565, 0x450a6ac, 0x44daa05, 0x44aaf70, 0x447b6eb,
	0x444c074, 0x441cc0a, 0x43ed9ac, 0x43be958, 0x438fb0d, 0x4360ec9, 0x433248b, 0x4303c51,
	0x42d561b, 0x42a71e7, 0x4278fb3, 0x424af7e, 0x421d146, 0x41ef50b, 0x41c1aca, 0x4194284,
	0x4166c35, 0x41397dd, 0x410c57a, 0x40df50c, 0x40b2690, 0x4085a05, 0x4058f6a, 0x402c6bf,
};

/* 2^(-i / 65536) */
static const u32 tier_heat_fine[256] = {
	0x8000000, 0x7fffa74, 0x7fff4e9, 0x7ffef5d, 0x7ffe9d2, 0x7ffe446, 0x7ffdebb, 0x7ffd92f,
	0x7ffd3a4, 0x7ffce19, 0x7ffc88d, 0x7ffc302, 0x7ffbd76, 0x7ffb7eb, 0x7ffb260, 0x7ffacd4,
	0x7ffa749, 0x7ffa1be, 0x7ff9c32, 0x7ff96a7, 0x7ff911c, 0x7ff8b90, 0x7ff8605, 0x7ff807a,
	0x7ff7aef, 0x7ff7564, 0x7ff6fd8, 0x7ff6a4d, 0x7ff64c2, 0x7ff5f37, 0x7ff59ac, 0x7ff5421,
	0x7ff4e96, 0x7ff490b, 0x7ff437f, 0x7ff3df4, 0x7ff3869, 0x7ff32de, 0x7ff2d53, 0x7ff27c8,
	0x7ff223d, 0x7ff1cb2, 0x7ff1727, 0x7ff119d, 0x7ff0c12, 0x7ff0687, 0x7ff00fc, 0x7fefb71,
	0x7fef5e6, 0x7fef05b, 0x7feead0, 0x7fee546, 0x7fedfbb, 0x7feda30, 0x7fed4a5, 0x7fecf1b,
	0x7fec990, 0x7fec405, 0x7febe7a, 0x7feb8f0, 0x7feb365, 0x7feadda, 0x7fea850, 0x7fea2c5,
	0x7fe9d3b, 0x7fe97b0, 0x7fe9225, 0x7fe8c9b, 0x7fe8710, 0x7fe8186, 0x7fe7bfb, 0x7fe7671,
	0x7fe70e6, 0x7fe6b5c, 0x7fe65d1, 0x7fe6047, 0x7fe5abc, 0x7fe5532, 0x7fe4fa8, 0x7fe4a1d,
	0x7fe4493, 0x7fe3f08, 0x7fe397e, 0x7fe33f4, 0x7fe2e69, 0x7fe28df, 0x7fe2355, 0x7fe1dcb,
	0x7fe1840, 0x7fe12b6, 0x7fe0d2c, 0x7fe07a2, 0x7fe0218, 0x7fdfc8d, 0x7fdf703, 0x7fdf179,
	0x7fdebef, 0x7fde665, 0x7fde0db, 0x7fddb51, 0x7fdd5c7, 0x7fdd03c, 0x7fdcab2, 0x7fdc528,
	0x7fdbf9e, 0x7fdba14, 0x7fdb48a, 0x7fdaf00, 0x7fda976, 0x7fda3ed, 0x7fd9e63, 0x7fd98d9,
	0x7fd934f, 0x7fd8dc5, 0x7fd883b, 0x7fd82b1, 0x7fd7d27, 0x7fd779e, 0x7fd7214, 0x7fd6c8a,
	0x7fd6700, 0x7fd6176, 0x7fd5bed, 0x7fd5663, 0x7fd50d9, 0x7fd4b50, 0x7fd45c6, 0x7fd403c,
	0x7fd3ab3, 0x7fd3529, 0x7fd2f9f, 0x7fd2a16, 0x7fd248c, 0x7fd1f03, 0x7fd1979, 0x7fd13ef,
	0x7fd0e66, 0x7fd08dc, 0x7fd0353, 0x7fcfdc9, 0x7fcf840, 0x7fcf2b6, 0x7fced2d, 0x7fce7a4,
	0x7fce21a, 0x7fcdc91, 0x7fcd707, 0x7fcd17e, 0x7fccbf5, 0x7fcc66b, 0x7fcc0e2, 0x7fcbb59,
	0x7fcb5cf, 0x7fcb046, 0x7fcaabd, 0x7fca534, 0x7fc9faa, 0x7fc9a21, 0x7fc9498, 0x7fc8f0f,
	0x7fc8986, 0x7fc83fc, 0x7fc7e73, 0x7fc78ea, 0x7fc7361, 0x7fc6dd8, 0x7fc684f, 0x7fc62c6,
	0x7fc5d3d, 0x7fc57b4, 0x7fc522b, 0x7fc4ca2, 0x7fc4719, 0x7fc4190, 0x7fc3c07, 0x7fc367e,
	0x7fc30f5, 0x7fc2b6c, 0x7fc25e3, 0x7fc205a, 0x7fc1ad1, 0x7fc1548, 0x7fc0fc0, 0x7fc0a37,
	0x7fc04ae, 0x7fbff25, 0x7fbf99c, 0x7fbf414, 0x7fbee8b, 0x7fbe902, 0x7fbe379, 0x7fbddf1,
	0x7fbd868, 0x7fbd2df, 0x7fbcd57, 0x7fbc7ce, 0x7fbc245, 0x7fbbcbd, 0x7fbb734, 0x7fbb1ac,
	0x7fbac23, 0x7fba69a, 0x7fba112, 0x7fb9b89, 0x7fb9601, 0x7fb9078, 0x7fb8af0, 0x7fb8567,
	0x7fb7fdf, 0x7fb7a57, 0x7fb74ce, 0x7fb6f46, 0x7fb69bd, 0x7fb6435, 0x7fb5ead, 0x7fb5924,
	0x7fb539c, 0x7fb4e14, 0x7fb488b, 0x7fb4303, 0x7fb3d7b, 0x7fb37f2, 0x7fb326a, 0x7fb2ce2,
	0x7fb275a, 0x7fb21d2, 0x7fb1c49, 0x7fb16c1, 0x7fb1139, 0x7fb0bb1, 0x7fb0629, 0x7fb00a1,
	0x7fafb19, 0x7faf590, 0x7faf008, 0x7faea80, 0x7fae4f8, 0x7fadf70, 0x7fad9e8, 0x7fad460,
	0x7faced8, 0x7fac950, 0x7fac3c8, 0x7fabe41, 0x7fab8b9, 0x7fab331, 0x7faada9, 0x7faa821,
	0x7faa299, 0x7fa9d11, 0x7fa9789, 0x7fa9202, 0x7fa8c7a, 0x7fa86f2, 0x7fa816a, 0x7fa7be3,
};

/*
 * A code is its exponent times 4096 plus a number of 13 bits: below 8192 a sum
 * is its own code, above, each doubling adds 4096. So a mantissa that rounds up
 * to 8192 carries into the exponent by itself.
 */
u32 tier_heat_unpack(u16 packed)
{
	u32 exponent = packed >> 12;

	if (!exponent)
		return packed;
	return ((packed & 0xfffU) | 0x1000U) << (exponent - 1);
}

/* 0 to just below 1, in units of 2^-@bits */
static u64 tier_heat_dither(u32 random, unsigned int bits)
{
	return bits > 32 ? (u64)random << (bits - 32) : random >> (32 - bits);
}

/* @value has TIER_HEAT_FRACTION bits of fraction */
static u16 tier_heat_round(u64 value, u32 random)
{
	unsigned int top = fls64(value >> TIER_HEAT_FRACTION);
	unsigned int shift = top > TIER_HEAT_EXACT ? top - TIER_HEAT_EXACT : 0;
	u64 code;

	if (shift > TIER_HEAT_MAX_SHIFT)
		return TIER_HEAT_CODE_MAX;
	code = value + tier_heat_dither(random, TIER_HEAT_FRACTION + shift);
	code = (code >> (TIER_HEAT_FRACTION + shift)) + ((u64)shift << 12);
	return min_t(u64, code, TIER_HEAT_CODE_MAX);
}

u16 tier_heat_pack(u32 value, u32 random)
{
	return tier_heat_round((u64)value << TIER_HEAT_FRACTION, random);
}

static u16 tier_heat_gap(const struct tier_heat *heat, u64 tick)
{
	return (u16)tick - heat->epoch;
}

static u64 tier_heat_decay_fast(u32 sum, u16 gap)
{
	unsigned int halvings = gap / TIER_HEAT_FAST_HALFLIFE;

	if (halvings > 63)
		return 0;
	return ((u64)sum * tier_heat_coarse[gap % TIER_HEAT_FAST_HALFLIFE * 2]) >> halvings;
}

static u64 tier_heat_decay_slow(u32 sum, u16 gap)
{
	u64 factor = (u64)tier_heat_coarse[gap >> 8] * tier_heat_fine[gap & 0xff];

	return sum * (factor >> TIER_HEAT_FRACTION);
}

void tier_heat_decay(struct tier_heat *heat, u64 tick, u32 random)
{
	u16 gap = tier_heat_gap(heat, tick);

	if (!gap)
		return;
	heat->read_fast = tier_heat_round(tier_heat_decay_fast(tier_heat_unpack(heat->read_fast),
							       gap), random);
	heat->write_fast = tier_heat_round(tier_heat_decay_fast(tier_heat_unpack(heat->write_fast),
								gap), random);
	heat->read_slow = tier_heat_round(tier_heat_decay_slow(tier_heat_unpack(heat->read_slow),
							       gap), random);
	heat->write_slow = tier_heat_round(tier_heat_decay_slow(tier_heat_unpack(heat->write_slow),
								gap), random);
	heat->epoch = tick;
	heat->credit = 0;
	/* an old move stays old, though 16 bits of ticks come round again */
	if (tier_heat_resident(heat, tick) > TIER_HEAT_OLD)
		heat->moved = tick - TIER_HEAT_OLD;
}

/* bits that owe nothing to those the decay has used */
static u32 tier_heat_remix(u32 random)
{
	random ^= random >> 16;
	random *= 0x7feb352dU;
	random ^= random >> 15;
	random *= 0x846ca68bU;
	return random ^ (random >> 16);
}

static void tier_heat_give(u16 *sum, u32 credits, u32 random)
{
	if (credits)
		*sum = tier_heat_pack(tier_heat_unpack(*sum) + credits * TIER_HEAT_ONE, random);
}

bool tier_heat_add(struct tier_heat *heat, bool write, u32 sectors, u64 tick, u32 random)
{
	u32 credits;

	tier_heat_decay(heat, tick, random);
	if (heat->credit >= TIER_HEAT_CREDIT_MAX)
		return false;
	credits = min_t(u32, 1 + sectors / 128, TIER_HEAT_CREDIT_MAX - heat->credit);
	heat->credit += credits;
	random = tier_heat_remix(random);
	tier_heat_give(write ? &heat->write_fast : &heat->read_fast, credits, random);
	tier_heat_give(write ? &heat->write_slow : &heat->read_slow, credits, random);
	return true;
}

static u32 tier_heat_nearest(u64 value)
{
	return (value + (1ULL << (TIER_HEAT_FRACTION - 1))) >> TIER_HEAT_FRACTION;
}

static u32 tier_heat_fast_at(u16 packed, u16 gap)
{
	return tier_heat_nearest(tier_heat_decay_fast(tier_heat_unpack(packed), gap));
}

static u32 tier_heat_slow_at(u16 packed, u16 gap)
{
	return tier_heat_nearest(tier_heat_decay_slow(tier_heat_unpack(packed), gap));
}

void tier_heat_sums(const struct tier_heat *heat, u64 tick, struct tier_heat_sums *sums)
{
	u16 gap = tier_heat_gap(heat, tick);

	sums->read_fast = tier_heat_fast_at(heat->read_fast, gap);
	sums->write_fast = tier_heat_fast_at(heat->write_fast, gap);
	sums->read_slow = tier_heat_slow_at(heat->read_slow, gap);
	sums->write_slow = tier_heat_slow_at(heat->write_slow, gap);
}

/*
 * A sum of half-life H foretells sum * ln 2 / H credits a tick, hence
 * sum / TIER_HEAT_ONE * 1024 * ln 2 / H in 1024 ticks. With ln 2 taken as
 * 0xb172 / 2^16 that is sum * 0xb172 shifted right by 17 for H = 128, and by
 * another 9 for H = 65536.
 */
#define TIER_HEAT_LN2		0xb172ULL
#define TIER_HEAT_FAST_SHIFT	17
#define TIER_HEAT_SLOW_SHIFT	26

u32 tier_heat_rate(const struct tier_heat *heat, u64 tick)
{
	u16 gap = tier_heat_gap(heat, tick);
	u64 fast, slow;

	fast = tier_heat_unpack(heat->read_fast) + tier_heat_unpack(heat->write_fast);
	slow = tier_heat_unpack(heat->read_slow) + tier_heat_unpack(heat->write_slow);
	fast = tier_heat_decay_fast(fast, gap) >> TIER_HEAT_FRACTION;
	slow = tier_heat_decay_slow(slow, gap) >> TIER_HEAT_FRACTION;
	fast = (fast * TIER_HEAT_LN2) >> TIER_HEAT_FAST_SHIFT;
	slow = (slow * TIER_HEAT_LN2) >> TIER_HEAT_SLOW_SHIFT;
	return max(fast, slow);
}

u32 tier_heat_resident(const struct tier_heat *heat, u64 tick)
{
	return (u16)((u16)tick - heat->moved);
}

/* forward leaps alone: an extent read over and over again is hot, not a run */
static bool tier_heat_follows(const struct tier_heat_stream *stream, u32 lun, u64 sector)
{
	return stream->run && stream->lun == lun && sector >= stream->end &&
	       sector - stream->end <= TIER_HEAT_SKIP;
}

bool tier_heat_sequential(struct tier_heat_streams *streams, u32 lun, u64 sector, u32 sectors)
{
	struct tier_heat_stream *stream, *oldest = streams->s;
	unsigned int i;

	streams->clock++;
	for (i = 0; i < TIER_HEAT_STREAMS; i++) {
		stream = &streams->s[i];
		if (tier_heat_follows(stream, lun, sector))
			goto found;
		if (streams->clock - stream->stamp > streams->clock - oldest->stamp)
			oldest = stream;
	}
	stream = oldest;
	stream->lun = lun;
	stream->run = 0;
found:
	stream->stamp = streams->clock;
	stream->end = sector + sectors;
	stream->run += sectors;
	return stream->run > TIER_HEAT_RUN_SECTORS;
}

unsigned int tier_heat_bucket(u32 rate)
{
	return min_t(unsigned int, fls(rate), TIER_HEAT_BUCKETS - 1);
}
