// SPDX-License-Identifier: GPL-2.0-only
/*
 * Space: the allocator against a plain array, the choice of a member against
 * exact fractions, claims against a table written by hand.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../dm-tier/tier-space.h"

static u64 seed = 0x9e3779b97f4a7c15ULL;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1dULL >> 16;
}

static void model_run(u64 nr)
{
	struct tier_space space;
	bool *taken = calloc(nr, sizeof(*taken));
	u64 used = 0, extent, near;
	int i, ret;

	assert_non_null(taken);
	assert_int_equal(tier_space_init(&space, nr), 0);
	assert_true(space.open);
	for (i = 0; i < 6000; i++) {
		extent = rnd() % nr;
		/* phases of filling and of emptying, so that both ends are met */
		switch (rnd() % 8 + (i / 1500 % 2 ? 4 : 0)) {
		case 0 ... 3:
		case 4:
			near = rnd() % 3 ? ~0ULL : rnd() % (nr + 2);
			ret = tier_space_alloc(&space, near, &extent);
			if (used == nr) {
				assert_int_equal(ret, -ENOSPC);
				break;
			}
			assert_int_equal(ret, 0);
			assert_true(extent < nr);
			assert_false(taken[extent]);
			taken[extent] = true;
			used++;
			break;
		case 5:
			ret = tier_space_take(&space, extent);
			assert_int_equal(ret, taken[extent] ? -EEXIST : 0);
			used += !taken[extent];
			taken[extent] = true;
			break;
		default:
			ret = tier_space_free(&space, extent);
			assert_int_equal(ret, taken[extent] ? 0 : -EINVAL);
			used -= taken[extent];
			taken[extent] = false;
		}
		assert_int_equal(space.taken, used);
	}
	for (extent = 0; extent < nr; extent++)
		assert_int_equal(taken[extent], !!test_bit(extent, space.map));
	tier_space_exit(&space);
	free(taken);
}

static void test_model(void **state)
{
	static const u64 sizes[] = { 1, 2, 63, 64, 65, 127, 128, 1000, 4097, 20000 };
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		model_run(sizes[i]);
}

static void test_bounds(void **state)
{
	struct tier_space space;
	u64 extent = 77;

	(void)state;
	assert_int_equal(tier_space_init(&space, 0), -EINVAL);
	assert_int_equal(tier_space_init(&space, ~0ULL), -EFBIG);
	assert_null(space.map);
	assert_int_equal(tier_space_init(&space, 10), 0);
	assert_int_equal(tier_space_take(&space, 10), -EINVAL);
	assert_int_equal(tier_space_free(&space, 10), -EINVAL);
	assert_int_equal(tier_space_free(&space, ~0ULL), -EINVAL);
	space.open = false;
	assert_int_equal(tier_space_alloc(&space, ~0ULL, &extent), -ENOSPC);
	assert_int_equal(extent, 77);
	assert_int_equal(space.taken, 0);
	tier_space_exit(&space);
	assert_null(space.map);
}

/* neighbours are laid out in a row, and the others do not break the row up */
static void test_near(void **state)
{
	struct tier_space space;
	u64 a = 5000, b;
	int i;

	(void)state;
	assert_int_equal(tier_space_init(&space, 100000), 0);
	for (i = 0; i < 100; i++) {
		assert_int_equal(tier_space_alloc(&space, a, &b), 0);
		assert_int_equal(b, 5000 + i);
		a = b;
		assert_int_equal(tier_space_alloc(&space, ~0ULL, &b), 0);
		assert_int_equal(b, i);
	}
	tier_space_exit(&space);
}

static void test_every_one_is_found(void **state)
{
	struct tier_space space;
	u64 extent, i;
	const u64 nr = 3 * 4096 + 17;

	(void)state;
	assert_int_equal(tier_space_init(&space, nr), 0);
	for (i = 0; i < nr; i++)
		assert_int_equal(tier_space_alloc(&space, 4000, &extent), 0);
	assert_int_equal(tier_space_alloc(&space, 4000, &extent), -ENOSPC);
	for (i = 0; i < 500; i++) {
		u64 hole = rnd() % nr;

		assert_int_equal(tier_space_free(&space, hole), 0);
		assert_int_equal(tier_space_alloc(&space, rnd() % nr, &extent), 0);
		assert_int_equal(extent, hole);
	}
	tier_space_exit(&space);
}

/* @a has a smaller free fraction than @b, in exact arithmetic */
static bool fraction_less(const struct tier_space *a, const struct tier_space *b)
{
	return (unsigned __int128)(a->nr - a->taken) * b->nr <
	       (unsigned __int128)(b->nr - b->taken) * a->nr;
}

