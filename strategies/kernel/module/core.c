// SPDX-License-Identifier: GPL-2.0
/* A restart's memory, and who holds it. */
#include <linux/file.h>
#include <linux/module.h>
#include <linux/pid_namespace.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>

#include "check.h"
#include "restart.h"
#include "symbols.h"

atomic_t restart_live = ATOMIC_INIT(0);

struct restart *restart_new(void)
{
	struct restart *r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);

	if (!r)
		return NULL;
	atomic_set(&r->holders, 1);
	mutex_init(&r->lock);
	spin_lock_init(&r->verdict_lock);
	init_completion(&r->arrived);
	r->fault = RESTART_NO_FAULT;
	__module_get(THIS_MODULE); /* until it is freed, perhaps long after the file */
	return r;
}

void restart_drop_pool(struct restart *r)
{
	static const u32 sections[RESTART_CLASS_COUNT] = {
		[RESTART_CLASS_MM] = RBI_SEC_MMS,
		[RESTART_CLASS_FILES] = RBI_SEC_FILES,
		[RESTART_CLASS_FS] = RBI_SEC_FS,
		[RESTART_CLASS_SIGHAND] = RBI_SEC_SIGHANDS,
	};
	u32 cls, i;

	for (cls = 0; cls < RESTART_CLASS_COUNT; cls++) {
		for (i = 0; r->objects[cls] && i < r->image.count[sections[cls]]; i++) {
			void *made = xchg(&r->objects[cls][i].made, NULL);

			if (made)
				restart_put_object(cls, made);
		}
	}
}

void restart_drop_objects(struct restart *r)
{
	restart_drop_pool(r);
	restart_given_free(r);
	if (r->exe) {
		fput(r->exe);
		r->exe = NULL;
	}
}

static void unload(struct restart *r)
{
	restart_drop_objects(r);
	restart_ghosts_free(r);
	restart_plan_free(r);
	restart_image_free(&r->image);
	if (r->coordinator)
		put_task_struct(r->coordinator);
	if (r->pids)
		put_pid_ns(r->pids);
	if (r->host_mm)
		mmdrop(r->host_mm);
	r->coordinator = NULL;
	r->pids = NULL;
	r->host_mm = NULL;
	memset(r->inherited, 0, sizeof(r->inherited));
	r->subreapers = false;
}

int restart_load(struct restart *r, const struct restart_load *load, struct restart_fault *fault)
{
	u64 since = restart_clock();
	int err = restart_image_read(&r->image, load->image_fd, fault);

	if (!err)
		err = restart_check_image(&r->image, fault);
	if (!err) {
		*fault = RESTART_NO_FAULT;
		r->optimistic = load->flags & RESTART_OPTIMISTIC;
		r->inject = load->inject;
		r->coordinator = get_task_struct(current);
		r->pids = get_pid_ns(task_active_pid_ns(current));
		r->host_mm = current->mm;
		mmgrab(r->host_mm);
		r->exe = HIDDEN(get_mm_exe_file)(current->mm);
		atomic_set(&r->awaited, r->image.count[RBI_SEC_TASKS]);
		err = restart_plan(r) ?: restart_given_init(r);
	}
	if (err) {
		unload(r);
		return err;
	}
	restart_account(r, RESTART_STAGE_LOAD, since);
	return 0;
}

void restart_enter(struct restart *r)
{
	atomic_inc(&r->holders);
	atomic_inc(&restart_live);
}

static void free_restart(struct restart *r)
{
	unload(r);
	kfree(r);
	module_put(THIS_MODULE); /* unloading waits until we are out of its code */
}

void restart_put(struct restart *r)
{
	int left = atomic_dec_return(&r->holders);

	if (left == 1)
		wake_up_var(&r->holders); /* by address only: it may be gone */
	else if (!left)
		free_restart(r);
}

void restart_leave(struct restart *r)
{
	restart_put(r);
	atomic_dec(&restart_live);
}
