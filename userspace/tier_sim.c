// SPDX-License-Identifier: GPL-2.0-only
/*
 * tier_sim: replay block traces through the policy of the kernel module: the
 * same heat, space and plan files, on a pool that is only imagined.
 *
 * A trace has one I/O a line: time in ns, device, sector, sectors, 1 for a read
 * or 0 for a write. Each device is a LUN. An I/O takes the latency of the tier
 * its extent is on; queues are not modelled.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <time.h>

#include "../dm-tier/tier-plan.h"
#include "../dm-tier/tier-space.h"

#define SIM_DEVICES	65536

struct sim_io {
	u64 ns;
	u64 sector;
	u32 extent;		/* index of the logical extent */
	u32 sectors;
	u32 lun;
	bool write;
};

struct sim_extent {
	u64 owner;
	u64 place;		/* physical extent */
	u64 ios;
	u32 lun;
	u8 rank;
	bool mapped;
	struct tier_heat heat;
};

struct sim_tier {
	char name[TIER_NAME_LEN];
	u64 extents;
	u64 percent;		/* of the trace's extents, if not 0 */
	u64 bytes;
	u64 latency_ns;
	struct tier_space space;
	u64 reads, writes;
	u64 written;		/* extents written to it by moves */
};

static struct {
	struct sim_tier tiers[TIER_MAX_TIERS];
	unsigned int nr;
	struct sim_io *ios;
	size_t nr_ios, room_ios;
	struct sim_extent *extents;
	size_t nr_extents, room_extents;
	u32 *table;		/* hash of owners, index + 1 */
	size_t table_size;
	struct tier_plan_lun *luns;
	u32 nr_luns;
	u32 *lun_of;		/* by device, + 1 */
	u64 extent_sectors, tick_ns, tick;
	u64 headroom, move_rate, repeat;
	unsigned int start;
	bool json;
	struct tier_plan *plan;
	struct tier_heat_streams streams;
	u64 moves[TIER_REASONS], moved, late, sequential;
	u32 random;
} sim = {
	.extent_sectors = 2048, .tick_ns = 1000000000, .headroom = 5, .move_rate = 64,
	.repeat = 1, .start = TIER_NONE, .random = 0x9e3779b9,
};

