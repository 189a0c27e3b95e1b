// SPDX-License-Identifier: GPL-2.0
/* Page runs: where contents go, and where in the image they are. */
#include "check.h"

#define RUN_WRONG(member) restart_wrong(fault, RBI_SEC_RUNS, i, offsetof(struct rbi_run, member))

/* The run's own values; pages * RBI_PAGE_SIZE cannot overflow after it. */
static int check_run(const struct restart_image *image, u32 i, u64 earliest,
		     struct restart_fault *fault)
{
	const struct rbi_run *run = &image->runs[i];
	u64 end = image->pages_offset + image->pages_size;

	if (!IS_ALIGNED(run->address, RBI_PAGE_SIZE) || run->address < earliest)
		return RUN_WRONG(address);
	if (!IS_ALIGNED(run->offset, RBI_PAGE_SIZE) || run->offset < image->pages_offset ||
	    run->offset > end)
		return RUN_WRONG(offset);
	if (!run->pages || run->pages > (end - run->offset) / RBI_PAGE_SIZE)
		return RUN_WRONG(pages);
	return 0;
}

static bool holds_contents(const struct rbi_vma *vma)
{
	return vma->kind == RBI_VMA_ANON ||
	       (vma->kind == RBI_VMA_FILE && !(vma->flags & RBI_VMA_SHARED));
}

/* Each run lies inside one private VMA. Both ascend: one pass. */
static int check_mm_runs(const struct restart_image *image, const struct rbi_mm *mm,
			 struct restart_fault *fault)
{
	const struct rbi_vma *vma = image->vmas + mm->vma_first;
	const struct rbi_vma *end = vma + mm->vma_count;
	u64 earliest = 0;
	u32 i;

	for (i = mm->run_first; i < mm->run_first + mm->run_count; i++) {
		const struct rbi_run *run = &image->runs[i];
		int err = check_run(image, i, earliest, fault);

		if (err)
			return err;
		while (vma < end && vma->end <= run->address)
			vma++;
		if (vma == end || run->address < vma->start || !holds_contents(vma))
			return RUN_WRONG(address);
		if (run->pages > (vma->end - run->address) / RBI_PAGE_SIZE)
			return RUN_WRONG(pages);
		earliest = run->address + run->pages * RBI_PAGE_SIZE;
	}
	return 0;
}

static int check_backing_runs(const struct restart_image *image, const struct rbi_backing *backing,
			      struct restart_fault *fault)
{
	u64 size = ALIGN(backing->size, RBI_PAGE_SIZE);
	u64 earliest = 0;
	u32 i;

	for (i = backing->run_first; i < backing->run_first + backing->run_count; i++) {
		const struct rbi_run *run = &image->runs[i];
		int err = check_run(image, i, earliest, fault);

		if (err)
			return err;
		if (run->address >= size)
			return RUN_WRONG(address);
		if (run->pages > (size - run->address) / RBI_PAGE_SIZE)
			return RUN_WRONG(pages);
		earliest = run->address + run->pages * RBI_PAGE_SIZE;
	}
	return 0;
}

int restart_check_runs(const struct restart_image *image, struct restart_fault *fault)
{
	int err = 0;
	u32 i;

	for (i = 0; !err && i < image->count[RBI_SEC_MMS]; i++)
		err = check_mm_runs(image, &image->mms[i], fault);
	for (i = 0; !err && i < image->count[RBI_SEC_BACKINGS]; i++)
		err = check_backing_runs(image, &image->backings[i], fault);
	return err;
}
