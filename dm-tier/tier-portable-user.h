/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Userspace stand-ins for what tier-portable.h takes from the kernel: same
 * names, same meaning, no more than the pure files use. One thread only.
 */
#ifndef TIER_PORTABLE_USER_H
#define TIER_PORTABLE_USER_H

#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;

#ifndef EUCLEAN
#define EUCLEAN			117
#endif

/* compiler */
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define struct_size(p, m, n)	(sizeof(*(p)) + sizeof((p)->m[0]) * (n))
#ifndef __packed
#define __packed		__attribute__((packed))
#endif
#ifndef __printf
#define __printf(f, a)		__attribute__((format(printf, f, a)))
#endif
#ifndef __always_unused
#define __always_unused		__attribute__((unused))
#endif
#ifndef __maybe_unused
#define __maybe_unused		__attribute__((unused))
#endif
#ifndef fallthrough
#define fallthrough		__attribute__((fallthrough))
#endif
#ifndef container_of
#define container_of(p, type, m) \
	((type *)((char *)(p) - offsetof(type, m)))
#endif
#define sizeof_field(type, m)	sizeof(((type *)0)->m)
#define cond_resched()		((void)0)

/* byte order */
#define cpu_to_le16(x)		((__le16)htole16(x))
#define cpu_to_le32(x)		((__le32)htole32(x))
#define cpu_to_le64(x)		((__le64)htole64(x))
#define le16_to_cpu(x)		((u16)le16toh(x))
#define le32_to_cpu(x)		((u32)le32toh(x))
#define le64_to_cpu(x)		((u64)le64toh(x))

/* arithmetic */
#define tier_pick_(a, op, b) ({ \
	__typeof__(a) pick_a_ = (a); \
	__typeof__(b) pick_b_ = (b); \
	(void)(&pick_a_ == &pick_b_); \
	pick_a_ op pick_b_ ? pick_a_ : pick_b_; })
#define tier_pick_t_(type, a, op, b) ({ \
	type pick_a_ = (a); \
	type pick_b_ = (b); \
	pick_a_ op pick_b_ ? pick_a_ : pick_b_; })
#undef min
#undef max
#define min(a, b)		tier_pick_(a, <, b)
#define max(a, b)		tier_pick_(a, >, b)
#define min_t(type, a, b)	tier_pick_t_(type, a, <, b)
#define max_t(type, a, b)	tier_pick_t_(type, a, >, b)
#define min3(a, b, c)		min(min(a, b), (c))
#define max3(a, b, c)		max(max(a, b), c)
#define clamp_t(type, v, lo, hi) min_t(type, max_t(type, v, lo), hi)
#define clamp(v, lo, hi)	clamp_t(__typeof__(v), v, lo, hi)
#define swap(a, b) do { \
	__typeof__(a) swap_ = (a); \
	(a) = (b); \
	(b) = swap_; \
} while (0)
#ifndef abs_diff
#define abs_diff(a, b)		((a) > (b) ? (a) - (b) : (b) - (a))
#endif

#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define DIV_ROUND_UP_ULL(n, d)	DIV_ROUND_UP((unsigned long long)(n), (d))
#define DIV_ROUND_CLOSEST(n, d)	(((n) + (d) / 2) / (d))
#define round_up(x, y)		((((x) - 1) | ((__typeof__(x))(y) - 1)) + 1)
#define round_down(x, y)	((x) & ~((__typeof__(x))(y) - 1))

#define BIT(n)			(1UL << (n))
#define BIT_ULL(n)		(1ULL << (n))
#define BITS_PER_LONG		((int)(8 * sizeof(long)))
#define BITS_PER_BYTE		8
#define U32_MAX			((u32)~0U)
#define GENMASK(h, l)		((~0UL << (l)) & (~0UL >> (BITS_PER_LONG - 1 - (h))))
#define GENMASK_ULL(h, l)	((~0ULL << (l)) & (~0ULL >> (63 - (h))))

static inline u64 div64_u64(u64 a, u64 b)
{
	return a / b;
}

static inline u64 div64_u64_rem(u64 a, u64 b, u64 *rem)
{
	*rem = a % b;
	return a / b;
}

static inline u64 div_u64(u64 a, u32 b)
{
	return a / b;
}

static inline u64 div_u64_rem(u64 a, u32 b, u32 *rem)
{
	*rem = (u32)(a % b);
	return a / b;
}

