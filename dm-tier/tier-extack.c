// SPDX-License-Identifier: GPL-2.0-only
/*
 * Texts made at run time for netlink's extended acknowledgments.
 *
 * An extack carries a pointer, which the netlink core follows when the handler
 * has returned and then forgets: in the same task, before that task can send
 * its next request. Formatted extacks, with a buffer of their own, came with
 * 6.2 and hold 80 characters, too few for ours. So texts are kept here, a slot
 * a task: a task writes over its own last text, which was delivered, else over
 * the text that is the oldest. For that to be one not yet delivered, a task
 * would have to sleep in the core, whose only sleep there is for memory, while
 * as many other tasks as there are slots, all of them with CAP_SYS_ADMIN, get
 * an error; and what it would deliver is then another's text: slots always end
 * in a NUL. The module stays while a text is in use: genetlink holds its lock
 * against unregistering, or a reference for a dump, until the answer is made.
 */
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "tier-extack.h"

#define TIER_TEXTS	64
#define TIER_TEXT_LEN	160

struct tier_text {
	pid_t task;	/* 0: never used */
	u64 stamp;
	char text[TIER_TEXT_LEN];
};

static DEFINE_SPINLOCK(tier_texts_lock);
static struct tier_text tier_texts[TIER_TEXTS];
static u64 tier_texts_clock;

/* this task's slot, or the one that was not used for longest */
static struct tier_text *tier_text_slot(pid_t task)
{
	struct tier_text *oldest = &tier_texts[0];
	unsigned int i;

	for (i = 0; i < TIER_TEXTS; i++) {
		struct tier_text *slot = &tier_texts[i];

		if (slot->task == task)
			return slot;
		if (slot->stamp < oldest->stamp)
			oldest = slot;
	}
	return oldest;
}

void tier_extack_set(struct netlink_ext_ack *extack, const char *text)
{
	struct tier_text *slot;

	if (!extack || !*text)
		return;
	spin_lock(&tier_texts_lock);
	slot = tier_text_slot(task_pid_nr(current));
	slot->task = task_pid_nr(current);
	slot->stamp = ++tier_texts_clock;
	strscpy(slot->text, text, sizeof(slot->text));
	spin_unlock(&tier_texts_lock);
	extack->_msg = slot->text;
}
