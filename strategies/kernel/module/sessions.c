// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions and process groups. A process founds its own before it creates
 * children, which then inherit. The others are moved by the coordinator once
 * all tasks stand at the barrier: no second barrier for those who found later.
 *
 * A number whose founder is gone is a struct pid without a task of that pid,
 * as it would be had the founder died.
 */
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/tty.h>

#include "pids.h"
#include "restart.h"
#include "symbols.h"

/* Session and group at the time when a process creates its children. */
struct membership {
	u32 sid;
	u32 pgid;
};

static void plan_group(struct restart *r, u32 g, struct membership *now)
{
	const struct rbi_group *group = &r->image.groups[g];
	u32 pid = r->image.tasks[group->leader].pid;
	struct restart_task *leader = &r->tasks[group->leader];

	/* Optimistic children are created before their parents attach. */
	now[g] = r->optimistic || group->parent == RBI_NONE ? (struct membership){ 0, 0 }
							    : now[group->parent];
	if (group->sid == pid) {
		leader->founding = RESTART_FOUND_SESSION;
		now[g] = (struct membership){ pid, pid };
	} else if (group->pgid == pid && group->sid == now[g].sid) {
		leader->founding = RESTART_FOUND_GROUP;
		now[g].pgid = pid;
	}
	if (now[g].sid != group->sid || now[g].pgid != group->pgid)
		r->moves[r->move_count++] = g;
}

static int find_ghosts(struct restart *r, const struct restart_pids *pids)
{
	u32 groups = r->image.count[RBI_SEC_GROUPS];
	u64 *numbers = kvmalloc_array(groups, 2 * sizeof(u64), GFP_KERNEL_ACCOUNT);
	u32 count = 0;
	u32 i;

	if (!numbers)
		return -ENOMEM;
	for (i = 0; i < groups; i++) {
		const struct rbi_group *group = &r->image.groups[i];

		if (group->sid && restart_pids_find(pids, group->sid) == RBI_NONE)
			numbers[count++] = group->sid;
		if (group->pgid && restart_pids_find(pids, group->pgid) == RBI_NONE)
			numbers[count++] = group->pgid;
	}
	if (count) {
		restart_sort(numbers, count);
		r->ghosts = kvcalloc(count, sizeof(*r->ghosts), GFP_KERNEL_ACCOUNT);
		r->ghost_numbers = kvcalloc(count, sizeof(u32), GFP_KERNEL_ACCOUNT);
		for (i = 0; r->ghosts && r->ghost_numbers && i < count; i++)
			if (!i || numbers[i] != numbers[i - 1])
				r->ghost_numbers[r->ghost_count++] = numbers[i];
	}
	kvfree(numbers);
	return count && !r->ghost_count ? -ENOMEM : 0;
}

int restart_ghosts_init(struct restart *r)
{
	u32 groups = r->image.count[RBI_SEC_GROUPS];
	struct membership *now = kvmalloc_array(groups, sizeof(*now), GFP_KERNEL_ACCOUNT);
	struct restart_pids pids;
	int err = -ENOMEM;
	u32 g;

	r->moves = kvmalloc_array(groups, sizeof(u32), GFP_KERNEL_ACCOUNT);
	if (now && r->moves) {
		for (g = 0; g < groups; g++)
			plan_group(r, g, now);
		err = restart_pids_init(&pids, &r->image);
		if (!err) {
			err = find_ghosts(r, &pids);
			restart_pids_free(&pids);
		}
	}
	kvfree(now);
	return err;
}

void restart_ghosts_free(struct restart *r)
{
	u32 i;

	for (i = 0; r->ghosts && i < r->ghost_count; i++)
		if (r->ghosts[i])
			HIDDEN(free_pid)(r->ghosts[i]); /* no task came to use it */
	kvfree(r->ghosts);
	kvfree(r->ghost_numbers);
	kvfree(r->moves);
	r->ghosts = NULL;
	r->ghost_numbers = NULL;
	r->ghost_count = 0;
	r->moves = NULL;
	r->move_count = 0;
}

