// SPDX-License-Identifier: GPL-2.0
/* How tasks hang together: thread groups, and objects that tasks share. */
#include <linux/bitmap.h>
#include <linux/slab.h>

#include "check.h"

#define TASK_WRONG(member) restart_wrong(fault, RBI_SEC_TASKS, i, offsetof(struct rbi_task, member))

/* CLONE_THREAD needs CLONE_SIGHAND, which needs CLONE_VM: clone(2). */
static int check_threads(const struct restart_image *image, struct restart_fault *fault)
{
	u32 i;

	for (i = 0; i < image->count[RBI_SEC_GROUPS]; i++)
		if (image->tasks[image->groups[i].leader].group != i)
			return restart_wrong(fault, RBI_SEC_GROUPS, i,
					     offsetof(struct rbi_group, leader));
	for (i = 0; i < image->count[RBI_SEC_TASKS]; i++) {
		const struct rbi_task *task = &image->tasks[i];
		u32 leader = image->groups[task->group].leader;

		if (i < leader)
			return TASK_WRONG(group);
		if (task->mm != image->tasks[leader].mm)
			return TASK_WRONG(mm);
		if (task->sighand != image->tasks[leader].sighand)
			return TASK_WRONG(sighand);
	}
	return 0;
}

/* Tasks that share a sighand share their mm. */
static int check_sighands(const struct restart_image *image, struct restart_fault *fault)
{
	u32 *mm_plus_one =
		kvcalloc(image->count[RBI_SEC_SIGHANDS] + 1, sizeof(u32), GFP_KERNEL_ACCOUNT);
	int err = 0;
	u32 i;

	if (!mm_plus_one)
		return -ENOMEM;
	for (i = 0; !err && i < image->count[RBI_SEC_TASKS]; i++) {
		const struct rbi_task *task = &image->tasks[i];

		if (!mm_plus_one[task->sighand])
			mm_plus_one[task->sighand] = task->mm + 1;
		else if (mm_plus_one[task->sighand] != task->mm + 1)
			err = TASK_WRONG(mm);
	}
	kvfree(mm_plus_one);
	return err;
}

/* Every object of that class has a task; with @own, exactly one. */
static int check_used(const struct restart_image *image, u32 section, u32 field, bool own,
		      struct restart_fault *fault)
{
	unsigned long *used = restart_bitmap(image, section);
	int err = 0;
	u32 i;

	if (!used)
		return -ENOMEM;
	for (i = 0; !err && i < image->count[RBI_SEC_TASKS]; i++) {
		u32 object = *(const u32 *)((const void *)&image->tasks[i] + field);

		if (__test_and_set_bit(object, used) && own)
			err = restart_wrong(fault, RBI_SEC_TASKS, i, field);
	}
	if (!err)
		err = restart_check_all_used(image, section, used, fault);
	kvfree(used);
	return err;
}

int restart_check_sharing(const struct restart_image *image, struct restart_fault *fault)
{
	static const struct {
		u32 section;
		u32 field;
		bool own;
	} classes[] = {
		{ RBI_SEC_MMS, offsetof(struct rbi_task, mm) },
		{ RBI_SEC_FILES, offsetof(struct rbi_task, files) },
		{ RBI_SEC_FS, offsetof(struct rbi_task, fs) },
		{ RBI_SEC_SIGHANDS, offsetof(struct rbi_task, sighand) },
		{ RBI_SEC_REGISTERS, offsetof(struct rbi_task, registers), true },
	};
	int err = check_threads(image, fault) ?: check_sighands(image, fault);
	u32 i;

	for (i = 0; !err && i < ARRAY_SIZE(classes); i++)
		err = check_used(image, classes[i].section, classes[i].field, classes[i].own,
				 fault);
	return err;
}
