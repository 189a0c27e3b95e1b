// SPDX-License-Identifier: GPL-2.0
/*
 * Optimistic: user space has cloned a task that shares everything with its
 * creator, and it comes to exchange what it should have of its own.
 */
#include <linux/file.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "restart.h"
#include "symbols.h"

/* Whether current is who it says; its creator is checked by restart_cling(). */
static int identify(const struct restart *r, u32 index)
{
	const struct rbi_task *record;
	const struct rbi_group *group;

	if (index >= r->image.count[RBI_SEC_TASKS])
		return -EINVAL;
	if (current->mm != r->host_mm || task_active_pid_ns(current) != r->pids)
		return -EPERM;
#ifdef CONFIG_IO_URING
	if (current->io_uring)
		return -EPERM; /* it would keep hold of the old mm and files */
#endif
	record = &r->image.tasks[index];
	group = &r->image.groups[record->group];
	if (task_pid_nr_ns(current, r->pids) != record->pid ||
	    thread_group_leader(current) != (group->leader == index) ||
	    task_tgid_nr_ns(current, r->pids) != r->image.tasks[group->leader].pid)
		return -ESRCH;
	return 0;
}

static int claim(struct restart *r, u32 index, int bit)
{
	int err = r->optimistic ? identify(r, index) : -EINVAL;

	if (!err && smp_load_acquire(&r->missing)) /* pairs with restart_give() */
		err = -ENOENT;
	if (!err && test_and_set_bit(bit, &r->tasks[index].claims))
		err = -EBUSY;
	return err ? restart_fail(r, err, RESTART_AT_CLAIM, index) : 0;
}

/* A thread group changes as one: before there are other threads. */
static int attach_sighand(struct restart_task *t)
{
	int err = get_nr_threads(current) == 1 ? restart_sighand(t) : -EBUSY;

	return err ? restart_fail(t->restart, err, RESTART_AT_SIGHAND, t->index) : 0;
}

int restart_attach_sighand(struct restart *r, struct file *device, u32 index)
{
	int err;

	restart_enter(r);
	err = claim(r, index, RESTART_CLAIMED_SIGHAND);
	if (!err)
		err = attach_sighand(&r->tasks[index]);
	restart_leave(r);
	return err;
}

/* What clone() did for a task of the `kernel` strategy. */
static int adopt(struct restart_task *t)
{
	const struct restart *r = t->restart;
	const struct rbi_task *record = restart_record(t);
	const struct rbi_group *group = &r->image.groups[record->group];
	int err;

	if (group->leader != t->index)
		return test_bit(RESTART_CLAIMED_SIGHAND, &r->tasks[group->leader].claims)
			       ? 0
			       : restart_fail(t->restart, -ESRCH, RESTART_AT_SIGHAND, t->index);
	err = restart_cling(t);
	if (err)
		return restart_fail(t->restart, err, RESTART_AT_CLAIM, t->index);
	if (current->exit_signal != group->exit_signal) {
		write_lock_irq(restart_tasklist_lock);
		current->exit_signal = group->exit_signal;
		write_unlock_irq(restart_tasklist_lock);
	}
	if (test_and_set_bit(RESTART_CLAIMED_SIGHAND, &t->claims))
		return 0;
	return attach_sighand(t);
}

/* Never returns to its caller, whose memory may be gone: the barrier is in between. */
int restart_attach(struct restart *r, struct file *device, u32 index)
{
	struct restart_task *t;
	int err;

	get_file(device); /* our table may hold the only reference */
	restart_enter(r);
	restart_block_all(NULL);
	err = claim(r, index, RESTART_CLAIMED);
	if (err) {
		send_sig(SIGKILL, current, 1);
		restart_leave(r);
	} else {
		t = &r->tasks[index];
		err = adopt(t) ?: restart_attach_all(t) ?: restart_complete(t);
		restart_end(t, err);
	}
	fput(device);
	return err;
}

/*
 * Has a task died in user space, before it came? That is so if one is dead, or
 * was seen and is gone, or does not exist while nobody is outside, twice, who
 * could create it: siblings may create each other, in any order. (A task of the
 * `kernel` strategy is never outside.)
 */
bool restart_lost(struct restart *r)
{
	bool missing = false;
	bool outside = false;
	bool lost = false;
	u32 i;

	rcu_read_lock();
	for (i = 0; !lost && i < r->image.count[RBI_SEC_TASKS]; i++) {
		struct restart_task *t = &r->tasks[i];
		struct task_struct *task;

		if (test_bit(RESTART_CLAIMED, &t->claims))
			continue;
		task = pid_task(find_pid_ns(r->image.tasks[i].pid, r->pids), PIDTYPE_PID);
		if (task && !READ_ONCE(task->exit_state)) {
			outside = true;
			set_bit(RESTART_SEEN, &t->claims);
		} else {
			missing = true;
			lost = task || test_bit(RESTART_SEEN, &t->claims);
		}
	}
	rcu_read_unlock();
	r->deserted = missing && !outside ? r->deserted + 1 : 0;
	return lost || r->deserted > 1;
}
