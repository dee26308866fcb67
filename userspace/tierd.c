// SPDX-License-Identifier: GPL-2.0-only
/*
 * tierd - policies, bills and reports for dm-tier pools and mpath-ext maps
 *
 * The kernel places extents and chooses paths by itself; nothing in it waits for us.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "price.h"
#include "std.h"
#include "tierd-path.h"

#define HEAD_SAMPLES_S	3600	/* the audit head goes to the journal this often */

enum { EXIT_CONFIG = 2 };

static bool to_syslog;

void tierd_log(int priority, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (to_syslog) {
		vsyslog(priority, format, args);
	} else {
		/* the journal takes the priority from the line */
		if (getenv("JOURNAL_STREAM"))
			fprintf(stderr, "<%d>", priority);
		else
			fputs("tierd: ", stderr);
		vfprintf(stderr, format, args);
		fputc('\n', stderr);
	}
	va_end(args);
}

const char *tierd_consumer(const char *pool, uint32_t lun, void *arg)
{
	const struct tierd *d = arg;
	const struct config_lun *c = config_lun(d->config, pool, lun);

	return c ? c->consumer : "";
}

static void disconnect(struct tierd *d)
{
	feed_disconnect(&d->feed);
	dmtier_close(d->kernel);
	d->kernel = NULL;
}

/* the module may be loaded, unloaded and loaded again while we run */
static int connect_kernel(struct tierd *d)
{
	int err = 0;

	if (!d->kernel)
		err = dmtier_open(&d->kernel);
	/* events first: what changes while we read comes as an event afterwards */
	if (!err && !d->feed.events)
		err = feed_connect(d, &d->feed, &tier_feed);
	if (err) {
		disconnect(d);
		if (!d->kernel_missed && config_wants_pools(d->config))
			tierd_log(LOG_WARNING,
				  "the dm-tier module does not answer (%s): load it; looked for at each sample",
				  strerror(-err));
		d->kernel_missed = config_wants_pools(d->config);
	} else if (d->kernel_missed) {
		tierd_log(LOG_NOTICE, "the dm-tier module answers");
		d->kernel_missed = false;
	}
	return err;
}

static int book(struct tierd *d)
{
	struct meter_result res;
	int err = meter_book(d->ledger, &d->state, tierd_consumer, d, &res);

	if (err) {
		/* told at the first of a series: the counters go on, nothing is lost yet */
		if (!d->samples_failed || d->samples)
			tierd_log(LOG_ERR, "%s; usage is booked with a later sample",
				  ledger_error(d->ledger));
		d->samples_failed++;
		return err;
	}
	d->samples++;
	if (res.gaps)
		tierd_log(LOG_WARNING,
			  "counters of %u LUNs were set back, as by a crash: their rows are flagged",
			  res.gaps);
	return 0;
}

static int read_and_book(struct tierd *d)
{
	int err = connect_kernel(d);

	if (err)
		return err;
	err = state_read(d->kernel, &d->state);
	if (err) {
		tierd_log(LOG_ERR, "cannot read the state: %s", dmtier_error(d->kernel));
		d->samples_failed++;
		disconnect(d);
		return err;
	}
	err = book(d);
	events_flush(d);
	return err;
}

/* without the module there is no pool to have troubles, or to show */
static int read_pools(struct tierd *d)
{
	int err = read_and_book(d);

	if (err == -ENOENT && !d->kernel)
		state_free(&d->state);
	return err;
}

int tierd_sample(struct tierd *d)
{
	int pools = read_pools(d), maps = path_read_and_book(d);

	/* policies do not hang on the ledger's disk */
	if (d->kernel) {
		apply_all(d);
		policy_check(d);
	}
	if (d->paths->kernel)
		path_policy(d);
	escalate_check(d);
	events_flush(d);
	if (pools && config_wants_pools(d->config))
		return pools;
	return config_wants_maps(d->config) ? maps : 0;
}

