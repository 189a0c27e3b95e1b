// SPDX-License-Identifier: GPL-2.0
/* Memory of current's new mm: VMAs first, all contents then. */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <asm/prctl.h>

#include "memory.h"
#include "restart.h"
#include "symbols.h"

unsigned long restart_mmap_flags(const struct rbi_vma *vma)
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

/* VMAs of which mmap(2) knows more than we: of files, and what is not plain. */
static int map(struct restart *r, const struct rbi_vma *vma)
{
	struct file *file = vma->backing == RBI_NONE
				    ? NULL
				    : r->given[RESTART_FILE_BACKING].files[vma->backing];
	unsigned long address;
	int err = restart_step(r);

	if (err)
		return err;
	address = vm_mmap(file, vma->start, vma->end - vma->start, vma->prot,
			  restart_mmap_flags(vma), vma->offset);
	return IS_ERR_VALUE(address) ? address : 0;
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

/* @flags: returns those that some VMA has */
static int map_others(struct restart *r, const struct rbi_mm *record, u32 *flags)
{
	const struct rbi_vma *vdso = NULL;
	int err = 0;
	u32 i;

	for (i = 0; !err && i < record->vma_count; i++) {
		const struct rbi_vma *vma = r->image.vmas + record->vma_first + i;

		*flags |= vma->flags;
		if (vma->kind == RBI_VMA_VDSO)
			vdso = vma; /* last, when no other can be in its way */
		else if (!restart_is_plain(vma))
			err = map(r, vma);
	}
	return err || !vdso ? err : map_vdso(r, vdso);
}

int restart_fill_mm(struct restart_task *t)
{
	struct restart *r = t->restart;
	const struct rbi_mm *record = &r->image.mms[restart_record(t)->mm];
	u64 since = restart_clock();
	u32 flags = 0;
	int err = restart_add_areas(r, current->mm, record) ?:
		  map_others(r, record, &flags) ?:
		  restart_fill_pages(r, current->mm, record);

	if (!err && flags & RBI_VMA_ADVICE)
		err = restart_advise(r, current->mm, record);
	t->filled += restart_account(r, RESTART_STAGE_MEMORY, since) - since;
	return err;
}
