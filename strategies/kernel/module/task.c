// SPDX-License-Identifier: GPL-2.0
/*
 * Tasks. kernel_clone() starts them in a kernel function, sharing all that they
 * need not have of their own; there a task attaches its objects, creates its
 * children and completes itself. Then it goes to user mode the way a new task
 * does; the barrier stands on that way.
 */
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/task_work.h>

#include "errand.h"
#include "restart.h"
#include "symbols.h"

static int failed(struct restart_task *t, int err, u32 where)
{
	return restart_fail(t->restart, err, where, t->index);
}

int restart_attach_all(struct restart_task *t)
{
	u64 since = restart_clock();
	int err = restart_fs(t);

	if (err)
		return failed(t, err, RESTART_AT_FS);
	err = restart_found(t);
	if (err)
		return failed(t, err, RESTART_AT_SESSION);
	err = restart_mm(t);
	if (err)
		return failed(t, err, RESTART_AT_MM);
	err = restart_descriptors(t);
	if (err)
		return failed(t, err, RESTART_AT_FILES);
	restart_account(t->restart, RESTART_STAGE_ATTACH, since + t->filled);
	return 0;
}

/* All but what must come after the errand, if it has one: restart_settle(). */
int restart_complete(struct restart_task *t)
{
	u64 since = restart_clock();
	int err = restart_zombies(t);

	if (err)
		return failed(t, err, RESTART_AT_PROCESS);
	err = restart_signals(t);
	if (err)
		return failed(t, err, RESTART_AT_SIGNALS);
	if (!t->errand)
		return restart_settle(t, since);
	restart_account(t->restart, RESTART_STAGE_REGISTERS, since);
	return 0;
}

/*
 * What user mode would change, and what would take away privileges or room there.
 * @since: restart_clock() when it began
 */
int restart_settle(struct restart_task *t, u64 since)
{
	int err = restart_thread_state(t);

	if (!err)
		err = restart_registers(t);
	if (err)
		return failed(t, err, RESTART_AT_REGISTERS);
	err = restart_process(t) ?: restart_credentials(t);
	if (err)
		return failed(t, err, RESTART_AT_PROCESS);
	restart_account(t->restart, RESTART_STAGE_REGISTERS, since);
	err = restart_step(t->restart);
	return err ? failed(t, err, RESTART_AT_BARRIER) : 0;
}

/*
 * On the way to user mode: after the ioctl has let go of the device, whose last
 * close must not wait for us, and after the kernel has stored its own return
 * value in rax.
 */
static void stand_and_go(struct callback_head *work)
{
	struct restart_task *t = container_of(work, struct restart_task, work);
	int err;

	if ((t->restart->optimistic || t->errand) && !t->settled) {
		/* Behind the last close, which the ioctl's end may have put behind us. */
		t->settled = true;
		if (!task_work_add(current, work, TWA_RESUME))
			return;
	}
	if (t->errand && !t->errand->back && !(current->flags & PF_EXITING)) {
		if (restart_set_out(t))
			send_sig(SIGKILL, current, 1);
		return;
	}
	if (current->flags & PF_EXITING)
		err = failed(t, -EINTR, RESTART_AT_BARRIER);
	else
		err = restart_stand(t);
	if (err) {
		send_sig(SIGKILL, current, 1);
	} else {
		restart_last_register(t);
		restart_unblock(restart_record(t)->blocked);
	}
	restart_leave(t->restart);
}

void restart_end(struct restart_task *t, int err)
{
	if (!err) {
		init_task_work(&t->work, stand_and_go);
		err = task_work_add(current, &t->work, TWA_RESUME);
		if (!err)
			return;
		failed(t, err, RESTART_AT_BARRIER); /* it is exiting */
	}
	send_sig(SIGKILL, current, 1);
	restart_leave(t->restart);
}

static int create_children(struct restart_task *t)
{
	u32 child;

	for (child = t->first_child; child != RBI_NONE;) {
		struct restart_task *c = &t->restart->tasks[child];
		int err = restart_create(c);

		if (err)
			return err;
		child = c->next_sibling;
	}
	return 0;
}

static int build(struct restart_task *t)
{
	int err = restart_creator(&t->restart->image, t->index) == RBI_NONE ? restart_cling(t) : 0;

	if (err)
		return failed(t, err, RESTART_AT_BARRIER);
	err = restart_sighand(t);
	if (err)
		return failed(t, err, RESTART_AT_SIGHAND);
	return restart_attach_all(t) ?: create_children(t) ?: restart_complete(t);
}

static int task_main(void *argument)
{
	struct restart_task *t = argument;

	restart_end(t, build(t));
	return 0;
}

static u64 clone_flags(const struct restart_task *t, bool thread)
{
	u64 flags = CLONE_VM | CLONE_UNTRACED;

	if (thread)
		flags |= CLONE_THREAD | CLONE_SYSVSEM;
	if (t->how[RESTART_CLASS_FILES] != RESTART_COPY)
		flags |= CLONE_FILES;
	if (t->how[RESTART_CLASS_FS] != RESTART_COPY)
		flags |= CLONE_FS;
	if (t->how[RESTART_CLASS_SIGHAND] != RESTART_COPY)
		flags |= CLONE_SIGHAND;
	return flags;
}

/* Current creates task @t. */
int restart_create(struct restart_task *t)
{
	struct restart *r = t->restart;
	const struct rbi_task *record = restart_record(t);
	bool thread = !restart_is_leader(&r->image, t->index);
	pid_t pid = record->pid;
	struct kernel_clone_args args = {
		.flags = clone_flags(t, thread),
		.exit_signal = thread ? 0 : r->image.groups[record->group].exit_signal,
		.fn = task_main,
		.fn_arg = t,
		.set_tid = &pid,
		.set_tid_size = 1,
	};
	u64 since = restart_clock();
	int err = restart_step(r);

	if (err)
		return failed(t, err, RESTART_AT_CREATE);
	restart_enter(r);
	err = HIDDEN(kernel_clone)(&args);
	if (err < 0) {
		failed(t, err, RESTART_AT_CREATE);
		restart_leave(r);
		return err;
	}
	if (!t->index)
		WRITE_ONCE(r->root_pid, err);
	restart_account(r, RESTART_STAGE_CREATE, since);
	return 0;
}
