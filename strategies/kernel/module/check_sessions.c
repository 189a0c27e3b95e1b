// SPDX-License-Identifier: GPL-2.0
/*
 * Pids are unique; sessions and process groups keep the rules of setsid(2) and
 * setpgid(2): a session leader leads a process group of the same number and can
 * leave neither, a process group lies in one session, and a task whose pid is
 * the number of a session or group is the process that founded it.
 */
#include <linux/slab.h>

#include "check.h"
#include "pids.h"

#define GROUP_WRONG(member) \
	restart_wrong(fault, RBI_SEC_GROUPS, i, offsetof(struct rbi_group, member))

static int check_unique(const struct restart_pids *pids, struct restart_fault *fault)
{
	u32 i;

	for (i = 1; i < pids->count; i++)
		if (pids->entries[i - 1] >> 32 == pids->entries[i] >> 32)
			return restart_wrong(fault, RBI_SEC_TASKS, (u32)pids->entries[i],
					     offsetof(struct rbi_task, pid));
	return 0;
}

/* If a task has this number, it leads a thread group in the session @sid. */
static bool founder_fits(const struct restart_image *image, const struct restart_pids *pids,
			 u32 number, u32 sid)
{
	u32 task = restart_pids_find(pids, number);

	return task == RBI_NONE || (restart_is_leader(image, task) &&
				    image->groups[image->tasks[task].group].sid == sid);
}

static int check_group(const struct restart_image *image, const struct restart_pids *pids, u32 i,
		       struct restart_fault *fault)
{
	const struct rbi_group *group = &image->groups[i];

	if (!group->pgid)
		return group->sid ? GROUP_WRONG(sid) : 0;
	if (group->sid == image->tasks[group->leader].pid && group->pgid != group->sid)
		return GROUP_WRONG(pgid);
	if (group->sid && !founder_fits(image, pids, group->sid, group->sid))
		return GROUP_WRONG(sid);
	if (!founder_fits(image, pids, group->pgid, group->sid))
		return GROUP_WRONG(pgid);
	return 0;
}

/*
 * Whose session is the odd one: not the session that its group's number names, or
 * not that of the group's first member.
 */
static u32 find_odd(const struct restart_image *image, u32 number)
{
	u32 groups = image->count[RBI_SEC_GROUPS];
	bool known = false;
	u32 sid = 0;
	u32 i;

	for (i = 0; i < groups && !known; i++)
		known = image->groups[i].sid == number;
	if (known)
		sid = number;
	for (i = 0; i < groups; i++) {
		if (image->groups[i].pgid != number)
			continue;
		if (!known)
			sid = image->groups[i].sid;
		known = true;
		if (image->groups[i].sid != sid)
			break;
	}
	return i;
}

/*
 * Members of a process group are in one session, and a group with a session's
 * number is in that session. Both follow from a list of (number, session) of
 * all groups and sessions, in which no number may have two sessions.
 */
static int check_one_session_each(const struct restart_image *image, struct restart_fault *fault)
{
	u32 groups = image->count[RBI_SEC_GROUPS];
	u64 *numbers = kvmalloc_array(groups, 2 * sizeof(u64), GFP_KERNEL_ACCOUNT);
	u32 count = 0;
	int err = 0;
	u32 i;

	if (!numbers)
		return -ENOMEM;
	for (i = 0; i < groups; i++) {
		const struct rbi_group *group = &image->groups[i];

		if (group->pgid)
			numbers[count++] = (u64)group->pgid << 32 | group->sid;
		if (group->sid)
			numbers[count++] = (u64)group->sid << 32 | group->sid;
	}
	restart_sort(numbers, count);
	for (i = 1; i < count; i++) {
		if (numbers[i - 1] >> 32 != numbers[i] >> 32 || numbers[i - 1] == numbers[i])
			continue;
		err = restart_wrong(fault, RBI_SEC_GROUPS, find_odd(image, numbers[i] >> 32),
				    offsetof(struct rbi_group, sid));
		break;
	}
	kvfree(numbers);
	return err;
}

int restart_check_sessions(const struct restart_image *image, struct restart_fault *fault)
{
	struct restart_pids pids;
	int err = restart_pids_init(&pids, image);
	u32 i;

	if (err)
		return err;
	err = check_unique(&pids, fault);
	for (i = 0; !err && i < image->count[RBI_SEC_GROUPS]; i++)
		err = check_group(image, &pids, i, fault);
	restart_pids_free(&pids);
	return err ?: check_one_session_each(image, fault);
}