static __attribute__((noreturn, format(printf, 1, 2))) void die(const char *fmt, ...)
{
	va_list args;

	fputs("tier_sim: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static void *grown(void *array, size_t *room, size_t size)
{
	*room = *room ? *room * 2 : 4096;
	array = realloc(array, *room * size);
	if (!array)
		die("out of memory");
	return array;
}

static void *zeroed(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);

	if (!p)
		die("out of memory");
	return p;
}

static u32 sim_random(void)
{
	sim.random ^= sim.random << 13;
	sim.random ^= sim.random >> 17;
	sim.random ^= sim.random << 5;
	return sim.random;
}

/* -- options -- */

static u64 number(const char *text, const char *units, const u64 *factors, const char **end)
{
	const char *unit;
	char *stop;
	u64 value;

	errno = 0;
	value = strtoull(text, &stop, 10);
	if (stop == text || errno || *text == '-')
		die("not a number: %s", text);
	unit = *stop ? strchr(units, *stop) : NULL;
	if (unit) {
		if (value > ~0ULL / factors[unit - units])
			die("too large: %s", text);
		value *= factors[unit - units];
		stop++;
	}
	*end = stop;
	return value;
}

static u64 plain(const char *text, u64 least, u64 most)
{
	const char *end;
	u64 value = number(text, "", NULL, &end);

	if (*end || value < least || value > most)
		die("not in %llu to %llu: %s", least, most, text);
	return value;
}

/* name:size:latency, as ssd:64M:80us; a size in % is of what the trace touches */
static void add_tier(const char *text)
{
	static const u64 sizes[] = { 1ULL << 10, 1ULL << 20, 1ULL << 30, 1ULL << 40 };
	static const u64 times[] = { 1, 1000, 1000000, 1000000000 };
	struct sim_tier *tier = &sim.tiers[sim.nr];
	const char *colon = strchr(text, ':'), *end;
	u64 value;

	if (sim.nr == TIER_MAX_TIERS)
		die("more than %u tiers", TIER_MAX_TIERS);
	if (!colon || colon == text || colon - text >= TIER_NAME_LEN)
		die("not name:size:latency: %s", text);
	memcpy(tier->name, text, colon - text);
	if (strspn(tier->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.+") !=
	    strlen(tier->name))
		die("not a tier's name: %s", tier->name);
	value = number(colon + 1, "KMGT", sizes, &end);
	if (*end == '%') {
		tier->percent = value;
		end++;
	} else {
		tier->bytes = value;
	}
	if (!value || value > 1ULL << 50 || *end != ':')
		die("not name:size:latency: %s", text);
	tier->latency_ns = number(end + 1, "num", times, &end);
	if (*end == 's' && end[1] == '\0')
		end++;
	else if (*end)
		die("a latency is in ns, us or ms: %s", text);
	if (!tier->latency_ns || tier->latency_ns > 10000000000ULL)
		die("a latency is above 0 and at most 10 s: %s", text);
	sim.nr++;
}

static void usage(FILE *to)
{
	fputs("usage: tier_sim [options] trace...\n"
	      "  -t, --tier NAME:SIZE:LATENCY  fastest first (ssd:10%:80us sas:30%:4ms sata:100%:8ms)\n"
	      "  -e, --extent KIB              size of an extent (1024)\n"
	      "  -k, --tick MS                 the planner's tick (1000)\n"
	      "  -r, --headroom PERCENT        kept free on all tiers but the last (5)\n"
	      "  -m, --move-rate MIB           moved per second (64); 0: no moves\n"
	      "  -n, --repeat N                replay the traces N times (1)\n"
	      "  -s, --start NAME              tier of new extents (fastest with room)\n"
	      "  -j, --json\n"
	      "      --version\n", to);
}

static void options(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "tier", 1, NULL, 't' }, { "extent", 1, NULL, 'e' }, { "tick", 1, NULL, 'k' },
		{ "headroom", 1, NULL, 'r' }, { "move-rate", 1, NULL, 'm' },
		{ "repeat", 1, NULL, 'n' }, { "start", 1, NULL, 's' },
		{ "json", 0, NULL, 'j' }, { "help", 0, NULL, 'h' },
		{ "version", 0, NULL, 'V' }, { 0 },
	};
	const char *start = NULL;
	unsigned int i;
	int c;

	while ((c = getopt_long(argc, argv, "t:e:k:r:m:n:s:jh", longs, NULL)) != -1) {
		switch (c) {
		case 't':
			add_tier(optarg);
			break;
		case 'e':
			sim.extent_sectors = plain(optarg, TIER_EXTENT_MIN / 2,
						   TIER_EXTENT_MAX / 2) * 2;
			if (!is_power_of_2(sim.extent_sectors))
				die("an extent is a power of two: %s", optarg);
			break;
		case 'k':
			sim.tick_ns = plain(optarg, 1, 3600000) * 1000000;
			break;
		case 'r':
			sim.headroom = plain(optarg, 0, 90);
			break;
		case 'm':
			sim.move_rate = plain(optarg, 0, 1000000);
			break;
		case 'n':
			sim.repeat = plain(optarg, 1, 1000000);
			break;
		case 's':
			start = optarg;
			break;
		case 'j':
			sim.json = true;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		case 'V':
			puts("tier_sim (dm-tier) " DM_TIER_VERSION);
			exit(0);
		default:
			usage(stderr);
			exit(2);
		}
	}
	if (optind == argc) {
		usage(stderr);
		exit(2);
	}
	if (!sim.nr) {
		add_tier("ssd:10%:80us");
		add_tier("sas:30%:4ms");
		add_tier("sata:100%:8ms");
	}
	for (i = 0; start && i < sim.nr; i++)
		if (!strcmp(start, sim.tiers[i].name))
			sim.start = i;
	if (start && sim.start == TIER_NONE)
		die("no such tier: %s", start);
}

