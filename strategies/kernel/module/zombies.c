// SPDX-License-Identifier: GPL-2.0
/* Children that have ended and were not waited for: they are created and end. */
#include <linux/delay.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "restart.h"
#include "symbols.h"

/* The newborn's: whoever makes it may be killed and gone before it reads this. */
struct birth {
	struct restart *restart;
	const struct rbi_zombie *record;
};

static int live_shortly(void *argument)
{
	struct birth birth = *(struct birth *)argument;
	u32 status = birth.record->status;

	kfree(argument);
	HIDDEN(__set_task_comm)(current, birth.record->name, false);
	if (birth.record->sid == birth.record->pid) {
		HIDDEN(ksys_setsid)();
	} else if (birth.record->pgid == birth.record->pid) {
		write_lock_irq(restart_tasklist_lock);
		HIDDEN(change_pid)(current, PIDTYPE_PGID, task_pid(current));
		write_unlock_irq(restart_tasklist_lock);
	}
	restart_leave(birth.restart);
	HIDDEN(do_group_exit)(status);
	return 0; /* not reached */
}

/* Until it is a zombie, or has gone, as its parent ignores it. */
static int await_end(struct restart *r, u32 pid)
{
	for (;;) {
		struct task_struct *task;
		int state = 0;

		/* Under this lock a task becomes a zombie and tells its parent. */
		read_lock(restart_tasklist_lock);
		task = pid_task(find_pid_ns(pid, r->pids), PIDTYPE_TGID);
		if (task)
			state = task->exit_state;
		read_unlock(restart_tasklist_lock);
		if (!task || state & EXIT_DEAD)
			return -ECHILD;
		if (state & EXIT_ZOMBIE)
			return 0;
		if (fatal_signal_pending(current))
			return -EINTR;
		usleep_range(50, 200);
	}
}

static int make(struct restart *r, const struct rbi_zombie *record)
{
	struct birth *birth;
	pid_t pid = record->pid;
	struct kernel_clone_args args = {
		/* It borrows what it needs; its parent waits until it no longer does. */
		.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_UNTRACED | CLONE_VFORK,
		.exit_signal = record->exit_signal,
		.fn = live_shortly,
		.set_tid = &pid,
		.set_tid_size = 1,
	};
	int err = restart_step(r);

	if (err)
		return err;
	birth = kmalloc(sizeof(*birth), GFP_KERNEL_ACCOUNT);
	if (!birth)
		return -ENOMEM;
	*birth = (struct birth){ r, record };
	args.fn_arg = birth;
	restart_enter(r);
	err = HIDDEN(kernel_clone)(&args);
	if (err < 0) {
		kfree(birth);
		restart_leave(r);
		return err;
	}
	return await_end(r, record->pid);
}

/* The image says what is pending: not what the ends of these have left. */
static void forget_ends(void)
{
	spin_lock_irq(&current->sighand->siglock);
	HIDDEN(flush_sigqueue)(&current->signal->shared_pending);
	spin_unlock_irq(&current->sighand->siglock);
}

int restart_zombies(struct restart_task *t)
{
	struct restart *r = t->restart;
	u32 group = restart_record(t)->group;
	bool made = false;
	u32 i;

	if (!r->image.count[RBI_SEC_ZOMBIES] || !restart_is_leader(&r->image, t->index))
		return 0;
	for (i = 0; i < r->image.count[RBI_SEC_ZOMBIES]; i++) {
		int err;

		if (r->image.zombies[i].parent != group)
			continue;
		err = make(r, &r->image.zombies[i]);
		if (err)
			return err;
		made = true;
	}
	if (made)
		forget_ends();
	return 0;
}
