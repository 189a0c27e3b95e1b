// SPDX-License-Identifier: GPL-2.0
/* Tasks that go to user mode for a moment, as errand.h says, and come back. */
#include <linux/anon_inodes.h>
#include <linux/bitmap.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <linux/version.h>

#include "check.h"
#include "errand.h"
#include "restart.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define vm_flags_set(vma, flags) ((vma)->vm_flags |= (flags))
#endif

#define MAX_REQUESTS (1u << 24) /* no sum below overflows */

/* @locks: whether it does what locks its mm */
static int give_errand(struct restart *r, u32 i, bool locks)
{
	u64 count = restart_count_requests(&r->image, i, locks);
	struct restart_errand *errand;

	if (!count)
		return 0;
	if (count > MAX_REQUESTS)
		return -E2BIG;
	errand = kzalloc(sizeof(*errand), GFP_KERNEL_ACCOUNT);
	if (!errand)
		return -ENOMEM;
	errand->task = &r->tasks[i];
	errand->locks = locks;
	errand->size = count * sizeof(struct restart_request);
	r->tasks[i].errand = errand;
	r->errands++;
	return 0;
}

int restart_errands_init(struct restart *r)
{
	bool locks = restart_locks_memory(&r->image);
	unsigned long *seen = NULL; /* mms, of which the first user does it */
	int err = 0;
	u32 i;

	init_completion(&r->sent);
	if (!locks && !r->image.count[RBI_SEC_TIMERS])
		return 0;
	if (locks) {
		seen = restart_bitmap(&r->image, RBI_SEC_MMS);
		if (!seen)
			return -ENOMEM;
	}
	for (i = 0; !err && i < r->image.count[RBI_SEC_TASKS]; i++)
		err = give_errand(r, i, seen && !__test_and_set_bit(r->image.tasks[i].mm, seen));
	kvfree(seen);
	return err;
}

void restart_errands_free(struct restart *r)
{
	u32 i;

	for (i = 0; r->errands && i < r->image.count[RBI_SEC_TASKS]; i++)
		kfree(r->tasks[i].errand);
	r->errands = 0;
}

/* They are counted at the barrier once more. */
int restart_send_out(struct restart *r)
{
	reinit_completion(&r->arrived);
	smp_mb(); /* a failure is seen here, or completes it from now on */
	if (restart_error(r))
		return restart_error(r);
	/* All have what they need of it; an mm in it would keep the doors of the dead. */
	restart_drop_pool(r);
	atomic_set(&r->awaited, r->errands);
	complete_all(&r->sent);
	return restart_await(r);
}

/* Under rcu_read_lock(): the task if it is alive, or NULL. */
static struct task_struct *find(struct restart *r, u32 i)
{
	struct task_struct *task =
		pid_task(find_pid_ns(r->image.tasks[i].pid, r->pids), PIDTYPE_PID);

	return task && !READ_ONCE(task->exit_state) ? task : NULL;
}

/* The door tells of a death, unless others keep the mm. */
bool restart_strayed(struct restart *r)
{
	bool strayed = false;
	u32 i;

	rcu_read_lock();
	for (i = 0; !strayed && r->errands && i < r->image.count[RBI_SEC_TASKS]; i++) {
		const struct restart_errand *errand = r->tasks[i].errand;

		strayed = errand && READ_ONCE(errand->away) && !find(r, i);
	}
	rcu_read_unlock();
	return strayed;
}

void restart_call_off(struct restart *r)
{
	u32 i;

	if (!r->errands)
		return;
	complete_all(&r->sent);
	rcu_read_lock();
	for (i = 0; i < r->image.count[RBI_SEC_TASKS]; i++) {
		struct restart_errand *errand = r->tasks[i].errand;
		struct task_struct *task = errand ? find(r, i) : NULL;

		if (task && task == READ_ONCE(errand->away))
			send_sig(SIGKILL, task, 1);
	}
	rcu_read_unlock();
}

static int unmap(const struct restart_errand *errand)
{
	return vm_munmap(errand->code, PAGE_SIZE) ?:
	       vm_munmap(errand->requests, PAGE_ALIGN(errand->size)) ?:
	       vm_munmap(errand->door, PAGE_SIZE);
}

