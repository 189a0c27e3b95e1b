// SPDX-License-Identifier: GPL-2.0
/* VMAs of current's new address space, and their contents. */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/uio.h>
#include <asm/prctl.h>

#include "restart.h"
#include "symbols.h"

#define POPULATE_MIN 16		   /* pages; fewer faults are cheaper one by one */
#define POPULATE_CHUNK (1ul << 20) /* stays in the cache between populating and reading */

static unsigned long mmap_flags(const struct rbi_vma *vma)
{
	unsigned long flags = MAP_FIXED_NOREPLACE;

	flags |= vma->flags & RBI_VMA_SHARED ? MAP_SHARED : MAP_PRIVATE;
	if (vma->kind == RBI_VMA_ANON)
		flags |= MAP_ANONYMOUS;
	if (vma->flags & RBI_VMA_GROWSDOWN)
		flags |= MAP_GROWSDOWN;
	if (vma->flags & RBI_VMA_NORESERVE)
		flags |= MAP_NORESERVE;
	if (vma->flags & RBI_VMA_STACK)
		flags |= MAP_STACK;
	return flags;
}

/* Reads from the image's file straight into the pages. */
static int read_pages(struct restart *r, u64 address, u64 size, loff_t position)
{
	struct iov_iter to;

	iov_iter_ubuf(&to, ITER_DEST, (void __user *)address, size);
	while (size) {
		ssize_t got = vfs_iter_read(r->image.file, &to, &position, 0);

		if (got < 0)
			return got;
		if (!got)
			return -EIO; /* the file is shorter than it was */
		size -= got;
	}
	return 0;
}

static int fill_run(struct restart *r, const struct rbi_run *run)
{
	u64 size = run->pages * RBI_PAGE_SIZE;
	u64 done = 0;
	int err = restart_step(r);

	if (err || run->pages < POPULATE_MIN)
		return err ?: read_pages(r, run->address, size, run->offset);
	while (!err && done < size) {
		u64 chunk = min_t(u64, size - done, POPULATE_CHUNK);

		/* One call instead of a fault a page; reading faults in what it left. */
		HIDDEN(do_madvise)(current->mm, run->address + done, chunk, MADV_POPULATE_WRITE);
		err = read_pages(r, run->address + done, chunk, run->offset + done);
		done += chunk;
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
	}
	return err;
}

static int protect(const struct rbi_vma *vma)
{
	struct pt_regs call = {
		.di = vma->start,
		.si = vma->end - vma->start,
		.dx = vma->prot,
	};

	return HIDDEN(__x64_sys_mprotect)(&call);
}

/* @runs, @count: those that lie in the VMA */
static int fill_vma(struct restart *r, const struct rbi_vma *vma, const struct rbi_run *runs,
		    u32 count)
{
	struct file *file = vma->backing == RBI_NONE
				    ? NULL
				    : r->given[RESTART_FILE_BACKING].files[vma->backing];
	u32 prot = vma->prot | (count ? PROT_READ | PROT_WRITE : 0);
	unsigned long address;
	int err = restart_step(r);
	u32 i;

	if (err)
		return err;
	address = vm_mmap(file, vma->start, vma->end - vma->start, prot, mmap_flags(vma),
			  vma->offset);
	if (IS_ERR_VALUE(address))
		return address;
	for (i = 0; !err && i < count; i++)
		err = fill_run(r, &runs[i]);
	if (!err && prot != vma->prot)
		err = protect(vma);
	return err;
}

/*
 * The running kernel's vDSO, whose length need not be the image's. It takes the
 * address as a hint only.
 */
static int map_vdso(struct restart *r, const struct rbi_vma *vma)
{
	struct vm_area_struct *mapped;
	long ret = restart_step(r);

	if (!ret)
		ret = HIDDEN(do_arch_prctl_64)(current, ARCH_MAP_VDSO_64, vma->start);
	if (ret < 0)
		return ret;
	mmap_read_lock(current->mm);
	mapped = find_vma(current->mm, vma->start);
	ret = mapped && mapped->vm_start == vma->start ? 0 : -EEXIST;
	mmap_read_unlock(current->mm);
	return ret;
}

int restart_fill_mm(struct restart_task *t)
{
	struct restart *r = t->restart;
	const struct rbi_mm *record = &r->image.mms[restart_record(t)->mm];
	const struct rbi_run *run = r->image.runs + record->run_first;
	const struct rbi_run *end = run + record->run_count;
	const struct rbi_vma *vdso = NULL;
	u64 since = restart_clock();
	int err = 0;
	u32 i;

	for (i = 0; !err && i < record->vma_count; i++) {
		const struct rbi_vma *vma = r->image.vmas + record->vma_first + i;
		const struct rbi_run *first = run;

		while (run < end && run->address < vma->end)
			run++;
		if (vma->kind == RBI_VMA_VDSO)
			vdso = vma; /* last, when no other can be in its way */
		else
			err = fill_vma(r, vma, first, run - first);
	}
	if (!err && vdso)
		err = map_vdso(r, vdso);
	t->filled += restart_account(r, RESTART_STAGE_MEMORY, since) - since;
	return err;
}