/* -- loading -- */

static size_t slot_of(u64 owner)
{
	size_t at = (owner * 0x9e3779b97f4a7c15ULL >> 20) & (sim.table_size - 1);

	while (sim.table[at] && sim.extents[sim.table[at] - 1].owner != owner)
		at = (at + 1) & (sim.table_size - 1);
	return at;
}

static void grow_table(void)
{
	size_t i;

	free(sim.table);
	sim.table_size = sim.table_size ? sim.table_size * 2 : 16384;
	sim.table = zeroed(sim.table_size, sizeof(*sim.table));
	for (i = 0; i < sim.nr_extents; i++)
		sim.table[slot_of(sim.extents[i].owner)] = i + 1;
}

static u32 extent_of(u32 lun, u64 logical)
{
	u64 owner = TIER_OWNER(lun, logical);
	size_t slot;

	if (sim.nr_extents * 2 >= sim.table_size)
		grow_table();
	slot = slot_of(owner);
	if (sim.table[slot])
		return sim.table[slot] - 1;
	if (sim.nr_extents == sim.room_extents)
		sim.extents = grown(sim.extents, &sim.room_extents, sizeof(*sim.extents));
	sim.extents[sim.nr_extents] = (struct sim_extent){ .owner = owner, .lun = lun };
	sim.table[slot] = ++sim.nr_extents;
	return sim.nr_extents - 1;
}

static u32 lun_of(u64 device)
{
	if (!sim.lun_of[device])
		sim.lun_of[device] = ++sim.nr_luns;
	return sim.lun_of[device] - 1;
}

/* an I/O over the end of an extent is split, as by max_io_len */
static void add_io(u64 ns, u32 lun, u64 sector, u64 sectors, bool write)
{
	u64 part;

	while (sectors) {
		part = sim.extent_sectors - sector % sim.extent_sectors;
		if (part > sectors)
			part = sectors;
		if (sim.nr_ios == sim.room_ios)
			sim.ios = grown(sim.ios, &sim.room_ios, sizeof(*sim.ios));
		sim.ios[sim.nr_ios++] = (struct sim_io){
			.ns = ns, .sector = sector, .sectors = part, .lun = lun, .write = write,
			.extent = extent_of(lun, sector / sim.extent_sectors),
		};
		sector += part;
		sectors -= part;
	}
}

static void load(const char *path)
{
	u64 ns, device, sector, sectors, line = 0, read;
	FILE *file = fopen(path, "r");
	char text[256];

	if (!file)
		die("%s: %s", path, strerror(errno));
	while (fgets(text, sizeof(text), file)) {
		line++;
		if (text[strspn(text, " \t\r\n")] == '\0' || *text == '#')
			continue;
		if (sscanf(text, "%llu %llu %llu %llu %llu", &ns, &device, &sector, &sectors,
			   &read) != 5 || read > 1 || device >= SIM_DEVICES ||
		    !sectors || sectors > 1 << 20 || sector > 1ULL << 46)
			die("%s:%llu: not \"ns device sector sectors read\"", path, line);
		add_io(ns, lun_of(device), sector, sectors, !read);
	}
	if (ferror(file))
		die("%s: %s", path, strerror(errno));
	fclose(file);
}

static int by_time(const void *a, const void *b)
{
	const struct sim_io *x = a, *y = b;

	return x->ns < y->ns ? -1 : x->ns > y->ns;
}

/* -- the pool -- */

static u64 tier_headroom(unsigned int rank)
{
	return rank + 1 < sim.nr ? sim.tiers[rank].extents * sim.headroom / 100 : 0;
}

