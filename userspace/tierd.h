/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of tierd share. One thread, one event loop; every part is
 * called from it and never waits for anything but the kernel's netlink answers,
 * the disk of the ledger, and nothing else.
 */
#ifndef TIERD_H
#define TIERD_H

#include <syslog.h>
#include <systemd/sd-event.h>

#include "audit.h"
#include "tierd-config.h"
#include "tierd-feed.h"
#include "tierd-meter.h"
#include "tierd-state.h"

struct escalation;
struct http;
struct policy;
struct journal;
struct paths;

struct tierd {
	const char *config_path;
	struct config *config;
	bool foreground;
	bool kernel_missed;		/* said so already */
	sd_event *event;
	sd_event_source *timer;
	struct dmtier *kernel;		/* NULL: the dm-tier module is not there */
	struct feed feed;
	struct ledger *ledger;
	char ledger_path[PATH_MAX];	/* of the one that is open */
	struct state state;
	struct paths *paths;		/* the same of the dm-mpath-ext module */
	struct policy *policy;
	struct escalation *escalation;
	struct journal *journal;
	struct http *http;
	uint64_t samples;
	uint64_t samples_failed;
	uint64_t events_seen;
	uint64_t events_lost;
	uint64_t events_overruns;	/* of the socket */
	uint64_t moves_asked;
	uint64_t changes_refused;
};

/* tierd.c */
void tierd_log(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));
int tierd_sample(struct tierd *d);	/* read, book, apply, judge */
const char *tierd_consumer(const char *pool, uint32_t lun, void *tierd);	/* whom to bill */

/* tierd-apply.c: settings of the configuration into the kernel, where they differ */
void apply_all(struct tierd *d);
void apply_refused(struct tierd *d, const char *where, const struct config_setting *s,
		   const char *why);	/* told once, not at each sample */

/* tierd-policy.c: whole LUNs up and down */
int policy_new(struct tierd *d);
void policy_free(struct tierd *d);
void policy_threshold(struct tierd *d, const struct dmtier_event *e);
void policy_check(struct tierd *d);	/* after each sample */

/* tierd-events.c: what the kernel tells; and the audit records made of it */
int events_new(struct tierd *d);
void events_free(struct tierd *d);
void events_flush(struct tierd *d);	/* write audit records that wait */
struct audit_record *events_record(struct tierd *d, const char *kind);	/* NULL: no room */
/* of a pool or a map; @uuid may be NULL */
void events_loss(struct tierd *d, const char *name, const uint8_t *uuid, const char *what);
/* after the event numbered @last came @seq: tells if some between them did not */
bool events_missed(struct tierd *d, const char *name, const uint8_t *uuid, uint64_t *last,
		   uint64_t seq);
extern const struct feed_kind tier_feed;

/* tierd-escalate.c: trouble, told to people louder and louder */
int escalate_new(struct tierd *d);
void escalate_free(struct tierd *d);
void escalate_raise(struct tierd *d, enum escalate_class class, const char *subject,
		    const char *text);
/* as raise, but of a trouble that is known already the text stays */
void escalate_hold(struct tierd *d, enum escalate_class class, const char *subject,
		   const char *text);
void escalate_clear(struct tierd *d, enum escalate_class class, const char *subject);
void escalate_event(struct tierd *d, const struct dmtier_event *e);
void escalate_check(struct tierd *d);	/* after each sample: what lasts, what ended */
size_t escalate_count(const struct tierd *d, enum escalate_class class);

/* tierd-http.c */
int http_start(struct tierd *d);	/* again after a reload: the port may be another */
void http_stop(struct tierd *d);

/* tierd-metrics.c, tierd-page.c: what it serves; malloc'd, NULL without memory */
char *metrics_text(const struct tierd *d, size_t *len);
char *page_html(const struct tierd *d, size_t *len);

#endif
