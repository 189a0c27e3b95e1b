// SPDX-License-Identifier: GPL-2.0
/*
 * Contents of ranges that can be huge pages, where the kernel gives those to
 * everybody: it makes them when memory is written to, so it is.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/signal.h>
#include <linux/uio.h>

#include "memory.h"
#include "restart.h"
#include "symbols.h"

/* Whether memory that is written to becomes huge pages without being asked for. */
static bool is_usual(void)
{
	return restart_huge_flags && *restart_huge_flags & 1ul << TRANSPARENT_HUGEPAGE_FLAG;
}

/* Those pages of the run that lie in whole huge pages. */
u64 restart_huge_part(const struct rbi_vma *record, const struct rbi_run *run, u64 *first)
{
	u64 end = ALIGN_DOWN(run->address + run->pages * RBI_PAGE_SIZE, PMD_SIZE);
	u64 start = ALIGN(run->address, PMD_SIZE);

	if (end <= start || record->kind != RBI_VMA_ANON ||
	    record->flags & (RBI_VMA_STACK | RBI_VMA_NOHUGEPAGE) ||
	    (record->prot & (PROT_READ | PROT_WRITE)) != (PROT_READ | PROT_WRITE) || !is_usual())
		return 0;
	*first = (start - run->address) / RBI_PAGE_SIZE;
	return (end - start) / RBI_PAGE_SIZE;
}

/* Reads from the image's file straight into current's memory. */
static int read_pages(struct restart *r, u64 address, u64 size, loff_t position)
{
	struct iov_iter to;

	iov_iter_ubuf(&to, ITER_DEST, (void __user *)address, size);
	while (iov_iter_count(&to)) {
		ssize_t got = vfs_iter_read(r->image.file, &to, &position, 0);

		if (got < 0)
			return got;
		if (!got)
			return -EIO; /* the file is shorter than it was */
	}
	return 0;
}

int restart_fill_huge(struct restart *r, u64 address, u64 size, loff_t position)
{
	u64 done;
	int err = 0;

	for (done = 0; !err && done < size; done += PMD_SIZE) {
		/* One call instead of a fault a page; reading faults in what it left. */
		HIDDEN(do_madvise)(current->mm, address + done, PMD_SIZE, MADV_POPULATE_WRITE);
		err = read_pages(r, address + done, PMD_SIZE, position + done);
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	return err;
}
