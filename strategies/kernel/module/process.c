// SPDX-License-Identifier: GPL-2.0
/* What a process has besides objects that it shares: limits, locks, what it reaps. */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/oom.h>
#include <linux/resource.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/version.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#include <linux/filelock.h>
#endif

#include "restart.h"
#include "symbols.h"

/* As prlimit(2) does. */
static int set_limits(struct restart *r, const struct rbi_group *group)
{
	struct rlimit *limits = current->signal->rlim;
	int err = 0;
	u32 i;

	for (i = group->limit_first; !err && i < group->limit_first + group->limit_count; i++) {
		const struct rbi_limit *limit = &r->image.limits[i];
		struct rlimit *now = &limits[limit->resource];

		task_lock(current->group_leader);
		if (limit->hard > now->rlim_max && !capable(CAP_SYS_RESOURCE))
			err = -EPERM;
		else
			*now = (struct rlimit){ limit->soft, limit->hard };
		task_unlock(current->group_leader);
		if (!err && limit->resource == RLIMIT_CPU && limit->soft != RLIM_INFINITY)
			HIDDEN(update_rlimit_cpu)(current, limit->soft);
	}
	return err;
}

static int set_oom_score(const struct rbi_group *group)
{
	struct signal_struct *signal = current->signal;

	if (!(group->flags & RBI_GROUP_OOM_SCORE_ADJ))
		return 0;
	if (group->oom_score_adj < signal->oom_score_adj_min && !capable(CAP_SYS_RESOURCE))
		return -EACCES;
	signal->oom_score_adj = group->oom_score_adj;
	return 0;
}

/* Whoever descends from a subreaper knows it: copy_signal(), kernel/fork.c. */
static void set_subreaper(const struct restart_image *image, const struct rbi_group *group)
{
	struct signal_struct *signal = current->signal;
	u32 parent;

	if (group->flags & RBI_GROUP_SUBREAPER)
		signal->is_child_subreaper = 1;
	for (parent = group->parent; parent != RBI_NONE; parent = image->groups[parent].parent)
		if (image->groups[parent].flags & RBI_GROUP_SUBREAPER)
			signal->has_child_subreaper = 1;
}

static struct file_lock *make_lock(const struct rbi_lock *record, struct file *file)
{
	struct file_lock *lock = locks_alloc_lock();

	if (!lock)
		return NULL;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
	lock->fl_owner = current->files;
	lock->fl_pid = current->tgid;
	lock->fl_file = file;
	lock->fl_flags = FL_POSIX;
	lock->fl_type = record->type;
#else
	lock->c.flc_owner = current->files;
	lock->c.flc_pid = current->tgid;
	lock->c.flc_file = file;
	lock->c.flc_flags = FL_POSIX;
	lock->c.flc_type = record->type;
#endif
	lock->fl_start = record->start;
	lock->fl_end = record->length ? record->start + record->length - 1 : OFFSET_MAX;
	return lock;
}

/* Those of fcntl(2) that belong to the table, taken by the process that they name. */
static int take_locks(struct restart_task *t)
{
	struct restart *r = t->restart;
	const struct rbi_task *task = restart_record(t);
	u32 i;

	for (i = 0; i < r->image.count[RBI_SEC_LOCKS]; i++) {
		const struct rbi_lock *record = &r->image.locks[i];
		struct file_lock *lock;
		struct file *file;
		int err;

		if (record->files != task->files || record->pid != task->pid)
			continue;
		err = restart_step(r);
		if (err)
			return err;
		file = r->given[RESTART_FILE_OFD].files[record->ofd];
		lock = make_lock(record, file);
		if (!lock)
			return -ENOMEM;
		err = vfs_lock_file(file, F_SETLK, lock, NULL);
		locks_free_lock(lock);
		if (err)
			return err;
	}
	return 0;
}

/* Of the leader's; the table of descriptors is complete. */
int restart_process(struct restart_task *t)
{
	struct restart *r = t->restart;
	const struct rbi_group *group = &r->image.groups[restart_record(t)->group];
	int err = 0;

	if (group->leader != t->index)
		return 0;
	if (group->limit_count)
		err = restart_step(r) ?: set_limits(r, group);
	if (!err && r->image.count[RBI_SEC_LOCKS])
		err = take_locks(t);
	if (!err)
		err = set_oom_score(group);
	if (!err && r->subreapers)
		set_subreaper(&r->image, group);
	return err;
}
