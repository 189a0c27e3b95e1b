// SPDX-License-Identifier: GPL-2.0
/*
 * Queued signals, interval timers and masks. All signals stay blocked until a
 * task runs: one that is blocked is kept whatever its disposition, and a signal
 * pending in a task would make its fork() fail.
 */
#include <linux/posix-timers.h>
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <linux/time64.h>

#include "restart.h"
#include "symbols.h"

void restart_block_all(sigset_t *old)
{
	sigset_t all;

	sigfillset(&all);
	sigdelsetmask(&all, sigmask(SIGKILL) | sigmask(SIGSTOP));
	sigprocmask(SIG_SETMASK, &all, old);
}

void restart_unblock(u64 blocked)
{
	sigset_t set = { .sig = { blocked } };

	sigprocmask(SIG_SETMASK, &set, NULL);
}

/* Without memory for it, a standard signal would lose its siginfo silently. */
static bool queued(const struct sigpending *pending, int signo)
{
	bool found = false;

	spin_lock_irq(&current->sighand->siglock);
	if (!list_empty(&pending->list)) {
		const struct sigqueue *last =
			list_last_entry(&pending->list, struct sigqueue, list);

		found = last->info.si_signo == signo;
	}
	spin_unlock_irq(&current->sighand->siglock);
	return found;
}

static int queue(struct restart *r, u32 first, u32 count, enum pid_type type)
{
	const struct sigpending *pending =
		type == PIDTYPE_PID ? &current->pending : &current->signal->shared_pending;
	u32 i;

	for (i = first; i < first + count; i++) {
		struct kernel_siginfo info;
		int err = restart_step(r);

		/* siginfo_t begins with what the kernel keeps of it. */
		memcpy(&info, &r->image.pending[i], sizeof(info));
		if (!err)
			err = HIDDEN(do_send_sig_info)(info.si_signo, &info, current, type);
		if (!err && !queued(pending, info.si_signo))
			err = -EAGAIN;
		if (err)
			return err;
	}
	return 0;
}

static void set_real_timer(const struct rbi_itimer *timer)
{
	struct signal_struct *signal = current->signal;

	spin_lock_irq(&current->sighand->siglock);
	signal->it_real_incr = ns_to_ktime(timer->interval * NSEC_PER_USEC);
	if (timer->value)
		hrtimer_start(&signal->real_timer, ns_to_ktime(timer->value * NSEC_PER_USEC),
			      HRTIMER_MODE_REL);
	spin_unlock_irq(&current->sighand->siglock);
}

/* As set_cpu_itimer(): the tick that has begun does not count. */
static void set_cpu_timer(const struct rbi_itimer *timer, unsigned int clock)
{
	struct cpu_itimer *it = &current->signal->it[clock];
	u64 value = timer->value * NSEC_PER_USEC;
	u64 before = 0;

	spin_lock_irq(&current->sighand->siglock);
	if (value) {
		value += TICK_NSEC;
		HIDDEN(set_process_cpu_timer)(current, clock, &value, &before);
	}
	it->expires = value;
	it->incr = timer->interval * NSEC_PER_USEC;
	spin_unlock_irq(&current->sighand->siglock);
}

static int set_timers(struct restart *r, const struct rbi_group *group)
{
	static const u32 clocks[] = { 0, CPUCLOCK_VIRT, CPUCLOCK_PROF }; /* by ITIMER_* */
	u32 i;

	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		const struct rbi_itimer *timer = &group->itimers[i];
		int err;

		if (!timer->value && !timer->interval)
			continue;
		err = restart_step(r);
		if (err)
			return err;
		if (i == 0)
			set_real_timer(timer);
		else
			set_cpu_timer(timer, clocks[i]);
	}
	return 0;
}

int restart_signals(struct restart_task *t)
{
	struct restart *r = t->restart;
	const struct rbi_task *record = restart_record(t);
	const struct rbi_group *group = &r->image.groups[record->group];
	int err = 0;

	if (record->pending_count)
		err = queue(r, record->pending_first, record->pending_count, PIDTYPE_PID);
	if (err || group->leader != t->index)
		return err;
	if (group->pending_count)
		err = queue(r, group->pending_first, group->pending_count, PIDTYPE_TGID);
	return err ?: set_timers(r, group);
}