static void tell_head(struct tierd *d)
{
	static int64_t told_ms;
	char head[AUDIT_HEAD_LEN];
	int64_t now = state_now_ms();

	if (told_ms && now >= told_ms && now - told_ms < HEAD_SAMPLES_S * 1000LL)
		return;
	if (audit_head(d->ledger, head))
		return;
	told_ms = now;
	tierd_log(LOG_INFO, "audit head %s", head);
}

/*
 * On whole multiples of the interval, so that samples fall on full hours; but by
 * the clock that nobody sets: a wall clock that is put back by a day would have
 * us wait a day.
 */
static int set_timer(struct tierd *d)
{
	uint64_t now, step = d->config->interval * 1000000ULL;
	int err = sd_event_now(d->event, CLOCK_REALTIME, &now);

	if (err < 0)
		return err;
	return sd_event_source_set_time_relative(d->timer, step - now % step);
}

static int timer_due(sd_event_source *source, uint64_t now, void *arg)
{
	struct tierd *d = arg;

	(void)now;
	feed_drain(d, &d->feed);
	tierd_sample(d);
	tell_head(d);
	set_timer(d);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* a plan with an error in it should show today, not at the end of the month */
static int check_prices(const struct config *c, char *err, size_t errlen)
{
	struct price_plan plan;

	return c->prices[0] ? price_load(&plan, c->prices, err, errlen) : 0;
}

static struct config *load_config(const char *path)
{
	char err[1024];
	struct config *c = config_load(path, err, sizeof(err));

	if (c && check_prices(c, err, sizeof(err))) {
		config_free(c);
		c = NULL;
	}
	if (!c)
		tierd_log(LOG_ERR, "%s", err);
	return c;
}

static int reload(sd_event_source *source, const struct signalfd_siginfo *si, void *arg)
{
	struct tierd *d = arg;
	struct config *new;

	(void)source;
	(void)si;
	sd_notify(0, "RELOADING=1");
	new = load_config(d->config_path);
	if (!new) {
		tierd_log(LOG_ERR, "the configuration is kept as it was; mend the file and reload");
	} else {
		if (strcmp(new->ledger, d->ledger_path))
			tierd_log(LOG_WARNING, "another ledger takes a restart");
		config_free(d->config);
		d->config = new;
		http_start(d);
		tierd_sample(d);
		set_timer(d);
		tierd_log(LOG_NOTICE, "configuration read anew");
	}
	sd_notify(0, "READY=1");
	return 0;
}

static int open_ledger(struct tierd *d)
{
	char err[256];

	snprintf(d->ledger_path, sizeof(d->ledger_path), "%s", d->config->ledger);
	if (ledger_open(&d->ledger, d->ledger_path, LEDGER_WRITE, err, sizeof(err)) ||
	    audit_keep_head(d->ledger, d->ledger_path, err, sizeof(err))) {
		tierd_log(LOG_ERR, "%s", err);
		return -1;
	}
	return 0;
}

/* without a handler the loop ends, with what is the handler's argument as exit code */
static int add_signal(struct tierd *d, int signal, sd_event_signal_handler_t handler)
{
	return sd_event_add_signal(d->event, NULL, signal, handler, handler ? d : NULL);
}

static int open_loop(struct tierd *d)
{
	sigset_t mask;
	int err;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signal(SIGPIPE, SIG_IGN);
	err = sd_event_default(&d->event);
	if (err >= 0)
		err = add_signal(d, SIGTERM, NULL);
	if (err >= 0)
		err = add_signal(d, SIGINT, NULL);
	if (err >= 0)
		err = add_signal(d, SIGHUP, reload);
	if (err >= 0)
		err = sd_event_add_time_relative(d->event, &d->timer, CLOCK_MONOTONIC, 0, 0,
						 timer_due, d);
	if (err >= 0)
		err = set_timer(d);
	if (err >= 0)
		err = sd_event_set_watchdog(d->event, true);
	return err;
}

static int open_parts(struct tierd *d)
{
	int err = open_loop(d);

	if (err < 0) {
		tierd_log(LOG_ERR, "no event loop: %s", strerror(-err));
		return err;
	}
	if (events_new(d) || policy_new(d) || path_new(d) || escalate_new(d)) {
		tierd_log(LOG_ERR, "out of memory");
		return -ENOMEM;
	}
	return open_ledger(d);
}

static void close_parts(struct tierd *d)
{
	http_stop(d);
	disconnect(d);
	path_disconnect(d);
	if (d->ledger && d->journal)
		events_flush(d);
	escalate_free(d);
	policy_free(d);
	path_free(d);
	events_free(d);
	ledger_close(d->ledger);
	state_free(&d->state);
	config_free(d->config);
	sd_event_source_unref(d->timer);
	sd_event_unref(d->event);
}

static int serve(struct tierd *d)
{
	int err;

	http_start(d);
	tierd_sample(d);
	tell_head(d);
	sd_notify(0, "READY=1");
	err = sd_event_loop(d->event);
	if (err < 0)
		tierd_log(LOG_ERR, "the event loop failed: %s", strerror(-err));
	sd_notify(0, "STOPPING=1");
	/* what was used since the last sample belongs into the ledger now */
	read_and_book(d);
	path_read_and_book(d);
	return err < 0 ? 1 : 0;
}

/* what comes of our own words is heard now: to the next run it would be lost */
static int once_only(struct tierd *d)
{
	int err = tierd_sample(d);

	feed_hear(d, &d->feed);
	feed_hear(d, &d->paths->feed);
	return err || d->changes_refused;
}

static int run(struct tierd *d, bool once)
{
	int ret = 1;

	/* fork before the loop is made: its descriptors do not survive one */
	if (!d->foreground && !once && !getenv("NOTIFY_SOCKET")) {
		if (daemon(0, 0)) {
			tierd_log(LOG_ERR, "cannot go to the background: %s", strerror(errno));
			return 1;
		}
		openlog("tierd", LOG_PID, LOG_DAEMON);
		to_syslog = true;
	}
	if (!open_parts(d))
		ret = once ? once_only(d) : serve(d);
	close_parts(d);
	return ret;
}

static int usage(FILE *f, int ret)
{
	fputs("usage: tierd [-c FILE] [-f] [--check-config] [--once]\n"
	      "  -c, --config FILE   configuration (" CONFIG_PATH ")\n"
	      "  -f, --foreground    stay in the foreground, write to stderr\n"
	      "      --check-config  read the configuration and the price plan, then exit\n"
	      "      --once          one sample and one look at the policies, then exit\n"
	      "      --version\n"
	      "  -h, --help          this text\n", f);
	return ret;
}

struct options {
	bool check, once;
};

/* -1 to go on, else the exit code */
static int take_options(struct tierd *d, struct options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "foreground", no_argument, NULL, 'f' },
		{ "check-config", no_argument, NULL, 'C' },
		{ "once", no_argument, NULL, '1' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:fh", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			d->config_path = optarg;
			break;
		case 'f':
			d->foreground = true;
			break;
		case 'C':
			o->check = true;
			break;
		case '1':
			o->once = true;
			break;
		case 'V':
			puts("tierd (dm-tier) " DM_TIER_VERSION);
			return 0;
		case 'h':
			return usage(stdout, 0);
		default:
			return usage(stderr, EXIT_CONFIG);
		}
	}
	return optind < argc ? usage(stderr, EXIT_CONFIG) : -1;
}

int main(int argc, char **argv)
{
	struct tierd d = { .config_path = CONFIG_PATH };
	struct options o = { 0 };
	char path[PATH_MAX];
	int ret;

	std_keep();
	ret = take_options(&d, &o, argc, argv);
	if (ret >= 0)
		return ret;
	/* the background's directory is /, and a reload reads the file again */
	if (realpath(d.config_path, path))
		d.config_path = path;
	d.config = load_config(d.config_path);
	if (!d.config)
		return EXIT_CONFIG;
	if (!o.check)
		return run(&d, o.once);
	config_free(d.config);
	return 0;
}