static inline s64 div_s64(s64 a, s32 b)
{
	return a / b;
}

static inline s64 div64_s64(s64 a, s64 b)
{
	return a / b;
}

static inline u64 mul_u32_u32(u32 a, u32 b)
{
	return (u64)a * b;
}

static inline u64 mul_u64_u64_div_u64(u64 a, u64 b, u64 c)
{
	return (u64)((unsigned __int128)a * b / c);
}

static inline u64 mul_u64_u64_shr(u64 a, u64 b, unsigned int shift)
{
	return (u64)(((unsigned __int128)a * b) >> shift);
}

static inline int fls(unsigned int x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}

static inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

static inline unsigned long __ffs(unsigned long x)
{
	return (unsigned long)__builtin_ctzl(x);
}

#define ilog2(x)		(fls64(x) - 1)

static inline bool is_power_of_2(unsigned long n)
{
	return n && !(n & (n - 1));
}

static inline unsigned long roundup_pow_of_two(unsigned long n)
{
	return n < 2 ? 1 : 1UL << fls64(n - 1);
}

static inline unsigned int hweight32(u32 x)
{
	return (unsigned int)__builtin_popcount(x);
}

static inline unsigned int hweight64(u64 x)
{
	return (unsigned int)__builtin_popcountll(x);
}

#define hweight8(x)		hweight32((u8)(x))

static inline u32 rol32(u32 x, unsigned int n)
{
	return (x << (n & 31)) | (x >> (-n & 31));
}

static inline u64 rol64(u64 x, unsigned int n)
{
	return (x << (n & 63)) | (x >> (-n & 63));
}

/* bitmaps */
#define BITS_TO_LONGS(n)	DIV_ROUND_UP(n, BITS_PER_LONG)
#define BIT_MASK(n)		(1UL << ((n) % BITS_PER_LONG))
#define BIT_WORD(n)		((n) / BITS_PER_LONG)
#define DECLARE_BITMAP(name, n)	unsigned long name[BITS_TO_LONGS(n)]

static inline void __set_bit(unsigned long nr, unsigned long *map)
{
	map[BIT_WORD(nr)] |= BIT_MASK(nr);
}

static inline void __clear_bit(unsigned long nr, unsigned long *map)
{
	map[BIT_WORD(nr)] &= ~BIT_MASK(nr);
}

static inline void __change_bit(unsigned long nr, unsigned long *map)
{
	map[BIT_WORD(nr)] ^= BIT_MASK(nr);
}

static inline bool test_bit(unsigned long nr, const unsigned long *map)
{
	return map[BIT_WORD(nr)] & BIT_MASK(nr);
}

static inline bool __test_and_set_bit(unsigned long nr, unsigned long *map)
{
	bool was = test_bit(nr, map);

	__set_bit(nr, map);
	return was;
}

static inline bool __test_and_clear_bit(unsigned long nr, unsigned long *map)
{
	bool was = test_bit(nr, map);

	__clear_bit(nr, map);
	return was;
}

#define set_bit			__set_bit
#define clear_bit		__clear_bit
#define test_and_set_bit	__test_and_set_bit
#define test_and_clear_bit	__test_and_clear_bit

/* first bit at or after @from that differs from @invert's all-ones or zeros */
static inline unsigned long tier_find_bit_(const unsigned long *map, unsigned long size,
					   unsigned long from, unsigned long invert)
{
	unsigned long word, bit;

	if (from >= size)
		return size;
	word = (map[BIT_WORD(from)] ^ invert) & (~0UL << (from % BITS_PER_LONG));
	from -= from % BITS_PER_LONG;
	while (!word) {
		from += BITS_PER_LONG;
		if (from >= size)
			return size;
		word = map[BIT_WORD(from)] ^ invert;
	}
	bit = from + __ffs(word);
	return bit < size ? bit : size;
}

static inline unsigned long find_next_bit(const unsigned long *map, unsigned long size,
					  unsigned long from)
{
	return tier_find_bit_(map, size, from, 0);
}

static inline unsigned long find_next_zero_bit(const unsigned long *map, unsigned long size,
					       unsigned long from)
{
	return tier_find_bit_(map, size, from, ~0UL);
}

static inline unsigned long find_first_bit(const unsigned long *map, unsigned long size)
{
	return tier_find_bit_(map, size, 0, 0);
}

