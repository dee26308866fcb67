// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trouble, told to people louder and louder
 *
 * Each trouble (a class and a subject, as one device) climbs its class's ladder:
 * journal, script, mail, each after its own time. When it ends, whoever was told
 * of it is told of that too.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tierd-path.h"

#define SUBJECT_LEN	192
#define TROUBLE_MAX	4096
#define CHILD_SECONDS	60
#define CHILDREN_MAX	16

enum rung { RUNG_JOURNAL, RUNG_SCRIPT, RUNG_MAIL, RUNG_NR };

struct trouble {
	enum escalate_class class;
	char subject[SUBJECT_LEN];
	char text[DMTIER_TEXT_LEN * 2];
	int64_t since_ms, last_ms, round_ms;	/* of now_ms() */
	bool told[RUNG_NR];
	bool ever[RUNG_NR];		/* in any round */
};

struct child {
	struct escalation *owner;
	pid_t pid;
	char what[PATH_MAX];
	sd_event_source *source;
	sd_event_source *limit;
};

struct escalation {
	size_t nr;
	struct trouble *trouble;
	struct child *child[CHILDREN_MAX];
};

/* hold times are spans: a wall clock that is set must not stretch or end them */
static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int escalate_new(struct tierd *d)
{
	d->escalation = calloc(1, sizeof(*d->escalation));
	return d->escalation ? 0 : -ENOMEM;
}

static void child_free(struct child *c)
{
	sd_event_source_unref(c->source);
	sd_event_source_unref(c->limit);
	for (int i = 0; i < CHILDREN_MAX; i++)
		if (c->owner->child[i] == c)
			c->owner->child[i] = NULL;
	free(c);
}

void escalate_free(struct tierd *d)
{
	if (!d->escalation)
		return;
	for (int i = 0; i < CHILDREN_MAX; i++)
		if (d->escalation->child[i])
			child_free(d->escalation->child[i]);
	free(d->escalation->trouble);
	free(d->escalation);
	d->escalation = NULL;
}

static int child_ended(sd_event_source *source, const siginfo_t *si, void *arg)
{
	struct child *c = arg;

	(void)source;
	if (si->si_code != CLD_EXITED || si->si_status)
		tierd_log(LOG_ERR, "escalation: %s ended with %s %d", c->what,
			  si->si_code == CLD_EXITED ? "status" : "signal", si->si_status);
	child_free(c);
	return 0;
}

static int child_late(sd_event_source *source, uint64_t now, void *arg)
{
	struct child *c = arg;

	(void)source;
	(void)now;
	tierd_log(LOG_ERR, "escalation: %s still runs after %d s; killed", c->what,
		  CHILD_SECONDS);
	kill(-c->pid, SIGKILL);
	return 0;
}

/* stdin from memory: a mailer that does not read never makes us wait */
static int input_of(const char *text)
{
	int fd = memfd_create("tierd-message", MFD_CLOEXEC);
	size_t len = strlen(text);

	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET)) {
		close(fd);
		return -EIO;
	}
	return fd;
}

static int start_process(pid_t *pid, char *const argv[], char *const envp[], const char *input)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, usual;
	int fd = input_of(input), err;

	if (fd < 0)
		return fd;
	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &usual);
	/* a group of its own, so that what a script has started ends with it */
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
				 POSIX_SPAWN_SETPGROUP);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, fd, STDIN_FILENO);
	err = posix_spawn(pid, argv[0], &files, &attr, argv, envp);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	close(fd);
	return -err;
}