static u64 sim_free(unsigned int rank)
{
	return sim.tiers[rank].space.nr - sim.tiers[rank].space.taken;
}

static u64 copy_ns(unsigned int rank)
{
	/* 500 MB/s, or 150 MB/s of what turns */
	u64 rate = sim.tiers[rank].latency_ns >= 1000000 ? 150 : 500;

	return sim.tiers[rank].latency_ns + sim.extent_sectors * 512 * 1000 / rate;
}

static void make_pool(void)
{
	struct sim_tier *tier;
	unsigned int i;
	u64 total = 0;

	for (i = 0; i < sim.nr; i++) {
		tier = &sim.tiers[i];
		tier->extents = tier->percent ? (sim.nr_extents * tier->percent + 99) / 100 :
						tier->bytes / (sim.extent_sectors * 512);
		if (tier_space_init(&tier->space, tier->extents))
			die("tier %s: no room for %llu extents", tier->name, tier->extents);
		total += tier->extents;
	}
	if (total < sim.nr_extents)
		die("the traces touch %zu extents, the tiers have %llu", sim.nr_extents, total);
	sim.luns = zeroed(sim.nr_luns, sizeof(*sim.luns));
	for (i = 0; i < sim.nr_luns; i++) {
		sim.luns[i].id = i;
		sim.luns[i].allowed = 0xff;
		sim.luns[i].weight = 100;
		sim.luns[i].pin = sim.luns[i].home = sim.luns[i].target = TIER_NONE;
	}
	sim.plan = tier_plan_new();
	if (!sim.plan)
		die("out of memory");
}

static void map_extent(struct sim_extent *extent)
{
	unsigned int first = sim.start == TIER_NONE ? 0 : sim.start, pass, i, rank;

	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < sim.nr; i++) {
			rank = (first + i) % sim.nr;
			if (sim_free(rank) <= (pass ? 0 : tier_headroom(rank)) ||
			    tier_space_alloc(&sim.tiers[rank].space, ~0ULL, &extent->place))
				continue;
			extent->rank = rank;
			extent->mapped = true;
			extent->heat.epoch = extent->heat.moved = sim.tick;
			sim.luns[extent->lun].used[rank]++;
			return;
		}
	die("the pool is full");
}

static void carry_out(const struct tier_plan_move *move)
{
	struct sim_extent *extent = &sim.extents[sim.table[slot_of(move->owner)] - 1];
	struct sim_tier *to = &sim.tiers[move->to];
	u64 place;

	if (extent->rank != move->from || extent->place != move->extent ||
	    tier_space_alloc(&to->space, ~0ULL, &place)) {
		sim.late++;
		return;
	}
	if (tier_space_free(&sim.tiers[move->from].space, move->extent))
		die("%s: extent %llu was free", sim.tiers[move->from].name, move->extent);
	sim.luns[extent->lun].used[move->from]--;
	sim.luns[extent->lun].used[move->to]++;
	extent->place = place;
	extent->rank = move->to;
	extent->heat.moved = sim.tick;
	sim.moves[move->reason]++;
	to->written++;
}

static void show_extent(struct sim_extent *extent)
{
	struct tier_plan_extent seen = {
		.owner = extent->owner, .member = extent->rank, .extent = extent->place,
		.rank = extent->rank, .heat = &extent->heat, .lun = &sim.luns[extent->lun],
	};

	if (!extent->mapped)
		return;
	/* 16 bits of ticks come round: catch up before they do */
	if ((u16)((u16)sim.tick - extent->heat.epoch) > 0x4000)
		tier_heat_decay(&extent->heat, sim.tick, sim_random());
	tier_plan_visit(sim.plan, &seen);
}

