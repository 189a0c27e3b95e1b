// SPDX-License-Identifier: GPL-2.0
/*
 * Contents of private memory: new pages are read from the image by the kernel's
 * own mapping, many at once, and then put into the page tables. Nothing faults,
 * and memory that the task may not write needs no permission for a moment.
 * The pages come from the node we run on, whatever current's memory policy is.
 */
#include <linux/bvec.h>
#include <linux/fs.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/rmap.h>
#include <linux/sched/signal.h>
#include <linux/swap.h>
#include <linux/uio.h>
#include <linux/version.h>
#include <asm/pgalloc.h>

#include "memory.h"
#include "restart.h"
#include "symbols.h"

#define BATCH 32 /* pages; what is needed for them is on the stack */

/* Pages whose contents lie one after the other in the image. */
struct batch {
	struct restart *restart;
	struct mm_struct *mm;
	u32 count;
	loff_t position;
	unsigned long address[BATCH]; /* ascending */
	struct page *page[BATCH];
	struct bio_vec segment[BATCH];
};

static int allocate(struct batch *batch)
{
	unsigned long have = 0;
	u32 i;

	for (i = 0; i < batch->count; i++)
		batch->page[i] = NULL;
	while (have < batch->count) {
		unsigned long got =
			alloc_pages_bulk_array(GFP_HIGHUSER_MOVABLE, batch->count, batch->page);

		if (got <= have)
			return -ENOMEM;
		have = got;
	}
	return 0;
}

static int read_contents(struct batch *batch)
{
	loff_t position = batch->position;
	struct iov_iter to;
	u32 i;

	for (i = 0; i < batch->count; i++) {
		batch->segment[i].bv_page = batch->page[i];
		batch->segment[i].bv_len = RBI_PAGE_SIZE;
		batch->segment[i].bv_offset = 0;
	}
	iov_iter_bvec(&to, ITER_DEST, batch->segment, batch->count, batch->count * RBI_PAGE_SIZE);
	while (iov_iter_count(&to)) {
		ssize_t got = vfs_iter_read(batch->restart->image.file, &to, &position, 0);

		if (got < 0)
			return got;
		if (!got)
			return -EIO; /* the file is shorter than it was */
	}
	return 0;
}

static int charge(struct batch *batch)
{
	int err = 0;
#ifdef CONFIG_MEMCG
	u32 i;

	for (i = 0; !err && !mem_cgroup_disabled() && i < batch->count; i++)
		err = HIDDEN(__mem_cgroup_charge)(page_folio(batch->page[i]), batch->mm,
						  GFP_KERNEL);
#endif
	return err;
}

/* Makes the tables for an address. */
static pmd_t *tables_for(struct mm_struct *mm, unsigned long address)
{
	pgd_t *pgd = pgd_offset(mm, address);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

#ifndef __PAGETABLE_P4D_FOLDED
	if (pgd_none(*pgd) && HIDDEN(__p4d_alloc)(mm, pgd, address))
		return ERR_PTR(-ENOMEM);
#endif
	p4d = p4d_offset(pgd, address);
	if (p4d_none(*p4d) && HIDDEN(__pud_alloc)(mm, p4d, address))
		return ERR_PTR(-ENOMEM);
	pud = pud_offset(p4d, address);
	if (pud_none(*pud) && HIDDEN(__pmd_alloc)(mm, pud, address))
		return ERR_PTR(-ENOMEM);
	pmd = pmd_offset(pud, address);
	if (pmd_none(*pmd) && HIDDEN(__pte_alloc)(mm, pmd))
		return ERR_PTR(-ENOMEM);
	return pmd_bad(*pmd) ? ERR_PTR(-EBUSY) : pmd; /* a huge page, from outside */
}

static pte_t entry_for(const struct vm_area_struct *vma, struct page *page)
{
	pte_t entry = pte_mkdirty(mk_pte(page, vma->vm_page_prot));

	if (!(vma->vm_flags & VM_WRITE))
		return entry;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
	return pte_mkwrite(entry);
#else
	return pte_mkwrite_novma(entry);
#endif
}

/* As a write fault does, under the lock of the table, which holds the page from here on. */
static void install(struct vm_area_struct *vma, unsigned long address, struct page *page,
		    pte_t *place)
{
	__folio_mark_uptodate(page_folio(page));
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	HIDDEN(page_add_new_anon_rmap)(page, vma, address);
#else
	HIDDEN(folio_add_new_anon_rmap)(page_folio(page), vma, address, RMAP_EXCLUSIVE);
#endif
	HIDDEN(folio_add_lru_vma)(page_folio(page), vma);
	set_pte_at(vma->vm_mm, address, place, entry_for(vma, page));
}

