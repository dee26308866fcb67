// SPDX-License-Identifier: GPL-2.0
/*
 * replay <log> <disk> <cuts> <seed> <marks> <meta>[+<mirror>] <member>...
 *
 * Where: each slice is <first sector>:<sectors>. The disk is as it was before
 * the log began. Cuts the power all along the log, about so many times (0: at
 * every place), and holds what is left against what the marks promise:
 *
 *  - between any two writes: all up to there is on the disk, and nothing else;
 *  - of the writes since the last flush each is on the disk, or is not, or some of
 *    its sectors are, in any mixture.
 *
 * A write that was sent may be on the disk whether or not its end had been told,
 * so each of these can be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "log.h"
#include "model.h"

#define GROUP_MAX	65536
#define VARIANTS	4	/* mixtures of what is not flushed, before each flush */

static struct image image;
static struct check_pool pool = { .image = &image };
static struct image_slice marks;
static unsigned int seed;
static bool made;
static unsigned long every = 1, place, entries, torn;

static int slice(struct image_slice *to, const char *word)
{
	unsigned long long start, sectors;

	if (sscanf(word, "%llu:%llu", &start, &sectors) != 2 || sectors > image.sectors ||
	    start > image.sectors - sectors) {
		fprintf(stderr, "replay: no slice of the disk: %s\n", word);
		return 1;
	}
	to->start = start;
	to->sectors = sectors;
	return 0;
}

/* is it this place's turn? */
static bool wanted(void)
{
	return !(place++ % every);
}

static int apply(const struct log_entry *entry)
{
	if (!image_write(&image, entry->sector, entry->count, entry->data))
		return 0;
	printf("entry %lu lies outside of the disk\n", entries);
	return -1;
}

static int cut(bool base)
{
	int err = check_cut(&pool, made, base, rand_r(&seed));

	if (err)
		printf("at entry %lu, cut %lu\n", entries, check_sums.cuts);
	return err;
}

/* what is not flushed is there, too */
static int cut_after(const struct log_entry *group, size_t nr)
{
	int err = 0;
	size_t i;

	if (!wanted())
		return 0;
	image_try(&image);
	for (i = 0; !err && i < nr; i++)
		err = apply(&group[i]);
	err = err ?: cut(true);
	image_back(&image);
	return err;
}

/* 0: none of it, 1: all, 2: some sectors */
static void apply_some(const struct log_entry *entry, unsigned int how)
{
	uint64_t i;

	for (i = 0; i < entry->count; i++)
		if (how == 1 || (how == 2 && rand_r(&seed) & 16))
			image_write(&image, entry->sector + i, 1,
				    entry->data ? entry->data + i * IMAGE_SECTOR : NULL);
	torn += how == 2;
}

static int cut_mixture(const struct log_entry *group, size_t nr)
{
	int err;
	size_t i;

	if (!nr || !wanted())
		return 0;
	image_try(&image);
	for (i = 0; i < nr; i++)
		apply_some(&group[i], rand_r(&seed) % 3);
	err = cut(false);
	image_back(&image);
	return err;
}

static int flush(const struct log_entry *group, size_t nr)
{
	unsigned int variant;
	int err = 0;
	size_t i;

	for (variant = 0; !err && variant < VARIANTS; variant++)
		err = cut_mixture(group, nr);
	for (i = 0; !err && i < nr; i++)
		err = apply(&group[i]);
	return err;
}

static bool is_mark(const struct log_entry *entry)
{
	return entry->data && entry->sector >= marks.start &&
	       entry->sector < marks.start + marks.sectors;
}

static int mark(const struct log_entry *entry)
{
	const char *text = (const char *)entry->data;

	if (!memchr(text, 0, IMAGE_SECTOR))
		return -1;
	if (!strcmp(text, "P")) {
		made = true;
		return 0;
	}
	if (!model_mark(text))
		return 0;
	printf("a mark makes no sense: %s\n", text);
	return -1;
}

static int replay(struct log *log)
{
	static struct log_entry group[GROUP_MAX];
	struct log_entry entry;
	int more = 0, err = 0;
	size_t nr = 0;

	while (!err && (more = log_next(log, &entry)) > 0) {
		entries++;
		if (is_mark(&entry)) {
			err = mark(&entry);
			continue;
		}
		if (entry.flags & (LOG_FLUSH | LOG_FUA)) {
			err = flush(group, nr);
			nr = 0;
		}
		if (!entry.count)
			continue;
		if (nr == GROUP_MAX) {
			printf("too many writes without a flush\n");
			return -1;
		}
		group[nr++] = entry;
		err = err ?: cut_after(group, nr);
		if (entry.flags & LOG_FUA) {
			err = err ?: apply(&entry);
			nr = 0;
		}
	}
	if (!err && more < 0) {
		printf("the log is damaged behind entry %lu\n", entries);
		err = -1;
	}
	return err;
}

/* how many places there are to cut at */
static unsigned long places(struct log log)
{
	unsigned long n = 0, open = 0;
	struct log_entry entry;

	while (log_next(&log, &entry) > 0) {
		if (is_mark(&entry))
			continue;
		if (entry.flags & (LOG_FLUSH | LOG_FUA)) {
			n += open ? VARIANTS : 0;
			open = 0;
		}
		n += entry.count > 0;
		open += entry.count > 0;
	}
	return n;
}

int main(int argc, char **argv)
{
	unsigned long cuts, n;
	struct log log;
	char *plus;
	int i, err;

	if (argc < 8 || argc > 7 + IMAGE_SLICES) {
		fprintf(stderr, "usage: replay <log> <disk> <cuts> <seed> <marks> <meta>[+<mirror>] <member>...\n");
		return 2;
	}
	if (log_open(&log, argv[1]) || image_open(&image, argv[2]))
		return 2;
	cuts = strtoul(argv[3], NULL, 10);
	seed = strtoul(argv[4], NULL, 10);
	plus = strchr(argv[6], '+');
	pool.copies = plus ? 2 : 1;
	if (slice(&marks, argv[5]) || slice(&pool.meta[0], argv[6]) || (plus && slice(&pool.meta[1], plus + 1)))
		return 2;
	for (i = 7; i < argc; i++)
		if (slice(&pool.members[pool.nr_members++], argv[i]))
			return 2;
	n = places(log);
	if (cuts && n > cuts)
		every = n / cuts;
	err = replay(&log);
	printf("%lu entries, %lu places, %lu cuts, %lu writes torn, %lu starts cut short or after that, %lu transactions replayed, %lu extents read\n",
	       entries, n, check_sums.cuts, torn, check_sums.restarts, check_sums.replayed,
	       check_sums.extents);
	return err ? 1 : 0;
}