static void run_tick(void)
{
	struct tier_plan_tier tiers[TIER_MAX_TIERS] = { 0 };
	struct tier_plan_move moves[TIER_PLAN_MOVES];
	u64 allowed, i;
	unsigned int nr, rank;

	sim.tick++;
	/* extents that the rate has allowed since the start, less what was moved */
	allowed = (u64)((double)sim.tick * sim.tick_ns / 1e9 * sim.move_rate * 2048 /
			sim.extent_sectors);
	if (allowed <= sim.moved)
		return;
	allowed -= sim.moved;
	for (rank = 0; rank < sim.nr; rank++) {
		tiers[rank].total = sim.tiers[rank].extents;
		tiers[rank].free = sim_free(rank);
		tiers[rank].headroom = tier_headroom(rank);
		tiers[rank].latency_ns = sim.tiers[rank].latency_ns;
		tiers[rank].copy_ns = copy_ns(rank);
		tiers[rank].rotational = sim.tiers[rank].latency_ns >= 1000000;
	}
	tier_plan_begin(sim.plan, tiers, sim.nr, sim.tick, true, false);
	for (i = 0; i < sim.nr_extents; i++)
		show_extent(&sim.extents[i]);
	nr = tier_plan_finish(sim.plan, moves, TIER_PLAN_MOVES);
	for (i = 0; i < nr && i < allowed; i++) {
		carry_out(&moves[i]);
		sim.moved++;
	}
	/* what was not used is lost, but for one second's worth */
	i = sim.move_rate * 2048 / sim.extent_sectors + 1;
	if (allowed - min(allowed, (u64)nr) > i)
		sim.moved += allowed - nr - i;
}

static void replay_io(const struct sim_io *io)
{
	struct sim_extent *extent = &sim.extents[io->extent];

	if (!extent->mapped)
		map_extent(extent);
	extent->ios++;
	if (io->write)
		sim.tiers[extent->rank].writes++;
	else
		sim.tiers[extent->rank].reads++;
	if (tier_heat_sequential(&sim.streams, io->lun, io->sector, io->sectors))
		sim.sequential++;
	else
		tier_heat_add(&extent->heat, io->write, io->sectors, sim.tick, sim_random());
}

static void replay(void)
{
	u64 base = 0, first = sim.ios[0].ns, next = sim.tick_ns, n;
	u64 span = sim.ios[sim.nr_ios - 1].ns - first + 1;
	size_t i;

	for (n = 0; n < sim.repeat; n++, base += span)
		for (i = 0; i < sim.nr_ios; i++) {
			for (; base + sim.ios[i].ns - first >= next; next += sim.tick_ns)
				run_tick();
			replay_io(&sim.ios[i]);
		}
}

/* -- the report -- */

static int by_ios(const void *a, const void *b)
{
	const struct sim_extent *x = a, *y = b;

	return x->ios > y->ios ? -1 : x->ios < y->ios;
}

/* mean latency, had the most used extents been on the fastest tier all the time */
static double best_latency(double ios)
{
	double sum = 0;
	u64 i, used = 0;
	unsigned int rank = 0;

	qsort(sim.extents, sim.nr_extents, sizeof(*sim.extents), by_ios);
	for (i = 0; i < sim.nr_extents; i++) {
		while (used >= sim.tiers[rank].extents && rank + 1 < sim.nr) {
			rank++;
			used = 0;
		}
		used++;
		sum += (double)sim.extents[i].ios * sim.tiers[rank].latency_ns;
	}
	return sum / ios;
}

