// SPDX-License-Identifier: GPL-2.0
/*
 * Controlling terminals. A session leader takes its own as a program would, by
 * TIOCSCTTY on a slave that the coordinator has opened and given. Who is born after
 * that has it, too; the others get it, or lose it, from the coordinator once all
 * stand at the barrier, with the foreground process group.
 */
#include <linux/fs.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/security.h>
#include <linux/tty.h>

#include "restart.h"
#include "symbols.h"

static const struct rbi_pty *terminal_of(const struct restart_image *image, u32 sid)
{
	u32 i;

	for (i = 0; i < image->count[RBI_SEC_PTYS]; i++)
		if (image->ptys[i].sid == sid)
			return &image->ptys[i];
	return NULL;
}

/* An open slave: the checks of the image and of what was given see to it that there is one. */
static struct file *slave_of(const struct restart *r, const struct rbi_pty *pty)
{
	u32 i;

	for (i = 0; i < r->image.count[RBI_SEC_OFDS]; i++)
		if (r->image.ofds[i].kind == RBI_OFD_PTY_SLAVE &&
		    &r->image.ptys[r->image.ofds[i].object] == pty)
			return r->given[RESTART_FILE_OFD].files[i];
	return NULL;
}

/* Current leads a session that has no terminal yet. */
int restart_take_terminal(struct restart_task *t)
{
	const struct rbi_pty *pty;
	struct file *slave;
	int err;

	if (!t->restart->image.count[RBI_SEC_PTYS])
		return 0;
	pty = terminal_of(&t->restart->image, restart_record(t)->pid);
	if (!pty)
		return 0;
	slave = slave_of(t->restart, pty);
	err = restart_step(t->restart);
	if (err)
		return err;
	if (!slave || !slave->f_op->unlocked_ioctl)
		return -ENOTTY;
	err = security_file_ioctl(slave, TIOCSCTTY, 0);
	return err ?: slave->f_op->unlocked_ioctl(slave, TIOCSCTTY, 0);
}

/*
 * Under tasklist_lock: at the barrier, or NULL. It takes its name off before it exits, and is not
 * released meanwhile.
 */
static struct task_struct *leader_of(const struct restart *r, const struct rbi_group *group)
{
	return READ_ONCE(r->tasks[group->leader].sleeper);
}

/*
 * Gives the process the terminal, or takes its own away if that is NULL.
 * Returns the one that it loses.
 */
static struct tty_struct *exchange(struct task_struct *leader, struct tty_struct *tty)
{
	struct tty_struct *old;

	spin_lock(&leader->sighand->siglock);
	old = leader->signal->tty;
	leader->signal->tty = tty_kref_get(tty);
	spin_unlock(&leader->sighand->siglock);
	return old;
}

/* The terminal that the session's leader has, with a reference. */
static struct tty_struct *taken_by(struct restart *r, u32 sid)
{
	struct tty_struct *tty = NULL;
	struct task_struct *leader;

	write_lock_irq(restart_tasklist_lock);
	leader = pid_task(find_pid_ns(sid, r->pids), PIDTYPE_TGID);
	if (leader && !leader->exit_state) {
		spin_lock(&leader->sighand->siglock);
		tty = tty_kref_get(leader->signal->tty);
		spin_unlock(&leader->sighand->siglock);
	}
	write_unlock_irq(restart_tasklist_lock);
	return tty;
}

static int settle_member(struct restart *r, const struct rbi_group *group, struct tty_struct *tty)
{
	bool wanted = group->flags & RBI_GROUP_TERMINAL;
	struct tty_struct *old = NULL;
	struct task_struct *leader;
	int err = 0;

	write_lock_irq(restart_tasklist_lock);
	leader = leader_of(r, group);
	if (!leader || leader->exit_state)
		err = -ESRCH;
	else if (leader->signal->tty != (wanted ? tty : NULL))
		old = exchange(leader, wanted ? tty : NULL);
	write_unlock_irq(restart_tasklist_lock);
	tty_kref_put(old);
	return err;
}

/* As TIOCSPGRP does: a group of the terminal's session. */
static int set_foreground(struct restart *r, struct tty_struct *tty, const struct rbi_pty *pty)
{
	struct pid *session, *pgrp;
	struct task_struct *member;
	struct pid *old = NULL;
	unsigned long flags;
	int err = 0;

	read_lock(restart_tasklist_lock);
	session = find_pid_ns(pty->sid, r->pids);
	pgrp = find_pid_ns(pty->foreground, r->pids);
	member = pgrp ? pid_task(pgrp, PIDTYPE_PGID) : NULL;
	if (!member) {
		err = -ESRCH;
	} else if (task_session(member) != session) {
		err = -EPERM;
	} else {
		spin_lock_irqsave(&tty->ctrl.lock, flags);
		if (tty->ctrl.session == session) {
			old = tty->ctrl.pgrp;
			tty->ctrl.pgrp = get_pid(pgrp);
		} else {
			err = -ENOTTY; /* it was hung up */
		}
		spin_unlock_irqrestore(&tty->ctrl.lock, flags);
	}
	read_unlock(restart_tasklist_lock);
	put_pid(old);
	return err;
}

static int settle(struct restart *r, const struct rbi_pty *pty)
{
	struct tty_struct *tty = taken_by(r, pty->sid);
	int err = 0;
	u32 i;

	if (!tty)
		return -ESRCH;
	for (i = 0; !err && i < r->image.count[RBI_SEC_GROUPS]; i++) {
		if (r->image.groups[i].sid == pty->sid)
			err = settle_member(r, &r->image.groups[i], tty);
		cond_resched();
	}
	if (!err)
		err = set_foreground(r, tty, pty);
	tty_kref_put(tty);
	return err;
}

/* All stand at the barrier, in their sessions and groups. */
int restart_settle_terminals(struct restart *r)
{
	u32 i;

	for (i = 0; i < r->image.count[RBI_SEC_PTYS]; i++) {
		const struct rbi_pty *pty = &r->image.ptys[i];
		int err;

		if (!pty->sid)
			continue;
		err = restart_step(r) ?: settle(r, pty);
		if (err)
			return restart_fail(r, err, RESTART_AT_SESSION, RBI_NONE);
	}
	return 0;
}