static void come_back(struct callback_head *work)
{
	struct restart_errand *errand = container_of(work, struct restart_errand, work);
	struct restart_task *t = errand->task;
	int err = current->flags & PF_EXITING ? -EINTR : restart_step(t->restart);

	if (!err)
		err = errand->answer ?: unmap(errand) ?: restart_confirm_locks(t);

	restart_account(t->restart, RESTART_STAGE_REGISTERS, errand->since);
	if (err)
		restart_fail(t->restart, err, RESTART_AT_SIGNALS, t->index);
	else
		err = restart_settle(t, restart_clock());
	t->settled = false; /* it stands at the barrier behind the last close of the door */
	restart_end(t, err);
}

/* In user mode, at the end of the errand. Nobody else gets anything for touching it. */
static vm_fault_t knock(struct vm_fault *fault)
{
	struct restart_errand *errand = fault->vma->vm_file->private_data;

	if (READ_ONCE(errand->away) != current)
		return VM_FAULT_SIGBUS;
	errand->answer = current_pt_regs()->ax;
	init_task_work(&errand->work, come_back);
	restart_enter(errand->task->restart);
	if (task_work_add(current, &errand->work, TWA_RESUME)) {
		restart_leave(errand->task->restart);
		return VM_FAULT_SIGBUS;
	}
	WRITE_ONCE(errand->away, NULL);
	WRITE_ONCE(errand->back, true);
	return VM_FAULT_NOPAGE;
}

static const struct vm_operations_struct door_operations = {
	.fault = knock,
};

static int map_door(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &door_operations;
	/* VM_IO: nobody but the task itself comes here, as by ptrace(2) or mlock(2). */
	vm_flags_set(vma, VM_IO | VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP);
	return 0;
}

static int shut_door(struct inode *inode, struct file *file)
{
	struct restart_errand *errand = file->private_data;
	struct restart *r = errand->task->restart;

	if (!READ_ONCE(errand->back))
		restart_fail(r, -EINTR, RESTART_AT_BARRIER, errand->task->index);
	restart_leave(r);
	return 0;
}

/* In no table of descriptors: it lives as long as its mapping, and holds the restart. */
static const struct file_operations door_files = {
	.owner = THIS_MODULE,
	.mmap = map_door,
	.release = shut_door,
	.llseek = noop_llseek,
};

static int map(unsigned long *at, struct file *file, unsigned long size, unsigned long prot)
{
	*at = vm_mmap(file, 0, PAGE_ALIGN(size), prot,
		      file ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, 0);
	return IS_ERR_VALUE(*at) ? *at : 0;
}

static int prepare(struct restart_task *t, struct file *door)
{
	struct restart_errand *errand = t->errand;
	const int size = restart_errand_code_end - restart_errand_code;
	int err = map(&errand->code, NULL, PAGE_SIZE, PROT_READ | PROT_EXEC) ?:
		  map(&errand->requests, NULL, errand->size, PROT_READ | PROT_WRITE) ?:
		  map(&errand->door, door, PAGE_SIZE, PROT_READ);

	if (err)
		return err;
	/* Never writable and executable at once. */
	if (access_process_vm(current, errand->code, (void *)restart_errand_code, size,
			      FOLL_WRITE | FOLL_FORCE) != size)
		return -EFAULT;
	return restart_write_requests(t);
}

static struct file *open_door(struct restart_task *t)
{
	return anon_inode_getfile("[restart]", &door_files, t->errand, O_RDONLY);
}

static int await_order(struct restart *r)
{
	int err;

	restart_arrive(r);
	err = wait_for_completion_killable(&r->sent);
	return err ?: restart_error(r);
}

/* After an error the task is to die; nothing of it is in anybody's way. */
int restart_set_out(struct restart_task *t)
{
	struct restart *r = t->restart;
	struct restart_errand *errand = t->errand;
	struct file *door;
	int err = await_order(r);

	if (err) {
		restart_fail(r, err, RESTART_AT_BARRIER, t->index);
		restart_leave(r);
		return err;
	}
	errand->since = restart_clock();
	door = open_door(t);
	if (IS_ERR(door)) {
		restart_fail(r, PTR_ERR(door), RESTART_AT_SIGNALS, t->index);
		restart_leave(r);
		return PTR_ERR(door);
	}
	err = prepare(t, door);
	if (err) {
		restart_fail(r, err, RESTART_AT_SIGNALS, t->index);
	} else {
		const struct rbi_registers start = {
			.rip = errand->code,
			.rbx = errand->requests,
			.r12 = errand->requests + errand->size,
			.r13 = errand->door,
		};

		restart_general_registers(&start);
		smp_store_mb(errand->away, current); /* pairs with the verdict's cmpxchg */
		err = restart_error(r);		     /* it is called off by now */
	}
	fput(door);
	return err;
}