/* Takes the numbers of those who are gone, before a task could get one. */
int restart_summon_ghosts(struct restart *r)
{
	u32 i;

	for (i = 0; i < r->ghost_count; i++) {
		pid_t number = r->ghost_numbers[i];
		int err = restart_step(r);
		struct pid *pid = err ? ERR_PTR(err) : HIDDEN(alloc_pid)(r->pids, &number, 1);

		if (IS_ERR(pid))
			return restart_fail(r, PTR_ERR(pid), RESTART_AT_SESSION, RBI_NONE);
		r->ghosts[i] = pid;
	}
	return 0;
}

/* Current founds what it has to found. */
int restart_found(struct restart_task *t)
{
	struct pid *pid = task_pid(current);
	int err;

	if (t->founding == RESTART_FOUND_NOTHING)
		return 0;
	err = restart_step(t->restart);
	if (err)
		return err;
	if (t->founding == RESTART_FOUND_SESSION) {
		if (task_session(current) != pid) /* else, optimistic: user space did it */
			err = min(HIDDEN(ksys_setsid)(), 0);
		return err ?: restart_take_terminal(t);
	}
	write_lock_irq(restart_tasklist_lock);
	if (task_pgrp(current) != pid)
		HIDDEN(change_pid)(current, PIDTYPE_PGID, pid);
	write_unlock_irq(restart_tasklist_lock);
	return 0;
}

/* Of a session or group, under tasklist_lock. */
static struct pid *find_number(struct restart *r, u32 number, enum pid_type type)
{
	if (!number)
		return type == PIDTYPE_SID ? task_session(r->coordinator)
					   : task_pgrp(r->coordinator);
	return find_pid_ns(number, r->pids);
}

/* Gives it to the process; a ghost is its members' from then on. */
static void change(struct restart *r, struct task_struct *leader, enum pid_type type,
		   struct pid *pid)
{
	u32 i;

	HIDDEN(change_pid)(leader, type, pid);
	for (i = 0; i < r->ghost_count; i++)
		if (r->ghosts[i] == pid)
			r->ghosts[i] = NULL;
}

/* Returns the terminal that the process loses with its session. */
static int move(struct restart *r, const struct rbi_group *group, struct tty_struct **tty)
{
	/* At the barrier; it takes its name off before it exits, and is not released meanwhile. */
	struct task_struct *leader = READ_ONCE(r->tasks[group->leader].sleeper);
	struct pid *sid, *pgid;

	if (!leader || leader->exit_state)
		return -ESRCH;
	sid = find_number(r, group->sid, PIDTYPE_SID);
	pgid = find_number(r, group->pgid, PIDTYPE_PGID);
	if (!sid || !pgid)
		return -ESRCH;
	if (task_session(leader) != sid) {
		if (group->sid) {
			spin_lock(&leader->sighand->siglock);
			*tty = leader->signal->tty;
			leader->signal->tty = NULL;
			spin_unlock(&leader->sighand->siglock);
		}
		change(r, leader, PIDTYPE_SID, sid);
	}
	if (task_pgrp(leader) != pgid)
		change(r, leader, PIDTYPE_PGID, pgid);
	return 0;
}

int restart_move_groups(struct restart *r)
{
	u64 since = restart_clock();
	int err = 0;
	u32 i;

	for (i = 0; !err && i < r->move_count; i++) {
		struct tty_struct *tty = NULL;

		err = restart_step(r);
		if (!err) {
			write_lock_irq(restart_tasklist_lock);
			err = move(r, &r->image.groups[r->moves[i]], &tty);
			write_unlock_irq(restart_tasklist_lock);
			tty_kref_put(tty);
		}
		if (err)
			restart_fail(r, err, RESTART_AT_SESSION,
				     r->image.groups[r->moves[i]].leader);
	}
	restart_account(r, RESTART_STAGE_ATTACH, since);
	return err;
}
