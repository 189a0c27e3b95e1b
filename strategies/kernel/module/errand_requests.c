// SPDX-License-Identifier: GPL-2.0
/* Which system calls an errand is for: those that make timers, and those that lock memory. */
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/uaccess.h>
#include <asm/unistd.h>

#include "errand.h"
#include "restart.h"

#define LOCKS (RBI_VMA_LOCKED | RBI_VMA_LOCKONFAULT)

/* Neighbours that are locked alike are one request. @return past the last of them */
static const struct rbi_vma *end_of_row(const struct rbi_vma *record, const struct rbi_vma *end)
{
	u32 flags = record->flags & LOCKS;

	for (record++; record < end; record++)
		if ((record->flags & LOCKS) != flags || record->start != record[-1].end)
			break;
	return record;
}

bool restart_locks_memory(const struct restart_image *image)
{
	u32 vmas = 0;
	u32 mms = 0;
	u32 i;

	for (i = 0; i < image->count[RBI_SEC_VMAS]; i++)
		vmas |= image->vmas[i].flags;
	for (i = 0; i < image->count[RBI_SEC_MMS]; i++)
		mms |= image->mms[i].flags;
	return vmas & RBI_VMA_LOCKED || mms & RBI_MM_LOCK_FUTURE;
}

static u64 count_locks(const struct restart_image *image, const struct rbi_mm *mm)
{
	const struct rbi_vma *record = image->vmas + mm->vma_first;
	const struct rbi_vma *end = record + mm->vma_count;
	u64 count = mm->flags & RBI_MM_LOCK_FUTURE ? 1 : 0;

	while (record < end) {
		count += record->flags & RBI_VMA_LOCKED ? 1 : 0;
		record = end_of_row(record, end);
	}
	return count;
}

u64 restart_count_requests(const struct restart_image *image, u32 index, bool locks)
{
	const struct rbi_task *task = &image->tasks[index];
	const struct rbi_group *group = &image->groups[task->group];
	u64 count = group->leader == index ? group->timer_count : 0;

	return locks ? count + count_locks(image, &image->mms[task->mm]) : count;
}

/* Where the next request goes. */
struct writer {
	struct restart *restart;
	unsigned long at;
};

static int put(struct writer *to, const struct restart_request *request)
{
	int err = restart_step(to->restart);

	if (!err && copy_to_user((void __user *)to->at, request, sizeof(*request)))
		err = -EFAULT;
	to->at += sizeof(*request);
	return err;
}

static struct __kernel_timespec timespec(u64 nanoseconds)
{
	u64 seconds = div_u64(nanoseconds, NSEC_PER_SEC);

	return (struct __kernel_timespec){ seconds, nanoseconds - seconds * NSEC_PER_SEC };
}

static int put_timer(struct writer *to, const struct rbi_timer *timer)
{
	struct restart_request request = {
		.call = __NR_timer_create,
		.arguments = { timer->clock, to->at + offsetof(struct restart_request, event),
			       to->at + offsetof(struct restart_request, id) },
		.wanted = timer->id,
		.event = { .sigev_signo = timer->signal, .sigev_notify = timer->notify },
		.times = { timespec(timer->interval), timespec(timer->value) },
	};

	request.event.sigev_value.sival_ptr = (void __user *)timer->sigval;
	if (timer->task != RBI_NONE)
		request.event._sigev_un._tid = to->restart->image.tasks[timer->task].pid;
	return put(to, &request);
}

static int put_locks(struct writer *to, const struct rbi_mm *mm)
{
	const struct rbi_vma *record = to->restart->image.vmas + mm->vma_first;
	const struct rbi_vma *end = record + mm->vma_count;
	struct restart_request request = { .call = __NR_mlock2 };
	int err = 0;

	while (!err && record < end) {
		const struct rbi_vma *next = end_of_row(record, end);

		if (record->flags & RBI_VMA_LOCKED) {
			bool onfault = record->flags & RBI_VMA_LOCKONFAULT;

			request.arguments[0] = record->start;
			request.arguments[1] = next[-1].end - record->start;
			request.arguments[2] = onfault ? MLOCK_ONFAULT : 0;
			err = put(to, &request);
		}
		record = next;
	}
	if (err || !(mm->flags & RBI_MM_LOCK_FUTURE))
		return err;
	request.call = __NR_mlockall;
	request.arguments[0] = MCL_FUTURE | (mm->flags & RBI_MM_LOCK_ONFAULT ? MCL_ONFAULT : 0);
	return put(to, &request);
}

int restart_write_requests(struct restart_task *t)
{
	const struct restart_image *image = &t->restart->image;
	const struct rbi_task *task = restart_record(t);
	const struct rbi_group *group = &image->groups[task->group];
	struct writer to = { t->restart, t->errand->requests };
	int err = 0;
	u32 i;

	for (i = 0; !err && group->leader == t->index && i < group->timer_count; i++)
		err = put_timer(&to, &image->timers[group->timer_first + i]);
	/* Last, as what is mapped after mlockall(2) is locked, too. */
	if (!err && t->errand->locks)
		err = put_locks(&to, &image->mms[task->mm]);
	return err;
}

/*
 * What cannot be populated is locked nevertheless, and mlock2(2) fails as where there
 * are no means to lock it: so it is looked at.
 */
int restart_confirm_locks(struct restart_task *t)
{
	const struct restart_image *image = &t->restart->image;
	const struct rbi_mm *mm = &image->mms[restart_record(t)->mm];
	int err = 0;
	u32 i;

	if (!t->errand->locks)
		return 0;
	mmap_read_lock(current->mm);
	for (i = mm->vma_first; !err && i < mm->vma_first + mm->vma_count; i++) {
		struct vm_area_struct *vma;

		if (!(image->vmas[i].flags & RBI_VMA_LOCKED))
			continue;
		vma = find_vma(current->mm, image->vmas[i].start);
		if (!vma || !(vma->vm_flags & VM_LOCKED))
			err = -ENOMEM;
	}
	mmap_read_unlock(current->mm);
	return err;
}