static void test_choose(void **state)
{
	struct tier_space spaces[8];
	struct tier_space *ptrs[8];
	unsigned long allowed;
	int round, i, choice;

	(void)state;
	memset(spaces, 0, sizeof(spaces));
	for (round = 0; round < 20000; round++) {
		for (i = 0; i < 8; i++) {
			ptrs[i] = rnd() % 8 ? &spaces[i] : NULL;
			spaces[i].nr = 1 + rnd() % 1000;
			spaces[i].taken = rnd() % 4 ? rnd() % (spaces[i].nr + 1) : spaces[i].nr;
			spaces[i].open = rnd() % 4;
		}
		allowed = rnd() & 0xff;
		choice = tier_space_choose(ptrs, 8, round % 2 ? &allowed : NULL);
		if (choice >= 0) {
			assert_non_null(ptrs[choice]);
			assert_true(ptrs[choice]->open);
			assert_true(ptrs[choice]->taken < ptrs[choice]->nr);
			assert_true(!(round % 2) || test_bit(choice, &allowed));
		} else {
			assert_int_equal(choice, -ENOSPC);
		}
		for (i = 0; i < 8; i++) {
			if (!ptrs[i] || !ptrs[i]->open || ptrs[i]->taken == ptrs[i]->nr ||
			    (round % 2 && !test_bit(i, &allowed)))
				continue;
			assert_true(choice >= 0);
			assert_false(fraction_less(ptrs[choice], ptrs[i]));
		}
	}
	assert_int_equal(tier_space_choose(ptrs, 0, NULL), -ENOSPC);
}

static void test_choose_huge(void **state)
{
	struct tier_space big = { .nr = 1ULL << 33, .taken = 1ULL << 32, .open = true };
	struct tier_space small = { .nr = 100, .taken = 49, .open = true };
	struct tier_space *ptrs[2] = { &big, &small };

	(void)state;
	assert_int_equal(tier_space_choose(ptrs, 2, NULL), 1);
	small.taken = 51;
	assert_int_equal(tier_space_choose(ptrs, 2, NULL), 0);
}

static void test_balanced(void **state)
{
	struct tier_space spaces[3];
	struct tier_space *ptrs[3] = { &spaces[0], &spaces[1], &spaces[2] };
	u64 extent;
	int i, choice;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_int_equal(tier_space_init(&spaces[i], 100 * (i + 1)), 0);
	for (i = 0; i < 300; i++) {
		choice = tier_space_choose(ptrs, 3, NULL);
		assert_true(choice >= 0);
		assert_int_equal(tier_space_alloc(ptrs[choice], ~0ULL, &extent), 0);
	}
	assert_in_range(spaces[0].taken, 49, 51);
	assert_in_range(spaces[1].taken, 99, 101);
	assert_in_range(spaces[2].taken, 149, 151);
	for (i = 0; i < 3; i++)
		tier_space_exit(&spaces[i]);
}

static void test_claims(void **state)
{
	static const struct {
		struct tier_claim claim;
		u64 free, unused, floor;
		int kept, lent;
	} cases[] = {
		{ { 0, 0, 0 }, 1, 0, 0, 0, 0 },
		{ { 0, 0, 0 }, 0, 0, 0, -ENOSPC, -ENOSPC },
		{ { 5, 0, 5 }, 9, 0, 0, -EDQUOT, -EDQUOT },
		{ { 4, 0, 5 }, 9, 0, 0, 0, 0 },
		{ { 5, 9, 5 }, 9, 0, 0, -EDQUOT, -EDQUOT },
		{ { 5, 0, 5 }, 0, 0, 0, -EDQUOT, -EDQUOT },
		{ { 3, 4, 0 }, 1, 9, 9, 0, 0 },			/* its own reserve */
		{ { 3, 4, 0 }, 0, 9, 9, -ENOSPC, -ENOSPC },
		{ { 4, 4, 0 }, 9, 9, 0, -ENOSPC, 0 },		/* that of others: lent */
		{ { 4, 4, 0 }, 10, 9, 0, 0, 0 },
		{ { 4, 4, 0 }, 5, 0, 5, -ENOSPC, -ENOSPC },
		{ { 4, 4, 0 }, 6, 0, 5, 0, 0 },
		{ { 4, 4, 0 }, 14, 9, 5, -ENOSPC, 0 },
		{ { 4, 4, 0 }, 15, 9, 5, 0, 0 },
		{ { 4, 4, 0 }, 15, ~0ULL, 5, -ENOSPC, 0 },
		{ { 4, 4, 0 }, 15, ~0ULL, ~0ULL, -ENOSPC, -ENOSPC },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(tier_space_may_take(&cases[i].claim, cases[i].free,
						     cases[i].unused, cases[i].floor, false),
				 cases[i].kept);
		assert_int_equal(tier_space_may_take(&cases[i].claim, cases[i].free,
						     cases[i].unused, cases[i].floor, true),
				 cases[i].lent);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_near),
		cmocka_unit_test(test_every_one_is_found),
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_choose_huge),
		cmocka_unit_test(test_balanced),
		cmocka_unit_test(test_claims),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
