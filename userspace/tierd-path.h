/* SPDX-License-Identifier: GPL-2.0-only */
/* tierd's side of multipath: what its parts share */
#ifndef TIERD_PATH_H
#define TIERD_PATH_H

#include "tierd-path-meter.h"
#include "tierd.h"

struct attempt;
struct numbering;
struct taken;
struct unseen;

/* tierd-path.c; the policy's tries, and what it took off, are its own */
struct paths {
	struct dmtier *kernel;		/* NULL: the module is not there */
	bool missed;			/* said so already */
	struct feed feed;
	struct maps maps;
	struct path_last *last;		/* of paths that went; not booked yet */
	size_t nr_last;
	struct numbering *numbering;	/* of events */
	size_t nr_numberings;
	uint64_t all_since_ns;		/* what began later we have heard from its first event on */
	struct attempt *attempt;	/* to go back to the preferred group */
	size_t nr_attempts;
	struct taken *taken;		/* off, for flapping */
	size_t nr_taken;
	struct unseen *unseen;		/* marks of what is off, whose path is not there */
	size_t nr_unseen;
	bool converted;			/* no mark is of the kind of old */
	bool marks_told, sweep_told, numbers_told;	/* that the ledger takes no word of it */
	sd_event_source *again;		/* a sample that is wanted at once */
	uint64_t samples;
};

int path_new(struct tierd *d);
void path_free(struct tierd *d);
void path_disconnect(struct tierd *d);

/* one sample; 0 or -errno */
int path_read_and_book(struct tierd *d);
void path_again(struct tierd *d);	/* another one, at the loop's next turn */

/* tierd-path-events.c */
extern const struct feed_kind path_feed;

/* tierd-path-numbers.c; true: events were lost before this one */
bool path_numbers_event(struct tierd *d, const struct dmtier_path_event *e);
/* after a sample, and after all events that came before it */
void path_numbers_sample(struct tierd *d);
/* how far we have heard: to store, in the transaction of the records of it; is committed */
bool path_numbers_unstored(const struct tierd *d);
int path_numbers_store(struct tierd *d);
void path_numbers_stored(struct tierd *d);

/* tierd-path-policy.c, after each sample: settings, failback, paths that flap */
void path_policy(struct tierd *d);

/* tierd-path-flap.c, in this order; @m of the sample */
void path_flap_begin(struct tierd *d);
void path_flap_check(struct tierd *d, struct dmtier_map *m, uint32_t flap_off);
void path_flap_forget(struct tierd *d);
bool path_flap_event(struct tierd *d, const struct dmtier_path_event *e); /* true: look now */

/* tierd-path-escalate.c */
void path_escalate_event(struct tierd *d, const struct dmtier_path_event *e);
void path_escalate_check(struct tierd *d);
bool path_escalate_class(enum escalate_class class);	/* is it one of ours? */
bool path_escalate_left(const struct tierd *d, const char *subject);

#endif
