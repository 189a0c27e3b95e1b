// SPDX-License-Identifier: GPL-2.0
/*
 * The barrier: complete tasks wait for the verdict. Each sleeps once and is
 * woken by itself, without a queue that all of them would lock.
 */
#include <linux/ktime.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>

#include "errand.h"
#include "restart.h"

void restart_arrive(struct restart *r)
{
	if (atomic_dec_and_test(&r->awaited)) {
		WRITE_ONCE(r->ready_ns, ktime_get_ns());
		complete_all(&r->arrived);
	}
}

/* Returns 0 to run, or the error to die of. */
int restart_stand(struct restart_task *t)
{
	struct restart *r = t->restart;

	WRITE_ONCE(t->sleeper, current);
	restart_arrive(r);
	for (;;) {
		set_current_state(TASK_KILLABLE | TASK_FREEZABLE); /* before the verdict is read */
		if (atomic_read_acquire(&r->verdict))
			break;
		if (fatal_signal_pending(current)) {
			__set_current_state(TASK_RUNNING);
			restart_fail(r, -EINTR, RESTART_AT_BARRIER, t->index);
			break;
		}
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	xchg(&t->sleeper, NULL);
	return restart_error(r);
}

/*
 * After the verdict. A task that sees the verdict by itself takes its name off;
 * whoever finds the name wakes it, and RCU keeps its task_struct until then.
 */
void restart_wake_all(struct restart *r)
{
	u32 i;

	smp_mb(); /* the verdict before the sleepers; pairs with set_current_state() */
	for (i = 0; r->tasks && i < r->image.count[RBI_SEC_TASKS]; i++) {
		struct task_struct *sleeper;

		if (!READ_ONCE(r->tasks[i].sleeper))
			continue;
		rcu_read_lock();
		sleeper = xchg(&r->tasks[i].sleeper, NULL);
		if (sleeper)
			wake_up_process(sleeper);
		rcu_read_unlock();
	}
}

/* The coordinator waits until all tasks stand at the barrier. */
int restart_await(struct restart *r)
{
	u64 since = restart_clock();
	long left;

	do {
		/* Tasks that die in user mode are invisible here: look for them. */
		left = wait_for_completion_killable_timeout(
			&r->arrived, r->optimistic || r->errands ? HZ / 10 : MAX_SCHEDULE_TIMEOUT);
		if (left < 0)
			restart_fail(r, -EINTR, RESTART_AT_BARRIER, RBI_NONE);
		else if (!left && ((r->optimistic && restart_lost(r)) || restart_strayed(r)))
			restart_fail(r, -ESRCH, RESTART_AT_BARRIER, RBI_NONE);
	} while (!left);
	restart_account(r, RESTART_STAGE_BARRIER, since);
	return restart_error(r);
}

/*
 * Current dies with its parent, and the restart with it: as one that stands at
 * the barrier. Must be undone before any task leaves the barrier.
 */
int restart_cling(struct restart_task *t)
{
	const struct restart *r = t->restart;
	u32 creator = restart_creator(&r->image, t->index);
	bool orphan;

	current->pdeath_signal = SIGKILL;
	smp_mb(); /* whoever changes the parent after we looked sees it */
	rcu_read_lock();
	if (creator == RBI_NONE)
		orphan = rcu_dereference(current->real_parent) != r->coordinator;
	else
		orphan = task_tgid_nr_ns(rcu_dereference(current->real_parent), r->pids) !=
			 r->image.tasks[creator].pid;
	rcu_read_unlock();
	return orphan ? -EOWNERDEAD : 0;
}

/* What the image says: prctl(PR_SET_PDEATHSIG). */
static int death_signal(const struct restart *r, u32 task)
{
	u32 record = r->image.tasks[task].credentials;

	return record == RBI_NONE ? 0 : r->image.credentials[record].death_signal;
}

/* All stand at the barrier; before the commit, as their parents may exit after it. */
void restart_part(struct restart *r)
{
	u32 i;

	for (i = 0; i < r->image.count[RBI_SEC_TASKS]; i++) {
		struct task_struct *sleeper;

		rcu_read_lock();
		sleeper = READ_ONCE(r->tasks[i].sleeper);
		if (sleeper)
			sleeper->pdeath_signal = death_signal(r, i);
		rcu_read_unlock();
		if (!r->optimistic && !r->image.count[RBI_SEC_CREDENTIALS])
			break; /* only the root clings */
	}
}
