// SPDX-License-Identifier: GPL-2.0
/*
 * Private anonymous VMAs of current's new mm, all in one go: with one lock, one
 * search and one set of tree nodes, where mmap(2) needs them for each. What
 * mmap(2) checks is checked, and what it accounts for is accounted for.
 */
#include <linux/khugepaged.h>
#include <linux/maple_tree.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/perf_event.h>
#include <linux/security.h>
#include <linux/version.h>

#include "memory.h"
#include "restart.h"
#include "symbols.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define vm_flags_init(vma, flags) ((vma)->vm_flags = (flags))
#define vm_flags_set(vma, flags) ((vma)->vm_flags |= (flags))
#endif
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define mas_is_err(tree) xa_is_err((tree)->node) /* it is a function, not exported */
#endif

bool restart_is_plain(const struct rbi_vma *record)
{
	/* Memory that can only be executed has a protection key. */
	return record->kind == RBI_VMA_ANON && record->prot != PROT_EXEC &&
	       !(record->prot & PROT_READ && current->personality & READ_IMPLIES_EXEC);
}

/*
 * Neighbours that differ in nothing are one VMA, as mmap(2) would merge them.
 * @record: plain; @end: past the last record of its mm
 */
static const struct rbi_vma *last_of(const struct rbi_vma *record, const struct rbi_vma *end)
{
	while (record + 1 < end && restart_is_plain(record + 1) && record[1].start == record->end &&
	       record[1].prot == record->prot && record[1].flags == record->flags)
		record++;
	return record;
}

static unsigned long flags_of(const struct mm_struct *mm, const struct rbi_vma *record)
{
	unsigned long flags = calc_vm_prot_bits(record->prot, 0) | mm->def_flags | VM_MAYREAD |
			      VM_MAYWRITE | VM_MAYEXEC | VM_SOFTDIRTY;

	if (record->flags & RBI_VMA_GROWSDOWN)
		flags |= VM_GROWSDOWN;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0) && defined(CONFIG_TRANSPARENT_HUGEPAGE)
	if (record->flags & RBI_VMA_STACK)
		flags |= VM_NOHUGEPAGE;
#endif
	if (record->flags & RBI_VMA_ADVICE)
		flags |= restart_advice_bits(record);
	if (record->flags & RBI_VMA_NORESERVE && *restart_overcommit != OVERCOMMIT_NEVER)
		flags |= VM_NORESERVE;
	return flags;
}

static int check(struct mm_struct *mm, const struct rbi_vma *record, unsigned long flags,
		 unsigned long pages)
{
	int err = HIDDEN(security_mmap_addr)(record->start);

	if (!err)
		err = HIDDEN(security_mmap_file)(NULL, record->prot, restart_mmap_flags(record));
	if (err)
		return err;
	if (mm->map_count > *restart_max_map_count || !HIDDEN(may_expand_vm)(mm, flags, pages))
		return -ENOMEM;
	return 0;
}

static int insert(struct ma_state *tree, struct vm_area_struct *vma)
{
	tree->index = vma->vm_start;
	tree->last = vma->vm_end - 1;
	mas_store(tree, vma);
	return mas_is_err(tree) ? -ENOMEM : 0;
}

/* Memory that it can come to need, or has from the start, is promised to it. */
static int reserve(struct mm_struct *mm, struct vm_area_struct *vma, bool contents)
{
	if (vma->vm_flags & VM_NORESERVE || !(contents || vma->vm_flags & VM_WRITE))
		return 0;
	if (HIDDEN(security_vm_enough_memory_mm)(mm, vma_pages(vma)))
		return -ENOMEM;
	vm_flags_set(vma, VM_ACCOUNT);
	return 0;
}

/* From @record up to @end. What fails here leaves the mm to be ended as it is. */
static int add(struct mm_struct *mm, struct ma_state *tree, const struct rbi_vma *record, u64 end,
	       bool contents)
{
	unsigned long flags = flags_of(mm, record);
	unsigned long pages = (end - record->start) / RBI_PAGE_SIZE;
	struct vm_area_struct *vma;
	int err = check(mm, record, flags, pages);

	if (err)
		return err;
	vma = HIDDEN(vm_area_alloc)(mm);
	if (!vma)
		return -ENOMEM;
	vma_set_anonymous(vma);
	vma->vm_start = record->start;
	vma->vm_end = end;
	vma->vm_pgoff = record->start / RBI_PAGE_SIZE;
	vm_flags_init(vma, flags);
	vma->vm_page_prot = vm_get_page_prot(flags);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	vma_start_write(vma);
#endif
	err = insert(tree, vma);
	if (err) {
		HIDDEN(vm_area_free)(vma);
		return err;
	}
	mm->map_count++;
	HIDDEN(vm_stat_account)(mm, flags, pages);
	err = reserve(mm, vma, contents);
	if (!err)
		HIDDEN(perf_event_mmap)(vma);
	return err;
}

static u32 count_areas(const struct rbi_vma *record, const struct rbi_vma *end)
{
	u32 count = 0;

	for (; record < end; record++) {
		if (!restart_is_plain(record))
			continue;
		record = last_of(record, end);
		count++;
	}
	return count;
}

static int add_all(struct restart *r, struct mm_struct *mm, const struct rbi_mm *mm_record)
{
	const struct rbi_vma *record = r->image.vmas + mm_record->vma_first;
	const struct rbi_vma *end = record + mm_record->vma_count;
	const struct rbi_run *run = r->image.runs + mm_record->run_first;
	const struct rbi_run *end_run = run + mm_record->run_count;
	u32 count = count_areas(record, end);
	MA_STATE(tree, &mm->mm_mt, 0, 0);
	int err = count ? mas_expected_entries(&tree, count) : 0;

	if (err || !count)
		return err;
	for (; !err && record < end; record++) {
		const struct rbi_vma *last;

		if (!restart_is_plain(record))
			continue;
		err = restart_step(r);
		last = last_of(record, end);
		while (run < end_run && run->address < record->start)
			run++;
		if (!err)
			err = add(mm, &tree, record, last->end,
				  run < end_run && run->address < last->end);
		record = last;
	}
	mas_destroy(&tree);
	return err;
}

/* The tree is empty, and nobody looks at it without its lock. */
int restart_add_areas(struct restart *r, struct mm_struct *mm, const struct rbi_mm *record)
{
	int err;

	mmap_write_lock(mm);
	mt_clear_in_rcu(&mm->mm_mt);
	err = add_all(r, mm, record);
	mt_set_in_rcu(&mm->mm_mt);
	mmap_write_unlock(mm);
	return err;
}

/*
 * Once contents are in place: until then no huge page must come in between.
 * As long as it is not told of an mm, khugepaged leaves it alone.
 */
void restart_let_collapse(struct mm_struct *mm)
{
#ifdef CONFIG_TRANSPARENT_HUGEPAGE
	struct vm_area_struct *vma;
	VMA_ITERATOR(areas, mm, 0);

	if (mm->total_vm < HPAGE_PMD_NR)
		return;
	mmap_read_lock(mm);
	for_each_vma(areas, vma)
		if (vma_is_anonymous(vma) && !test_bit(MMF_VM_HUGEPAGE, &mm->flags))
			HIDDEN(khugepaged_enter_vma)(vma, vma->vm_flags);
	mmap_read_unlock(mm);
#endif
}
