// SPDX-License-Identifier: GPL-2.0
/* Tasks and thread groups, each record for itself. */
#include <linux/limits.h>
#include <linux/pid_namespace.h>
#include <linux/rseq.h>
#include <linux/signal.h>
#include <linux/string.h>
#include <linux/version.h>

#include "check.h"

#define PID_FIRST 2		  /* 1 is the init of the pid namespace */
#define PID_LAST ((1u << 22) - 1) /* PID_MAX_LIMIT */
#define ROBUST_LIST_HEAD_SIZE 24
#define MAX_TIMER (S64_MAX / 1000) /* ktime_t: signed 64-bit ns */

#define TASK_WRONG(member) restart_wrong(fault, RBI_SEC_TASKS, i, offsetof(struct rbi_task, member))
#define GROUP_WRONG(member) \
	restart_wrong(fault, RBI_SEC_GROUPS, i, offsetof(struct rbi_group, member))

static int check_rseq(const struct rbi_task *task, u32 i, struct restart_fault *fault)
{
	if (!task->rseq) {
		if (task->rseq_len)
			return TASK_WRONG(rseq_len);
		return task->rseq_sig ? TASK_WRONG(rseq_sig) : 0;
	}
	if (!restart_user_address(task->rseq) || task->rseq % 32)
		return TASK_WRONG(rseq);
	if (task->rseq_len < 32 || task->rseq_len > RBI_PAGE_SIZE)
		return TASK_WRONG(rseq_len);
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	if (task->rseq_len != sizeof(struct rseq)) /* rseq(2) knows no other here */
		return restart_beyond(fault, RBI_SEC_TASKS, i, offsetof(struct rbi_task, rseq_len));
#else
	if (task->rseq_len != 32 && task->rseq_len < offsetof(struct rseq, end))
		return restart_beyond(fault, RBI_SEC_TASKS, i, offsetof(struct rbi_task, rseq_len));
#endif
	return 0;
}

/* What get_robust_list(2), set_tid_address(2), sigaltstack(2) know of. */
static int check_registrations(const struct rbi_task *task, u32 i, struct restart_fault *fault)
{
	if (!task->robust_list_len) {
		if (task->robust_list)
			return TASK_WRONG(robust_list);
	} else {
		if (task->robust_list_len != ROBUST_LIST_HEAD_SIZE)
			return TASK_WRONG(robust_list_len);
		if (!restart_user_address(task->robust_list))
			return TASK_WRONG(robust_list);
	}
	if (task->clear_child_tid && !restart_user_address(task->clear_child_tid))
		return TASK_WRONG(clear_child_tid);
	if (!task->altstack_size) {
		if (task->altstack_sp)
			return TASK_WRONG(altstack_sp);
		return task->altstack_flags == SS_DISABLE ? 0 : TASK_WRONG(altstack_flags);
	}
	if (!restart_user_address(task->altstack_sp))
		return TASK_WRONG(altstack_sp);
	if (task->altstack_size < MINSIGSTKSZ ||
	    task->altstack_size > RESTART_USER_END - task->altstack_sp)
		return TASK_WRONG(altstack_size);
	if (task->altstack_flags & ~SS_AUTODISARM)
		return TASK_WRONG(altstack_flags);
	return 0;
}

static int check_task(const struct restart_image *image, u32 i, struct restart_fault *fault)
{
	const struct rbi_task *task = &image->tasks[i];
	size_t length = strnlen(task->name, RBI_NAME_LEN);
	int err;

	if (task->pid < PID_FIRST || task->pid > PID_LAST)
		return TASK_WRONG(pid);
	if (task->group >= image->count[RBI_SEC_GROUPS])
		return TASK_WRONG(group);
	if (task->mm >= image->count[RBI_SEC_MMS])
		return TASK_WRONG(mm);
	if (task->files >= image->count[RBI_SEC_FILES])
		return TASK_WRONG(files);
	if (task->fs >= image->count[RBI_SEC_FS])
		return TASK_WRONG(fs);
	if (task->sighand >= image->count[RBI_SEC_SIGHANDS])
		return TASK_WRONG(sighand);
	if (task->registers >= image->count[RBI_SEC_REGISTERS])
		return TASK_WRONG(registers);
	if (task->blocked & (sigmask(SIGKILL) | sigmask(SIGSTOP)))
		return TASK_WRONG(blocked);
	err = check_registrations(task, i, fault) ?: check_rseq(task, i, fault);
	if (err)
		return err;
	if (task->credentials != RBI_NONE && task->credentials >= image->count[RBI_SEC_CREDENTIALS])
		return TASK_WRONG(credentials);
	if (length == RBI_NAME_LEN || memchr_inv(task->name + length, 0, RBI_NAME_LEN - length))
		return TASK_WRONG(name);
	return 0;
}

static int check_group(const struct restart_image *image, u32 i, struct restart_fault *fault)
{
	const struct rbi_group *group = &image->groups[i];
	u32 timer;

	if (group->leader >= image->count[RBI_SEC_TASKS] || (!i && group->leader))
		return GROUP_WRONG(leader);
	if (i ? group->parent >= i : group->parent != RBI_NONE)
		return GROUP_WRONG(parent);
	if (group->pgid && (group->pgid < PID_FIRST || group->pgid > PID_LAST))
		return GROUP_WRONG(pgid);
	if (group->sid && (group->sid < PID_FIRST || group->sid > PID_LAST))
		return GROUP_WRONG(sid);
	if (group->exit_signal > RBI_NR_SIGNALS)
		return GROUP_WRONG(exit_signal);
	if (group->flags & ~RBI_GROUP_ALL_FLAGS)
		return GROUP_WRONG(flags);
	if (group->oom_score_adj && (!(group->flags & RBI_GROUP_OOM_SCORE_ADJ) ||
				     group->oom_score_adj < -1000 || group->oom_score_adj > 1000))
		return GROUP_WRONG(oom_score_adj);
	if (group->reserved)
		return GROUP_WRONG(reserved);
	for (timer = 0; timer < ARRAY_SIZE(group->itimers); timer++)
		if (group->itimers[timer].interval > MAX_TIMER ||
		    group->itimers[timer].value > MAX_TIMER)
			return restart_wrong(fault, RBI_SEC_GROUPS, i,
					     offsetof(struct rbi_group, itimers[0]) +
						     timer * sizeof(struct rbi_itimer));
	return 0;
}

int restart_check_tasks(const struct restart_image *image, struct restart_fault *fault)
{
	int err = 0;
	u32 i;

	for (i = 0; !err && i < image->count[RBI_SEC_TASKS]; i++)
		err = check_task(image, i, fault);
	for (i = 0; !err && i < image->count[RBI_SEC_GROUPS]; i++)
		err = check_group(image, i, fault);
	return err;
}
