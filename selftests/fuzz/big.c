// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine takes some buffers at each load that ASan would map and unmap each time,
 * which costs more than the load. They are kept here, poisoned while nobody has them.
 */
#include <sanitizer/asan_interface.h>

#include "input.h"

#define BIG	(100 << 10)
#define KEPT	16

void *__real_calloc(size_t n, size_t size);
void __real_free(void *p);
void *__wrap_calloc(size_t n, size_t size);
void __wrap_free(void *p);
const char *__asan_default_options(void);

static struct {
	void *p;
	size_t size;
	bool taken;
} kept[KEPT];

void *__wrap_calloc(size_t n, size_t size)
{
	unsigned int i;

	if (n > SIZE_MAX / (size | 1) || n * size < BIG || n * size > 8 * BIG)
		return __real_calloc(n, size);
	for (i = 0; i < KEPT && kept[i].p; i++) {
		if (kept[i].taken || kept[i].size != n * size)
			continue;
		kept[i].taken = true;
		ASAN_UNPOISON_MEMORY_REGION(kept[i].p, kept[i].size);
		return memset(kept[i].p, 0, kept[i].size);
	}
	if (i < KEPT) {
		kept[i].p = __real_calloc(n, size);
		kept[i].size = n * size;
		kept[i].taken = true;
		return kept[i].p;
	}
	return __real_calloc(n, size);
}

void __wrap_free(void *p)
{
	unsigned int i;

	for (i = 0; p && i < KEPT && kept[i].p; i++) {
		if (kept[i].p != p)
			continue;
		MUST(kept[i].taken);
		kept[i].taken = false;
		ASAN_POISON_MEMORY_REGION(p, kept[i].size);
		return;
	}
	__real_free(p);
}

/* and what is freed need not linger long */
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=4:malloc_context_size=6:allocator_may_return_null=1";
}