/* never waits: the loop reaps it, or kills it when it takes too long */
static void run(struct tierd *d, char *const argv[], char *const envp[], const char *input)
{
	struct child *c;
	int slot = 0, err;

	while (slot < CHILDREN_MAX && d->escalation->child[slot])
		slot++;
	if (slot == CHILDREN_MAX) {
		tierd_log(LOG_ERR, "escalation: %s not started: %d others still run", argv[0],
			  CHILDREN_MAX);
		return;
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		return;
	c->owner = d->escalation;
	snprintf(c->what, sizeof(c->what), "%s", argv[0]);
	err = start_process(&c->pid, argv, envp, input);
	if (err) {
		tierd_log(LOG_ERR, "escalation: cannot start %s: %s", argv[0], strerror(-err));
		free(c);
		return;
	}
	d->escalation->child[slot] = c;
	err = sd_event_add_child(d->event, &c->source, c->pid, WEXITED, child_ended, c);
	if (err >= 0)
		err = sd_event_add_time_relative(d->event, &c->limit, CLOCK_MONOTONIC,
						 CHILD_SECONDS * 1000000ULL, 0, child_late, c);
	if (err < 0) {
		/* nobody would reap it, or end it */
		tierd_log(LOG_ERR, "escalation: cannot watch %s: %s; killed", c->what,
			  strerror(-err));
		kill(-c->pid, SIGKILL);
		c->source = sd_event_source_unref(c->source);
		waitpid(c->pid, NULL, 0);
		child_free(c);
	}
}

static void run_script(struct tierd *d, const struct trouble *t, const char *state,
		       const char *script)
{
	char class[64], subject[SUBJECT_LEN + 32], what[32], text[sizeof(t->text) + 32];
	char since[64];
	char *argv[] = { (char *)script, (char *)escalate_names[t->class],
			 (char *)t->subject, (char *)state, NULL };
	char *envp[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", class, subject, what, text,
			 since, NULL };

	snprintf(class, sizeof(class), "TIERD_CLASS=%s", escalate_names[t->class]);
	snprintf(subject, sizeof(subject), "TIERD_SUBJECT=%s", t->subject);
	snprintf(what, sizeof(what), "TIERD_STATE=%s", state);
	snprintf(text, sizeof(text), "TIERD_TEXT=%s", t->text);
	snprintf(since, sizeof(since), "TIERD_SINCE=%" PRId64,
		 (state_now_ms() - (now_ms() - t->since_ms)) / 1000);
	run(d, argv, envp, "");
}

/* pools are named by people: a line end must not become a header of the mail */
static void plain(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ')
			*text = '?';
}

static void run_mail(struct tierd *d, const struct trouble *t, const char *state,
		     const char *to)
{
	char message[2048], host[128] = "this host", subject[SUBJECT_LEN];
	char *argv[] = { d->config->sendmail, "-i", "--", (char *)to, NULL };
	char *envp[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };

	gethostname(host, sizeof(host) - 1);
	snprintf(subject, sizeof(subject), "%s", t->subject);
	plain(subject);
	snprintf(message, sizeof(message),
		 "To: %s\nSubject: [dm-tier] %s: %s %s (%s)\nAuto-Submitted: auto-generated\n\n"
		 "%s: %s %s: %s\nsince %" PRId64 " s\n",
		 to, host, escalate_names[t->class], subject, state, host,
		 escalate_names[t->class], subject, t->text,
		 (now_ms() - t->since_ms) / 1000);
	run(d, argv, envp, message);
}

static void tell(struct tierd *d, struct trouble *t, enum rung rung, const char *state)
{
	const struct config_ladder *l = &d->config->ladder[t->class];

	t->told[rung] = true;
	t->ever[rung] = true;
	switch (rung) {
	case RUNG_JOURNAL:
		tierd_log(!strcmp(state, "ended") ? LOG_NOTICE : LOG_WARNING,
			  "%s: %s: %s (%s)", escalate_names[t->class], t->subject, t->text,
			  state);
		break;
	case RUNG_SCRIPT:
		run_script(d, t, state, l->script);
		break;
	default:
		run_mail(d, t, state, l->mail);
		break;
	}
}

static bool has_rung(const struct config_ladder *l, enum rung rung, uint32_t *after)
{
	switch (rung) {
	case RUNG_JOURNAL:
		*after = l->journal_after;
		return l->journal;
	case RUNG_SCRIPT:
		*after = l->script_after;
		return l->script[0];
	default:
		*after = l->mail_after;
		return l->mail[0];
	}
}

static void climb(struct tierd *d, struct trouble *t, int64_t now)
{
	const struct config_ladder *l = &d->config->ladder[t->class];
	uint32_t after;

	if (l->repeat && now - t->round_ms >= l->repeat * 1000LL) {
		t->round_ms = now;
		memset(t->told, 0, sizeof(t->told));
	}
	for (enum rung r = 0; r < RUNG_NR; r++)
		if (has_rung(l, r, &after) && !t->told[r] &&
		    now - t->round_ms >= after * 1000LL)
			tell(d, t, r, "lasts");
}

static struct trouble *find(struct escalation *e, enum escalate_class class,
			    const char *subject)
{
	for (size_t i = 0; i < e->nr; i++)
		if (e->trouble[i].class == class && !strcmp(e->trouble[i].subject, subject))
			return &e->trouble[i];
	return NULL;
}

void escalate_raise(struct tierd *d, enum escalate_class class, const char *subject,
		    const char *text)
{
	struct escalation *e = d->escalation;
	struct trouble *t = find(e, class, subject), *more;
	int64_t now = now_ms();

	if (!t) {
		more = e->nr < TROUBLE_MAX ?
		       realloc(e->trouble, (e->nr + 1) * sizeof(*more)) : NULL;
		if (!more)
			return;
		e->trouble = more;
		t = &more[e->nr++];
		memset(t, 0, sizeof(*t));
		t->class = class;
		t->since_ms = now;
		t->round_ms = now;
		snprintf(t->subject, sizeof(t->subject), "%s", subject);
	}
	t->last_ms = now;
	snprintf(t->text, sizeof(t->text), "%s", text);
	climb(d, t, now);
}

void escalate_hold(struct tierd *d, enum escalate_class class, const char *subject,
		   const char *text)
{
	struct trouble *t = find(d->escalation, class, subject);

	if (!t) {
		escalate_raise(d, class, subject, text);
		return;
	}
	t->last_ms = now_ms();
	climb(d, t, t->last_ms);
}

static void end_trouble(struct tierd *d, struct trouble *t)
{
	struct escalation *e = d->escalation;
	const struct config_ladder *l = &d->config->ladder[t->class];
	uint32_t after;

	for (enum rung r = 0; r < RUNG_NR; r++)
		if (t->ever[r] && has_rung(l, r, &after))
			tell(d, t, r, "ended");
	*t = e->trouble[--e->nr];
}

void escalate_clear(struct tierd *d, enum escalate_class class, const char *subject)
{
	struct trouble *t = find(d->escalation, class, subject);

	if (t)
		end_trouble(d, t);
}

size_t escalate_count(const struct tierd *d, enum escalate_class class)
{
	size_t n = 0;

	for (size_t i = 0; i < d->escalation->nr; i++)
		n += d->escalation->trouble[i].class == class;
	return n;
}

void escalate_event(struct tierd *d, const struct dmtier_event *e)
{
	char subject[SUBJECT_LEN], text[DMTIER_TEXT_LEN * 2];

	if (!strcmp(e->event, "no-space")) {
		snprintf(text, sizeof(text), "LUN %" PRIu32 " finds no free extent", e->lun);
		escalate_raise(d, ESCALATE_NO_SPACE, e->pool, text);
	} else if (!strcmp(e->event, "space-back")) {
		escalate_clear(d, ESCALATE_NO_SPACE, e->pool);
	} else if (!strcmp(e->event, "tier-low")) {
		snprintf(subject, sizeof(subject), "%s/%s", e->pool, e->tier);
		snprintf(text, sizeof(text), "%" PRIu64 " of %" PRIu64 " extents are in use",
			 e->used, e->total);
		escalate_raise(d, ESCALATE_TIER_LOW, subject, text);
	} else if (!strcmp(e->event, "metadata")) {
		snprintf(text, sizeof(text), "mode %s: %s", e->mode, e->reason);
		escalate_raise(d, ESCALATE_METADATA, e->pool, text);
	} else if (!strcmp(e->event, "move-failed")) {
		snprintf(subject, sizeof(subject), "%s/%s", e->pool,
			 e->to_dev[0] ? e->to_dev : e->to);
		snprintf(text, sizeof(text), "LUN %" PRIu32 " extent %" PRIu64 ": %s %s",
			 e->lun, e->logical, e->error ? strerror((int)e->error) : "",
			 e->reason);
		escalate_raise(d, ESCALATE_MOVE_FAILED, subject, text);
	}
}

/* what the state shows, whether or not an event told of it */
static void check_device(struct tierd *d, const struct dmtier_dev *dev)
{
	bool bad = !strcmp(dev->state, "failed") || !strcmp(dev->state, "missing");
	char subject[SUBJECT_LEN], text[128];

	/* by index: a missing member has no number of its own any more */
	snprintf(subject, sizeof(subject), "%s/%" PRIu32, dev->pool, dev->index);
	if (!bad) {
		escalate_clear(d, ESCALATE_DEVICE, subject);
		return;
	}
	snprintf(text, sizeof(text), "member %s of tier %s is %s", dev->dev, dev->tier,
		 dev->state);
	escalate_raise(d, ESCALATE_DEVICE, subject, text);
}

static void check_tier(struct tierd *d, const struct dmtier_tier *tier)
{
	const struct dmtier_pool *p = state_pool(&d->state, tier->pool);
	char subject[SUBJECT_LEN];

	snprintf(subject, sizeof(subject), "%s/%s", tier->pool, tier->name);
	/* the planner keeps @headroom free: with that back, the tier is well */
	if (p && (tier->total - tier->used) * 100 >= tier->total * p->headroom)
		escalate_clear(d, ESCALATE_TIER_LOW, subject);
}

static void check_pool(struct tierd *d, const struct dmtier_pool *p)
{
	char text[96];

	snprintf(text, sizeof(text), "the pool's mode is %s", p->mode);
	if (strcmp(p->mode, "rw"))
		escalate_raise(d, ESCALATE_METADATA, p->name, text);
}

static bool pool_left(const struct tierd *d, const struct trouble *t)
{
	char pool[SUBJECT_LEN];

	snprintf(pool, sizeof(pool), "%s", t->subject);
	pool[strcspn(pool, "/")] = '\0';
	return !state_pool(&d->state, pool);
}

/* trouble that nothing ends ends by itself; what the state shows keeps it alive */
static bool over(struct tierd *d, const struct trouble *t, int64_t now)
{
	if (t->class == ESCALATE_NO_SPACE || t->class == ESCALATE_TIER_LOW)
		return pool_left(d, t);
	if (path_escalate_class(t->class) && path_escalate_left(d, t->subject))
		return true;
	if (t->class == ESCALATE_QUEUE_TIMEOUT || t->class == ESCALATE_GROUP_SWITCHED)
		return false;
	return now - t->last_ms >= d->config->ladder[t->class].clear * 1000LL;
}

void escalate_check(struct tierd *d)
{
	struct escalation *e = d->escalation;
	int64_t now = now_ms();

	for (size_t i = 0; i < d->state.nr_devs; i++)
		check_device(d, &d->state.dev[i]);
	for (size_t i = 0; i < d->state.nr_tiers; i++)
		check_tier(d, &d->state.tier[i]);
	for (size_t i = 0; i < d->state.nr_pools; i++)
		check_pool(d, &d->state.pool[i]);
	path_escalate_check(d);
	for (size_t i = e->nr; i-- > 0;) {
		if (over(d, &e->trouble[i], now))
			end_trouble(d, &e->trouble[i]);
		else
			climb(d, &e->trouble[i], now);
	}
}
