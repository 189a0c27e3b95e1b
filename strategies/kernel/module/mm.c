// SPDX-License-Identifier: GPL-2.0
/* mm_struct: making an address space and changing current's. */
#include <linux/file.h>
#include <linux/rseq.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/version.h>
#include <asm/mmu_context.h>
#include <asm/paravirt.h>

#include "memory.h"
#include "restart.h"
#include "symbols.h"

/* Where mmap(2) looks for room: as in the coordinator. */
static void copy_geometry(struct mm_struct *mm, const struct mm_struct *from)
{
	mm->task_size = from->task_size;
	mm->mmap_base = from->mmap_base;
	mm->mmap_legacy_base = from->mmap_legacy_base;
#ifdef CONFIG_HAVE_ARCH_COMPAT_MMAP_BASES
	mm->mmap_compat_base = from->mmap_compat_base;
	mm->mmap_compat_legacy_base = from->mmap_compat_legacy_base;
#endif
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
	mm->get_unmapped_area = from->get_unmapped_area;
#else
	if (test_bit(MMF_TOPDOWN, &from->flags))
		set_bit(MMF_TOPDOWN, &mm->flags);
#endif
}

/* prctl(PR_SET_MM_MAP) */
static int set_layout(struct restart *r, struct mm_struct *mm, const struct rbi_mm *record)
{
	const struct rbi_auxv *auxv = r->image.auxv + record->auxv_first;
	u32 i;

	if (check_data_rlimit(rlimit(RLIMIT_DATA), record->brk, record->start_brk, record->end_data,
			      record->start_data))
		return -EINVAL;
	mm->start_code = record->start_code;
	mm->end_code = record->end_code;
	mm->start_data = record->start_data;
	mm->end_data = record->end_data;
	mm->start_brk = record->start_brk;
	mm->brk = record->brk;
	mm->start_stack = record->start_stack;
	mm->arg_start = record->arg_start;
	mm->arg_end = record->arg_end;
	mm->env_start = record->env_start;
	mm->env_end = record->env_end;
	for (i = 0; i < record->auxv_count; i++) {
		mm->saved_auxv[2 * i] = auxv[i].type;
		mm->saved_auxv[2 * i + 1] = auxv[i].value;
	}
	return 0;
}

/*
 * An empty address space. Made by its first user, as mm_alloc() makes current
 * the owner that memory is charged to.
 */
static struct mm_struct *make(struct restart *r, u32 index)
{
	const struct rbi_mm *record = &r->image.mms[index];
	struct file *exe =
		record->exe == RBI_NONE ? r->exe : r->given[RESTART_FILE_EXE].files[index];
	struct mm_struct *mm = HIDDEN(mm_alloc)();
	int err;

	if (!mm)
		return ERR_PTR(-ENOMEM);
	copy_geometry(mm, current->mm);
	restart_set_huge(mm, record);
	err = set_layout(r, mm, record);
	if (!err && exe)
		err = HIDDEN(set_mm_exe_file)(mm, exe);
	if (err) {
		mmput(mm);
		return ERR_PTR(err);
	}
	atomic64_inc(&r->made[RESTART_CLASS_MM]);
	return mm;
}

/* Current, which does not use it (any more), must not stay the one that it is charged to. */
static void disown(struct mm_struct *mm)
{
#ifdef CONFIG_MEMCG
	/* Only users become owners: nobody makes current one now. */
	if (rcu_access_pointer(mm->owner) == current)
		HIDDEN(mm_update_next_owner)(mm);
#endif
}

/*
 * As exec_mmap(), but the new mm may have other users already. Current may own
 * the old one, if its owner ended before: the kernel looks for another then.
 * @mm: with a reference for current, also after an error
 */
static int put_in_place(struct restart *r, struct mm_struct *mm)
{
	struct task_struct *task = current;
	struct mm_struct *old = task->mm;
	int err;

	HIDDEN(exec_mm_release)(task, old);
#ifdef RESTART_SYNC_RSS
	HIDDEN(sync_mm_rss)(old);
#endif
	err = down_write_killable(&task->signal->exec_update_lock);
	if (err)
		return err;
	err = mmap_read_lock_killable(old); /* against a core dump of old's users */
	if (err) {
		up_write(&task->signal->exec_update_lock);
		return err;
	}
#ifdef CONFIG_SCHED_MM_CID
	HIDDEN(sched_mm_cid_before_execve)(task);
#endif
	task_lock(task);
	local_irq_disable();
	task->active_mm = mm;
	task->mm = mm;
	HIDDEN(membarrier_update_current_mm)(mm); /* the run queue's copy of its state */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	paravirt_activate_mm(old, mm);
#else
	paravirt_enter_mmap(mm);
#endif
	HIDDEN(switch_mm)(old, mm, NULL);
	local_irq_enable();
	task_unlock(task);
	rseq_execve(task); /* a registration belongs to the old mm */
#ifdef CONFIG_SCHED_MM_CID
	HIDDEN(sched_mm_cid_after_execve)(task);
#endif
	mmap_read_unlock(old);
	up_write(&task->signal->exec_update_lock);
	disown(old);
	mmput(old);
	atomic64_inc(&r->attached[RESTART_CLASS_MM]);
	return 0;
}

static void start_ageing(struct mm_struct *mm)
{
#ifdef CONFIG_LRU_GEN
	task_lock(current);
	HIDDEN(lru_gen_add_mm)(mm);
	task_unlock(current);
	lru_gen_use_mm(mm);
#endif
}

int restart_mm(struct restart_task *t)
{
	struct restart *r = t->restart;
	u32 index = restart_record(t)->mm;
	struct restart_object *object = &r->objects[RESTART_CLASS_MM][index];
	bool shared = t->how[RESTART_CLASS_MM] == RESTART_TAKE;
	struct mm_struct *mm;
	bool made = false;
	int err;

	if (t->how[RESTART_CLASS_MM] == RESTART_KEEP)
		return 0;
	err = restart_step(r);
	if (err)
		return err;
	mutex_lock(&object->lock);
	mm = object->made;
	if (!mm) {
		mm = make(r, index);
		if (IS_ERR(mm)) {
			mutex_unlock(&object->lock);
			return PTR_ERR(mm);
		}
		made = true;
		if (shared)
			object->made = mm; /* with the pool's reference */
	}
	if (shared)
		mmget(mm);
	mutex_unlock(&object->lock);
	err = put_in_place(r, mm);
	if (err) {
		if (made)
			disown(mm); /* others may have it from the pool */
		mmput(mm);
		return err;
	}
	if (!made)
		return 0; /* perhaps not full yet, but nobody runs before it is */
	start_ageing(mm);
	return restart_fill_mm(t);
}