static inline unsigned long find_first_zero_bit(const unsigned long *map, unsigned long size)
{
	return tier_find_bit_(map, size, 0, ~0UL);
}

#define for_each_set_bit(bit, map, size) \
	for ((bit) = find_first_bit((map), (size)); (bit) < (size); \
	     (bit) = find_next_bit((map), (size), (bit) + 1))

#define for_each_clear_bit(bit, map, size) \
	for ((bit) = find_first_zero_bit((map), (size)); (bit) < (size); \
	     (bit) = find_next_zero_bit((map), (size), (bit) + 1))

static inline unsigned int bitmap_weight(const unsigned long *map, unsigned int size)
{
	unsigned int word, n = 0;

	for (word = 0; word < size / BITS_PER_LONG; word++)
		n += hweight64(map[word]);
	if (size % BITS_PER_LONG)
		n += hweight64(map[word] & (BIT_MASK(size) - 1));
	return n;
}

static inline void bitmap_zero(unsigned long *map, unsigned int size)
{
	memset(map, 0, BITS_TO_LONGS((size_t)size) * sizeof(*map));
}

static inline void bitmap_fill(unsigned long *map, unsigned int size)
{
	memset(map, 0xff, BITS_TO_LONGS((size_t)size) * sizeof(*map));
}

static inline void bitmap_set(unsigned long *map, unsigned int start, unsigned int n)
{
	while (n--)
		__set_bit(start++, map);
}

static inline void bitmap_clear(unsigned long *map, unsigned int start, unsigned int n)
{
	while (n--)
		__clear_bit(start++, map);
}

static inline void bitmap_copy(unsigned long *to, const unsigned long *from, unsigned int size)
{
	memcpy(to, from, BITS_TO_LONGS((size_t)size) * sizeof(*to));
}

static inline bool bitmap_empty(const unsigned long *map, unsigned int size)
{
	return find_first_bit(map, size) >= size;
}

static inline bool bitmap_full(const unsigned long *map, unsigned int size)
{
	return find_first_zero_bit(map, size) >= size;
}

/* memory and strings */
#define tier_zalloc(bytes)	calloc(1, (bytes))
#define tier_free(p)		free(p)

static inline ssize_t strscpy(char *to, const char *from, size_t room)
{
	size_t n = room ? strnlen(from, room) : 0;

	if (!room)
		return -E2BIG;
	if (n == room) {
		memcpy(to, from, room - 1);
		to[room - 1] = 0;
		return -E2BIG;
	}
	memcpy(to, from, n + 1);
	return (ssize_t)n;
}

static inline int vscnprintf(char *to, size_t room, const char *fmt, va_list args)
{
	int n = vsnprintf(to, room, fmt, args);

	if (!room || n < 0)
		return 0;
	return (size_t)n < room ? n : (int)room - 1;
}

static inline __printf(3, 4) int scnprintf(char *to, size_t room, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vscnprintf(to, room, fmt, args);
	va_end(args);
	return n;
}

static inline const void *memchr_inv(const void *p, int c, size_t n)
{
	const u8 *at = p;

	for (; n; n--, at++)
		if (*at != (u8)c)
			return at;
	return NULL;
}

/*
 * CRC32C (Castagnoli, reflected), seed ~0, no inversion at the end: the value
 * of the kernel's crc32c(~0U, p, n).
 */
#ifdef __x86_64__
static inline __attribute__((target("sse4.2"))) u32 tier_crc32c_hw_(const u8 *p, size_t n)
{
	u64 crc = ~0U, word;

	for (; n >= sizeof(word); n -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		crc = __builtin_ia32_crc32di(crc, word);
	}
	while (n--)
		crc = __builtin_ia32_crc32qi((u32)crc, *p++);
	return (u32)crc;
}
#endif

static inline u32 tier_crc32c_sw_(const u8 *p, size_t n)
{
	static u32 table[256];
	u32 crc, i, bit;

	if (!table[1]) {
		for (i = 255; i; i--) {
			for (crc = i, bit = 0; bit < 8; bit++)
				crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78U : 0);
			table[i] = crc;
		}
	}
	for (crc = ~0U; n; n--)
		crc = table[(crc ^ *p++) & 0xff] ^ (crc >> 8);
	return crc;
}

static inline u32 tier_crc32c(const void *p, size_t n)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("sse4.2"))
		return tier_crc32c_hw_(p, n);
#endif
	return tier_crc32c_sw_(p, n);
}

#endif