/*
 * Those pages from @first on that lie in one VMA and one table; returns their
 * number. Tables do not go as long as mmap_lock is held for writing.
 */
static int install_some(struct batch *batch, struct vm_area_struct *vma, u32 first)
{
	unsigned long address = batch->address[first];
	unsigned long end = min(vma->vm_end, (address & PMD_MASK) + PMD_SIZE);
	struct mm_struct *mm = batch->mm;
	spinlock_t *lock;
	pmd_t *pmd;
	u32 i;

	if (vma->vm_flags & (VM_HUGETLB | VM_PFNMAP))
		return -EOPNOTSUPP; /* its pages are not like ours */
	if (!vma->anon_vma && HIDDEN(__anon_vma_prepare)(vma))
		return -ENOMEM;
	pmd = tables_for(mm, address);
	if (IS_ERR(pmd))
		return PTR_ERR(pmd);
	lock = pte_lockptr(mm, pmd);
	spin_lock(lock);
	for (i = first; i < batch->count && batch->address[i] < end; i++) {
		pte_t *place = pte_offset_kernel(pmd, batch->address[i]);

		if (!pte_none(*place))
			break; /* somebody has written to the mm from outside */
		install(vma, batch->address[i], batch->page[i], place);
		batch->page[i] = NULL;
	}
	spin_unlock(lock);
	return i == first ? -EBUSY : i - first;
}

static void count_resident(struct mm_struct *mm, u32 pages)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
	atomic_long_add(pages, &mm->rss_stat.count[MM_ANONPAGES]);
#else
	percpu_counter_add(&mm->rss_stat[MM_ANONPAGES], pages);
#endif
}

static int install_all(struct batch *batch)
{
	struct mm_struct *mm = batch->mm;
	struct vm_area_struct *vma;
	VMA_ITERATOR(areas, mm, batch->address[0]);
	u32 done = 0;
	int err = 0;

	mmap_write_lock(mm);
	vma = vma_next(&areas);
	while (done < batch->count) {
		while (vma && vma->vm_end <= batch->address[done])
			vma = vma_next(&areas);
		err = vma ? install_some(batch, vma, done) : -EFAULT;
		if (err < 0)
			break;
		done += err;
	}
	count_resident(mm, done);
	mmap_write_unlock(mm);
	return min(err, 0);
}

/* Puts what has been gathered in place. */
static int flush(struct batch *batch)
{
	int err;
	u32 i;

	if (!batch->count)
		return 0;
	err = allocate(batch) ?: read_contents(batch) ?: charge(batch) ?: install_all(batch);
	for (i = 0; err && i < batch->count; i++)
		if (batch->page[i])
			put_page(batch->page[i]);
	batch->count = 0;
	cond_resched();
	return !err && fatal_signal_pending(current) ? -EINTR : err;
}

static int gather(struct batch *batch, const struct rbi_run *run, u64 first, u64 end)
{
	u64 i;

	for (i = first; i < end; i++) {
		loff_t position = run->offset + i * RBI_PAGE_SIZE;

		if (batch->count == BATCH ||
		    position != batch->position + batch->count * RBI_PAGE_SIZE) {
			int err = flush(batch);

			if (err)
				return err;
			batch->position = position;
		}
		batch->address[batch->count++] = run->address + i * RBI_PAGE_SIZE;
	}
	return 0;
}

static int fill_run(struct batch *batch, const struct rbi_vma *record, const struct rbi_run *run)
{
	u64 first = 0;
	u64 huge = restart_huge_part(record, run, &first);
	int err = restart_step(batch->restart);

	if (err || !huge)
		return err ?: gather(batch, run, 0, run->pages);
	return gather(batch, run, 0, first) ?:
	       restart_fill_huge(batch->restart, run->address + first * RBI_PAGE_SIZE,
				 huge * RBI_PAGE_SIZE, run->offset + first * RBI_PAGE_SIZE) ?:
	       gather(batch, run, first + huge, run->pages);
}

int restart_fill_pages(struct restart *r, struct mm_struct *mm, const struct rbi_mm *record)
{
	const struct rbi_vma *vma = r->image.vmas + record->vma_first;
	const struct rbi_run *run = r->image.runs + record->run_first;
	struct batch batch;
	int err = 0;
	u32 i;

	batch.restart = r;
	batch.mm = mm;
	batch.count = 0;
	batch.position = 0;
	for (i = 0; !err && i < record->run_count; i++, run++) {
		while (vma->end <= run->address)
			vma++; /* there is one: checked when the image was loaded */
		err = fill_run(&batch, vma, run);
	}
	err = err ?: flush(&batch);
	if (!err)
		restart_let_collapse(mm);
	return err;
}