static void report_json(double ios, double mean, double best, double seconds)
{
	struct sim_tier *tier;
	unsigned int i;

	printf("{\"ios\":%.0f,\"extents\":%zu,\"luns\":%u,\"ticks\":%llu,"
	       "\"mean_latency_ns\":%.0f,\"best_latency_ns\":%.0f,\"slowest_latency_ns\":%llu,"
	       "\"sequential\":%llu,\"replay_seconds\":%.6f,\"ios_per_second\":%.0f,\"tiers\":[",
	       ios, sim.nr_extents, sim.nr_luns, sim.tick, mean, best,
	       sim.tiers[sim.nr - 1].latency_ns, sim.sequential, seconds, ios / seconds);
	for (i = 0; i < sim.nr; i++) {
		tier = &sim.tiers[i];
		printf("%s{\"name\":\"%s\",\"extents\":%llu,\"used\":%llu,\"reads\":%llu,"
		       "\"writes\":%llu,\"hit_share\":%.6f,\"moved_in\":%llu}", i ? "," : "",
		       tier->name, tier->extents, tier->space.taken, tier->reads, tier->writes,
		       (tier->reads + tier->writes) / ios, tier->written);
	}
	printf("],\"moves\":{");
	for (i = 0; i < TIER_REASONS; i++)
		printf("%s\"%s\":%llu", i ? "," : "", tier_reason_name(i), sim.moves[i]);
	printf(",\"late\":%llu}}\n", sim.late);
}

static void report_text(double ios, double mean, double best, double seconds)
{
	struct sim_tier *tier;
	unsigned int i;
	u64 moves = 0;

	printf("%.0f I/Os to %zu extents of %u LUNs, %llu ticks\n\n", ios, sim.nr_extents,
	       sim.nr_luns, sim.tick);
	printf("%-12s %9s %9s %11s %11s %7s %9s\n", "tier", "extents", "used", "reads", "writes",
	       "share", "moved in");
	for (i = 0; i < sim.nr; i++) {
		tier = &sim.tiers[i];
		printf("%-12s %9llu %9llu %11llu %11llu %6.1f%% %9llu\n", tier->name,
		       tier->extents, tier->space.taken, tier->reads, tier->writes,
		       100 * (tier->reads + tier->writes) / ios, tier->written);
	}
	printf("\nmean latency  %.0f us (best fixed layout %.0f, slowest tier alone %.0f)\n",
	       mean / 1e3, best / 1e3, sim.tiers[sim.nr - 1].latency_ns / 1e3);
	printf("moves        ");
	for (i = 0; i < TIER_REASONS; i++) {
		moves += sim.moves[i];
		if (sim.moves[i])
			printf(" %s %llu", tier_reason_name(i), sim.moves[i]);
	}
	printf("%s (%.0f MiB)\n", moves ? "" : " none", moves * sim.extent_sectors / 2048.0);
	printf("replayed in   %.3f s, %.2f million I/Os a second\n", seconds,
	       ios / seconds / 1e6);
}

static void report(double seconds)
{
	double ios = (double)sim.nr_ios * sim.repeat, mean = 0, best;
	unsigned int i;

	for (i = 0; i < sim.nr; i++)
		mean += (double)(sim.tiers[i].reads + sim.tiers[i].writes) *
			sim.tiers[i].latency_ns;
	mean /= ios;
	best = best_latency(ios);
	if (seconds <= 0)
		seconds = 1e-9;
	if (sim.json)
		report_json(ios, mean, best, seconds);
	else
		report_text(ios, mean, best, seconds);
}

int main(int argc, char **argv)
{
	struct timespec from, to;
	unsigned int i;

	options(argc, argv);
	sim.lun_of = zeroed(SIM_DEVICES, sizeof(*sim.lun_of));
	for (; optind < argc; optind++)
		load(argv[optind]);
	if (!sim.nr_ios)
		die("no I/O in the traces");
	qsort(sim.ios, sim.nr_ios, sizeof(*sim.ios), by_time);
	make_pool();
	clock_gettime(CLOCK_MONOTONIC, &from);
	replay();
	clock_gettime(CLOCK_MONOTONIC, &to);
	report(to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) / 1e9);
	tier_plan_destroy(sim.plan);
	for (i = 0; i < sim.nr; i++)
		tier_space_exit(&sim.tiers[i].space);
	free(sim.luns);
	free(sim.lun_of);
	free(sim.table);
	free(sim.extents);
	free(sim.ios);
	return 0;
}
