// SPDX-License-Identifier: GPL-2.0
/* Processes that have ended and were not waited for. */
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "check.h"

#define ZOMBIE_WRONG(member) \
	restart_wrong(fault, RBI_SEC_ZOMBIES, i, offsetof(struct rbi_zombie, member))

#define PID_FIRST 2		  /* 1 is the init of the pid namespace */
#define PID_LAST ((1u << 22) - 1) /* PID_MAX_LIMIT */

/* An exit code in the second byte, or the number of a signal: wait(2). */
static bool is_status(u32 status)
{
	return status & 0x7f ? status <= RBI_NR_SIGNALS : status <= 0xff00 && !(status & 0xff);
}

static bool is_taken(const struct restart_image *image, u32 i)
{
	u32 pid = image->zombies[i].pid;
	u32 k;

	for (k = 0; k < image->count[RBI_SEC_TASKS]; k++)
		if (image->tasks[k].pid == pid)
			return true;
	for (k = 0; k < image->count[RBI_SEC_GROUPS]; k++)
		if (image->groups[k].pgid == pid || image->groups[k].sid == pid)
			return true;
	for (k = 0; k < i; k++)
		if (image->zombies[k].pid == pid)
			return true;
	return false;
}

static int check_zombie(const struct restart_image *image, u32 i, struct restart_fault *fault)
{
	const struct rbi_zombie *zombie = &image->zombies[i];
	size_t length = strnlen(zombie->name, RBI_NAME_LEN);
	const struct rbi_group *parent;

	if (zombie->pid < PID_FIRST || zombie->pid > PID_LAST)
		return ZOMBIE_WRONG(pid);
	if (zombie->parent >= image->count[RBI_SEC_GROUPS])
		return ZOMBIE_WRONG(parent);
	parent = &image->groups[zombie->parent];
	if (zombie->sid != zombie->pid && zombie->sid != parent->sid)
		return ZOMBIE_WRONG(sid);
	if (zombie->pgid != zombie->pid &&
	    (zombie->sid == zombie->pid || zombie->pgid != parent->pgid))
		return ZOMBIE_WRONG(pgid);
	if (zombie->exit_signal > RBI_NR_SIGNALS)
		return ZOMBIE_WRONG(exit_signal);
	if (!is_status(zombie->status))
		return ZOMBIE_WRONG(status);
	if (length == RBI_NAME_LEN || memchr_inv(zombie->name + length, 0, RBI_NAME_LEN - length))
		return ZOMBIE_WRONG(name);
	return is_taken(image, i) ? ZOMBIE_WRONG(pid) : 0;
}

int restart_check_zombies(const struct restart_image *image, struct restart_fault *fault)
{
	int err = 0;
	u32 i;

	if (image->count[RBI_SEC_ZOMBIES] > RESTART_MAX_TASKS)
		return restart_wrong(fault, RBI_SEC_ZOMBIES, RESTART_MAX_TASKS, RBI_NONE);
	for (i = 0; !err && i < image->count[RBI_SEC_ZOMBIES]; i++) {
		err = check_zombie(image, i, fault);
		if (fatal_signal_pending(current))
			err = -EINTR; /* it may take long */
		cond_resched();
	}
	return err;
}
