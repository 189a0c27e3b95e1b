// SPDX-License-Identifier: GPL-2.0
/* Dispositions of signals and queued signals. */
#include <linux/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "check.h"

#define ACTION_WRONG(member) \
	restart_wrong(fault, RBI_SEC_ACTIONS, i, offsetof(struct rbi_action, member))
#define PENDING_WRONG(member) \
	restart_wrong(fault, RBI_SEC_PENDING, i, offsetof(struct rbi_siginfo, member))

#define HANDLER_DEFAULT 0
#define HANDLER_IGNORE 1
/* Not SA_IMMUTABLE, which is the kernel's own. */
#define ACTION_FLAGS                                                                       \
	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER | \
	 SA_RESETHAND | SA_EXPOSE_TAGBITS | SA_RESTORER)
#define STOP_SIGNALS (sigmask(SIGTSTP) | sigmask(SIGTTIN) | sigmask(SIGTTOU))

static bool valid_number(s64 signal)
{
	return signal >= 1 && signal <= RBI_NR_SIGNALS && signal != SIGKILL && signal != SIGSTOP;
}

static int check_action(const struct restart_image *image, u32 i, bool first,
			struct restart_fault *fault)
{
	const struct rbi_action *action = &image->actions[i];

	if (!valid_number(action->signal) || (!first && action->signal <= action[-1].signal))
		return ACTION_WRONG(signal);
	if (action->reserved)
		return ACTION_WRONG(reserved);
	if (action->handler == HANDLER_DEFAULT ||
	    (action->handler != HANDLER_IGNORE && !restart_user_address(action->handler)))
		return ACTION_WRONG(handler);
	if (action->flags & ~(u64)ACTION_FLAGS)
		return ACTION_WRONG(flags);
	if (action->flags & SA_RESTORER ? !restart_user_address(action->restorer)
					: action->restorer != 0)
		return ACTION_WRONG(restorer);
	if (action->mask & (sigmask(SIGKILL) | sigmask(SIGSTOP)))
		return ACTION_WRONG(mask);
	return 0;
}

/* @process: signals that are pending in the queues of this process so far */
static int check_queue(const struct restart_image *image, u32 first, u32 count, u64 *process,
		       struct restart_fault *fault)
{
	u64 seen = 0;
	u32 i;

	for (i = first; i < first + count; i++) {
		const struct rbi_siginfo *info = &image->pending[i];

		if (!valid_number(info->signo))
			return PENDING_WRONG(signo);
		if (info->reserved)
			return PENDING_WRONG(reserved);
		/* A standard signal that is pending is not queued again. */
		if (info->signo < SIGRTMIN && seen & sigmask(info->signo))
			return PENDING_WRONG(signo);
		seen |= sigmask(info->signo);
		/* The kernel keeps the first 48 bytes of a siginfo_t. */
		if (memchr_inv((const void *)info + sizeof(struct kernel_siginfo), 0,
			       sizeof(*info) - sizeof(struct kernel_siginfo)))
			return restart_beyond(fault, RBI_SEC_PENDING, i,
					      sizeof(struct kernel_siginfo));
		/* Queueing SIGCONT removes stop signals, and the other way round. */
		*process |= sigmask(info->signo);
		if (*process & sigmask(SIGCONT) && *process & STOP_SIGNALS)
			return restart_beyond(fault, RBI_SEC_PENDING, i,
					      offsetof(struct rbi_siginfo, signo));
	}
	return 0;
}

/* A process' shared queue and those of its threads. */
static int check_pending(const struct restart_image *image, struct restart_fault *fault)
{
	u64 *processes = kvcalloc(image->count[RBI_SEC_GROUPS], sizeof(u64), GFP_KERNEL_ACCOUNT);
	int err = 0;
	u32 i;

	if (!processes)
		return -ENOMEM;
	for (i = 0; !err && i < image->count[RBI_SEC_TASKS]; i++)
		if (image->tasks[i].pending_count)
			err = check_queue(image, image->tasks[i].pending_first,
					  image->tasks[i].pending_count,
					  &processes[image->tasks[i].group], fault);
	for (i = 0; !err && i < image->count[RBI_SEC_GROUPS]; i++)
		if (image->groups[i].pending_count)
			err = check_queue(image, image->groups[i].pending_first,
					  image->groups[i].pending_count, &processes[i], fault);
	kvfree(processes);
	return err;
}

int restart_check_signals(const struct restart_image *image, struct restart_fault *fault)
{
	int err = 0;
	u32 i, k;

	for (i = 0; !err && i < image->count[RBI_SEC_SIGHANDS]; i++) {
		const struct rbi_sighand *sighand = &image->sighands[i];

		for (k = 0; !err && k < sighand->action_count; k++)
			err = check_action(image, sighand->action_first + k, !k, fault);
	}
	if (!err && image->count[RBI_SEC_PENDING])
		err = check_pending(image, fault);
	return err;
}
