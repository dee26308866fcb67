// SPDX-License-Identifier: GPL-2.0-only
/* The price plan, and the amounts that come of it. */
#include <sys/mman.h>
#include <unistd.h>

#include "input.h"
#include "price.h"

static char path[32];
static int fd;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fd = memfd_create("prices", 0);
	MUST(fd >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return 0;
}

static void in_bounds(const struct price_plan *plan)
{
	int64_t nano, micro;
	int i, m;

	MUST(plan->nr_tiers >= 0 && plan->nr_tiers <= PRICE_MAX_TIERS);
	MUST(strlen(plan->currency) == 3);
	for (i = 0; i < plan->nr_tiers; i++) {
		MUST(price_find(plan, plan->tier[i].name) == &plan->tier[i]);
		for (m = 0; m < PRICE_NR_TIER_METERS; m++) {
			MUST(plan->tier[i].nano[m] >= 0);
			if (!price_amount(m, (price_wide)1 << (20 * (m + 1)), plan->tier[i].nano[m],
					  &micro))
				MUST(micro >= 0);
		}
	}
	for (m = PRICE_PATH_GB; m < PRICE_NR_METERS; m++)
		if (!price_path(plan, m, UINT32_MAX >> m, &nano))
			MUST(nano >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct price_plan plan;
	char err[512] = "";

	MUST(!ftruncate(fd, 0) && pwrite(fd, data, size, 0) == (ssize_t)size);
	memset(&plan, 0, sizeof(plan));
	if (!price_load(&plan, path, err, sizeof(err)))
		in_bounds(&plan);
	else
		MUST(!strncmp(err, path, strlen(path)) && err[strlen(path)] == ':');
	return 0;
}
